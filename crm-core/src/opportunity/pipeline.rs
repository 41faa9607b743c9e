//! Pipelines: the ways opportunities go.

use crate::kernel::{
    Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text,
};

use super::Stages;

/// The way an opportunity goes: stages in order, as data.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Its id.
    pub id: Id<Pipeline>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called; unique for the tenant.
    pub name: String,
    /// Its stages, in order.
    pub stages: Stages,
    /// Whether new opportunities may begin in it.
    pub active: bool,
}

impl Pipeline {
    /// A pipeline that is in use.
    pub fn new(id: Id<Self>, name: impl Into<String>, stages: Stages) -> Self {
        Self { id, name: name.into(), stages, active: true, external_id: None }
    }
}

/// Its id.
pub static ID: Field<Pipeline, Id<Pipeline>> = Field::new("id", |p| p.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Pipeline, String> =
    Field::optional("external_id", |p| Value::opt_text(&p.external_id));
/// What it is called; unique for the tenant.
pub static NAME: Field<Pipeline, String> = Field::new("name", |p| Value::text(&p.name));
/// Its stages, in order.
pub static STAGES: Field<Pipeline, Stages> = Field::new("stages", |p| Value::json(&p.stages));
/// Whether new opportunities may begin in it.
pub static ACTIVE: Field<Pipeline, bool> = Field::new("active", |p| p.active.into_value());

impl Entity for Pipeline {
    const KIND: &'static str = "pipeline";
    const FIELDS: &'static [&'static FieldSpec<Self>] =
        &[ID.spec(), EXTERNAL_ID.spec(), NAME.spec(), STAGES.spec(), ACTIVE.spec()];
    const UNIQUE: &'static [&'static str] = &["external_id", "name"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            stages: row.take(&STAGES)?,
            active: row.take(&ACTIVE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        self.stages.check()
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let why = self.stages.keep(&next.stages);
        why.map_err(|why| Refused::new(Self::KIND, &self.name, "other stages", why))
    }
}
