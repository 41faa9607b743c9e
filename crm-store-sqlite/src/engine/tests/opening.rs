use std::fs;
use std::path::Path;

use super::super::OpenMode;
use super::*;

async fn refused(path: &Path) -> EngineError {
    match Engine::open(path, Options::default()).await {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error,
    }
}

fn must_exist() -> Options {
    Options { mode: OpenMode::MustExist, ..Options::default() }
}

#[tokio::test]
async fn a_file_that_is_not_a_database_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let mut lying = b"SQLite format 3\0".to_vec();
    lying.resize(8192, b'x');
    for content in [b"x".to_vec(), b"a letter".to_vec(), vec![b'y'; 100_000], lying] {
        fs::write(&path, &content).unwrap();
        let error = refused(&path).await;
        assert!(matches!(error, EngineError::NotADatabase(_)), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_directory_is_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let error = refused(directory.path()).await;
    assert!(matches!(error, EngineError::IsADirectory(_)), "{error:?}");
}

#[tokio::test]
async fn a_missing_directory_is_not_created() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let error = refused(&missing.join("store.db")).await;
    assert!(matches!(error, EngineError::MissingDirectory(path) if path == missing));
    assert!(!missing.exists());
}

#[tokio::test]
async fn a_missing_file_is_created_only_if_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let missing = Engine::open(&path, must_exist()).await;
    assert!(matches!(missing, Err(EngineError::MissingFile(_))));
    assert!(!path.exists());
    drop(Engine::open(&path, Options::default()).await.unwrap());
    Engine::open(&path, must_exist()).await.unwrap();
}

#[tokio::test]
async fn a_read_only_file_is_refused_and_stays_as_it_is() {
    let fixture = Fixture::new().await;
    let Fixture { engine, path, _directory } = fixture;
    drop(engine);
    let content = fs::read(&path).unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let error = refused(&path).await;
    assert!(matches!(error, EngineError::ReadOnly(_)), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), content);
}

#[tokio::test]
async fn settings_take_effect_on_both_kinds_of_connections() {
    let fixture = Fixture::new().await;
    let text = |name: &'static str| {
        move |c: &mut Connection| {
            c.query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get::<_, rusqlite::types::Value>(0)
            })
        }
    };
    let mut unit = fixture.engine.write().await.unwrap();
    assert_eq!(unit.with(text("journal_mode")).unwrap(), "wal".to_owned().into());
    assert_eq!(unit.with(text("synchronous")).unwrap(), 2.into());
    assert_eq!(unit.with(text("foreign_keys")).unwrap(), 1.into());
    assert_eq!(unit.with(text("busy_timeout")).unwrap(), 0.into());
    let mut reader = fixture.engine.read().await.unwrap();
    assert_eq!(reader.with(text("busy_timeout")).unwrap(), 0.into());
    assert!(reader.with(insert(1)).is_err());
}

#[tokio::test]
async fn the_last_clone_leaves_one_file_behind() {
    let fixture = Fixture::new().await;
    let mut unit = fixture.engine.write().await.unwrap();
    unit.with(insert(1)).unwrap();
    unit.commit().await.unwrap();
    drop(fixture.engine.read().await.unwrap());
    let Fixture { engine, path, _directory } = fixture;
    drop(engine);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_runtime_without_a_timer_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let error = runtime.block_on(refused(&path));
    assert!(matches!(error, EngineError::NoTimer), "{error:?}");
    let mut open = Box::pin(Engine::open(&path, Options::default()));
    assert!(matches!(poll_once(open.as_mut()), Poll::Ready(Err(EngineError::NoRuntime))));
    assert!(!path.exists());
}
