//! How opportunities stood when a day was over, by their moves: what figures of a period must follow from.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{FixedOffset, NaiveDate};
use proptest::{
    prelude::any,
    strategy::{BoxedStrategy, Strategy},
};
use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{Id, Money, Timestamp},
    opportunity::{self, Opportunity, OpportunityStatus, Split, Splits},
    pipeline_report::{GroupBy, ListQuery, Period, PeriodQuestion, Total},
    store::{ReadUnit, expect},
};

use super::{
    case::Case,
    claim::{Failure, Held, same},
    histories::{BEGIN, Deal, House, Turn, histories},
    scenarios::customer,
};

/// Histories, from which day on and for how many is asked, as of how many days after the first one.
pub(super) type Drawn = (Vec<Vec<Turn>>, u8, u8, u8);

pub(super) fn drawn() -> BoxedStrategy<Drawn> {
    (histories(), any::<u8>(), 1..120_u8, 0..100_u8).boxed()
}

/// Histories in a tenant of their own, and what is asked of them.
pub(super) struct Told {
    pub(super) house: House,
    pub(super) deals: Vec<Deal>,
    /// As of the end of a period, of a day before or after it, and of a day that is to come.
    pub(super) questions: Vec<PeriodQuestion>,
    /// Has no industry.
    plain: Id<Customer>,
}

/// The opportunities of a figure, with how much each counts.
pub(super) type Counted = BTreeMap<Id<Opportunity>, Option<Money>>;

/// How an opportunity stood.
#[derive(Clone, Copy)]
pub(super) struct Stood {
    pub(super) status: OpportunityStatus,
    /// When it was decided.
    pub(super) on: Option<NaiveDate>,
    pub(super) amount: Option<Money>,
    pub(super) expected_close: Option<NaiveDate>,
}

impl Told {
    /// Every fourth one is shared, every fifth is with a customer without an industry, and some of nobody.
    pub(super) async fn of(case: &Case, (turns, from, days, later): &Drawn) -> Held<Self> {
        let mut work = case.begin().await?;
        let house = House::furnish(case, &mut *work).await?;
        let mut deals = house.deals(case, &mut *work, turns).await?;
        let plain = work.insert(customer(case, "plain")).await?.id;
        let share =
            |at: usize, percent: i64| Split { staff_id: house.staff[at], percent: percent.into() };
        for (at, deal) in deals.iter_mut().enumerate() {
            let won = deal.now.state().status() == OpportunityStatus::Won;
            let edit = |o: &mut Opportunity| {
                if at % 4 == 1 {
                    o.splits = Splits(vec![share(0, 60), share(1, 40)]);
                }
                match at % 5 {
                    2 => o.customer_id = Some(plain),
                    3 if !won => o.customer_id = None,
                    _ => {}
                }
            };
            let stored = expect(&mut *work, deal.now.id).await?;
            deal.now = work.update(stored.edit(edit)).await?.into_inner();
        }
        work.commit().await?;
        let utc = FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no such offset"))?;
        let from = BEGIN.parse::<Timestamp>()?.date() + chrono::Days::new(u64::from(*from) / 4);
        let period = Period::new(from, from + chrono::Days::new(u64::from(*days)), utc)?;
        // There are those of other draws.
        let mine = opportunity::ID.one_of(deals.iter().map(|deal| deal.now.id));
        let question = PeriodQuestion::new(period).filter(mine);
        let questions = vec![
            question.clone(),
            question.clone().as_of(from + chrono::Days::new(u64::from(*later))),
            question.as_of("2999-12-31".parse()?),
        ];
        Ok(Self { house, deals, questions, plain })
    }

    /// By the definition: a decision of now counts from its day on, of all else the moves tell.
    pub(super) fn stood(question: &PeriodQuestion, deal: &Deal) -> Held<Option<Stood>> {
        let now = &deal.now;
        if let Some(on) = now.state().closed_on().filter(|on| *on <= question.as_of) {
            let (status, amount) = (now.state().status(), now.amount);
            let expected_close = now.expected_close;
            return Ok(Some(Stood { status, on: Some(on), amount, expected_close }));
        }
        let seen = Timestamp::start_of(question.as_of + chrono::Days::new(1))?;
        let Some(last) = deal.last_before(seen) else { return Ok(None) };
        let moved = deal.moves.last().is_some_and(|end| end.number > last.number);
        let mut entered = deal.moves.iter().filter(|step| step.number <= last.number);
        let entered = entered.rfind(|step| Deal::enters(step));
        let open = last.to_status == OpportunityStatus::Open;
        let stood = Stood {
            status: last.to_status,
            on: entered.filter(|_| !open).map(|step| step.moved_at.date()),
            amount: last.amount_after,
            expected_close: last.expected_close_after,
        };
        Ok((open || moved).then_some(stood))
    }

    /// The rows in which an opportunity counts, and with how many per cent.
    pub(super) fn rows(
        &self,
        by: &GroupBy,
        deal: &Opportunity,
        credit: bool,
    ) -> BTreeMap<Option<String>, Decimal> {
        let text = |id: Id<crate::org_unit::OrgUnit>| Some(id.to_string());
        let units = |owner: Option<Id<crate::staff_member::StaffMember>>| {
            let [above, below] = self.house.units;
            match owner {
                Some(one) if one == self.house.staff[0] => vec![text(above)],
                Some(_) => vec![text(above), text(below)],
                None => vec![None],
            }
        };
        let of = |owner: Option<Id<_>>| match by {
            GroupBy::Team => units(owner),
            _ => vec![owner.map(|id| id.to_string())],
        };
        let keys = match by {
            GroupBy::Owner | GroupBy::Team if credit && !deal.splits.0.is_empty() => {
                let mut rows = BTreeMap::new();
                for split in &deal.splits.0 {
                    for row in of(Some(split.staff_id)) {
                        *rows.entry(row).or_insert(Decimal::ZERO) += split.percent;
                    }
                }
                return rows;
            }
            GroupBy::Owner | GroupBy::Team => of(deal.owner_id),
            GroupBy::Product => vec![deal.product_id.map(|id| id.to_string())],
            GroupBy::Source => vec![deal.source.clone()],
            GroupBy::CustomerField(_) => vec![self.industry(deal)],
            GroupBy::Size(_) => band(deal.amount).into_iter().map(Some).collect(),
            GroupBy::Whole => vec![None],
        };
        keys.into_iter().map(|key| (key, Decimal::ONE_HUNDRED)).collect()
    }

    fn industry(&self, deal: &Opportunity) -> Option<String> {
        let customer = deal.customer_id.filter(|id| *id != self.plain)?;
        let retail = customer == self.house.customers()[0];
        Some(if retail { "retail" } else { "books" }.to_owned())
    }

    /// Of each row what counts in it: those that stood so.
    pub(super) fn counted(
        &self,
        question: &PeriodQuestion,
        (by, credit): (&GroupBy, bool),
        holds: impl Fn(&Deal, &Stood) -> bool,
    ) -> Held<BTreeMap<Option<String>, Counted>> {
        let mut all: BTreeMap<_, Counted> = BTreeMap::new();
        for deal in &self.deals {
            let Some(stood) = Self::stood(question, deal)?.filter(|stood| holds(deal, stood))
            else {
                continue;
            };
            for (row, percent) in self.rows(by, &deal.now, credit) {
                let part = |money: Money| {
                    let part = money.amount() * percent / Decimal::ONE_HUNDRED;
                    Money::new(part.round_dp(2), money.currency())
                };
                let amount = stood.amount.map(part).transpose()?;
                all.entry(row).or_default().insert(deal.now.id, amount);
            }
        }
        Ok(all)
    }

    /// What was decided in this way in the period.
    pub(super) fn decided(
        question: &PeriodQuestion,
        status: OpportunityStatus,
    ) -> impl Fn(&Deal, &Stood) -> bool {
        let (from, to) = (question.period.from(), question.period.to());
        move |_, stood| stood.status == status && stood.on.is_some_and(|on| from <= on && on < to)
    }
}

/// Three bands of euros, in their order.
pub(super) fn band(amount: Option<Money>) -> Option<String> {
    let amount = amount.filter(|money| money.currency() == crate::kernel::Currency::EUR)?.amount();
    let limits = [50, 100].map(Decimal::from);
    Some(limits.iter().filter(|limit| amount >= **limit).count().to_string())
}

pub(super) fn open(_: &Deal, stood: &Stood) -> bool {
    stood.status == OpportunityStatus::Open
}

/// A figure counts these, and its list has them, each once and with as much as it counts.
pub(super) async fn lists(
    unit: &mut (dyn ReadUnit + '_),
    what: &str,
    (figure, query): (&Total, &ListQuery),
    expected: &Counted,
) -> Held {
    same(what, figure, &total(expected.values().copied()))?;
    same(&format!("the list of {what}"), &listed(unit, query).await?, expected)
}

/// All that a list has, page by page.
pub(super) async fn listed(unit: &mut (dyn ReadUnit + '_), query: &ListQuery) -> Held<Counted> {
    let kept: ListQuery = serde_json::from_str(&serde_json::to_string(query)?)?;
    same("a question that was kept as text", &kept, query)?;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = query.page(unit, 4, after).await?;
        found.extend(page.items.iter().map(|item| (item.id(), item.amount)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let once: BTreeSet<_> = found.iter().map(|(id, _)| *id).collect();
    same("each is listed once", once.len(), found.len())?;
    Ok(found.into_iter().collect())
}

pub(super) fn total(amounts: impl Iterator<Item = Option<Money>>) -> Total {
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
