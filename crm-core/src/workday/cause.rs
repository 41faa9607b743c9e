use crate::{kernel::text_enum, task::Priority};

/// Within so many days a decision is at hand.
const AT_HAND: i64 = 14;

text_enum! {
    /// What sort of thing is to be done.
    pub enum WorkKind {
        /// A task that is due.
        Task = "task",
        /// An interaction of an earlier day is to be closed.
        Draft = "draft",
        /// A customer waits to hear from us.
        Contact = "contact",
        /// An opportunity needs a next step.
        Opportunity = "opportunity",
    }
}

/// Why something is on the list of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// A task is due.
    Due {
        /// How late it is, in days; 0 on its day.
        days_late: u32,
        /// How much it matters.
        priority: Option<Priority>,
    },
    /// A task is to be done, and nobody said by when.
    NoDay {
        /// For how many days it is there.
        days: u32,
        /// How much it matters.
        priority: Option<Priority>,
    },
    /// An interaction of an earlier day is not closed.
    NotClosed {
        /// How many days ago it happened.
        days: u32,
    },
    /// A customer is past its contact rhythm.
    NoContact {
        /// How many days ago the last contact was; none when there was none yet.
        days: Option<u32>,
        /// Every how many days the house wants to be in contact.
        agreed: u32,
    },
    /// An open opportunity has no next step.
    NoNextStep {
        /// In how many days it is to be decided, where somebody said so; below zero when that day
        /// is over.
        decided_in: Option<i64>,
    },
    /// An open opportunity has a next step, and nobody said by when: a text, or tasks without a day.
    NoDatedStep {
        /// As for [`Cause::NoNextStep`].
        decided_in: Option<i64>,
    },
    /// An open opportunity has a next step with its day, and was to be decided before today.
    Overdue {
        /// How many days ago.
        days: u32,
    },
    /// An open opportunity is in its stage for longer than the pipeline expects.
    Overstayed {
        /// For how many days it is in it.
        days: u32,
        /// How many are expected.
        expected: u32,
    },
    /// Nothing happens with an open opportunity: no step, no interaction, no task that was done.
    Idle {
        /// For how many days.
        days: u32,
        /// How many are allowed.
        limit: u32,
    },
}

impl Cause {
    /// What sort of thing is to be done.
    pub const fn kind(&self) -> WorkKind {
        match self {
            Self::Due { .. } | Self::NoDay { .. } => WorkKind::Task,
            Self::NotClosed { .. } => WorkKind::Draft,
            Self::NoContact { .. } => WorkKind::Contact,
            Self::NoNextStep { .. }
            | Self::NoDatedStep { .. }
            | Self::Overdue { .. }
            | Self::Overstayed { .. }
            | Self::Idle { .. } => WorkKind::Opportunity,
        }
    }

    /// How urgent it is, in points: see [the table](crate::workday).
    ///
    /// ```
    /// use crm_core::workday::Cause;
    /// assert_eq!(Cause::Due { days_late: 3, priority: None }.urgency(), 130);
    /// assert_eq!(Cause::NoContact { days: Some(95), agreed: 30 }.urgency(), 158);
    /// ```
    pub fn urgency(&self) -> u32 {
        match *self {
            Self::Due { days_late, priority } => {
                let late = days_late.saturating_mul(10).saturating_add(100);
                match priority {
                    Some(Priority::High) => late.saturating_add(50),
                    Some(Priority::Low) => late.saturating_sub(50),
                    Some(Priority::Normal) | None => late,
                }
            }
            Self::NoDay { priority: Some(Priority::High), .. } => 70,
            Self::NoDay { priority: Some(Priority::Low), .. } => 10,
            Self::NoDay { .. } => 30,
            Self::NotClosed { days } => days.saturating_mul(5).saturating_add(90).min(150),
            Self::NoContact { days: None, .. } => 100,
            Self::NoContact { days: Some(days), agreed } => fifty_each(days, agreed).min(300),
            Self::Overstayed { days, expected: limit } | Self::Idle { days, limit } => {
                fifty_each(days, limit).min(200)
            }
            Self::NoNextStep { decided_in: Some(..=AT_HAND) } => 120,
            Self::NoNextStep { .. } => 60,
            Self::NoDatedStep { decided_in: Some(..=AT_HAND) } => 110,
            Self::NoDatedStep { .. } => 40,
            Self::Overdue { .. } => 80,
        }
    }

    /// The reason, in plain words.
    ///
    /// ```
    /// use crm_core::workday::Cause;
    /// let cause = Cause::NoContact { days: Some(95), agreed: 30 };
    /// assert_eq!(cause.reason(), "no contact for 95 days, every 30 agreed");
    /// ```
    pub fn reason(&self) -> String {
        match *self {
            Self::Due { days_late, priority } => {
                let late = match days_late {
                    0 => "due today".to_owned(),
                    late => format!("{} late", days(late)),
                };
                format!("{late}{}", of(priority))
            }
            Self::NoDay { days: 0, priority } => format!("since today, no day set{}", of(priority)),
            Self::NoDay { days: there, priority } => {
                format!("for {}, no day set{}", days(there), of(priority))
            }
            Self::NotClosed { days: ago } => format!("{} ago, not closed", days(ago)),
            Self::NoContact { days: None, agreed: 1 } => "no contact yet, daily agreed".to_owned(),
            Self::NoContact { days: None, agreed } => {
                format!("no contact yet, every {agreed} days agreed")
            }
            Self::NoContact { days: Some(ago), agreed } => {
                let agreed =
                    if agreed == 1 { "daily".to_owned() } else { format!("every {agreed}") };
                format!("no contact for {}, {agreed} agreed", days(ago))
            }
            Self::NoNextStep { decided_in } => format!("no next step{}", decided(decided_in)),
            Self::NoDatedStep { decided_in } => {
                format!("next step without a day{}", decided(decided_in))
            }
            Self::Overdue { days: ago } => format!("was to be decided {} ago", days(ago)),
            Self::Overstayed { days: there, expected } => {
                format!("in its stage for {}, {expected} expected", days(there))
            }
            Self::Idle { days: idle, limit } => {
                format!("nothing happened for {}, {limit} allowed", days(idle))
            }
        }
    }

    /// How long it waits, in days: what goes first among equally urgent ones.
    pub(super) fn waited(&self) -> i64 {
        match *self {
            Self::Due { days_late: days, .. }
            | Self::NoDay { days, .. }
            | Self::NotClosed { days }
            | Self::Overdue { days }
            | Self::Overstayed { days, .. }
            | Self::Idle { days, .. } => days.into(),
            Self::NoContact { days, .. } => days.unwrap_or_default().into(),
            Self::NoNextStep { decided_in } | Self::NoDatedStep { decided_in } => {
                decided_in.map_or(i64::MIN, i64::saturating_neg)
            }
        }
    }
}

/// 50 points for each time that so many days went by, in parts too.
fn fifty_each(days: u32, limit: u32) -> u32 {
    let points = u64::from(days) * 50 / u64::from(limit.max(1));
    u32::try_from(points).unwrap_or(u32::MAX)
}

/// When it is to be decided, behind what else there is to say.
fn decided(decided_in: Option<i64>) -> String {
    match decided_in {
        None => String::new(),
        Some(0) => ", to be decided today".to_owned(),
        Some(left @ 1..) => format!(", to be decided in {}", days(left)),
        Some(over) => format!(", was to be decided {} ago", days(over.unsigned_abs())),
    }
}

const fn of(priority: Option<Priority>) -> &'static str {
    match priority {
        Some(Priority::High) => ", high priority",
        Some(Priority::Low) => ", low priority",
        Some(Priority::Normal) | None => "",
    }
}

fn days(number: impl Into<i128>) -> String {
    match number.into() {
        1 => "1 day".to_owned(),
        number => format!("{number} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says(cause: Cause, urgency: u32, reason: &str) {
        assert_eq!((cause.urgency(), cause.reason().as_str()), (urgency, reason));
    }

    #[test]
    fn a_task_gains_ten_points_a_day() {
        let due = |days_late, priority| Cause::Due { days_late, priority };
        says(due(0, None), 100, "due today");
        says(due(0, Some(Priority::Normal)), 100, "due today");
        says(due(1, None), 110, "1 day late");
        says(due(3, Some(Priority::High)), 180, "3 days late, high priority");
        says(due(3, Some(Priority::Low)), 80, "3 days late, low priority");
        assert_eq!(due(u32::MAX, Some(Priority::High)).urgency(), u32::MAX);
    }

    #[test]
    fn a_task_without_a_day_stands_low() {
        let there = |days, priority| Cause::NoDay { days, priority };
        says(there(0, None), 30, "since today, no day set");
        says(there(1, Some(Priority::Normal)), 30, "for 1 day, no day set");
        says(there(400, Some(Priority::High)), 70, "for 400 days, no day set, high priority");
        says(
            there(u32::MAX, Some(Priority::Low)),
            10,
            "for 4294967295 days, no day set, low priority",
        );
    }

    #[test]
    fn a_step_without_a_day_is_half_a_step() {
        let open = |decided_in| Cause::NoDatedStep { decided_in };
        says(open(None), 40, "next step without a day");
        says(open(Some(15)), 40, "next step without a day, to be decided in 15 days");
        says(open(Some(0)), 110, "next step without a day, to be decided today");
        says(open(Some(-2)), 110, "next step without a day, was to be decided 2 days ago");
        says(Cause::Overdue { days: 1 }, 80, "was to be decided 1 day ago");
    }

    #[test]
    fn a_draft_gains_five_points_a_day_up_to_150() {
        says(Cause::NotClosed { days: 1 }, 95, "1 day ago, not closed");
        says(Cause::NotClosed { days: 12 }, 150, "12 days ago, not closed");
        assert_eq!(Cause::NotClosed { days: u32::MAX }.urgency(), 150);
    }

    #[test]
    fn silence_counts_by_the_rhythm_that_was_agreed() {
        let silent = |days, agreed| Cause::NoContact { days, agreed };
        says(silent(Some(30), 30), 50, "no contact for 30 days, every 30 agreed");
        says(silent(Some(59), 30), 98, "no contact for 59 days, every 30 agreed");
        says(silent(Some(1), 1), 50, "no contact for 1 day, daily agreed");
        says(silent(None, 1), 100, "no contact yet, daily agreed");
        says(silent(None, 30), 100, "no contact yet, every 30 days agreed");
        assert_eq!(silent(Some(1_000), 30).urgency(), 300);
        assert_eq!(silent(Some(u32::MAX), 0).urgency(), 300);
    }

    #[test]
    fn an_opportunity_rots_by_the_days_that_are_allowed() {
        let idle = |days, limit| Cause::Idle { days, limit };
        says(idle(14, 14), 50, "nothing happened for 14 days, 14 allowed");
        says(idle(1, 1), 50, "nothing happened for 1 day, 1 allowed");
        assert_eq!(idle(u32::MAX, 0).urgency(), 200);
        let there = Cause::Overstayed { days: 42, expected: 21 };
        says(there, 100, "in its stage for 42 days, 21 expected");
    }

    #[test]
    fn an_opportunity_is_urgent_when_its_decision_is_at_hand() {
        let open = |decided_in| Cause::NoNextStep { decided_in };
        says(open(None), 60, "no next step");
        says(open(Some(15)), 60, "no next step, to be decided in 15 days");
        says(open(Some(14)), 120, "no next step, to be decided in 14 days");
        says(open(Some(1)), 120, "no next step, to be decided in 1 day");
        says(open(Some(0)), 120, "no next step, to be decided today");
        says(open(Some(-1)), 120, "no next step, was to be decided 1 day ago");
        says(
            open(Some(i64::MIN)),
            120,
            "no next step, was to be decided 9223372036854775808 days ago",
        );
    }
}
