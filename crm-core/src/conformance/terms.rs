use crate::{
    customer::{Customer, CustomerKind},
    kernel::{Entity, Holder, Id, Phone, PhoneKind, Stored, Term, TermTest},
    settings::Settings,
    store::{CUSTODIAN, ReadUnit},
};

use super::{
    case::Case,
    claim::{Held, claim, same},
    law::Law,
    versions::there,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        terms_follow_the_record,
        terms_of_a_lost_unit_lead_nowhere,
        terms_lead_to_no_other_tenant,
        records_are_found_by_all_their_terms,
        what_thousands_have_is_found_together,
        terms_are_written_anew_on_request
    ]
}

async fn terms_follow_the_record(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let alone = named(case, "Ärger Zebra");
    work.insert(alone.clone()).await?;
    let listed = vec![named(case, "zebra One"), named(case, "Zebra Two"), named(case, "Owl")];
    work.insert_all(listed.clone()).await?;
    for one in listed.iter().chain([&alone]) {
        for term in terms(case, one)? {
            let holders = work.holders(std::slice::from_ref(&term), 50).await?;
            claim(holders.contains(&holder(&term, one)), format!("{term:?} leads to its record"))?;
        }
    }
    let stored = there(work.get(alone.id).await?)?;
    let renamed = work.update(stored.edit(|c| c.name = "Gnu Zebra".into())).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let now = terms(case, &renamed)?;
    for term in terms(case, &alone)? {
        let holders = unit.holders(std::slice::from_ref(&term), 50).await?;
        let there = holders.contains(&holder(&term, &alone));
        same("whether a term it had leads to it", there, now.contains(&term))?;
    }
    for term in now {
        let holders = unit.holders(std::slice::from_ref(&term), 50).await?;
        claim(
            holders.contains(&holder(&term, &alone)),
            format!("{term:?} is new and leads to it"),
        )?;
    }
    Ok(())
}

async fn terms_of_a_lost_unit_lead_nowhere(case: &Case) -> Held {
    let kept = named(case, "Heron");
    let mut work = case.begin().await?;
    work.insert(kept.clone()).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let stored = there(work.get(kept.id).await?)?;
    work.update(stored.edit(|c| c.name = "Ibis".into())).await?;
    work.insert(named(case, "Ibis Two")).await?;
    drop(work);
    let mut unit = case.read().await?;
    let expected = vec![kept.id.uuid()];
    same("what has the old name", ids(&mut *unit, "heron").await?, expected)?;
    same("what has the name of the lost unit", ids(&mut *unit, "ibis").await?.len(), 0)
}

async fn terms_lead_to_no_other_tenant(case: &Case) -> Held {
    for house in [0, 1] {
        let mut work = case.store().begin(case.scope(house, "anna")?).await?;
        work.insert(named(case, "Marabou")).await?;
        work.commit().await?;
    }
    let test = TermTest::BeginsWith(Term::new("w", "marab"));
    for house in [0, 1] {
        let mut unit = case.store().read(case.scope(house, "anna")?).await?;
        same("holders", ids(&mut *unit, "marabou").await?.len(), 1)?;
        same("found", unit.having(std::slice::from_ref(&test), 50).await?.len(), 1)?;
        same("counted", unit.frequency(std::slice::from_ref(&test), 50).await?, vec![1])?;
    }
    Ok(())
}

async fn records_are_found_by_all_their_terms(case: &Case) -> Held {
    let names = [
        "alpha beta gamma",
        "alpha beta",
        "alphabet gamma",
        "beta alpha delta",
        "gamma",
        "alp beta",
        "中国 银行",
        "中国人 银行",
        "a%b beta",
        "a_b beta",
        "\u{10FFFE} beta",
        "É beta",
    ];
    let all: Vec<_> = names.iter().map(|name| named(case, name)).collect();
    let mut work = case.begin().await?;
    work.insert_all(all.clone()).await?;
    work.commit().await?;
    let (is, begins) = (
        |word: &str| TermTest::Is(Term::new("w", word)),
        |word: &str| TermTest::BeginsWith(Term::new("w", word)),
    );
    let questions = [
        vec![is("beta")],
        vec![begins("alpha")],
        vec![begins("alp"), is("beta")],
        vec![is("beta"), begins("alp")],
        vec![is("beta"), is("alpha"), begins("g")],
        vec![begins("中"), is("银行")],
        vec![begins("a%"), is("beta")],
        vec![begins("a_")],
        vec![begins(""), is("beta")],
        vec![begins("\u{10FFFE}")],
        vec![is("nobody"), is("beta")],
        Vec::new(),
    ];
    let mut unit = case.read().await?;
    for question in questions {
        let mut expected = Vec::new();
        for one in &all {
            let terms = terms(case, one)?;
            let passes = |test: &TermTest| terms.iter().any(|term| test.passes(term));
            if let Some(first) = question.first()
                && question.iter().all(passes)
            {
                expected.extend(terms.iter().filter(|t| first.passes(t)).map(|t| holder(t, one)));
            }
        }
        expected.sort();
        let found = unit.having(&question, 100).await?;
        same(&format!("what has {question:?}"), &found, &expected)?;
        let few = unit.having(&question, 2).await?;
        expected.truncate(2);
        same("the first two", &few, &expected)?;
        let counts = unit.frequency(&question, 3).await?;
        for (test, count) in question.iter().zip(counts) {
            let mut all_terms = Vec::new();
            for one in &all {
                all_terms.extend(terms(case, one)?);
            }
            let passing = all_terms.iter().filter(|term| test.passes(term)).count();
            same(&format!("how many have {test:?}"), count as usize, passing.min(3))?;
        }
    }
    // More than fit into one statement, some asked for twice, and no more than asked for.
    let mut many: Vec<_> = (0..200).map(|n| Term::new("w", &format!("nothing{n}"))).collect();
    many.extend([Term::new("w", "beta"), Term::new("w", "gamma"), Term::new("w", "beta")]);
    let found = unit.holders(&many, 2).await?;
    let of = |word: &str| found.iter().filter(|h| h.term == Term::new("w", word)).count();
    same("holders of each term", (of("beta"), of("gamma"), found.len()), (2, 2, 4))
}

/// So many that a store may look for them in another way than record by record.
async fn what_thousands_have_is_found_together(case: &Case) -> Held {
    const MANY: usize = 3_300;
    let all: Vec<_> = (0..MANY)
        .map(|n| {
            let (seldom, often) = (n % 400 == 399, n % 3 == 0);
            let seldom = if seldom { " alphabet betaword" } else { "" };
            let often = if often { " gammaword" } else { "" };
            named(case, &format!("alphaword{seldom}{often}"))
        })
        .collect();
    let mut work = case.begin().await?;
    work.insert_all(all.clone()).await?;
    work.commit().await?;
    let begins = |word: &str| TermTest::BeginsWith(Term::new("w", word));
    let mut unit = case.read().await?;
    let is = |word: &str| TermTest::Is(Term::new("w", word));
    for question in [
        vec![begins("alpha"), begins("beta")],
        vec![begins("alpha"), begins("gamma")],
        vec![begins("alpha"), begins("beta"), begins("gamma")],
        vec![begins("alpha"), is("betaword"), begins("gamma")],
        vec![begins("alpha"), is("betaword")],
        vec![is("alphaword"), begins("beta"), begins("gamma")],
    ] {
        let mut expected = Vec::new();
        for one in &all {
            let terms = terms(case, one)?;
            if question.iter().all(|test| terms.iter().any(|term| test.passes(term))) {
                let first = terms.iter().filter(|term| question[0].passes(term));
                expected.extend(first.map(|term| holder(term, one)));
            }
        }
        expected.sort();
        for limit in [20, 2_000] {
            let found = unit.having(&question, limit).await?;
            let first: Vec<_> = expected.iter().take(limit as usize).cloned().collect();
            same(&format!("who has {question:?}, up to {limit}"), found, first)?;
        }
    }
    Ok(())
}

async fn terms_are_written_anew_on_request(case: &Case) -> Held {
    let mut one = named(case, "Pelican");
    one.phones.0.push(Phone { kind: PhoneKind::Work, number: "030 901820".into() });
    let key = Term::new("phone", "+4930901820");
    let mut work = case.begin().await?;
    let stored: Stored<Customer> = work.insert(one.clone()).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.settings().change(|rules| rules.default_country = "DE".parse().ok()).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let held = work.holders(std::slice::from_ref(&key), 50).await?;
    same("what the new rules find before", held.len(), 0)?;
    work.reindex(&CUSTODIAN, vec![stored]).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let held = unit.holders(std::slice::from_ref(&key), 50).await?;
    same("what the new rules find", held, vec![holder(&key, &one)])?;
    same("what has its name", ids(&mut *unit, "pelican").await?, vec![one.id.uuid()])
}

async fn ids(unit: &mut (dyn ReadUnit + '_), word: &str) -> Held<Vec<uuid::Uuid>> {
    let holders = unit.holders(&[Term::new("w", word)], 50).await?;
    Ok(holders.into_iter().map(|holder| holder.id).collect())
}

fn terms(case: &Case, customer: &Customer) -> Held<Vec<Term>> {
    let rules = Settings::standard(Settings::id_of(case.anna()?.tenant));
    let mut terms = customer.terms(&rules);
    terms.sort();
    terms.dedup();
    Ok(terms)
}

fn holder(term: &Term, customer: &Customer) -> Holder {
    Holder { term: term.clone(), id: customer.id.uuid(), entity: Customer::KIND.into() }
}

fn named(case: &Case, name: &str) -> Customer {
    let id: Id<Customer> = case.id();
    Customer::new(id, CustomerKind::Organisation, name)
}
