use crm_core::{
    customer::{Whose, incomplete_contacts, incomplete_customers, incomplete_interactions},
    kernel::{Cursor, Id, Tags, Timestamp},
    staff_member::StaffMember,
    store::ReadUnit,
};
use serde_json::{Value, json};

use super::EntityArg;
use crate::{failure::Failure, find};

/// A record that lacks something.
pub(super) struct Incomplete {
    pub(super) entity: &'static str,
    pub(super) id: String,
    pub(super) name: String,
    /// Of a contact or an interaction: with which customer.
    pub(super) customer: Option<String>,
    /// Whose it is.
    pub(super) staff: Option<String>,
    pub(super) missing: Vec<String>,
    pub(super) since: Timestamp,
    pub(super) completeness: i64,
    staff_id: Option<Id<StaffMember>>,
}

impl Incomplete {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "entity": self.entity,
            "id": self.id,
            "name": self.name,
            "customer": self.customer,
            "staff": self.staff,
            "missing": self.missing,
            "since": self.since,
            "completeness": self.completeness,
        })
    }
}

/// Some of them, what is missing since today first, and where to go on.
pub(super) async fn page(
    unit: &mut dyn ReadUnit,
    kind: EntityArg,
    owner: Whose,
    after: Option<Cursor>,
    limit: u32,
) -> Result<(Vec<Incomplete>, Option<Cursor>), Failure> {
    let (mut list, next) = match kind {
        EntityArg::Customers => {
            let page = incomplete_customers(unit, owner, after, limit).await?;
            let list = page.items.iter().map(|one| Incomplete {
                entity: "customer",
                id: one.id.to_string(),
                name: one.name.clone(),
                customer: None,
                staff: None,
                missing: words(&one.missing),
                since: one.incomplete_since.unwrap_or(Timestamp::MIN),
                completeness: one.completeness,
                staff_id: one.owner_id,
            });
            (list.collect::<Vec<_>>(), page.next)
        }
        EntityArg::Contacts => {
            let page = incomplete_contacts(unit, owner, after, limit).await?;
            let ids = page.items.iter().filter_map(|one| one.customer_id);
            let customers = find::customers(unit, ids).await?;
            let list = page.items.iter().map(|one| {
                let customer = one.customer_id.and_then(|id| customers.get(&id));
                Incomplete {
                    entity: "contact",
                    id: one.id.to_string(),
                    name: one.name.clone(),
                    customer: customer.map(|customer| customer.name.clone()),
                    staff: None,
                    missing: words(&one.missing),
                    since: one.incomplete_since.unwrap_or(Timestamp::MIN),
                    completeness: one.completeness,
                    staff_id: customer.and_then(|customer| customer.owner_id),
                }
            });
            (list.collect(), page.next)
        }
        EntityArg::Interactions => {
            let page = incomplete_interactions(unit, owner, after, limit).await?;
            let ids = page.items.iter().map(|one| one.customer_id);
            let customers = find::customers(unit, ids).await?;
            let list = page.items.iter().map(|one| Incomplete {
                entity: "interaction",
                id: one.id.to_string(),
                name: one.subject.clone().unwrap_or_else(|| {
                    format!("{} {}", one.channel, one.happened_at.to_datetime().format("%Y-%m-%d"))
                }),
                customer: customers.get(&one.customer_id).map(|customer| customer.name.clone()),
                staff: None,
                missing: words(&one.missing),
                since: one.incomplete_since.unwrap_or(Timestamp::MIN),
                completeness: one.completeness,
                staff_id: one.staff_id,
            });
            (list.collect(), page.next)
        }
    };
    let staff = find::colleagues(unit, list.iter().filter_map(|one| one.staff_id)).await?;
    for one in &mut list {
        one.staff = one.staff_id.and_then(|id| Some(staff.get(&id)?.name.clone()));
    }
    Ok((list, next))
}

fn words(missing: &Tags) -> Vec<String> {
    missing.0.iter().cloned().collect()
}
