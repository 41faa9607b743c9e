use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;

use crate::{
    exchange_rate::Rates,
    forecast_adjustment::{self, ForecastAdjustment},
    kernel::{Criteria, Currency, Entity, Field, Id, Result, share},
    opportunity::ForecastCategory,
    org::OrgChart,
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    store::{ReadUnit, every},
    target::{self, Target},
};

use super::{
    Figure, FiscalPeriod, ForecastRequest, Whose,
    gather::{Question, gather},
    groups::Grain,
    request::When,
};

/// How far somebody is with a target. All amounts are in its currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Attainment {
    /// The target.
    pub target: Target,
    /// Whose it is, by name; none of the house.
    pub name: Option<String>,
    /// What is won in the period.
    pub closed: Decimal,
    /// What is promised for it.
    pub commit: Decimal,
    /// What is open and counts for it: promised, best case and pipeline.
    pub open: Decimal,
}

impl Attainment {
    /// What is won, as a share of the target, to six decimals; none of a target of nothing.
    pub fn attained(&self) -> Option<Decimal> {
        share(self.closed, self.target.amount.amount())
    }

    /// What is won and promised, as a share of the target.
    pub fn with_commit(&self) -> Option<Decimal> {
        share(self.closed.saturating_add(self.commit), self.target.amount.amount())
    }

    /// What is still to be won; below zero where more was.
    pub fn gap(&self) -> Decimal {
        self.target.amount.amount().saturating_sub(self.closed)
    }

    /// How often what is open covers the gap (pipeline coverage), to six decimals; none where there is no gap.
    ///
    /// It counts as a forecast does: by the shares of owners, without what is omitted or overdue by the day, whatever
    /// currency, converted; days in UTC. [`crate::pipeline_report::Coverage`] counts what a list shows, and may differ.
    pub fn coverage(&self) -> Option<Decimal> {
        share(self.open, self.gap())
    }
}

/// What a manager expects, beside what is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Adjusted {
    /// The last adjustment for the same people, period and category.
    pub adjustment: ForecastAdjustment,
    /// Of whom it is, by name; none of the house.
    pub name: Option<String>,
    /// The computed figure, in its currency.
    pub computed: Decimal,
}

/// Which targets and adjustments are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttainmentRequest {
    /// As of the end of which day, in UTC: opportunities, and rates.
    pub as_of: NaiveDate,
    /// Only of periods that end on this day or later.
    pub from: Option<NaiveDate>,
    /// Only of periods that begin on this day or before.
    pub to: Option<NaiveDate>,
    /// Only theirs: of a unit its own, those of units below it and of their people; of the house all.
    pub whose: Whose,
    /// Only those in this pipeline. An adjustment is of no pipeline: then there is none.
    pub pipeline: Option<Id<Pipeline>>,
}

impl AttainmentRequest {
    /// Of all.
    pub const fn new(as_of: NaiveDate) -> Self {
        Self { as_of, from: None, to: None, whose: Whose::House, pipeline: None }
    }

    /// Whether a period is among those that are asked for.
    fn overlaps(&self, period: FiscalPeriod) -> bool {
        self.from.is_none_or(|from| period.last_day() >= from)
            && self.to.is_none_or(|to| period.start() <= to)
    }

    /// What may be in such a period, by the day that begins with.
    fn starts<E: Entity>(&self, start: &'static Field<E, NaiveDate>) -> Criteria<E> {
        let early = self.from.and_then(|from| from.checked_sub_months(Months::new(12)));
        let from = early.map(|day| start.at_least(day));
        let to = self.to.map(|day| start.at_most(day));
        Criteria::All(from.into_iter().chain(to).collect())
    }
}

/// Of what a forecast is: of its periods, people and pipeline.
impl From<&ForecastRequest> for AttainmentRequest {
    fn from(asked: &ForecastRequest) -> Self {
        let (from, to) = asked.months();
        Self { as_of: asked.as_of, from, to, whose: asked.whose, pipeline: asked.pipeline }
    }
}

/// How far everybody is with the targets that are asked for, in the order of their periods and names. Amounts in other currencies than the target's are converted as a forecast does.
///
/// # Errors
/// [`crate::Error::NoRate`] when there is no rate into the currency of a target, else as [`super::forecast`].
pub async fn attainments(
    unit: &mut (dyn ReadUnit + '_),
    asked: &AttainmentRequest,
) -> Result<Vec<Attainment>> {
    let as_of = asked.as_of;
    let mut slices: BTreeMap<Slice, Vec<Target>> = BTreeMap::new();
    let org = OrgChart::load(unit).await?;
    let in_pipeline = asked.pipeline.map(|pipeline| target::PIPELINE_ID.eq(pipeline));
    let starts = asked.starts(&target::START);
    let starts = in_pipeline.map_or(starts.clone(), |only| starts.and(only));
    every::<Target, _>(unit, starts.query(), |stored| {
        let target = stored.into_inner();
        if asked.overlaps(target.period()?) && asked.whose.has(&org, target.whose()) {
            slices.entry((target.product_id, target.pipeline_id)).or_default().push(target);
        }
        Ok(())
    })
    .await?;
    let mut told = Vec::new();
    for (slice, targets) in slices {
        let periods = targets.iter().map(Target::period).collect::<Result<Vec<_>, _>>()?;
        let mut book = Book::load(unit, as_of, slice, &periods).await?;
        for (target, period) in targets.into_iter().zip(periods) {
            let whose = target.whose();
            let currency = target.amount.currency();
            let mut of = BTreeMap::new();
            let counted = ForecastCategory::ALL.iter();
            for category in counted.filter(|one| **one != ForecastCategory::Omitted) {
                let key = (whose, period, *category);
                of.insert(*category, book.amount(unit, &org, key, currency).await?);
            }
            let of = |category| of.get(&category).copied().unwrap_or_default();
            let commit = of(ForecastCategory::Commit);
            let best_case = of(ForecastCategory::BestCase);
            let others = best_case.saturating_add(of(ForecastCategory::Pipeline));
            told.push(Attainment {
                name: whose.name(&org),
                closed: of(ForecastCategory::Closed),
                commit,
                open: commit.saturating_add(others),
                target,
            });
        }
    }
    let place = |one: &Attainment| {
        let (whose, start) = (one.target.whose(), one.target.start);
        (start, one.target.length, whose.rank(), one.name.clone(), one.target.id)
    };
    told.sort_by_cached_key(place);
    Ok(told)
}

/// What managers expect, beside what is computed: the last adjustment of each person, unit or the house, period and category
/// that is asked for.
///
/// # Errors
/// As [`attainments`].
pub async fn adjustments(
    unit: &mut (dyn ReadUnit + '_),
    asked: &AttainmentRequest,
) -> Result<Vec<Adjusted>> {
    if asked.pipeline.is_some() {
        return Ok(Vec::new());
    }
    let as_of = asked.as_of;
    let org = OrgChart::load(unit).await?;
    let mut last: BTreeMap<(NaiveDate, FiscalPeriod, Whose, ForecastCategory), ForecastAdjustment> =
        BTreeMap::new();
    let starts = asked.starts(&forecast_adjustment::START);
    every::<ForecastAdjustment, _>(unit, starts.query(), |stored| {
        let one = stored.into_inner();
        if !asked.overlaps(one.period()?) || !asked.whose.has(&org, one.whose()) {
            return Ok(());
        }
        let key = (one.start, one.period()?, one.whose(), one.category);
        let newer = |known: &ForecastAdjustment| {
            (known.number, known.adjusted_at, known.id) < (one.number, one.adjusted_at, one.id)
        };
        if last.get(&key).is_none_or(newer) {
            last.insert(key, one);
        }
        Ok(())
    })
    .await?;
    if last.is_empty() {
        return Ok(Vec::new());
    }
    let periods: Vec<_> = last.keys().map(|(_, period, ..)| *period).collect();
    let mut book = Book::load(unit, as_of, (None, None), &periods).await?;
    let mut told = Vec::new();
    for ((_, period, whose, category), adjustment) in last {
        let key = (whose, period, category);
        let computed = book.amount(unit, &org, key, adjustment.amount.currency()).await?;
        told.push(Adjusted { name: whose.name(&org), computed, adjustment });
    }
    Ok(told)
}

type Slice = (Option<Id<Product>>, Option<Id<Pipeline>>);
/// By owner and currency.
type Owned = BTreeMap<Option<Id<StaffMember>>, BTreeMap<Currency, Decimal>>;

/// What counts, by category and month.
struct Book {
    as_of: NaiveDate,
    amounts: BTreeMap<(ForecastCategory, NaiveDate), Owned>,
    rates: BTreeMap<Currency, Rates>,
}

impl Book {
    async fn load(
        unit: &mut (dyn ReadUnit + '_),
        as_of: NaiveDate,
        (product, pipeline): Slice,
        periods: &[FiscalPeriod],
    ) -> Result<Self> {
        let first = periods.iter().map(|period| period.start()).min();
        let last = periods.iter().map(|period| period.last_month()).max();
        let grain = Grain { owner: true, product: false };
        let (months, undated) = ((first, last), false);
        let question = Question { as_of, grain, pipeline, product, months, undated };
        let mut amounts: BTreeMap<_, Owned> = BTreeMap::new();
        gather(unit, &question, &mut |portion| {
            if let (When::Month(month), Some(currency)) = (portion.when, portion.currency) {
                let of = amounts.entry((portion.category, month)).or_default();
                for share in &portion.shares {
                    add(
                        of.entry(share.owner).or_default().entry(currency).or_default(),
                        share.amount,
                    )?;
                }
            }
            Ok(())
        })
        .await?;
        Ok(Self { as_of, amounts, rates: BTreeMap::new() })
    }

    /// What is somebody's in a period and a category, in one currency: what it comes to in each is converted once.
    async fn amount(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        org: &OrgChart,
        (whose, period, category): (Whose, FiscalPeriod, ForecastCategory),
        currency: Currency,
    ) -> Result<Decimal> {
        if !self.rates.contains_key(&currency) {
            let rates = Rates::load(unit, currency, self.as_of).await?;
            self.rates.insert(currency, rates);
        }
        let mut exact: BTreeMap<Currency, Decimal> = BTreeMap::new();
        let months = (category, period.start())..=(category, period.last_month());
        for (_, owned) in self.amounts.range(months) {
            let theirs: Vec<_> = match whose {
                Whose::House => owned.values().collect(),
                Whose::Staff(id) => owned.get(&Some(id)).into_iter().collect(),
                Whose::Unit(id) => {
                    org.people(id).iter().filter_map(|one| owned.get(&Some(*one))).collect()
                }
            };
            for (from, amount) in theirs.into_iter().flatten() {
                add(exact.entry(*from).or_default(), *amount)?;
            }
        }
        let mut sum = Decimal::ZERO;
        let Some(rates) = self.rates.get(&currency) else { return Ok(sum) };
        for (from, amount) in exact.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            add(&mut sum, rates.convert(amount, from)?)?;
        }
        Ok(sum)
    }
}

fn add(sum: &mut Decimal, amount: Decimal) -> Result<()> {
    let mut figure = Figure { amount: *sum, ..Figure::default() };
    figure.add(Figure { amount, ..Figure::default() })?;
    *sum = figure.amount;
    Ok(())
}
