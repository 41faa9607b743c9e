//! `crm clv` and `crm at-risk` on the CDNOW data: the published figures, and the same text from both databases.

use serde_json::Value;

use crate::{
    House,
    clv::{self, both},
    real_data,
};

const CALIBRATED: [&str; 8] =
    ["--as-of", "1997-09-30", "--unit", "week", "--horizon", "39w", "--discount", "0"];
const HELD_OUT: [&str; 4] = ["--as-of", "1998-06-30", "--calibrate-to", "1997-09-30"];

/// The same purchases in each.
fn houses(unchecked: &str, sample: bool) -> Option<[House; 2]> {
    let folder = real_data::folder(unchecked)?;
    let houses = clv::houses();
    for house in &houses {
        let report = real_data::shop(house, &folder, sample);
        let rows = if sample { 6_919 } else { 69_659 };
        assert_eq!((&report["new"], &report["refused"]), (&rows.into(), &0.into()), "{report}");
    }
    Some(houses)
}

fn json(houses: &[House; 2], args: &[&str]) -> Value {
    serde_json::from_str(&both(houses, &[args, &["--json"]].concat())).unwrap()
}

fn number(json: &Value) -> f64 {
    json.as_f64().unwrap()
}

/// Parameters as they are printed with so many decimals, and the log-likelihood with one.
fn printed(told: &Value, names: &[&str], decimals: usize) -> String {
    let parameters = names.iter().map(|name| {
        let error = number(&told["standard_errors"][name]);
        assert!(error > 0.0 && error.is_finite(), "{told}");
        format!("{name} {:.decimals$}", number(&told["parameters"][name]))
    });
    let parameters: Vec<_> = parameters.collect();
    assert_eq!(told["converged"], true, "{told}");
    format!("{}, LL {:.1}", parameters.join(", "), number(&told["log_likelihood"]))
}

/// Fader, Hardie and Lee, "Counting Your Customers" the Easy Way (2005), table 2; Fader and Hardie, The Gamma-Gamma Model of
/// Monetary Value (2013).
#[test]
fn the_published_figures_come_out_of_both_databases() {
    let unchecked = "the published figures of lifetime value by `crm clv`";
    let Some(houses) = houses(unchecked, true) else { return };
    for (model, names, decimals, expected) in [
        (
            "bg-nbd",
            &["r", "alpha", "a", "b"][..],
            3,
            "r 0.243, alpha 4.414, a 0.793, b 2.426, LL -9582.4",
        ),
        (
            "mbg-nbd",
            &["r", "alpha", "a", "b"],
            3,
            "r 0.525, alpha 6.183, a 0.891, b 1.614, LL -9582.1",
        ),
        (
            "pareto-nbd",
            &["r", "alpha", "s", "beta"],
            3,
            "r 0.553, alpha 10.578, s 0.606, beta 11.669, LL -9595.0",
        ),
        ("gamma-gamma", &["p", "q", "gamma"], 2, "p 6.25, q 3.74, gamma 15.44, LL -4055.9"),
    ] {
        let told = json(&houses, &[&["clv", "--model", model][..], &CALIBRATED].concat());
        assert_eq!(printed(&told, names, decimals), expected);
        assert!(!told.to_string().contains("[id]"), "it is the same in every database: {told}");
        assert_eq!((&told["model"], &told["unit"]), (&model.into(), &"week".into()));
        assert_eq!(told["observation_end"], "1997-09-30");
        let values = model == "gamma-gamma";
        assert_eq!(told["customers"], if values { 946 } else { 2_357 });
        if !values {
            let beside = printed(&told["values"], &["p", "q", "gamma"], 2);
            assert_eq!(beside, "p 6.25, q 3.74, gamma 15.44, LL -4055.9");
        }
    }
    // What came later has no say, and is the same whether the day is the last one or the end of the calibration.
    let until = json(&houses, &[&["clv"][..], &CALIBRATED].concat());
    let held_out = json(&houses, &[&["clv"][..], &HELD_OUT].concat());
    assert_eq!(until["parameters"], held_out["parameters"]);
    assert_eq!(until["holdout"], Value::Array(Vec::new()));
    let groups = held_out["holdout"].as_array().unwrap();
    let counts: Vec<_> = groups.iter().map(|group| group["actual"].as_u64().unwrap()).collect();
    assert_eq!(counts, [334, 306, 298, 156, 157, 112, 112, 407]);
    let last = &held_out["tracking"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["date"], &last["cumulative_actual"]), (&"1998-06-30".into(), &4_339.into()));

    // A customer with frequency 26, recency 30.86 and age 31 weeks in MEASURED: of a summary whose times are rounded to 0.01 weeks, which
    // moves parameters by 6 parts in 100,000.
    let day = ["clv", "--as-of", "1997-09-30", "--horizon", "52w", "--limit", "3"];
    let best = json(&houses, &day)["best"].as_array().unwrap().clone();
    let one = best.iter().find(|one| one["frequency"] == 26).unwrap();
    for (key, known) in [("purchases", 25.759475), ("alive", 0.968920)] {
        assert!((number(&one[key]) / known - 1.0).abs() < 1e-4, "{one}");
    }
    // Days and weeks are the same model: only times are counted otherwise.
    let days = json(&houses, &["clv", "--as-of", "1997-09-30", "--unit", "day"]);
    let weekly = number(&until["parameters"]["alpha"]) * 7.0;
    assert!((number(&days["parameters"]["alpha"]) / weekly - 1.0).abs() < 1e-5, "{days}");
}

#[test]
fn the_whole_of_the_data_is_told_alike_by_both_databases() {
    let unchecked =
        "that `crm clv` and `crm at-risk` say the same of the whole of CDNOW on both databases";
    let Some(houses) = houses(unchecked, false) else { return };
    for model in ["bg-nbd", "mbg-nbd", "pareto-nbd", "gamma-gamma"] {
        let args = [&["clv", "--model", model, "--limit", "5"][..], &HELD_OUT].concat();
        let told = json(&houses, &args);
        assert_eq!(told["converged"], true, "{told}");
        assert!(told["standard_errors"].is_object(), "{told}");
        assert_eq!(told["together"]["customers"], 23_570);
        assert_eq!(told["best"].as_array().unwrap().len(), 5);
    }
    let at_risk = ["at-risk", "--as-of", "1998-06-30"];
    let told = json(&houses, &at_risk);
    assert_eq!(told["customers"], 23_570);
    let worth = |one: &Value| one["value_at_risk"].as_str().unwrap().parse::<f64>().unwrap();
    let listed = told["at_risk"].as_array().unwrap();
    assert_eq!(listed.len(), 20);
    assert!(listed.is_sorted_by(|one, next| worth(one) >= worth(next)), "{told}");
    both(&houses, &at_risk);
}
