use std::collections::BTreeMap;

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
            for one in past(unit, some, agreed, today).await? {
                let days = last_contact(unit, one.id, today).await?;
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
        }
    }
}

/// Those who heard nothing in the agreed days, and for whom nothing is promised in the next ones.
async fn past<'w>(
    unit: &mut (dyn ReadUnit + '_),
    some: &'w [Waiting],
    agreed: u32,
    today: Day,
) -> Result<Vec<&'w Waiting>> {
    let within = today.begins_before(agreed.saturating_sub(1));
    let of_these = interaction::CUSTOMER_ID.one_of(some.iter().map(|one| one.id));
    let recent = of_these.and(contact()).and(interaction::HAPPENED_AT.at_least(within));
    let heard = Sums::count().by(&interaction::CUSTOMER_ID).matching(recent);
    let heard = ids(Insights::<Interaction>::sums(unit, heard).await?);
    let mut silent: Vec<_> = some.iter().filter(|one| !heard.contains(&one.id)).collect();
    if !silent.is_empty() {
        let of_these = task::CUSTOMER_ID.one_of(silent.iter().map(|one| one.id));
        let promised = of_these.and(task::due_by(today.after(agreed)));
        let promised = Sums::count().by(&task::CUSTOMER_ID).matching(promised);
        let promised = ids(Insights::<Task>::sums(unit, promised).await?);
        silent.retain(|one| !promised.contains(&one.id));
    }
    Ok(silent)
}

/// How many days ago somebody was in contact with a customer.
async fn last_contact(
    unit: &mut (dyn ReadUnit + '_),
    customer: Id<Customer>,
    today: Day,
) -> Result<Option<u32>> {
    let query = interaction::CUSTOMER_ID.eq(customer).and(contact()).query();
    let query = query.descending(&interaction::HAPPENED_AT).limit(1);
    let last = Read::<Interaction>::find(unit, query).await?.items.pop();
    Ok(last.map(|last| today.since_instant(last.happened_at)))
}

/// Interactions that a customer took part in.
fn contact() -> Criteria<Interaction> {
    interaction::DIRECTION.ne(Direction::Internal)
}
