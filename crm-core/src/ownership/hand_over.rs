use std::collections::HashMap;

use crate::{
    Error,
    customer::{self, Customer},
    kernel::{Criteria, Entity, Id, Invalid, Refused, Result, Stored},
    lead::{self, Lead, LeadStatus},
    opportunity::{self, Opportunity, OpportunityStatus},
    staff_member::StaffMember,
    store::{CUSTODIAN, Custody, Read, ReadUnit, Repository, UnitOfWork, ensure, expect},
    task::{self, Task},
};

use super::{
    Grounds, HandedOver, Handover, HandoverPlan, OwnerVerb, Share, Trace, owner_change::Owned,
};

/// So many records one unit of work hands over at the most.
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
    let people = Custody::<StaffMember>::hold(work, &CUSTODIAN, people).await?;
    people.iter().filter(|one| one.id != staff).try_for_each(|one| must_work_here(one))?;
    let mut going = Going::new(&handover.plan, handover.done.clone());
    let mut left = limit;
    all::<Customer>(work, &handover, &mut going, &mut left).await?;
    all::<Opportunity>(work, &handover, &mut going, &mut left).await?;
    all::<Task>(work, &handover, &mut going, &mut left).await?;
    all::<Lead>(work, &handover, &mut going, &mut left).await?;
    let done = going.done;
    let nothing_left = belongings(work, staff).await?.all() == 0;
    let completed_at = nothing_left.then(|| work.now());
    let event = if nothing_left { "completed" } else { "continued" };
    let went_on =
        handover.change(event, |h| Ok::<_, Refused>(Handover { done, completed_at, ..h }))?;
    work.update(went_on).await
}

/// Hands over what there is of one kind, as far as it may go on.
async fn all<'w, E: Belonging>(
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

/// A handover on its way: to whom the next records go, and how many went to whom. The preview goes the same way.
pub(super) struct Going<'p> {
    plan: &'p HandoverPlan,
    pub(super) done: HandedOver,
    /// Where customers would be by now that nobody has given yet.
    given: HashMap<Id<Customer>, Id<StaffMember>>,
}

impl<'p> Going<'p> {
    pub(super) fn new(plan: &'p HandoverPlan, done: HandedOver) -> Self {
        Self { plan, done, given: HashMap::new() }
    }

    /// Remembers that a customer would be somebody's.
    pub(super) fn would_give(&mut self, customer: Id<Customer>, to: Id<StaffMember>) {
        self.given.insert(customer, to);
    }

    /// Who gets each of these, which are counted. What belongs to a customer goes to who has it by now, if that is
    /// a successor.
    pub(super) async fn decide<E: Belonging>(
        &mut self,
        unit: &mut (dyn ReadUnit + '_),
        page: &[Stored<E>],
    ) -> Result<Vec<Id<StaffMember>>> {
        let customers = customers_of(unit, page).await?;
        let successors = self.plan.successors();
        page.iter()
            .map(|record| {
                let customer = match record.whose() {
                    Whose::Itself(customer) => Some(customer),
                    Whose::Of(id) => id.and_then(|id| customers.get(&id)),
                };
                let with =
                    customer.and_then(|one| self.given.get(&one.id).copied().or(one.owner_id));
                let with = with.filter(|owner| successors.contains(owner));
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

/// The customers of some records, by the ids that these name: those that were merged are their survivors.
async fn customers_of<E: Belonging>(
    unit: &mut (dyn ReadUnit + '_),
    page: &[Stored<E>],
) -> Result<HashMap<Id<Customer>, Customer>> {
    let named = page.iter().filter_map(|record| match record.whose() {
        Whose::Itself(_) => None,
        Whose::Of(id) => id,
    });
    let mut named: Vec<_> = named.collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let survivors = customer::survivors(unit, &named).await?;
    let last = |id: &Id<Customer>| survivors.get(id).copied().unwrap_or(*id);
    let mut wanted: Vec<_> = named.iter().map(last).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let query = customer::ID.one_of(wanted).query().limit(PAGE);
    let found = Read::<Customer>::find(unit, query).await?.items;
    let found: HashMap<_, _> = found.into_iter().map(|one| (one.id, one.into_inner())).collect();
    let each = named.iter().filter_map(|id| Some((*id, found.get(&last(id))?.clone())));
    Ok(each.collect())
}

/// A record that a handover gives to others: it goes to who gets its customer.
pub(super) trait Belonging: Owned {
    /// Those of somebody.
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self>;
    fn whose(&self) -> Whose<'_>;
    /// Where it is counted.
    fn counted(share: &mut Share) -> &mut u64;
    fn called(&self) -> String;
}

pub(super) enum Whose<'r> {
    Itself(&'r Customer),
    Of(Option<Id<Customer>>),
}

impl Belonging for Customer {
    /// Also those that were put away.
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        customer::OWNER_ID.eq(staff).and(customer::MERGED_INTO.is_empty())
    }
    fn whose(&self) -> Whose<'_> {
        Whose::Itself(self)
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.customers
    }
    fn called(&self) -> String {
        self.name.clone()
    }
}

impl Belonging for Opportunity {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        opportunity::OWNER_ID.eq(staff).and(opportunity::STATUS.eq(OpportunityStatus::Open))
    }
    fn whose(&self) -> Whose<'_> {
        Whose::Of(self.customer_id)
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.opportunities
    }
    fn called(&self) -> String {
        self.name.clone()
    }
}

impl Belonging for Task {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        task::OWNER_ID.eq(staff).and(task::open())
    }
    fn whose(&self) -> Whose<'_> {
        Whose::Of(self.customer_id)
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.tasks
    }
    fn called(&self) -> String {
        self.title.clone()
    }
}

impl Belonging for Lead {
    fn theirs(staff: Id<StaffMember>) -> Criteria<Self> {
        let pending = [LeadStatus::New, LeadStatus::Working, LeadStatus::Qualified];
        lead::OWNER_ID.eq(staff).and(lead::STATUS.one_of(pending))
    }
    fn whose(&self) -> Whose<'_> {
        Whose::Of(None)
    }
    fn counted(share: &mut Share) -> &mut u64 {
        &mut share.leads
    }
    fn called(&self) -> String {
        Self::called(self).to_owned()
    }
}
