//! Who gets what by rules: `crm rules`, `crm assign`, `crm workload`.

pub(crate) mod assign;
mod balance;
pub(crate) mod rules;
pub(crate) mod workload;
