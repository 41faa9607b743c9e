use super::{Entity, Invalid};

/// A text that must say something.
pub(crate) fn required<E: Entity>(field: &str, text: &str) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::field::<E>(field, "it must not be empty"));
    }
    Ok(())
}
