//! The change log follows the transaction numbers of its server. Data that was restored into another
//! server are ahead of that one's numbers.

use crm_core::{
    Error, Result,
    kernel::{Scope, Value},
};
use crm_store_sql::{Catalog, Param, Reach, Session, SqlType};

/// Whether the tenant's change log is ahead of this server.
pub(crate) async fn check_clock(
    session: &mut dyn Session,
    catalog: &Catalog,
    scope: &Scope,
) -> Result<()> {
    let (change, clock) = (catalog.name("change"), catalog.name("change_clock"));
    // The last one of an index: asked whether there are any beyond, the server expects a third of
    // the log there and reads all of it.
    let sql = format!(
        "SELECT coalesce((SELECT unit FROM {change} WHERE tenant_id = $1 ORDER BY unit DESC LIMIT 1) \
         >= (SELECT ahead FROM {clock}) + pg_snapshot_xmax(pg_current_snapshot())::text::bigint, FALSE)"
    );
    let tenant = vec![Param::uuid(scope.tenant.0)];
    let ahead = session.query(&sql, tenant, &[SqlType::Bool], Reach::Short).await?;
    if ahead.first() == Some(Value::Bool(true)) {
        return Err(Error::Unavailable {
            what:
                "the change log was written by another server, from which this one was restored: \
                   call `PostgresStore::after_restore` once, or followers would miss changes"
                    .to_owned(),
            retryable: false,
            source: None,
        });
    }
    Ok(())
}

/// Puts the clock so far ahead that new entries stand after all that are there. Writers wait.
pub(crate) fn go_on(catalog: &Catalog) -> [String; 2] {
    let (change, clock) = (catalog.name("change"), catalog.name("change_clock"));
    let now = "pg_current_xact_id()::text::bigint";
    [
        format!("LOCK TABLE {change} IN SHARE ROW EXCLUSIVE MODE"),
        format!(
            "UPDATE {clock} SET ahead = last.unit + 1 - {now} \
             FROM (SELECT max(unit) AS unit FROM {change}) AS last \
             WHERE last.unit >= ahead + {now}"
        ),
    ]
}
