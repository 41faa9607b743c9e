//! Pages of classes: of some thousand customers of a run, id, value and class in one text.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use crm_core::{
    kernel::{Id, Invalid},
    value::{CustomerClass, ValueClass},
    value_run::ValueRun,
};
use uuid::Uuid;

/// So many customers are in a page at the most.
pub(crate) const MOST: usize = 2_000;

/// Of each customer: 16 bytes of its id, 8 of what it brings in units of 10^-4, the highest first, and the letter of its class.
const ID: usize = 16;
const UNITS: usize = 8;
const WIDTH: usize = ID + UNITS + 1;

/// As a page keeps them.
pub(crate) fn pack(classes: &[CustomerClass]) -> String {
    let mut bytes = Vec::with_capacity(classes.len() * WIDTH);
    for CustomerClass { customer, units, class } in classes {
        bytes.extend_from_slice(customer.uuid().as_bytes());
        bytes.extend_from_slice(&units.to_be_bytes());
        bytes.extend_from_slice(class.as_str().as_bytes());
    }
    BASE64_STANDARD_NO_PAD.encode(bytes)
}

/// What a page keeps.
pub(crate) fn unpack(page: &str) -> Result<Vec<CustomerClass>, Invalid> {
    let bytes = BASE64_STANDARD_NO_PAD.decode(page).map_err(|_| unreadable())?;
    let (records, rest) = bytes.as_chunks::<WIDTH>();
    if !rest.is_empty() {
        return Err(unreadable());
    }
    records.iter().map(|record| one(record).ok_or_else(unreadable)).collect()
}

/// No page of ours.
pub(crate) fn unreadable() -> Invalid {
    Invalid::field::<ValueRun>("classes", "a page of its classes cannot be read")
}

fn one(record: &[u8; WIDTH]) -> Option<CustomerClass> {
    let (id, rest) = record.split_first_chunk::<ID>()?;
    let (units, class) = rest.split_first_chunk::<UNITS>()?;
    let class: ValueClass = std::str::from_utf8(class).ok()?.parse().ok()?;
    let customer = Id::new(Uuid::from_bytes(*id));
    Some(CustomerClass { customer, units: i64::from_be_bytes(*units), class })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_back_what_was_packed() {
        let units = [i64::MIN, -1, 0, 1, i64::MAX];
        let classes = units.iter().zip(ValueClass::ALL.iter().cycle());
        let classes: Vec<_> = (classes.enumerate())
            .map(|(at, (units, class))| CustomerClass {
                customer: Id::new(Uuid::from_u128(at as u128 * 0x0123_4567_89ab)),
                units: *units,
                class: *class,
            })
            .collect();
        let page = pack(&classes);
        assert_eq!(unpack(&page).unwrap(), classes);
        assert_eq!(unpack("").unwrap(), Vec::new());
        for broken in [&page[1..], &page[..page.len() - 4], "?", &page.replace('A', "!")] {
            assert!(unpack(broken).unwrap_err().to_string().contains("cannot be read"), "{broken}");
        }
    }
}
