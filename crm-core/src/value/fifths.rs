use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Invalid, amount_text, six_decimals};

use super::{
    pareto::{
        many,
        select::{Selection, Tally, Weight},
    },
    units::{of_units, percent, quotient, told, total_fits},
};

/// The 8/2/2 figures of a house: how much of the profit the top fifth of its customers makes, and how much of it the bottom fifth
/// loses. (The rule of thumb says: the top 20 % make 80 % of the profit, the bottom 20 % lose half of it.)
///
/// A fifth of n customers is n / 5, rounded up; the bottom fifth is smaller where the top one leaves fewer. So of 7
/// customers 2 are the top, 3 the middle and 2 the bottom; of one, it is the top. Where customers at an edge bring the same, it makes no
/// difference to the figures which of them are inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fifths {
    /// How many customers have a value.
    pub customers: u64,
    /// How many have none, and count nowhere.
    pub missing: u64,
    /// The currency.
    pub currency: Currency,
    /// What all bring together, with the currency's decimals.
    pub total: String,
    /// Those who bring most.
    pub top: Fifth,
    /// Those between.
    pub middle: Fifth,
    /// Those who bring least.
    pub bottom: Fifth,
    /// What all would bring together without the bottom fifth.
    pub without_bottom: String,
    /// What customers of the bottom fifth lose, above zero; none where nobody in it loses anything. Others in it may gain:
    /// [`Fifths::bottom`] has both together.
    pub loss_of_bottom: Option<String>,
    /// That loss as a part of what all would bring without the loss, six decimals: half, the rule says.
    #[serde(serialize_with = "six_decimals")]
    pub lost_share: Option<Decimal>,
    /// The same, in sentences.
    pub reason: String,
}

/// A part of the customers and what it brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fifth {
    /// How many they are.
    pub customers: u64,
    /// What they bring together, with the currency's decimals.
    pub value: String,
    /// Their share of the total, six decimals; none where the total is not above nothing.
    #[serde(serialize_with = "six_decimals")]
    pub share: Option<Decimal>,
}

/// The 8/2/2 figures from what each customer brings, in units of 10^-4 of one currency: profit, for the rule; any
/// value will do. In linear time, without a sort.
///
/// ```
/// use crm_core::{kernel::Currency, value::{UNITS, fifths}};
/// let values = [90, 15, 10, 5, -40].map(|profit| profit * UNITS);
/// let told = fifths(&values, 0, Currency::EUR)?;
/// assert_eq!((told.total.as_str(), told.without_bottom.as_str()), ("80.00", "120.00"));
/// assert_eq!(
///     told.reason,
///     "The top fifth (1 of 5 customers) makes 90.00 EUR, 112.5 % of the total of 80.00 EUR; the bottom fifth (1 \
///      of 5) loses 40.00 EUR, 33.3333 % of the 120.00 EUR that there would be without it."
/// );
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
///
/// # Errors
/// [`Invalid`] when the total is beyond 22 digits.
pub fn fifths(values: &[i64], missing: u64, currency: Currency) -> Result<Fifths, Invalid> {
    let selection = Selection::of(values);
    let (gains, losses) = (selection.positive(), selection.negative());
    total_fits(gains.units)?;
    total_fits(losses.units)?;
    let all = Tally { customers: values.len() as u64, units: gains.units + losses.units };
    let size = all.customers.div_ceil(5);
    let bottom_size = size.min(all.customers - size);
    let top = best(&selection, size);
    let bottom = all - best(&selection, all.customers - bottom_size);
    // Whoever loses is at the bottom: all of them, or as many as are in the fifth.
    let losers = match losses.customers <= bottom.customers {
        true => losses,
        false => bottom,
    };
    let middle = all - top - bottom;
    let without = (all - bottom).units;
    let lost = (losers.units < 0).then_some(-losers.units);
    let fifth = |tally: Tally| Fifth {
        customers: tally.customers,
        value: amount_text(of_units(tally.units), currency),
        share: quotient(tally.units, all.units),
    };
    let lost_share = lost.and_then(|lost| quotient(lost, (all - losers).units));
    let reason = reason(all, [top, bottom, losers], lost_share, currency);
    Ok(Fifths {
        customers: all.customers,
        missing,
        currency,
        total: amount_text(of_units(all.units), currency),
        top: fifth(top),
        middle: fifth(middle),
        bottom: fifth(bottom),
        without_bottom: amount_text(of_units(without), currency),
        loss_of_bottom: lost.map(|lost| amount_text(of_units(lost), currency)),
        lost_share,
        reason,
    })
}

/// What the best so many bring; who is at the edge brings what all bring who are there.
fn best(selection: &Selection<'_>, customers: u64) -> Tally {
    match selection.crossing(Weight::Customers, customers.into()) {
        Some(edge) => edge.before + Tally::each(customers - edge.before.customers, edge.value),
        None => Tally::default(),
    }
}

fn reason(
    all: Tally,
    [top, bottom, losers]: [Tally; 3],
    lost_share: Option<Decimal>,
    currency: Currency,
) -> String {
    if all.customers == 0 {
        return "There are no customers with a value.".to_owned();
    }
    let (n, total) = (all.customers, told(all.units, currency));
    let customers = if n == 1 { "customer" } else { "customers" };
    let makes = told(top.units, currency);
    let share = match quotient(top.units, all.units) {
        Some(share) => format!("{} of the total of {total}", percent(share)),
        None => format!("while the total is {total}, of which there are no shares"),
    };
    let mut words =
        format!("The top fifth ({} of {n} {customers}) makes {makes}, {share}", top.customers);
    let without = told((all - losers).units, currency);
    let size = bottom.customers;
    let (loss, nets) = (told(-losers.units, currency), told(bottom.units, currency));
    let of_without = match lost_share {
        Some(share) => {
            format!(", {} of the {without} that there would be without it", percent(share))
        }
        None => format!("; without it the total would be {without}"),
    };
    words.push_str(&match losers.customers {
        _ if size == 0 => "; there is no bottom fifth.".to_owned(),
        0 => format!("; the bottom fifth ({size} of {n}) loses nothing: it brings {nets}."),
        all if all == size => {
            format!("; the bottom fifth ({size} of {n}) loses {loss}{of_without}.")
        }
        some => {
            let who = many(some, "customer loses", "customers lose");
            format!(
                "; in the bottom fifth ({size} of {n}, which brings {nets} in all) {who} {loss}{of_without}."
            )
        }
    });
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::UNITS;

    fn of(values: &[i64]) -> Fifths {
        let units: Vec<_> = values.iter().map(|value| value * UNITS).collect();
        fifths(&units, 0, Currency::EUR).unwrap()
    }

    fn sizes(fifths: &Fifths) -> [u64; 3] {
        [&fifths.top, &fifths.middle, &fifths.bottom].map(|fifth| fifth.customers)
    }

    #[test]
    fn a_fifth_is_rounded_up_and_nobody_is_in_two() {
        for (n, expected) in [
            (0, [0, 0, 0]),
            (1, [1, 0, 0]),
            (2, [1, 0, 1]),
            (3, [1, 1, 1]),
            (5, [1, 3, 1]),
            (6, [2, 2, 2]),
            (7, [2, 3, 2]),
            (10, [2, 6, 2]),
        ] {
            let values: Vec<i64> = (1..=n).collect();
            assert_eq!(sizes(&of(&values)), expected, "{n}");
        }
    }

    #[test]
    fn the_rule_itself() {
        // Ten customers: two make 80 of 100, six 70, two lose 50 of what would be 150.
        let told = of(&[45, 35, 20, 15, 12, 10, 8, 5, -20, -30]);
        assert_eq!((told.top.value.as_str(), told.top.share), ("80.00", Some(Decimal::new(8, 1))));
        assert_eq!((told.middle.value.as_str(), told.bottom.value.as_str()), ("70.00", "-50.00"));
        assert_eq!(told.loss_of_bottom.as_deref(), Some("50.00"));
        assert_eq!(
            (told.without_bottom.as_str(), told.lost_share),
            ("150.00", Some(Decimal::new(333_333, 6)))
        );
    }

    #[test]
    fn a_total_that_is_not_positive_has_no_shares() {
        let told = of(&[5, -1, -1, -1, -10]);
        assert_eq!((told.top.share, told.total.as_str()), (None, "-8.00"));
        assert_eq!(
            told.reason,
            "The top fifth (1 of 5 customers) makes 5.00 EUR, while the total is -8.00 EUR, of which there are no shares; the bottom fifth (1 of 5) loses 10.00 EUR, 500 % of the 2.00 EUR that there would be without it."
        );
        let all_lose = of(&[-1, -1, -1, -1, -1]);
        assert!(
            all_lose.reason.ends_with("loses 1.00 EUR; without it the total would be -4.00 EUR.")
        );
    }

    #[test]
    fn a_fifth_that_gains_in_all_may_have_somebody_who_loses() {
        let told = of(&[900, 100, 100, 100, 100, 100, 100, 100, 50, -30]);
        assert_eq!(
            (told.bottom.value.as_str(), told.without_bottom.as_str()),
            ("20.00", "1600.00")
        );
        assert_eq!(told.loss_of_bottom.as_deref(), Some("30.00"));
        assert_eq!(told.lost_share, Some(Decimal::new(18_182, 6)));
        assert!(
            told.reason.ends_with(
                "; in the bottom fifth (2 of 10, which brings 20.00 EUR in all) 1 customer loses 30.00 EUR, \
                 1.8182 % of the 1650.00 EUR that there would be without it."
            ),
            "{}",
            told.reason
        );
    }

    #[test]
    fn one_customer_all_equal_and_nobody() {
        assert!(of(&[7]).reason.ends_with("; there is no bottom fifth."));
        let equal = of(&[2; 10]);
        assert_eq!((equal.top.value.as_str(), equal.bottom.value.as_str()), ("4.00", "4.00"));
        assert!(equal.reason.ends_with("loses nothing: it brings 4.00 EUR."));
        assert_eq!(equal.loss_of_bottom, None);
        assert_eq!(of(&[]).reason, "There are no customers with a value.");
    }
}
