use crate::{
    contact::Contact,
    customer::{Customer, CustomerKind},
    duplicate::{
        Agreement, DuplicateAction, Evidence, Key, Likeness, add, find, find_each, scan_base,
    },
    kernel::{Address, AddressKind, Criteria, ErrorKind, Phone, PhoneKind},
    settings::Settings,
    store::ReadUnit,
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_customer_that_is_there_is_found_before_it_is_added_again,
        a_certain_duplicate_is_refused_where_the_house_says_so,
        a_refusal_names_nobody_where_the_house_says_so,
        a_contacts_number_is_read_alike_before_an_insert_and_in_a_scan,
        a_key_that_too_many_share_is_noise,
        nobody_is_a_duplicate_of_another_tenants_customer,
        a_scan_finds_what_was_entered_twice,
        adding_is_safe_to_send_again
    ]
}

async fn a_customer_that_is_there_is_found_before_it_is_added_again(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let there = work.insert(acme(case)).await?;
    let mut person = Contact::new(case.id(), "Dr Wei");
    person.customer_id = Some(there.id);
    person.email = Some("wei@branch.example".into());
    work.insert(person).await?;
    work.insert(named(case, "Zoo Supplies")).await?;
    work.commit().await?;
    let mut again = named(case, "ACME Maschinenbau");
    again.phones.0.push(phone("0049 30 901820"));
    let mut by_contact = named(case, "Akme Maschinen-Bau");
    by_contact.email = Some("WEI@branch.example".into());
    let stranger = named(case, "Quite Another House");
    let mut unit = case.read().await?;
    let each = find_each(&mut *unit, &[again.clone(), by_contact, stranger]).await?;
    for (found, what) in each.iter().zip(["by name and phone", "by a contact's address"]) {
        let ids: Vec<_> = found.found.iter().map(|one| one.customer.id).collect();
        same(what, ids, vec![there.id])?;
        claim(!found.found[0].likeness.evidence.is_empty(), "it says why")?;
    }
    same("a stranger", each[2].found.len(), 0)?;
    same("one alone", find(&mut *unit, &again).await?.found.len(), 1)?;
    same("itself", find(&mut *unit, &there).await?.found.len(), 0)
}

async fn a_certain_duplicate_is_refused_where_the_house_says_so(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let first = add(&mut *work, acme(case)).await?;
    same("of the first", first.duplicates.found.len(), 0)?;
    let warned = add(&mut *work, acme(case)).await?;
    same("of the second", warned.duplicates.found.len(), 1)?;
    work.settings().change(|s| s.duplicates.on_insert = DuplicateAction::Refuse).await?;
    let refused = fails("a third", add(&mut *work, acme(case)).await, ErrorKind::Refused)?;
    let words = refused.to_string();
    claim(words.contains("ACME Maschinenbau"), format!("it does not name it: {words}"))?;
    let other = add(&mut *work, named(case, "Quite Another House")).await?;
    same("of another one", other.duplicates.found.len(), 0)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("customers", unit.count(Criteria::<Customer>::everything()).await?, 3)
}

async fn a_refusal_names_nobody_where_the_house_says_so(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let there = add(&mut *work, acme(case)).await?.customer;
    let refuse = DuplicateAction::Refuse;
    let change = |s: &mut Settings| {
        (s.duplicates.on_insert, s.duplicates.mask_refusals) = (refuse, true);
    };
    work.settings().change(change).await?;
    let refused = fails("another", add(&mut *work, acme(case)).await, ErrorKind::Refused)?;
    let words = refused.to_string();
    claim(words.contains("agrees in: name, phone, domain"), &words)?;
    for secret in ["maschinenbau", "acme", "901820", "%", &there.id.to_string()] {
        claim(!words.to_lowercase().contains(secret), format!("{secret} is in: {words}"))?;
    }
    let masked = find(&mut *work, &acme(case)).await?.masked();
    same("what agrees", masked[0].agree.as_slice(), [Key::Name, Key::Phone, Key::Domain].as_slice())
}

async fn a_contacts_number_is_read_alike_before_an_insert_and_in_a_scan(case: &Case) -> Held {
    let mut work = case.begin().await?;
    work.settings().change(|s| s.default_country = "US".parse().ok()).await?;
    // What the customer's country is does not matter to where its contact lives.
    for (name, lives, hits) in [("Quartz", Some("DE"), 1), ("Jackdaw", None, 0)] {
        let mut there = named(case, &format!("{name} Maschinenbau"));
        there.country = "DE".parse().ok();
        let there = work.insert(there).await?;
        let mut pat = Contact::new(case.id(), "Pat");
        pat.customer_id = Some(there.id);
        pat.phones.0.push(phone(if hits == 1 { "030 901820" } else { "030 901821" }));
        if let Some(country) = lives {
            let mut home = Address::new(AddressKind::Postal);
            home.country = country.parse().ok();
            pat.addresses.0.push(home);
        }
        work.insert(pat).await?;
        let mut new = named(case, &format!("{name} Maschinen"));
        new.phones.0.push(phone(if hits == 1 { "+49 30 901820" } else { "+49 30 901821" }));
        let found = find(&mut *work, &new).await?.found;
        let by_phone = |likeness: &Likeness| {
            let same = |e: &&Evidence| e.key == Key::Phone && e.agreement == Agreement::Same;
            likeness.evidence.iter().filter(same).count()
        };
        same("before", found.iter().map(|one| by_phone(&one.likeness)).sum::<usize>(), hits)?;
        let new = work.insert(new).await?;
        let pairs = scan_base(&mut *work).await?.pairs;
        let of_new = pairs.iter().filter(|pair| [pair.one, pair.other].contains(&new.id));
        same("in a scan", of_new.map(|pair| by_phone(&pair.likeness)).sum::<usize>(), hits)?;
    }
    Ok(())
}

async fn a_key_that_too_many_share_is_noise(case: &Case) -> Held {
    let mut work = case.begin().await?;
    work.settings().change(|s| s.duplicates.noise_limit = 5).await?;
    let many = (0..9).map(|n| {
        let mut one = named(case, &format!("{} Tenant", "ABCDEFGHI".chars().nth(n).unwrap_or('Z')));
        one.phones.0.push(phone("+49 30 555000"));
        one
    });
    work.insert_all(many.collect()).await?;
    work.commit().await?;
    let mut new = named(case, "Quite Another House");
    new.phones.0.push(phone("+49 30 555000"));
    let mut unit = case.read().await?;
    let found = find(&mut *unit, &new).await?;
    same("found by a key of the switchboard", found.found.len(), 0)?;
    let noise: Vec<_> = found.noise.iter().map(|n| n.term.as_str()).collect();
    same("noise", noise, vec!["phone:+4930555000"])
}

async fn nobody_is_a_duplicate_of_another_tenants_customer(case: &Case) -> Held {
    let mut work = case.store().begin(case.scope(1, "anna")?).await?;
    work.insert(acme(case)).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("duplicates", find(&mut *unit, &acme(case)).await?.found.len(), 0)?;
    same("in a scan", scan_base(&mut *unit).await?.pairs.len(), 0)
}

async fn a_scan_finds_what_was_entered_twice(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut wanted = vec![];
    for name in ["上海三联书店有限公司", "北京新华书店", "Northern Paper Ltd"] {
        let mut one = named(case, name);
        one.phones.0.push(phone(&format!("+86 21 5{}", 5_000_000 + 7_919 * wanted.len())));
        let mut twin = named(case, &name.replace("有限公司", "").replace("Ltd", "Limited"));
        twin.phones = one.phones.clone();
        let mut pair = vec![work.insert(one).await?.id, work.insert(twin).await?.id];
        pair.sort();
        wanted.push(pair);
        work.insert(named(case, &format!("{name} 2"))).await?;
    }
    work.commit().await?;
    let mut groups = groups(&mut *case.read().await?).await?;
    groups.sort();
    wanted.sort();
    same("groups", groups, wanted)
}

async fn adding_is_safe_to_send_again(case: &Case) -> Held {
    let new = acme(case);
    let mut first = None;
    for _ in 0..2 {
        let mut work = case.begin().await?;
        let added = add(&mut *work, new.clone()).await?;
        same("duplicates of itself", added.duplicates.found.len(), 0)?;
        same("the answer", first.get_or_insert(added.customer.clone()).clone(), added.customer)?;
        work.commit().await?;
    }
    let mut work = case.begin().await?;
    let other = Customer { name: "Something Else".into(), ..new };
    fails("another with this id", add(&mut *work, other).await, ErrorKind::Duplicate).map(drop)
}

async fn groups(unit: &mut (dyn ReadUnit + '_)) -> Held<Vec<Vec<crate::kernel::Id<Customer>>>> {
    let mut groups = scan_base(unit).await?.groups;
    groups.iter_mut().for_each(|group| group.sort());
    Ok(groups)
}

fn acme(case: &Case) -> Customer {
    let mut acme = named(case, "ACME Maschinenbau GmbH");
    acme.phones.0.push(phone("+49 (30) 90 18 20"));
    acme.website = Some("https://www.acme-bau.example/".into());
    acme
}

fn phone(number: &str) -> Phone {
    Phone { kind: PhoneKind::Work, number: number.to_owned() }
}

fn named(case: &Case, name: &str) -> Customer {
    Customer::new(case.id(), CustomerKind::Organisation, name)
}
