use clap::Args;
use crm_core::{
    ownership::Masks,
    search::{Hit, HitRecord, search},
    store::ReadUnit,
};
use serde_json::json;

use crate::{
    failure::Failure,
    find,
    output::{Out, short},
};

/// `crm search`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  crm search 'acm ber'\n  crm search 三联书店\n  crm search 901820\n  \
                  crm search @acme.example"
)]
pub(crate) struct SearchFor {
    /// Words, beginnings of words, part of a Chinese or Japanese name, some digits of a phone
    /// number, an e-mail address, a number, a tag, a town.
    text: String,
    /// At most so many.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u32,
}

impl SearchFor {
    pub(crate) async fn run(&self, unit: &mut dyn ReadUnit, out: Out) -> Result<(), Failure> {
        let found = search(unit, &self.text, self.limit).await?;
        let at = found.hits.iter().filter_map(|hit| match &hit.record {
            HitRecord::Contact(contact) => contact.customer_id,
            _ => None,
        });
        let at = find::customers(unit, at).await?;
        let masks = Masks::load(unit).await?;
        let lines = found.hits.iter().filter_map(|hit| Line::of(hit, &at, &masks).transpose());
        let lines: Vec<_> = lines.collect::<Result<_, _>>()?;
        if out.json {
            let hits: Vec<_> = lines.iter().map(Line::to_json).collect();
            return out.json(&json!({"hits": hits, "more": found.more}));
        }
        if lines.is_empty() {
            return out.line("Nothing is found. Fewer words, or only their beginnings, find more.");
        }
        let rows = lines.iter().map(|line| {
            let [what, name, place] = [line.what, &line.name, &line.place];
            vec![what.into(), short(name, 30), short(place, 18), line.why(), line.id.clone()]
        });
        out.table(&["What", "Name", "Where", "Why", "Id"], 5, rows)?;
        if found.more {
            return out.line("There are more: write another word, or --limit for a longer list.");
        }
        Ok(())
    }
}

/// A hit in words.
struct Line {
    what: &'static str,
    id: String,
    name: String,
    /// The town, or the customer where a contact works, or a lead's company.
    place: String,
    reason: &'static str,
}

impl Line {
    fn of(hit: &Hit, at: &find::Customers, masks: &Masks) -> Result<Option<Self>, Failure> {
        let (what, name, place) = match &hit.record {
            HitRecord::Customer(one) => {
                let shown = find::shown(masks, one)?;
                ("customer", shown.name, shown.city)
            }
            HitRecord::Contact(one) => {
                let at = one.customer_id.and_then(|id| at.get(&id));
                ("contact", one.name.clone(), at.map(|customer| customer.name.clone()))
            }
            HitRecord::Lead(one) => {
                let at = one.company.clone().filter(|company| company != one.called());
                ("lead", one.called().to_owned(), at.or_else(|| one.city.clone()))
            }
            _ => return Ok(None),
        };
        let (place, reason) = (place.unwrap_or_default(), hit.rank.reason.as_str());
        Ok(Some(Self { what, id: hit.id().to_string(), name, place, reason }))
    }

    fn why(&self) -> String {
        self.reason.replace('_', " ")
    }

    fn to_json(&self) -> serde_json::Value {
        let key = if self.what == "customer" { "city" } else { "at" };
        json!({
            "kind": self.what, "id": self.id, "name": self.name, "reason": self.reason,
            key: (!self.place.is_empty()).then_some(&self.place),
        })
    }
}
