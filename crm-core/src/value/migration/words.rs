use std::fmt::Display;

use crate::{
    kernel::Currency,
    value::units::{percent, quotient, told},
};

use super::Moved;

/// Why a customer moved; what it brought in both runs, in units of 10^-4.
pub(super) fn reason<G: Display>(
    moved: Moved,
    [before, after]: [Option<&G>; 2],
    values: (Option<i64>, Option<i64>),
    currency: Currency,
) -> String {
    let name = |group: Option<&G>| group.map(ToString::to_string).unwrap_or_default();
    let (from, to) = (name(before), name(after));
    let amount = |units: i64| told(units.into(), currency);
    let (verb, better) = match moved {
        Moved::Came => {
            let brings =
                values.1.map_or(String::new(), |units| format!(", and brings {}", amount(units)));
            return format!("It came into {to}: it was not in the run before{brings}.");
        }
        Moved::Left => {
            let brought =
                values.0.map_or(String::new(), |units| format!(" and brought {}", amount(units)));
            return format!("It left: it was in {from}{brought}, and is not in this run.");
        }
        Moved::Rose => ("rose", true),
        Moved::Fell => ("fell", false),
    };
    let (Some(was), Some(is)) = values else {
        return format!(
            "It {verb} from {from} to {to}; what it brought is not known of both runs."
        );
    };
    let change = i128::from(is) - i128::from(was);
    let part = quotient(change.abs(), was.into()).map_or(String::new(), |part| {
        format!(", {} {}", percent(part), if change > 0 { "more" } else { "less" })
    });
    let (was, is) = (amount(was), amount(is));
    if change == 0 {
        return format!(
            "It {verb} from {from} to {to}, though it brings {is} as before: what the others bring, or the rule, changed."
        );
    }
    if (change > 0) == better {
        format!("It {verb} from {from} to {to}: it brought {was} before and {is} now{part}.")
    } else {
        format!(
            "It {verb} from {from} to {to}, though it brought {was} before and {is} now{part}: what the others bring, or the rule, changed."
        )
    }
}
