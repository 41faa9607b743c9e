use crate::{
    Error,
    assignment_rules::AssignmentRules,
    kernel::{Criteria, Cursor, Id, Invalid, Result, Stored},
    org_unit::OrgUnit,
    staff_member::StaffMember,
    store::{Append, Read, Repository, UnitOfWork},
    territory::Territory,
};

use super::{
    Assigned, Assignment, Known, Which,
    adding::add_all,
    carry_out::carry_out,
    dry_run::{must_be_open, to_assign},
    house::{record, records},
};

/// The verbs that give records to people by rules, within a unit of work.
pub struct Assignments<'w> {
    work: &'w mut (dyn UnitOfWork + 'w),
}

/// What became of a page of records.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignedPage {
    /// Each of them, in the order of their ids.
    pub items: Vec<Assignment>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

impl<'w> Assignments<'w> {
    pub(crate) fn on(work: &'w mut (dyn UnitOfWork + 'w)) -> Self {
        Self { work }
    }

    /// Adds a set of rules, or changes the one with the same id. Turns go on where they stood for rules that
    /// keep their names.
    ///
    /// # Errors
    /// [`Error::Invalid`] for rules that cannot be, or that name a person, a unit or a territory that is not there: it names the rule.
    pub async fn set_rules(&mut self, rules: AssignmentRules) -> Result<Stored<AssignmentRules>> {
        rules.rules.check()?;
        let mut known = Known::default();
        for id in rules.rules.staff() {
            if Read::<StaffMember>::get(self.work, id).await?.is_some() {
                known.staff.insert(id);
            }
        }
        for id in rules.rules.units() {
            if Read::<OrgUnit>::get(self.work, id).await?.is_some() {
                known.units.insert(id);
            }
        }
        for id in rules.rules.territories() {
            if Read::<Territory>::get(self.work, id).await?.is_some() {
                known.territories.insert(id);
            }
        }
        rules.rules.check_names(&known)?;
        match Read::<AssignmentRules>::get(self.work, rules.id).await? {
            Some(stored) if stored.rules.kind() != rules.rules.kind() => {
                let reason = format!(
                    "{:?} is for each {} already: give the set another name",
                    rules.name,
                    stored.rules.kind()
                );
                Err(Invalid::field::<AssignmentRules>("rules", reason).into())
            }
            Some(stored) => Repository::update(self.work, stored.edit(|one| *one = rules)).await,
            None => Append::insert(self.work, rules).await,
        }
    }

    /// Gives a record to whom the rules say, with the trace in the history of its owners, or says why nobody gets it.
    ///
    /// Whose turn it is and, where limits have a say, the people are held before it is final: however many assign at the
    /// same time, turns come one after another and nobody gets more than they take on.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such record, [`Error::Refused`] when it is not open any more,
    /// [`Error::Conflict`] when somebody changed it at the same time.
    pub async fn assign<E: Assigned>(&mut self, id: Id<E>, which: Which) -> Result<Assignment> {
        let read = records::<E>(self.work, &[id]).await?;
        let done = carry_out::<E>(self.work, read, &Criteria::everything(), which).await?;
        match done.into_iter().next() {
            Some(done) => Ok(done),
            None => {
                must_be_open(&*record(self.work, id).await?)?;
                Err(Error::conflict(id, None))
            }
        }
    }

    /// Gives the next `limit` records (1 to [`crate::kernel::MAX_LIMIT`]) of which this holds, in the order of their ids: each as
    /// [`Assignments::assign`] would, one after another. Called until there is no next one, in a unit each time. Done
    /// again from the beginning for those without an owner it gives nothing twice.
    ///
    /// # Errors
    /// [`Error::Invalid`] for criteria that do not fit, a limit out of range or a cursor of another list;
    /// [`Error::Conflict`] when somebody changed one of them at the same time.
    pub async fn assign_all<E: Assigned>(
        &mut self,
        criteria: Criteria<E>,
        which: Which,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<AssignedPage> {
        let page = to_assign::<E>(self.work, criteria.clone(), which, after, limit).await?;
        let items = carry_out::<E>(self.work, page.items, &criteria, which).await?;
        Ok(AssignedPage { items, next: page.next })
    }

    /// Adds records as [`Append::insert_all`] does, each with the owner that the rules give it: what is decided is what
    /// [`Assignments::assign`] would decide about one after another, in this order, once all were added. Each has one entry in the change
    /// log, and its history begins with its owner and the trace. What was decided about each that has no owner and is open,
    /// in their order; the others are added as they are, before these, and name none of them. Whom nobody gets is added without an owner.
    ///
    /// # Errors
    /// As [`Append::insert_all`], where each that has no owner is judged as if it were added without one. Nothing is half done, and the unit
    /// cannot go on: drop it.
    pub async fn add_all<E: Assigned>(&mut self, records: Vec<E>) -> Result<Vec<Assignment>> {
        add_all(self.work, records).await
    }
}
