//! One node's process.

use std::fs::OpenOptions;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use dirchain::client::Client;
use dirchain::home::Home;

use crate::authority::{Authority, configure};
use crate::program::program;
use crate::wait::{START, eventually};

/// How long a node may take to stop in order.
const STOP: Duration = Duration::from_secs(20);
/// Lines of a log shown for a test that fails.
const TAIL_LINES: usize = 25;

/// A node: its home, and its process while it runs.
pub struct Process {
    /// Where its data lies.
    pub home: Home,
    host: Ipv4Addr,
    http_port: u16,
    /// The network namespace it runs in, if one of its own.
    space: Option<String>,
    /// Who vouches for its certificate, where its connections are encrypted.
    authority: Option<Authority>,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// A node that does not run yet. Its log goes to `logs`, outside its home.
    pub fn new(home: Home, http_port: u16, logs: &Path) -> Self {
        let name = home
            .dir()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        Self {
            home,
            host: Ipv4Addr::LOCALHOST,
            http_port,
            space: None,
            authority: None,
            log: logs.join(format!("{name}.log")),
            child: None,
        }
    }

    /// The same in a network namespace, where this process reaches it at `host`: an address that is
    /// not its own machine's only, so that its connections are encrypted.
    #[must_use]
    pub fn in_space(mut self, space: String, host: Ipv4Addr) -> Self {
        let authority = Authority::new();
        authority.certify(&self.home, &[&host.to_string()]);
        configure(&self.home, |config| config.http.public_reading = true);
        self.host = host;
        self.space = Some(space);
        self.authority = Some(authority);
        self
    }

    /// The file of who vouches for its certificate, where its connections are encrypted.
    pub fn authorities(&self) -> Option<PathBuf> {
        let path = self.home.dir().join("authority.pem");
        let authority = self.authority.as_ref()?;
        std::fs::write(&path, authority.pem()).unwrap();
        Some(path)
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        let scheme = self.authority.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}:{}", self.host, self.http_port)
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        let authority = self.authority.as_ref().map(Authority::pem);
        let authority = authority.as_ref().map(String::as_bytes);
        Client::shown(&self.url(), authority, None).unwrap()
    }

    /// The port it answers on.
    pub fn http_port(&self) -> u16 {
        self.http_port
    }

    /// Whether it was started and not stopped or killed since.
    pub fn is_started(&self) -> bool {
        self.child.is_some()
    }

    /// Starts it. Its standard input is a pipe, at whose end it stops by itself: no node outlives
    /// its test, even when that is killed.
    pub fn start(&mut self) {
        self.start_on(&format!("{}:{}", self.host, self.http_port));
    }

    /// Starts it with its explorer at another address.
    pub fn start_on(&mut self, http: &str) {
        assert!(self.child.is_none(), "{} runs already", self.url());
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.unwrap();
        let mut command = match &self.space {
            None => Command::new(program()),
            Some(space) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", space]).arg(program());
                command
            }
        };
        let child = command
            .arg("--home")
            .arg(self.home.dir())
            .args(["run", "--until-stdin-closes", "--http", http])
            .env_remove("DIRCHAIN_HOME")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Waits until its answers are fit for use.
    pub fn wait_until_ready(&mut self) {
        let (url, client) = (self.url(), self.client());
        eventually(&format!("the node at {url} is ready"), START, || {
            self.assert_runs();
            client.is_ready().then_some(())
        });
    }

    /// Waits until it answers at all, whatever state it is in.
    pub fn wait_until_answering(&mut self) {
        let (url, client) = (self.url(), self.client());
        eventually(&format!("the node at {url} answers"), START, || {
            self.assert_runs();
            client.status().is_ok().then_some(())
        });
    }

    /// Waits until its own vote is in what decided its last block.
    pub fn wait_until_voting(&mut self) {
        let (url, client) = (self.url(), self.client());
        let own = self.home.config().unwrap().node;
        eventually(&format!("the node at {url} votes"), START, || {
            self.assert_runs();
            let tip = client.status().ok()?.tip.height;
            let certificate = client.block(tip).ok()?.certificate?;
            let mut signers = certificate.signers.iter();
            signers
                .any(|signer| signer.node.as_ref() == Some(&own))
                .then_some(())
        });
    }

    fn assert_runs(&mut self) {
        let url = self.url();
        let child = self.child.as_mut().expect("a node that was started");
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the node at {url} ended: {ended:?}");
    }

    /// The most memory that its process held at a time, in bytes.
    pub fn memory_bytes_max(&self) -> u64 {
        let child = self.child.as_ref().expect("a node that was started");
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let mut lines = status
            .lines()
            .filter_map(|line| line.strip_prefix("VmHWM:"));
        let held = lines.next().expect("the line of the highest resident size");
        let kib: u64 = held.trim().trim_end_matches(" kB").parse().unwrap();
        kib << 10
    }

    /// Stops it in order.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.stdin.take());
            let status = wait(&mut child, &self.url(), STOP);
            assert!(status.success(), "{} stopped with {status}", self.url());
        }
    }

    /// Freezes it (SIGSTOP).
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen one go on (SIGCONT).
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let child = self.child.as_ref().expect("a node that was started");
        let sent = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "{}", self.url());
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Waits until it ends by itself, for at most `most`.
    pub fn ends(&mut self, most: Duration) -> ExitStatus {
        let mut child = self.child.take().expect("a node that was started");
        // Dropping the pipe would stop it: it is kept until the end.
        let pipe = child.stdin.take();
        let status = wait(&mut child, &self.url(), most);
        drop(pipe);
        status
    }

    /// How it ended, where it ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().unwrap()?;
        self.child = None;
        Some(status)
    }

    /// Removes its database, its engine's log and its guard. Keys, genesis and configuration stay.
    pub fn wipe(&self) {
        assert!(self.child.is_none(), "{} still runs", self.url());
        for dir in [self.home.database_dir(), self.home.engine_dir()] {
            std::fs::remove_dir_all(dir).unwrap();
        }
    }

    /// Copies its database aside, while it stands still.
    pub fn copy_database(&self) -> PathBuf {
        assert!(self.child.is_none(), "{} still runs", self.url());
        let copy = self.home.dir().join("copy");
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(self.home.database_dir()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        copy
    }

    /// Puts a copy of its database in the place of what is there.
    pub fn put_database_back(&self, copy: &Path) {
        assert!(self.child.is_none(), "{} still runs", self.url());
        std::fs::remove_dir_all(self.home.database_dir()).unwrap();
        std::fs::rename(copy, self.home.database_dir()).unwrap();
    }

    /// All that it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }
}

fn wait(child: &mut Child, url: &str, most: Duration) -> ExitStatus {
    let what = format!("the node at {url} ends");
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually(&what, most, || child.try_wait().unwrap())
    }));
    ended.unwrap_or_else(|panic| {
        child.kill().unwrap();
        child.wait().unwrap();
        std::panic::resume_unwind(panic)
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.log.display(), self.log_tail());
        }
        self.kill();
    }
}
