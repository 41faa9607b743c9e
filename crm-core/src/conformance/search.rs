use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    duplicate::find,
    kernel::{Address, AddressKind, ErrorKind},
    search::{HitRecord, search},
    store::{ReadUnit, expect},
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    corpus::{entries, queries},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        search_finds_the_same_in_every_store,
        search_finds_contacts_too,
        search_leaves_out_what_is_archived,
        what_is_archived_crowds_nobody_out_of_search,
        search_shows_the_best_of_very_many,
        who_is_called_just_so_stands_before_very_many,
        search_finds_the_towns_of_all_addresses,
        search_finds_nothing_of_another_tenant
    ]
}

async fn search_finds_the_same_in_every_store(case: &Case) -> Held {
    let customers: Vec<Customer> = entries().map(|entry| entry.customer(case.id())).collect();
    claim(customers.len() >= 300, "the corpus is large")?;
    let mut work = case.begin().await?;
    work.insert_all(customers).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (text, expected) in queries() {
        let found = names(&mut *unit, text).await?;
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        same(&format!("what {text:?} finds"), found.as_slice(), expected)?;
    }
    for (text, limit) in [("", 10), (" .,-", 10), ("x", 10), ("acme", 0), ("acme", 10_001)] {
        let answer = search(&mut *unit, text, limit).await;
        fails(&format!("to search for {text:?}, {limit}"), answer, ErrorKind::Invalid)?;
    }
    Ok(())
}

async fn search_finds_contacts_too(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let customer = work.insert(named(case, "Lakeside Library")).await?.id;
    let mut contact = Contact::new(case.id(), "Weï Jørgensen");
    contact.customer_id = Some(customer);
    contact.email = Some("wei@lakeside.example".into());
    let contact = work.insert(contact).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("by name", names(&mut *unit, "jorgensen wei").await?, vec!["Weï Jørgensen".to_owned()])?;
    same("by address", names(&mut *unit, "wei@lake").await?, vec!["Weï Jørgensen".to_owned()])?;
    drop(unit);
    let mut work = case.begin().await?;
    work.update(contact.edit(|c| c.name = "Wei Olsen".into())).await?;
    same("before it is committed", names(&mut *work, "jorgensen").await?.len(), 0)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("by the old name", names(&mut *unit, "jorgensen").await?.len(), 0)?;
    same("by the new name", names(&mut *unit, "olsen").await?, vec!["Wei Olsen".to_owned()])
}

async fn search_leaves_out_what_is_archived(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let stored = work.insert(named(case, "Old Harbour Press")).await?;
    work.insert(named(case, "New Harbour Press")).await?;
    let now = work.now();
    work.update(stored.edit(|c| c.archived_at = Some(now))).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("hits", names(&mut *unit, "harbour").await?, vec!["New Harbour Press".to_owned()])
}

async fn what_is_archived_crowds_nobody_out_of_search(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let now = work.now();
    let mut all: Vec<_> = (0..450).map(|n| named(case, &format!("Müller Old {n:03}"))).collect();
    all.iter_mut().for_each(|one| one.archived_at = Some(now));
    let back = all[7].id;
    all.push(named(case, "Müller Zoo"));
    work.insert_all(all).await?;
    let mut gone = Contact::new(case.id(), "Müller Gone");
    gone.archived_at = Some(now);
    work.insert(gone).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("hits", names(&mut *unit, "müller").await?, vec!["Müller Zoo".to_owned()])?;
    let twin = find(&mut *unit, &named(case, "Müller, Old 007")).await?;
    let known = twin.found.iter().any(|one| one.customer.id == back);
    claim(known, "it is known as a duplicate")?;
    drop(unit);
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, back).await?;
    work.update(stored.edit(|c| c.archived_at = None)).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("restored", names(&mut *unit, "müller old").await?, vec!["Müller Old 007".to_owned()])
}

async fn search_shows_the_best_of_very_many(case: &Case) -> Held {
    let mut all: Vec<_> = (0..900).map(|n| named(case, &format!("Common House {n:03}"))).collect();
    all.push(named(case, "House Common"));
    all.push(named(case, "Common House"));
    all.push(named(case, "Common Zebra House"));
    let mut work = case.begin().await?;
    work.insert_all(all).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let found = search(&mut *unit, "Common House", 20).await?;
    claim(found.more, "it says that there are more")?;
    same("how many", found.hits.len(), 20)?;
    let first = found.hits.first().map(|hit| name(&hit.record));
    same("the first", first.as_deref(), Some("Common House"))?;
    // The rarer word leads to it, wherever it stands.
    let rare = names(&mut *unit, "common house zebra").await?;
    same("with a rare word", rare, vec!["Common Zebra House".to_owned()])?;
    same("one of many", names(&mut *unit, "house 777").await?, vec!["Common House 777".to_owned()])
}

async fn who_is_called_just_so_stands_before_very_many(case: &Case) -> Held {
    let mut all: Vec<_> = (0..500).map(|n| named(case, &format!("Maria Anna {n:03}"))).collect();
    all.extend([named(case, "Anna Blumen"), named(case, "Ännä"), named(case, "北京安娜书店")]);
    all.extend((0..450).map(|n| named(case, &format!("上海北京书店 {n:03}"))));
    let mut gone = named(case, "Anna");
    gone.archived_at = Some("2017-12-31T08:00:00Z".parse()?);
    all.push(gone);
    let mut work = case.begin().await?;
    work.insert_all(all).await?;
    let people: Vec<_> = (0..450).map(|n| format!("Bob Anna {n:03}")).collect();
    let people = people.iter().map(String::as_str).chain(["Anna", "Anna-Lena Zu"]);
    let people = people.map(|name| Contact::new(case.id(), name)).collect::<Vec<_>>();
    work.insert_all(people).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (text, expected) in [
        ("anna", &["Anna", "Ännä", "Anna Blumen", "Anna-Lena Zu"][..]),
        ("ANNA.", &["Anna", "Ännä", "Anna Blumen", "Anna-Lena Zu"]),
        ("北京", &["北京安娜书店"]),
    ] {
        let found = search(&mut *unit, text, 10).await?;
        let mut first: Vec<_> = found.hits.iter().map(|hit| name(&hit.record)).collect();
        claim(found.more && first.len() == 10, "it says that there are more")?;
        first.truncate(expected.len());
        // Who is called just so is there twice, and stands by the id.
        first.iter_mut().take(2).for_each(|name| *name = name.replace('Ä', "A").replace('ä', "a"));
        let plain: Vec<_> =
            expected.iter().map(|name| name.replace('Ä', "A").replace('ä', "a")).collect();
        same(&format!("the first of {text:?}"), first, plain)?;
    }
    Ok(())
}

async fn search_finds_the_towns_of_all_addresses(case: &Case) -> Held {
    let mut firm = named(case, "Lakeside Library");
    firm.city = Some("Genf".into());
    let mut contact = Contact::new(case.id(), "Weï Jørgensen");
    for (kind, city) in [
        (AddressKind::Billing, "Zürich"),
        (AddressKind::Shipping, "上海"),
        (AddressKind::Other, ""),
    ] {
        let mut address = Address::new(kind);
        address.city = Some(city.into());
        firm.addresses.0.push(address.clone());
        contact.addresses.0.push(address);
    }
    firm.addresses.0.push(Address::new(AddressKind::Visiting));
    let mut work = case.begin().await?;
    let firm = work.insert(firm).await?;
    work.insert(contact).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for text in ["zurich", "上海"] {
        let both = vec!["Lakeside Library".to_owned(), "Weï Jørgensen".to_owned()];
        same(text, names(&mut *unit, text).await?, both)?;
    }
    same("of one", names(&mut *unit, "zurich genf").await?, vec!["Lakeside Library".to_owned()])?;
    drop(unit);
    let mut work = case.begin().await?;
    work.update(firm.edit(|c| c.addresses.0.clear())).await?;
    work.commit().await?;
    let left = names(&mut *case.read().await?, "zurich").await?;
    same("who is there still", left, vec!["Weï Jørgensen".to_owned()])
}

async fn search_finds_nothing_of_another_tenant(case: &Case) -> Held {
    for (house, name) in [(0, "Secret Garden"), (1, "Secret Service")] {
        let mut work = case.store().begin(case.scope(house, "anna")?).await?;
        work.insert(named(case, name)).await?;
        work.commit().await?;
    }
    for (house, name) in [(0, "Secret Garden"), (1, "Secret Service")] {
        let mut unit = case.store().read(case.scope(house, "anna")?).await?;
        same("hits", names(&mut *unit, "secret").await?, vec![name.to_owned()])?;
    }
    Ok(())
}

async fn names(unit: &mut (dyn ReadUnit + '_), text: &str) -> Held<Vec<String>> {
    let found = search(unit, text, 50).await?;
    claim(!found.more, format!("{text:?} finds more than are shown"))?;
    Ok(found.hits.iter().map(|hit| name(&hit.record)).collect())
}

fn name(record: &HitRecord) -> String {
    match record {
        HitRecord::Customer(customer) => customer.name.clone(),
        HitRecord::Contact(contact) => contact.name.clone(),
        HitRecord::Lead(lead) => lead.called().to_owned(),
    }
}

fn named(case: &Case, name: &str) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, name)
}
