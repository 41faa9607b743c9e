//! The text of a cell as a value of a field: what people and other systems write.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::kernel::{Kind, Money, Phone, PhoneKind, Phones, Tags, Value};

use super::plan::FieldInfo;

/// The value, `None` where an empty cell leaves the field as it is: nothing cannot be put there.
pub(super) fn read(
    field: &FieldInfo,
    text: &str,
    currency: &str,
) -> Result<Option<Value<'static>>, String> {
    if text.is_empty() {
        return Ok(field.nullable.then_some(Value::Null));
    }
    let value = match field.kind {
        Kind::Money => money(text, currency),
        Kind::Date => date(text),
        Kind::Bool => yes_or_no(text),
        Kind::Tags if !text.starts_with('[') => Ok(Value::json(&words(text).collect::<Tags>())),
        Kind::Json if field.name == "phones" && !text.starts_with('[') => Ok(phones(text)),
        kind => Value::parse(kind, text),
    };
    value.map(Some).map_err(|reason| format!("{}: {reason}", field.name))
}

fn money(text: &str, currency: &str) -> Result<Value<'static>, String> {
    let Ok(amount) = Decimal::from_str_exact(text) else {
        return text.parse().map(Value::Money).map_err(|_| {
            format!("{text:?} is not an amount of money (write it like 4821.00 or 4821.00 USD)")
        });
    };
    if currency.is_empty() {
        return Err(format!("{text:?} has no currency: name one for every row, or a column of it"));
    }
    let currency = currency.parse().map_err(|e: crate::kernel::CurrencyError| e.to_string())?;
    Money::new(amount, currency).map(Value::Money).map_err(|e| e.to_string())
}

/// `2017-12-31` and `20171231`.
fn date(text: &str) -> Result<Value<'static>, String> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d")
            .map(Value::Date)
            .map_err(|_| format!("{text:?} is not a day of the calendar"));
    }
    Value::parse(Kind::Date, text)
}

fn yes_or_no(text: &str) -> Result<Value<'static>, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Ok(Value::Bool(true)),
        "false" | "no" | "n" | "0" => Ok(Value::Bool(false)),
        _ => Err(format!("{text:?} is not yes or no")),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',']).map(str::trim).filter(|word| !word.is_empty())
}

fn phones(text: &str) -> Value<'static> {
    let numbers = words(text).map(|n| Phone { kind: PhoneKind::Work, number: n.to_owned() });
    Value::json(&Phones(numbers.collect()))
}
