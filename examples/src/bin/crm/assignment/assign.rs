use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use clap::{Args, ValueEnum};
use crm_core::{
    assignment::{Assigned, Assignment, AssignmentOutcome, Which, dry_run_all},
    customer::Customer,
    kernel::{Criteria, Cursor, Id, Scope},
    lead::Lead,
    opportunity::Opportunity,
    org::OrgChart,
    ownership::{MASK, Masks},
    staff_member::StaffMember,
    store::{ReadUnit, Store, run},
    task::Task,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::balance::Balance;
use crate::{
    failure::Failure,
    import::Progress,
    output::{Out, counted, grouped, short},
    when,
};

/// So many are given in a unit of work.
const AT_ONCE: u32 = 250;

/// `crm assign`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  crm assign --kind lead --dry-run --explain\n  \
                  crm assign --kind opportunity --where '{\"field\":\"stage\",\"value\":\"prospecting\"}'\n\n\
                  Stopped on the way, what was given stays given. The same command goes on with those without an owner; \
                  with --again it would begin anew: go on with --after, as the command says where it stopped. A dry run says \
                  what the same command would do at that moment, record for record, also with --after.")]
pub(crate) struct Assign {
    /// What is given to people.
    #[arg(long, value_enum)]
    kind: KindOf,
    /// Only those of which this holds, such as {"field":"region","value":"north"}.
    #[arg(long = "where", value_name = "JSON")]
    criteria: Option<String>,
    /// Shows what would be; nothing is changed.
    #[arg(long)]
    dry_run: bool,
    /// Says of each record who gets it and why, and who was left out.
    #[arg(long)]
    explain: bool,
    /// Also those that somebody has already: the rules are asked anew.
    #[arg(long)]
    again: bool,
    /// At most so many; it says when there are more.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: u64,
    /// Goes on where another run stopped.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindOf {
    Customer,
    Opportunity,
    Lead,
    Task,
}

impl Assign {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match self.kind {
            KindOf::Customer => {
                let masks = Masks::load(&mut *store.read(scope.clone()).await?).await?;
                let called = |one: &Customer| match masks.shown(one) {
                    Ok(shown) => shown.name,
                    Err(_) => MASK.to_owned(),
                };
                self.all::<Customer>(store, scope, out, called).await
            }
            KindOf::Opportunity => {
                self.all::<Opportunity>(store, scope, out, |one| match &one.external_id {
                    Some(key) => format!("{} ({key})", one.name),
                    None => one.name.clone(),
                })
                .await
            }
            KindOf::Lead => {
                self.all::<Lead>(store, scope, out, |one| one.called().to_owned()).await
            }
            KindOf::Task => self.all::<Task>(store, scope, out, |one| one.title.clone()).await,
        }
    }

    async fn all<E: Assigned>(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
        called: impl Fn(&E) -> String,
    ) -> Result<(), Failure> {
        let criteria: Criteria<E> = match &self.criteria {
            Some(text) => Criteria::from_json(&serde_json::from_str(text).map_err(Failure::Json)?)?,
            None => Criteria::everything(),
        };
        let (mut done, mut stopped) = (Done::default(), Ok(()));
        if self.dry_run {
            self.try_out(store, scope, criteria, out, &mut done).await?;
        } else {
            // What was given before an error is told all the same.
            stopped = self.give(store, scope, criteria, out, &mut done).await;
        }
        if stopped.is_ok() || !done.all.is_empty() {
            let unit = &mut *store.read(scope.clone()).await?;
            let ids: Vec<_> = done.all.iter().map(|one| one.record).collect();
            let names = names::<E>(unit, &ids, called).await?;
            let chart = OrgChart::load(unit).await?;
            let balance = Balance::of::<E>(unit, &done.all, self.dry_run).await?;
            let (done, names, chart) = (&done, &names, &chart);
            Told { done, names, chart, balance, kind: E::KIND, dry_run: self.dry_run }
                .show(self.explain, out)?;
        }
        stopped
    }

    async fn try_out<E: Assigned>(
        &self,
        store: &dyn Store,
        scope: &Scope,
        criteria: Criteria<E>,
        out: Out,
        done: &mut Done,
    ) -> Result<(), Failure> {
        let unit = &mut *store.read(scope.clone()).await?;
        let (which, after) = (self.which(), self.after.clone().map(Cursor::new));
        let each = |one| {
            done.all.push(self.told(one, out));
            Ok(())
        };
        done.next =
            dry_run_all::<E>(unit, criteria, which, when::now(), after, self.limit, each).await?;
        Ok(())
    }

    async fn give<E: Assigned>(
        &self,
        store: &dyn Store,
        scope: &Scope,
        criteria: Criteria<E>,
        out: Out,
        done: &mut Done,
    ) -> Result<(), Failure> {
        let which = self.which();
        done.next = self.after.clone().map(Cursor::new);
        let mut progress = Progress::new("records", self.limit);
        while (done.all.len() as u64) < self.limit {
            let left = self.limit - done.all.len() as u64;
            let limit = u32::try_from(left).unwrap_or(AT_ONCE).min(AT_ONCE);
            let page = run(store, scope, |work| {
                let (criteria, after) = (criteria.clone(), done.next.clone());
                Box::pin(async move {
                    work.assignments().assign_all(criteria, which, after, limit).await
                })
            });
            let page = page.await?;
            let some = page.items.len() as u64;
            done.all.extend(page.items.into_iter().map(|one| self.told(one, out)));
            progress.advance(some, done.all.len() as u64);
            done.next = page.next;
            if done.next.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// What is kept of a decision until it is shown: of a large team the figures of all are megabytes.
    fn told(&self, mut one: Assignment, out: Out) -> Assignment {
        if let Some(account) = one.account.as_mut().filter(|_| !(self.explain && out.json)) {
            account.rules = Vec::new();
        }
        one
    }

    const fn which(&self) -> Which {
        if self.again { Which::All } else { Which::WithoutOwner }
    }
}

async fn names<E: Assigned>(
    unit: &mut dyn ReadUnit,
    ids: &[Uuid],
    called: impl Fn(&E) -> String,
) -> Result<HashMap<Uuid, String>, Failure> {
    let mut names = HashMap::new();
    for some in ids.chunks(500) {
        let these = E::id_field().one_of(some.iter().map(|id| Id::new(*id))).query().limit(500);
        let found = E::page(unit, these).await?.items;
        names.extend(found.iter().map(|one| (one.id().uuid(), called(one))));
    }
    Ok(names)
}

/// What was decided, or done, until it was stopped.
#[derive(Default)]
struct Done {
    all: Vec<Assignment>,
    /// Where to go on, where there are more than these.
    next: Option<Cursor>,
}

/// What became of records.
struct Told<'a> {
    done: &'a Done,
    names: &'a HashMap<Uuid, String>,
    chart: &'a OrgChart,
    balance: Balance,
    kind: &'static str,
    dry_run: bool,
}

impl Told<'_> {
    fn show(&self, explain: bool, out: Out) -> Result<(), Failure> {
        let mut shares: BTreeMap<&str, u64> = BTreeMap::new();
        let mut unassigned: BTreeMap<&str, u64> = BTreeMap::new();
        let mut kept = 0_u64;
        for one in &self.done.all {
            match one.outcome {
                AssignmentOutcome::Assigned { to } => {
                    *shares.entry(self.person(to)).or_default() += 1
                }
                AssignmentOutcome::Unassigned => {
                    let why = one.account.as_ref().map_or("", |account| account.text.as_str());
                    *unassigned.entry(why).or_default() += 1;
                }
                _ => kept += 1,
            }
        }
        let given: u64 = shares.values().sum();
        let nobody: u64 = unassigned.values().sum();
        if out.json {
            let items: Vec<_> =
                self.done.all.iter().map(|one| self.as_json(one, explain)).collect();
            return out.json(&json!({
                "kind": self.kind, "dry_run": self.dry_run, "assigned": given, "kept": kept,
                "unassigned": nobody, "shares": shares, "balance": self.balance.as_json(),
                "items": items, "more": self.done.next.is_some(),
                "next": self.done.next.as_ref().map(Cursor::as_str),
            }));
        }
        if self.done.all.is_empty() {
            return out.line("There is nothing to assign.");
        }
        if explain {
            for one in &self.done.all {
                let text = one.account.as_ref().map_or("It has an owner.", |a| a.text.as_str());
                out.line(format!("{}: {text}", short(self.called(one), 60)))?;
            }
        }
        if given > 0 {
            let headers = if self.dry_run {
                ["Who", "Has", "Would get", "Then has"]
            } else {
                ["Who", "Had", "Got", "Has"]
            };
            out.table(&headers, 1, self.rows())?;
        }
        if given > 0
            && let Some(words) = self.balance.words()
        {
            out.line(words)?;
        }
        let would = if self.dry_run { "would be " } else { "" };
        let [given, kept, nobody] = [given, kept, nobody].map(grouped);
        out.line(format!(
            "{}: {would}{given} given, {kept} kept, {nobody} without anybody who can take them.",
            counted(self.done.all.len(), "record", "records")
        ))?;
        if !explain {
            let mut whys: Vec<_> = unassigned.iter().collect();
            whys.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            for (why, count) in whys.into_iter().take(5) {
                out.line(format!("  {}: {why}", grouped(count)))?;
            }
        }
        match &self.done.next {
            Some(next) => out.line(format!("There are more: go on with --after {}", next.as_str())),
            None => Ok(()),
        }
    }

    /// Of whoever got some: what they had, what they got, what they have.
    fn rows(&self) -> Vec<Vec<String>> {
        let mut got: HashMap<Id<StaffMember>, u64> = HashMap::new();
        for one in &self.done.all {
            if let AssignmentOutcome::Assigned { to } = one.outcome {
                *got.entry(to).or_default() += 1;
            }
        }
        let mut got: Vec<_> = got.into_iter().collect();
        got.sort_by_key(|(who, many)| (Reverse(*many), self.person(*who).to_owned(), *who));
        got.into_iter()
            .map(|(who, many)| {
                let (had, has) = self.balance.of_person(who);
                vec![short(self.person(who), 40), grouped(had), grouped(many), grouped(has)]
            })
            .collect()
    }

    fn person(&self, id: Id<StaffMember>) -> &str {
        self.chart.staff_name(id).unwrap_or("somebody unknown")
    }

    fn called(&self, one: &Assignment) -> &str {
        self.names.get(&one.record).map_or("-", String::as_str)
    }

    fn as_json(&self, one: &Assignment, explain: bool) -> Value {
        let person = |id| json!({"id": id, "name": self.person(id)});
        let (outcome, to) = match one.outcome {
            AssignmentOutcome::Assigned { to } => ("assigned", Some(to)),
            AssignmentOutcome::Kept => ("kept", one.before),
            AssignmentOutcome::HasOwner => ("has_owner", one.before),
            _ => ("unassigned", None),
        };
        let mut item = json!({
            "record": one.record, "name": self.called(one), "from": one.before.map(person),
            "to": to.map(person), "outcome": outcome,
            "why": one.account.as_ref().map(|account| &account.text),
        });
        if let (true, Some(members)) = (explain, item.as_object_mut()) {
            members.insert("account".to_owned(), json!(one.account));
        }
        item
    }
}
