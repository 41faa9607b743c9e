use rust_decimal::Decimal;
use serde::Serializer;

use super::Rounding;

/// How shares and averages are rounded: a half away from zero, as people do by hand.
pub const RATIO_ROUNDING: Rounding = Rounding::HalfUp;

/// `part / whole` to so many decimals, rounded by [`RATIO_ROUNDING`] and without zeros at its end; none where the whole is
/// nothing, or the result beyond 28 digits.
pub(crate) fn ratio(part: Decimal, whole: Decimal, decimals: u32) -> Option<Decimal> {
    let exact = part.checked_div(whole)?;
    Some(RATIO_ROUNDING.apply(exact, decimals).normalize())
}

/// A share, to six decimals; of nothing, or of less, there is none.
pub(crate) fn share(part: Decimal, whole: Decimal) -> Option<Decimal> {
    if whole > Decimal::ZERO { ratio(part, whole, 6) } else { None }
}

/// A share as JSON has it: a string with six decimals, nothing where there is none.
pub(crate) fn six_decimals<T, S>(share: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Copy + Into<Option<Decimal>>,
    S: Serializer,
{
    match (*share).into() {
        Some(share) => serializer.serialize_str(&format!("{share:.6}")),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (part, whole, expected) in [
            (1, 8, Some("0.13")),
            (-1, 8, Some("-0.13")),
            (3, 8, Some("0.38")),
            (0, 8, Some("0")),
            (1, 0, None),
        ] {
            let told = ratio(part.into(), whole.into(), 2).map(|share| share.to_string());
            assert_eq!(told.as_deref(), expected, "{part}/{whole}");
        }
    }
}
