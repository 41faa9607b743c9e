//! Who helps with a customer, from when and until when.

use crate::{
    customer::{self, Customer},
    kernel::{Entity as _, Id, Refused, Result, Stored},
    staff_member::StaffMember,
    store::{UnitOfWork, ensure, expect},
};

use super::helper::{self, Helper};

/// They help in a role; who does already does so still.
pub(super) async fn share(
    work: &mut (dyn UnitOfWork + '_),
    customer: Id<Customer>,
    with: Id<StaffMember>,
    role: &str,
) -> Result<Stored<Helper>> {
    let customer = customer::resolve(work, customer).await?;
    let member = expect::<StaffMember, _>(work, with).await?;
    if !member.active {
        let why = format!("{} does not work here any more", member.name);
        return Err(Refused::new(Helper::KIND, "asked", "helping", why).into());
    }
    let known = all(work, customer, with, role).await?;
    let since = work.now();
    match known.into_iter().next() {
        Some(helps) if helps.until.is_none() => Ok(helps),
        Some(helped) => work.update(helped.edit(|h| (h.since, h.until) = (since, None))).await,
        None => {
            let id = Helper::id_of(work.scope().tenant, customer, with, role);
            let role = role.to_owned();
            let new =
                Helper { id, customer_id: customer, staff_id: with, role, since, until: None };
            ensure(work, new).await
        }
    }
}

/// They do so no longer.
pub(super) async fn unshare(
    work: &mut (dyn UnitOfWork + '_),
    customer: Id<Customer>,
    with: Id<StaffMember>,
    role: &str,
) -> Result<Stored<Helper>> {
    let customer = customer::resolve(work, customer).await?;
    let known = all(work, customer, with, role).await?;
    let mut answer = None;
    for one in known {
        let ended = if one.until.is_some() { one } else { end(work, one).await? };
        answer.get_or_insert(ended);
    }
    let id = Helper::id_of(work.scope().tenant, customer, with, role);
    answer.ok_or_else(|| crate::Error::missing(id))
}

/// It ends now.
pub(super) async fn end(
    work: &mut (dyn UnitOfWork + '_),
    helps: Stored<Helper>,
) -> Result<Stored<Helper>> {
    let now = work.now();
    work.update(helps.edit(|h| h.until = Some(now.max(h.since)))).await
}

/// The records of a customer, a colleague and a role: one, and those of customers that were merged into it. Who helps still comes first,
/// then who did last.
async fn all(
    work: &mut (dyn UnitOfWork + '_),
    customer: Id<Customer>,
    with: Id<StaffMember>,
    role: &str,
) -> Result<Vec<Stored<Helper>>> {
    let theirs = helper::CUSTOMER_ID.eq(customer).and(helper::STAFF_ID.eq(with));
    let query = theirs.and(helper::ROLE.eq(role)).query();
    let mut all = Vec::new();
    crate::store::every(work, query, |one| {
        all.push(one);
        Ok(())
    })
    .await?;
    all.sort_by_key(|one| (one.until.is_some(), std::cmp::Reverse(one.until), one.id));
    Ok(all)
}
