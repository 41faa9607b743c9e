use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::kernel::{
    Currency, Entity, Field, FieldSpec, FieldType, Id, Invalid, Refused, Row, RowError, TenantId,
    Value,
};

/// What one currency was worth in another on a day. There is one for each pair and day, under
/// [`ExchangeRate::id_of`].
///
/// It is quoted as banks do, so many units of one currency for a price in the other: "per 100 JPY 0.8874 USD". So every
/// rate of up to 16 decimals is kept exactly, though a number has four.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeRate {
    /// Its id.
    pub id: Id<ExchangeRate>,
    /// From which currency.
    pub from: Currency,
    /// Into which.
    pub to: Currency,
    /// The day from which on it holds, until a later one.
    pub date: NaiveDate,
    /// The price of how many units: 1, 10, 100 and so on.
    pub per: i64,
    /// Their price in the other currency; above zero.
    pub price: Decimal,
    /// Who says so.
    pub source: Option<String>,
}

/// The most units that a price is for: with four decimals of the price, sixteen of a rate.
const MOST_UNITS: i64 = 1_000_000_000_000;

impl ExchangeRate {
    /// The id of the rate of a pair on a day.
    pub fn id_of(tenant: TenantId, from: Currency, to: Currency, date: NaiveDate) -> Id<Self> {
        Id::derived(tenant, &format!("exchange_rate {from}/{to} {date}"))
    }

    /// A rate: so much of `to` for one unit of `from`.
    ///
    /// ```
    /// use crm_core::{exchange_rate::ExchangeRate, kernel::{Currency, TenantId}};
    /// let (house, day) = (TenantId(uuid::Uuid::nil()), "2017-12-29".parse()?);
    /// let yen = ExchangeRate::new(house, "JPY".parse()?, Currency::USD, day, "0.008874".parse()?)?;
    /// assert_eq!((yen.per, yen.price.to_string()), (100, "0.8874".to_owned()));
    /// assert_eq!(yen.rate().to_string(), "0.008874");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`] when the rate is not above zero, has more than 16 decimals, or leads from a currency to itself.
    pub fn new(
        tenant: TenantId,
        from: Currency,
        to: Currency,
        date: NaiveDate,
        rate: Decimal,
    ) -> Result<Self, Invalid> {
        let rate = rate.normalize();
        let shift = rate.scale().saturating_sub(4);
        let per = 10_i64.checked_pow(shift).filter(|per| *per <= MOST_UNITS);
        let price = per.and_then(|per| rate.checked_mul(per.into()));
        let (Some(per), Some(price)) = (per, price) else {
            return Err(Invalid::field::<Self>("price", "a rate has at most 16 decimals"));
        };
        let id = Self::id_of(tenant, from, to, date);
        let price = price.normalize();
        let new = Self { id, from, to, date, per, price, source: None };
        crate::kernel::check(&new)?;
        Ok(new)
    }

    /// So much of the other currency for one unit.
    pub fn rate(&self) -> Decimal {
        self.price.checked_div(self.per.into()).unwrap_or_default().normalize()
    }
}

/// Its id.
pub static ID: Field<ExchangeRate, Id<ExchangeRate>> = Field::new("id", |r| r.id.into_value());
/// From which currency.
pub static FROM: Field<ExchangeRate, Currency> =
    Field::new("from_currency", |r| r.from.into_value());
/// Into which.
pub static TO: Field<ExchangeRate, Currency> = Field::new("to_currency", |r| r.to.into_value());
/// The day from which on it holds, until a later one.
pub static DATE: Field<ExchangeRate, NaiveDate> = Field::new("date", |r| r.date.into_value());
/// The price of how many units: 1, 10, 100 and so on.
pub static PER: Field<ExchangeRate, i64> = Field::new("per", |r| r.per.into_value());
/// Their price in the other currency.
pub static PRICE: Field<ExchangeRate, Decimal> = Field::new("price", |r| r.price.into_value());
/// Who says so.
pub static SOURCE: Field<ExchangeRate, String> =
    Field::optional("source", |r| Value::opt_text(&r.source));

impl Entity for ExchangeRate {
    const KIND: &'static str = "exchange_rate";
    const FIELDS: &'static [&'static FieldSpec<Self>] =
        &[ID.spec(), FROM.spec(), TO.spec(), DATE.spec(), PER.spec(), PRICE.spec(), SOURCE.spec()];
    const UNIQUE: &'static [&'static str] = &[];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            from: row.take(&FROM)?,
            to: row.take(&TO)?,
            date: row.take(&DATE)?,
            per: row.take(&PER)?,
            price: row.take(&PRICE)?,
            source: row.opt(&SOURCE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        if self.from == self.to {
            let reason = format!("{} is worth itself: name another currency", self.to);
            return Err(Invalid::field::<Self>("to_currency", reason));
        }
        if self.price <= Decimal::ZERO {
            let reason = format!("{} is not above zero", self.price);
            return Err(Invalid::field::<Self>("price", reason));
        }
        let powers = std::iter::successors(Some(1_i64), |one| one.checked_mul(10));
        if !powers.take_while(|one| *one <= MOST_UNITS).any(|one| one == self.per) {
            let reason = format!("{} is not 1, 10, 100 and so on up to {MOST_UNITS}", self.per);
            return Err(Invalid::field::<Self>("per", reason));
        }
        Ok(())
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        if (self.from, self.to, self.date) == (next.from, next.to, next.date) {
            return Ok(());
        }
        let name = |rate: &Self| format!("{}/{} {}", rate.from, rate.to, rate.date);
        let why = "a rate stays that of its pair and day: set the other one";
        Err(Refused::new(Self::KIND, name(self), name(next), why))
    }
}
