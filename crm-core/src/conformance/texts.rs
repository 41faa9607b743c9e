use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::{
    contact::Contact,
    customer::Customer,
    kernel::{Change, Custom, CustomValue, Kind, Tags, Value, check, created_fields},
    opportunity::Opportunity,
};

use super::{
    case::Case,
    changes::fields,
    claim::{Held, claim, same},
    each::Kept,
    follower::written,
    law::Law,
    round_trip::identical,
    sample::{Extreme, Make, Sample, with},
    setting::Setting,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![texts_come_back_sign_for_sign];
    list.extend(laws![
        tags_come_back_sign_for_sign,
        fields_of_a_tenant_come_back_as_they_were,
        an_empty_text_is_not_an_empty_field
    ]);
    list
}

/// Texts that stores take for something else.
const TEXTS: [&str; 16] = [
    "",
    " ",
    "\t\n",
    "\u{FFFF}",
    "\u{10FFFF}\u{FFFE}",
    "\"",
    "\\",
    "\\\"",
    "\\u0041",
    "\\u0000",
    "\\x00\\000",
    "a,b{c}\"d\"[e]",
    "{}",
    "null",
    "\u{1}\u{1F}",
    "'",
];

async fn texts_come_back_sign_for_sign<E: Kept>(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    let mut records = Vec::new();
    for field in E::FIELDS.iter().filter(|field| field.kind == Kind::Text && !field.derived) {
        for text in TEXTS {
            // Words of an enum cannot be others, and some texts must say something.
            let Ok(record) = with(&E::sample(&mut make)?, field.name, &Value::text(text)) else {
                continue;
            };
            // Blank, the house's rules fill it.
            let filled = field.filled && text.trim().is_empty();
            if !filled && check(&record).is_ok() {
                records.push(record);
            }
        }
    }
    come_back(case, records).await
}

async fn tags_come_back_sign_for_sign(case: &Case) -> Held {
    let every: Tags = TEXTS.into_iter().collect();
    let mut all = vec![Tags::default(), every];
    all.extend(TEXTS.map(|text| [text].into_iter().collect()));
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    let (mut customers, mut contacts, mut chances) = (Vec::new(), Vec::new(), Vec::new());
    for tags in all {
        customers.push(Customer { tags: tags.clone(), ..Customer::sample(&mut make)? });
        contacts.push(Contact { tags: tags.clone(), ..Contact::sample(&mut make)? });
        let mut chance = Opportunity::sample(&mut make)?;
        chance.tags = tags;
        chances.push(chance);
    }
    come_back(case, customers.clone()).await?;
    come_back(case, contacts).await?;
    come_back(case, chances).await?;
    for text in TEXTS {
        let expected = customers.iter().filter(|c| c.tags.0.contains(text)).count() as u64;
        let found = case.read().await?.count(crate::customer::TAGS.has(text)).await?;
        same(&format!("customers with the tag {text:?}"), found, expected)?;
    }
    Ok(())
}

async fn fields_of_a_tenant_come_back_as_they_were(case: &Case) -> Held {
    let mut values: Vec<CustomValue> =
        TEXTS.iter().map(|text| CustomValue::Text((*text).to_owned())).collect();
    for number in [
        Decimal::ZERO,
        Decimal::new(1, 4),
        Decimal::new(-1, 4),
        Decimal::new(123_400, 4),
        Decimal::new(999_999_999_999_999_999, 4),
        Decimal::new(-999_999_999_999_999_999, 4),
        // More digits than a binary fraction keeps.
        Decimal::new(9_007_199_254_740_993, 4),
        Decimal::new(-9_007_199_254_740_993, 2),
    ] {
        values.push(CustomValue::Number(number));
    }
    values.extend([CustomValue::Flag(true), CustomValue::Flag(false)]);
    values.extend(NaiveDate::from_ymd_opt(1, 1, 1).map(CustomValue::Date));
    values.extend(NaiveDate::from_ymd_opt(9999, 12, 31).map(CustomValue::Date));
    // Some databases sort keys by their length, some by their signs, and some not at all.
    let keys = ["b", "aaa", "B", "aa", "", "é", "e\u{301}", "10", "9", "number", "\u{FFFF}", "\""];
    let mut all = vec![Custom::default()];
    for (n, value) in values.iter().enumerate() {
        let one = [(keys[n % keys.len()].to_owned(), value.clone())];
        all.push(Custom(BTreeMap::from(one)));
    }
    for start in 0..values.len() {
        let some = values.iter().cycle().skip(start);
        let named = keys.iter().map(|key| (*key).to_owned());
        all.push(Custom(named.zip(some.cloned()).collect()));
    }
    all.push(Custom(TEXTS.iter().map(|t| ((*t).to_owned(), CustomValue::Flag(true))).collect()));
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    let (mut customers, mut chances) = (Vec::new(), Vec::new());
    for custom in all {
        customers.push(Customer { custom: custom.clone(), ..Customer::sample(&mut make)? });
        let mut chance = Opportunity::sample(&mut make)?;
        chance.custom = custom;
        chances.push(chance);
    }
    come_back(case, customers).await?;
    come_back(case, chances).await
}

async fn an_empty_text_is_not_an_empty_field(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut make = Make::new(case.clone(), setting, Extreme::Bare);
    let (mut said, silent) = (Customer::sample(&mut make)?, Customer::sample(&mut make)?);
    said.city = Some(String::new());
    let mut work = case.begin().await?;
    work.insert(said.clone()).await?;
    let stored = work.insert(silent.clone()).await?;
    // Also by an update, there and back.
    let stored = work.update(stored.edit(|c| c.city = Some(String::new()))).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let (city, both) = (&crate::customer::CITY, [said.id, silent.id]);
    let ours = || crate::customer::ID.one_of(both);
    for id in both {
        same("a city without a name", there(unit.get(id).await?)?.city.as_deref(), Some(""))?;
    }
    same("cities that are empty texts", unit.count(ours().and(city.eq(""))).await?, 2)?;
    same("empty cities", unit.count(ours().and(city.is_empty())).await?, 0)?;
    drop(unit);
    let mut work = case.begin().await?;
    work.update(stored.edit(|c| c.city = None)).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("no city", there(unit.get(silent.id).await?)?.city.clone(), None)?;
    same("cities that are empty texts", unit.count(ours().and(city.eq(""))).await?, 1)?;
    same("empty cities", unit.count(ours().and(city.is_empty())).await?, 1)
}

/// Writes records, half of them one by one; reads them, and what the log says of them.
async fn come_back<E: Kept>(case: &Case, records: Vec<E>) -> Held {
    let (one, many) = records.split_at(records.len() / 2);
    let mut work = case.begin().await?;
    for record in one {
        E::in_work(&mut *work).insert(record.clone()).await?;
    }
    E::in_work(&mut *work).insert_all(many.to_vec()).await?;
    work.commit().await?;
    claim(!records.is_empty() || E::FIELDS.len() < 2, "there is nothing to be kept")?;
    for record in &records {
        let stored = there(E::in_read(&mut *case.read().await?).get(record.id()).await?)?;
        identical(record, &stored)?;
        let log = written(case, record.id()).await?;
        let logged = log.first().map(|created: &Change| created.fields.clone());
        same("what the log keeps of it", logged, Some(fields(&created_fields(record))))?;
    }
    Ok(())
}
