use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Criteria, FieldSpec, Invalid, KeptEntity, Kind, Value};

/// One amount of each row that is kept, with whose it is, and no more of it: of millions of rows, 24 bytes each.
///
/// Whose a row is says the first column of its key ([`KeptEntity::KEY`]).
pub struct AmountsOf<E: KeptEntity> {
    /// Of which rows.
    pub criteria: Criteria<E>,
    /// These fields are added up.
    pub plus: Vec<&'static FieldSpec<E>>,
    /// These are taken off.
    pub minus: Vec<&'static FieldSpec<E>>,
    /// Of which of these rows the amount can be told: within its bounds, in one currency. Of the others it is said whose they are.
    pub plain: Criteria<E>,
}

/// Amounts in units of 10^-4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptAmounts {
    /// Whose, and how much; in no order, and several of one are to be added up.
    pub plain: Vec<(Uuid, i64)>,
    /// Who has rows whose amount cannot be told so; in no order, and somebody may come several times.
    pub other: Vec<Uuid>,
}

impl<E: KeptEntity> AmountsOf<E> {
    /// Whose rows are.
    ///
    /// # Errors
    /// [`Invalid`] where the key does not begin with an id.
    pub fn whose(&self) -> Result<&'static FieldSpec<E>, Invalid> {
        let first = E::KEY.first().copied().unwrap_or_default();
        let mut fields = E::FIELDS.iter();
        let field = fields.find(|field| field.name == first && field.kind == Kind::Uuid);
        let reason = "the key of what is kept does not begin with an id";
        field.copied().ok_or_else(|| Invalid::new(E::KIND, "id", reason))
    }

    /// For stores: whether it can be answered.
    ///
    /// # Errors
    /// [`Invalid`]: an amount that is no money, criteria that do not fit.
    pub fn check(&self) -> Result<(), Invalid> {
        self.whose()?;
        let mut amounts = self.plus.iter().chain(&self.minus);
        if let Some(field) = amounts.find(|field| field.kind != Kind::Money) {
            return Err(Invalid::field::<E>(field.name, "only amounts of money are added up"));
        }
        self.criteria.check()?;
        self.plain.check()
    }
}

impl KeptAmounts {
    /// The same, in one order and each of them once: what stores must agree on.
    ///
    /// # Errors
    /// [`Invalid`] for an amount beyond 64 bits.
    pub fn added_up(self) -> Result<Self, Invalid> {
        let mut sums: BTreeMap<Uuid, i64> = BTreeMap::new();
        for (whose, units) in self.plain {
            let sum = sums.entry(whose).or_default();
            *sum = sum.checked_add(units).ok_or_else(beyond)?;
        }
        let mut other = self.other;
        other.sort_unstable();
        other.dedup();
        // Whoever has others is told of nothing.
        sums.retain(|whose, _| other.binary_search(whose).is_err());
        Ok(Self { plain: sums.into_iter().collect(), other })
    }
}

/// What [`AmountsOf`] means; every store must agree with it once both are added up.
///
/// # Errors
/// [`Invalid`] as [`AmountsOf::check`] says, and for an amount beyond 64 bits.
pub fn fold_amounts<'e, E: KeptEntity>(
    of: &AmountsOf<E>,
    rows: impl IntoIterator<Item = &'e E>,
) -> Result<KeptAmounts, Invalid> {
    of.check()?;
    let whose = of.whose()?;
    let mut amounts = KeptAmounts::default();
    for row in rows.into_iter().filter(|row| of.criteria.matches(row)) {
        let Value::Uuid(id) = (whose.get)(row) else { continue };
        if !of.plain.matches(row) {
            amounts.other.push(id);
            continue;
        }
        let units = |field: &&'static FieldSpec<E>| match (field.get)(row) {
            Value::Money(money) => money.units(),
            _ => 0,
        };
        let plus: i128 = of.plus.iter().map(units).sum();
        let minus: i128 = of.minus.iter().map(units).sum();
        amounts.plain.push((id, i64::try_from(plus - minus).map_err(|_| beyond())?));
    }
    Ok(amounts)
}

fn beyond() -> Invalid {
    Invalid::new("amounts", "amount", "it is beyond what is counted")
}
