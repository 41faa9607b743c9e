//! Models of lifetime value: what they say is what is published, what they learn is what the data were drawn from, and what cannot be
//! learned is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod made_up;
mod watching;

use chrono::NaiveDate;
use crm_core::lifetime::{
    Cohort, DAYS_OF_A_YEAR, Fit, GammaGamma, History, Model, Outlook, PurchaseModel, TimeUnit, fit,
};
use made_up::Draw;

fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::Days::new(number)
}

fn cohort(unit: TimeUnit, histories: impl IntoIterator<Item = History>) -> Cohort {
    let mut cohort = Cohort::new(day(720), unit);
    histories.into_iter().for_each(|history| cohort.add_history(&history));
    cohort
}

fn near(found: f64, expected: f64, within: f64) {
    assert!((found - expected).abs() <= within, "{found} instead of {expected}");
}

fn bg_nbd() -> PurchaseModel {
    let parameters = [0.242593, 4.413532, 0.792886, 2.425752];
    PurchaseModel::new(Model::BgNbd, parameters).unwrap()
}

/// Fader, Hardie and Lee (2005) on CDNOW: the parameters they print with more digits, and what the Python package lifetimes 0.11.3
/// says with them of these customers: x, t_x, T, E[Y(52)], P(alive). The first is the customer of their worked example.
#[test]
fn bg_nbd_predicts_what_is_published() {
    for (x, t_x, age, purchases, alive) in [
        (2.0, 30.43, 38.86, 1.558584, 0.726609),
        (1.0, 1.71, 38.86, 0.259907, 0.212227),
        (0.0, 0.0, 38.86, 0.251666, 1.0),
        (26.0, 30.86, 31.0, 25.759475, 0.968920),
        (7.0, 29.43, 38.86, 4.199123, 0.641801),
    ] {
        let found = bg_nbd().alive(x, t_x, age);
        near(found, alive, 1e-6);
        near(found * bg_nbd().while_alive(x, age, 52.0), purchases, 1e-6);
    }
}

/// Fader and Hardie, A Note on Deriving the Pareto/NBD Model (2005), of that very customer by the parameters of Fader, Hardie and Lee;
/// what a new customer does is the integral of the rate over those who are left.
#[test]
fn pareto_nbd_predicts_what_its_definition_says() {
    let [r, alpha, s, beta] = [0.5533, 10.5776, 0.6062, 11.6676];
    let model = PurchaseModel::new(Model::ParetoNbd, [r, alpha, s, beta]).unwrap();
    // By midpoints: E[X(t)] = r/α ∫ (β/(β+u))^s du.
    let steps = 200_000;
    let width = 52.0 / f64::from(steps);
    let left = |step: i32| (beta / (beta + (f64::from(step) + 0.5) * width)).powf(s);
    near(model.of_new(52.0), r / alpha * (0..steps).map(left).sum::<f64>() * width, 1e-6);
    // P(alive): 1 / (1 + s ∫ ((α+T)/(α+y))^(r+x) ((β+T)/(β+y))^s / (β+y) dy) from t_x to T.
    for (x, t_x, age) in [(2.0, 30.43, 38.86), (0.0, 0.0, 38.86), (26.0, 30.86, 31.0)] {
        let width = (age - t_x) / f64::from(steps);
        let left = |step: i32| {
            let y = t_x + (f64::from(step) + 0.5) * width;
            let silent: f64 = ((alpha + age) / (alpha + y)).powf(r + x);
            silent * ((beta + age) / (beta + y)).powf(s) / (beta + y)
        };
        let odds = s * (0..steps).map(left).sum::<f64>() * width;
        near(model.alive(x, t_x, age), 1.0 / (1.0 + odds), 1e-7);
    }
    // α and β change places, the customer is as it is where they meet.
    let at = |beta: f64| {
        let model = PurchaseModel::new(Model::ParetoNbd, [r, 10.0, s, beta]).unwrap();
        model.alive(3.0, 20.0, 40.0)
    };
    near(at(10.0 - 1e-9), at(10.0 + 1e-9), 1e-9);
}

#[test]
fn an_expectation_is_what_longer_and_longer_horizons_lead_to() {
    let models = [
        bg_nbd(),
        PurchaseModel::new(Model::MbgNbd, [0.52, 6.2, 0.89, 1.6]).unwrap(),
        PurchaseModel::new(Model::ParetoNbd, [0.55, 10.6, 1.0, 11.7]).unwrap(),
    ];
    for model in models {
        assert_eq!(model.while_alive(3.0, 20.0, 0.0), 0.0);
        let horizons = [1e-3, 1.0, 10.0, 100.0, 1_000.0, 100_000.0];
        let told = horizons.map(|time| model.while_alive(3.0, 20.0, time));
        assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "{told:?}");
        // For a moment, the rate: (r + x) / (α + T).
        let rate = told[0] / horizons[0];
        let expected = match model {
            PurchaseModel::BetaGeometric(_) if model == bg_nbd() => 3.2426 / 24.4135,
            PurchaseModel::BetaGeometric(_) => 3.52 / 26.2,
            _ => 3.55 / 30.6,
        };
        near(rate, expected, 1e-4);
    }
}

#[test]
fn discounting_is_adding_up_day_by_day() {
    for (horizon, rate) in [(52.0, 0.1), (520.0, 0.15), (5_200.0, 0.5)] {
        let mut outlook = Outlook::new(bg_nbd(), TimeUnit::Week, horizon, rate).unwrap();
        for (frequency, age) in [(0, 0), (2, 272), (40, 2_000)] {
            let recency = if frequency == 0 { 0 } else { age - 10 };
            let history = History { frequency, recency, age, repeat_value: 0.into() };
            let found = outlook.of(&history);
            let (x, age) = (f64::from(frequency), TimeUnit::Week.of_days(age));
            let alive = bg_nbd().alive(x, TimeUnit::Week.of_days(recency), age);
            let mut before = 0.0;
            let mut sum = 0.0;
            for step in 1..=(horizon * 7.0) as u32 {
                let time = f64::from(step) / 7.0;
                let until = alive * bg_nbd().while_alive(x, age, time);
                let years = (f64::from(step) - 0.5) / DAYS_OF_A_YEAR;
                sum += (until - before) * (1.0 + rate).powf(-years);
                before = until;
            }
            near(found.purchases, before, 1e-9 * before);
            near(found.discounted_purchases, sum, 1e-6 * sum);
        }
    }
}

#[test]
fn the_average_lies_between_the_own_and_that_of_all() {
    // Fader and Hardie (2013): p 6.25, q 3.74, γ 15.44; the mean of all is p γ / (q - 1) = 35.2.
    let model = GammaGamma::new([6.25, 3.74, 15.44]).unwrap();
    near(model.average(0, None).unwrap(), 35.219, 1e-3);
    let of_one = model.average(1, Some(70.0)).unwrap();
    let of_nine = model.average(9, Some(70.0)).unwrap();
    assert!(35.3 < of_one && of_one < of_nine && of_nine < 70.0);
    assert_eq!(model.average(3, Some(-7.0)), model.average(0, None));
    assert_eq!(GammaGamma::new([6.0, 0.9, 15.0]).unwrap().average(0, None), None);
}

/// Each within three standard errors, and none of these too wide to tell.
fn recovers(fit: &Fit, truth: &[f64]) {
    assert!(fit.converged, "{fit:?}");
    let errors = fit.standard_errors.as_ref().unwrap();
    for (((name, found), (_, error)), truth) in fit.parameters.iter().zip(errors.iter()).zip(truth)
    {
        assert!(
            (found - truth).abs() < 3.0 * error,
            "{name}: {found} ± {error} instead of {truth}"
        );
        assert!(error < 0.5 * truth, "{name}: {found} ± {error}");
    }
}

#[test]
fn what_data_were_drawn_from_is_found_again() {
    let truth = [0.8, 60.0, 0.9, 3.0];
    for (model, seed) in [(Model::BgNbd, 1), (Model::MbgNbd, 2)] {
        let mut draw = Draw(seed);
        let modified = model == Model::MbgNbd;
        let drawn = (0..8_000).map(|i| draw.beta_geometric(truth, 300 + i % 420, modified));
        recovers(&fit(model, &cohort(TimeUnit::Day, drawn)).unwrap(), &truth);
    }
    let truth = [0.9, 50.0, 0.7, 200.0];
    let mut draw = Draw(3);
    let drawn = (0..8_000).map(|i| draw.pareto(truth, 300 + i % 420));
    recovers(&fit(Model::ParetoNbd, &cohort(TimeUnit::Day, drawn)).unwrap(), &truth);

    let truth = [5.0, 4.0, 20.0];
    let mut draw = Draw(4);
    let drawn = (0..8_000).map(|i| {
        let history = draw.beta_geometric([0.8, 60.0, 0.9, 3.0], 300 + i % 420, false);
        draw.valued(history, truth)
    });
    recovers(&fit(Model::GammaGamma, &cohort(TimeUnit::Day, drawn)).unwrap(), &truth);
}

#[test]
fn neither_unit_nor_order_changes_what_is_found() {
    let mut draw = Draw(5);
    let drawn: Vec<_> = (0..2_000)
        .map(|i| draw.beta_geometric([0.8, 60.0, 0.9, 3.0], 300 + i % 400, false))
        .map(|history| History { repeat_value: (history.frequency * 7).into(), ..history })
        .collect();
    for model in [Model::BgNbd, Model::MbgNbd, Model::ParetoNbd] {
        let days = fit(model, &cohort(TimeUnit::Day, drawn.iter().copied())).unwrap();
        let again = fit(model, &cohort(TimeUnit::Day, drawn.iter().rev().copied())).unwrap();
        assert_eq!(days, again);
        let weeks = fit(model, &cohort(TimeUnit::Week, drawn.iter().copied())).unwrap();
        for name in ["r", "a", "b", "s"] {
            let [days, weeks] = [&days, &weeks].map(|fit| fit.parameters.get(name));
            near(weeks.unwrap_or(0.0), days.unwrap_or(0.0), 1e-3);
        }
        for name in ["alpha", "beta"] {
            let [days, weeks] = [&days, &weeks].map(|fit| fit.parameters.get(name).unwrap_or(0.0));
            near(weeks * 7.0, days, 1e-3 * days);
        }
    }
}

#[test]
fn a_fit_is_told_as_json() {
    let mut draw = Draw(6);
    let drawn = (0..500).map(|_| draw.beta_geometric([0.8, 60.0, 0.9, 3.0], 500, false));
    let json = serde_json::to_value(fit(Model::BgNbd, &cohort(TimeUnit::Week, drawn)).unwrap());
    let json = json.unwrap();
    assert_eq!(json["model"], "bg-nbd");
    assert_eq!(json["unit"], "week");
    assert_eq!(json["observation_end"], day(720).to_string());
    assert_eq!(json["customers"], 500);
    for of in ["parameters", "standard_errors"] {
        let names: Vec<_> = json[of].as_object().unwrap().keys().cloned().collect();
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "alpha", "b", "r"]);
    }
    assert!(json["log_likelihood"].as_f64().unwrap() < 0.0 && json["converged"].is_boolean());
}

/// An outlook says in money what to expect.
#[test]
fn a_customer_has_an_outlook() {
    let mut outlook = Outlook::new(bg_nbd(), TimeUnit::Week, 52.0, 0.0).unwrap();
    let values = GammaGamma::new([6.25, 3.74, 15.44]).unwrap();
    let history = History { frequency: 2, recency: 213, age: 272, repeat_value: 60.into() };
    let usd = "USD".parse().unwrap();
    let told = serde_json::to_value(outlook.customer("ann", &history, Some(&values), usd)).unwrap();
    // (15.44 + 60) 6.25 / (6.25 · 2 + 3.74 - 1) = 30.938...
    assert_eq!(told["average_value"], "30.94");
    let expected: f64 = told["purchases"].as_f64().unwrap() * 30.938_320_209_973_75;
    assert_eq!(told["value"], format!("{expected:.2}"));
    assert_eq!((&told["customer"], &told["mean_value"]), (&"ann".into(), &30.0.into()));
}
