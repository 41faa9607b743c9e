//! Helpers: who works with a customer beside its account manager.

use crate::{
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId,
        Timestamp, Value, text,
    },
    staff_member::StaffMember,
};

/// Somebody who helps with a customer, in a role; they own nothing of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Helper {
    /// Its id: [`Helper::id_of`] the customer, the colleague and the role.
    pub id: Id<Helper>,
    /// With which customer.
    pub customer_id: Id<Customer>,
    /// Who.
    pub staff_id: Id<StaffMember>,
    /// As what: presales, service, key account.
    pub role: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none while they do.
    pub until: Option<Timestamp>,
}

impl Helper {
    /// The id of the one record of a customer, a colleague and a role.
    pub fn id_of(
        tenant: TenantId,
        customer: Id<Customer>,
        staff: Id<StaffMember>,
        role: &str,
    ) -> Id<Self> {
        Id::derived(tenant, &format!("helper {customer} {staff} {role}"))
    }
}

/// Its id.
pub static ID: Field<Helper, Id<Helper>> = Field::new("id", |h| h.id.into_value());
/// With which customer.
pub static CUSTOMER_ID: Field<Helper, Id<Customer>> =
    Field::new("customer_id", |h| h.customer_id.into_value());
/// Who.
pub static STAFF_ID: Field<Helper, Id<StaffMember>> =
    Field::new("staff_id", |h| h.staff_id.into_value());
/// As what.
pub static ROLE: Field<Helper, String> = Field::new("role", |h| Value::text(&h.role));
/// Since when.
pub static SINCE: Field<Helper, Timestamp> = Field::new("since", |h| h.since.into_value());
/// Until when; none while they do.
pub static UNTIL: Field<Helper, Timestamp> = Field::optional("until", |h| Value::opt(h.until));

impl Entity for Helper {
    const KIND: &'static str = "helper";
    const FIELDS: &'static [&'static FieldSpec<Self>] =
        &[ID.spec(), CUSTOMER_ID.spec(), STAFF_ID.spec(), ROLE.spec(), SINCE.spec(), UNTIL.spec()];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            customer_id: row.take(&CUSTOMER_ID)?,
            staff_id: row.take(&STAFF_ID)?,
            role: row.take(&ROLE)?,
            since: row.take(&SINCE)?,
            until: row.opt(&UNTIL)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("role", &self.role)?;
        if self.until.is_some_and(|until| until < self.since) {
            return Err(Invalid::field::<Self>("until", "it ends before it began"));
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
