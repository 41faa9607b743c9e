use std::collections::HashMap;

use crate::{
    exchange_rate::Rates,
    kernel::{Id, Query, Result},
    org::OrgChart,
    product::Product,
    store::{ReadUnit, every},
};

use super::{
    Forecast, ForecastBy, ForecastRequest, ForecastRow, RowKey, Whose,
    gather::{Question, gather},
    groups::Grain,
    sheet::{Sheet, told_cells},
};

/// What will come in, as of a day.
///
/// In one currency each cell is what it comes to exactly in each currency, converted once and rounded by
/// [`crate::exchange_rate::CONVERSION_ROUNDING`]. So rows may differ from the total by the last digit: by half of it for each
/// currency of each row.
///
/// # Errors
/// [`crate::Error::NoRate`] when amounts are to be in one currency and no rate leads there,
/// [`crate::Error::Invalid`] for a day that no store can keep.
pub async fn forecast(
    unit: &mut (dyn ReadUnit + '_),
    request: &ForecastRequest,
) -> Result<Forecast> {
    let org = OrgChart::load(unit).await?;
    let rates = match request.currency {
        Some(currency) => Some(Rates::load(unit, currency, request.as_of).await?),
        None => None,
    };
    let question = request.question();
    let mut sheet = Sheet::empty(request, &org);
    gather(unit, &question, &mut |portion| sheet.add(&portion)).await?;
    let (cells, rows, own) = (sheet.cells, sheet.rows, sheet.own);
    let products = match request.by {
        ForecastBy::Product => product_names(unit).await?,
        _ => HashMap::new(),
    };
    let mut told: Vec<ForecastRow> = Vec::new();
    for (key, found) in rows {
        let cells = told_cells(&found, rates.as_ref())?;
        if cells.is_empty() {
            continue;
        }
        let own = own.get(&key).map(|own| told_cells(own, rates.as_ref())).transpose()?;
        let (name, level) = match key {
            RowKey::Staff(id) => (id.and_then(|id| org.staff_name(id)), 0),
            RowKey::Unit(Some(id)) => (org.unit_name(id), org.path(id).len().saturating_sub(1)),
            RowKey::Unit(None) => (None, 0),
            RowKey::Product(id) => (id.and_then(|id| products.get(&id)).map(String::as_str), 0),
            RowKey::Category(category) => (Some(category.as_str()), 0),
        };
        told.push(ForecastRow {
            key,
            name: name.map(str::to_owned),
            level,
            own: own.unwrap_or_default(),
            cells,
        });
    }
    told.sort_by_cached_key(|row| place(row, &org));
    let cells = told_cells(&cells, rates.as_ref())?;
    Ok(Forecast { fiscal_year: request.fiscal_year, rows: told, cells })
}

impl ForecastRequest {
    pub(super) fn question(&self) -> Question {
        Question {
            as_of: self.as_of,
            grain: self.grain(),
            pipeline: self.pipeline,
            product: None,
            months: self.months(),
            undated: true,
        }
    }

    /// By what opportunities must be told apart.
    pub(super) fn grain(&self) -> Grain {
        let theirs = matches!(self.by, ForecastBy::Owner | ForecastBy::Team);
        Grain {
            owner: theirs || self.whose != Whose::House,
            product: self.by == ForecastBy::Product,
        }
    }
}

/// Where a row stands: nobody's last, units below the one they belong to, categories in their order.
fn place(row: &ForecastRow, org: &OrgChart) -> (bool, Vec<(String, RowKey)>) {
    let named = |name: Option<&str>, key| (name.unwrap_or_default().to_owned(), key);
    let path = match row.key {
        RowKey::Unit(Some(id)) => {
            let path = org.path(id).iter();
            path.map(|id| named(org.unit_name(*id), RowKey::Unit(Some(*id)))).collect()
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
