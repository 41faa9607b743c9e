use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crm_benches::Result;

/// polars in a process of its own, which waits for its turns.
pub(crate) struct Polars {
    child: Child,
    turns: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Which version it is.
    pub(crate) version: String,
}

/// What polars answers.
pub(crate) struct Turn {
    pub(crate) ms: f64,
    /// How many are in A, and in A or B.
    pub(crate) classes: [u64; 2],
}

impl Polars {
    /// Starts it with this interpreter, over these values.
    pub(crate) fn start(python: &str, values: &[i64], folder: &Path) -> Result<Self> {
        let file = folder.join("values");
        let mut out = BufWriter::new(File::create(&file)?);
        for value in values {
            out.write_all(&value.to_le_bytes())?;
        }
        out.flush()?;
        drop(out);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/pareto_polars.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(turns), Some(out)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("it has no pipes".into());
        };
        let mut polars =
            Self { child, turns, answers: BufReader::new(out), version: String::new() };
        polars.version = polars.answer()?;
        Ok(polars)
    }

    /// Does it once.
    pub(crate) fn turn(&mut self, way: &str) -> Result<Turn> {
        writeln!(self.turns, "{way}")?;
        self.turns.flush()?;
        let answer = self.answer()?;
        let mut words = answer.split_whitespace();
        let mut word = || words.next().ok_or("polars gave a short answer");
        let ms = word()?.parse()?;
        Ok(Turn { ms, classes: [word()?.parse()?, word()?.parse()?] })
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("it ended: is polars installed for that interpreter?".into());
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Polars {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
