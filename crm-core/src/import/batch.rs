use crate::{
    Result,
    opportunity::pipeline::Pipeline,
    settings::house_rules,
    store::{Repository, UnitOfWork, Work},
};

use super::{
    OnDuplicate, anew,
    draft::Draft,
    folding::Folding,
    importer::ImportOptions,
    known::Known,
    place::{Placing, naming},
    plan::Plan,
    references::References,
    row::{Outcome, Row, RowOutcome},
    subject::Subject,
    taken::Taken,
    write::{Giving, Writing},
};

/// What a batch needs of its importer.
pub(super) struct Context<'a> {
    pub(super) plan: &'a Plan,
    pub(super) options: &'a ImportOptions,
    pub(super) references: &'a mut References,
    pub(super) pipeline: Option<&'a Pipeline>,
    pub(super) settle: bool,
    pub(super) added_first: &'a mut bool,
}

pub(super) async fn run<'w, E: Subject>(
    context: Context<'_>,
    work: &mut Work<'w>,
    rows: &[Row],
) -> Result<Vec<RowOutcome>>
where
    dyn UnitOfWork + 'w: Repository<E>,
{
    let Context { plan, options, references, pipeline, settle, added_first } = context;
    let tenant = work.scope().tenant;
    let waiting =
        |row: &Row| RowOutcome { line: row.line, outcome: Outcome::Waiting, assignment: None };
    let mut outcomes: Vec<_> = rows.iter().map(waiting).collect();
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
    let keys = drafts.iter().map(|(_, draft)| &draft.key);
    let known = Known::<E>::load(work, keys, plan.external_id.is_some()).await?;
    anew::pass_over_erased(work, &mut drafts, &known).await?;

    let blank = E::blank(pipeline, &house_rules(work).await?)?;
    let mut placing = Placing::new(known, references, pipeline, &blank, tenant);
    placing.create_customers = options.create_customers;
    placing.settle = settle;
    placing.assign = options.assign;
    placing.now = work.now();
    placing.rules = house_rules(work).await?;
    placing.names_own = plan.fields.iter().any(|field| field.info.refers_to == Some(E::KIND));
    let new = placing.candidates(&drafts);
    if !new.is_empty() {
        placing.folding = Some(Folding::load(work, &new, options.duplicates).await?);
    }
    let mut left = drafts;
    loop {
        let before = left.len();
        let mut waiting = Vec::new();
        for (at, draft) in left {
            if placing.waits(&draft) {
                waiting.push((at, draft));
                continue;
            }
            if options.duplicates == OnDuplicate::Fold
                && let Some(id) = placing.overwrites(&draft)
            {
                placing.has_taken(id, Taken::load(work, id).await?);
            }
            if let Err(reason) = placing.place(at, draft, || work.next_id()) {
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
        if let Err(reason) = placing.place(at, draft, || work.next_id()) {
            tell(at, Outcome::Refused(reason));
        }
    }
    let slots = std::mem::take(&mut placing.slots);
    let by_rules = E::by_rules().filter(|_| options.assign);
    let by_rules = by_rules.map(|by| Giving { by, rules: placing.rules.clone(), now: placing.now });
    drop(placing);
    let refused = references.write(work).await?;
    let mut writing = Writing::new(refused, &mut outcomes);
    writing.write(work, slots, by_rules, added_first).await?;
    if writing.wrote {
        references.forget(E::KIND);
    }
    if writing.misses {
        // What was remembered is not there, whatever became of it.
        references.reset();
    }
    Ok(outcomes)
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
