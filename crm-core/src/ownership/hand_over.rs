use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    Error,
    customer::Customer,
    kernel::{Entity, ErrorKind, Id, Invalid, Refused, Result, Scope, Stored},
    lead::Lead,
    opportunity::Opportunity,
    staff_member::StaffMember,
    store::{
        CUSTODIAN, Custody, Read, ReadUnit, Repository, Store, UnitOfWork, ensure, expect,
        run_while,
    },
    task::Task,
};

use super::{
    Grounds, HandedOver, Handover, HandoverPlan, Helper, OwnerVerb, Share, Trace,
    belonging::{Belonging, Named},
    helping,
    owner_change::Owned,
};

/// So many records one unit of work hands over at the most. A store may let no unit last that long (SQLite: five
/// seconds, unless the host allows more): [`super::complete_handover`] takes fewer then.
pub const MOST_AT_ONCE: u64 = 10_000;

/// So many are read at a time.
pub(super) const PAGE: u32 = 500;

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
    // In the order of their ids, as every verb that gives: nobody waits for each other.
    let staff = handover.staff_id;
    let mut people = handover.plan.successors();
    people.push(staff);
    people.sort_unstable();
    let people = Custody::<StaffMember>::hold_for_change(work, &CUSTODIAN, people).await?;
    people.iter().filter(|one| one.id != staff).try_for_each(|one| must_work_here(one))?;
    let mut going = Going::new(&handover.plan, handover.done.clone());
    let mut left = limit;
    all::<Customer>(work, &handover, &mut going, &mut left).await?;
    all::<Opportunity>(work, &handover, &mut going, &mut left).await?;
    all::<Lead>(work, &handover, &mut going, &mut left).await?;
    // After what they are the next steps of.
    all::<Task>(work, &handover, &mut going, &mut left).await?;
    pass_on(work, &handover, &mut going, &mut left).await?;
    let done = going.done;
    let nothing_left = belongings(work, staff).await?.all() == 0;
    let completed_at = nothing_left.then(|| work.now());
    let event = if nothing_left { "completed" } else { "continued" };
    let went_on =
        handover.change(event, |h| Ok::<_, Refused>(Handover { done, completed_at, ..h }))?;
    work.update(went_on).await
}

/// Hands over what there is of one kind, as far as it may go on.
async fn all<'w, E: Belonging + Owned>(
    work: &mut (dyn UnitOfWork + 'w),
    handover: &Handover,
    going: &mut Going<'_>,
    left: &mut u64,
) -> Result<()>
where
    dyn UnitOfWork + 'w: Repository<E>,
{
    let mut trace = Trace::default();
    trace.0.insert("handover".to_owned(), handover.id.to_string().into());
    let verb = OwnerVerb::HandedOver;
    let grounds = Grounds { verb, pool: None, trace };
    while *left > 0 {
        let limit = u32::try_from(*left).unwrap_or(PAGE).min(PAGE);
        // What was given is not found again.
        let theirs = E::theirs(handover.staff_id).query().limit(limit);
        let page = Read::<E>::find(work, theirs).await?.items;
        if page.is_empty() {
            break;
        }
        let to = going.decide(work, &page).await?;
        for (stored, to) in page.into_iter().zip(to) {
            let given = stored
                .change(verb.as_str(), |mut record| {
                    record.give_to(Some(to));
                    Ok::<_, Refused>(record)
                })?
                .on_grounds(grounds.clone());
            let given = match &handover.reason {
                Some(why) => given.because(why.as_str()),
                None => given,
            };
            work.update(given).await?;
            *left -= 1;
        }
    }
    Ok(())
}

/// Successors help where they helped, as far as it may go on.
async fn pass_on(
    work: &mut (dyn UnitOfWork + '_),
    handover: &Handover,
    going: &mut Going<'_>,
    left: &mut u64,
) -> Result<()> {
    while *left > 0 {
        let limit = u32::try_from(*left).unwrap_or(PAGE).min(PAGE);
        let theirs = Helper::theirs(handover.staff_id).query().limit(limit);
        let page = Read::<Helper>::find(work, theirs).await?.items;
        if page.is_empty() {
            break;
        }
        let to = going.decide(work, &page).await?;
        for (helps, to) in page.into_iter().zip(to) {
            let (customer, role) = (helps.customer_id, helps.role.clone());
            helping::end(work, helps).await?;
            let survivor = crate::customer::resolve(work, customer).await?;
            if expect::<Customer, _>(work, survivor).await?.owner_id != Some(to) {
                helping::share(work, survivor, to, &role).await?;
            }
            *left -= 1;
        }
    }
    Ok(())
}

/// A handover on its way: to whom the next records go, and how many went to whom. The preview goes the same way.
pub(super) struct Going<'p> {
    plan: &'p HandoverPlan,
    pub(super) done: HandedOver,
    /// Whose records would be by now that nobody has given yet.
    given: HashMap<Uuid, Id<StaffMember>>,
}

impl<'p> Going<'p> {
    pub(super) fn new(plan: &'p HandoverPlan, done: HandedOver) -> Self {
        Self { plan, done, given: HashMap::new() }
    }

    /// Remembers that a record would be somebody's.
    pub(super) fn would_give(&mut self, record: Uuid, to: Id<StaffMember>) {
        self.given.insert(record, to);
    }

    /// Who gets each of these, which are counted. What belongs to an opportunity, a lead or a customer goes to who has
    /// that by now, if that is a successor.
    pub(super) async fn decide<E: Belonging>(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        page: &[Stored<E>],
    ) -> Result<Vec<Id<StaffMember>>> {
        let named = Named::by(unit, page).await?;
        let successors = self.plan.successors();
        page.iter()
            .map(|record| {
                let whose = named.goes_with(&**record).into_iter();
                let with = whose
                    .filter_map(|(id, owner)| self.given.get(&id).copied().or(owner))
                    .find(|owner| successors.contains(owner));
                let customer = named.customer(&**record);
                let to = with.or_else(|| self.plan.successor(customer, &self.done));
                let to = to.ok_or_else(|| {
                    Invalid::field::<Handover>(
                        "plan",
                        "others: name who gets what no rule is about",
                    )
                })?;
                *E::counted(self.done.0.entry(to).or_default()) += 1;
                Ok(to)
            })
            .collect()
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
