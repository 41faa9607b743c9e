//! What records are found by: a row for each term of each record, kept with the record.

use crm_core::{
    Result,
    kernel::{Entity, Holder, Id, Term, TermTest, Value},
};

use crate::{
    BulkInsert, Dialect, Param, Reach, Rows, Session, SqlType,
    catalog::{Catalog, qualified},
};

pub(crate) const COLUMNS: [(&str, SqlType); 3] =
    [("term", SqlType::Text), ("entity_id", SqlType::Uuid), ("entity", SqlType::Text)];
const ORDER: &str = "ORDER BY term, entity_id, entity";
/// Of so many, it is not worth while to look at the other terms of each.
const MANY: u32 = 3_000;
/// So many of them are looked at to see how many have the other terms too.
const SAMPLE: u32 = 300;
/// Where one in so many has, those that are wanted are soon found.
const OFTEN: usize = 4;
/// So many terms are looked up with one statement.
const AT_ONCE: usize = 64;

/// How terms are written.
pub(crate) fn insert(schema: Option<&str>, dialect: &dyn Dialect) -> BulkInsert {
    let constants = [("tenant_id", format!("{}1", dialect.mark()))];
    BulkInsert::new(qualified(schema, "term"), &constants, &COLUMNS, false, dialect)
}

/// Writes the terms of records that have none yet, in the order of the key: a page of the table is
/// then written once for all records of a batch, not once for each.
pub(crate) async fn add<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    records: impl IntoIterator<Item = (Id<E>, Vec<Term>)>,
) -> Result<()> {
    let each = records
        .into_iter()
        .flat_map(|(id, terms)| terms.into_iter().map(move |term| (term, id.uuid())));
    let mut rows: Vec<_> = each.collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_unstable();
    rows.dedup();
    let mut values = Vec::with_capacity(rows.len() * COLUMNS.len());
    for (term, id) in rows {
        values.extend([
            Value::Text(term.into_string().into()),
            Value::Uuid(id),
            Value::text(E::KIND),
        ]);
    }
    Ok(session.insert_bulk(&catalog.terms, tenant.clone(), values).await?)
}

/// Writes the terms of a record in place of those it has.
pub(crate) async fn replace<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    id: Id<E>,
    terms: Vec<Term>,
) -> Result<()> {
    let mark = session.dialect().mark();
    let sql = format!(
        "DELETE FROM {} WHERE tenant_id = {mark}1 AND entity_id = {mark}2 AND entity = {mark}3",
        catalog.terms.table
    );
    let params = vec![tenant.clone(), Param::uuid(id.uuid()), Param::text(E::KIND)];
    session.execute(&sql, params).await?;
    add(session, catalog, tenant, [(id, terms)]).await
}

/// The holders of each term, up to `most` of each.
pub(crate) async fn holders(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    terms: &[Term],
    most: u32,
) -> Result<Vec<Holder>> {
    let mut terms = terms.to_vec();
    terms.sort();
    terms.dedup();
    let dialect = session.dialect();
    let mut holders = Vec::new();
    for some in terms.chunks(AT_ONCE) {
        // Filled up to a power of two with what nothing has: few texts of statements, each kept
        // prepared.
        let width = some.len().next_power_of_two();
        let filled = some.iter().map(Term::as_str).chain(std::iter::repeat("")).take(width);
        let mut params = vec![tenant.clone()];
        params.extend(filled.map(|term| Param::text(term).into_owned()));
        let parts: Vec<_> = (2..width + 2)
            .map(|param| {
                let list = of_term(catalog, dialect, param, most);
                format!("SELECT * FROM (SELECT term, entity_id, entity{list}) AS one")
            })
            .collect();
        let sql = parts.join(" UNION ALL ");
        let types = COLUMNS.map(|(_, sql_type)| sql_type);
        let rows = session.query(&sql, params, &types, Reach::Short).await?;
        read(rows, &mut holders);
    }
    holders.sort();
    Ok(holders)
}

/// How many terms of records pass each test, counted to `most`.
pub(crate) async fn frequency(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    tests: &[TermTest],
    most: u32,
) -> Result<Vec<u32>> {
    let mut counts = Vec::new();
    for test in tests {
        let mut params = vec![tenant.clone()];
        let passes = passes("term", test, session.dialect(), &mut params);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} WHERE tenant_id = {}1 AND {passes} \
             LIMIT {most}) AS counted",
            catalog.terms.table,
            session.dialect().mark()
        );
        let rows = session.query(&sql, params, &[SqlType::Integer], Reach::Short).await?;
        counts.push(match rows.first() {
            Some(Value::Integer(count)) => u32::try_from(count).unwrap_or(most),
            _ => 0,
        });
    }
    Ok(counts)
}

/// Records with a term for each test.
pub(crate) async fn having(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    tests: &[TermTest],
    limit: u32,
) -> Result<Vec<Holder>> {
    let Some((first, others)) = tests.split_first() else { return Ok(Vec::new()) };
    let mut way = Way::Each;
    if others.iter().any(is_beginning) {
        let counts = frequency(session, catalog, tenant, std::slice::from_ref(first), MANY).await?;
        if counts.first() == Some(&MANY) {
            let sample = Way::EachOfSome;
            let both = with_all(session, catalog, tenant, (first, others), sample, SAMPLE).await?;
            if both.len() * OFTEN < SAMPLE as usize {
                way = Way::Sets;
            }
        }
    }
    with_all(session, catalog, tenant, (first, others), way, limit).await
}

/// How records are found that have several terms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Those with the first one are asked for the others, record by record.
    Each,
    /// The same, of the first [`SAMPLE`] only.
    EachOfSome,
    /// Of what the beginnings of words find, sets are made, and what is in all of them is looked up.
    /// An intersection is sorted or hashed as a whole. Asking for each record whether it is in a
    /// subquery is not: PostgreSQL goes through all of the subquery for each record where it expects
    /// more of it than `work_mem` holds, which takes minutes for two words that are frequent.
    Sets,
}

async fn with_all(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    (first, others): (&TermTest, &[TermTest]),
    way: Way,
    limit: u32,
) -> Result<Vec<Holder>> {
    let (dialect, table) = (session.dialect(), &catalog.terms.table);
    let mark = dialect.mark();
    let mut params = vec![tenant.clone()];
    let in_set = |test: &&TermTest| way == Way::Sets && is_beginning(test);
    let mut sql = if way == Way::Sets {
        let tests = std::iter::once(first).chain(others.iter().filter(in_set));
        let all = tests.map(|test| {
            let passes = passes("term", test, dialect, &mut params);
            format!("SELECT entity_id, entity FROM {table} WHERE tenant_id = {mark}1 AND {passes}")
        });
        let found = all.collect::<Vec<_>>().join(" INTERSECT ");
        let passes = passes_too("one.term", first, dialect, &mut params);
        let condition = format!(
            "one.tenant_id = {mark}1 AND one.entity_id = found.entity_id AND \
             one.entity = found.entity AND {passes}"
        );
        let from = dialect.looked_up(&found, table, &condition);
        format!("SELECT one.term, one.entity_id, one.entity FROM {from} WHERE TRUE")
    } else {
        let passes = passes("term", first, dialect, &mut params);
        let some = format!("FROM {table} AS one WHERE tenant_id = {mark}1 AND {passes}");
        if way == Way::EachOfSome {
            format!(
                "SELECT one.term, one.entity_id, one.entity FROM (SELECT term, entity_id, entity \
                 {some} {ORDER} LIMIT {SAMPLE}) AS one WHERE TRUE"
            )
        } else {
            format!("SELECT one.term, one.entity_id, one.entity {some}")
        }
    };
    for test in others.iter().filter(|test| !in_set(test)) {
        let passes = passes_too("other.term", test, dialect, &mut params);
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM {table} AS other WHERE other.tenant_id = {mark}1 AND \
             other.entity_id = one.entity_id AND other.entity = one.entity AND {passes}{})",
            dialect.for_each_row()
        ));
    }
    sql.push_str(&format!(" ORDER BY one.term, one.entity_id, one.entity LIMIT {limit}"));
    let types = COLUMNS.map(|(_, sql_type)| sql_type);
    let rows = session.query(&sql, params, &types, Reach::Long).await?;
    let mut holders = Vec::new();
    read(rows, &mut holders);
    Ok(holders)
}

fn is_beginning(test: &TermTest) -> bool {
    matches!(test, TermTest::BeginsWith(_))
}

/// The test of a column, as a range an index can follow.
fn passes(
    column: &str,
    test: &TermTest,
    dialect: &dyn Dialect,
    params: &mut Vec<Param<'static>>,
) -> String {
    let mark = dialect.mark();
    let mut bind = |text: String| {
        params.push(Param::new(SqlType::Text, Value::Text(text.into())));
        format!("{mark}{}", params.len())
    };
    match test {
        TermTest::Is(term) => format!("{column} = {}", bind(term.as_str().to_owned())),
        TermTest::BeginsWith(start) => {
            let start = start.as_str();
            let (from, to) = (bind(start.to_owned()), bind(format!("{start}{}", char::MAX)));
            format!("{column} >= {from} AND {column} < {to}")
        }
        _ => "FALSE".to_owned(),
    }
}

/// The test of a column of one record's few terms.
fn passes_too(
    column: &str,
    test: &TermTest,
    dialect: &dyn Dialect,
    params: &mut Vec<Param<'static>>,
) -> String {
    if let TermTest::BeginsWith(start) = test {
        let mark = format!("{}{}", dialect.mark(), params.len() + 1);
        if let Some(sql) = dialect.begins_with(column, &mark) {
            params.push(Param::text(start.as_str()).into_owned());
            return sql;
        }
    }
    passes(column, test, dialect, params)
}

/// What follows the columns to list the holders of the term in a parameter.
pub(crate) fn of_term(catalog: &Catalog, dialect: &dyn Dialect, param: usize, most: u32) -> String {
    format!(
        " FROM {} WHERE tenant_id = {mark}1 AND term = {mark}{param} {ORDER} LIMIT {most}",
        catalog.terms.table,
        mark = dialect.mark()
    )
}

pub(crate) fn read(mut rows: Rows, holders: &mut Vec<Holder>) {
    for row in rows.each() {
        if let [Value::Text(term), Value::Uuid(id), Value::Text(entity)] = row {
            holders.push(Holder {
                term: Term::stored(term),
                id: *id,
                entity: std::mem::take(entity).into_owned().into(),
            });
        }
    }
}
