use std::fmt::Display;

use rust_decimal::Decimal;

use crate::kernel::amount_text;

use super::{Tier, TierFigures, TierTest};
use crate::value::units::Exact;

/// What a tier asks for, and what there is: `asks for class A (it is in B)`.
pub(super) fn asks(tier: &Tier, figures: &TierFigures) -> String {
    if tier.any.is_empty() {
        return "takes everybody whom no better tier takes".to_owned();
    }
    let tests: Vec<_> = tier.any.iter().map(|test| all_of(test, figures)).collect();
    format!("asks for {}", tests.join(", or "))
}

fn all_of(test: &TierTest, figures: &TierFigures) -> String {
    let mut parts = Vec::new();
    let mut one_of = |what: &str, asked: Vec<String>, given: Option<&dyn Display>| {
        if !asked.is_empty() {
            let given = given.map_or("not known".to_owned(), |given| format!("it is {given}"));
            parts.push(format!("{what} {} ({given})", asked.join(" or ")));
        }
    };
    one_of("class", texts(&test.classes), figures.class.as_ref().map(|class| class as _));
    one_of("segment", texts(&test.segments), figures.segment.as_ref().map(|segment| segment as _));
    let standing = figures.standing.as_ref().map(|standing| standing as _);
    one_of("standing", texts(&test.standings), standing);
    let scores = |[r, f, m]: [u8; 3]| format!("{r}-{f}-{m}");
    let given = figures.scores.map(scores);
    let asked = test.scores_at_least.map(scores).into_iter().collect();
    one_of("scores of at least", asked, given.as_ref().map(|given| given as _));
    for (what, asked, given) in [
        ("a value", test.value_at_least, figures.value),
        ("an expected value", test.expected_at_least, figures.expected),
    ] {
        let amount = |amount: Decimal| match figures.currency {
            Some(currency) => format!("{} {currency}", amount_text(amount, currency)),
            None => amount.to_string(),
        };
        let given = given.map(amount);
        let asked = asked.map(|Exact(asked)| amount(asked)).into_iter().collect();
        one_of(&format!("{what} of at least"), asked, given.as_ref().map(|given| given as _));
    }
    parts.join(" and ")
}

fn texts<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}
