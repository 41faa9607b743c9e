use std::{fmt, future::Future, pin::Pin};

use crate::kernel::Entity;

use super::{
    case::{Case, Ground},
    claim::Held,
};

/// Whether a law holds; if not, what was expected and what was found, and the place in the suite.
pub type Verdict = Result<(), String>;

/// Something that is true of every correct store.
///
/// Its name says what: `a_stale_update_conflicts::customer`. Laws that are true of each kind of
/// entity come once for each.
#[derive(Clone)]
pub struct Law {
    name: String,
    run: Run,
}

type Run = for<'c> fn(&'c Case) -> Pin<Box<dyn Future<Output = Held> + Send + 'c>>;

impl Law {
    /// What it says, as a name for a test.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it holds for a store. It can be asked again: each time has tenants of its own.
    ///
    /// # Errors
    /// What was expected and what was found, when it does not.
    pub async fn hold(&self, ground: &Ground) -> Verdict {
        let case = ground.case(&self.name);
        (self.run)(&case).await.map_err(|failure| failure.to_string())
    }

    pub(super) fn new(name: &str, run: Run) -> Self {
        Self { name: name.to_owned(), run }
    }

    pub(super) fn of<E: Entity>(name: &str, run: Run) -> Self {
        Self { name: format!("{name}::{}", E::KIND), run }
    }
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A list of laws, each once.
macro_rules! laws {
    ($($law:ident),+ $(,)?) => {
        vec![$($crate::conformance::law::Law::new(stringify!($law), |case| Box::pin($law(case))),)+]
    };
}

/// Defines `laws_of_each!`, a list of laws for each entity that can be added, `laws_of_each_that_changes!` and
/// `laws_of_each_that_is_read!`, for each there is. The
/// first argument is a dollar sign, for the macros that are defined.
macro_rules! define_lists {
    (($d:tt) $($entity:ty),+; $($added:ty),+; $($kept:ty),+;) => {
        macro_rules! laws_of_each_that_is_read {
            ($d($d law:ident),+ $d(,)?) => {{
                let mut list = laws_of_each![$d($d law),+];
                list.extend(vec![$d(
                    $($crate::conformance::law::Law::of::<$kept>(
                        stringify!($d law), |case| Box::pin($d law::<$kept>(case)),
                    ),)+
                )+]);
                list
            }};
        }
        macro_rules! laws_of_each {
            ($d($d law:ident),+ $d(,)?) => {
                vec![$d(
                    $($crate::conformance::law::Law::of::<$entity>(
                        stringify!($d law), |case| Box::pin($d law::<$entity>(case)),
                    ),)+
                    $($crate::conformance::law::Law::of::<$added>(
                        stringify!($d law), |case| Box::pin($d law::<$added>(case)),
                    ),)+
                )+]
            };
        }
        macro_rules! laws_of_each_that_changes {
            ($d($d law:ident),+ $d(,)?) => {
                vec![$d(
                    $($crate::conformance::law::Law::of::<$entity>(
                        stringify!($d law), |case| Box::pin($d law::<$entity>(case)),
                    ),)+
                )+]
            };
        }
    };
}
macro_rules! with_a_dollar_sign {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        define_lists! { ($) $($entity),+; $($added),+; $($kept),+; }
    };
}
crate::for_each_entity!(with_a_dollar_sign);
