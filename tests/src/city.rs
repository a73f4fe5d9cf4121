//! A city of four nodes on this machine, in a folder of its own.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dirchain::client::{Author, Client, Outcome};
use dirchain::devnet::{Layout, load};
use dirchain_ledger::action::{Action, RegisterDepartment};
use dirchain_ledger::bounded::Text;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Height, TimeMs};
use dirchain_ledger::records::{AdministrativeLevel, Role};
use dirchain_ledger::transaction::SignedTransaction;
use serde_json::Value;

use crate::node::Process;
use crate::ports::Ports;
use crate::program::{Printed, program, run};
use crate::wait::{BLOCK, START, eventually};
use crate::wires::Wires;

/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(180);

/// One city at a time: four nodes on two cores are enough.
static TURN: Mutex<()> = Mutex::new(());

/// What every node of a city agrees on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Height of the last block.
    pub height: Height,
    /// Its hash.
    pub block: Hash,
    /// The state after it.
    pub state_root: Hash,
}

/// Four nodes, their chain and their people's keys.
pub struct City {
    /// The nodes, in order. Dropped first: what they write to goes after them.
    pub nodes: Vec<Process>,
    /// Genesis, keys and homes.
    pub layout: Layout,
    /// Its ports.
    pub ports: Ports,
    /// A folder for whatever a test writes.
    pub scratch: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl City {
    /// Makes the city. Nothing runs yet.
    pub fn new() -> Self {
        Self::since(now())
    }

    /// Makes a city whose chain began so long ago, and starts every node.
    pub fn begun(ago: Duration) -> Self {
        let ago_ms = i64::try_from(ago.as_millis()).unwrap();
        Self::since(TimeMs(now().0 - ago_ms)).up()
    }

    fn since(genesis: TimeMs) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = tempfile::tempdir().unwrap();
        let ports = Ports::take();
        let data = scratch.path().join("city");
        let layout = Layout::open_or_make(&data, 4, ports.network_base(), genesis).unwrap();
        let homes = layout.homes.iter().cloned();
        let nodes = homes
            .zip(ports.http_base()..)
            .map(|(home, port)| Process::new(home, port, scratch.path()))
            .collect();
        Self {
            nodes,
            layout,
            ports,
            scratch,
            _turn: turn,
        }
    }

    /// Makes the city and starts every node.
    pub fn started() -> Self {
        Self::new().up()
    }

    /// Starts every node, and waits until all are ready.
    pub fn up(mut self) -> Self {
        for node in &mut self.nodes {
            node.start();
        }
        for node in &mut self.nodes {
            node.wait_until_ready();
        }
        self
    }

    /// Makes the city with each node in a network namespace of its own, and starts every node.
    pub fn spread(wires: &Wires) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = tempfile::tempdir().unwrap();
        let ports = Ports::take();
        let data = scratch.path().join("city");
        let hosts = (0..4).map(|index| wires.host(index)).collect();
        let layout = Layout::make_spread(&data, hosts, ports.network_base(), now()).unwrap();
        let homes = layout.homes.iter().cloned().enumerate();
        let nodes = homes.map(|(index, home)| {
            Process::new(home, ports.http_base(), scratch.path())
                .in_space(wires.space(index), wires.door(index))
        });
        let nodes = nodes.collect();
        let city = Self {
            nodes,
            layout,
            ports,
            scratch,
            _turn: turn,
        };
        city.up()
    }

    /// Makes the city, starts every node, and loads the sample day through the first.
    pub fn loaded() -> Self {
        let city = Self::started();
        let loaded = load(&city.client(0), &city.layout.city, &AtomicBool::new(false)).unwrap();
        assert!(loaded.steps > 50 && loaded.before == 0, "{loaded:?}");
        city
    }

    /// A client of the node at `index`.
    pub fn client(&self, index: usize) -> Client {
        self.nodes[index].client()
    }

    /// Starts a node that was stopped, and waits until it is ready.
    pub fn start(&mut self, index: usize) {
        self.nodes[index].start();
        self.nodes[index].wait_until_ready();
    }

    /// Height of the last block at a node.
    pub fn height(&self, index: usize) -> Height {
        self.client(index).status().unwrap().tip.height
    }

    /// Waits until every node that runs has the same last block and nothing waits, and checks that
    /// the state is the same.
    pub fn agree(&self) -> Agreed {
        let running: Vec<Client> = self
            .nodes
            .iter()
            .filter(|node| node.is_started())
            .map(Process::client)
            .collect();
        let tips = eventually("every node has the same last block", START, || {
            let tips: Option<Vec<_>> = running
                .iter()
                .map(|client| {
                    let status = client.status().ok()?;
                    let settled = status.node.waiting_transactions == 0;
                    settled.then_some((status.tip.height, status.tip.block))
                })
                .collect();
            tips.filter(|tips| tips.windows(2).all(|pair| pair[0] == pair[1]))
        });
        let (height, block) = tips[0];
        let roots = running.iter().map(|client| {
            let found = client.block(height).expect("the last block");
            assert_eq!(found.header.hash, block, "{}", client.url());
            found.header.state_root
        });
        let roots: Vec<Hash> = roots.collect();
        assert!(
            roots.windows(2).all(|pair| pair[0] == pair[1]),
            "state roots at {height}: {roots:?}"
        );
        Agreed {
            height,
            block,
            state_root: roots[0],
        }
    }

    /// The secret half of a person's key.
    pub fn secret(&self, department: &str, role: Role) -> SecretKey {
        let department = department.parse().unwrap();
        let key = self.layout.city.keys.get(&department, role);
        key.expect("a key of the city").secret.clone()
    }

    /// A person who signs, as the node at `index` knows them.
    pub fn author(&self, index: usize, department: &str, role: Role) -> Author {
        let chain = Some(self.layout.city.genesis.chain());
        Author::new(&self.client(index), self.secret(department, role), chain).unwrap()
    }

    /// The head of a department registers a sub-unit: something to put into a block.
    pub fn sub_unit(department: &str, number: u32) -> Action {
        Action::RegisterDepartment(RegisterDepartment {
            id: format!("{department}.{number}").parse().unwrap(),
            parent: Some(department.parse().unwrap()),
            credit_code: None,
            name: Text::new(format!("测试处 {number}")).unwrap(),
            level: AdministrativeLevel::City,
            region: Text::new("110000").unwrap(),
            head: None,
        })
    }

    /// Has a department's head register a sub-unit through the node at `index`, and waits for it.
    pub fn register(&self, index: usize, department: &str, number: u32) -> Height {
        let sent = self.submit(index, department, number);
        self.committed(index, &sent)
    }

    /// Has a department's head submit the registration of a sub-unit.
    pub fn submit(&self, index: usize, department: &str, number: u32) -> SignedTransaction {
        let (client, key) = (
            self.client(index),
            self.secret(department, Role::Head).public(),
        );
        eventually("the head's last transaction is settled", BLOCK, || {
            let waiting = client.key(&key).expect("the head's key").waiting;
            (waiting == 0).then_some(())
        });
        let mut author = self.author(index, department, Role::Head);
        let action = Self::sub_unit(department, number);
        author.submit(&client, vec![action]).unwrap()
    }

    /// Waits until a transaction is in a block that a node has. Nothing is submitted again.
    pub fn committed(&self, index: usize, sent: &SignedTransaction) -> Height {
        let (client, id) = (self.client(index), sent.id());
        let what = format!("{} has {id} in a block", client.url());
        eventually(&what, BLOCK, || {
            match client.outcome(&id, Duration::from_secs(5)).unwrap() {
                Outcome::Committed(committed) => Some(committed.height),
                Outcome::Refused { message, .. } => panic!("{message}"),
                Outcome::Waiting | Outcome::Unknown => None,
            }
        })
    }

    /// A command against the node at `index`, with the keys of the city's people at hand.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(
        &self,
        index: usize,
        arguments: I,
    ) -> Command {
        let mut command = Command::new(program());
        command
            .arg("--home")
            .arg(self.layout.dir())
            .arg("--passphrase-file")
            .arg(self.layout.passphrase_file())
            .args(["--node", &self.nodes[index].url()])
            .args(arguments);
        if let Some(authorities) = self.nodes[index].authorities() {
            command.env("DIRCHAIN_AUTHORITIES", authorities);
        }
        command
    }

    /// Runs a command against the node at `index`: words with single spaces between them.
    pub fn cli(&self, index: usize, words: &str) -> Printed {
        self.cli_with(index, words.split(' '))
    }

    /// What `dirchain status` says of the node at `index`, ready or not; its exit code says which.
    pub fn status_text(&self, index: usize) -> String {
        let printed = self.cli(index, "status");
        let is_ready = printed.stdout.lines().any(|line| {
            let mut words = line.split_whitespace();
            (words.next(), words.next()) == (Some("ready"), Some("yes"))
        });
        let expected = if is_ready { 0 } else { 3 };
        assert_eq!(printed.status, Some(expected), "{printed:#?}");
        printed.stdout
    }

    /// Runs a command against the node at `index`.
    pub fn cli_with<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(
        &self,
        index: usize,
        arguments: I,
    ) -> Printed {
        run(&mut self.command(index, arguments), self.dir(), COMMAND)
    }

    /// The folder for whatever a test writes.
    pub fn dir(&self) -> &Path {
        self.scratch.path()
    }

    /// What a node answers to questions about the directory as of a height, with each question.
    pub fn answers(&self, index: usize, at: Height) -> Vec<(String, Value)> {
        let client = self.client(index);
        let ask = |path: String| {
            let mark = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{mark}at={at}");
            let answer: Value = client.get(&path, &[]).unwrap();
            (path, answer)
        };
        let mut answers = vec![
            ask("/api/v1/departments?limit=1000".to_owned()),
            ask("/api/v1/resources?limit=1000".to_owned()),
            ask("/api/v1/parameters".to_owned()),
        ];
        for resource in client.resources(&Default::default(), usize::MAX).unwrap() {
            let code = resource.code.as_str().replace('/', "%2F");
            // The sample's own entries; an imported one here and there.
            if !code.starts_with("307001054") && !code.starts_with("307001055")
                || code.ends_with("00")
            {
                for about in ["", "/readers", "/history"] {
                    answers.push(ask(format!("/api/v1/resources/{code}{about}")));
                }
            }
        }
        for department in ["D008", "D047", "D050", "D024", "D001"] {
            for field in 1..=5 {
                for resource in ["103001%2F000001", "101001%2F000001", "102001%2F000001"] {
                    answers.push(ask(format!(
                        "/api/v1/access-check?department={department}&resource={resource}&field={field}"
                    )));
                }
            }
        }
        answers
    }

    /// Checks that every node that runs gives the same answers as of a height.
    pub fn answer_alike(&self, at: Height) {
        let running = (0..self.nodes.len()).filter(|index| self.nodes[*index].is_started());
        let mut answered = running.map(|index| self.answers(index, at));
        let first = answered.next().expect("a node that runs");
        assert!(first.len() > 100, "{} questions", first.len());
        for other in answered {
            assert_eq!(first.len(), other.len());
            for ((path, expected), (_, given)) in first.iter().zip(&other) {
                assert_eq!(expected, given, "{path}");
            }
        }
    }
}

impl Default for City {
    fn default() -> Self {
        Self::new()
    }
}

/// The clock of this machine.
fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    TimeMs(i64::try_from(since.as_millis()).unwrap())
}
