use std::collections::{BTreeMap, HashMap};

use crate::{
    customer::Customer,
    kernel::{
        Criteria, FieldSpec, Id, Money, PairField, PairSums, Pairs, Result, Sum, Sums, Value,
    },
    opportunity::{self, Opportunity, OpportunityStatus},
    org::OrgChart,
    staff_member::StaffMember,
    stage_move::StageMove,
    store::{Insights, Linked, ReadUnit},
};

use super::{
    DaySummary, GroupBy, ListPart, Listed, PeriodQuestion, Total,
    group::{Key, Members, of_both},
    listing::{Found, MOST, customers_of},
    tally::{Sorted, Tallies, Tally},
    teams::rows_of,
};

/// A group with its tally.
pub(super) struct Group {
    /// The value that makes the group, as text; none where it is empty, or of all.
    pub(super) key: Option<String>,
    /// What it is called.
    pub(super) name: Option<String>,
    pub(super) tally: Tally,
    /// Which opportunities are in it.
    pub(super) members: Members,
}

/// What is asked of groups.
#[derive(Clone, Copy)]
pub(super) struct Asks {
    /// What was open is asked for too.
    pub(super) open: bool,
    /// A shared opportunity counts for each of its co-owners, with their share; else whole, for its owner.
    pub(super) credit: bool,
}

const DECIDED: [OpportunityStatus; 2] = [OpportunityStatus::Won, OpportunityStatus::Lost];

/// The tally of each group, in the order of their values.
pub(super) async fn tallies(
    unit: &mut (dyn ReadUnit + '_),
    question: &PeriodQuestion,
    by: &GroupBy,
    asks: Asks,
) -> Result<Vec<Group>> {
    question.check()?;
    let key = by.key()?;
    let filter = &question.filter;
    let asked = |filter| Asked { question, filter, key, open: asks.open };
    if let GroupBy::Size(bands) = by {
        let mut groups = Vec::new();
        for (name, band) in bands.bands()? {
            let tally = asked(of_both(filter, &band)).tallies(unit).await?.whole();
            let members = Members::of(band);
            groups.push(Group { key: Some(name.clone()), name: Some(name), tally, members });
        }
        return Ok(groups);
    }
    if key.is_none() {
        let tally = asked(filter.clone()).tallies(unit).await?.whole();
        let members = Members::of(Criteria::everything());
        return Ok(vec![Group { key: None, name: None, tally, members }]);
    }
    let teams = match by {
        GroupBy::Team => Some(OrgChart::load(unit).await?),
        _ => None,
    };
    let credit = asks.credit && matches!(by, GroupBy::Owner | GroupBy::Team);
    let products = matches!(by, GroupBy::Product);
    let shared = |yes: bool| of_both(filter, &opportunity::SHARED.eq(yes));
    let itemised = |yes: bool| of_both(filter, &opportunity::ITEMISED.eq(yes));
    let whole = match (credit, products) {
        (true, _) => shared(false),
        (_, true) => itemised(false),
        _ => filter.clone(),
    };
    let mut all = asked(whole).tallies(unit).await?;
    if let Some(teams) = &teams {
        all = all.roll_up(|owner| rows_of(teams, owner))?;
    }
    if credit {
        let rows = |owner| match &teams {
            Some(teams) => rows_of(teams, &owner),
            None => vec![owner],
        };
        asked(shared(true)).apart(unit, |one| Ok(credited(one, rows)), &mut all).await?;
    }
    if products {
        let lines = |one: &Found| {
            let parts = one.by_product()?.into_iter();
            Ok(parts.map(|(product, part)| (Value::opt(product), part)).collect())
        };
        asked(itemised(true)).apart(unit, lines, &mut all).await?;
    }
    let values: Vec<_> = all.0.keys().map(|value| value.0.clone()).collect();
    let names = by.names(unit, &values).await?;
    let groups = all.0.into_iter().map(|(Sorted(value), tally)| {
        let key = (!value.is_null()).then(|| value.to_string());
        let name = key.as_ref().map(|text| names.get(text).unwrap_or(text).clone());
        let members = by.having(&value, teams.as_ref(), credit);
        Group { key, name, tally, members }
    });
    Ok(groups.collect())
}

/// Rows in which an opportunity counts, and with how much.
type Rows = Vec<(Value<'static>, Option<Money>)>;

/// What is shared counts for each row of one of its co-owners, with the shares of those of them who are in it.
fn credited(one: &Found, rows_of: impl Fn(Value<'static>) -> Vec<Value<'static>>) -> Rows {
    let mut rows: BTreeMap<Sorted, Vec<Id<StaffMember>>> = BTreeMap::new();
    for split in &one.opportunity.splits.0 {
        for row in rows_of(Value::Uuid(split.staff_id.uuid())) {
            rows.entry(Sorted(row)).or_default().push(split.staff_id);
        }
    }
    let part = |(row, theirs): (Sorted, Vec<_>)| Some((row.0, one.part_of(&theirs)?));
    rows.into_iter().filter_map(part).collect()
}

impl Group {
    /// What was won in it.
    pub(super) fn won(&self, question: &PeriodQuestion) -> Listed<Total> {
        let parts = question.decided(&question.filter, OpportunityStatus::Won);
        Listed { figure: self.tally.won.clone(), query: self.members.list(&parts) }
    }

    /// What was lost in it.
    pub(super) fn lost(&self, question: &PeriodQuestion) -> Listed<Total> {
        let parts = question.decided(&question.filter, OpportunityStatus::Lost);
        Listed { figure: self.tally.lost.clone(), query: self.members.list(&parts) }
    }

    /// How long those took that were won and say when they began.
    pub(super) fn cycle(&self, question: &PeriodQuestion) -> Option<Listed<DaySummary>> {
        let figure = self.tally.cycle.summary()?;
        let query = self.won(question).query.and(&opportunity::OPENED_ON.is_present());
        Some(Listed { figure, query })
    }

    /// What was open in it.
    pub(super) fn open(&self, question: &PeriodQuestion) -> Listed<Total> {
        let parts = question.open(&question.filter);
        Listed { figure: self.tally.open.clone(), query: self.members.list(&parts) }
    }
}

/// What is asked of a store.
struct Asked<'q> {
    question: &'q PeriodQuestion,
    filter: Criteria<Opportunity>,
    key: Option<Key>,
    open: bool,
}

impl Asked<'_> {
    async fn tallies(&self, unit: &mut (dyn ReadUnit + '_)) -> Result<Tallies> {
        let mut all = Tallies::default();
        for status in DECIDED {
            let [are, were] = self.question.decided(&self.filter, status);
            let won = status == OpportunityStatus::Won;
            let then =
                if won { opportunity::CYCLE_DAYS.spec() } else { opportunity::STATUS.spec() };
            for sum in self.sums(unit, are.opportunities, then).await? {
                let tally = all.of(self.value(&sum));
                tally.total(status).add(&sum)?;
                if won {
                    tally.cycle.add(&sum);
                }
            }
            self.add_taken_back(unit, &were, &mut all).await?;
        }
        if self.open {
            self.add_open(unit, &mut all).await?;
        }
        Ok(all)
    }

    /// What was decided and no decision of now tells of: few, and a move does not say how long it took.
    async fn add_taken_back(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        were: &ListPart,
        all: &mut Tallies,
    ) -> Result<()> {
        let mut after = None;
        loop {
            let (found, next) = were.found(unit, MOST, after).await?;
            let customers = match self.key {
                Some(Key::Customers(_)) => customers_of(unit, &found).await?,
                _ => HashMap::new(),
            };
            for one in &found {
                let value = match self.key {
                    Some(Key::Own(field)) => (field.get)(&one.opportunity).into_owned(),
                    Some(Key::Customers(field)) => {
                        let customer =
                            one.opportunity.customer_id.and_then(|id| customers.get(&id));
                        customer.map_or(Value::Null, |customer| (field.get)(customer).into_owned())
                    }
                    None => Value::Null,
                };
                all.of(value).add_one(one, one.amount(), self.question)?;
            }
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What was open when the day was over: by what they had then.
    async fn add_open(&self, unit: &mut (dyn ReadUnit + '_), all: &mut Tallies) -> Result<()> {
        let [are, were] = self.question.open(&self.filter);
        for sum in self.sums(unit, are.opportunities, opportunity::STATUS.spec()).await? {
            all.of(self.value(&sum)).open.add(&sum)?;
        }
        let mut sums = were.sums_before();
        if let Some(Key::Own(field)) = self.key {
            sums.by.push(PairField::Named(field));
        }
        for sum in Linked::<StageMove, Opportunity>::pair_sums(unit, sums).await? {
            all.of(self.value(&sum)).open.add(&sum)?;
        }
        Ok(())
    }

    /// What counts in several rows, one by one: in which, and with how much.
    async fn apart(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        rows_of: impl Fn(&Found) -> Result<Rows>,
        all: &mut Tallies,
    ) -> Result<()> {
        let mut parts: Vec<_> =
            DECIDED.into_iter().flat_map(|s| self.question.decided(&self.filter, s)).collect();
        if self.open {
            parts.extend(self.question.open(&self.filter));
        }
        for part in parts {
            let mut after = None;
            loop {
                let (found, next) = part.found(unit, MOST, after).await?;
                for one in &found {
                    for (row, amount) in rows_of(one)? {
                        all.of(row).add_one(one, amount, self.question)?;
                    }
                }
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// By the key, and then by this field.
    async fn sums(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        criteria: Criteria<Opportunity>,
        then: &'static FieldSpec<Opportunity>,
    ) -> Result<Vec<Sum>> {
        let amount = Some(opportunity::AMOUNT.spec());
        let mut found = Vec::new();
        let criteria = match self.key {
            Some(Key::Customers(field)) => {
                let pairs = Pairs::by(&opportunity::CUSTOMER_ID).naming(criteria.clone());
                let by = vec![PairField::Named(field), PairField::Naming(then)];
                let amount = amount.map(PairField::Naming);
                let sums = PairSums { by, amount, ..pairs.each() };
                found = Linked::<Opportunity, Customer>::pair_sums(unit, sums).await?;
                // Those of nobody have no such value either.
                criteria.and(opportunity::CUSTOMER_ID.is_empty())
            }
            _ => criteria,
        };
        let own = match self.key {
            Some(Key::Own(field)) => Some(field),
            _ => None,
        };
        let by = own.into_iter().chain([then]).collect();
        let mut rest =
            Insights::<Opportunity>::sums(unit, Sums { criteria, by, amount, ..Sums::count() })
                .await?;
        if own.is_none() && self.key.is_some() {
            rest.iter_mut().for_each(|sum| sum.key.insert(0, Value::Null));
        }
        found.append(&mut rest);
        Ok(found)
    }

    /// The value that makes the group of a sum.
    fn value(&self, sum: &Sum) -> Value<'static> {
        let first = sum.key.first().filter(|_| self.key.is_some());
        first.cloned().unwrap_or(Value::Null)
    }
}
