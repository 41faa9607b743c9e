//! Property tests against a store: values from proptest, checked by asking the store.

use std::fmt::Debug;

use proptest::{
    strategy::{BoxedStrategy, Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::claim::{Failure, Held, brief};

/// Draws values, the same ones in each run, until one fails; then looks for a smaller one that
/// fails too.
///
/// A tree of proptest cannot go from thread to thread with the task that waits for an answer: so it
/// is built again for each step, and taken the same way down.
pub(super) struct Draws<T> {
    strategy: Box<dyn Fn() -> BoxedStrategy<T> + Send + Sync>,
    left: u32,
    seed: u32,
    steps: Vec<Step>,
    worst: Option<(String, Failure)>,
    next: Option<T>,
}

#[derive(Clone, Copy)]
enum Step {
    Simplify,
    Complicate,
}

/// How many smaller values are tried.
const MOST_STEPS: usize = 200;

impl<T: Debug> Draws<T> {
    pub(super) fn new(
        cases: u32,
        strategy: impl Fn() -> BoxedStrategy<T> + Send + Sync + 'static,
    ) -> Self {
        let mut draws = Self {
            strategy: Box::new(strategy),
            left: cases,
            seed: 0,
            steps: Vec::new(),
            worst: None,
            next: None,
        };
        draws.draw();
        draws
    }

    /// The next value to check.
    pub(super) fn next(&mut self) -> Option<T> {
        self.next.take()
    }

    /// What the check of `value` answered.
    pub(super) fn judge(&mut self, value: &T, held: Held) {
        let step = match held {
            Ok(()) if self.worst.is_none() => return self.draw(),
            Ok(()) => Step::Complicate,
            Err(failure) => {
                self.worst = Some((brief(value), failure));
                Step::Simplify
            }
        };
        self.steps.push(step);
        if self.steps.len() <= MOST_STEPS {
            self.next = self.value();
        }
    }

    /// How it ended.
    pub(super) fn verdict(self) -> Held {
        match self.worst {
            None => Ok(()),
            Some((value, failure)) => Err(Failure::new(format!("for {value}: {failure}"))),
        }
    }

    fn draw(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            self.seed += 1;
            self.next = self.value();
        }
    }

    /// The value at the end of the steps; none when there is no further step.
    fn value(&self) -> Option<T> {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&self.seed.to_be_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let mut tree = (self.strategy)().new_tree(&mut runner).ok()?;
        let mut went = true;
        for step in &self.steps {
            went = match step {
                Step::Simplify => tree.simplify(),
                Step::Complicate => tree.complicate(),
            };
        }
        went.then(|| tree.current())
    }
}
