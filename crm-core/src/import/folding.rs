use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    Result,
    customer::Customer,
    duplicate::{DuplicateAction, Identity, Keyed, Likeness, Lookup, compare_possible},
    kernel::{Country, Entity, Id, Stored, Term, Value, text_enum, with_value},
    store::Work,
};

use super::row::Match;

text_enum! {
    /// What becomes of a row that is certainly a customer that is there already under another name.
    pub enum OnDuplicate {
        /// It is folded into that one: it fills what is empty there, and makes no record.
        Fold = "fold",
        /// It makes a record of its own, unless the house refuses that.
        Keep = "keep",
        /// It is refused, with the customer that is there as the reason.
        Refuse = "refuse",
    }
}

/// What is the record's own, or does not come from rows.
const OWN: [&str; 3] = ["id", "merged_into", "archived_at"];

/// Finds the customers that new rows may be: in the base, and among what the rows before them in the
/// batch made and changed.
pub(super) struct Folding {
    lookup: Lookup,
    action: OnDuplicate,
    /// Customers as rows of this batch left them.
    here: HashMap<Id<Customer>, Here>,
    holders: HashMap<Term, BTreeSet<Id<Customer>>>,
    /// What new rows are known by, as far as they say themselves who that is.
    rows: HashMap<usize, Keyed>,
    /// The last one that was judged, and is not placed yet.
    judged: Option<(Id<Customer>, Keyed)>,
}

struct Here {
    customer: Customer,
    keyed: Keyed,
}

/// What a new row turns out to be.
pub(super) enum Verdict {
    New,
    /// It may be this one.
    Doubtful(Match),
    /// It is this one.
    Same(Match),
    /// It is there, and the house or the caller does not want it again.
    Refused(String),
}

impl Folding {
    pub(super) async fn load(
        work: &mut Work<'_>,
        candidates: &[(usize, Customer)],
        action: OnDuplicate,
    ) -> Result<Self> {
        let (lookup, keyed) = Lookup::load(work, candidates.iter().map(|(_, one)| one)).await?;
        let rows = candidates.iter().map(|(row, _)| *row).zip(keyed).collect();
        let refuses = lookup.rules.duplicates.on_insert == DuplicateAction::Refuse;
        let action = match action {
            OnDuplicate::Keep if refuses => OnDuplicate::Refuse,
            action => action,
        };
        let (here, holders) = (HashMap::new(), HashMap::new());
        Ok(Self { lookup, action, here, holders, rows, judged: None })
    }

    /// That a row of this batch made a customer, or left it so.
    pub(super) fn placed(&mut self, customer: &Customer) {
        let id = customer.id;
        let keyed = match self.judged.take() {
            Some((judged, keyed)) if judged == id => keyed,
            _ => Keyed::new(self.lookup.identity(customer)),
        };
        if let Some(before) = self.here.get(&id) {
            for term in &before.keyed.terms {
                if let Some(holders) = self.holders.get_mut(term) {
                    holders.remove(&id);
                }
            }
        }
        for term in &keyed.terms {
            self.holders.entry(term.clone()).or_default().insert(id);
        }
        self.here.insert(id, Here { customer: customer.clone(), keyed });
    }

    /// The record in the base.
    pub(super) fn stored(&self, id: Id<Customer>) -> Option<&Stored<Customer>> {
        self.lookup.known(id).map(|(stored, _)| stored)
    }

    /// What a new customer is whose row says something in these fields.
    pub(super) fn judge(&mut self, row: usize, new: &Customer, said: &[usize]) -> Verdict {
        let of_new = || Keyed::new(Identity::of(new, &self.lookup.rules));
        let keyed = self.rows.remove(&row).unwrap_or_else(of_new);
        let verdict = self.verdict(new, &keyed, said);
        self.judged = Some((new.id, keyed));
        verdict
    }

    fn verdict(&self, new: &Customer, keyed: &Keyed, said: &[usize]) -> Verdict {
        let policy = &self.lookup.rules.duplicates;
        let found = self.found(new, keyed);
        let certain = found.iter().filter(|(there, likeness)| {
            likeness.is_certain(policy) && !are_two(&new.external_id, &there.external_id)
        });
        // One that took the row in before has all that it says: it does so again.
        let mut certain: Vec<_> =
            certain.map(|one| (gains(one.0, new, said).next().is_some(), one)).collect();
        certain.sort_by_key(|(gains, _)| *gains);
        let told = |there: &Customer, likeness: &Likeness| Match {
            customer: there.id,
            name: there.name.clone(),
            why: likeness.to_string(),
        };
        match (certain.first(), found.first()) {
            (Some((_, (there, likeness))), _) if self.action == OnDuplicate::Fold => {
                Verdict::Same(told(there, likeness))
            }
            (Some((_, (there, likeness))), _) if self.action == OnDuplicate::Refuse => {
                let (name, id) = (&there.name, there.id);
                Verdict::Refused(format!("{name} ({id}) is the same: {likeness}"))
            }
            (_, Some((there, likeness))) => Verdict::Doubtful(told(there, likeness)),
            (_, None) => Verdict::New,
        }
    }

    /// Where one of them names no country, its phone numbers are read as those of the other's.
    fn likeness(
        &self,
        new: (&Customer, &Identity),
        there: (&Customer, &Identity),
    ) -> Option<Likeness> {
        let silent = self.lookup.rules.default_country.is_none();
        let read_in = |one: &Customer, country: Option<Country>| {
            let country = country.filter(|_| silent && one.country.is_none())?;
            let read = Customer { country: Some(country), ..one.clone() };
            Some(Identity { country: None, ..self.lookup.identity(&read) })
        };
        let ours = read_in(new.0, there.0.country);
        let theirs = read_in(there.0, new.0.country);
        let (ours, theirs) = (ours.as_ref().unwrap_or(new.1), theirs.as_ref().unwrap_or(there.1));
        compare_possible(ours, theirs, &self.lookup.rules.duplicates)
    }

    /// Those who are possibly the same, the likeliest first.
    fn found(&self, new: &Customer, keyed: &Keyed) -> Vec<(&Customer, Likeness)> {
        let policy = &self.lookup.rules.duplicates;
        let mut ids = BTreeSet::new();
        for term in &keyed.terms {
            // What this batch changed has other terms now.
            let stands = |holder: &&crate::kernel::Holder| {
                holder.entity != Customer::KIND || !self.here.contains_key(&Id::new(holder.id))
            };
            let holders: Vec<_> = self.lookup.holders(term).iter().filter(stands).collect();
            let batch = self.holders.get(term);
            let sharing = holders.len() + batch.map_or(0, BTreeSet::len);
            if sharing <= policy.noise_limit as usize {
                ids.extend(holders.iter().filter_map(|holder| self.lookup.customer_of(holder)));
                ids.extend(batch.into_iter().flatten());
            }
        }
        ids.remove(&new.id);
        let mut found: Vec<_> = ids
            .into_iter()
            .filter_map(|id| match self.here.get(&id) {
                Some(here) => Some((&here.customer, &here.keyed.identity)),
                None => self.lookup.known(id).map(|(stored, identity)| (&**stored, identity)),
            })
            .filter_map(|(there, other)| {
                Some((there, self.likeness((new, &keyed.identity), (there, other))?))
            })
            .collect();
        found.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.id.cmp(&b.0.id)));
        found
    }
}

/// Another system knows them as two.
fn are_two(one: &Option<String>, other: &Option<String>) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// What a row adds to a record that takes it in: only where that has nothing. The places of the fields,
/// and their values.
fn gains<'e, E: Entity>(
    there: &'e E,
    new: &'e E,
    said: &'e [usize],
) -> impl Iterator<Item = (usize, Value<'e>)> {
    let itself = Value::Uuid(there.id().uuid());
    said.iter().filter_map(move |index| {
        let field = E::FIELDS.get(*index)?;
        let value = (field.get)(new);
        let open = !field.derived && !OWN.contains(&field.name) && value != itself;
        let gains = open && (field.get)(there).is_nothing() && !value.is_nothing();
        gains.then_some((*index, value))
    })
}

/// The record that takes a row in.
///
/// # Errors
/// Why it cannot.
pub(super) fn fold<E: Entity>(there: &E, new: &E, said: &[usize]) -> Result<E> {
    let mut folded = there.clone();
    let gained: BTreeMap<_, _> = gains(there, new, said).collect();
    for (index, value) in gained {
        if let Some(field) = E::FIELDS.get(index) {
            folded = with_value(&folded, field, &value.into_owned())?;
        }
    }
    Ok(folded)
}
