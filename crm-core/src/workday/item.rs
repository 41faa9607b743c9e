use std::cmp::Reverse;

use uuid::Uuid;

use crate::{
    customer::Customer, interaction::Interaction, kernel::Id, lead::Lead, opportunity::Opportunity,
    staff_member::StaffMember, task::Task,
};

use super::{Cause, WorkKind};

/// One thing to be done today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkItem {
    /// Why.
    pub cause: Cause,
    /// What, in a line.
    pub what: String,
    /// For which customer.
    pub customer_id: Option<Id<Customer>>,
    /// Its name.
    pub customer: Option<String>,
    /// The task that is due.
    pub task_id: Option<Id<Task>>,
    /// The interaction that is not closed, or from which the task came.
    pub interaction_id: Option<Id<Interaction>>,
    /// The opportunity that needs a next step, or that the task or the interaction is about.
    pub opportunity_id: Option<Id<Opportunity>>,
    /// The lead that the task is for.
    pub lead_id: Option<Id<Lead>>,
    /// What the lead is called, as long as it is no customer.
    pub lead: Option<String>,
    /// Whose it is, where that colleague is away and stood in for.
    pub on_behalf_of: Option<Id<StaffMember>>,
}

impl WorkItem {
    /// What sort of thing is to be done.
    pub const fn kind(&self) -> WorkKind {
        self.cause.kind()
    }

    /// How urgent it is, in points: see [`Cause::urgency`].
    pub fn urgency(&self) -> u32 {
        self.cause.urgency()
    }

    /// The reason for its place in the list, in plain words.
    pub fn reason(&self) -> String {
        self.cause.reason()
    }

    /// The id of the record that decides between equals.
    fn id(&self) -> Option<Uuid> {
        match self.kind() {
            WorkKind::Task => self.task_id.map(Id::uuid),
            WorkKind::Draft => self.interaction_id.map(Id::uuid),
            WorkKind::Contact => self.customer_id.map(Id::uuid),
            WorkKind::Opportunity => self.opportunity_id.map(Id::uuid),
        }
    }
}

/// Puts the most urgent first. Of those that are equally urgent, tasks go before interactions that
/// are not closed, then customers who wait, then opportunities; then what waits longest, then by
/// the customer's name, what is to be done, and the id: there is one order.
pub fn rank(items: &mut [WorkItem]) {
    items.sort_by_cached_key(|item| {
        let place = (Reverse(item.urgency()), item.kind(), Reverse(item.cause.waited()));
        (place, item.customer.clone(), item.what.clone(), item.id())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Priority;

    fn item(cause: Cause, customer: &str) -> WorkItem {
        WorkItem {
            cause,
            what: "call".into(),
            customer_id: None,
            customer: Some(customer.into()),
            task_id: None,
            interaction_id: None,
            opportunity_id: None,
            lead_id: None,
            lead: None,
            on_behalf_of: None,
        }
    }

    #[test]
    fn there_is_one_order() {
        let due = |days_late, priority| Cause::Due { days_late, priority };
        let silent = |days, agreed| Cause::NoContact { days, agreed };
        let expected = [
            item(silent(Some(720), 90), "waits eight times as long"),
            item(due(12, None), "late"),
            item(due(7, Some(Priority::High)), "late, and it matters"),
            item(Cause::NoNextStep { decided_in: Some(-3) }, "was to be decided"),
            item(Cause::NoNextStep { decided_in: Some(3) }, "will be decided"),
            item(due(0, None), "a: today"),
            item(due(0, None), "b: today"),
            item(Cause::NotClosed { days: 2 }, "older draft"),
            item(silent(Some(180), 90), "waits twice as long, 180 days"),
            item(silent(Some(60), 30), "waits twice as long, 60 days"),
            item(silent(None, 30), "was never spoken to"),
            item(Cause::NotClosed { days: 1 }, "draft"),
            item(Cause::Overdue { days: 9 }, "promised, and overdue"),
            item(Cause::NoNextStep { decided_in: None }, "rots"),
            item(due(0, Some(Priority::Low)), "not so important"),
            item(silent(Some(30), 30), "it is time"),
            item(Cause::NoDatedStep { decided_in: None }, "some day"),
            item(Cause::NoDay { days: 9, priority: None }, "whenever, for long"),
            item(Cause::NoDay { days: 1, priority: None }, "whenever"),
        ];
        for seed in 0..50_usize {
            let mut items = expected.to_vec();
            items.rotate_left(seed % expected.len());
            if seed % 2 == 1 {
                items.reverse();
            }
            rank(&mut items);
            let names: Vec<_> = items.iter().filter_map(|item| item.customer.as_deref()).collect();
            let wanted: Vec<_> = expected.iter().filter_map(|i| i.customer.as_deref()).collect();
            assert_eq!(names, wanted);
        }
    }

    #[test]
    fn the_id_decides_at_last() {
        let with = |number| {
            let mut item = item(Cause::Due { days_late: 0, priority: None }, "Acme");
            item.task_id = Some(Id::new(Uuid::from_u128(number)));
            item
        };
        let mut items = [with(2), with(1)];
        rank(&mut items);
        assert_eq!(items, [with(1), with(2)]);
    }
}
