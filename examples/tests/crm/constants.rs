use crate::{
    House,
    house::{SAMPLE, sample},
};

#[test]
fn a_constant_that_no_row_can_have_is_refused_once() {
    let house = House::sqlite();
    let names = house.file("names.csv", "name\nAcme\n");
    let buys = house.file("buys.csv", "customer,date,revenue\nAcme,2017-01-01,5\n");
    let deals = house.file("deals.csv", "external_id,amount\n1,5\n");
    let refused = |kind: &str, file: &str, set: &str, why: &str| {
        let said = house.run(&["import", kind, file, "--set", set]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{set}: {}", said.err);
        let begin = format!("crm: --set {set}: ");
        assert!(said.err.starts_with(&begin) && said.err.contains(why), "{set}: {}", said.err);
    };
    refused("transactions", &buys, "currency=ZZZ", "ZZZ");
    refused("opportunities", &deals, "currency=ZZZ", "ZZZ");
    refused("products", &names, "currency=dollar", "dollar");
    refused("products", &names, "list_price=cheap", "not an amount of money");
    refused("customers", &names, "country=Atlantis", "Atlantis");
    refused("customers", &names, "kind=horse", "horse");
    refused("customers", &names, "employees=many", "whole number");
    refused("opportunities", &deals, "closed_on=soon", "soon");
    refused("opportunities", &deals, "probability=high", "high");
    assert!(!house.folder.path().join("house.db").exists(), "nothing was made");
    refused("opportunities", &deals, "stage=dreaming", "none of this name");
    refused("opportunities", &deals, "owner=Nobody", "none of this name");
    refused("transactions", &buys, "product=Nothing", "none of this name");
}

#[test]
fn constants_that_can_be_are_taken() {
    for house in [House::sqlite(), House::postgres()] {
        house.fill();
        let names = house.file("names.csv", "name\nNew\n");
        let buys = house.file("buys.csv", "customer,date\nAcme Group,2017-01-01\n");
        let deals = house.file("deals.csv", "external_id,customer\nd1,Acme Group\n");
        let taken = |kind: &str, file: &str, sets: &[&str]| {
            let sets = sets.iter().flat_map(|set| ["--set", set]);
            let args: Vec<_> = ["import", kind, file].into_iter().chain(sets).collect();
            let answer = house.json(&args);
            assert_eq!((&answer["new"], &answer["refused"]), (&1.into(), &0.into()), "{answer}");
        };
        let parts = ["kind=person", "parent=Acme Group", "yearly_revenue=5 EUR", "tags=a;b"];
        taken("customers", &names, &parts);
        taken("transactions", &buys, &["revenue=-5", "cost=-3", "currency=EUR"]);
        taken("opportunities", &deals, &["stage=Lost", "closed_on=20170101", "competitor=Bell"]);
        taken("staff", &names, &["manager=Somebody New", "org_unit=New Branch"]);
        taken("products", &names, &["list_price=4.50", "currency=USD"]);
        let mut args = sample(SAMPLE[4]);
        args.extend(["--set", "product=TillPro", "--alias", "product:TillPro=Till Pro"]);
        assert_eq!(house.run(&args).code, Some(0));
    }
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    let house = House::sqlite();
    let names = house.file("names.csv", "name\nAcme\n");
    for (args, why) in [
        (&["customers", "--pipeline", "nope"][..], "--pipeline: only opportunities"),
        (&["staff", "--create-customers"], "--create-customers: only"),
        (&["staff", "--format", "whitespace", "--delimiter", ";"], "--delimiter: only in CSV"),
    ] {
        let said = house.run(&[&["import", args[0], &names], &args[1..]].concat());
        assert_eq!(said.code, Some(1));
        assert!(said.err.contains(why), "{}", said.err);
    }
}
