//! A house whose opportunities have histories, and what its forecast is by a plain look at them.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{
    forecast::{Bucket, Cell},
    kernel::{Currency, Id, Money, Timestamp},
    opportunity::{
        Decision, Evidence, ForecastCategory, Lines, Opportunity, OpportunityEvent, Split, Splits,
        Stage, StageKind, Stages,
    },
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held},
    sample::{Extreme, Make},
    setting::Setting,
};

/// How an opportunity stood from a day on.
#[derive(Clone, Debug)]
pub(super) struct Stood {
    pub(super) since: NaiveDate,
    pub(super) stage: &'static str,
    pub(super) owner: Option<Id<StaffMember>>,
    pub(super) amount: Option<Money>,
    pub(super) close: Option<NaiveDate>,
    pub(super) category: Option<ForecastCategory>,
}

/// An opportunity with its history.
#[derive(Clone, Debug)]
pub(super) struct Deal {
    pub(super) id: Id<Opportunity>,
    pub(super) shared: bool,
    pub(super) stood: Vec<Stood>,
}

pub(super) struct ForecastHouse {
    pub(super) setting: Setting,
    pub(super) pipeline: Pipeline,
    pub(super) deals: Vec<Deal>,
}

/// Per cent and category of each stage.
const STAGES: [(&str, StageKind, i64, Option<ForecastCategory>); 5] = [
    ("new", StageKind::Open, 10, None),
    ("offer", StageKind::Open, 45, Some(ForecastCategory::BestCase)),
    ("contract", StageKind::Open, 90, Some(ForecastCategory::Commit)),
    ("won", StageKind::Won, 100, None),
    ("lost", StageKind::Lost, 0, None),
];
const OPEN: [&str; 3] = ["new", "offer", "contract"];

/// A pipeline with a stage for each category.
pub(super) fn pipeline(case: &Case) -> Pipeline {
    let stages = STAGES.iter().map(|(key, kind, percent, category)| Stage {
        category: *category,
        ..Stage::new(*key, *key, *kind, *percent)
    });
    Pipeline::new(case.id(), "Sales of all kinds", Stages(stages.collect()))
}

/// People and things; of their opportunities none counts, on whatever day the law is held.
pub(super) async fn cast(case: &Case) -> Held<Setting> {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    for id in setting.opportunities {
        let today = work.now().date();
        work.opportunities().lose(id, today, None, None).await?;
    }
    work.commit().await?;
    Ok(setting)
}

impl ForecastHouse {
    /// A committed house in which so many opportunities went through the year 2017.
    pub(super) async fn busy(case: &Case, deals: usize) -> Held<Self> {
        let setting = cast(case).await?;
        let mut make = Make::new(case.clone(), setting.clone(), Extreme::Random);
        let mut house = Self { pipeline: pipeline(case), setting, deals: Vec::new() };
        let mut work = case.begin().await?;
        work.insert(house.pipeline.clone()).await?;
        for _ in 0..deals {
            let deal = house.history(&mut make, case)?;
            house.write(&mut *work, &deal).await?;
            house.deals.push(deal);
        }
        work.commit().await?;
        Ok(house)
    }

    fn history(&self, make: &mut Make, case: &Case) -> Held<Deal> {
        let start = day("2017-01-02")?;
        let mut since = start + Days::new(make.dice(200) as u64);
        let mut stood = vec![self.drawn(make, since, "new")?];
        for _ in 0..make.dice(5) {
            since = since + Days::new(1 + make.dice(60) as u64);
            let last = stood.last().map_or("new", |last| last.stage);
            let others = OPEN.iter().filter(|stage| **stage != last);
            let others: Vec<_> = others.copied().collect();
            let next = match make.dice(4) {
                0 if OPEN.contains(&last) => "won",
                1 if OPEN.contains(&last) => "lost",
                _ => others[make.dice(others.len())],
            };
            stood.push(self.drawn(make, since, next)?);
        }
        Ok(Deal { id: case.id(), shared: make.dice(4) == 0, stood })
    }

    fn drawn(&self, make: &mut Make, since: NaiveDate, stage: &'static str) -> Held<Stood> {
        let [one, two] = self.setting.staff;
        let amounts = ["100.01 USD", "99.99 USD", "1000 EUR", "33.33 EUR", "0.05 USD"];
        let amount = match make.dice(6) {
            5 => None,
            at => Some(amounts[at].parse()?),
        };
        let close = (make.dice(5) > 0).then(|| since + Days::new(make.dice(120) as u64));
        let own =
            [None, None, None, Some(ForecastCategory::Commit), Some(ForecastCategory::Omitted)];
        Ok(Stood {
            since,
            stage,
            owner: [Some(one), Some(two), None][make.dice(3)],
            amount,
            close,
            category: own[make.dice(5)],
        })
    }

    /// By the steps that led there, each on its day.
    pub(super) async fn write(&self, work: &mut (dyn UnitOfWork + '_), deal: &Deal) -> Held {
        self.write_with(work, deal, Lines::default()).await
    }

    /// The same, of one that consists of these lines.
    pub(super) async fn write_with(
        &self,
        work: &mut (dyn UnitOfWork + '_),
        deal: &Deal,
        lines: Lines,
    ) -> Held {
        let mut stood = deal.stood.iter();
        let Some(first) = stood.next() else { return Err(Failure::new("a deal without a past")) };
        let mut new = Opportunity::open(deal.id, "deal", &self.pipeline)?;
        new.customer_id = Some(self.setting.customers[0]);
        new.lines = lines;
        if deal.shared {
            new.splits = self.shares();
        }
        work.insert(revised(new, first).taken_at(at(first.since)?)).await?;
        for next in stood {
            let stored = expect(work, deal.id).await?;
            let open = stored.state().closed_on().is_none();
            let event = match next.stage {
                "won" => OpportunityEvent::win(next.since),
                "lost" => OpportunityEvent::lose(next.since),
                to if open => OpportunityEvent::advance(to),
                to => OpportunityEvent::reopen(to),
            };
            let at = at(next.since)?;
            let step = |o: Opportunity| -> crate::Result<Opportunity> {
                let o = o.step(&self.pipeline, &event, &Evidence::default())?;
                Ok(revised(o, next).taken_at(at))
            };
            work.update(stored.change("moved", step)?).await?;
        }
        Ok(())
    }

    /// Two thirds and a third.
    pub(super) fn shares(&self) -> Splits {
        let [one, two] = self.setting.staff;
        let share = |staff_id, percent| Split { staff_id, percent: Decimal::new(percent, 2) };
        Splits(vec![share(one, 6_667), share(two, 3_333)])
    }

    /// How everything stood at the end of a day.
    pub(super) fn at(&self, day: NaiveDate) -> Vec<(&Deal, &Stood)> {
        let then = |deal: &'_ Deal| deal.stood.iter().rposition(|one| one.since <= day);
        let all = self.deals.iter();
        all.filter_map(|deal| Some((deal, deal.stood.get(then(deal)?)?))).collect()
    }
}

fn at(day: NaiveDate) -> Held<Timestamp> {
    Ok(Timestamp::from_micros(Timestamp::start_of(day)?.micros() + 8 * 3_600_000_000)?)
}

fn revised(mut o: Opportunity, stood: &Stood) -> Opportunity {
    (o.owner_id, o.amount, o.expected_close) = (stood.owner, stood.amount, stood.close);
    o.forecast_category = stood.category;
    o
}

/// What an opportunity comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) count: i64,
    pub(super) amount: Decimal,
    pub(super) weighted: Decimal,
}

impl Sum {
    pub(super) fn plus(&mut self, other: Self) {
        self.count += other.count;
        self.amount = (self.amount + other.amount).normalize();
        self.weighted = (self.weighted + other.weighted).normalize();
    }
}

/// In which category, of which month (none without a date; a word of one that is overdue), in which currency.
pub(super) type Place = (String, ForecastCategory, Option<Currency>);

impl Stood {
    fn kind(&self) -> StageKind {
        STAGES.iter().find(|stage| stage.0 == self.stage).map_or(StageKind::Open, |stage| stage.1)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.kind() == StageKind::Lost
    }

    /// By the definition; none where it is lost.
    pub(super) fn place(&self, as_of: NaiveDate) -> Option<Place> {
        let stage = STAGES.iter().find(|stage| stage.0 == self.stage)?;
        let currency = self.amount.map(Money::currency);
        let month = |day: NaiveDate| format!("{:04}-{:02}", day.year(), day.month());
        match self.kind() {
            StageKind::Lost => None,
            StageKind::Won => Some((month(self.since), ForecastCategory::Closed, currency)),
            StageKind::Open => {
                let category = self.category.or(stage.3).unwrap_or(ForecastCategory::Pipeline);
                let when = match self.close {
                    None => "no_date".to_owned(),
                    Some(close) if close < as_of => "overdue".to_owned(),
                    Some(close) => month(close),
                };
                Some((when, category, currency))
            }
        }
    }

    pub(super) fn sum(&self) -> Sum {
        let amount = self.amount.map(Money::amount).unwrap_or_default();
        let percent = STAGES.iter().find(|stage| stage.0 == self.stage).map_or(0, |stage| stage.2);
        let part = amount * Decimal::from(percent) / Decimal::ONE_HUNDRED;
        let weighted = part.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        Sum { count: 1, amount, weighted }
    }
}

/// The two parts of a sum that is shared two thirds to one.
pub(super) fn parts(sum: Sum) -> [Sum; 2] {
    let split = |amount: Decimal| {
        let exact = [6_667, 3_333].map(|share| amount * Decimal::new(share, 4));
        let mut parts = exact.map(|part| part.trunc_with_scale(2));
        let mut left = amount - parts[0] - parts[1];
        let mut lost = [exact[0] - parts[0], exact[1] - parts[1]];
        while left > Decimal::ZERO {
            let most = usize::from(lost[1] > lost[0]);
            parts[most] += Decimal::new(1, 2);
            lost[most] = Decimal::NEGATIVE_ONE;
            left -= Decimal::new(1, 2);
        }
        parts
    };
    let (amounts, weighted) = (split(sum.amount), split(sum.weighted));
    [0, 1].map(|at| Sum { count: 1, amount: amounts[at], weighted: weighted[at] })
}

/// Cells as a plain map.
pub(super) fn told(cells: &[Cell]) -> BTreeMap<Place, Sum> {
    let label = |bucket: Bucket| bucket.label(crate::forecast::FiscalYear::CALENDAR);
    let told = cells.iter().map(|cell| {
        let (count, amount) = (cell.figure.count, cell.figure.amount.normalize());
        let sum = Sum { count, amount, weighted: cell.figure.weighted.normalize() };
        ((label(cell.bucket), cell.category, cell.currency), sum)
    });
    told.collect()
}

/// `2017-11 closed EUR 1 500 500`.
pub(super) fn brief(cells: &BTreeMap<Place, Sum>) -> Vec<String> {
    let told = cells.iter().map(|((when, category, currency), sum)| {
        let code = currency.map_or("-", |currency| currency.code());
        format!("{when} {category} {code} {} {} {}", sum.count, sum.amount, sum.weighted)
    });
    told.collect()
}

/// Days of the year on which a house is looked at, and one after all that happened.
pub(super) fn days() -> Held<Vec<NaiveDate>> {
    ["2017-01-31", "2017-04-15", "2017-07-01", "2017-09-30", "2017-12-31", "2019-02-28"]
        .into_iter()
        .map(day)
        .collect()
}

/// An opportunity that was won on a day, or is open, by its fields alone.
pub(super) fn deal(
    case: &Case,
    pipeline: &Pipeline,
    setting: &Setting,
    stage: &str,
    amount: &str,
    close: &str,
) -> Held<Opportunity> {
    let mut new = Opportunity::open(case.id(), "deal", pipeline)?;
    new.customer_id = Some(setting.customers[0]);
    new.amount = Some(amount.parse()?);
    let close = if close.is_empty() { None } else { Some(day(close)?) };
    let began = close.map_or_else(|| day("2017-01-01"), |close| Ok(close - Days::new(60)))?;
    new.opened_on = Some(began);
    let won = stage == "won" || stage == "lost";
    new.expected_close = close.filter(|_| !won);
    let on = close.filter(|_| won);
    Ok(new.imported(pipeline, stage, Decision { on, ..Decision::default() })?)
}
