//! Where a log-likelihood is largest: BFGS on the logarithms of its parameters, then Newton's method.
//!
//! By hand because no kept optimiser fits a pure core: argmin 0.11 brings random numbers (rand, rand_xoshiro, getrandom),
//! a clock (web-time) and `paste`, which nobody maintains any more, into every host, and cannot leave them
//! out; cobyla stops short of the maximum. With two to four parameters and exact gradients it is little.

use std::array::from_fn;

/// A log-likelihood.
pub(super) trait Likelihood<const N: usize> {
    /// Its value, and its derivatives by the parameters.
    fn at(&self, parameters: &[f64; N]) -> (f64, [f64; N]);
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Maximum<const N: usize> {
    pub(super) parameters: [f64; N],
    /// From the observed information, by the delta method; none where that is not positive definite.
    pub(super) standard_errors: Option<[f64; N]>,
    pub(super) log_likelihood: f64,
    /// A maximum, and all parameters determined by the data.
    pub(super) converged: bool,
    pub(super) evaluations: u32,
}

/// At most so many steps.
const STEPS: usize = 500;
/// So often a step is halved.
const HALVINGS: usize = 40;
/// No step changes the logarithm of a parameter by more.
const LONGEST_STEP: f64 = 2.0;
/// So much log-likelihood may at most be gained by one more step of Newton's, where it has converged.
const NOTHING_TO_GAIN: f64 = 1e-6;
/// A parameter whose standard error is larger than so many times itself is not determined by the data.
const NOT_DETERMINED: f64 = 3.0;
/// By so much logarithms are moved to see how slopes change.
const MOVED: f64 = 1e-4;

/// Finds the maximum, from a place to begin.
pub(super) fn maximum<const N: usize>(
    likelihood: &impl Likelihood<N>,
    start: [f64; N],
) -> Maximum<N> {
    let mut search = Search { likelihood, evaluations: 0 };
    let mut here = search.look(start.map(f64::ln));
    let mut curvature: Option<Matrix<N>> = None;
    for _ in 0..STEPS {
        let steepness = dot(&here.slope, &here.slope).sqrt().max(f64::MIN_POSITIVE);
        let uphill = match &curvature {
            Some(curvature) => times(curvature, &here.slope),
            None => here.slope.map(|slope| slope / steepness),
        };
        let rise = dot(&uphill, &here.slope);
        if curvature.is_some() && rise < NOTHING_TO_GAIN {
            break;
        }
        let Some(next) = search.along(&here, &uphill, rise) else {
            // Once more from here, straight uphill.
            if curvature.take().is_some() { continue } else { break }
        };
        curvature = learned(curvature, &here, &next);
        here = next;
    }
    search.finish(here)
}

type Matrix<const N: usize> = [[f64; N]; N];

/// A place, by logarithms.
struct Place<const N: usize> {
    at: [f64; N],
    value: f64,
    slope: [f64; N],
}

struct Search<'a, L> {
    likelihood: &'a L,
    evaluations: u32,
}

impl<L> Search<'_, L> {
    fn look<const N: usize>(&mut self, at: [f64; N]) -> Place<N>
    where
        L: Likelihood<N>,
    {
        self.evaluations += 1;
        let parameters = at.map(f64::exp);
        let (value, by) = self.likelihood.at(&parameters);
        Place { at, value, slope: from_fn(|i| by[i] * parameters[i]) }
    }

    /// The first place along a direction that is high enough (Armijo's rule), halving.
    fn along<const N: usize>(
        &mut self,
        from: &Place<N>,
        direction: &[f64; N],
        rise: f64,
    ) -> Option<Place<N>>
    where
        L: Likelihood<N>,
    {
        let longest = direction.iter().fold(f64::MIN_POSITIVE, |most, step| most.max(step.abs()));
        let mut part = (LONGEST_STEP / longest).min(1.0);
        for _ in 0..HALVINGS {
            let next = self.look(from_fn(|i| from.at[i] + part * direction[i]));
            let finite = next.value.is_finite() && next.slope.iter().all(|slope| slope.is_finite());
            if finite && next.value >= from.value + 1e-4 * part * rise {
                return Some(next);
            }
            part /= 2.0;
        }
        None
    }

    /// A last few steps by the true curvature, and what it says of the place.
    fn finish<const N: usize>(&mut self, mut here: Place<N>) -> Maximum<N>
    where
        L: Likelihood<N>,
    {
        let mut covariance = inverted(&self.information(&here));
        for _ in 0..3 {
            let Some(curvature) = &covariance else { break };
            let step = times(curvature, &here.slope);
            if dot(&step, &here.slope) < NOTHING_TO_GAIN / 1e5 {
                break;
            }
            let next = self.look(from_fn(|i| here.at[i] + step[i]));
            if next.value.is_nan() || next.value < here.value {
                break;
            }
            here = next;
            covariance = inverted(&self.information(&here));
        }
        let parameters = here.at.map(f64::exp);
        let errors = covariance.map(|covariance| from_fn(|i| covariance[i][i].sqrt()));
        let converged = covariance.is_some_and(|covariance| {
            dot(&times(&covariance, &here.slope), &here.slope) / 2.0 < NOTHING_TO_GAIN
        }) && errors
            .is_some_and(|errors: [f64; N]| errors.iter().all(|e| *e < NOT_DETERMINED));
        Maximum {
            parameters,
            // Of a logarithm d ln θ = d θ / θ.
            standard_errors: errors.map(|errors| from_fn(|i| errors[i] * parameters[i])),
            log_likelihood: here.value,
            converged,
            evaluations: self.evaluations,
        }
    }

    /// How fast slopes fall: minus the second derivatives, by central differences.
    fn information<const N: usize>(&mut self, here: &Place<N>) -> Matrix<N>
    where
        L: Likelihood<N>,
    {
        let rows: Matrix<N> = from_fn(|j| {
            let [before, after] = [-MOVED, MOVED]
                .map(|by| self.look(from_fn(|i| here.at[i] + if i == j { by } else { 0.0 })).slope);
            from_fn(|i| (before[i] - after[i]) / (2.0 * MOVED))
        });
        from_fn(|i| from_fn(|j| (rows[i][j] + rows[j][i]) / 2.0))
    }
}

/// What a step tells of the inverse curvature (Broyden, Fletcher, Goldfarb and Shanno).
fn learned<const N: usize>(
    known: Option<Matrix<N>>,
    from: &Place<N>,
    to: &Place<N>,
) -> Option<Matrix<N>> {
    let step: [f64; N] = from_fn(|i| to.at[i] - from.at[i]);
    let fell: [f64; N] = from_fn(|i| from.slope[i] - to.slope[i]);
    let along = dot(&step, &fell);
    if along <= 0.0 {
        return known;
    }
    let first = along / dot(&fell, &fell);
    let known = known.unwrap_or(from_fn(|i| from_fn(|j| if i == j { first } else { 0.0 })));
    let seen = times(&known, &fell);
    let own = (1.0 + dot(&fell, &seen) / along) / along;
    Some(from_fn(|i| {
        from_fn(|j| {
            known[i][j] + own * step[i] * step[j] - (seen[i] * step[j] + step[i] * seen[j]) / along
        })
    }))
}

fn dot<const N: usize>(one: &[f64; N], other: &[f64; N]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn times<const N: usize>(matrix: &Matrix<N>, vector: &[f64; N]) -> [f64; N] {
    from_fn(|i| dot(&matrix[i], vector))
}

/// The inverse of a symmetric matrix (Cholesky); none where it is not positive definite.
fn inverted<const N: usize>(matrix: &Matrix<N>) -> Option<Matrix<N>> {
    let mut lower = [[0.0; N]; N];
    for i in 0..N {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            lower[i][j] = if i == j { rest.sqrt() } else { rest / lower[j][j] };
        }
        if !(lower[i][i] > 0.0 && lower[i][i].is_finite()) {
            return None;
        }
    }
    let columns: Matrix<N> = from_fn(|unit| {
        let mut column = [0.0; N];
        for i in 0..N {
            let rest = (0..i).map(|k| lower[i][k] * column[k]).sum::<f64>();
            column[i] = (if i == unit { 1.0 } else { 0.0 } - rest) / lower[i][i];
        }
        for i in (0..N).rev() {
            let rest = (i + 1..N).map(|k| lower[k][i] * column[k]).sum::<f64>();
            column[i] = (column[i] - rest) / lower[i][i];
        }
        column
    });
    Some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gamma: 50 numbers whose mean is 6 and whose logarithms' mean is 1.6.
    struct Gamma;
    impl Likelihood<2> for Gamma {
        fn at(&self, [shape, rate]: &[f64; 2]) -> (f64, [f64; 2]) {
            use statrs::function::gamma::{digamma, ln_gamma};
            let value = shape * rate.ln() - ln_gamma(*shape) + (shape - 1.0) * 1.6 - rate * 6.0;
            let by = [rate.ln() - digamma(*shape) + 1.6, shape / rate - 6.0];
            (50.0 * value, by.map(|by| 50.0 * by))
        }
    }

    #[test]
    fn it_is_where_slopes_are_nothing_whatever_it_began_with() {
        for start in [[1.0, 1.0], [1e-3, 1e3], [1e4, 1e-4]] {
            let found = maximum(&Gamma, start);
            let [shape, rate] = found.parameters;
            assert!(found.converged && found.evaluations < 300, "{start:?}: {found:?}");
            assert!((shape / rate - 6.0).abs() < 1e-6);
            assert!(Gamma.at(&found.parameters).1.iter().all(|slope| slope.abs() < 1e-4));
            // Fisher's information of a rate whose shape is known: n shape / rate²; unknown, it is less.
            let [_, error] = found.standard_errors.unwrap();
            assert!(error > rate / (50.0 * shape).sqrt() && error < rate);
        }
    }

    /// It rises for ever.
    struct Endless;
    impl Likelihood<2> for Endless {
        fn at(&self, [one, other]: &[f64; 2]) -> (f64, [f64; 2]) {
            let off = other.ln();
            (-1.0 / one - off * off, [1.0 / (one * one), -2.0 * off / other])
        }
    }

    #[test]
    fn what_rises_for_ever_has_not_converged() {
        assert!(!maximum(&Endless, [1.0, 3.0]).converged);
    }

    #[test]
    fn only_positive_definite_matrices_are_inverted() {
        let inverse = inverted(&[[4.0, 2.0], [2.0, 3.0]]).unwrap();
        assert_eq!(
            inverse.map(|row| row.map(|x: f64| (x * 8.0).round())),
            [[3.0, -2.0], [-2.0, 4.0]]
        );
        assert_eq!(inverted(&[[1.0, 2.0], [2.0, 1.0]]), None);
        assert_eq!(inverted(&[[f64::NAN]]), None);
    }
}
