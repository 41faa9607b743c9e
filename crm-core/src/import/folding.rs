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
        /// It is folded into that one: it fills what is empty there, and makes no record. It is refused
        /// where that one is archived: nobody would see it there.
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
        let certain = found.iter().filter(|one| {
            let two = |known: &Customer| are_two(&new.external_id, &known.external_id);
            one.likeness.is_certain(policy) && !two(one.alike) && !two(one.there)
        });
        // One that took the row in before has all that it says: it does so again.
        let gains = |one: &Alike<'_>| gains(one.there, new, said).next().is_some();
        let mut certain: Vec<_> =
            certain.map(|one| ((one.there.archived_at.is_some(), gains(one)), one)).collect();
        certain.sort_by_key(|(order, _)| *order);
        match (certain.first(), found.first()) {
            // Nobody would see what was put there.
            (Some(((true, _), one)), _) if self.action != OnDuplicate::Keep => {
                let (name, id) = (&one.there.name, one.there.id);
                let why = &one.likeness;
                Verdict::Refused(format!(
                    "{name} ({id}) is the same, and archived: restore it first: {why}"
                ))
            }
            (Some((_, one)), _) if self.action == OnDuplicate::Fold => Verdict::Same(one.told()),
            (Some((_, one)), _) if self.action == OnDuplicate::Refuse => {
                let (name, id) = (&one.there.name, one.there.id);
                Verdict::Refused(format!("{name} ({id}) is the same: {}", one.likeness))
            }
            (_, Some(one)) => Verdict::Doubtful(one.told()),
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
    fn found(&self, new: &Customer, keyed: &Keyed) -> Vec<Alike<'_>> {
        let policy = &self.lookup.rules.duplicates;
        let mut ids = BTreeSet::new();
        for term in keyed.terms.iter().filter(|term| self.lookup.noise(term).is_none()) {
            // What this batch changed has other terms now.
            let stands = |holder: &&crate::kernel::Holder| {
                holder.entity != Customer::KIND || !self.here.contains_key(&Id::new(holder.id))
            };
            let holders = self.lookup.holders(term).iter().filter(stands);
            let batch = self.holders.get(term).into_iter().flatten().copied();
            let sharing = holders.filter_map(|holder| self.lookup.customer_of(holder)).chain(batch);
            let sharing: Vec<_> = sharing.collect();
            let customers: BTreeSet<_> =
                sharing.iter().map(|id| self.lookup.survivor(*id)).collect();
            if customers.len() <= policy.noise_limit as usize {
                ids.extend(sharing);
            }
        }
        ids.remove(&new.id);
        let mut found: Vec<_> = ids
            .into_iter()
            .filter_map(|id| {
                let (alike, other) = self.known(id)?;
                let (there, _) = self.known(self.lookup.survivor(id))?;
                let likeness = self.likeness((new, &keyed.identity), (alike, other))?;
                Some(Alike { alike, there, likeness })
            })
            .collect();
        found.sort_by(|a, b| {
            let likelier = b.likeness.score.total_cmp(&a.likeness.score);
            likelier.then((a.there.id, a.alike.id).cmp(&(b.there.id, b.alike.id)))
        });
        found
    }

    /// A customer as this batch left it, or as the base has it.
    fn known(&self, id: Id<Customer>) -> Option<(&Customer, &Identity)> {
        if let Some(here) = self.here.get(&id) {
            return Some((&here.customer, &here.keyed.identity));
        }
        self.lookup.known(id).map(|(stored, identity)| (&**stored, identity))
    }
}

/// A record that a row may be about.
struct Alike<'f> {
    /// The record that is like the row.
    alike: &'f Customer,
    /// The customer that takes the row: the same, or the survivor where that was merged.
    there: &'f Customer,
    likeness: Likeness,
}

impl Alike<'_> {
    fn told(&self) -> Match {
        let mut why = self.likeness.to_string();
        if self.alike.id != self.there.id {
            why.push_str("; merged into this one");
        }
        if self.there.archived_at.is_some() {
            why.push_str("; archived: restore it");
        }
        Match { customer: self.there.id, name: self.there.name.clone(), why }
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
