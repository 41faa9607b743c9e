use std::collections::BTreeSet;

use crate::{
    Error,
    assignment::{Assigned, Held},
    customer::Customer,
    kernel::{Entity, ErrorKind, Id, Invalid, Refused, Result, Scope, Stored},
    lead::Lead,
    opportunity::Opportunity,
    staff_member::{self, StaffMember},
    store::{
        CUSTODIAN, Custody, Read, ReadUnit, Repository, Store, UnitOfWork, ensure, every, expect,
        run_while,
    },
    task::Task,
};

use super::{
    HandedOver, Handover, HandoverPlan, Helper, OwnerVerb, Share, belonging::Belonging,
    going::Going, helping, preview::walk, service,
};

/// So many records one unit of work hands over at the most. A store may let no unit last that long (SQLite: five
/// seconds, unless the host allows more): [`super::complete_handover`] takes fewer then.
pub const MOST_AT_ONCE: u64 = 10_000;

/// So many are read at a time.
pub(super) const PAGE: u32 = 500;

/// So many, where so many are left.
pub(super) fn at_once(left: u64) -> u32 {
    u32::try_from(left).unwrap_or(PAGE).min(PAGE)
}

/// What somebody has that a handover gives to others.
///
/// # Errors
/// Whatever the store answers.
pub async fn belongings(unit: &mut (dyn ReadUnit + '_), staff: Id<StaffMember>) -> Result<Share> {
    Ok(Share {
        customers: Read::<Customer>::count(unit, Customer::theirs(staff)).await?,
        opportunities: Read::<Opportunity>::count(unit, Opportunity::theirs(staff)).await?,
        tasks: Read::<Task>::count(unit, Task::theirs(staff)).await?,
        leads: Read::<Lead>::count(unit, Lead::theirs(staff)).await?,
        helping: Read::<Helper>::count(unit, Helper::theirs(staff)).await?,
    })
}

/// Whether everything of somebody may go to these.
pub(super) async fn may_go(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    plan: &HandoverPlan,
) -> Result<()> {
    plan.check(staff)?;
    expect::<StaffMember, _>(unit, staff).await?;
    for successor in plan.successors() {
        must_work_here(&*expect::<StaffMember, _>(unit, successor).await?)?;
    }
    Ok(())
}

fn must_work_here(member: &StaffMember) -> Result<(), Refused> {
    if member.active {
        return Ok(());
    }
    let why = format!("{} does not work here any more: name somebody else", member.name);
    Err(Refused::new(Handover::KIND, "planned", "handed over", why))
}

/// Begins a handover, or answers with the one that the same command began before.
pub(super) async fn begin(
    work: &mut (dyn UnitOfWork + '_),
    id: Id<Handover>,
    staff: Id<StaffMember>,
    plan: HandoverPlan,
    reason: Option<String>,
) -> Result<Stored<Handover>> {
    if let Some(known) = work.get(id).await? {
        return if (known.staff_id, &known.plan, &known.reason) == (staff, &plan, &reason) {
            Ok(known)
        } else {
            Err(Error::Duplicate { entity: Handover::KIND, field: "id" })
        };
    }
    may_go(work, staff, &plan).await?;
    let (begun_at, begun_by) = (work.now(), work.scope().actor.as_str().to_owned());
    let (done, completed_at) = (HandedOver::default(), None);
    let new =
        Handover { id, staff_id: staff, plan, reason, begun_at, begun_by, done, completed_at };
    ensure(work, new).await
}

/// Hands over the next `limit` records: customers first, then what follows them. What was handed over before
/// is its owner's no more, so that whoever takes it up again goes on where it stood.
pub(super) async fn step(
    work: &mut (dyn UnitOfWork + '_),
    id: Id<Handover>,
    limit: u64,
) -> Result<Stored<Handover>> {
    if limit == 0 || limit > MOST_AT_ONCE {
        let reason = format!("between 1 and {MOST_AT_ONCE}");
        return Err(Invalid::new("handover", "limit", reason).into());
    }
    // One at a time: two that hand over the same would count it twice.
    let held = Custody::<Handover>::hold(work, &CUSTODIAN, vec![id]).await?;
    let handover = held.into_iter().next().ok_or_else(|| Error::missing(id))?;
    if handover.completed_at.is_some() {
        return Ok(handover);
    }
    let staff = handover.staff_id;
    let mut step = Step { held: hold(work, &handover, limit).await?, left: limit };
    let mut going = Going::new(staff, &handover.plan, work.now(), handover.done.clone());
    step.all::<Customer>(work, &handover, &mut going).await?;
    step.all::<Opportunity>(work, &handover, &mut going).await?;
    step.all::<Lead>(work, &handover, &mut going).await?;
    // After what they are the next steps of.
    step.all::<Task>(work, &handover, &mut going).await?;
    step.pass_on(work, &handover, &mut going).await?;
    let done = going.done;
    let nothing_left = is_nothing_left(work, staff).await?;
    let completed_at = nothing_left.then(|| work.now());
    let event = if nothing_left { "completed" } else { "continued" };
    let went_on =
        handover.change(event, |h| Ok::<_, Refused>(Handover { done, completed_at, ..h }))?;
    work.update(went_on).await
}

/// Whether somebody has nothing left. Units that give them something and are not over yet are waited for: a task needs
/// nobody's leave to be added for them.
async fn is_nothing_left(work: &mut (dyn UnitOfWork + '_), staff: Id<StaffMember>) -> Result<bool> {
    if belongings(work, staff).await?.all() > 0 {
        return Ok(false);
    }
    Custody::<StaffMember>::hold(work, &CUSTODIAN, vec![staff]).await?;
    Ok(belongings(work, staff).await?.all() == 0)
}

/// Holds what it is decided by, in the order of all who give: cursors before people, each in the order of their ids, so
/// that nobody waits for each other. By assignment rules these are the cursors of the turns that will come next, and everybody.
async fn hold(work: &mut (dyn UnitOfWork + '_), handover: &Handover, limit: u64) -> Result<Held> {
    let mut held = Held::default();
    let successors = handover.plan.successors();
    let mut people: BTreeSet<_> = successors.iter().copied().collect();
    people.insert(handover.staff_id);
    if handover.plan.by_rules {
        let (staff, now) = (handover.staff_id, work.now());
        let mut going = Going::new(staff, &handover.plan, now, handover.done.clone());
        walk(work, staff, &mut going, limit, |_, _| Ok(())).await?;
        held.cursors(work, going.turns).await?;
        every::<StaffMember, _>(work, staff_member::ACTIVE.eq(true).query(), |one| {
            people.insert(one.id);
            Ok(())
        })
        .await?;
    }
    let people = held.people(work, people).await?;
    let mut named = people.iter().filter(|one| successors.contains(&one.id));
    named.try_for_each(|one| must_work_here(one))?;
    Ok(held)
}

/// A step on its way.
struct Step {
    held: Held,
    /// So many records may still go.
    left: u64,
}

impl Step {
    /// Hands over what there is of one kind, as far as it may go on.
    async fn all<'w, E: Belonging + Assigned>(
        &mut self,
        work: &mut (dyn UnitOfWork + 'w),
        handover: &Handover,
        going: &mut Going<'_>,
    ) -> Result<()>
    where
        dyn UnitOfWork + 'w: Repository<E>,
    {
        let mut rules = None;
        while self.left > 0 {
            // What was given is not found again.
            let theirs = E::theirs(handover.staff_id).query().limit(at_once(self.left));
            let page = E::page(work, theirs).await?.items;
            if page.is_empty() {
                break;
            }
            if rules.is_none() {
                rules = going.rules::<E>(work).await?;
            }
            let gets = going.decide(work, &page, rules.as_mut()).await?;
            if let Some(rules) = &rules {
                // What came or changed since it was foreseen: the unit begins anew.
                self.held.has(work.scope().tenant, rules, gets.iter().map(|one| one.to))?;
            }
            self.left = self.left.saturating_sub(page.len() as u64);
            let given = page.into_iter().zip(gets).map(|(stored, gets)| {
                let why = gets.why(handover);
                service::given(stored, Some(gets.to), OwnerVerb::HandedOver, why)
            });
            Repository::update_all(work, given.collect::<Result<_, _>>()?).await?;
        }
        match rules {
            Some(rules) => self.held.turn(work, &rules).await,
            None => Ok(()),
        }
    }

    /// Successors help where they helped, as far as it may go on.
    async fn pass_on(
        &mut self,
        work: &mut (dyn UnitOfWork + '_),
        handover: &Handover,
        going: &mut Going<'_>,
    ) -> Result<()> {
        while self.left > 0 {
            let theirs = Helper::theirs(handover.staff_id).query().limit(at_once(self.left));
            let page = Read::<Helper>::find(work, theirs).await?.items;
            if page.is_empty() {
                break;
            }
            let to = going.decide_helping(work, &page).await?;
            for (helps, to) in page.into_iter().zip(to) {
                let (customer, role) = (helps.customer_id, helps.role.clone());
                helping::end(work, helps).await?;
                let survivor = crate::customer::resolve(work, customer).await?;
                if expect::<Customer, _>(work, survivor).await?.owner_id != Some(to) {
                    helping::share(work, survivor, to, &role).await?;
                }
                self.left -= 1;
            }
        }
        Ok(())
    }
}

/// Goes on with a handover until it is complete, in units of their own of up to `at_once` records each; `each` is told how
/// it stands after each of them. Where the store lets no unit last that long ([`Error::Expired`]) the next takes half
/// as many. Whoever was stopped on the way calls it again.
///
/// # Errors
/// As [`super::Ownership::continue_handover`].
pub async fn complete_handover(
    store: &dyn Store,
    scope: &Scope,
    id: Id<Handover>,
    mut at_once: u64,
    mut each: impl FnMut(&Handover) + Send,
) -> Result<Stored<Handover>> {
    loop {
        let limit = at_once;
        let step = run_while(
            store,
            scope,
            |error| error.is_retryable() && (limit == 1 || error.kind() != ErrorKind::Expired),
            |work| Box::pin(async move { work.ownership().continue_handover(id, limit).await }),
        );
        match step.await {
            Ok(now) => {
                each(&now);
                if now.completed_at.is_some() {
                    return Ok(now);
                }
            }
            Err(Error::Expired { .. }) if at_once > 1 => at_once /= 2,
            Err(error) => return Err(error),
        }
    }
}
