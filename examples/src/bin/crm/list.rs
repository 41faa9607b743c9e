use clap::Args;
use crm_core::{
    customer::Customer,
    kernel::{Criteria, Cursor, Entity, Kind, OrderBy, Query, Stored, Value, to_json},
    ownership::Masks,
    store::{Read, ReadUnit},
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, field_name, grouped, short},
};

/// So many columns fit side by side.
const COLUMNS: usize = 7;
/// And so many beside an id.
const BESIDE_AN_ID: usize = 4;

/// `crm list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// What: customers, contacts, affiliations, relations, merges, merge_moves, staff, org_units,
    /// products, price_books, price_book_entries, pipelines, opportunities, stage_moves, approvals,
    /// interactions, addenda, tasks, transactions, leads, lead_activities, exchange_rates, targets,
    /// forecast_adjustments, forecast_snapshots, snapshot_lines, value_runs, value_run_lines, win_models, working_calendars, absences,
    /// territories, territory_members, assignment_rules, assignment_cursors, settings.
    entity: String,
    /// Only those of which this holds, such as {"field":"employees","op":"ge","value":1000}.
    #[arg(long = "where", value_name = "JSON")]
    criteria: Option<String>,
    /// In the order of this field; with a minus before it from high to low. May be given again.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    order: Vec<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// Goes on after the page that ended with this cursor.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

macro_rules! list_kind {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        async fn list_kind(
            list: &List,
            kind: &str,
            unit: &mut dyn ReadUnit,
            out: Out,
        ) -> Result<(), Failure> {
            match kind {
                $(<$entity as Entity>::KIND => show::<$entity, dyn ReadUnit>(list, unit, out).await,)+
                $(<$added as Entity>::KIND => show::<$added, dyn ReadUnit>(list, unit, out).await,)+
                $(<$kept as Entity>::KIND => show::<$kept, dyn ReadUnit>(list, unit, out).await,)+
                _ => {
                    let known = [$(<$entity as Entity>::KIND,)+ $(<$added as Entity>::KIND,)+ $(<$kept as Entity>::KIND,)+];
                    let known = known.join(", ");
                    let message = format!("there is no kind of record {:?}; there are: {known}", list.entity);
                    Err(Failure::Asked(message))
                }
            }
        }
    };
}
crm_core::for_each_entity!(list_kind);

impl List {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let word = self.entity.replace('-', "_");
        let kind = match word.as_str() {
            "staff" => "staff_member",
            "opportunities" => "opportunity",
            "price_book_entries" => "price_book_entry",
            "addenda" => "addendum",
            "lead_activities" => "lead_activity",
            "territories" => "territory",
            "settings" => "settings",
            "assignment_rules" => "assignment_rules",
            other => other.strip_suffix('s').unwrap_or(other),
        };
        if kind == Customer::KIND {
            return customers(self, unit, out).await;
        }
        list_kind(self, kind, unit, out).await
    }

    fn query<E: Entity>(&self) -> Result<Query<E>, Failure> {
        let criteria = match &self.criteria {
            Some(text) => Criteria::from_json(&serde_json::from_str(text).map_err(Failure::Json)?)?,
            None => Criteria::everything(),
        };
        let mut query = Query::of(criteria).limit(self.limit);
        for text in &self.order {
            let (name, descending) =
                text.strip_prefix('-').map_or((text.as_str(), false), |n| (n, true));
            let field =
                E::FIELDS.iter().copied().find(|field| field.name == name).ok_or_else(|| {
                    let known: Vec<_> = E::FIELDS.iter().map(|field| field.name).collect();
                    let known = known.join(", ");
                    Failure::Asked(format!(
                        "--order: {} has no field {name:?}; it has: {known}",
                        E::KIND
                    ))
                })?;
            query.order.push(OrderBy { field, descending });
        }
        Ok(query.after(self.after.as_deref().map(Cursor::new)))
    }
}

async fn show<E: Entity, R: Read<E> + ?Sized>(
    list: &List,
    unit: &mut R,
    out: Out,
) -> Result<(), Failure> {
    let page = unit.find(list.query::<E>()?).await?;
    let records = page.items.into_iter().map(|one| (one.version(), one.into_inner()));
    tell(&records.collect::<Vec<_>>(), page.next, &[], out)
}

/// Customers are shown without what a pool masks of those that nobody has; where it is asked by that, they are left out,
/// and so is what was merged.
async fn customers(list: &List, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
    let masks = Masks::load(unit).await?;
    let query = list.query()?;
    let hidden: Vec<_> = masks.asked(&query).into_iter().collect();
    let page = Read::<Customer>::find(unit, masks.seen(query)).await?;
    let survivors = find::survivors(unit, page.items.iter().map(|one| &**one)).await?;
    let shown = |one: &Stored<Customer>| find::shown_of(&masks, one, &survivors);
    let shown = page.items.iter().map(|one| Ok((one.version(), shown(one)?)));
    tell(&shown.collect::<Result<Vec<_>, Failure>>()?, page.next, &hidden, out)
}

/// Records, each with its version. Those are left out of which one of the hidden fields is not shown.
fn tell<E: Entity>(
    records: &[(u64, E)],
    next: Option<Cursor>,
    hidden: &[&str],
    out: Out,
) -> Result<(), Failure> {
    if out.json {
        let items: Vec<_> = records
            .iter()
            .map(|(version, record)| {
                let mut item = to_json(record);
                if let Some(members) = item.as_object_mut() {
                    members.insert("version".to_owned(), json!(version));
                }
                item
            })
            .collect();
        let mut told = json!({"items": items, "next": next});
        if !hidden.is_empty() {
            told["hidden"] = json!(hidden);
        }
        return out.json(&told);
    }
    let plain = E::FIELDS.iter().skip(1).filter(|field| {
        !field.derived
            && !field.kind.is_structured()
            && field.kind != Kind::Uuid
            && records.iter().any(|(_, record)| !(field.get)(record).is_null())
    });
    // What has no name is named by its id.
    let named = E::FIELDS.iter().any(|field| ["name", "title", "subject"].contains(&field.name));
    let id = E::FIELDS.first().filter(|_| !named);
    let room = if named { COLUMNS } else { BESIDE_AN_ID };
    let fields: Vec<_> = id.into_iter().chain(plain.take(room)).collect();
    let header: Vec<_> = fields.iter().map(|field| field.name).collect();
    let rows = records
        .iter()
        .map(|(_, one)| fields.iter().map(|field| short(&words(&(field.get)(one)), 40)).collect());
    if records.is_empty() {
        out.line("There is nothing to list.")?;
    } else {
        out.table(&header, COLUMNS, rows)?;
    }
    if !hidden.is_empty() {
        let hidden: Vec<_> = hidden.iter().map(|name| field_name(name)).collect();
        out.line(format!(
            "Left out are what was merged and free customers in a pool that does not show: {}.",
            hidden.join(", ")
        ))?;
    }
    match next {
        Some(cursor) => out.line(format!("There are more: --after {cursor}")),
        None => Ok(()),
    }
}

/// A value as people write it.
fn words(value: &Value<'_>) -> String {
    match value {
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Timestamp(at) => at.to_datetime().format("%Y-%m-%d %H:%M").to_string(),
        Value::Money(amount) => format!("{} {}", grouped(amount.amount_text()), amount.currency()),
        other => other.to_string(),
    }
}
