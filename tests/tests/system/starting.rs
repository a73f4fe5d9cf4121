//! A node that cannot start says why, ends, and harms nothing.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use dirchain::devnet::Layout;
use dirchain_ledger::ids::TimeMs;
use dirchain_tests::{City, Process, configure};

const END: Duration = Duration::from_secs(30);

/// Starts a node that has to end by itself with an error, and gives the log's last line.
fn refusal(node: &mut Process) -> String {
    node.start();
    let status = node.ends(END);
    assert_eq!(status.code(), Some(1), "{}", node.log_tail());
    let log = node.log();
    log.lines().last().expect("a line").to_owned()
}

#[test]
fn a_port_in_use_is_named() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    city.nodes[3].stop();
    let http = city.nodes[3].http_port();
    let network = city.ports.network_base() + 3;
    for port in [http, network] {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let line = refusal(&mut city.nodes[3]);
        assert!(line.contains(&port.to_string()), "{line}");
        drop(held);
    }
    city.start(3);
    city.register(3, "D012", 2);
    city.agree();
}

#[test]
fn a_second_process_on_the_same_data_is_refused() {
    let mut city = City::started();
    let home = city.nodes[3].home.clone();
    let logs = city.dir().join("second");
    std::fs::create_dir(&logs).unwrap();
    let mut second = Process::new(home, city.ports.spare(0), &logs);
    let line = refusal(&mut second);
    assert!(line.contains("in use"), "{line}");
    city.register(3, "D012", 1);
    city.agree();
    city.nodes[3].stop();
}

#[test]
fn a_database_of_another_chain_is_left_alone() {
    let mut city = City::started();
    city.register(0, "D012", 1);
    city.nodes[3].stop();
    let other = city.dir().join("other");
    let base = city.ports.spare(0);
    let layout = Layout::open_or_make(&other, 1, base, TimeMs(1_700_000_000_000)).unwrap();
    let mut stranger = Process::new(layout.homes[0].clone(), city.ports.spare(4), city.dir());
    let (ours, theirs) = (
        city.nodes[3].home.database_dir(),
        stranger.home.database_dir(),
    );
    std::fs::rename(&ours, &theirs).unwrap();
    let line = refusal(&mut stranger);
    let chain = city.layout.city.genesis.chain().to_string();
    assert!(
        line.contains("belongs to chain") && line.contains(&chain),
        "{line}"
    );
    std::fs::rename(&theirs, &ours).unwrap();
    city.start(3);
    city.register(3, "D012", 2);
    city.agree();
}

/// It would follow without a vote under a name that nobody knows, and the node that it is would be missing.
#[test]
fn a_node_under_another_name_than_its_keys_have_is_refused() {
    let mut city = City::started();
    city.nodes[3].stop();
    configure(&city.nodes[3].home, |config| {
        config.node = "D077-1".parse().unwrap();
    });
    let line = refusal(&mut city.nodes[3]);
    assert!(
        line.contains("D077-1") && line.contains("those of D008-1"),
        "{line}"
    );
}
