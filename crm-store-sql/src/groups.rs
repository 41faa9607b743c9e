use crm_core::{
    Error,
    kernel::{Sum, Value},
};
use rust_decimal::Decimal;

use crate::{Dialect, Rows, SqlType, catalog::Column, rows::join};

/// The columns of groups that are counted, and of what they add up to.
pub(crate) struct Groups {
    dialect: &'static dyn Dialect,
    /// Of each field, its name and how many columns it has.
    fields: Vec<(&'static str, usize)>,
    keys: Vec<String>,
    order: Vec<String>,
    types: Vec<SqlType>,
    amount: Option<(&'static str, String)>,
    /// What is added up beside it.
    beside: Option<String>,
}

impl Groups {
    pub(crate) fn new(dialect: &'static dyn Dialect) -> Self {
        let (fields, keys, order, types) = Default::default();
        Self { dialect, fields, keys, order, types, amount: None, beside: None }
    }

    /// For each value of a field. `name` says what one of its columns is called.
    pub(crate) fn by(
        &mut self,
        field: &'static str,
        columns: &[Column],
        name: impl Fn(usize, &Column) -> String,
    ) {
        let names: Vec<_> = columns.iter().enumerate().map(|(at, c)| name(at, c)).collect();
        self.fields.push((field, columns.len()));
        self.types.extend(columns.iter().map(|c| c.sql_type));
        // Money is ordered by its currency first.
        self.order.extend(names.iter().rev().cloned());
        self.keys.extend(names);
    }

    /// And for what holds, and what does not.
    pub(crate) fn mark(&mut self, test: String) {
        self.fields.push(("mark", 1));
        self.types.push(SqlType::Bool);
        self.order.push(test.clone());
        self.keys.push(test);
    }

    /// Adds up the amount in these two columns, for each currency.
    pub(crate) fn of(&mut self, field: &'static str, columns: &[Column], prefix: &str) {
        if let [amount, currency] = columns {
            let currency = format!("{prefix}{}", currency.name);
            self.order.push(currency.clone());
            self.keys.push(currency);
            self.types.push(SqlType::Text);
            self.amount = Some((field, format!("{prefix}{}", amount.name)));
        }
    }

    /// Adds up what is in these columns too, where it has the currency of the amount in those.
    pub(crate) fn beside(&mut self, columns: &[Column], of: &[Column]) {
        if let ([amount, currency], [_, other]) = (columns, of) {
            let (amount, currency, other) = (&amount.name, &currency.name, &other.name);
            self.beside = Some(format!("CASE WHEN {currency} = {other} THEN {amount} END"));
        }
    }

    /// What is selected, and its types.
    pub(crate) fn select(&self) -> (String, Vec<SqlType>) {
        let (mut select, mut types) = (self.keys.clone(), self.types.clone());
        select.push("count(*)".to_owned());
        types.push(SqlType::Integer);
        for amount in self.amount.iter().map(|(_, amount)| amount).chain(&self.beside) {
            let (sql, sum_types) = self.dialect.sum(amount);
            select.push(sql);
            types.extend(sum_types);
        }
        (select.join(", "), types)
    }

    /// ` GROUP BY` these, in their order, those of some size and so many; `indexed` where an index
    /// may give the groups.
    pub(crate) fn group_by(&self, indexed: bool, at_least: u64, first: Option<u32>) -> String {
        if self.keys.is_empty() {
            return String::new();
        }
        let order: Vec<_> = self.order.iter().map(|c| format!("{c} ASC NULLS FIRST")).collect();
        let group =
            self.keys.iter().map(|k| if indexed { k.clone() } else { self.dialect.unindexed(k) });
        let group: Vec<_> = group.collect();
        let having = if at_least > 1 {
            format!(" HAVING count(*) >= {}", i64::try_from(at_least).unwrap_or(i64::MAX))
        } else {
            String::new()
        };
        let limit = first.map(|most| format!(" LIMIT {most}")).unwrap_or_default();
        format!(" GROUP BY {}{having} ORDER BY {}{limit}", group.join(", "), order.join(", "))
    }

    /// The groups in these rows. `beyond` says of what a sum is too large.
    pub(crate) fn read(
        &self,
        mut rows: Rows,
        table: &str,
        beyond: impl Fn() -> Error,
    ) -> Result<Vec<Sum>, Error> {
        let corrupt = |column: &str, reason: String| Error::Corrupt {
            table: table.to_owned(),
            row: "a sum".to_owned(),
            column: column.to_owned(),
            reason,
        };
        let mut groups = Vec::new();
        for mut row in rows.each() {
            let mut key = Vec::with_capacity(self.fields.len());
            for (field, width) in &self.fields {
                let (columns, rest) = row.split_at_mut_checked(*width).unwrap_or_default();
                key.push(join(columns).map_err(|reason| corrupt(field, reason))?);
                row = rest;
            }
            let (codes, row) =
                row.split_at_checked(usize::from(self.amount.is_some())).unwrap_or_default();
            let currency = match codes {
                [Value::Text(code)] => {
                    Some(code.parse().map_err(|e| corrupt("currency", format!("{e}")))?)
                }
                _ => None,
            };
            let Some((Value::Integer(count), parts)) = row.split_first() else { continue };
            if *count == 0 {
                continue;
            }
            // Each sum takes the same number of columns.
            let half = if self.beside.is_some() { parts.len() / 2 } else { parts.len() };
            let (amount, beside) = parts.split_at_checked(half).unwrap_or_default();
            let sum = |asked: bool, parts: &[Value<'static>]| match asked {
                true => self.dialect.read_sum(parts).ok_or_else(&beyond),
                false => Ok(Decimal::ZERO),
            };
            let amount = sum(self.amount.is_some(), amount)?.normalize();
            let beside = sum(self.beside.is_some(), beside)?.normalize();
            groups.push(Sum { key, currency, count: count.unsigned_abs(), amount, beside });
        }
        Ok(groups)
    }
}
