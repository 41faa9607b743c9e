//! Pipelines: the ways opportunities go.

use uuid::Uuid;

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, Value, text,
    },
    staff_member::StaffMember,
};

use super::{Need, PipelineRules, Stages};

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
    /// Which steps it allows.
    pub rules: PipelineRules,
    /// Whether new opportunities may begin in it.
    pub active: bool,
}

impl Pipeline {
    /// A pipeline that is in use, and allows every step.
    pub fn new(id: Id<Self>, name: impl Into<String>, stages: Stages) -> Self {
        Self {
            id,
            name: name.into(),
            stages,
            rules: PipelineRules::default(),
            active: true,
            external_id: None,
        }
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
/// Which steps it allows.
pub static RULES: Field<Pipeline, PipelineRules> = Field::new("rules", |p| Value::json(&p.rules));
/// Whether new opportunities may begin in it.
pub static ACTIVE: Field<Pipeline, bool> = Field::new("active", |p| p.active.into_value());

impl Entity for Pipeline {
    const KIND: &'static str = "pipeline";
    const FIELDS: &'static [&'static FieldSpec<Self>] =
        &[ID.spec(), EXTERNAL_ID.spec(), NAME.spec(), STAGES.spec(), ACTIVE.spec(), RULES.spec()];
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
            rules: row.take(&RULES)?,
            active: row.take(&ACTIVE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        self.stages.check()?;
        self.reachable()
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        let why = self.stages.keep(&next.stages);
        why.map_err(|why| Refused::new(Self::KIND, &self.name, "other stages", why))
    }

    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        let gates = self.stages.0.iter().flat_map(|stage| &stage.gates);
        let approvers = gates.filter_map(|gate| match &gate.need {
            Need::Approval(by) => Some(by),
            _ => None,
        });
        let staff = self.rules.overriders.iter().chain(approvers.flatten());
        staff.map(|id| (StaffMember::KIND, id.uuid())).collect()
    }
}
