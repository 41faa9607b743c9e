use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    contact::Contact,
    kernel::{Entity, FieldType, Id, Kind, Term, Value, from_json_text},
    staff_member::StaffMember,
};

/// What the interactions that a contact took part in are found by.
pub(crate) fn participant_term(contact: Id<Contact>) -> Term {
    Term::new("participant", &contact.to_string())
}

/// Who took part beside the two whom an interaction names first: sets, without order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participants {
    /// Of the customer's side.
    pub contacts: BTreeSet<Id<Contact>>,
    /// Of ours.
    pub staff: BTreeSet<Id<StaffMember>>,
}

impl Participants {
    /// Each of them: kind and id.
    pub(super) fn names(&self) -> Vec<(&'static str, Uuid)> {
        let contacts = self.contacts.iter().map(|id| (Contact::KIND, id.uuid()));
        contacts.chain(self.staff.iter().map(|id| (StaffMember::KIND, id.uuid()))).collect()
    }
}

impl FieldType for Participants {
    const KIND: Kind = Kind::Json;
    const REFERS_TO: Option<&'static str> = None;
    fn into_value(self) -> Value<'static> {
        Value::json(&self)
    }
    fn from_value(value: Value<'static>) -> Result<Self, String> {
        from_json_text(value)
    }
}
