use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use crm_core::{
    customer::Customer,
    handover::{HandedOver, Handover, HandoverPlan, HandoverRule, Share},
    kernel::{Criteria, Currency, Id, Scope},
    ownership::{
        HandoverPreview, MOST_AT_ONCE, Worth, belongings, complete_handover, open_worth,
        preview_handover,
    },
    staff_member::StaffMember,
    store::{ReadUnit, Store, run},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find,
    import::Progress,
    output::{Out, counted, grouped, short},
    settings, when,
};

use super::{Staff, called, wrong};

/// `crm handover`
#[derive(Debug, Args)]
#[command(
    after_help = "Example, with {\"rules\": [{\"when\": {\"field\": \"category\", \"value\": \"dealer\"}, \
                  \"to\": [\"Ben Ford\"]}], \"others\": [\"Cy Orr\"]} in plan.json:\n  \
                  crm handover 'Anna Snow' --preview\n  \
                  crm handover 'Anna Snow' --plan plan.json --preview\n  \
                  crm handover 'Anna Snow' --to 'Ben Ford' --to 'Cy Orr' --reason 'she left'\n  \
                  crm handover 'Anna Snow' --by-rules --to 'Cy Orr' --preview\n\n\
                  In a plan, \"by_rules\": true asks the assignment rules (crm rules) about what no rule of the \
                  plan is about and what goes with nothing.\n\
                  Stopped on the way, the same command goes on where it stood."
)]
pub(crate) struct HandoverOf {
    /// Whose work it is: the colleague's id, external id or name.
    staff: String,
    /// Who gets it, by name; several take turns.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["plan", "preview"], conflicts_with = "plan")]
    to: Vec<String>,
    /// The assignment rules decide (crm rules), what belongs together stays together, and --to is for what the rules give to
    /// nobody.
    #[arg(long, requires = "to")]
    by_rules: bool,
    /// Who gets what, by customer, from a JSON file, or from standard input for `-`.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Shows who would get what; nothing is changed. Without --to and --plan: what there is to hand over.
    #[arg(long)]
    preview: bool,
    /// Why: the history of each owner keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// So many records in one unit of work; all of them last, or none. Fewer where the database lets no unit last that
    /// long.
    #[arg(long, value_name = "N", default_value_t = MOST_AT_ONCE)]
    at_once: u64,
}

/// A plan in a file: people by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    by_rules: bool,
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
        if self.to.is_empty() && self.plan.is_none() {
            return self.what_there_is(&mut *store.read(scope.clone()).await?, out).await;
        }
        let (from, plan, preview, staff) = {
            let mut unit = store.read(scope.clone()).await?;
            let unit = &mut *unit;
            let from = find::staff(unit, &self.staff).await?;
            let plan = self.plan(unit).await?;
            let preview = preview_handover(unit, from.id, &plan, when::now(), |_| Ok(())).await?;
            let staff = find::colleagues(unit, preview.shares.0.keys().copied()).await?;
            (from, plan, preview, staff)
        };
        if self.preview {
            return Told { from: &from, staff: &staff, preview: Some(&preview), handover: None }
                .show(&preview.shares, None, out);
        }
        let handover = self.hand_over(store, scope, &from, plan, &preview).await?;
        let unit = &mut *store.read(scope.clone()).await?;
        let left = belongings(unit, from.id).await?.all();
        // By rules, turns may have gone on since it was previewed.
        let staff = find::colleagues(unit, handover.done.0.keys().copied()).await?;
        Told { from: &from, staff: &staff, preview: None, handover: Some(handover.id) }.show(
            &handover.done,
            Some(left),
            out,
        )
    }

    /// What somebody has, in numbers and money.
    async fn what_there_is(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let from = find::staff(unit, &self.staff).await?;
        let has = belongings(unit, from.id).await?;
        let worth = texts(&open_worth(unit, from.id).await?);
        if out.json {
            return out.json(&json!({
                "from": {"id": from.id, "name": from.name}, "preview": true, "to": [],
                "handover": null, "left": has.all(), "has": {
                    "customers": has.customers, "opportunities": has.opportunities,
                    "tasks": has.tasks, "leads": has.leads, "helping": has.helping,
                    "open": worth_json(&worth),
                },
            }));
        }
        if has.all() == 0 {
            return out.line(format!("{} has nothing to hand over.", from.name));
        }
        let mut row = vec![short(&from.name, 24)];
        let counts = [has.customers, has.opportunities, has.tasks, has.leads, has.helping];
        row.extend(counts.map(grouped));
        row.extend(worth_cells(&worth));
        let header =
            ["Has", "Customers", "Opportunities", "Tasks", "Leads", "Helps", "Open", "Weighted"];
        out.table(&header, 1, [row])?;
        out.line(
            "Nothing is changed. Name who gets it with --to or --plan to see who would get what.",
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
        let handover = begun.await?.into_inner();
        let total: u64 = preview.shares.0.values().map(|share| share.all()).sum();
        let mut progress = Progress::new("records", total);
        let mut done = 0;
        let told = |handover: &Handover| {
            let now: u64 = handover.done.0.values().map(|share| share.all()).sum();
            progress.advance(now - done, now);
            done = now;
        };
        Ok(complete_handover(store, scope, handover.id, self.at_once, told).await?.into_inner())
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
            let others = ids(unit, &self.to).await?;
            return Ok(HandoverPlan { rules: Vec::new(), by_rules: self.by_rules, others });
        };
        let json = settings::read(path)?;
        let plan: Plan = serde_json::from_value(json)
            .map_err(|e| wrong(path, &format!("this is no plan: {e}")))?;
        let mut rules = Vec::new();
        for rule in plan.rules {
            rules.push(HandoverRule { when: rule.when, to: ids(unit, &rule.to).await? });
        }
        let others = ids(unit, &plan.others).await?;
        Ok(HandoverPlan { rules, by_rules: plan.by_rules, others })
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
                        "leads": share.leads, "helping": share.helping,
                    });
                    if self.preview.is_some() {
                        one["open"] = json!(worth_json(&self.worth(*id)));
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
        let mut header = vec!["To", "Customers", "Opportunities", "Tasks", "Leads", "Helps"];
        if self.preview.is_some() {
            header.extend(["Open", "Weighted"]);
        }
        out.table(&header, 1, rows)?;
        let all = counted(total, "record", "records");
        let Some(left) = left else {
            return out.line(format!("{all} of {} would go. Nothing is changed.", self.from.name));
        };
        let behind = match left {
            0 => "Nothing stays behind.".to_owned(),
            left => format!(
                "{} came meanwhile and stay behind: run it again.",
                counted(left, "record", "records")
            ),
        };
        out.line(format!("{all} of {} went. {behind}", self.from.name))
    }

    fn row(&self, name: &str, id: Id<StaffMember>, share: Share) -> Vec<String> {
        let counts =
            [share.customers, share.opportunities, share.tasks, share.leads, share.helping];
        let mut row = vec![short(name, 24)];
        row.extend(counts.map(grouped));
        if self.preview.is_some() {
            row.extend(worth_cells(&self.worth(id)));
        }
        row
    }

    /// What is open of somebody's new opportunities.
    fn worth(&self, id: Id<StaffMember>) -> Vec<Texts> {
        let sums = self.preview.and_then(|preview| preview.worth.get(&id));
        sums.map(texts).unwrap_or_default()
    }
}

/// A currency, what is open in it, and that by its probabilities.
type Texts = (Currency, String, String);

fn texts(worth: &BTreeMap<Currency, Worth>) -> Vec<Texts> {
    let each = worth.iter().map(|(currency, worth)| {
        let text = |sum: rust_decimal::Decimal| format!("{sum:.0$}", currency.decimals() as usize);
        (*currency, text(worth.amount), text(worth.weighted))
    });
    each.collect()
}

/// Open, weighted.
fn worth_cells(worth: &[Texts]) -> [String; 2] {
    let cell = |text: fn(&Texts) -> &String| {
        let each = worth.iter().map(|one| format!("{} {}", grouped(text(one)), one.0));
        let all = each.collect::<Vec<_>>().join(", ");
        if all.is_empty() { "-".to_owned() } else { all }
    };
    [cell(|one| &one.1), cell(|one| &one.2)]
}

fn worth_json(worth: &[Texts]) -> Vec<Value> {
    let each = worth.iter().map(|(currency, amount, weighted)| {
        json!({"currency": currency, "amount": amount, "weighted": weighted})
    });
    each.collect()
}
