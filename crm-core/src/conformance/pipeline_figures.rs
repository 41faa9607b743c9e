//! What was decided in a period, by whom and of what; what slipped; what was open. Each figure is what a fold over the
//! moves says, and lists exactly its opportunities.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::{
    customer,
    kernel::{Currency, Money},
    opportunity::OpportunityStatus,
    pipeline_report::{
        DaySummary, GroupBy, Listed, PeriodQuestion, SizeBands, SlippageBy, coverage, leaderboard,
        slippage, stuck, velocity, win_rates,
    },
    stage_move::StageMove,
    store::ReadUnit,
};

use super::{
    case::Case,
    claim::{Failure, Held, same},
    figures_told::{Counted, Stood, Told, drawn, listed, lists, open},
    histories::Deal,
    law::Law,
    random::Draws,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        win_rates_are_what_a_fold_says,
        leaderboards_are_what_a_fold_says,
        velocity_is_what_a_fold_says,
        closes_slip_as_the_moves_say,
        what_was_open_covers_and_rots_as_a_fold_says
    ]
}

macro_rules! judged {
    ($law:ident, $draws:literal, $judge:ident) => {
        async fn $law(case: &Case) -> Held {
            let mut draws = Draws::new($draws, drawn);
            while let Some(drawn) = draws.next() {
                let told = Told::of(case, &drawn).await?;
                let mut unit = case.read().await?;
                let mut held = Ok(());
                for question in &told.questions {
                    held = held.and(told.$judge(&mut *unit, question).await);
                }
                draws.judge(&drawn, held);
            }
            draws.verdict()
        }
    };
}
judged!(win_rates_are_what_a_fold_says, 5, win_rates);
judged!(leaderboards_are_what_a_fold_says, 6, boards);
judged!(velocity_is_what_a_fold_says, 6, velocity);
judged!(closes_slip_as_the_moves_say, 6, slips);
judged!(what_was_open_covers_and_rots_as_a_fold_says, 6, covers);

type Rows = BTreeMap<Option<String>, Counted>;
const WON: OpportunityStatus = OpportunityStatus::Won;
const LOST: OpportunityStatus = OpportunityStatus::Lost;

fn of<'r>(rows: &'r Rows, key: &Option<String>) -> &'r Counted {
    static NOTHING: Counted = Counted::new();
    rows.get(key).unwrap_or(&NOTHING)
}

impl Told {
    async fn win_rates(&self, unit: &mut (dyn ReadUnit + '_), question: &PeriodQuestion) -> Held {
        let bands = SizeBands::new(Currency::EUR, vec![Decimal::from(50), Decimal::from(100)])?;
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
            let won = self.counted(question, (&by, false), Self::decided(question, WON))?;
            let lost = self.counted(question, (&by, false), Self::decided(question, LOST))?;
            let mut keys = BTreeSet::new();
            for (at, line) in win_rates(unit, question, &by).await?.iter().enumerate() {
                let band = matches!(by, GroupBy::Size(_)).then(|| at.to_string());
                let key = band.or_else(|| line.key.clone());
                let what = |what| format!("{what} by {by:?} of {key:?} as of {}", question.as_of);
                let (won, lost) = (of(&won, &key), of(&lost, &key));
                lists(unit, &what("won"), (&line.won, &line.won.query), won).await?;
                lists(unit, &what("lost"), (&line.lost, &line.lost.query), lost).await?;
                let decided = won.len() + lost.len();
                let rate = Decimal::from(won.len()).checked_div(decided.into());
                let near = |a: Option<Decimal>, b: Option<Decimal>| match (a, b) {
                    (Some(a), Some(b)) => (a - b).abs() < Decimal::new(1, 6),
                    (a, b) => a == b,
                };
                same(&what("the rate"), near(line.rate, rate), true)?;
                keys.insert(key);
            }
            let missed = won.keys().chain(lost.keys()).find(|key| !keys.contains(*key));
            same(&format!("a line that is not there by {by:?}"), missed, None)?;
        }
        Ok(())
    }

    async fn boards(&self, unit: &mut (dyn ReadUnit + '_), question: &PeriodQuestion) -> Held {
        for by in [GroupBy::Whole, GroupBy::Owner, GroupBy::Team] {
            let asked = (&by, true);
            let won = self.counted(question, asked, Self::decided(question, WON))?;
            let lost = self.counted(question, asked, Self::decided(question, LOST))?;
            let opened = self.counted(question, asked, open)?;
            let rows = leaderboard(unit, question, &by).await?;
            for row in &rows {
                let what =
                    |what| format!("{what} by {by:?} of {:?} as of {}", row.key, question.as_of);
                let theirs = of(&won, &row.key);
                lists(unit, &what("won"), (&row.won, &row.won.query), theirs).await?;
                lists(unit, &what("lost"), (&row.lost, &row.lost.query), of(&lost, &row.key))
                    .await?;
                lists(unit, &what("open"), (&row.open, &row.open.query), of(&opened, &row.key))
                    .await?;
                self.cycles(unit, &what("cycles"), question, row.cycle.as_ref(), theirs).await?;
            }
            let told: BTreeSet<_> = rows.iter().map(|row| row.key.clone()).collect();
            let all = won.keys().chain(lost.keys()).chain(opened.keys()).cloned().collect();
            same(&format!("the lines by {by:?}"), told, all)?;
        }
        Ok(())
    }

    /// How long these took that were won.
    async fn cycles(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        what: &str,
        question: &PeriodQuestion,
        found: Option<&Listed<DaySummary>>,
        won: &Counted,
    ) -> Held {
        let mut days = Vec::new();
        let mut began = Counted::new();
        for deal in self.deals.iter().filter(|deal| won.contains_key(&deal.now.id)) {
            let on = Self::stood(question, deal)?.and_then(|stood| stood.on);
            if let Some((on, opened)) = on.zip(deal.now.opened_on) {
                days.push((on - opened).num_days());
                began.extend(won.get_key_value(&deal.now.id));
            }
        }
        let expected = (!days.is_empty()).then(|| (days.len() as u64, days.iter().sum::<i64>()));
        same(what, found.map(|days| (days.count, days.total)), expected)?;
        match found {
            Some(found) => same(what, &listed(unit, &found.query).await?, &began),
            None => Ok(()),
        }
    }

    async fn velocity(&self, unit: &mut (dyn ReadUnit + '_), question: &PeriodQuestion) -> Held {
        for by in [GroupBy::Whole, GroupBy::Owner, GroupBy::Team] {
            let asked = (&by, false);
            let won = self.counted(question, asked, Self::decided(question, WON))?;
            let lost = self.counted(question, asked, Self::decided(question, LOST))?;
            let opened = self.counted(question, asked, open)?;
            for line in velocity(unit, question, &by).await? {
                let what =
                    |what| format!("{what} by {by:?} of {:?} as of {}", line.key, question.as_of);
                let [won, lost, open] = [&won, &lost, &opened].map(|rows| of(rows, &line.key));
                lists(unit, &what("won"), (&line.won, &line.won.query), won).await?;
                lists(unit, &what("lost"), (&line.lost, &line.lost.query), lost).await?;
                lists(unit, &what("open"), (&line.open, &line.open.query), open).await?;
                self.cycles(unit, &what("cycles"), question, line.cycle.as_ref(), won).await?;
                let worked: Counted =
                    [won, lost, open].into_iter().flatten().map(|(id, sum)| (*id, *sum)).collect();
                same(&what("worked on"), line.opportunities, worked.len() as u64)?;
                same(&what("worked on"), &listed(unit, &line.worked_on()).await?, &worked)?;
                let cycle = line.cycle.as_ref().filter(|days| days.total > 0);
                let decided = Decimal::from(won.len() + lost.len());
                let mut expected: BTreeMap<Currency, Decimal> = BTreeMap::new();
                for (currency, amount) in cycle.iter().flat_map(|_| &line.won.amounts) {
                    // n × (amount ÷ won) × (won ÷ decided) ÷ (days ÷ cycles)
                    let cycle = cycle.map_or((0, 0), |days| (days.count, days.total));
                    let per_day = Decimal::from(worked.len()) * *amount * Decimal::from(cycle.0)
                        / (decided * Decimal::from(cycle.1));
                    expected.insert(*currency, per_day);
                }
                same(&what("in which currencies"), line.per_day.len(), expected.len())?;
                for (currency, amount) in &line.per_day {
                    let off = expected.get(currency).map(|exact| (*exact - *amount).abs());
                    same(&what("near"), off.is_some_and(|off| off <= Decimal::new(5, 5)), true)?;
                }
            }
        }
        Ok(())
    }

    async fn slips(&self, unit: &mut (dyn ReadUnit + '_), question: &PeriodQuestion) -> Held {
        let (begins, ends) = (question.period.begins(), question.period.ends());
        let moves = || self.deals.iter().flat_map(|deal| &deal.moves);
        let days = |step: &StageMove| {
            let open = step.from_status == Some(OpportunityStatus::Open);
            let within = begins <= step.moved_at && step.moved_at < ends;
            let seen = step.moved_at.date() <= question.as_of;
            let both = step.expected_close_before.zip(step.expected_close_after);
            both.filter(|_| open && within && seen).map(|(from, to)| (to - from).num_days())
        };
        for by in SlippageBy::ALL {
            let lines = slippage(unit, question, *by).await?;
            for line in &lines {
                let theirs = |step: &&StageMove| {
                    let key = match by {
                        SlippageBy::Whole => None,
                        SlippageBy::Owner => step.owner_before.map(|id| id.to_string()),
                        SlippageBy::Stage => step.from_stage.clone(),
                    };
                    key == line.key
                };
                for (what, way, shifts) in
                    [("later", 1, &line.slipped), ("earlier", -1, &line.brought_forward)]
                {
                    let what = format!("{what} by {by} of {:?}", line.key);
                    let steps = moves().filter(theirs).filter_map(|step| Some((step, days(step)?)));
                    let steps: Vec<_> = steps.filter(|(_, days)| days.signum() == way).collect();
                    let total: i64 = steps.iter().map(|(_, days)| days.abs()).sum();
                    let found =
                        shifts.days.as_ref().map_or((0, 0), |days| (days.count, days.total));
                    same(&what, found, (steps.len() as u64, total))?;
                    let these: BTreeSet<_> =
                        steps.iter().map(|(step, _)| step.opportunity_id).collect();
                    same(&what, shifts.opportunities, these.len() as u64)?;
                    let listed = listed(unit, &shifts.query).await?;
                    same(&what, listed.into_keys().collect::<BTreeSet<_>>(), these)?;
                }
            }
            for way in [1, -1] {
                let told = lines.iter().map(|line| {
                    let shifts = if way > 0 { &line.slipped } else { &line.brought_forward };
                    shifts.times()
                });
                let moved = |step: &&StageMove| days(step).is_some_and(|d| d.signum() == way);
                same("in all lines", told.sum::<u64>(), moves().filter(moved).count() as u64)?;
            }
        }
        Ok(())
    }

    async fn covers(&self, unit: &mut (dyn ReadUnit + '_), question: &PeriodQuestion) -> Held {
        let all = (&GroupBy::Whole, false);
        let (from, to) = (question.period.from(), question.period.to());
        let to_close = |deal: &Deal, stood: &Stood| {
            let within = stood.expected_close.is_some_and(|on| from <= on && on < to);
            open(deal, stood) && within
        };
        let won = self.counted(question, all, Self::decided(question, WON))?;
        let to_close = self.counted(question, all, to_close)?;
        let target: Money = "1000 EUR".parse()?;
        let found = coverage(unit, question, target).await?;
        let what = |what| format!("{what} as of {}", question.as_of);
        lists(unit, &what("won"), (&found.won, &found.won.query), of(&won, &None)).await?;
        lists(unit, &what("open"), (&found.open, &found.open.query), of(&to_close, &None)).await?;
        let left = target.amount() - found.won.amount(Currency::EUR);
        same(&what("left"), found.left.amount(), left.max(Decimal::ZERO))?;

        let opened = self.counted(question, all, open)?;
        let (as_of, utc) = (question.as_of, question.period.utc_offset());
        let found = stuck(unit, as_of, utc, &question.filter, 10_000).await?;
        lists(unit, &what("stood open"), (&found.open, &found.open.query), of(&opened, &None))
            .await?;
        // Nobody has a next step.
        same(&what("do not move"), &found.stuck, &found.open.figure)?;
        for item in &found.items {
            let deal = self.deals.iter().find(|deal| deal.now.id == item.opportunity.id);
            let deal = deal.ok_or_else(|| Failure::new("nobody has it"))?;
            let seen = crate::kernel::Timestamp::start_of(as_of + chrono::Days::new(1))?;
            let last = deal.last_before(seen).ok_or_else(|| Failure::new("it was not there"))?;
            let until = || deal.moves.iter().filter(|step| step.number <= last.number);
            let entered = until().rfind(|step| Deal::enters(step));
            let stood = &item.stood;
            same(&what("its stage"), &stood.stage, &last.to_stage)?;
            same(&what("its owner"), stood.owner_id, last.owner_after)?;
            same(&what("its close"), stood.expected_close, last.expected_close_after)?;
            same(&what("since when"), stood.stage_since, entered.map(|step| step.moved_at))?;
            same(&what("its last move"), stood.moved_at, until().map(|step| step.moved_at).max())?;
        }
        Ok(())
    }
}
