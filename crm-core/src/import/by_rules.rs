use crate::{
    Result,
    assignment::{Assigned, Assignment, Coming, give, is_asked},
    kernel::Timestamp,
    settings::Settings,
    store::{Boxed, Work},
};

/// How new records of a kind are given by the assignment rules.
pub(super) struct ByRules<E> {
    pub(super) is_asked: fn(&E) -> bool,
    pub(super) coming: fn(E, &Settings, Timestamp) -> Result<Coming<E>>,
    pub(super) give: Give<E>,
}

type Give<E> = for<'a> fn(&'a mut Work<'_>, Vec<Coming<E>>) -> Boxed<'a, Vec<Assignment>>;

impl<E: Assigned> ByRules<E> {
    pub(super) fn new() -> Self {
        Self {
            is_asked: is_asked::<E>,
            coming: Coming::new,
            give: |work, coming| Box::pin(give::<E>(work, coming)),
        }
    }
}
