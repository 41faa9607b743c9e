//! Gates hold on every path, and an override is kept.

use crate::{
    approval::Approval,
    customer::Customer,
    interaction::{self, Channel, Direction, Interaction},
    kernel::{Criteria, ErrorKind, Id, Value},
    opportunity::{
        Allowance, Line, Lines, Need, Opportunity, OpportunityEvent, Override, PipelineRules,
        Reasons, Stage, StageKind, Stages,
    },
    pipeline::Pipeline,
    staff_member::StaffMember,
    stage_move::{self, StageMove},
    store::{Read, expect},
};

use super::{
    case::{Case, day},
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    sample::with,
    setting::Setting,
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_refusal_lists_every_gate_that_is_not_met,
        a_gate_is_met_by_what_it_asks_for,
        a_gate_is_not_passed_by_skipping_its_stage,
        a_stage_is_not_changed_around_the_verbs,
        an_approval_is_for_the_amount_it_was_given_for,
        a_gate_is_passed_only_by_whom_the_pipeline_names,
        a_pipeline_allows_what_its_rules_say,
        an_unsound_pipeline_is_refused,
        opportunities_go_to_another_pipeline_by_a_mapping
    ]
}

/// A pipeline: first, checked (every sort of gate), last, won, lost.
struct Guarded {
    pipeline: Pipeline,
    id: Id<Opportunity>,
    customer: Id<Customer>,
    staff: [Id<StaffMember>; 2],
}

async fn guarded(case: &Case) -> Held<Guarded> {
    let setting = Setting::committed(case).await?;
    let [boss, owner] = setting.staff;
    let stages = vec![
        Stage::new("first", "First", StageKind::Open, 10),
        Stage::new("checked", "Checked", StageKind::Open, 40)
            .gate("Budget", Need::Fields(vec!["amount".into(), "expected_close".into()]))
            .gate("Retailer", Need::Customer(crate::customer::INDUSTRY.eq("retail")))
            .gate("Big", Need::Opportunity(crate::opportunity::NAME.contains("big")))
            .gate("Priced", Need::Lines(1))
            .gate("Visited", Need::Interaction(interaction::CHANNEL.eq(Channel::Visit)))
            .gate("Approved", Need::Approval(vec![boss])),
        Stage::new("last", "Last", StageKind::Open, 80),
        Stage::new("won", "Won", StageKind::Won, 100),
        Stage::new("lost", "Lost", StageKind::Lost, 0),
    ];
    let rules = PipelineRules { overriders: vec![boss], ..PipelineRules::default() };
    let pipeline = Pipeline { rules, ..Pipeline::new(case.id(), "Guarded", Stages(stages)) };
    let mut work = case.begin().await?;
    work.insert(pipeline.clone()).await?;
    let mut deal = Opportunity::open(case.id(), "a deal", &pipeline)?;
    deal.owner_id = Some(owner);
    deal.customer_id = Some(setting.customers[0]);
    let id = work.opportunities().open(deal).await?.id;
    work.commit().await?;
    Ok(Guarded { pipeline, id, customer: setting.customers[0], staff: [boss, owner] })
}

async fn a_refusal_lists_every_gate_that_is_not_met(case: &Case) -> Held {
    let Guarded { id, .. } = guarded(case).await?;
    let mut work = case.begin().await?;
    let unmet = work.opportunities().unmet(id, &OpportunityEvent::advance("checked")).await?;
    let names: Vec<_> = unmet.iter().filter_map(|one| one.gate.as_deref()).collect();
    let all = vec!["Budget", "Retailer", "Big", "Priced", "Visited", "Approved"];
    same("what is not met", names, all.clone())?;
    let answer = work.opportunities().advance(id, "checked", None).await;
    let said = fails("to advance it", answer, ErrorKind::Refused)?.to_string();
    for name in all {
        claim(said.contains(name), format!("{name} is not told: {said}"))?;
    }
    claim(said.contains("amount, expected_close"), format!("which fields is not told: {said}"))?;
    same("its stage", expect(&mut *work, id).await?.stage(), "first")
}

async fn a_gate_is_met_by_what_it_asks_for(case: &Case) -> Held {
    let Guarded { id, customer, staff, .. } = guarded(case).await?;
    let day = day("2017-12-31")?;
    let advance = OpportunityEvent::advance("checked");
    let mut work = case.begin().await?;
    let mut left = 6;
    let acme = expect(&mut *work, customer).await?;
    work.update(acme.edit(|c| c.industry = Some("retail".into()))).await?;
    let price = "10 EUR".parse()?;
    let at = "2017-12-01T10:00:00Z".parse()?;
    let mut visit = Interaction::new(case.id(), customer, Channel::Visit, Direction::Outbound, at);
    visit.opportunity_id = Some(id);
    let visit = work.insert(visit).await?.id;
    for step in 0..6 {
        let unmet = work.opportunities().unmet(id, &advance).await?;
        left -= usize::from(step == 0);
        same(&format!("how many gates are left at step {step}"), unmet.len(), left)?;
        match step {
            0 => {
                let edit = |o: &mut Opportunity| o.expected_close = Some(day);
                work.opportunities().revise(id, None, edit).await?;
            }
            1 => {
                let edit = |o: &mut Opportunity| {
                    o.lines = Lines(vec![Line::new("a book", 3.into(), price)]);
                };
                work.opportunities().revise(id, None, edit).await?;
                // The amount came with it.
                left -= 2;
            }
            2 => {
                let edit = |o: &mut Opportunity| o.name = "a big deal".into();
                work.opportunities().revise(id, None, edit).await?;
                left -= 1;
            }
            3 => {
                let open = work.opportunities().unmet(id, &advance).await?;
                claim(
                    open.iter().any(|one| one.gate.as_deref() == Some("Visited")),
                    "a draft is no closed interaction",
                )?;
                work.interactions().close(visit).await?;
                left -= 1;
            }
            4 => {
                let verbs = &mut work.opportunities();
                verbs.decide(case.id(), id, "Approved", staff[0], true, None).await?;
                left -= 1;
            }
            _ => {}
        }
    }
    same("how many are left", left, 0)?;
    work.opportunities().advance(id, "checked", None).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    let stored = expect(&mut *unit, id).await?;
    same("its stage", stored.stage(), "checked")?;
    same("its amount", stored.amount.map(|a| a.to_string()), Some("30.00 EUR".to_owned()))
}

async fn a_gate_is_not_passed_by_skipping_its_stage(case: &Case) -> Held {
    let Guarded { id, .. } = guarded(case).await?;
    let day = day("2017-12-31")?;
    let mut work = case.begin().await?;
    let mut verbs = work.opportunities();
    fails("to skip it", verbs.advance(id, "last", None).await, ErrorKind::Refused)?;
    fails("to win at once", verbs.win(id, day, None).await, ErrorKind::Refused)?;
    verbs.lose(id, day, None, None).await?;
    fails("to reopen it behind", verbs.reopen(id, "last", None).await, ErrorKind::Refused)?;
    verbs.reopen(id, "first", None).await?;
    same("its stage", expect(&mut *work, id).await?.stage(), "first")
}

async fn a_stage_is_not_changed_around_the_verbs(case: &Case) -> Held {
    let Guarded { pipeline, id, .. } = guarded(case).await?;
    let mut work = case.begin().await?;
    let forged = |stored: &Opportunity, field: &str, value: &'static str| {
        with(stored, field, &Value::Text(value.into()))
    };
    let stored = expect(&mut *work, id).await?;
    let checked = forged(&stored, "stage", "checked")?;
    let answer = work.update(stored.clone().edit(|o| *o = checked.clone())).await;
    fails("to write another stage", answer, ErrorKind::Refused)?;
    let answer = work
        .update(crate::kernel::Stored::loaded(stored.clone().into_inner(), stored.version()).edit(
            |o| {
                *o = checked.clone();
            },
        ))
        .await;
    fails("to write it over a copy", answer, ErrorKind::Refused)?;
    let other = Pipeline::new(case.id(), "Other", pipeline.stages.clone());
    let other = work.insert(Pipeline { stages: Pipeline::sales(other.id).stages, ..other }).await?;
    let moved = stored.clone().edit(|o| o.pipeline_id = other.id);
    fails("to write another pipeline", work.update(moved).await, ErrorKind::Refused)?;
    same("its stage", expect(&mut *work, id).await?.stage(), "first")?;
    same("its moves", moves(&mut *work, id).await?.len(), 1)
}

async fn an_approval_is_for_the_amount_it_was_given_for(case: &Case) -> Held {
    let Guarded { id, staff, .. } = guarded(case).await?;
    let [boss, owner] = staff;
    let advance = OpportunityEvent::advance("checked");
    let mut work = case.begin().await?;
    let open = |unmet: &[crate::opportunity::Unmet]| {
        unmet.iter().any(|one| one.gate.as_deref() == Some("Approved"))
    };
    let approval: Id<Approval> = case.id();
    let first = work.opportunities().decide(approval, id, "Approved", boss, true, None).await?;
    let again = work.opportunities().decide(approval, id, "Approved", boss, true, None).await?;
    same("sent again", again, first)?;
    claim(!open(&work.opportunities().unmet(id, &advance).await?), "it is approved")?;
    let price = "10 EUR".parse()?;
    work.opportunities().revise(id, None, |o| o.amount = Some(price)).await?;
    claim(open(&work.opportunities().unmet(id, &advance).await?), "the amount is another now")?;
    let mut verbs = work.opportunities();
    verbs.decide(case.id(), id, "Approved", owner, true, None).await?;
    claim(open(&verbs.unmet(id, &advance).await?), "who is not named cannot approve it")?;
    verbs.decide(case.id(), id, "Approved", boss, true, None).await?;
    claim(!open(&verbs.unmet(id, &advance).await?), "it is approved for this amount")?;
    verbs.decide(case.id(), id, "Approved", boss, false, None).await?;
    claim(open(&verbs.unmet(id, &advance).await?), "it was taken back")?;
    let answer = verbs.decide(case.id(), id, "Budget", boss, true, None).await;
    fails("to approve what asks for none", answer, ErrorKind::Invalid).map(drop)
}

async fn a_gate_is_passed_only_by_whom_the_pipeline_names(case: &Case) -> Held {
    let Guarded { pipeline, id, customer, staff } = guarded(case).await?;
    let [boss, owner] = staff;
    let mut work = case.begin().await?;
    let mut other = Opportunity::open(case.id(), "another deal", &pipeline)?;
    other.customer_id = Some(customer);
    let other = work.opportunities().open(other).await?.id;
    let mut verbs = work.opportunities();
    let event = || OpportunityEvent::advance("checked");
    let over = |by, reason: &str| Override { by, reason: reason.to_owned() };
    let answer = verbs.take_over_gates(id, event(), over(owner, "hurry")).await;
    fails("an override by another", answer, ErrorKind::Refused)?;
    let answer = verbs.take_over_gates(id, event(), over(boss, " ")).await;
    fails("an override without a reason", answer, ErrorKind::Invalid)?;
    verbs.take_over_gates(id, event(), over(boss, "the fair is tomorrow")).await?;
    let answer =
        verbs.take_over_gates(id, OpportunityEvent::advance("last"), over(boss, "why")).await;
    fails("an override of nothing", answer, ErrorKind::Refused)?;
    let moves = moves(&mut *work, id).await?;
    let Some(last) = moves.last() else { return Err(Failure::new("there is no move")) };
    same("who let it pass", last.waived_by, Some(boss))?;
    same("what it passed", last.waived.0.len(), 6)?;
    same("why", last.reason.as_deref(), Some("the fair is tomorrow"))?;
    // Why it was won is another thing.
    let win = OpportunityEvent::win(day("2017-12-31")?).because("price");
    let won = work.opportunities().take_over_gates(other, win, over(boss, "they signed")).await?;
    same("why it was won", won.state().reason(), Some("price"))?;
    let passed = self::moves(&mut *work, other).await?;
    let why = passed.last().and_then(|last| last.reason.as_deref());
    same("why the gates were passed", why, Some("they signed"))
}

async fn a_pipeline_allows_what_its_rules_say(case: &Case) -> Held {
    let day = day("2017-12-31")?;
    let customer = super::setting::a_customer(case).await?;
    let mut work = case.begin().await?;
    let mut strict = Pipeline::sales(case.id());
    strict.stages.0.insert(1, Stage::new("between", "Between", StageKind::Open, 20));
    strict.rules = PipelineRules {
        skip: Allowance::Refused,
        back: Allowance::WithReason,
        reopen: Allowance::Refused,
        win_reasons: Reasons { required: true, choices: Vec::new() },
        loss_reasons: Reasons::one_of(["price", "time"]),
        competitor_required: true,
        ..PipelineRules::default()
    };
    let strict = work.insert(strict).await?.into_inner();
    let mut deal = Opportunity::open(case.id(), "strict", &strict)?;
    deal.customer_id = Some(customer);
    let id = work.opportunities().open(deal).await?.id;
    let why = |text: &str| Some(text.to_owned());
    let mut verbs = work.opportunities();
    fails("to skip", verbs.advance(id, "engaging", None).await, ErrorKind::Refused)?;
    verbs.advance(id, "between", None).await?;
    fails("to go back", verbs.advance(id, "prospecting", None).await, ErrorKind::Refused)?;
    verbs.advance(id, "prospecting", why("they wait")).await?;
    fails("to win early", verbs.win(id, day, why("price")).await, ErrorKind::Refused)?;
    verbs.advance(id, "between", None).await?;
    verbs.advance(id, "engaging", None).await?;
    fails("to win without a reason", verbs.win(id, day, None).await, ErrorKind::Refused)?;
    let answer = verbs.lose(id, day, why("weather"), None).await;
    let said = fails("to lose for the weather", answer, ErrorKind::Refused)?.to_string();
    claim(said.contains("price, time") && said.contains("2 conditions"), said)?;
    verbs.lose(id, day, why("time"), why("Rival")).await?;
    fails("to reopen", verbs.reopen(id, "engaging", why("so")).await, ErrorKind::Refused)?;
    let next = Opportunity::open(case.id(), "next", &strict)?;
    let next = work.opportunities().open(next).await?.id;
    let tomorrow = work.now().date() + chrono::Days::new(3);
    let answer = work.opportunities().lose(next, tomorrow, why("time"), why("Rival")).await;
    fails("to lose in the future", answer, ErrorKind::Invalid).map(drop)
}

async fn an_unsound_pipeline_is_refused(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let sound = Pipeline::sales(case.id());
    type Break = fn(&mut Pipeline);
    let broken: [(&str, Break); 7] = [
        ("without a won stage", |p| p.stages.0.retain(|s| s.kind != StageKind::Won)),
        ("with a stage that nothing leads to", |p| {
            p.stages.0[0].to = vec!["won".into()];
            p.stages.0[1].to = vec!["won".into()];
        }),
        ("with a way to nowhere", |p| p.stages.0[0].to = vec!["nowhere".into()]),
        ("with a gate for a field that is not there", |p| {
            let gate = Need::Fields(vec!["colour".into()]);
            p.stages.0[1] = p.stages.0[1].clone().gate("Colour", gate);
        }),
        ("with two gates of one name", |p| {
            p.stages.0[0] = p.stages.0[0].clone().gate("One", Need::Lines(1));
            p.stages.0[1] = p.stages.0[1].clone().gate("One", Need::Lines(1));
        }),
        ("with a probability of 101", |p| p.stages.0[0].probability = 101.into()),
        ("with criteria that cannot be", |p| {
            let never = Criteria::Test(crate::kernel::Test {
                field: crate::opportunity::NAME.spec(),
                op: crate::kernel::Op::Has,
                value: Value::Text("x".into()),
            });
            p.stages.0[1] = p.stages.0[1].clone().gate("Never", Need::Opportunity(never));
        }),
    ];
    for (what, spoil) in broken {
        let mut pipeline = sound.clone();
        spoil(&mut pipeline);
        fails(&format!("a pipeline {what}"), work.insert(pipeline).await, ErrorKind::Invalid)?;
    }
    let mut named = sound.clone();
    named.rules.overriders = vec![case.id()];
    fails("one that names nobody", work.insert(named).await, ErrorKind::Missing)?;
    work.insert(sound).await.map(drop).map_err(Failure::from)
}

async fn opportunities_go_to_another_pipeline_by_a_mapping(case: &Case) -> Held {
    let setting = Setting::committed(case).await?;
    let mut work = case.begin().await?;
    let mut to = Pipeline::sales(case.id());
    to.name = "Another".into();
    to.stages.0[1].key = "talking".into();
    let to = work.insert(to).await?.id;
    let id = setting.opportunities[0];
    work.opportunities().advance(id, "engaging", None).await?;
    let mapping = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    };
    let mut verbs = work.opportunities();
    let answer = verbs.transfer(id, to, &mapping(&[("prospecting", "talking")]), None).await;
    fails("without its stage in the mapping", answer, ErrorKind::Invalid)?;
    let answer = verbs.transfer(id, to, &mapping(&[("engaging", "nowhere")]), None).await;
    fails("to a stage that is not there", answer, ErrorKind::Invalid)?;
    let answer = verbs.transfer(id, to, &mapping(&[("engaging", "won")]), None).await;
    fails("to a stage of another kind", answer, ErrorKind::Refused)?;
    verbs.transfer(id, to, &mapping(&[("engaging", "talking")]), Some("new".into())).await?;
    let stored = expect(&mut *work, id).await?;
    same("where it is", (stored.pipeline_id, stored.stage()), (to, "talking"))?;
    let moves = moves(&mut *work, id).await?;
    let Some(last) = moves.last() else { return Err(Failure::new("there is no move")) };
    same("from where", last.from_pipeline_id, Some(setting.pipeline.id))?;
    same("to where", (last.pipeline_id, last.to_stage.as_str()), (to, "talking"))?;
    same("why", last.reason.as_deref(), Some("new"))
}

/// The moves of an opportunity, in order.
pub(super) async fn moves(
    unit: &mut (dyn crate::store::UnitOfWork + '_),
    id: Id<Opportunity>,
) -> Held<Vec<StageMove>> {
    let query = stage_move::OPPORTUNITY_ID.eq(id).query().order_by(&stage_move::NUMBER);
    let page = Read::<StageMove>::find(unit, query.limit(1_000)).await?;
    Ok(page.items.into_iter().map(crate::kernel::Stored::into_inner).collect())
}
