//! Conditions, figures and reasons in words.

use chrono::NaiveDate;

use crate::kernel::{Criteria, CustomValue, Entity, FieldSpec, Op, Value};

use super::{Availability, Candidate, Excluded, Figure, Limit, Load, Missing, Needs, Roster};

/// What of the criteria a record meets, with what it has: "amount 120,000.00 EUR over 50,000.00 EUR".
pub(super) fn met<E: Entity>(criteria: &Criteria<E>, record: &E, roster: &Roster) -> Vec<String> {
    let told = |field, value: &Value<'_>| value_words(field, value, roster);
    match criteria {
        Criteria::All(list) => list.iter().flat_map(|one| met(one, record, roster)).collect(),
        Criteria::Any(list) => {
            let one = list.iter().find(|one| one.matches(record));
            one.map(|one| met(one, record, roster)).unwrap_or_default()
        }
        Criteria::Not(one) => vec![format!("not ({})", asked(one, roster))],
        Criteria::Test(test) => {
            let (name, has) = (name(test.field), told(test.field, &(test.field.get)(record)));
            match test.op {
                Op::Eq => vec![format!("{name} {has}")],
                Op::Has => vec![format!("{name} with {}", test.value)],
                op => {
                    let wanted = told(test.field, &test.value);
                    vec![format!("{name} {has} {} {wanted}", op_words(op))]
                }
            }
        }
        Criteria::OneOf(field, _) => {
            vec![format!("{} {}", name(field), told(field, &(field.get)(record)))]
        }
        Criteria::Custom(test) if test.op != Op::Eq => {
            let has = test.value_of(record).map(|has| format!(" {}", custom_words(&has)));
            let (has, wanted) = (has.unwrap_or_default(), custom_words(&test.value));
            vec![format!("{}{has} {} {wanted}", test.name, op_words(test.op))]
        }
        other => vec![asked(other, roster)],
    }
}

/// So many values of a list are told.
const TOLD: usize = 6;

/// What criteria ask.
pub(super) fn asked<E: Entity>(criteria: &Criteria<E>, roster: &Roster) -> String {
    let each = |list: &[Criteria<E>], between: &str| {
        list.iter().map(|one| asked(one, roster)).collect::<Vec<_>>().join(between)
    };
    match criteria {
        Criteria::All(list) => each(list, " and "),
        Criteria::Any(list) => each(list, " or "),
        Criteria::Not(one) => match one.as_ref() {
            Criteria::Empty(field) => format!("any {}", name(field)),
            one => format!("not ({})", asked(one, roster)),
        },
        Criteria::Test(test) => {
            let wanted = value_words(test.field, &test.value, roster);
            format!("{} {} {wanted}", name(test.field), op_words(test.op)).replace("  ", " ")
        }
        Criteria::OneOf(field, values) => {
            let told = if values.len() > TOLD { TOLD - 1 } else { values.len() };
            let words = values.iter().take(told).map(|v| value_words(field, v, roster));
            let more = values.len() - told;
            let more = (more > 0).then(|| format!("{more} more"));
            let words: Vec<_> = words.chain(more).collect();
            format!("{} {}", name(field), words.join(" or "))
        }
        Criteria::Empty(field) => format!("no {}", name(field)),
        Criteria::Custom(test) => {
            let text = custom_words(&test.value);
            format!("{} {} {text}", test.name, op_words(test.op)).replace("  ", " ")
        }
        Criteria::CustomEmpty(_, name) => format!("no {name}"),
    }
}

fn custom_words(value: &CustomValue) -> String {
    match value {
        CustomValue::Flag(flag) => flag.to_string(),
        CustomValue::Number(number) => grouped(&number.to_string()),
        CustomValue::Text(text) => text.clone(),
        CustomValue::Date(day) => day_words(*day),
    }
}

const fn op_words(op: Op) -> &'static str {
    match op {
        Op::Eq => "",
        Op::Lt => "under",
        Op::Le => "at most",
        Op::Gt => "over",
        Op::Ge => "at least",
        Op::StartsWith => "begins with",
        Op::Contains => "has in it",
        Op::Has => "with",
    }
}

fn name<E>(field: &FieldSpec<E>) -> String {
    field.name.trim_end_matches("_id").replace('_', " ")
}

fn value_words<E>(field: &FieldSpec<E>, value: &Value<'_>, roster: &Roster) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Uuid(id) if field.refers_to.is_some() => {
            roster.called(*id).map_or_else(|| id.to_string(), str::to_owned)
        }
        Value::Integer(_) | Value::Decimal(_) | Value::Money(_) => grouped(&value.to_string()),
        Value::Date(day) => day_words(*day),
        Value::Timestamp(at) => at.to_minute(),
        other => other.to_string(),
    }
}

/// A number with its thousands apart, and whatever stands behind it.
pub(super) fn grouped(text: &str) -> String {
    let digits = text.trim_start_matches('-').chars().take_while(char::is_ascii_digit).count();
    let start = text.len() - text.trim_start_matches('-').len();
    let mut out = String::with_capacity(text.len() + digits / 3);
    for (at, c) in text.chars().enumerate() {
        let left = (start + digits).saturating_sub(at);
        if at > start && left > 0 && left % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// "3 March 2027".
fn day_words(day: NaiveDate) -> String {
    day.format("%-d %B %Y").to_string()
}

/// Open records of a kind: "open opportunities".
pub(super) fn open_words(kind: &str) -> String {
    match kind.strip_suffix('y') {
        _ if kind == "customer" => "customers".to_owned(),
        Some(stem) => format!("open {stem}ies"),
        None => format!("open {kind}s"),
    }
}

/// Somebody's figure.
pub(super) fn figure_words(figure: Figure, kind: &str) -> String {
    match figure {
        Figure::Weight(weight) => format!("weight {weight}"),
        Figure::Load(Load { has, most }) => {
            let has = has.map_or_else(|| "?".to_owned(), |has| has.to_string());
            let of = most.map(|most| format!(" of {most}")).unwrap_or_default();
            format!("{has}{of} {}", open_words(kind))
        }
        Figure::Levels(sum) => format!("{sum} points in the skills needed"),
        Figure::Record(wins, rate) => {
            let (whole, tenth) = (rate / 10_000, rate % 10_000 / 1_000);
            format!("{} of {} won, which counts as {whole}.{tenth} %", wins.won, wins.decided)
        }
        Figure::Quota(left) => format!("{} of the quota left", grouped(&left.to_string())),
    }
}

/// Why somebody cannot: "is away until 3 March 2027 (leave)".
pub(super) fn excluded_words(why: Excluded, one: &Candidate, needs: &Needs, kind: &str) -> String {
    let limited = |limit| match limit {
        Limit::Open => open_words(kind),
        Limit::Day => "new ones a day".to_owned(),
        Limit::Week => "new ones a week".to_owned(),
    };
    match why {
        Excluded::Left => "does not work here any more".to_owned(),
        Excluded::HandsOver => "hands over what they have".to_owned(),
        Excluded::Away => away_words(&one.availability),
        Excluded::Skill(at, has) => {
            let (skill, level) = needs.skills.iter().nth(at).map_or(("", 0), |(s, l)| (s, *l));
            match has {
                Some(has) => format!("has {skill} at level {has}, {level} is needed"),
                None => format!("does not have {skill}"),
            }
        }
        Excluded::Language(at) => {
            format!("does not speak {}", needs.languages.iter().nth(at).map_or("", String::as_str))
        }
        Excluded::Region(at) => {
            format!("does not work in {}", needs.regions.iter().nth(at).map_or("", String::as_str))
        }
        Excluded::NoCapacity(limit) => format!("takes no {} (the limit is 0)", limited(limit)),
        Excluded::Full(limit, Load { has, most }) => {
            let (has, most) = (has.unwrap_or_default(), most.unwrap_or_default());
            let beyond = if has > most { format!(", has {has}") } else { String::new() };
            format!("is at the limit of {most} {}{beyond}", limited(limit))
        }
        Excluded::LoadUnknown(limit) => {
            format!("has a limit of {}, and it is not known how many there are", limited(limit))
        }
        Excluded::NoWeight => "has weight 0".to_owned(),
        Excluded::Unknown(Missing::Open) => {
            format!("is left out: the number of {} is not known", open_words(kind))
        }
        Excluded::Unknown(Missing::Wins) => {
            "is left out: no record of such deals is known".to_owned()
        }
        Excluded::Unknown(Missing::Quota) => "is left out: no quota is known".to_owned(),
        Excluded::Currencies => {
            "is left out: quotas are in several currencies, convert them first".to_owned()
        }
    }
}

impl Excluded {
    /// Why, without figures.
    pub(super) const fn in_short(self) -> &'static str {
        match self {
            Self::Left => "do not work here any more",
            Self::HandsOver => "hand over what they have",
            Self::Away => "are away",
            Self::Skill(..) => "lack a skill",
            Self::Language(_) => "lack a language",
            Self::Region(_) => "do not work in the region",
            Self::NoCapacity(_) => "take none at all",
            Self::Full(..) => "are at a limit",
            Self::LoadUnknown(_) => "have a limit, and nobody knows how many they have",
            Self::NoWeight => "have weight 0",
            Self::Unknown(_) => "have no figure to compare",
            Self::Currencies => "have quotas in several currencies",
        }
    }
}

fn away_words(availability: &Availability) -> String {
    match availability {
        Availability::Away { why, until, deputy } => {
            let until = until.map(|day| format!(" until {}", day_words(day))).unwrap_or_default();
            let deputy =
                deputy.as_ref().map(|name| format!("; {name} stands in")).unwrap_or_default();
            format!("is away{until} ({why}{deputy})")
        }
        _ => "is away".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (plain, apart) in [
            ("1", "1"),
            ("120000", "120,000"),
            ("-1234567.50 EUR", "-1,234,567.50 EUR"),
            ("-123", "-123"),
            ("999.12345", "999.12345"),
            ("", ""),
        ] {
            assert_eq!(grouped(plain), apart);
        }
    }
}
