use std::collections::BTreeMap;

use crate::{
    Result,
    customer::{Customer, Survivors},
    interaction::{self, Channel, Interaction, InteractionStatus},
    kernel::{Criteria, Cursor, Id, Page, Sums, Timestamp, Value},
    store::{Insights, Read, ReadUnit},
    task::{self, Task, TaskStatus},
};

use super::{Effort, Period};

/// Of so many customers interactions and tasks are counted at once.
const AT_ONCE: u32 = 1_000;

/// What it took to serve every customer in a period, to `each`: in the order of customers; whoever took nothing is left
/// out. Counted are interactions that are closed by now, on the day (UTC) they happened, and those tasks that are done, on
/// the day (UTC) they were, and are tasks after the sale by these criteria. What lies under a customer that was merged counts for the
/// survivor. Some customers at a time are in memory.
///
/// # Errors
/// Whatever the store or `each` answers.
pub async fn effort(
    unit: &mut (dyn ReadUnit + '_),
    period: Period,
    after_sales: Option<&Criteria<Task>>,
    mut each: impl FnMut(Id<Customer>, Effort) -> Result<()> + Send,
) -> Result<()> {
    let survivors = Survivors::read(unit).await?;
    let mut pass = EffortPass::start(unit, period, after_sales, &survivors).await?;
    while let Some(page) = pass.next(unit).await? {
        page.found.into_iter().try_for_each(|(id, effort)| each(id, effort))?;
    }
    Ok(())
}

/// Goes through what it took to serve all customers, some at a time, in the order of their ids.
pub(super) struct EffortPass<'s> {
    survivors: &'s Survivors,
    /// None when all was given.
    counted: Option<Counted>,
    after: Option<Cursor>,
    /// Of survivors, what lies under those who were merged into them.
    aside: Found,
}

/// What it took to serve those customers up to one that come after those of the page before.
pub(super) struct Efforts {
    /// Up to whom; up to the last without it.
    pub(super) upto: Option<Id<Customer>>,
    pub(super) found: Found,
}

impl<'s> EffortPass<'s> {
    pub(super) async fn start(
        unit: &mut (dyn ReadUnit + '_),
        period: Period,
        after_sales: Option<&Criteria<Task>>,
        survivors: &'s Survivors,
    ) -> Result<Self> {
        let counted = Counted::of(&period, after_sales);
        let mut aside = Found::new();
        if let Some(counted) = &counted {
            for some in survivors.merged().chunks(AT_ONCE as usize) {
                counted.count(unit, some, |id| survivors.of(id), &mut aside).await?;
            }
        }
        Ok(Self { survivors, counted, after: None, aside })
    }

    /// The next customers; none at the end.
    pub(super) async fn next(&mut self, unit: &mut (dyn ReadUnit + '_)) -> Result<Option<Efforts>> {
        let Some(counted) = &self.counted else { return Ok(None) };
        let query = Criteria::<Customer>::everything().query().limit(AT_ONCE);
        let page: Page<Customer> = Read::find(unit, query.after(self.after.take())).await?;
        let upto = page.items.last().map(|one| one.id).filter(|_| page.next.is_some());
        let ids = page.items.iter().map(|one| one.id);
        let ids: Vec<_> = ids.filter(|id| !self.survivors.was_merged(*id)).collect();
        let mut found = Found::new();
        for id in &ids {
            found.extend(self.aside.remove(id).map(|effort| (*id, effort)));
        }
        counted.count(unit, &ids, |id| id, &mut found).await?;
        self.after = page.next;
        if self.after.is_none() {
            self.counted = None;
        }
        Ok(Some(Efforts { upto, found }))
    }
}

pub(super) type Found = BTreeMap<Id<Customer>, Effort>;

/// What is counted.
struct Counted {
    interactions: Criteria<Interaction>,
    tasks: Option<Criteria<Task>>,
}

impl Counted {
    /// None in a period whose days no store knows.
    fn of(period: &Period, after_sales: Option<&Criteria<Task>>) -> Option<Self> {
        let (first, last) = period.stored_days()?;
        let (happened, since) = (&interaction::HAPPENED_AT, &task::SINCE);
        let mut interactions = interaction::STATUS.eq(InteractionStatus::Closed);
        let mut tasks =
            after_sales.map(|which| task::STATUS.eq(TaskStatus::Done).and(which.clone()));
        if let Some(first) = first.and_then(|day| Timestamp::start_of(day).ok()) {
            interactions = interactions.and(happened.at_least(first));
            tasks = tasks.map(|tasks| tasks.and(since.at_least(first)));
        }
        if let Some(end) = last.succ_opt().and_then(|day| Timestamp::start_of(day).ok()) {
            interactions = interactions.and(happened.below(end));
            tasks = tasks.map(|tasks| tasks.and(since.below(end)));
        }
        Some(Self { interactions, tasks })
    }

    /// Counts interactions of each length: their number times the length is how long they took.
    async fn count(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        customers: &[Id<Customer>],
        whose: impl Fn(Id<Customer>) -> Id<Customer> + Send,
        found: &mut Found,
    ) -> Result<()> {
        if customers.is_empty() {
            return Ok(());
        }
        let of_these = interaction::CUSTOMER_ID.one_of(customers.iter().copied());
        let sums = Sums::count()
            .by(&interaction::CUSTOMER_ID)
            .by(&interaction::CHANNEL)
            .by(&interaction::MINUTES)
            .matching(of_these.and(self.interactions.clone()));
        for sum in Insights::<Interaction>::sums(unit, sums).await? {
            let [Value::Uuid(id), Value::Text(channel), minutes] = &*sum.key else { continue };
            let Ok(channel) = channel.parse::<Channel>() else { continue };
            let effort = found.entry(whose(Id::new(*id))).or_default();
            *effort.interactions.entry(channel).or_default() += sum.count;
            match minutes {
                Value::Integer(minutes) => {
                    let took =
                        u64::try_from(*minutes).unwrap_or_default().saturating_mul(sum.count);
                    effort.minutes = effort.minutes.saturating_add(took);
                }
                _ => effort.without_minutes += sum.count,
            }
        }
        let Some(tasks) = self.tasks.clone() else { return Ok(()) };
        let of_these = task::CUSTOMER_ID.one_of(customers.iter().copied());
        let sums = Sums::count().by(&task::CUSTOMER_ID).matching(of_these.and(tasks));
        for sum in Insights::<Task>::sums(unit, sums).await? {
            let [Value::Uuid(id)] = &*sum.key else { continue };
            found.entry(whose(Id::new(*id))).or_default().after_sales_tasks += sum.count;
        }
        Ok(())
    }
}
