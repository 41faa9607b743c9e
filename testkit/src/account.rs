use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::TestPostgresError;

/// The account a server runs as when the tests run as root, which PostgreSQL refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// `None`: the tests do not run as root, and the server runs as they do.
    pub(crate) fn for_server() -> Result<Option<Self>, TestPostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd")
            .map_err(TestPostgresError::io("read the accounts of the machine"))?;
        Self::unprivileged(&accounts).map(Some).ok_or(TestPostgresError::NoAccount)
    }

    pub(crate) fn run(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    fn unprivileged(accounts: &str) -> Option<Self> {
        ["postgres", "nobody"].iter().find_map(|name| Self::named(name, accounts))
    }

    fn named(name: &str, accounts: &str) -> Option<Self> {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2);
        let account = Self { uid: ids.next()?.parse().ok()?, gid: ids.next()?.parse().ok()? };
        (account.uid != 0).then_some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "root:x:0:0:root:/root:/bin/bash\n";
    const NOBODY: &str = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
    const POSTGRES: &str = "postgres:x:105:113:,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn postgres_goes_before_nobody() {
        let both = format!("{ROOT}{NOBODY}{POSTGRES}");
        assert_eq!(Account::unprivileged(&both), Some(Account { uid: 105, gid: 113 }));
        let one = format!("{ROOT}{NOBODY}");
        assert_eq!(Account::unprivileged(&one), Some(Account { uid: 65534, gid: 65534 }));
    }

    #[test]
    fn root_is_no_choice() {
        assert_eq!(Account::unprivileged(ROOT), None);
        assert_eq!(Account::unprivileged("postgres:x:0:0::/:/bin/sh"), None);
    }
}
