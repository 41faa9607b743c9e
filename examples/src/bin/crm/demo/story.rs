use std::{sync::Arc, time::Instant};

use crm_core::{
    Result,
    customer::{self, Customer},
    interaction::{self, Interaction, InteractionStatus},
    kernel::{Entity, Id, Scope},
    opportunity,
    store::{ReadUnit, Repository, Store, expect, find_one},
};

use crate::{
    db::Opened,
    failure::Failure,
    find, funnel,
    output::{Out, counted, grouped, wrapped},
    timeline, value,
};

use super::{
    claim,
    house::House,
    rollback::{self, Seen},
    speed,
};

/// Tells it, chapter after chapter.
pub(super) async fn tell(
    opened: &Opened,
    scope: &Scope,
    house: &House,
    (seconds, seed): (f64, u64),
    kept: bool,
    out: Out,
) -> Result<(), Failure> {
    who(house, seconds, out)?;
    let store = &opened.store();

    let began = Instant::now();
    let mut unit = store.read(scope.clone()).await?;
    let seen = opportunity::funnel(&mut *unit, house.pipeline.id).await?;
    let title = format!("The funnel, added up in {}", took(began));
    chapter(&title, out)?;
    funnel::show(&seen, out)?;

    let began = Instant::now();
    let told = value::revenue(&mut *unit, 5).await?;
    let title = format!("Who brings the money: every customer classed in {}", took(began));
    chapter(&title, out)?;
    let ids = told.best.iter().map(|line| line.customer_id);
    let names = find::customers(&mut *unit, ids).await?;
    value::show(&told, &names, out)?;
    if let Some(best) = told.best.first() {
        best_customer(&mut *unit, best.customer_id, out).await?;
    }
    drop(unit);

    let claimed = rivals(store, scope, house, out).await?;
    if let Some(customer) = claimed {
        rollback(opened, scope, house, customer, out).await?;
    }
    final_word(&**store, scope, out).await?;
    if let Some(customer) = claimed {
        let mut unit = store.read(scope.clone()).await?;
        what_was_kept(&mut *unit, customer, out).await?;
    }
    let answered = speed::measure(&**store, scope, house, seed).await?;
    let title =
        format!("How fast {} answer", counted(house.count.customers, "customer", "customers"));
    chapter(&title, out)?;
    speed::show(&answered, out)?;
    chapter("Now you", out)?;
    if kept {
        out.line("Add the same --db and --tenant to: crm funnel, crm value --by revenue, crm list customers")
    } else {
        out.line("The file is gone again. `crm --db sqlite:house.db demo` keeps one; then try, with the same --db:")?;
        out.line("  crm funnel        crm value --by won        crm changes        crm list customers --json")
    }
}

fn who(house: &House, seconds: f64, out: Out) -> Result<(), Failure> {
    let count = &house.count;
    let total = count.total();
    chapter("A house that sells tills, software and service", out)?;
    let there = format!(
        "{} with {}, {} that took {}, {} and {}; {} in {} look after them.",
        counted(count.customers, "customer", "customers"),
        counted(count.contacts, "contact", "contacts"),
        counted(count.opportunities, "opportunity", "opportunities"),
        counted(count.steps, "step", "steps"),
        counted(count.interactions, "interaction", "interactions"),
        counted(count.transactions, "transaction", "transactions"),
        counted(house.company.staff.len(), "person", "people"),
        counted(house.company.units.len(), "unit", "units"),
    );
    out.line(wrapped(&there, 98))?;
    let rate = if seconds > 0.0 { total as f64 / seconds } else { 0.0 };
    out.line(format!(
        "{} records written in {seconds:.2} s, {} a second, each with its entry in the change log.",
        grouped(total),
        grouped(rate as u64)
    ))
}

async fn best_customer(
    unit: &mut dyn ReadUnit,
    best: Id<Customer>,
    out: Out,
) -> Result<(), Failure> {
    let customer = expect::<Customer, _>(unit, best).await?.into_inner();
    chapter(&format!("The best customer: {}", customer.name), out)?;
    let entries = customer::timeline(unit, best, &[], None, 12).await?;
    timeline::show(unit, &entries, out).await
}

async fn rivals(
    store: &Arc<dyn Store>,
    scope: &Scope,
    house: &House,
    out: Out,
) -> Result<Option<Id<Customer>>, Failure> {
    let [first, second, ..] = house.company.sellers() else { return Ok(None) };
    let raced = claim::race(store, scope, [first, second]).await?;
    let Some((customer, told)) = raced else { return Ok(None) };
    chapter("Two colleagues take the same free customer at the same moment", out)?;
    out.line(format!(
        "{} belongs to nobody. {} and {} both take it:",
        customer.name, first.name, second.name
    ))?;
    for line in told {
        out.line(format!("  {}", wrapped(&line, 94).replace('\n', "\n    ")))?;
    }
    Ok(Some(customer.id))
}

async fn rollback(
    opened: &Opened,
    scope: &Scope,
    house: &House,
    customer: Id<Customer>,
    out: Out,
) -> Result<(), Failure> {
    let seen = rollback::rolled_back(opened, scope, customer, &house.pipeline).await?;
    chapter("The host rolls its own transaction back", out)?;
    let Seen { before, within, after } = seen;
    let ours = |n| counted(n, "opportunity", "opportunities");
    out.line(format!(
        "Before: {}, {} in the host's own table, {} in the change log.",
        ours(before.opportunities),
        counted(before.orders, "row", "rows"),
        counted(before.log, "entry", "entries"),
    ))?;
    out.line(format!(
        "The host begins a transaction, writes a row of its own, and lets the library join: one more\n\
         opportunity is opened, advanced and won. Within: {}, {}, {} about it.",
        ours(within.opportunities),
        counted(within.orders, "row", "rows"),
        counted(within.log, "entry", "entries"),
    ))?;
    let left = if after == before {
        "Nothing is left, not even in the change log."
    } else {
        "Somebody else wrote meanwhile."
    };
    out.line(format!(
        "ROLLBACK: {}, {}, {}. {left}",
        ours(after.opportunities),
        counted(after.orders, "row", "rows"),
        counted(after.log, "entry", "entries"),
    ))
}

async fn final_word(store: &dyn Store, scope: &Scope, out: Out) -> Result<(), Failure> {
    let closed = {
        let mut unit = store.read(scope.clone()).await?;
        find_one(&mut *unit, interaction::STATUS.eq(InteractionStatus::Closed)).await?
    };
    let Some(closed) = closed else { return Ok(()) };
    chapter("Somebody rewrites a closed interaction", out)?;
    let mut work = store.begin(scope.clone()).await?;
    let edited = closed.edit(|one| one.outcome = Some("we never said that".to_owned()));
    match Repository::<Interaction>::update(&mut *work, edited).await {
        Ok(_) => out.line("It was changed."),
        Err(refused) => out.line(wrapped(&refused.to_string(), 98)),
    }
}

async fn what_was_kept(
    unit: &mut dyn ReadUnit,
    customer: Id<Customer>,
    out: Out,
) -> Result<(), Failure> {
    chapter("What the change log kept of the customer that two wanted", out)?;
    for change in unit.history(Customer::KIND, customer.uuid(), 0, 10).await? {
        let text = timeline::change_in_words(&change);
        out.line(wrapped(&format!("Version {}, {text}.", change.version), 98))?;
    }
    Ok(())
}

fn chapter(title: &str, out: Out) -> Result<(), Failure> {
    let rest = 96_usize.saturating_sub(title.chars().count());
    out.line(format!("\n── {title} {}", "─".repeat(rest)))
}

fn took(began: Instant) -> String {
    let seconds = began.elapsed().as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1_000.0) } else { format!("{seconds:.1} s") }
}
