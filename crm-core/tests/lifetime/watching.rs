//! Whose silence is unlikely, and whether a model told right.

use crm_core::lifetime::{
    AtRiskReport, HoldoutCheck, Model, Outlook, PurchaseDays, PurchaseModel, Regularity, TimeUnit,
    Tracking, Watch, chance_of_silence,
};
use rust_decimal::Decimal;

use crate::{bg_nbd, day, made_up::Draw, near};

fn days(days: impl IntoIterator<Item = (u64, i64)>) -> PurchaseDays {
    let amounts = days.into_iter().map(|(number, amount)| (day(number), Decimal::from(amount)));
    PurchaseDays::of(amounts.collect()).unwrap()
}

fn report(as_of: u64, customers: &[(&'static str, PurchaseDays)]) -> AtRiskReport<&'static str> {
    let watch = Watch::new(day(as_of), "USD".parse().unwrap());
    let mut everybody = Regularity::default();
    customers.iter().for_each(|(_, days)| everybody.add(watch.regularity(days)));
    watch.report(everybody, customers.iter().cloned().map(Ok)).unwrap()
}

#[test]
fn who_is_silent_beyond_its_rhythm_is_ranked_by_value() {
    let on = [0, 10, 60, 80, 125, 160, 172, 232, 257, 297, 312, 332];
    let monthly = |amount| days(on.map(|number| (number, amount)));
    let customers = [
        ("monthly", monthly(100)),
        ("monthly, and more", monthly(200)),
        ("gone long ago", days((0..9).map(|i| (i * 20, 900)))),
        ("seldom", days([(0, 500), (200, 500)])),
        ("goes on", days((0..14).map(|i| (i * 30, 100)))),
        ("later", days([(900, 1)])),
    ];
    let found = report(420, &customers);
    let who: Vec<_> = found.at_risk.iter().map(|at_risk| at_risk.customer).collect();
    assert_eq!(who, ["monthly, and more", "monthly"]);
    assert_eq!((found.customers, found.too_few, found.gone), (5, 1, 1));
    let first = &found.at_risk[0];
    assert_eq!((first.purchases, first.silent_days), (12, 88));
    // 11 purchases of 200 within 332 days.
    assert_eq!(first.value_at_risk(), "2420.33");
    assert_eq!(found.value_at_risk, "3630.50");
    assert_eq!(
        first.sentence(),
        format!(
            "12 purchases since 2025-01-01, 30.2 days apart on average; the last one on 2025-11-29, 88 days ago. \
             Whoever goes on like that is silent for so long only once in {:.0} times. 2420.33 USD a year are at risk.",
            1.0 / first.chance
        )
    );
    let turned: Vec<_> = customers.iter().rev().cloned().collect();
    assert_eq!(report(420, &turned), found);
}

/// Of those who go on, no more are warned of than the limit says, however few gaps they have and however regular they are.
#[test]
fn a_warning_is_as_rare_as_it_says_of_those_who_go_on() {
    for (seed, shape) in [(1, 1.0), (2, 4.0)] {
        for gaps in [2_u32, 5, 20] {
            let mut draw = Draw(seed);
            let trials = 20_000;
            let unlikely = (0..trials).filter(|_| {
                let rate = draw.gamma(2.0, 100_000.0);
                let mut gap = || draw.gamma(shape, rate).ceil();
                let total: f64 = (0..gaps).map(|_| gap()).sum();
                chance_of_silence(shape, gaps, total as u32, gap() as u32) < 0.05
            });
            let share = unlikely.count() as f64 / f64::from(trials);
            near(share, 0.05, 4.0 * (0.05_f64 * 0.95 / f64::from(trials)).sqrt());
        }
    }
}

#[test]
fn regularity_is_learned_from_pairs_of_gaps() {
    for shape in [0.5, 1.0, 3.0] {
        let mut draw = Draw(7);
        let mut everybody = Regularity::default();
        for _ in 0..3_000 {
            let rate = draw.gamma(2.0, 100_000.0);
            let gaps: Vec<_> = (0..7).map(|_| draw.gamma(shape, rate).ceil() as u32).collect();
            everybody.add(Regularity::of(&gaps));
        }
        near(everybody.shape(), shape, 0.1 * shape);
    }
    near(Regularity::default().shape(), 1.0, 1e-12);
    let steady = Regularity::of(&[30; 40]);
    assert!(Regularity::default().shape_for(steady) > 2.0 && steady.shape() == 100.0);
}

#[test]
fn limits_that_are_none() {
    let usual = Watch::new(day(9), "USD".parse().unwrap());
    for (watch, field) in [
        (Watch { unlikely: 0.0, ..usual }, "unlikely"),
        (Watch { unlikely: f64::NAN, ..usual }, "unlikely"),
        (Watch { gone: 0.05, ..usual }, "gone"),
        (Watch { least_purchases: 2, ..usual }, "least_purchases"),
    ] {
        let wrong = watch.report::<u8>(Regularity::default(), []).unwrap_err();
        assert_eq!(wrong.field, field);
    }
}

#[test]
fn purchases_that_came_later_are_compared_by_frequency() {
    let customers = [
        days([(0, 1), (90, 1)]),
        days([(10, 1)]),
        days([(10, 1), (40, 1), (60, 1), (80, 1), (95, 1), (200, 1)]),
        days([(20, 1), (30, 1), (50, 1)]),
    ];
    let mut check = HoldoutCheck::default();
    let mut cohort = crm_core::lifetime::Cohort::new(day(70), TimeUnit::Week);
    for days in &customers {
        let history = cohort.add(days).unwrap().unwrap();
        check.add(&history, days.count_between(day(70), day(100)));
    }
    let mut outlook = Outlook::new(bg_nbd(), TimeUnit::Week, 30.0 / 7.0, 0.0).unwrap();
    let compared = check.compare(&mut outlook, 2);
    let plain: Vec<_> =
        compared.iter().map(|g| (g.frequency, g.and_more, g.customers, g.actual)).collect();
    assert_eq!(plain, [(0, false, 2, 1), (2, true, 2, 2)]);
    let of_none: f64 =
        [70.0, 60.0].map(|age: f64| bg_nbd().while_alive(0.0, age / 7.0, 30.0 / 7.0)).iter().sum();
    near(compared[0].expected, of_none, 1e-12);
}

#[test]
fn weeks_are_tracked_by_the_day_of_the_first_purchase() {
    let mut tracking = Tracking::new(day(20), day(30));
    for days in
        [days([(0, 1), (8, 1), (29, 1), (31, 1)]), days([(3, 1), (8, 1)]), days([(21, 1), (22, 1)])]
    {
        tracking.add(&days);
    }
    let model = PurchaseModel::new(Model::MbgNbd, [0.5, 6.0, 0.9, 1.6]).unwrap();
    let points = tracking.points(&model, TimeUnit::Week);
    let plain: Vec<_> = points.iter().map(|p| (p.date, p.actual, p.cumulative_actual)).collect();
    // Weeks end with the 20th day; the last one is short.
    let ends = [(6, 0, 0), (13, 2, 2), (20, 0, 2), (27, 0, 2), (30, 1, 3)];
    assert_eq!(plain, ends.map(|(end, one, all)| (day(end), one, all)));
    let week = |days: f64| model.of_new(days / 7.0);
    near(points[1].cumulative_expected, week(13.0) + week(10.0), 1e-12);
    near(points[1].expected, week(13.0) + week(10.0) - week(6.0) - week(3.0), 1e-12);
    assert!(Tracking::new(day(20), day(30)).points(&model, TimeUnit::Week).is_empty());
}
