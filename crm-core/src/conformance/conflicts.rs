//! Several open opportunities with one customer for the same product: all owners know, and the house has a list.

use chrono::{Offset, Utc};

use crate::{
    customer::MergeCommand,
    kernel::{Id, Timestamp},
    opportunity::{
        ConflictPage, Line, Lines, Opportunity, OpportunityStatus, Overlap, Shared, conflicts,
        conflicts_of,
    },
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    store::{Read, expect},
    task::{self, Task},
    workday::{WorkKind, workday},
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    law::Law,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        two_prices_for_one_product,
        a_conflict_is_one_customer_and_one_product,
        what_is_closed_or_another_product_is_no_conflict,
        products_of_lines_and_of_a_category_overlap,
        customers_that_were_merged_are_one_in_conflicts,
        owners_are_warned_once,
        conflicts_come_page_by_page
    ]
}

/// Scenario 10: a customer got two quotations from two salespeople.
async fn two_prices_for_one_product(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [anna, bob] = named(case, &setting).await?;
    let deal = |name: &str, owner| deal(case, &setting, name, Some(owner));
    let mut work = case.begin().await?;
    let mut first = deal("300 atlases", anna)?;
    first.opened_on = Some(day("2017-01-01")?);
    let first = work.opportunities().open(first).await?;
    same("nobody else", work.opportunities().conflicts(first.id).await?, Vec::new())?;
    work.commit().await?;

    let mut work = case.begin().await?;
    let second = deal("atlases for the school", bob)?;
    let opened = work.opportunities().open(second.clone()).await?;
    let told = work.opportunities().conflicts(opened.id).await?;
    work.commit().await?;
    same("what Bob is told", told.len(), 1)?;
    let there: Vec<_> =
        told[0].rivals.iter().map(|one| (one.opportunity_id, one.owner_id)).collect();
    same("who is there", there, vec![(first.id, Some(anna)), (opened.id, Some(bob))])?;
    same("over what", &told[0].shared, &Shared::Product(setting.products[0]))?;

    // Both find it on their list of the day, once, also when the request is sent again.
    let mut work = case.begin().await?;
    work.opportunities().open(second).await?;
    let today = work.now().date();
    work.commit().await?;
    let mut unit = case.read().await?;
    for (who, own, other) in
        [(anna, first.id, "Bob: atlases for the school"), (bob, opened.id, "Anna: 300 atlases")]
    {
        let items = workday(&mut *unit, who, today, Utc.fix(), 50).await?;
        let warned: Vec<_> = items.iter().filter(|item| item.kind() == WorkKind::Task).collect();
        same("warnings", warned.len(), 1)?;
        let (name, what) = other.split_once(": ").unwrap_or_default();
        claim(warned[0].what.contains(name) && warned[0].what.contains(what), &*warned[0].what)?;
        same("about their own", warned[0].opportunity_id, Some(own))?;
        same("of the customer", warned[0].customer_id, Some(setting.customers[0]))?;
    }
    // And the manager on the list of the house.
    let all = conflicts(&mut *unit, None, 10).await?;
    same("the list", &all.conflicts, &told)
}

async fn a_conflict_is_one_customer_and_one_product(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [one, two] = setting.staff;
    let opened = |name: &str, owner, on: &str| -> Held<Opportunity> {
        let mut deal = deal(case, &setting, name, Some(owner))?;
        deal.opened_on = Some(day(on)?);
        deal.amount = "100 EUR".parse().ok();
        Ok(deal)
    };
    let mut work = case.begin().await?;
    for (name, owner, on) in
        [("c", one, "2017-03-01"), ("a", two, "2017-01-01"), ("b", one, "2017-02-01")]
    {
        work.opportunities().open(opened(name, owner, on)?).await?;
    }
    // One of another customer, and one of nobody.
    let mut other = opened("d", two, "2017-01-01")?;
    other.customer_id = Some(setting.customers[1]);
    work.opportunities().open(other).await?;
    let mut nobodys = opened("e", two, "2017-01-01")?;
    nobodys.customer_id = None;
    work.opportunities().open(nobodys).await?;
    let found = conflicts(&mut *work, None, 10).await?.conflicts;
    same("how many", found.len(), 1)?;
    same("whose", found[0].customer_id, setting.customers[0])?;
    let names: Vec<_> = found[0].rivals.iter().map(|one| one.name.as_str()).collect();
    same("the first before the others", names, vec!["a", "b", "c"])?;
    same("since the second", found[0].since, Timestamp::start_of(day("2017-02-01")?)?)?;
    same("the amount", found[0].rivals[0].amount, "100 EUR".parse().ok())
}

async fn what_is_closed_or_another_product_is_no_conflict(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [one, two] = setting.staff;
    let mut work = case.begin().await?;
    let first = work.opportunities().open(deal(case, &setting, "first", Some(one))?).await?.id;
    let mut other = deal(case, &setting, "other", Some(two))?;
    other.product_id = Some(setting.products[1]);
    let other = work.opportunities().open(other).await?.id;
    let mut without = deal(case, &setting, "without", Some(two))?;
    without.product_id = None;
    work.opportunities().open(without).await?;
    let found = |page: ConflictPage| page.conflicts.len();
    same("another product", found(conflicts(&mut *work, None, 10).await?), 0)?;
    // A revision makes it one; the end of one of them ends it; reopened, it is one again.
    let product = setting.products[0];
    work.opportunities().revise(other, None, |o| o.product_id = Some(product)).await?;
    same("revised", found(conflicts(&mut *work, None, 10).await?), 1)?;
    same("warned by the revision", tasks(&mut *work).await?.len(), 2)?;
    let today = work.now().date();
    work.opportunities().lose(first, today, None, None).await?;
    same("lost", found(conflicts(&mut *work, None, 10).await?), 0)?;
    let stored = expect(&mut *work, first).await?;
    same("none of a lost one", conflicts_of(&mut *work, &stored).await?, Vec::new())?;
    work.opportunities().reopen(first, "engaging", None).await?;
    same("reopened", found(conflicts(&mut *work, None, 10).await?), 1)?;
    same("warned once", tasks(&mut *work).await?.len(), 2)?;
    let third = StaffMember::new(case.id(), "Third");
    let third = work.insert(third).await?.id;
    work.opportunities().reassign(first, Some(third), crate::ownership::Why::default()).await?;
    // The other one was told of this opportunity already.
    let told = tasks(&mut *work).await?;
    same("warned after it was given away", told.len(), 3)?;
    claim(told.iter().any(|task| task.owner_id == Some(third)), "the new owner is told")
}

async fn products_of_lines_and_of_a_category_overlap(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let [book, map] = setting.products;
    let deal = |name: &str, own: Option<Id<Product>>, line: Option<Id<Product>>, who| -> Held<_> {
        let mut deal = deal(case, &setting, name, Some(who))?;
        deal.product_id = own;
        if let Some(product) = line {
            let mut line = Line::new("so many", 2.into(), "5 EUR".parse()?);
            line.product_id = Some(product);
            deal.lines = Lines(vec![line.clone(), line]);
        }
        Ok(deal)
    };
    let [one, two] = setting.staff;
    work.opportunities().open(deal("of its own", Some(book), None, one)?).await?;
    work.opportunities().open(deal("of a line", Some(map), Some(book), two)?).await?;
    let found = conflicts(&mut *work, None, 10).await?.conflicts;
    same("over the book of a line", found.len(), 1)?;
    same("over what", &found[0].shared, &Shared::Product(book))?;

    let atlas = Product { category: Some("Maps".into()), ..Product::new(case.id(), "Atlas") };
    let globe = Product { category: Some("Maps".into()), ..Product::new(case.id(), "Globe") };
    let (atlas, globe) = (work.insert(atlas).await?.id, work.insert(globe).await?.id);
    let mut third = deal("atlases", Some(atlas), None, one)?;
    third.customer_id = Some(setting.customers[1]);
    let mut fourth = deal("globes", Some(globe), Some(atlas), two)?;
    fourth.lines = Lines::default();
    fourth.customer_id = Some(setting.customers[1]);
    work.opportunities().open(third).await?;
    work.opportunities().open(fourth).await?;
    same("of one category", conflicts(&mut *work, None, 10).await?.conflicts.len(), 1)?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.settings().change(|rules| rules.conflicts = Overlap::Category).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let found = conflicts(&mut *unit, None, 10).await?.conflicts;
    let mut shared: Vec<_> = found.iter().map(|one| one.shared.clone()).collect();
    shared.sort();
    same("by category", shared, vec![Shared::Product(book), Shared::Category("Maps".into())])
}

async fn customers_that_were_merged_are_one_in_conflicts(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [one, two] = setting.staff;
    let [acme, other] = [case.id(), case.id()];
    let mut work = case.begin().await?;
    for id in [acme, other] {
        let kind = crate::customer::CustomerKind::Organisation;
        work.insert(crate::customer::Customer::new(id, kind, "Acme")).await?;
    }
    let of = |name: &str, customer, owner| -> Held<Opportunity> {
        let mut deal = deal(case, &setting, name, Some(owner))?;
        deal.customer_id = Some(customer);
        Ok(deal)
    };
    work.opportunities().open(of("at Acme", acme, one)?).await?;
    work.opportunities().open(of("at the other", other, two)?).await?;
    same("two customers", conflicts(&mut *work, None, 10).await?.conflicts.len(), 0)?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), acme, vec![other])).await?;
    let found = conflicts(&mut *work, None, 10).await?.conflicts;
    same("one customer", found.iter().map(|one| one.customer_id).collect::<Vec<_>>(), vec![acme])?;
    // What came to lie under the old id, past the verbs, counts too.
    let third = of("under the old id", other, one)?;
    let third = work.insert(third).await?;
    let found = conflicts(&mut *work, None, 10).await?.conflicts;
    same("three of them", found.first().map(|one| one.rivals.len()), Some(3))?;
    same("how many", found.len(), 1)?;
    let of_it = conflicts_of(&mut *work, &third).await?;
    same("the same of one of them", of_it, found)
}

async fn owners_are_warned_once(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let [one, two] = setting.staff;
    let mut work = case.begin().await?;
    // Not by the verbs: nobody is warned.
    for (name, owner) in
        [("one's", Some(one)), ("two's", Some(two)), ("nobody's", None), ("also one's", Some(one))]
    {
        work.insert(deal(case, &setting, name, owner)?).await?;
    }
    same("an import warns nobody", tasks(&mut *work).await?.len(), 0)?;
    let found = conflicts(&mut *work, None, 10).await?.conflicts;
    same("conflicts", found.len(), 1)?;
    let told = work.opportunities().warn(&found[0]).await?;
    // one's-two's: both; one's-nobody's: one; two's-nobody's: two; also one's: the same with two's and nobody's.
    same("how many", told.len(), 2 + 1 + 1 + 2 + 1)?;
    let first = told[0].id;
    work.tasks().complete(first, None).await?;
    same("told again", work.opportunities().warn(&found[0]).await?.len(), 0)?;
    work.commit().await?;
    let mut work = case.begin().await?;
    same("told in another unit", work.opportunities().warn(&found[0]).await?.len(), 0)?;
    claim(told.iter().all(|task| task.due.is_some()), "each has a day")
}

async fn conflicts_come_page_by_page(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut customers = Vec::new();
    for at in 0..7 {
        let id = case.id();
        let kind = crate::customer::CustomerKind::Organisation;
        work.insert(crate::customer::Customer::new(id, kind, format!("Customer {at}"))).await?;
        customers.push(id);
        for name in ["first", "second"] {
            let mut deal = deal(case, &setting, name, None)?;
            deal.customer_id = Some(id);
            work.insert(deal).await?;
        }
    }
    customers.sort();
    let (mut found, mut after) = (Vec::new(), None);
    for page in 0..4 {
        let next = conflicts(&mut *work, after, 2).await?;
        same("of a page", next.conflicts.len(), if page == 3 { 1 } else { 2 })?;
        found.extend(next.conflicts.iter().map(|one| one.customer_id));
        after = next.next;
        same("whether there is another", after.is_some(), page < 3)?;
    }
    same("all of them, in order", found, customers)
}

/// An opportunity with the first customer for the first product.
fn deal(
    case: &Case,
    setting: &Setting,
    name: &str,
    owner: Option<Id<StaffMember>>,
) -> Held<Opportunity> {
    let pipeline: &Pipeline = &setting.pipeline;
    let mut deal = Opportunity::open(case.id(), name, pipeline)?;
    same("its status", deal.state().status(), OpportunityStatus::Open)?;
    deal.customer_id = Some(setting.customers[0]);
    deal.product_id = Some(setting.products[0]);
    deal.owner_id = owner;
    Ok(deal)
}

async fn named(case: &Case, setting: &Setting) -> Held<[Id<StaffMember>; 2]> {
    let mut work = case.begin().await?;
    for (id, name) in setting.staff.into_iter().zip(["Anna", "Bob"]) {
        let one = expect(&mut *work, id).await?;
        work.update(one.edit(|one| one.name = name.into())).await?;
    }
    work.commit().await?;
    Ok(setting.staff)
}

async fn tasks(unit: &mut (dyn crate::store::UnitOfWork + '_)) -> Held<Vec<Task>> {
    let page = Read::<Task>::find(unit, task::open().query().limit(1_000)).await?;
    Ok(page.items.into_iter().map(crate::kernel::Stored::into_inner).collect())
}
