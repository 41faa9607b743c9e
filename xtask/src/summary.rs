use std::fmt;

/// What a run of `cargo test` did, read from its output.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    targets: Vec<Target>,
}

#[derive(Debug)]
struct Target {
    name: String,
    passed: u64,
    ignored: u64,
    failed: Vec<String>,
    /// Ended with a result; a target that crashed does not.
    finished: bool,
}

impl Summary {
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(name) = target_name(line) {
            self.targets.push(Target::new(name));
        } else if let Some(target) = self.targets.last_mut() {
            target.read(line);
        }
    }

    /// The last words of a run that did not succeed.
    pub(crate) fn failure(&self) -> String {
        let mut lines = Vec::new();
        for target in &self.targets {
            lines.extend(target.failed.iter().map(|test| format!("  {}: {test}", target.name)));
            if !target.finished {
                lines.push(format!("  {}: ended without a result", target.name));
            }
        }
        if lines.is_empty() {
            return "cargo test failed, though no test did: see its messages above".to_owned();
        }
        format!("failed:\n{}", lines.join("\n"))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut passed, mut failed, mut ignored) = (0, 0, 0);
        writeln!(f, "passed failed ignored")?;
        for target in self.targets.iter().filter(|target| !target.is_empty()) {
            let failures = target.failed.len();
            writeln!(
                f,
                "{:>6} {failures:>6} {:>7}  {}",
                target.passed, target.ignored, target.name
            )?;
            passed += target.passed;
            failed += failures;
            ignored += target.ignored;
        }
        write!(f, "{passed:>6} {failed:>6} {ignored:>7}  in all")
    }
}

impl Target {
    fn new(name: String) -> Self {
        Self { name, passed: 0, ignored: 0, failed: Vec::new(), finished: false }
    }

    fn read(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += count(result, "passed");
            self.ignored += count(result, "ignored");
            let unnamed = count(result, "failed").saturating_sub(self.failed.len() as u64);
            if unnamed > 0 {
                self.failed.push(format!("{unnamed} more, named above"));
            }
            self.finished = true;
        } else if let Some(test) = line.strip_prefix("test ")
            && let Some(name) = test.strip_suffix(" ... FAILED")
        {
            self.failed.push(name.to_owned());
        }
    }

    fn is_empty(&self) -> bool {
        self.finished && self.passed == 0 && self.ignored == 0 && self.failed.is_empty()
    }
}

/// `Running unittests src/lib.rs (target/debug/deps/crm_core-0123)` is `crm_core src/lib.rs`.
fn target_name(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(package) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{package} documentation"));
    }
    let (source, file) = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once(" (")?;
    let source = source.strip_prefix("unittests ").unwrap_or(source);
    let file = file.rsplit(['/', '\\']).next()?;
    let program = file.rsplit_once('-').map_or(file, |(program, _)| program);
    Some(format!("{program} {source}"))
}

/// The number before a word, in `ok. 12 passed; 0 failed; 1 ignored; …`.
fn count(result: &str, word: &str) -> u64 {
    let mut previous = "";
    for item in result.split([' ', ';']) {
        if item == word {
            return previous.parse().unwrap_or(0);
        }
        previous = item;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> Summary {
        let mut summary = Summary::default();
        output.lines().for_each(|line| summary.read(line));
        summary
    }

    #[test]
    fn targets_and_totals() {
        let summary = read(
            "   Compiling crm-core v0.1.0\n\
             \x20    Running unittests src/lib.rs (target/debug/deps/crm_core-01ab)\n\
             test money::rounds ... ok\n\
             test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
             \x20    Running tests/host.rs (target/debug/deps/host-01ab)\n\
             test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
             \x20  Doc-tests crm_core\n\
             test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
        );
        assert_eq!(
            summary.to_string(),
            "passed failed ignored\n    12      0       1  crm_core src/lib.rs\n     \
             3      0       0  crm_core documentation\n    15      0       1  in all"
        );
    }

    #[test]
    fn failures_are_named_with_their_target() {
        let summary = read(
            "     Running tests/host.rs (target/debug/deps/host-01ab)\n\
             test a ... ok\n\
             test b ... FAILED\n\
             test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n\
             \x20    Running tests/crash.rs (target/debug/deps/crash-01ab)\n\
             test a ... ok\n",
        );
        assert_eq!(
            summary.failure(),
            "failed:\n  host tests/host.rs: b\n  host tests/host.rs: 1 more, named above\n  \
             crash tests/crash.rs: ended without a result"
        );
    }

    #[test]
    fn a_failure_to_compile_is_no_failed_test() {
        assert!(read("error: could not compile").failure().contains("no test did"));
    }
}
