//! A customer's timeline as somebody would write it by hand: one statement over all sources, or one for
//! each.

use std::cmp::Reverse;

use crm_benches::{Result, by_hand::Interaction};
use crm_core::{
    customer::{Happening, TimelineEntry},
    kernel::{Change, Timestamp},
    stage_move::StageMove,
    task::Task,
    transaction::Transaction,
};
use uuid::Uuid;

/// What happened, by hand. The base has no addenda to the busy customer, and it was never merged.
#[derive(Debug)]
pub(crate) enum Event {
    Interaction(Box<Interaction>),
    Task(Box<Task>),
    Step { opportunity: String, step: Box<StageMove> },
    Transaction(Box<Transaction>),
    Change(Change),
}

/// With its place.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) id: Uuid,
    pub(crate) event: Event,
}

impl PartialEq<TimelineEntry> for Entry {
    fn eq(&self, other: &TimelineEntry) -> bool {
        let same = match (&self.event, &other.happened) {
            (Event::Interaction(by_hand), Happening::Interaction(ours)) => **by_hand == **ours,
            (Event::Task(by_hand), Happening::Task(ours)) => by_hand == ours,
            (
                Event::Step { opportunity, step },
                Happening::Step { opportunity: name, step: ours },
            ) => opportunity == name && step == ours,
            (Event::Transaction(by_hand), Happening::Transaction(ours)) => by_hand == ours,
            (Event::Change(by_hand), Happening::Change(ours)) => without_owner(by_hand) == *ours,
            _ => false,
        };
        same && self.at == other.at && self.id == other.id
    }
}

/// A timeline says apart who looks after the customer.
fn without_owner(change: &Change) -> Change {
    let mut change = change.clone();
    change.fields.retain(|field| field.field != "owner_id");
    change
}

/// Fails where they differ.
pub(crate) fn same(by_hand: &[Entry], ours: &[TimelineEntry]) -> Result {
    if by_hand.len() != ours.len() {
        return Err(format!("{} by hand, {} by the store", by_hand.len(), ours.len()).into());
    }
    match by_hand.iter().zip(ours).find(|(one, other)| *one != *other) {
        Some((one, other)) => Err(format!("not equal: {one:?} and {other:?}").into()),
        None => Ok(()),
    }
}

/// How a database says two things.
pub(crate) struct Says {
    /// The first instant of a transaction's day.
    pub(crate) start_of_day: &'static str,
    /// A JSON that is not there.
    pub(crate) json: &'static str,
    /// One select of a union, with an order of its own.
    pub(crate) select: fn(&str) -> String,
}

/// The newest 50 of what each source gave.
pub(crate) fn newest(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by_key(|entry| Reverse((entry.at, entry.id)));
    entries.truncate(50);
    entries
}

/// One statement: the newest 50 of each source, then of all.
pub(crate) fn statement(says: &Says) -> String {
    let all = sources(says).map(|one| (says.select)(&one));
    format!(
        "SELECT * FROM ({}) AS every ORDER BY happened_at DESC, id DESC LIMIT 50",
        all.join(" UNION ALL ")
    )
}

/// A statement for each source: the newest 50. Columns 0 to 26 are those of an interaction, which other
/// sources use as they need them; a source gives its own in the order of their types.
pub(crate) fn sources(says: &Says) -> [String; 7] {
    let Says { start_of_day, json, .. } = says;
    let interactions = "\
        SELECT version, id, external_id, customer_id, contact_id, opportunity_id, staff_id, channel, \
        direction, happened_at, minutes, place, subject, content, outcome, next_step, \
        next_step_due, next_step_owner_id, status, closed_at, closed_by, \
        incomplete_since, missing, completeness, participants, recorded_at, late, \
        'i' AS sort, CAST(NULL AS date) AS d1, CAST(NULL AS numeric) AS n1, \
        CAST(NULL AS numeric) AS n2, CAST(NULL AS numeric) AS n3, CAST(NULL AS numeric) AS n4, \
        CAST(NULL AS uuid) AS u1, CAST(NULL AS uuid) AS u2, \
        CAST(NULL AS bigint) AS i1, CAST(NULL AS numeric) AS n5, CAST(NULL AS text) AS t1, \
        CAST(NULL AS text) AS t2, CAST(NULL AS text) AS t3, CAST(NULL AS text) AS t4, \
        CAST(NULL AS text) AS t5, CAST(NULL AS text) AS t6 \
        FROM crm_interaction WHERE tenant_id = $1 AND customer_id = $2 \
        ORDER BY happened_at DESC, id DESC LIMIT 50";
    let tasks = format!(
        "SELECT version, id, external_id, customer_id, contact_id, opportunity_id, owner_id, title, \
        status, since, NULL, notes, priority, recurrence, outcome, reason, \
        due, interaction_id, NULL, due_at, closed_by, remind_at, {json}, NULL, {json}, created_at, \
        FALSE, 't', planned, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL, NULL \
        FROM crm_task WHERE tenant_id = $1 AND customer_id = $2 \
        ORDER BY since DESC, id DESC LIMIT 50"
    );
    let steps = format!(
        "SELECT m.version, m.id, o.name, m.customer_id, m.owner_before, m.opportunity_id, \
        m.owner_after, m.kind, m.to_stage, m.moved_at, m.number, m.from_stage, m.from_status, \
        m.to_status, m.moved_by, m.reason, m.expected_close_before, m.from_pipeline_id, \
        m.amount_before_currency, m.since, m.amount_after_currency, m.entered_at, m.waived, \
        m.stayed_days, {json}, NULL, \
        FALSE, 's', m.expected_close_after, m.amount_before, m.amount_after, m.probability_before, \
        m.probability_after, m.pipeline_id, m.waived_by, m.slipped_days, m.weighted_before, \
        m.weighted_before_currency, m.category_before, m.category_after, \
        m.probability_source_before, m.probability_source_after, m.course \
        FROM crm_stage_move AS m \
        JOIN crm_opportunity AS o ON o.tenant_id = m.tenant_id AND o.id = m.opportunity_id \
        WHERE m.tenant_id = $1 AND m.customer_id = $2 \
        ORDER BY m.moved_at DESC, m.id DESC LIMIT 50"
    );
    let transactions = format!(
        "SELECT version, id, external_id, customer_id, product_id, opportunity_id, NULL, kind, \
        revenue_currency, {start_of_day}, NULL, reference, cost_currency, NULL, NULL, NULL, date, \
        NULL, NULL, NULL, NULL, NULL, {json}, NULL, {json}, NULL, FALSE, 'b', NULL, revenue, cost, \
        quantity, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL \
        FROM crm_transaction WHERE tenant_id = $1 AND customer_id = $2 \
        ORDER BY date DESC, id DESC LIMIT 50"
    );
    let changes = format!(
        "SELECT version, id, entity, entity_id, NULL, NULL, NULL, actor, event, at, NULL, NULL, \
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, fields, NULL, {json}, NULL, \
        FALSE, 'c', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL, NULL \
        FROM crm_change WHERE tenant_id = $1 AND entity_id = $2 AND entity = 'customer' \
        ORDER BY version DESC LIMIT 50"
    );
    let others = |sort: &str, table: &str, owner: &str, at: &str| {
        format!(
            "SELECT version, id, NULL, {owner}, NULL, NULL, NULL, NULL, NULL, {at}, NULL, NULL, NULL, \
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, {json}, NULL, {json}, NULL, \
            FALSE, '{sort}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
            NULL, NULL, NULL \
            FROM {table} \
            WHERE tenant_id = $1 AND {owner} = $2 ORDER BY {at} DESC, id DESC LIMIT 50"
        )
    };
    let addenda = others("a", "crm_addendum", "customer_id", "written_at");
    let merges = others("m", "crm_merge", "survivor_id", "merged_at");
    [interactions.to_owned(), tasks, steps, transactions, changes, addenda, merges]
}
