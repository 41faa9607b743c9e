use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, Write},
};

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, presets,
};
use crm_core::kernel::{Currency, Money};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::failure::Failure;

/// How wide a table may be.
const WIDTH: u16 = 100;

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    /// For programs.
    pub(crate) json: bool,
}

impl Out {
    /// One JSON value on a line.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|e| Failure::Output(e.into()))?;
        writeln!(io::stdout().lock(), "{text}").map_err(Failure::Output)
    }

    /// A line, or several, for people.
    pub(crate) fn line(self, text: impl Display) -> Result<(), Failure> {
        writeln!(io::stdout().lock(), "{}", plain(&text.to_string())).map_err(Failure::Output)
    }

    /// A table; columns from `right` on are numbers.
    pub(crate) fn table(
        self,
        header: &[&str],
        right: usize,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Result<(), Failure> {
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(WIDTH)
            .set_header(header.iter().map(|cell| short(cell, usize::MAX)));
        let mut ids = BTreeSet::new();
        for row in rows {
            ids.extend((0..).zip(&row).filter(|(_, cell)| is_id(cell)).map(|(at, _)| at));
            table.add_row(row.into_iter().map(|cell| Cell::new(short(&cell, usize::MAX))));
        }
        // They are there to be copied.
        for (at, column) in table.column_iter_mut().enumerate() {
            if ids.contains(&at) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for column in table.column_iter_mut().skip(right) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        self.line(table.trim_fmt())
    }
}

fn is_id(cell: &str) -> bool {
    cell.len() == 36 && uuid::Uuid::try_parse(cell).is_ok()
}

/// A field as people call it: `owner` for `owner_id`, `contact person` for `contact_person`.
pub(crate) fn field_name(name: &str) -> String {
    let one = name.strip_suffix("_id").filter(|one| *one != "external");
    one.unwrap_or(name).replace('_', " ")
}

/// `10,005,534.00` for `10005534.00`.
pub(crate) fn grouped(number: impl Display) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// With the decimals of its currency.
pub(crate) fn told(amount: Decimal, currency: Option<Currency>) -> String {
    let money = currency.and_then(|currency| Money::new(amount, currency).ok());
    grouped(money.map_or_else(|| amount.normalize().to_string(), Money::amount_text))
}

/// With the decimals of its currency, for programs.
pub(crate) fn told_plain(amount: Decimal, currency: Currency) -> String {
    told(amount, Some(currency)).replace(',', "")
}

/// The entries of a list.
pub(crate) fn list(json: &mut Value) -> impl Iterator<Item = &mut Value> {
    json.as_array_mut().into_iter().flatten()
}

/// `35.1 %` for a share of 0.3512.
pub(crate) fn percent(share: &str) -> String {
    let share: f64 = share.parse().unwrap_or_default();
    format!("{:.1} %", share * 100.0)
}

/// A bar of at most `width` blocks.
pub(crate) fn bar(part: f64, whole: f64, width: usize) -> String {
    let eighths = if whole > 0.0 { part / whole * (width * 8) as f64 } else { 0.0 };
    let eighths = eighths.round().clamp(0.0, (width * 8) as f64) as usize;
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let some = if eighths == 0 && part > 0.0 { "▏" } else { "" };
    "█".repeat(eighths / 8) + rest.get(eighths % 8).copied().unwrap_or_default() + some
}

/// `1 customer`, `2,000 customers`.
pub(crate) fn counted(number: impl Display, one: &str, many: &str) -> String {
    let number = grouped(number);
    let what = if number == "1" { one } else { many };
    format!("{number} {what}")
}

/// Without characters that steer a terminal, turn the text around, or may not be in XML; line ends stay.
pub(crate) fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// At most `most` columns on one line; a Chinese character takes two.
pub(crate) fn short(text: &str, most: usize) -> String {
    let text = plain(&text.replace(['\n', '\r', '\t'], " "));
    if text.width() <= most {
        return text;
    }
    let mut room = most.saturating_sub(1);
    let fits = |c: &char| {
        let left = room.checked_sub(c.width().unwrap_or(0));
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// In lines of at most `width` columns, where the words allow it.
pub(crate) fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.width();
        if column > 0 {
            let breaks = column + 1 + length > width;
            out.push(if breaks { '\n' } else { ' ' });
            column = if breaks { 0 } else { column + 1 };
        }
        out.push_str(word);
        column += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_plain_names() {
        for (field, name) in
            [("owner_id", "owner"), ("external_id", "external id"), ("tax_number", "tax number")]
        {
            assert_eq!(field_name(field), name);
        }
    }

    #[test]
    fn a_chinese_character_takes_two_columns() {
        assert_eq!(short("三联书店", 8), "三联书店");
        assert_eq!(short("三联书店", 7), "三联书…");
        assert_eq!(short("三联书店", 6), "三联…");
        assert_eq!(short("Acme", 3), "Ac…");
        assert_eq!(wrapped("三联 书店 ab", 8), "三联\n书店 ab");
        assert_eq!(wrapped("三联 书店 ab", 9), "三联 书店\nab");
    }
}
