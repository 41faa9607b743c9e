use std::collections::BTreeMap;

use clap::Args;
use crm_core::{
    assignment::{PersonLoad, Workload, workload},
    kernel::Currency,
    org::OrgChart,
    ownership::Share,
    store::ReadUnit,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Out, grouped, short},
};

/// `crm workload`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  crm workload\n\nA figure such as 12/40 is what somebody has of what they take on (`crm staff --set`)."
)]
pub(crate) struct WorkloadOf {
    /// Only the units, each with all below it.
    #[arg(long)]
    units: bool,
}

impl WorkloadOf {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let load = workload(unit).await?;
        let chart = OrgChart::load(unit).await?;
        let mut units: Vec<_> = load
            .units
            .iter()
            .map(|(id, (has, open))| {
                let path: Vec<_> =
                    chart.path(*id).iter().filter_map(|id| chart.unit_name(*id)).collect();
                (path.join(" / "), has, open)
            })
            .collect();
        units.sort_by(|a, b| a.0.cmp(&b.0));
        if out.json {
            return out.json(&as_json(&load, &units, &chart));
        }
        if load.people.is_empty() {
            return out.line("Nobody works here yet.");
        }
        let header =
            ["Who", "Where", "Customers", "Opportunities", "Open", "Leads", "Tasks", "Full"];
        if !self.units {
            let rows = load.people.iter().map(|one| {
                let [customers, opportunities, leads, tasks] = one.of_capacity().map(of);
                let at = one.unit.and_then(|id| chart.unit_name(id)).unwrap_or("-");
                let gone = if one.active { "" } else { " (left)" };
                let name = format!("{}{gone}", short(&one.name, 24));
                let open = amounts(&one.open);
                vec![name, short(at, 20), customers, opportunities, open, leads, tasks, full(one)]
            });
            out.table(&header, 2, rows)?;
        }
        if !units.is_empty() {
            let rows = units.iter().map(|(name, has, open)| {
                vec![
                    short(name, 40),
                    has.customers.to_string(),
                    has.opportunities.to_string(),
                    amounts(open),
                    has.leads.to_string(),
                    has.tasks.to_string(),
                ]
            });
            out.table(&["Unit", "Customers", "Opportunities", "Open", "Leads", "Tasks"], 1, rows)?;
        }
        match load.most_and_median() {
            Some((most, median)) => out.line(format!(
                "The most loaded has {} open opportunities, the one in the middle {} (of those who have some or \
                 take some on).",
                grouped(most),
                grouped(median)
            )),
            None => Ok(()),
        }
    }
}

fn of((has, most): (u64, Option<u32>)) -> String {
    most.map_or_else(|| has.to_string(), |most| format!("{has}/{most}"))
}

/// The largest share of what somebody takes on, in per cent.
fn share(one: &PersonLoad) -> Option<u64> {
    let limited = one.of_capacity().into_iter().filter_map(|(has, most)| Some((has, most?)));
    limited.filter(|(_, most)| *most > 0).map(|(has, most)| has * 100 / u64::from(most)).max()
}

fn full(one: &PersonLoad) -> String {
    share(one).map_or_else(|| "-".to_owned(), |share| format!("{share} %"))
}

fn amounts(open: &BTreeMap<Currency, Decimal>) -> String {
    let all = open.iter().filter(|(_, amount)| !amount.is_zero());
    let all = all.map(|(currency, amount)| format!("{} {currency}", grouped(amount)));
    let all = all.collect::<Vec<_>>().join("\n");
    if all.is_empty() { "-".to_owned() } else { all }
}

fn as_json(
    load: &Workload,
    units: &[(String, &Share, &BTreeMap<Currency, Decimal>)],
    chart: &OrgChart,
) -> Value {
    // Amounts are strings.
    let open = |open: &BTreeMap<Currency, Decimal>| {
        let all = open
            .iter()
            .map(|(currency, amount)| (currency.code().to_owned(), json!(amount.to_string())));
        Value::Object(all.collect())
    };
    let has = |has: &Share| json!({"customers": has.customers, "opportunities": has.opportunities, "leads": has.leads, "tasks": has.tasks});
    let people = load.people.iter().map(|one| {
        json!({
            "id": one.staff, "name": one.name, "active": one.active,
            "unit": one.unit.and_then(|id| chart.unit_name(id)), "has": has(&one.has),
            "open": open(&one.open), "capacity": one.capacity, "percent_of_capacity": share(one),
        })
    });
    let units = units
        .iter()
        .map(|(name, sum, amounts)| json!({"unit": name, "has": has(sum), "open": open(amounts)}));
    let balance =
        load.most_and_median().map(|(most, median)| json!({"most": most, "median": median}));
    json!({
        "people": people.collect::<Vec<_>>(), "units": units.collect::<Vec<_>>(),
        "open_opportunities": balance,
    })
}
