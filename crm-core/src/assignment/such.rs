//! Which decided deals count as such deals.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::{
    kernel::{Criteria, Currency, Id, Money, text_enum},
    opportunity::{self, Opportunity},
    pipeline::Pipeline,
    product::Product,
};

text_enum! {
    /// In what deals are alike.
    pub enum Alike {
        /// They are in the same pipeline.
        Pipeline = "pipeline",
        /// Their amounts are in the same currency and have as many digits before the point: 10,000 to 99,999.99 EUR.
        Size = "size",
        /// They are about the same product.
        Product = "product",
    }
}

/// What a record is as a deal, and what others have to be to be such deals. What is not said is not asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deal {
    /// Its pipeline.
    pub pipeline: Option<Id<Pipeline>>,
    /// How large it is.
    pub size: Option<SizeBand>,
    /// What it is about.
    pub product: Option<Id<Product>>,
}

/// Amounts in one currency with as many digits before the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SizeBand {
    currency: Currency,
    digits: u32,
}

impl Alike {
    /// What is meant where a choice says nothing: the same pipeline and size.
    pub(super) fn usual() -> BTreeSet<Self> {
        [Self::Pipeline, Self::Size].into()
    }
}

impl Deal {
    /// Only in what deals are to be alike.
    #[must_use]
    pub fn only(self, such: &BTreeSet<Alike>) -> Self {
        Self {
            pipeline: self.pipeline.filter(|_| such.contains(&Alike::Pipeline)),
            size: self.size.filter(|_| such.contains(&Alike::Size)),
            product: self.product.filter(|_| such.contains(&Alike::Product)),
        }
    }

    /// The opportunities that are such deals.
    pub(super) fn criteria(&self) -> Criteria<Opportunity> {
        let mut all = Vec::new();
        all.extend(self.pipeline.map(|id| opportunity::PIPELINE_ID.eq(id)));
        all.extend(self.product.map(|id| opportunity::PRODUCT_ID.eq(id)));
        if let Some((low, high)) = self.size.and_then(SizeBand::ends) {
            all.push(opportunity::AMOUNT.at_least(low));
            all.extend(high.map(|high| opportunity::AMOUNT.below(high)));
        }
        Criteria::All(all)
    }

    /// "in the same pipeline, from 10,000.00 EUR to under 100,000.00 EUR"; nothing where all deals are such.
    pub(super) fn words(&self) -> Option<String> {
        let size = self.size.and_then(SizeBand::ends).map(|(low, high)| {
            let grouped = |money: Money| super::words::grouped(&money.to_string());
            match high {
                Some(high) => format!("from {} to under {}", grouped(low), grouped(high)),
                None => format!("from {}", grouped(low)),
            }
        });
        let pipeline = self.pipeline.map(|_| "in the same pipeline".to_owned());
        let product = self.product.map(|_| "about the same product".to_owned());
        let all: Vec<_> = [pipeline, product, size].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

impl SizeBand {
    /// That of an amount; what is below 1 is together.
    pub fn of(amount: Money) -> Self {
        let whole = amount.amount().trunc();
        let digits = if whole < Decimal::ONE { 0 } else { whole.to_string().len() };
        Self { currency: amount.currency(), digits: u32::try_from(digits).unwrap_or(u32::MAX) }
    }

    /// The least amount, and the least that is too much: where money ends before that, nothing is.
    fn ends(self) -> Option<(Money, Option<Money>)> {
        let power = |digits| {
            let amount = 10_i128.checked_pow(digits)?;
            Money::new(Decimal::try_from_i128_with_scale(amount, 0).ok()?, self.currency).ok()
        };
        let low = match self.digits.checked_sub(1) {
            Some(digits) => power(digits)?,
            None => Money::new(Decimal::ZERO, self.currency).ok()?,
        };
        Some((low, power(self.digits)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_have_as_many_digits() {
        for (amount, words) in [
            ("0 EUR", "from 0.00 EUR to under 1.00 EUR"),
            ("0.99 EUR", "from 0.00 EUR to under 1.00 EUR"),
            ("1 EUR", "from 1.00 EUR to under 10.00 EUR"),
            ("9.99 USD", "from 1.00 USD to under 10.00 USD"),
            ("10000 EUR", "from 10,000.00 EUR to under 100,000.00 EUR"),
            ("99999.99 EUR", "from 10,000.00 EUR to under 100,000.00 EUR"),
            ("99999999999999 EUR", "from 10,000,000,000,000.00 EUR"),
        ] {
            let size = Some(SizeBand::of(amount.parse().unwrap()));
            let deal = Deal { size, ..Deal::default() };
            assert_eq!(deal.words().as_deref(), Some(words), "{amount}");
        }
    }

    #[test]
    fn what_is_not_to_be_alike_is_not_asked() {
        let size = Some(SizeBand::of("5 EUR".parse().unwrap()));
        let deal = Deal { size, pipeline: Some(Id::new(uuid::Uuid::nil())), product: None };
        assert_eq!(deal.only(&BTreeSet::new()), Deal::default());
        assert_eq!(deal.only(&Alike::usual()), deal);
        assert_eq!(deal.only(&[Alike::Product].into()).words(), None);
    }
}
