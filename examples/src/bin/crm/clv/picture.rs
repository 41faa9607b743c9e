use chrono::{NaiveDate, NaiveTime};
use crm_core::lifetime::{HoldoutGroup, LifetimeReport, TrackingPoint};

use super::show::{called, frequency};
use crate::{
    chart::{self, Across, Line, Lines, Look, Up},
    failure::Failure,
    output::{counted, grouped},
    place::Place,
};

/// Draws whether the model told right: Fader, Hardie and Lee's figures 5 and 3 (2005).
pub(super) fn write(report: &LifetimeReport, place: &Place) -> Result<(), Failure> {
    let mut pictures = vec![tracking(report)];
    if !report.holdout.is_empty() {
        pictures.push(holdout(report));
    }
    let fit = &report.fit;
    let parameters: Vec<_> =
        fit.parameters.iter().map(|(name, number)| format!("{name} {number:.3}")).collect();
    let source = format!(
        "{}: {}; log likelihood {}; {} until {}.",
        called(fit.model),
        parameters.join(", "),
        grouped(format!("{:.1}", fit.log_likelihood)),
        counted(fit.customers, "customer", "customers"),
        fit.observation_end,
    );
    let pictures = pictures.into_iter().map(Lines::picture);
    place.write(&chart::draw(pictures, source)?)
}

fn tracking(report: &LifetimeReport) -> Lines {
    let (end, until) = (report.fit.observation_end, report.as_of);
    let line = |name: &str, look, of: fn(&TrackingPoint) -> f64| {
        let points = report.tracking.iter().map(|point| (seconds(point.date), of(point)));
        Line { name: name.to_owned(), look, points: points.collect() }
    };
    let came = line("as they came", Look::Solid, |point| point.cumulative_actual as f64);
    let expected = line("as the model expects", Look::Dashed, |point| point.cumulative_expected);
    Lines {
        title: "Repeat purchases so far, week by week".to_owned(),
        subtitle: String::new(),
        across: Across::Days("Day"),
        up: Up::Numbers("Repeat purchases".to_owned()),
        lines: vec![came, expected],
        border: (end < until).then(|| (seconds(end), "end of the observation")),
    }
}

fn holdout(report: &LifetimeReport) -> Lines {
    let (end, until) = (report.fit.observation_end, report.as_of);
    let line = |name: &str, look, of: fn(&HoldoutGroup) -> f64| {
        let means = report.holdout.iter().map(|group| of(group) / group.customers as f64);
        Line { name: name.to_owned(), look, points: (0..).map(f64::from).zip(means).collect() }
    };
    Lines {
        title: "Purchases of a customer after the observation".to_owned(),
        subtitle: format!("After {end}, until {until}, by how often customers came back before"),
        across: Across::Words(
            "Repeat purchases until the end of the observation",
            report.holdout.iter().map(frequency).collect(),
        ),
        up: Up::Numbers("Purchases, on average".to_owned()),
        lines: vec![
            line("as they came", Look::Solid, |group| group.actual as f64),
            line("as the model expects", Look::Dashed, |group| group.expected),
        ],
        border: None,
    }
}

fn seconds(day: NaiveDate) -> f64 {
    day.and_time(NaiveTime::MIN).and_utc().timestamp() as f64
}
