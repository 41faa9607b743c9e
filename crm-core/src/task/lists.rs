use chrono::NaiveDate;

use crate::kernel::{Criteria, Timestamp};

use super::{DUE, REMIND_AT, STATUS, Task, TaskStatus};

/// Tasks that are still to be done.
///
/// ```
/// use crm_core::task;
/// # fn of_anna(anna: crm_core::kernel::Id<crm_core::staff_member::StaffMember>, today: chrono::NaiveDate) {
/// let hers = task::late(today).and(task::OWNER_ID.eq(anna)).query().order_by(&task::DUE);
/// # }
/// ```
pub fn open() -> Criteria<Task> {
    STATUS.eq(TaskStatus::Open)
}

/// Tasks that should have been done before `today`.
pub fn late(today: NaiveDate) -> Criteria<Task> {
    open().and(DUE.below(today))
}

/// Tasks that are to be done by `day`, late ones among them.
pub fn due_by(day: NaiveDate) -> Criteria<Task> {
    open().and(DUE.at_most(day))
}

/// Tasks whose owner is to be reminded by `now`.
pub fn to_remind(now: Timestamp) -> Criteria<Task> {
    open().and(REMIND_AT.at_most(now))
}
