use crate::{
    kernel::{Criteria, Id, Result, Value},
    opportunity::{self, Opportunity},
    org::OrgChart,
    org_unit::OrgUnit,
    store::ReadUnit,
};

/// What those own who work in an org unit or in one below it.
///
/// # Errors
/// Whatever the store answers.
pub async fn owned_by_team(
    unit: &mut (dyn ReadUnit + '_),
    team: Id<OrgUnit>,
) -> Result<Criteria<Opportunity>> {
    Ok(OrgChart::load(unit).await?.owned(&opportunity::OWNER_ID, Some(team)))
}

/// The units that an owner counts in, as values; nothing for those without one.
pub(super) fn rows_of(org: &OrgChart, owner: &Value<'static>) -> Vec<Value<'static>> {
    let units = match owner {
        Value::Uuid(id) => org.units_of(Id::new(*id)),
        _ => &[],
    };
    if units.is_empty() {
        return vec![Value::Null];
    }
    units.iter().map(|unit| Value::Uuid(unit.uuid())).collect()
}
