use std::{cmp::Ordering, collections::BTreeMap};

use rust_decimal::Decimal;

use super::{
    Criteria, Currency, Entity, Field, FieldSpec, FieldType, Invalid, Kind, Money, MoneyError,
    Value, query::MAX_ORDER,
};

/// How many records there are and what they add up to, in groups: what a store can sum without
/// judging.
///
/// Each group has one currency: amounts of two currencies are two groups, records without an amount
/// a third.
///
/// ```
/// use crm_core::{kernel::Sums, opportunity};
/// let by_stage = Sums::of(&opportunity::AMOUNT).by(&opportunity::STAGE);
/// ```
pub struct Sums<E: 'static> {
    /// Of which records.
    pub criteria: Criteria<E>,
    /// For each value of these.
    pub by: Vec<&'static FieldSpec<E>>,
    /// What is added up; without it, records are only counted.
    pub amount: Option<&'static FieldSpec<E>>,
    /// What is added up beside it, of records where both are of one currency: two figures in one go.
    pub beside: Option<&'static FieldSpec<E>>,
    /// Only groups of at least so many records.
    pub at_least: u64,
    /// Only so many groups, the first ones in their order.
    pub first: Option<u32>,
}

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    /// The values of [`Sums::by`].
    pub key: Vec<Value<'static>>,
    /// The currency of the amounts; `None` for records without one.
    pub currency: Option<Currency>,
    /// How many records.
    pub count: u64,
    /// What they add up to; it may be beyond the range of one [`Money`].
    pub amount: Decimal,
    /// What is beside it ([`Sums::beside`]); nothing where nothing is asked for.
    pub beside: Decimal,
}

impl<E: Entity> Sums<E> {
    /// Adds up this field.
    pub const fn of(amount: &'static Field<E, Money>) -> Self {
        let mut sums = Self::count();
        sums.amount = Some(amount.spec());
        sums
    }

    /// Only counts.
    pub const fn count() -> Self {
        Self {
            criteria: Criteria::everything(),
            by: Vec::new(),
            amount: None,
            beside: None,
            at_least: 0,
            first: None,
        }
    }

    /// Adds up this field as well, where it is of the same currency.
    #[must_use]
    pub const fn beside(mut self, amount: &'static Field<E, Money>) -> Self {
        self.beside = Some(amount.spec());
        self
    }

    /// For each value of this field.
    #[must_use]
    pub fn by<T: FieldType>(mut self, field: &'static Field<E, T>) -> Self {
        self.by.push(field.spec());
        self
    }

    /// Only of records that match.
    #[must_use]
    pub fn matching(mut self, criteria: Criteria<E>) -> Self {
        self.criteria = criteria;
        self
    }

    /// Only groups of at least so many records.
    #[must_use]
    pub const fn at_least(mut self, records: u64) -> Self {
        self.at_least = records;
        self
    }

    /// Only so many groups, the first ones in their order: what comes after them is asked for with
    /// criteria on what they are grouped by.
    #[must_use]
    pub const fn first(mut self, groups: u32) -> Self {
        self.first = Some(groups);
        self
    }

    /// For stores: whether it can be summed.
    ///
    /// # Errors
    /// [`Invalid`]: a group by a structured value, an amount that is no money, criteria that do
    /// not fit.
    pub fn check(&self) -> Result<(), Invalid> {
        if self.by.len() > MAX_ORDER {
            let reason = format!("records are grouped by at most {MAX_ORDER} fields");
            return Err(Invalid::new("sums", "by", reason));
        }
        for field in &self.by {
            if field.kind.is_structured() {
                return Err(Invalid::field::<E>(field.name, "records are not grouped by it"));
            }
        }
        let mut amounts = [self.amount, self.beside].into_iter().flatten();
        if let Some(field) = amounts.find(|field| field.kind != Kind::Money) {
            return Err(Invalid::field::<E>(field.name, "only amounts of money are added up"));
        }
        if let (None, Some(field)) = (self.amount, self.beside) {
            return Err(Invalid::field::<E>(field.name, "it is added up beside another amount"));
        }
        self.criteria.check()
    }
}

/// What [`Sums`] means: the groups in the order of their keys and currencies. Every store must
/// agree with it.
///
/// # Errors
/// [`Invalid`] as [`Sums::check`] says, and when a total is beyond 28 digits.
pub fn fold<'e, E: Entity>(
    sums: &Sums<E>,
    entities: impl IntoIterator<Item = &'e E>,
) -> Result<Vec<Sum>, Invalid> {
    sums.check()?;
    let matching = entities.into_iter().filter(|e| sums.criteria.matches(e));
    let counted = matching.map(|entity| {
        let money = |field: &'static FieldSpec<E>| match (field.get)(entity) {
            Value::Money(money) => Some(money),
            _ => None,
        };
        let key = sums.by.iter().map(|f| (f.get)(entity).into_owned()).collect();
        (key, sums.amount.and_then(money), sums.beside.and_then(money))
    });
    let mut groups = add_up(counted)
        .map_err(|reason| Invalid::field::<E>(sums.amount.map_or("amount", |f| f.name), reason))?;
    groups.retain(|group| group.count >= sums.at_least);
    groups.truncate(sums.first.map_or(usize::MAX, |most| most as usize));
    Ok(groups)
}

/// The groups of what is counted, each with its key, in their order.
pub(super) fn add_up(
    counted: impl Iterator<Item = (Vec<Value<'static>>, Option<Money>, Option<Money>)>,
) -> Result<Vec<Sum>, String> {
    let mut groups: BTreeMap<Key, (u64, Decimal, Decimal)> = BTreeMap::new();
    for (values, money, beside) in counted {
        let group = groups.entry(Key(values, money.map(Money::currency))).or_default();
        group.0 += 1;
        let amount = money.map_or(Decimal::ZERO, Money::amount);
        let too_large = || MoneyError::TooLarge.to_string();
        group.1 = group.1.checked_add(amount).ok_or_else(too_large)?;
        let beside =
            beside.zip(money).filter(|(beside, money)| beside.currency() == money.currency());
        let beside = beside.map_or(Decimal::ZERO, |(beside, _)| beside.amount());
        group.2 = group.2.checked_add(beside).ok_or_else(too_large)?;
    }
    Ok(groups
        .into_iter()
        .map(|(Key(key, currency), (count, amount, beside))| Sum {
            key,
            currency,
            count,
            amount: amount.normalize(),
            beside: beside.normalize(),
        })
        .collect())
}

/// What a group is known by.
pub(super) struct Key(pub(super) Vec<Value<'static>>, pub(super) Option<Currency>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_value = self.0.iter().zip(&other.0).map(|(a, b)| a.sort_order(b));
        by_value.fold(Ordering::Equal, Ordering::then).then(self.1.cmp(&other.1))
    }
}
impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Key {}
