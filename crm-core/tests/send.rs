//! Every future of the public interface can go from thread to thread: hosts spawn them as tasks.
//! This test is one of the compiler: nothing here has to run.

use crm_core::{
    absence::Absence,
    addendum::Addendum,
    customer::{Customer, timeline},
    exchange_rate::Rates,
    forecast::{
        CompareRequest, ForecastRequest, attainments, compare, forecast, forecast_accuracy,
        take_snapshot,
    },
    interaction::Interaction,
    kernel::{
        ChangeCursor, Criteria, Currency, FixedClock, Id, Money, Pairs, Ports, Query, Scope,
        SequentialIds, Stored, Sums, Timestamp,
    },
    lead::{Conversion, Lead, duplicates, preview},
    lead_activity::LeadActivity,
    memory::MemoryStore,
    opportunity::{self, Opportunity, funnel},
    org::{acting_for, availabilities},
    pipeline::Pipeline,
    pipeline_report::{
        FunnelQuestion, GroupBy, ListQuery, Measure, PeriodQuestion, SlippageBy, coverage,
        funnel_report, leaderboard, slippage, stuck, velocity, win_rates,
    },
    staff_member::StaffMember,
    store::{
        Append, ChangeLog, Insights, Read, ReadUnit, Repository, Store, UnitOfWork, ensure, every,
        expect, find_one, run,
    },
    task::{Task, When},
    territory::{self, Alignment, TerritoryPlan},
    value::{Basis, value_by},
};

fn send<T: Send>(_: T) {}
fn share<T: Send + Sync + Clone + 'static>(_: &T) {}

#[test]
fn the_store_is_shared_between_threads() {
    let store =
        MemoryStore::new(Ports::new(FixedClock::new(Timestamp::MIN), SequentialIds::new(1)));
    share(&store);
    send::<Box<dyn Store>>(Box::new(store));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_the_store<'s>(store: &'s MemoryStore, any: &'s dyn Store, scope: &'s Scope) {
    send(store.begin(scope.clone()));
    send(store.read(scope.clone()));
    send(any.begin(scope.clone()));
    send(any.read(scope.clone()));
    send(run(any, scope, |work| Box::pin(async move { Ok(work.now()) })));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_a_reading_unit(
    unit: &mut dyn ReadUnit,
    id: Id<Customer>,
    pipeline: Id<Pipeline>,
    question: FunnelQuestion,
) {
    send(unit.get(id));
    send(unit.find(Query::<Customer>::all()));
    send(unit.count(Criteria::<Customer>::everything()));
    send(Insights::<Customer>::sums(unit, Sums::count()));
    send(unit.changes(None::<ChangeCursor>, 1));
    send(unit.history("customer", id.uuid(), 0, 1));
    send(expect(unit, id));
    send(find_one(unit, Criteria::<Customer>::everything()));
    send(every(unit, Query::<Customer>::all(), |_| Ok(())));
    send(funnel(unit, pipeline));
    send(timeline(unit, id, &[], None, 1));
    send(value_by(unit, Basis::Won, None));
    send(unit.pair_sums(Pairs::by(&opportunity::CUSTOMER_ID).once()));
    send(unit.named(Pairs::by(&opportunity::CUSTOMER_ID), 1, None));
    send(unit.count_named(Pairs::by(&opportunity::CUSTOMER_ID)));
    send(funnel_report(unit, &question));
    send(question.cell_page(unit, "won", Measure::Won, 1, None));
    send(stuck(unit, question.as_of, question.period.utc_offset(), &question.filter, 1));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_a_report(unit: &mut dyn ReadUnit, asked: &PeriodQuestion, list: &ListQuery, target: Money) {
    send(win_rates(unit, asked, &GroupBy::Owner));
    send(leaderboard(unit, asked, &GroupBy::Team));
    send(velocity(unit, asked, &GroupBy::Whole));
    send(slippage(unit, asked, SlippageBy::Owner));
    send(coverage(unit, asked, target));
    send(list.page(unit, 1, None));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_a_forecast(
    unit: &mut dyn ReadUnit,
    (any, scope): (&dyn Store, &Scope),
    (asked, two): (&ForecastRequest, &CompareRequest),
) {
    let day = asked.as_of;
    send(forecast(unit, asked));
    send(attainments(unit, &asked.into()));
    send(forecast_accuracy(unit, day, day, day, None));
    send(compare(unit, two, &mut |_| Ok(())));
    send(Rates::load(unit, Currency::USD, day));
    send(take_snapshot(any, scope, day, None));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_people(work: &mut dyn UnitOfWork, staff: &[StaffMember], absence: Absence, at: Timestamp) {
    let (id, day) = (absence.id, absence.first_day);
    send(availabilities(work, staff, at));
    send(acting_for(work, absence.staff_id, day));
    send(work.absences().delegate(id, None));
    send(work.absences().end(id, None));
    send(work.absences().add(absence));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_territories(
    work: &mut dyn UnitOfWork,
    plan: &TerritoryPlan,
    to: &Alignment,
    id: Id<Customer>,
) {
    let day = chrono::NaiveDate::MIN;
    send(territory::check(work, day));
    send(territory::placement(work, id, day));
    send(territory::preview(work, to, day, (day, day)));
    send(plan.resolve(work, day));
    send(work.territories().align(plan, day));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_a_unit_of_work(
    work: &mut dyn UnitOfWork,
    stored: Stored<Customer>,
    customer: Customer,
    call: Interaction,
    chance: Opportunity,
    (task, addendum): (Task, Id<Addendum>),
) {
    let (id, day) = (chance.id, chrono::NaiveDate::MIN);
    send(work.insert(customer.clone()));
    send(work.insert_all(vec![customer.clone()]));
    send(work.update(stored));
    send(ensure(work, customer));
    send(work.interactions().close(call.id));
    send(work.interactions().record(call.clone()));
    send(work.interactions().revise(call.id, |draft| draft.late = false));
    send(work.interactions().close_day(call.happened_at, None, &|_| Vec::new()));
    send(work.interactions().add_addendum(addendum, call.id, "text"));
    send(work.tasks().complete(task.id, None));
    send(work.tasks().cancel(task.id, "why"));
    send(work.tasks().reschedule(task.id, When::default()));
    send(work.tasks().reassign(task.id, None, Default::default()));
    send(work.tasks().add(task));
    send(work.opportunities().open(chance));
    send(work.opportunities().advance(id, "engaging", None));
    send(work.opportunities().win(id, day, None));
    send(work.opportunities().lose(id, day, None, None));
    send(work.opportunities().reopen(id, "engaging", None));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_leads(work: &mut dyn UnitOfWork, lead: Lead, said: LeadActivity, into: &Conversion) {
    let id = lead.id;
    send(duplicates(work, &lead));
    send(preview(work, id, into));
    send(work.leads().add(lead.clone()));
    send(work.leads().revise(id, |lead| lead.score = None));
    send(work.leads().reassign(id, None, Default::default()));
    send(work.leads().work(id));
    send(work.leads().qualify(id, lead.qualification));
    send(work.leads().disqualify(id, "why"));
    send(work.leads().recycle(id, None));
    send(work.leads().record(said));
    send(work.leads().convert(id, into));
    send(work.leads().erase(id));
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_the_end(work: Box<dyn UnitOfWork>) {
    send(work.commit());
}

#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_one_repository<R>(repository: &mut R, customer: Stored<Customer>)
where
    R: Repository<Customer> + Append<Customer> + Read<Customer> + ChangeLog,
{
    send(repository.update(customer));
}

#[cfg(feature = "conformance")]
#[expect(dead_code, reason = "it is enough that it compiles")]
fn of_the_suite(law: &crm_core::conformance::Law, ground: &crm_core::conformance::Ground) {
    share(law);
    share(ground);
    send(law.hold(ground));
    send(crm_core::conformance::run_all(ground));
}
