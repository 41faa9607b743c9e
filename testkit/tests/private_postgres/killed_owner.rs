use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{OWNER, address, open_folder};

#[test]
fn a_killed_owner_leaves_no_server_and_no_folder() {
    let mut owner = owner(&mut Command::new(OWNER));
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = address(&lines.next().unwrap());
    let folder = PathBuf::from(lines.next().unwrap());
    assert!(TcpStream::connect(address).is_ok());
    assert!(folder.exists());

    kill(&mut owner);

    wait_until("the port is closed", || TcpStream::connect(address).is_err());
    wait_until("the folder is gone", || !folder.exists());
}

#[test]
fn an_owner_killed_during_the_start_leaves_no_folder() {
    let root = open_folder();
    for delay in [20, 100, 300, 700, 1000] {
        let mut owner = owner(Command::new(OWNER).env("TMPDIR", root.path()));
        thread::sleep(Duration::from_millis(delay));
        kill(&mut owner);
    }
    // The first look may come before the last server has made its folder.
    thread::sleep(Duration::from_secs(1));
    wait_until("all folders are gone", || is_empty(root.path()));
}

fn owner(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill(owner: &mut Child) {
    owner.kill().unwrap();
    owner.wait().unwrap();
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
