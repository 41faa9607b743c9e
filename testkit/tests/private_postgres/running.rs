use std::net::TcpStream;
use std::path::Path;
use std::thread;

use crm_testkit::{PrivateOptions, PrivatePostgres, postgres_url};
use sqlx::Connection as _;

use crate::address;

#[tokio::test]
async fn the_server_of_the_process_is_started_once() {
    let url = postgres_url().unwrap();
    assert_eq!(postgres_url().unwrap(), url);
    assert!(scalar(url, "SELECT current_database()").await.contains("test"));
}

#[tokio::test]
async fn a_private_server_knows_utf8_and_many_connections() {
    let server = start(false);
    assert_eq!(scalar(server.url(), "SHOW server_encoding").await, "UTF8");
    assert_eq!(scalar(server.url(), "SHOW max_connections").await, "200");
    assert_eq!(scalar(server.url(), "SELECT upper('ß北京é')").await, "ß北京É");
}

#[tokio::test]
async fn durable_commits_are_a_choice() {
    for (durable, expected) in [(false, "off"), (true, "on")] {
        let server = start(durable);
        for setting in ["SHOW fsync", "SHOW synchronous_commit", "SHOW full_page_writes"] {
            assert_eq!(scalar(server.url(), setting).await, expected, "{setting}");
        }
    }
}

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = start(false);
    let (address, folder) = (address(server.url()), server.folder().to_owned());
    assert!(TcpStream::connect(address).is_ok());
    assert!(folder.join("log").exists());
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(!Path::new(&folder).exists());
}

#[test]
fn several_start_at_once() {
    let starts: Vec<_> = (0..3).map(|_| thread::spawn(|| start(false))).collect();
    let servers: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    for (index, server) in servers.iter().enumerate() {
        assert!(TcpStream::connect(address(server.url())).is_ok());
        assert!(servers[..index].iter().all(|other| other.url() != server.url()));
    }
}

fn start(durable: bool) -> PrivatePostgres {
    PrivatePostgres::start(PrivateOptions { durable }).unwrap()
}

async fn scalar(url: &str, sql: &'static str) -> String {
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let answer = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    answer
}
