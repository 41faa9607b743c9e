use charts_rs::{ChildChart, Color, HeatmapChart};
use serde_json::json;

use super::{FONT, INK, Picture, WIDTH, failed, grey};
use crate::{failure::Failure, output::short};

/// How many are in each cell: the more, the darker.
pub(crate) struct Grid {
    pub(crate) title: String,
    /// How it is read, in a sentence.
    pub(crate) subtitle: String,
    /// What stands below: a title, and the columns from the left.
    pub(crate) across: (&'static str, Vec<String>),
    /// What stands beside: a title, and the rows from the top.
    pub(crate) down: (&'static str, Vec<String>),
    /// Row by row from the top; nothing where there can be nobody.
    pub(crate) numbers: Vec<Option<u64>>,
}

/// Longer names are cut.
const NAME: usize = 24;
/// For the title, the subtitle and what stands below.
const AROUND: f32 = 130.0;
const ROW: f32 = 44.0;
/// From none to most: one hue from light to dark (Brewer's Blues), which grey paper keeps.
const SHADES: [(u8, u8, u8); 6] = [
    (255, 255, 255),
    (222, 235, 247),
    (158, 202, 225),
    (107, 174, 214),
    (33, 113, 181),
    (8, 48, 107),
];

impl Grid {
    pub(crate) fn picture(self) -> Result<Picture, Failure> {
        let names =
            |names: Vec<String>| -> Vec<_> { names.iter().map(|name| short(name, NAME)).collect() };
        let (columns, mut rows) = (names(self.across.1), names(self.down.1));
        let count = rows.len();
        rows.reverse();
        // The library has the lowest row first.
        let cells = self.numbers.chunks(columns.len().max(1)).rev().flatten();
        let data: Vec<_> = (0_usize..).zip(cells).filter_map(|(at, n)| Some((at, (*n)?))).collect();
        let most = self.numbers.iter().flatten().max().copied().unwrap_or_default();
        // What stands beside has no other way in; the library adds one mark.
        let marks = count.saturating_sub(1);
        let options = json!({
            "x_axis_data": columns,
            "y_axis_data": rows,
            "y_axis_configs": [{"axis_title": self.down.0, "axis_font_color": "#282828", "axis_split_number": marks}],
            "series": {"data": data, "min": 0, "max": most.max(1)},
        });
        let mut chart = HeatmapChart::from_json(&options.to_string()).map_err(failed)?;
        chart.heatmap_series.colors = shades();
        (chart.heatmap_series.min_font_color, chart.heatmap_series.max_font_color) =
            (grey(0), Color::white());
        chart.series.label.formatter = "{t}".to_owned();
        chart.series.label.font.size = 14.0;
        (chart.width, chart.font_family) = (WIDTH, FONT.to_owned());
        chart.height = AROUND + ROW * count as f32;
        (chart.title.text, chart.sub_title.text) = (self.title, self.subtitle);
        (chart.title.font.color, chart.sub_title.font.color) = (INK, INK);
        (chart.x_axis.title, chart.x_axis.font.color) = (self.across.0.to_owned(), INK);
        Ok(Picture(ChildChart::Heatmap(chart, None)))
    }
}

/// By the root of the number: few are told from none where some cells have very many.
fn shades() -> Vec<Color> {
    const STEPS: u8 = 32;
    let last = SHADES.len() - 1;
    let shade = |step| {
        let at = (f64::from(step) / f64::from(STEPS)).sqrt() * last as f64;
        let (from, part) = ((at as usize).min(last - 1), at.min(last as f64));
        let part = part - from as f64;
        let mix = |of: fn((u8, u8, u8)) -> u8| {
            let (a, b) = (f64::from(of(SHADES[from])), f64::from(of(SHADES[from + 1])));
            (a + (b - a) * part).round() as u8
        };
        Color { r: mix(|c| c.0), g: mix(|c| c.1), b: mix(|c| c.2), a: 255 }
    };
    (0..=STEPS).map(shade).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_white_to_dark_and_each_is_darker_than_the_one_before() {
        let shades = shades();
        assert_eq!(
            (shades[0], shades[32]),
            (Color::white(), Color { r: 8, g: 48, b: 107, a: 255 })
        );
        let light =
            |c: &Color| 0.299 * f64::from(c.r) + 0.587 * f64::from(c.g) + 0.114 * f64::from(c.b);
        assert!(shades.windows(2).all(|two| light(&two[1]) < light(&two[0])));
    }
}
