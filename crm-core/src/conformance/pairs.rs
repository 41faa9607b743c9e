//! Records of two kinds, of which one names the other.

use std::collections::HashSet;

use proptest::{option, prelude::any, sample::select, strategy::Strategy};

use crate::{
    customer::Customer,
    kernel::{
        Criteria, Cursor, ErrorKind, Field, Id, Invalid, Kind, PairField, PairMark, PairSums,
        Pairs, Stored, fold_pairs,
    },
    opportunity::{self, Opportunity},
    stage_move::{self, StageMove},
    store::{Linked, ReadUnit},
};

use super::{
    case::Case,
    claim::{Held, fails, same},
    each::Kept,
    law::Law,
    questions::{Questions, ordered_fields, some_of},
    random::Draws,
    sample::{Extreme, Make},
    setting::Setting,
    sums::groups,
    world::everything,
};

pub(super) fn laws() -> Vec<Law> {
    let sums = "pair_sums_equal_the_fold";
    let found = "who_is_named_is_found_once";
    let mut list = laws![pairs_that_mean_nothing_are_refused];
    list.extend([
        Law::of::<StageMove>(sums, |case| Box::pin(sums_of_moves(case))),
        Law::of::<Opportunity>(sums, |case| Box::pin(sums_of_opportunities(case))),
        Law::of::<StageMove>(found, |case| Box::pin(whose_moves(case))),
        Law::of::<Opportunity>(found, |case| Box::pin(whose_opportunities(case))),
    ]);
    list
}

type Unit<'a> = &'a mut (dyn ReadUnit + 'a);
/// Its pairs.
type AsLinked<E, R> = for<'a> fn(Unit<'a>) -> &'a mut (dyn Linked<E, R> + 'a);

async fn sums_of_moves(case: &Case) -> Held {
    let moves = Linking::<StageMove, Opportunity>::filled(case).await?;
    moves.sums_equal_the_fold(case, |unit| unit).await
}

async fn sums_of_opportunities(case: &Case) -> Held {
    let deals = Linking::<Opportunity, Customer>::filled(case).await?;
    deals.sums_equal_the_fold(case, |unit| unit).await
}

async fn whose_moves(case: &Case) -> Held {
    let moves = Linking::<StageMove, Opportunity>::filled(case).await?;
    moves.are_found_once(case, |unit| unit).await
}

async fn whose_opportunities(case: &Case) -> Held {
    let deals = Linking::<Opportunity, Customer>::filled(case).await?;
    deals.are_found_once(case, |unit| unit).await
}

async fn pairs_that_mean_nothing_are_refused(case: &Case) -> Held {
    Setting::committed(case).await?;
    let pairs = || Pairs::by(&stage_move::OPPORTUNITY_ID);
    let mut wrong = vec![
        pairs().once().of(&stage_move::AMOUNT_AFTER),
        pairs().each().by(&stage_move::WAIVED),
        pairs().each().by_named(&opportunity::LINES),
        pairs().naming(stage_move::REASON.eq("a\0b")).each(),
        pairs().named(opportunity::NAME.eq("a\0b")).each(),
        pairs().each().mark(stage_move::NUMBER.above(1)),
        pairs().once().mark(stage_move::REASON.eq("a\0b")),
        pairs().once().mark_named(opportunity::NAME.eq("a\0b")),
    ];
    let mut by_text = pairs().each();
    by_text.amount = Some(PairField::Named(opportunity::NAME.spec()));
    let mut elsewhere = pairs().each();
    elsewhere.pairs.link = stage_move::PIPELINE_ID.spec();
    wrong.extend([by_text, elsewhere]);
    for (at, sums) in wrong.into_iter().enumerate() {
        let mut unit = case.read().await?;
        let found = unit.pair_sums(sums).await;
        fails(&format!("pairs {at}"), found, ErrorKind::Invalid)?;
    }
    let mut unit = case.read().await?;
    for (limit, after) in [(0, None), (10_001, None), (5, Some(Cursor::new("elsewhere")))] {
        let found = unit.named(pairs(), limit, after).await;
        fails(&format!("a page of {limit}"), found, ErrorKind::Invalid)?;
    }
    Ok(())
}

/// What names what, with data in which one is named by several.
struct Linking<E: Kept, R: Kept> {
    link: &'static Field<E, Id<R>>,
    naming: Vec<E>,
    named: Vec<R>,
}

impl Linking<StageMove, Opportunity> {
    async fn filled(case: &Case) -> Held<Self> {
        let place = |setting: &mut Setting, two| setting.opportunities = two;
        Self::new(case, &stage_move::OPPORTUNITY_ID, place).await
    }
}

impl Linking<Opportunity, Customer> {
    async fn filled(case: &Case) -> Held<Self> {
        let place = |setting: &mut Setting, two| setting.customers = two;
        Self::new(case, &opportunity::CUSTOMER_ID, place).await
    }
}

impl<E: Kept, R: Kept> Linking<E, R> {
    async fn new(
        case: &Case,
        link: &'static Field<E, Id<R>>,
        place: fn(&mut Setting, [Id<R>; 2]),
    ) -> Held<Self> {
        let setting = Setting::committed(case).await?;
        // The same ids in another house are other records.
        let mut other = case.store().begin(case.scope(1, "eve")?).await?;
        setting.copy(&mut *other).await?;
        other.commit().await?;
        let mut make = Make::new(case.clone(), setting.clone(), Extreme::Random);
        let named: Vec<R> = (0..16).map(|_| R::sample(&mut make)).collect::<Held<_>>()?;
        let mut naming = Vec::new();
        for pair in named.chunks_exact(2) {
            place(&mut make.setting, [pair[0].id(), pair[1].id()]);
            for _ in 0..10 {
                naming.push(E::sample(&mut make)?);
            }
        }
        let mut work = case.begin().await?;
        R::in_work(&mut *work).insert_all(named).await?;
        E::in_work(&mut *work).insert_all(naming).await?;
        work.commit().await?;
        Ok(Self { link, naming: everything(case).await?, named: everything(case).await? })
    }

    fn pairs(&self, naming: &Option<Criteria<E>>, named: &Option<Criteria<R>>) -> Pairs<E, R> {
        Pairs::by(self.link)
            .naming(naming.clone().unwrap_or_default())
            .named(named.clone().unwrap_or_default())
    }

    async fn sums_equal_the_fold(&self, case: &Case, linked: AsLinked<E, R>) -> Held {
        let (of_naming, of_named) = (Questions::about(&self.naming), Questions::about(&self.named));
        let mut draws = Draws::new(100, move || {
            let (naming, named) = (ordered_fields::<E>(), ordered_fields::<R>());
            let amounts = naming.iter().copied().map(PairField::Naming);
            let amounts = amounts.chain(named.iter().copied().map(PairField::Named));
            let money = |field: &PairField<E, R>| match field {
                PairField::Naming(field) => field.kind == Kind::Money,
                PairField::Named(field) => field.kind == Kind::Money,
            };
            let amounts: Vec<_> = amounts.filter(money).collect();
            let by = (some_of(&naming, 2), some_of(&named, 2)).prop_map(|(naming, named)| {
                let naming = naming.into_iter().map(PairField::Naming);
                named.into_iter().map(PairField::Named).chain(naming).collect::<Vec<_>>()
            });
            let amount = option::weighted(0.8, select(amounts));
            let criteria = (option::of(of_naming.criteria()), option::of(of_named.criteria()));
            let marks = (option::of(of_naming.criteria()), option::of(of_named.criteria()));
            (by, amount, any::<bool>(), criteria, marks).boxed()
        });
        while let Some(drawn) = draws.next() {
            let (by, amount, once, (naming, named), (of_naming, of_named)) = &drawn;
            let once = *once && !matches!(amount, Some(PairField::Naming(_)));
            let marks = of_naming.iter().cloned().map(PairMark::Naming);
            let marks: Vec<_> =
                of_named.iter().cloned().map(PairMark::Named).chain(marks).collect();
            let sums = || PairSums {
                pairs: self.pairs(naming, named),
                by: by.clone(),
                amount: *amount,
                once,
                marks: if once { marks.clone() } else { Vec::new() },
            };
            let mut unit = case.read().await?;
            let found = linked(&mut *unit).pair_sums(sums()).await;
            let held = match fold_pairs(&sums(), &self.naming, &self.named) {
                Ok(expected) => found.map_err(Into::into).and_then(|sums| groups(&sums, &expected)),
                Err(invalid) => Err(Invalid::into(invalid)),
            };
            draws.judge(&drawn, held);
        }
        draws.verdict()
    }

    async fn are_found_once(&self, case: &Case, linked: AsLinked<E, R>) -> Held {
        let (of_naming, of_named) = (Questions::about(&self.naming), Questions::about(&self.named));
        let mut draws = Draws::new(40, move || {
            (option::of(of_naming.criteria()), option::of(of_named.criteria())).boxed()
        });
        while let Some(drawn) = draws.next() {
            let (naming, named) = &drawn;
            let pairs = || self.pairs(naming, named);
            let leads: HashSet<_> = self.naming.iter().filter_map(|e| pairs().leads(e)).collect();
            let meant = |one: &&R| leads.contains(&one.id().uuid()) && pairs().named.matches(one);
            let expected: Vec<_> = self.named.iter().filter(meant).map(|one| one.id()).collect();
            let mut unit = case.read().await?;
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = linked(&mut *unit).named(pairs(), 3, after).await?;
                found.extend(page.items.into_iter().map(Stored::into_inner).map(|one| one.id()));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let count = linked(&mut *unit).count_named(pairs()).await?;
            let held = same("who is named", &found, &expected)
                .and_then(|()| same("how many", count, expected.len() as u64));
            draws.judge(&drawn, held);
        }
        draws.verdict()
    }
}
