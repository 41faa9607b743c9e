use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use crm_core::{
    kernel::Scope,
    settings::{CompletenessPolicy, Settings, house_rules},
    store::{Store, run},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Out, short},
};

/// `crm settings`
#[derive(Debug, Args)]
#[command(
    after_help = "Example, with {\"rhythm\":[{\"when\":{\"field\":\"category\",\"value\":\"dealer\"},\"days\":30}]} \
                  in rules.json:\n  crm settings --set rules.json\n  crm settings --preset publishing-house\n  \
                  crm settings --json > rules.json"
)]
pub(crate) struct SettingsOf {
    /// Reads the rules from a JSON file, or from standard input for `-`: what `crm settings --json`
    /// shows. What it leaves out is as in a house without rules.
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    set: Option<PathBuf>,
    /// Asks for the fields that such a house asks for; the other rules stay.
    #[arg(long, value_enum, value_name = "HOUSE")]
    preset: Option<Preset>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    None,
    PublishingHouse,
}

impl SettingsOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let edit = self.edit(scope)?;
        let before = house_rules(&mut *store.read(scope.clone()).await?).await?;
        let Some(edit) = edit else {
            return if out.json { out.json(&before.to_json()) } else { show(&before, out) };
        };
        let rules = run(store, scope, |work| {
            let edit = edit.clone();
            Box::pin(async move { work.settings().change(|rules| edit.apply(rules)).await })
        });
        let rules = rules.await?.into_inner();
        let changed = rules != before;
        if out.json {
            return out.json(&json!({"changed": changed, "settings": rules.to_json()}));
        }
        if !changed {
            return out.line("Nothing is changed: these are the rules already.");
        }
        show(&rules, out)?;
        out.line("These rules hold for what is written from now on.")?;
        out.line("`crm inspect --recheck` looks at what is there already by them.")
    }

    fn edit(&self, scope: &Scope) -> Result<Option<Edit>, Failure> {
        if let Some(path) = &self.set {
            let json = read(path)?;
            let rules = Settings::from_json(Settings::id_of(scope.tenant), &json);
            return Ok(Some(Edit::All(Box::new(rules.map_err(crm_core::Error::from)?))));
        }
        Ok(self.preset.map(|preset| {
            Edit::Completeness(match preset {
                Preset::None => CompletenessPolicy::none(),
                Preset::PublishingHouse => CompletenessPolicy::publishing_house(),
            })
        }))
    }
}

/// What is to be changed.
#[derive(Clone)]
enum Edit {
    All(Box<Settings>),
    Completeness(CompletenessPolicy),
}

impl Edit {
    fn apply(self, rules: &mut Settings) {
        match self {
            Self::All(all) => *rules = *all,
            Self::Completeness(policy) => rules.completeness = policy,
        }
    }
}

/// JSON from a file, or from standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Value, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(path).map(|all| text = all)
    };
    read.map_err(|e| Failure::file(path, &e))?;
    serde_json::from_str(&text).map_err(|e| Failure::File {
        path: path.to_owned(),
        what: format!("this is not JSON: {e}"),
    })
}

/// A line for each rule, by the place that errors name too.
fn show(rules: &Settings, out: Out) -> Result<(), Failure> {
    let mut rows = Vec::new();
    flatten(String::new(), &rules.to_json(), &mut rows);
    out.table(&["Rule", "Value"], 2, rows)
}

fn flatten(place: String, json: &Value, rows: &mut Vec<Vec<String>>) {
    match json {
        // Criteria are best read in one piece.
        Value::Object(members) if !members.is_empty() && !place.ends_with(".when") => {
            for (name, one) in members {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                flatten(place, one, rows);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for (at, one) in list.iter().enumerate() {
                flatten(format!("{place}[{at}]"), one, rows);
            }
        }
        Value::Null | Value::Object(_) | Value::Array(_) if is_bare(json) => {
            rows.push(vec![place, "-".to_owned()]);
        }
        Value::String(text) => rows.push(vec![place, short(text, 200)]),
        other => rows.push(vec![place, short(&other.to_string(), 200)]),
    }
}

fn is_bare(json: &Value) -> bool {
    match json {
        Value::Object(members) => members.is_empty(),
        Value::Array(list) => list.is_empty(),
        other => other.is_null(),
    }
}
