use std::fmt::Write;

use icalendar::{
    Alarm, Calendar, CalendarDateTime, Component, EventLike, Property, Todo, TodoStatus,
};

use crate::kernel::Timestamp;

use super::{Priority, Task, TaskState, rule};

/// The tasks as an iCalendar file (RFC 5545), a `VTODO` each; `stamp` is when it was made.
///
/// What is due on a day has a date, what is due at an hour an instant in UTC; seconds are the
/// finest that a calendar knows. One that comes again has a beginning instead (`DTSTART`), from which
/// its rule counts, and no `DUE`: that would have to be later than the beginning (section 3.8.2.3).
/// Its rule is left out where the day of its hour in UTC is not the house's, as a rule would speak
/// of the wrong days.
pub fn calendar<'t>(tasks: impl IntoIterator<Item = &'t Task>, stamp: Timestamp) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//crm-core//tasks//EN"));
    for task in tasks {
        calendar.push(todo(task, stamp));
    }
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(text, "{calendar}");
    text
}

fn todo(task: &Task, stamp: Timestamp) -> Todo {
    let mut todo = Todo::with_uid(&task.id.to_string());
    todo.timestamp(stamp.to_datetime());
    todo.created(task.created_at.to_datetime());
    todo.summary(&plain(&task.title));
    if let Some(notes) = &task.notes {
        todo.description(&plain(notes));
    }
    if let Some(priority) = task.priority {
        // RFC 5545, section 3.8.1.9: 1 to 4 are high, 5 is in the middle.
        let number = match priority {
            Priority::High => 1,
            Priority::Normal => 5,
            Priority::Low => 9,
        };
        todo.priority(number);
    }
    let open = task.state == TaskState::Open;
    match (task.due_at, task.due) {
        _ if open && recurrence(task, &mut todo) => {}
        (Some(at), _) => drop(todo.due(at.to_datetime())),
        (None, Some(day)) => drop(todo.due(day)),
        (None, None) => {}
    }
    match &task.state {
        TaskState::Open => drop(todo.status(TodoStatus::NeedsAction)),
        TaskState::Done { at, .. } => {
            todo.status(TodoStatus::Completed).completed(at.to_datetime());
        }
        TaskState::Cancelled { .. } => drop(todo.status(TodoStatus::Cancelled)),
    }
    if open && let Some(at) = task.remind_at {
        todo.alarm(alarm(task, at, stamp));
    }
    todo.done()
}

/// Writes its rule, if it has one that a calendar understands, and says whether.
fn recurrence(task: &Task, todo: &mut Todo) -> bool {
    let (Some(text), Some(day)) = (&task.recurrence, task.due) else { return false };
    let Ok(rule) = rule::ending_like(text, task.due_at.is_some()) else { return false };
    match task.due_at {
        Some(at) if at.date() != day => return false,
        Some(at) => todo.starts(at.to_datetime()),
        None => todo.starts(day),
    };
    todo.add_property("RRULE", rule);
    true
}

fn alarm(task: &Task, at: Timestamp, stamp: Timestamp) -> Alarm {
    let at = CalendarDateTime::Utc(at.to_datetime());
    let mut alarm = Alarm::display(&plain(&task.title), at);
    // What is not said, the library would take from the clock and from chance.
    alarm.timestamp(stamp.to_datetime());
    alarm.uid(&format!("{}-reminder", task.id));
    alarm
}

/// Text without what RFC 5545 has no form for: a line ends with a line feed, and there are no other
/// control characters but tabulators.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Id;

    const STAMP: &str = "2017-12-31T08:00:00.5Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn task(title: &str) -> Task {
        Task::new(Id::new(uuid::Uuid::from_u128(7)), title, at("2017-12-30T08:00:00Z"))
    }

    /// The content lines, unfolded: RFC 5545, section 3.1.
    fn lines(task: &Task) -> Vec<String> {
        let text = calendar([task], at(STAMP));
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text}");
        text.replace("\r\n ", "").split("\r\n").map(str::to_owned).collect()
    }

    /// The text of a property, unescaped: RFC 5545, section 3.3.11.
    fn text_of(lines: &[String], name: &str) -> String {
        let line = lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let mut chars = line.unwrap().chars();
        let mut text = String::new();
        while let Some(c) = chars.next() {
            let c = if c == '\\' { chars.next().unwrap() } else { c };
            assert!(!matches!(c, '\n'));
            text.push(c);
        }
        text
    }

    #[track_caller]
    fn has(lines: &[String], line: &str) {
        assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
    }

    #[test]
    fn a_task_is_a_todo() {
        let mut new = task("Call the library");
        new.due = Some("2018-01-02".parse().unwrap());
        new.remind_at = Some(at("2018-01-02T07:30:00Z"));
        new.priority = Some(Priority::High);
        let found = lines(&new);
        for line in [
            "UID:00000000-0000-0000-0000-000000000007",
            "DTSTAMP:20171231T080000Z",
            "CREATED:20171230T080000Z",
            "SUMMARY:Call the library",
            "DUE;VALUE=DATE:20180102",
            "PRIORITY:1",
            "STATUS:NEEDS-ACTION",
            "BEGIN:VALARM",
            "TRIGGER;VALUE=DATE-TIME:20180102T073000Z",
        ] {
            has(&found, line);
        }
        new.due_at = Some(at("2018-01-02T09:00:00Z"));
        has(&lines(&new), "DUE:20180102T090000Z");
        let by = crate::kernel::Actor::new("anna").unwrap();
        let done = lines(&new.clone().done(at(STAMP), &by, None).unwrap());
        has(&done, "STATUS:COMPLETED");
        has(&done, "COMPLETED:20171231T080000Z");
        assert!(!done.contains(&"BEGIN:VALARM".to_owned()), "nobody is reminded of what is done");
        has(&lines(&new.cancelled(at(STAMP), &by, "no").unwrap()), "STATUS:CANCELLED");
    }

    #[test]
    fn the_same_tasks_are_the_same_file() {
        let mut new = task("Call");
        new.remind_at = Some(at(STAMP));
        assert_eq!(calendar([&new, &new], at(STAMP)), calendar([&new, &new], at(STAMP)));
    }

    #[test]
    fn a_rule_ends_in_the_form_of_its_day() {
        let mut new = task("Report");
        new.due = Some("2018-01-31".parse().unwrap());
        new.recurrence = Some("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20181231T000000Z".into());
        has(&lines(&new), "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20181231");
        has(&lines(&new), "DTSTART;VALUE=DATE:20180131");
        new.due_at = Some(at("2018-01-31T09:00:00Z"));
        has(&lines(&new), "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20181231T000000Z");
        has(&lines(&new), "DTSTART:20180131T090000Z");
        new.due_at = Some(at("2018-01-30T23:00:00Z"));
        let without = lines(&new);
        assert!(!without.iter().any(|line| line.starts_with("RRULE")));
        has(&without, "DUE:20180130T230000Z");
    }

    #[test]
    fn what_begins_when_it_is_due_has_no_due_time() {
        let mut new = task("Report");
        new.due = Some("2018-01-31".parse().unwrap());
        new.recurrence = Some("FREQ=MONTHLY;BYMONTHDAY=-1".into());
        for due_at in [None, Some(at("2018-01-31T09:00:00Z"))] {
            new.due_at = due_at;
            let found = lines(&new);
            assert!(found.iter().any(|line| line.starts_with("DTSTART")), "{found:?}");
            assert!(!found.iter().any(|line| line.starts_with("DUE")), "{found:?}");
        }
        let by = crate::kernel::Actor::new("anna").unwrap();
        let done = lines(&new.done(at(STAMP), &by, None).unwrap());
        has(&done, "DUE:20180131T090000Z");
    }

    #[test]
    fn hostile_text_comes_back_as_it_was() {
        for text in [
            "a, b; c: \\n \\\\ \"d\"",
            "BEGIN:VTODO",
            &"图书馆，请回电；谢谢".repeat(40),
            &"x".repeat(300),
            "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀",
        ] {
            let mut new = task(text);
            new.notes = Some(text.to_owned());
            let found = lines(&new);
            assert_eq!(text_of(&found, "SUMMARY"), text);
            assert_eq!(text_of(&found, "DESCRIPTION"), text);
        }
    }

    #[test]
    fn a_new_line_cannot_begin_another_property() {
        let found = lines(&task("a\r\nEND:VTODO\rEND:VCALENDAR\nX:1\u{b}\u{85}\tb"));
        has(&found, "SUMMARY:a\\nEND:VTODO\\nEND:VCALENDAR\\nX:1\tb");
        assert_eq!(found.iter().filter(|line| line.starts_with("END:V")).count(), 2);
    }
}
