use crm_core::{
    customer::Customer,
    kernel::Id,
    lifetime::{CustomerOutlook, Fit, HoldoutGroup, LifetimeReport, Model, TimeUnit, Together},
};

use super::words::Horizon;
use crate::{
    failure::Failure,
    find::Customers,
    output::{Out, counted, grouped, short},
};

/// What a model says, for people.
pub(super) fn show(
    report: &LifetimeReport,
    best: &[CustomerOutlook<Id<Customer>>],
    together: &Together,
    names: &Customers,
    horizon: Horizon,
    out: Out,
) -> Result<(), Failure> {
    let fit = &report.fit;
    out.line(format!(
        "{}, fitted to {} until {}, in {}; {} came back.",
        called(fit.model),
        counted(fit.customers, "customer", "customers"),
        fit.observation_end,
        if fit.unit == TimeUnit::Week { "weeks" } else { "days" },
        grouped(fit.repeaters),
    ))?;
    if fit.ignored_purchases > 0 {
        let later = counted(fit.ignored_purchases, "later purchase was", "later purchases were");
        out.line(format!("{later} not looked at."))?;
    }
    estimates(fit, out)?;
    if let Some(values) = &report.values {
        let customers = counted(values.customers, "customer", "customers");
        out.line(format!("What a purchase brings: {}, {customers}.", called(values.model)))?;
        estimates(values, out)?;
    }
    if let Some(why) = &report.values_refused {
        out.line(format!("What a purchase brings is not told: {why}."))?;
    }
    holdout(report, out)?;
    tracking(report, out)?;
    if let Some(purchases) = together.purchases {
        let worth = together.value.as_ref().map_or_else(String::new, |value| {
            let discount = report.discount * 100.0;
            format!(", worth {} {} today at {discount} % a year", grouped(value), together.currency)
        });
        out.line(format!(
            "Within {horizon} from {} on, {} purchases are to be expected{worth}.",
            fit.observation_end,
            grouped(format!("{purchases:.1}")),
        ))?;
    }
    customers(report, best, names, out)?;
    if (best.len() as u64) < together.customers {
        out.line("There are more: --limit N shows more, --csv FILE writes them all.")?;
    }
    Ok(())
}

/// As the literature calls it.
pub(super) const fn called(model: Model) -> &'static str {
    match model {
        Model::BgNbd => "BG/NBD",
        Model::MbgNbd => "MBG/NBD",
        Model::ParetoNbd => "Pareto/NBD",
        Model::GammaGamma => "Gamma-Gamma",
        other => other.as_str(),
    }
}

fn estimates(fit: &Fit, out: Out) -> Result<(), Failure> {
    let rows = fit.parameters.iter().map(|(name, estimate)| {
        let error = fit.standard_errors.as_ref().and_then(|errors| errors.get(name));
        let error = error.map_or_else(|| "-".to_owned(), |error| format!("{error:.4}"));
        vec![name.to_owned(), format!("{estimate:.4}"), error]
    });
    out.table(&["Parameter", "Estimate", "Standard error"], 1, rows)?;
    let converged = if fit.converged {
        "converged"
    } else {
        "NOT converged: the data do not determine the parameters, take none of this for certain"
    };
    let likelihood = grouped(format!("{:.4}", fit.log_likelihood));
    out.line(format!("Log likelihood {likelihood}; {converged}."))
}

fn holdout(report: &LifetimeReport, out: Out) -> Result<(), Failure> {
    if report.holdout.is_empty() {
        return Ok(());
    }
    let (end, until) = (report.fit.observation_end, report.as_of);
    out.line(format!(
        "Purchases after {end}, until {until}, by how often customers came back before:"
    ))?;
    let rows = report.holdout.iter().map(|group| {
        let each = |purchases: f64| format!("{:.3}", purchases / group.customers as f64);
        vec![
            frequency(group),
            grouped(group.customers),
            grouped(group.actual),
            grouped(format!("{:.1}", group.expected)),
            each(group.actual as f64),
            each(group.expected),
        ]
    });
    let header = ["Came back", "Customers", "Purchases", "Expected", "each", "expected"];
    out.table(&header, 1, rows)
}

/// `7+` where those with more are in it too.
pub(super) fn frequency(group: &HoldoutGroup) -> String {
    format!("{}{}", group.frequency, if group.and_more { "+" } else { "" })
}

fn tracking(report: &LifetimeReport, out: Out) -> Result<(), Failure> {
    let Some(last) = report.tracking.last() else { return Ok(()) };
    let (actual, expected) = (last.cumulative_actual as f64, last.cumulative_expected);
    let off = if actual > 0.0 {
        format!(" ({:+.1} %)", (expected / actual - 1.0) * 100.0)
    } else {
        String::new()
    };
    out.line(format!(
        "{} came until {}; by the model it would be {}{off}.",
        counted(last.cumulative_actual, "repeat purchase", "repeat purchases"),
        last.date,
        grouped(format!("{expected:.0}")),
    ))
}

fn customers(
    report: &LifetimeReport,
    best: &[CustomerOutlook<Id<Customer>>],
    names: &Customers,
    out: Out,
) -> Result<(), Failure> {
    let name = |one: &CustomerOutlook<Id<Customer>>| {
        let found = names.get(&one.customer).map(|customer| short(&customer.name, 34));
        found.unwrap_or_else(|| one.customer.to_string())
    };
    let amount = |text: &Option<String>| text.as_ref().map_or_else(|| "-".to_owned(), grouped);
    let currency = report.currency;
    let each = format!("A purchase, {currency}");
    if report.fit.model == Model::GammaGamma {
        let rows = best.iter().map(|one| {
            let mean = one.mean_value.map_or_else(|| "-".to_owned(), |mean| format!("{mean:.2}"));
            vec![name(one), grouped(one.frequency), mean, amount(&one.average_value)]
        });
        return out.table(&["Customer", "Came back", "brought on average", &each], 1, rows);
    }
    let rows = best.iter().map(|one| {
        let expected = |which: fn(&crm_core::lifetime::Expected) -> f64, decimals: usize| {
            one.expected.as_ref().map_or_else(String::new, |e| format!("{:.decimals$}", which(e)))
        };
        vec![
            name(one),
            grouped(one.frequency),
            expected(|expected| expected.alive * 100.0, 1) + " %",
            expected(|expected| expected.purchases, 2),
            amount(&one.average_value),
            amount(&one.value),
        ]
    });
    let value = format!("Value, {currency}");
    let header = ["Customer", "Came back", "Still one", "Expected", &each, &value];
    out.table(&header, 1, rows)
}
