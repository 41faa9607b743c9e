use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Rows and their rate on stderr, where somebody looks.
pub(crate) struct Progress {
    bar: ProgressBar,
    rows: u64,
}

impl Progress {
    /// Of so many steps.
    pub(crate) fn new(what: &str, steps: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr_with_hz(8));
        if let Ok(style) =
            ProgressStyle::with_template("{prefix:20!} {wide_bar} {percent:>3} % {msg}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(crate::output::short(what, 60));
        Self { bar, rows: 0 }
    }

    /// That so many rows more are done, and the work has come to this step.
    pub(crate) fn advance(&mut self, rows: u64, step: u64) {
        self.rows += rows;
        if self.bar.is_hidden() {
            return;
        }
        let seconds = self.bar.elapsed().as_secs_f64();
        let rate = if seconds > 0.0 { self.rows as f64 / seconds } else { 0.0 };
        self.bar.set_message(format!(
            "{} rows, {}/s",
            HumanCount(self.rows),
            HumanCount(rate as u64)
        ));
        self.bar.set_position(step);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
