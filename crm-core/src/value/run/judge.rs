//! Judges the customers of a run one by one, once it is known what all of them brought ([`super::collect`]).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{Currency, Id, Invalid, Money, amount_text},
    value::{
        Basis, Fifths, GridCell, SegmentCount, Standing, Standings, Summary, TierFigures,
        TierState, TopShare, UNITS, ValueClass,
        pareto::{Curve, many, notes, select::Tally},
        rfm::{SCORES, Scorer},
        units::{of_units, to_units},
    },
    value_run::ValueRun,
    value_run_line::{FifthOf, ValueRunLine},
};

use super::{
    GroupTotal, RunTotals, ValuePolicies, expectation::Expectation, rows::CustomerRow,
    sorted::Sorted,
};

/// Judges customers, each once, in the order of their ids.
pub(super) struct Judge<'p> {
    pub(super) policies: &'p ValuePolicies,
    pub(super) basis: Basis,
    pub(super) currency: Currency,
    pub(super) as_of: NaiveDate,
    pub(super) scorers: Vec<[Scorer; 3]>,
    pub(super) summary: Summary,
    /// At the end of the top fifth and of the middle: the value there, and how many who bring it are still to come inside.
    pub(super) edges: [Option<(i64, u64)>; 2],
    pub(super) standings: Standings,
    pub(super) fifths: Fifths,
    pub(super) sorted: Sorted,
    pub(super) counts: Counts,
    pub(super) without_cost: i64,
}

pub(super) struct Counts {
    segments: Vec<Tally>,
    grid: [[Tally; 5]; 5],
    standings: BTreeMap<Standing, Tally>,
    tiers: Vec<Tally>,
    absent: u64,
}

impl Counts {
    pub(super) fn new(policies: &ValuePolicies) -> Self {
        Self {
            segments: vec![Tally::default(); policies.rfm.segments.len()],
            grid: [[Tally::default(); 5]; 5],
            standings: BTreeMap::new(),
            tiers: vec![Tally::default(); policies.tiers.as_ref().map_or(0, |p| p.tiers.len())],
            absent: 0,
        }
    }
}

impl Judge<'_> {
    /// The line of a customer; `before` is what the run that this one follows said of its tier.
    pub(super) fn line(
        &mut self,
        run: Id<ValueRun>,
        row: CustomerRow,
        before: Option<TierState>,
        expected: Option<Expectation>,
    ) -> Result<ValueRunLine, Invalid> {
        let exact = row.value(self.basis, self.currency)?;
        let units = to_units(exact)?;
        let place = self.sorted.place(units);
        let percent = |units| {
            let share = self.summary.share(units)? * Decimal::ONE_HUNDRED;
            // What is beyond what stores keep is as good as undefined: the total is next to nothing.
            Money::new(share, self.currency).ok().map(Money::amount)
        };
        let mut line = blank(run, row.customer);
        line.revenue = row.figures.revenue;
        line.returned = row.figures.returned;
        line.cost = row.figures.cost;
        line.cost_to_serve = row.cost_to_serve;
        line.orders = row.figures.orders;
        line.returns = row.figures.returns;
        line.without_cost = row.figures.without_cost;
        line.last_order = row.last_order;
        line.value = Some(Money::new(exact, self.currency).map_err(|error| {
            Invalid::field::<ValueRunLine>("value", format!("{}: {error}", row.customer))
        })?);
        line.rank = i64::try_from(place.rank).ok();
        line.tied = i64::try_from(place.tied).ok();
        line.class = Some(self.summary.class_of(units));
        line.share = percent(units.into());
        line.share_before = percent(place.before);
        line.cumulative_share = percent(place.through(units));
        line.fifth = Some(self.fifth(units));
        line.expected = expected.and_then(|expected| expected.value);
        line.history = expected.and_then(|expected| expected.history);
        let standing = self.standings.judge(units, line.expected).standing;
        line.standing = Some(standing);
        add(self.counts.standings.entry(standing).or_default(), units);
        self.score(&row, units, &mut line)?;
        line.effort = row.effort;
        self.decide(&mut line, before)?;
        Ok(line)
    }

    /// The line of a customer that had a tier, and was not there in the period.
    pub(super) fn absent(
        &mut self,
        run: Id<ValueRun>,
        customer: Id<Customer>,
        before: TierState,
    ) -> Result<ValueRunLine, Invalid> {
        let mut line = blank(run, customer);
        self.counts.absent += 1;
        self.decide(&mut line, Some(before))?;
        Ok(line)
    }

    fn fifth(&mut self, units: i64) -> FifthOf {
        let inside = |edge: &mut Option<(i64, u64)>| match edge {
            Some((value, left)) if *value == units => {
                let inside = *left > 0;
                *left = left.saturating_sub(1);
                inside
            }
            Some((value, _)) => units > *value,
            None => false,
        };
        let [top, middle] = &mut self.edges;
        match (inside(top), inside(middle)) {
            (true, _) => FifthOf::Top,
            (false, true) => FifthOf::Middle,
            (false, false) => FifthOf::Bottom,
        }
    }

    fn score(
        &mut self,
        row: &CustomerRow,
        value: i64,
        line: &mut ValueRunLine,
    ) -> Result<(), Invalid> {
        let Some(figures) = bought(row, self.as_of, value)? else { return Ok(()) };
        let at = scale_of(self.policies, row.category.as_deref());
        let Some(scorers) = self.scorers.get(at) else { return Ok(()) };
        let mut scores = [1; 3];
        for ((score, scorer), figure) in scores.iter_mut().zip(scorers).zip(figures) {
            *score = scorer.score(figure);
        }
        let [recency, frequency, monetary] = scores;
        line.scale = self.policies.rfm.categories.keys().nth(at).cloned();
        line.recency = Some(recency.into());
        line.frequency = Some(frequency.into());
        line.monetary = Some(monetary.into());
        let [.., brought] = figures;
        if let Some(at) = self.policies.rfm.segment(scores) {
            line.segment = self.policies.rfm.segments.get(at).map(|one| one.name.clone());
            self.counts.segments.get_mut(at).into_iter().for_each(|tally| add(tally, brought));
        }
        let cell = self.counts.grid.get_mut(usize::from(recency.saturating_sub(1)));
        let cell = cell.and_then(|row| row.get_mut(usize::from(frequency.saturating_sub(1))));
        cell.into_iter().for_each(|tally| add(tally, brought));
        Ok(())
    }

    fn decide(
        &mut self,
        line: &mut ValueRunLine,
        before: Option<TierState>,
    ) -> Result<(), Invalid> {
        let Some(policy) = &self.policies.tiers else { return Ok(()) };
        let decision = policy.decide(before.as_ref(), &tier_figures(line, self.currency))?;
        let at = policy.tiers.iter().position(|tier| tier.name == decision.after);
        if let Some(tally) = at.and_then(|at| self.counts.tiers.get_mut(at)) {
            add(tally, line.value.map_or(Ok(0), |value| to_units(value.amount()))?);
        }
        line.tier = Some(decision.after);
        (line.tier_before, line.tier_after) = (before, Some(decision.state));
        Ok(())
    }

    /// What all lines add up to.
    pub(super) fn totals(self) -> Result<RunTotals, Invalid> {
        let mut notes = notes(&self.summary, 0, self.currency);
        self.more_notes(&mut notes);
        let Self { policies, currency, summary, counts, .. } = self;
        let text = |tally: &Tally| amount_text(of_units(tally.units), currency);
        let curve =
            Curve { summary: &summary, ascending: || self.sorted.ascending().iter().copied() };
        let top = |percent: &u32| {
            TopShare::of((*percent).into(), &summary, |customers| self.sorted.best(customers))
        };
        let segments = policies.rfm.segments.iter().zip(&counts.segments);
        let cells = SCORES.zip(&counts.grid).flat_map(|(recency, row)| {
            SCORES.zip(row).map(move |(frequency, tally)| (recency, frequency, tally))
        });
        let tiers = policies.tiers.iter().flat_map(|policy| &policy.tiers).zip(&counts.tiers);
        Ok(RunTotals {
            customers: summary.customers(),
            absent: counts.absent,
            total: of_units(summary.total()),
            zero: summary.zero(),
            negative: summary.negative(),
            classes: ValueClass::ALL
                .iter()
                .map(|class| {
                    let (customers, units) = summary.of_class(*class);
                    GroupTotal { group: *class, customers, value: of_units(units) }
                })
                .collect(),
            gini: curve.gini(),
            top: [1, 5, 10, 20, 50].iter().map(top).collect::<Result<_, _>>()?,
            lorenz: curve.lorenz(100),
            fifths: self.fifths,
            least_important: of_units(self.standings.least().into()),
            standings: Standing::ALL
                .iter()
                .map(|standing| {
                    let tally = counts.standings.get(standing).copied().unwrap_or_default();
                    group(*standing, tally)
                })
                .collect(),
            segments: segments
                .map(|(segment, tally)| SegmentCount {
                    segment: segment.name.clone(),
                    customers: tally.customers,
                    monetary: text(tally),
                })
                .collect(),
            grid: cells
                .map(|(recency, frequency, tally)| GridCell {
                    recency,
                    frequency,
                    customers: tally.customers,
                    monetary: text(tally),
                })
                .collect(),
            tiers: tiers.map(|(tier, tally)| group(tier.name.clone(), *tally)).collect(),
            uncounted: 0,
            service_rate: None,
            without_cost: self.without_cost,
            lifetime: None,
            notes,
            summary,
        })
    }
}

impl Judge<'_> {
    fn more_notes(&self, notes: &mut Vec<String>) {
        if self.basis == Basis::Profit && self.policies.service.is_none() {
            let why =
                "The house has no service rates: serving customers counts as if it cost nothing.";
            notes.push(why.to_owned());
        }
        let costed = matches!(self.basis, Basis::Margin | Basis::Profit);
        if costed && self.without_cost > 0 {
            let count = u64::try_from(self.without_cost).unwrap_or_default();
            let which = many(count, "order or return has", "orders and returns have");
            notes.push(format!("{which} no cost of goods, which counts as nothing."));
        }
        let absent = self.counts.absent;
        if absent > 0 {
            let who = many(absent, "customer with a tier was", "customers with a tier were");
            notes.push(format!("{who} not there in the period: they have no rank and no class."));
        }
    }
}

/// Units of 10^-4 of days since the last order (fewer are better), of orders, and of the value, as [`super::super::purchases`]
/// has them; none of whoever did not order.
pub(super) fn bought(
    row: &CustomerRow,
    as_of: NaiveDate,
    value: i64,
) -> Result<Option<[i64; 3]>, Invalid> {
    let Some(last) = row.last_order else { return Ok(None) };
    let days = (as_of - last).num_days();
    let too_many = || Invalid::new("purchases", "frequency", "there are too many to be counted");
    let orders = row.figures.orders.checked_mul(UNITS).ok_or_else(too_many)?;
    Ok(Some([-days * UNITS, orders, value]))
}

/// What a tier is decided by. Who was not there in the period brought nothing.
pub(super) fn tier_figures(line: &ValueRunLine, currency: Currency) -> TierFigures {
    let score = |score: Option<i64>| score.and_then(|score| u8::try_from(score).ok());
    let scores = match [line.recency, line.frequency, line.monetary].map(score) {
        [Some(recency), Some(frequency), Some(monetary)] => Some([recency, frequency, monetary]),
        _ => None,
    };
    TierFigures {
        class: line.class,
        segment: line.segment.clone(),
        standing: line.standing,
        scores,
        value: Some(line.value.map_or(Decimal::ZERO, Money::amount)),
        expected: line.expected,
        currency: Some(currency),
    }
}

/// The place of the scale of a category; the last is that of all others.
pub(super) fn scale_of(policies: &ValuePolicies, category: Option<&str>) -> usize {
    let categories = &policies.rfm.categories;
    let own = category.and_then(|own| categories.keys().position(|name| name == own));
    own.unwrap_or(categories.len())
}

fn add(tally: &mut Tally, units: i64) {
    *tally = *tally + Tally::each(1, units);
}

fn group<G>(group: G, tally: Tally) -> GroupTotal<G> {
    GroupTotal { group, customers: tally.customers, value: of_units(tally.units) }
}

fn blank(run: Id<ValueRun>, customer: Id<Customer>) -> ValueRunLine {
    ValueRunLine {
        id: ValueRunLine::id_of(run, customer),
        run_id: run,
        customer_id: customer,
        revenue: Decimal::ZERO,
        returned: Decimal::ZERO,
        cost: Decimal::ZERO,
        cost_to_serve: Decimal::ZERO,
        effort: None,
        orders: 0,
        returns: 0,
        without_cost: 0,
        last_order: None,
        value: None,
        rank: None,
        tied: None,
        class: None,
        share: None,
        cumulative_share: None,
        share_before: None,
        fifth: None,
        recency: None,
        frequency: None,
        monetary: None,
        scale: None,
        segment: None,
        expected: None,
        history: None,
        standing: None,
        tier: None,
        tier_before: None,
        tier_after: None,
    }
}
