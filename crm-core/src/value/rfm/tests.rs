use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A customer that bought so many days before the end of 2026.
fn bought(customer: u32, days: i64, frequency: u32, monetary: i64) -> Purchases<u32> {
    let last = day("2026-12-31") - chrono::Duration::days(days);
    Purchases { customer, category: None, last: Some(last), frequency, monetary: monetary.into() }
}

fn told(customers: Vec<Purchases<u32>>, policy: &RfmPolicy) -> Rfm<u32> {
    rfm(customers, day("2026-12-31"), policy, Currency::EUR).unwrap()
}

fn policy(json: &str) -> RfmPolicy {
    serde_json::from_str(json).unwrap()
}

#[test]
fn one_customer_and_all_equal_are_in_the_middle() {
    let one = told(vec![bought(1, 9, 1, 5)], &RfmPolicy::default());
    assert_eq!(one.rows().next().unwrap().scores, [3, 3, 3]);
    assert_eq!(
        one.rows().next().unwrap().reason,
        "It bought last 9 days ago (recency 3 of 5), 1 time (frequency 3), for 5.00 EUR (monetary 3): need_attention."
    );
    let equal = told((0..40).map(|n| bought(n, 3, 2, 8)).collect(), &RfmPolicy::default());
    assert!(equal.rows().all(|row| row.scores == [3, 3, 3]));
    assert!(told(Vec::new(), &RfmPolicy::default()).rows().next().is_none());
}

#[test]
fn the_grid_and_the_segments_count_everybody() {
    let customers = (0..50).map(|n| bought(n, i64::from(n) * 7, 50 - n, i64::from(n % 9) - 2));
    let told = told(customers.collect(), &RfmPolicy::default());
    assert_eq!((told.customers, told.grid.len()), (50, 25));
    assert_eq!(told.grid.iter().map(|cell| cell.customers).sum::<u64>(), 50);
    assert_eq!(told.segments.iter().map(|segment| segment.customers).sum::<u64>(), 50);
    // Who bought last bought most often: the diagonal alone.
    assert!(
        told.grid.iter().all(|cell| (cell.customers == 10) == (cell.recency == cell.frequency))
    );
    let total: Decimal =
        told.grid.iter().map(|cell| cell.monetary.parse::<Decimal>().unwrap()).sum();
    assert_eq!(total, (0..50).map(|n| Decimal::from(n % 9 - 2)).sum());
    assert_eq!(told.segments[0].segment, "champions");
    assert_eq!(told.segments[0].customers, 10);
}

#[test]
fn own_thresholds_decide_by_themselves() {
    let policy = policy(
        r#"{"scales": {
            "recency": {"thresholds": ["365", "180", "90", "30"]},
            "frequency": {"thresholds": ["2", "4", "8", "16"]},
            "monetary": {"thresholds": ["0", "100", "1000", "9999.99"]}}}"#,
    );
    policy.check().unwrap();
    let scores = |days, frequency, monetary: &str| {
        let mut one = bought(1, days, frequency, 0);
        one.monetary = monetary.parse().unwrap();
        told(vec![one], &policy).rows().next().unwrap().scores
    };
    assert_eq!(scores(30, 16, "9999.99"), [5, 5, 5]);
    assert_eq!(scores(31, 15, "9999.9899"), [4, 4, 4]);
    assert_eq!(scores(365, 2, "0"), [2, 2, 2]);
    assert_eq!(scores(366, 1, "-0.01"), [1, 1, 1]);
}

#[test]
fn a_category_is_compared_with_its_own() {
    let policy = policy(r#"{"categories": {"wholesale": {}}}"#);
    let mut customers: Vec<_> = (0..5).map(|n| bought(n, 5, 1, i64::from(n))).collect();
    customers.extend((5..10).map(|n| {
        let mut one = bought(n, 5, 1, 1_000 * i64::from(n));
        one.category = Some("wholesale".to_owned());
        one
    }));
    customers[0].category = Some("retail".to_owned());
    let told = told(customers, &policy);
    let monetary: Vec<_> = told.rows().map(|row| row.scores[2]).collect();
    assert_eq!(monetary, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    let rows: Vec<_> = told.rows().collect();
    assert_eq!((rows[0].scale, rows[9].scale), (None, Some("wholesale")));
    assert!(rows[9].reason.contains("by the scales of wholesale"));
}

#[test]
fn who_never_bought_is_told_apart() {
    let never = Purchases {
        customer: 7,
        category: None,
        last: None,
        frequency: 0,
        monetary: Decimal::ZERO,
    };
    let told = told(vec![bought(1, 1, 1, 1), never], &RfmPolicy::default());
    assert_eq!((told.customers, told.without_purchase), (1, vec![7]));
}

#[test]
fn future_purchases_and_figures_that_do_not_fit_are_refused() {
    let refused = |one: Purchases<u32>| {
        rfm(vec![one], day("2026-12-31"), &RfmPolicy::default(), Currency::EUR).unwrap_err()
    };
    let future = refused(bought(1, -1, 1, 1));
    assert_eq!(future.field, "last");
    assert!(future.reason.contains("2027-01-01 is in the future"));
    assert_eq!(refused(bought(1, 1, 0, 1)).field, "frequency");
    assert_eq!(refused(Purchases { last: None, ..bought(1, 1, 1, 1) }).field, "last");
}

#[test]
fn the_policy_is_data_and_is_checked() {
    RfmPolicy::default().check().unwrap();
    let json = serde_json::to_string(&RfmPolicy::default()).unwrap();
    assert_eq!(policy(&json), RfmPolicy::default());
    for (json, field) in [
        (
            r#"{"scales": {"recency": {"thresholds": ["1", "2", "3", "4"]}}}"#,
            "scales.recency.thresholds",
        ),
        (
            r#"{"scales": {"monetary": {"thresholds": ["1", "2", "2", "4"]}}}"#,
            "scales.monetary.thresholds",
        ),
        (
            r#"{"categories": {"vip": {"frequency": {"thresholds": ["1"]}}}}"#,
            "categories.vip.frequency.thresholds",
        ),
        (r#"{"segments": []}"#, "segments"),
        (r#"{"segments": [{"name": " "}]}"#, "segments[0].name"),
        (r#"{"segments": [{"name": "a"}, {"name": "a"}]}"#, "segments[1].name"),
        (r#"{"segments": [{"name": "a", "recency": [0, 5]}]}"#, "segments[0].recency"),
        (r#"{"segments": [{"name": "a", "monetary": [4, 3]}]}"#, "segments[0].monetary"),
    ] {
        assert_eq!(policy(json).check().unwrap_err().field, field, "{json}");
    }
    let gap = policy(r#"{"segments": [{"name": "a", "recency": [2, 5]}]}"#).check().unwrap_err();
    assert!(gap.reason.contains("recency 1, frequency 1, monetary 1"), "{gap}");
    assert!(serde_json::from_str::<RfmPolicy>(r#"{"segment": []}"#).is_err());
    assert!(serde_json::from_str::<RfmPolicy>(r#"{"scales": {"money": "quintiles"}}"#).is_err());
}
