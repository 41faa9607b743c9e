//! Whether what `--set` says can be, asked once instead of row by row.

use crm_core::{
    contact::{self, Contact},
    customer::{self, Customer, CustomerKind},
    import::{ImportKind, ImportOptions, Importer, Mapping, Outcome, Row},
    kernel::{Criteria, Entity, Field, Money, Scope},
    lead::Lead,
    memory::MemoryStore,
    opportunity::{
        self, Opportunity,
        pipeline::{self, Pipeline},
    },
    product::{self, Product},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit, Store, find_one},
    transaction::Transaction,
};

use crate::failure::Failure;

use super::Import;

/// Fields that cannot be empty, and what may stand there while another one is tried.
const FILLED: [(&str, &str); 7] = [
    ("name", "x"),
    ("customer", "x"),
    ("date", "2017-01-01"),
    ("revenue", "1"),
    ("amount", "1"),
    ("list_price", "1"),
    ("yearly_revenue", "1"),
];

impl Import {
    /// Tries each constant in a house of its own that nobody sees.
    ///
    /// # Errors
    /// Names the first that no row could have.
    pub(super) async fn try_constants(&self, scope: &Scope) -> Result<(), Failure> {
        let kind = self.kind();
        let known = kind.fields();
        // Amounts hang on the currency.
        let (first, rest): (Vec<_>, Vec<_>) =
            self.set.iter().partition(|(ours, _)| ours == "currency");
        for (ours, value) in first.into_iter().chain(rest) {
            let asked_elsewhere = refers_to(kind, ours).is_some() || ours == "stage";
            if value.is_empty() || !known.contains(&ours.as_str()) || asked_elsewhere {
                continue;
            }
            let mut refused = None;
            for stage in [None, Some("won"), Some("lost")] {
                refused = self.trial(scope, ours, value, stage).await?;
                if refused.is_none() || kind != ImportKind::Opportunities {
                    break;
                }
            }
            if let Some(reason) = refused {
                let reason = reason.strip_prefix(&format!("{ours}: ")).unwrap_or(&reason);
                return Err(wrong(ours, value, reason));
            }
        }
        Ok(())
    }

    /// Looks for the stage and the records that constants name.
    ///
    /// # Errors
    /// Names the first that is not there.
    pub(super) async fn find_constants(&self, unit: &mut dyn ReadUnit) -> Result<(), Failure> {
        let kind = self.kind();
        for (ours, value) in self.set.iter().filter(|(_, value)| !value.is_empty()) {
            let text = self.means(ours, value);
            let there = match refers_to(kind, ours) {
                _ if ours == "stage" => self.stage(unit, text).await?,
                Some(Customer::KIND) if self.create_customers.is_some() => true,
                Some(Customer::KIND) if kind == ImportKind::Customers => true,
                Some(_) if kind == ImportKind::Staff => true,
                Some(StaffMember::KIND) => {
                    named(unit, &staff_member::EXTERNAL_ID, &staff_member::NAME, text).await?
                }
                Some(Product::KIND) => {
                    named(unit, &product::EXTERNAL_ID, &product::NAME, text).await?
                }
                Some(Customer::KIND) => {
                    named(unit, &customer::EXTERNAL_ID, &customer::NAME, text).await?
                }
                Some(Contact::KIND) => {
                    named(unit, &contact::EXTERNAL_ID, &contact::NAME, text).await?
                }
                Some(Opportunity::KIND) => {
                    named(unit, &opportunity::EXTERNAL_ID, &opportunity::NAME, text).await?
                }
                _ => true,
            };
            if !there {
                return Err(wrong(ours, value, "there is none of this name"));
            }
        }
        Ok(())
    }

    /// Why a row with just this constant is refused, if it is.
    async fn trial(
        &self,
        scope: &Scope,
        ours: &str,
        value: &str,
        stage: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let known = self.kind().fields();
        let mut mapping = Mapping::new(self.kind()).constant(ours, value);
        for (field, from, to) in self.alias.iter().filter(|(field, ..)| field == ours) {
            mapping = mapping.alias(field, from, to);
        }
        for (field, filling) in FILLED {
            if known.contains(&field) && field != ours {
                mapping = mapping.constant(field, filling);
            }
        }
        if let Some(stage) = stage {
            mapping = mapping.constant("stage", stage);
            if ours != "closed_on" {
                mapping = mapping.constant("closed_on", "2017-01-01");
            }
        }
        if ours != "currency" && known.contains(&"currency") {
            mapping = mapping.constant("currency", self.currency(value));
        }
        let options = ImportOptions {
            create_customers: Some(CustomerKind::Person),
            ..ImportOptions::default()
        };
        let mut importer = Importer::new(&mapping, &[], options)?;
        let store = MemoryStore::new(crm_store_sqlite::system_ports());
        let mut work = store.begin(scope.clone()).await?;
        let row = Row { line: 1, ..Row::default() };
        let outcomes = importer.batch(&mut *work, &[row]).await?;
        Ok(outcomes.into_iter().find_map(|told| match told.outcome {
            Outcome::Refused(reason) => Some(reason),
            _ => None,
        }))
    }

    /// The one in the amount itself, else the one of all rows.
    fn currency(&self, value: &str) -> String {
        let own = value.parse::<Money>().ok().map(|money| money.currency().code().to_owned());
        let set = self.set.iter().find(|(ours, value)| ours == "currency" && !value.is_empty());
        own.or_else(|| set.map(|(_, value)| self.means("currency", value).to_owned()))
            .unwrap_or_else(|| "USD".to_owned())
    }

    fn means<'a>(&'a self, ours: &str, value: &'a str) -> &'a str {
        let alias = self.alias.iter().find(|(field, from, _)| field == ours && from == value);
        alias.map_or(value, |(_, _, to)| to)
    }

    /// A house without a pipeline gets one with the first opportunity.
    async fn stage(&self, unit: &mut dyn ReadUnit, text: &str) -> Result<bool, Failure> {
        let wanted = match &self.pipeline {
            Some(name) => {
                pipeline::NAME.eq(name.as_str()).or(pipeline::EXTERNAL_ID.eq(name.as_str()))
            }
            None => pipeline::ACTIVE.eq(true),
        };
        let found = find_one(unit, wanted).await?;
        let pipeline = match found {
            Some(found) => found.into_inner(),
            None => Pipeline::sales(crm_core::kernel::Id::new(uuid::Uuid::nil())),
        };
        let same = |name: &str| name.to_lowercase() == text.to_lowercase();
        Ok(pipeline.stages.0.iter().any(|stage| same(&stage.key) || same(&stage.name)))
    }
}

fn wrong(ours: &str, value: &str, reason: &str) -> Failure {
    Failure::Asked(format!("--set {ours}={value}: {reason}"))
}

/// The kind of record a field names.
fn refers_to(kind: ImportKind, ours: &str) -> Option<&'static str> {
    fn of<E: Entity>(ours: &str) -> Option<&'static str> {
        let named = |field: &str| field.strip_suffix("_id") == Some(ours);
        E::FIELDS.iter().find(|field| named(field.name)).and_then(|field| field.refers_to)
    }
    match kind {
        ImportKind::Staff => of::<StaffMember>(ours),
        ImportKind::Customers => of::<Customer>(ours),
        ImportKind::Products => of::<Product>(ours),
        ImportKind::Opportunities => of::<Opportunity>(ours),
        ImportKind::Transactions => of::<Transaction>(ours),
        ImportKind::Leads => of::<Lead>(ours),
        _ => None,
    }
}

async fn named<'u, E: Entity>(
    unit: &mut (dyn ReadUnit + 'u),
    external_id: &'static Field<E, String>,
    name: &'static Field<E, String>,
    text: &str,
) -> Result<bool, Failure>
where
    dyn ReadUnit + 'u: Read<E>,
{
    let criteria: Criteria<E> = external_id.eq(text).or(name.eq(text));
    Ok(find_one(unit, criteria).await?.is_some())
}
