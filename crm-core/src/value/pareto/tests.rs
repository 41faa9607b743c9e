use proptest::prelude::*;

use super::*;

fn of(values: &[i64]) -> Pareto<usize> {
    let values = values.iter().map(|v| Decimal::from(*v)).enumerate().collect();
    pareto(values, Currency::USD).unwrap()
}

fn letters(values: &[i64]) -> String {
    of(values).rows().map(|row| row.class.as_str()).collect()
}

fn by_count(a: u64, b: u64, values: &[i64]) -> Pareto<usize> {
    let values = values.iter().map(|v| Some(Decimal::from(*v))).enumerate();
    Pareto::of(values, &Cuts::Count { a, b }, Currency::USD).unwrap()
}

#[test]
fn the_share_before_decides() {
    assert_eq!(letters(&[100]), "A");
    assert_eq!(letters(&[80, 15, 5]), "ABC");
    assert_eq!(letters(&[79, 16, 5]), "AAC");
}

#[test]
fn ties_at_a_cut_fall_into_the_better_class_together_and_it_is_said() {
    assert_eq!(letters(&[10; 10]), "AAAAAAAAAA");
    assert_eq!(letters(&[60, 10, 10, 10, 10]), "AAAAA");
    let answer = of(&[60, 10, 10, 10, 10]);
    let border = answer.ranking().summary().border(ValueClass::A);
    assert_eq!(border, Some(Border { value: 100_000, customers: 4, lifted: 2 }));
    assert_eq!(
        answer.notes,
        [
            "4 customers bring 10.00 USD each and stay together in A, though the cut lies among them: 2 of them stand beyond it."
        ]
    );
    let last = answer.rows().last().unwrap();
    assert_eq!((last.rank, last.tied), (2, 4));
    assert_eq!(
        last.reason,
        "It brings 10.00 USD, 10 % of the total, rank 2 of 5 together with 3 others: class A, as those who bring more have 60 %, below the cut at 80 %. The cut lies among the 4 who bring this: they stay together in the better class."
    );
}

#[test]
fn classes_by_count() {
    let answer = by_count(1, 3, &[5, 9, 7, 7, 7]);
    let found: Vec<_> =
        answer.rows().map(|row| (*row.customer, row.class.as_str(), row.rank)).collect();
    assert_eq!(found, [(1, "A", 1), (2, "B", 2), (3, "B", 2), (4, "B", 2), (0, "C", 5)]);
    let border = answer.ranking().summary().border(ValueClass::B);
    assert_eq!(border, Some(Border { value: 70_000, customers: 3, lifted: 1 }));
    assert_eq!(
        answer.rows().last().unwrap().reason,
        "It brings 5.00 USD, 14.2857 % of the total, rank 5 of 5: class C, as 4 bring more and the first 3 are in A and B."
    );
    // More places than customers; losses have a rank and a place like others.
    let few = by_count(3, 9, &[-5, 2]);
    assert_eq!(few.rows().map(|row| row.class.as_str()).collect::<String>(), "AA");
}

#[test]
fn a_total_that_is_not_positive_has_no_shares_but_ranks() {
    for values in [vec![10, -10], vec![-1, -5], vec![0, 0, 0]] {
        let answer = of(&values);
        assert!(answer.rows().all(|row| row.class == ValueClass::C && row.share.is_none()));
        assert!(answer.classes.iter().all(|class| class.share_of_value.is_none()));
        assert_eq!((answer.top_20_percent_share, answer.gini), (None, None));
        assert!(answer.ranking().lorenz(10).is_empty());
        assert!(answer.notes[0].contains("shares of it are undefined"), "{:?}", answer.notes);
        assert_eq!(answer.rows().map(|row| row.rank).min(), Some(1));
    }
    let answer = of(&[-5, -1]);
    assert_eq!(
        answer.rows().map(|row| (*row.customer, row.rank)).collect::<Vec<_>>(),
        [(1, 1), (0, 2)]
    );
    assert_eq!(
        answer.rows().last().unwrap().reason,
        "It brings -5.00 USD, rank 2 of 2: class C, as the total of -6.00 USD is not above nothing and has no shares."
    );
    let counted = by_count(1, 2, &[-5, -1]);
    assert_eq!(counted.rows().map(|row| row.class.as_str()).collect::<String>(), "AB");
}

#[test]
fn nobody_at_all() {
    let nobody = of(&[]);
    assert_eq!((nobody.total.as_str(), nobody.customers), ("0.00", 0));
    assert_eq!((nobody.top_20_percent_share, nobody.gini), (None, None));
    assert!(nobody.notes.is_empty() && nobody.ranking().lorenz(4).is_empty());
}

#[test]
fn one_customer_is_all_there_is() {
    let one = of(&[7]);
    assert_eq!(one.top_20_percent_share, Some(Decimal::ONE));
    assert_eq!(one.gini, Some(Decimal::ZERO));
    assert_eq!(one.ranking().lorenz(5).len(), 2);
    assert_eq!(
        one.rows().next().unwrap().reason,
        "It brings 7.00 USD, 100 % of the total, rank 1 of 1: class A, as nobody brings more."
    );
}

#[test]
fn all_equal() {
    let answer = of(&[3; 7]);
    assert_eq!(answer.gini, Some(Decimal::ZERO));
    assert!(answer.rows().all(|row| row.rank == 1 && row.cumulative_share == Some(Decimal::ONE)));
}

#[test]
fn zero_negative_and_missing_values_are_stated() {
    let values =
        [("ann", Some(100)), ("bob", None), ("cid", Some(0)), ("dan", Some(-20)), ("eve", None)];
    let values = values.map(|(who, value)| (who, value.map(Decimal::from)));
    let answer = Pareto::of(values, &Cuts::default(), Currency::USD).unwrap();
    assert_eq!((answer.customers, answer.zero, answer.negative, answer.missing), (3, 1, 1, 2));
    assert_eq!(answer.without_value(), ["bob", "eve"]);
    assert_eq!(answer.rows().map(|row| row.class.as_str()).collect::<String>(), "ACC");
    assert_eq!(
        answer.notes,
        [
            "1 customer brings nothing.",
            "1 customer brings less than nothing.",
            "Together they cost 20.00 USD: the others bring more than the whole total, and cumulative shares rise above 100 %.",
            "2 customers have no value, and so no rank and no class.",
        ]
    );
}

#[test]
fn an_outlier_a_thousand_times_the_rest_leaves_the_rest_in_order() {
    let mut values = vec![100; 50];
    values.extend(1..=50);
    values.push(100_000);
    let answer = of(&values);
    let letters = letters(&values);
    assert_eq!(&letters[..1], "A");
    assert_eq!(letters.matches('A').count(), 1);
    assert_eq!(answer.rows().next().map(|row| *row.customer), Some(100));
    // Without it the cut at 80 % of 6,275 lies after 5,000: the 50 best and the one that begins below 5,020.
    let in_a = of(&values[..100]).rows().filter(|row| row.class == ValueClass::A).count();
    assert_eq!(in_a, 51);
}

#[test]
fn figures_beyond_what_is_counted_are_refused() {
    let refused = |values: Vec<Decimal>| {
        let values = values.into_iter().map(|value| ((), value)).collect();
        pareto(values, Currency::USD).unwrap_err()
    };
    assert_eq!(refused(vec!["0.00001".parse().unwrap()]).field, "value");
    assert_eq!(refused(vec!["922337203685478".parse().unwrap()]).field, "value");
}

#[test]
fn cuts_are_checked_and_name_themselves() {
    let share = |a: &str, b: &str| Cuts::Share { a: a.parse().unwrap(), b: b.parse().unwrap() };
    for (cuts, field) in [
        (share("0", "95"), "share.a"),
        (share("80", "100.1"), "share.b"),
        (share("80", "80.0"), "share.b"),
        (share("12.34567", "80"), "share.a"),
        (Cuts::Count { a: 0, b: 5 }, "count.a"),
        (Cuts::Count { a: 5, b: 5 }, "count.b"),
    ] {
        assert_eq!(cuts.check().unwrap_err().field, field);
        assert_eq!(classes(&[1], &cuts).unwrap_err().field, field);
    }
    let unknown = serde_json::from_str::<Cuts>(r#"{"share": {"a": "80", "b": "95", "c": "99"}}"#);
    assert!(unknown.unwrap_err().to_string().contains("unknown field `c`"));
}

#[test]
fn shares_add_up_and_the_best_fifth_is_rounded_up() {
    let answer = of(&[1, 2, 3, 4, 5, 6, 7]);
    let total: Decimal = answer.classes.iter().map(|c| c.share_of_customers).sum();
    assert!((total - Decimal::ONE).abs() < Decimal::new(3, 6));
    // Two of seven are the top 20 %, rounded up: 13 of 28.
    assert_eq!(answer.top_20_percent_share, Some(Decimal::new(464_286, 6)));
    let top =
        answer.ranking().top(&[Decimal::ONE, Decimal::from(50), Decimal::ONE_HUNDRED]).unwrap();
    assert_eq!(top.iter().map(|top| top.customers).collect::<Vec<_>>(), [1, 4, 7]);
    assert_eq!(top[1].share_of_value, Some(Decimal::new(785_714, 6)));
    assert_eq!(answer.ranking().top(&[Decimal::ZERO]).unwrap_err().field, "percent");
}

#[test]
fn the_curve_and_its_coefficient_by_hand() {
    let answer = of(&[4, 1, 3, 2]);
    let curve = answer.ranking().lorenz(4);
    let points: Vec<_> =
        curve.iter().map(|p| (p.customers, p.share_of_value.to_string())).collect();
    let expected = [(0, "0"), (1, "0.1"), (2, "0.3"), (3, "0.6"), (4, "1")];
    assert_eq!(points, expected.map(|(n, share)| (n, share.to_owned())));
    // 2 (1 + 4 + 9 + 16) / (4 · 10) − 5 / 4.
    assert_eq!(answer.gini, Some(Decimal::new(25, 2)));
    // A loss that half the gain pays for: above what equal people can have.
    assert_eq!(of(&[-10, 0, 20]).gini, Some(Decimal::from(2)));
}

fn values() -> impl Strategy<Value = Vec<i64>> {
    let value = prop_oneof![0..20_i64, -5..5_i64, 0..1_000_000_000_i64, any::<i64>()];
    prop::collection::vec(value, 0..120)
}

fn cuts() -> impl Strategy<Value = Cuts> {
    let share = (1..1_000_000_i64, 1..1_000_000_i64).prop_filter("A ends first", |(a, b)| a < b);
    let count = (1..100_u64, 1..100_u64).prop_map(|(a, more)| Cuts::Count { a, b: a + more });
    let share =
        share.prop_map(|(a, b)| Cuts::Share { a: Decimal::new(a, 4), b: Decimal::new(b, 4) });
    prop_oneof![Just(Cuts::default()), share, count]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Selecting and sorting agree, with each other and with the rule itself.
    #[test]
    fn both_paths_give_equal_classes(values in values(), cuts in cuts()) {
        let selected = classes(&values, &cuts).unwrap();
        let ranking = Ranking::of(&values, &cuts).unwrap();
        prop_assert_eq!(&selected.summary, ranking.summary());
        let total: i128 = values.iter().map(|v| i128::from(*v)).sum();
        let ranks = ranking.ranks();
        for ranked in ranking.iter() {
            let more = || values.iter().filter(|v| **v > ranked.value);
            let before: i128 = more().map(|v| i128::from(*v)).sum();
            let expected = match cuts {
                Cuts::Share { .. } if total <= 0 => ValueClass::C,
                Cuts::Share { a, b } => {
                    let below = |cut: Decimal| before * 1_000_000 < total * (cut * Decimal::from(10_000)).mantissa_at_zero();
                    if below(a) { ValueClass::A } else if below(b) { ValueClass::B } else { ValueClass::C }
                }
                Cuts::Count { a, b } => {
                    let above = more().count() as u64;
                    if above < a { ValueClass::A } else if above < b { ValueClass::B } else { ValueClass::C }
                }
            };
            prop_assert_eq!(ranked.class, expected);
            prop_assert_eq!(selected.labels[ranked.at], expected);
            prop_assert_eq!((ranked.rank, ranked.before), (more().count() as u64 + 1, before));
            prop_assert_eq!(u64::from(ranks[ranked.at]), ranked.rank);
        }
        for class in ValueClass::ALL {
            let members = || ranking.iter().filter(|ranked| ranked.class == *class);
            let units: i128 = members().map(|ranked| i128::from(ranked.value)).sum();
            prop_assert_eq!(selected.summary.of_class(*class), (members().count() as u64, units));
        }
    }
}

trait Whole {
    fn mantissa_at_zero(self) -> i128;
}
impl Whole for Decimal {
    fn mantissa_at_zero(self) -> i128 {
        self.normalize().trunc().mantissa()
    }
}
