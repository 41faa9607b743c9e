//! What all decisions of an instant have in common: the rules, the people, the territories.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    Error,
    assignment_rules::{self, AssignmentRules},
    customer::{self, Customer},
    kernel::{Id, Query, Result, Stored, Timestamp},
    lead::Lead,
    opportunity::{self, Opportunity},
    org::{self, AwayReason, OrgChart},
    staff_member::StaffMember,
    store::{ReadUnit, every, expect},
    territory::{TerritoryTree, territory_tree},
    territory_member::TerritoryMember,
};

use super::{
    Assigned, Availability, Candidate, Load, Rule, RuleIndex, RuleSet, Strategy, Target,
    assigned::CustomerOf, names::Named,
};

/// So many records are asked for by their ids at once.
pub(super) const AT_ONCE: usize = 500;

/// Rules for a kind of record, and everybody without the figures that move.
pub(crate) struct House<E: Assigned> {
    pub(super) day: NaiveDate,
    pub(super) rules: RuleIndex<E>,
    /// Of each rule the set that it is from, and its name there.
    from: Vec<(Id<AssignmentRules>, String)>,
    /// Everybody; of what is limited only the limits.
    pub(super) people: Vec<Candidate>,
    /// The version in which each was read.
    versions: HashMap<Id<StaffMember>, u64>,
    pub(super) asked: Asked,
    territories: Option<TerritoryTree>,
    /// What the records are called that the rules name.
    pub(super) names: HashMap<Uuid, String>,
}

/// Which figures strategies and limits ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub(super) all_loads: bool,
    pub(super) quota: bool,
}

/// The customers of some records.
#[derive(Debug, Default)]
pub(crate) struct Around {
    customers: HashMap<Id<Customer>, Customer>,
    of_opportunity: HashMap<Id<Opportunity>, Id<Customer>>,
    /// What leads become.
    becoming: HashMap<Id<Lead>, Customer>,
}

impl<E: Assigned> House<E> {
    pub(super) async fn load(unit: &mut (dyn ReadUnit + '_), at: Timestamp) -> Result<Self> {
        let day = at.date();
        let (mut set, from) = rules_on::<E>(unit, day).await?;
        let choices = || set.rules.iter().flat_map(|rule| &rule.choices);
        let by = |strategy| choices().any(|choice| choice.strategy == strategy);
        let asked =
            Asked { all_loads: by(Strategy::LeastLoaded), quota: by(Strategy::HighestQuotaLeft) };
        let by_territory =
            choices().any(|one| matches!(one.target, Target::TerritoryMembers { .. }));
        let (mut people, versions) = people::<E>(unit, at).await?;
        let mut named = Named::default();
        for rule in &set.rules {
            named.add(&rule.when);
            named.add(&rule.customer);
            rule.choices.iter().for_each(|choice| named.add_target(&choice.target));
        }
        let mut names = named.names(unit).await?;
        let mut territories = None;
        if by_territory {
            let tree = territory_tree(unit, day).await?;
            seat_in_territories(unit, &mut people, &tree, day).await?;
            follow(&mut set, &tree, &mut names);
            territories = Some(tree);
        }
        let rules = RuleIndex::new(set)?;
        Ok(Self { day, rules, from, people, versions, asked, territories, names })
    }

    /// Somebody hands over what they have: they get nothing.
    pub(super) fn hands_over(&mut self, staff: Id<StaffMember>) {
        let one = self.people.iter_mut().find(|one| one.staff == staff);
        if let Some(one) = one.filter(|one| one.availability != Availability::Left) {
            one.availability = Availability::HandsOver;
        }
    }

    /// The set that a rule is from, and its name there.
    pub(super) fn origin(&self, rule: usize) -> Option<(Id<AssignmentRules>, &str)> {
        self.from.get(rule).map(|(set, name)| (*set, name.as_str()))
    }

    /// Whether somebody is still as they were read.
    pub(super) fn knows(&self, one: &Stored<StaffMember>) -> bool {
        self.versions.get(&one.id) == Some(&one.version())
    }

    /// Where a customer belongs, if a rule asks for that.
    pub(super) fn territory(&self, customer: Option<&Customer>) -> Option<Uuid> {
        let territory = self.territories.as_ref()?.territory_of(customer?);
        territory.map(Id::uuid)
    }
}

/// The rules of all sets that hold on a day, in their order. Where two are called the same, the later one is called by its set too.
async fn rules_on<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    day: NaiveDate,
) -> Result<(RuleSet<E>, Vec<(Id<AssignmentRules>, String)>)> {
    let mut sets = Vec::new();
    let active = assignment_rules::ACTIVE.eq(true).query();
    every::<AssignmentRules, _>(unit, active.order_by(&assignment_rules::POSITION), |set| {
        if set.holds(day) {
            sets.push(set.into_inner());
        }
        Ok(())
    })
    .await?;
    let (mut rules, mut from, mut names) = (Vec::<Rule<E>>::new(), Vec::new(), HashSet::new());
    for set in sets {
        let Some(of_kind) = E::rules(set.rules) else { continue };
        for mut rule in of_kind.rules {
            from.push((set.id, rule.name.clone()));
            if names.contains(&rule.name) {
                rule.name = another_name(&rule.name, &set.name, &names);
            }
            names.insert(rule.name.clone());
            rules.push(rule);
        }
    }
    Ok((RuleSet { rules }, from))
}

/// What a rule is called whose name another set's rule has: by its set too, and by a number where that is not enough.
fn another_name(rule: &str, set: &str, taken: &HashSet<String>) -> String {
    let short = |text: &str, most| text.chars().take(most).collect::<String>();
    let name = format!("{} ({})", short(rule, 100), short(set, 80));
    let numbered = (2_u64..).map(|n| format!("{name} {n}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
    free.unwrap_or(name)
}

/// Everybody, in the order of their ids, with the version of each.
async fn people<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    at: Timestamp,
) -> Result<(Vec<Candidate>, HashMap<Id<StaffMember>, u64>)> {
    let (mut staff, mut versions) = (Vec::new(), HashMap::new());
    every::<StaffMember, _>(unit, Query::all(), |one| {
        versions.insert(one.id, one.version());
        staff.push(one.into_inner());
        Ok(())
    })
    .await?;
    let chart = OrgChart::load(unit).await?;
    let there = org::availabilities(unit, &staff, at).await?;
    let by_id: HashMap<_, _> = staff.iter().map(|one| one.id).zip(&there).collect();
    let availabilities: Vec<_> =
        there.iter().map(|there| availability(there, &by_id, &chart)).collect();
    let of = |(one, availability): (StaffMember, Availability)| {
        let limit = |most| Load { has: None, most };
        // From the unit up to the top.
        let units = chart.units_of(one.id).iter().rev().copied().collect();
        let weight = u32::try_from(one.turns()).unwrap_or(super::MAX_WEIGHT);
        Candidate {
            availability,
            units,
            weight,
            open: limit(E::limit(&one.capacity)),
            today: limit(one.capacity.new_per_day),
            week: limit(one.capacity.new_per_week),
            skills: one.skills.0,
            languages: one.languages.0,
            regions: one.regions.0,
            ..Candidate::new(one.id, one.name)
        }
    };
    Ok((staff.into_iter().zip(availabilities).map(of).collect(), versions))
}

fn availability(
    there: &org::Availability,
    all: &HashMap<Id<StaffMember>, &org::Availability>,
    chart: &OrgChart,
) -> Availability {
    let org::Availability::Away(away) = there else { return Availability::Available };
    let why = match &away.why {
        AwayReason::Inactive => return Availability::Left,
        AwayReason::Absent { kind, .. } => kind.as_str().to_owned(),
        AwayReason::Holiday(name) => name.clone(),
        AwayReason::OffHours => "outside their hours".to_owned(),
    };
    let deputy = org::stands_in(away, |id| all.get(&id).copied());
    let deputy = deputy.and_then(|id| chart.staff_name(id)).map(str::to_owned);
    Availability::Away { why, until: away.back_on, deputy }
}

/// In place of territories that rules name and that do not count that day: those of the same name that do, where there is one.
fn follow<E: Assigned>(
    set: &mut RuleSet<E>,
    tree: &TerritoryTree,
    names: &mut HashMap<Uuid, String>,
) {
    let mut ended = BTreeSet::new();
    for choice in set.rules.iter_mut().flat_map(|rule| &mut rule.choices) {
        let Target::TerritoryMembers { territory: Some(id), .. } = &mut choice.target else {
            continue;
        };
        if tree.get(*id).is_some() {
            continue;
        }
        let Some(name) = names.get(&id.uuid()).cloned() else { continue };
        let mut called_so = tree.territories().filter(|one| one.name == name);
        if let (Some(follower), None) = (called_so.next(), called_so.next()) {
            *id = follower.id;
            names.insert(id.uuid(), follower.name.clone());
        } else {
            ended.insert(id.uuid());
        }
    }
    for id in ended {
        if let Some(name) = names.get_mut(&id) {
            name.push_str(", which does not count that day");
        }
    }
}

/// Tells of people where they work: in territories that count that day.
async fn seat_in_territories(
    unit: &mut (dyn ReadUnit + '_),
    people: &mut [Candidate],
    tree: &TerritoryTree,
    day: NaiveDate,
) -> Result<()> {
    let counting: HashSet<_> = tree.territories().map(|one| one.id).collect();
    let mut seats: HashMap<Id<StaffMember>, Vec<(Uuid, String)>> = HashMap::new();
    every::<TerritoryMember, _>(unit, Query::all(), |member| {
        if member.is_effective(day) && counting.contains(&member.territory_id) {
            let seat = (member.territory_id.uuid(), member.role.clone());
            seats.entry(member.staff_id).or_default().push(seat);
        }
        Ok(())
    })
    .await?;
    for one in people {
        one.territories = seats.remove(&one.staff).unwrap_or_default();
    }
    Ok(())
}

impl Around {
    /// The customers of these records; of one that was merged, its survivor.
    pub(super) async fn of<E: Assigned>(
        unit: &mut (dyn ReadUnit + '_),
        records: &[Stored<E>],
    ) -> Result<Self> {
        let (mut named, mut through) = (HashSet::new(), Vec::new());
        let mut around = Self::default();
        for record in records {
            match record.customer() {
                CustomerOf::Named(id) => drop(named.insert(id)),
                CustomerOf::Opportunity(id) => through.push(id),
                CustomerOf::Becoming(lead) => {
                    let one = Customer { owner_id: None, ..lead.as_customer() };
                    around.becoming.insert(lead.id, one);
                }
                CustomerOf::Itself(_) | CustomerOf::Nobody => {}
            }
        }
        for some in through.chunks(AT_ONCE) {
            let these = opportunity::ID.one_of(some.iter().copied());
            every::<Opportunity, _>(unit, these.query(), |one| {
                if let Some(customer) = one.customer_id {
                    named.insert(customer);
                    around.of_opportunity.insert(one.id, customer);
                }
                Ok(())
            })
            .await?;
        }
        let mut named: Vec<_> = named.into_iter().collect();
        named.sort_unstable();
        for some in named.chunks(AT_ONCE) {
            let these = customer::ID.one_of(some.iter().copied());
            every::<Customer, _>(unit, these.query(), |one| {
                around.customers.insert(one.id, one.into_inner());
                Ok(())
            })
            .await?;
        }
        let merged: Vec<_> = around
            .customers
            .values()
            .filter(|one| one.merged_into.is_some())
            .map(|c| c.id)
            .collect();
        for id in merged {
            let survivor = customer::resolve(unit, id).await?;
            let survivor = expect::<Customer, _>(unit, survivor).await?.into_inner();
            around.customers.insert(id, survivor);
        }
        Ok(around)
    }

    /// The customer of a record.
    pub(super) fn customer<'a, E: Assigned>(&'a self, record: &'a E) -> Option<&'a Customer> {
        match record.customer() {
            CustomerOf::Itself(customer) => Some(customer),
            CustomerOf::Named(id) => self.customers.get(&id),
            CustomerOf::Opportunity(id) => self.customers.get(self.of_opportunity.get(&id)?),
            CustomerOf::Becoming(lead) => self.becoming.get(&lead.id),
            CustomerOf::Nobody => None,
        }
    }
}

/// Those of these records that are there, in the order of their ids.
pub(super) async fn records<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    ids: &[Id<E>],
) -> Result<Vec<Stored<E>>> {
    let mut all = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let these = E::id_field().one_of(some.iter().copied()).query();
        let these = these.limit(u32::try_from(AT_ONCE).unwrap_or(u32::MAX));
        all.extend(E::page(unit, these).await?.items);
    }
    Ok(all)
}

/// The record with this id.
pub(super) async fn record<E: Assigned>(
    unit: &mut (dyn ReadUnit + '_),
    id: Id<E>,
) -> Result<Stored<E>> {
    records(unit, &[id]).await?.pop().ok_or_else(|| Error::missing(id))
}
