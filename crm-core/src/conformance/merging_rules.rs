//! Merging under the rules of a house: what a preview shows is what happens, and undoing is never
//! refused by a rule.

use std::collections::BTreeMap;

use crate::{
    affiliation::Affiliation,
    contact::Contact,
    customer::{
        Customer, LifecycleStep, contacts_of, lifecycle_history, preview_merge, relations_of,
    },
    kernel::{Criteria, CustomValue, ErrorKind, Id},
    merge::MergeCommand,
    relation::Relation,
    settings::{
        CompletenessRule, DeclaredField, DeclaredType, Demand, Lifecycle, LifecycleMove, Settings,
    },
    store::expect,
};

use super::{
    case::Case,
    claim::{Held, claim, fails, same},
    law::Law,
    merging::{customers, organisation, snapshot},
    owners::{colleague, of},
};

pub(super) fn laws() -> Vec<Law> {
    laws![
        a_merge_is_undone_whatever_the_house_asks_for,
        who_left_gets_nothing_back_when_a_merge_is_undone,
        what_a_house_has_not_declared_stays_with_the_merged_record,
        a_preview_answers_what_the_merge_would_answer,
        a_survivor_has_the_steps_of_those_that_were_merged,
        what_both_had_is_listed_once
    ]
}

/// A change of what the house asks for.
type Change = fn(&mut Settings);

async fn who_left_gets_nothing_back_when_a_merge_is_undone(case: &Case) -> Held {
    let mut work = case.begin().await?;
    let anna = colleague(&mut *work, case, "Anna").await?;
    let ben = colleague(&mut *work, case, "Ben").await?;
    let carl = colleague(&mut *work, case, "Carl").await?;
    let mut ids = Vec::new();
    for (name, owner) in [("Survivor", ben), ("Of Anna", anna), ("Of Carl", carl)] {
        ids.push(work.insert(of(case, Some(owner), name)).await?.id);
    }
    let merge = MergeCommand::new(case.id(), ids[0], [ids[1], ids[2]]);
    let merge = work.customers().merge(merge).await?.id;
    let leaver = expect(&mut *work, anna).await?;
    work.update(leaver.edit(|one| one.active = false)).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    work.customers().unmerge(merge).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for (id, owner) in [(ids[0], ben), (ids[1], ben), (ids[2], carl)] {
        same("whose it is", expect(&mut *unit, id).await?.owner_id, Some(owner))?;
    }
    Ok(())
}

async fn a_merge_is_undone_whatever_the_house_asks_for(case: &Case) -> Held {
    let rules: [(&str, Change); 3] = [
        ("a fax must be there", |s| {
            s.completeness.customer = vec![CompletenessRule {
                when: Criteria::everything(),
                fields: BTreeMap::from([("fax".to_owned(), Demand::Refuse)]),
            }];
        }),
        ("an own field must be there", |s| {
            s.custom_fields.customer =
                vec![DeclaredField::new("shelf", DeclaredType::Text).required()];
        }),
        ("nobody goes back", |s| {
            let mut lifecycle = Lifecycle::default();
            let step = |from: &str, to: &str| LifecycleMove { from: from.into(), to: to.into() };
            lifecycle.moves = vec![step("prospect", "customer"), step("customer", "lost")];
            s.lifecycle = Some(lifecycle);
        }),
    ];
    for (what, change) in rules {
        let survivor = organisation(case, "Acme");
        let mut other = organisation(case, "Acme Ltd");
        other.fax = Some("+49 30 901821".into());
        other.custom.0.insert("shelf".into(), CustomValue::Text("A7".into()));
        other.lifecycle_stage = "customer".into();
        let (survivor_id, other_id) = (survivor.id, other.id);
        let mut work = case.begin().await?;
        work.settings().change(|s| *s = Settings::standard(s.id)).await?;
        work.insert_all(vec![survivor, other]).await?;
        work.settings().change(change).await?;
        work.commit().await?;
        let before = snapshot(&mut *case.read().await?).await?;
        let mut work = case.begin().await?;
        let mut command = MergeCommand::new(case.id(), survivor_id, [other_id]);
        command.choices.insert("lifecycle_stage".into(), other_id);
        let merge = work.customers().merge(command).await?.id;
        work.commit().await?;
        let one = expect(&mut *case.read().await?, survivor_id).await?;
        let has = (one.fax.is_some(), one.custom.0.len(), one.lifecycle_stage.as_str());
        same(what, has, (true, 1, "customer"))?;
        let mut work = case.begin().await?;
        work.customers().unmerge(merge).await?;
        work.commit().await?;
        let mut unit = case.read().await?;
        let after = snapshot(&mut *unit).await?;
        let one = expect(&mut *unit, survivor_id).await?;
        let has = (one.fax.is_some(), one.custom.0.len(), one.lifecycle_stage.as_str());
        same(what, has, (false, 0, "prospect"))?;
        // The rules judge it all the same: what it lacks is listed.
        let lacks = what == "a fax must be there";
        same(
            what,
            (one.missing.0.len(), one.incomplete_since.is_some()),
            (usize::from(lacks), lacks),
        )?;
        let differ = before.iter().zip(&after).filter(|(was, is)| was != is).count();
        same("how many records are not as they were", differ, usize::from(lacks))?;
    }
    Ok(())
}

async fn what_a_house_has_not_declared_stays_with_the_merged_record(case: &Case) -> Held {
    let text = |text: &str| CustomValue::Text(text.into());
    let mut survivor = organisation(case, "Acme");
    survivor.custom.0.insert("shelf".into(), text(" "));
    let mut other = organisation(case, "Acme Ltd");
    for (name, value) in [("old", text("x")), ("shelf", text("A7")), ("size", text("large"))] {
        other.custom.0.insert(name.into(), value);
    }
    let (survivor, other, both) = (survivor.id, other.id, vec![survivor, other]);
    let mut work = case.begin().await?;
    work.insert_all(both).await?;
    let declared = [("shelf", DeclaredType::Text), ("size", DeclaredType::Number)];
    let declared = declared.map(|(name, kind)| DeclaredField::new(name, kind));
    work.settings().change(|s| s.custom_fields.customer = declared.to_vec()).await?;
    work.commit().await?;
    let mut work = case.begin().await?;
    let preview = preview_merge(&mut *work, survivor, &[other], &BTreeMap::new(), false).await?;
    let custom: Vec<_> = preview.after.custom.0.clone().into_iter().collect();
    same("what the survivor takes", custom, vec![("shelf".to_owned(), text("A7"))])?;
    let field = preview.fields.iter().find(|field| field.field == "custom");
    let differs = field.map(|field| field.differs.len());
    same("who has others", differs, Some(2))?;
    work.customers().merge(MergeCommand::new(case.id(), survivor, [other])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    same("the survivor", &*expect(&mut *unit, survivor).await?, &preview.after)?;
    same("the other has all", expect(&mut *unit, other).await?.custom.0.len(), 3)
}

async fn a_preview_answers_what_the_merge_would_answer(case: &Case) -> Held {
    let mut old = organisation(case, "Acme Ltd");
    old.lifecycle_stage = "of long ago".into();
    old.category = Some("library".into());
    old.custom.0.insert("old".into(), CustomValue::Flag(true));
    let (survivor, other) = (organisation(case, "Acme"), old.id);
    let id = survivor.id;
    let mut work = case.begin().await?;
    work.insert_all(vec![survivor, old]).await?;
    work.settings()
        .change(|s| {
            s.lifecycle = Some(Lifecycle::default());
            s.custom_fields.customer = vec![DeclaredField::new("shelf", DeclaredType::Text)];
            s.completeness.customer = vec![CompletenessRule {
                when: crate::customer::CATEGORY.eq("library"),
                fields: BTreeMap::from([("city".to_owned(), Demand::Refuse)]),
            }];
        })
        .await?;
    work.commit().await?;
    for chosen in ["lifecycle_stage", "custom", "category"] {
        let mut command = MergeCommand::new(case.id(), id, [other]);
        command.choices.insert(chosen.into(), other);
        let mut work = case.begin().await?;
        let preview = preview_merge(&mut *work, id, &[other], &command.choices, false).await;
        let merged = work.customers().merge(command).await;
        let merged = fails(chosen, merged, ErrorKind::Invalid)?.to_string();
        let preview = fails(chosen, preview, ErrorKind::Invalid)?.to_string();
        same(chosen, preview, merged)?;
    }
    // What the house only marks is in the preview too.
    let mut work = case.begin().await?;
    work.settings()
        .change(|s| {
            s.completeness.customer = vec![CompletenessRule {
                when: Criteria::everything(),
                fields: BTreeMap::from([("city".to_owned(), Demand::List)]),
            }];
        })
        .await?;
    let preview = preview_merge(&mut *work, id, &[other], &BTreeMap::new(), false).await?;
    work.customers().merge(MergeCommand::new(case.id(), id, [other])).await?;
    let stored = expect(&mut *work, id).await?.into_inner();
    claim(stored.incomplete_since.is_some(), "it says since when")?;
    same("the survivor", preview.after, Customer { incomplete_since: None, ..stored })
}

async fn a_survivor_has_the_steps_of_those_that_were_merged(case: &Case) -> Held {
    let ids = customers(case, 2).await?;
    for (at, stage) in [(1, "customer"), (0, "dormant"), (1, "lost")] {
        let mut work = case.begin().await?;
        work.customers().move_to(ids[at], stage).await?;
        work.commit().await?;
    }
    let mut work = case.begin().await?;
    work.customers().merge(MergeCommand::new(case.id(), ids[0], [ids[1]])).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for id in &ids {
        let steps = lifecycle_history(&mut *unit, *id).await?;
        claim(steps.is_sorted_by_key(|step| step.at), "the oldest comes first")?;
        let of = |id: Id<Customer>| {
            let its = steps.iter().filter(move |step| step.customer == id);
            its.map(|LifecycleStep { from, to, .. }| (from.as_deref(), to.as_str())).collect()
        };
        let its: Vec<_> = of(ids[0]);
        same("its own", its, vec![(None, "prospect"), (Some("prospect"), "dormant")])?;
        let others: Vec<_> = of(ids[1]);
        let expected =
            [(None, "prospect"), (Some("prospect"), "customer"), (Some("customer"), "lost")];
        same("the other's", others, expected.to_vec())?;
    }
    let nobody = lifecycle_history(&mut *unit, case.id()).await;
    fails("nobody's", nobody, ErrorKind::Missing).map(drop)
}

async fn what_both_had_is_listed_once(case: &Case) -> Held {
    let tenant = case.anna()?.tenant;
    let ids = customers(case, 4).await?;
    let [survivor, old, far, far_old] = [ids[0], ids[1], ids[2], ids[3]];
    let mut work = case.begin().await?;
    let mut wei = Contact::new(case.id(), "Wei");
    wei.customer_id = Some(survivor);
    let mut ann = Contact::new(case.id(), "Ann");
    ann.customer_id = Some(far);
    let (wei, ann) = (work.insert(wei).await?.id, work.insert(ann).await?.id);
    for (who, at, title) in [(wei, old, "adviser"), (ann, survivor, "member"), (ann, old, "member")]
    {
        let mut part = Affiliation::between(tenant, who, at);
        part.title = Some(title.into());
        work.insert(part).await?;
    }
    let mut chair = Affiliation::between(tenant, ann, old);
    (chair.id, chair.title) = (case.id(), Some("chair".into()));
    work.insert(chair).await?;
    for (from, to, kind) in [
        (survivor, far, "supplier"),
        (old, far, "supplier"),
        (old, far, "partner"),
        (far, old, "supplier"),
    ] {
        work.insert(Relation::between(tenant, from, to, kind)).await?;
    }
    work.customers().merge(MergeCommand::new(case.id(), survivor, [old])).await?;
    work.customers().merge(MergeCommand::new(case.id(), far, [far_old])).await?;
    // Filed under an old id at the other end, it is still the same.
    work.insert(Relation::between(tenant, survivor, far_old, "partner")).await?;
    work.commit().await?;
    let mut unit = case.read().await?;
    for id in [survivor, old] {
        let people = contacts_of(&mut *unit, id).await?;
        let mut people: Vec<_> = people
            .iter()
            .map(|at| (at.contact.id, at.affiliation.as_ref().and_then(|a| a.title.as_deref())))
            .collect();
        people.sort();
        let mut expected = vec![(wei, None), (ann, Some("chair")), (ann, Some("member"))];
        expected.sort();
        same("who is there", people, expected)?;
        let relations = relations_of(&mut *unit, id).await?;
        let mut kinds: Vec<_> =
            relations.iter().map(|r| (r.kind.as_str(), r.from_id == far)).collect();
        kinds.sort();
        same(
            "relations",
            kinds,
            vec![("partner", false), ("supplier", false), ("supplier", true)],
        )?;
    }
    Ok(())
}
