use clap::{Args, Subcommand, ValueEnum};
use crm_core::{
    kernel::{Id, Query, Scope, to_json},
    opportunity::{Need, Stage},
    pipeline::{self, Pipeline},
    store::{Append, Read, Store},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    output::{Out, field_name, short},
};

/// `crm pipeline`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Without a verb: which pipelines there are.\n\n\
                  Example:\n  crm pipeline presets\n  crm pipeline create --preset tender\n  crm pipeline show Tender"
)]
pub(crate) struct PipelineOf {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Shows the pipelines that are given for a start.
    Presets,
    /// Makes one of them.
    Create(Create),
    /// Shows the stages of a pipeline, with their gates and rules.
    Show {
        /// An id, an external id or a name.
        pipeline: String,
    },
}

/// `crm pipeline create`
#[derive(Debug, Args)]
struct Create {
    /// Which of the presets.
    #[arg(long, value_enum)]
    preset: Preset,
    /// What it is to be called, where that is another.
    #[arg(long)]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    /// Prospecting, engaging, won, lost; every step is allowed.
    Sales,
    /// Selling to companies, with gates.
    B2b,
    /// A tender: in the order of its steps.
    Tender,
}

impl Preset {
    fn pipeline(self, id: Id<Pipeline>) -> Pipeline {
        match self {
            Self::Sales => Pipeline::sales(id),
            Self::B2b => Pipeline::b2b(id),
            Self::Tender => Pipeline::tender(id),
        }
    }
}

impl PipelineOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        match &self.verb {
            None => {
                let unit = &mut *store.read(scope.clone()).await?;
                let query = Query::all().order_by(&pipeline::NAME).limit(1_000);
                let all = Read::<Pipeline>::find(unit, query).await?.items;
                list("There is no pipeline: `crm pipeline create`.", all.iter().map(|p| &**p), out)
            }
            Some(Verb::Presets) => {
                let none = Id::new(uuid::Uuid::nil());
                let all: Vec<_> =
                    Preset::value_variants().iter().map(|p| p.pipeline(none)).collect();
                if out.json {
                    let all: Vec<_> = all.iter().map(without_id).collect();
                    return out.json(&json!({"presets": all}));
                }
                all.iter().try_for_each(|pipeline| show(pipeline, out))
            }
            Some(Verb::Create(create)) => {
                let mut work = store.begin(scope.clone()).await?;
                let mut new = create.preset.pipeline(Id::new(work.next_id()));
                if let Some(name) = &create.name {
                    new.name.clone_from(name);
                }
                let made = Append::<Pipeline>::insert(&mut *work, new).await?;
                work.commit().await?;
                if out.json { out.json(&to_json::<Pipeline>(&made)) } else { show(&made, out) }
            }
            Some(Verb::Show { pipeline }) => {
                let unit = &mut *store.read(scope.clone()).await?;
                let found = find::pipeline(unit, Some(pipeline)).await?;
                if out.json { out.json(&to_json(&found)) } else { show(&found, out) }
            }
        }
    }
}

fn without_id(pipeline: &Pipeline) -> Value {
    let mut json = to_json(pipeline);
    if let Some(members) = json.as_object_mut() {
        members.remove("id");
    }
    json
}

fn list<'p>(none: &str, all: impl Iterator<Item = &'p Pipeline>, out: Out) -> Result<(), Failure> {
    let all: Vec<_> = all.collect();
    if out.json {
        let all: Vec<_> = all.iter().map(|one| to_json::<Pipeline>(one)).collect();
        return out.json(&json!({"pipelines": all}));
    }
    if all.is_empty() {
        return out.line(none);
    }
    let rows = all.iter().map(|one| {
        let stages: Vec<_> = one.stages.0.iter().map(|stage| stage.name.as_str()).collect();
        let used = if one.active { "yes" } else { "no" };
        vec![short(&one.name, 24), used.to_owned(), short(&stages.join(" → "), 70)]
    });
    out.table(&["Pipeline", "In use", "Stages"], 3, rows)
}

fn show(pipeline: &Pipeline, out: Out) -> Result<(), Failure> {
    out.line(&pipeline.name)?;
    let rows = pipeline.stages.0.iter().map(row);
    out.table(&["Key", "Name", "Forecast", "Gates", "%", "Days", "Idle"], 4, rows)?;
    let rules = &pipeline.rules;
    let rule = |name: &str, what: &str| format!("{name}: {}", field_name(what));
    out.line(
        [
            rule("skipping", rules.skip.as_str()),
            rule("going back", rules.back.as_str()),
            rule("reopening", rules.reopen.as_str()),
        ]
        .join("; "),
    )?;
    let reasons = [("won", &rules.win_reasons), ("lost", &rules.loss_reasons)];
    for (what, reasons) in reasons.into_iter().filter(|(_, reasons)| reasons.required) {
        let list = match reasons.choices.as_slice() {
            [] => "any".to_owned(),
            some => some.join(", "),
        };
        out.line(format!("reasons when it is {what}: {list}"))?;
    }
    out.line("")
}

fn row(stage: &Stage) -> Vec<String> {
    let days = |days: Option<u32>| days.map_or_else(String::new, |days| days.to_string());
    let mut gates: Vec<_> =
        stage.gates.iter().map(|gate| format!("{} ({})", gate.name, asks(&gate.need))).collect();
    if stage.needs_customer {
        gates.insert(0, "a customer".to_owned());
    }
    vec![
        stage.key.clone(),
        stage.name.clone(),
        field_name(stage.forecast_category().as_str()),
        gates.join("; "),
        stage.probability.normalize().to_string(),
        days(stage.expected_days),
        days(stage.idle_days),
    ]
}

fn asks(need: &Need) -> String {
    match need {
        Need::Fields(names) => {
            names.iter().map(|name| field_name(name)).collect::<Vec<_>>().join(", ")
        }
        Need::Lines(least) => format!("{least} or more lines"),
        Need::Interaction(_) => "a closed interaction".to_owned(),
        Need::Approval(_) => "an approval".to_owned(),
        Need::Customer(_) => "criteria on the customer".to_owned(),
        _ => "criteria".to_owned(),
    }
}
