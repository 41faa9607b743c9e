use crate::{
    Error,
    customer::Customer,
    kernel::{Cursor, Id, Refused, Result, Stored, Timestamp},
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, Repository, UnitOfWork, expect},
};

use super::{
    Grounds, Handover, HandoverPlan, Helper, OwnerVerb, Pool, Recycled, Trace,
    claim::{self, taken},
    hand_over, helping,
    owner_change::Owned,
    recycle,
};

/// The verbs on who owns what, within a unit of work.
pub struct Ownership<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

impl<'w> Ownership<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Takes a free customer from a pool: the claimant is its account manager from then on. Whose it is
    /// already gets it again.
    ///
    /// # Errors
    /// [`Error::Refused`] when somebody else has it, and says who and since when; when it does not lie in the
    /// pool, the claimant has as many as the pool allows, took as many today, or gave it up not long
    /// ago: all that stands against it. [`Error::Missing`] when one of the three is not there.
    pub async fn claim(
        &mut self,
        pool: Id<Pool>,
        customer: Id<Customer>,
        staff: Id<StaffMember>,
    ) -> Result<Stored<Customer>> {
        claim::claim(self.work, pool, customer, staff).await
    }

    /// Gives a customer an account manager, whoever had it. Opportunities, leads and tasks have verbs of their own for
    /// that: [`crate::opportunity::Opportunities::reassign`] and the like.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such customer or colleague,
    /// [`Error::Refused`] when they do not work here any more, or the customer was merged.
    pub async fn assign(
        &mut self,
        customer: Id<Customer>,
        to: Id<StaffMember>,
        why: Why,
    ) -> Result<Stored<Customer>> {
        give(self.work, customer, Given::by(OwnerVerb::Assigned, Some(to), why)).await
    }

    /// Gives a customer from one account manager to the next.
    ///
    /// # Errors
    /// As [`Ownership::assign`], and [`Error::Refused`] when somebody else has it by now, and
    /// says who.
    pub async fn transfer(
        &mut self,
        customer: Id<Customer>,
        from: Id<StaffMember>,
        to: Id<StaffMember>,
        reason: Option<String>,
    ) -> Result<Stored<Customer>> {
        if let Some(theirs) = transferred(self.work, customer, from, to).await? {
            return Ok(theirs);
        }
        let given = Given::by(OwnerVerb::Transferred, Some(to), reason.into()).of(from);
        match give(self.work, customer, given).await {
            // Somebody was faster: who?
            Err(conflict @ Error::Conflict { .. }) => {
                transferred(self.work, customer, from, to).await?.ok_or(conflict)
            }
            given => given,
        }
    }

    /// Its account manager gives a customer back: it is free. Done before, it changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such customer; [`Error::Refused`] when somebody
    /// else has it, and says who.
    pub async fn release(
        &mut self,
        customer: Id<Customer>,
        by: Id<StaffMember>,
        reason: Option<String>,
    ) -> Result<Stored<Customer>> {
        if let Some(free) = released(self.work, customer, by).await? {
            return Ok(free);
        }
        let given = Given::by(OwnerVerb::Released, None, reason.into()).of(by);
        match give(self.work, customer, given).await {
            // Somebody was faster: who?
            Err(conflict @ Error::Conflict { .. }) => {
                released(self.work, customer, by).await?.ok_or(conflict)
            }
            given => given,
        }
    }

    /// Takes a customer away from its account manager: it is free. Done before, it changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such customer.
    pub async fn reclaim(
        &mut self,
        customer: Id<Customer>,
        reason: Option<String>,
    ) -> Result<Stored<Customer>> {
        give(self.work, customer, Given::by(OwnerVerb::Reclaimed, None, reason.into())).await
    }

    /// Returns customers to a pool by its rules: of the next `limit` that have an owner, those that are due at an
    /// instant. For the host's scheduler: it goes on after [`Recycled::next`], in a unit each time. Running
    /// it again, or twice at the same time, returns nothing twice. [`super::due_to_recycle`] tells beforehand.
    ///
    /// # Errors
    /// As [`super::due_to_recycle`].
    pub async fn recycle(
        &mut self,
        pool: Id<Pool>,
        as_of: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Recycled> {
        recycle::recycle(self.work, pool, as_of, after, limit).await
    }

    /// Begins to hand over everything that somebody has: it is written down to whom, nothing moves yet. Sent again
    /// with the same id, it answers with the first. [`Ownership::continue_handover`] moves.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a plan that names nobody, or the one whose work it is;
    /// [`Error::Refused`] when a successor does not work here any more, [`Error::Missing`] when one of them is
    /// not there, [`Error::Duplicate`] when the id is taken by another one.
    pub async fn begin_handover(
        &mut self,
        id: Id<Handover>,
        staff: Id<StaffMember>,
        plan: HandoverPlan,
        reason: Option<String>,
    ) -> Result<Stored<Handover>> {
        hand_over::begin(self.work, id, staff, plan, reason).await
    }

    /// Hands over the next `limit` records (1 to [`super::MOST_AT_ONCE`]): customers, open opportunities, pending leads,
    /// open tasks, and then what they help with. What belongs to a customer goes with it, and a task with its opportunity
    /// or lead. Called until it is complete, in a unit each
    /// time ([`super::complete_handover`]), or once for all: who was stopped in the middle calls it again. Done before, it
    /// changes nothing.
    ///
    /// It is complete once nothing is left, also nothing that came meanwhile.
    ///
    /// By assignment rules ([`HandoverPlan::by_rules`]) the turns are held, and everybody who works here: nobody else is given
    /// anything meanwhile, so that limits and turns are kept. What their decision was stands in the history of each owner.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such handover, [`Error::Invalid`] for a limit out of range,
    /// [`Error::Refused`] when a successor does not work here any more, [`Error::Conflict`] when somebody changed a record, or
    /// what the rules decide by, at the same time.
    pub async fn continue_handover(
        &mut self,
        id: Id<Handover>,
        limit: u64,
    ) -> Result<Stored<Handover>> {
        hand_over::step(self.work, id, limit).await
    }

    /// Lets somebody help with a customer, in a role. Who does already does so still.
    ///
    /// # Errors
    /// [`Error::Missing`] when one of both is not there, [`Error::Refused`] when they do not work here any more,
    /// [`Error::Invalid`] for a role without a name.
    pub async fn share(
        &mut self,
        customer: Id<Customer>,
        with: Id<StaffMember>,
        role: &str,
    ) -> Result<Stored<Helper>> {
        helping::share(self.work, customer, with, role).await
    }

    /// Somebody helps with a customer no longer. Done before, it changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`] when they never did in this role.
    pub async fn unshare(
        &mut self,
        customer: Id<Customer>,
        with: Id<StaffMember>,
        role: &str,
    ) -> Result<Stored<Helper>> {
        helping::unshare(self.work, customer, with, role).await
    }
}

/// The customer, where it is its new account manager's already; nothing where it may be given on.
async fn transferred(
    work: &mut (dyn UnitOfWork + '_),
    customer: Id<Customer>,
    from: Id<StaffMember>,
    to: Id<StaffMember>,
) -> Result<Option<Stored<Customer>>> {
    let stored = expect(work, customer).await?;
    match stored.owner_id {
        // Sent again.
        Some(owner) if owner == to => Ok(Some(stored)),
        Some(owner) if owner == from => Ok(None),
        Some(owner) => Err(taken(work, &stored, owner, OwnerVerb::Transferred).await?.into()),
        None => {
            let why = "nobody has it: assign it, or let it be claimed";
            Err(Refused::new("customer", "free", "transferred", why).into())
        }
    }
}

/// The customer, where it is free already; nothing where it is this one's to give back.
async fn released(
    work: &mut (dyn UnitOfWork + '_),
    customer: Id<Customer>,
    by: Id<StaffMember>,
) -> Result<Option<Stored<Customer>>> {
    let stored = expect(work, customer).await?;
    match stored.owner_id {
        None => Ok(Some(stored)),
        Some(owner) if owner == by => Ok(None),
        Some(owner) => Err(taken(work, &stored, owner, OwnerVerb::Released).await?.into()),
    }
}

/// Why a record gets another owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// In words, where somebody said so.
    pub reason: Option<String>,
    /// What decided it: nothing where somebody just did.
    pub trace: Trace,
}

impl Why {
    /// For a reason in words.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), trace: Trace::default() }
    }
}

impl From<Option<String>> for Why {
    fn from(reason: Option<String>) -> Self {
        Self { reason, trace: Trace::default() }
    }
}

/// How a record is given.
pub(crate) struct Given {
    before: Before,
    to: Option<Id<StaffMember>>,
    verb: OwnerVerb,
    why: Why,
}

/// Whose it is for that.
#[derive(Clone, Copy)]
enum Before {
    /// Whoever has it.
    Whoever,
    /// This one's, or nobody's: of anybody else it is not taken.
    This(Option<Id<StaffMember>>),
}

impl Given {
    pub(crate) const fn by(verb: OwnerVerb, to: Option<Id<StaffMember>>, why: Why) -> Self {
        Self { before: Before::Whoever, to, verb, why }
    }

    fn of(self, owner: Id<StaffMember>) -> Self {
        Self { before: Before::This(Some(owner)), ..self }
    }
}

/// Gives a record to somebody, or to nobody, by a verb. Whose it is already keeps it, and nothing is written. Where it
/// got another owner while the people were waited for, it is a conflict: of whom it was not read nobody takes it.
///
/// The people are held first, in the order of their ids: whoever counts what the new owner has, to see whether they
/// may have more, counts this too.
pub(crate) async fn give<'w, E: Owned>(
    work: &mut (dyn UnitOfWork + 'w),
    id: Id<E>,
    given: Given,
) -> Result<Stored<E>>
where
    dyn UnitOfWork + 'w: Repository<E>,
{
    let Given { before, to, verb, why } = given;
    let from = match before {
        Before::Whoever => Owned::owner(&*expect(work, id).await?),
        Before::This(owner) => owner,
    };
    let mut people: Vec<_> = from.into_iter().chain(to).collect();
    people.sort_unstable();
    people.dedup();
    let held = Custody::<StaffMember>::hold_for_change(work, &CUSTODIAN, people).await?;
    if let Some(to) = to {
        let member = held.iter().find(|one| one.id == to).ok_or_else(|| Error::missing(to))?;
        if !member.active {
            let why = format!("{} does not work here any more", member.name);
            return Err(Refused::new(E::KIND, "owned", verb.as_str(), why).into());
        }
    }
    // As it is now that nobody else gives to these people.
    let stored = expect(work, id).await?;
    if stored.owner() == to {
        return Ok(stored);
    }
    if stored.owner() != from {
        return Err(Error::conflict(id, Some(stored.version())));
    }
    work.update(self::given(stored, to, verb, why)?).await
}

/// The record as somebody's from now on, or nobody's, by a verb.
pub(crate) fn given<E: Owned>(
    stored: Stored<E>,
    to: Option<Id<StaffMember>>,
    verb: OwnerVerb,
    why: Why,
) -> Result<Stored<E>, Refused> {
    let given = stored.change(verb.as_str(), |mut record| {
        record.give_to(to);
        Ok::<_, Refused>(record)
    })?;
    let given = given.on_grounds(Grounds { verb, pool: None, trace: why.trace });
    Ok(match why.reason {
        Some(reason) => given.because(reason),
        None => given,
    })
}
