use rust_decimal::Decimal;

use crate::{
    Result,
    customer::Customer,
    kernel::{Id, Invalid, Money, text_enum},
    store::{ReadUnit, expect},
    value::{Migration, Move, Placed, Standing, ValueClass, migration::Flow},
    value_run::{RunDetail, ValueRun},
    value_run_line::ValueRunLine,
};

use super::{stored_classes::StoredClasses, stored_lines::StoredLines};

text_enum! {
    /// By what the customers of two runs are compared.
    pub enum MovedBy {
        /// Their classes.
        Class = "class",
        /// Their RFM segments.
        Segment = "segment",
        /// What they are to the house.
        Standing = "standing",
        /// Their tiers.
        Tier = "tier",
    }
}

/// Who went from where to where between two stored runs, the earlier one first: each who moved to `each`, in the order of their ids,
/// and the matrix of all, without them. A page of each run is in memory. Where customers were merged since, their lines count
/// together, in the group of the survivor's own, or without one in the best of theirs.
///
/// Groups are those of the later run's policies, best first, and then those that only the earlier one has. Customers without a
/// group (who never bought have no segment, who were not there no class) are told as if they were not in that run.
///
/// # Errors
/// [`crate::Error::Missing`] when a run is not there, [`crate::Error::Invalid`] when they are in two currencies, of two bases or turned round, one is not complete, or
/// keeps classes alone where these are not what is compared, or neither has a group of that sort.
pub async fn run_migration(
    unit: &mut (dyn ReadUnit + '_),
    [before, after]: [Id<ValueRun>; 2],
    by: MovedBy,
    mut each: impl FnMut(Move<Id<Customer>, String>) -> Result<()> + Send,
) -> Result<Migration<Id<Customer>, String>> {
    let (before, after) = (expect(unit, before).await?, expect(unit, after).await?);
    let name = |run: &ValueRun| run.name.clone().unwrap_or_else(|| run.id.to_string());
    for run in [&before, &after] {
        if run.totals.is_none() {
            let reason = format!("run {} is not complete", name(run));
            return Err(Invalid::field::<ValueRun>("totals", reason).into());
        }
        if run.detail == RunDetail::Classes && by != MovedBy::Class {
            let reason = format!("run {} keeps classes, and no {by}: compare by class", name(run));
            return Err(Invalid::field::<ValueRun>("detail", reason).into());
        }
    }
    if before.basis != after.basis {
        let reason = format!(
            "run {} is by {}, run {} by {}: what customers brought cannot be compared",
            name(&before),
            before.basis,
            name(&after),
            after.basis
        );
        return Err(Invalid::field::<ValueRun>("basis", reason).into());
    }
    if before.to_day > after.to_day {
        let reason = format!(
            "run {} ends on {}, after run {} on {}: name the earlier one first",
            name(&before),
            before.to_day,
            name(&after),
            after.to_day
        );
        return Err(Invalid::field::<ValueRun>("to_day", reason).into());
    }
    let mut groups = groups_of(&after, by);
    for group in groups_of(&before, by) {
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    if groups.is_empty() {
        let reason = format!(
            "neither run {} nor run {} has a {by}: its policies name none",
            name(&before),
            name(&after)
        );
        return Err(Invalid::field::<ValueRun>("policies", reason).into());
    }
    let mut flow = Flow::between(before.currency, after.currency, &groups)?;
    let [mut was, mut is] = [Side::of(unit, &before, by).await?, Side::of(unit, &after, by).await?];
    loop {
        let (first, second) = (was.customer(unit).await?, is.customer(unit).await?);
        let Some(next) = first.into_iter().chain(second).min() else { break };
        let was = was.take(unit, next, &groups).await?.map(|one| flow.ordered(one)).transpose()?;
        let is = is.take(unit, next, &groups).await?.map(|one| flow.ordered(one)).transpose()?;
        if was.is_none() && is.is_none() {
            continue;
        }
        if let Some(moved) = flow.step(was, is)? {
            each(moved)?;
        }
    }
    Ok(flow.told(Vec::new()))
}

/// All groups of a run, best first.
fn groups_of(run: &ValueRun, by: MovedBy) -> Vec<String> {
    let policies = &run.policies;
    match by {
        MovedBy::Class => ValueClass::ALL.iter().map(ToString::to_string).collect(),
        MovedBy::Standing => Standing::ALL.iter().map(ToString::to_string).collect(),
        MovedBy::Segment => policies.rfm.segments.iter().map(|one| one.name.clone()).collect(),
        MovedBy::Tier => {
            policies.tiers.iter().flat_map(|one| &one.tiers).map(|tier| tier.name.clone()).collect()
        }
    }
}

/// What one run says of customers, in their order.
enum Side {
    Lines { run: Id<ValueRun>, by: MovedBy, lines: StoredLines },
    Classes(StoredClasses),
}

impl Side {
    async fn of(unit: &mut (dyn ReadUnit + '_), run: &ValueRun, by: MovedBy) -> Result<Self> {
        Ok(match run.detail {
            RunDetail::Lines => Self::Lines { run: run.id, by, lines: StoredLines::of(run.id) },
            RunDetail::Classes => Self::Classes(StoredClasses::begin(unit, run.id).await?),
        })
    }

    /// Who comes next.
    async fn customer(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<Option<Id<Customer>>> {
        match self {
            Self::Lines { lines, .. } => lines.customer(unit).await,
            Self::Classes(classes) => classes.customer(unit).await,
        }
    }

    /// Where the run has this customer, if it comes next and has a group.
    async fn take(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        customer: Id<Customer>,
        groups: &[String],
    ) -> Result<Option<Placed<Id<Customer>, String>>> {
        let (run, by, lines) = match self {
            Self::Lines { run, by, lines } => (*run, *by, lines),
            Self::Classes(classes) => return classes.take(unit, customer).await,
        };
        let (mut own, mut others) = (None, None::<(usize, String)>);
        let mut value = None::<Decimal>;
        while let Some(line) = lines.next_of(unit, customer).await? {
            if let Some(amount) = line.value.map(Money::amount) {
                let sum = value.unwrap_or_default().checked_add(amount);
                let too_large = || Invalid::new("migration", "value", "it is beyond 28 digits");
                value = Some(sum.ok_or_else(too_large)?);
            }
            let Some(group) = group_of(&line, by) else { continue };
            if line.id == ValueRunLine::id_of(run, customer) {
                own = Some(group);
                continue;
            }
            let place = groups.iter().position(|one| *one == group).unwrap_or(usize::MAX);
            if others.as_ref().is_none_or(|(best, _)| place < *best) {
                others = Some((place, group));
            }
        }
        let group = own.or(others.map(|(_, group)| group));
        Ok(group.map(|group| Placed { customer, group, value }))
    }
}

fn group_of(line: &ValueRunLine, by: MovedBy) -> Option<String> {
    match by {
        MovedBy::Class => line.class.map(|class| class.to_string()),
        MovedBy::Standing => line.standing.map(|standing| standing.to_string()),
        MovedBy::Segment => line.segment.clone(),
        MovedBy::Tier => line.tier.clone(),
    }
}
