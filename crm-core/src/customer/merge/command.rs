use std::collections::BTreeMap;

use crate::{
    Error, Result,
    customer::{Customer, MERGED_INTO},
    kernel::{Entity, Id, Invalid, Refused, Stored, check},
    store::{CUSTODIAN, Custody, Read, UnitOfWork},
};

use super::{
    Choices, Merge,
    plan::{Plan, plan},
    records,
};

/// The most customers that are merged into another at once.
const MOST: usize = 100;

/// What is to be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeCommand {
    /// The id of the merge: the same command sent again has its effect once.
    pub id: Id<Merge>,
    /// The customer that survives.
    pub survivor: Id<Customer>,
    /// Those that lead to it from then on; 1 to 100.
    pub others: Vec<Id<Customer>>,
    /// For fields by name, the customer whose value the survivor takes. Without a choice it keeps what
    /// it has; where it has nothing, it takes the value of whichever of the others was changed last;
    /// phones, tags and other lists are united.
    pub choices: BTreeMap<String, Id<Customer>>,
    /// Why they are the same.
    pub reason: Option<String>,
}

impl MergeCommand {
    /// Merges others into a customer, each field by the rule.
    pub fn new(
        id: Id<Merge>,
        survivor: Id<Customer>,
        others: impl IntoIterator<Item = Id<Customer>>,
    ) -> Self {
        let others = others.into_iter().collect();
        Self { id, survivor, others, choices: BTreeMap::new(), reason: None }
    }
}

/// Who takes part: whether those who are there may be merged.
pub(super) fn participants(
    survivor: Id<Customer>,
    others: &[Id<Customer>],
    there: Vec<Stored<Customer>>,
) -> Result<(Stored<Customer>, Vec<Stored<Customer>>)> {
    let mut survives = None;
    let mut merged = Vec::new();
    for id in std::iter::once(&survivor).chain(others) {
        let stored = there.iter().find(|stored| stored.id == *id);
        let stored = stored.cloned().ok_or_else(|| Error::missing(*id))?;
        open(&stored)?;
        if *id == survivor {
            survives = Some(stored);
        } else {
            merged.push(stored);
        }
    }
    let survives = survives.ok_or_else(|| Error::missing(survivor))?;
    Ok((survives, merged))
}

/// Whether a list of others can be merged into a customer; they in the order of their ids.
pub(super) fn listed(
    survivor: Id<Customer>,
    others: &[Id<Customer>],
) -> Result<Vec<Id<Customer>>, Invalid> {
    let wrong = |reason: String| Err(Invalid::new(Merge::KIND, "others", reason));
    let mut others = others.to_vec();
    others.sort();
    others.dedup();
    if others.is_empty() {
        return wrong("name who is merged into the survivor".to_owned());
    }
    if others.contains(&survivor) {
        return wrong("a customer is not merged with itself".to_owned());
    }
    if others.len() > MOST {
        return wrong(format!("{} are more than {MOST} at once", others.len()));
    }
    Ok(others)
}

fn open(customer: &Customer) -> Result<(), Refused> {
    let refused = |from, why| Err(Refused::new(Customer::KIND, from, "merged", why));
    if let Some(into) = customer.merged_into {
        let why = format!("{} was merged into {into} before: merge that one", customer.id);
        return refused("merged", why);
    }
    let archived = Customer::FIELDS.iter().find(|field| field.name == "archived_at");
    if archived.is_some_and(|field| !(field.get)(customer).is_null()) {
        return refused("archived", format!("restore {} first", customer.id));
    }
    Ok(())
}

/// Merges: see [`crate::customer::Customers::merge`].
pub(crate) async fn merge(
    work: &mut (dyn UnitOfWork + '_),
    command: MergeCommand,
) -> Result<Stored<Merge>> {
    let survivor = command.survivor;
    let others = listed(survivor, &command.others)?;
    let mut all = others.clone();
    all.push(survivor);
    let held = Custody::<Customer>::hold(work, &CUSTODIAN, all).await?;
    if let Some(known) = Read::<Merge>::get(work, command.id).await? {
        let asked = (survivor, &others, &command.choices, &command.reason);
        let did = (known.survivor_id, &known.others.0, &known.choices.0, &known.reason);
        let duplicate = Error::Duplicate { entity: Merge::KIND, field: "id" };
        return if asked == did { Ok(known) } else { Err(duplicate) };
    }
    let (stored, merged) = participants(survivor, &others, held)?;
    let Plan { survivor: after, .. } = plan(work, &stored, &merged, &command.choices).await?;
    check(&after)?;
    let by = work.scope().actor.to_string();
    let mut record = Merge::new(command.id, survivor, others.clone(), work.now(), by);
    (record.choices, record.reason) = (Choices(command.choices), command.reason);
    if *stored != after {
        let change = stored.change("merged", |_| Ok::<_, Error>(after))?;
        let written = work.update(change).await?;
        record.survivor_version = i64::try_from(written.version()).ok();
    }
    let record = work.insert(record).await?;
    records::move_all(work, &record).await?;
    let (field, to) = (MERGED_INTO.spec(), Some(survivor.uuid()));
    let redirected = work.refile(&CUSTODIAN, field, others.clone(), None, to).await?;
    match others.iter().find(|id| !redirected.contains(id)) {
        Some(id) => Err(Error::conflict(*id, None)),
        None => Ok(record),
    }
}
