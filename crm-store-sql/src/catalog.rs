use std::{collections::HashMap, fmt::Write};

use crm_core::kernel::{Entity, KeptEntity, Kind};

use crate::{BulkInsert, Dialect, SqlType, indexes::Indexes};

/// Where the tables are, and how each entity lies in its own.
#[derive(Debug)]
pub struct Catalog {
    schema: Option<String>,
    tables: HashMap<&'static str, Table>,
    pub(crate) changes: BulkInsert,
    pub(crate) terms: BulkInsert,
    pub(crate) classes: BulkInsert,
}

/// How an entity lies in its table.
#[derive(Debug)]
pub struct Table {
    /// The table, as statements name it.
    pub name: String,
    /// Its columns, those of the first field first. The tenant and the version come before them.
    pub columns: Vec<Column>,
    /// For each field, which is its first column.
    pub(crate) starts: Vec<usize>,
    /// Whether each field is one column.
    pub(crate) plain: bool,
    pub(crate) indexes: Indexes,
    /// The version, then the columns.
    pub(crate) types: Vec<SqlType>,
    pub(crate) select: String,
    pub(crate) get: String,
    pub(crate) insert: String,
    pub(crate) bulk: BulkInsert,
}

/// A column of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub sql_type: SqlType,
    /// Whether it may be empty.
    pub nullable: bool,
    /// The kind of entity it names.
    pub refers_to: Option<&'static str>,
}

impl Catalog {
    /// The tables in a schema of the database, or where the connection looks for them.
    pub fn new(schema: Option<&str>, dialect: &dyn Dialect) -> Self {
        let schema = schema.map(ToOwned::to_owned);
        let mut tables = HashMap::new();
        macro_rules! add {
            (update: $($entity:ty),+; append: $($added:ty),+; kept: $($kept:ty),+;) => {
                $(tables.insert(<$entity>::KIND, Table::of::<$entity>(schema.as_deref(), dialect));)+
                $(tables.insert(<$added>::KIND, Table::of::<$added>(schema.as_deref(), dialect));)+
                $(tables.insert(<$kept>::KIND, Table::kept::<$kept>(schema.as_deref(), dialect));)+
            };
        }
        crm_core::for_each_entity!(add);
        let changes = crate::changes::insert(schema.as_deref(), dialect);
        let terms = crate::terms::insert(schema.as_deref(), dialect);
        let classes = crate::classes::insert(schema.as_deref(), dialect);
        Self { schema, tables, changes, terms, classes }
    }

    /// The table of an entity.
    pub fn table<E: Entity>(&self) -> Option<&Table> {
        self.tables.get(E::KIND)
    }

    /// Every table of an entity with its columns, in order: what the schema must have.
    pub fn tables(&self) -> Vec<(String, Vec<String>)> {
        let mut all: Vec<_> = self
            .tables
            .values()
            .map(|table| {
                let own = table.columns.iter().map(|c| c.name.clone());
                let columns = ["tenant_id", "version"].into_iter().map(str::to_owned).chain(own);
                (table.name.clone(), columns.collect())
            })
            .collect();
        all.sort();
        all
    }

    /// A table of the library, as statements name it.
    pub fn name(&self, kind: &str) -> String {
        qualified(self.schema.as_deref(), kind)
    }
}

/// `crm_` and the kind, in its schema.
pub(crate) fn qualified(schema: Option<&str>, kind: &str) -> String {
    schema.map_or_else(|| format!("crm_{kind}"), |schema| format!("\"{schema}\".crm_{kind}"))
}

impl Table {
    fn of<E: Entity>(schema: Option<&str>, dialect: &dyn Dialect) -> Self {
        let name = qualified(schema, E::KIND);
        let mut columns = Vec::new();
        let mut starts = Vec::new();
        for field in E::FIELDS {
            starts.push(columns.len());
            for (i, sql_type) in SqlType::of(field.kind).iter().enumerate() {
                let suffix = if i == 0 { "" } else { "_currency" };
                columns.push(Column {
                    name: format!("{}{suffix}", field.name),
                    sql_type: *sql_type,
                    nullable: field.nullable,
                    refers_to: field.refers_to.filter(|_| field.name != "id"),
                });
            }
        }
        let names: Vec<_> = columns.iter().map(|c| c.name.as_str()).collect();
        let list = names.join(", ");
        let mark = dialect.mark();
        let select = format!("SELECT version, {list} FROM {name}");
        let get = format!("{select} WHERE tenant_id = {mark}1 AND id = {mark}2");
        let constants = [("tenant_id", format!("{mark}1")), ("version", "1".to_owned())];
        let typed: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.sql_type)).collect();
        let bulk = BulkInsert::new(name.clone(), &constants, &typed, true, dialect);
        let insert = insert(&name, &columns, schema, dialect);
        let mut types = vec![SqlType::Integer];
        types.extend(columns.iter().map(|c| c.sql_type));
        let plain = E::FIELDS.iter().all(|f| f.kind != Kind::Money);
        let indexes = Indexes::of::<E>();
        Self { name, columns, starts, plain, indexes, types, select, get, insert, bulk }
    }

    /// How an entity lies in its table that stores alone write: rows are added to those that are there.
    fn kept<E: KeptEntity>(schema: Option<&str>, dialect: &dyn Dialect) -> Self {
        let mut table = Self::of::<E>(schema, dialect);
        let constants = [("tenant_id", format!("{}1", dialect.mark())), ("version", "1".into())];
        let typed: Vec<_> = table.columns.iter().map(|c| (c.name.as_str(), c.sql_type)).collect();
        let into = format!("{} AS kept", table.name);
        let mut bulk = BulkInsert::new(into, &constants, &typed, false, dialect);
        bulk.table.clone_from(&table.name);
        bulk.sql.push_str(&added_up::<E>(dialect));
        table.bulk = bulk;
        table
    }

    /// The columns of a field.
    pub(crate) fn columns_of(&self, field: usize) -> &[Column] {
        let start = self.starts.get(field).copied().unwrap_or(self.columns.len());
        let end = self.starts.get(field + 1).copied().unwrap_or(self.columns.len());
        self.columns.get(start..end).unwrap_or_default()
    }

    /// The columns of a field of this name.
    pub(crate) fn columns_named<E: Entity>(&self, name: &str) -> &[Column] {
        E::FIELDS.iter().position(|f| f.name == name).map_or(&[], |at| self.columns_of(at))
    }
}

/// Inserts one row, unless a key is taken.
fn insert(name: &str, columns: &[Column], schema: Option<&str>, dialect: &dyn Dialect) -> String {
    let mark = dialect.mark();
    let names: Vec<_> = columns.iter().map(|c| c.name.as_str()).collect();
    let marks: Vec<_> = (0..columns.len()).map(|i| format!("{mark}{}", i + 2)).collect();
    let (names, marks) = (names.join(", "), marks.join(", "));
    let mut sql = format!("INSERT INTO {name} (tenant_id, version, {names}) ");
    // Writing to a string does not fail.
    let _ = if dialect.asks_first() {
        let references = columns.iter().enumerate().filter_map(|(i, column)| {
            Some(exists(&qualified(schema, column.refers_to?), i + 2, dialect))
        });
        let conditions: Vec<_> = references.collect();
        let conditions =
            if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
        write!(sql, "SELECT {mark}1, 1, {marks} WHERE {conditions}")
    } else {
        write!(sql, "VALUES ({mark}1, 1, {marks})")
    };
    sql.push_str(" ON CONFLICT DO NOTHING");
    sql
}

/// Adds what comes to the row that is there. What is beyond one amount is carried to the column
/// that counts it.
fn added_up<E: KeptEntity>(dialect: &dyn Dialect) -> String {
    let mut set = vec!["version = kept.version + 1".to_owned()];
    for field in E::FIELDS {
        let name = field.name;
        let sum = format!("kept.{name} + excluded.{name}");
        match field.kind {
            Kind::Money => {
                let (rest, carried) = dialect.carry(&format!("({sum})"));
                set.push(format!("{name} = {rest}"));
                let beyond = format!("{name}_beyond");
                set.push(format!("{beyond} = kept.{beyond} + excluded.{beyond} + {carried}"));
            }
            Kind::Integer if !name.ends_with("_beyond") => set.push(format!("{name} = {sum}")),
            _ => {}
        }
    }
    let key = E::KEY.join(", ");
    format!(" ON CONFLICT (tenant_id, {key}) DO UPDATE SET {}", set.join(", "))
}

/// Whether a parameter is empty or names a row of a table, of the tenant in the first parameter.
pub(crate) fn exists(table: &str, param: usize, dialect: &dyn Dialect) -> String {
    let mark = dialect.mark();
    format!(
        "({mark}{param} IS NULL OR EXISTS (SELECT 1 FROM {table} WHERE tenant_id = {mark}1 AND id = {mark}{param}))"
    )
}
