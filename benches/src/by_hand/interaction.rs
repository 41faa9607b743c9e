use chrono::NaiveDate;
use crm_core::{
    contact::Contact,
    customer::Customer,
    interaction::{self as library, Channel, Direction, InteractionState, Participants},
    kernel::{Id, Tags, Timestamp},
    opportunity::Opportunity,
    staff_member::StaffMember,
};

/// The same fields, of the same types, as [`library::Interaction`], whose state only the library
/// may set.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the library's field of this name")]
pub struct Interaction {
    pub id: Id<library::Interaction>,
    pub external_id: Option<String>,
    pub customer_id: Id<Customer>,
    pub contact_id: Option<Id<Contact>>,
    pub opportunity_id: Option<Id<Opportunity>>,
    pub staff_id: Option<Id<StaffMember>>,
    pub channel: Channel,
    pub direction: Direction,
    pub happened_at: Timestamp,
    pub minutes: Option<i64>,
    pub place: Option<String>,
    pub subject: Option<String>,
    pub content: Option<String>,
    pub outcome: Option<String>,
    pub next_step: Option<String>,
    pub next_step_due: Option<NaiveDate>,
    pub next_step_owner_id: Option<Id<StaffMember>>,
    pub state: InteractionState,
    pub incomplete_since: Option<Timestamp>,
    pub missing: Tags,
    pub completeness: i64,
    pub participants: Participants,
    pub recorded_at: Option<Timestamp>,
    pub late: bool,
}

impl PartialEq<library::Interaction> for Interaction {
    fn eq(&self, other: &library::Interaction) -> bool {
        self.id == other.id
            && self.external_id == other.external_id
            && self.customer_id == other.customer_id
            && self.contact_id == other.contact_id
            && self.opportunity_id == other.opportunity_id
            && self.staff_id == other.staff_id
            && self.channel == other.channel
            && self.direction == other.direction
            && self.happened_at == other.happened_at
            && self.minutes == other.minutes
            && self.place == other.place
            && self.subject == other.subject
            && self.content == other.content
            && self.outcome == other.outcome
            && self.next_step == other.next_step
            && self.next_step_due == other.next_step_due
            && self.next_step_owner_id == other.next_step_owner_id
            && self.participants == other.participants
            && self.recorded_at == other.recorded_at
            && self.late == other.late
            && self.state == *other.state()
            && self.incomplete_since == other.incomplete_since
            && self.missing == other.missing
            && self.completeness == other.completeness
    }
}
