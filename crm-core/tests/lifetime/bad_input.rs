//! Data that carry no model, and questions that have no answer: each is told by name.

use crm_core::{
    Error,
    lifetime::{
        Cohort, History, LEAST_REPEATERS, MOST_CORRELATION, Model, Outlook, PurchaseDays,
        PurchaseModel, TimeUnit, Unfit, fit,
    },
};
use rust_decimal::Decimal;

use crate::{bg_nbd, cohort, day, made_up::Draw};

const PURCHASES: [Model; 3] = [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd];

fn history(frequency: u32, recency: u32, age: u32, value: i64) -> History {
    History { frequency, recency, age, repeat_value: value.into() }
}

#[test]
fn nobody() {
    for model in Model::ALL {
        assert_eq!(fit(*model, &cohort(TimeUnit::Day, [])), Err(Unfit::NoCustomers));
    }
}

#[test]
fn one_customer() {
    for model in Model::ALL {
        let one = cohort(TimeUnit::Day, [history(3, 50, 90, 30)]);
        let unfit = Unfit::TooFew { repeaters: 1, least: LEAST_REPEATERS };
        assert_eq!(fit(*model, &one), Err(unfit));
    }
}

#[test]
fn one_time_buyers_only() {
    for model in Model::ALL {
        let all = cohort(TimeUnit::Day, (0..100).map(|i| history(0, 0, 100 + i, 0)));
        let unfit = fit(*model, &all).unwrap_err();
        assert_eq!(unfit, Unfit::OneTimeBuyers { customers: 100 });
        assert!(
            matches!(Error::from(unfit), Error::Refused(refused) if refused.why.contains("100"))
        );
    }
}

#[test]
fn all_equal() {
    let same = || (0..40).map(|_| history(3, 50, 90, 30));
    for model in PURCHASES {
        let unfit = Unfit::AllEqual { customers: 40, what: "their histories" };
        assert_eq!(fit(model, &cohort(TimeUnit::Day, same())), Err(unfit));
    }
    let unfit = Unfit::AllEqual { customers: 40, what: "what a purchase brings" };
    assert_eq!(fit(Model::GammaGamma, &cohort(TimeUnit::Day, same())), Err(unfit));
}

#[test]
fn nearly_equal_customers_do_not_determine_a_model_and_it_says_so() {
    let nearly = || (0..200).map(|i| history(4, 80 + i % 2, 90, 30));
    for model in PURCHASES {
        let found = fit(model, &cohort(TimeUnit::Day, nearly())).unwrap();
        assert!(!found.converged, "{found:?}");
    }
}

#[test]
fn frequency_and_value_that_go_together() {
    let more = cohort(
        TimeUnit::Day,
        (1..=60).map(|i| history(i, 50, 90, i64::from(i * (20 + i + (i * 7) % 5)))),
    );
    let Err(Unfit::Correlated { correlation, most }) = fit(Model::GammaGamma, &more) else {
        panic!("it was fitted");
    };
    assert!(correlation > 0.9 && most == MOST_CORRELATION);
}

#[test]
fn returns_beyond_what_was_bought_are_left_out_of_values() {
    let mut draw = Draw(9);
    let fine: Vec<_> =
        (0..100).map(|i| draw.valued(history(1 + i % 4, 60, 90, 0), [5.0, 4.0, 20.0])).collect();
    let more = fine.iter().copied().chain((0..30).map(|_| history(2, 60, 90, -5)));
    let (one, other) = (cohort(TimeUnit::Day, fine.iter().copied()), cohort(TimeUnit::Day, more));
    let [one, other] = [one, other].map(|cohort| fit(Model::GammaGamma, &cohort).unwrap());
    assert_eq!((one.customers, other.customers, other.repeaters), (100, 100, 130));
    assert_eq!(one.parameters, other.parameters);
}

#[test]
fn future_transactions_are_not_looked_at_and_told() {
    let mut draw = Draw(10);
    let days = |history: History, later: bool| {
        let begin = 720 - u64::from(history.age);
        let mut days = vec![(day(begin), Decimal::ONE)];
        let step = u64::from(history.recency) / u64::from(history.frequency.max(1));
        let repeats = (0..u64::from(history.frequency)).rev();
        days.extend(
            repeats.map(|i| (day(begin + u64::from(history.recency) - i * step), Decimal::TWO)),
        );
        days.extend(later.then(|| (day(725), Decimal::TEN)));
        PurchaseDays::of(days).unwrap()
    };
    let drawn: Vec<_> = (0..300).map(|i| draw.pareto([0.9, 50.0, 0.7, 200.0], 300 + i)).collect();
    let [without, with] = [false, true].map(|later| {
        let mut cohort = Cohort::new(day(720), TimeUnit::Day);
        for history in &drawn {
            let known = cohort.add(&days(*history, later)).unwrap().unwrap();
            assert_eq!((known.frequency, known.age), (history.frequency, history.age));
        }
        cohort.add(&PurchaseDays::of(vec![(day(721), Decimal::ONE)]).unwrap()).unwrap();
        fit(Model::ParetoNbd, &cohort).unwrap()
    });
    assert_eq!((without.ignored_purchases, with.ignored_purchases), (1, 301));
    assert_eq!(without.parameters, with.parameters);
}

#[test]
fn a_horizon_of_nothing_and_one_below() {
    let mut none = Outlook::new(bg_nbd(), TimeUnit::Week, 0.0, 0.1).unwrap();
    let expected = none.of(&history(2, 213, 272, 0));
    assert_eq!((expected.purchases, expected.discounted_purchases), (0.0, 0.0));
    assert!(expected.alive > 0.7);
    for (horizon, rate, field) in [
        (-1.0, 0.1, "horizon"),
        (f64::NAN, 0.1, "horizon"),
        (f64::INFINITY, 0.1, "horizon"),
        (52.0, -0.1, "discount"),
        (52.0, f64::NAN, "discount"),
    ] {
        let wrong = Outlook::new(bg_nbd(), TimeUnit::Week, horizon, rate).unwrap_err();
        assert_eq!(wrong.field, field);
    }
}

#[test]
fn a_frequency_of_10_000() {
    let mut draw = Draw(11);
    let crowd: Vec<_> =
        (0..2_000).map(|_| draw.beta_geometric([0.8, 60.0, 0.9, 3.0], 3_650, false)).collect();
    for model in PURCHASES {
        let usual = fit(model, &cohort(TimeUnit::Day, crowd.iter().copied())).unwrap();
        // Three a day are one, so it took 27 years; the others are as they were.
        let busy = history(10_000, 10_010, 10_012, 1);
        let with = cohort(TimeUnit::Day, crowd.iter().copied().chain([busy]));
        let found = fit(model, &with).unwrap();
        assert!(found.converged && usual.converged, "{found:?}");
        assert!(found.log_likelihood.is_finite() && found.log_likelihood < usual.log_likelihood);
        let mut outlook =
            Outlook::new(found.purchases().unwrap(), TimeUnit::Day, 365.0, 0.1).unwrap();
        let expected = outlook.of(&busy);
        assert!(expected.alive > 0.9 && expected.purchases > 200.0, "{model}: {expected:?}");
        assert!(expected.purchases < 366.0, "{model}: {expected:?}");
        // Silent for a year, it is none any more.
        let left = outlook.of(&History { age: 10_400, ..busy });
        assert!(left.alive < 1e-12 && left.purchases < 1e-9, "{model}: {left:?}");
    }
}

#[test]
fn parameters_that_are_none() {
    for parameters in [[0.0, 1.0, 1.0, 1.0], [1.0, f64::NAN, 1.0, 1.0], [1.0, 1.0, -1.0, 1.0]] {
        let refused = PurchaseModel::new(Model::ParetoNbd, parameters).unwrap_err();
        assert!(matches!(refused, Unfit::NoParameters { needs: 4, .. }));
    }
    assert!(PurchaseModel::new(Model::GammaGamma, [1.0; 4]).is_err());
}
