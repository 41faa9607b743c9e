use crm_core::{
    lifetime::{LifetimeReport, significant},
    store::ReadUnit,
};

use crate::{
    csv_file::{CsvFile, Target},
    failure::Failure,
    find,
    output::Out,
};

const HEADER: [&str; 13] = [
    "customer",
    "external_id",
    "name",
    "frequency",
    "recency",
    "age",
    "mean_value",
    "alive",
    "purchases",
    "discounted_purchases",
    "average_value",
    "value",
    "currency",
];

/// Writes every customer, a page at a time.
pub(super) async fn write(
    unit: &mut dyn ReadUnit,
    report: &LifetimeReport,
    target: Target,
    out: Out,
) -> Result<(), Failure> {
    let mut file = CsvFile::create(target, &HEADER)?;
    let number = |number: Option<f64>| {
        number.map_or_else(String::new, |number| significant(number).to_string())
    };
    let mut pages = report.outlooks(unit).await?;
    while let Some(page) = pages.next(unit).await? {
        let names = find::customers(unit, page.iter().map(|one| one.customer)).await?;
        for one in page {
            let (id, external_id, name) = find::cells(&names, one.customer);
            file.row(&[
                &id,
                external_id,
                name,
                &one.frequency.to_string(),
                &number(Some(one.recency)),
                &number(Some(one.age)),
                &number(one.mean_value),
                &number(one.expected.map(|expected| expected.alive)),
                &number(one.expected.map(|expected| expected.purchases)),
                &number(one.expected.map(|expected| expected.discounted_purchases)),
                one.average_value.as_deref().unwrap_or_default(),
                one.value.as_deref().unwrap_or_default(),
                one.currency.code(),
            ])?;
        }
    }
    file.finish("customer is", "customers are", out)
}
