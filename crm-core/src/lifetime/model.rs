use crate::kernel::text_enum;

use super::{BetaGeometric, GammaGamma, ParetoNbd, Unfit};

text_enum! {
    /// The models, by name.
    pub enum Model {
        /// [`BetaGeometric`].
        BgNbd = "bg-nbd",
        /// [`BetaGeometric`], where one may leave after the first purchase too.
        MbgNbd = "mbg-nbd",
        /// [`ParetoNbd`].
        ParetoNbd = "pareto-nbd",
        /// [`super::GammaGamma`], of what a purchase brings.
        GammaGamma = "gamma-gamma",
    }
}

impl Model {
    /// What its parameters are called, in their order.
    pub const fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::BgNbd | Self::MbgNbd => &BetaGeometric::NAMES,
            Self::ParetoNbd => &ParetoNbd::NAMES,
            Self::GammaGamma => &GammaGamma::NAMES,
        }
    }
}

/// A model of how often customers purchase, and until when, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PurchaseModel {
    /// BG/NBD or MBG/NBD.
    BetaGeometric(BetaGeometric),
    /// Pareto/NBD.
    ParetoNbd(ParetoNbd),
}

impl PurchaseModel {
    /// From parameters that were estimated before: r, α, a and b, or r, α, s and β.
    ///
    /// # Errors
    /// [`Unfit::NoParameters`] for a number that is not above nothing, and for the Gamma-Gamma model, which knows no frequency.
    pub fn new(model: Model, parameters: [f64; 4]) -> Result<Self, Unfit> {
        let sound = parameters.iter().all(|number| number.is_finite() && *number > 0.0);
        match model {
            Model::BgNbd | Model::MbgNbd if sound => {
                let modified = model == Model::MbgNbd;
                Ok(Self::BetaGeometric(BetaGeometric::new(parameters, modified)))
            }
            Model::ParetoNbd if sound => Ok(Self::ParetoNbd(ParetoNbd::new(parameters))),
            Model::GammaGamma => {
                Err(Unfit::NoParameters { model, needs: 3, parameters: parameters.to_vec() })
            }
            _ => Err(Unfit::NoParameters { model, needs: 4, parameters: parameters.to_vec() }),
        }
    }

    /// The probability that one is still a customer at T who purchased x times after the first purchase, the last time at t_x
    /// (recency), times counted from the first purchase. 1 for one without a repeat purchase by BG/NBD, whose
    /// customers leave only after one.
    pub fn alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        self.alive_after(self.stayed_until(x, age), x, t_x, age)
    }

    /// The part of [`Self::alive`] that depends on frequency and age alone; [`Self::alive_after`] goes on.
    pub(super) fn stayed_until(&self, x: f64, age: f64) -> f64 {
        match self {
            Self::BetaGeometric(_) => 0.0,
            Self::ParetoNbd(model) => model.stayed_until(x, age),
        }
    }

    pub(super) fn alive_after(&self, stayed_until: f64, x: f64, t_x: f64, age: f64) -> f64 {
        match self {
            Self::BetaGeometric(model) => model.alive(x, t_x, age),
            Self::ParetoNbd(model) => model.alive_after(stayed_until, x, t_x, age),
        }
    }

    /// How many purchases to expect within a time after T of one who is still a customer then. Times [`Self::alive`] it is what
    /// to expect of a customer; with x = 0 and T = 0, of a new one.
    pub fn while_alive(&self, x: f64, age: f64, time: f64) -> f64 {
        if time <= 0.0 {
            return 0.0;
        }
        match self {
            Self::BetaGeometric(model) => model.while_alive(x, age, time),
            Self::ParetoNbd(model) => model.while_alive(x, age, time),
        }
    }

    /// How many repeat purchases to expect of a new customer within a time.
    pub fn of_new(&self, time: f64) -> f64 {
        self.alive(0.0, 0.0, 0.0) * self.while_alive(0.0, 0.0, time)
    }
}
