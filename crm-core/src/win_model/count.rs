//! What is counted of each field: by the store, in groups.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{Criteria, FieldSpec, Query, Sum, Sums, Value},
    opportunity::{AMOUNT, CUSTOMER_ID, Opportunity, OpportunityStatus, STATUS},
    store::{Insights, Read, ReadUnit},
};

use super::{
    Bands, Feature, Tally,
    feature::{Reading, band_name, key},
    weights::{Counts, total},
};

/// So many customers are looked at together.
const AT_ONCE: u32 = 1_000;

/// How many of these were won and lost.
pub(super) async fn tally(
    unit: &mut (dyn ReadUnit + '_),
    closed: Criteria<Opportunity>,
) -> Result<Tally> {
    let sums = Sums::count().by(&STATUS).matching(closed);
    let sums = Insights::<Opportunity>::sums(unit, sums).await?;
    Ok(total(&grouped(sums, key)))
}

/// How many of these were won and lost, for each value of each field.
pub(super) async fn counts(
    unit: &mut (dyn ReadUnit + '_),
    features: &[Feature],
    closed: &Criteria<Opportunity>,
) -> Result<Vec<Counts>> {
    let mut all = Vec::with_capacity(features.len());
    for feature in features {
        all.push(match feature.reading() {
            Reading::Own(field, key) => {
                let mut sums = Sums::count().matching(closed.clone());
                sums.by.push(field);
                sums = sums.by(&STATUS);
                grouped(Insights::<Opportunity>::sums(unit, sums).await?, key)
            }
            Reading::Amount(bands) => by_band(unit, bands, closed).await?,
            Reading::OfCustomer(_) => Counts::new(),
        });
    }
    by_customer(unit, features, closed, &mut all).await?;
    Ok(all)
}

/// What is in no band is what is left of the whole.
async fn by_band(
    unit: &mut (dyn ReadUnit + '_),
    bands: &Bands,
    closed: &Criteria<Opportunity>,
) -> Result<Counts> {
    let mut counts = Counts::new();
    let mut rest = tally(unit, closed.clone()).await?;
    let zero = bands.currency().map(crate::kernel::Money::zero);
    for (from, below) in bands.each() {
        let mut inside = closed.clone();
        inside = match (from, zero) {
            (Some(from), _) => inside.and(AMOUNT.at_least(from)),
            (None, Some(zero)) => inside.and(AMOUNT.above(zero)),
            (None, None) => inside,
        };
        if let Some(below) = below {
            inside = inside.and(AMOUNT.below(below));
        }
        let there = tally(unit, inside).await?;
        rest.won = rest.won.saturating_sub(there.won);
        rest.lost = rest.lost.saturating_sub(there.lost);
        counts.insert(Some(band_name((from, below))), there);
    }
    counts.insert(None, rest);
    counts.retain(|_, tally| tally.closed() > 0);
    Ok(counts)
}

/// Fields of customers: a page of customers at a time is in memory, with what was counted of each.
async fn by_customer(
    unit: &mut (dyn ReadUnit + '_),
    features: &[Feature],
    closed: &Criteria<Opportunity>,
    all: &mut [Counts],
) -> Result<()> {
    let wanted: Vec<_> = features.iter().map(of_customer).collect();
    if wanted.iter().all(Option::is_none) {
        return Ok(());
    }
    let nobody = tally(unit, closed.clone().and(CUSTOMER_ID.is_empty())).await?;
    for counts in wanted.iter().zip(&mut *all).filter_map(|(field, counts)| field.map(|_| counts)) {
        put(counts, None, nobody);
    }
    let mut after = None;
    loop {
        let query = Query::all().limit(AT_ONCE).after(after.take());
        let page = Read::<Customer>::find(unit, query).await?;
        let ids: Vec<_> = page.items.iter().map(|customer| customer.id).collect();
        let theirs = closed.clone().and(CUSTOMER_ID.one_of(ids));
        let sums = Sums::count().by(&CUSTOMER_ID).by(&STATUS).matching(theirs);
        let mut tallies: HashMap<Uuid, Tally> = HashMap::new();
        for sum in Insights::<Opportunity>::sums(unit, sums).await? {
            if let Some(Value::Uuid(id)) = sum.key.first() {
                tallies.entry(*id).or_default().add(tally_of(&sum));
            }
        }
        for customer in &page.items {
            let Some(tally) = tallies.get(&customer.id.uuid()) else { continue };
            for (field, counts) in wanted.iter().zip(&mut *all) {
                if let Some(field) = field {
                    put(counts, key(&(field.get)(customer)), *tally);
                }
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn of_customer(feature: &Feature) -> Option<&'static FieldSpec<Customer>> {
    match feature.reading() {
        Reading::OfCustomer(field) => Some(field),
        _ => None,
    }
}

fn grouped(sums: Vec<Sum>, key: impl Fn(&Value<'_>) -> Option<String>) -> Counts {
    let mut counts = Counts::new();
    for sum in sums {
        let value = sum.key.first().and_then(&key);
        put(&mut counts, value, tally_of(&sum));
    }
    counts
}

fn put(counts: &mut Counts, value: Option<String>, tally: Tally) {
    if tally.closed() > 0 {
        counts.entry(value).or_default().add(tally);
    }
}

/// The status stands last in the key.
fn tally_of(sum: &Sum) -> Tally {
    let is = |status: OpportunityStatus| sum.key.last() == Some(&Value::text(status.as_str()));
    Tally {
        won: if is(OpportunityStatus::Won) { sum.count } else { 0 },
        lost: if is(OpportunityStatus::Lost) { sum.count } else { 0 },
    }
}

/// The customers of these opportunities, by their ids, where a field of theirs is looked at.
pub(super) async fn customers_of(
    unit: &mut (dyn ReadUnit + '_),
    features: impl Iterator<Item = &Feature>,
    deals: impl Iterator<Item = &Opportunity>,
) -> Result<HashMap<Uuid, Customer>> {
    let mut found = HashMap::new();
    if !features.map(of_customer).any(|field| field.is_some()) {
        return Ok(found);
    }
    let mut ids: Vec<_> = deals.filter_map(|deal| deal.customer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    for some in ids.chunks(AT_ONCE as usize) {
        let query = customer::ID.one_of(some.iter().copied()).query().limit(AT_ONCE);
        let page = Read::<Customer>::find(unit, query).await?;
        found.extend(page.items.into_iter().map(|one| (one.id.uuid(), one.into_inner())));
    }
    Ok(found)
}
