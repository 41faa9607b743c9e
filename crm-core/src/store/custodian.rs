/// Who may do what [`super::Custody`] does: the verbs of this library, which alone have one. A store
/// takes it and has nothing to do with it; one that wraps another hands it on.
#[derive(Debug)]
pub struct Custodian(());

/// The one there is.
pub(crate) const CUSTODIAN: Custodian = Custodian(());
