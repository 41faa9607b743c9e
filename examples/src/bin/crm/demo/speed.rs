use std::time::{Duration, Instant};

use crm_core::{
    Result,
    customer::{self, Customer},
    duplicate,
    interaction::{Channel, Direction, Interaction},
    kernel::{Id, Scope},
    search::search,
    store::{Append, Store},
    task::Task,
};
use serde::Serialize;

use crate::{failure::Failure, output::Out};

use super::{
    house::{House, days_ago, morning},
    questions::{candidates, records, texts},
};

/// The longest story a customer of the sample has.
const EVENTS: u32 = 10_000;
/// So many searches of each sort, so many candidates of each.
const EACH: usize = 20;
/// So often the first page of a timeline is read.
const PAGES: usize = 200;

/// How long a question takes to answer.
#[derive(Debug, Serialize)]
pub(super) struct Answered {
    /// What was asked.
    question: String,
    /// How often.
    asked: usize,
    /// Half of the answers took no longer.
    median_ms: f64,
    /// 95 in a hundred took no longer.
    p95_ms: f64,
    /// None took longer.
    most_ms: f64,
}

/// Writes a long story for one customer, then asks what people ask all day: a timeline, a search,
/// whether somebody is there already.
pub(super) async fn measure(
    store: &dyn Store,
    scope: &Scope,
    house: &House,
    seed: u64,
) -> Result<Vec<Answered>> {
    let (busy, events) = tell_much(store, scope, house).await?;
    let mut timelines = Vec::with_capacity(PAGES);
    for _ in 0..PAGES {
        let began = Instant::now();
        let mut unit = store.read(scope.clone()).await?;
        customer::timeline(&mut *unit, busy, &[], None, 50).await?;
        drop(unit);
        timelines.push(began.elapsed());
    }
    let there = house.count.customers;
    let every = (there / 2_000).max(1);
    let sample: Vec<_> =
        records(seed).take(there).step_by(every).map(super::questions::customer).collect();
    let mut searches = Vec::new();
    for (_, text) in texts(&sample, EACH) {
        let began = Instant::now();
        let mut unit = store.read(scope.clone()).await?;
        search(&mut *unit, &text, 20).await?;
        drop(unit);
        searches.push(began.elapsed());
    }
    let (again, new) = candidates(seed, there, EACH * 2);
    let mut checks = Vec::new();
    for candidate in again.iter().chain(&new) {
        let began = Instant::now();
        let mut unit = store.read(scope.clone()).await?;
        duplicate::find(&mut *unit, candidate).await?;
        drop(unit);
        checks.push(began.elapsed());
    }
    let timeline = format!("newest 50 of a customer's {events} events");
    Ok(vec![
        Answered::of(timeline, timelines),
        Answered::of("search: words, beginnings, phone digits, e-mail, 中文".to_owned(), searches),
        Answered::of("is a new customer there already?".to_owned(), checks),
    ])
}

/// As a small table.
pub(super) fn show(answered: &[Answered], out: Out) -> std::result::Result<(), Failure> {
    let rows = answered.iter().map(|one| {
        let figures = [one.median_ms, one.p95_ms, one.most_ms];
        let figures = figures.map(|ms| format!("{ms:.2}"));
        [vec![one.question.clone(), one.asked.to_string()], figures.to_vec()].concat()
    });
    out.table(&["question", "asked", "median, ms", "95 %, ms", "most, ms"], 1, rows)
}

impl Answered {
    fn of(question: String, mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |share: usize| {
            let at = (times.len() * share).div_ceil(100).saturating_sub(1);
            let taken = times.get(at).copied().unwrap_or_default();
            (taken.as_secs_f64() * 1e6).round() / 1e3
        };
        let (median_ms, p95_ms, most_ms) = (at(50), at(95), at(100));
        Self { question, asked: times.len(), median_ms, p95_ms, most_ms }
    }
}

/// Interactions, and a task in ten; in a small house fewer.
async fn tell_much(store: &dyn Store, scope: &Scope, house: &House) -> Result<(Id<Customer>, u32)> {
    let customers = u32::try_from(house.count.customers).unwrap_or(u32::MAX);
    let events = EVENTS.min(customers.saturating_mul(5));
    let mut work = store.begin(scope.clone()).await?;
    let (mut interactions, mut tasks) = (Vec::new(), Vec::new());
    for n in 0..events {
        let at = morning(days_ago(u64::from(n) / 5))?;
        if n % 10 == 0 {
            let mut task = Task::new(Id::new(work.next_id()), "Send the new price list", at);
            task.customer_id = Some(house.first);
            tasks.push(task);
        } else {
            let id = Id::new(work.next_id());
            let phone = (Channel::Phone, Direction::Outbound);
            let mut call = Interaction::new(id, house.first, phone.0, phone.1, at);
            call.subject = Some("the standing order".to_owned());
            call.outcome = Some("as last week".to_owned());
            interactions.push(call.close(at, &scope.actor)?);
        }
    }
    Append::<Interaction>::insert_all(&mut *work, interactions).await?;
    Append::<Task>::insert_all(&mut *work, tasks).await?;
    work.commit().await?;
    Ok((house.first, events))
}
