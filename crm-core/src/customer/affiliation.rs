//! Affiliations: contacts at further customers, with a part in each.

use chrono::NaiveDate;

use crate::{
    contact::{Contact, DecisionRole},
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId,
        Timestamp, Value,
    },
    settings::Settings,
};

/// That a contact has a part at a customer, beside the one where they work.
#[derive(Clone, Debug, PartialEq)]
pub struct Affiliation {
    /// Its id.
    pub id: Id<Affiliation>,
    /// Who.
    pub contact_id: Id<Contact>,
    /// At which customer.
    pub customer_id: Id<Customer>,
    /// Their part in the decision to buy there.
    pub role: Option<DecisionRole>,
    /// Their job title there.
    pub title: Option<String>,
    /// Their department there.
    pub department: Option<String>,
    /// Since when.
    pub since: Option<NaiveDate>,
    /// Until when: not before it began.
    pub until: Option<NaiveDate>,
    /// Anything else.
    pub note: Option<String>,
}

impl Affiliation {
    /// A contact at a customer, under the id that follows from the two.
    pub fn between(tenant: TenantId, contact_id: Id<Contact>, customer_id: Id<Customer>) -> Self {
        let id = Id::derived(tenant, &format!("affiliation {contact_id} {customer_id}"));
        Self {
            id,
            contact_id,
            customer_id,
            role: None,
            title: None,
            department: None,
            since: None,
            until: None,
            note: None,
        }
    }
}

/// Its id.
pub static ID: Field<Affiliation, Id<Affiliation>> = Field::new("id", |x| x.id.into_value());
/// Who.
pub static CONTACT_ID: Field<Affiliation, Id<Contact>> =
    Field::new("contact_id", |x| x.contact_id.into_value());
/// At which customer.
pub static CUSTOMER_ID: Field<Affiliation, Id<Customer>> =
    Field::new("customer_id", |x| x.customer_id.into_value());
/// Their part in the decision to buy there.
pub static ROLE: Field<Affiliation, DecisionRole> = Field::optional("role", |x| Value::opt(x.role));
/// Their job title there.
pub static TITLE: Field<Affiliation, String> =
    Field::optional("title", |x: &Affiliation| Value::opt_text(&x.title)).personal();
/// Their department there.
pub static DEPARTMENT: Field<Affiliation, String> =
    Field::optional("department", |x: &Affiliation| Value::opt_text(&x.department)).personal();
/// Since when.
pub static SINCE: Field<Affiliation, NaiveDate> = Field::optional("since", |x| Value::opt(x.since));
/// Until when.
pub static UNTIL: Field<Affiliation, NaiveDate> = Field::optional("until", |x| Value::opt(x.until));
/// Anything else.
pub static NOTE: Field<Affiliation, String> =
    Field::optional("note", |x: &Affiliation| Value::opt_text(&x.note)).personal();

impl Entity for Affiliation {
    const KIND: &'static str = "affiliation";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        CONTACT_ID.spec(),
        CUSTOMER_ID.spec(),
        ROLE.spec(),
        TITLE.spec(),
        DEPARTMENT.spec(),
        SINCE.spec(),
        UNTIL.spec(),
        NOTE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            contact_id: row.take(&CONTACT_ID)?,
            customer_id: row.take(&CUSTOMER_ID)?,
            role: row.opt(&ROLE)?,
            title: row.opt(&TITLE)?,
            department: row.opt(&DEPARTMENT)?,
            since: row.opt(&SINCE)?,
            until: row.opt(&UNTIL)?,
            note: row.opt(&NOTE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }

    /// Only when they are written: one that was stored before this was asked stays what it is.
    fn settle(
        &mut self,
        before: Option<&Self>,
        _rules: &Settings,
        _now: Timestamp,
    ) -> crate::Result<()> {
        let span = (self.since, self.until);
        match before {
            Some(before) if (before.since, before.until) == span => Ok(()),
            _ => Ok(ends_after_it_began::<Self>(span)?),
        }
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}

/// What ends before it began is a mistake.
pub(super) fn ends_after_it_began<E: Entity>(
    span: (Option<NaiveDate>, Option<NaiveDate>),
) -> Result<(), Invalid> {
    match span {
        (Some(since), Some(until)) if until < since => {
            let reason = format!("{until} is before {since}, since when it is so: set a later day");
            Err(Invalid::field::<E>(UNTIL.spec().name, reason))
        }
        _ => Ok(()),
    }
}
