//! The question behind a figure: which opportunities it is made of, and with how much each of them counts.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::Deref,
};

use serde::{Deserialize, Serialize};

use crate::{
    customer::{self, Customer},
    kernel::{
        Criteria, Cursor, Id, Invalid, Money, MoneyError, PairSums, Pairs, Query, Result, Stored,
        text_enum,
    },
    opportunity::Opportunity,
    product::Product,
    staff_member::StaffMember,
    stage_move::{self, StageMove},
    store::{Read, ReadUnit, every},
};

use super::cell::{CellItem, CellPage, both};

text_enum! {
    /// With which amount an opportunity counts.
    pub enum CountedAmount {
        /// With the one that it has now.
        Now = "now",
        /// With the one that it had before the move that leads to it: before the first of them, where several do.
        BeforeMove = "before_move",
    }
}

/// A figure, with the question that lists the opportunities it is made of. It reads like the figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<T> {
    /// The figure.
    #[serde(flatten)]
    pub figure: T,
    /// What lists its opportunities: as many as it counts, worth what it adds up.
    pub query: ListQuery,
}

impl<T> Deref for Listed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.figure
    }
}

/// What lists the opportunities of a figure: all of its lists together; no opportunity is in two. As JSON it is an array of
/// them, and read from that it asks the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListQuery(pub Vec<ListPart>);

/// A list of opportunities: those that all of this holds of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListPart {
    /// With how much each counts.
    pub amount: CountedAmount,
    /// A move of which this holds leads to it, however many do.
    #[serde(rename = "where_move", default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Criteria<StageMove>>,
    /// A move of which this holds leads to it too: the same one, or another.
    #[serde(rename = "where_also_move", default, skip_serializing_if = "Option::is_none")]
    pub also: Option<Criteria<StageMove>>,
    /// This holds of it now.
    #[serde(rename = "where")]
    pub opportunities: Criteria<Opportunity>,
    /// This holds now of its customer.
    #[serde(rename = "where_customer", default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<Criteria<Customer>>,
    /// One of these has a share in it ([`crate::opportunity::SPLITS`]): it counts with their shares of its amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited_to: Option<Vec<Id<StaffMember>>>,
    /// Lines of it ([`crate::opportunity::LINES`]) name one of these products, or none where that is asked for: it counts with their part of its
    /// amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines_of: Option<Vec<Option<Id<Product>>>>,
}

/// So many opportunities of a figure are listed at once.
pub(super) const MOST: u32 = 500;

impl ListQuery {
    /// A page of the opportunities, at most `limit`: all pages together are what the figure counts and adds up. Within a list they
    /// come in the order of their ids.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a limit that is not between 1 and 500, a cursor of another list, or criteria that do
    /// not fit.
    pub async fn page(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<CellPage> {
        if limit == 0 || limit > MOST {
            let reason = format!("{limit} is not between 1 and {MOST}");
            return Err(Invalid::new("list", "limit", reason).into());
        }
        let (mut at, mut after) = place(after, self.0.len())?;
        let mut items = Vec::new();
        while let Some(part) = self.0.get(at) {
            let left = limit.saturating_sub(u32::try_from(items.len()).unwrap_or(limit));
            if left == 0 {
                return Ok(CellPage { items, next: Some(place_of(at, None)) });
            }
            if let Some(next) = part.page(unit, left, after.take(), &mut items).await? {
                return Ok(CellPage { items, next: Some(place_of(at, Some(next))) });
            }
            at += 1;
        }
        Ok(CellPage { items, next: None })
    }

    /// Those of them of which this holds too.
    #[must_use]
    pub fn and(mut self, criteria: &Criteria<Opportunity>) -> Self {
        for part in &mut self.0 {
            part.opportunities = both(part.opportunities.clone(), criteria.clone());
        }
        self
    }
}

impl ListPart {
    /// Opportunities as they are.
    pub(super) const fn are(opportunities: Criteria<Opportunity>) -> Self {
        Self {
            amount: CountedAmount::Now,
            moves: None,
            also: None,
            opportunities,
            customers: None,
            credited_to: None,
            lines_of: None,
        }
    }

    /// Those that such moves name; with the amount that they have now.
    pub(super) fn moved(moves: Criteria<StageMove>, opportunities: Criteria<Opportunity>) -> Self {
        Self { moves: Some(moves), ..Self::are(opportunities) }
    }

    /// Those that such a move names, one each; with the amount that they had before it.
    pub(super) fn were(moves: Criteria<StageMove>, opportunities: Criteria<Opportunity>) -> Self {
        Self { amount: CountedAmount::BeforeMove, ..Self::moved(moves, opportunities) }
    }

    /// The pairs of moves and opportunities that it lists.
    fn pairs(&self) -> Pairs<StageMove, Opportunity> {
        let moves = self.moves.clone().unwrap_or_default();
        Pairs::by(&stage_move::OPPORTUNITY_ID).naming(moves).named(self.opportunities.clone())
    }

    /// How many there are of what was, and what it was worth: one move leads to each.
    pub(super) fn sums_before(&self) -> PairSums<StageMove, Opportunity> {
        self.pairs().each().of(&stage_move::AMOUNT_BEFORE)
    }

    /// Adds a page of at most `limit`; where to go on.
    async fn page(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        limit: u32,
        mut after: Option<Cursor>,
        items: &mut Vec<CellItem>,
    ) -> Result<Option<Cursor>> {
        let mut left = limit as usize;
        // What a store does not ask is asked here: so more are looked at than are told.
        let asked_here = self.also.is_some()
            || self.customers.is_some()
            || self.credited_to.is_some()
            || self.lines_of.is_some();
        let at_once = if asked_here { MOST } else { limit };
        loop {
            let (found, next) = self.found(unit, at_once, after).await?;
            let mut told = self.told(unit, found).await?;
            if told.len() > left {
                told.truncate(left);
                let last = told.last().map(|item| Query::all().cursor_after(&*item.opportunity));
                items.append(&mut told);
                return Ok(last);
            }
            left -= told.len();
            items.append(&mut told);
            if next.is_none() || left == 0 {
                return Ok(next);
            }
            after = next;
        }
    }

    /// What a store finds, each with its move where that says how it was; and where to go on.
    pub(super) async fn found(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<(Vec<Found>, Option<Cursor>)> {
        let Some(moves) = &self.moves else {
            let query = Query::of(self.opportunities.clone()).limit(limit).after(after);
            let page = unit.find(query).await?;
            let found = page.items.into_iter().map(|opportunity| Found { opportunity, step: None });
            return Ok((found.collect(), page.next));
        };
        let page = unit.named(self.pairs(), limit, after).await?;
        let mut steps = HashMap::new();
        if self.amount == CountedAmount::BeforeMove && !page.items.is_empty() {
            let these = stage_move::OPPORTUNITY_ID.one_of(page.items.iter().map(|one| one.id));
            every::<StageMove, _>(unit, these.and(moves.clone()).query(), |step| {
                let step = step.into_inner();
                let first = |known: &StageMove| known.number <= step.number;
                if !steps.get(&step.opportunity_id).is_some_and(first) {
                    steps.insert(step.opportunity_id, step);
                }
                Ok(())
            })
            .await?;
        }
        let found = page.items.into_iter();
        let found = found.map(|one| Found { step: steps.remove(&one.id), opportunity: one });
        Ok((found.collect(), page.next))
    }

    /// Those that count, with how much.
    async fn told(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        found: Vec<Found>,
    ) -> Result<Vec<CellItem>> {
        let moved = match &self.also {
            Some(moves) => Some(moved_so(unit, &found, moves).await?),
            None => None,
        };
        let moved =
            |one: &Found| moved.as_ref().is_none_or(|those| those.contains(&one.opportunity.id));
        let customers = match &self.customers {
            Some(_) => customers_of(unit, &found).await?,
            None => HashMap::new(),
        };
        let theirs = |one: &Found| {
            let customer = || customers.get(&one.opportunity.customer_id?);
            self.customers.as_ref().is_none_or(|asked| customer().is_some_and(|c| asked.matches(c)))
        };
        let mut told = Vec::new();
        for one in found.into_iter().filter(moved).filter(theirs) {
            let amount = match (&self.credited_to, &self.lines_of) {
                (Some(ids), _) => one.part_of(ids),
                (None, Some(products)) => one.lines_of(products)?,
                (None, None) => Some(one.amount()),
            };
            told.extend(amount.map(|amount| CellItem { opportunity: one.opportunity, amount }));
        }
        Ok(told)
    }
}

/// An opportunity that a list leads to.
pub(super) struct Found {
    pub(super) opportunity: Stored<Opportunity>,
    /// Before which it was as it counts; none where it counts as it is.
    pub(super) step: Option<StageMove>,
}

impl Found {
    /// With how much it counts.
    pub(super) fn amount(&self) -> Option<Money> {
        match &self.step {
            Some(step) => step.amount_before,
            None => self.opportunity.amount,
        }
    }

    /// The shares of these in it; nothing where they have none.
    pub(super) fn part_of(&self, ids: &[Id<StaffMember>]) -> Option<Option<Money>> {
        let splits = &self.opportunity.splits;
        if !splits.0.iter().any(|split| ids.contains(&split.staff_id)) {
            return None;
        }
        let whole = self.amount();
        let theirs = |owner: Option<Id<StaffMember>>| owner.is_some_and(|one| ids.contains(&one));
        let part = splits.part_of(whole, None, theirs);
        Some(whole.and_then(|whole| Money::new(part, whole.currency()).ok()))
    }
}

impl Found {
    /// With how much it counts for each product of its lines.
    pub(super) fn by_product(&self) -> Result<BTreeMap<Option<Id<Product>>, Option<Money>>> {
        let parts = self.opportunity.lines.by_product(self.amount());
        Ok(parts.map_err(|error| Invalid::field::<Opportunity>("lines", error.to_string()))?)
    }

    /// The part of the lines that name these; nothing where none does.
    fn lines_of(&self, products: &[Option<Id<Product>>]) -> Result<Option<Option<Money>>> {
        let mut all = self.by_product()?;
        all.retain(|product, _| products.contains(product));
        let add = |sum: Option<Money>, part: Option<Money>| match (sum, part) {
            (Some(sum), Some(part)) => sum.plus(part).map(Some),
            (sum, part) => Ok(sum.or(part)),
        };
        let sum = all.into_values().map(Ok).reduce(|sum, part| add(sum?, part?));
        let wrong = |error: MoneyError| Invalid::field::<Opportunity>("lines", error.to_string());
        Ok(sum.transpose().map_err(wrong)?)
    }
}

/// Those of these that such a move leads to.
async fn moved_so(
    unit: &mut (dyn ReadUnit + '_),
    found: &[Found],
    moves: &Criteria<StageMove>,
) -> Result<HashSet<Id<Opportunity>>> {
    if found.is_empty() {
        return Ok(HashSet::new());
    }
    let these = stage_move::OPPORTUNITY_ID.one_of(found.iter().map(|one| one.opportunity.id));
    let pairs = Pairs::by(&stage_move::OPPORTUNITY_ID).naming(these.and(moves.clone()));
    let page = unit.named(pairs, MOST, None).await?;
    Ok(page.items.into_iter().map(|one| one.id).collect())
}

/// The customers of these.
pub(super) async fn customers_of(
    unit: &mut (dyn ReadUnit + '_),
    found: &[Found],
) -> Result<HashMap<Id<Customer>, Customer>> {
    let mut ids: Vec<_> = found.iter().filter_map(|one| one.opportunity.customer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = customer::ID.one_of(ids).query().limit(MOST);
    let found = Read::<Customer>::find(unit, query).await?.items.into_iter();
    Ok(found.map(|one| (one.id, one.into_inner())).collect())
}

/// Which list goes on, and where in it.
fn place(after: Option<Cursor>, parts: usize) -> Result<(usize, Option<Cursor>)> {
    let Some(cursor) = after else { return Ok((0, None)) };
    let wrong = || Invalid::new("list", "after", "this cursor does not belong to this list");
    let (part, rest) = cursor.as_str().split_once('.').ok_or_else(wrong)?;
    let part: usize = part.parse().map_err(|_| wrong())?;
    if part >= parts {
        return Err(wrong().into());
    }
    Ok((part, (!rest.is_empty()).then(|| Cursor::new(rest))))
}

fn place_of(part: usize, after: Option<Cursor>) -> Cursor {
    Cursor::new(format!("{part}.{}", after.as_ref().map_or("", Cursor::as_str)))
}
