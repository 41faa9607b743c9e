use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::Invalid,
    value::units::{UNITS, to_units},
};

use super::select::Weight;

/// Where the classes A and B end, as data. A customer belongs to a class as long as what stands *before* it is below
/// the cut; who brings the same is in the same class, the better one.
///
/// ```
/// use crm_core::value::Cuts;
/// let cuts: Cuts = serde_json::from_str(r#"{"share": {"a": "80", "b": "95"}}"#)?;
/// assert_eq!(cuts, Cuts::default());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cuts {
    /// By cumulative share of the value, in percent with at most four decimals.
    Share {
        /// Where A ends.
        #[serde(with = "rust_decimal::serde::str")]
        a: Decimal,
        /// Where B ends.
        #[serde(with = "rust_decimal::serde::str")]
        b: Decimal,
    },
    /// By how many customers.
    Count {
        /// So many are in A.
        a: u64,
        /// So many are in A or B.
        b: u64,
    },
}

impl Default for Cuts {
    /// 80 and 95 % of the value.
    fn default() -> Self {
        Self::Share { a: Decimal::from(80), b: Decimal::from(95) }
    }
}

impl Cuts {
    /// Whether they can be: above zero, A ends before B, shares up to 100 %.
    ///
    /// # Errors
    /// [`Invalid`] names the cut.
    pub fn check(&self) -> Result<(), Invalid> {
        let wrong = |field, reason: String| Err(Invalid::new("cuts", field, reason));
        match self {
            Self::Share { a, b } => {
                for (field, cut) in [("share.a", a), ("share.b", b)] {
                    if *cut <= Decimal::ZERO || *cut > Decimal::ONE_HUNDRED {
                        return wrong(field, format!("{cut} % is not above 0 and at most 100 %"));
                    }
                    if cut.normalize().scale() > 4 {
                        return wrong(field, format!("{cut} % has more than 4 decimals"));
                    }
                }
                if a >= b {
                    return wrong("share.b", format!("B ends at {b} %, which is not beyond {a} %"));
                }
            }
            Self::Count { a, b } => {
                if *a == 0 {
                    return wrong("count.a", "at least one customer is in A".to_owned());
                }
                if a >= b {
                    return wrong("count.b", format!("B ends at {b}, which is not beyond {a}"));
                }
            }
        }
        Ok(())
    }

    /// What is summed up, and where A and B end, as whole numbers of it; none where shares of the total are undefined.
    pub(super) fn limits(&self, total: i128) -> Option<(Weight, [i128; 2])> {
        match self {
            Self::Share { .. } if total <= 0 => None,
            Self::Share { a, b } => {
                // "Below the cut" of whole numbers is "below the cut rounded up".
                let of_total = |cut: &Decimal| {
                    let cut = i128::from(to_units(*cut).unwrap_or_default());
                    let whole = 100 * i128::from(UNITS);
                    let exact = total * cut;
                    exact / whole + i128::from(exact % whole > 0)
                };
                Some((Weight::Value, [of_total(a), of_total(b)]))
            }
            Self::Count { a, b } => Some((Weight::Customers, [(*a).into(), (*b).into()])),
        }
    }
}
