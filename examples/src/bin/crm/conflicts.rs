use std::collections::HashMap;

use clap::Args;
use crm_core::{
    kernel::{Id, Money, Scope},
    opportunity::{Conflict, ConflictPage, Rival, Shared, conflicts},
    product::Product,
    staff_member::StaffMember,
    store::{ReadUnit, Store},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find::{self, Customers},
    output::{Out, counted, grouped, short},
};

/// `crm conflicts`
#[derive(Debug, Args)]
#[command(
    after_help = "Whether products of one category count as the same is a rule of the house: `conflicts` in \
                  `crm settings`.\n\n\
                  Example:\n  crm conflicts\n  crm conflicts --warn"
)]
pub(crate) struct ConflictsOf {
    /// About so many; those of one customer come together.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Goes on after this customer, where the page before ended.
    #[arg(long, value_name = "UUID")]
    after: Option<Id<crm_core::customer::Customer>>,
    /// Gives each owner a task about what is listed, once for each pair of opportunities.
    #[arg(long)]
    warn: bool,
}

/// What those are called that conflicts name.
struct Called {
    customers: Customers,
    staff: HashMap<Id<StaffMember>, StaffMember>,
    products: HashMap<Id<Product>, Product>,
}

impl ConflictsOf {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let (page, called) = {
            let mut unit = store.read(scope.clone()).await?;
            let page = conflicts(&mut *unit, self.after, self.limit).await?;
            let called = called(&mut *unit, &page).await?;
            (page, called)
        };
        let told = if self.warn { Some(warn(store, scope, &page).await?) } else { None };
        if out.json {
            let list: Vec<_> = page.conflicts.iter().map(|one| called.to_json(one)).collect();
            return out.json(&json!({"conflicts": list, "next": page.next, "new_tasks": told}));
        }
        show(&page, &called, out)?;
        told.map_or(Ok(()), |told| {
            out.line(format!("{} new.", counted(told, "task is", "tasks are")))
        })
    }
}

fn show(page: &ConflictPage, called: &Called, out: Out) -> Result<(), Failure> {
    if page.conflicts.is_empty() {
        return out.line("No two open opportunities are for the same customer and product.");
    }
    let rows = page.conflicts.iter().flat_map(|one| called.rows(one));
    out.table(&["Customer", "What", "Who", "Since", "Stage", "Amount"], 5, rows)?;
    match page.next {
        Some(next) => out.line(format!("There are more: --after {next}")),
        None => Ok(()),
    }
}

async fn warn(store: &dyn Store, scope: &Scope, page: &ConflictPage) -> Result<usize, Failure> {
    let mut told = 0;
    for conflict in &page.conflicts {
        let mut work = store.begin(scope.clone()).await?;
        told += work.opportunities().warn(conflict).await?.len();
        work.commit().await?;
    }
    Ok(told)
}

async fn called(unit: &mut dyn ReadUnit, page: &ConflictPage) -> Result<Called, Failure> {
    let all = || page.conflicts.iter();
    let owners = all().flat_map(|one| one.rivals.iter().filter_map(|rival| rival.owner_id));
    let products = all().filter_map(|one| match one.shared {
        Shared::Product(id) => Some(id),
        Shared::Category(_) => None,
    });
    Ok(Called {
        customers: find::customers(unit, all().map(|one| one.customer_id)).await?,
        staff: find::colleagues(unit, owners).await?,
        products: find::products(unit, products).await?,
    })
}

impl Called {
    fn customer(&self, one: &Conflict) -> &str {
        self.customers.get(&one.customer_id).map_or("", |customer| customer.name.as_str())
    }

    fn owner(&self, rival: &Rival) -> Option<&str> {
        rival.owner_id.and_then(|id| Some(self.staff.get(&id)?.name.as_str()))
    }

    fn shared<'c>(&'c self, one: &'c Conflict) -> &'c str {
        match &one.shared {
            Shared::Product(id) => {
                self.products.get(id).map_or("", |product| product.name.as_str())
            }
            Shared::Category(name) => name,
        }
    }

    fn to_json(&self, one: &Conflict) -> Value {
        let shared = match &one.shared {
            Shared::Product(id) => json!({"product": {"id": id, "name": self.shared(one)}}),
            Shared::Category(name) => json!({"category": name}),
        };
        let rivals: Vec<_> = one
            .rivals
            .iter()
            .map(|rival| {
                let owner = rival.owner_id.map(|id| json!({"id": id, "name": self.owner(rival)}));
                json!({
                    "id": rival.opportunity_id, "name": rival.name, "owner": owner,
                    "stage": rival.stage, "since": rival.since,
                    "amount": rival.amount.map(Money::amount_text),
                    "currency": rival.amount.map(Money::currency),
                })
            })
            .collect();
        json!({
            "customer": {"id": one.customer_id, "name": self.customer(one)}, "shared": shared,
            "since": one.since, "opportunities": rivals,
        })
    }

    fn rows(&self, one: &Conflict) -> Vec<Vec<String>> {
        let row = |(at, rival): (usize, &Rival)| {
            let first = |text: &str, most| if at == 0 { short(text, most) } else { String::new() };
            let amount = rival.amount.map_or_else(String::new, |amount| {
                format!("{} {}", grouped(amount.amount_text()), amount.currency())
            });
            vec![
                first(self.customer(one), 24),
                first(self.shared(one), 18),
                short(self.owner(rival).unwrap_or("-"), 20),
                rival.since.date().to_string(),
                short(&rival.stage, 14),
                amount,
            ]
        };
        one.rivals.iter().enumerate().map(row).collect()
    }
}
