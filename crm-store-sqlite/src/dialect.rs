use crm_core::kernel::Value;
use crm_store_sql::{Dialect, Param, SqlType};
use rust_decimal::Decimal;

/// What is particular about SQLite.
#[derive(Debug)]
pub(crate) struct Sqlite;

/// Sums are made of two whole numbers, so that they cannot overflow: amounts are whole numbers of
/// 10^-4, below 10^18, and this is where they are cut.
const HALF: i64 = 1_000_000_000;

/// 10^14 in units of 10^-4: one more than an amount has.
const BEYOND: i64 = 1_000_000_000_000_000_000;

impl Dialect for Sqlite {
    fn column_type(&self, sql_type: SqlType) -> &'static str {
        match sql_type {
            SqlType::Bool | SqlType::Integer | SqlType::Decimal | SqlType::Timestamp => "INTEGER",
            SqlType::Uuid => "BLOB",
            _ => "TEXT",
        }
    }
    /// Without statistics SQLite takes an index that gives the order, or the groups, for the best
    /// one, and goes through all of the tenant's rows.
    fn unindexed(&self, column: &str) -> String {
        format!("+{column}")
    }
    fn table_options(&self) -> &'static str {
        " STRICT"
    }
    fn key_table_options(&self) -> &'static str {
        " STRICT, WITHOUT ROWID"
    }
    fn uncompressed(&self, _: &str, _: &str) -> String {
        String::new()
    }
    fn mark(&self) -> char {
        '?'
    }
    fn asks_first(&self) -> bool {
        false
    }
    fn contains(&self, column: &str, part: &str) -> String {
        format!("instr({column}, {part}) > 0")
    }
    fn has(&self, column: &str, word: &str) -> String {
        format!("EXISTS (SELECT 1 FROM json_each({column}) WHERE value = {word})")
    }
    fn elements(&self, column: &str) -> String {
        format!("json_each({column}) AS element")
    }
    fn is_bare(&self, column: &str) -> String {
        format!("{column} IN ('[]', '{{}}')")
    }
    fn has_custom(&self, column: &str, name: &str) -> String {
        format!("EXISTS (SELECT 1 FROM json_each({column}) WHERE key = {name})")
    }
    /// By walking the object: no path is built from a name. A number becomes what other numbers
    /// are here, whole units of 10^-4, by moving its point in the text.
    fn custom(&self, column: &str, name: &str, member: &str, sql_type: SqlType) -> String {
        let found = format!(
            "SELECT json_extract(value, '$.{member}') AS found FROM json_each({column}) \
             WHERE key = {name}"
        );
        if sql_type == SqlType::Decimal {
            return format!(
                "(SELECT CAST(CASE instr(found, '.') WHEN 0 THEN found || '0000' ELSE \
                 replace(substr(found || '0000', 1, instr(found, '.') + 4), '.', '') END AS INTEGER) \
                 FROM ({found}))"
            );
        }
        format!("({found})")
    }
    fn nulls_first(&self) -> &'static str {
        ""
    }
    /// The last value fills up to a power of two: few texts of statements, so that a prepared one
    /// is found again.
    fn one_of(
        &self,
        column: &str,
        _is_key: bool,
        sql_type: SqlType,
        values: &[Value<'static>],
        bind: &mut dyn FnMut(Param<'static>) -> String,
    ) -> String {
        let filled = values.iter().chain(values.last().into_iter().cycle());
        let filled = filled.take(values.len().next_power_of_two());
        let marks: Vec<_> = filled.map(|v| bind(Param::new(sql_type, v.clone()))).collect();
        format!("{column} IN ({})", marks.join(", "))
    }
    fn begins_with(&self, _column: &str, _start: &str) -> Option<String> {
        None
    }
    fn for_each_row(&self) -> &'static str {
        ""
    }
    /// Of a cross join, SQLite keeps the order.
    fn looked_up(&self, found: &str, table: &str, condition: &str) -> String {
        format!("({found}) AS found CROSS JOIN {table} AS one ON {condition}")
    }
    /// One row, to be run for each: the columns are the parameters from the second on.
    fn bulk_insert(
        &self,
        table: &str,
        constants: &[(&str, String)],
        columns: &[(&str, SqlType)],
    ) -> String {
        let names = constants.iter().map(|(name, _)| *name);
        let names: Vec<_> = names.chain(columns.iter().map(|(name, _)| *name)).collect();
        let values = constants.iter().map(|(_, sql)| sql.clone());
        let marks = (0..columns.len()).map(|i| format!("?{}", i + 2));
        let values: Vec<_> = values.chain(marks).collect();
        format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
    }
    fn bulk_update(&self, table: &str, columns: &[(&str, SqlType)]) -> String {
        let set = columns.iter().enumerate();
        let set = set.map(|(i, (name, _))| format!(", {name} = ?{}", i + 4));
        format!(
            "UPDATE {table} SET version = version + 1{} \
             WHERE tenant_id = ?1 AND id = ?2 AND version = ?3",
            set.collect::<String>()
        )
    }
    fn units(&self, amount: &str) -> String {
        amount.to_owned()
    }
    fn sum(&self, column: &str) -> (String, &'static [SqlType]) {
        let sql =
            format!("coalesce(sum({column} / {HALF}), 0), coalesce(sum({column} % {HALF}), 0)");
        (sql, &[SqlType::Integer, SqlType::Integer])
    }
    fn carry(&self, amount: &str) -> (String, String) {
        (format!("{amount} % {BEYOND}"), format!("{amount} / {BEYOND}"))
    }
    /// Of halves, as [`Dialect::sum`] is; the high ones of what one amount holds, and the low ones, are no
    /// more than it.
    fn carry_sum(&self, column: &str) -> (String, String) {
        let high = format!("sum({column} / {HALF})");
        let rest = format!("({high} % {HALF} * {HALF} + sum({column} % {HALF}))");
        let (low, carried) = self.carry(&rest);
        (low, format!("{high} / {HALF} + {carried}"))
    }
    fn first_of_month(&self, column: &str) -> String {
        format!("substr({column}, 1, 8) || '01'")
    }
    fn least_id(&self, column: &str) -> String {
        format!("min({column})")
    }
    fn read_sum(&self, parts: &[Value<'static>]) -> Option<Decimal> {
        let [Value::Integer(high), Value::Integer(low)] = parts else { return None };
        let units = i128::from(*high) * i128::from(HALF) + i128::from(*low);
        Decimal::try_from_i128_with_scale(units, 4).ok()
    }
    /// One writes at a time, so that later units stand higher.
    fn change_unit(&self, change_table: &str, _clock_table: &str) -> String {
        format!(
            "1 + coalesce((SELECT unit FROM {change_table} WHERE tenant_id = ?1 \
             ORDER BY unit DESC LIMIT 1), 0)"
        )
    }
    fn change_horizon(&self, _clock_table: &str) -> String {
        "TRUE".to_owned()
    }
    fn setup(&self, _clock_table: &str) -> Vec<String> {
        Vec::new()
    }
    fn for_update(&self) -> &'static str {
        ""
    }
    fn for_change(&self) -> &'static str {
        ""
    }
    fn table_exists(&self) -> &'static str {
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1"
    }
}
