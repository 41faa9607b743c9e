//! What the schema says of its indexes.

use std::collections::BTreeSet;

use crm_core::kernel::{Entity, Kind};

use crate::migrate::STEPS;

/// What leads to the rows of a table. A planner without statistics takes any index that has as many
/// columns in a condition for as good as any other.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    /// The columns that an index begins with.
    pub(crate) first: BTreeSet<&'static str>,
    /// Those of them that name another record, by an index that goes on by time or id: the few rows
    /// that name one.
    pub(crate) naming: BTreeSet<&'static str>,
    /// Those of these whose rows come in another order than that of the ids: rather than sort the few,
    /// a planner would walk along all ids.
    pub(crate) in_other_order: BTreeSet<&'static str>,
}

impl Indexes {
    pub(crate) fn of<E: Entity>() -> Self {
        let (mut found, mut by_id) = (Self::default(), BTreeSet::new());
        let field = |name: &str| E::FIELDS.iter().find(|field| field.name == name);
        for line in STEPS.iter().flat_map(|(_, text)| text.lines()) {
            let Some((_, columns)) = index(line).filter(|(table, _)| *table == E::KIND) else {
                continue;
            };
            let mut columns = columns.split([',', ')']).map(str::trim);
            if let (Some("tenant_id"), Some(column), next) =
                (columns.next(), columns.next(), columns.next())
            {
                found.first.insert(column);
                if next == Some("id") {
                    by_id.insert(column);
                }
                let grouped = next.and_then(field).is_some_and(|next| next.kind == Kind::Text);
                if field(column).is_some_and(|field| field.refers_to.is_some()) && !grouped {
                    found.naming.insert(column);
                }
            }
        }
        found.in_other_order = found.naming.difference(&by_id).copied().collect();
        found
    }
}

/// The table and the columns of a line that makes an index.
fn index(line: &'static str) -> Option<(&'static str, &'static str)> {
    line.strip_prefix("CREATE INDEX")?.split_once(" ON {crm}")?.1.split_once(" (")
}

#[cfg(test)]
mod tests {
    use crm_core::{customer::Customer, interaction::Interaction, opportunity::Opportunity};

    use super::Indexes;

    #[test]
    fn an_index_by_time_is_in_another_order_than_that_of_the_ids() {
        let found = Indexes::of::<Interaction>().in_other_order;
        assert!(found.contains("opportunity_id") && found.contains("customer_id"));
        assert!(!found.contains("contact_id"));
        let found = Indexes::of::<Customer>().in_other_order;
        assert!(found.is_disjoint(&["owner_id", "parent_id"].into()));
    }

    #[test]
    fn those_of_a_customer_are_few_and_those_of_a_pipeline_or_a_status_are_not() {
        let found = Indexes::of::<Opportunity>();
        assert!(found.naming.contains("customer_id") && found.naming.contains("owner_id"));
        assert!(!found.naming.contains("pipeline_id") && !found.naming.contains("status"));
        assert!(found.first.contains("pipeline_id") && found.first.contains("status"));
    }
}
