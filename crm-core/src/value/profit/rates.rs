use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    interaction::Channel,
    kernel::{Criteria, Currency, Invalid},
    task::Task,
    value::{
        pareto::many,
        units::{Exact, to_units},
    },
};

/// What serving a customer costs the house: as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRates {
    /// The currency of the rates.
    pub currency: Currency,
    /// An interaction, by its channel.
    #[serde(default)]
    pub interactions: BTreeMap<Channel, Exact>,
    /// An interaction by any other channel; without it, one by a channel that has no rate is an error.
    #[serde(default)]
    pub other_interactions: Option<Exact>,
    /// An hour of work.
    #[serde(default)]
    pub hour: Exact,
    /// A task after the sale: a repair, a complaint, an exchange.
    #[serde(default)]
    pub after_sales_task: Exact,
    /// Which tasks that is, of those that are done; without it, none of those that are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_sales: Option<Criteria<Task>>,
}

/// What was done for a customer in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effort {
    /// How many interactions, by channel.
    pub interactions: BTreeMap<Channel, u64>,
    /// How many minutes of work that are paid by the hour: those that interactions say they took.
    pub minutes: u64,
    /// How many interactions do not say how long they took.
    pub without_minutes: u64,
    /// How many tasks after the sale.
    pub after_sales_tasks: u64,
}
crate::settings::as_json!(Effort);

impl Effort {
    /// What it was, in a sentence; none where there was nothing.
    pub(in crate::value) fn in_words(&self) -> Option<String> {
        let interactions: u64 = self.interactions.values().sum();
        let each = self.interactions.iter();
        let each =
            each.map(|(channel, count)| format!("{count} {}", channel.as_str().replace('_', " ")));
        let each = each.collect::<Vec<_>>().join(", ");
        let by = (interactions > 0).then(|| {
            let interactions = many(interactions, "interaction", "interactions");
            format!("{interactions} ({each})")
        });
        let rest = [
            (self.minutes, "minute of work", "minutes of work"),
            (self.after_sales_tasks, "task after the sale", "tasks after the sale"),
        ];
        let rest = rest.into_iter().filter(|(count, ..)| *count > 0);
        let rest = rest.map(|(count, one, more)| many(count, one, more));
        let all: Vec<_> = by.into_iter().chain(rest).collect();
        (!all.is_empty()).then(|| format!("Serving it took {}.", all.join(", ")))
    }
}

impl ServiceRates {
    /// Whether they can be: none below nothing, none with more than four decimals.
    ///
    /// # Errors
    /// [`Invalid`] names the rate.
    pub fn check(&self) -> Result<(), Invalid> {
        let channels = self.interactions.iter();
        let channels = channels.map(|(channel, rate)| (format!("interactions.{channel}"), *rate));
        let others = [
            ("other_interactions", self.other_interactions),
            ("hour", Some(self.hour)),
            ("after_sales_task", Some(self.after_sales_task)),
        ];
        let others = others.into_iter().filter_map(|(name, rate)| Some((name.to_owned(), rate?)));
        for (field, Exact(rate)) in channels.chain(others) {
            if rate < Decimal::ZERO || to_units(rate).is_err() {
                let reason = format!("{rate} is not a rate: at least 0, with at most 4 decimals");
                return Err(Invalid::new("service_rates", &field, reason));
            }
        }
        Ok(())
    }

    /// What this effort costs, exactly but for a fraction of an hour (28 digits).
    ///
    /// # Errors
    /// [`Invalid`] names the channel that has no rate, or says that the cost is beyond 28 digits.
    pub fn cost(&self, effort: &Effort) -> Result<Decimal, Invalid> {
        let mut parts = Vec::new();
        for (channel, count) in &effort.interactions {
            let rate = self.interactions.get(channel).copied().or(self.other_interactions);
            let none = || {
                let field = format!("interactions.{channel}");
                Invalid::new(
                    "service_rates",
                    &field,
                    "there are such interactions, and no rate for them",
                )
            };
            parts.push((rate.ok_or_else(none)?, *count, 1));
        }
        parts.push((self.hour, effort.minutes, 60));
        parts.push((self.after_sales_task, effort.after_sales_tasks, 1));
        let cost = parts.into_iter().try_fold(Decimal::ZERO, |sum, (Exact(rate), count, of)| {
            let part = rate.checked_mul(count.into())?.checked_div(of.into())?;
            sum.checked_add(part)
        });
        cost.ok_or_else(|| Invalid::new("service_rates", "cost", "it is beyond 28 digits"))
    }
}
