use crm_core::{
    Error, Result,
    kernel::{Entity, Invalid, Sum, Sums},
};

use crate::{
    Param, Reach, Session, catalog::Catalog, criteria::Where, groups::Groups, read::table,
};

/// The groups, in the order of their keys and currencies: the meaning is
/// [`crm_core::kernel::fold`].
pub(crate) async fn sums<E: Entity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    sums: &Sums<E>,
) -> Result<Vec<Sum>> {
    sums.check()?;
    let table = table::<E>(catalog)?;
    let dialect = session.dialect();
    let found = Where::new(table, dialect, tenant.clone(), &sums.criteria);
    let mut groups = Groups::new(dialect);
    for field in &sums.by {
        groups.by(field.name, table.columns_named::<E>(field.name), |_, c| c.name.clone());
    }
    if let Some(field) = sums.amount {
        let of = table.columns_named::<E>(field.name);
        groups.of(field.name, of, "");
        if let Some(beside) = sums.beside {
            groups.beside(table.columns_named::<E>(beside.name), of);
        }
    }
    let (select, types) = groups.select();
    // Which rows are meant is found by their own index, not by that of the groups.
    let group_by = groups.group_by(sums.criteria.is_everything(), sums.at_least, sums.first);
    let sql = format!("SELECT {select} FROM {}{}{group_by}", table.name, found.sql);
    let rows = session.query(&sql, found.params, &types, Reach::Long).await?;
    let mut groups = groups.read(rows, &table.name, || {
        Error::Invalid(Invalid::field::<E>(sums.amount.map_or("amount", |f| f.name), BEYOND))
    })?;
    // All together are one group also where the statement names none.
    groups.retain(|group| group.count >= sums.at_least);
    groups.truncate(sums.first.map_or(usize::MAX, |most| most as usize));
    Ok(groups)
}

/// What is wrong with a sum that cannot be told.
pub(crate) const BEYOND: &str = "the sum is beyond 28 digits";
