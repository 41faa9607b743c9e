//! The figures of people that move with every decision, as the store has them.

use std::collections::HashMap;

use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;

use crate::{
    kernel::{Criteria, Currency, Field, Id, Money, Result, Sum, Sums, Timestamp, Value},
    opportunity::{self, Opportunity, OpportunityStatus},
    owner_change::{self, OwnerChange},
    staff_member::StaffMember,
    store::{Insights, ReadUnit, every},
    target::{self, Target},
};

use super::{
    Assigned, Candidate, Deal, Load, Roster, Wins,
    house::{AT_ONCE, House},
};

type PerPerson = HashMap<Id<StaffMember>, u64>;

impl<E: Assigned> House<E> {
    /// Everybody with the figures that rules ask for, as they are now. What nobody asks for stays unknown.
    pub(super) async fn roster(&self, unit: &mut (dyn ReadUnit + '_)) -> Result<Roster> {
        let mut people = self.people.clone();
        let of = |asked: &dyn Fn(&Candidate) -> bool| -> Vec<_> {
            people.iter().filter(|one| asked(one)).map(|one| one.staff).collect()
        };
        let limited = |load: Load| load.most.is_some_and(|most| most > 0);
        let open = of(&|one| self.asked.all_loads || limited(one.open));
        let (today, week) = (of(&|one| limited(one.today)), of(&|one| limited(one.week)));
        let open = open_by_owner::<E>(unit, &open).await?;
        let today = given_since(unit, &today, start_of(self.day)).await?;
        let into_week = Days::new(self.day.weekday().num_days_from_monday().into());
        let monday = self.day.checked_sub_days(into_week).unwrap_or(self.day);
        let week = given_since(unit, &week, start_of(monday)).await?;
        let mut quotas = HashMap::new();
        if self.asked.quota {
            quotas = quotas_left(unit, self.day).await?;
        }
        let known = |counts: &PerPerson, staff| {
            let count = counts.get(&staff).copied().unwrap_or_default();
            Some(u32::try_from(count).unwrap_or(u32::MAX))
        };
        for one in &mut people {
            if self.asked.all_loads || limited(one.open) {
                one.open.has = known(&open, one.staff);
            }
            if limited(one.today) {
                one.today.has = known(&today, one.staff);
            }
            if limited(one.week) {
                one.week.has = known(&week, one.staff);
            }
            one.quota_left = quotas.get(&one.staff).copied();
        }
        Ok(Roster::new(people)?.with_names(self.names.clone()))
    }
}

/// In UTC.
fn start_of(day: NaiveDate) -> Timestamp {
    Timestamp::start_of(day).unwrap_or(Timestamp::MIN)
}

/// How many open records these people have.
pub(super) async fn open_by_owner<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    people: &[Id<StaffMember>],
) -> Result<PerPerson> {
    let mut all = PerPerson::new();
    for some in people.chunks(AT_ONCE) {
        let theirs = E::owner_field().one_of(some.iter().copied()).and(E::open());
        let sums = Sums::count().by(E::owner_field()).matching(theirs);
        all.extend(E::counted(unit, sums).await?.iter().filter_map(per_person));
    }
    Ok(all)
}

/// How many records these people were given from an instant on, of whatever kind and by whatever verb.
async fn given_since(
    unit: &mut (dyn ReadUnit + '_),
    people: &[Id<StaffMember>],
    since: Timestamp,
) -> Result<PerPerson> {
    let mut all = PerPerson::new();
    for some in people.chunks(AT_ONCE) {
        let given = owner_change::OWNER_AFTER.one_of(some.iter().copied());
        let given = given.and(owner_change::CHANGED_AT.at_least(since));
        let sums = Sums::count().by(&owner_change::OWNER_AFTER).matching(given);
        let sums = Insights::<OwnerChange>::sums(unit, sums).await?;
        all.extend(sums.iter().filter_map(per_person));
    }
    Ok(all)
}

/// How such deals of these people ended.
pub(super) async fn wins_by_owner(
    unit: &mut (dyn ReadUnit + '_),
    people: &[Id<StaffMember>],
    such: Deal,
) -> Result<HashMap<Id<StaffMember>, Wins>> {
    let mut all: HashMap<_, Wins> = HashMap::new();
    for some in people.chunks(AT_ONCE) {
        let decided = opportunity::OWNER_ID
            .one_of(some.iter().copied())
            .and(opportunity::STATUS.ne(OpportunityStatus::Open))
            .and(such.criteria());
        let by = &opportunity::OWNER_ID;
        let won = decided.clone().and(opportunity::STATUS.eq(OpportunityStatus::Won));
        for (criteria, is_won) in [(decided, false), (won, true)] {
            let sums = Sums::<Opportunity>::count().by(by).matching(criteria);
            let sums = Insights::<Opportunity>::sums(unit, sums).await?;
            for (staff, count) in sums.iter().filter_map(per_person) {
                let wins = all.entry(staff).or_default();
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                *(if is_won { &mut wins.won } else { &mut wins.decided }) = count;
            }
        }
    }
    Ok(all)
}

/// What is left of everybody's quota: their own target of everything for the shortest period that a day is in, without what
/// they won in that period and without all that they have open, in the currency of the target. Opportunities count whole for
/// their owner.
async fn quotas_left(
    unit: &mut (dyn ReadUnit + '_),
    day: NaiveDate,
) -> Result<HashMap<Id<StaffMember>, Money>> {
    let mut targets: HashMap<Id<StaffMember>, Target> = HashMap::new();
    let personal = target::STAFF_ID
        .is_present()
        .and(target::START.at_most(day))
        .and(target::PRODUCT_ID.is_empty())
        .and(target::PIPELINE_ID.is_empty());
    let mut all = Vec::new();
    every::<Target, _>(unit, personal.query(), |one| {
        all.push(one.into_inner());
        Ok(())
    })
    .await?;
    for one in all {
        let Some(staff) = one.staff_id.filter(|_| one.period().is_ok_and(|p| p.contains(day)))
        else {
            continue;
        };
        let known = targets.get(&staff);
        if known.is_none_or(|known| one.length.months() < known.length.months()) {
            targets.insert(staff, one);
        }
    }
    let mut left: HashMap<Id<StaffMember>, Money> = HashMap::new();
    let mut periods: HashMap<_, Vec<Id<StaffMember>>> = HashMap::new();
    for (staff, target) in &targets {
        left.insert(*staff, target.amount);
        periods.entry(target.period()?).or_default().push(*staff);
    }
    for (period, mut people) in periods {
        people.sort_unstable();
        let won = opportunity::STATUS
            .eq(OpportunityStatus::Won)
            .and(opportunity::CLOSED_ON.at_least(period.start()))
            .and(opportunity::CLOSED_ON.at_most(period.last_day()));
        let counts = won.or(opportunity::STATUS.eq(OpportunityStatus::Open));
        for some in people.chunks(AT_ONCE) {
            let theirs = opportunity::OWNER_ID.one_of(some.iter().copied());
            for (staff, currency, amount) in
                amounts(unit, &opportunity::OWNER_ID, theirs.and(counts.clone())).await?
            {
                if let Some(one) = left.get_mut(&staff)
                    && one.currency() == currency
                    && let Ok(amount) = Money::new(amount, currency)
                {
                    *one = one.minus(amount).unwrap_or(*one);
                }
            }
        }
    }
    Ok(left)
}

/// What opportunities are worth, for each owner and currency.
pub(super) async fn amounts(
    unit: &mut (dyn ReadUnit + '_),
    by: &'static Field<Opportunity, Id<StaffMember>>,
    criteria: Criteria<Opportunity>,
) -> Result<Vec<(Id<StaffMember>, Currency, Decimal)>> {
    let sums = Sums::of(&opportunity::AMOUNT).by(by).matching(criteria);
    let sums = Insights::<Opportunity>::sums(unit, sums).await?;
    let of = |sum: Sum| Some((per_person(&sum)?.0, sum.currency?, sum.amount));
    Ok(sums.into_iter().filter_map(of).collect())
}

/// Whose a sum is.
fn per_person(sum: &Sum) -> Option<(Id<StaffMember>, u64)> {
    match sum.key.first() {
        Some(Value::Uuid(id)) => Some((Id::new(*id), sum.count)),
        _ => None,
    }
}
