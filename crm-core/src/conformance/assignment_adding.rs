//! What comes in with the owner that the rules give it is as what is added and then given.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    Error,
    assignment::{
        Assigned, Assignment, AssignmentCursor, AssignmentOutcome, Cursor, KindRules, Rule,
        RuleSet, Strategy, Which, dry_run_all,
    },
    assignment_rules::AssignmentRules,
    customer::{self, Customer},
    import::{
        AssignedReport, ImportKind, ImportOptions, Importer, Mapping, Outcome, Row, RowOutcome,
    },
    kernel::{Criteria, Currency, Entity, Id, Money, Query},
    lead::{self, Lead},
    opportunity::{self, Opportunity, pipeline::Pipeline},
    owner_change::{self, OwnerChange, OwnerVerb},
    ownership::{Trace, ownership_history},
    staff_member::StaffMember,
    store::{Read, ReadUnit, find_one},
};

use super::{
    assignments::{queue, set},
    case::Case,
    claim::{Failure, Held, claim, same},
    law::Law,
    merging::organisation,
    owners::colleague,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        what_is_added_by_the_rules_is_as_added_and_then_assigned,
        rows_are_given_as_if_they_were_imported_and_then_assigned,
        a_row_that_the_store_refuses_takes_nobodys_turn,
        only_what_people_work_on_is_imported_by_the_rules
    ]
}

/// What is left behind, but for what no two units can have in common: ids of facts, and instants.
#[derive(Debug, PartialEq)]
struct Left {
    owners: BTreeMap<Uuid, Option<Id<StaffMember>>>,
    turns: BTreeMap<(String, i64), Cursor>,
    changes: BTreeMap<Uuid, Change>,
}

type Change = (Option<Id<StaffMember>>, Option<Id<StaffMember>>, OwnerVerb, Option<String>, Trace);

async fn left<E: Assigned>(unit: &mut (dyn ReadUnit + '_)) -> Held<Left> {
    let all = E::page(unit, Query::all().limit(1_000)).await?.items;
    let owners = all.iter().map(|one| (one.id().uuid(), one.owner())).collect();
    let cursors = Read::<AssignmentCursor>::find(unit, Query::all()).await?.items;
    let turns = cursors.iter().map(|one| ((one.rule.clone(), one.choice), one.state.clone()));
    let changes = Read::<OwnerChange>::find(unit, Query::all().limit(1_000)).await?.items;
    let change = |one: &OwnerChange| {
        let of = [
            one.customer_id.map(Id::uuid),
            one.opportunity_id.map(Id::uuid),
            one.lead_id.map(Id::uuid),
        ];
        let what =
            (one.owner_before, one.owner_after, one.verb, one.reason.clone(), one.trace.clone());
        (of.into_iter().flatten().next().unwrap_or_default(), what)
    };
    let (many, changes) = (changes.len(), changes.iter().map(|one| change(one)).collect());
    let left = Left { owners, turns: turns.collect(), changes };
    same("each is given once", left.changes.len(), many)?;
    Ok(left)
}

/// Adds records by the rules; the same as added and assigned one after another, and as a dry run says of them where they come in the
/// order of their ids.
async fn added<E: Assigned>(case: &Case, mut records: Vec<E>, sorted: bool) -> Held<Left> {
    if sorted {
        records.sort_by_key(Entity::id);
    }
    let asked: Vec<_> =
        records.iter().filter(|one| one.owner().is_none()).map(Entity::id).collect();
    let (mut work, mut singles) = (case.begin().await?, Vec::new());
    E::add(&mut *work, records.clone()).await?;
    let (mut proposed, now) = (Vec::new(), work.now());
    let all = Criteria::<E>::everything();
    dry_run_all::<E>(&mut *work, all, Which::WithoutOwner, now, None, u64::MAX, |one| {
        proposed.push(one);
        Ok(())
    })
    .await?;
    for id in asked {
        singles.push(work.assignments().assign(id, Which::WithoutOwner).await?);
    }
    let one_by_one = left::<E>(&mut *work).await?;
    drop(work);
    if sorted {
        same("a dry run", &proposed, &singles)?;
    }
    let mut work = case.begin().await?;
    let told = work.assignments().add_all(records).await?;
    same("what is decided", &told, &singles)?;
    same("in the unit", &left::<E>(&mut *work).await?, &one_by_one)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let all = E::page(&mut *unit, Query::all().limit(1_000)).await?.items;
    claim(all.iter().all(|one| one.version() == 1), "each is written once")?;
    let left = left::<E>(&mut *unit).await?;
    same("what stays", &left, &one_by_one)?;
    Ok(left)
}

async fn what_is_added_by_the_rules_is_as_added_and_then_assigned(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = Vec::new();
    for n in 0..5_u32 {
        let mut one = StaffMember::new(case.id(), format!("Colleague {n}"));
        one.weight = Some(i64::from(n));
        one.capacity.open_leads = (n > 1).then_some(n * 3);
        one.capacity.new_per_day = (n == 4).then_some(6);
        people.push(work.insert(one).await?.id);
    }
    let mut north = Rule::new("North", queue(&people, Strategy::LeastLoaded));
    north.when = lead::REGION.eq("north");
    let mut south = Rule::new("South", queue(&people[2..], Strategy::WeightedRoundRobin));
    south.when = lead::REGION.eq("south");
    let mut east = Rule::new("East", queue(&people[..2], Strategy::RoundRobin));
    east.when = lead::REGION.eq("east");
    let rules = vec![north, south, east];
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules })).await?;
    let pipeline = work.insert(Pipeline::sales(case.id())).await?.into_inner();
    let shop = work.insert(organisation(case, "Shop")).await?.id;
    let rules = vec![Rule::new("Deals", queue(&people, Strategy::LeastLoaded))];
    set(&mut *work, "Deals", KindRules::Opportunity(RuleSet { rules })).await?;
    let rules = vec![Rule::new("Shops", queue(&people[..3], Strategy::LeastLoaded))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules })).await?;
    work.commit().await?;

    for sorted in [true, false] {
        let leads = (0..60).map(|n| {
            let mut lead = Lead::company(case.id(), format!("Company {n} {sorted}"));
            lead.region = Some(["north", "south", "east", "west"][n % 4].to_owned());
            // What a file says counts for the others.
            lead.owner_id = (n % 11 == 10).then_some(people[0]);
            lead
        });
        let left = added(case, leads.collect(), sorted).await?;
        let nobody = left.owners.values().filter(|one| one.is_none()).count();
        claim((5..50).contains(&nobody), format!("nobody gets {nobody}"))?;
    }
    let deals = (0..20).map(|n| {
        let mut deal = Opportunity::open(case.id(), format!("Deal {n}"), &pipeline)?;
        (deal.customer_id, deal.amount) = (Some(shop), Some(Money::new(n.into(), Currency::EUR)?));
        deal.owner_id = (n % 4 == 3).then_some(people[1]);
        Ok::<_, Failure>(deal)
    });
    added(case, deals.collect::<Held<_>>()?, true).await?;
    let mut work = case.begin().await?;
    let shops = (0..6).map(|n| organisation(case, &n.to_string())).collect();
    let told = work.assignments().add_all(shops).await?;
    let to = |one: &Assignment| match one.outcome {
        AssignmentOutcome::Assigned { to } => people.iter().position(|id| *id == to),
        _ => None,
    };
    let to: Vec<_> = told.iter().map(to).collect();
    same("customers", to, [0, 1, 2, 0, 1, 2].map(Some).to_vec())?;
    // The history begins with the owner, and says why.
    let id = Id::<Customer>::new(told[0].record);
    let steps = ownership_history::<Customer>(&mut *work, id).await?;
    let [first] = steps.as_slice() else { return Err(Failure::new("one step")) };
    same("from and to", (first.version, first.from, first.to), (1, None, Some(people[0])))?;
    same("by which verb", first.verb, Some(OwnerVerb::Assigned))?;
    let text = told[0].account.as_ref().map(|one| one.text.as_str());
    same("with the trace", first.trace.get("text"), text.map(Into::into))?;
    same("in the log", work.history(Customer::KIND, id.uuid(), 0, 10).await?.len(), 1)
}

/// Rows of leads: what they are called, where they are, whose they are.
fn rows(rows: &[[&str; 4]]) -> Vec<Row> {
    let row = |(line, cells): (u64, &[&str; 4])| Row {
        line,
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        occurrence: 0,
    };
    (2..).zip(rows).map(row).collect()
}

fn importer(kind: ImportKind, header: &[&str], assign: bool) -> Held<Importer> {
    let header: Vec<_> = header.iter().map(|one| (*one).to_owned()).collect();
    let options = ImportOptions { assign, ..ImportOptions::default() };
    Ok(Importer::new(&Mapping::new(kind), &header, options)?)
}

const LEADS: [&str; 4] = ["external_id", "company", "region", "owner"];

/// Two people, of whom each gets leads of the north in turn.
async fn two_in_the_north(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let mut people = vec![colleague(&mut *work, case, "Anna").await?];
    people.push(colleague(&mut *work, case, "Ben").await?);
    let mut north = Rule::new("North", queue(&people, Strategy::LeastLoaded));
    north.when = lead::REGION.eq("north");
    set(&mut *work, "Leads", KindRules::Lead(RuleSet { rules: vec![north] })).await?;
    let all = vec![Rule::new("Shops", queue(&people, Strategy::RoundRobin))];
    set(&mut *work, "Customers", KindRules::Customer(RuleSet { rules: all })).await?;
    Ok(work.commit().await?)
}

/// Whose each lead is, by what a file calls it.
async fn whose(unit: &mut (dyn ReadUnit + '_)) -> Held<BTreeMap<String, Option<String>>> {
    let mut all = BTreeMap::new();
    for one in Read::<Lead>::find(unit, Query::all()).await?.items {
        let owner = match one.owner_id {
            Some(id) => Read::<StaffMember>::get(unit, id).await?.map(|one| one.name.clone()),
            None => None,
        };
        all.insert(one.external_id.clone().unwrap_or_default(), owner);
    }
    Ok(all)
}

async fn rows_are_given_as_if_they_were_imported_and_then_assigned(case: &Case) -> Held {
    two_in_the_north(case).await?;
    let batches = [
        rows(&[
            ["1", "One", "north", ""],
            ["2", "Two", "south", ""],
            ["3", "Three", "north", "Anna"],
            ["4", "Four", "", ""],
            ["5", "Five", "north", "Nobody we know"],
            ["6", "Six", "north", ""],
            // What the fourth is in the end.
            ["4", "Four", "north", ""],
            ["7", "", "north", ""],
        ]),
        rows(&[["8", "Eight", "north", ""], ["9", "Nine", "north", ""]]),
    ];
    let mut work = case.begin().await?;
    let mut plain = importer(ImportKind::Leads, &LEADS, false)?;
    for batch in &batches {
        let told = plain.batch(&mut *work, batch).await?;
        claim(told.iter().all(|one| one.assignment.is_none()), "nobody was asked")?;
        for (row, one) in batch.iter().zip(told).filter(|(_, one)| one.outcome == Outcome::New) {
            let called = lead::EXTERNAL_ID.eq(row.cells[0].as_str());
            let found = find_one::<Lead, _>(&mut *work, called).await?;
            let id = found.ok_or_else(|| Failure::new(format!("line {}", one.line)))?.id;
            work.assignments().assign(id, Which::WithoutOwner).await?;
        }
    }
    let (expected, afterwards) = (whose(&mut *work).await?, left::<Lead>(&mut *work).await?);
    drop(work);

    let (mut work, mut by_rules) =
        (case.begin().await?, importer(ImportKind::Leads, &LEADS, true)?);
    let (mut report, mut all) = (AssignedReport::default(), Vec::new());
    for batch in &batches {
        let told = by_rules.batch(&mut *work, batch).await?;
        told.iter().for_each(|one| report.count(one));
        all.extend(told);
    }
    same("whose", whose(&mut *work).await?, expected)?;
    same("turns", left::<Lead>(&mut *work).await?.turns, afterwards.turns)?;
    let letters: String = all.iter().map(letter).collect();
    same("what became of rows", letters.as_str(), "A-NARAcRAA")?;
    let south = [("no rule matches".to_owned(), 1)];
    same("the report", report, AssignedReport { assigned: 5, unassigned: south.into() })?;
    let called = lead::EXTERNAL_ID.eq("1");
    let first = find_one::<Lead, _>(&mut *work, called).await?;
    let first = first.ok_or_else(|| Failure::new("the first row made a lead"))?;
    let changed = owner_change::LEAD_ID.eq(first.id);
    same("written once", first.version(), 1)?;
    same("with its history", Read::<OwnerChange>::count(&mut *work, changed).await?, 1)?;
    work.commit().await?;

    // Again: nothing changes hands.
    let mut work = case.begin().await?;
    let before = left::<Lead>(&mut *work).await?;
    let mut again = importer(ImportKind::Leads, &LEADS, true)?;
    let mut letters = String::new();
    for batch in &batches {
        letters.extend(again.batch(&mut *work, batch).await?.iter().map(letter));
    }
    claim(!letters.contains('A') && !letters.contains('-'), letters)?;
    let more = rows(&[["2", "Two", "north", ""], ["10", "Ten", "north", ""]]);
    let told = again.batch(&mut *work, &more).await?;
    same("only what is new", told.iter().map(letter).collect::<String>().as_str(), "cA")?;
    let mut after = left::<Lead>(&mut *work).await?;
    after.owners.retain(|id, _| before.owners.contains_key(id));
    same("whose the others are", after.owners, before.owners)
}

/// Assigned, without an owner since nobody gets it (-), new and not asked about, changed, unchanged, refused.
fn letter(row: &RowOutcome) -> char {
    match (&row.outcome, row.assignment.as_ref().map(|one| one.outcome)) {
        (_, Some(AssignmentOutcome::Assigned { .. })) => 'A',
        (_, Some(_)) => '-',
        (Outcome::New, None) => 'N',
        (Outcome::Changed, None) => 'c',
        (Outcome::Unchanged, None) => 'u',
        (Outcome::Refused(_), None) => 'R',
        (_, None) => '?',
    }
}

async fn a_row_that_the_store_refuses_takes_nobodys_turn(case: &Case) -> Held {
    two_in_the_north(case).await?;
    let header = ["name", "city", "industry", "notes"];
    let mut first = importer(ImportKind::Customers, &header, false)?;
    let mut work = case.begin().await?;
    first.batch(&mut *work, &rows(&[["Acme", "", "", ""]])).await?;
    let acme = find_one::<Customer, _>(&mut *work, customer::NAME.eq("Acme")).await?;
    let acme = acme.ok_or_else(|| Failure::new("Acme is there"))?;
    work.update(acme.edit(|one| one.name = "Zenith".into())).await?;
    work.commit().await?;
    // Whoever has an owner already is added before, and so is what it stands below.
    let tree = ["name", "parent", "owner", "notes"];
    let family = rows(&[
        ["Group", "", "", ""],
        ["Branch", "Group", "", ""],
        ["Shop", "Branch", "Anna", ""],
        ["Kiosk", "Shop", "", ""],
    ]);
    let mut work = case.begin().await?;
    let told = importer(ImportKind::Customers, &tree, true)?.batch(&mut *work, &family).await?;
    same("a family", told.iter().map(letter).collect::<String>().as_str(), "AANA")?;
    drop(work);
    // Under its first name it would be the same record again.
    let more = rows(&[["Bolt", "", "", ""], ["Acme", "", "", ""], ["Cord", "", "", ""]]);
    let mut by_rules = importer(ImportKind::Customers, &header, true)?;
    let mut tries = 0;
    let told = loop {
        tries += 1;
        let mut work = case.begin().await?;
        match by_rules.batch(&mut *work, &more).await {
            Ok(told) => {
                work.commit().await?;
                break told;
            }
            Err(error @ Error::Conflict { .. }) if tries == 1 => claim(error.is_retryable(), "")?,
            Err(error) => return Err(error.into()),
        }
    };
    same("rows", told.iter().map(letter).collect::<String>().as_str(), "ARA")?;
    let to: Vec<_> =
        told.iter().filter_map(|one| one.assignment.as_ref()?.account.as_ref()?.to).collect();
    let mut unit = case.read().await?;
    let mut names = Vec::new();
    for id in to {
        names.push(Read::<StaffMember>::get(&mut *unit, id).await?.map(|one| one.name.clone()));
    }
    same("turns", names, vec![Some("Anna".to_owned()), Some("Ben".to_owned())])?;
    let turns = left::<Customer>(&mut *unit).await?.turns;
    same("how many", turns.values().map(Cursor::turns).sum::<u64>(), 2)
}

async fn only_what_people_work_on_is_imported_by_the_rules(case: &Case) -> Held {
    for kind in [ImportKind::Staff, ImportKind::Products, ImportKind::Transactions] {
        let header = ["name", "customer", "date", "revenue"];
        claim(importer(kind, &header, false).is_ok(), format!("{kind} can be imported"))?;
        claim(importer(kind, &header, true).is_err(), format!("{kind} have no owner by rules"))?;
    }
    // Without rules all that is new is free, and it says so.
    let mut work = case.begin().await?;
    let rules = Read::<AssignmentRules>::count(&mut *work, Criteria::everything()).await?;
    let mut by_rules = importer(ImportKind::Leads, &LEADS, true)?;
    let told = by_rules.batch(&mut *work, &rows(&[["1", "One", "north", ""]])).await?;
    let why = told[0].assignment.as_ref().and_then(Assignment::why_nobody);
    same("why", (rules, why.as_deref()), (0, Some("there are no rules")))?;
    let open = opportunity::STATUS.eq(opportunity::OpportunityStatus::Open);
    same("of nothing else", Read::<Opportunity>::count(&mut *work, open).await?, 0)
}
