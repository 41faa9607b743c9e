//! Rule sets as they are stored: who gets which records of a kind, on which days.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    customer::Customer,
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId, Value,
        text,
    },
    lead::Lead,
    opportunity::Opportunity,
    org::{covers_day, days_in_order},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    task::Task,
    territory::Territory,
};

use super::{Known, RuleSet, Target};

/// A set of rules for one kind of record, under a name. Of several sets for a kind the rules of the first are tried first.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignmentRules {
    /// Its id: [`AssignmentRules::id_of`] its name where the library made it.
    pub id: Id<AssignmentRules>,
    /// What it is called.
    pub name: String,
    /// Its place among the sets for the same kind: lower ones are tried first, of several the one with the lower id.
    pub position: i64,
    /// Whether it is in use.
    pub active: bool,
    /// The first day it holds.
    pub first_day: Option<NaiveDate>,
    /// The last day it holds.
    pub last_day: Option<NaiveDate>,
    /// The rules, and for which kind of record they are.
    pub rules: KindRules,
}

/// Rules, and for which kind of record they are: `{"lead": {"rules": […]}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KindRules {
    /// Who becomes the account manager of a customer.
    Customer(RuleSet<Customer>),
    /// Who gets an opportunity.
    Opportunity(RuleSet<Opportunity>),
    /// Who gets a lead.
    Lead(RuleSet<Lead>),
    /// Who gets a task.
    Task(RuleSet<Task>),
}
crate::settings::as_json!(KindRules);

macro_rules! of_kind {
    ($self:expr, $rules:ident => $body:expr) => {
        match $self {
            Self::Customer($rules) => $body,
            Self::Opportunity($rules) => $body,
            Self::Lead($rules) => $body,
            Self::Task($rules) => $body,
        }
    };
}

impl KindRules {
    /// The kind of record.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Customer(_) => Customer::KIND,
            Self::Opportunity(_) => Opportunity::KIND,
            Self::Lead(_) => Lead::KIND,
            Self::Task(_) => Task::KIND,
        }
    }

    /// How many rules there are.
    pub const fn count(&self) -> usize {
        of_kind!(self, set => set.rules.len())
    }

    /// Whether every rule is sound in itself.
    ///
    /// # Errors
    /// As [`RuleSet::check`].
    pub fn check(&self) -> Result<(), Invalid> {
        of_kind!(self, set => set.check())
    }

    /// Whether everybody, every unit and every territory that rules name is there.
    ///
    /// # Errors
    /// As [`RuleSet::check_names`].
    pub fn check_names(&self, known: &Known) -> Result<(), Invalid> {
        of_kind!(self, set => set.check_names(known))
    }

    /// What the rules name.
    fn targets(&self) -> Vec<&Target> {
        of_kind!(self, set => set.rules.iter().flat_map(|rule| &rule.choices).map(|choice| &choice.target).collect())
    }

    /// The people whom the rules name.
    pub(super) fn staff(&self) -> HashSet<Id<StaffMember>> {
        let of = |target: &Target| match target {
            Target::Person(id) => vec![*id],
            Target::Queue { people, .. } => people.clone(),
            _ => Vec::new(),
        };
        self.targets().into_iter().flat_map(of).collect()
    }

    /// The units that the rules name.
    pub(super) fn units(&self) -> HashSet<Id<OrgUnit>> {
        let of = |target: &Target| match target {
            Target::Team { unit, .. } => Some(*unit),
            _ => None,
        };
        self.targets().into_iter().filter_map(of).collect()
    }

    /// The territories that the rules name.
    pub(super) fn territories(&self) -> HashSet<Id<Territory>> {
        self.targets().into_iter().filter_map(Target::territory).collect()
    }
}

impl AssignmentRules {
    /// A set that is in use, on all days, under the id that follows from its name.
    pub fn new(tenant: TenantId, name: impl Into<String>, rules: KindRules) -> Self {
        let name = name.into();
        let id = Self::id_of(tenant, &name);
        Self { id, name, position: 0, active: true, first_day: None, last_day: None, rules }
    }

    /// The id of the set with this name.
    pub fn id_of(tenant: TenantId, name: &str) -> Id<Self> {
        Id::derived(tenant, &format!("assignment rules {name}"))
    }

    /// Whether it holds on a day.
    pub fn holds(&self, day: NaiveDate) -> bool {
        self.active && covers_day(self.first_day, self.last_day, day)
    }
}

/// Its id.
pub static ID: Field<AssignmentRules, Id<AssignmentRules>> =
    Field::new("id", |r| r.id.into_value());
/// What it is called.
pub static NAME: Field<AssignmentRules, String> = Field::new("name", |r| Value::text(&r.name));
/// Its place among the sets for the same kind.
pub static POSITION: Field<AssignmentRules, i64> =
    Field::new("position", |r| r.position.into_value());
/// Whether it is in use.
pub static ACTIVE: Field<AssignmentRules, bool> = Field::new("active", |r| r.active.into_value());
/// The first day it holds.
pub static FIRST_DAY: Field<AssignmentRules, NaiveDate> =
    Field::optional("first_day", |r| Value::opt(r.first_day));
/// The last day it holds.
pub static LAST_DAY: Field<AssignmentRules, NaiveDate> =
    Field::optional("last_day", |r| Value::opt(r.last_day));
/// The rules, and for which kind of record they are.
pub static RULES: Field<AssignmentRules, KindRules> =
    Field::new("rules", |r| Value::json(&r.rules));

impl Entity for AssignmentRules {
    const KIND: &'static str = "assignment_rules";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        NAME.spec(),
        POSITION.spec(),
        ACTIVE.spec(),
        FIRST_DAY.spec(),
        LAST_DAY.spec(),
        RULES.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            name: row.take(&NAME)?,
            position: row.take(&POSITION)?,
            active: row.take(&ACTIVE)?,
            first_day: row.opt(&FIRST_DAY)?,
            last_day: row.opt(&LAST_DAY)?,
            rules: row.take(&RULES)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        days_in_order::<Self>(self.first_day, self.last_day)?;
        self.rules.check()
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }

    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        let staff = self.rules.staff().into_iter().map(|id| (StaffMember::KIND, id.uuid()));
        let units = self.rules.units().into_iter().map(|id| (OrgUnit::KIND, id.uuid()));
        let parts = self.rules.territories().into_iter().map(|id| (Territory::KIND, id.uuid()));
        staff.chain(units).chain(parts).collect()
    }
}
