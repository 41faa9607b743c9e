use std::{collections::HashMap, path::Path};

use chrono::{Datelike, Days, NaiveDate};
use crm_benches::Result;
use crm_core::{
    customer::{Customer, CustomerKind},
    kernel::{Country, Id, Scope},
    opportunity::{Decision, Opportunity},
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    store::Store,
};
use crm_store_sqlite::SqliteStore;

/// A closed opportunity.
pub(crate) struct Row {
    owner: String,
    product: String,
    customer: String,
    industry: String,
    country: String,
    opened: NaiveDate,
    pub(crate) closed: NaiveDate,
    pub(crate) won: bool,
}

/// What the methods may look at.
pub(crate) const FIELDS: [&str; 7] =
    ["owner", "product", "customer", "industry", "country", "opened_month", "opened_quarter_month"];

impl Row {
    pub(crate) fn value(&self, field: &str) -> String {
        match field {
            "owner" => self.owner.clone(),
            "product" => self.product.clone(),
            "customer" => self.customer.clone(),
            "industry" => self.industry.clone(),
            "country" => self.country.clone(),
            "opened_month" => self.opened.month().to_string(),
            _ => (self.opened.month0() % 3).to_string(),
        }
    }
}

/// The export of the seller.
pub(crate) fn real(folder: &Path) -> Result<Vec<Row>> {
    let mut accounts = HashMap::new();
    for row in csv::Reader::from_path(folder.join("accounts.csv"))?.records() {
        let row = row?;
        let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
        accounts.insert(cell(0), (cell(1), cell(5)));
    }
    let mut rows = Vec::new();
    for row in csv::Reader::from_path(folder.join("sales_pipeline.csv"))?.records() {
        let row = row?;
        let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
        if !matches!(cell(4).as_str(), "Won" | "Lost") {
            continue;
        }
        let (industry, country) = accounts.get(&cell(3)).cloned().unwrap_or_default();
        rows.push(Row {
            owner: cell(1),
            product: cell(2).replace("GTXPro", "GTX Pro"),
            customer: cell(3),
            industry,
            country: country.replace("Philipines", "Philippines"),
            opened: cell(5).parse()?,
            closed: cell(6).parse()?,
            won: cell(4) == "Won",
        });
    }
    Ok(rows)
}

/// A few, to see that it works.
pub(crate) fn made_up() -> Result<Vec<Row>> {
    let first: NaiveDate = "2017-01-01".parse()?;
    let row = |n: u64| Row {
        owner: format!("owner {}", n % 3),
        product: format!("product {}", n % 2),
        customer: format!("customer {}", n % 7),
        industry: format!("industry {}", n % 2),
        country: "United States".to_owned(),
        opened: first + Days::new(n),
        closed: first + Days::new(n + 30),
        won: n * 7 % 10 < if n.is_multiple_of(2) { 8 } else { 4 },
    };
    Ok((0..330).map(row).collect())
}

/// The rows, in a store.
pub(crate) struct House {
    pub(crate) scope: Scope,
    pub(crate) pipeline: Id<Pipeline>,
}

impl House {
    pub(crate) async fn fill(store: &SqliteStore, scope: Scope, rows: &[Row]) -> Result<Self> {
        let id =
            |kind: &str, name: &str| Id::<()>::derived(scope.tenant, &format!("{kind} {name}"));
        let mut work = store.begin(scope.clone()).await?;
        let pipeline = Pipeline::sales(Id::new(work.next_id()));
        work.insert(pipeline.clone()).await?;
        let mut once = std::collections::HashSet::new();
        let mut deals = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let owner = Id::new(id("owner", &row.owner).uuid());
            let product = Id::new(id("product", &row.product).uuid());
            let customer = Id::new(id("customer", &row.customer).uuid());
            if once.insert(owner.uuid()) {
                work.insert(StaffMember::new(owner, &row.owner)).await?;
            }
            if once.insert(product.uuid()) {
                work.insert(Product::new(product, &row.product)).await?;
            }
            if once.insert(customer.uuid()) {
                let mut new = Customer::new(customer, CustomerKind::Organisation, &row.customer);
                new.industry = Some(row.industry.clone());
                new.country = row.country.parse::<Country>().ok();
                work.insert(new).await?;
            }
            let mut deal = Opportunity::open(Id::new(work.next_id()), format!("{n}"), &pipeline)?;
            deal.owner_id = Some(owner);
            deal.product_id = Some(product);
            deal.customer_id = Some(customer);
            deal.opened_on = Some(row.opened);
            let decision = Decision { on: Some(row.closed), ..Decision::default() };
            let stage = if row.won { "won" } else { "lost" };
            deals.push(deal.imported(&pipeline, stage, decision)?);
        }
        work.insert_all(deals).await?;
        work.commit().await?;
        Ok(Self { scope, pipeline: pipeline.id })
    }
}
