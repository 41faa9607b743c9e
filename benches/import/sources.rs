use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use crm_benches::Result;
use crm_core::{
    customer::CustomerKind,
    import::{ImportKind, ImportOptions, Mapping},
};

/// What is imported together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataSet {
    /// crm-sales-opportunities: staff, products, customers, opportunities.
    Opportunities,
    /// CDNOW: purchases, which make their customers.
    Purchases,
    /// Purchases of `made_up`.
    MadeUp,
}

/// A file, and how its rows are to be understood.
pub(crate) struct Source {
    pub(crate) mapping: Mapping,
    pub(crate) options: ImportOptions,
    path: PathBuf,
    white: bool,
}

/// The cells of each row of a file.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Vec<String>>>>;

impl DataSet {
    const ALL: [Self; 3] = [Self::Opportunities, Self::Purchases, Self::MadeUp];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| format!("{set:?}") == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Opportunities => "crm-sales-opportunities",
            Self::Purchases => "CDNOW",
            Self::MadeUp => "made-up purchases",
        }
    }

    pub(crate) fn is_in(self, data: &Path) -> bool {
        self.sources(data).iter().all(|source| source.path.is_file())
    }

    pub(crate) fn sources(self, data: &Path) -> Vec<Source> {
        let purchases = |path: PathBuf| Source {
            mapping: Mapping::new(ImportKind::Transactions)
                .column("customer_id", "customer")
                .column("date", "date")
                .column("number_of_cds", "quantity")
                .column("dollar_value", "revenue")
                .constant("currency", "USD"),
            options: ImportOptions {
                create_customers: Some(CustomerKind::Person),
                ..ImportOptions::default()
            },
            path,
            white: true,
        };
        match self {
            Self::Opportunities => opportunities(&data.join("crm-sales-opportunities")),
            Self::Purchases => vec![purchases(data.join("cdnow/CDNOW_master.txt"))],
            Self::MadeUp => vec![purchases(data.join(super::made_up::NAME))],
        }
    }
}

impl Source {
    /// The header, then the rows.
    pub(crate) fn rows(&self) -> Result<Rows> {
        let file = File::open(&self.path)?;
        if self.white {
            let split = |line: &str| line.split_whitespace().map(str::to_owned).collect();
            return Ok(Box::new(BufReader::new(file).lines().map(move |l| Ok(split(&l?)))));
        }
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
        let rows = reader.into_records();
        Ok(Box::new(rows.map(|row| Ok(row?.iter().map(str::to_owned).collect()))))
    }
}

fn opportunities(folder: &Path) -> Vec<Source> {
    let source = |file: &str, mapping| Source {
        mapping,
        options: ImportOptions::default(),
        path: folder.join(file),
        white: false,
    };
    vec![
        source(
            "sales_teams.csv",
            Mapping::new(ImportKind::Staff)
                .column("sales_agent", "name")
                .column("manager", "manager")
                .column("regional_office", "org_unit"),
        ),
        source(
            "products.csv",
            Mapping::new(ImportKind::Products)
                .column("product", "name")
                .column("series", "category")
                .column("sales_price", "list_price")
                .constant("currency", "USD"),
        ),
        source(
            "accounts.csv",
            Mapping::new(ImportKind::Customers)
                .column("account", "name")
                .column("sector", "industry")
                .column("office_location", "country")
                .column("subsidiary_of", "parent")
                .column("employees", "employees")
                .alias("country", "Philipines", "Philippines"),
        ),
        source(
            "sales_pipeline.csv",
            Mapping::new(ImportKind::Opportunities)
                .column("opportunity_id", "external_id")
                .column("sales_agent", "owner")
                .column("product", "product")
                .column("account", "customer")
                .column("deal_stage", "stage")
                .column("engage_date", "opened_on")
                .column("close_date", "closed_on")
                .column("close_value", "amount")
                .constant("currency", "USD")
                .alias("product", "GTXPro", "GTX Pro"),
        ),
    ]
}
