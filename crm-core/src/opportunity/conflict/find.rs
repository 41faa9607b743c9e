use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    customer::{Customer, Survivors, group, groups, survivors},
    kernel::{Criteria, Id, MAX_LIMIT, Result, Stored, Sums, Value},
    product::{self, Product},
    settings::house_rules,
    stage_move::{self, StageMove},
    store::{Insights, Read, ReadUnit, every, expect},
};

use super::{
    super::{CUSTOMER_ID, ID, Opportunity, OpportunityStatus, STATUS},
    Conflict, Overlap, Shared,
    decision::{Candidate, Categories, among},
};

/// So many customers, and so many ids, are asked for at once.
const AT_ONCE: u32 = 500;

/// Some conflicts, and where the next ones begin.
#[derive(Clone, Debug, PartialEq)]
pub struct ConflictPage {
    /// In the order of their customers and of what they share.
    pub conflicts: Vec<Conflict>,
    /// After which customer to go on; `None` when these were the last.
    pub next: Option<Id<Customer>>,
}

/// All conflicts of the house, after a customer, about `limit` of them: those of one customer come together.
///
/// Which customers have several open opportunities is counted by the store; only these are read, some customers
/// at a time. What came to lie under the id of a customer that was merged counts for the survivor.
///
/// # Errors
/// Whatever the store answers.
pub async fn conflicts(
    unit: &mut (dyn ReadUnit + '_),
    after: Option<Id<Customer>>,
    limit: u32,
) -> Result<ConflictPage> {
    let overlap = house_rules(unit).await?.conflicts;
    let strays = strays(unit).await?;
    let mut found = Vec::new();
    let mut after = after;
    loop {
        let several = Sums::<Opportunity>::count().by(&CUSTOMER_ID);
        let open = open().and(CUSTOMER_ID.is_present());
        let open = after.map_or_else(|| open.clone(), |id| open.clone().and(CUSTOMER_ID.above(id)));
        let sums = several.matching(open).at_least(2).first(AT_ONCE);
        let counted = Insights::<Opportunity>::sums(unit, sums).await?;
        let mut some: BTreeSet<Id<Customer>> = counted
            .iter()
            .filter_map(|sum| match sum.key.first() {
                Some(Value::Uuid(id)) => Some(Id::new(*id)),
                _ => None,
            })
            .collect();
        let last = some.last().copied().filter(|_| counted.len() == AT_ONCE as usize);
        let within = |id: &Id<Customer>| {
            after.is_none_or(|after| *id > after) && last.is_none_or(|last| *id <= last)
        };
        let ids: Vec<_> = some.iter().copied().collect();
        for merged in survivors(unit, &ids).await?.keys() {
            some.remove(merged);
        }
        some.extend(strays.iter().copied().filter(within));
        let some: Vec<_> = some.into_iter().collect();
        let mut told = of_customers(unit, &some, overlap).await?;
        told.retain(|_, conflicts| !conflicts.is_empty());
        while let Some((customer, of_customer)) = told.pop_first() {
            found.extend(of_customer);
            if found.len() >= limit as usize {
                let more = last.is_some() || !told.is_empty();
                return Ok(ConflictPage { conflicts: found, next: more.then_some(customer) });
            }
        }
        match last {
            Some(last) => after = Some(last),
            None => return Ok(ConflictPage { conflicts: found, next: None }),
        }
    }
}

/// Those of an opportunity: with which others it is in conflict. None where it is not open, or has no
/// customer or no product. It need not be stored yet.
///
/// # Errors
/// [`crate::Error::Missing`] when its customer is not there; else whatever the store answers.
pub async fn conflicts_of(
    unit: &mut (dyn ReadUnit + '_),
    opportunity: &Opportunity,
) -> Result<Vec<Conflict>> {
    let is_open = opportunity.state().status() == OpportunityStatus::Open;
    let Some(customer) = opportunity.customer_id.filter(|_| is_open) else { return Ok(Vec::new()) };
    if opportunity.all_products().is_empty() {
        return Ok(Vec::new());
    }
    let ids = group(unit, customer).await?;
    let survivor = ids.first().copied().unwrap_or(customer);
    let mut candidates = vec![Candidate::of(opportunity)];
    for some in ids.chunks(AT_ONCE as usize) {
        let theirs = CUSTOMER_ID.one_of(some.iter().copied()).and(open());
        let others = theirs.and(ID.ne(opportunity.id)).query();
        every(unit, others, |other: Stored<Opportunity>| {
            candidates.push(Candidate::of(&other));
            Ok(())
        })
        .await?;
    }
    if candidates.len() == 1 {
        return Ok(Vec::new());
    }
    let categories = match house_rules(unit).await?.conflicts {
        Overlap::Product => None,
        Overlap::Category => Some(categories(unit, &candidates).await?),
    };
    let shared: Vec<_> = among(&candidates, categories.as_ref())
        .into_iter()
        .filter(|(_, rivals)| rivals.contains(&0))
        .collect();
    began(unit, &mut candidates, shared.iter().flat_map(|(_, rivals)| rivals)).await?;
    Ok(shared
        .into_iter()
        .filter_map(|(shared, at)| told(survivor, shared, &at, &candidates))
        .collect())
}

fn open() -> Criteria<Opportunity> {
    STATUS.eq(OpportunityStatus::Open)
}

/// The conflicts of each of these customers.
async fn of_customers(
    unit: &mut (dyn ReadUnit + '_),
    customers: &[Id<Customer>],
    overlap: Overlap,
) -> Result<BTreeMap<Id<Customer>, Vec<Conflict>>> {
    let leads = groups(unit, customers).await?;
    let ids: Vec<_> = leads.keys().copied().collect();
    let mut theirs: BTreeMap<Id<Customer>, Vec<Candidate>> = BTreeMap::new();
    for some in ids.chunks(AT_ONCE as usize) {
        let query = CUSTOMER_ID.one_of(some.iter().copied()).and(open()).query();
        every(unit, query, |one: Stored<Opportunity>| {
            if let Some(survivor) = one.customer_id.and_then(|id| leads.get(&id)) {
                theirs.entry(*survivor).or_default().push(Candidate::of(&one));
            }
            Ok(())
        })
        .await?;
    }
    let categories = match overlap {
        Overlap::Product => None,
        Overlap::Category => Some(categories(unit, theirs.values().flatten()).await?),
    };
    let mut conflicts = BTreeMap::new();
    for (customer, mut candidates) in theirs {
        let shared = among(&candidates, categories.as_ref());
        began(unit, &mut candidates, shared.values().flatten()).await?;
        let told =
            shared.into_iter().filter_map(|(shared, at)| told(customer, shared, &at, &candidates));
        conflicts.insert(customer, told.collect());
    }
    Ok(conflicts)
}

fn told(
    customer: Id<Customer>,
    shared: Shared,
    at: &[usize],
    candidates: &[Candidate],
) -> Option<Conflict> {
    let rivals = at.iter().filter_map(|at| candidates.get(*at)).map(|one| one.rival.clone());
    Conflict::new(customer, shared, rivals.collect())
}

/// Sets since when these are there, of those that do not say on which day they began: their first move.
async fn began(
    unit: &mut (dyn ReadUnit + '_),
    candidates: &mut [Candidate],
    which: impl IntoIterator<Item = &usize>,
) -> Result<()> {
    let which: HashSet<_> = which.into_iter().copied().collect();
    let unknown = candidates
        .iter()
        .enumerate()
        .filter(|(at, one)| one.opened_on.is_none() && which.contains(at));
    let ids: Vec<_> = unknown.map(|(_, one)| one.rival.opportunity_id).collect();
    let mut first = HashMap::new();
    for some in ids.chunks(AT_ONCE as usize) {
        let moves = stage_move::OPPORTUNITY_ID.one_of(some.iter().copied());
        let query = moves.and(stage_move::NUMBER.eq(1)).query().limit(MAX_LIMIT);
        let page = Read::<StageMove>::find(unit, query).await?;
        first.extend(page.items.into_iter().map(|step| (step.opportunity_id, step.moved_at)));
    }
    for one in candidates {
        if let Some(at) = first.get(&one.rival.opportunity_id) {
            one.rival.since = *at;
        }
    }
    Ok(())
}

async fn categories<'c>(
    unit: &mut (dyn ReadUnit + '_),
    candidates: impl IntoIterator<Item = &'c Candidate>,
) -> Result<Categories> {
    let ids: BTreeSet<_> = candidates.into_iter().flat_map(|one| one.products.clone()).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut categories = Categories::new();
    for some in ids.chunks(AT_ONCE as usize) {
        let query = product::ID.one_of(some.iter().copied()).query().limit(MAX_LIMIT);
        let page = Read::<Product>::find(unit, query).await?;
        let known = page.items.into_iter().map(Stored::into_inner);
        categories.extend(known.filter_map(|product| Some((product.id, product.category?))));
    }
    Ok(categories)
}

/// The customers into which those were merged that have open opportunities under their old ids.
async fn strays(unit: &mut (dyn ReadUnit + '_)) -> Result<BTreeSet<Id<Customer>>> {
    let survivors = Survivors::read(unit).await?;
    let mut strays = BTreeSet::new();
    for some in survivors.merged().chunks(AT_ONCE as usize) {
        let theirs = CUSTOMER_ID.one_of(some.iter().copied()).and(open());
        let sums = Sums::<Opportunity>::count().by(&CUSTOMER_ID).matching(theirs);
        for sum in Insights::<Opportunity>::sums(unit, sums).await? {
            if let Some(Value::Uuid(id)) = sum.key.first() {
                strays.insert(survivors.of(Id::new(*id)));
            }
        }
    }
    Ok(strays)
}

/// The conflicts of an opportunity that is stored.
pub(in super::super) async fn conflicts_of_stored(
    unit: &mut (dyn ReadUnit + '_),
    id: Id<Opportunity>,
) -> Result<Vec<Conflict>> {
    let stored = expect(unit, id).await?;
    conflicts_of(unit, &stored).await
}
