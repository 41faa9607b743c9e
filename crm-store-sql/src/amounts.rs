use crm_core::{
    Result,
    kernel::{AmountsOf, FieldSpec, KeptAmounts, KeptEntity},
};

use crate::{Param, Session, Table, catalog::Catalog, criteria::Where, read::table};

/// Whose a row is and in which currency make the whole key: nothing has to be added up.
const WHOSE_AND_CURRENCY: usize = 2;

/// One amount of each row: the meaning is [`crm_core::kernel::fold_amounts`].
pub(crate) async fn amounts<E: KeptEntity>(
    session: &mut dyn Session,
    catalog: &Catalog,
    tenant: &Param<'static>,
    of: &AmountsOf<E>,
) -> Result<KeptAmounts> {
    of.check()?;
    let (table, whose, dialect) = (table::<E>(catalog)?, of.whose()?.name, session.dialect());
    let mut found = Where::new(table, dialect, tenant.clone(), &of.criteria);
    let plain = found.test_of(table, "", &of.plain);
    let amount = expression(table, of);
    let (units, group) = if E::KEY.len() > WHOSE_AND_CURRENCY {
        let sum = dialect.units(&format!("sum(CASE WHEN {plain} THEN {amount} END)"));
        let all = format!("min(CASE WHEN {plain} THEN 1 ELSE 0 END) = 1");
        (format!("CASE WHEN {all} THEN {sum} END"), format!(" GROUP BY {whose}"))
    } else {
        let units = dialect.units(&amount);
        (format!("CASE WHEN {plain} THEN {units} END"), String::new())
    };
    let sql = format!("SELECT {whose}, {units} FROM {}{}{group}", table.name, found.sql);
    session.amounts(&sql, found.params).await
}

fn expression<E: KeptEntity>(table: &Table, of: &AmountsOf<E>) -> String {
    let column = |field: &&'static FieldSpec<E>| {
        let column = table.columns_named::<E>(field.name).first();
        column.map_or("0", |column| column.name.as_str())
    };
    let mut all = "0".to_owned();
    for (sign, fields) in [("+", &of.plus), ("-", &of.minus)] {
        for field in fields {
            all = format!("{all} {sign} {}", column(field));
        }
    }
    all
}
