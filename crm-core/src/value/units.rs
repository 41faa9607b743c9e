use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::kernel::{Currency, Invalid, Money, amount_text};

/// A number in a policy: text in JSON, so that it is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Exact(#[serde(with = "rust_decimal::serde::str")] pub Decimal);

/// A number of units in JSON: text, as programs lose digits of what is beyond 2^53.
pub(super) mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::value) fn serialize<S: Serializer>(
        units: &i128,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(units)
    }

    pub(in crate::value) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<i128, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// How many of the whole units that values are counted in make one unit of the currency: 10^4, the finest that
/// [`Money`] has.
pub const UNITS: i64 = 10_i64.pow(Money::MAX_DECIMALS);

/// A value in whole units of 10^-4: exact, and as fast as any number.
///
/// ```
/// use crm_core::value::{of_units, to_units};
/// assert_eq!(to_units("4821.5".parse()?)?, 48_215_000);
/// assert_eq!(of_units(48_215_000).to_string(), "4821.5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Invalid`] with more than four decimals, or beyond 922,337,203,685,477.5807 on either side of zero.
pub fn to_units(value: Decimal) -> Result<i64, Invalid> {
    let units = value.checked_mul(UNITS.into()).map(|units| units.normalize());
    match units {
        Some(units) if units.scale() > 0 => {
            let reason =
                format!("{value} has more than 4 decimals: round it first, by a rule you name");
            Err(Invalid::new("value", "value", reason))
        }
        Some(units) => units.to_i64().ok_or_else(|| too_large(value)),
        None => Err(too_large(value)),
    }
}

/// A number of units of 10^-4 as an amount, without trailing zeros.
pub fn of_units(units: i128) -> Decimal {
    // Totals are kept below 2^86 units, for which a Decimal has room.
    Decimal::try_from_i128_with_scale(units, Money::MAX_DECIMALS).unwrap_or_default().normalize()
}

/// Totals stay below: 22 digits of the currency, which leaves room for exact shares.
pub(super) const LARGEST_TOTAL: i128 = 1 << 86;

/// Refuses a total that is beyond what shares are counted from.
pub(super) fn total_fits(units: i128) -> Result<(), Invalid> {
    if units.abs() < LARGEST_TOTAL {
        return Ok(());
    }
    Err(Invalid::new("value", "total", "it has more than 22 digits"))
}

/// `part / whole` to six decimals, a half away from zero, in whole numbers throughout; none where the whole is nothing
/// or less, or the result is beyond 28 digits.
pub(super) fn quotient(part: i128, whole: i128) -> Option<Decimal> {
    if whole <= 0 {
        return None;
    }
    let (size, whole) = (part.unsigned_abs(), whole.unsigned_abs());
    let (mut millionths, mut left) = (size / whole, size % whole);
    for _ in 0..6 {
        left = left.checked_mul(10)?;
        millionths = millionths.checked_mul(10)?.checked_add(left / whole)?;
        left %= whole;
    }
    if left >= whole - left {
        millionths += 1;
    }
    let signed = i128::try_from(millionths).ok()?.checked_mul(part.signum())?;
    Decimal::try_from_i128_with_scale(signed, 6).ok().map(|share| share.normalize())
}

/// An amount with its currency: `4821.00 USD`.
pub(super) fn told(units: i128, currency: Currency) -> String {
    format!("{} {currency}", amount_text(of_units(units), currency))
}

/// A share as people read it: `12.5 %`.
pub(super) fn percent(share: Decimal) -> String {
    format!("{} %", (share * Decimal::ONE_HUNDRED).normalize())
}

fn too_large(value: Decimal) -> Invalid {
    let reason = format!("{value} is beyond 922,337,203,685,477.5807: nobody brings that much");
    Invalid::new("value", "value", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_exact_or_refused() {
        let read = |text: &str| to_units(text.parse().unwrap());
        assert_eq!(read("-0.0001"), Ok(-1));
        assert_eq!(read("922337203685477.5807"), Ok(i64::MAX));
        assert!(read("922337203685477.5808").unwrap_err().reason.contains("beyond"));
        assert!(read("79228162514264337593543950335").unwrap_err().reason.contains("beyond"));
        assert!(read("0.00001").unwrap_err().reason.contains("decimals"));
    }

    #[test]
    fn quotients_are_rounded_by_hand_rules() {
        let told = |part, whole| quotient(part, whole).map(|share| share.to_string());
        assert_eq!(told(1, 3).as_deref(), Some("0.333333"));
        assert_eq!(told(-2, 3).as_deref(), Some("-0.666667"));
        assert_eq!(told(1, 2_000_000).as_deref(), Some("0.000001"));
        assert_eq!(told(-1, 2_000_000).as_deref(), Some("-0.000001"));
        assert_eq!(told(1, 0), None);
        assert_eq!(told(1, -5), None);
        assert_eq!(told(LARGEST_TOTAL, LARGEST_TOTAL << 32).as_deref(), Some("0"));
        assert_eq!(told(LARGEST_TOTAL, 1), None);
    }
}
