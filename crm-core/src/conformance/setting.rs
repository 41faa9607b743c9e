use crate::{
    assignment::{AssignmentRules, KindRules, RuleSet},
    contact::Contact,
    customer::{Customer, CustomerKind},
    forecast_snapshot::{ForecastSnapshot, SnapshotTotals},
    interaction::{Channel, Direction, Interaction},
    kernel::{Criteria, Currency, Id, Timestamp},
    lead::Lead,
    merge::Merge,
    opportunity::Opportunity,
    org::{Span, TimeZone, WeeklyHours},
    org_unit::OrgUnit,
    ownership::{Pool, PoolRules},
    pipeline::Pipeline,
    price_book::PriceBook,
    product::Product,
    staff_member::StaffMember,
    store::{UnitOfWork, expect},
    territory::Territory,
    value_run::ValueRun,
    working_calendar::WorkingCalendar,
};

use super::{case::Case, claim::Held, sample_runs::empty_run};

/// A few records that others can name: two of each.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) org_units: [Id<OrgUnit>; 2],
    pub(super) calendars: [Id<WorkingCalendar>; 2],
    pub(super) staff: [Id<StaffMember>; 2],
    pub(super) products: [Id<Product>; 2],
    pub(super) customers: [Id<Customer>; 2],
    pub(super) contacts: [Id<Contact>; 2],
    pub(super) pipeline: Pipeline,
    pub(super) opportunities: [Id<Opportunity>; 2],
    pub(super) interactions: [Id<Interaction>; 2],
    pub(super) leads: [Id<Lead>; 2],
    pub(super) merges: [Id<Merge>; 2],
    pub(super) price_books: [Id<PriceBook>; 2],
    pub(super) snapshots: [Id<ForecastSnapshot>; 2],
    pub(super) territories: [Id<Territory>; 2],
    pub(super) pools: [Id<Pool>; 2],
    pub(super) assignment_rules: [Id<AssignmentRules>; 2],
    pub(super) value_runs: [Id<ValueRun>; 2],
}

impl Setting {
    /// Puts them into the tenant of a unit.
    pub(super) async fn furnish(work: &mut (dyn UnitOfWork + '_), case: &Case) -> Held<Self> {
        let setting = Self {
            org_units: [case.id(), case.id()],
            calendars: [case.id(), case.id()],
            staff: [case.id(), case.id()],
            products: [case.id(), case.id()],
            customers: [case.id(), case.id()],
            contacts: [case.id(), case.id()],
            pipeline: Pipeline::sales(case.id()),
            opportunities: [case.id(), case.id()],
            interactions: [case.id(), case.id()],
            leads: [case.id(), case.id()],
            merges: [case.id(), case.id()],
            price_books: [case.id(), case.id()],
            snapshots: [case.id(), case.id()],
            territories: [case.id(), case.id()],
            pools: [case.id(), case.id()],
            assignment_rules: [case.id(), case.id()],
            value_runs: [case.id(), case.id()],
        };
        setting.copy(work).await?;
        Ok(setting)
    }

    /// Puts the same ones, under the same ids, into the tenant of a unit.
    pub(super) async fn copy(&self, work: &mut (dyn UnitOfWork + '_)) -> Held {
        for id in self.org_units {
            work.insert(OrgUnit::new(id, "Branch")).await?;
        }
        for id in self.calendars {
            let always = WeeklyHours { monday: vec![Span::WHOLE_DAY], ..WeeklyHours::default() };
            work.insert(WorkingCalendar::new(id, "Calendar", TimeZone::UTC, always)).await?;
        }
        for id in self.staff {
            work.insert(StaffMember::new(id, "Colleague")).await?;
        }
        for id in self.products {
            work.insert(Product::new(id, "Book")).await?;
        }
        for id in self.customers {
            work.insert(Customer::new(id, CustomerKind::Organisation, "Library")).await?;
        }
        for id in self.contacts {
            work.insert(Contact::new(id, "Librarian")).await?;
        }
        work.insert(self.pipeline.clone()).await?;
        for id in self.opportunities {
            work.insert(Opportunity::open(id, "Chance", &self.pipeline)?).await?;
        }
        let (customer, at) = (self.customers[0], Timestamp::MIN);
        for id in self.interactions {
            let call = Interaction::new(id, customer, Channel::Other, Direction::Internal, at);
            work.insert(call).await?;
        }
        for id in self.leads {
            work.insert(Lead::person(id, "Visitor")).await?;
        }
        let [survivor, other] = self.customers;
        for id in self.merges {
            let at = "2017-12-31T08:00:00Z".parse()?;
            work.insert(Merge::new(id, survivor, vec![other], at, "anna")).await?;
        }
        for id in self.price_books {
            work.insert(PriceBook::new(id, format!("Book {id}"), Currency::EUR)).await?;
        }
        for id in self.snapshots {
            work.insert(empty_snapshot(id)).await?;
        }
        for id in self.value_runs {
            work.insert(empty_run(id)).await?;
        }
        for id in self.territories {
            work.insert(Territory::new(id, "Region", Criteria::everything())).await?;
        }
        for id in self.pools {
            let name = format!("Everybody's {id}");
            work.insert(Pool::new(id, name, PoolRules::default())).await?;
        }
        for id in self.assignment_rules {
            let rules = KindRules::Lead(RuleSet { rules: Vec::new() });
            let new = AssignmentRules::new(work.scope().tenant, "Nothing", rules);
            work.insert(AssignmentRules { id, ..new }).await?;
        }
        Ok(())
    }

    /// Furnishes the law's own tenant.
    pub(super) async fn committed(case: &Case) -> Held<Self> {
        let mut work = case.begin().await?;
        let setting = Self::furnish(&mut *work, case).await?;
        work.commit().await?;
        Ok(setting)
    }
}

/// A snapshot that nothing was looked at for.
pub(super) fn empty_snapshot(id: Id<ForecastSnapshot>) -> ForecastSnapshot {
    ForecastSnapshot {
        id,
        day: Timestamp::MIN.date(),
        pipeline_id: None,
        begun_at: Timestamp::MIN,
        begun_by: "anna".to_owned(),
        reached: None,
        lines: 0,
        totals: SnapshotTotals::default(),
        complete: false,
    }
}

/// A customer that was committed in the law's own tenant.
pub(super) async fn a_customer(case: &Case) -> Held<Id<Customer>> {
    let mut work = case.begin().await?;
    let id = case.id();
    work.insert(Customer::new(id, CustomerKind::Organisation, "Acme")).await?;
    work.commit().await?;
    Ok(id)
}

/// A customer's name, as a new unit reads it.
pub(super) async fn name_of(case: &Case, id: Id<Customer>) -> Held<String> {
    let mut unit = case.read().await?;
    Ok(expect(&mut *unit, id).await?.name.clone())
}
