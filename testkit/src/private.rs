use std::env;
use std::fs;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::{TestPostgresError, log, ports, programs};

/// How a private server runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrivateOptions {
    /// Whether commits wait for the disk, as in production. Tests do not need that; measurements
    /// do, on the disk that holds the system's folder for temporary files.
    pub durable: bool,
}

/// A PostgreSQL server of this process alone, on a free port of 127.0.0.1, with an empty database
/// `crm_test`. It stops, and its folder goes, when this is dropped and when the process ends, even
/// by SIGKILL.
#[derive(Debug)]
pub struct PrivatePostgres {
    url: String,
    folder: PathBuf,
    keeper: Child,
}

impl PrivatePostgres {
    /// Starts a server and waits until it takes connections. As root, the server runs as the
    /// account `postgres`, else `nobody`.
    ///
    /// # Errors
    ///
    /// [`TestPostgresError`] when PostgreSQL is not installed or does not come up.
    pub fn start(options: PrivateOptions) -> Result<Self, TestPostgresError> {
        let programs = programs::find()?;
        let account = Account::for_server()?;
        let mut attempt = 1;
        loop {
            let port = ports::free().map_err(TestPostgresError::io("find a free port"))?;
            let server = Self::spawn(&programs, account, port, options)?;
            match server.wait_until_ready() {
                Ok(()) => return Ok(server),
                Err(TestPostgresError::NotStarted { log, .. })
                    if attempt < ATTEMPTS && log.contains("could not bind") =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The URL of the database `crm_test`, for its superuser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder with the server's data and its file `log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn spawn(
        programs: &Path,
        account: Option<Account>,
        port: u16,
        options: PrivateOptions,
    ) -> Result<Self, TestPostgresError> {
        let mut keeper = keeper(programs, account, port, options)
            .spawn()
            .map_err(TestPostgresError::io("run sh, which keeps the server"))?;
        let (folder, complaint) = first_words(&mut keeper)
            .map_err(TestPostgresError::io("hear from sh, which keeps the server"))?;
        let server = Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/crm_test"),
            folder: PathBuf::from(folder.trim_end_matches('\n')),
            keeper,
        };
        if server.folder.as_os_str().is_empty() {
            return Err(TestPostgresError::NotStarted { reason: "has no folder", log: complaint });
        }
        Ok(server)
    }

    fn wait_until_ready(&self) -> Result<(), TestPostgresError> {
        let deadline = Instant::now() + START_TIME;
        let reason = loop {
            if is_ready(&self.folder.join("data/postmaster.pid")) {
                return Ok(());
            }
            if self.folder.join("stopped").exists() {
                break "did not start";
            }
            if Instant::now() > deadline {
                break "took too long to start";
            }
            thread::sleep(Duration::from_millis(10));
        };
        Err(TestPostgresError::NotStarted { reason, log: log::tail(&self.folder.join("log")) })
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

const ATTEMPTS: u32 = 5;
const START_TIME: Duration = Duration::from_secs(180);

const FIXED_SETTINGS: [&str; 3] =
    ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"];
const HASTY_SETTINGS: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
const DURABLE_SETTINGS: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// The `sh` that runs the server for as long as its standard input, our pipe, stays open. It has a
/// process group of its own, so that Ctrl-C in a terminal leaves it the time to clean up.
fn keeper(
    programs: &Path,
    account: Option<Account>,
    port: u16,
    options: PrivateOptions,
) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(include_str!("serve.sh")).arg("sh").arg(programs).arg(port.to_string());
    let speed = if options.durable { DURABLE_SETTINGS } else { HASTY_SETTINGS };
    for setting in FIXED_SETTINGS.into_iter().chain(speed) {
        command.arg("-c").arg(setting);
    }
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(account) = account {
        account.run(&mut command);
    }
    command
}

/// What the keeper prints before it turns to its log: the folder, or a complaint.
fn first_words(keeper: &mut Child) -> std::io::Result<(String, String)> {
    let (mut folder, mut complaint) = (String::new(), String::new());
    if let Some(mut output) = keeper.stdout.take() {
        output.read_to_string(&mut folder)?;
    }
    if let Some(mut output) = keeper.stderr.take() {
        output.read_to_string(&mut complaint)?;
    }
    Ok((folder, complaint))
}

/// The server itself writes this once it listens, so a stranger on its port cannot pass for it.
fn is_ready(pid_file: &Path) -> bool {
    fs::read_to_string(pid_file)
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|status| status.trim_end() == "ready"))
}
