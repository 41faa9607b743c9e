//! Decisions about stored records, one after another; nothing is written.

use uuid::Uuid;

use crate::{
    kernel::{Criteria, Cursor as PageCursor, Id, Page, Refused, Result, Timestamp},
    staff_member::StaffMember,
    store::ReadUnit,
};

use super::{Account, Assigned, deciding::Deciding, house::record};

/// What became, or would become, of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The record.
    pub record: Uuid,
    /// Whose it was.
    pub before: Option<Id<StaffMember>>,
    /// What was decided.
    pub outcome: AssignmentOutcome,
    /// How that came about, complete in itself; nothing where no rule was asked.
    pub account: Option<Account>,
}

impl Assignment {
    /// Why nobody gets it, in so few words that many can be counted together; the account says more.
    pub fn why_nobody(&self) -> Option<String> {
        if self.outcome != AssignmentOutcome::Unassigned {
            return None;
        }
        let account = self.account.as_ref()?;
        let tried = account.rules.last().map(|rule| &rule.rule);
        Some(match tried {
            Some(rule) => format!("nobody of the rule “{rule}” can take it"),
            None if account.unmatched_rules == 0 => "there are no rules".to_owned(),
            None => "no rule matches".to_owned(),
        })
    }
}

/// What was decided about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssignmentOutcome {
    /// This person gets it. It may be theirs already: then nothing is written.
    Assigned {
        /// Who.
        to: Id<StaffMember>,
    },
    /// It stays with whom it is, by a rule: somebody has it.
    Kept,
    /// It has an owner, and only those without one are given: no rule was asked.
    HasOwner,
    /// Nobody gets it: the account says why. It stays with whom it is.
    Unassigned,
}

/// Which records are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Those that nobody has.
    #[default]
    WithoutOwner,
    /// Also those that somebody has.
    All,
}

/// Whom the rules would give a record at an instant: [`super::Assignments::assign`] does the same to what is there at that
/// moment. Nothing moves, no turn either.
///
/// # Errors
/// As [`super::Assignments::assign`].
pub async fn dry_run<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    id: Id<E>,
    which: Which,
    at: Timestamp,
) -> Result<Assignment> {
    let record = record(unit, id).await?;
    must_be_open(&*record)?;
    let mut deciding = Deciding::<E>::begin(unit, at).await?;
    let records = [record];
    let round = deciding.decide(unit, &records, which).await?;
    let mut told = deciding.in_words(&records, round);
    told.next().ok_or_else(|| crate::Error::missing(id))
}

/// Whom the rules would give these records, one after another in the order of their ids, to `each`: at most `limit` of those after
/// `after`, and where to go on, if there are more. [`super::Assignments::assign_all`] does the same, page after page, from the same
/// place on, to what is there at that moment. A page at a time is in memory.
///
/// Nothing moves, so each call begins with the turns and loads as they are stored: what a call before it told is
/// forgotten.
///
/// # Errors
/// [`crate::Error::Invalid`] for criteria or rules that cannot be or a cursor of another list, and whatever `each` answers.
pub async fn dry_run_all<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    criteria: Criteria<E>,
    which: Which,
    at: Timestamp,
    mut after: Option<PageCursor>,
    limit: u64,
    mut each: impl FnMut(Assignment) -> Result<()> + Send,
) -> Result<Option<PageCursor>> {
    let mut deciding = Deciding::<E>::begin(unit, at).await?;
    let mut left = limit;
    while left > 0 {
        let most = u32::try_from(left.min(PAGE.into())).unwrap_or(PAGE);
        let page = to_assign::<E>(unit, criteria.clone(), which, after, most).await?;
        left -= u64::try_from(page.items.len()).unwrap_or(left).min(left);
        let round = deciding.decide(unit, &page.items, which).await?;
        deciding.in_words(&page.items, round).try_for_each(&mut each)?;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(after)
}

/// So many are read at a time.
const PAGE: u32 = 500;

/// A page of the records that are to be given, in the order of their ids.
pub(super) async fn to_assign<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    criteria: Criteria<E>,
    which: Which,
    after: Option<PageCursor>,
    limit: u32,
) -> Result<Page<E>> {
    let mut criteria = criteria.and(E::open());
    if which == Which::WithoutOwner {
        criteria = criteria.and(E::owner_field().is_empty());
    }
    E::page(unit, criteria.query().limit(limit).after(after)).await
}

/// Only what is part of somebody's work is given.
pub(super) fn must_be_open<E: Assigned>(record: &E) -> Result<(), Refused> {
    if E::open().matches(record) {
        return Ok(());
    }
    let why = "it is nobody's work any more: only open records are given by rules";
    Err(Refused::new(E::KIND, "closed", "assigned", why))
}
