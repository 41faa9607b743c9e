//! Who earns our money: what customers brought, judged by runs that stores keep.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    kernel::{Currency, ErrorKind, Id, Money},
    merge::MergeCommand,
    store::{Read, expect},
    value::{
        Basis, Fifths, Pareto, Profit, Purchases, RunRequest, Standing, Standings, ValueClass,
        ValuePolicies, fifths, preview_run, rfm, take_run, to_units,
    },
    value_run::ValueRun,
    value_run_line::{FifthOf, ValueRunLine},
};

use super::{
    case::Case,
    claim::{Failure, Held, claim, fails, same},
    law::Law,
    merging::customers,
    value_house::{busy, called, dollar, house, lines, policies, request, sell, served_at},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        who_earns_our_money_is_kept_in_a_run,
        half_of_the_customers_bring_no_profit,
        every_figure_of_a_line_follows_from_the_run_that_is_stored,
        a_run_repeated_gives_the_same,
        two_who_take_a_run_take_one,
        a_run_is_of_one_moment_and_of_one_house,
        lines_of_a_merged_customer_are_the_survivors
    ]
}

async fn who_earns_our_money_is_kept_in_a_run(case: &Case) -> Held {
    // Ten customers: the best two bring 800 of 1,000 together, the last two lose 100.
    let ids = house(case, &[500, 300, 100, 60, 50, 40, 30, 20, 0, 0]).await?;
    called(case, ids[8], 6).await?;
    called(case, ids[9], 4).await?;
    let policies = ValuePolicies { service: Some(served_at(10)), ..ValuePolicies::default() };
    let mut asked = request(case, Basis::Profit)?;
    asked.policies = Some(policies);
    let will_grow = ids[9];
    let expected = move |id| (id == will_grow).then(|| Decimal::from(400));
    asked.expected = Some(&expected);
    let run = take_run(case.store(), &case.anna()?, &asked).await?;
    let totals = run.totals.as_ref().ok_or_else(|| Failure::new("a run has totals"))?;
    same("the total", totals.total, Decimal::from(1_000))?;
    let by_class: Vec<_> =
        totals.classes.iter().map(|one| (one.group, one.customers, one.value)).collect();
    let expected_classes = vec![
        (ValueClass::A, 2, Decimal::from(800)),
        (ValueClass::B, 2, Decimal::from(160)),
        (ValueClass::C, 6, Decimal::from(40)),
    ];
    same("the classes", by_class, expected_classes)?;
    let Fifths { top, bottom, without_bottom, lost_share, .. } = &totals.fifths;
    same("the top fifth", (top.customers, top.value.as_str()), (2, "800.00"))?;
    same("the bottom fifth", (bottom.customers, bottom.value.as_str()), (2, "-100.00"))?;
    same("without it", without_bottom.as_str(), "1100.00")?;
    same("what is lost", lost_share.map(|share| share.to_string()), Some("0.090909".into()))?;
    let lines = lines(case, run.id).await?;
    same("who, by rank", lines.iter().map(|one| one.customer_id).collect::<Vec<_>>(), {
        let mut by_rank = ids.clone();
        // The ninth loses 60 and the tenth 40.
        by_rank.swap(8, 9);
        by_rank
    })?;
    let best = lines[0].reasons(&run)?;
    same(
        "why the best is in A",
        best.class.as_deref(),
        Some(
            "It brings 500.00 EUR, 50 % of the total, rank 1 of 10: class A, as nobody brings more.",
        ),
    )?;
    let third = lines[2].reasons(&run)?.class;
    same(
        "why the third is in B",
        third.as_deref(),
        Some(
            "It brings 100.00 EUR, 10 % of the total, rank 3 of 10: class B, as those who bring more have 80 %, between the cuts at 80 % and 95 %.",
        ),
    )?;
    let standings: Vec<_> = lines.iter().map(|one| one.standing).collect();
    let mut expected_standings = vec![Some(Standing::Important); 2];
    expected_standings.extend([Some(Standing::Ordinary); 6]);
    expected_standings.extend([Some(Standing::ToWin), Some(Standing::Dispensable)]);
    same("the important, the ones to win, the dispensable", standings, expected_standings)?;
    let fifths: Vec<_> = lines.iter().map(|one| one.fifth).collect();
    let mut expected_fifths = vec![Some(FifthOf::Top); 2];
    expected_fifths.extend([Some(FifthOf::Middle); 6]);
    expected_fifths.extend([Some(FifthOf::Bottom); 2]);
    same("the fifths", fifths, expected_fifths)
}

async fn half_of_the_customers_bring_no_profit(case: &Case) -> Held {
    let ids = customers(case, 6).await?;
    let mut work = case.begin().await?;
    for (at, revenue, cost) in [
        (0, 1_000, 600),
        (1, 500, 300),
        // Great revenue, and no margin.
        (2, 2_000, 2_050),
        (3, 100, 60),
        // All came back.
        (4, 300, 200),
        (4, -300, -200),
    ] {
        sell(case, &mut *work, ids[at], "2017-03-01", revenue, cost).await?;
    }
    // After the period, and of another year: not counted.
    sell(case, &mut *work, ids[3], "2018-01-02", 9_000, 0).await?;
    sell(case, &mut *work, ids[3], "2016-12-31", 9_000, 0).await?;
    work.commit().await?;
    for (at, times) in [(0, 1), (3, 5), (4, 2), (5, 3)] {
        called(case, ids[at], times).await?;
    }
    let policies = ValuePolicies { service: Some(served_at(10)), ..ValuePolicies::default() };
    let mut found = BTreeMap::new();
    for basis in [Basis::Revenue, Basis::Margin, Basis::Profit] {
        let asked = RunRequest { policies: Some(policies.clone()), ..request(case, basis)? };
        let run = take_run(case.store(), &case.anna()?, &asked).await?;
        let lines = lines(case, run.id).await?;
        let values = ids.iter().map(|id| {
            let line = lines.iter().find(|line| line.customer_id == *id);
            line.and_then(|line| line.value).map(|value| value.amount())
        });
        found.insert(basis, values.collect::<Vec<_>>());
        if basis == Basis::Profit {
            let at_a_loss =
                lines.iter().filter(|one| one.value.is_some_and(|v| v.amount() <= 0.into()));
            same("so many of six bring no profit", at_a_loss.count(), 4)?;
            let totals = run.totals.as_ref().ok_or_else(|| Failure::new("totals"))?;
            same("at a loss", (totals.negative, totals.zero), (4, 0))?;
            let line = lines.iter().find(|line| line.customer_id == ids[4]);
            let line = line.ok_or_else(|| Failure::new("whoever sent all back has a line"))?;
            same(
                "how its loss comes about",
                line.reasons(&run)?.value.as_deref(),
                Some(
                    "1 order brought 300.00 EUR; 300.00 EUR paid back for 1 return, 0.00 EUR for the goods, 20.00 EUR for serving it: 20.00 EUR of loss.",
                ),
            )?;
        }
    }
    let some = |all: [i64; 6]| all.map(|one| Some(Decimal::from(one))).to_vec();
    let mut revenue = some([1_000, 500, 2_000, 100, 0, 0]);
    revenue[5] = None;
    same("by revenue", found.get(&Basis::Revenue), Some(&revenue))?;
    let mut margin = some([400, 200, -50, 40, 0, 0]);
    margin[5] = None;
    same("by margin", found.get(&Basis::Margin), Some(&margin))?;
    same("by profit", found.get(&Basis::Profit), Some(&some([390, 200, -50, -10, -20, -30])))
}

async fn every_figure_of_a_line_follows_from_the_run_that_is_stored(case: &Case) -> Held {
    busy(case, 47).await?;
    let asked = RunRequest { policies: Some(policies()?), ..request(case, Basis::Profit)? };
    let id = take_run(case.store(), &case.anna()?, &asked).await?.id;
    let run = expect(&mut *case.read().await?, id).await?;
    let totals = run.totals.clone().ok_or_else(|| Failure::new("a run has totals"))?;
    let mut lines = lines(case, id).await?;
    lines.sort_by_key(|line| line.customer_id);
    same("how many lines", lines.len() as i64, run.lines)?;
    // From the figures of the lines alone, by the pure functions.
    let mut values = Vec::new();
    let mut purchases = Vec::new();
    for line in &lines {
        let figures = line.figures();
        let profit = Profit::of(figures, line.cost_to_serve, run.currency)?.profit;
        same("the value", line.value.map(Money::amount), Some(profit))?;
        same("what serving cost", line.cost_to_serve_again(&run)?, line.cost_to_serve)?;
        same("what is expected", line.expected_again(&run)?, line.expected)?;
        values.push((line.customer_id, Some(profit)));
        purchases.push(Purchases {
            customer: line.customer_id,
            category: line.scale.clone(),
            last: line.last_order,
            frequency: u32::try_from(figures.orders)?,
            monetary: profit,
        });
    }
    let pareto = Pareto::of(values.clone(), &run.policies.cuts, run.currency)?;
    let by: BTreeMap<_, _> = lines.iter().map(|line| (line.customer_id, line)).collect();
    let part = |share: Option<Decimal>| share.map(|share| share * Decimal::ONE_HUNDRED);
    for row in pareto.rows() {
        let line = by[row.customer];
        same("the rank", line.rank, i64::try_from(row.rank).ok())?;
        same("the class", line.class, Some(row.class))?;
        same("the share", line.share, part(row.share))?;
        same("the share down to it", line.cumulative_share, part(row.cumulative_share))?;
        same("the share before it", line.share_before, part(row.share_before))?;
        same("why", line.reasons(&run)?.class, Some(row.reason))?;
    }
    let served = lines.iter().filter(|line| !line.cost_to_serve.is_zero()).count();
    claim(served > 5 && totals.negative > 0, "some were served, and some lose")?;
    let said = lines.iter().filter_map(|line| line.reasons(&run).ok()?.service);
    claim(said.count() >= served, "what serving took is said in words")?;
    let rate = totals.service_rate.map(|rate| rate.price / Decimal::from(rate.per));
    same("the rate of serving", rate, Some(dollar()))?;
    claim(totals.notes.iter().any(|note| note.contains("by the rate of 2017-08-01")), "and said")?;
    let counts = (totals.customers, totals.zero, totals.negative);
    same("how many", counts, (pareto.customers as u64, pareto.zero, pareto.negative))?;
    same("the total", &pareto.total, &crate::kernel::amount_text(totals.total, run.currency))?;
    same("Gini", totals.gini, pareto.gini)?;
    same("the curve", &totals.lorenz, &pareto.ranking().lorenz(100))?;
    let told = rfm(purchases, run.as_of, &run.policies.rfm, run.currency)?;
    for row in told.rows() {
        let line = by[row.customer];
        let scores = [line.recency, line.frequency, line.monetary];
        same("the scores", scores, row.scores.map(|score| Some(score.into())))?;
        same("the segment", line.segment.as_deref(), Some(row.segment))?;
        same("why it is in it", line.reasons(&run)?.segment, Some(row.reason))?;
    }
    same("the segments", &totals.segments, &told.segments)?;
    same("the grid", &totals.grid, &told.grid)?;
    let units = values.iter().filter_map(|(_, value)| value.map(to_units));
    let units = units.collect::<Result<Vec<_>, _>>()?;
    same("8/2/2", &totals.fifths, &fifths(&units, 0, run.currency)?)?;
    let house = Standings::of(&units, &run.policies.standing, run.currency)?;
    for (line, units) in lines.iter().zip(&units) {
        let judged = house.judge(*units, line.expected);
        same("the standing", line.standing, Some(judged.standing))?;
        same("why it stands so", line.reasons(&run)?.standing, Some(judged.reason))?;
        claim(line.tier.is_some() && line.tier_before.is_none(), "it begins in a tier")?;
    }
    for fifth in FifthOf::ALL {
        let those = lines.iter().filter(|line| line.fifth == Some(*fifth));
        let told = match fifth {
            FifthOf::Top => &totals.fifths.top,
            FifthOf::Middle => &totals.fifths.middle,
            FifthOf::Bottom => &totals.fifths.bottom,
        };
        let (mut count, mut sum) = (0, Decimal::ZERO);
        for line in those {
            count += 1;
            sum += line.value.map(Money::amount).unwrap_or_default();
        }
        let sum = crate::kernel::amount_text(sum, run.currency);
        same(fifth.as_str(), (count, &sum), (told.customers, &told.value))?;
    }
    Ok(())
}

async fn a_run_repeated_gives_the_same(case: &Case) -> Held {
    busy(case, 23).await?;
    let mut work = case.begin().await?;
    let own = policies()?;
    work.settings().change(|rules| rules.value_policies = own).await?;
    work.commit().await?;
    let asked = request(case, Basis::Profit)?;
    let first = take_run(case.store(), &case.anna()?, &asked).await?;
    same("it keeps the policies of the house", &first.policies, &policies()?)?;
    let again = take_run(case.store(), &case.scope(0, "ben")?, &asked).await?;
    same("the same id", (&*again, again.version()), (&*first, first.version()))?;
    let other = RunRequest { id: case.id(), ..asked.clone() };
    let second = take_run(case.store(), &case.anna()?, &other).await?;
    same("the totals of the same question", &second.totals, &first.totals)?;
    let without_ids = |mut all: Vec<ValueRunLine>| {
        for line in &mut all {
            (line.id, line.run_id) = (Id::new(line.customer_id.uuid()), first.id);
        }
        all
    };
    let (one, two) = (lines(case, first.id).await?, lines(case, second.id).await?);
    same("its lines", without_ids(two), without_ids(one.clone()))?;
    let mut previewed = Vec::new();
    let mut unit = case.read().await?;
    let preview = preview_run(&mut *unit, &other, |some| {
        previewed.extend(some);
        Ok(())
    });
    let preview = preview.await?;
    drop(unit);
    same("a preview says the same", &preview.totals, &first.totals)?;
    previewed.sort_by_key(|line| (line.rank.unwrap_or(i64::MAX), line.customer_id));
    same("and its lines", without_ids(previewed), without_ids(one))?;
    let changed = RunRequest { basis: Basis::Revenue, ..asked };
    let refused = take_run(case.store(), &case.anna()?, &changed).await;
    fails("the id of another question", refused, ErrorKind::Duplicate)?;
    let mut work = case.begin().await?;
    let stored = expect(&mut *work, first.id).await?;
    let edited = work.update(stored.edit(|run| run.lines += 1)).await;
    fails("a run that is changed", edited, ErrorKind::Refused).map(drop)
}

async fn two_who_take_a_run_take_one(case: &Case) -> Held {
    busy(case, 20).await?;
    let asked = request(case, Basis::Revenue)?;
    let tasks = (0..3).map(|n| {
        let (case, asked) = (case.clone(), asked.clone());
        case.clone().spawn(async move {
            let scope = case.scope(0, &format!("colleague {n}"))?;
            Ok(take_run(case.store(), &scope, &asked).await?.into_inner())
        })
    });
    let mut found = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        found.push(task.join().await?);
    }
    same("all have one", found.windows(2).all(|pair| pair[0] == pair[1]), true)?;
    same("its lines", lines(case, asked.id).await?.len() as i64, found[0].lines)
}

async fn a_run_is_of_one_moment_and_of_one_house(case: &Case) -> Held {
    let ids = house(case, &[100, 50]).await?;
    let asked = request(case, Basis::Revenue)?;
    let before = take_run(case.store(), &case.anna()?, &asked).await?;
    let mut work = case.begin().await?;
    sell(case, &mut *work, ids[1], "2017-05-05", 500, 0).await?;
    work.commit().await?;
    let best = lines(case, before.id).await?.first().map(|line| line.customer_id);
    same("what was stored stays", best, Some(ids[0]))?;
    let later = RunRequest { id: case.id(), ..asked.clone() };
    let later = take_run(case.store(), &case.anna()?, &later).await?;
    let best = lines(case, later.id).await?.first().map(|line| line.customer_id);
    same("a later one has it", best, Some(ids[1]))?;
    let theirs = take_run(case.store(), &case.scope(1, "bob")?, &asked).await?;
    same("another house has its own", (theirs.lines, theirs.id), (0, asked.id))?;
    let mut unit = case.store().read(case.scope(1, "bob")?).await?;
    let seen = Read::<ValueRun>::get(&mut *unit, later.id).await?;
    same("and sees nothing of ours", seen, None)
}

async fn lines_of_a_merged_customer_are_the_survivors(case: &Case) -> Held {
    let ids = house(case, &[100, 50, 20]).await?;
    let run = take_run(case.store(), &case.anna()?, &request(case, Basis::Revenue)?).await?;
    let mut work = case.begin().await?;
    let merge = work.customers().merge(MergeCommand::new(case.id(), ids[2], [ids[0]])).await?.id;
    work.commit().await?;
    let whose = |lines: Vec<ValueRunLine>| lines.iter().map(|l| l.customer_id).collect::<Vec<_>>();
    same("after the merge", whose(lines(case, run.id).await?), vec![ids[2], ids[1], ids[2]])?;
    let other = request(case, Basis::Revenue)?;
    let later = take_run(case.store(), &case.anna()?, &other).await?;
    let first = lines(case, later.id).await?.first().map(|line| (line.customer_id, line.value));
    let both = Money::new(120.into(), Currency::EUR)?;
    same("a later run has both as one", first, Some((ids[2], Some(both))))?;
    let mut work = case.begin().await?;
    work.customers().unmerge(merge).await?;
    work.commit().await?;
    same("undone", whose(lines(case, run.id).await?), ids)
}
