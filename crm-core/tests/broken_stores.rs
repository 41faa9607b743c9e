//! The suite is worth something only if it finds what is wrong: each store here has one fault, and
//! the law that is there for it must not hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod ground;

use broken::Fault;
use crm_core::conformance::{Ground, Law, Verdict, laws};
use futures_executor::block_on;

macro_rules! faults {
    ($($test:ident: $fault:ident breaks $($law:literal),+;)+) => {$(
        #[test]
        fn $test() {
            $(fails(Fault::$fault, $law);)+
        }
    )+};
}
faults! {
    a_lost_update_is_found: LosesUpdates breaks
        "a_stale_update_conflicts::customer",
        "a_stale_update_conflicts_within_one_unit::opportunity",
        "two_tasks_claim_a_free_customer_and_one_gets_it";
    a_dirty_read_is_found: CommitsEachWrite breaks
        "nobody_sees_what_is_not_committed::customer",
        "a_dropped_unit_of_work_leaves_no_trace::contact",
        "units_of_many_tasks_are_each_whole";
    a_missing_rollback_is_found: CommitsWhenDropped breaks
        "a_dropped_unit_of_work_leaves_no_trace::customer",
        "a_dropped_update_leaves_no_trace::product",
        "what_was_undone_is_not_in_the_change_log";
    a_leaked_record_is_found: LeaksRecords breaks
        "another_tenant_sees_nothing::transaction",
        "two_houses_one_server";
    a_leaked_count_is_found: LeaksCounts breaks
        "another_tenant_sees_nothing::customer",
        "two_houses_one_server";
    a_leaked_sum_is_found: LeaksSums breaks
        "another_tenant_sees_nothing::opportunity",
        "two_houses_one_server";
    a_forgotten_entry_is_found: ForgetsUpdates breaks
        "every_update_is_in_the_change_log::staff_member",
        "changes_come_in_the_order_of_the_writes";
    a_log_in_another_order_is_found: ShowsNewestFirst breaks
        "the_versions_of_a_record_come_in_order";
    a_late_entry_is_found: ShowsEntriesLate breaks
        "a_follower_misses_nothing_while_a_later_unit_commits_first",
        "a_follower_misses_nothing_while_writers_commit_out_of_order";
    a_wrong_place_for_empty_fields_is_found: PutsEmptyFieldsLast breaks
        "empty_fields_come_first_and_last_when_descending",
        "lists_come_in_the_one_order::customer";
    leaked_terms_are_found: LeaksTerms breaks
        "terms_lead_to_no_other_tenant";
    records_that_stay_behind_are_found: FilesTheFirstAlone breaks
        "what_is_refiled_changes_nothing_else",
        "what_is_merged_moves_as_its_preview_says_and_is_undone_exactly";
    a_log_that_tells_what_was_erased_is_found: RemembersTheErased breaks
        "what_is_erased_is_nowhere::customer";
    old_terms_are_found: KeepsOldTerms breaks
        "terms_follow_the_record";
    terms_of_the_erased_are_found: KeepsTermsOfTheErased breaks
        "a_person_who_is_erased_is_nowhere",
        "one_field_is_erased_and_the_others_stay::contact";
    terms_that_are_never_written_anew_are_found: ReindexesNothing breaks
        "terms_are_written_anew_on_request";
    too_much_that_is_erased_is_found: ErasesMoreThanNamed breaks
        "one_field_is_erased_and_the_others_stay::customer",
        "one_field_is_redacted_and_the_others_stay::contact",
        "one_field_of_some_versions_is_redacted";
    too_many_redacted_versions_are_found: RedactsEveryVersion breaks
        "one_entry_of_the_log_is_redacted",
        "one_field_of_some_versions_is_redacted";
    a_log_that_is_not_redacted_is_found: RedactsNothing breaks
        "one_entry_of_the_log_is_redacted",
        "one_field_is_redacted_and_the_others_stay::interaction",
        "changes_between_a_merge_and_its_undoing_tell_nothing_of_the_erased";
    what_is_filed_from_anywhere_is_found: RefilesWithoutAskingFrom breaks
        "what_is_refiled_changes_nothing_else";
    what_is_not_held_is_found: HoldsNothing breaks
        "what_is_held_waits_for_the_unit",
        "what_is_held_for_a_change_may_be_named",
        "branches";
    rules_of_nobody_are_found: SettlesByStandardRules breaks
        "rules_of_one_house_are_none_of_another",
        "a_record_is_incomplete_since_it_first_was",
        "a_customer_goes_the_steps_that_are_allowed";
    a_believed_copy_is_found: JudgesByTheCallersCopy breaks
        "what_is_final_is_final_whatever_the_caller_says_it_was";
    a_batch_beside_its_unit_is_found: AsksBesideTheUnit breaks
        "a_batch_sees_what_its_unit_wrote";
    a_leaked_batch_is_found: LeaksBatches breaks
        "a_batch_sees_nothing_of_another_tenant";
    lost_figures_are_found: LosesFigures breaks
        "what_is_kept_is_the_fold_whatever_is_done",
        "a_unit_sees_what_it_adds_to_what_is_kept",
        "a_period_cut_in_the_middle_of_months_is_the_fold";
    amounts_that_are_not_plain_are_found: TellsAnyAmount breaks
        "amounts_of_what_is_kept_are_the_fold",
        "values_are_those_of_profits_whatever_is_plain";
    leaked_classes_are_found: LeaksClasses breaks
        "classes_of_a_run_lead_to_no_other_tenant";
    leaked_classes_of_some_are_found: LeaksClassesOfSome breaks
        "classes_of_a_run_lead_to_no_other_tenant";
    classes_kept_in_parts_are_found: KeepsClassesInParts breaks
        "a_customer_has_one_class_in_a_run";
    lost_classes_are_found: LosesTheLastClass breaks
        "classes_of_a_run_are_read_as_they_were_kept";
    second_classes_are_found: KeepsTheFirstClass breaks
        "a_customer_has_one_class_in_a_run";
    lists_that_end_alone_are_found: EndsListsAlone breaks
        "lists_of_the_newest_end_together";
    lost_microseconds_are_found: LosesMicroseconds breaks
        "what_was_written_is_read::interaction",
        "what_was_written_is_read::stage_move";
    lost_spaces_are_found: TrimsTexts breaks
        "what_was_written_is_read::customer";
    lost_empty_texts_are_found: KeepsNoEmptyTexts breaks
        "texts_come_back_sign_for_sign::contact",
        "an_empty_text_is_not_an_empty_field";
    a_list_that_is_cut_short_is_found: CutsLargeLists breaks
        "large_lists_of_values_are_found",
        "criteria_of_the_largest_size_are_run";
    an_update_of_what_was_lost_is_found: ForgetsWhoWrote breaks
        "what_a_lost_unit_wrote_is_not_updated_later::customer",
        "what_a_lost_unit_added_is_not_updated_later::interaction";
    a_change_of_what_is_closed_is_found: ChangesClosedInteractions breaks
        "a_closed_interaction_never_changes",
        "closed_is_closed";
    a_second_of_its_kind_is_found: AcceptsDuplicates breaks
        "a_unique_field_is_unique_in_a_tenant::customer",
        "a_second_record_with_the_same_id_is_a_duplicate::customer",
        "two_tasks_cannot_take_the_same_value";
    a_loose_reference_is_found: AcceptsLooseReferences breaks
        "a_reference_to_nothing_is_missing::customer",
        "a_reference_into_another_tenant_is_missing::interaction";
    a_reference_forwards_is_found: AcceptsForwardReferences breaks
        "a_list_may_not_refer_forwards";
    paging_by_offset_is_found: PagesByOffset breaks
        "pages_stay_right_while_others_insert::customer",
        "a_cursor_of_another_list_is_invalid::product";
    a_list_in_parts_is_found: WritesListsInParts breaks
        "insert_all_writes_all_or_nothing::customer",
        "what_was_undone_is_not_in_the_change_log";
    another_idea_of_case_is_found: IgnoresCase breaks
        "criteria_mean_what_matches_says::customer";
    what_is_named_twice_and_counted_so_is_found: CountsTheNamedAgain breaks
        "pair_sums_equal_the_fold::stage_move";
    who_is_found_and_not_named_is_found: FindsWhoIsNotNamed breaks
        "who_is_named_is_found_once::opportunity";
    sums_in_floats_are_found: AddsUpInFloats breaks
        "sums_equal_the_fold::transaction",
        "sums_go_beyond_what_one_amount_can_be";
}

/// The wrapper itself does no harm: what a fault breaks holds without it.
#[test]
fn all_laws_hold_for_the_wrapper_without_a_fault() {
    let ground = ground(Fault::None);
    for law in laws().into_iter().filter(|law| !law.name().contains("longest")) {
        assert_eq!(block_on(law.hold(&ground)), Ok(()), "{}", law.name());
    }
}

fn fails(fault: Fault, name: &str) {
    let Err(why) = verdict(fault, name) else { panic!("{name} holds for a store that {fault:?}") };
    // It is the law that fails, not the suite.
    assert!(!why.contains("panicked"), "{name}: {why}");
}

fn verdict(fault: Fault, name: &str) -> Verdict {
    block_on(law(name).hold(&ground(fault)))
}

fn law(name: &str) -> Law {
    laws().into_iter().find(|law| law.name() == name).unwrap_or_else(|| panic!("no law {name}"))
}

fn ground(fault: Fault) -> Ground {
    ground::shared(broken::store(fault))
}
