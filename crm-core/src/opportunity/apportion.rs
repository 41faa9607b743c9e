use rust_decimal::Decimal;

use crate::kernel::Money;

/// The parts of what may be no amount, in the ratio of these weights, as [`apportion`] has them.
pub(crate) fn parts(amount: Option<Money>, weights: &[Decimal]) -> Vec<Option<Money>> {
    let Some(amount) = amount else { return vec![None; weights.len()] };
    let parts = apportion(amount, weights).into_iter();
    parts.map(|part| Money::new(part, amount.currency()).ok()).collect()
}

/// The parts of an amount in the ratio of these weights: they add up to it exactly. Each is
/// cut to the decimals of the amount or of its currency, whichever are more; what is left over goes to
/// those that lost most by that, a unit each, the earlier one first (largest remainder method, A. Hamilton 1792).
/// Where the weights add up to nothing, all of it is the first one's.
pub(crate) fn apportion(amount: Money, weights: &[Decimal]) -> Vec<Decimal> {
    let decimals = amount.currency().decimals().max(amount.amount().scale());
    let whole: Decimal = weights.iter().sum();
    let total = amount.amount();
    let exact = |weight: &Decimal| {
        let product = total.checked_mul(*weight).and_then(|product| product.checked_div(whole));
        let ratio = || weight.checked_div(whole).and_then(|ratio| total.checked_mul(ratio));
        product.or_else(ratio).unwrap_or_default()
    };
    let exact: Vec<_> = weights.iter().map(exact).collect();
    let mut parts: Vec<_> = exact.iter().map(|part| part.trunc_with_scale(decimals)).collect();
    let left = match whole.is_zero() {
        true => total,
        false => settle(&mut parts, &exact, total, Decimal::new(1, decimals)),
    };
    if let Some(first) = parts.first_mut() {
        *first += left;
    }
    parts
}

/// Adds what rounded parts lack of their total, or takes off what they have too much, a unit each, from those that rounding
/// moved furthest the other way, the earlier one at a tie. Answers with what is left then.
pub(super) fn settle(
    parts: &mut [Decimal],
    exact: &[Decimal],
    total: Decimal,
    unit: Decimal,
) -> Decimal {
    let mut left = total - parts.iter().sum::<Decimal>();
    let down = left.is_sign_negative();
    let step = if down { -unit } else { unit };
    let moved =
        |(exact, part): (&Decimal, &Decimal)| if down { part - exact } else { exact - part };
    let mut order: Vec<_> = exact.iter().zip(&*parts).map(moved).enumerate().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    for (at, _) in order {
        if left.is_zero() {
            break;
        }
        if let Some(part) = parts.get_mut(at) {
            *part += step;
            left -= step;
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        for (amount, weights, expected) in [
            ("100 USD", vec![1, 1, 1], vec!["33.34", "33.33", "33.33"]),
            ("-100 USD", vec![1, 1, 1], vec!["-33.34", "-33.33", "-33.33"]),
            ("1 JPY", vec![50, 50], vec!["1", "0"]),
            ("0.0001 USD", vec![25, 75], vec!["0", "0.0001"]),
            ("10 USD", vec![0, 0], vec!["10", "0"]),
            ("10 USD", vec![100], vec!["10"]),
            (
                "99999999999999.9999 USD",
                vec![75, 25],
                vec!["74999999999999.9999", "25000000000000"],
            ),
        ] {
            let amount: Money = amount.parse().unwrap();
            let weights: Vec<_> = weights.into_iter().map(Decimal::from).collect();
            let parts = apportion(amount, &weights);
            let told: Vec<_> = parts.iter().map(|part| part.normalize().to_string()).collect();
            assert_eq!(told, expected, "{amount}");
            assert_eq!(parts.iter().sum::<Decimal>(), amount.amount());
        }
    }
}
