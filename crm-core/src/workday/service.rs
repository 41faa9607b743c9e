use chrono::{FixedOffset, NaiveDate};

use crate::{
    kernel::{Id, Invalid, MAX_LIMIT, Result},
    org::acting_for,
    staff_member::StaffMember,
    store::{ReadUnit, expect},
};

use super::{WorkItem, day::Day, load, rank, silence};

/// What this colleague has to do `today`, the most urgent first, at most `limit`:
///
/// - tasks of theirs that are due, today and before, and those without a day;
/// - interactions of theirs that are not closed and happened on an earlier day;
/// - customers whose account manager they are and who should have heard from the house by now
///   ([`crate::settings::ContactRhythm`]). The last contact is the newest interaction that was not
///   [`crate::interaction::Direction::Internal`], nor is yet to come. A customer for whom an open task, of whoever, is
///   due before the agreed days are over once more is left out: somebody promised already, and is
///   told when it is due;
/// - open opportunities of theirs without a next step: neither a text nor an open task; those whose next
///   steps have no day: a text never has one; and those that were to be decided before today.
///
/// The same of colleagues for whom they stand in today ([`acting_for`]), marked as theirs: from the day after the absence on it
/// is not in this list any more. What somebody has to do is in their own list in any case.
///
/// What belongs to an archived customer, or to a lead that was disqualified, is left out. Days are counted at `utc_offset`; the host
/// knows which day it is.
///
/// ```
/// # use chrono::{FixedOffset, NaiveDate};
/// # use crm_core::{Result, kernel::Id, staff_member::StaffMember, store::ReadUnit, workday::workday};
/// # async fn show(unit: &mut dyn ReadUnit, anna: Id<StaffMember>, today: NaiveDate, shanghai: FixedOffset) -> Result<()> {
/// for item in workday(unit, anna, today, shanghai, 20).await? {
///     println!("{}: {} ({})", item.customer.as_deref().unwrap_or("-"), item.what, item.reason());
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such colleague, [`crate::Error::Invalid`] for a limit
/// that is not between 1 and [`MAX_LIMIT`], or a day that no store can keep.
pub async fn workday(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    today: NaiveDate,
    utc_offset: FixedOffset,
    limit: u32,
) -> Result<Vec<WorkItem>> {
    if limit == 0 || limit > MAX_LIMIT {
        let reason = format!("{limit} is not between 1 and {MAX_LIMIT}");
        return Err(Invalid::new("workday", "limit", reason).into());
    }
    expect(unit, staff).await?;
    let day = Day::new(today, utc_offset);
    let mut items = of(unit, staff, day).await?;
    for away in acting_for(unit, staff, today).await? {
        let theirs = of(unit, away.staff, day).await?.into_iter();
        items.extend(theirs.map(|item| WorkItem { on_behalf_of: Some(away.staff), ..item }));
    }
    rank(&mut items);
    items.truncate(limit as usize);
    Ok(items)
}

/// What is theirs.
async fn of(
    unit: &mut (dyn ReadUnit + '_),
    staff: Id<StaffMember>,
    day: Day,
) -> Result<Vec<WorkItem>> {
    let mut items = Vec::new();
    load::tasks(unit, staff, day, &mut items).await?;
    load::drafts(unit, staff, day, &mut items).await?;
    load::opportunities(unit, staff, day, &mut items).await?;
    let items = load::with_customers(unit, items).await?;
    let mut items = load::with_leads(unit, items).await?;
    silence::customers(unit, staff, day, &mut items).await?;
    Ok(items)
}
