//! A house with closed and open opportunities, for laws about win models, and what they say by the definition.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use crate::{
    customer::{self, Customer, CustomerKind},
    kernel::{Id, Scope},
    opportunity::{self, Decision, Opportunity, OpportunityStatus},
    pipeline::Pipeline,
    product::Product,
    staff_member::StaffMember,
    store::every,
};

use super::{
    case::{Case, day},
    claim::Held,
};

/// Who and what there is.
#[derive(Clone)]
pub(super) struct House {
    pub(super) scope: Scope,
    pub(super) pipeline: Pipeline,
    pub(super) products: [Id<Product>; 2],
    pub(super) staff: [Id<StaffMember>; 2],
    pub(super) customers: [Id<Customer>; 2],
}

/// How the outcome of the nth opportunity follows.
pub(super) type Outcome = fn(u64) -> bool;

/// The first product is won four times of five, the second twice.
pub(super) const BY_PRODUCT: Outcome = |n| n * 7 % 10 < if n % 2 == 0 { 8 } else { 4 };

/// What is won and lost in it, from the first day on, every fifth day.
pub(super) const CLOSED: u64 = 60;

impl House {
    pub(super) async fn build(case: &Case, scope: Scope) -> Held<Self> {
        let house = Self {
            scope,
            pipeline: Pipeline { name: case.id::<()>().to_string(), ..Pipeline::sales(case.id()) },
            products: [case.id(), case.id()],
            staff: [case.id(), case.id()],
            customers: [case.id(), case.id()],
        };
        let mut work = case.store().begin(house.scope.clone()).await?;
        work.insert(house.pipeline.clone()).await?;
        for (id, name) in house.products.into_iter().zip(["GTX Pro", "GTX Basic"]) {
            work.insert(Product::new(id, name)).await?;
        }
        for (id, name) in house.staff.into_iter().zip(["Anna", "Ben"]) {
            work.insert(StaffMember::new(id, name)).await?;
        }
        for (id, industry) in house.customers.into_iter().zip([Some("retail"), None]) {
            let mut new = Customer::new(id, CustomerKind::Organisation, "Dealer");
            new.industry = industry.map(str::to_owned);
            work.insert(new).await?;
        }
        work.commit().await?;
        Ok(house)
    }

    /// An opportunity like the nth one, open.
    pub(super) fn deal(&self, case: &Case, n: u64) -> Held<Opportunity> {
        let which = |n: u64| usize::from(n % 2 == 1);
        let mut deal = Opportunity::open(case.id(), format!("deal {n}"), &self.pipeline)?;
        deal.external_id = Some(format!("{n:03}"));
        deal.product_id = Some(self.products[which(n)]);
        deal.owner_id = Some(self.staff[which(n / 2)]);
        deal.customer_id = Some(self.customers[which(n / 3)]);
        deal.source = [Some("fair"), Some("call"), None][(n % 3) as usize].map(str::to_owned);
        deal.amount = match n % 5 {
            0 => None,
            some => Some(format!("{} USD", some * 400).parse()?),
        };
        deal.opened_on = Some(day("2016-11-20")? + Days::new(n * 5));
        Ok(deal)
    }

    /// Closes sixty opportunities.
    pub(super) async fn close(&self, case: &Case, outcome: Outcome) -> Held {
        let mut deals = Vec::new();
        for n in 0..CLOSED {
            let on = Some(day("2017-01-01")? + Days::new(n * 5));
            let decision = Decision { on, ..Decision::default() };
            let stage = if outcome(n) { "won" } else { "lost" };
            deals.push(self.deal(case, n)?.imported(&self.pipeline, stage, decision)?);
        }
        let mut work = case.store().begin(self.scope.clone()).await?;
        work.insert_all(deals).await?;
        Ok(work.commit().await?)
    }

    /// Opens so many more; answers with their ids.
    pub(super) async fn open(&self, case: &Case, many: u64) -> Held<Vec<Id<Opportunity>>> {
        let mut work = case.store().begin(self.scope.clone()).await?;
        let mut ids = Vec::new();
        for n in 100..100 + many {
            let mut deal = self.deal(case, n)?;
            // By now all of them began.
            deal.opened_on = deal.opened_on.map(|on| on - Days::new(365));
            ids.push(work.opportunities().open(deal).await?.id);
        }
        work.commit().await?;
        Ok(ids)
    }

    /// What was decided from a day on and before another, with the customer, as it is read.
    pub(super) async fn decided(
        &self,
        case: &Case,
        from: NaiveDate,
        before: NaiveDate,
    ) -> Held<Vec<(Opportunity, Option<Customer>)>> {
        let mut unit = case.store().read(self.scope.clone()).await?;
        let mut customers = BTreeMap::new();
        every(&mut *unit, customer::NAME.is_present().query(), |one| {
            customers.insert(one.id, one.into_inner());
            Ok(())
        })
        .await?;
        let mut found = Vec::new();
        every(&mut *unit, opportunity::PIPELINE_ID.eq(self.pipeline.id).query(), |deal| {
            let on = deal.state().closed_on();
            if on.is_some_and(|on| on >= from && on < before) {
                let customer = deal.customer_id.and_then(|id| customers.get(&id).cloned());
                found.push((deal.into_inner(), customer));
            }
            Ok(())
        })
        .await?;
        Ok(found)
    }
}

/// A field by the definition.
pub(super) type Read = fn(&Opportunity, Option<&Customer>) -> Option<String>;

/// Fields as they are named, and how they are read.
pub(super) const READ: [(&str, Read); 7] = [
    ("owner", |deal, _| deal.owner_id.map(|id| id.to_string())),
    ("product", |deal, _| deal.product_id.map(|id| id.to_string())),
    ("source", |deal, _| deal.source.clone()),
    ("customer", |deal, _| deal.customer_id.map(|id| id.to_string())),
    ("industry", |_, customer| customer?.industry.clone()),
    ("opened_quarter_month", |deal, _| match deal.opened_on?.month() {
        1 | 4 | 7 | 10 => Some("1".to_owned()),
        2 | 5 | 8 | 11 => Some("2".to_owned()),
        _ => Some("3".to_owned()),
    }),
    ("amount:1000 USD/1500 USD", |deal, _| {
        let amount = deal.amount?.amount();
        Some(match (amount < 1000.into(), amount < 1500.into()) {
            (true, _) => "below 1000.00 USD".to_owned(),
            (_, true) => "1000.00 USD to 1500.00 USD".to_owned(),
            _ => "1500.00 USD and more".to_owned(),
        })
    }),
];

/// What a field says, by the definition: won and lost for each value, and the smoothing.
pub(super) struct Folded {
    pub(super) read: Read,
    pub(super) counts: BTreeMap<Option<String>, (f64, f64)>,
    pub(super) smoothing: Option<f64>,
}

/// A model by the definition.
pub(super) struct Plain {
    pub(super) won: f64,
    pub(super) lost: f64,
    pub(super) fields: Vec<Folded>,
}

impl Plain {
    pub(super) fn fold(deals: &[(Opportunity, Option<Customer>)]) -> Self {
        let mut plain = Self { won: 0.0, lost: 0.0, fields: Vec::new() };
        for (deal, _) in deals {
            *(if is_won(deal) { &mut plain.won } else { &mut plain.lost }) += 1.0;
        }
        let (n, p) = (plain.won + plain.lost, plain.won / (plain.won + plain.lost));
        for (_, read) in READ {
            let mut counts: BTreeMap<_, (f64, f64)> = BTreeMap::new();
            for (deal, customer) in deals {
                let both = counts.entry(read(deal, customer.as_ref())).or_default();
                *(if is_won(deal) { &mut both.0 } else { &mut both.1 }) += 1.0;
            }
            // The likeness within values that would make them differ as they do.
            let (mut spread, mut squares) = (0.0, 0.0);
            for (won, lost) in counts.values() {
                let seen = won + lost;
                spread += seen * (won / seen - p) * (won / seen - p);
                squares += seen * seen;
            }
            let degrees = counts.len() as f64 - 1.0;
            let likeness = (spread / (p * (1.0 - p)) - degrees) / (n - squares / n - degrees);
            let smoothing = (likeness > 0.0).then(|| f64::max(1.0 / likeness - 1.0, 2.0));
            plain.fields.push(Folded { read, counts, smoothing });
        }
        plain
    }

    /// In per cent, with two decimals.
    pub(super) fn probability(&self, deal: &Opportunity, customer: Option<&Customer>) -> f64 {
        let p = self.won / (self.won + self.lost);
        let mut odds = p / (1.0 - p);
        for field in &self.fields {
            let seen = field.counts.get(&(field.read)(deal, customer));
            if let (Some((won, lost)), Some(m)) = (seen, field.smoothing) {
                let likely = (won + m * p) / (won + lost + m);
                odds *= likely / (1.0 - likely) / (p / (1.0 - p));
            }
        }
        (10_000.0 * odds / (1.0 + odds)).round().clamp(100.0, 9_900.0) / 100.0
    }
}

pub(super) fn is_won(deal: &Opportunity) -> bool {
    deal.state().status() == OpportunityStatus::Won
}
