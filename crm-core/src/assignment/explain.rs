//! A decision in words.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    kernel::{Entity, Id},
    staff_member::StaffMember,
};

use super::{
    Because, Deal, Decision, Excluded, Outcome, Roster, Rule, RuleIndex, Strategy, Subject, Target,
    TriedChoice,
    words::{excluded_words, figure_words, met},
};

/// Everything about a decision, in words and complete in itself: what an ownership history keeps. However many people and
/// rules there are, it is of a length that can be kept: what is too much is counted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// In a sentence: [`Decision::explain`].
    pub text: String,
    /// Who gets the record.
    pub to: Option<Id<StaffMember>>,
    /// The rules that matched, up to the one that decided.
    pub rules: Vec<RuleAccount>,
    /// How many more matched, found nobody and are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_rules: usize,
    /// The names of rules that were tried and do not match, the first 20 of them.
    pub unmatched: Vec<String>,
    /// How many rules were tried and do not match.
    pub unmatched_rules: usize,
    /// How many rules come after the one that decided.
    pub unreached_rules: usize,
}

/// What a rule came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleAccount {
    /// The rule's name.
    pub rule: String,
    /// What of its conditions the record meets.
    pub matched: Vec<String>,
    /// Whom its choices name, and what was found.
    pub choices: Vec<ChoiceAccount>,
}

/// What a choice came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChoiceAccount {
    /// How one is chosen.
    pub strategy: Strategy,
    /// The people it names: the first 200, and who was chosen.
    pub candidates: Vec<CandidateAccount>,
    /// Whom it names and who is not known: the first 200.
    pub unknown: Vec<Id<StaffMember>>,
    /// How many more there are whom it names, by what was found of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<&'static str, usize>,
}

/// What was found of somebody.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CandidateAccount {
    /// Who.
    pub staff: Id<StaffMember>,
    /// Their name.
    pub name: String,
    /// Whether it was they who were chosen.
    pub chosen: bool,
    /// What the strategy compares.
    pub figure: Option<String>,
    /// Why they cannot take it.
    pub excluded: Option<String>,
}

/// How many people are named as left out before the rest is counted.
const NAMED: usize = 5;
/// How many rules that found nobody are told in a sentence before the rest is counted.
const TOLD_RULES: usize = 5;
/// How many people of a choice, and how many rules, are listed before the rest is counted.
const LISTED: usize = 200;
/// How many rules are named that do not match.
const UNMATCHED: usize = 20;
/// How many conditions of a rule are told, each at most so long.
const CONDITIONS: usize = 50;
const LONGEST: usize = 500;
/// So many bytes are listed before the rest is counted: what is kept of a decision has less than a million characters.
const ROOM: usize = 300_000;
/// An id, as it is listed.
const UNKNOWN_LENGTH: usize = 40;

impl Decision {
    /// The decision in a sentence, from the same rules, roster and record that it was made from.
    ///
    /// ```
    /// use crm_core::{
    ///     assignment::{Availability, Candidate, Choice, Cursors, Load, Roster, Rule, RuleIndex, RuleSet, Strategy, Subject, Target, assign},
    ///     kernel::Id, lead::{self, Lead},
    /// };
    /// # use uuid::Uuid;
    /// let [anna, ben, carl] = [1, 2, 3].map(|n| Id::new(Uuid::from_u128(n)));
    /// let queue = Target::Queue { name: "north".into(), people: vec![ben, carl, anna] };
    /// let mut rule = Rule::new("Big in the north", vec![Choice::new(queue, Strategy::LeastLoaded)]);
    /// rule.when = lead::REGION.eq("north").and(lead::EMPLOYEES.at_least(1000));
    /// let rules = RuleIndex::new(RuleSet { rules: vec![rule] })?;
    ///
    /// let mut people = [Candidate::new(anna, "Anna Snow"), Candidate::new(ben, "Ben Hill"), Candidate::new(carl, "Carl Frost")];
    /// people[0].open = Load::of(12, 40);
    /// people[1].availability = Availability::Away { why: "leave".into(), until: "2027-03-03".parse().ok(), deputy: None };
    /// people[2].open = Load::of(40, 40);
    /// let roster = Roster::new(people.into())?;
    ///
    /// let mut record = Lead::company(Id::new(Uuid::from_u128(9)), "Acme");
    /// (record.region, record.employees) = (Some("north".into()), Some(12_000));
    /// let subject = Subject::new(&record);
    /// let (decision, _) = assign(&rules, &roster, &Cursors::default(), &subject, "2027-02-20".parse()?);
    /// assert_eq!(
    ///     decision.explain(&rules, &roster, &subject),
    ///     "Anna Snow, because rule “Big in the north” matched (region north; employees 12,000 at least 1,000); \
    ///      least loaded: 12 of 40 open leads; Ben Hill is away until 3 March 2027 (leave); \
    ///      Carl Frost is at the limit of 40 open leads."
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain<E: Entity>(
        &self,
        rules: &RuleIndex<E>,
        roster: &Roster,
        subject: &Subject<'_, E>,
    ) -> String {
        let mut parts = Vec::new();
        match self.outcome {
            Outcome::Unassigned { because: Because::NoRuleMatches } => {
                let count = match self.trace.unmatched {
                    0 => "there are no rules".to_owned(),
                    1 => "the only rule does not match".to_owned(),
                    count => format!("none of the {count} rules matches"),
                };
                return format!("Nobody, because {count}.");
            }
            Outcome::Unassigned { .. } => parts.push("Nobody".to_owned()),
            Outcome::Assigned { to, .. } => parts.push(name(roster, to)),
            Outcome::Kept { .. } => {
                let owner = subject.owner.map(|owner| format!(" with {}", name(roster, owner)));
                parts.push(format!("It stays{}", owner.unwrap_or_default()));
            }
        }
        let last = self.trace.tried.len().saturating_sub(1);
        let mut left_out = Vec::new();
        for (at, tried) in self.trace.tried.iter().enumerate() {
            if at >= TOLD_RULES && at < last {
                if at == TOLD_RULES {
                    parts
                        .push(format!("then {} more rules whose people cannot take it", last - at));
                }
                continue;
            }
            let Some(rule) = rules.rules().get(tried.rule) else { continue };
            let matched = short(&matched(rule, subject, roster).join("; "), 2 * LONGEST);
            let matched = if matched.is_empty() {
                "matches all".to_owned()
            } else {
                format!("matched ({matched})")
            };
            let nobody = (at != last || self.to().is_none())
                && !matches!(self.outcome, Outcome::Kept { .. } if at == last);
            let nobody = if nobody { " and nobody of its people can take it" } else { "" };
            let joint = if at == 0 { "because" } else { "then" };
            parts.push(format!("{joint} rule “{}” {matched}{nobody}", rule.name));
            for (number, (choice, asked)) in tried.choices.iter().zip(&rule.choices).enumerate() {
                if let Some(how) = how::<E>(choice, asked, subject.deal) {
                    let fallback =
                        if number > 0 { format!("fallback {number}, ") } else { String::new() };
                    parts.push(format!("{fallback}{how}"));
                }
                left_out.extend(left_out_of(choice, &asked.needs, roster, E::KIND));
                let kept = asked.target == Target::Keep && subject.owner.is_some();
                if !kept && choice.members.is_empty() {
                    left_out.push(empty(&asked.target, subject, choice.strangers.len(), roster));
                }
            }
        }
        left_out.dedup();
        let rest = left_out.len().saturating_sub(NAMED);
        if rest > 1 {
            left_out.truncate(NAMED);
            left_out.push(format!("{rest} more cannot take it"));
        }
        parts.extend(left_out);
        let mut text = parts.join("; ").replacen("; because", ", because", 1);
        text.push('.');
        text
    }

    /// Everything about it, from the same rules, roster and record that it was made from.
    pub fn account<E: Entity>(
        &self,
        rules: &RuleIndex<E>,
        roster: &Roster,
        subject: &Subject<'_, E>,
    ) -> Account {
        let (mut listed, mut room, mut more_rules) = (Vec::new(), ROOM, 0);
        let last = self.trace.tried.len().saturating_sub(1);
        for (at, tried) in self.trace.tried.iter().enumerate() {
            let Some(rule) = rules.rules().get(tried.rule) else { continue };
            if at < last && (room == 0 || at >= LISTED) {
                more_rules += 1;
                continue;
            }
            let matched = matched(rule, subject, roster);
            room = matched.iter().fold(room, |room, text| room.saturating_sub(text.len() + 4));
            let choices = tried.choices.iter().zip(&rule.choices);
            let choices = choices.map(|(tried, asked)| {
                let most = LISTED.min(room / UNKNOWN_LENGTH);
                let unknown: Vec<_> = tried.strangers.iter().take(most).copied().collect();
                room -= unknown.len() * UNKNOWN_LENGTH;
                let (candidates, mut more) =
                    listed_of(tried, &asked.needs, roster, E::KIND, &mut room);
                if let rest @ 1.. = tried.strangers.len() - unknown.len() {
                    more.insert("are not known", rest);
                }
                ChoiceAccount { strategy: asked.strategy, candidates, unknown, more }
            });
            let choices = choices.collect();
            listed.push(RuleAccount { rule: rule.name.clone(), matched, choices });
        }
        let unmatched = self.trace.unmatched().filter_map(|at| rules.rules().get(at));
        Account {
            text: self.explain(rules, roster, subject),
            to: self.to(),
            rules: listed,
            more_rules,
            unmatched: unmatched.take(UNMATCHED).map(|rule| rule.name.clone()).collect(),
            unmatched_rules: self.trace.unmatched,
            unreached_rules: self.trace.unreached,
        }
    }
}

impl Account {
    /// By which rule, where one decided.
    pub(crate) fn reason(&self) -> Option<String> {
        self.rules.last().map(|rule| format!("by the rule “{}”", rule.rule))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The first so many characters.
fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn name(roster: &Roster, staff: Id<StaffMember>) -> String {
    roster.get(staff).map_or_else(|| staff.to_string(), |one| one.name.clone())
}

fn matched<E: Entity>(rule: &Rule<E>, subject: &Subject<'_, E>, roster: &Roster) -> Vec<String> {
    let mut all = met(&rule.when, subject.record, roster);
    if let Some(customer) = subject.customer {
        let of_customer = met(&rule.customer, customer, roster);
        all.extend(of_customer.into_iter().map(|one| format!("customer: {one}")));
    }
    all.truncate(CONDITIONS);
    all.iter().map(|one| short(one, LONGEST)).collect()
}

/// How the one was chosen.
fn how<E: Entity>(choice: &TriedChoice, asked: &super::Choice, deal: Deal) -> Option<String> {
    let turn = choice.chosen?;
    let figure = choice.members.get(turn.seat)?.verdict.ok()?;
    let figure = figure_words(figure, E::KIND);
    let strategy = asked.strategy;
    let how = match (&asked.target, strategy) {
        (Target::Person(_), _) => return Some("the rule names them".to_owned()),
        (Target::AccountManager, _) => return Some("the customer's account manager".to_owned()),
        (_, Strategy::RoundRobin) => "round robin: their turn".to_owned(),
        (_, Strategy::WeightedRoundRobin) if choice.weights_all_zero => {
            "round robin: their turn; all weights are 0, so everybody counts the same".to_owned()
        }
        (_, Strategy::WeightedRoundRobin) => {
            format!("round robin by weight: their turn ({figure})")
        }
        (_, Strategy::LeastLoaded) => format!("least loaded: {figure}"),
        (_, Strategy::BestSkill) => format!("best skills: {figure}"),
        (_, Strategy::BestRecord) => {
            let such = deal.only(&asked.such).words();
            let such = such.map(|words| format!(" of deals {words}")).unwrap_or_default();
            format!("best record: {figure}{such}")
        }
        (_, Strategy::HighestQuotaLeft) => format!("highest quota left: {figure}"),
    };
    let by_turns = matches!(strategy, Strategy::RoundRobin | Strategy::WeightedRoundRobin);
    Some(match turn.tied {
        tied if tied > 1 && !by_turns => {
            format!("{how} ({tied} are equal, they have waited longest)")
        }
        _ => how,
    })
}

fn left_out_of(
    choice: &TriedChoice,
    needs: &super::Needs,
    roster: &Roster,
    kind: &str,
) -> Vec<String> {
    let mut all = Vec::new();
    for seen in choice.members.iter() {
        if let (Err(why), Some(one)) = (seen.verdict, roster.candidates().get(seen.candidate)) {
            all.push(format!("{} {}", one.name, excluded_words(why, one, needs, kind)));
        }
    }
    if !choice.members.is_empty() && !choice.strangers.is_empty() {
        all.push(format!("{} whom it names are not known", choice.strangers.len()));
    }
    all
}

/// The people of a choice, as far as there is room; of the others only how many.
fn listed_of(
    choice: &TriedChoice,
    needs: &super::Needs,
    roster: &Roster,
    kind: &str,
    room: &mut usize,
) -> (Vec<CandidateAccount>, BTreeMap<&'static str, usize>) {
    let mut all = Vec::with_capacity(choice.members.len().min(LISTED));
    let mut more = BTreeMap::new();
    for (place, seen) in choice.members.iter().enumerate() {
        let Some(one) = roster.candidates().get(seen.candidate) else { continue };
        let chosen = choice.chosen.is_some_and(|turn| turn.seat == place);
        if !chosen && (all.len() >= LISTED || *room == 0) {
            let found = seen.verdict.err().map_or("could take it", Excluded::in_short);
            *more.entry(found).or_default() += 1;
            continue;
        }
        let (staff, name) = (one.staff, one.name.clone());
        let figure = seen.verdict.ok().map(|figure| figure_words(figure, kind));
        let excluded = seen.verdict.err().map(|why| excluded_words(why, one, needs, kind));
        let told = figure.as_ref().or(excluded.as_ref()).map_or(0, String::len);
        *room = room.saturating_sub(100 + name.len() + told);
        all.push(CandidateAccount { staff, name, chosen, figure, excluded });
    }
    (all, more)
}

/// Why a target names nobody.
fn empty<E>(
    target: &Target,
    subject: &Subject<'_, E>,
    strangers: usize,
    roster: &Roster,
) -> String {
    match target {
        _ if strangers > 0 => "whom it names is not known".to_owned(),
        Target::AccountManager if subject.customer.is_none() => "it has no customer".to_owned(),
        Target::AccountManager => "its customer has no account manager".to_owned(),
        Target::TerritoryMembers { territory: None, .. } if subject.territory.is_none() => {
            "it lies in no territory".to_owned()
        }
        Target::TerritoryMembers { role, territory } => {
            let does = role.as_ref().map_or("works".to_owned(), |role| format!("is {role}"));
            let place = territory.map_or("its territory".to_owned(), |id| {
                let name = roster.called(id.uuid()).map_or_else(|| id.to_string(), str::to_owned);
                format!("the territory {name}")
            });
            format!("nobody {does} in {place}")
        }
        Target::Team { .. } => "nobody works in the team".to_owned(),
        Target::Keep => "nobody has it with whom it could stay".to_owned(),
        _ => "it names nobody".to_owned(),
    }
}
