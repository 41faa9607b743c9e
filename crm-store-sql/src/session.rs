use async_trait::async_trait;
use crm_core::{
    Error,
    kernel::{KeptAmounts, Kind, Value},
};

use crate::Dialect;

/// The type of a column or a parameter. A database needs it also for what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlType {
    /// Yes or no.
    Bool,
    /// A whole number of 64 bits.
    Integer,
    /// An exact number with four decimals.
    Decimal,
    /// Text, ordered by code point.
    Text,
    /// A UUID.
    Uuid,
    /// A day.
    Date,
    /// An instant, in microseconds.
    Timestamp,
    /// JSON text.
    Json,
}

impl SqlType {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 8] = [
        Self::Bool,
        Self::Integer,
        Self::Decimal,
        Self::Text,
        Self::Uuid,
        Self::Date,
        Self::Timestamp,
        Self::Json,
    ];
}

impl SqlType {
    /// The columns that keep a kind of value; money has two, its amount and its currency.
    pub const fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Bool => &[Self::Bool],
            Kind::Integer => &[Self::Integer],
            Kind::Decimal => &[Self::Decimal],
            Kind::Money => &[Self::Decimal, Self::Text],
            Kind::Uuid => &[Self::Uuid],
            Kind::Date => &[Self::Date],
            Kind::Timestamp => &[Self::Timestamp],
            Kind::Json | Kind::Tags | Kind::Custom => &[Self::Json],
            _ => &[Self::Text],
        }
    }
}

/// A parameter of a statement: never [`Value::Money`], which is two of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Param<'v> {
    /// Its type, also of [`Value::Null`].
    pub sql_type: SqlType,
    /// Its value.
    pub value: Value<'v>,
}

impl<'v> Param<'v> {
    /// A value of a type.
    pub const fn new(sql_type: SqlType, value: Value<'v>) -> Self {
        Self { sql_type, value }
    }

    /// A UUID.
    pub const fn uuid(uuid: uuid::Uuid) -> Self {
        Self::new(SqlType::Uuid, Value::Uuid(uuid))
    }

    /// A whole number.
    pub const fn integer(number: i64) -> Self {
        Self::new(SqlType::Integer, Value::Integer(number))
    }

    /// Text.
    pub const fn text(text: &'v str) -> Self {
        Self::new(SqlType::Text, Value::text(text))
    }

    /// The same, owned.
    pub fn into_owned(self) -> Param<'static> {
        Param { sql_type: self.sql_type, value: self.value.into_owned() }
    }
}

/// Rows of an answer, one after the other in one list.
#[derive(Debug, Default)]
pub struct Rows {
    /// How many columns.
    pub width: usize,
    /// The values, row by row.
    pub values: Vec<Value<'static>>,
}

impl Rows {
    /// Each row, to take its values out of.
    pub fn each(&mut self) -> impl Iterator<Item = &mut [Value<'static>]> {
        self.values.chunks_mut(self.width.max(1))
    }

    /// The first value of the first row.
    pub fn first(self) -> Option<Value<'static>> {
        self.values.into_iter().next()
    }
}

/// How much a statement may read: a store may run long ones elsewhere than in the caller's task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A record by its key, or a page of a list.
    Short,
    /// A scan, a sum, a large page.
    Long,
}

/// An insert of many rows of one table.
#[derive(Clone, Debug)]
pub struct BulkInsert {
    /// The table, as statements name it.
    pub table: String,
    /// The types of the columns that rows bring.
    pub types: Vec<SqlType>,
    /// Whether a key or a reference may refuse a row.
    pub refusable: bool,
    /// The statement, as [`Dialect::bulk_insert`] has it. Its first parameter is the tenant.
    pub sql: String,
}

impl BulkInsert {
    /// Inserts rows with these columns into a table. `constants` are columns of the same value in
    /// all rows: name and SQL of the value, which may use the first parameter.
    pub(crate) fn new(
        table: String,
        constants: &[(&str, String)],
        columns: &[(&str, SqlType)],
        refusable: bool,
        dialect: &dyn Dialect,
    ) -> Self {
        let sql = dialect.bulk_insert(&table, constants, columns);
        let types = columns.iter().map(|(_, sql_type)| *sql_type).collect();
        Self { table, types, refusable, sql }
    }
}

/// An update of many rows of one table.
#[derive(Clone, Debug)]
pub struct BulkUpdate {
    /// The types of what each row brings: its id, its version, and the columns that change.
    pub types: Vec<SqlType>,
    /// The statement, as [`Dialect::bulk_update`] has it. Its first parameter is the tenant.
    pub sql: String,
}

/// Why a statement was not done.
#[derive(Debug)]
pub enum SessionError {
    /// A key or a reference forbids it. Nothing was written, and the session goes on.
    Constraint,
    /// Anything else.
    Other(Error),
}

impl From<Error> for SessionError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Other(error) => error,
            SessionError::Constraint => Self::Unavailable {
                what: "another unit of work wrote the same at the same time: run it again".into(),
                retryable: true,
                source: None,
            },
        }
    }
}

/// A connection within a transaction.
///
/// Dropping it undoes what it did; a session on a connection that the host lent undoes only its own
/// part.
#[async_trait]
pub trait Session: Send {
    /// What is particular about this database.
    fn dialect(&self) -> &'static dyn Dialect;
    /// Runs a statement that answers with rows of these types.
    async fn query(
        &mut self,
        sql: &str,
        params: Vec<Param<'_>>,
        columns: &[SqlType],
        reach: Reach,
    ) -> Result<Rows, Error>;
    /// Runs a statement that answers with an id and a whole number, or none, as rows come: it may take its time.
    async fn amounts(&mut self, sql: &str, params: Vec<Param<'_>>) -> Result<KeptAmounts, Error>;
    /// Runs a statement, and says how many rows it wrote.
    async fn execute(&mut self, sql: &str, params: Vec<Param<'_>>) -> Result<u64, SessionError>;
    /// Inserts many rows, or none: `values` holds them one after the other.
    async fn insert_bulk(
        &mut self,
        insert: &BulkInsert,
        tenant: Param<'static>,
        values: Vec<Value<'static>>,
    ) -> Result<(), SessionError>;
    /// Updates many rows, or none: `values` holds them one after the other. [`SessionError::Constraint`] also where one of them is not
    /// there, or not in the version that it brings.
    async fn update_bulk(
        &mut self,
        update: &BulkUpdate,
        tenant: Param<'static>,
        values: Vec<Value<'static>>,
    ) -> Result<(), SessionError>;
    /// What asks several questions with one statement, where a statement is a way to a server and
    /// back; `None` where it is none.
    fn union(&mut self) -> Option<&mut dyn Union>;
    /// Makes it last; on a lent connection: gives it to the host's transaction.
    async fn commit(self: Box<Self>) -> Result<(), Error>;
}

/// A session that answers several questions with one statement: a `UNION ALL` of lists that have
/// their columns in different places.
#[async_trait]
pub trait Union: Send {
    /// The name of a type, to cast to.
    fn type_name(&self, sql_type: SqlType) -> &'static str;
    /// The first instant, in UTC, of the day in `column`.
    fn start_of_day(&self, column: &str) -> String;
    /// Whether the key in `column` is among the few values that a `SELECT` finds: its index is asked
    /// for each of them.
    fn is_among(&self, column: &str, select: &str) -> String;
    /// Runs a statement whose first column is the number of the list that a row is of. `lists` says of
    /// each of them which other columns its rows have, and of what types. The rows of each, in their
    /// order.
    async fn query(
        &mut self,
        sql: String,
        params: Vec<Param<'_>>,
        lists: &[Vec<(usize, SqlType)>],
    ) -> Result<Vec<Rows>, Error>;
}
