use std::env;
use std::ffi::OsString;

use crate::TestPostgresError;

/// The environment variable that names a running PostgreSQL for tests.
pub const URL_VARIABLE: &str = "CRM_TEST_POSTGRES_URL";

/// The URL in [`URL_VARIABLE`]; `None` when it is unset or empty.
///
/// # Errors
///
/// [`TestPostgresError::InvalidUrl`] and [`TestPostgresError::NotATestDatabase`].
pub fn given_url() -> Result<Option<String>, TestPostgresError> {
    checked(env::var_os(URL_VARIABLE))
}

fn checked(value: Option<OsString>) -> Result<Option<String>, TestPostgresError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let url = value.into_string().map_err(|_| TestPostgresError::InvalidUrl)?;
    let names = database_names(&url).ok_or(TestPostgresError::InvalidUrl)?;
    match names.into_iter().find(|name| !name.to_ascii_lowercase().contains("test")) {
        Some(name) => Err(TestPostgresError::NotATestDatabase { database: name.to_owned() }),
        None => Ok(Some(url)),
    }
}

/// The name in the path, and each `dbname` in the query: drivers let the latter win.
fn database_names(url: &str) -> Option<Vec<&str>> {
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
    let rest = rest.split('#').next().unwrap_or_default();
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = address.split_once('/').map_or("", |(_, path)| path);
    let in_query: Vec<&str> =
        query.split('&').filter_map(|pair| pair.strip_prefix("dbname=")).collect();
    if path.is_empty() && !in_query.is_empty() {
        return Some(in_query);
    }
    Some([path].into_iter().chain(in_query).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<Option<String>, TestPostgresError> {
        checked(Some(url.into()))
    }

    #[test]
    fn nothing_given() {
        assert!(matches!(checked(None), Ok(None)));
        assert!(matches!(check(""), Ok(None)));
    }

    #[test]
    fn a_test_database_is_taken_as_it_is() {
        for url in [
            "postgres://crm:secret@db.example:5433/crm_test",
            "postgresql://127.0.0.1/Test?sslmode=disable",
            "postgres://127.0.0.1?dbname=crm_test",
        ] {
            assert_eq!(check(url).unwrap().as_deref(), Some(url));
        }
    }

    #[test]
    fn any_other_database_is_refused() {
        for (url, found) in [
            ("postgres://test:test@test.example/crm", "crm"),
            ("postgres://127.0.0.1/crm?application_name=test", "crm"),
            ("postgres://127.0.0.1/crm_test?dbname=crm", "crm"),
            ("postgres://127.0.0.1/", ""),
            ("postgres://test@127.0.0.1", ""),
        ] {
            match check(url) {
                Err(TestPostgresError::NotATestDatabase { database }) => {
                    assert_eq!(database, found, "{url}");
                }
                other => panic!("{url}: {other:?}"),
            }
        }
    }

    #[test]
    fn only_urls_of_postgres_are_read() {
        for url in ["crm_test", "mysql://127.0.0.1/crm_test", "host=127.0.0.1 dbname=crm_test"] {
            assert!(matches!(check(url), Err(TestPostgresError::InvalidUrl)), "{url}");
        }
    }

    #[test]
    fn a_refusal_names_the_variable_and_keeps_the_password() {
        let message = check("postgres://crm:secret@127.0.0.1/crm").unwrap_err().to_string();
        assert!(message.contains(URL_VARIABLE) && message.contains("\"crm\""), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }
}
