use statrs::function::beta::checked_beta_reg;

/// How regularly customers purchase: the shape k of their gaps, if these vary like Gamma(k). 1 is as irregular as chance; more is
/// more regular, less is in bursts.
///
/// Estimated as Wheat and Morrison do (Estimating Purchase Regularity with Two Interpurchase Times, Journal of Marketing
/// Research 27, 1990): of two gaps that follow one another the share of the first has a mean of 1/2 and a variance
/// of 1 / (4 (2k + 1)), however often the customer purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Regularity {
    pairs: u64,
    /// How far the shares are from 1/2, squared and added up, in parts of 2^-40: whole numbers add up to the same in any order.
    squares: u128,
}

/// A customer's own pairs of gaps count beside so many of all customers.
const OF_ALL: f64 = 10.0;
const PART: f64 = 1.0 / (1_u64 << 40) as f64;
/// Where gaps vary like Gamma(1).
const BY_CHANCE: f64 = 1.0 / 12.0;
/// Beyond, days are too coarse to tell.
const SHAPES: (f64, f64) = (0.25, 100.0);

impl Regularity {
    /// Of gaps in days, in order: each belongs to one pair.
    pub fn of(gaps: &[u32]) -> Self {
        let mut these = Self::default();
        for pair in gaps.chunks_exact(2) {
            if let [one, other] = pair {
                let both = f64::from(*one) + f64::from(*other);
                let off = f64::from(*one) / both.max(1.0) - 0.5;
                these.pairs += 1;
                these.squares += (off * off / PART).round() as u128;
            }
        }
        these
    }

    /// Adds those of another customer.
    pub fn add(&mut self, other: Self) {
        self.pairs += other.pairs;
        self.squares += other.squares;
    }

    /// The shape; 1 where there is nothing to learn it from.
    pub fn shape(&self) -> f64 {
        shape(self.variance())
    }

    /// The shape for one customer among all these: its own gaps count, and so do ten pairs of everybody's.
    pub fn shape_for(&self, own: Self) -> f64 {
        let pairs = own.pairs as f64;
        shape((OF_ALL * self.variance() + pairs * own.variance()) / (OF_ALL + pairs))
    }

    fn variance(&self) -> f64 {
        if self.pairs == 0 {
            return BY_CHANCE;
        }
        self.squares as f64 * PART / self.pairs as f64
    }
}

fn shape(variance: f64) -> f64 {
    ((1.0 - 4.0 * variance) / (8.0 * variance)).clamp(SHAPES.0, SHAPES.1)
}

/// How likely a silence of so many days or more is for one who goes on as before, after so many gaps that took so many days
/// together.
///
/// Gaps vary like Gamma(k, λ), whatever λ is: the silence divided by all gaps before has a beta prime distribution
/// with k and n k, since both are gamma (for k = 1 it is the F test of exponential times with 2 and 2n degrees of freedom, and the
/// chance is (1 + silence/total)^-n). So a few gaps make it hard to be unlikely.
///
/// ```
/// use crm_core::lifetime::chance_of_silence;
/// // Ten purchases, 30 days apart on average: 90 days of silence.
/// let irregular = chance_of_silence(1.0, 9, 270, 90);
/// assert!((irregular - 0.75_f64.powi(9)).abs() < 1e-12);
/// assert!(chance_of_silence(5.0, 9, 270, 90) < 0.01);
/// assert!((chance_of_silence(1.0, 1, 30, 90) - 0.25).abs() < 1e-12);
/// ```
pub fn chance_of_silence(shape: f64, gaps: u32, days: u32, silence: u32) -> f64 {
    let (days, silence) = (f64::from(days), f64::from(silence));
    if gaps == 0 || days <= 0.0 || silence <= 0.0 {
        return 1.0;
    }
    let shape = shape.clamp(SHAPES.0, SHAPES.1);
    checked_beta_reg(shape * f64::from(gaps), shape, days / (days + silence)).unwrap_or(1.0)
}
