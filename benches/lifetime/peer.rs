use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crm_benches::Result;
use crm_core::lifetime::{History, TimeUnit};

/// The Python package lifetimes, in a process of its own.
pub(crate) struct Peer {
    /// What it says it is.
    pub(crate) version: String,
    child: Child,
    turns: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it answered.
pub(crate) struct Answer {
    pub(crate) fit_ms: f64,
    pub(crate) prediction_ns: f64,
    pub(crate) parameters: [f64; 4],
}

impl Peer {
    /// Starts it, with these customers.
    pub(crate) fn start(python: &str, folder: &Path, histories: &[History]) -> Result<Self> {
        let data = folder.join("histories.txt");
        let weeks = |days| TimeUnit::Week.of_days(days);
        let line = |h: &History| format!("{} {} {}\n", h.frequency, weeks(h.recency), weeks(h.age));
        std::fs::write(&data, histories.iter().map(line).collect::<String>())?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/lifetimes_fit.py");
        let mut child = Command::new(python)
            .args([script, data])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{python} does not start: {error}"))?;
        let (turns, answers) = (child.stdin.take(), child.stdout.take());
        let (turns, answers) = turns.zip(answers).ok_or("its input and output are not there")?;
        let mut peer =
            Self { version: String::new(), child, turns, answers: BufReader::new(answers) };
        peer.version = peer.line()?;
        Ok(peer)
    }

    /// Fits a model, once.
    pub(crate) fn fit(&mut self, model: &str) -> Result<Answer> {
        writeln!(self.turns, "{model}")?;
        let line = self.line()?;
        let numbers: Vec<f64> =
            line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [fit_ms, prediction_ns, ref parameters @ ..] = numbers[..] else {
            return Err(format!("lifetimes answered {line:?}").into());
        };
        let parameters: [f64; 4] =
            parameters.try_into().map_err(|_| format!("lifetimes answered {line:?}"))?;
        Ok(Answer { fit_ms, prediction_ns, parameters })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(
                "it ended: is the package lifetimes installed? See benches/peers/lifetimes_fit.py"
                    .into(),
            );
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
