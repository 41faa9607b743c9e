use proptest::prelude::*;

use super::*;

/// Gold from 1,000 or with class A, silver from 500, and everybody.
fn policy(more: &str) -> TierPolicy {
    let json = format!(
        r#"{{"currency": "EUR", {more} "tiers": [
            {{"name": "gold", "any": [{{"value_at_least": "1000"}}]}},
            {{"name": "silver", "any": [{{"value_at_least": "500"}}]}},
            {{"name": "standard"}}
        ]}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn worth(value: i64) -> TierFigures {
    TierFigures {
        value: Some(value.into()),
        currency: Some(Currency::EUR),
        ..TierFigures::default()
    }
}

/// The tiers and what became of them, period after period.
fn story(policy: &TierPolicy, figures: &[TierFigures]) -> Vec<TierDecision> {
    let mut state: Option<TierState> = None;
    figures
        .iter()
        .map(|figures| {
            let decision = policy.decide(state.as_ref(), figures).unwrap();
            state = Some(decision.state.clone());
            decision
        })
        .collect()
}

fn told(policy: &TierPolicy, values: &[i64]) -> Vec<(String, &'static str)> {
    let figures: Vec<_> = values.iter().map(|value| worth(*value)).collect();
    story(policy, &figures).into_iter().map(|one| (one.after, one.change.as_str())).collect()
}

fn expected(words: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    words.iter().map(|(tier, change)| ((*tier).to_owned(), *change)).collect()
}

#[test]
fn it_rises_at_once_and_drops_after_two_periods_or_below_the_margin() {
    assert_eq!(
        told(&policy(""), &[499, 1_000, 999, 1_000, 900, 900, 1_000, 899, 499, 449]),
        expected(&[
            ("standard", "new"),
            ("gold", "rose"),
            ("gold", "held"),
            ("gold", "stayed"),
            ("gold", "held"),
            ("silver", "dropped"),
            ("gold", "rose"),
            ("silver", "dropped"),
            ("silver", "held"),
            ("standard", "dropped"),
        ])
    );
}

#[test]
fn a_customer_far_below_drops_to_where_it_belongs() {
    assert_eq!(
        told(&policy(""), &[5_000, 3]),
        expected(&[("gold", "new"), ("standard", "dropped")])
    );
}

#[test]
fn rising_may_take_periods_and_holding_may_last() {
    let slow = policy(r#""rise_after": 3, "drop_after": null,"#);
    assert_eq!(
        told(&slow, &[600, 1_000, 1_000, 999, 1_000, 1_000, 1_000, 900, 900, 900, 899]),
        expected(&[
            ("silver", "new"),
            ("silver", "rising"),
            ("silver", "rising"),
            ("silver", "stayed"),
            ("silver", "rising"),
            ("silver", "rising"),
            ("gold", "rose"),
            ("gold", "held"),
            ("gold", "held"),
            ("gold", "held"),
            ("silver", "dropped"),
        ])
    );
}

#[test]
fn who_rises_was_good_enough_in_each_of_the_periods() {
    let slow = policy(r#""rise_after": 3,"#);
    let found = told(&slow, &[100, 600, 600, 1_000, 1_000, 1_000, 1_000]);
    let tiers: Vec<_> = found.iter().map(|(tier, _)| tier.as_str()).collect();
    // Silver was met three times by then, gold once: gold asks for three periods of its own.
    let standard = "standard";
    assert_eq!(tiers, [standard, standard, standard, "silver", "silver", "silver", "gold"]);
    // A period in which nothing better is met begins it anew.
    let found = told(&slow, &[100, 600, 100, 600, 600]);
    assert!(found.iter().all(|(tier, _)| tier == standard), "{found:?}");
}

#[test]
fn reasons_say_what_is_asked_and_what_there_is() {
    let policy = policy(r#""drop_after": 3,"#);
    let values = [1_200, 950, 940, 930, 2_000, 100].map(worth);
    let reasons: Vec<_> = story(&policy, &values).into_iter().map(|one| one.reason).collect();
    assert_eq!(
        reasons,
        [
            "It begins in gold, which asks for a value of at least 1000.00 EUR (it is 1200.00 EUR).",
            "It is held in gold, which asks for a value of at least 1000.00 EUR (it is 950.00 EUR): that is not met, but not missed by more than the margin of 10 %; this is period 1 of 3 in a row after which it drops.",
            "It is held in gold, which asks for a value of at least 1000.00 EUR (it is 940.00 EUR): that is not met, but not missed by more than the margin of 10 %; this is period 2 of 3 in a row after which it drops.",
            "It drops from gold to silver: gold asks for a value of at least 1000.00 EUR (it is 930.00 EUR), and that was not met for 3 periods in a row.",
            "It rises from silver to gold, which asks for a value of at least 1000.00 EUR (it is 2000.00 EUR).",
            "It drops from gold to standard: gold asks for a value of at least 1000.00 EUR (it is 100.00 EUR), and that is missed by more than the margin of 10 %.",
        ]
    );
}

#[test]
fn classes_segments_standings_scores_and_expectations() {
    let policy: TierPolicy = serde_json::from_str(
        r#"{"currency": "EUR", "tiers": [
            {"name": "key", "any": [{"classes": ["A"], "scores_at_least": [3, 3, 1]}, {"segments": ["champions", "loyal"]}]},
            {"name": "to_win", "any": [{"standings": ["to_win"], "expected_at_least": "100"}]},
            {"name": "standard"}
        ]}"#,
    )
    .unwrap();
    let key = TierFigures {
        class: Some(ValueClass::A),
        scores: Some([3, 4, 1]),
        ..TierFigures::default()
    };
    let loyal = TierFigures { segment: Some("loyal".to_owned()), ..TierFigures::default() };
    let to_win =
        TierFigures { standing: Some(Standing::ToWin), expected: Some(100.into()), ..worth(-5) };
    let lately = TierFigures { scores: Some([2, 5, 5]), ..key.clone() };
    let after = |figures: &TierFigures| policy.decide(None, figures).unwrap().after;
    assert_eq!([&key, &loyal, &to_win, &lately].map(after), ["key", "key", "to_win", "standard"]);
    // A class has no margin: it is held for a period, and drops in the second.
    let decisions = story(&policy, &[key, lately.clone(), lately]);
    assert_eq!(
        decisions.iter().map(|one| one.change.as_str()).collect::<Vec<_>>(),
        ["new", "held", "dropped"]
    );
    assert_eq!(
        decisions[2].reason,
        "It drops from key to standard: key asks for class A (it is A) and scores of at least 3-3-1 (it is 2-5-5), or segment champions or loyal (not known), and that was not met for 2 periods in a row."
    );
}

#[test]
fn what_is_not_known_is_held_and_a_tier_that_is_gone_begins_anew() {
    let nothing = TierFigures::default();
    let gold =
        TierState { tier: "gold".to_owned(), periods_below: 0, periods_above: 0, rises_to: None };
    assert_eq!(policy("").decide(Some(&gold), &nothing).unwrap().change, TierChange::Held);
    let bronze = TierState { tier: "bronze".to_owned(), ..gold };
    let decision = policy("").decide(Some(&bronze), &worth(600)).unwrap();
    assert_eq!((decision.before.as_deref(), decision.after.as_str()), (Some("bronze"), "silver"));
    assert!(decision.reason.starts_with("There is no tier bronze any more. It begins in silver"));
}

#[test]
fn mixed_currencies_are_refused() {
    let dollars = TierFigures { currency: Some(Currency::USD), ..worth(1) };
    let error = policy("").decide(None, &dollars).unwrap_err();
    assert_eq!(error.field, "currency");
    assert!(error.reason.contains("USD") && error.reason.contains("EUR"));
    assert!(policy("").decide(None, &TierFigures { currency: None, ..worth(1) }).is_err());
}

#[test]
fn the_policy_is_data_and_is_checked() {
    let read = |text: &str| serde_json::from_str::<TierPolicy>(text).unwrap();
    let json = serde_json::to_string(&policy("")).unwrap();
    assert_eq!(read(&json), policy(""));
    let last = r#"{"name": "z"}"#;
    for (json, field) in [
        (r#"{"tiers": []}"#.to_owned(), "tiers"),
        (format!(r#"{{"tiers": [{{"name": ""}}, {last}]}}"#), "tiers[0].name"),
        (
            format!(r#"{{"tiers": [{{"name": "z", "any": [{{"classes": ["A"]}}]}}, {last}]}}"#),
            "tiers[1].name",
        ),
        (format!(r#"{{"tiers": [{{"name": "a"}}, {last}]}}"#), "tiers[0].any"),
        (r#"{"tiers": [{"name": "a", "any": [{"classes": ["A"]}]}]}"#.to_owned(), "tiers[0].any"),
        (format!(r#"{{"tiers": [{{"name": "a", "any": [{{}}]}}, {last}]}}"#), "tiers[0].any[0]"),
        (
            format!(
                r#"{{"tiers": [{{"name": "a", "any": [{{"scores_at_least": [0, 1, 1]}}]}}, {last}]}}"#
            ),
            "tiers[0].any[0].scores_at_least",
        ),
        (
            format!(
                r#"{{"tiers": [{{"name": "a", "any": [{{"value_at_least": "1"}}]}}, {last}]}}"#
            ),
            "currency",
        ),
        (
            format!(
                r#"{{"drop_after": null, "tiers": [{{"name": "a", "any": [{{"classes": ["A"]}}]}}, {last}]}}"#
            ),
            "drop_after",
        ),
        (format!(r#"{{"drop_after": 0, "tiers": [{last}]}}"#), "drop_after"),
        (format!(r#"{{"rise_after": 0, "tiers": [{last}]}}"#), "rise_after"),
        (format!(r#"{{"margin_percent": "100", "tiers": [{last}]}}"#), "margin_percent"),
    ] {
        assert_eq!(read(&json).check().unwrap_err().field, field, "{json}");
    }
    assert!(serde_json::from_str::<TierPolicy>(r#"{"tiers": [], "tier": 1}"#).is_err());
    assert!(serde_json::from_str::<TierTest>(r#"{"class": ["A"]}"#).is_err());
}

proptest! {
    /// Within the margin nobody leaves its tier but after the periods in a row that the policy asks for.
    #[test]
    fn there_is_no_flapping_at_the_border(values in prop::collection::vec(900..1_100_i64, 1..60), drop_after in 1..5_u32) {
        let policy = policy(&format!(r#""drop_after": {drop_after},"#));
        let figures: Vec<_> = values.iter().map(|value| worth(*value)).collect();
        let mut state: Option<TierState> = None;
        let mut below = 0;
        for (value, figures) in values.iter().zip(&figures) {
            let was_gold = state.as_ref().is_some_and(|state| state.tier == "gold");
            below = if *value >= 1_000 { 0 } else { below + 1 };
            let decision = policy.decide(state.as_ref(), figures).unwrap();
            if *value >= 1_000 {
                prop_assert_eq!(&decision.after, "gold");
            } else if was_gold {
                prop_assert_eq!(decision.after == "silver", below >= drop_after, "{}", decision.reason);
            }
            state = Some(decision.state);
        }
    }

    /// Whoever is below every margin is where its figures belong, whatever came before.
    #[test]
    fn a_customer_far_below_drops_at_once(values in prop::collection::vec(0..2_000_i64, 0..20), far in -500..450_i64) {
        let mut values = values;
        values.push(far);
        let last = told(&policy(r#""drop_after": null,"#), &values).pop();
        prop_assert_eq!(last.map(|(tier, _)| tier), Some("standard".to_owned()));
    }
}
