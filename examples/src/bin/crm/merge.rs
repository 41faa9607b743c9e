use std::collections::{BTreeMap, BTreeSet, HashMap};

use clap::Args;
use crm_core::{
    Error,
    customer::{Customer, MergeCommand, MergePreview, moved, preview_merge},
    kernel::{Entity, Id, Scope},
    merge::{Merge as Merged, MergedRecords},
    ownership::Masks,
    staff_member::StaffMember,
    store::{ReadUnit, Store, run},
};
use serde_json::{Value, json};

use crate::{
    erase::plural,
    failure::Failure,
    find,
    output::{Out, counted, field_name, short, wrapped},
};

/// `crm merge`
#[derive(Debug, Args)]
#[command(
    after_help = "Customers are named by id, external id or name; the survivor keeps what it has, and takes from the \
                  others\nwhat it lacks.\n\nExample:\n  crm merge 'Acme Bakeries' 'ACME Bakery' --preview\n  \
                  crm merge 'Acme Bakeries' 'ACME Bakery' --choose city='ACME Bakery' --reason 'entered twice'"
)]
pub(crate) struct Merge {
    /// The customer that survives.
    survivor: String,
    /// Those that lead to it from then on.
    #[arg(required = true, value_name = "OTHER")]
    others: Vec<String>,
    /// Only shows what would become of each field, and what would move.
    #[arg(long)]
    preview: bool,
    /// The customer whose value a field takes; can be given several times.
    #[arg(long, value_name = "FIELD=CUSTOMER", value_parser = choice)]
    choose: Vec<(String, String)>,
    /// Why they are the same.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The id of the merge, a UUID: sent again with it, it is done once.
    #[arg(long, value_name = "UUID")]
    id: Option<Id<Merged>>,
}

impl Merge {
    pub(crate) async fn run(
        &self,
        store: &dyn Store,
        scope: &Scope,
        out: Out,
    ) -> Result<(), Failure> {
        let mut unit = store.read(scope.clone()).await?;
        let asked = self.asked(&mut *unit).await?;
        let others: Vec<_> = asked.others.iter().map(|other| other.id).collect();
        if self.preview {
            let survivor = asked.survivor.id;
            let mut preview =
                preview_merge(&mut *unit, survivor, &others, &asked.choices, false).await?;
            mask(&mut *unit, &mut preview).await?;
            let called = called(&mut *unit, &preview).await?;
            return asked.show(&preview, &called, out);
        }
        drop(unit);
        let merged = run(store, scope, |work| {
            let id = self.id.unwrap_or_else(|| Id::new(work.next_id()));
            let mut command = MergeCommand::new(id, asked.survivor.id, others.iter().copied());
            command.choices.clone_from(&asked.choices);
            command.reason.clone_from(&self.reason);
            Box::pin(async move { work.customers().merge(command).await })
        });
        let merged = merged.await?;
        let moved = moved(&mut *store.read(scope.clone()).await?, merged.id).await?;
        if out.json {
            return out.json(&json!({
                "merge": merged.id, "survivor": find::named(&asked.survivor),
                "others": asked.others.iter().map(find::named).collect::<Vec<_>>(),
                "moved": moved.iter().map(counts).collect::<Vec<_>>(),
                "undone_at": merged.undone_at,
            }));
        }
        let (many, name) = (asked.others.len(), short(&asked.survivor.name, 40));
        out.line(format!("Merged {} into {name}.", counted(many, "customer", "customers")))?;
        out.line(in_words(&moved, "Moved"))?;
        if merged.undone_at.is_some() {
            return out.line(format!("This merge, {}, was undone since.", merged.id));
        }
        out.line(format!("To undo it: crm unmerge {}", merged.id))
    }

    async fn asked(&self, unit: &mut dyn ReadUnit) -> Result<Asked, Failure> {
        let survivor = find::exactly(unit, &self.survivor).await?;
        let mut others = Vec::new();
        for text in &self.others {
            others.push(find::exactly(unit, text).await?);
        }
        let mut choices = BTreeMap::new();
        for (field, text) in &self.choose {
            let chosen = find::exactly(unit, text).await?.id;
            if choices.insert(field_of(field), chosen).is_some_and(|before| before != chosen) {
                return Err(Failure::Asked(format!(
                    "--choose {field}: one customer for each field"
                )));
            }
        }
        Ok(Asked { survivor, others, choices })
    }
}

/// Who is meant.
struct Asked {
    survivor: Customer,
    others: Vec<Customer>,
    choices: BTreeMap<String, Id<Customer>>,
}

impl Asked {
    fn show(
        &self,
        preview: &MergePreview,
        called: &HashMap<String, String>,
        out: Out,
    ) -> Result<(), Failure> {
        if out.json {
            return out.json(&json!({
                "survivor": find::named(&self.survivor),
                "others": self.others.iter().map(find::named).collect::<Vec<_>>(),
                "fields": preview.fields,
                "moves": preview.records.iter().map(counts).collect::<Vec<_>>(),
            }));
        }
        let text = |value: &Value| text(value, called);
        let names = self.names();
        let name =
            |id: &Id<Customer>| names.get(id).map_or_else(|| id.to_string(), |n| short(n, 24));
        out.line(format!(
            "{} would survive ({}).",
            short(&self.survivor.name, 50),
            self.survivor.id
        ))?;
        if !preview.fields.is_empty() {
            let rows = preview.fields.iter().map(|field| {
                let from: Vec<_> = field.from.iter().map(name).collect();
                // Nothing of a list that unites theirs is lost.
                let one = field.from.len() == 1;
                let differs = field.differs.iter().filter(|_| one);
                // Of two it is clear who says it.
                let differs = differs.map(|(id, value)| match self.others.len() {
                    1 => text(value),
                    _ => format!("{}: {}", name(id), text(value)),
                });
                let differs: Vec<_> = differs.collect();
                let [was, becomes] = [&field.was, &field.becomes].map(text);
                vec![field_name(&field.field), was, becomes, from.join(", "), differs.join("; ")]
            });
            let others = if self.others.len() == 1 { "The other says" } else { "Others say" };
            out.table(&["Field", "Was", "Becomes", "From", others], 5, rows)?;
        }
        out.line(in_words(&preview.records, "Would move"))?;
        out.line("Nothing is done yet: leave --preview out to merge.")
    }

    /// What they are called; those of one name with the end of their ids.
    fn names(&self) -> HashMap<Id<Customer>, String> {
        let all = || std::iter::once(&self.survivor).chain(&self.others);
        let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
        for one in all() {
            if !seen.insert(one.name.as_str()) {
                twice.insert(one.name.as_str());
            }
        }
        let named = |one: &Customer| {
            if !twice.contains(one.name.as_str()) {
                return one.name.clone();
            }
            let id = one.id.to_string();
            let end: String = id.chars().skip(id.chars().count().saturating_sub(6)).collect();
            format!("{} …{end}", short(&one.name, 16))
        };
        all().map(|one| (one.id, named(one))).collect()
    }
}

fn counts(records: &MergedRecords) -> Value {
    json!({"entity": records.entity, "field": records.field, "count": records.count})
}

fn in_words(records: &[MergedRecords], verb: &str) -> String {
    let some = records.iter().filter(|records| records.count > 0).map(|records| {
        let one = records.entity.replace('_', " ");
        let many = counted(records.count, &one, &plural(&one));
        match records.field.as_str() {
            "customer_id" => many,
            field => format!("{many} ({})", field_name(field)),
        }
    });
    let some: Vec<_> = some.collect();
    if some.is_empty() {
        return format!("{verb}: nothing, nobody names them.");
    }
    wrapped(&format!("{verb}: {}.", some.join(", ")), 98)
}

/// Leaves out what is not shown of each of them.
async fn mask(unit: &mut dyn ReadUnit, preview: &mut MergePreview) -> Result<(), Failure> {
    let masks = Masks::load(unit).await?;
    let survivor = preview.survivor;
    let all = preview.others.iter().copied().chain([survivor]);
    let whole = find::records(unit, all).await?;
    for field in &mut preview.fields {
        let name = &field.field;
        let hide = |value: &mut Value, of: Id<Customer>| -> Result<(), Failure> {
            let Some(customer) = whole.get(&of) else { return Ok(()) };
            if let Some(instead) = masks.instead(customer, name).map_err(Error::from)? {
                *value = instead;
            }
            Ok(())
        };
        hide(&mut field.was, survivor)?;
        for from in &field.from {
            hide(&mut field.becomes, *from)?;
        }
        for (of, value) in &mut field.differs {
            hide(value, *of)?;
        }
    }
    Ok(())
}

/// What those are called whom a field names by their ids.
async fn called(
    unit: &mut dyn ReadUnit,
    preview: &MergePreview,
) -> Result<HashMap<String, String>, Failure> {
    let (mut staff, mut customers) = (Vec::new(), Vec::new());
    for field in &preview.fields {
        let spec = Customer::FIELDS.iter().find(|spec| spec.name == field.field);
        let differs = field.differs.iter().map(|(_, value)| value);
        let texts =
            [&field.was, &field.becomes].into_iter().chain(differs).filter_map(Value::as_str);
        match spec.and_then(|spec| spec.refers_to) {
            Some(StaffMember::KIND) => {
                staff.extend(texts.filter_map(|text| text.parse::<Id<StaffMember>>().ok()));
            }
            Some(Customer::KIND) => {
                customers.extend(texts.filter_map(|text| text.parse::<Id<Customer>>().ok()));
            }
            _ => {}
        }
    }
    let staff = find::colleagues(unit, staff).await?;
    let customers = find::customers(unit, customers).await?;
    let staff = staff.into_iter().map(|(id, one)| (id.to_string(), one.name));
    Ok(staff.chain(customers.into_iter().map(|(id, one)| (id.to_string(), one.name))).collect())
}

/// `owner_id` for `owner`.
fn field_of(text: &str) -> String {
    let is_field = |name: &str| Customer::FIELDS.iter().any(|spec| spec.name == name);
    let name = text.replace(' ', "_");
    let id = format!("{name}_id");
    match (is_field(&name), is_field(&id)) {
        (true, _) => name,
        (_, true) => id,
        _ => text.to_owned(),
    }
}

/// A value of a field, short; of an id, who that is.
fn text(value: &Value, called: &HashMap<String, String>) -> String {
    let text = |value: &Value| text(value, called);
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => short(called.get(text).unwrap_or(text), 60),
        Value::Array(list) if list.is_empty() => "-".to_owned(),
        Value::Array(list) => {
            let one = |value: &Value| value.get("number").map_or_else(|| text(value), text);
            short(&list.iter().map(one).collect::<Vec<_>>().join(", "), 60)
        }
        other => short(&other.to_string(), 60),
    }
}

fn choice(text: &str) -> Result<(String, String), String> {
    let wrong = || format!("{text:?} is not written like city='Acme Ltd'");
    let (field, customer) = text.split_once('=').ok_or_else(wrong)?;
    let (field, customer) = (field.trim(), customer.trim());
    if field.is_empty() || customer.is_empty() {
        return Err(wrong());
    }
    Ok((field.to_owned(), customer.to_owned()))
}
