//! Leads in the hands of several at once, and in files.

use std::sync::Arc;

use async_lock::Barrier;

use crate::{
    customer::Customer,
    import::{ImportKind, ImportOptions, Importer, Mapping, Outcome, Report, Row},
    interaction::Interaction,
    kernel::{Criteria, Error, Id},
    lead::{Conversion, Lead},
    lead_activity::LeadActivity,
    store::run,
    task::{self, Task},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    lead_conversion::ann_of_acme,
    leads::visit,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        two_who_convert_one_lead_make_one_customer,
        what_is_recorded_while_a_lead_is_converted_is_not_lost,
        leads_of_a_file_are_there_once
    ]
}

async fn two_who_convert_one_lead_make_one_customer(case: &Case) -> Held {
    for round in 1..=5 {
        let mut work = case.begin().await?;
        // Each round has a firm of its own.
        let mut new = ann_of_acme(case);
        new.company = Some(format!("{} Works", case.id::<Lead>()));
        (new.website, new.email) = (None, None);
        new.phones.0.clear();
        let id = work.leads().add(new).await?.lead.id;
        work.leads().record(visit(case, id)?).await?;
        work.commit().await?;
        let both = Arc::new(Barrier::new(2));
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let (case, both) = (case.clone(), Arc::clone(&both));
                case.clone().spawn(async move {
                    both.wait().await;
                    convert(&case, id).await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.join().await?);
        }
        same("both are told the same", answers[0], answers[1])?;
        let mut unit = case.read().await?;
        let customers = unit.count(Criteria::<Customer>::everything()).await?;
        same("customers", customers, round)?;
        let interactions = unit.count(Criteria::<Interaction>::everything()).await?;
        same("interactions", interactions, round)?;
    }
    Ok(())
}

/// Converts it in a unit of its own, again where that can help.
async fn convert(case: &Case, id: Id<Lead>) -> Held<Id<Customer>> {
    let anna = case.anna()?;
    let became = run(case.store(), &anna, |work| {
        Box::pin(async move { work.leads().convert(id, &Conversion::default()).await })
    });
    Ok(became.await?.customer.id)
}

async fn what_is_recorded_while_a_lead_is_converted_is_not_lost(case: &Case) -> Held {
    for _ in 0..5 {
        let mut work = case.begin().await?;
        let new = Lead::company(case.id(), format!("Firm {}", case.id::<Lead>()));
        let id = work.leads().add(new).await?.lead.id;
        work.commit().await?;
        let all = Arc::new(Barrier::new(3));
        let converting = {
            let (case, all) = (case.clone(), Arc::clone(&all));
            case.clone().spawn(async move {
                all.wait().await;
                convert(&case, id).await
            })
        };
        let recording = {
            let (case, all) = (case.clone(), Arc::clone(&all));
            case.clone().spawn(async move {
                let said = visit(&case, id)?;
                all.wait().await;
                recorded(&case, said).await
            })
        };
        let promising = {
            let (case, all) = (case.clone(), Arc::clone(&all));
            case.clone().spawn(async move {
                let mut task = Task::new(case.id(), "call", "2017-12-31T08:00:00Z".parse()?);
                task.lead_id = Some(id);
                all.wait().await;
                run(case.store(), &case.anna()?, |work| {
                    let task = task.clone();
                    Box::pin(async move { work.tasks().add(task).await })
                })
                .await?;
                Ok(())
            })
        };
        let customer = converting.join().await?;
        let recorded = recording.join().await?;
        promising.join().await?;
        let mut unit = case.read().await?;
        let theirs = crate::interaction::CUSTOMER_ID.eq(customer);
        same("what was recorded", unit.count(theirs).await?, u64::from(recorded))?;
        let lost = task::LEAD_ID.eq(id).and(task::CUSTOMER_ID.is_empty());
        same("tasks that stayed behind", unit.count(lost).await?, 0)?;
        same("tasks", unit.count(task::CUSTOMER_ID.eq(customer)).await?, 1)?;
    }
    Ok(())
}

/// Whether it was recorded before the lead was converted; afterwards it is refused.
async fn recorded(case: &Case, said: LeadActivity) -> Held<bool> {
    let anna = case.anna()?;
    let done = run(case.store(), &anna, |work| {
        let said = said.clone();
        Box::pin(async move { work.leads().record(said).await })
    });
    match done.await {
        Ok(_) => Ok(true),
        Err(Error::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// After a fair: the same cards twice, with and without numbers of their own; a card that cannot be comes back.
async fn leads_of_a_file_are_there_once(case: &Case) -> Held {
    let cells = [
        ["Ann", "Lee", "Acme", "ann@acme.example", "80", "4000"],
        ["Bob", "Ray", "Acme", "bob@acme.example", "", ""],
        ["", "", "Kestrel Air", "", "", ""],
        ["", "", "", "nobody@home.example", "", ""],
        ["Cy", "Dee", "Acme", "cy at acme", "", ""],
        ["Di", "Fox", "Acme", "", "101", ""],
    ];
    let row = |(n, cells): (usize, &[&str; 6])| Row {
        line: n as u64 + 2,
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        occurrence: 0,
    };
    let rows: Vec<_> = cells.iter().enumerate().map(row).collect();
    let first = import(case, &rows).await?;
    same("the first time", [first.0.new, first.0.refused, first.0.unchanged], [3, 3, 0])?;
    for (told, says) in first.1.iter().zip(["give one", "email", "0 to 100"]) {
        claim(told.contains(says), format!("{says:?} is not in {told:?}"))?;
    }
    let again = import(case, &rows).await?.0;
    same("again", [again.new, again.changed, again.unchanged], [0, 0, 3])?;
    let mut unit = case.read().await?;
    let ann = unit.find(crate::lead::EMAIL.eq("ann@acme.example").query()).await?.items;
    let ann = ann.into_iter().next().ok_or_else(|| Failure::new("she is not there"))?;
    let told = (ann.name.as_deref(), ann.score, ann.amount, ann.source.as_deref());
    same("Ann", told, (Some("Ann Lee"), Some(80), Some("4000 EUR".parse()?), Some("fair")))?;
    drop(unit);
    // Since one was converted, its row changes nothing.
    let mut work = case.begin().await?;
    work.leads().convert(ann.id, &Conversion::default()).await?;
    work.commit().await?;
    let again = import(case, &rows).await?.0;
    same("since then", [again.new, again.changed, again.unchanged], [0, 0, 3])
}

async fn import(case: &Case, rows: &[Row]) -> Held<(Report, Vec<String>)> {
    let header = ["given_name", "family_name", "firm", "email", "score", "amount"];
    let mapping = Mapping::new(ImportKind::Leads)
        .column("firm", "company")
        .constant("source", "fair")
        .constant("currency", "EUR");
    let header = header.map(String::from);
    let mut importer = Importer::new(&mapping, &header, ImportOptions::default())?;
    let (mut report, mut refused) = (Report::default(), Vec::new());
    for rows in rows.chunks(4) {
        let mut work = case.begin().await?;
        for told in importer.batch(&mut *work, rows).await? {
            report.count(&told.outcome);
            if let Outcome::Refused(why) = told.outcome {
                refused.push(why);
            }
        }
        work.commit().await?;
    }
    Ok((report, refused))
}
