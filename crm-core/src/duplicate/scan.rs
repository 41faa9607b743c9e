use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::kernel::Term;

use super::{
    DuplicatePolicy, Identity, Likeness,
    compare::{likeness, weight_of},
    groups::Groups,
    name::sorted_words,
    terms::each_term,
    weights::{Weighed, weigh},
};

/// Two records that may be the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair<I> {
    /// The one that came first.
    pub one: I,
    /// The other.
    pub other: I,
    /// How likely, and why.
    pub likeness: Likeness,
}

/// A key that so many share that it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noise {
    /// The key.
    pub term: Term,
    /// How many records have it.
    pub records: u32,
}

/// The duplicates of a base.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan<I> {
    /// Every pair that is possible or more, in the order the records came in.
    pub pairs: Vec<Pair<I>>,
    /// Records that are certainly the same, directly or by way of others, in the order they came
    /// in.
    pub groups: Vec<Vec<I>>,
    /// Keys that were not looked at, the most frequent first.
    pub noise: Vec<Noise>,
    /// How many times two records were compared.
    pub compared: u64,
}

/// So many neighbours are compared with each record, in each order of the names (Hernández and
/// Stolfo 1995, "The Merge/Purge Problem": the sorted neighbourhood).
const WINDOW: usize = 10;

/// Finds every duplicate among records of one tenant, without comparing each with each: those that
/// share a [term](super::terms), and those whose names stand next to each other in the order of
/// their letters, read forwards, backwards, and with their words in order.
///
/// Several identities under one id are those of one record: it is no duplicate of itself, shares a
/// key once, and is in a pair with the best of what they say.
///
/// It takes time and memory in proportion to the number of records (times its logarithm), whatever
/// is in them. The same records in the same order give the same answer.
pub fn scan<I: Clone + Eq + Hash>(records: &[(I, Identity)], policy: &DuplicatePolicy) -> Scan<I> {
    let mut search = Search {
        records,
        whose: whose(records),
        floor: weight_of(policy.possible),
        found: Vec::new(),
        hits: Vec::new(),
        compared: 0,
    };
    let noise = search.sharing_a_term(policy.noise_limit);
    search.neighbours(|identity| identity.name.to_string());
    search.neighbours(|identity| identity.name.chars().rev().collect());
    search.neighbours(|identity| {
        // Others were neighbours already.
        if identity.name.contains(' ') { sorted_words(&identity.name) } else { String::new() }
    });
    let Search { mut hits, compared, .. } = search;
    hits.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| b.2.score.total_cmp(&a.2.score)));
    hits.dedup_by_key(|hit| (hit.0, hit.1));

    let mut groups = Groups::new(count(records.len()));
    let mut pairs = Vec::with_capacity(hits.len());
    for (one, other, likeness) in hits {
        if likeness.is_certain(policy) {
            groups.join(one, other);
        }
        let (Some(first), Some(second)) = (id(records, one), id(records, other)) else { continue };
        pairs.push(Pair { one: first, other: second, likeness });
    }
    let of_ids = |set: Vec<u32>| set.into_iter().filter_map(|at| id(records, at)).collect();
    Scan { pairs, groups: groups.sets().into_iter().map(of_ids).collect(), noise, compared }
}

/// For each identity, the place of the first one of the same record.
fn whose<I: Eq + Hash>(records: &[(I, Identity)]) -> Vec<u32> {
    let mut first = HashMap::with_capacity(records.len());
    (0..).zip(records).map(|(at, (id, _))| *first.entry(id).or_insert(at)).collect()
}

fn id<I: Clone>(records: &[(I, Identity)], at: u32) -> Option<I> {
    records.get(at as usize).map(|(id, _)| id.clone())
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

struct Search<'r, I> {
    records: &'r [(I, Identity)],
    /// For each identity, the place of the first one of the same record.
    whose: Vec<u32>,
    floor: f64,
    found: Vec<Weighed>,
    hits: Vec<(u32, u32, Likeness)>,
    compared: u64,
}

impl<I> Search<'_, I> {
    fn sharing_a_term(&mut self, limit: u32) -> Vec<Noise> {
        let mut keys: Vec<(u64, u32)> = Vec::with_capacity(self.records.len() * 10);
        for (at, (_, identity)) in (0..).zip(self.records) {
            each_term(identity, |family, value| keys.push((hash(family, value), at)));
        }
        keys.sort_unstable();
        keys.dedup();
        let mut noise = Vec::new();
        for sharing in keys.chunk_by(|a, b| a.0 == b.0) {
            // The same one several times is counted once; only then is it worth while to look.
            if sharing.len() > limit as usize && self.customers(sharing) > limit as usize {
                noise.extend(self.noise(sharing));
                continue;
            }
            let some = self.few_of_each(sharing, limit);
            for (at, one) in some.iter().enumerate() {
                for other in some.iter().skip(at + 1) {
                    self.compare(*one, *other);
                }
            }
        }
        noise.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.term.cmp(&b.term)));
        noise
    }

    /// Those who share a key; of very many, a few identities of each record.
    fn few_of_each(&self, sharing: &[(u64, u32)], limit: u32) -> Vec<u32> {
        let all = sharing.iter().map(|(_, at)| *at);
        if sharing.len() <= limit as usize {
            return all.collect();
        }
        let mut seen: HashMap<u32, usize> = HashMap::new();
        let few = all.filter(|at| {
            let whose = self.whose.get(*at as usize).copied().unwrap_or(*at);
            let count = seen.entry(whose).or_default();
            *count += 1;
            *count <= WINDOW
        });
        few.collect()
    }

    /// How many records share a key.
    fn customers(&self, sharing: &[(u64, u32)]) -> usize {
        let all = sharing.iter().filter_map(|(_, at)| self.whose.get(*at as usize));
        all.collect::<HashSet<_>>().len()
    }

    fn noise(&self, sharing: &[(u64, u32)]) -> Option<Noise> {
        let (key, at) = sharing.first()?;
        let (_, identity) = self.records.get(*at as usize)?;
        let mut term = None;
        each_term(identity, |family, value| {
            if hash(family, value) == *key {
                term = Some(Term::new(family, value));
            }
        });
        term.map(|term| Noise { term, records: count(sharing.len()) })
    }

    fn neighbours(&mut self, text: impl Fn(&Identity) -> String) {
        let each = (0..).zip(&self.whose).zip(self.records);
        let mut order: Vec<(String, u32, u32)> =
            each.map(|((at, whose), (_, identity))| (text(identity), *whose, at)).collect();
        order.retain(|(text, ..)| !text.is_empty());
        order.sort_unstable();
        order.dedup_by(|a, b| (&a.0, a.1) == (&b.0, b.1));
        for (at, (.., one)) in order.iter().enumerate() {
            for (.., other) in order.iter().skip(at + 1).take(WINDOW - 1) {
                self.compare(*one, *other);
            }
        }
    }

    fn compare(&mut self, a: u32, b: u32) {
        let (one, other) = (a.min(b), a.max(b));
        let (Some(whose), Some(others)) =
            (self.whose.get(one as usize).copied(), self.whose.get(other as usize).copied())
        else {
            return;
        };
        if whose == others {
            return;
        }
        self.compared += 1;
        let records = (self.records.get(one as usize), self.records.get(other as usize));
        let (Some((_, first)), Some((_, second))) = records else { return };
        if let Some(weight) = weigh(first, second, self.floor, &mut self.found) {
            let likeness = likeness(first, second, weight, &self.found);
            self.hits.push((whose.min(others), whose.max(others), likeness));
        }
    }
}

fn hash(family: &str, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(family.as_bytes());
    hasher.write_u8(b':');
    hasher.write(value.as_bytes());
    hasher.finish()
}
