//! What is sent, filed or imported under the id of a customer that was merged.

use chrono::FixedOffset;

use crate::{
    addendum::Addendum,
    contact::Contact,
    customer::{Customer, Happening, TimelineKind, family, timeline},
    import::{ImportKind, ImportOptions, Importer, Mapping, Outcome, Row},
    kernel::{Criteria, ErrorKind, Id, Query},
    merge::{Merge, MergeCommand},
    opportunity::{self, Opportunity},
    pipeline::Pipeline,
    settings::{ContactRhythm, RhythmRule},
    staff_member::StaffMember,
    store::{Read, UnitOfWork, expect, find_one},
    task::Task,
    workday::workday,
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::{call, customers, organisation},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_names_an_old_id_is_in_the_workday_of_the_survivor,
        contacts_under_old_ids_count_for_the_rhythm,
        a_child_below_an_old_id_stands_below_the_survivor,
        a_command_under_an_old_id_is_answered_with_the_first_whatever_was_merged_since,
        an_addendum_sent_again_after_a_merge_answers_with_the_first,
        a_contact_sent_again_names_nobody_anew,
        an_import_after_a_merge_keeps_what_was_merged,
        an_undone_merge_stays_in_the_story_of_all_who_took_part
    ]
}

async fn what_names_an_old_id_is_in_the_workday_of_the_survivor(case: &Case) -> Held {
    let [survivor, old] = merged_pair(case).await?;
    let mut work = case.begin().await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let mut task = Task::new(case.id(), "call back", work.now());
    (task.customer_id, task.owner_id, task.due) = (Some(old), Some(anna), Some(day("2017-12-30")?));
    let task = work.tasks().add(task).await?;
    same("whose task it is", task.customer_id, Some(survivor))?;
    // As an import or another unit leaves it: under the old id.
    let mut late = Task::new(case.id(), "send it", work.now());
    (late.customer_id, late.owner_id, late.due) = (Some(old), Some(anna), Some(day("2017-12-30")?));
    work.insert(late).await?;
    let mut draft = call(case, old, "draft", "2017-12-29T08:00:00Z")?;
    draft.staff_id = Some(anna);
    work.insert(draft).await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?;
    let mut deal = Opportunity::open(case.id(), "deal", &pipeline)?;
    (deal.customer_id, deal.owner_id) = (Some(old), Some(anna));
    work.insert(deal).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let list = workday(&mut *unit, anna, day("2017-12-31")?, utc()?, 100).await?;
    same("what is to be done", list.len(), 4)?;
    for item in list {
        same("for whom", item.customer_id, Some(survivor))?;
        same("what they are called", item.customer.as_deref(), Some("Acme 0"))?;
    }
    Ok(())
}

async fn contacts_under_old_ids_count_for_the_rhythm(case: &Case) -> Held {
    for (at, expected) in [
        ("2017-12-29T08:00:00Z", None),
        ("2017-10-31T08:00:00Z", Some("no contact for 61 days, every 30 agreed")),
    ] {
        let [survivor, old] = merged_pair(case).await?;
        let mut work = case.begin().await?;
        let everybody = RhythmRule { when: Criteria::everything(), days: 30 };
        work.settings().change(|rules| rules.rhythm = ContactRhythm(vec![everybody])).await?;
        let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
        let stored = expect(&mut *work, survivor).await?;
        work.update(stored.edit(|one| one.owner_id = Some(anna))).await?;
        work.insert(call(case, old, "heard", at)?).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let list = workday(&mut *unit, anna, day("2017-12-31")?, utc()?, 100).await?;
        let reasons: Vec<_> = list.iter().map(|item| item.reason()).collect();
        same("who waits", reasons, expected.into_iter().map(str::to_owned).collect::<Vec<_>>())?;
    }
    Ok(())
}

async fn a_child_below_an_old_id_stands_below_the_survivor(case: &Case) -> Held {
    let [survivor, old] = merged_pair(case).await?;
    let mut work = case.begin().await?;
    let mut child = organisation(case, "Child");
    child.parent_id = Some(old);
    for time in ["once", "again"] {
        let added = work.customers().add(child.clone()).await?.customer;
        same(time, added.parent_id, Some(survivor))?;
    }
    let mut raw = organisation(case, "Another");
    raw.parent_id = Some(old);
    work.insert(raw.clone()).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for id in [survivor, old] {
        let mut all = family(&mut *unit, id).await?;
        let mut expected =
            vec![(survivor, None), (child.id, Some(survivor)), (raw.id, Some(survivor))];
        all.sort();
        expected.sort();
        same("the family", all, expected)?;
    }
    Ok(())
}

/// A retry follows nothing but merges: another customer is another command.
async fn a_command_under_an_old_id_is_answered_with_the_first_whatever_was_merged_since(
    case: &Case,
) -> Held {
    let ids = customers(case, 4).await?;
    let [a, b, c, stranger] = ids[..] else { return Err(Failure::new("four customers")) };
    let mut work = case.begin().await?;
    let first = work.customers().merge(MergeCommand::new(case.id(), a, [b])).await?.id;
    let talk = call(case, b, "hello", "2017-01-01T00:00:00Z")?;
    let mut clerk = Contact::new(case.id(), "Pat");
    clerk.customer_id = Some(b);
    let mut task = Task::new(case.id(), "write", work.now());
    task.customer_id = Some(b);
    let mut child = organisation(case, "Child");
    child.parent_id = Some(b);
    let mut commands = Commands { talk, clerk, task, child };
    commands.send(&mut *work).await?;
    work.commit().await?;

    let second = case.id();
    for step in ["merged", "merged further", "undone", "all undone"] {
        let mut work = case.begin().await?;
        match step {
            "merged further" => {
                work.customers().merge(MergeCommand::new(second, c, [a])).await?;
            }
            "undone" => drop(work.customers().unmerge(second).await?),
            "all undone" => drop(work.customers().unmerge(first).await?),
            _ => {}
        }
        commands.send(&mut *work).await?;
        work.commit().await?;
    }
    let mut work = case.begin().await?;
    commands.talk.customer_id = stranger;
    let answer = work.interactions().record(commands.talk.clone()).await;
    fails("another customer", answer, ErrorKind::Duplicate)?;
    commands.talk.customer_id = b;
    commands.talk.content = Some("other words".into());
    let answer = work.interactions().record(commands.talk).await;
    fails("other words", answer, ErrorKind::Duplicate)?;
    Ok(())
}

struct Commands {
    talk: crate::interaction::Interaction,
    clerk: Contact,
    task: Task,
    child: Customer,
}

impl Commands {
    async fn send(&self, work: &mut dyn UnitOfWork) -> Held {
        let talk = work.interactions().record(self.talk.clone()).await?;
        same("what was said", talk.content.as_deref(), Some("hello"))?;
        work.customers().add_contact(self.clerk.clone()).await?;
        work.tasks().add(self.task.clone()).await?;
        work.customers().add(self.child.clone()).await?;
        Ok(())
    }
}

async fn an_addendum_sent_again_after_a_merge_answers_with_the_first(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    let mut work = case.begin().await?;
    let talk = call(case, ids[1], "hello", "2017-01-01T00:00:00Z")?;
    let talk = work.interactions().record(talk).await?.id;
    work.interactions().close(talk).await?;
    let (during, id) = (case.id::<Addendum>(), case.id::<Addendum>());
    work.interactions().add_addendum(id, talk, "more").await?;
    let merge = work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?.id;
    work.commit().await?;
    let mut work = case.begin().await?;
    let again = work.interactions().add_addendum(id, talk, "more").await?;
    same("whose it is", again.customer_id, ids[0])?;
    work.interactions().add_addendum(during, talk, "and more").await?;
    work.customers().unmerge(merge).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let again = work.interactions().add_addendum(id, talk, "more").await?;
    same("whose it is, undone", again.customer_id, ids[1])?;
    work.interactions().add_addendum(during, talk, "and more").await?;
    let other = work.interactions().add_addendum(id, talk, "other words").await;
    fails("other words", other, ErrorKind::Duplicate)?;
    Ok(())
}

async fn a_contact_sent_again_names_nobody_anew(case: &Case) -> Held {
    let ids = customers(case, 1).await?;
    let mut work = case.begin().await?;
    let mut clerk = Contact::new(case.id(), "Pat");
    clerk.customer_id = Some(ids[0]);
    work.customers().add_contact(clerk.clone()).await?;
    let stored = expect(&mut *work, ids[0]).await?;
    same("whom to ask", stored.contact_person.as_deref(), Some("Pat"))?;
    work.update(stored.edit(|one| one.contact_person = None)).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().add_contact(clerk).await?;
    same("whom to ask", expect(&mut *work, ids[0]).await?.contact_person.as_deref(), None)
}

async fn an_import_after_a_merge_keeps_what_was_merged(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut all = Vec::new();
    for (external, name, city) in [
        ("e1", "Beta", Some("Ulm")),
        ("e2", "Beta Ltd", None),
        ("e3", "Acme", None),
        ("e4", "Acme", None),
    ] {
        let mut one = organisation(case, name);
        (one.external_id, one.city) = (Some(external.into()), city.map(str::to_owned));
        all.push(work.insert(one).await?.id);
    }
    let [beta, beta_ltd, acme, acme_too] = all[..] else { return Err(Failure::new("four")) };
    work.insert(Pipeline::sales(case.id())).await?;
    work.commit().await?;
    let deals = "external_id|name|customer|stage\no1|deal|Beta Ltd|engaging";
    same("deals", import(case, ImportKind::Opportunities, deals).await?, "N")?;
    let mut work = case.begin().await?;
    let merge = work.customers().merge(MergeCommand::new(case.id(), beta, [beta_ltd])).await?.id;
    work.customers().merge(MergeCommand::new(case.id(), acme, [acme_too])).await?;
    work.commit().await?;

    same("deals again", import(case, ImportKind::Opportunities, deals).await?, "u")?;
    let named = "external_id|name|customer|stage\no2|by name|Acme|engaging\no3|by id|e4|engaging";
    same("names of two that are one", import(case, ImportKind::Opportunities, named).await?, "NN")?;
    let again = "external_id|name|city|industry\ne2|Beta Ltd|Bonn|\ne4|Acme||books";
    same("customers again", import(case, ImportKind::Customers, again).await?, "uF")?;
    same("and again", import(case, ImportKind::Customers, again).await?, "uu")?;
    let by_name = "name|city|region|parent\nBeta Ltd|Bonn|BW|Beta\nBeta Ltd|Ulm||";
    same("by the old name", import(case, ImportKind::Customers, by_name).await?, "Fu")?;

    let mut work = case.begin().await?;
    for (name, customer) in [("deal", beta), ("by name", acme), ("by id", acme)] {
        let deal = find_one(&mut *work, opportunity::NAME.eq(name)).await?;
        same(name, deal.and_then(|deal| deal.customer_id), Some(customer))?;
    }
    let one = expect(&mut *work, beta).await?;
    let said = (one.name.as_str(), one.city.as_deref(), one.region.as_deref(), one.parent_id);
    same("the survivor", said, ("Beta", Some("Ulm"), Some("BW"), None))?;
    same("its id elsewhere", one.external_id.as_deref(), Some("e1"))?;
    same("the other survivor", expect(&mut *work, acme).await?.industry.as_deref(), Some("books"))?;
    let many = Read::<Customer>::find(&mut *work, Query::all()).await?.items.len();
    same("how many customers there are", many, 4)?;
    work.customers().unmerge(merge).await?;
    work.commit().await.map_err(Failure::from)
}

async fn an_undone_merge_stays_in_the_story_of_all_who_took_part(case: &Case) -> Held {
    let ids = customers(case, 3).await?;
    let mut work = case.begin().await?;
    let merge = MergeCommand::new(case.id(), ids[0], [ids[1], ids[2]]);
    let merge = work.customers().merge(merge).await?.id;
    work.commit().await?;
    for undone in [false, true] {
        if undone {
            let mut work = case.begin().await?;
            work.customers().unmerge(merge).await?;
            work.commit().await?;
        }
        let mut unit = case.read().await?;
        for id in &ids {
            let kinds = [TimelineKind::Merge];
            let story = timeline(&mut *unit, *id, &kinds, None, 10).await?;
            let told: Vec<_> = story.iter().map(|e| (e.id, merge_of(&e.happened))).collect();
            same("merges in its story", told.len(), 1)?;
            for (id, told) in told {
                same("which", id, merge.uuid())?;
                let told = told.ok_or_else(|| Failure::new("a merge"))?;
                same("whether it was undone", told.undone_at.is_some(), undone)?;
            }
            let behind = story.last().map(|entry| entry.place());
            let more = timeline(&mut *unit, *id, &kinds, behind, 10).await?;
            claim(more.is_empty(), "nothing stands behind it")?;
        }
    }
    Ok(())
}

fn merge_of(happened: &Happening) -> Option<&Merge> {
    match happened {
        Happening::Merge(merge) => Some(merge),
        _ => None,
    }
}

/// One that survives, and one that was merged into it.
async fn merged_pair(case: &Case) -> Held<[Id<Customer>; 2]> {
    let ids = customers(case, 2).await?;
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    Ok([ids[0], ids[1]])
}

/// Lines of cells with `|` between them, the header first; a letter for each row.
pub(super) async fn import(case: &Case, kind: ImportKind, text: &str) -> Held<String> {
    let letter = |outcome: &Outcome| match outcome {
        Outcome::New => 'N',
        Outcome::Changed => 'C',
        Outcome::Unchanged => 'u',
        Outcome::Folded(_) => 'F',
        Outcome::Doubtful(_) => 'D',
        Outcome::Refused(_) => 'R',
        Outcome::Waiting => 'w',
    };
    Ok(outcomes(case, kind, text).await?.iter().map(letter).collect())
}

/// What became of each row, of lines as [`import`] takes them.
pub(super) async fn outcomes(case: &Case, kind: ImportKind, text: &str) -> Held<Vec<Outcome>> {
    let cells = |line: &str| line.split('|').map(str::to_owned).collect::<Vec<_>>();
    let header = text.lines().next().map(cells).unwrap_or_default();
    let rows = text.lines().zip(1..).skip(1);
    let rows: Vec<_> =
        rows.map(|(line, at)| Row { line: at, cells: cells(line), occurrence: 0 }).collect();
    let mut importer = Importer::new(&Mapping::new(kind), &header, ImportOptions::default())?;
    let mut work = case.begin().await?;
    let outcomes = importer.batch(&mut *work, &rows).await?;
    work.commit().await?;
    Ok(outcomes.into_iter().map(|one| one.outcome).collect())
}

fn utc() -> Held<FixedOffset> {
    FixedOffset::east_opt(0).ok_or_else(|| Failure::new("no offset"))
}
