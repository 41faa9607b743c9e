use crm_core::value::{Basis, ValueClass};
use rust_decimal::Decimal;

use crate::{
    chart::{self, Across, Line, Lines, Look, Up},
    failure::Failure,
    output::{counted, percent},
    page::{Drawing, Shown},
};

use super::{Told, tables::gini_words};

/// What counts, in words.
pub(super) const fn what(basis: Basis) -> &'static str {
    match basis {
        Basis::Won => "what was won",
        Basis::Revenue => "the revenue",
        Basis::Margin => "the margin",
        Basis::Profit => "the profit",
        _ => "the value",
    }
}

/// The Pareto curve: the Lorenz curve from its other end, those who bring most first. The reason where there is none.
pub(super) fn curve(told: &Told) -> Result<Drawing, Failure> {
    let totals = &told.totals;
    let (Some(top), Some(gini)) = (told.top_share(), totals.gini) else {
        return Ok(Err(format!(
            "all together bring {}, which is not above nothing: nobody has a share of that, and there is no curve to draw",
            told.money(totals.total)
        )));
    };
    let what = what(told.run.basis);
    let cuts = cuts(told);
    let mut points: Vec<_> = totals
        .lorenz
        .iter()
        .rev()
        .map(|point| (Decimal::ONE - point.share_of_customers, Decimal::ONE - point.share_of_value))
        .chain(cuts.iter().map(|cut| cut.at))
        .collect();
    points.sort_unstable();
    let curve = points.into_iter().map(in_percent).collect();
    let line = |name: &str, look, points| Line { name: name.to_owned(), look, points };
    let mut lines = vec![
        line("as it is", Look::Solid, curve),
        line("if all brought the same", Look::Dashed, vec![(0.0, 0.0), (100.0, 100.0)]),
    ];
    lines.extend(cuts.iter().zip([Look::Dotted, Look::DashDotted]).map(|(cut, look)| {
        let (x, y) = in_percent(cut.at);
        line(&cut.name, look, vec![(0.0, y), (x, y), (x, 0.0)])
    }));
    let title = format!("The best 20 % of customers bring {} of {what}", told_percent(top));
    let gini = format!("Gini coefficient {}", gini.round_dp(3));
    let says = format!("{title}. {gini}.");
    let picture = Lines {
        title,
        subtitle: format!("{gini} ({})", gini_words(told)),
        across: Across::Percent("Customers, those who bring most first"),
        up: Up::Percent(format!("Share of {what}")),
        lines,
        border: None,
    };
    let customers = counted(totals.customers, "customer", "customers");
    let source = format!("{customers}, {}, {}.", told.money(totals.total), told.days());
    Ok(Ok(Shown { svg: chart::draw([picture.picture()], source)?, says }))
}

/// Where a class ends.
struct Cut {
    name: String,
    /// Share of the customers, share of the value.
    at: (Decimal, Decimal),
}

/// Where A ends and where B ends, with as many customers as are in them.
fn cuts(told: &Told) -> Vec<Cut> {
    let (mut customers, mut value) = (0, Decimal::ZERO);
    let all = Decimal::from(told.totals.customers.max(1));
    let mut cuts = Vec::new();
    for one in told.totals.classes.iter().filter(|one| one.group != ValueClass::C) {
        (customers, value) = (customers + one.customers, value + one.value);
        let Some(share) = told.share(value).filter(|_| one.customers > 0) else { continue };
        let at = (Decimal::from(customers) / all, share);
        let name = format!(
            "{} ends: {} of customers, {}",
            one.group,
            told_percent(at.0),
            told_percent(share)
        );
        cuts.push(Cut { name, at });
    }
    cuts
}

fn told_percent(share: Decimal) -> String {
    percent(&share.to_string())
}

fn in_percent((x, y): (Decimal, Decimal)) -> (f64, f64) {
    let number = |share: Decimal| share.to_string().parse::<f64>().unwrap_or_default() * 100.0;
    (number(x), number(y))
}
