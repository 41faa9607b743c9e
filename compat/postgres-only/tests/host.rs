//! A host on PostgreSQL alone: nothing of SQLite or MySQL may reach its lock file.

use crm_core as _;
use crm_store_postgres as _;
use sqlx::Connection as _;

#[test]
fn no_other_database_is_locked() {
    for package in ["libsqlite3-sys", "rusqlite", "sqlx-sqlite", "sqlx-mysql"] {
        let entry = format!("name = \"{package}\"");
        assert!(
            !include_str!("../Cargo.lock").contains(&entry),
            "{package} is locked"
        );
    }
}

#[tokio::test]
async fn postgres_answers() {
    let url = crm_testkit::postgres_url().unwrap();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let answer: i32 = sqlx::query_scalar("SELECT 42")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(answer, 42);
}
