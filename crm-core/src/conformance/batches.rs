use crate::{
    contact::Contact,
    customer::{self, Customer, CustomerKind},
    interaction::{self, Interaction},
    kernel::{Criteria, Cursor, Entity, ErrorKind, Holder, OrderBy, Page, Query},
    settings::Settings,
    store::{Batch, ReadUnit},
    task::{self, Task},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    each::Kept,
    interactions::recorded_anew,
    law::Law,
    questions::{Questions, ordered_fields},
    random::Draws,
    setting::a_customer,
    timeline::a_story,
    versions::{here_or_at_commit, there},
    world::world,
};

pub(super) fn laws() -> Vec<Law> {
    let mut list = laws_of_each![a_batch_is_answered_as_its_questions_are_alone];
    list.extend(laws![
        a_batch_asks_several_kinds,
        a_batch_sees_what_its_unit_wrote,
        a_batch_sees_nothing_of_another_tenant,
        a_batch_with_a_wrong_question_is_invalid
    ]);
    list
}

async fn a_batch_is_answered_as_its_questions_are_alone<E: Kept>(case: &Case) -> Held {
    let data = world::<E>(case, 20).await?;
    let fields = ordered_fields::<E>();
    for (n, field) in fields.iter().enumerate() {
        for descending in [false, true] {
            let query = |limit, after| {
                let order = vec![OrderBy { field, descending }];
                Query { criteria: Criteria::everything(), order, limit, after }
            };
            let mut unit = case.read().await?;
            let limit = 1 + n as u32 % 5;
            let first = E::in_read(&mut *unit).find(query(limit, None)).await?;
            let next = || query(limit, first.next.clone());
            alone_and_together(&mut *unit, &[&|| query(limit, None), &next, &next]).await?;
        }
    }
    let questions = Questions::about(&data);
    let mut draws = Draws::new(30, move || questions.criteria());
    while let Some(criteria) = draws.next() {
        let mut unit = case.read().await?;
        let (yes, no) = (|| criteria.clone().query(), || criteria.clone().not().query().limit(3));
        let nothing = || Query::of(Criteria::Any(Vec::new()));
        let held = alone_and_together::<E>(&mut *unit, &[&yes, &nothing, &no]).await;
        drop(unit);
        draws.judge(&criteria, held);
    }
    draws.verdict()
}

async fn alone_and_together<E: Kept>(
    unit: &mut (dyn ReadUnit + '_),
    queries: &[&(dyn Fn() -> Query<E> + Send + Sync)],
) -> Held {
    let mut alone = Vec::new();
    for query in queries {
        alone.push(E::in_read(unit).find(query()).await?);
    }
    let mut batch = Batch::new();
    let asked: Vec<_> = queries.iter().map(|query| E::asked(&mut batch, query())).collect();
    let mut answers = unit.ask(batch).await?;
    for (alone, asked) in alone.into_iter().zip(asked) {
        let page: Page<E> = answers.take(asked)?;
        same("a page of a batch", page, alone)?;
    }
    Ok(())
}

async fn a_batch_asks_several_kinds(case: &Case) -> Held {
    let id = a_story(case).await?;
    let mut unit = case.read().await?;
    unit.ask(Batch::new()).await?;

    let talks = || interaction::CUSTOMER_ID.eq(id).query().descending(&interaction::HAPPENED_AT);
    let open = || task::CUSTOMER_ID.eq(id).query().order_by(&task::DUE).limit(1);
    let record = || customer::ID.eq(id).query();
    let known = there(unit.find(record()).await?.items.pop())?;
    let rules = Settings::standard(Settings::id_of(unit.scope().tenant));
    let terms = known.terms(&rules);
    let Some(term) = terms.first() else {
        return Err(Failure::new("a customer is found by nothing"));
    };
    let mut batch = Batch::new();
    let asked = (
        batch.find(talks().limit(2)),
        batch.history(Customer::KIND, id.uuid(), 1, 3),
        batch.find(record()),
        batch.holders(term.clone(), 5),
        batch.find(open()),
        batch.find(Query::<Contact>::of(Criteria::Any(Vec::new()))),
        batch.find(talks()),
        batch.history(Contact::KIND, id.uuid(), 0, 3),
    );
    let mut answers = unit.ask(batch).await?;
    same("talks", answers.take(asked.0)?, unit.find(talks().limit(2)).await?)?;
    let history = unit.history(Customer::KIND, id.uuid(), 1, 3).await?;
    same("how much history there is", history.len(), 3)?;
    same("the history", answers.take(asked.1)?, history)?;
    same("the record", answers.take(asked.2)?, unit.find(record()).await?)?;
    let holders: Vec<Holder> = unit.holders(std::slice::from_ref(term), 5).await?;
    claim(!holders.is_empty(), "nothing has the term")?;
    same("the holders", answers.take(asked.3)?, holders)?;
    same("tasks", answers.take(asked.4)?, unit.find(open()).await?)?;
    same("nobody", answers.take(asked.5)?, Page { items: Vec::new(), next: None })?;
    same("talks again", answers.take(asked.6)?, unit.find(talks()).await?)?;
    same("the history of nothing", answers.take(asked.7)?, Vec::new())
}

async fn a_batch_sees_what_its_unit_wrote(case: &Case) -> Held {
    let old = a_customer(case).await?;
    let mut work = case.begin().await?;
    let stored = there(work.get(old).await?)?;
    work.update(stored.edit(|c| c.notes = Some("known".into()))).await?;
    let call = recorded_anew(case.id(), old)?;
    work.insert(call.clone()).await?;
    let mut batch = Batch::new();
    let asked = (
        batch.find(customer::ID.eq(old).query()),
        batch.history(Customer::KIND, old.uuid(), 0, 10),
        batch.newest(interaction::CUSTOMER_ID.eq(old), &interaction::HAPPENED_AT),
    );
    let mut answers = work.ask(batch).await?;
    let mut found = answers.take(asked.0)?.items;
    let stored = there(found.pop())?;
    same("its notes", stored.notes.as_deref(), Some("known"))?;
    let versions: Vec<_> = answers.take(asked.1)?.iter().map(|change| change.version).collect();
    same("its versions", versions, vec![1, 2])?;
    let calls: Vec<_> = answers.take(asked.2)?.into_iter().map(|call| call.id).collect();
    same("its calls", calls, vec![call.id])?;
    // It builds on what it read, until it is lost.
    let leaked = work.update(stored.edit(|c| c.notes = Some("more".into()))).await?;
    same("the version", leaked.version(), 3)?;
    let mut batch = Batch::new();
    let asked = batch.find(customer::ID.eq(old).query());
    let leaked = there(work.ask(batch).await?.take(asked)?.items.pop())?;
    drop(work);
    let mut work = case.begin().await?;
    let answer = work.update(leaked.edit(|c| c.notes = Some("too late".into()))).await;
    let what = "an update of what a lost unit wrote";
    here_or_at_commit(what, answer, work, ErrorKind::Conflict).await.map(drop)
}

async fn a_batch_sees_nothing_of_another_tenant(case: &Case) -> Held {
    let id = a_story(case).await?;
    let mut unit = case.store().read(case.scope(1, "bob")?).await?;
    let mut batch = Batch::new();
    let asked = (
        batch.find(customer::ID.eq(id).query()),
        batch.find(Query::<Task>::all()),
        batch.newest(interaction::CUSTOMER_ID.eq(id), &interaction::HAPPENED_AT),
        batch.history(Customer::KIND, id.uuid(), 0, 10),
    );
    let mut answers = unit.ask(batch).await?;
    same("the record", answers.take(asked.0)?.items, vec![])?;
    same("tasks", answers.take(asked.1)?.items, vec![])?;
    same("talks", answers.take(asked.2)?, vec![])?;
    same("the history", answers.take(asked.3)?, vec![])
}

async fn a_batch_with_a_wrong_question_is_invalid(case: &Case) -> Held {
    let id = a_customer(case).await?;
    let mut work = case.begin().await?;
    let mut wrong: Vec<(&str, Batch)> = Vec::new();
    let mut with = |what, limit, ask: &dyn Fn(&mut Batch)| {
        let mut batch = Batch::of(limit);
        batch.find(customer::ID.eq(id).query());
        ask(&mut batch);
        batch.find(customer::ID.eq(id).query());
        wrong.push((what, batch));
    };
    with("a page of nothing", 50, &|batch| {
        batch.find(Query::<Customer>::all().limit(0));
    });
    with("a cursor of another list", 50, &|batch| {
        batch.find(Query::<Customer>::all().after(Some(Cursor::new("bm90IGEgY3Vyc29y"))));
    });
    with("a history of nothing", 50, &|batch| {
        batch.history(Customer::KIND, id.uuid(), 0, 0);
    });
    for limit in [0, 10_001] {
        with("such a limit", limit, &|batch| {
            batch.newest(interaction::CUSTOMER_ID.eq(id), &interaction::HAPPENED_AT);
        });
    }
    with("names of what another batch asks for", 50, &|batch| {
        let mut other = Batch::new();
        let talks = other.newest(Criteria::<Interaction>::everything(), &interaction::HAPPENED_AT);
        batch.named(&talks, &interaction::CUSTOMER_ID);
    });
    for (what, batch) in wrong {
        fails(what, work.ask(batch).await, ErrorKind::Invalid)?;
    }
    work.insert(Customer::new(case.id(), CustomerKind::Person, "after it")).await?;
    work.commit().await?;
    let strange = {
        let mut other = Batch::new();
        other.find(Query::<Customer>::all());
        other.find(Query::<Customer>::all())
    };
    let answers = case.read().await?.ask(Batch::new()).await;
    let strange = answers?.take(strange);
    fails("the answer to a question of another batch", strange, ErrorKind::Unavailable).map(drop)
}
