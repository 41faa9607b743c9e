use std::collections::{BTreeMap, HashSet};

use crate::{
    customer::{self, Customer},
    interaction::{self, Direction, Interaction},
    kernel::{Criteria, Id, Result, Sums},
    settings::house_rules,
    staff_member::StaffMember,
    store::{Insights, Read, ReadUnit, every},
    task::{self, Task},
};

use super::{
    Cause, WorkItem,
    day::Day,
    load::{AT_ONCE, daily, ids},
};

/// Adds the customers of this account manager who are past their rhythm. Whom the house was in
/// contact with is counted in one go for many; the newest contact is looked up for the others.
pub(super) async fn customers(
    unit: &mut (dyn ReadUnit + '_),
    owner: Id<StaffMember>,
    today: Day,
    items: &mut Vec<WorkItem>,
) -> Result<()> {
    let rhythm = house_rules(unit).await?.rhythm;
    if rhythm.0.is_empty() {
        return Ok(());
    }
    let mut by_rhythm: BTreeMap<u32, Vec<Waiting>> = BTreeMap::new();
    let theirs = customer::OWNER_ID.eq(owner).and(daily());
    every::<Customer, _>(unit, theirs.query(), |one| {
        if let Some(agreed) = rhythm.days_for(&one) {
            let one = one.into_inner();
            let waiting = Waiting { id: one.id, name: one.name, person: one.contact_person };
            by_rhythm.entry(agreed).or_default().push(waiting);
        }
        Ok(())
    })
    .await?;
    for (agreed, all) in by_rhythm {
        for some in all.chunks(AT_ONCE) {
            for (one, all) in past(unit, some, agreed, today).await? {
                let days = last_contact(unit, all, today).await?;
                items.push(one.item(Cause::NoContact { days, agreed }));
            }
        }
    }
    Ok(())
}

struct Waiting {
    id: Id<Customer>,
    name: String,
    person: Option<String>,
}

impl Waiting {
    fn item(&self, cause: Cause) -> WorkItem {
        let person = self.person.as_deref().filter(|name| !name.trim().is_empty());
        WorkItem {
            cause,
            what: person.map_or("get in touch".into(), |name| format!("get in touch with {name}")),
            customer_id: Some(self.id),
            customer: Some(self.name.clone()),
            task_id: None,
            interaction_id: None,
            opportunity_id: None,
            lead_id: None,
            lead: None,
            on_behalf_of: None,
        }
    }
}

/// Those, each with all its ids, who heard nothing in the agreed days, and for whom nothing is promised in the next ones;
/// under whichever of their ids.
async fn past<'w>(
    unit: &mut (dyn ReadUnit + '_),
    some: &'w [Waiting],
    agreed: u32,
    today: Day,
) -> Result<Vec<(&'w Waiting, Vec<Id<Customer>>)>> {
    let survivors: Vec<_> = some.iter().map(|one| one.id).collect();
    let owner = customer::groups(unit, &survivors).await?;
    let all: Vec<_> = owner.keys().copied().collect();
    let within = today.begins_before(agreed.saturating_sub(1));
    let mut left_out: HashSet<Id<Customer>> = HashSet::new();
    for ids_of in all.chunks(AT_ONCE) {
        let of_these = interaction::CUSTOMER_ID.one_of(ids_of.iter().copied());
        let recent = of_these.and(contact(today)).and(interaction::HAPPENED_AT.at_least(within));
        let heard = Sums::count().by(&interaction::CUSTOMER_ID).matching(recent);
        let heard = ids(Insights::<Interaction>::sums(unit, heard).await?);
        left_out.extend(heard.iter().filter_map(|id| owner.get(id)));
    }
    let silent = |id: &&Id<Customer>| owner.get(id).is_some_and(|one| !left_out.contains(one));
    let silent: Vec<_> = all.iter().filter(silent).copied().collect();
    for ids_of in silent.chunks(AT_ONCE) {
        let of_these = task::CUSTOMER_ID.one_of(ids_of.iter().copied());
        let promised = of_these.and(task::due_by(today.after(agreed)));
        let promised = Sums::count().by(&task::CUSTOMER_ID).matching(promised);
        let promised = ids(Insights::<Task>::sums(unit, promised).await?);
        left_out.extend(promised.iter().filter_map(|id| owner.get(id)));
    }
    let all_of = |one: &Waiting| {
        let theirs = owner.iter().filter(|(_, survivor)| **survivor == one.id);
        theirs.map(|(id, _)| *id).collect()
    };
    let silent = some.iter().filter(|one| !left_out.contains(&one.id));
    Ok(silent.map(|one| (one, all_of(one))).collect())
}

/// How many days ago somebody was in contact with a customer that has these ids.
async fn last_contact(
    unit: &mut (dyn ReadUnit + '_),
    all: Vec<Id<Customer>>,
    today: Day,
) -> Result<Option<u32>> {
    let query = interaction::CUSTOMER_ID.one_of(all).and(contact(today)).query();
    let query = query.descending(&interaction::HAPPENED_AT).limit(1);
    let last = Read::<Interaction>::find(unit, query).await?.items.pop();
    Ok(last.map(|last| today.since_instant(last.happened_at)))
}

/// Interactions that a customer took part in; what is yet to come is no contact.
fn contact(today: Day) -> Criteria<Interaction> {
    let by_now = interaction::HAPPENED_AT.below(today.ends());
    interaction::DIRECTION.ne(Direction::Internal).and(by_now)
}
