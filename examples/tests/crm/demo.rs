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

#[test]
fn a_rollback_of_the_host_takes_ours_with_it() {
    for house in [House::sqlite(), House::postgres()] {
        let said = house.run(&["demo", "--customers", "30"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        let lines: Vec<_> = said.out.lines().collect();
        let at = lines.iter().position(|line| line.contains("rolls its own")).unwrap();
        let part = lines[at + 1..at + 5].join("\n");
        let numbers: Vec<u64> =
            part.replace(',', "").split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [ours, none, log, within, one, about, after, gone, log_after] = numbers[..] else {
            panic!("{part}")
        };
        assert_eq!((none, within, one, after, gone), (0, ours + 1, 1, ours, 0), "{part}");
        assert!(log > 30 && about == 3 && log_after == log, "{part}");
        assert!(part.ends_with("Nothing is left, not even in the change log."), "{part}");
        assert_eq!(
            house.json(&["list", "opportunities", "--limit", "10000"])["items"]
                .as_array()
                .unwrap()
                .len() as u64,
            ours
        );
    }
}

#[test]
fn the_story_counts_one_as_one_and_cuts_no_amount() {
    let said = run(&["demo", "--customers", "1"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.contains("1 customer with 1 contact, "), "{}", said.out);
    for wrong in [" 1 customers", " 1 contacts", " 1 opportunities", " 1 steps", " 1 rows"] {
        assert!(!said.out.contains(wrong), "{wrong}: {}", said.out);
    }
    let said = run(&["demo", "--customers", "200"]);
    let steps: Vec<_> = said.out.lines().filter(|line| line.contains("  opportunity  ")).collect();
    assert!(!steps.is_empty(), "{}", said.out);
    assert!(steps.iter().all(|line| line.ends_with(" EUR")), "{steps:#?}");
    assert!(said.out.contains("somebody was faster, it belongs to "), "{}", said.out);
    assert!(said.out.contains(" UTC.\n"), "since when: {}", said.out);
}

fn sqlite_of_seed(seed: &str) -> serde_json::Value {
    House::sqlite().json(&["demo", "--customers", "40", "--seed", seed])
}

#[test]
fn the_demo_says_how_fast_a_house_answers() {
    for house in [House::sqlite(), House::postgres()] {
        let told = house.json(&["demo", "--customers", "2000"]);
        let speed = told["speed"].as_array().unwrap();
        let asked: Vec<_> = speed.iter().map(|one| one["asked"].as_u64().unwrap()).collect();
        assert!(matches!(asked[..], [200, searches, 80] if searches >= 200), "{speed:?}");
        assert!(speed[0]["question"].as_str().unwrap().contains("10000 events"), "{speed:?}");
        for one in speed {
            let [median, p95, most] =
                ["median_ms", "p95_ms", "most_ms"].map(|key| one[key].as_f64().unwrap());
            assert!(0.0 < median && median <= p95 && p95 <= most, "{one}");
        }
        let listed = house.json(&["list", "customers", "--limit", "10000"]);
        assert_eq!(listed["items"].as_array().unwrap().len(), 2_000);
    }
    let said = run(&["demo", "--customers", "50"]);
    assert!(said.out.contains("How fast 50 customers answer"), "{}", said.out);
    assert!(said.out.contains("newest 50 of a customer's 250 events"), "{}", said.out);
}
