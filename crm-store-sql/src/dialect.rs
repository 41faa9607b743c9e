use crm_core::kernel::Value;
use rust_decimal::Decimal;

use crate::{Param, SqlType};

/// What is particular about a database. The conformance suite holds each method to what the
/// others answer.
pub trait Dialect: Send + Sync {
    /// The type of a column.
    fn column_type(&self, sql_type: SqlType) -> &'static str;
    /// What follows the columns in `CREATE TABLE`.
    fn table_options(&self) -> &'static str;
    /// What follows the columns of a table that is nothing but its primary key.
    fn key_table_options(&self) -> &'static str;
    /// A statement after which the database does not try to compress a column; empty where it never does.
    fn uncompressed(&self, table: &str, column: &str) -> String;
    /// What a numbered parameter begins with: `$` or `?`.
    fn mark(&self) -> char;
    /// Whether a statement that a constraint refuses spoils the whole transaction: then a write
    /// asks first whether it will be allowed.
    fn asks_first(&self) -> bool;
    /// Whether the text in `column` has the text in `part` inside.
    fn contains(&self, column: &str, part: &str) -> String;
    /// Whether the JSON list in `column` has the text in `word`.
    fn has(&self, column: &str, word: &str) -> String;
    /// What stands behind `FROM` to have the elements of the JSON list in `column`: each is `element.value`, in the order of
    /// `element.key`; `->>` gives a member of it as text.
    fn elements(&self, column: &str) -> String;
    /// Whether the JSON in `column`, which is not NULL, is a list or an object with nothing in it.
    fn is_bare(&self, column: &str) -> String;
    /// Whether the JSON object in `column` has a member whose name is in the parameter `name`.
    fn has_custom(&self, column: &str, name: &str) -> String;
    /// Of the JSON object in `column`, the member whose name is in the parameter `name`; of that one
    /// its `member`, to be compared with a parameter of this type, text by code point. NULL where
    /// either is absent. Numbers are kept as text.
    fn custom(&self, column: &str, name: &str, member: &str, sql_type: SqlType) -> String;
    /// The column, in a place where the database should not follow its index because another one
    /// leads to fewer rows.
    fn unindexed(&self, column: &str) -> String;
    /// What makes an index in which NULL comes first: nothing where it does by itself.
    fn nulls_first(&self) -> &'static str;
    /// Whether `column` equals one of `values`, which are at least one and never money. `is_key`
    /// says that the column is the key of the table: its index should be asked for each of them.
    /// `bind` gives a parameter its mark.
    fn one_of(
        &self,
        column: &str,
        is_key: bool,
        sql_type: SqlType,
        values: &[Value<'static>],
        bind: &mut dyn FnMut(Param<'static>) -> String,
    ) -> String;
    /// Whether the text in `column` begins with the text in `start`, without an index of the column.
    /// `None` where ranges do, because the database finds the right index by itself.
    fn begins_with(&self, column: &str, start: &str) -> Option<String>;
    /// What stands behind a subquery that is to be asked for each row.
    fn for_each_row(&self) -> &'static str;
    /// What stands behind `FROM` to read, for each row of the subquery `found`, those rows of a table
    /// for which `condition` holds: `found` and `one` are their names there. `found` is read once,
    /// whatever number of rows the database expects of either.
    fn looked_up(&self, found: &str, table: &str, condition: &str) -> String;
    /// Inserts many rows: the tenant is the first parameter, the columns follow in a way that the
    /// session knows.
    fn bulk_insert(
        &self,
        table: &str,
        constants: &[(&str, String)],
        columns: &[(&str, SqlType)],
    ) -> String;
    /// Updates many rows: the tenant is the first parameter; the id, the version that is there and the `columns` that change follow in
    /// a way that the session knows.
    fn bulk_update(&self, table: &str, columns: &[(&str, SqlType)]) -> String;
    /// An amount in units of 10^-4, as a whole number.
    fn units(&self, amount: &str) -> String;
    /// The exact sum of a decimal column, as one or more columns of these types.
    fn sum(&self, column: &str) -> (String, &'static [SqlType]);
    /// Of an amount that is at most twice as large as one may be: what stays below 10^14, and how many times 10^14
    /// the rest is.
    fn carry(&self, amount: &str) -> (String, String);
    /// The same of the sum of a decimal column.
    fn carry_sum(&self, column: &str) -> (String, String);
    /// The first day of the month of the day in `column`.
    fn first_of_month(&self, column: &str) -> String;
    /// The least of the ids in `column`, of a group.
    fn least_id(&self, column: &str) -> String;
    /// The sum that these columns make; `None` when it is beyond 28 digits.
    fn read_sum(&self, parts: &[Value<'static>]) -> Option<Decimal>;
    /// Where an entry of `entity_id` and `version`, both columns of its row, stands in the change
    /// log: not before those of units that ended earlier, nor before earlier ones of its record. May
    /// use the first parameter, the tenant. `clock_table` is for what [`Dialect::setup`] keeps.
    fn change_unit(&self, change_table: &str, clock_table: &str) -> String;
    /// Which entries of the change log nothing can come before any more.
    fn change_horizon(&self, clock_table: &str) -> String;
    /// Statements that this database needs beside the common ones of the first migration.
    fn setup(&self, clock_table: &str) -> Vec<String>;
    /// Locks the rows that a `SELECT` finds until the transaction ends.
    fn for_update(&self) -> &'static str;
    /// Locks the rows that a `SELECT` finds until the transaction ends; others may name them
    /// meanwhile.
    fn for_change(&self) -> &'static str;
    /// How many tables of the name in the first parameter there are, as a whole number.
    fn table_exists(&self) -> &'static str;
}
