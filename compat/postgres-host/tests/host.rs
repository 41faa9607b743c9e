//! A host on PostgreSQL that keeps something of its own in SQLite, on a rusqlite that sqlx's own
//! SQLite driver could not share. It builds because the store locks no SQLite crate.

use crm_core as _;
use crm_store_postgres as _;
use sqlx::Connection as _;

#[test]
fn no_other_driver_of_sqlx_is_locked() {
    for package in ["sqlx-sqlite", "sqlx-mysql"] {
        let entry = format!("name = \"{package}\"");
        assert!(
            !include_str!("../Cargo.lock").contains(&entry),
            "{package} is locked"
        );
    }
}

#[tokio::test]
async fn both_databases_answer() {
    let url = crm_testkit::postgres_url().unwrap();
    let mut postgres = sqlx::PgConnection::connect(url).await.unwrap();
    let of_postgres: i32 = sqlx::query_scalar("SELECT 42")
        .fetch_one(&mut postgres)
        .await
        .unwrap();

    let sqlite = rusqlite::Connection::open_in_memory().unwrap();
    let of_sqlite: i32 = sqlite.query_row("SELECT 42", (), |row| row.get(0)).unwrap();

    assert_eq!(of_postgres, of_sqlite);
}
