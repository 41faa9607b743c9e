//! Half an hour before the signature, somebody else has to know all of it.

use chrono::NaiveDate;

use crate::{
    contact::{Contact, DecisionRole},
    customer::{
        Customer, CustomerKind, Happening, TimelineEntry, TimelineKind, contacts_of, timeline,
    },
    interaction::{Channel, Direction, Interaction},
    kernel::{Id, Timestamp},
    opportunity::Opportunity,
    ownership::{OwnerVerb, ownership_history},
    pipeline::Pipeline,
    staff_member::StaffMember,
    store::{ReadUnit, UnitOfWork, expect},
    transaction::Transaction,
};

use super::{
    case::{Case, day},
    claim::{Held, claim, same},
    law::Law,
};

pub(super) fn laws() -> Vec<Law> {
    laws![half_an_hour_before_the_signature]
}

async fn half_an_hour_before_the_signature(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = work.insert(StaffMember::new(case.id(), "Anna")).await?.id;
    let bob = work.insert(StaffMember::new(case.id(), "Bob")).await?.id;
    let mut library = Customer::new(case.id(), CustomerKind::Organisation, "City Library");
    library.owner_id = Some(anna);
    let id = work.insert(library).await?.id;
    let mut head = Contact::new(case.id(), "Dr Wei");
    (head.customer_id, head.role) = (Some(id), Some(DecisionRole::DecisionMaker));
    let mut clerk = Contact::new(case.id(), "Mr Xu");
    (clerk.customer_id, clerk.role) = (Some(id), Some(DecisionRole::Gatekeeper));
    for one in [&head, &clerk] {
        work.insert(one.clone()).await?;
    }
    talks(case, &mut *work, id, head.id).await?;
    deal(case, &mut *work, id).await?;
    let day = day("2016-01-02")?;
    work.insert(Transaction::new(case.id(), id, day, "99.90 CNY".parse()?)).await?;
    // Anna resigns.
    let stored = expect(&mut *work, id).await?;
    let stored = work.update(stored.edit(|c| c.owner_id = Some(bob))).await?;
    work.update(stored.edit(|c| (c.owner_id, c.notes) = (None, Some("who takes it?".into()))))
        .await?;
    work.commit().await?;

    let mut unit = case.read().await?;
    let people = contacts_of(&mut *unit, id).await?;
    let roles: Vec<_> = people.iter().map(|one| (&*one.contact.name, one.contact.role)).collect();
    let expected =
        [("Dr Wei", Some(DecisionRole::DecisionMaker)), ("Mr Xu", Some(DecisionRole::Gatekeeper))];
    same("who decides", roles.as_slice(), expected.as_slice())?;
    let story = timeline(&mut *unit, id, &[], None, 100).await?;
    claim(story.windows(2).all(|pair| pair[0].place() > pair[1].place()), "not newest first")?;
    said(&story)?;
    promised_and_moved(&story)?;
    owned(&mut *unit, &story, id, [anna, bob]).await?;
    // Read in small pieces it is the same story.
    let (mut pieces, mut after) = (Vec::new(), None);
    loop {
        let some = timeline(&mut *unit, id, &[], after, 2).await?;
        let Some(last) = some.last() else { break };
        after = Some(last.place());
        pieces.extend(some);
        claim(pieces.len() <= story.len(), "the story has no end")?;
    }
    same("the story in pieces of two", &pieces, &story)
}

async fn talks(
    case: &Case,
    work: &mut dyn UnitOfWork,
    customer: Id<Customer>,
    head: Id<Contact>,
) -> Held {
    for (time, content, next_step) in [
        ("2016-11-03T09:00:00.000002Z", "promised 5 % off", Some("send the contract")),
        ("2016-11-03T09:00:00.000001Z", "asked for a quotation", None),
        ("2015-01-01T00:00:00Z", "first call", None),
    ] {
        let at: Timestamp = time.parse()?;
        let mut call =
            Interaction::new(case.id(), customer, Channel::Phone, Direction::Inbound, at);
        (call.content, call.contact_id) = (Some(content.into()), Some(head));
        call.next_step = next_step.map(ToOwned::to_owned);
        call.next_step_due = next_step.map(|_| due()).transpose()?;
        work.interactions().record(call).await?;
    }
    Ok(())
}

/// An opportunity whose worth was lowered before it went on.
async fn deal(case: &Case, work: &mut dyn UnitOfWork, customer: Id<Customer>) -> Held {
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let mut new = Opportunity::open(case.id(), "Reading room", &pipeline)?;
    (new.customer_id, new.amount) = (Some(customer), Some("100000 CNY".parse()?));
    let opportunity = work.opportunities().open(new).await?;
    let amount = Some("95000 CNY".parse()?);
    let lowered = work.update(opportunity.edit(|o| o.amount = amount)).await?;
    work.opportunities().advance(lowered.id, "engaging", None).await?;
    Ok(())
}

fn said(story: &[TimelineEntry]) -> Held {
    let said: Vec<_> = story
        .iter()
        .filter_map(|entry| match &entry.happened {
            Happening::Interaction(call) => call.content.as_deref(),
            Happening::Transaction(_) => Some("bought"),
            _ => None,
        })
        .collect();
    let expected = ["promised 5 % off", "asked for a quotation", "bought", "first call"];
    same("what was said and bought, newest first", said.as_slice(), expected.as_slice())
}

fn promised_and_moved(story: &[TimelineEntry]) -> Held {
    let (mut promised, mut moved) = (Vec::new(), Vec::new());
    for entry in story {
        match &entry.happened {
            Happening::Task(task) => promised.push((task.title.clone(), task.due)),
            Happening::Step { opportunity, step } => {
                let amount = step.amount_after.map(|amount| amount.to_string());
                moved.push((opportunity.clone(), step.to_stage.clone(), amount));
            }
            _ => {}
        }
    }
    let expected = vec![("send the contract".to_owned(), Some(due()?))];
    same("the next steps", promised, expected)?;
    moved.sort();
    let step = |stage: &str, amount: &str| {
        ("Reading room".to_owned(), stage.to_owned(), Some(amount.to_owned()))
    };
    // It was opened, its amount was changed, it went on.
    let expected = vec![
        step("engaging", "95000.00 CNY"),
        step("prospecting", "100000.00 CNY"),
        step("prospecting", "95000.00 CNY"),
    ];
    same("the steps of its opportunity, and what it was worth", moved, expected)
}

async fn owned(
    unit: &mut dyn ReadUnit,
    story: &[TimelineEntry],
    customer: Id<Customer>,
    [anna, bob]: [Id<StaffMember>; 2],
) -> Held {
    let kinds = [TimelineKind::Ownership];
    let alone = timeline(unit, customer, &kinds, None, 10).await?;
    let within = story.iter().filter(|e| e.happened.kind() == TimelineKind::Ownership);
    same("whose it was, in the story", within.cloned().collect::<Vec<_>>(), alone.clone())?;
    let mut owners: Vec<_> = alone
        .into_iter()
        .filter_map(|entry| match entry.happened {
            Happening::Ownership(owner) => Some(owner),
            _ => None,
        })
        .collect();
    // In one instant they stand by the ids of their entries.
    owners.sort_by_key(|owner| owner.version);
    let edited = Some(OwnerVerb::Edited);
    let expected = [
        (1, None, Some(anna), None),
        (2, Some(anna), Some(bob), edited),
        (3, Some(bob), None, edited),
    ];
    let steps: Vec<_> =
        owners.iter().map(|one| (one.version, one.from, one.to, one.verb)).collect();
    same("whose it was", steps.as_slice(), expected.as_slice())?;
    claim(owners.iter().all(|one| one.by == "anna"), "who did it")?;
    let owners: Vec<_> = owners.into_iter().map(|one| *one).collect();
    same("the history of its owners", ownership_history(unit, customer).await?, owners)?;
    let kinds = [TimelineKind::Change];
    let changes = timeline(unit, customer, &kinds, None, 10).await?;
    same("how often all else was changed", changes.len(), 2)?;
    let tells_it = |entry: &TimelineEntry| match &entry.happened {
        Happening::Change(change) => change.fields.iter().any(|one| one.field == "owner_id"),
        _ => true,
    };
    claim(!changes.iter().any(tells_it), "a change tells whose it is")
}

fn due() -> Held<NaiveDate> {
    day("2016-11-04")
}
