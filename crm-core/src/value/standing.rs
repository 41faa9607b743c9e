use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Invalid, amount_text, text_enum};

use super::{
    pareto::select::{Selection, Weight},
    units::{of_units, percent, to_units, told},
};

text_enum! {
    /// What a customer is to the house, by what it brings today and what is to be expected of it.
    pub enum Standing {
        /// One of those who bring most.
        Important = "important",
        /// It does not bring much yet, and much is to be expected of it.
        ToWin = "to_win",
        /// It brings what others do: neither few nor lost.
        Ordinary = "ordinary",
        /// It costs more than it brings, and no more is to be expected.
        Dispensable = "dispensable",
    }
}

/// Who is important, who is to be won, who is dispensable: as data. The first that holds decides, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StandingPolicy {
    /// Important: one of the best so many percent of the customers (their number rounded up, ties together), and bringing more
    /// than nothing.
    #[serde(with = "rust_decimal::serde::str")]
    pub important_percent: Decimal,
    /// To be won: so much at least is expected of it.
    pub to_win: Expectation,
    /// Dispensable: it brings less than this, in the currency of the values.
    #[serde(with = "rust_decimal::serde::str")]
    pub dispensable_below: Decimal,
}

/// How much is to be expected of a customer to be won.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// As much as the least of the important brings today.
    AsTheImportant,
    /// So much, in the currency of the values.
    Amount(#[serde(with = "rust_decimal::serde::str")] Decimal),
}

impl Default for StandingPolicy {
    /// The best fifth; as much as the least of them; less than nothing.
    fn default() -> Self {
        Self {
            important_percent: Decimal::from(20),
            to_win: Expectation::AsTheImportant,
            dispensable_below: Decimal::ZERO,
        }
    }
}

impl StandingPolicy {
    /// Whether it can be.
    ///
    /// # Errors
    /// [`Invalid`] names the field.
    pub fn check(&self) -> Result<(), Invalid> {
        let wrong = |field, reason: String| Err(Invalid::new("standing_policy", field, reason));
        let percent = self.important_percent;
        if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED {
            return wrong("important_percent", format!("{percent} is not above 0 and at most 100"));
        }
        if to_units(self.dispensable_below).is_err() {
            return wrong("dispensable_below", "it has at most 4 decimals".to_owned());
        }
        match self.to_win {
            Expectation::Amount(amount) if amount <= Decimal::ZERO => wrong(
                "to_win.amount",
                format!("{amount} is not above 0: everybody would be to be won"),
            ),
            Expectation::Amount(amount) if to_units(amount).is_err() => {
                wrong("to_win.amount", "it has at most 4 decimals".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// What a customer is to the house, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// What it is.
    pub standing: Standing,
    /// Why, in words.
    pub reason: String,
}

/// What customers are to a house: judges each by what it brings today and, where that is known, by what is to be
/// expected of it; all amounts in one currency.
///
/// ```
/// use crm_core::{kernel::Currency, value::{Standing, StandingPolicy, Standings, UNITS}};
/// let values = [900, -20, -20].map(|value| value * UNITS);
/// let house = Standings::of(&values, &StandingPolicy::default(), Currency::EUR)?;
/// assert_eq!(house.judge(values[0], None).standing, Standing::Important);
/// assert_eq!(house.judge(values[1], Some(2_000.into())).standing, Standing::ToWin);
/// assert_eq!(house.judge(values[2], Some(10.into())).standing, Standing::Dispensable);
/// # Ok::<(), crm_core::kernel::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Standings {
    policy: StandingPolicy,
    currency: Currency,
    /// What the least of the important brings: more than nothing.
    least: i64,
}

impl Standings {
    /// By what all customers bring, in units of 10^-4 of the currency.
    ///
    /// # Errors
    /// [`Invalid`] names the field of the policy.
    pub fn of(
        values: &[i64],
        policy: &StandingPolicy,
        currency: Currency,
    ) -> Result<Self, Invalid> {
        policy.check()?;
        let share = policy.important_percent / Decimal::ONE_HUNDRED;
        let best = u64::try_from((Decimal::from(values.len()) * share).ceil()).unwrap_or(u64::MAX);
        let edge = Selection::of(values).crossing(Weight::Customers, best.into());
        let least = edge.map_or(1, |edge| edge.value.max(1));
        Ok(Self { policy: policy.clone(), currency, least })
    }

    /// By what the least of the important brings, in units of 10^-4.
    pub(super) fn with_least(policy: StandingPolicy, currency: Currency, least: i64) -> Self {
        Self { policy, currency, least }
    }

    /// What the least of the important brings, in units of 10^-4.
    pub(super) const fn least(&self) -> i64 {
        self.least
    }

    /// What whoever brings this much, in units of 10^-4, is to the house, and why.
    pub fn judge(&self, value: i64, expected: Option<Decimal>) -> Judged {
        let (standing, reason) = self.decide(value, expected);
        Judged { standing, reason }
    }

    fn decide(&self, value: i64, expected: Option<Decimal>) -> (Standing, String) {
        let amount =
            |amount: Decimal| format!("{} {}", amount_text(amount, self.currency), self.currency);
        let brings = format!("It brings {}", told(value.into(), self.currency));
        let least = self.least;
        if value >= least {
            let share = percent(self.policy.important_percent / Decimal::ONE_HUNDRED);
            let least = told(least.into(), self.currency);
            let reason =
                format!("{brings} and is one of the best {share}, who bring {least} or more.");
            return (Standing::Important, reason);
        }
        let (wanted, what) = match self.policy.to_win {
            Expectation::Amount(wanted) => (wanted, "the house's threshold"),
            Expectation::AsTheImportant => {
                (of_units(least.into()), "what the least of the important brings")
            }
        };
        let wanted_text = amount(wanted);
        let known = match expected {
            Some(expected) if expected >= wanted => {
                let expected = amount(expected);
                let reason = format!(
                    "{brings} today, but {expected} are to be expected of it: no less than {what}, {wanted_text}."
                );
                return (Standing::ToWin, reason);
            }
            Some(expected) => {
                format!(
                    "{} are to be expected of it, less than {what}, {wanted_text}",
                    amount(expected)
                )
            }
            None => "nothing is known of what to expect".to_owned(),
        };
        let below = self.policy.dispensable_below;
        let below_text = amount(below);
        if of_units(value.into()) < below {
            (Standing::Dispensable, format!("{brings}, less than {below_text}, and {known}."))
        } else {
            (Standing::Ordinary, format!("{brings}, no less than {below_text}; {known}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rows: &[(i64, Option<i64>)], policy: &StandingPolicy) -> Vec<Judged> {
        let values: Vec<_> = rows.iter().map(|(value, _)| value * crate::value::UNITS).collect();
        let house = Standings::of(&values, policy, Currency::EUR).unwrap();
        let expected = rows.iter().map(|(_, expected)| expected.map(Decimal::from));
        values.iter().zip(expected).map(|(value, expected)| house.judge(*value, expected)).collect()
    }

    fn words(rows: &[(i64, Option<i64>)], policy: &StandingPolicy) -> Vec<&'static str> {
        judged(rows, policy).iter().map(|one| one.standing.as_str()).collect()
    }

    #[test]
    fn an_unprofitable_customer_with_high_expectation_is_one_to_win() {
        let rows = [(100, None), (-5, Some(100)), (-5, Some(99)), (-5, None), (3, Some(1))];
        let told = judged(&rows, &StandingPolicy::default());
        let found: Vec<_> = told.iter().map(|one| one.standing.as_str()).collect();
        assert_eq!(found, ["important", "to_win", "dispensable", "dispensable", "ordinary"]);
        let reasons: Vec<_> = told.iter().map(|one| one.reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "It brings 100.00 EUR and is one of the best 20 %, who bring 100.00 EUR or more.",
                "It brings -5.00 EUR today, but 100.00 EUR are to be expected of it: no less than what the least of the important brings, 100.00 EUR.",
                "It brings -5.00 EUR, less than 0.00 EUR, and 99.00 EUR are to be expected of it, less than what the least of the important brings, 100.00 EUR.",
                "It brings -5.00 EUR, less than 0.00 EUR, and nothing is known of what to expect.",
                "It brings 3.00 EUR, no less than 0.00 EUR; 1.00 EUR are to be expected of it, less than what the least of the important brings, 100.00 EUR.",
            ]
        );
    }

    #[test]
    fn nobody_is_important_who_brings_nothing() {
        assert_eq!(
            words(&[(0, None), (-1, None)], &StandingPolicy::default()),
            ["ordinary", "dispensable"]
        );
        // Ties at the edge stay together.
        assert_eq!(words(&[(5, None); 3], &StandingPolicy::default()), ["important"; 3]);
        assert!(words(&[], &StandingPolicy::default()).is_empty());
    }

    #[test]
    fn the_policy_is_data_and_is_checked() {
        let read = |text: &str| serde_json::from_str::<StandingPolicy>(text);
        let own = read(r#"{"to_win": {"amount": "50"}, "dispensable_below": "10"}"#).unwrap();
        assert_eq!(
            words(&[(100, None), (5, Some(50)), (9, Some(49)), (10, None)], &own),
            ["important", "to_win", "dispensable", "ordinary"]
        );
        assert!(
            read(r#"{"importent_percent": "5"}"#)
                .unwrap_err()
                .to_string()
                .contains("unknown field")
        );
        for (text, field) in [
            (r#"{"important_percent": "0"}"#, "important_percent"),
            (r#"{"to_win": {"amount": "0"}}"#, "to_win.amount"),
            (r#"{"dispensable_below": "0.00001"}"#, "dispensable_below"),
        ] {
            assert_eq!(read(text).unwrap().check().unwrap_err().field, field);
        }
        let told = serde_json::to_string(&StandingPolicy::default()).unwrap();
        assert_eq!(read(&told).unwrap(), StandingPolicy::default());
    }
}
