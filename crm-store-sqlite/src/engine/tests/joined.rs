use super::*;

fn host() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t(n INTEGER)").unwrap();
    connection
}

#[test]
fn without_a_transaction_there_is_nothing_to_join() {
    assert!(matches!(Joined::join(&mut host()), Err(EngineError::NoTransaction)));
}

#[test]
fn the_host_decides_over_what_was_joined() {
    let mut host = host();
    for (end, kept) in [("ROLLBACK", 0), ("COMMIT", 2)] {
        host.execute_batch("BEGIN; INSERT INTO t VALUES (1)").unwrap();
        let mut unit = Joined::join(&mut host).unwrap();
        unit.with(insert(2)).unwrap();
        unit.commit().unwrap();
        host.execute_batch(end).unwrap();
        assert_eq!(count(&mut host).unwrap(), kept);
    }
}

#[test]
fn a_dropped_unit_leaves_the_hosts_work() {
    let mut host = host();
    // The host's own savepoint has the same name.
    host.execute_batch("SAVEPOINT crm_joined; INSERT INTO t VALUES (1)").unwrap();
    let mut unit = Joined::join(&mut host).unwrap();
    unit.with(insert(2)).unwrap();
    unit.with(|connection| {
        let mut inner = Joined::join(connection).unwrap();
        inner.with(insert(3)).unwrap();
        Ok(())
    })
    .unwrap();
    assert_eq!(unit.with(count).unwrap(), 2);
    drop(unit);
    assert_eq!(count(&mut host).unwrap(), 1);
    host.execute_batch("RELEASE crm_joined").unwrap();
    assert!(host.is_autocommit());
    assert_eq!(count(&mut host).unwrap(), 1);
}

#[test]
fn a_unit_whose_transaction_is_gone_says_so() {
    let mut host = host();
    host.execute_batch("BEGIN").unwrap();
    let mut unit = Joined::join(&mut host).unwrap();
    assert!(matches!(unit.with(|c| c.execute_batch("ROLLBACK")), Err(EngineError::Lost)));
    assert!(matches!(unit.with(insert(1)), Err(EngineError::Lost)));
    assert!(matches!(unit.commit(), Err(EngineError::Lost)));
    assert_eq!(count(&mut host).unwrap(), 0);
}
