use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use crate::{
    exchange_rate::Rates,
    kernel::{Currency, Id, Query, Result},
    opportunity::ForecastCategory,
    product::Product,
    store::{ReadUnit, every},
};

use super::{
    Bucket, Cell, Figure, Forecast, ForecastBy, ForecastRequest, ForecastRow, RowKey, Whose,
    credit::Share,
    gather::{Portion, Question, gather},
    groups::Grain,
    org::Org,
};

/// What will come in, as of a day.
///
/// Amounts that are converted are so group by group, or share by share, before they are added up, each rounded by
/// [`crate::exchange_rate::CONVERSION_ROUNDING`]: what is shown adds up.
///
/// # Errors
/// [`crate::Error::NoRate`] when amounts are to be in one currency and no rate leads there,
/// [`crate::Error::Invalid`] for a day that no store can keep.
pub async fn forecast(
    unit: &mut (dyn ReadUnit + '_),
    request: &ForecastRequest,
) -> Result<Forecast> {
    let org = Org::load(unit).await?;
    let rates = match request.currency {
        Some(currency) => Some(Rates::load(unit, currency, request.as_of).await?),
        None => None,
    };
    let question = Question {
        as_of: request.as_of,
        grain: request.grain(),
        pipeline: request.pipeline,
        product: None,
        months: request.months(),
        undated: true,
    };
    let mut sheet = Sheet::empty(request, &org, rates.as_ref());
    gather(unit, &question, &mut |portion| sheet.add(&portion)).await?;
    let (cells, rows, own) = (sheet.cells, sheet.rows, sheet.own);
    let products = match request.by {
        ForecastBy::Product => product_names(unit).await?,
        _ => HashMap::new(),
    };
    let mut told: Vec<ForecastRow> = Vec::new();
    for (key, found) in rows {
        let cells = told_cells(&found);
        if cells.is_empty() {
            continue;
        }
        let own = own.get(&key).map(told_cells).unwrap_or_default();
        let (name, level) = match key {
            RowKey::Staff(id) => (id.and_then(|id| org.staff_name(id)), 0),
            RowKey::Unit(Some(id)) => (org.unit_name(id), org.path(id).len() - 1),
            RowKey::Unit(None) => (None, 0),
            RowKey::Product(id) => (id.and_then(|id| products.get(&id)).map(String::as_str), 0),
            RowKey::Category(category) => (Some(category.as_str()), 0),
        };
        told.push(ForecastRow { key, name: name.map(str::to_owned), level, own, cells });
    }
    told.sort_by_cached_key(|row| place(row, &org));
    let cells = told_cells(&cells);
    Ok(Forecast { fiscal_year: request.fiscal_year, rows: told, cells })
}

impl ForecastRequest {
    /// By what opportunities must be told apart.
    pub(super) fn grain(&self) -> Grain {
        let theirs = matches!(self.by, ForecastBy::Owner | ForecastBy::Team);
        Grain {
            owner: theirs || self.whose != Whose::House,
            product: self.by == ForecastBy::Product,
        }
    }
}

type Cells = BTreeMap<(Bucket, Option<Currency>, ForecastCategory), Figure>;

/// Figures that are being added up.
struct Sheet<'s> {
    request: &'s ForecastRequest,
    org: &'s Org,
    rates: Option<&'s Rates>,
    cells: Cells,
    rows: BTreeMap<RowKey, Cells>,
    own: BTreeMap<RowKey, Cells>,
}

impl<'s> Sheet<'s> {
    fn empty(request: &'s ForecastRequest, org: &'s Org, rates: Option<&'s Rates>) -> Self {
        let (cells, rows, own) = Default::default();
        Self { request, org, rates, cells, rows, own }
    }

    /// Each opportunity counts once in a row, whatever number of its shares are there.
    fn add(&mut self, portion: &Portion) -> Result<()> {
        let Some(bucket) = self.request.bucket(portion.when) else { return Ok(()) };
        let mut all = Figure::default();
        let mut by_row: BTreeMap<RowKey, Figure> = BTreeMap::new();
        let mut own: BTreeMap<RowKey, Figure> = BTreeMap::new();
        let whose = self.request.whose;
        for share in portion.shares.iter().filter(|s| self.org.belongs(s.owner, whose)) {
            let figure = Figure {
                count: 0,
                amount: self.converted(share.amount, portion.currency)?,
                weighted: self.converted(share.weighted, portion.currency)?,
            };
            let rows = self.rows_of(share, portion.category);
            if let Some(last) = rows.last().filter(|_| self.request.by == ForecastBy::Team) {
                own.entry(*last).or_default().add(figure)?;
            }
            for row in rows {
                by_row.entry(row).or_default().add(figure)?;
            }
            all.add(figure)?;
            all.count = portion.count;
        }
        if by_row.is_empty() {
            return Ok(());
        }
        let currency = portion.currency.map(|known| self.request.currency.unwrap_or(known));
        let cell = (bucket, currency, portion.category);
        self.cells.entry(cell).or_default().add(all)?;
        for (found, kept) in [(by_row, &mut self.rows), (own, &mut self.own)] {
            for (row, figure) in found {
                let once = Figure { count: portion.count, ..figure };
                kept.entry(row).or_default().entry(cell).or_default().add(once)?;
            }
        }
        Ok(())
    }

    fn converted(&self, amount: Decimal, currency: Option<Currency>) -> Result<Decimal> {
        match (self.rates, currency) {
            (Some(rates), Some(from)) => rates.convert(amount, from),
            _ => Ok(amount),
        }
    }

    /// The rows that a share counts in; of units the last one is its own.
    fn rows_of(&self, share: &Share, category: ForecastCategory) -> Vec<RowKey> {
        match self.request.by {
            ForecastBy::Owner => vec![RowKey::Staff(share.owner)],
            ForecastBy::Product => vec![RowKey::Product(share.product)],
            ForecastBy::Category => vec![RowKey::Category(category)],
            ForecastBy::Team => match self.org.unit_of(share.owner) {
                Some(unit) => {
                    self.org.path(unit).into_iter().map(|id| RowKey::Unit(Some(id))).collect()
                }
                None => vec![RowKey::Unit(None)],
            },
        }
    }
}

fn told_cells(cells: &Cells) -> Vec<Cell> {
    let told = cells.iter().filter(|(_, figure)| !figure.is_nothing());
    told.map(|((bucket, currency, category), figure)| Cell {
        bucket: *bucket,
        currency: *currency,
        category: *category,
        figure: *figure,
    })
    .collect()
}

/// Where a row stands: nobody's last, units below the one they belong to, categories in their order.
fn place(row: &ForecastRow, org: &Org) -> (bool, Vec<(String, RowKey)>) {
    let named = |name: Option<&str>, key| (name.unwrap_or_default().to_owned(), key);
    let path = match row.key {
        RowKey::Unit(Some(id)) => {
            let path = org.path(id).into_iter();
            path.map(|id| named(org.unit_name(id), RowKey::Unit(Some(id)))).collect()
        }
        RowKey::Category(_) => vec![named(None, row.key)],
        key => vec![named(row.name.as_deref(), key)],
    };
    (row.name.is_none(), path)
}

async fn product_names(unit: &mut (dyn ReadUnit + '_)) -> Result<HashMap<Id<Product>, String>> {
    let mut names = HashMap::new();
    every::<Product, _>(unit, Query::all(), |product| {
        let product = product.into_inner();
        names.insert(product.id, product.name);
        Ok(())
    })
    .await?;
    Ok(names)
}
