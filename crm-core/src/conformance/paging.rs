use std::cmp::Ordering;

use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Cursor, Entity, ErrorKind, Id, MAX_LIMIT, OrderBy, Query, Stored},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    each::{Kept, Readable},
    law::Law,
    questions::{ordered_fields, some_of},
    random::Draws,
    sample::{Extreme, Make},
    setting::Setting,
    world::world,
};

use proptest::{collection::vec, prelude::any, strategy::Strategy};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each_that_is_read![
        lists_come_in_the_one_order,
        every_page_size_gives_the_same_list,
        a_cursor_of_another_list_is_invalid
    ];
    list.extend(laws_of_each![pages_stay_right_while_others_insert]);
    list.extend(laws![
        text_is_ordered_by_code_point,
        empty_fields_come_first_and_last_when_descending,
        amounts_are_ordered_by_currency_and_then_by_size
    ]);
    list
}

async fn lists_come_in_the_one_order<E: Readable>(case: &Case) -> Held {
    let data = world::<E>(case, 40).await?;
    let fields = ordered_fields::<E>();
    // First each field alone, up and down.
    for field in &fields {
        for descending in [false, true] {
            ordered(case, &data, &[(field.name, descending)], 10_000).await?;
        }
    }
    // Then several, in pages of any size.
    let mut draws = Draws::new(60, move || {
        (some_of(&fields, 3), vec(any::<bool>(), 3), 1..60_u32)
            .prop_map(|(fields, down, limit)| {
                let order: Vec<_> = fields.iter().map(|f| f.name).zip(down).collect();
                (order, limit)
            })
            .boxed()
    });
    while let Some(drawn) = draws.next() {
        let held = ordered(case, &data, &drawn.0, drawn.1).await;
        draws.judge(&drawn, held);
    }
    draws.verdict()
}

async fn every_page_size_gives_the_same_list<E: Readable>(case: &Case) -> Held {
    let data = world::<E>(case, 10).await?;
    let all = data.len() as u32;
    let last = ordered_fields::<E>().last().map_or("id", |field| field.name);
    for size in 1..=all + 1 {
        ordered(case, &data, &[(last, size % 2 == 0)], size).await?;
        ordered(case, &data, &[], size).await?;
    }
    let mut unit = case.read().await?;
    let whole = E::in_read(&mut *unit).find(Query::all().limit(all)).await?;
    same("what comes after a page with all of them", whole.next, None)
}

async fn pages_stay_right_while_others_insert<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Random);
    let mut known: Vec<Id<E>> = Vec::new();
    let mut seen: Vec<Id<E>> = Vec::new();
    let mut after = None;
    let field = ordered_fields::<E>()[1.min(E::FIELDS.len() - 1)].name;
    for round in 0.. {
        // Ids do not come in order: some of these stand before the place, some after it.
        let added = (0..6).map(|_| E::sample(&mut make)).collect::<Held<Vec<E>>>()?;
        if round == 0 {
            known = added.iter().map(Entity::id).collect();
        }
        if round < 4 {
            let mut work = case.begin().await?;
            E::in_work(&mut *work).insert_all(added).await?;
            work.commit().await?;
        }
        let mut unit = case.read().await?;
        let query = query::<E>(&[(field, true)], 2).after(after);
        let page = E::in_read(&mut *unit).find(query).await?;
        seen.extend(page.items.iter().map(|item| item.id()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for id in known {
        let times = seen.iter().filter(|s| **s == id).count();
        same("how often a record was seen that was there all the time", times, 1)?;
    }
    let many = seen.len();
    seen.sort_unstable();
    seen.dedup();
    same("how many records were seen, each once", many, seen.len())
}

async fn a_cursor_of_another_list_is_invalid<E: Readable>(case: &Case) -> Held {
    world::<E>(case, 3).await?;
    let name = E::FIELDS.last().map_or("id", |field| field.name);
    let first = {
        let mut unit = case.read().await?;
        E::in_read(&mut *unit).find(query::<E>(&[], 1)).await?.next
    };
    let strange = Cursor::new("bm90IGEgY3Vyc29y");
    let wrong: Vec<(&str, Query<E>)> = vec![
        ("a cursor in another direction", query::<E>(&[("id", true)], 1).after(first.clone())),
        ("a cursor of another order", query::<E>(&[(name, false)], 1).after(first)),
        ("no cursor at all", query::<E>(&[], 1).after(Some(Cursor::new("")))),
        ("a cursor of something else", query::<E>(&[], 1).after(Some(strange))),
        ("a page of nothing", query::<E>(&[], 0)),
        ("a page that is too long", query::<E>(&[], MAX_LIMIT + 1)),
    ];
    for (what, query) in wrong {
        // Some fields have no order: that is refused as well, and rightly.
        let mut unit = case.read().await?;
        fails(what, E::in_read(&mut *unit).find(query).await, ErrorKind::Invalid)?;
    }
    Ok(())
}

async fn text_is_ordered_by_code_point(case: &Case) -> Held {
    let names = [
        "!",
        "10",
        "9",
        "A",
        "AB",
        "Aa",
        "B",
        "Z",
        "_",
        "a",
        "a ",
        "aB",
        "e\u{301}",
        "z",
        "ß",
        "é",
        "я",
        "中",
        "\u{E000}",
        "\u{FFFD}",
        "\u{FFFF}",
        "\u{10000}",
        "😀",
    ];
    let mut work = case.begin().await?;
    for name in names.iter().rev() {
        work.insert(Customer::new(case.id(), CustomerKind::Person, *name)).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let page = unit.find(Query::<Customer>::all().order_by(&customer::NAME)).await?;
    let found: Vec<_> = page.items.iter().map(|c| c.name.as_str()).collect();
    same("the order of texts", found.as_slice(), names.as_slice())?;
    for (i, name) in names.iter().enumerate() {
        let below = unit.count(customer::NAME.below(*name)).await?;
        same(&format!("texts below {name:?}"), below, i as u64)?;
    }
    Ok(())
}

async fn empty_fields_come_first_and_last_when_descending(case: &Case) -> Held {
    let mut work = case.begin().await?;
    for employees in [Some(2), None, Some(0), None, Some(1)] {
        let mut new = Customer::new(case.id(), CustomerKind::Person, "x");
        new.employees = employees;
        new.industry = employees.map(|n| n.to_string());
        work.insert(new).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let up = [None, None, Some(0), Some(1), Some(2)];
    let mut down = up;
    down.reverse();
    for (query, expected) in [
        (Query::all().order_by(&customer::EMPLOYEES), up),
        (Query::all().descending(&customer::EMPLOYEES), down),
        (Query::all().order_by(&customer::INDUSTRY), up),
        (Query::all().descending(&customer::INDUSTRY), down),
    ] {
        let found: Vec<_> = unit.find(query).await?.items.iter().map(|c| c.employees).collect();
        same("the order of numbers and nothing", found.as_slice(), expected.as_slice())?;
    }
    Ok(())
}

async fn amounts_are_ordered_by_currency_and_then_by_size(case: &Case) -> Held {
    let order = ["", "-9 CNY", "100 CNY", "0.0001 EUR", "2 EUR", "-1 USD", "0 USD", "1.5 USD"];
    let mut work = case.begin().await?;
    for amount in order.iter().rev() {
        let mut new = Customer::new(case.id(), CustomerKind::Person, format!("{amount}."));
        new.yearly_revenue = if amount.is_empty() { None } else { Some(amount.parse()?) };
        work.insert(new).await?;
    }
    work.commit().await?;
    let mut unit = case.read().await?;
    let mut found: Vec<String> = Vec::new();
    let mut after = None;
    loop {
        let query = Query::all().order_by(&customer::YEARLY_REVENUE).limit(1).after(after);
        let page = unit.find(query).await?;
        found.extend(page.items.iter().map(|c| c.name.trim_end_matches('.').to_owned()));
        after = page.next;
        if after.is_none() {
            return same("the order of amounts", found, order.map(str::to_owned).to_vec());
        }
    }
}

/// Whether the pages of an order are the sorted data.
async fn ordered<E: Readable>(case: &Case, data: &[E], by: &[(&str, bool)], limit: u32) -> Held {
    let rules = query::<E>(by, limit);
    let mut unit = case.read().await?;
    let mut found: Vec<Stored<E>> = Vec::new();
    let mut after = None;
    loop {
        let page = E::in_read(&mut *unit).find(query(by, limit).after(after)).await?;
        claim(page.items.len() <= limit as usize, "a page is longer than its limit")?;
        let end = page.next.is_none() || page.items.is_empty();
        found.extend(page.items);
        after = page.next;
        if end || found.len() > data.len() {
            break;
        }
    }
    let mut expected: Vec<&E> = data.iter().collect();
    expected.sort_by(|a, b| rules.compare(a, b));
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let field = |e: &E| by.first().map(|(name, _)| value(e, name));
        let what = format!(
            "by {by:?} in pages of {limit}, place {at}: expected {:?} {}, found {:?} {}",
            field(expected),
            expected.id(),
            field(found),
            found.id()
        );
        claim(rules.compare(found, expected) == Ordering::Equal, what)?;
    }
    same(&format!("by {by:?} in pages of {limit}, how many"), found.len(), expected.len())
}

fn value<E: Entity>(entity: &E, name: &str) -> String {
    let field = E::FIELDS.iter().find(|field| field.name == name);
    field.map_or_else(String::new, |field| format!("{:?}", (field.get)(entity)))
}

fn query<E: Entity>(by: &[(&str, bool)], limit: u32) -> Query<E> {
    let mut query = Query::all().limit(limit);
    for (name, descending) in by {
        let field = E::FIELDS.iter().find(|field| field.name == *name);
        query.order.extend(field.map(|field| OrderBy { field, descending: *descending }));
    }
    query
}
