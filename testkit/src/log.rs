use std::fs;
use std::path::Path;

const LINES: usize = 30;

/// The end of a log, or a note that there is none.
pub(crate) fn tail(file: &Path) -> String {
    match fs::read(file) {
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes)),
        Err(error) => format!("(no log: {error})"),
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept() {
        let text: String = (0..100).map(|line| format!("{line}\n")).collect();
        let kept = last_lines(&text);
        assert!(kept.starts_with("70\n") && kept.ends_with("\n99"), "{kept}");
        assert_eq!(last_lines("one\n"), "one");
    }
}
