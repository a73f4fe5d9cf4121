//! What a node's absence costs: committed transactions with one of four killed, how long the chain
//! stands still when a node is killed and when two come back, and how fast a wiped node syncs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dirchain::client::{Author, Client, Outcome};
use dirchain::config::SyncFrom;
use dirchain_ledger::ids::Height;
use dirchain_tests::{City, Drafter, Process, START, configure, eventually};

use super::{OUTAGE_TRANSACTIONS, Result, height, throughput};

/// How often a node is killed to see how long the others stand still.
const KILLS: usize = 9;
/// How often two of four are killed and started again.
const RETURNS: usize = 3;
/// How long after a kill the longest pause is looked for.
const WATCHED: Duration = Duration::from_secs(3);
/// Pause between two looks at the tip.
const LOOK: Duration = Duration::from_millis(4);

/// Measures over four processes on this machine.
pub(crate) fn measure() -> Result<()> {
    let mut city = City::started();
    let mut drafters = Drafter::all(&city.layout);
    // Who stays up is who is asked.
    let clients: Vec<Client> = (0..3).map(|index| city.client(index)).collect();
    println!("\nfour nodes, one of them killed");
    let four = throughput(&clients, &mut drafters, OUTAGE_TRANSACTIONS)?;
    let blocks = height(&clients[0])?;
    city.nodes[3].kill();
    let three = throughput(&clients, &mut drafters, OUTAGE_TRANSACTIONS)?;
    println!(
        "  committed tx/s with four {four:.0}, from the kill on {three:.0}: {:.0} % (wanted: 80)",
        three / four * 100.0
    );
    sync(&mut city, blocks)?;
    snapshot(&mut city)?;
    pauses(&mut city, &mut drafters[..2])
}

/// A node without its database catches up with all that was committed.
fn sync(city: &mut City, blocks: u64) -> Result<()> {
    let tip = height(&city.client(0))?;
    city.nodes[3].wipe();
    let begun = Instant::now();
    city.nodes[3].start();
    let client = city.client(3);
    eventually("the wiped node catches up", 4 * START, || {
        (client.status().ok()?.tip.height.0 >= tip).then_some(())
    });
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "  a wiped node syncs {tip} blocks ({blocks} of them with four nodes up) with {} transactions in {seconds:.1} s, its start included: {:.0} blocks/s, {:.0} tx/s (the prototype: 1,000 empty blocks in 4.9 s)",
        2 * OUTAGE_TRANSACTIONS,
        tip as f64 / seconds,
        (2 * OUTAGE_TRANSACTIONS) as f64 / seconds,
    );
    Ok(())
}

/// The same node once more, by a snapshot.
fn snapshot(city: &mut City) -> Result<()> {
    let node = &mut city.nodes[3];
    node.kill();
    node.wipe();
    configure(&node.home, |config| config.sync.from = SyncFrom::Snapshot);
    node.start();
    let line = eventually("the snapshot is whole", 4 * START, || {
        let log = node.log();
        let found = log
            .lines()
            .find(|line| line.contains("the snapshot of height"));
        found.map(str::to_owned)
    });
    configure(&node.home, |config| config.sync.from = SyncFrom::Auto);
    let before = |what: &str| -> Result<f64> {
        let (head, _) = line.split_once(what).ok_or("an unknown line of the log")?;
        let word = head.split_whitespace().last().ok_or("no number")?;
        Ok(word.parse()?)
    };
    let bytes = before(" bytes of answers")?;
    let seconds = line
        .rsplit_once("in all ")
        .and_then(|(_, rest)| rest.split_once(" ms"))
        .ok_or("an unknown line of the log")?
        .0
        .parse::<f64>()?
        / 1e3;
    println!(
        "  a wiped node's snapshot: {} parts, {:.1} MB in {seconds:.2} s, its checks and synced writes included: {:.1} MB/s",
        before(" parts")?,
        bytes / 1e6,
        bytes / 1e6 / seconds
    );
    node.wait_until_ready();
    Ok(())
}

/// Kills nodes under a light load.
fn pauses(city: &mut City, drafters: &mut [Drafter]) -> Result<()> {
    let stop = &AtomicBool::new(false);
    let clients = [city.client(0), city.client(1)];
    std::thread::scope(|scope| {
        let load: Vec<_> = drafters
            .iter_mut()
            .zip(&clients)
            .map(|(drafter, client)| scope.spawn(move || load(client, drafter, stop)))
            .collect();
        let measured = kill_one(city, &clients[0])
            .and_then(|()| kill_after_return(city, &clients[0]))
            .and_then(|()| kill_two(city, &clients[0]));
        stop.store(true, Ordering::Relaxed);
        for thread in load {
            thread.join().expect("a client")?;
        }
        measured
    })
}

/// One transaction after another.
fn load(client: &Client, drafter: &mut Drafter, stop: &AtomicBool) -> Result<()> {
    let mut author = Author::new(client, drafter.secret.clone(), None)?;
    while !stop.load(Ordering::Relaxed) {
        let sent = author.submit(client, vec![drafter.action()])?;
        match client.wait_for(&sent, START)? {
            Outcome::Committed(_) => {}
            other => return Err(format!("not committed: {other:?}").into()),
        }
    }
    Ok(())
}

/// One fault at a time: the node that was killed before votes again when the next one is.
fn kill_one(city: &mut City, client: &Client) -> Result<()> {
    let (mut seen, mut between, mut returned) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..KILLS {
        let victim = 2 + round % 2;
        settle(&mut city.nodes, client)?;
        let before = height(client)?;
        city.nodes[victim].kill();
        seen.push(longest_pause(client)?);
        between.push(longest_between(client, before)?);
        returned.push(comes_back(&mut city.nodes[victim]));
    }
    let what = "one of four is killed: longest time without a block";
    print(&format!("{what}, by the blocks' times"), between, 500);
    print(
        &format!("{what}, as one sees who asks every 4 ms"),
        seen,
        500,
    );
    print_only("from its first answer until it votes again", returned);
    Ok(())
}

/// Two faults within a moment: a node answers again, and at once another one is killed. Without the
/// first there is no quorum until it votes.
fn kill_after_return(city: &mut City, client: &Client) -> Result<()> {
    let mut between = Vec::new();
    for round in 0..KILLS {
        let (back, victim) = (2 + round % 2, 3 - round % 2);
        settle(&mut city.nodes, client)?;
        city.nodes[back].kill();
        std::thread::sleep(WATCHED);
        city.nodes[back].start();
        city.nodes[back].wait_until_answering();
        let before = height(client)?;
        city.nodes[victim].kill();
        longest_pause(client)?;
        between.push(longest_between(client, before)?);
        city.nodes[victim].start();
    }
    print_only(
        "one is killed as soon as another one answers again: longest time without a block, by the blocks' times",
        between,
    );
    Ok(())
}

/// Starts a node; gives how long it takes from its first answer until it votes.
fn comes_back(node: &mut Process) -> Duration {
    node.start();
    node.wait_until_answering();
    let begun = Instant::now();
    node.wait_until_voting();
    begun.elapsed()
}

fn kill_two(city: &mut City, client: &Client) -> Result<()> {
    let mut returns = Vec::new();
    for _ in 0..RETURNS {
        settle(&mut city.nodes, client)?;
        for node in &mut city.nodes[2..] {
            node.kill();
        }
        std::thread::sleep(WATCHED);
        let halted = height(client)?;
        for node in &mut city.nodes[2..] {
            node.start();
        }
        let back = [city.client(2), city.client(3)];
        eventually("both answer again", START, || {
            back.iter()
                .all(|client| client.status().is_ok())
                .then_some(())
        });
        let begun = Instant::now();
        while height(client)? <= halted {
            std::thread::sleep(LOOK);
        }
        returns.push(begun.elapsed());
    }
    print(
        "two of four return: from when both answer to the next block",
        returns,
        2_000,
    );
    Ok(())
}

/// Waits until every node is up and votes, and for some blocks more.
fn settle(nodes: &mut [Process], client: &Client) -> Result<()> {
    for node in nodes {
        node.wait_until_ready();
        node.wait_until_voting();
    }
    let until = height(client)? + 20;
    eventually("some blocks", START, || {
        (height(client).ok()? >= until).then_some(())
    });
    Ok(())
}

/// The longest time without a new height from now on.
fn longest_pause(client: &Client) -> Result<Duration> {
    let begun = Instant::now();
    let (mut last, mut since, mut longest) = (height(client)?, begun, Duration::ZERO);
    while begun.elapsed() < WATCHED || since.elapsed() > longest {
        std::thread::sleep(LOOK);
        let now = height(client)?;
        if now != last {
            longest = longest.max(since.elapsed());
            (last, since) = (now, Instant::now());
        }
    }
    Ok(longest)
}

/// The longest time between two blocks after a height, by the proposers' clocks.
fn longest_between(client: &Client, before: u64) -> Result<Duration> {
    let mut longest = 0;
    let time = |height| -> Result<i64> { Ok(client.block(Height(height))?.header.time.0.0) };
    let mut last = time(before)?;
    for next in before + 1..=height(client)? {
        let now = time(next)?;
        longest = longest.max(now - last);
        last = now;
    }
    Ok(Duration::from_millis(u64::try_from(longest)?))
}

fn print(what: &str, times: Vec<Duration>, goal_ms: u64) {
    println!("  {what}: {} (goal: {goal_ms})", distribution(times));
}

fn print_only(what: &str, times: Vec<Duration>) {
    println!("  {what}: {}", distribution(times));
}

fn distribution(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let median = times[times.len() / 2].as_millis();
    let most = times[times.len() - 1].as_millis();
    format!("p50 {median} ms, max {most} ms of {}", times.len())
}
