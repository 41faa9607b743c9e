use super::*;
use crate::value::ValueClass::{self, A, B, C};

type Row = (u32, ValueClass, Option<i64>);

fn run(rows: &[Row]) -> Placements<u32, ValueClass> {
    let placed = |(customer, group, value): &Row| Placed {
        customer: *customer,
        group: *group,
        value: value.map(Decimal::from),
    };
    Placements { currency: Currency::EUR, customers: rows.iter().map(placed).collect() }
}

#[test]
fn the_matrix_counts_everybody_once_and_moves_say_why() {
    let before = [
        (5, A, Some(50)),
        (1, A, Some(900)),
        (2, B, Some(80)),
        (3, B, Some(70)),
        (4, C, None),
        (6, C, Some(0)),
        (7, B, Some(-5)),
    ];
    let after = [
        (8, C, None),
        (2, A, Some(70)),
        (1, B, Some(950)),
        (3, B, Some(75)),
        (4, B, Some(40)),
        (6, B, Some(5)),
        (7, C, Some(-5)),
    ];
    let told = migration(run(&before), run(&after), ValueClass::ALL).unwrap();
    let reasons: Vec<_> =
        told.moves.iter().map(|one| (one.customer, one.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (
                1,
                "It fell from A to B, though it brought 900.00 EUR before and 950.00 EUR now, 5.5556 % more: what the others bring, or the rule, changed."
            ),
            (
                2,
                "It rose from B to A, though it brought 80.00 EUR before and 70.00 EUR now, 12.5 % less: what the others bring, or the rule, changed."
            ),
            (4, "It rose from C to B; what it brought is not known of both runs."),
            (5, "It left: it was in A and brought 50.00 EUR, and is not in this run."),
            (6, "It rose from C to B: it brought 0.00 EUR before and 5.00 EUR now."),
            (
                7,
                "It fell from B to C, though it brings -5.00 EUR as before: what the others bring, or the rule, changed."
            ),
            (8, "It came into C: it was not in the run before."),
        ]
    );
    assert_eq!((told.cells.len(), told.stayed), (15, 1));
    assert_eq!(told.cells.iter().map(|cell| cell.customers).sum::<u64>(), 8);
    let full: Vec<_> = told
        .cells
        .iter()
        .filter(|cell| cell.customers > 0)
        .map(|cell| {
            (
                cell.before,
                cell.after,
                cell.customers,
                cell.value_before.as_str(),
                cell.value_after.as_str(),
            )
        })
        .collect();
    assert_eq!(
        full,
        [
            (Some(A), Some(B), 1, "900.00", "950.00"),
            (Some(B), Some(A), 1, "80.00", "70.00"),
            (Some(B), Some(B), 1, "70.00", "75.00"),
            (Some(B), Some(C), 1, "-5.00", "-5.00"),
            (Some(C), Some(B), 2, "0.00", "45.00"),
            (None, Some(C), 1, "0.00", "0.00"),
            (Some(A), None, 1, "50.00", "0.00"),
        ]
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let refused =
        |before, after, groups: &[ValueClass]| migration(before, after, groups).unwrap_err();
    let one = run(&[(1, A, None)]);
    let dollars = Placements { currency: Currency::USD, ..run(&[]) };
    assert_eq!(refused(one.clone(), dollars, ValueClass::ALL).field, "currency");
    assert_eq!(
        refused(one.clone(), run(&[(1, A, None), (1, B, None)]), ValueClass::ALL).field,
        "customer"
    );
    assert_eq!(refused(one.clone(), run(&[]), &[B, C]).field, "group");
    assert_eq!(refused(one, run(&[]), &[A, B, A]).field, "groups");
}
