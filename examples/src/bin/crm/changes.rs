use clap::Args;
use crm_core::{
    Error,
    customer::Customer,
    kernel::{Change, Cursor, Entity, Id},
    ownership::Masks,
    store::ReadUnit,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm changes`
#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// Goes on after the page that ended with this cursor.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
}

impl Changes {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let mut page = unit.changes(self.after.as_deref().map(Cursor::new), self.limit).await?;
        mask(unit, &mut page.changes).await?;
        if out.json {
            return out.json(&json!({"changes": page.changes, "next": page.next}));
        }
        if page.changes.is_empty() {
            return out.line("Nothing has changed since.");
        }
        let rows = page.changes.iter().map(|change| {
            let fields = change.fields.iter().map(|field| {
                let plain = |json: &serde_json::Value| match json {
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                match &field.from {
                    serde_json::Value::Null => format!("{} {}", field.field, plain(&field.to)),
                    from => format!("{} {} → {}", field.field, plain(from), plain(&field.to)),
                }
            });
            let fields: Vec<_> = fields.filter(|text| !text.starts_with("id ")).collect();
            vec![
                change.at.to_datetime().format("%Y-%m-%d %H:%M:%S").to_string(),
                short(&change.actor, 12),
                change.entity.replace('_', " "),
                format!("{} (v{})", change.event, change.version),
                short(&fields.join(", "), 44),
            ]
        });
        out.table(&["When", "Who", "What", "Happened", "Fields"], 5, rows)?;
        match page.next {
            Some(cursor) => out.line(format!("Go on with: --after {cursor}")),
            None => Ok(()),
        }
    }
}

/// Leaves out what is not shown of customers.
async fn mask(unit: &mut dyn ReadUnit, changes: &mut [Change]) -> Result<(), Failure> {
    let customer = |change: &Change| {
        (change.entity == Customer::KIND).then(|| Id::<Customer>::new(change.entity_id))
    };
    let masks = Masks::load(unit).await?;
    let mut whole = find::records(unit, changes.iter().filter_map(customer)).await?;
    let survivors = find::survivors(unit, whole.values()).await?;
    whole.extend(survivors);
    for change in changes {
        if let Some(customer) = customer(change).and_then(|id| whole.get(&id)) {
            *change = masks.change(customer, change).map_err(Error::from)?;
        }
    }
    Ok(())
}
