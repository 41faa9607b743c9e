use std::time::{Duration, Instant};

use crm_store_sqlite::rusqlite::Connection;
use sqlx::{AssertSqlSafe, Connection as _, Executor, PgConnection};

use crate::House;

const QUESTIONS: [&[&str]; 9] = [
    &["funnel"],
    &["value", "--by", "won"],
    &["list", "customers"],
    &["changes"],
    &["timeline", "Acme Group"],
    &["workday", "Anna Snow", "--day", "2017-12-31"],
    &["tasks"],
    &["inspect"],
    &["settings"],
];

#[test]
fn readers_do_not_wait_for_a_writer() {
    let house = House::sqlite();
    house.fill();
    let answers = QUESTIONS.map(|args| house.json(args));
    let writer = Connection::open(house.folder.path().join("house.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(QUESTIONS.map(|args| house.json(args)), answers);
    writer.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_foreign_file_gets_no_tables() {
    let house = House::sqlite();
    let foreign = Connection::open(house.folder.path().join("house.db")).unwrap();
    foreign.execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    for args in QUESTIONS {
        let said = house.run(args);
        assert_eq!(said.code, Some(1), "{}", said.out);
        assert!(said.err.contains("schema version 0"), "{}", said.err);
    }
    let tables = foreign.query_row("SELECT group_concat(name) FROM sqlite_schema", [], |row| {
        row.get::<_, String>(0)
    });
    assert_eq!(tables.unwrap(), "theirs");
}

#[test]
fn a_role_that_may_only_select_can_read() {
    let house = House::postgres();
    house.fill();
    let role = format!("reader_{}", std::process::id());
    let run = |statements: String| {
        let db = house.db.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let mut connection = PgConnection::connect(&db).await.unwrap();
            connection.execute(AssertSqlSafe(statements)).await.unwrap();
        });
    };
    run(format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let (_, server) = house.db.split_once('@').unwrap();
    let mut reader = House::postgres();
    reader.db = format!("postgres://{role}:x@{server}");
    reader.set_tenant(&house);
    // A transaction of another test that runs for long holds the change log back: it shows in time.
    let patience = Instant::now() + Duration::from_secs(60);
    let (told, answers) = loop {
        let told = QUESTIONS.map(|args| reader.run(&[args, &["--json"]].concat()));
        let answers = QUESTIONS.map(|args| house.json(args));
        let read =
            told.iter().map(|said| serde_json::from_str::<serde_json::Value>(&said.out).ok());
        if read.eq(answers.iter().cloned().map(Some)) || Instant::now() > patience {
            break (told, answers);
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    run(format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    for (said, answer) in told.iter().zip(answers) {
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&said.out).unwrap(), answer);
    }
}
