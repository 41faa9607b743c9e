use chrono::{Days, NaiveDate};
use crm_core::{
    Result,
    contact::{Contact, DecisionRole},
    customer::Customer,
    interaction::{Channel, Direction, Interaction},
    kernel::{Actor, Currency, Id, Money, Scope, Timestamp},
    opportunity::{Evidence, Opportunity, OpportunityEvent},
    pipeline::Pipeline,
    store::Store,
    transaction::Transaction,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::import::Progress;

use super::{
    people::Company,
    questions::{self, records},
    random::Random,
    records::Record,
    words::{FAMILY, GIVEN, INDUSTRIES, OUTCOMES, SUBJECTS},
};

/// The last day of the sample.
pub(super) const TODAY: NaiveDate = match NaiveDate::from_ymd_opt(2025, 12, 31) {
    Some(day) => day,
    None => NaiveDate::MIN,
};
/// So many customers, with all that belongs to them, are one unit of work.
const BATCH: u32 = 500;
/// With so many, a house has all sorts of stories. Of those behind them there is the customer alone:
/// to be found among, or to be taken for another.
const WITH_STORY: u32 = 20_000;
const CHANNELS: [Channel; 4] = [Channel::Phone, Channel::Email, Channel::Visit, Channel::Meeting];

/// A sample house, as it was written.
pub(super) struct House {
    pub(super) company: Company,
    pub(super) pipeline: Pipeline,
    pub(super) count: Count,
    pub(super) first: Id<Customer>,
}

/// How many records there are of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) company: usize,
    pub(super) customers: usize,
    pub(super) contacts: usize,
    pub(super) opportunities: usize,
    pub(super) steps: usize,
    pub(super) interactions: usize,
    pub(super) transactions: usize,
}

impl Count {
    pub(super) const fn total(&self) -> usize {
        self.company
            + self.customers
            + self.contacts
            + self.opportunities
            + self.steps
            + self.interactions
            + self.transactions
    }
}

/// Makes the house and writes it, some customers at a time.
pub(super) async fn build(
    store: &dyn Store,
    scope: &Scope,
    customers: u32,
    seed: u64,
) -> Result<House> {
    let mut random = Random::new(seed);
    let mut work = store.begin(scope.clone()).await?;
    let company = Company::new(&mut random, customers, || work.next_id());
    let pipeline = Pipeline::sales(Id::new(work.next_id()));
    let company_count = company.units.len() + company.staff.len() + company.products.len() + 1;
    let mut count = Count { company: company_count, ..Count::default() };
    work.insert_all(company.units.clone()).await?;
    work.insert_all(company.staff.clone()).await?;
    work.insert_all(company.products.clone()).await?;
    work.insert(pipeline.clone()).await?;
    work.commit().await?;

    let mut progress = Progress::new("a sample house", customers.into());
    let mut firms = records(seed);
    let (mut done, mut first) = (0, None);
    while done < customers {
        let some = BATCH.min(customers - done);
        let mut work = store.begin(scope.clone()).await?;
        let mut sheet = Sheet::default();
        for (n, firm) in (done..done + some).zip(&mut firms) {
            let next_id = || work.next_id();
            let weight = random.weight();
            let customer = customer(&mut random, &company, firm, weight, &next_id);
            if n < WITH_STORY {
                let (company, actor) = (&company, &scope.actor);
                sheet.story(&mut random, company, &pipeline, actor, &customer, weight, &next_id)?;
            }
            sheet.customers.push(customer);
        }
        first = first.or_else(|| sheet.customers.first().map(|customer| customer.id));
        sheet.count(&mut count);
        let Sheet { customers, contacts, opportunities, interactions, transactions, .. } = sheet;
        work.insert_all(customers).await?;
        work.insert_all(contacts).await?;
        work.insert_all(opportunities).await?;
        work.insert_all(interactions).await?;
        work.insert_all(transactions).await?;
        work.commit().await?;
        done += some;
        progress.advance(some.into(), done.into());
    }
    let first = first.unwrap_or_else(|| Id::new(Uuid::nil()));
    Ok(House { company, pipeline, count, first })
}

/// A firm as a customer of this house.
fn customer(
    random: &mut Random,
    company: &Company,
    firm: Record,
    weight: u64,
    next_id: &impl Fn() -> Uuid,
) -> Customer {
    let mut customer = questions::customer(firm);
    customer.id = Id::new(next_id());
    customer.industry = Some(random.pick(INDUSTRIES).to_owned());
    customer.employees = i64::try_from(3 + weight * 2 + random.below(20)).ok();
    "customer".clone_into(&mut customer.lifecycle_stage);
    let sellers = company.sellers();
    let owner = sellers.get(random.below(sellers.len() as u64) as usize);
    customer.owner_id = owner.map(|owner| owner.id).filter(|_| random.below(10) > 0);
    customer
}

/// Some customers, with all that belongs to them.
#[derive(Default)]
struct Sheet {
    customers: Vec<Customer>,
    contacts: Vec<Contact>,
    opportunities: Vec<Opportunity>,
    /// How many steps the opportunities took.
    steps: usize,
    interactions: Vec<Interaction>,
    transactions: Vec<Transaction>,
}

impl Sheet {
    fn count(&self, count: &mut Count) {
        count.customers += self.customers.len();
        count.contacts += self.contacts.len();
        count.opportunities += self.opportunities.len();
        count.steps += self.steps;
        count.interactions += self.interactions.len();
        count.transactions += self.transactions.len();
    }

    /// What happened with a customer.
    #[expect(clippy::too_many_arguments, reason = "what a story hangs together with")]
    fn story(
        &mut self,
        random: &mut Random,
        company: &Company,
        pipeline: &Pipeline,
        actor: &Actor,
        customer: &Customer,
        weight: u64,
        next_id: &impl Fn() -> Uuid,
    ) -> Result<()> {
        let given = random.pick(GIVEN);
        let mut contact =
            Contact::new(Id::new(next_id()), format!("{given} {}", random.pick(FAMILY)));
        contact.customer_id = Some(customer.id);
        contact.role = Some(DecisionRole::DecisionMaker);

        for _ in 0..random.below(3) + (weight / 40).min(3) {
            self.opportunity(random, company, pipeline, customer, weight, next_id)?;
        }
        for _ in 0..1 + random.below(2) + (weight / 40).min(3) {
            self.interaction(random, customer, &contact, actor, next_id)?;
        }
        for _ in 0..1 + random.below(3) {
            let cents = weight * (20_000 + random.below(30_000));
            let amount = Decimal::new(i64::try_from(cents).unwrap_or_default(), 2);
            let revenue = Money::new(amount, Currency::EUR).unwrap_or(Money::zero(Currency::EUR));
            let day = days_ago(random.below(700));
            self.transactions.push(Transaction::new(Id::new(next_id()), customer.id, day, revenue));
        }
        self.contacts.push(contact);
        Ok(())
    }

    /// Through the transitions of the state machine, each step kept.
    fn opportunity(
        &mut self,
        random: &mut Random,
        company: &Company,
        pipeline: &Pipeline,
        customer: &Customer,
        weight: u64,
        next_id: &impl Fn() -> Uuid,
    ) -> Result<()> {
        let product = company.products.get(random.below(company.products.len() as u64) as usize);
        let name = product.map_or_else(String::new, |product| product.name.clone());
        let name = format!("{name} – {}", customer.name);
        let mut opportunity = Opportunity::open(Id::new(next_id()), name, pipeline)?;
        let price = product.and_then(|product| product.list_price);
        let factor = Decimal::from(1 + weight / 4);
        opportunity.amount =
            price.and_then(|price| price.times(factor, crm_core::kernel::Rounding::HalfUp).ok());
        opportunity.product_id = product.map(|product| product.id);
        opportunity.customer_id = Some(customer.id);
        opportunity.owner_id = customer.owner_id;
        let mut ago = 40 + random.below(500);
        opportunity.opened_on = Some(days_ago(ago));

        let mut take = |opportunity: Opportunity, event: OpportunityEvent, ago: u64| {
            self.steps += 1;
            let next = opportunity.step(pipeline, &event, &Evidence::default())?;
            Ok::<_, crm_core::Error>(next.taken_at(morning(days_ago(ago))?))
        };
        opportunity = opportunity.taken_at(morning(days_ago(ago))?);
        let fate = random.below(100);
        if fate >= 22 {
            ago -= random.below(20);
            opportunity = take(opportunity, OpportunityEvent::advance("engaging"), ago)?;
        }
        if fate >= 40 {
            ago -= random.below(20);
            let on = days_ago(ago);
            let event = match fate >= 66 {
                true => OpportunityEvent::win(on).because("best fit"),
                false => OpportunityEvent::lose(on).because("price"),
            };
            opportunity = take(opportunity, event, ago)?;
        }
        self.steps += 1;
        self.opportunities.push(opportunity);
        Ok(())
    }

    /// Most of them are closed, and final.
    fn interaction(
        &mut self,
        random: &mut Random,
        customer: &Customer,
        contact: &Contact,
        actor: &Actor,
        next_id: &impl Fn() -> Uuid,
    ) -> Result<()> {
        let at = morning(days_ago(random.below(400)))?;
        let channel = CHANNELS.get(random.below(4) as usize).copied().unwrap_or(Channel::Phone);
        let inbound = random.below(2) == 0;
        let direction = if inbound { Direction::Inbound } else { Direction::Outbound };
        let id = Id::new(next_id());
        let mut interaction = Interaction::new(id, customer.id, channel, direction, at);
        interaction.subject = Some(format!("{} {}", contact.name, random.pick(SUBJECTS)));
        interaction.outcome = Some(random.pick(OUTCOMES).to_owned());
        interaction.contact_id = Some(contact.id);
        interaction.staff_id = customer.owner_id;
        interaction.minutes = i64::try_from(5 + random.below(50)).ok();
        if random.below(4) > 0 {
            interaction = interaction.close(at, actor)?;
        }
        self.interactions.push(interaction);
        Ok(())
    }
}

pub(super) fn days_ago(days: u64) -> NaiveDate {
    TODAY.checked_sub_days(Days::new(days)).unwrap_or(TODAY)
}

/// Nine o'clock.
pub(super) fn morning(day: NaiveDate) -> Result<Timestamp> {
    let begins = Timestamp::start_of(day).unwrap_or(Timestamp::MIN).micros();
    Ok(Timestamp::from_micros(begins + 9 * 3_600_000_000).unwrap_or(Timestamp::MIN))
}
