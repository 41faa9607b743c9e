use std::collections::HashMap;

use crm_core::{
    customer::Customer,
    duplicate::{Evidence, Likeness, Noise, Pair, scan_base},
    kernel::Id,
    settings::house_rules,
    store::ReadUnit,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find::Customers,
    output::{Out, short, wrapped},
};

/// What a scan of the base found.
pub(super) struct Found {
    pub(super) groups: Vec<Group>,
    /// Pairs that are not certain, the likeliest first.
    pub(super) possible: Vec<Pair<Id<Customer>>>,
    pub(super) noise: Vec<Noise>,
}

/// Customers that are certainly the same.
pub(super) struct Group {
    pub(super) customers: Vec<Id<Customer>>,
    /// Why, for each after the first, by the likeliest pair with one before it.
    pub(super) pairs: Vec<Pair<Id<Customer>>>,
}

impl Found {
    pub(super) async fn scan(unit: &mut dyn ReadUnit) -> Result<Self, Failure> {
        let policy = house_rules(unit).await?.duplicates;
        let scan = scan_base(unit).await?;
        let mut group_of = HashMap::new();
        for (at, group) in scan.groups.iter().enumerate() {
            group_of.extend(group.iter().map(|id| (*id, at)));
        }
        let mut groups: Vec<_> = scan
            .groups
            .into_iter()
            .map(|customers| Group { customers, pairs: Vec::new() })
            .collect();
        let mut possible = Vec::new();
        for pair in scan.pairs {
            let group = group_of.get(&pair.one).filter(|at| group_of.get(&pair.other) == Some(at));
            match group.and_then(|at| groups.get_mut(*at)) {
                Some(group) => group.pairs.push(pair),
                None if !pair.likeness.is_certain(&policy) => possible.push(pair),
                None => {}
            }
        }
        let likelier = |a: &Pair<_>, b: &Pair<_>| b.likeness.score.total_cmp(&a.likeness.score);
        possible.sort_by(likelier);
        groups.iter_mut().for_each(|group| group.pairs.sort_by(likelier));
        Ok(Self { groups, possible, noise: scan.noise })
    }

    /// How many customers there would be fewer.
    pub(super) fn too_many(&self) -> usize {
        self.groups.iter().map(|group| group.customers.len().saturating_sub(1)).sum()
    }
}

impl Group {
    pub(super) fn to_json(&self, names: &Customers) -> Value {
        let customers = self.customers.iter().map(|id| who(names, *id));
        let pairs: Vec<_> = self.pairs.iter().map(|pair| as_json(pair, names)).collect();
        json!({"customers": customers.collect::<Vec<_>>(), "pairs": pairs})
    }

    pub(super) fn show(&self, names: &Customers, out: Out) -> Result<(), Failure> {
        out.line("The same:")?;
        for id in &self.customers {
            out.line(format!("  {id}  {}", name(names, *id, 58)))?;
            // The likeliest comes first.
            if let Some(pair) = self.pairs.iter().find(|pair| pair.other == *id) {
                out.line(why(&pair.likeness))?;
            }
        }
        let ids: Vec<_> = self.customers.iter().take(2).map(ToString::to_string).collect();
        out.line(format!("  crm merge {} --preview", ids.join(" ")))
    }
}

/// How likely two are the same, for programs.
#[derive(Serialize)]
pub(super) struct Like<'a> {
    score: f64,
    why: String,
    evidence: &'a [Evidence],
}

impl<'a> Like<'a> {
    pub(super) fn of(likeness: &'a Likeness) -> Self {
        let (score, evidence) = (likeness.score, likeness.evidence.as_slice());
        Self { score, why: likeness.to_string(), evidence }
    }
}

pub(super) fn as_json(pair: &Pair<Id<Customer>>, names: &Customers) -> Value {
    let (one, other) = (who(names, pair.one), who(names, pair.other));
    json!({"one": one, "other": other, "likeness": Like::of(&pair.likeness)})
}

fn who(names: &Customers, id: Id<Customer>) -> Value {
    json!({"id": id, "name": names.get(&id).map(|customer| &customer.name)})
}

pub(super) fn name(names: &Customers, id: Id<Customer>, most: usize) -> String {
    names.get(&id).map_or_else(String::new, |customer| short(&customer.name, most))
}

/// In lines below the one it is about.
pub(super) fn why(likeness: &Likeness) -> String {
    format!("      {}", wrapped(&likeness.to_string(), 92).replace('\n', "\n      "))
}
