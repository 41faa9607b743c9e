use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{
    customer::{self, Customer},
    kernel::{Currency, FieldSpec, Invalid, Money, Value},
    opportunity::{self, Opportunity},
};

/// A field that a win model may look at: one that is known while the opportunity is open, and means the same
/// afterwards.
///
/// ```
/// use crm_core::win_model::Feature;
/// assert_eq!("product".parse(), Ok(Feature::Product));
/// let bands: Feature = "amount:1000 USD/5000 USD".parse().unwrap();
/// assert_eq!(bands.to_string(), "amount:1000.00 USD/5000.00 USD");
/// let error = "closed_on".parse::<Feature>().unwrap_err();
/// assert!(error.reason.contains("only known once it is decided"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum Feature {
    /// Who works on it.
    Owner,
    /// What would be bought.
    Product,
    /// Where it came from. Only words that several opportunities share are kept.
    Source,
    /// Who would buy.
    Customer,
    /// The customer's industry.
    Industry,
    /// The customer's category.
    Category,
    /// The customer's country.
    Country,
    /// The month of the year it began in.
    OpenedMonth,
    /// The month of the quarter it began in: the first, second or third.
    OpenedQuarterMonth,
    /// What it is worth, in bands.
    Amount(Bands),
}

/// Bands of amounts, by the amounts at which the next one begins: from low to high, in one currency, all above 0.
/// An amount of 0, in another currency or none at all is in no band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands(Vec<Money>);

/// How a feature is read from records.
pub(super) enum Reading<'f> {
    Own(&'static FieldSpec<Opportunity>, fn(&Value<'_>) -> Option<String>),
    OfCustomer(&'static FieldSpec<Customer>),
    Amount(&'f Bands),
}

/// So many bands at the most.
const MOST_BANDS: usize = 20;

/// Fields that people might think of, and why a model must not look at them.
const LEAKS: [(&[&str], &str); 4] = [
    (
        &["status", "closed_on", "close_reason", "competitor", "decided_from"],
        "it is only known once it is decided",
    ),
    (
        &[
            "stage",
            "stage_since",
            "stage_category",
            "moves",
            "moved_at",
            "probability",
            "probability_source",
            "weighted",
            "counts_as",
            "forecast_month",
            "cycle_days",
        ],
        "of what is closed it tells the outcome, not how it was before",
    ),
    (
        &["forecast_category", "expected_close", "next_step", "notes", "tags", "lifecycle_stage"],
        "it is kept up to date until the end, and then tells of the outcome",
    ),
    (
        &["name", "external_id", "id", "contact_id", "contact", "custom", "lines", "splits"],
        "hardly two opportunities share it",
    ),
];

impl Feature {
    /// All but the bands of amounts, which need their bounds.
    pub const PLAIN: &'static [Self] = &[
        Self::Owner,
        Self::Product,
        Self::Source,
        Self::Customer,
        Self::Industry,
        Self::Category,
        Self::Country,
        Self::OpenedMonth,
        Self::OpenedQuarterMonth,
    ];

    /// What a model looks at unless somebody chooses: who, what, from where, and to whom.
    pub fn usual() -> Vec<Self> {
        vec![Self::Owner, Self::Product, Self::Source, Self::Customer, Self::Industry]
    }

    /// Its name, without the bounds of bands.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Product => "product",
            Self::Source => "source",
            Self::Customer => "customer",
            Self::Industry => "industry",
            Self::Category => "category",
            Self::Country => "country",
            Self::OpenedMonth => "opened_month",
            Self::OpenedQuarterMonth => "opened_quarter_month",
            Self::Amount(_) => "amount",
        }
    }

    /// Whether its values are words that somebody wrote on an opportunity: they might tell of a person.
    pub(super) const fn is_free_text(&self) -> bool {
        matches!(self, Self::Source)
    }

    pub(super) fn reading(&self) -> Reading<'_> {
        match self {
            Self::Owner => Reading::Own(opportunity::OWNER_ID.spec(), key),
            Self::Product => Reading::Own(opportunity::PRODUCT_ID.spec(), key),
            Self::Source => Reading::Own(opportunity::SOURCE.spec(), key),
            Self::Customer => Reading::Own(opportunity::CUSTOMER_ID.spec(), key),
            Self::Industry => Reading::OfCustomer(customer::INDUSTRY.spec()),
            Self::Category => Reading::OfCustomer(customer::CATEGORY.spec()),
            Self::Country => Reading::OfCustomer(customer::COUNTRY.spec()),
            Self::OpenedMonth => Reading::Own(opportunity::OPENED_ON.spec(), |value| {
                day(value).map(|day| format!("{:02}", day.month()))
            }),
            Self::OpenedQuarterMonth => Reading::Own(opportunity::OPENED_ON.spec(), |value| {
                day(value).map(|day| (day.month0() % 3 + 1).to_string())
            }),
            Self::Amount(bands) => Reading::Amount(bands),
        }
    }

    /// What an opportunity has there; `None` where it has nothing.
    pub(super) fn of(&self, deal: &Opportunity, customer: Option<&Customer>) -> Option<String> {
        match self.reading() {
            Reading::Own(field, key) => key(&(field.get)(deal)),
            Reading::OfCustomer(field) => customer.and_then(|of| key(&(field.get)(of))),
            Reading::Amount(bands) => deal.amount.and_then(|amount| bands.of(amount)),
        }
    }
}

/// A value as a model keeps it; a blank text is nothing.
pub(super) fn key(value: &Value<'_>) -> Option<String> {
    let text = value.to_string();
    (!text.trim().is_empty()).then_some(text)
}

const fn day(value: &Value<'_>) -> Option<NaiveDate> {
    match value {
        Value::Date(day) => Some(*day),
        _ => None,
    }
}

impl Bands {
    /// Bands that begin at these amounts, the first one below them.
    ///
    /// # Errors
    /// [`Invalid`] when there are none or more than 20, they do not rise, are not above 0 or not in one currency.
    pub fn new(bounds: Vec<Money>) -> Result<Self, Invalid> {
        let wrong = |reason: &str| Err(Invalid::new("win_model", "fields.amount", reason));
        let rise = |pair: &[Money]| matches!(pair, [a, b] if a < b);
        if bounds.is_empty() || bounds.len() > MOST_BANDS {
            return wrong("1 to 20 bounds make bands, such as amount:1000 USD/5000 USD");
        }
        if bounds.iter().any(|bound| !bound.amount().is_sign_positive() || bound.amount().is_zero())
        {
            return wrong("bounds of bands are above 0");
        }
        if !bounds.windows(2).all(rise) {
            return wrong("bounds of bands rise, in one currency");
        }
        Ok(Self(bounds))
    }

    /// The bands: from where on, and below what.
    pub(super) fn each(&self) -> Vec<(Option<Money>, Option<Money>)> {
        let from = std::iter::once(None).chain(self.0.iter().copied().map(Some));
        let below = self.0.iter().copied().map(Some).chain([None]);
        from.zip(below).collect()
    }

    pub(super) fn currency(&self) -> Option<Currency> {
        self.0.first().map(|bound| bound.currency())
    }

    fn of(&self, amount: Money) -> Option<String> {
        let there = Some(amount.currency()) == self.currency() && amount.amount() > 0.into();
        let inside = |(from, below): &(Option<Money>, Option<Money>)| {
            from.is_none_or(|from| amount >= from) && below.is_none_or(|below| amount < below)
        };
        self.each().into_iter().filter(|_| there).find(inside).map(band_name)
    }
}

/// How a band is called.
pub(super) fn band_name(band: (Option<Money>, Option<Money>)) -> String {
    match band {
        (Some(from), Some(below)) => format!("{from} to {below}"),
        (Some(from), None) => format!("{from} and more"),
        (None, Some(below)) => format!("below {below}"),
        (None, None) => "any".to_owned(),
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let Self::Amount(Bands(bounds)) = self else { return Ok(()) };
        bounds
            .iter()
            .enumerate()
            .try_for_each(|(at, bound)| write!(f, "{}{bound}", if at == 0 { ':' } else { '/' }))
    }
}

impl FromStr for Feature {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let name = text.strip_suffix("_id").unwrap_or(text);
        if let Some(plain) = Self::PLAIN.iter().find(|plain| plain.name() == name) {
            return Ok(plain.clone());
        }
        let wrong = |reason| Invalid::new("win_model", "fields", reason);
        if let Some(bounds) = text.strip_prefix("amount") {
            let bounds = bounds.strip_prefix(':').unwrap_or(bounds).split('/');
            let bounds = bounds.filter(|bound| !bound.is_empty()).map(str::parse::<Money>);
            let read = bounds.collect::<Result<Vec<_>, _>>();
            return Bands::new(read.map_err(|e| wrong(format!("{text}: {e}")))?).map(Self::Amount);
        }
        if let Some((_, why)) = LEAKS.iter().find(|(names, _)| names.contains(&text)) {
            return Err(wrong(format!("{text} is no field for a model: {why}")));
        }
        let names: Vec<_> = Self::PLAIN.iter().map(Self::name).collect();
        let names = names.join(", ");
        Err(wrong(format!("{text:?} is none of {names}, amount:BOUND/BOUND…")))
    }
}

impl From<Feature> for String {
    fn from(feature: Feature) -> Self {
        feature.to_string()
    }
}

impl TryFrom<String> for Feature {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_read_as_it_is_written() {
        let bands = "amount:1000.00 USD/5000.00 USD".parse::<Feature>().unwrap();
        for feature in Feature::PLAIN.iter().chain([&bands]) {
            assert_eq!(feature.to_string().parse().as_ref(), Ok(feature));
        }
        assert_eq!("owner_id".parse(), Ok(Feature::Owner));
    }

    #[test]
    fn what_tells_the_outcome_is_refused_with_the_reason() {
        for (field, why) in [
            ("closed_on", "only known once"),
            ("stage", "tells the outcome"),
            ("stage_category", "tells the outcome"),
            ("forecast_month", "tells the outcome"),
            ("weighted", "tells the outcome"),
            ("cycle_days", "tells the outcome"),
            ("moved_at", "tells the outcome"),
            ("expected_close", "until the end"),
            ("name", "hardly two"),
            ("colour", "none of owner, product"),
        ] {
            let error = field.parse::<Feature>().unwrap_err();
            assert!(error.reason.contains(why), "{error}");
        }
    }

    #[test]
    fn bands_rise_in_one_currency() {
        for bad in ["amount", "amount:", "amount:0 USD", "amount:2 USD/1 USD", "amount:1 USD/2 EUR"]
        {
            assert!(bad.parse::<Feature>().is_err(), "{bad}");
        }
        let Ok(Feature::Amount(bands)) = "amount:10 USD/20 USD".parse::<Feature>() else {
            panic!()
        };
        let of = |amount: &str| bands.of(amount.parse().unwrap());
        assert_eq!(of("9.99 USD").as_deref(), Some("below 10.00 USD"));
        assert_eq!(of("10 USD").as_deref(), Some("10.00 USD to 20.00 USD"));
        assert_eq!(of("20 USD").as_deref(), Some("20.00 USD and more"));
        assert_eq!((of("0 USD"), of("15 EUR")), (None, None));
    }
}
