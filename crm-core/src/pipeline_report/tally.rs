use std::{cmp::Ordering, collections::BTreeMap};

use crate::{
    customer::Customer,
    kernel::{Criteria, FieldSpec, PairField, PairSums, Pairs, Result, Sum, Sums, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    stage_move::{self, StageMove},
    store::{Insights, Linked, ReadUnit},
};

use super::{
    DayCounts, GroupBy, Period, Total,
    group::{Key, of_both},
    teams::Teams,
};

/// What a group of opportunities did in a period.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) won: Total,
    pub(super) lost: Total,
    /// Open when the period is over.
    pub(super) open: Total,
    /// How many days those took that were won.
    pub(super) cycle: DayCounts,
}

/// A group with its tally.
pub(super) struct Group {
    /// The value that makes the group, as text; none where it is empty, or of all.
    pub(super) key: Option<String>,
    /// What it is called.
    pub(super) name: Option<String>,
    pub(super) tally: Tally,
    /// Which opportunities are in it.
    pub(super) criteria: Criteria<Opportunity>,
    /// And of which customers.
    pub(super) customer: Option<Criteria<Customer>>,
}

/// What is asked of a store.
struct Asked<'f> {
    period: Period,
    filter: &'f Criteria<Opportunity>,
    key: Option<Key>,
    /// Whether what is open is asked for too.
    open: bool,
}

/// The tally of each group, in the order of their values.
pub(super) async fn tallies(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    filter: &Criteria<Opportunity>,
    by: &GroupBy,
    open: bool,
) -> Result<Vec<Group>> {
    let key = by.key()?;
    let asked = Asked { period, filter, key, open };
    let mut groups = Vec::new();
    if let GroupBy::Size(bands) = by {
        for (name, band) in bands.bands()? {
            let criteria = of_both(filter, &band);
            let tally = Asked { filter: &criteria, ..asked }.tallies(unit).await?;
            let tally = tally.into_iter().next().map(|(_, tally)| tally).unwrap_or_default();
            let key = Some(name.clone());
            groups.push(Group { key, name: Some(name), tally, criteria, customer: None });
        }
        return Ok(groups);
    }
    let tallies = asked.tallies(unit).await?;
    let Some(key) = key else {
        let tally = tallies.into_iter().next().map(|(_, tally)| tally).unwrap_or_default();
        let criteria = filter.clone();
        return Ok(vec![Group { key: None, name: None, tally, criteria, customer: None }]);
    };
    if matches!(by, GroupBy::Team) {
        return Teams::load(unit).await?.roll_up(tallies, filter);
    }
    let values: Vec<_> = tallies.iter().map(|(value, _)| value.clone()).collect();
    let names = by.names(unit, &values).await?;
    for (value, tally) in tallies {
        let (criteria, customer) = GroupBy::having(key, &value);
        let text = (!value.is_null()).then(|| value.to_string());
        let name = text.as_ref().map(|text| names.get(text).unwrap_or(text).clone());
        let criteria = of_both(filter, &criteria);
        groups.push(Group { key: text, name, tally, criteria, customer });
    }
    Ok(groups)
}

impl Asked<'_> {
    async fn tallies(
        &self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Vec<(Value<'static>, Tally)>> {
        const DECIDED: [OpportunityStatus; 2] = [OpportunityStatus::Won, OpportunityStatus::Lost];
        let mut all = Tallies::default();
        let decided = of_both(self.filter, &self.period.decided(&DECIDED));
        let status = opportunity::STATUS.spec();
        for sum in self.sums(unit, decided, status, true).await? {
            let tally = all.of(&sum);
            match sum.key.last() {
                Some(Value::Text(text)) if text == OpportunityStatus::Won.as_str() => {
                    tally.won.add(&sum)?;
                }
                _ => tally.lost.add(&sum)?,
            }
        }
        let won = of_both(self.filter, &self.period.decided(&DECIDED[..1]));
        for sum in self.sums(unit, won, opportunity::CYCLE_DAYS.spec(), false).await? {
            all.of(&sum).cycle.add(&sum);
        }
        if self.open {
            self.add_open(unit, &mut all).await?;
        }
        Ok(all.0.into_iter().map(|(value, tally)| (value.0, tally)).collect())
    }

    /// What was open when the period was over: by what they had then.
    async fn add_open(&self, unit: &mut (dyn ReadUnit + '_), all: &mut Tallies) -> Result<()> {
        let ends = self.period.ends();
        let open = opportunity::STATUS.eq(OpportunityStatus::Open);
        let are = of_both(self.filter, &open.and(opportunity::MOVED_AT.below(ends)));
        let status = opportunity::STATUS.spec();
        for sum in self.sums(unit, are, status, true).await? {
            all.of(&sum).open.add(&sum)?;
        }
        let were = stage_move::FROM_STATUS
            .eq(OpportunityStatus::Open)
            .and(stage_move::MOVED_AT.at_least(ends))
            .and(stage_move::SINCE.below(ends));
        // One that was said afterwards to be decided in the period is not open as well.
        let decided = self.period.has_day(&opportunity::CLOSED_ON);
        let named = of_both(self.filter, &decided.not());
        let mut sums = Pairs::by(&stage_move::OPPORTUNITY_ID)
            .naming(were)
            .named(named)
            .each()
            .of(&stage_move::AMOUNT_BEFORE);
        if let Some(Key::Own(field)) = self.key {
            sums.by.push(PairField::Named(field));
        }
        sums.by.push(PairField::Naming(stage_move::FROM_STATUS.spec()));
        for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, sums).await? {
            all.of(&sum).open.add(&sum)?;
        }
        Ok(())
    }

    /// By the key, and then by this field.
    async fn sums(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        criteria: Criteria<Opportunity>,
        then: &'static FieldSpec<Opportunity>,
        amount: bool,
    ) -> Result<Vec<Sum>> {
        let amount = amount.then(|| opportunity::AMOUNT.spec());
        let mut found = Vec::new();
        let criteria = match self.key {
            Some(Key::Customers(field)) => {
                let pairs = Pairs::by(&opportunity::CUSTOMER_ID).naming(criteria.clone());
                let by = vec![PairField::Named(field), PairField::Naming(then)];
                let amount = amount.map(PairField::Naming);
                let sums = PairSums { by, amount, ..pairs.each() };
                found = Linked::<Opportunity, Customer>::pair_sums(unit, sums).await?;
                // Those of nobody have no such value either.
                criteria.and(opportunity::CUSTOMER_ID.is_empty())
            }
            _ => criteria,
        };
        let own = match self.key {
            Some(Key::Own(field)) => Some(field),
            _ => None,
        };
        let by = own.into_iter().chain([then]).collect();
        let mut rest =
            Insights::<Opportunity>::sums(unit, Sums { criteria, by, amount, ..Sums::count() })
                .await?;
        if own.is_none() && self.key.is_some() {
            rest.iter_mut().for_each(|sum| sum.key.insert(0, Value::Null));
        }
        found.append(&mut rest);
        Ok(found)
    }
}

/// Of each value its tally.
#[derive(Default)]
struct Tallies(BTreeMap<Sorted, Tally>);

/// A value in the order in which stores have them.
struct Sorted(Value<'static>);

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.sort_order(&other.0)
    }
}
impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Sorted {}

impl Tallies {
    /// The one of a group's first key; of all, where it has but one.
    fn of(&mut self, sum: &Sum) -> &mut Tally {
        let value = match sum.key.as_slice() {
            [value, _] => value.clone(),
            _ => Value::Null,
        };
        self.0.entry(Sorted(value)).or_default()
    }
}

impl Tally {
    /// Adds another one.
    pub(super) fn add(&mut self, other: &Self) -> Result<()> {
        self.won.add_all(&other.won)?;
        self.lost.add_all(&other.lost)?;
        self.open.add_all(&other.open)?;
        self.cycle.add_all(&other.cycle);
        Ok(())
    }

    /// How many were decided.
    pub(super) const fn decided(&self) -> u64 {
        self.won.count.saturating_add(self.lost.count)
    }

    /// Whether there is something to tell.
    pub(super) const fn is_empty(&self) -> bool {
        self.decided() == 0 && self.open.count == 0
    }
}
