//! Who is on the network: an observer that was admitted follows until it is removed, and a stranger
//! gets nowhere.

use std::process::Command;
use std::time::Duration;

use dirchain::home::Home;
use dirchain_explorer::api::NodeMode;
use dirchain_tests::{BLOCK, City, Process, eventually, never, program, run};

/// Makes the home of a node of D012; gives it, its address, and the file with its keys' offer.
pub(crate) fn init(city: &City, name: &str, spare: u16) -> (Home, String, String) {
    let home = Home::at(city.dir().join(name));
    let listen = format!("/ip4/127.0.0.1/tcp/{}", city.ports.spare(spare));
    let mut command = Command::new(program());
    command
        .arg("--home")
        .arg(home.dir())
        .args(["init", "--node-id", name]);
    command
        .arg("--genesis")
        .arg(city.layout.dir().join("genesis.json"));
    command.args(["--listen", &listen]);
    run(&mut command, city.dir(), Duration::from_secs(30)).ok();
    let offer = offer(city, &home, &[]);
    (home, listen, offer)
}

/// Has a home offer its keys, and gives the file.
pub(crate) fn offer(city: &City, home: &Home, which: &[&str]) -> String {
    let mut command = Command::new(program());
    command
        .arg("--home")
        .arg(home.dir())
        .args(["node", "offer"]);
    command.args(which);
    let printed = run(&mut command, city.dir(), Duration::from_secs(30)).ok();
    let file = home.dir().join("offer.json");
    std::fs::write(&file, printed).unwrap();
    file.display().to_string()
}

fn is_connected(city: &City, index: usize, node: &str) -> bool {
    let status = city.client(index).status().unwrap();
    let mut peers = status.node.peers.iter();
    peers.any(|peer| peer.node.to_string() == node && peer.connected)
}

#[test]
fn an_observer_follows_from_its_admission_to_its_removal() {
    let city = City::started();
    city.register(0, "D012", 1);
    let (home, listen, offer) = init(&city, "D012-2", 0);
    let mut observer = Process::new(home, city.ports.spare(1), city.dir());
    let register = format!(
        "node register D012-2 --offer {offer} --address {listen} --as D012-operator --wait"
    );
    city.cli(0, &register).ok();
    observer.start();
    observer.wait_until_ready();
    let client = observer.client();
    let follows = |height| {
        let tip = client.status().unwrap().tip;
        (tip.height >= height).then_some(())
    };
    let height = city.register(0, "D012", 2);
    eventually("the observer follows", BLOCK, || follows(height));
    let status = client.status().unwrap();
    assert_eq!(status.node.mode, NodeMode::Observer);
    let unit = "D012.2".parse().unwrap();
    client.department(&unit, None).unwrap();

    city.cli(0, "node remove D012-2 --as D012-operator --wait")
        .ok();
    eventually("every member has ended the connection", BLOCK, || {
        let connected = (0..4).any(|index| is_connected(&city, index, "D012-2"));
        (!connected).then_some(())
    });
    let last = client.status().unwrap().tip.height;
    let beyond = city.register(0, "D012", 3);
    assert!(beyond > last, "{beyond} after {last}");
    never(
        "the removed node got a block",
        Duration::from_secs(4),
        || client.status().unwrap().tip.height > last,
    );
    city.agree();
    observer.stop();
}

/// What a stranger's connection came to.
async fn knock(address: libp2p::Multiaddr) -> Option<libp2p::PeerId> {
    use libp2p::futures::StreamExt as _;
    use libp2p::swarm::SwarmEvent;
    let mut swarm = libp2p::SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            libp2p::tcp::Config::default(),
            libp2p::noise::Config::new,
            libp2p::yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| libp2p::swarm::dummy::Behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build();
    swarm.dial(address).unwrap();
    loop {
        match swarm.select_next_some().await {
            // Noise ends with the stranger's own message, so it may think itself connected first.
            SwarmEvent::OutgoingConnectionError { .. } => return None,
            SwarmEvent::ConnectionClosed { peer_id, .. } => return Some(peer_id),
            _ => {}
        }
    }
}

#[test]
fn a_stranger_gets_no_connection_and_disturbs_nobody() {
    let city = City::started();
    city.register(0, "D012", 1);
    let before = city.agree();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for index in 0..4u16 {
        let port = city.ports.network_base() + index;
        let address: libp2p::Multiaddr = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
        for _ in 0..10 {
            let knocked = async {
                tokio::time::timeout(Duration::from_secs(20), knock(address.clone())).await
            };
            let ended = runtime.block_on(knocked);
            assert!(
                ended.is_ok(),
                "node {} keeps a stranger's connection",
                index + 1
            );
        }
    }
    for index in 0..4 {
        let status = city.client(index).status().unwrap();
        assert_eq!(status.node.peers.len(), 3, "{:?}", status.node.peers);
        assert!(
            status.node.peers.iter().all(|peer| peer.connected),
            "{:?}",
            status.node.peers
        );
    }
    assert_eq!(city.agree().state_root, before.state_root);
    city.register(3, "D012", 2);
    city.agree();
}
