//! How long it takes to find the duplicates of a dirty base, and how many are found.

#[path = "../../crm-core/tests/dirty/mod.rs"]
#[expect(dead_code, reason = "other benches ask for a firm's town and domain")]
mod dirty;

use std::{
    collections::{HashMap, HashSet},
    process::ExitCode,
    time::Instant,
};

use crm_benches::{Arguments, Result, run, table};
use crm_core::{
    customer::Customer,
    duplicate::{DuplicatePolicy, Identity, Scan, scan, terms},
};

use dirty::{Base, pairs_in};

const ABOUT: &str = "\
DUPLICATES: every duplicate in a made-up base of dirty company records, on one core, in memory.
Recall is the share of the true pairs that are found, precision the share of the found ones that are
true. The seed is not one that the weights were looked at with.
";

fn main() -> ExitCode {
    run(ABOUT, async |arguments| bench(arguments))
}

/// The seed.
const SEED: u64 = 20_261_121;

fn bench(arguments: &Arguments) -> Result {
    let records = arguments.size.pick(2_000, 100_000, 100_000);
    let seeds = arguments.rest.iter().skip_while(|word| *word != "--seed").nth(1);
    let base = Base::new(records, seeds.map_or(Ok(SEED), |seed| seed.parse())?);
    println!("Workload: {records} records: {}", dirty::about());
    let policy = DuplicatePolicy::default();

    let started = Instant::now();
    let all_keys = identities(&base, |_| {});
    let per_record = started.elapsed().as_secs_f64() / records as f64;
    let names: Vec<_> = identities(&base, |customer| {
        customer.phones.0.clear();
        customer.website = None;
        customer.postcode = None;
    });
    let homonyms = pairs_in(all_keys.iter().map(|(_, identity)| &identity.name));
    let same_firm = pairs_in(all_keys.iter().map(|(at, i)| (&i.name, base.firms.get(*at))));
    println!(
        "{} pairs of records are the same firm; {} pairs of different firms have the same name.",
        base.true_pairs(),
        homonyms - same_firm,
    );
    let many: usize = all_keys.iter().map(|(_, identity)| terms(identity).len()).sum();
    println!(
        "An identity takes {:.1} µs to make and has {:.1} terms.\n",
        per_record * 1e6,
        many as f64 / records as f64
    );

    let mut results =
        table(&["keys", "from score", "seconds", "comparisons", "found", "recall", "precision"]);
    let mut add =
        |what: &str, base: &Base, identities: &[(usize, Identity)], policy: &DuplicatePolicy| {
            let started = Instant::now();
            let scan = scan(identities, policy);
            let seconds = started.elapsed().as_secs_f64();
            let right = right(base, &scan);
            results.add_row([
                what.to_owned(),
                format!("{}", policy.possible),
                format!("{seconds:.2}"),
                scan.compared.to_string(),
                scan.pairs.len().to_string(),
                format!("{:.3}", right / base.true_pairs() as f64),
                format!("{:.3}", right / scan.pairs.len().max(1) as f64),
            ]);
        };
    add("all, possible", &base, &all_keys, &policy);
    add(
        "all, certain",
        &base,
        &all_keys,
        &DuplicatePolicy { possible: policy.certain, ..policy.clone() },
    );
    for possible in [policy.possible, 0.05] {
        let looser = DuplicatePolicy { possible, ..policy.clone() };
        add("names alone", &base, &names, &looser);
        let (base, names) = without_homonyms(&base, &names);
        add("names alone, none of two firms", &base, &names, &looser);
    }
    println!("{results}");
    Ok(())
}

fn identities(base: &Base, change: impl Fn(&mut Customer)) -> Vec<(usize, Identity)> {
    let of = |(at, customer): (usize, &Customer)| {
        let mut customer = customer.clone();
        change(&mut customer);
        (at, Identity::of(&customer, &base.settings))
    };
    base.customers.iter().enumerate().map(of).collect()
}

/// The records of those firms whose name no other firm has.
fn without_homonyms(base: &Base, names: &[(usize, Identity)]) -> (Base, Vec<(usize, Identity)>) {
    let mut first: HashMap<&str, u32> = HashMap::new();
    let mut homonyms: HashSet<u32> = HashSet::new();
    for ((_, identity), firm) in names.iter().zip(&base.firms) {
        let other = *first.entry(&identity.name).or_insert(*firm);
        if other != *firm {
            homonyms.extend([other, *firm]);
        }
    }
    let kept = |at: &usize| base.firms.get(*at).is_some_and(|firm| !homonyms.contains(firm));
    let kept: Vec<usize> = (0..base.firms.len()).filter(kept).collect();
    let identities = kept
        .iter()
        .enumerate()
        .filter_map(|(new, old)| names.get(*old).map(|(_, identity)| (new, identity.clone())));
    let identities = identities.collect();
    let base = Base {
        customers: kept.iter().filter_map(|at| base.customers.get(*at).cloned()).collect(),
        firms: kept.iter().filter_map(|at| base.firms.get(*at).copied()).collect(),
        settings: base.settings.clone(),
    };
    (base, identities)
}

fn right(base: &Base, scan: &Scan<usize>) -> f64 {
    scan.pairs.iter().filter(|pair| base.is_same(pair.one, pair.other)).count() as f64
}
