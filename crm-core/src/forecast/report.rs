use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{
    kernel::{Currency, Id, Invalid, Result, amount_text},
    opportunity::ForecastCategory,
    org_unit::OrgUnit,
    product::Product,
    staff_member::StaffMember,
};

use super::{FiscalPeriod, FiscalYear};

/// Where in time something counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// In a period.
    Period(FiscalPeriod),
    /// Open, and expected to close before the day of the forecast: in no period until somebody says when it comes.
    Overdue,
    /// Nobody says when it comes.
    NoDate,
}

impl Bucket {
    /// What it is called: that of a period by its label, `overdue`, `no_date`.
    pub fn label(self, fiscal: FiscalYear) -> String {
        match self {
            Self::Period(period) => period.label(fiscal),
            Self::Overdue => "overdue".to_owned(),
            Self::NoDate => "no_date".to_owned(),
        }
    }
}

/// How many opportunities there are, and what they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// How many. One that is shared counts in each row that has a part of it.
    pub count: i64,
    /// What they are worth; it may be beyond the range of one [`crate::kernel::Money`].
    pub amount: Decimal,
    /// What is expected of them ([`crate::opportunity::WEIGHTED`]).
    pub weighted: Decimal,
}

impl Figure {
    /// Adds another one.
    ///
    /// # Errors
    /// [`Invalid`] beyond 28 digits.
    pub(super) fn add(&mut self, other: Self) -> Result<(), Invalid> {
        let sum = |a: Decimal, b: Decimal| {
            let too_large = || Invalid::new("forecast", "amount", "the sum is beyond 28 digits");
            a.checked_add(b).map(|sum| sum.normalize()).ok_or_else(too_large)
        };
        self.count += other.count;
        self.amount = sum(self.amount, other.amount)?;
        self.weighted = sum(self.weighted, other.weighted)?;
        Ok(())
    }

    pub(super) fn negative(self) -> Self {
        Self { count: -self.count, amount: -self.amount, weighted: -self.weighted }
    }

    pub(super) const fn is_nothing(&self) -> bool {
        self.count == 0 && self.amount.is_zero() && self.weighted.is_zero()
    }
}

/// A figure of a forecast, and what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// When.
    pub bucket: Bucket,
    /// In which currency; none of opportunities without an amount.
    pub currency: Option<Currency>,
    /// In which category.
    pub category: ForecastCategory,
    /// The figure.
    pub figure: Figure,
}

/// What all categories but `omitted` come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// When.
    pub bucket: Bucket,
    /// In which currency; none of opportunities without an amount.
    pub currency: Option<Currency>,
    /// The figure.
    pub figure: Figure,
}

/// What a row of a forecast is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey {
    /// A person; none for what is nobody's.
    Staff(Option<Id<StaffMember>>),
    /// A unit with those below it; none for what is nobody's, or of people without a unit.
    Unit(Option<Id<OrgUnit>>),
    /// A product; none for what names none.
    Product(Option<Id<Product>>),
    /// A category.
    Category(ForecastCategory),
}

/// A row of a forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastRow {
    /// What it is of.
    pub key: RowKey,
    /// What that is called.
    pub name: Option<String>,
    /// Of a unit: how many stand above it.
    pub level: usize,
    /// Of a unit: what is of its own people.
    pub own: Vec<Cell>,
    /// All of it, of a unit with those below it.
    pub cells: Vec<Cell>,
}

impl ForecastRow {
    /// All categories but `omitted` together.
    ///
    /// # Errors
    /// [`Invalid`] beyond 28 digits.
    pub fn totals(&self) -> Result<Vec<Total>, Invalid> {
        totals(&self.cells)
    }
}

/// What will come in, as of a day. Amounts of two currencies are two cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// When the year of the house begins.
    pub fiscal_year: FiscalYear,
    /// Its rows: people, products and categories by name, units as they stand below each other.
    pub rows: Vec<ForecastRow>,
    /// Everything, each opportunity once.
    pub cells: Vec<Cell>,
}

impl Forecast {
    /// All categories but `omitted` together.
    ///
    /// # Errors
    /// [`Invalid`] beyond 28 digits.
    pub fn totals(&self) -> Result<Vec<Total>, Invalid> {
        totals(&self.cells)
    }

    /// Each cell with the label of its period.
    pub fn to_json(&self) -> serde_json::Value {
        let cells = |cells: &[Cell]| -> Vec<_> {
            cells.iter().map(|cell| json(cell, self.fiscal_year)).collect()
        };
        let rows = self.rows.iter().map(|row| {
            let (kind, id) = match row.key {
                RowKey::Staff(id) => ("staff", id.map(Id::uuid)),
                RowKey::Unit(id) => ("unit", id.map(Id::uuid)),
                RowKey::Product(id) => ("product", id.map(Id::uuid)),
                RowKey::Category(_) => ("category", None),
            };
            let mut told = serde_json::json!({
                "kind": kind, "id": id, "name": row.name, "cells": cells(&row.cells),
            });
            if let (RowKey::Unit(_), Some(members)) = (row.key, told.as_object_mut()) {
                members.insert("level".to_owned(), row.level.into());
                members.insert("own".to_owned(), cells(&row.own).into());
            }
            told
        });
        serde_json::json!({"rows": rows.collect::<Vec<_>>(), "total": cells(&self.cells)})
    }
}

fn json(cell: &Cell, fiscal: FiscalYear) -> serde_json::Value {
    let mut told = serde_json::json!({
        "period": cell.bucket.label(fiscal),
        "category": cell.category,
        "currency": cell.currency,
    });
    let figure = serde_json::to_value(In(cell.figure, cell.currency)).unwrap_or_default();
    if let (Some(members), serde_json::Value::Object(figure)) = (told.as_object_mut(), figure) {
        members.extend(figure);
    }
    told
}

/// A figure with the decimals of its currency.
pub(super) struct In(pub(super) Figure, pub(super) Option<Currency>);

impl Serialize for In {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut told = serializer.serialize_struct("figure", 3)?;
        told.serialize_field("count", &self.0.count)?;
        told.serialize_field("amount", &told_amount(self.0.amount, self.1))?;
        told.serialize_field("weighted", &told_amount(self.0.weighted, self.1))?;
        told.end()
    }
}

pub(super) fn told_amount(amount: Decimal, currency: Option<Currency>) -> String {
    currency.map_or_else(|| amount.normalize().to_string(), |c| amount_text(amount, c))
}

fn totals(cells: &[Cell]) -> Result<Vec<Total>, Invalid> {
    let mut totals: Vec<Total> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.category != ForecastCategory::Omitted) {
        let same =
            |total: &&mut Total| (total.bucket, total.currency) == (cell.bucket, cell.currency);
        match totals.iter_mut().find(same) {
            Some(total) => total.figure.add(cell.figure)?,
            None => totals.push(Total {
                bucket: cell.bucket,
                currency: cell.currency,
                figure: cell.figure,
            }),
        }
    }
    Ok(totals)
}
