//! What the third version wrote, as rows, and what is there after migrating: for the tests of each store.

use crm_core::{
    ErrorKind,
    kernel::{Id, Scope, Timestamp},
    lead::{Conversion, Lead},
    opportunity::{self, ForecastCategory, Opportunity},
    pipeline::Pipeline,
    stage_move::{self, Course, MoveKind},
    store::Store,
    task::{Task, TaskStatus},
};
use uuid::Uuid;

/// A pipeline with three opportunities: one was won, one begun, of one no move was kept. Ids of moves do not
/// tell their order.
pub(crate) fn rows(
    id: impl Fn(u128) -> String,
    time: impl Fn(i64) -> String,
) -> Vec<(&'static str, &'static str, String)> {
    let (customer, pipeline) = (id(1), id(2));
    let stage = |key: &str, kind: &str| {
        format!(r#"{{"key": "{key}", "name": "{key}", "kind": "{kind}", "probability": "10"}}"#)
    };
    let stages = [("prospecting", "open"), ("engaging", "open"), ("won", "won")];
    let stages = stages.map(|(key, kind)| stage(key, kind)).join(", ");
    let mut rows = vec![
        (
            "customer",
            "id, kind, name, phones, lifecycle_stage, tags, custom",
            format!("{customer}, 'organisation', 'Acme', '[]', 'lead', '[]', '{{}}'"),
        ),
        (
            "pipeline",
            "id, name, stages, active",
            format!("{pipeline}, 'sales', '[{stages}]', true"),
        ),
    ];
    for (n, stage, status, closed_on) in [
        (3, "won", "won", "'2017-12-31'"),
        (4, "engaging", "open", "NULL"),
        (5, "prospecting", "open", "NULL"),
    ] {
        rows.push((
            "opportunity",
            "id, name, pipeline_id, stage, status, closed_on, customer_id, probability_source, \
             tags, custom",
            format!(
                "{}, 'Books', {pipeline}, '{stage}', '{status}', {closed_on}, {customer}, 'stage', \
                 '[]', '{{}}'",
                id(n)
            ),
        ));
    }
    for (n, of, kind, [from_stage, from_status], [to_stage, to_status], at) in [
        (31, 3, "won", ["'engaging'", "'open'"], ["won", "won"], 9),
        (33, 3, "opened", ["NULL", "NULL"], ["prospecting", "open"], 5),
        (32, 3, "advanced", ["'prospecting'", "'open'"], ["engaging", "open"], 7),
        (41, 4, "imported", ["NULL", "NULL"], ["engaging", "open"], 6),
    ] {
        rows.push((
            "stage_move",
            "id, opportunity_id, kind, from_stage, from_status, to_stage, to_status, moved_at, \
             moved_by, customer_id",
            format!(
                "{}, {}, '{kind}', {from_stage}, {from_status}, '{to_stage}', '{to_status}', {}, \
                 'anna', {customer}",
                id(n),
                id(of),
                time(at)
            ),
        ));
    }
    for (n, status, closed_by) in [(51, "open", "NULL"), (52, "done", "'anna'")] {
        rows.push((
            "task",
            "id, external_id, customer_id, opportunity_id, title, due, created_at, status, since, \
             closed_by",
            format!(
                "{}, 'T{n}', {customer}, {}, 'call', '2017-12-31', {at}, '{status}', {at}, \
                 {closed_by}",
                id(n),
                id(4),
                at = time(6)
            ),
        ));
    }
    rows
}

/// What it makes of the tasks, which may be for leads now.
pub(crate) async fn tasks_may_be_for_leads(store: &dyn Store, scope: Scope) {
    let mut work = store.begin(scope).await.unwrap();
    let [open, done] = [51, 52].map(|n| Id::<Task>::new(Uuid::from_u128(n)));
    for (id, status) in [(open, TaskStatus::Open), (done, TaskStatus::Done)] {
        let task = work.get(id).await.unwrap().unwrap();
        let told = (task.title.as_str(), task.state().status(), task.lead_id, task.version());
        assert_eq!(told, ("call", status, None, 1), "{task:?}");
        assert!(task.opportunity_id.is_some() && task.due.is_some(), "{task:?}");
    }
    let mut again = new_task(60);
    again.external_id = Some("T51".into());
    let taken = work.tasks().add(again).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Duplicate, "{taken}");
    let lead = Lead::company(Id::new(Uuid::from_u128(61)), "Acme");
    let lead = work.leads().add(lead).await.unwrap();
    let found = lead.duplicates.unwrap().customers.found.len();
    assert_eq!(found, 0, "what was there has no terms until it is looked at again");
    let mut nobodys = new_task(63);
    nobodys.lead_id = Some(Id::new(Uuid::from_u128(62)));
    let missing = work.tasks().add(nobodys).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::Missing, "{missing}");
    let mut theirs = new_task(64);
    theirs.lead_id = Some(lead.lead.id);
    work.tasks().add(theirs).await.unwrap();
    let became = work.leads().convert(lead.lead.id, &Conversion::default()).await.unwrap();
    assert_eq!(became.tasks, 1);
    work.settings()
        .change(|rules| rules.leads.disqualify_reasons = vec!["x".into()])
        .await
        .unwrap();
    work.commit().await.unwrap();
}

/// What a store that was migrated makes of these rows.
pub(crate) async fn moves_are_numbered(store: &dyn Store, scope: Scope) {
    let at = |micros| Some(Timestamp::from_micros(micros).unwrap());
    let sales: Id<Pipeline> = Id::new(Uuid::from_u128(2));
    let [won, begun, bare] = [3, 4, 5].map(|n| Id::<Opportunity>::new(Uuid::from_u128(n)));
    let mut work = store.begin(scope).await.unwrap();
    let moved = work.find(stage_move::OPPORTUNITY_ID.eq(won).query()).await.unwrap();
    let mut moves = moved.items;
    moves.sort_by_key(|step| step.number);
    // By the stages as they are.
    let (open, closed) = (Some(ForecastCategory::Pipeline), Some(ForecastCategory::Closed));
    let led: Vec<_> =
        moves.iter().map(|m| (m.course, m.category_before, m.category_after)).collect();
    let next = Some(Course::Next);
    assert_eq!(led, [(None, None, open), (next, open, open), (next, open, closed)]);
    let moves: Vec<_> = moves
        .iter()
        .map(|m| (m.number, m.from_pipeline_id, m.pipeline_id, m.to_stage.as_str(), m.moved_at))
        .collect();
    let time = |micros| Timestamp::from_micros(micros).unwrap();
    let expected = [
        (1, None, sales, "prospecting", time(5)),
        (2, Some(sales), sales, "engaging", time(7)),
        (3, Some(sales), sales, "won", time(9)),
    ];
    assert_eq!(moves, expected);
    for (id, moves, since, from) in
        [(won, 3, at(9), Some("engaging")), (begun, 1, at(6), None), (bare, 0, None, None)]
    {
        let found = work.get(id).await.unwrap().unwrap();
        assert_eq!(
            (found.moves(), found.stage_since(), found.decided_from(), found.lines.0.len()),
            (moves, since, from, 0),
            "{found:?}"
        );
        let kept = work.count(opportunity::COUNTS_AS.eq(found.counts_as().unwrap())).await.unwrap();
        assert_eq!(kept, if id == won { 1 } else { 2 }, "in which category it counts is kept");
    }
    // And it goes on from there.
    let again = work.opportunities().reopen(won, "engaging", None).await.unwrap();
    assert_eq!((again.moves(), again.decided_from()), (4, None));
    let last = stage_move::OPPORTUNITY_ID.eq(won).and(stage_move::NUMBER.eq(4));
    let last = work.find(last.query()).await.unwrap().items;
    let told: Vec<_> = last.iter().map(|m| (m.kind, m.course, m.category_before)).collect();
    assert_eq!(told, [(MoveKind::Reopened, Some(Course::Back), closed)]);
    work.commit().await.unwrap();
}

fn new_task(id: u128) -> Task {
    Task::new(Id::new(Uuid::from_u128(id)), "write", Timestamp::from_micros(9).unwrap())
}
