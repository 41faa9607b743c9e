//! Random histories of opportunities, for laws about reports: what reports say must follow from their moves.

use proptest::{
    collection::vec,
    prelude::any,
    strategy::{BoxedStrategy, Strategy},
};

use crate::{
    kernel::{Id, Money, Stored, Timestamp},
    opportunity::{
        Evidence, ForecastCategory, Opportunity, OpportunityEvent, OpportunityState, Stage,
        StageKind, Stages,
    },
    org_unit::OrgUnit,
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    stage_move::StageMove,
    store::{UnitOfWork, expect},
};

use super::{case::Case, claim::Held, gates::moves, scenarios::customer};

/// The first day on which something happens.
pub(super) const BEGIN: &str = "2017-01-01T00:00:00Z";
const DAY: i64 = 86_400_000_000;

/// One turn of a history: what is tried, where to, how many quarters of a day later, with which amount.
pub(super) type Turn = (u8, u8, i16, u8);

/// Histories of some opportunities.
pub(super) fn histories() -> BoxedStrategy<Vec<Vec<Turn>>> {
    let turn = (any::<u8>(), any::<u8>(), -8..60_i16, any::<u8>());
    vec(vec(turn, 1..7), 12..20).boxed()
}

/// What they happen in.
pub(super) struct House {
    pub(super) pipelines: [Pipeline; 2],
    pub(super) staff: [Id<StaffMember>; 2],
    pub(super) units: [Id<OrgUnit>; 2],
    products: [Id<Product>; 2],
    customers: [Id<crate::customer::Customer>; 2],
}

/// An opportunity with its moves.
pub(super) struct Deal {
    pub(super) now: Opportunity,
    pub(super) moves: Vec<StageMove>,
}

impl House {
    /// Two pipelines, two colleagues, of whom the second works in a unit below the first one's.
    pub(super) async fn furnish(case: &Case, work: &mut (dyn UnitOfWork + '_)) -> Held<Self> {
        let mut pipelines = Vec::new();
        for _ in 0..2 {
            let id: Id<Pipeline> = case.id();
            let open = |key: &str| Stage::new(key, key.to_uppercase(), StageKind::Open, 30);
            let mut stages = vec![open("a"), open("b"), open("c")];
            stages.push(Stage::new("won", "Won", StageKind::Won, 100));
            stages.push(Stage::new("lost", "Lost", StageKind::Lost, 0));
            let pipeline = Pipeline::new(id, id.to_string(), Stages(stages));
            pipelines.push(work.insert(pipeline).await?.into_inner());
        }
        let mut below = OrgUnit::new(case.id(), "Team");
        let above = work.insert(OrgUnit::new(case.id(), "Branch")).await?.id;
        below.parent_id = Some(above);
        let units = [above, work.insert(below).await?.id];
        let mut staff = Vec::new();
        for unit in units {
            let mut new = StaffMember::new(case.id(), "Colleague");
            new.org_unit_id = Some(unit);
            staff.push(work.insert(new).await?.id);
        }
        let products = [case.id(), case.id()];
        for id in products {
            work.insert(Product::new(id, id.to_string())).await?;
        }
        let mut customers = Vec::new();
        for industry in ["retail", "books"] {
            let mut new = customer(case, industry);
            new.industry = Some(industry.to_owned());
            customers.push(work.insert(new).await?.id);
        }
        Ok(Self {
            pipelines: two(pipelines)?,
            staff: two(staff)?,
            units,
            products,
            customers: two(customers)?,
        })
    }

    /// Changes whatever may be changed of its pipelines: the order of their open stages, and what each is called, how
    /// likely it is won and how sure a forecast is of it. What the house has in mind stays as it was.
    pub(super) async fn turned_over(&self, work: &mut (dyn UnitOfWork + '_)) -> Held {
        for pipeline in &self.pipelines {
            let stored = expect(work, pipeline.id).await?;
            let changed = stored.edit(|pipeline| {
                let stages = &mut pipeline.stages.0;
                stages.swap(0, 2);
                stages.swap(3, 4);
                for stage in stages.iter_mut() {
                    stage.name = format!("{}, once", stage.name);
                    stage.probability = 55.into();
                    if stage.kind == StageKind::Open {
                        stage.category = Some(ForecastCategory::Commit);
                    }
                }
                stages.insert(1, Stage::new("between", "Between", StageKind::Open, 20));
            });
            work.update(changed).await?;
        }
        Ok(())
    }

    pub(super) const fn customers(&self) -> [Id<crate::customer::Customer>; 2] {
        self.customers
    }

    /// Lets these histories happen, and reads what was kept of them. Every third one was edited today, and what happened
    /// after its third turn became known only then.
    pub(super) async fn deals(
        &self,
        case: &Case,
        work: &mut (dyn UnitOfWork + '_),
        histories: &[Vec<Turn>],
    ) -> Held<Vec<Deal>> {
        let mut deals = Vec::new();
        for (at, turns) in histories.iter().enumerate() {
            let known = if at % 3 == 0 { turns.len().min(3) } else { turns.len() };
            let (first, later) = turns.split_at(known);
            let mut time = BEGIN.parse::<Timestamp>()?;
            let new = self.taken(self.opened(case, at, first)?.taken_at(time), first, &mut time)?;
            let stored = work.insert(new).await?;
            let id = stored.id;
            if at % 3 == 0 {
                let amount: Money = "7 EUR".parse()?;
                work.opportunities().revise(id, None, |o| o.amount = Some(amount)).await?;
                for turn in later {
                    let stored = expect(work, id).await?;
                    let next = self.taken(stored.clone().into_inner(), &[*turn], &mut time)?;
                    work.update(stored.edit(|o| *o = next)).await?;
                }
            }
            let now: Stored<Opportunity> = expect(work, id).await?;
            deals.push(Deal { now: now.into_inner(), moves: moves(work, id).await? });
        }
        Ok(deals)
    }

    /// Lets these histories happen, each step entered on its own day and none dated before the one that came before it;
    /// nothing was edited since.
    pub(super) async fn deals_told_in_time(
        &self,
        case: &Case,
        work: &mut (dyn UnitOfWork + '_),
        histories: &[Vec<Turn>],
    ) -> Held {
        for (at, turns) in histories.iter().enumerate() {
            let turns: Vec<Turn> = turns
                .iter()
                .map(|(what, to, quarters, amount)| (*what, *to, quarters.abs(), *amount))
                .collect();
            let mut time = BEGIN.parse::<Timestamp>()?;
            let new = self.opened(case, at, &turns)?.taken_at(time);
            work.insert(self.taken(new, &turns, &mut time)?).await?;
        }
        Ok(())
    }

    fn opened(&self, case: &Case, at: usize, turns: &[Turn]) -> Held<Opportunity> {
        let pick = turns.first().map_or(0, |turn| usize::from(turn.3));
        let mut new = Opportunity::open(case.id(), format!("{at}"), &self.pipelines[at % 7 / 6])?;
        new.customer_id = Some(self.customers[pick / 2 % 2]);
        new.owner_id = [None, Some(self.staff[0]), Some(self.staff[1])][at % 3];
        new.product_id = [None, Some(self.products[0]), Some(self.products[1])][pick % 3];
        new.source = [None, Some("fair".to_owned())][at % 2].clone();
        new.opened_on =
            (!pick.is_multiple_of(5)).then(|| BEGIN.parse().map(Timestamp::date)).transpose()?;
        Ok(new)
    }

    /// The opportunity after these turns; one that is not allowed is none.
    fn taken(
        &self,
        mut deal: Opportunity,
        turns: &[Turn],
        time: &mut Timestamp,
    ) -> Held<Opportunity> {
        for (what, to, quarters, amount) in turns.iter().copied() {
            *time = Timestamp::from_micros(time.micros() + i64::from(quarters) * DAY / 4)?;
            deal.amount = [None, Some("100 EUR"), Some("12.34 EUR"), Some("50 USD")]
                [usize::from(amount % 4)]
            .map(str::parse)
            .transpose()?;
            let close = time.date() + chrono::Days::new(u64::from(amount));
            deal.expected_close = (amount % 5 > 0).then_some(close);
            let here = usize::from(deal.pipeline_id == self.pipelines[1].id);
            let (here, there) = (&self.pipelines[here], &self.pipelines[1 - here]);
            let stage = ["a", "b", "c"][usize::from(to % 3)];
            let open = *deal.state() == OpportunityState::Open;
            let none = Evidence::default();
            let moved = match (open, what % 8) {
                (true, 0..=3) => deal.clone().step(here, &OpportunityEvent::advance(stage), &none),
                (true, 4) => deal.clone().step(here, &OpportunityEvent::win(time.date()), &none),
                (true, 5) => deal.clone().step(here, &OpportunityEvent::lose(time.date()), &none),
                (true, 6) => deal.clone().transferred(there, stage, None, &none),
                (false, 0..=3) => deal.clone().step(here, &OpportunityEvent::reopen(stage), &none),
                _ => continue,
            };
            deal = moved.map_or(deal, |deal| deal.taken_at(*time));
        }
        Ok(deal)
    }
}

impl Deal {
    /// The last of its moves before an instant. One that is dated before the one that came before it holds from that one
    /// on.
    pub(super) fn last_before(&self, instant: Timestamp) -> Option<&StageMove> {
        let mut holds_from = Timestamp::MIN;
        let mut last = None;
        for step in &self.moves {
            holds_from = holds_from.max(step.moved_at);
            if holds_from < instant {
                last = Some(step);
            }
        }
        last
    }

    /// Whether one of its moves came into another stage.
    pub(super) fn enters(step: &StageMove) -> bool {
        step.from_stage.as_ref() != Some(&step.to_stage)
            || step.from_pipeline_id != Some(step.pipeline_id)
    }

    /// Its stays that are over: when it came, and the move by which it left.
    pub(super) fn stays(&self) -> Vec<(Timestamp, &StageMove)> {
        let mut came = None;
        let mut stays = Vec::new();
        for step in self.moves.iter().filter(|step| Self::enters(step)) {
            stays.extend(came.map(|came| (came, step)));
            came = Some(step.moved_at);
        }
        stays
    }
}

fn two<T>(list: Vec<T>) -> Held<[T; 2]> {
    list.try_into().map_err(|_| super::claim::Failure::new("there are not two"))
}
