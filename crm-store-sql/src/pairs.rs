//! Records of two kinds, of which one names the other: the meaning is [`crm_core::kernel::fold_pairs`].

use crm_core::{
    Error, Result,
    kernel::{
        Cursor, Entity, Invalid, Page, PairField, PairMark, PairSums, Pairs, Query, Sum, Value,
    },
};

use crate::{
    Catalog, Param, Reach, Session, SqlType, Table,
    criteria::Where,
    groups::Groups,
    read::{page, table},
    rows::records,
    sums::BEYOND,
};

/// The groups, in the order of their keys and currencies.
pub(crate) async fn sums<E: Entity, R: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    sums: &PairSums<E, R>,
) -> Result<Vec<Sum>> {
    sums.check()?;
    let (naming, named) = (table::<E>(catalog)?, table::<R>(catalog)?);
    let dialect = session.dialect();
    let mut found = Where::none(naming, dialect, tenant.clone());
    let mark = dialect.mark();
    let mut groups = Groups::new(dialect);
    let (mut inner, mut keys) = (Vec::new(), Vec::new());
    for (at, field) in sums.by.iter().enumerate() {
        match field {
            PairField::Named(field) => {
                let columns = named.columns_named::<R>(field.name);
                groups.by(field.name, columns, |_, c| format!("r.{}", c.name));
            }
            PairField::Naming(field) if sums.once => {
                let columns = naming.columns_named::<E>(field.name);
                let name = |i: usize| format!("key_{at}_{i}");
                keys.extend(columns.iter().map(|c| format!("e.{}", c.name)));
                inner.extend(
                    columns.iter().enumerate().map(|(i, c)| format!("e.{} AS {}", c.name, name(i))),
                );
                groups.by(field.name, columns, |i, _| format!("found.{}", name(i)));
            }
            PairField::Naming(field) => {
                let columns = naming.columns_named::<E>(field.name);
                groups.by(field.name, columns, |_, c| format!("e.{}", c.name));
            }
        }
    }
    for (at, mark) in sums.marks.iter().enumerate() {
        let test = match mark {
            PairMark::Naming(criteria) => {
                let test = found.test_of(naming, "e.", criteria);
                inner.push(format!("max(CASE WHEN {test} THEN 1 ELSE 0 END) AS mark_{at}"));
                format!("(found.mark_{at} = 1)")
            }
            // Nothing is ordered by what is the same for all where that is a bare word.
            PairMark::Named(criteria) => {
                let test = found.test_of(named, "r.", criteria);
                format!("(CASE WHEN {test} THEN 1 ELSE 0 END = 1)")
            }
        };
        groups.mark(test);
    }
    match sums.amount {
        Some(PairField::Naming(field)) => {
            groups.of(field.name, naming.columns_named::<E>(field.name), "e.");
        }
        Some(PairField::Named(field)) => {
            groups.of(field.name, named.columns_named::<R>(field.name), "r.");
        }
        None => {}
    }
    let link = sums.pairs.link.name;
    let joined = format!(" JOIN {} AS r ON r.tenant_id = {mark}1 AND r.id = ", named.name);
    let asks = !sums.pairs.named.is_everything();
    let reads = |field: &PairField<E, R>| matches!(field, PairField::Named(_));
    let marked = sums.marks.iter().any(|mark| matches!(mark, PairMark::Named(_)));
    let reads = sums.by.iter().chain(&sums.amount).any(reads) || marked;
    let mut from = format!("{} AS e", naming.name);
    if asks || (reads && !sums.once) {
        from.push_str(&format!("{joined}e.{link}"));
    }
    matching(&mut found, (naming, named), &sums.pairs, asks);
    if sums.once {
        // One that is named counts once in a group, also where its own fields make the group.
        inner.push(format!("e.{link} AS link"));
        // What holds of one of several is known once all were looked at.
        let (distinct, group) = if sums.marks.is_empty() {
            ("DISTINCT ", String::new())
        } else {
            keys.push(format!("e.{link}"));
            ("", format!(" GROUP BY {}", keys.join(", ")))
        };
        let (select, condition) = (inner.join(", "), &found.sql);
        from = format!("(SELECT {distinct}{select} FROM {from}{condition}{group}) AS found");
        found.sql.clear();
        if reads {
            from.push_str(&format!("{joined}found.link"));
        }
    }
    let (select, types) = groups.select();
    let group_by = groups.group_by(sums.once, 1, None);
    let sql = format!("SELECT {select} FROM {from}{}{group_by}", found.sql);
    let rows = session.query(&sql, found.params, &types, Reach::Long).await?;
    groups.read(rows, &naming.name, || {
        Error::Invalid(match sums.amount {
            Some(PairField::Named(field)) => Invalid::field::<R>(field.name, BEYOND),
            _ => Invalid::field::<E>(sums.amount_name(), BEYOND),
        })
    })
}

/// ` WHERE` both match, in a statement that calls them `e` and `r`.
fn matching<'t, E: Entity, R: Entity>(
    found: &mut Where<'t>,
    (naming, named): (&'t Table, &'t Table),
    pairs: &Pairs<E, R>,
    asks: bool,
) {
    found.sql.push_str(" WHERE ");
    found.of_table(naming, "e.", &pairs.naming);
    if pairs.link.nullable {
        found.sql.push_str(&format!(" AND e.{} IS NOT NULL", pairs.link.name));
    }
    if asks {
        found.sql.push_str(" AND ");
        found.of_table(named, "r.", &pairs.named);
    }
}

/// A page of those that are named.
pub(crate) async fn find<E: Entity, R: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    pairs: &Pairs<E, R>,
    (limit, after): (u32, Option<Cursor>),
) -> Result<Page<R>> {
    pairs.check()?;
    let query = Query::of(pairs.named.clone()).limit(limit).after(after);
    let last = query.check()?;
    let named = table::<R>(catalog)?;
    let mut found = condition(session, catalog, tenant, pairs)?;
    if let Some(values) = last {
        found.sql.push_str(" AND ");
        let id =
            found.bind(Param::new(SqlType::Uuid, values.into_iter().next().unwrap_or(Value::Null)));
        found.sql.push_str(&format!("r.id > {id}"));
    }
    let limit = found.bind(Param::integer(i64::from(query.limit) + 1));
    let sql = format!("{} AS r{} ORDER BY r.id LIMIT {limit}", named.select, found.sql);
    let rows = session.query(&sql, found.params, &named.types, Reach::Long).await?;
    Ok(page(&query, records(named, rows)?))
}

/// How many are named.
pub(crate) async fn count<E: Entity, R: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    pairs: &Pairs<E, R>,
) -> Result<u64> {
    pairs.check()?;
    let named = table::<R>(catalog)?;
    let found = condition(session, catalog, tenant, pairs)?;
    let sql = format!("SELECT count(*) FROM {} AS r{}", named.name, found.sql);
    let rows = session.query(&sql, found.params, &[SqlType::Integer], Reach::Long).await?;
    match rows.first() {
        Some(Value::Integer(count)) => Ok(count.unsigned_abs()),
        _ => Ok(0),
    }
}

/// ` WHERE` an `r` matches that a matching `e` names.
fn condition<'t, E: Entity, R: Entity>(
    session: &dyn Session,
    catalog: &'t Catalog,
    tenant: &Param<'static>,
    pairs: &Pairs<E, R>,
) -> Result<Where<'t>> {
    let (naming, named) = (table::<E>(catalog)?, table::<R>(catalog)?);
    let mut found = Where::none(named, session.dialect(), tenant.clone());
    found.sql.push_str(" WHERE ");
    found.of_table(named, "r.", &pairs.named);
    let (link, mark) = (pairs.link.name, session.dialect().mark());
    found.sql.push_str(&format!(
        " AND EXISTS (SELECT 1 FROM {} AS e WHERE e.tenant_id = {mark}1 AND e.{link} = r.id",
        naming.name
    ));
    // Those that name this one are few: the link leads to them, not what else is asked.
    found.and_match(naming, &session.dialect().unindexed("e."), &pairs.naming);
    found.sql.push(')');
    Ok(found)
}
