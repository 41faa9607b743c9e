//! Pictures and pages in files: `--svg` and `--html`.

use std::path::PathBuf;

use clap::Args;
use minijinja::{Environment, value::Serde};
use serde::Serialize;

use crate::{db::Db, failure::Failure, output::plain, place::Place};

/// Where a picture and a page go.
#[derive(Debug, Args)]
pub(crate) struct Files {
    /// Draws it as SVG into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Writes a page with the picture, the tables and the reasons into this file, to be read in a browser, printed or sent.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// The same, where they may be written.
pub(crate) struct Places {
    svg: Option<Place>,
    html: Option<Place>,
}

/// A picture as SVG, and what it says in a sentence.
#[derive(Serialize)]
pub(crate) struct Shown {
    pub(crate) svg: String,
    pub(crate) says: String,
}

/// A picture, or why there is none.
pub(crate) type Drawing = Result<Shown, String>;

/// What is on a page.
#[derive(Serialize)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) lead: Vec<String>,
    pub(crate) picture: Option<Shown>,
    pub(crate) tables: Vec<Table>,
}

/// A table, and what there is to say of it.
#[derive(Serialize)]
pub(crate) struct Table {
    title: String,
    header: Vec<String>,
    /// Which columns are numbers.
    numbers: Vec<bool>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Files {
    pub(crate) fn places(&self, db: &Db) -> Result<Places, Failure> {
        let place = |option, path: &Option<PathBuf>| {
            path.as_deref().map(|path| Place::new(option, path, db, &[])).transpose()
        };
        let (svg, html) = (place("--svg", &self.svg)?, place("--html", &self.html)?);
        if let (Some(one), Some(other)) = (&svg, &html)
            && one.is(other)
        {
            let message = "--svg and --html name the same file: name two";
            return Err(Failure::Asked(message.to_owned()));
        }
        Ok(Places { svg, html })
    }
}

impl Places {
    pub(crate) const fn any(&self) -> bool {
        self.svg.is_some() || self.html.is_some()
    }

    pub(crate) const fn has_page(&self) -> bool {
        self.html.is_some()
    }

    /// Refuses where there is nothing to draw, if that was asked for.
    pub(crate) fn nothing(&self, why: &str) -> Result<(), Failure> {
        let option = match (&self.svg, &self.html) {
            (Some(_), _) => "--svg",
            (None, Some(_)) => "--html",
            (None, None) => return Ok(()),
        };
        Err(Failure::Asked(format!("{option}: {why}")))
    }

    /// Writes what was asked for. A page says itself why it has no picture; for a picture alone that is an error.
    pub(crate) fn write(
        &self,
        picture: impl FnOnce() -> Result<Drawing, Failure>,
        page: impl FnOnce(Option<Shown>) -> Result<Page, Failure>,
    ) -> Result<(), Failure> {
        if !self.any() {
            return Ok(());
        }
        let picture = match (picture()?, &self.svg) {
            (Err(why), Some(_)) => return Err(Failure::Asked(format!("--svg: {why}"))),
            (Ok(shown), Some(place)) => {
                place.write(&shown.svg)?;
                Some(shown)
            }
            (picture, None) => picture.ok(),
        };
        let Some(place) = &self.html else { return Ok(()) };
        place.write(&page(picture)?.html()?)
    }
}

impl Table {
    /// The columns `numbers` stand to the right.
    pub(crate) fn new(
        title: impl Into<String>,
        header: &[&str],
        numbers: std::ops::Range<usize>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        Self {
            title: title.into(),
            header: header.iter().map(|cell| plain(cell)).collect(),
            numbers: (0..header.len()).map(|at| numbers.contains(&at)).collect(),
            rows: rows
                .into_iter()
                .map(|row| row.iter().map(|cell| plain(cell)).collect())
                .collect(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn noted(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes.into_iter().map(|note| plain(&note)));
        self
    }
}

impl Page {
    fn html(&self) -> Result<String, Failure> {
        // By this name the engine knows that what is put in is to be escaped.
        let page = include_str!("page.html");
        let page = Environment::new().render_named_str("page.html", page, Serde(self));
        page.map_err(|error| Failure::Asked(format!("the page cannot be made: {error}")))
    }
}
