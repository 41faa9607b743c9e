use crate::{House, house::run};

#[test]
fn the_demo_tells_its_story_in_a_hundred_columns() {
    let said = run(&["demo", "--customers", "60"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for words in
        ["60 customers", "Prospecting", "best 20 %", "has it.", "somebody was faster", "is refused"]
    {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let widest = said.out.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}: {}", said.out);
}

#[test]
fn the_same_seed_makes_the_same_house_in_both_stores() {
    let (sqlite, postgres) = (House::sqlite(), House::postgres());
    let args = ["demo", "--customers", "40", "--seed", "7"];
    let (one, other) = (sqlite.json(&args), postgres.json(&args));
    for key in ["records", "funnel", "value"] {
        assert_eq!(one[key], other[key], "{key}");
    }
    assert_ne!(one["value"], sqlite_of_seed("8")["value"]);
    let again = sqlite.run(&args);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("40 customers already"), "{}", again.err);
}

fn sqlite_of_seed(seed: &str) -> serde_json::Value {
    House::sqlite().json(&["demo", "--customers", "40", "--seed", seed])
}
