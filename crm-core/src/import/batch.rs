use crate::{
    Result,
    customer::CustomerKind,
    kernel::Stored,
    opportunity::pipeline::Pipeline,
    stage_move::StageMove,
    store::{Append, Repository, UnitOfWork, Work},
};

use super::{
    draft::Draft,
    importer::ImportOptions,
    known::Known,
    place::{Placing, naming},
    plan::Plan,
    references::References,
    row::{Outcome, Row, RowOutcome},
    subject::Subject,
};

/// What a batch needs of its importer.
pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan,
    pub(super) options: &'a ImportOptions,
    pub(super) references: &'a mut References,
    pub(super) pipeline: Option<&'a Pipeline>,
    pub(super) settle: bool,
}

pub(super) async fn run<'w, E: Subject>(
    context: Context<'_>,
    work: &mut Work<'w>,
    rows: &[Row],
) -> Result<Vec<RowOutcome>>
where
    dyn UnitOfWork + 'w: Repository<E>,
{
    let Context { plan, options, references, pipeline, settle } = context;
    let tenant = work.scope().tenant;
    let mut outcomes: Vec<_> =
        rows.iter().map(|row| RowOutcome { line: row.line, outcome: Outcome::Waiting }).collect();
    let mut tell = |row: usize, outcome| {
        if let Some(told) = outcomes.get_mut(row) {
            told.outcome = outcome;
        }
    };
    let mut drafts = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        match Draft::read::<E>(plan, row, tenant) {
            Ok(draft) => drafts.push((at, draft)),
            Err(reason) => tell(at, Outcome::Refused(reason)),
        }
    }
    references.look_up(work, drafts.iter().flat_map(|(_, draft)| &draft.references)).await?;
    let known = Known::<E>::load(work, drafts.iter().map(|(_, draft)| &draft.key)).await?;

    let mut placing = Placing::new(known, references, pipeline, &E::blank(pipeline)?);
    placing.create_customers = options.create_customers.is_some();
    placing.settle = settle;
    let next_id = || work.next_id();
    let mut left = drafts;
    loop {
        let before = left.len();
        let mut waiting = Vec::new();
        for (at, draft) in left {
            if placing.waits(&draft) {
                waiting.push((at, draft));
            } else if let Err(reason) = placing.place(at, draft, next_id) {
                tell(at, Outcome::Refused(reason));
            }
        }
        left = waiting;
        if left.len() < before {
            continue;
        }
        // None of them leads any further.
        if !settle {
            break;
        }
        let Some((at, draft)) = without_a_row_above::<E>(&mut left) else {
            let reason = "these rows stand above each other in a circle";
            left.drain(..).for_each(|(at, _)| tell(at, Outcome::Refused(reason.to_owned())));
            break;
        };
        if let Err(reason) = placing.place(at, draft, next_id) {
            tell(at, Outcome::Refused(reason));
        }
    }
    placing.outcomes(tell);
    let slots = std::mem::take(&mut placing.slots);
    drop(placing);
    references.write(work, options.create_customers.unwrap_or(CustomerKind::Person)).await?;

    let (mut inserts, mut updates, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for slot in slots {
        let changed = slot.changed();
        match (slot.stored, slot.current) {
            (None, Some(new)) => {
                steps.extend(E::step(None, &new, work));
                inserts.push(new);
            }
            (Some(stored), Some(current)) if changed => {
                steps.extend(E::step(Some(&stored), &current, work));
                updates.push(imported(stored, current)?);
            }
            _ => {}
        }
    }
    if !inserts.is_empty() {
        Append::<E>::insert_all(work, inserts).await?;
    }
    for update in updates {
        Repository::<E>::update(work, update).await?;
    }
    if !steps.is_empty() {
        Append::<StageMove>::insert_all(work, steps).await?;
    }
    Ok(outcomes)
}

fn imported<E: Subject>(stored: Stored<E>, current: E) -> Result<Stored<E>> {
    stored.change("imported", |_| Ok(current))
}

/// A row that waits for a record no other row is about.
fn without_a_row_above<E: Subject>(left: &mut Vec<(usize, Draft)>) -> Option<(usize, Draft)> {
    let names = naming::<E>();
    let at = left.iter().position(|(_, draft)| {
        let above = draft.references.iter().filter(|reference| reference.kind == E::KIND);
        above.clone().all(|r| !left.iter().any(|(_, other)| other.says(&names, &r.text)))
    })?;
    Some(left.remove(at))
}
