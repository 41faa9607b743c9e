//! Figures that are being added up, exactly and each currency by itself; converted at the end, each cell once.

use std::collections::BTreeMap;

use crate::{
    exchange_rate::Rates,
    kernel::{Currency, Result},
    opportunity::ForecastCategory,
    org::OrgChart,
};

use super::{
    Bucket, Cell, Figure, ForecastBy, ForecastRequest, RowKey, credit::Share, gather::Portion,
};

pub(super) type Cells = BTreeMap<(Bucket, Option<Currency>, ForecastCategory), Figure>;

/// Figures that are being added up.
pub(super) struct Sheet<'s> {
    request: &'s ForecastRequest,
    org: &'s OrgChart,
    pub(super) cells: Cells,
    pub(super) rows: BTreeMap<RowKey, Cells>,
    pub(super) own: BTreeMap<RowKey, Cells>,
}

/// What a portion comes to, of all and row by row; no rows where it is not theirs who are asked for.
pub(super) struct Parts {
    pub(super) all: Figure,
    pub(super) rows: BTreeMap<RowKey, Figure>,
    /// Of units what is of their own people.
    pub(super) own: BTreeMap<RowKey, Figure>,
}

impl<'s> Sheet<'s> {
    pub(super) fn empty(request: &'s ForecastRequest, org: &'s OrgChart) -> Self {
        let (cells, rows, own) = Default::default();
        Self { request, org, cells, rows, own }
    }

    pub(super) fn add(&mut self, portion: &Portion) -> Result<()> {
        let Some(bucket) = self.request.bucket(portion.when) else { return Ok(()) };
        let parts = self.request.parts(self.org, portion)?;
        if parts.rows.is_empty() {
            return Ok(());
        }
        let cell = (bucket, portion.currency, portion.category);
        self.cells.entry(cell).or_default().add(parts.all)?;
        for (found, kept) in [(parts.rows, &mut self.rows), (parts.own, &mut self.own)] {
            for (row, figure) in found {
                kept.entry(row).or_default().entry(cell).or_default().add(figure)?;
            }
        }
        Ok(())
    }
}

impl ForecastRequest {
    /// Each opportunity counts once in a row, whatever number of its shares are there.
    pub(super) fn parts(&self, org: &OrgChart, portion: &Portion) -> Result<Parts> {
        let mut parts =
            Parts { all: Figure::default(), rows: BTreeMap::new(), own: BTreeMap::new() };
        for share in portion.shares.iter().filter(|s| self.whose.owns(org, s.owner)) {
            let (amount, weighted) = (share.amount, share.weighted);
            let figure = Figure { count: 0, amount, weighted };
            let rows = self.rows_of(org, share, portion.category);
            if let Some(last) = rows.last().filter(|_| self.by == ForecastBy::Team) {
                parts.own.entry(*last).or_default().add(figure)?;
            }
            for row in rows {
                parts.rows.entry(row).or_default().add(figure)?;
            }
            parts.all.add(figure)?;
        }
        parts.all.count = portion.count;
        for figure in parts.rows.values_mut().chain(parts.own.values_mut()) {
            figure.count = portion.count;
        }
        Ok(parts)
    }

    /// The rows that a share counts in; of units the last one is its own.
    fn rows_of(&self, org: &OrgChart, share: &Share, category: ForecastCategory) -> Vec<RowKey> {
        match self.by {
            ForecastBy::Owner => vec![RowKey::Staff(share.owner)],
            ForecastBy::Product => vec![RowKey::Product(share.product)],
            ForecastBy::Category => vec![RowKey::Category(category)],
            ForecastBy::Team => match share.owner.map_or(&[][..], |owner| org.units_of(owner)) {
                [] => vec![RowKey::Unit(None)],
                units => units.iter().map(|id| RowKey::Unit(Some(*id))).collect(),
            },
        }
    }
}

/// Cells without those that come to nothing; in the currency of the rates, where there are some. What a cell comes to in a
/// currency is converted once.
pub(super) fn told_cells(cells: &Cells, rates: Option<&Rates>) -> Result<Vec<Cell>> {
    let mut told = Cells::new();
    for ((bucket, currency, category), figure) in cells.iter().filter(|(_, f)| !f.is_nothing()) {
        let (currency, figure) = match (rates, *currency) {
            (Some(rates), Some(from)) => (Some(rates.to()), figure.converted(rates, from)?),
            (_, currency) => (currency, *figure),
        };
        told.entry((*bucket, currency, *category)).or_default().add(figure)?;
    }
    let told = told.into_iter().map(|((bucket, currency, category), figure)| Cell {
        bucket,
        currency,
        category,
        figure,
    });
    Ok(told.collect())
}

impl Figure {
    /// In the currency of the rates.
    pub(super) fn converted(self, rates: &Rates, from: Currency) -> Result<Self> {
        Ok(Self {
            count: self.count,
            amount: rates.convert(self.amount, from)?,
            weighted: rates.convert(self.weighted, from)?,
        })
    }
}
