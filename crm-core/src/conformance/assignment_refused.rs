//! Rules that cannot be, and records that nobody gets.

use serde_json::json;

use crate::{
    absence::{Absence, AbsenceKind},
    assignment::{
        AssignmentOutcome, AssignmentRules, Choice, KindRules, Rule, RuleSet, Strategy, Target,
        Which,
    },
    kernel::{ErrorKind, Id},
    lead::Lead,
    org::Capacity,
    org_unit::OrgUnit,
    staff_member::StaffMember,
    territory::Territory,
};

use super::{
    assignments::{leads, queue, set, text},
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    owners::{colleague, who_left},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        rules_that_cannot_be_are_refused_when_they_are_stored,
        who_cannot_take_a_record_is_told,
        what_is_closed_or_not_there_is_not_given
    ]
}

fn by(choices: Vec<Choice>) -> KindRules {
    KindRules::Lead(RuleSet { rules: vec![Rule::new("All of the north", choices)] })
}

async fn rules_that_cannot_be_are_refused_when_they_are_stored(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let tenant = work.scope().tenant;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let new = |rules| AssignmentRules::new(tenant, "House", rules);
    let stranger: Id<StaffMember> = case.id();
    let nowhere: Id<OrgUnit> = case.id();
    let team = Target::Team { unit: nowhere, below: true };
    let part: Id<Territory> = case.id();
    let part = Target::TerritoryMembers { role: None, territory: Some(part) };
    for choices in [
        vec![Choice::new(Target::Person(stranger), Strategy::RoundRobin)],
        queue(&[anna, stranger], Strategy::RoundRobin),
        vec![Choice::new(team, Strategy::RoundRobin)],
        vec![Choice::new(part, Strategy::RoundRobin)],
    ] {
        let set = new(by(choices));
        let wrong = work.assignments().set_rules(set.clone()).await;
        let wrong = fails("named by nobody", wrong, ErrorKind::Invalid)?.to_string();
        claim(wrong.contains("All of the north") && wrong.contains("target"), wrong)?;
        fails("past the verb", work.insert(set).await, ErrorKind::Missing)?;
    }
    for choices in [vec![], queue(&[], Strategy::RoundRobin), queue(&[anna], Strategy::BestSkill)] {
        let set = new(by(choices));
        let wrong = fails("unsound", work.insert(set.clone()).await, ErrorKind::Invalid)?;
        claim(wrong.to_string().contains("All of the north"), wrong.to_string())?;
        fails("by the verb", work.assignments().set_rules(set).await, ErrorKind::Invalid)?;
    }
    let unknown = json!({"lead": {"rules": [{
        "name": "Big", "when": {"field": "employes", "op": "ge", "value": 5},
        "choices": [{"target": "account_manager"}],
    }]}});
    let wrong = serde_json::from_value::<KindRules>(unknown).err().map(|e| e.to_string());
    claim(wrong.as_ref().is_some_and(|text| text.contains("employes")), format!("{wrong:?}"))?;
    set(&mut *work, "House", by(queue(&[anna], Strategy::RoundRobin))).await?;
    let other = new(KindRules::Task(RuleSet { rules: Vec::new() }));
    let wrong = work.assignments().set_rules(other).await;
    fails("of another kind", wrong, ErrorKind::Invalid)?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let stored = crate::store::expect(&mut *unit, AssignmentRules::id_of(tenant, "House")).await?;
    same("what is stored", (stored.version(), stored.rules.count()), (1, 1))
}

async fn who_cannot_take_a_record_is_told(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let today = work.now().date();
    let mut none = StaffMember::new(case.id(), "None");
    none.capacity = Capacity { open_leads: Some(0), ..Capacity::default() };
    let none = work.insert(none).await?.id;
    let away = colleague(&mut *work, case, "Away").await?;
    let sick = Absence::leave(case.id(), away, today, today);
    let sick = Absence { kind: AbsenceKind::Sick, last_day: None, ..sick };
    work.absences().add(sick).await?;
    let gone = who_left(&mut *work, case).await?;
    set(&mut *work, "House", by(queue(&[none, away, gone], Strategy::RoundRobin))).await?;
    let ids = leads(&mut *work, case, 5).await?;
    let told = work.assignments().assign(ids[0], Which::WithoutOwner).await?;
    same("nobody", told.outcome, AssignmentOutcome::Unassigned)?;
    let words = text(&told)?;
    for part in [
        "None takes no open leads (the limit is 0)",
        "Away is away (sick)",
        "Gone does not work here any more",
    ] {
        claim(words.contains(part), format!("{words} tells {part}"))?;
    }
    // All weights are 0: everybody counts the same, and that is said.
    let mut people = Vec::new();
    for name in ["Anna", "Ben"] {
        let one = StaffMember { weight: Some(0), ..StaffMember::new(case.id(), name) };
        people.push(work.insert(one).await?.id);
    }
    set(&mut *work, "House", by(queue(&people, Strategy::WeightedRoundRobin))).await?;
    let mut shares = [0, 0];
    for id in &ids[1..] {
        let told = work.assignments().assign(*id, Which::WithoutOwner).await?;
        claim(text(&told)?.contains("all weights are 0"), text(&told)?)?;
        for (share, who) in shares.iter_mut().zip(&people) {
            *share += u32::from(told.outcome == AssignmentOutcome::Assigned { to: *who });
        }
    }
    same("shares", shares, [2, 2])
}

async fn what_is_closed_or_not_there_is_not_given(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let nobody = case.id::<Lead>();
    let missing = work.assignments().assign(nobody, Which::All).await;
    fails("not there", missing, ErrorKind::Missing)?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    set(&mut *work, "House", by(queue(&[anna], Strategy::RoundRobin))).await?;
    let id = leads(&mut *work, case, 1).await?[0];
    work.leads().disqualify(id, "other").await?;
    let closed = work.assignments().assign(id, Which::All).await;
    let wrong = fails("closed", closed, ErrorKind::Refused)?.to_string();
    claim(wrong.contains("only open records"), wrong)?;
    let everything = crate::kernel::Criteria::<Lead>::everything();
    let page = work.assignments().assign_all(everything, Which::All, None, 10).await?;
    same("among all of them", (page.items.len(), page.next), (0, None))
}
