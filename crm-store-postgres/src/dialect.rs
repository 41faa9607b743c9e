use crm_core::kernel::Value;
use crm_store_sql::{Dialect, Param, SqlType};
use rust_decimal::Decimal;

/// What is particular about PostgreSQL.
#[derive(Debug)]
pub(crate) struct Postgres;

/// More than an amount has.
const BEYOND: i64 = 100_000_000_000_000;

impl Dialect for Postgres {
    fn column_type(&self, sql_type: SqlType) -> &'static str {
        match sql_type {
            SqlType::Bool => "boolean",
            SqlType::Integer => "bigint",
            SqlType::Decimal => "numeric(18,4)",
            SqlType::Uuid => "uuid",
            SqlType::Date => "date",
            SqlType::Timestamp => "timestamptz",
            SqlType::Json => "jsonb",
            _ => "text COLLATE \"C\"",
        }
    }
    /// The server knows from its statistics.
    fn unindexed(&self, column: &str) -> String {
        column.to_owned()
    }
    fn table_options(&self) -> &'static str {
        ""
    }
    fn key_table_options(&self) -> &'static str {
        ""
    }
    fn uncompressed(&self, table: &str, column: &str) -> String {
        format!("ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    }
    fn mark(&self) -> char {
        '$'
    }
    fn asks_first(&self) -> bool {
        true
    }
    fn contains(&self, column: &str, part: &str) -> String {
        format!("strpos({column}, {part}) > 0")
    }
    fn has(&self, column: &str, word: &str) -> String {
        format!("{column} @> jsonb_build_array({word})")
    }
    fn elements(&self, column: &str) -> String {
        format!("jsonb_array_elements({column}) WITH ORDINALITY AS element (value, key)")
    }
    fn is_bare(&self, column: &str) -> String {
        format!("{column} IN ('[]'::jsonb, '{{}}'::jsonb)")
    }
    fn has_custom(&self, column: &str, name: &str) -> String {
        format!("({column} -> {name}) IS NOT NULL")
    }
    fn custom(&self, column: &str, name: &str, member: &str, sql_type: SqlType) -> String {
        let found = format!("({column} -> {name} ->> '{member}')");
        match sql_type {
            SqlType::Text => format!("({found} COLLATE \"C\")"),
            other => format!("{found}::{}", element(other)),
        }
    }
    fn nulls_first(&self) -> &'static str {
        " NULLS FIRST"
    }
    /// As one parameter that is joined: a list of parameters is compared one by one with every row
    /// as soon as the statement has a generic plan. Keys are not joined: where they are the order of
    /// the answer as well, the server would go through all of the key's index.
    fn one_of(
        &self,
        column: &str,
        is_key: bool,
        sql_type: SqlType,
        values: &[Value<'static>],
        bind: &mut dyn FnMut(Param<'static>) -> String,
    ) -> String {
        let list: serde_json::Value = values.iter().map(Value::to_json).collect();
        let list = bind(Param::new(SqlType::Json, Value::Json(list.to_string().into())));
        let element = element(sql_type);
        let list = format!(
            "SELECT element::{element} FROM jsonb_array_elements_text({list}) AS list (element)"
        );
        if is_key {
            format!("{column} = ANY (ARRAY({list}))")
        } else {
            format!("{column} IN ({list})")
        }
    }
    /// Of a narrow range of texts the server expects one row, where thousands are.
    fn begins_with(&self, column: &str, start: &str) -> Option<String> {
        Some(format!("strpos({column}, {start}) = 1"))
    }
    fn for_each_row(&self) -> &'static str {
        " OFFSET 0"
    }
    /// A join that the server plans itself may go through all that was found for each row of the
    /// table, where it expects few rows of a narrow range of texts.
    fn looked_up(&self, found: &str, table: &str, condition: &str) -> String {
        format!(
            "({found}) AS found CROSS JOIN LATERAL (SELECT * FROM {table} AS one WHERE {condition} \
             OFFSET 0) AS one"
        )
    }
    /// An array for each column, from the second parameter on.
    fn bulk_insert(
        &self,
        table: &str,
        constants: &[(&str, String)],
        columns: &[(&str, SqlType)],
    ) -> String {
        let given: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
        let given = given.join(", ");
        let names: Vec<_> = constants.iter().map(|(name, _)| *name).collect();
        let values: Vec<_> = constants.iter().map(|(_, sql)| sql.as_str()).collect();
        let arrays: Vec<_> = (columns.iter().enumerate())
            .map(|(i, (_, sql_type))| format!("${}::{}[]", i + 2, element(*sql_type)))
            .collect();
        format!(
            "INSERT INTO {table} ({}, {given}) SELECT {}, {given} FROM UNNEST({}) AS given ({given})",
            names.join(", "),
            values.join(", "),
            arrays.join(", ")
        )
    }
    /// An array for each column, as for [`Dialect::bulk_insert`].
    fn bulk_update(&self, table: &str, columns: &[(&str, SqlType)]) -> String {
        let given = [("id", SqlType::Uuid), ("version", SqlType::Integer)];
        let given: Vec<_> = given.iter().chain(columns).collect();
        let arrays: Vec<_> = (given.iter().enumerate())
            .map(|(i, (_, sql_type))| format!("${}::{}[]", i + 2, element(*sql_type)))
            .collect();
        let names: Vec<_> = given.iter().map(|(name, _)| *name).collect();
        let set = columns.iter().map(|(name, _)| format!(", {name} = given.{name}"));
        format!(
            "UPDATE {table} AS one SET version = one.version + 1{} FROM UNNEST({}) AS given ({}) \
             WHERE one.tenant_id = $1 AND one.id = given.id AND one.version = given.version",
            set.collect::<String>(),
            arrays.join(", "),
            names.join(", ")
        )
    }
    fn units(&self, amount: &str) -> String {
        format!("(({amount}) * 10000)::bigint")
    }
    fn sum(&self, column: &str) -> (String, &'static [SqlType]) {
        (format!("coalesce(sum({column}), 0)::text"), &[SqlType::Text])
    }
    fn carry(&self, amount: &str) -> (String, String) {
        (format!("mod({amount}, {BEYOND})"), format!("div({amount}, {BEYOND})::bigint"))
    }
    fn carry_sum(&self, column: &str) -> (String, String) {
        self.carry(&format!("sum({column})"))
    }
    fn first_of_month(&self, column: &str) -> String {
        format!("date_trunc('month', {column})::date")
    }
    /// Before PostgreSQL 18 there is no least UUID.
    fn least_id(&self, column: &str) -> String {
        format!("min({column}::text)::uuid")
    }
    fn read_sum(&self, parts: &[Value<'static>]) -> Option<Decimal> {
        let [Value::Text(sum)] = parts else { return None };
        Decimal::from_str_exact(sum).ok()
    }
    /// Numbers are handed out before commits, but the number of a transaction says which others
    /// may still be running. A transaction that is older than the last one that wrote to the same
    /// record stands with that one; its entries have later ids.
    fn change_unit(&self, change_table: &str, clock_table: &str) -> String {
        format!(
            "GREATEST((SELECT ahead FROM {clock_table}) + pg_current_xact_id()::text::bigint, \
             CASE WHEN version > 1 THEN (SELECT last.unit FROM {change_table} AS last \
             WHERE last.tenant_id = $1 AND last.entity_id = given.entity_id \
             ORDER BY last.version DESC LIMIT 1) END)"
        )
    }
    /// Older than every transaction that still runs: nothing can come before it any more.
    fn change_horizon(&self, clock_table: &str) -> String {
        format!(
            "unit < (SELECT ahead FROM {clock_table}) + \
             pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
    }
    /// How far entries are ahead of this server's transaction numbers: a server to which a dump
    /// was restored counts from the beginning again.
    fn setup(&self, clock_table: &str) -> Vec<String> {
        vec![
            format!("CREATE TABLE {clock_table} (ahead bigint NOT NULL)"),
            format!("INSERT INTO {clock_table} (ahead) VALUES (0)"),
        ]
    }
    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }
    fn for_change(&self) -> &'static str {
        " FOR NO KEY UPDATE"
    }
    fn table_exists(&self) -> &'static str {
        "SELECT count(*) FROM (SELECT to_regclass($1) AS found) AS named WHERE found IS NOT NULL"
    }
}

/// A type without its details, as arrays and casts name it.
pub(crate) const fn element(sql_type: SqlType) -> &'static str {
    match sql_type {
        SqlType::Bool => "boolean",
        SqlType::Integer => "bigint",
        SqlType::Decimal => "numeric",
        SqlType::Uuid => "uuid",
        SqlType::Date => "date",
        SqlType::Timestamp => "timestamptz",
        SqlType::Json => "jsonb",
        _ => "text",
    }
}
