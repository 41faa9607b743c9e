use std::fs;

use crate::cargo;
use crate::failure::Failure;

/// What the lock file of a host in `compat/` names and should not, in words.
pub(crate) fn strangers_in(host: &str, strangers: &[&str]) -> Result<Vec<String>, Failure> {
    let file = format!("compat/{host}/Cargo.lock");
    let text = fs::read_to_string(cargo::root().join(&file))
        .map_err(Failure::io(format_args!("read {file}")))?;
    Ok(locked(&text, strangers).map(|package| format!("{file} names {package}")).collect())
}

fn locked<'a>(text: &str, packages: &'a [&str]) -> impl Iterator<Item = &'a str> {
    packages.iter().copied().filter(move |package| {
        text.lines().any(|line| line.strip_prefix("name = ") == Some(&format!("\"{package}\"")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_count() {
        let text = "[[package]]\nname = \"sqlx-sqlite\"\nversion = \"0.9.0\"\n";
        assert_eq!(locked(text, &["sqlx-sqlite"]).collect::<Vec<_>>(), ["sqlx-sqlite"]);
        assert_eq!(locked(text, &["sqlx", "sqlite"]).count(), 0);
    }
}
