use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use chrono::NaiveDate;
use clap::Args;
use crm_core::{
    assignment::{AssignmentRules, Choice, KindRules, Rule, RuleSet, Target, Then, in_words},
    assignment_rules,
    kernel::{Entity, Id, Query, Scope},
    org::OrgChart,
    store::{ReadUnit, Store, every, run},
    territory::Territory,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, short},
    settings,
};

/// `crm rules`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct RulesOf {
    /// Makes and changes sets of rules by a JSON file, or by standard input for `-`: what `crm rules --json` shows. People,
    /// units and territories go by id, external id or name. Sets that it does not name stay as they are.
    #[arg(long, value_name = "FILE")]
    set: Option<PathBuf>,
}

const HELP: &str = "\
Example, with rules.json:
  [{\"name\": \"Deals\", \"rules\": {\"opportunity\": {\"rules\": [
     {\"name\": \"Key accounts\", \"customer\": {\"field\": \"category\", \"value\": \"key\"},
      \"choices\": [{\"target\": \"account_manager\"},
                  {\"target\": {\"team\": {\"unit\": \"Central\", \"below\": true}}, \"strategy\": \"least_loaded\"}]},
     {\"name\": \"The others\",
      \"choices\": [{\"target\": {\"queue\": {\"name\": \"Inside\", \"people\": [\"Anna Snow\", \"Ben Ford\"]}},
                   \"strategy\": \"weighted_round_robin\"}]}]}}}]
  crm rules --set rules.json; crm assign --kind opportunity --dry-run --explain

Kinds: customer, opportunity, lead, task. Targets: person, team, territory_members, queue, account_manager, keep.
{\"territory_members\": {}} are those of the record's territory; {\"territory_members\": {\"territory\": \"East\", \"role\": \"owner\"}} are East's, wherever it lies.
Strategies: round_robin, weighted_round_robin, least_loaded, best_skill, best_record, highest_quota_left.
The choices of a rule after the first are its fallbacks; with \"then\": \"continue\" a rule that finds nobody leaves it to the next.";

/// A set in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InFile {
    name: String,
    #[serde(default)]
    position: i64,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    first_day: Option<NaiveDate>,
    #[serde(default)]
    last_day: Option<NaiveDate>,
    rules: Value,
}

const fn yes() -> bool {
    true
}

impl RulesOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.set {
            Some(path) => set(store, scope, path, out).await,
            None => list(&mut *store.read(scope.clone()).await?, out).await,
        }
    }
}

async fn set(store: &dyn Store, scope: &Scope, path: &Path, out: Out) -> Result<(), Failure> {
    let wrong = |what: String| Failure::File { path: path.to_owned(), what };
    let mut json = settings::read(path)?;
    if let Some(list) = json.get_mut("rules").filter(|list| list.is_array()) {
        json = list.take();
    }
    let given: Vec<InFile> = serde_json::from_value(json)
        .map_err(|e| wrong(format!("these are no sets of rules: {e}")))?;
    let mut wanted = Vec::new();
    {
        let mut unit = store.read(scope.clone()).await?;
        for mut one in given {
            by_id(&mut *unit, &mut one.rules).await?;
            let rules: KindRules = serde_json::from_value(one.rules)
                .map_err(|e| wrong(format!("{}: {e}", one.name)))?;
            let new = AssignmentRules::new(scope.tenant, one.name, rules);
            wanted.push(AssignmentRules {
                position: one.position,
                active: one.active,
                first_day: one.first_day,
                last_day: one.last_day,
                ..new
            });
        }
    }
    let before = sets(&mut *store.read(scope.clone()).await?).await?;
    let new = wanted.iter().filter(|one| !before.iter().any(|known| known.id == one.id)).count();
    let unchanged = wanted.iter().filter(|one| before.contains(one)).count();
    let changed = wanted.len() - new - unchanged;
    run(store, scope, |work| {
        let wanted = wanted.clone();
        Box::pin(async move {
            for one in wanted {
                work.assignments().set_rules(one).await?;
            }
            Ok(())
        })
    })
    .await?;
    if out.json {
        return out.json(&json!({"new": new, "changed": changed, "unchanged": unchanged}));
    }
    out.line(format!("Sets of rules: {new} new, {changed} changed, {unchanged} unchanged."))?;
    out.line("`crm assign --kind KIND --dry-run --explain` shows what they would do.")
}

/// The ids of the people, units and territories that targets name.
async fn by_id(unit: &mut dyn ReadUnit, rules: &mut Value) -> Result<(), Failure> {
    let sets = rules.as_object_mut().into_iter().flat_map(|kinds| kinds.values_mut());
    let rules = sets.filter_map(|set| set.get_mut("rules")?.as_array_mut()).flatten();
    let choices = rules.filter_map(|rule| rule.get_mut("choices")?.as_array_mut()).flatten();
    for target in choices.filter_map(|choice| choice.get_mut("target")) {
        if let Some(person) = target.get_mut("person") {
            staff(unit, person).await?;
        }
        for person in
            target.pointer_mut("/queue/people").and_then(Value::as_array_mut).into_iter().flatten()
        {
            staff(unit, person).await?;
        }
        if let Some(team) = target.pointer_mut("/team/unit")
            && let Some(name) = team.as_str()
        {
            *team = json!(find::org_unit(unit, name).await?.id);
        }
        if let Some(part) = target.pointer_mut("/territory_members/territory")
            && let Some(name) = part.as_str()
        {
            *part = json!(find::territory(unit, name).await?);
        }
    }
    Ok(())
}

async fn staff(unit: &mut dyn ReadUnit, person: &mut Value) -> Result<(), Failure> {
    if let Some(name) = person.as_str() {
        *person = json!(find::staff(unit, name).await?.id);
    }
    Ok(())
}

async fn sets(unit: &mut dyn ReadUnit) -> Result<Vec<AssignmentRules>, Failure> {
    let mut all = Vec::new();
    let query: Query<AssignmentRules> = Query::all().order_by(&assignment_rules::POSITION);
    every::<AssignmentRules, _>(unit, query, |one| {
        all.push(one.into_inner());
        Ok(())
    })
    .await?;
    Ok(all)
}

async fn list(unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
    let all = sets(unit).await?;
    if out.json {
        let all: Vec<_> = all
            .into_iter()
            .map(|one| InFile {
                rules: json!(one.rules),
                name: one.name,
                position: one.position,
                active: one.active,
                first_day: one.first_day,
                last_day: one.last_day,
            })
            .collect();
        return out.json(&json!({"rules": all}));
    }
    if all.is_empty() {
        return out.line("There are no rules yet; `crm rules --help` shows how to write some.");
    }
    let names = Names::load(unit).await?;
    let mut rows = Vec::new();
    for set in &all {
        match &set.rules {
            KindRules::Customer(rules) => told(unit, set, rules, &names, &mut rows).await?,
            KindRules::Opportunity(rules) => told(unit, set, rules, &names, &mut rows).await?,
            KindRules::Lead(rules) => told(unit, set, rules, &names, &mut rows).await?,
            KindRules::Task(rules) => told(unit, set, rules, &names, &mut rows).await?,
            _ => {}
        }
    }
    out.table(&["Set", "Rule", "Which", "Who gets it", "Holds"], 5, rows)
}

/// A line for each rule of a set.
async fn told<E: Entity>(
    unit: &mut dyn ReadUnit,
    set: &AssignmentRules,
    rules: &RuleSet<E>,
    names: &Names,
    rows: &mut Vec<Vec<String>>,
) -> Result<(), Failure> {
    let days = |first: Option<NaiveDate>, last: Option<NaiveDate>| match (first, last) {
        (None, None) => "always".to_owned(),
        (first, last) => {
            let day = |word, day: Option<NaiveDate>| day.map(|day| format!("{word} {day}"));
            let days = [day("from", first), day("until", last)];
            days.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    };
    for rule in &rules.rules {
        let who: Vec<_> = rule.choices.iter().map(|choice| who(choice, names)).collect();
        let holds = match set.active {
            false => "not in use".to_owned(),
            true if rule.from.is_some() || rule.to.is_some() => days(rule.from, rule.to),
            true => days(set.first_day, set.last_day),
        };
        let name = format!("{} ({})", short(&set.name, 20), set.rules.kind());
        let which = short(&which(unit, rule, set.rules.kind()).await?, 160);
        let mut who = who.join("; else ");
        if rule.then == Then::Continue {
            who += "; else the next rule";
        }
        rows.push(vec![name, short(&rule.name, 30), which, who, holds]);
    }
    Ok(())
}

async fn which<E: Entity>(
    unit: &mut dyn ReadUnit,
    rule: &Rule<E>,
    kind: &str,
) -> Result<String, Failure> {
    let mut parts = Vec::new();
    if !rule.when.is_everything() {
        parts.push(in_words(unit, &rule.when).await?);
    }
    if !rule.customer.is_everything() {
        let of = if kind == "customer" { "" } else { "customer: " };
        parts.push(format!("{of}{}", in_words(unit, &rule.customer).await?));
    }
    Ok(if parts.is_empty() { "all".to_owned() } else { parts.join(" and ") })
}

/// What those are called whom targets name.
struct Names {
    chart: OrgChart,
    territories: HashMap<Id<Territory>, String>,
}

impl Names {
    async fn load(unit: &mut dyn ReadUnit) -> Result<Self, Failure> {
        let mut territories = HashMap::new();
        every::<Territory, _>(unit, Query::all(), |one| {
            territories.insert(one.id, one.name.clone());
            Ok(())
        })
        .await?;
        Ok(Self { chart: OrgChart::load(unit).await?, territories })
    }
}

fn who(choice: &Choice, Names { chart, territories }: &Names) -> String {
    let by = choice.strategy.as_str().replace('_', " ");
    let who = match &choice.target {
        Target::Person(id) => chart.staff_name(*id).unwrap_or("somebody unknown").to_owned(),
        Target::Team { unit, below } => {
            let below = if *below { " with all below it" } else { "" };
            format!("{}{below}, {by}", chart.unit_name(*unit).unwrap_or("a unit that is not there"))
        }
        Target::TerritoryMembers { role, territory } => {
            let who = role.as_deref().unwrap_or("who works");
            let name = territory
                .map(|id| territories.get(&id).map_or("that is not there", String::as_str));
            let name = name.map(|name| format!(" {name}")).unwrap_or_default();
            format!("{who} in the territory{name}, {by}")
        }
        Target::Queue { name, people } => {
            format!("{name} ({}), {by}", counted(people.len(), "person", "people"))
        }
        Target::AccountManager => "the customer's account manager".to_owned(),
        Target::Keep => "whose it is".to_owned(),
        _ => "somebody".to_owned(),
    };
    let needs = &choice.needs;
    let skills =
        needs.skills.iter().map(|(skill, level)| format!("{skill} at level {level} or more"));
    let languages = needs.languages.iter().map(|one| format!("speaks {one}"));
    let regions = needs.regions.iter().map(|one| format!("works in {one}"));
    let needs: Vec<_> = skills.chain(languages).chain(regions).collect();
    if needs.is_empty() { who } else { format!("{who} (needed: {})", needs.join(", ")) }
}
