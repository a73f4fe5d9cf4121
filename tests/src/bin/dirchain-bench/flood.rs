//! What a member that floods costs the others: the memory of a node and the transactions that are still committed,
//! beside how many certificates a core checks in that time.

use std::time::Duration;

use dirchain::client::Client;
use dirchain_tests::{City, Drafter, Liar, Lie, START, eventually};

use super::{Result, certificates_per_second, mebibytes, throughput};

/// Transactions committed before each flood, and while it lasts.
const TRANSACTIONS: u64 = 3_000;
/// How long a flood lasts at least.
const FLOOD: Duration = Duration::from_secs(30);
/// As many validators as a city of the first stage has.
const VALIDATORS: u16 = 7;

/// Measures over three honest processes on this machine and one that floods them.
pub(crate) fn measure() -> Result<()> {
    println!(
        "\na certificate of {VALIDATORS} validators: {:.0} /s checked on one core",
        certificates_per_second(VALIDATORS)?
    );
    println!("three nodes, and a member in the fourth's place that floods them");
    for (lie, words) in [
        (Lie::Flood, "genuine votes for no block"),
        (Lie::Strangers, "transactions of strangers"),
    ] {
        flooded(lie, words)?;
    }
    Ok(())
}

fn flooded(lie: Lie, words: &str) -> Result<()> {
    let mut city = City::started();
    let mut drafters = Drafter::all(&city.layout);
    let clients: Vec<Client> = (0..3).map(|index| city.client(index)).collect();
    city.nodes[3].stop();
    let calm = throughput(&clients, &mut drafters, TRANSACTIONS)?;
    let before = city.nodes[0].memory_bytes_max();
    let liar = Liar::start(&city.nodes[3].home, lie);
    eventually("the liar is connected", START, || {
        (liar.peers() >= 3).then_some(())
    });
    let begun = std::time::Instant::now();
    let flooded = throughput(&clients, &mut drafters, TRANSACTIONS)?;
    std::thread::sleep(FLOOD.saturating_sub(begun.elapsed()));
    let seconds = begun.elapsed().as_secs();
    let most = city.nodes[0].memory_bytes_max();
    let peers = city.client(0).status()?.node.peers;
    let seen = peers
        .into_iter()
        .find(|peer| peer.node.as_str() == "D008-1");
    let seen = seen.ok_or("the liar is no peer")?;
    drop(liar);
    println!(
        "  {words}, {seconds} s: {:.0} MiB received, held back for {} s; committed tx/s {flooded:.0}, without the flood {calm:.0}; memory of a node at most {:.0} MiB, {:.0} MiB before",
        mebibytes(seen.received_bytes),
        seen.throttled_ms / 1_000,
        mebibytes(most),
        mebibytes(before),
    );
    Ok(())
}
