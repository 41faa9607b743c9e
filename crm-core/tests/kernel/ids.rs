use crm_core::{
    customer::Customer,
    kernel::{Actor, Country, Currency, Id, IdSource, SequentialIds, TenantId},
};
use uuid::Uuid;

#[test]
fn ids_of_one_source_come_in_order_and_those_of_another_are_others() {
    let (one, two) = (SequentialIds::new(1), SequentialIds::new(2));
    let ids: Vec<_> = (0..1000).map(|_| one.next()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    assert!((0..1000).all(|_| !ids.contains(&two.next())));
}

#[test]
fn a_derived_id_follows_from_tenant_and_key() {
    let (one, two) = (TenantId(Uuid::from_u128(1)), TenantId(Uuid::from_u128(2)));
    let id = Id::<Customer>::derived(one, "10001");
    assert_eq!(id, Id::derived(one, "10001"));
    assert_ne!(id, Id::derived(one, "10002"));
    assert_ne!(id, Id::derived(two, "10001"));
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    assert!("not an id".parse::<Id<Customer>>().is_err());
}

#[test]
fn somebody_must_be_named() {
    for name in ["", "  ", "a\0b", &"x".repeat(501)] {
        assert!(Actor::new(name).is_err(), "{name:?}");
    }
    assert_eq!(Actor::new("安娜").unwrap().to_string(), "安娜");
}

#[test]
fn countries_are_found_by_what_people_write() {
    let cases =
        [(" us ", "US"), ("deu", "DE"), ("CHINA", "CN"), ("Korea", "KR"), ("Holland", "NL")];
    for (text, code) in cases {
        assert_eq!(text.parse::<Country>().unwrap().code(), code);
    }
    for text in ["", "X", "ZZ", "Atlantis", "😀", "ﬀ"] {
        assert!(text.parse::<Country>().is_err(), "{text}");
    }
    assert_eq!("NA".parse::<Country>().unwrap().name(), "Namibia");
}

#[test]
fn currencies_have_the_decimals_of_the_standard() {
    for (code, decimals) in [("USD", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4)] {
        assert_eq!(code.parse::<Currency>().unwrap().decimals(), decimals, "{code}");
    }
    assert!("usd".parse::<Currency>().is_err() && "".parse::<Currency>().is_err());
}
