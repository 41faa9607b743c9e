use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::error::{EngineError, is_busy};
use super::options::{OpenMode, Options, Synchronous};

const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
const STATEMENTS: usize = 256;

/// Opens the connection that writes, and with it the file: blocking.
pub(super) fn writer(path: &Path, options: &Options) -> Result<Connection, EngineError> {
    inspect(path, options.mode)?;
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.mode == OpenMode::CreateIfMissing {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let failed = |error| EngineError::opening(path, options.busy_timeout, error);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    // A first read before anything that could write: it refuses a file that is not a database.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failed)?;
    let encoding: String =
        connection.pragma_query_value(None, "encoding", |row| row.get(0)).map_err(failed)?;
    if encoding != "UTF-8" {
        return Err(EngineError::Encoding { path: path.to_owned(), encoding });
    }
    if connection.is_readonly("main").map_err(failed)? {
        return Err(EngineError::ReadOnly(path.to_owned()));
    }
    let mode = write_ahead(&connection, options.busy_timeout).map_err(failed)?;
    if !mode.eq_ignore_ascii_case("wal") {
        let path = path.to_owned();
        return Err(EngineError::NoWal { path, mode });
    }
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous).map_err(failed)?;
    configure(&connection, WRITER_CACHE_KIB).map_err(failed)?;
    Ok(connection)
}

/// Asks for a write-ahead log, and answers with the mode there is. SQLite itself does not wait for another
/// that changes the mode of a new file at the same time.
fn write_ahead(connection: &Connection, patience: Duration) -> rusqlite::Result<String> {
    let start = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0)) {
            Err(busy) if is_busy(&busy) && start.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(2));
            }
            answer => return answer,
        }
    }
}

/// Opens one more connection that reads: blocking.
pub(super) fn reader(path: &Path, options: &Options) -> Result<Connection, EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error| EngineError::opening(path, options.busy_timeout, error);
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(options.busy_timeout).map_err(failed)?;
    configure(&connection, READER_CACHE_KIB).map_err(failed)?;
    Ok(connection)
}

/// From here on nobody waits inside SQLite: that would hold up the task's thread.
fn configure(connection: &Connection, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "foreign_keys", true)?;
    // Otherwise SQLite looks at the number given for `LIMIT ?`, and plans every such statement anew
    // each time it runs.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(Duration::ZERO)
}

/// Names what SQLite only calls "unable to open database file".
fn inspect(path: &Path, mode: OpenMode) -> Result<(), EngineError> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(EngineError::IsADirectory(path.to_owned())),
        // Asked for apart from SQLite, because a superuser may write to such a file all the same.
        Ok(found) if found.permissions().readonly() => Err(EngineError::ReadOnly(path.to_owned())),
        // Asked for apart from SQLite, because it takes a file of a few bytes for an empty database.
        Ok(found) if found.len() > 0 && !has_header(path) => {
            Err(EngineError::NotADatabase(path.to_owned()))
        }
        Ok(_) => Ok(()),
        Err(_) => match path.parent() {
            Some(parent) if parent != Path::new("") && !parent.is_dir() => {
                Err(EngineError::MissingDirectory(parent.to_owned()))
            }
            _ if mode == OpenMode::MustExist => Err(EngineError::MissingFile(path.to_owned())),
            _ => Ok(()),
        },
    }
}

/// A file that cannot be read is left to SQLite, which says why.
fn has_header(path: &Path) -> bool {
    let Ok(mut file) = File::open(path) else {
        return true;
    };
    let mut header = [0; 16];
    file.read_exact(&mut header).is_ok() && header == *b"SQLite format 3\0"
}
