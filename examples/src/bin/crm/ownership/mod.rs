//! Who owns what: `crm pool`, `crm claim`, `crm handover`, `crm owners`.

pub(crate) mod claim;
pub(crate) mod handover;
pub(crate) mod owners;
pub(crate) mod pool;

use std::{collections::HashMap, path::Path};

use crm_core::{
    kernel::Id,
    ownership::Pool,
    pool::{EXTERNAL_ID, NAME},
    staff_member::StaffMember,
    store::ReadUnit,
};

use crate::{failure::Failure, find, output::short};

/// Colleagues by their ids.
type Staff = HashMap<Id<StaffMember>, StaffMember>;

/// What a colleague is called.
fn called(staff: &Staff, id: Id<StaffMember>, most: usize) -> String {
    staff.get(&id).map_or_else(|| "somebody unknown".to_owned(), |one| short(&one.name, most))
}

/// The pool with this id, external id or name.
async fn pool_named(unit: &mut dyn ReadUnit, text: &str) -> Result<Pool, Failure> {
    let by = [EXTERNAL_ID.eq(text), NAME.eq(text)];
    find::one(unit, text, by, ["pool", "pools", "`crm pool` shows which there are"]).await
}

fn wrong(path: &Path, what: &str) -> Failure {
    Failure::File { path: path.to_owned(), what: what.to_owned() }
}
