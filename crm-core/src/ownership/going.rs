//! To whom the next records of a handover go, and why.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::{
    assignment::{Account, Assigned, AssignmentOutcome, Deciding},
    assignment_cursor::AssignmentCursor,
    kernel::{Currency, Id, Invalid, Money, Result, Stored, TenantId, Timestamp},
    staff_member::StaffMember,
    store::ReadUnit,
};

use super::{
    HandedOver, Handover, HandoverPlan, Helper, Trace, Why,
    belonging::{Belonging, Named},
};

/// A handover on its way: to whom the next records go, and how many went to whom. The preview goes the same way.
pub(super) struct Going<'p> {
    /// Whose work it is.
    from: Id<StaffMember>,
    plan: &'p HandoverPlan,
    now: Timestamp,
    pub(super) done: HandedOver,
    /// Whose records would be by now that nobody has given yet.
    given: HashMap<Uuid, Id<StaffMember>>,
    /// How many records that would be, and what they are worth: no store counts them yet.
    unwritten: HashMap<Id<StaffMember>, (u32, BTreeMap<Currency, Money>)>,
    /// The cursors that would move.
    pub(super) turns: BTreeMap<Id<AssignmentCursor>, AssignmentCursor>,
}

/// Who gets a record, and what the assignment rules said of it where they were asked.
pub(super) struct Gets {
    pub(super) to: Id<StaffMember>,
    by_rules: Option<Account>,
}

impl<'p> Going<'p> {
    pub(super) fn new(
        from: Id<StaffMember>,
        plan: &'p HandoverPlan,
        now: Timestamp,
        done: HandedOver,
    ) -> Self {
        Self {
            from,
            plan,
            now,
            done,
            given: HashMap::new(),
            unwritten: HashMap::new(),
            turns: BTreeMap::new(),
        }
    }

    /// The assignment rules of a kind with everybody's figures, where the plan asks them.
    pub(super) async fn rules<E: Assigned>(
        &self,
        unit: &mut (dyn ReadUnit + '_),
    ) -> Result<Option<Deciding<E>>> {
        if !self.plan.by_rules {
            return Ok(None);
        }
        let mut rules = Deciding::without(unit, self.now, self.from).await?;
        for (to, (records, worth)) in &self.unwritten {
            rules.was_given(*to, *records, worth.values().copied());
        }
        Ok(Some(rules))
    }

    /// Remembers what would be of the records of a kind: what comes after goes by it.
    pub(super) fn foresaw<E: Assigned>(
        &mut self,
        tenant: TenantId,
        given: Vec<(Uuid, Id<StaffMember>, Option<Money>)>,
        rules: Option<&Deciding<E>>,
    ) {
        for (record, to, worth) in given {
            self.given.insert(record, to);
            let (records, sums) = self.unwritten.entry(to).or_default();
            *records = records.saturating_add(1);
            if let Some(worth) = worth {
                let sum = sums.entry(worth.currency()).or_insert(Money::zero(worth.currency()));
                *sum = sum.plus(worth).unwrap_or(*sum);
            }
        }
        let turns = rules.into_iter().flat_map(|rules| rules.moved(tenant));
        self.turns.extend(turns.map(|(_, cursor)| (cursor.id, cursor)));
    }

    /// Who gets each of these, which are counted. What belongs to an opportunity, a lead or a customer goes to who has
    /// that by now, if that is a successor; then the plan's rules are asked, then the assignment rules.
    pub(super) async fn decide<E: Belonging + Assigned>(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        page: &[Stored<E>],
        mut rules: Option<&mut Deciding<E>>,
    ) -> Result<Vec<Gets>> {
        let named = Named::by(unit, page).await?;
        let around = match &mut rules {
            Some(rules) => Some(rules.look_at(unit, page).await?),
            None => None,
        };
        let successors = self.plan.successors();
        let mut all = Vec::with_capacity(page.len());
        for record in page {
            // Also who got something by the assignment rules, unless they left since.
            let succeeds = |who: &Id<StaffMember>| {
                let got_some = || self.done.0.contains_key(who);
                let is_here = || rules.as_ref().is_some_and(|rules| rules.works_here(*who));
                successors.contains(who) || (got_some() && is_here())
            };
            let whose = named.goes_with(&**record).into_iter();
            let whose = whose.filter_map(|(id, owner)| self.given.get(&id).copied().or(owner));
            let planned = whose.into_iter().find(succeeds);
            let planned =
                planned.or_else(|| self.plan.by_plan(named.customer(&**record), &self.done));
            let gets = match (planned, rules.as_deref_mut(), &around) {
                (Some(to), ..) => Gets { to, by_rules: None },
                (None, Some(rules), Some(around)) if rules.may_be_given(record) => {
                    let decided = rules.decide_one(record, around);
                    match decided.outcome {
                        AssignmentOutcome::Assigned { to } => {
                            self.count::<E>(to);
                            all.push(Gets { to, by_rules: decided.account });
                            continue;
                        }
                        _ => Gets { to: self.other()?, by_rules: decided.account },
                    }
                }
                (None, ..) => Gets { to: self.other()?, by_rules: None },
            };
            if let Some(rules) = rules.as_deref_mut() {
                rules.goes_anyway(record, gets.to);
            }
            self.count::<E>(gets.to);
            all.push(gets);
        }
        Ok(all)
    }

    /// Who helps in place of who did with each of these: only the plan says so.
    pub(super) async fn decide_helping(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        page: &[Stored<Helper>],
    ) -> Result<Vec<Id<StaffMember>>> {
        let named = Named::by(unit, page).await?;
        let mut all = Vec::with_capacity(page.len());
        for helps in page {
            let by_plan = self.plan.by_plan(named.customer(&**helps), &self.done);
            let to = by_plan.map_or_else(|| self.other(), Ok)?;
            self.count::<Helper>(to);
            all.push(to);
        }
        Ok(all)
    }

    fn count<E: Belonging>(&mut self, to: Id<StaffMember>) {
        *E::counted(self.done.0.entry(to).or_default()) += 1;
    }

    fn other(&self) -> Result<Id<StaffMember>> {
        let nobody = "others: name who gets what no rule is about";
        let nobody = || Invalid::field::<Handover>("plan", nobody).into();
        self.plan.other(&self.done).ok_or_else(nobody)
    }
}

impl Gets {
    /// Why they get it: the handover's reason, or the rule, and what decided it.
    pub(super) fn why(&self, handover: &Handover) -> Why {
        let mut trace = Trace::default();
        let mut reason = handover.reason.clone();
        if let Some(account) = &self.by_rules {
            trace = Trace::of(account);
            if account.to.is_some() {
                reason = reason.or_else(|| account.reason());
            } else {
                let text = "As the plan says of what the assignment rules give to nobody:";
                trace = trace.with("text", format!("{text} {}", account.text));
            }
        }
        Why { reason, trace: trace.with("handover", handover.id.to_string()) }
    }
}
