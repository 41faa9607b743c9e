use async_trait::async_trait;
use uuid::Uuid;

use super::{Answers, Batch, Custodian};
use crate::kernel::{
    AmountsOf, Change, ChangeCursor, ChangePage, Criteria, Cursor, Entity, FieldSpec, Holder, Id,
    KeptAmounts, KeptEntity, Page, PairSums, Pairs, Query, Result, Scope, Stored, Sum, Sums, Term,
    TermTest, Timestamp,
};
use crate::{
    customer::Customer, opportunity::Opportunity, stage_move::StageMove, value::CustomerClass,
    value_run::ValueRun,
};

/// Reads records of one kind, of the unit's tenant only.
///
/// To be correct, an implementation must, with the law of the same name in
/// the `conformance` suite:
/// - give back every record as it was written (`what_was_written_is_read`);
/// - agree with [`Criteria::matches`] and [`Query::compare`] on what it finds, and in what order
///   (`criteria_mean_what_matches_says`, `lists_come_in_the_one_order`);
/// - page by the last record seen (`pages_stay_right_while_others_insert`);
/// - see nothing of another tenant (`another_tenant_sees_nothing`).
#[async_trait]
pub trait Read<E: Entity>: Send {
    /// The record with this id.
    async fn get(&mut self, id: Id<E>) -> Result<Option<Stored<E>>>;
    /// A page of records.
    async fn find(&mut self, query: Query<E>) -> Result<Page<E>>;
    /// How many records match.
    async fn count(&mut self, criteria: Criteria<E>) -> Result<u64>;
}

/// Adds up records of one kind, of the unit's tenant only: arithmetic, never judgement.
///
/// To be correct, an implementation must agree with [`crate::kernel::fold`], to the last digit and
/// in the same order (`sums_equal_the_fold`).
#[async_trait]
pub trait Insights<E: Entity>: Send {
    /// How many there are and what they add up to, in groups.
    async fn sums(&mut self, sums: Sums<E>) -> Result<Vec<Sum>>;
}

/// Reads one amount of each row that is kept, of the unit's tenant only, where the rows themselves would be millions of records.
///
/// To be correct, an implementation must agree with [`crate::kernel::fold_amounts`] once both are added up
/// (`amounts_of_what_is_kept_are_the_fold`), and need no more memory for it than the answer has.
#[async_trait]
pub trait Amounts<E: KeptEntity>: Send {
    /// Whose the rows are, and how much.
    async fn amounts(&mut self, of: AmountsOf<E>) -> Result<KeptAmounts>;
}

/// Reads records of a kind `E` together with those of a kind `R` that they name, of the unit's tenant only:
/// the moves of opportunities, the opportunities of customers.
///
/// To be correct, an implementation must agree with [`crate::kernel::fold_pairs`], to the last digit and
/// in the same order (`pair_sums_equal_the_fold`), and find, of the records that are named, each once, those that the
/// criteria of both sides mean, in the order of their ids (`who_is_named_is_found_once`).
#[async_trait]
pub trait Linked<E: Entity, R: Entity>: Send {
    /// How many pairs there are and what they add up to, in groups.
    async fn pair_sums(&mut self, sums: PairSums<E, R>) -> Result<Vec<Sum>>;
    /// A page of those that are named, at most `limit` (1 to [`crate::kernel::MAX_LIMIT`]), after a cursor.
    async fn named(
        &mut self,
        pairs: Pairs<E, R>,
        limit: u32,
        after: Option<Cursor>,
    ) -> Result<Page<R>>;
    /// How many are named.
    async fn count_named(&mut self, pairs: Pairs<E, R>) -> Result<u64>;
}

/// Reads what runs with classes keep of customers ([`crate::value_run::RunDetail::Classes`]), of the unit's tenant only.
///
/// To be correct, an implementation must give back what was kept, in the order of customers, and page by the last one seen
/// (`classes_of_a_run_are_read_as_they_were_kept`, `classes_of_a_run_lead_to_no_other_tenant`).
#[async_trait]
pub trait RunClasses: Send {
    /// What a run keeps of those after a customer, at most `limit` (1 to [`crate::kernel::MAX_LIMIT`]).
    async fn run_classes(
        &mut self,
        run: Id<ValueRun>,
        after: Option<Id<Customer>>,
        limit: u32,
    ) -> Result<Vec<CustomerClass>>;
    /// What a run keeps of these.
    async fn run_classes_of(
        &mut self,
        run: Id<ValueRun>,
        customers: &[Id<Customer>],
    ) -> Result<Vec<CustomerClass>>;
}

/// Keeps what a run with classes says of customers: without entries in the change log, where that of the run tells
/// what they follow from. For the verbs of the library alone, as [`Custody`].
///
/// To be correct, an implementation must answer [`crate::Error::Missing`] where the run is not there and
/// [`crate::Error::Invalid`] where these do not follow on those that are there
/// ([`CustomerClass::follow`]), and keep none of them then (`a_customer_has_one_class_in_a_run`).
#[async_trait]
pub trait KeepRunClasses: RunClasses {
    /// Keeps these, in the order of their ids, after those that are kept already: so a store may keep them in pages.
    async fn keep_run_classes(
        &mut self,
        by: &Custodian,
        run: Id<ValueRun>,
        classes: Vec<CustomerClass>,
    ) -> Result<()>;
}

/// Adds records of one kind, each with its entry in the change log.
///
/// To be correct, an implementation must:
/// - let the record settle ([`Entity::settle`]) by the tenant's settings as the unit sees them, which need be
///   read only where it is [`Entity::RULED`], then call [`crate::kernel::check`], and write nothing when
///   either refuses (`an_unsound_record_is_refused`, `a_record_is_incomplete_since_it_first_was`,
///   `rules_hold_for_lists_too`);
/// - keep its terms with it, on every path (`terms_follow_the_record`);
/// - answer [`crate::Error::Duplicate`] when the id or a unique field is taken
///   (`a_second_record_with_the_same_id_is_a_duplicate`, `a_unique_field_is_unique_in_a_tenant`);
/// - answer [`crate::Error::Missing`] when a record it names is not there, in a field or among
///   [`Entity::also_names`] (`a_reference_to_nothing_is_missing`,
///   `what_a_structured_field_names_must_be_there`), or comes later in the list
///   (`a_list_may_not_refer_forwards`);
/// - leave the unit usable after each of these (`a_refused_write_leaves_the_unit_usable`).
#[async_trait]
pub trait Append<E: Entity>: Read<E> {
    /// Adds one; its version is 1.
    async fn insert(&mut self, entity: E) -> Result<Stored<E>>;
    /// Adds many, or none of them: faster than one by one. A record may name another that comes
    /// before it in the list.
    async fn insert_all(&mut self, entities: Vec<E>) -> Result<Vec<Stored<E>>>;
}

/// Changes records of one kind, each with its entry in the change log.
///
/// To be correct, an implementation must:
/// - let the record settle, as for [`Append`], then call [`Stored::check_update`]: write nothing when it refuses or answers `false`
///   (`an_update_without_a_change_writes_nothing`, `a_closed_interaction_never_changes`);
/// - where this unit did not read or write it ([`Stored::was_seen_by`]), do both again over the record as it reads it
///   now ([`Stored::over`]), and write and
///   log what differs from that (`what_is_final_is_final_whatever_the_caller_says_it_was`);
/// - answer [`crate::Error::Conflict`] when the version is not the stored one any more, here or at
///   commit (`a_stale_update_conflicts`), and [`crate::Error::Missing`] when there is no such record;
/// - let no cycle be in what is an [`Entity::TREE`], also when two units tie the ends of one at the
///   same time (`a_tree_has_no_cycle`, `two_units_tie_no_cycle`), nor by way of records that were merged
///   ([`Entity::SURVIVOR`], `a_tree_has_no_cycle_by_way_of_what_was_merged`);
/// - give what it wrote the mark of its unit ([`Stored::of_unit`]), so that nothing builds on a unit
///   that was lost (`what_a_lost_unit_wrote_is_not_updated_later`).
#[async_trait]
pub trait Repository<E: Entity>: Append<E> {
    /// Writes a changed record; its version goes up by one.
    async fn update(&mut self, changed: Stored<E>) -> Result<Stored<E>>;
    /// Writes many, in their order, each as [`Repository::update`] does, where a store can with fewer statements
    /// (`a_list_of_updates_is_as_one_after_another`). Where one is refused, those before it are written and those after it
    /// are not.
    async fn update_all(&mut self, changed: Vec<Stored<E>>) -> Result<Vec<Stored<E>>> {
        let mut written = Vec::with_capacity(changed.len());
        for one in changed {
            written.push(self.update(one).await?);
        }
        Ok(written)
    }
}

/// Does to records of one kind what neither [`Entity::permits`] nor their being append-only stands
/// against: filing them under another record when two are merged, and erasing what tells of a
/// person. Each is an entry in the change log. For the verbs of the library alone: nobody else has a [`Custodian`].
///
/// To be correct, an implementation must:
/// - change nothing but that reference (`what_is_refiled_changes_nothing_else`), and let no cycle be
///   in an [`Entity::TREE`] (`what_is_refiled_makes_no_cycle`);
/// - let one unit at a time hold a record, and nobody name it meanwhile
///   (`what_is_held_waits_for_the_unit`) unless it is held for a change alone
///   (`what_is_held_for_a_change_may_be_named`);
/// - leave what was erased nowhere: not in the record, its terms or the values of its entries in the
///   change log (`what_is_erased_is_nowhere`), and erase no more than was named
///   (`one_entry_of_the_log_is_redacted`).
#[async_trait]
pub trait Custody<E: Entity>: Read<E> {
    /// Those of these records that are there, in the order of their ids, as they are now: until this
    /// unit ends no other changes them, nor adds what names them.
    async fn hold(&mut self, by: &Custodian, ids: Vec<Id<E>>) -> Result<Vec<Stored<E>>>;
    /// As [`Custody::hold`], and others may add what names them: one unit at a time holds them by either.
    async fn hold_for_change(&mut self, by: &Custodian, ids: Vec<Id<E>>) -> Result<Vec<Stored<E>>>;
    /// Those of `ids` that name `from` in `field` name `to` from now on; which ones they were.
    /// `None` is to name nothing.
    async fn refile(
        &mut self,
        by: &Custodian,
        field: &'static FieldSpec<E>,
        ids: Vec<Id<E>>,
        from: Option<Uuid>,
        to: Option<Uuid>,
    ) -> Result<Vec<Id<E>>>;
    /// Erases what tells of a person ([`FieldSpec::personal`]) from a record and its history: in one
    /// field, or in all that do.
    async fn erase(
        &mut self,
        by: &Custodian,
        id: Id<E>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<Stored<E>>;
    /// Erases what tells of a person from the entries of these versions in the change log, in one
    /// field or in all that do; the record stays as it is.
    async fn redact(
        &mut self,
        by: &Custodian,
        id: Id<E>,
        versions: Vec<u64>,
        only: Option<&'static FieldSpec<E>>,
    ) -> Result<()>;
    /// Writes the terms of these records anew, as the settings now have them.
    async fn reindex(&mut self, by: &Custodian, records: Vec<Stored<E>>) -> Result<()>;
}

/// Finds records by their terms, of the unit's tenant only.
///
/// To be correct, an implementation must give what the terms of the stored records say, in the order
/// of the terms, ids and kinds (`terms_follow_the_record`, `records_are_found_by_all_their_terms`).
#[async_trait]
pub trait Terms: Send {
    /// The holders of each of these terms, up to `most` of each.
    async fn holders(&mut self, terms: &[Term], most: u32) -> Result<Vec<Holder>>;
    /// How many terms of records pass each test, counted no further than `most`.
    async fn frequency(&mut self, tests: &[TermTest], most: u32) -> Result<Vec<u32>>;
    /// Records that have, for each test, a term that passes; once for each term that passes the
    /// first. Nothing passes no test at all.
    async fn having(&mut self, tests: &[TermTest], limit: u32) -> Result<Vec<Holder>>;
}

/// Reads the change log of the unit's tenant.
///
/// To be correct, an implementation must never let a follower miss an entry, also one that commits
/// late (`a_follower_misses_nothing_while_writers_commit_out_of_order`): it holds back what others
/// might still precede. The entries of one record come in the order of its versions
/// (`the_versions_of_a_record_come_in_order`). Entries of a unit that is not committed need not show, its own among them.
#[async_trait]
pub trait ChangeLog: Send {
    /// Entries after a cursor, at most `limit` (1 to [`crate::kernel::MAX_LIMIT`]).
    async fn changes(&mut self, after: Option<ChangeCursor>, limit: u32) -> Result<ChangePage>;
    /// The entries of one record after a version of it, oldest first, at most `limit`.
    async fn history(
        &mut self,
        entity: &'static str,
        id: Uuid,
        after_version: u64,
        limit: u32,
    ) -> Result<Vec<Change>>;
}

/// Answers several questions at once, of the unit's tenant only: where a question is a way to a server
/// and back, all of them are one. What it answers is what the other ports answer:
/// [`super::one_by_one`] asks these, and is all that a store without such ways needs.
///
/// To be correct, an implementation must:
/// - answer every question as it is answered alone, also several of one kind, one after a cursor,
///   and none at all (`a_batch_is_answered_as_its_questions_are_alone`,
///   `a_batch_asks_several_kinds`);
/// - give of the lists of the newest what is among the newest of all of them
///   (`lists_of_the_newest_end_together`), and with them the records that those name and no others
///   (`what_the_newest_name_comes_with_them`);
/// - see what the unit wrote, and give it the mark of the unit (`a_batch_sees_what_its_unit_wrote`),
///   and nothing of another tenant (`a_batch_sees_nothing_of_another_tenant`);
/// - refuse all of it where a question is wrong, and leave the unit usable
///   (`a_batch_with_a_wrong_question_is_invalid`).
#[async_trait]
pub trait Batches: Send {
    /// The answers to all questions of a batch.
    async fn ask(&mut self, batch: Batch) -> Result<Answers>;
}

macro_rules! unit_traits {
    (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
        /// The reading half of a unit: one tenant's data, as of one moment when it comes from
        /// [`Store::read`]. A [`UnitOfWork`] is one too, so that every report takes this.
        pub trait ReadUnit:
            $(Read<$entity> + Insights<$entity> +)+ $(Read<$added> + Insights<$added> +)+
            $(Read<$kept> + Insights<$kept> + Amounts<$kept> +)+ ChangeLog
            + Terms + Linked<StageMove, Opportunity> + Linked<Opportunity, Customer> + RunClasses + Batches
        {
            /// For whom and by whom it was begun.
            fn scope(&self) -> &Scope;
        }

        /// A unit of work: all of it is written, by [`UnitOfWork::commit`], or nothing.
        ///
        /// To be correct, an implementation must:
        /// - leave no trace when it is dropped (`a_dropped_unit_of_work_leaves_no_trace`);
        /// - see its own writes (`a_unit_sees_its_own_writes`), and show them to others only once
        ///   they are committed (`nobody_sees_what_is_not_committed`);
        /// - add to the figures that are kept what records count for ([`Entity::tally`], [`crate::kernel::Tallies`]), on every path
        ///   (`what_is_kept_is_the_fold_whatever_is_done`), before they are committed or read in the unit
        ///   (`a_unit_sees_what_it_adds_to_what_is_kept`), each row by a difference and in the order of the keys
        ///   (`many_writers_keep_exact_figures_and_wait_for_nobody_in_a_circle`);
        /// - refuse to commit when a verb was given up halfway, or else have its entry in the log
        ///   (`a_unit_with_a_cancelled_verb_cannot_be_committed_without_its_log`);
        /// - have written everything durably when commit answers.
        #[async_trait]
        pub trait UnitOfWork: ReadUnit + $(Repository<$entity> + Custody<$entity> +)+
            $(Append<$added> + Custody<$added> +)+ KeepRunClasses
        {
            /// The instant, by the store's clock.
            fn now(&self) -> Timestamp;
            /// A new id, from the store's source.
            fn next_id(&self) -> Uuid;
            /// Makes it last. A unit that joined the host's transaction lasts when that commits.
            async fn commit(self: Box<Self>) -> Result<()>;
        }
    };
}
crate::for_each_entity!(unit_traits);

/// Keeps the data of many tenants.
///
/// To be correct, an implementation must pass the `conformance` suite, all of it.
///
/// Some stores have one writer: never hold two units of work in one task, the second waits for the
/// first.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a unit of work.
    async fn begin(&self, scope: Scope) -> Result<Box<dyn UnitOfWork + '_>>;
    /// Begins a unit that only reads, and sees one moment.
    async fn read(&self, scope: Scope) -> Result<Box<dyn ReadUnit + '_>>;
}
