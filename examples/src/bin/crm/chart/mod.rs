//! Pictures as SVG, readable in print and by those who do not see colours: beside its colour each line has a dash and a mark of its
//! own, and the legend says which in words; each cell of a grid has its number.

mod grid;
mod lines;

use charts_rs::{ChildChart, Color, MultiChart, TextConfig};

use crate::failure::Failure;

pub(crate) use grid::Grid;
pub(crate) use lines::{Across, Line, Lines, Look, Up};

/// One picture.
pub(crate) struct Picture(ChildChart);

/// Wide enough for a page across, with text that stays readable when it is printed.
const WIDTH: f32 = 760.0;
/// One of these is on every machine that prints it.
const FONT: &str = "Helvetica, Arial, sans-serif";
const INK: Color = grey(40);

/// Draws pictures one below the other, with a line about where they come from.
pub(crate) fn draw(
    pictures: impl IntoIterator<Item = Picture>,
    source: String,
) -> Result<String, Failure> {
    let mut page = MultiChart {
        charts: pictures.into_iter().map(|picture| picture.0).collect(),
        gap: 16.0,
        margin: 10.0.into(),
        background_color: Some(Color::white()),
        font_family: FONT.to_owned(),
        align_plots: true,
        ..MultiChart::default()
    };
    let mut note =
        TextConfig { text: source, left: Some(10.0), bottom: Some(4.0), ..TextConfig::default() };
    (note.font.size, note.font.color, note.reserve) = (12.0, INK, true);
    page.texts.push(note);
    page.svg().map_err(failed)
}

fn failed(error: charts_rs::Error) -> Failure {
    Failure::Asked(format!("the picture cannot be drawn: {error}"))
}

const fn grey(light: u8) -> Color {
    Color { r: light, g: light, b: light, a: 255 }
}
