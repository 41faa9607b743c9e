//! What the schema says of its indexes.

use std::collections::BTreeSet;

use crate::migrate::STEPS;

/// The columns of a table of ours by which an index leads to few rows, but in another order than that
/// of the ids. A planner without statistics would rather walk along all ids than sort these few.
pub(crate) fn in_other_order(kind: &str) -> BTreeSet<&'static str> {
    let (mut led, mut by_id) = (BTreeSet::new(), BTreeSet::new());
    for line in STEPS.iter().flat_map(|(_, text)| text.lines()) {
        let Some((_, columns)) = index(line).filter(|(table, _)| *table == kind) else {
            continue;
        };
        let mut columns = columns.split([',', ')']).map(str::trim);
        if let (Some("tenant_id"), Some(column), next) =
            (columns.next(), columns.next(), columns.next())
        {
            led.insert(column);
            if next == Some("id") {
                by_id.insert(column);
            }
        }
    }
    led.difference(&by_id).copied().collect()
}

/// The table and the columns of a line that makes an index.
fn index(line: &'static str) -> Option<(&'static str, &'static str)> {
    line.strip_prefix("CREATE INDEX")?.split_once(" ON {crm}")?.1.split_once(" (")
}

#[cfg(test)]
mod tests {
    use super::in_other_order;

    #[test]
    fn an_index_by_time_is_in_another_order_than_that_of_the_ids() {
        let found = in_other_order("interaction");
        assert!(found.contains("opportunity_id") && found.contains("customer_id"));
        assert!(!found.contains("contact_id"));
        assert!(in_other_order("customer").is_disjoint(&["owner_id", "parent_id"].into()));
    }
}
