use std::collections::{BTreeSet, HashMap};

use crm_core::{
    customer::Customer,
    duplicate::{Evidence, Identity, Likeness, Noise, Pair, scan_base},
    kernel::Id,
    ownership::Masks,
    settings::house_rules,
    store::ReadUnit,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    find::{self, Customers},
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
    pub(super) fn to_json(&self, shown: &Shown) -> Value {
        let customers = self.customers.iter().map(|id| shown.who(*id));
        let pairs: Vec<_> = self.pairs.iter().map(|pair| shown.pair(pair)).collect();
        json!({"customers": customers.collect::<Vec<_>>(), "pairs": pairs})
    }

    pub(super) fn show(&self, shown: &Shown, out: Out) -> Result<(), Failure> {
        out.line("The same:")?;
        for id in &self.customers {
            out.line(format!("  {id}  {}", shown.name(*id, 58)))?;
            // The likeliest comes first.
            if let Some(pair) = self.pairs.iter().find(|pair| pair.other == *id) {
                out.line(shown.like(pair).why())?;
            }
        }
        let ids: Vec<_> = self.customers.iter().take(2).map(ToString::to_string).collect();
        out.line(format!("  crm merge {} --preview", ids.join(" ")))
    }
}

/// Customers that may be the same, as they are shown.
pub(crate) struct Shown {
    names: Customers,
    /// Those of which something is not shown that they are compared by.
    hidden: BTreeSet<Id<Customer>>,
}

impl Shown {
    pub(crate) async fn of(
        unit: &mut dyn ReadUnit,
        ids: impl IntoIterator<Item = Id<Customer>>,
    ) -> Result<Self, Failure> {
        let masks = Masks::load(unit).await?;
        let rules = house_rules(unit).await?;
        let mut names = find::records(unit, ids).await?;
        let mut hidden = BTreeSet::new();
        for (id, one) in &mut names {
            let shown = find::shown(&masks, one)?;
            if Identity::of(&shown, &rules) != Identity::of(one, &rules) {
                hidden.insert(*id);
            }
            *one = shown;
        }
        Ok(Self { names, hidden })
    }

    pub(super) fn name(&self, id: Id<Customer>, most: usize) -> String {
        self.names.get(&id).map_or_else(String::new, |customer| short(&customer.name, most))
    }

    pub(super) fn who(&self, id: Id<Customer>) -> Value {
        json!({"id": id, "name": self.names.get(&id).map(|customer| &customer.name)})
    }

    pub(super) fn pair(&self, pair: &Pair<Id<Customer>>) -> Value {
        let (one, other) = (self.who(pair.one), self.who(pair.other));
        json!({"one": one, "other": other, "likeness": self.like(pair)})
    }

    pub(super) fn like<'l>(&self, pair: &'l Pair<Id<Customer>>) -> Like<'l> {
        self.likeness([pair.one, pair.other], &pair.likeness)
    }

    /// How like these two are, without what would tell a value that is hidden.
    pub(super) fn likeness<'l>(&self, of: [Id<Customer>; 2], likeness: &'l Likeness) -> Like<'l> {
        if of.iter().any(|id| self.hides(*id)) {
            return Like { score: None, why: likeness.masked().to_string(), evidence: &[] };
        }
        let (score, evidence) = (Some(likeness.score), likeness.evidence.as_slice());
        Like { score, why: likeness.to_string(), evidence }
    }

    /// A customer's name and why somebody may be it, in words, as they are shown.
    pub(crate) fn told(&self, id: Id<Customer>, name: &str, why: &str) -> [String; 2] {
        let name = self.names.get(&id).map_or(name, |customer| &customer.name).to_owned();
        let why = if self.hides(id) { "alike in what is not shown" } else { why };
        [name, why.to_owned()]
    }

    pub(crate) fn hides(&self, id: Id<Customer>) -> bool {
        self.hidden.contains(&id)
    }
}

/// How likely two are the same, for programs: of one that is not shown whole, only what agrees.
#[derive(Serialize)]
pub(super) struct Like<'a> {
    pub(super) score: Option<f64>,
    pub(super) why: String,
    evidence: &'a [Evidence],
}

impl Like<'_> {
    /// In lines below the one it is about.
    pub(super) fn why(&self) -> String {
        format!("      {}", wrapped(&self.why, 92).replace('\n', "\n      "))
    }
}
