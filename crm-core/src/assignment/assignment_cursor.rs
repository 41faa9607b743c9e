//! Whose turn it is, as it is stored.

use crate::{
    kernel::{
        Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId, Value,
        text,
    },
    territory::Territory,
};

use super::{AssignmentRules, Cursor};

/// The state of turns of one choice of one rule, and where it names the people of territories, of one territory. Whoever decides by it holds it first: turns are taken one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentCursor {
    /// Its id: [`AssignmentCursor::id_of`] the set, the rule, the choice and the territory.
    pub id: Id<AssignmentCursor>,
    /// Of which set of rules.
    pub rules_id: Id<AssignmentRules>,
    /// The name of the rule.
    pub rule: String,
    /// The place of the choice in it, from 0 on.
    pub choice: i64,
    /// Among the people of which territory, where the choice names these.
    pub territory_id: Option<Id<Territory>>,
    /// The turns.
    pub state: Cursor,
}
crate::settings::as_json!(Cursor);

impl AssignmentCursor {
    /// The cursor of a choice of which nobody had a turn yet, that begins with the first seat.
    pub fn new(
        tenant: TenantId,
        rules: Id<AssignmentRules>,
        rule: impl Into<String>,
        choice: i64,
        territory: Option<Id<Territory>>,
    ) -> Self {
        let rule = rule.into();
        let id = Self::id_of(tenant, rules, &rule, choice, territory);
        let state = Cursor::default();
        Self { id, rules_id: rules, rule, choice, territory_id: territory, state }
    }

    /// The id of the one cursor of a choice.
    pub fn id_of(
        tenant: TenantId,
        rules: Id<AssignmentRules>,
        rule: &str,
        choice: i64,
        territory: Option<Id<Territory>>,
    ) -> Id<Self> {
        let part = territory.map(|id| format!(" in {id}")).unwrap_or_default();
        Id::derived(tenant, &format!("assignment cursor {rules} {choice}{part} {rule}"))
    }
}

/// Its id.
pub static ID: Field<AssignmentCursor, Id<AssignmentCursor>> =
    Field::new("id", |c| c.id.into_value());
/// Of which set of rules.
pub static RULES_ID: Field<AssignmentCursor, Id<AssignmentRules>> =
    Field::new("rules_id", |c| c.rules_id.into_value());
/// The name of the rule.
pub static RULE: Field<AssignmentCursor, String> = Field::new("rule", |c| Value::text(&c.rule));
/// The place of the choice in it.
pub static CHOICE: Field<AssignmentCursor, i64> = Field::new("choice", |c| c.choice.into_value());
/// Among the people of which territory.
pub static TERRITORY_ID: Field<AssignmentCursor, Id<Territory>> =
    Field::optional("territory_id", |c| Value::opt(c.territory_id));
/// The turns.
pub static STATE: Field<AssignmentCursor, Cursor> = Field::new("state", |c| Value::json(&c.state));

impl Entity for AssignmentCursor {
    const KIND: &'static str = "assignment_cursor";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        RULES_ID.spec(),
        RULE.spec(),
        CHOICE.spec(),
        TERRITORY_ID.spec(),
        STATE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            rules_id: row.take(&RULES_ID)?,
            rule: row.take(&RULE)?,
            choice: row.take(&CHOICE)?,
            territory_id: row.opt(&TERRITORY_ID)?,
            state: row.take(&STATE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("rule", &self.rule)?;
        if self.choice < 0 {
            return Err(Invalid::field::<Self>("choice", "places are counted from 0 on"));
        }
        Ok(())
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}
