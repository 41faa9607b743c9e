//! What was decided in a period, by whom and of what; what slipped.

use std::collections::{BTreeMap, BTreeSet};

use chrono::FixedOffset;
use proptest::{
    prelude::any,
    strategy::{BoxedStrategy, Strategy},
};
use rust_decimal::Decimal;

use crate::{
    customer,
    kernel::{Criteria, Currency, Pairs, Timestamp},
    opportunity::{self, Opportunity, OpportunityStatus},
    pipeline_report::{
        GroupBy, Period, SizeBands, SlippageBy, Total, leaderboard, slippage, velocity, win_rates,
    },
    stage_move::{self, StageMove},
    store::{Read, ReadUnit},
};

use super::{
    case::Case,
    claim::{Failure, Held, same},
    histories::{BEGIN, Deal, House, Turn, histories},
    law::Law,
    random::Draws,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        win_rates_are_what_a_fold_says,
        leaderboards_and_velocity_are_what_a_fold_says,
        closes_slip_as_the_moves_say
    ]
}

type Drawn = (Vec<Vec<Turn>>, u8, u8);

fn drawn() -> BoxedStrategy<Drawn> {
    (histories(), any::<u8>(), 1..120_u8).boxed()
}

/// Histories in a tenant of their own, and a period.
struct Told {
    house: House,
    deals: Vec<Deal>,
    period: Period,
    mine: Criteria<Opportunity>,
}

impl Told {
    async fn of(case: &Case, (turns, from, days): &Drawn) -> Held<Self> {
        let mut work = case.begin().await?;
        let house = House::furnish(case, &mut *work).await?;
        let deals = house.deals(case, &mut *work, turns).await?;
        work.commit().await?;
        let utc = FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))?;
        let from = BEGIN.parse::<Timestamp>()?.date() + chrono::Days::new(u64::from(*from) / 4);
        let period = Period::new(from, from + chrono::Days::new(u64::from(*days)), utc)?;
        // There are those of other draws.
        let mine = opportunity::ID.one_of(deals.iter().map(|deal| deal.now.id));
        Ok(Self { house, deals, period, mine })
    }

    fn decided(&self, status: OpportunityStatus, holds: impl Fn(&Opportunity) -> bool) -> Total {
        let (from, to) = (self.period.from(), self.period.to());
        let counts = |deal: &&Deal| deal.decided(status, from, to) && holds(&deal.now);
        total(self.deals.iter().filter(counts).map(|deal| deal.now.amount))
    }

    /// Open when the period was over.
    fn open(&self, holds: impl Fn(&Opportunity) -> bool) -> Total {
        let (from, to) = (self.period.from(), self.period.to());
        let open = self.deals.iter().filter(|deal| holds(&deal.now)).filter_map(|deal| {
            let last = deal.last_before(self.period.ends())?;
            let later = deal.moves.last().is_some_and(|end| end.number > last.number);
            let on = deal.now.state().closed_on();
            let decided = later && on.is_some_and(|on| from <= on && on < to);
            (last.to_status == OpportunityStatus::Open && !decided).then_some(last.amount_after)
        });
        total(open)
    }

    fn cycles(&self, holds: impl Fn(&Opportunity) -> bool) -> Vec<i64> {
        let (from, to) = (self.period.from(), self.period.to());
        let won = |deal: &&Deal| deal.decided(OpportunityStatus::Won, from, to) && holds(&deal.now);
        let days =
            |deal: &Deal| Some((deal.now.state().closed_on()? - deal.now.opened_on?).num_days());
        self.deals.iter().filter(won).filter_map(days).collect()
    }
}

async fn win_rates_are_what_a_fold_says(case: &Case) -> Held {
    let mut draws = Draws::new(5, drawn);
    while let Some(drawn) = draws.next() {
        let told = Told::of(case, &drawn).await?;
        let mut unit = case.read().await?;
        draws.judge(&drawn, told.win_rates(&mut *unit).await);
    }
    draws.verdict()
}

impl Told {
    async fn win_rates(&self, unit: &mut (dyn ReadUnit + '_)) -> Held {
        let eur = "EUR".parse()?;
        let bands = SizeBands::new(eur, vec![Decimal::from(50), Decimal::from(100)])?;
        let all = [
            GroupBy::Whole,
            GroupBy::Owner,
            GroupBy::Team,
            GroupBy::Product,
            GroupBy::Source,
            GroupBy::CustomerField(customer::INDUSTRY.spec()),
            GroupBy::Size(bands),
        ];
        for by in all {
            let lines = win_rates(unit, self.period, &by, &self.mine).await?;
            let mut counted = 0;
            for line in &lines {
                let industry = |o: &Opportunity| match (&line.customer, &line.key) {
                    (Some(_), Some(key)) => {
                        let customers = self.house.customers();
                        let named = [("retail", customers[0]), ("books", customers[1])];
                        named.iter().any(|(name, id)| name == key && o.customer_id == Some(*id))
                    }
                    _ => true,
                };
                let holds = |o: &Opportunity| line.criteria.matches(o) && industry(o);
                let what = |status| format!("{status} by {by:?}: {:?}", line.key);
                for (status, found) in
                    [(OpportunityStatus::Won, &line.won), (OpportunityStatus::Lost, &line.lost)]
                {
                    same(&what(status), found, &self.decided(status, holds))?;
                    let listed = line.opportunities(status);
                    if line.customer.is_none() {
                        let listed = Read::<Opportunity>::count(unit, listed).await?;
                        same(&what(status), listed, found.count)?;
                    }
                }
                let decided = line.won.count + line.lost.count;
                counted += decided;
                let rate = Decimal::from(line.won.count).checked_div(decided.into());
                let near = |a: Option<Decimal>, b: Option<Decimal>| match (a, b) {
                    (Some(a), Some(b)) => (a - b).abs() < Decimal::new(1, 6),
                    (a, b) => a == b,
                };
                same(&format!("the rate by {by:?}"), near(line.rate, rate), true)?;
            }
            let all = self.decided(OpportunityStatus::Won, |_| true).count
                + self.decided(OpportunityStatus::Lost, |_| true).count;
            // In a tree some count more than once, and what has no amount is in no band.
            match by {
                GroupBy::Team | GroupBy::Size(_) => {}
                _ => same(&format!("all by {by:?}"), counted, all)?,
            }
        }
        let teams = win_rates(unit, self.period, &GroupBy::Team, &self.mine).await?;
        for (unit, staff) in
            self.house.units.iter().zip([&self.house.staff[..], &self.house.staff[1..]])
        {
            let key = unit.to_string();
            let line = teams.iter().find(|line| line.key.as_deref() == Some(key.as_str()));
            let theirs = |o: &Opportunity| o.owner_id.is_some_and(|owner| staff.contains(&owner));
            let expected = self.decided(OpportunityStatus::Won, theirs).count;
            same("a team with those below it", line.map_or(0, |line| line.won.count), expected)?;
        }
        Ok(())
    }
}

async fn leaderboards_and_velocity_are_what_a_fold_says(case: &Case) -> Held {
    let mut draws = Draws::new(8, drawn);
    while let Some(drawn) = draws.next() {
        let told = Told::of(case, &drawn).await?;
        let mut unit = case.read().await?;
        draws.judge(&drawn, told.boards(&mut *unit).await);
    }
    draws.verdict()
}

impl Told {
    async fn boards(&self, unit: &mut (dyn ReadUnit + '_)) -> Held {
        for by in [GroupBy::Whole, GroupBy::Owner, GroupBy::Team] {
            for row in leaderboard(unit, self.period, &by, &self.mine).await? {
                let holds = |o: &Opportunity| row.criteria.matches(o);
                let what = |what: &str| format!("{what} by {by:?} of {:?}", row.key);
                same(&what("won"), &row.won, &self.decided(OpportunityStatus::Won, holds))?;
                same(&what("lost"), &row.lost, &self.decided(OpportunityStatus::Lost, holds))?;
                same(&what("open"), &row.open, &self.open(holds))?;
                let cycles = self.cycles(holds);
                let found = row.cycle.as_ref().map(|days| (days.count, days.total));
                let sum = cycles.iter().sum::<i64>();
                let expected = (!cycles.is_empty()).then_some((cycles.len() as u64, sum));
                same(&what("cycles"), found, expected)?;
            }
        }
        let found = velocity(unit, self.period, &GroupBy::Whole, &self.mine).await?;
        let [line] = found.as_slice() else { return Err(Failure::new("not one line")) };
        let (won, lost) = (
            self.decided(OpportunityStatus::Won, |_| true),
            self.decided(OpportunityStatus::Lost, |_| true),
        );
        let worked = won.count + lost.count + self.open(|_| true).count;
        same("how many were worked on", line.opportunities, worked)?;
        let cycles = self.cycles(|_| true);
        let days = cycles.iter().sum::<i64>();
        let mut expected: BTreeMap<Currency, Decimal> = BTreeMap::new();
        if won.count > 0 && days != 0 {
            for (currency, amount) in &won.amounts {
                // n × (amount ÷ won) × (won ÷ decided) ÷ (days ÷ cycles)
                let per_day = Decimal::from(worked) * *amount * Decimal::from(cycles.len())
                    / (Decimal::from(won.count + lost.count) * Decimal::from(days));
                expected.insert(*currency, per_day);
            }
        }
        same("in which currencies", line.per_day.len(), expected.len())?;
        for (currency, amount) in &line.per_day {
            let off = expected.get(currency).map(|exact| (*exact - *amount).abs());
            same("near enough", off.is_some_and(|off| off <= Decimal::new(5, 5)), true)?;
        }
        Ok(())
    }
}

async fn closes_slip_as_the_moves_say(case: &Case) -> Held {
    let mut draws = Draws::new(8, drawn);
    while let Some(drawn) = draws.next() {
        let told = Told::of(case, &drawn).await?;
        let mut unit = case.read().await?;
        draws.judge(&drawn, told.slips(&mut *unit).await);
    }
    draws.verdict()
}

impl Told {
    async fn slips(&self, unit: &mut (dyn ReadUnit + '_)) -> Held {
        let (begins, ends) = (self.period.begins(), self.period.ends());
        let moves = || self.deals.iter().flat_map(|deal| &deal.moves);
        let days = |step: &StageMove| {
            let open = step.from_status == Some(OpportunityStatus::Open);
            let within = begins <= step.moved_at && step.moved_at < ends;
            let both = step.expected_close_before.zip(step.expected_close_after);
            both.filter(|_| open && within).map(|(from, to)| (to - from).num_days())
        };
        for by in SlippageBy::ALL {
            let lines = slippage(unit, self.period, *by, &self.mine).await?;
            for line in &lines {
                let theirs = |step: &&StageMove| {
                    let key = match by {
                        SlippageBy::Whole => None,
                        SlippageBy::Owner => step.owner_before.map(|id| id.to_string()),
                        SlippageBy::Stage => step.from_stage.clone(),
                    };
                    key == line.key
                };
                let later = || moves().filter(theirs).filter(|step| days(step) > Some(0));
                let of: BTreeSet<_> = later().map(|step| step.opportunity_id).collect();
                let total: i64 = later().filter_map(days).sum();
                let what = format!("by {by} of {:?}", line.key);
                let found = line.slipped.as_ref().map_or((0, 0), |days| (days.count, days.total));
                same(&what, found, (later().count() as u64, total))?;
                same(&what, line.opportunities, of.len() as u64)?;
                let pairs = Pairs::by(&stage_move::OPPORTUNITY_ID).naming(line.moves.clone());
                let listed = unit.count_named(pairs.named(line.whose.clone())).await?;
                same(&what, listed, line.opportunities)?;
                let earlier =
                    moves().filter(theirs).filter(|step| days(step).is_some_and(|d| d < 0));
                let ahead = line.brought_forward.as_ref().map_or(0, |days| days.count);
                same(&what, ahead, earlier.count() as u64)?;
            }
            let all: u64 = lines.iter().filter_map(|line| Some(line.slipped.as_ref()?.count)).sum();
            let expected = moves().filter(|step| days(step) > Some(0)).count();
            same("in all lines", all, expected as u64)?;
        }
        Ok(())
    }
}

fn total(amounts: impl Iterator<Item = Option<crate::kernel::Money>>) -> Total {
    let mut total = Total::default();
    for amount in amounts {
        total.count += 1;
        if let Some(money) = amount {
            let sum = total.amounts.entry(money.currency()).or_default();
            *sum = (*sum + money.amount()).normalize();
        }
    }
    total
}
