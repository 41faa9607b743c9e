//! Staff members: who works here.

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text,
    },
    org_unit::OrgUnit,
};

/// Somebody who works for the company and may own customers and opportunities.
#[derive(Clone, Debug, PartialEq)]
pub struct StaffMember {
    /// Their id.
    pub id: Id<StaffMember>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// Their name, as it is shown.
    pub name: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their phone number.
    pub phone: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// Where they work.
    pub org_unit_id: Option<Id<OrgUnit>>,
    /// Whom they report to.
    pub manager_id: Option<Id<StaffMember>>,
    /// Whether they work here now.
    pub active: bool,
}

impl StaffMember {
    /// Somebody who works here, known by name.
    pub fn new(id: Id<Self>, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            active: true,
            external_id: None,
            email: None,
            phone: None,
            title: None,
            org_unit_id: None,
            manager_id: None,
        }
    }
}

/// Their id.
pub static ID: Field<StaffMember, Id<StaffMember>> = Field::new("id", |s| s.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<StaffMember, String> =
    Field::optional("external_id", |s| Value::opt_text(&s.external_id));
/// Their name, as it is shown.
pub static NAME: Field<StaffMember, String> = Field::new("name", |s| Value::text(&s.name));
/// Their e-mail address.
pub static EMAIL: Field<StaffMember, String> =
    Field::optional("email", |s| Value::opt_text(&s.email));
/// Their phone number.
pub static PHONE: Field<StaffMember, String> =
    Field::optional("phone", |s| Value::opt_text(&s.phone));
/// Their job title.
pub static TITLE: Field<StaffMember, String> =
    Field::optional("title", |s| Value::opt_text(&s.title));
/// Where they work.
pub static ORG_UNIT_ID: Field<StaffMember, Id<OrgUnit>> =
    Field::optional("org_unit_id", |s| Value::opt(s.org_unit_id));
/// Whom they report to.
pub static MANAGER_ID: Field<StaffMember, Id<StaffMember>> =
    Field::optional("manager_id", |s| Value::opt(s.manager_id));
/// Whether they work here now.
pub static ACTIVE: Field<StaffMember, bool> = Field::new("active", |s| s.active.into_value());

impl Entity for StaffMember {
    const KIND: &'static str = "staff_member";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        EMAIL.spec(),
        PHONE.spec(),
        TITLE.spec(),
        ORG_UNIT_ID.spec(),
        MANAGER_ID.spec(),
        ACTIVE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const TREE: Option<&'static str> = Some("manager_id");

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            email: row.opt(&EMAIL)?,
            phone: row.opt(&PHONE)?,
            title: row.opt(&TITLE)?,
            org_unit_id: row.opt(&ORG_UNIT_ID)?,
            manager_id: row.opt(&MANAGER_ID)?,
            active: row.take(&ACTIVE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        super::not_its_own_parent(self.id, self.manager_id)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
