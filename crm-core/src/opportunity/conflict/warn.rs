use crate::{
    customer::Customer,
    kernel::{Error, Id, Result, Stored, TenantId},
    opportunity::{Opportunities, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    store::{Append, Read},
    task::{Priority, Task},
};

use super::{Conflict, Rival, conflicts_of};

/// The most others whose owners are warned about one opportunity: the list of conflicts has them all.
const MOST_WARNED: usize = 20;

/// The most letters of a name in a warning.
const NAME_LETTERS: usize = 80;

/// What of an opportunity decides who is to be warned of it.
#[derive(PartialEq)]
pub(in super::super) struct Presence {
    is_open: bool,
    customer_id: Option<Id<Customer>>,
    owner_id: Option<Id<StaffMember>>,
    products: Vec<Id<crate::product::Product>>,
}

impl Presence {
    pub(in super::super) fn of(opportunity: &Opportunity) -> Self {
        Self {
            is_open: opportunity.state().status() == OpportunityStatus::Open,
            customer_id: opportunity.customer_id,
            owner_id: opportunity.owner_id,
            products: opportunity.all_products(),
        }
    }
}

impl Opportunities<'_> {
    /// With which others it is in conflict: open ones of the same customer for the same product.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such opportunity.
    pub async fn conflicts(&mut self, id: Id<Opportunity>) -> Result<Vec<Conflict>> {
        super::find::conflicts_of_stored(self.work, id).await
    }

    /// Warns the owners of opportunities that are in conflict, each of each other's, by a task for today. A pair is told once, however
    /// often this is called, also when a task is done; who owns both is not told. Answers with what is new.
    ///
    /// Verbs do it of themselves for what they open. This is for what came by an import or a merge, or was opened by two
    /// at the same instant.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn warn(&mut self, conflict: &Conflict) -> Result<Vec<Stored<Task>>> {
        let mut told = Vec::new();
        for (at, one) in conflict.rivals.iter().enumerate() {
            for other in conflict.rivals.iter().skip(at + 1).take(MOST_WARNED) {
                told.extend(self.warn_pair(conflict.customer_id, one, other).await?);
            }
        }
        Ok(told)
    }

    /// Warns of what an opportunity came to be in conflict with.
    pub(in super::super) async fn warn_of(&mut self, opportunity: &Opportunity) -> Result<()> {
        for conflict in conflicts_of(self.work, opportunity).await? {
            let is_it = |rival: &&Rival| rival.opportunity_id == opportunity.id;
            let Some(own) = conflict.rivals.iter().find(is_it) else { continue };
            let others = conflict.rivals.iter().filter(|rival| !is_it(rival));
            for other in others.take(MOST_WARNED) {
                self.warn_pair(conflict.customer_id, own, other).await?;
            }
        }
        Ok(())
    }

    async fn warn_pair(
        &mut self,
        customer: Id<Customer>,
        one: &Rival,
        other: &Rival,
    ) -> Result<Vec<Stored<Task>>> {
        let mut told = Vec::new();
        if one.owner_id == other.owner_id {
            return Ok(told);
        }
        for (own, other) in [(one, other), (other, one)] {
            let Some(owner) = own.owner_id else { continue };
            let id = warning_id(self.work.scope().tenant, own, other, owner);
            if Read::<Task>::get(self.work, id).await?.is_some() {
                continue;
            }
            let title = self.title(other).await?;
            let now = self.work.now();
            let mut task = Task::new(id, title, now);
            task.customer_id = Some(customer);
            task.opportunity_id = Some(own.opportunity_id);
            task.owner_id = Some(owner);
            task.due = Some(now.date());
            task.priority = Some(Priority::High);
            match Append::<Task>::insert(self.work, task).await {
                // Another unit warns of the same.
                Err(Error::Duplicate { field: "id", .. }) => {}
                added => told.push(added?),
            }
        }
        Ok(told)
    }

    async fn title(&mut self, other: &Rival) -> Result<String> {
        let what = short(&other.name);
        let Some(owner) = other.owner_id else {
            return Ok(format!("Nobody's opportunity is open with the same customer: {what}"));
        };
        let owner = Read::<StaffMember>::get(self.work, owner).await?;
        let who = owner.map(|owner| short(&owner.name)).unwrap_or_default();
        Ok(format!("Agree with {who}, who is there already with the same: {what}"))
    }
}

/// Once for each owner of each of a pair.
fn warning_id(tenant: TenantId, own: &Rival, other: &Rival, owner: Id<StaffMember>) -> Id<Task> {
    let (own, other) = (own.opportunity_id, other.opportunity_id);
    Id::derived(tenant, &format!("conflict of {own} with {other} for {owner}"))
}

fn short(name: &str) -> String {
    if name.chars().count() <= NAME_LETTERS {
        return name.to_owned();
    }
    name.chars().take(NAME_LETTERS - 1).chain(['…']).collect()
}
