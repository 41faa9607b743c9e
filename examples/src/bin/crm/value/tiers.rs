use clap::Args;
use crm_core::{kernel::Scope, store::Store, value::apply_tiers, value_run::ValueRun};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, counted, grouped, short},
};

use super::{
    Told,
    asked::{self, Asked, By},
    expect::Expect,
    show,
};

/// So many changes are shown to people, with their reasons.
const SHOWN: usize = 20;

/// `crm tiers`
#[derive(Debug, Args)]
#[command(
    after_help = "Tiers and what they ask for are data: `crm settings`, value_policies.tiers. Without --apply it only shows what would\n\
                  become of customers. With --apply the run is kept, and each customer that rises or drops is written, with the\n\
                  reason in the change log. A run that was applied changes nothing more.\n\nExamples:\n  \
                  crm tiers --by profit --from 2017-01-01 --to 2017-12-31 --as-of 2018-01-15\n  \
                  crm tiers --by profit --from 2017-01-01 --to 2017-12-31 --as-of 2018-01-15 --apply --save 2017"
)]
pub(crate) struct TiersOf {
    /// What counts.
    #[arg(long, value_enum, default_value_t = By::Profit)]
    by: By,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    expect: Expect,
    /// Applies this run instead of a new one: an id or a name.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["by", "from", "to", "as_of", "currency", "save", "expect", "no_expect"], requires = "apply")]
    run: Option<String>,
    /// What the new run is called.
    #[arg(long, value_name = "NAME", value_parser = asked::run_name, requires = "apply")]
    save: Option<String>,
    /// Gives the customers their tiers.
    #[arg(long)]
    apply: bool,
}

impl TiersOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let run = match &self.run {
            Some(run) => asked::run_named(&mut *store.read(scope.clone()).await?, run).await?,
            None => {
                let basis = self.by.into();
                let Some(mut request) = self.asked.request(store, scope, basis).await? else {
                    return show::nothing(basis, None, None, out);
                };
                self.expect.of(&mut request)?;
                if request.policies.as_ref().is_none_or(|policies| policies.tiers.is_none()) {
                    let message = "the house has no tiers: set some, as value_policies.tiers with `crm settings --set FILE`";
                    return Err(Failure::Asked(message.to_owned()));
                }
                if !self.apply {
                    let shown = preview(store, scope, &request, out).await;
                    return shown.map_err(|error| self.expect.explained(error));
                }
                let saved = asked::saved(store, scope, &mut request, self.save.as_deref()).await;
                saved.map_err(|error| self.expect.explained(error))?
            }
        };
        self.applied(store, scope, run, out).await
    }

    async fn applied(
        &self,
        store: &dyn Store,
        scope: &Scope,
        run: ValueRun,
        out: Out,
    ) -> Result<(), Failure> {
        let applied = apply_tiers(store, scope, run.id).await?;
        let told = Told::of(run)?;
        if out.json {
            return out.json(&json!({
                "run": {"id": told.run.id, "name": told.run.name, "lines": told.run.lines},
                "tiers": tiers(&told),
                "lines": applied.lines,
                "changed": applied.changed,
                "valued": applied.valued,
            }));
        }
        table(&told, out)?;
        show::planned(&told, out)?;
        let changed = counted(applied.changed, "customer has", "customers have");
        let run = told.run.name.clone().unwrap_or_else(|| told.run.id.to_string());
        out.line(format!("{changed} another tier now, by run {run}."))
    }
}

async fn preview(
    store: &dyn Store,
    scope: &Scope,
    request: &crm_core::value::RunRequest<'_>,
    out: Out,
) -> Result<(), Failure> {
    let unit = &mut *store.read(scope.clone()).await?;
    let (mut some, mut changes) = (Vec::new(), 0_u64);
    let told = Told::preview(unit, request, |line| {
        let before = line.tier_before.as_ref().map(|state| &state.tier);
        if line.tier.as_ref() != before {
            changes += 1;
            if some.len() < SHOWN {
                some.push(line);
            }
        }
    })
    .await?;
    if out.json {
        return out.json(&json!({"tiers": tiers(&told), "would_change": changes}));
    }
    table(&told, out)?;
    let names = find::customers(unit, some.iter().map(|line| line.customer_id)).await?;
    for line in &some {
        let name = names.get(&line.customer_id).map_or("somebody", |one| one.name.as_str());
        if let Some(reason) = line.reasons(&told.run).map_err(crm_core::Error::from)?.tier {
            out.line(format!("{}: {reason}", short(name, 40)))?;
        }
    }
    let changes = counted(changes, "customer would have", "customers would have");
    out.line(format!("{changes} another tier: `--apply` gives it to them."))
}

fn tiers(told: &Told) -> Vec<serde_json::Value> {
    let tiers = told.totals.tiers.iter().map(|one| {
        let value = told.amount(one.value);
        json!({"tier": one.group, "customers": one.customers, "value": value})
    });
    tiers.collect()
}

fn table(told: &Told, out: Out) -> Result<(), Failure> {
    let rows = told
        .totals
        .tiers
        .iter()
        .map(|one| vec![short(&one.group, 40), grouped(one.customers), told.money(one.value)]);
    out.table(&["Tier", "Customers", "Value"], 1, rows)
}
