/// Calls a macro with the list of entities: first those that may be updated, then those that are
/// only ever added, then those that stores alone write ([`KeptEntity`](crate::kernel::KeptEntity)). For stores, which implement a
/// repository for each, and for the last only what reads.
///
/// ```
/// macro_rules! kinds {
///     (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
///         [$(<$entity as crm_core::kernel::Entity>::KIND,)+ $(<$added as crm_core::kernel::Entity>::KIND,)+]
///     };
/// }
/// let kinds = crm_core::for_each_entity!(kinds);
/// assert!(kinds.contains(&"customer") && kinds.contains(&"stage_move"));
/// ```
#[macro_export]
macro_rules! for_each_entity {
    ($callback:ident) => {
        $callback! {
            update:
                $crate::settings::Settings,
                $crate::org_unit::OrgUnit,
                $crate::working_calendar::WorkingCalendar,
                $crate::staff_member::StaffMember,
                $crate::absence::Absence,
                $crate::product::Product,
                $crate::customer::Customer,
                $crate::contact::Contact,
                $crate::affiliation::Affiliation,
                $crate::relation::Relation,
                $crate::merge::Merge,
                $crate::pipeline::Pipeline,
                $crate::opportunity::Opportunity,
                $crate::interaction::Interaction,
                $crate::lead::Lead,
                $crate::task::Task,
                $crate::transaction::Transaction,
                $crate::price_book::PriceBook,
                $crate::price_book_entry::PriceBookEntry,
                $crate::exchange_rate::ExchangeRate,
                $crate::target::Target,
                $crate::forecast_snapshot::ForecastSnapshot,
                $crate::territory::Territory,
                $crate::territory_member::TerritoryMember,
                $crate::pool::Pool,
                $crate::helper::Helper,
                $crate::handover::Handover,
                $crate::assignment_rules::AssignmentRules,
                $crate::assignment_cursor::AssignmentCursor,
                $crate::value_run::ValueRun;
            append:
                $crate::stage_move::StageMove,
                $crate::approval::Approval,
                $crate::addendum::Addendum,
                $crate::merge_move::MergeMove,
                $crate::win_model::WinModel,
                $crate::lead_activity::LeadActivity,
                $crate::forecast_adjustment::ForecastAdjustment,
                $crate::snapshot_line::SnapshotLine,
                $crate::owner_change::OwnerChange,
                $crate::value_run_line::ValueRunLine;
            kept:
                $crate::customer_value::CustomerValue,
                $crate::monthly_value::MonthlyValue;
        }
    };
}

/// Calls a macro with the list of pairs of entities of which a store is a [`Linked`](crate::store::Linked): the one that
/// names, and the one that is named. For stores.
#[macro_export]
macro_rules! for_each_pair {
    ($callback:ident) => {
        $callback! {
            ($crate::stage_move::StageMove, $crate::opportunity::Opportunity),
            ($crate::opportunity::Opportunity, $crate::customer::Customer),
        }
    };
}
