use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use crm_core::{
    customer::Customer,
    handover::{HandedOver, Handover, HandoverPlan, HandoverRule, Share},
    kernel::{Criteria, Currency, Id, Scope},
    ownership::{HandoverPreview, MOST_AT_ONCE, belongings, preview_handover},
    staff_member::StaffMember,
    store::{ReadUnit, Store, run},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    import::Progress,
    output::{Out, counted, grouped},
    settings,
};

use super::{Staff, called, wrong};

/// `crm handover`
#[derive(Debug, Args)]
#[command(
    after_help = "Example, with {\"rules\": [{\"when\": {\"field\": \"category\", \"value\": \"dealer\"}, \
                  \"to\": [\"Ben Ford\"]}], \"others\": [\"Cy Orr\"]} in plan.json:\n  \
                  crm handover 'Anna Snow' --plan plan.json --preview\n  \
                  crm handover 'Anna Snow' --to 'Ben Ford' --to 'Cy Orr' --reason 'she left'\n\n\
                  Stopped on the way, the same command goes on where it stood."
)]
pub(crate) struct HandoverOf {
    /// Whose work it is: the colleague's id, external id or name.
    staff: String,
    /// Who gets it, by name; several take turns.
    #[arg(long, value_name = "NAME", required_unless_present = "plan", conflicts_with = "plan")]
    to: Vec<String>,
    /// Who gets what, by customer, from a JSON file, or from standard input for `-`.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Shows who would get what; nothing is changed.
    #[arg(long)]
    preview: bool,
    /// Why: the history of each owner keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// So many records in one unit of work; all of them last, or none.
    #[arg(long, value_name = "N", default_value_t = MOST_AT_ONCE)]
    at_once: u64,
}

/// A plan in a file: people by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    #[serde(default)]
    rules: Vec<Rule>,
    others: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(default = "Criteria::everything")]
    when: Criteria<Customer>,
    to: Vec<String>,
}

impl HandoverOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (from, plan, preview, staff) = {
            let mut unit = store.read(scope.clone()).await?;
            let unit = &mut *unit;
            let from = find::staff(unit, &self.staff).await?;
            let plan = self.plan(unit).await?;
            let preview = preview_handover(unit, from.id, &plan, |_| Ok(())).await?;
            let staff = find::colleagues(unit, plan.successors()).await?;
            (from, plan, preview, staff)
        };
        if self.preview {
            return Told { from: &from, staff: &staff, preview: Some(&preview), handover: None }
                .show(&preview.shares, None, out);
        }
        let handover = self.hand_over(store, scope, &from, plan, &preview).await?;
        let left = belongings(&mut *store.read(scope.clone()).await?, from.id).await?.all();
        Told { from: &from, staff: &staff, preview: None, handover: Some(handover.id) }.show(
            &handover.done,
            Some(left),
            out,
        )
    }

    async fn hand_over(
        &self,
        store: &dyn Store,
        scope: &Scope,
        from: &StaffMember,
        plan: HandoverPlan,
        preview: &HandoverPreview,
    ) -> Result<Handover, Failure> {
        let id = self.under_way(store, scope, from, &plan).await?;
        let (staff, reason) = (from.id, self.reason.clone());
        let begun = run(store, scope, |work| {
            let (plan, reason) = (plan.clone(), reason.clone());
            Box::pin(async move {
                let id = id.unwrap_or_else(|| Id::new(work.next_id()));
                work.ownership().begin_handover(id, staff, plan, reason).await
            })
        });
        let mut handover = begun.await?.into_inner();
        let total: u64 = preview.shares.0.values().map(|share| share.all()).sum();
        let mut progress = Progress::new("records", total);
        let mut done = 0;
        while handover.completed_at.is_none() {
            let (id, limit) = (handover.id, self.at_once);
            let step = run(store, scope, |work| {
                Box::pin(async move { work.ownership().continue_handover(id, limit).await })
            });
            handover = step.await?.into_inner();
            let now: u64 = handover.done.0.values().map(|share| share.all()).sum();
            progress.advance(now - done, now);
            done = now;
        }
        Ok(handover)
    }

    /// The same handover, where it was begun and stopped on the way.
    async fn under_way(
        &self,
        store: &dyn Store,
        scope: &Scope,
        from: &StaffMember,
        plan: &HandoverPlan,
    ) -> Result<Option<Id<Handover>>, Failure> {
        use crm_core::handover::{COMPLETED_AT, STAFF_ID};
        let mut unit = store.read(scope.clone()).await?;
        let open = STAFF_ID.eq(from.id).and(COMPLETED_AT.is_empty());
        let open = unit.find(open.query().limit(100)).await?.items;
        let same = open.iter().find(|one| &one.plan == plan && one.reason == self.reason);
        Ok(same.map(|one| one.id))
    }

    async fn plan(&self, unit: &mut dyn ReadUnit) -> Result<HandoverPlan, Failure> {
        let Some(path) = &self.plan else {
            return Ok(HandoverPlan { rules: Vec::new(), others: ids(unit, &self.to).await? });
        };
        let json = settings::read(path)?;
        let plan: Plan = serde_json::from_value(json)
            .map_err(|e| wrong(path, &format!("this is no plan: {e}")))?;
        let mut rules = Vec::new();
        for rule in plan.rules {
            rules.push(HandoverRule { when: rule.when, to: ids(unit, &rule.to).await? });
        }
        Ok(HandoverPlan { rules, others: ids(unit, &plan.others).await? })
    }
}

async fn ids(unit: &mut dyn ReadUnit, names: &[String]) -> Result<Vec<Id<StaffMember>>, Failure> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(find::staff(unit, name).await?.id);
    }
    Ok(ids)
}

struct Told<'t> {
    from: &'t StaffMember,
    staff: &'t Staff,
    preview: Option<&'t HandoverPreview>,
    handover: Option<Id<Handover>>,
}

impl Told<'_> {
    fn show(&self, shares: &HandedOver, left: Option<u64>, out: Out) -> Result<(), Failure> {
        // By name, so that it reads the same wherever it runs.
        let by_name: BTreeMap<_, _> = shares
            .0
            .iter()
            .map(|(id, share)| (called(self.staff, *id, 500), (*id, *share)))
            .collect();
        if out.json {
            let to: Vec<_> = by_name
                .iter()
                .map(|(name, (id, share))| {
                    let mut one = json!({
                        "id": id, "name": name, "customers": share.customers,
                        "opportunities": share.opportunities, "tasks": share.tasks,
                        "leads": share.leads,
                    });
                    if self.preview.is_some() {
                        one["open"] = json!(self.worth_json(*id));
                    }
                    one
                })
                .collect();
            return out.json(&json!({
                "from": {"id": self.from.id, "name": self.from.name}, "to": to,
                "preview": self.preview.is_some(), "handover": self.handover, "left": left,
            }));
        }
        let total: u64 = shares.0.values().map(|share| share.all()).sum();
        if total == 0 {
            return out.line(format!("{} has nothing to hand over.", self.from.name));
        }
        let rows = by_name.iter().map(|(name, (id, share))| self.row(name, *id, *share));
        let mut header = vec!["To", "Customers", "Opportunities", "Tasks", "Leads"];
        if self.preview.is_some() {
            header.extend(["Open", "Weighted"]);
        }
        out.table(&header, 1, rows)?;
        let all = counted(total, "record", "records");
        let Some(left) = left else {
            return out.line(format!("{all} of {} would go. Nothing is changed.", self.from.name));
        };
        out.line(format!("{all} of {} went. {} stay behind.", self.from.name, grouped(left)))
    }

    fn row(&self, name: &str, id: Id<StaffMember>, share: Share) -> Vec<String> {
        let counts = [share.customers, share.opportunities, share.tasks, share.leads];
        let mut row = vec![crate::output::short(name, 24)];
        row.extend(counts.map(grouped));
        if self.preview.is_some() {
            let [mut open, mut weighted] = [Vec::new(), Vec::new()];
            for (currency, amount, weight) in self.worth(id) {
                open.push(format!("{} {currency}", grouped(amount)));
                weighted.push(format!("{} {currency}", grouped(weight)));
            }
            row.extend([open.join(", "), weighted.join(", ")]);
        }
        row
    }

    /// What is open of somebody's new opportunities, and weighted, for each currency.
    fn worth(&self, id: Id<StaffMember>) -> Vec<(Currency, String, String)> {
        let sums = self.preview.and_then(|preview| preview.worth.get(&id));
        let each = sums.into_iter().flatten().map(|(currency, worth)| {
            let text =
                |sum: rust_decimal::Decimal| format!("{sum:.0$}", currency.decimals() as usize);
            (*currency, text(worth.amount), text(worth.weighted))
        });
        each.collect()
    }

    fn worth_json(&self, id: Id<StaffMember>) -> Vec<Value> {
        let each = self.worth(id).into_iter().map(|(currency, amount, weighted)| {
            json!({"currency": currency, "amount": amount, "weighted": weighted})
        });
        each.collect()
    }
}
