use charts_rs::{AxisType, ChildChart, Color, LegendCategory, LineChart, Series, Symbol};

use super::{FONT, INK, Picture, WIDTH};

/// Lines over a common axis.
pub(crate) struct Lines {
    pub(crate) title: String,
    /// What it shows, in a sentence.
    pub(crate) subtitle: String,
    pub(crate) across: Across,
    pub(crate) up: Up,
    pub(crate) lines: Vec<Line>,
    /// A line straight up, at this place.
    pub(crate) border: Option<(f64, &'static str)>,
}

/// What stands below.
pub(crate) enum Across {
    /// Days, as seconds since 1970; with a title.
    Days(&'static str),
    /// A word for each place 0, 1, 2 …; with a title.
    Words(&'static str, Vec<String>),
    /// Percent, from 0 to 100; with a title.
    Percent(&'static str),
}

/// What stands beside, with a title.
pub(crate) enum Up {
    Numbers(String),
    Percent(String),
}

/// A line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) look: Look,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What a line looks like.
#[derive(Clone, Copy)]
pub(crate) enum Look {
    /// What was: a line, with dots where the points are few.
    Solid,
    /// What was to be expected: dashes, with triangles where the points are few.
    Dashed,
    /// A border: dots without marks.
    Dotted,
    /// Another border: dashes and dots without marks.
    DashDotted,
}

const HEIGHT: f32 = 420.0;
/// More points than these have no room for marks.
const MARKED: usize = 20;
/// So many steps at most are between nothing and the top.
const STEPS: usize = 6;
/// Fonts differ in how wide they are: so much room is between two entries of a legend.
const APART: &str = "\u{2003}\u{2003}";

impl Look {
    /// Okabe and Ito's colours, which differ in brightness too.
    const fn color(self) -> Color {
        let (r, g, b) = match self {
            Self::Solid => (0, 114, 178),
            Self::Dashed => (213, 94, 0),
            Self::Dotted | Self::DashDotted => return INK,
        };
        Color { r, g, b, a: 255 }
    }

    const fn words(self, marked: bool) -> &'static str {
        match (self, marked) {
            (Self::Solid, true) => "line, dots",
            (Self::Solid, false) => "line",
            (Self::Dashed, true) => "dashes, triangles",
            (Self::Dashed, false) => "dashes",
            (Self::Dotted, _) => "dotted",
            (Self::DashDotted, _) => "dashes and dots",
        }
    }

    fn dashes(self) -> Option<String> {
        match self {
            Self::Solid => None,
            Self::Dashed => Some("9,5".to_owned()),
            Self::Dotted => Some("2,3".to_owned()),
            Self::DashDotted => Some("8,3,2,3".to_owned()),
        }
    }

    const fn symbol(self, marked: bool) -> Symbol {
        match self {
            Self::Solid if marked => Symbol::Circle(4.0, None),
            Self::Dashed if marked => Symbol::Triangle(6.0, None),
            _ => Symbol::None,
        }
    }
}

impl Lines {
    pub(crate) fn picture(mut self) -> Picture {
        let (step, steps) = steps(self.lines.iter().flat_map(|line| &line.points).map(|(_, y)| *y));
        let top = step * steps as f64;
        if let Some((at, name)) = self.border {
            let points = vec![(at, 0.0), (at, top)];
            self.lines.push(Line { name: name.to_owned(), look: Look::Dotted, points });
        }
        let marked = self.lines.iter().all(|line| line.points.len() <= MARKED);
        let series =
            self.lines.iter().map(|line| line.series(&self.across, marked)).collect::<Vec<_>>();
        let colors = self.lines.iter().map(|line| line.look.color()).collect();
        let (words, title, kind) = match self.across {
            Across::Days(title) => (Vec::new(), title, AxisType::Time),
            Across::Words(title, words) => (words, title, AxisType::Category),
            Across::Percent(title) => (Vec::new(), title, AxisType::Value),
        };
        let mut chart = LineChart::new(series, words);
        (chart.width, chart.height, chart.font_family) = (WIDTH, HEIGHT, FONT.to_owned());
        (chart.title.text, chart.sub_title.text) = (self.title, self.subtitle);
        (chart.title.font.color, chart.sub_title.font.color) = (INK, INK);
        if kind == AxisType::Value {
            (chart.x_axis.min, chart.x_axis.max) = (Some(0.0), Some(100.0));
            // Half of `100 %` stands beyond the end.
            chart.grid.right = Some(40.0);
            chart.x_axis.formatter = Some(PERCENT.to_owned());
        }
        (chart.x_axis.title, chart.x_axis.kind) = (title.to_owned(), kind);
        (chart.x_axis.font.color, chart.legend.font.color) = (INK, INK);
        chart.legend.category = LegendCategory::Rect;
        chart.series.colors = colors;
        if let Some(up) = chart.y_axis_configs.first_mut() {
            let (title, formatter) = match self.up {
                Up::Numbers(title) => (title, "{t}"),
                Up::Percent(title) => (title, PERCENT),
            };
            (up.title, up.formatter) = (Some(title), Some(formatter.to_owned()));
            (up.min, up.max, up.split_number) = (Some(0.0), Some(top as f32), steps);
            up.font.color = INK;
        }
        Picture(ChildChart::Line(chart, None))
    }
}

const PERCENT: &str = "{t} %";

/// A round step, and how many of them reach beyond all of these.
fn steps(values: impl Iterator<Item = f64>) -> (f64, usize) {
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most <= 0.0 {
        return (1.0, 1);
    }
    let least = most / STEPS as f64;
    let ten = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].map(|part| part * ten).into_iter().find(|step| *step >= least);
    let step = step.unwrap_or(10.0 * ten);
    (step, ((most / step).ceil() as usize).max(1))
}

impl Line {
    fn series(&self, across: &Across, marked: bool) -> Series {
        let data = self.points.iter().map(|(_, y)| *y as f32).collect();
        let name = format!("{} ({}){APART}", self.name, self.look.words(marked));
        let x_values = (!matches!(across, Across::Words(..)))
            .then(|| self.points.iter().map(|(x, _)| *x).collect());
        Series {
            x_values,
            stroke_dash_array: self.look.dashes(),
            symbol: Some(self.look.symbol(marked)),
            ..Series::new(name, data)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_reach_the_top() {
        for (most, expected) in
            [(4_339.0, (1_000.0, 5)), (6.36, (2.0, 4)), (0.31, (0.1, 4)), (12.0, (2.0, 6))]
        {
            assert_eq!(steps([0.0, most].into_iter()), expected);
        }
        assert_eq!(steps([0.0, f64::NAN].into_iter()), (1.0, 1));
        assert_eq!(steps(std::iter::empty()), (1.0, 1));
    }
}
