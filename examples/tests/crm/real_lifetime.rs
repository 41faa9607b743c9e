//! Lifetime value on the CDNOW data: the published figures of the models, to the digits that are printed.

use std::{fs, path::Path};

use chrono::NaiveDate;
use crm_core::lifetime::{
    Cohort, Fit, History, HoldoutCheck, Model, Outlook, PurchaseDays, TimeUnit, Tracking,
    by_customer, fit,
};
use rust_decimal::Decimal;

use crate::real_data;

fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y%m%d").unwrap()
}

/// Customer, day and amount of each row; the sample has a column more.
fn rows(folder: &Path, file: &str) -> Vec<(String, NaiveDate, Decimal)> {
    let text = fs::read_to_string(folder.join("cdnow").join(file)).unwrap();
    let rows = text.lines().filter(|line| !line.contains("customer_id"));
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [customer, .., date, _, value] = words[..] else { panic!("{line}") };
        (customer.to_owned(), day(date), value.parse().unwrap())
    };
    rows.map(row).collect()
}

struct Shop {
    customers: Vec<PurchaseDays>,
    cohort: Cohort,
}

impl Shop {
    fn open(folder: &Path, file: &str, end: &str) -> Self {
        let customers: Vec<_> =
            by_customer(rows(folder, file)).map(|customer| customer.unwrap().1).collect();
        let mut cohort = Cohort::new(day(end), TimeUnit::Week);
        for days in &customers {
            cohort.add(days).unwrap();
        }
        Self { customers, cohort }
    }

    fn fit(&self, model: Model) -> Fit {
        let fit = fit(model, &self.cohort).unwrap();
        assert!(fit.converged, "{fit:?}");
        fit
    }
}

/// The parameter as it is printed with so many decimals.
fn printed(fit: &Fit, decimals: usize) -> Vec<String> {
    fit.parameters.iter().map(|(name, number)| format!("{name} {number:.decimals$}")).collect()
}

fn sample(unchecked: &str) -> Option<Shop> {
    let folder = real_data::folder(unchecked)?;
    Some(Shop::open(&folder, "CDNOW_sample.txt", "19970930"))
}

/// Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005), table 2.
#[test]
fn bg_nbd_and_pareto_nbd_have_the_published_figures() {
    let Some(shop) = sample("the published figures of BG/NBD and Pareto/NBD") else { return };
    assert_eq!((shop.cohort.customers(), shop.cohort.repeaters()), (2_357, 946));

    let bg = shop.fit(Model::BgNbd);
    assert_eq!(printed(&bg, 3), ["r 0.243", "alpha 4.414", "a 0.793", "b 2.426"]);
    assert_eq!(format!("{:.1}", bg.log_likelihood), "-9582.4");
    // Of the same transactions, found by Nelder and Mead's method until nothing moved: MEASURED.
    let tight = [0.242595, 4.413602, 0.792922, 2.425907];
    for ((name, found), tight) in bg.parameters.iter().zip(tight) {
        assert!(
            (found - tight).abs() < 2e-6 * tight.max(1.0),
            "{name}: {found} instead of {tight}"
        );
    }
    assert_eq!(format!("{:.5}", bg.log_likelihood), "-9582.42921");

    let pareto = shop.fit(Model::ParetoNbd);
    assert_eq!(printed(&pareto, 3), ["r 0.553", "alpha 10.578", "s 0.606", "beta 11.669"]);
    assert_eq!(format!("{:.1}", pareto.log_likelihood), "-9595.0");
    // The surface is flat: the likelihood tells whether it is the same place, to 10^-4 or better.
    assert!(pareto.log_likelihood > -9_594.976_19, "{pareto:?}");

    // Batislam, Denizel and Filiztekin have other data; the reference is the Python package lifetimes 0.11.3.
    let mbg = shop.fit(Model::MbgNbd);
    let reference = [0.524843, 6.183082, 0.891360, 1.614003];
    for ((name, found), reference) in mbg.parameters.iter().zip(reference) {
        assert!((found / reference - 1.0).abs() < 2e-6, "{name}: {found} instead of {reference}");
    }
}

/// Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013).
#[test]
fn gamma_gamma_has_the_published_figures() {
    let Some(shop) = sample("the published figures of the Gamma-Gamma model") else { return };
    let found = shop.fit(Model::GammaGamma);
    assert_eq!(found.customers, 946);
    assert_eq!(printed(&found, 2), ["p 6.25", "q 3.74", "gamma 15.44"]);
    let tight = [6.249573, 3.744224, 15.443517];
    for ((name, found), tight) in found.parameters.iter().zip(tight) {
        assert!((found - tight).abs() < 2e-6 * tight, "{name}: {found} instead of {tight}");
    }
    assert_eq!(format!("{:.5}", found.log_likelihood), "-4055.91769");
}

/// Purchases within the 39 weeks after the observation, by frequency: the figures of Fader, Hardie and Lee (2005), figure 3; with four
/// decimals what lifetimes 0.11.3 says.
#[test]
fn what_came_later_is_what_the_models_are_known_to_say() {
    let Some(shop) = sample("what models say of later purchases, by frequency and week by week")
    else {
        return;
    };
    let (end, until) = (day("19970930"), day("19980630"));
    let mut check = HoldoutCheck::default();
    let mut tracking = Tracking::new(end, until);
    for days in &shop.customers {
        let history = History::of(days, end).unwrap().unwrap();
        check.add(&history, days.count_between(end, until));
        tracking.add(days);
    }
    let bg = [0.2251, 0.5231, 1.0441, 1.5203, 2.1639, 2.6538, 3.5040, 6.1572];
    let mbg = [0.1852, 0.5514, 1.0490, 1.4929, 2.1043, 2.5636, 3.3608, 5.8485];
    let pareto = [0.1385, 0.5995, 1.1959, 1.7139, 2.3984, 2.9073, 3.8187, 6.4032];
    // So many came within the whole of 78 weeks, and that is what each model says too: cumulative tracking, in per cent.
    for (model, means, off) in
        [(Model::BgNbd, bg, -4), (Model::MbgNbd, mbg, -7), (Model::ParetoNbd, pareto, -2)]
    {
        let model = shop.fit(model).purchases().unwrap();
        let mut outlook = Outlook::new(model, TimeUnit::Week, 39.0, 0.0).unwrap();
        let groups = check.compare(&mut outlook, 7);
        let customers: Vec<_> = groups.iter().map(|group| group.customers).collect();
        assert_eq!(customers, [1_411, 439, 214, 100, 62, 38, 29, 64]);
        let actual: Vec<_> = groups.iter().map(|group| group.actual).collect();
        assert_eq!(actual, [334, 306, 298, 156, 157, 112, 112, 407]);
        for (group, mean) in groups.iter().zip(means) {
            let found = group.expected / group.customers as f64;
            assert!((found - mean).abs() < 3e-4, "{group:?}: {found} instead of {mean}");
        }
        let points = tracking.points(&model, TimeUnit::Week);
        let at_end = points.iter().find(|point| point.date == end).unwrap();
        assert_eq!(at_end.cumulative_actual, 2_457);
        assert!((at_end.cumulative_expected / 2_457.0 - 1.0).abs() < 0.03, "{at_end:?}");
        let last = points.last().unwrap();
        assert_eq!((last.date, last.cumulative_actual), (until, 2_457 + 1_882));
        let per_cent = (last.cumulative_expected / last.cumulative_actual as f64 - 1.0) * 100.0;
        assert_eq!(per_cent.round() as i32, off, "{last:?}");
    }
}

/// All of the data, by the same way; a widely used package loses the likelihood of Pareto/NBD on them.
#[test]
fn the_whole_of_the_data_carries_each_model() {
    let unchecked = "that all models are fitted to the whole of CDNOW";
    let Some(folder) = real_data::folder(unchecked) else { return };
    let shop = Shop::open(&folder, "CDNOW_master.txt", "19970930");
    assert_eq!(shop.cohort.customers(), 23_570);
    for model in Model::ALL {
        let found = shop.fit(*model);
        assert!(found.log_likelihood.is_finite() && found.standard_errors.is_some(), "{found:?}");
    }
}
