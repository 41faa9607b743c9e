use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crm_testkit::{PrivateOptions, PrivatePostgres};
use sqlx::Connection as _;

use crate::{OWNER, open_folder};

#[test]
fn a_folder_without_programs_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = start_with(folder.path());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(message.contains(folder.path().to_str().unwrap()), "{message}");
    assert!(message.contains("CRM_TEST_PG_BIN"), "{message}");
}

#[test]
fn a_server_that_fails_shows_its_log() {
    let folder = open_folder();
    for name in ["initdb", "postgres"] {
        write_program(&folder.path().join(name), "echo the disk is full >&2; exit 1");
    }
    let output = start_with(folder.path());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(message.contains("did not start") && message.contains("the disk is full"), "{message}");
}

/// The last `-p` wins: the stand-in sends the first server to a port that is taken.
#[tokio::test]
async fn a_port_that_was_taken_meanwhile_is_left_for_another() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let real = real_programs().await;
    let folder = open_folder();
    write_program(&folder.path().join("initdb"), &format!("exec '{real}/initdb' \"$@\""));
    let seen = folder.path().join("seen");
    write_program(
        &folder.path().join("postgres"),
        &format!(
            "if [ \"$1\" != --single ] && mkdir '{}'; then set -- \"$@\" -p {port}; fi\n\
             exec '{real}/postgres' \"$@\"",
            seen.display()
        ),
    );
    let output = start_with(folder.path());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{message}");
    assert!(seen.exists());
}

async fn real_programs() -> String {
    let server = PrivatePostgres::start(PrivateOptions::default()).unwrap();
    let mut connection = sqlx::PgConnection::connect(server.url()).await.unwrap();
    sqlx::query_scalar("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

/// In a process of its own: the variable is read from the environment.
fn start_with(programs: &Path) -> Output {
    Command::new(OWNER).env("CRM_TEST_PG_BIN", programs).stdin(Stdio::null()).output().unwrap()
}

fn write_program(file: &Path, body: &str) {
    fs::write(file, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}
