//! Org units: the parts of the company.

use crate::kernel::{
    Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text,
};

/// A part of the company: head office, branch, team.
#[derive(Clone, Debug, PartialEq)]
pub struct OrgUnit {
    /// Its id.
    pub id: Id<OrgUnit>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called: an office, a branch, a team.
    pub name: String,
    /// The unit it belongs to.
    pub parent_id: Option<Id<OrgUnit>>,
}

impl OrgUnit {
    /// A unit at the top.
    pub fn new(id: Id<Self>, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), external_id: None, parent_id: None }
    }
}

/// Its id.
pub static ID: Field<OrgUnit, Id<OrgUnit>> = Field::new("id", |u| u.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<OrgUnit, String> =
    Field::optional("external_id", |u| Value::opt_text(&u.external_id));
/// What it is called: an office, a branch, a team.
pub static NAME: Field<OrgUnit, String> = Field::new("name", |u| Value::text(&u.name));
/// The unit it belongs to.
pub static PARENT_ID: Field<OrgUnit, Id<OrgUnit>> =
    Field::optional("parent_id", |u| Value::opt(u.parent_id));

impl Entity for OrgUnit {
    const KIND: &'static str = "org_unit";
    const FIELDS: &'static [&'static FieldSpec<Self>] =
        &[ID.spec(), EXTERNAL_ID.spec(), NAME.spec(), PARENT_ID.spec()];
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const TREE: Option<&'static str> = Some("parent_id");

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            parent_id: row.opt(&PARENT_ID)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        super::not_its_own_parent(self.id, self.parent_id)
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
