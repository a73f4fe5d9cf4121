//! What people who read cost those who commit: intervals with readers and without, in turn, under one
//! load that never pauses.
//!
//! Nodes, load and readers share this machine's cores, so whatever readers compute is missing to
//! those who commit. That share is measured too, with the same readers and no load: what commits lose
//! beyond it, they lose by waiting for readers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dirchain::client::{Author, Client, Outcome, Pipeline};
use dirchain_explorer::api::{BlockItem, Page};
use dirchain_tests::{City, Connection, Drafter};

use super::{Result, height, node_processes};

/// Pairs of intervals, one with readers and one without; every other pair begins with readers.
const PAIRS: usize = 10;
/// What is counted of each interval, and what passes before it, uncounted.
const COUNTED: Duration = Duration::from_secs(10);
const SETTLING: Duration = Duration::from_secs(2);
const READERS: u32 = 4;
/// From one question of a reader to the next, however long the answer takes.
const PACE: Duration = Duration::from_millis(50);
const CLIENTS: usize = 16;
const WINDOW: usize = 64;
/// What the kernel counts processor time in, on every Linux that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Measures over a city whose entries `path` names, by number.
pub(crate) fn measure(city: &City, path: &(dyn Fn(u32) -> String + Sync)) -> Result<()> {
    let share = share_of_reading(city, path)?;
    let stop = AtomicBool::new(false);
    let clients: Vec<Client> = (0..4).map(|index| city.client(index)).collect();
    let from = height(&clients[0])?;
    let (pairs, pages) = std::thread::scope(|scope| {
        let mut drafters = Drafter::all(&city.layout);
        drafters.truncate(CLIENTS);
        let load = drafters.into_iter().enumerate().map(|(index, drafter)| {
            let (client, stop) = (&clients[index % clients.len()], &stop);
            scope.spawn(move || commit(client, drafter, stop))
        });
        let load: Vec<_> = load.collect();
        let measured = pairs(city, path);
        stop.store(true, Ordering::Relaxed);
        for client in load {
            client.join().expect("a client")?;
        }
        measured
    })?;
    let blocks = blocks_since(&clients[0], from)?;
    let rates = |interval: &Interval| interval.rate(&blocks);
    let mut ratios: Vec<f64> = Vec::new();
    let (mut alone, mut beside) = (0.0, 0.0);
    for (without, with) in &pairs {
        let (without, with) = (rates(without), rates(with));
        alone += without / PAIRS as f64;
        beside += with / PAIRS as f64;
        ratios.push(with / without * 100.0);
    }
    ratios.sort_by(f64::total_cmp);
    let at = |place: usize| ratios[place.min(ratios.len() - 1)];
    let middle = f64::midpoint(at((PAIRS - 1) / 2), at(PAIRS / 2));
    println!(
        "  committed tx/s, {PAIRS} pairs of {} s: {alone:.0} without readers, {beside:.0} beside {READERS} people who open {:.0} pages a second in all ({pages} pages)",
        COUNTED.as_secs(),
        f64::from(READERS) / PACE.as_secs_f64(),
    );
    println!(
        "  with readers of without, pair by pair: median {middle:.0} % (wanted: 90), half of the pairs {:.0} to {:.0} %, all {:.0} to {:.0} %",
        at(PAIRS / 4),
        at(PAIRS - 1 - PAIRS / 4),
        at(0),
        at(PAIRS - 1)
    );
    println!(
        "  of the processors' time those pages take {share:.0} % without any load: nodes, load and readers share {} cores",
        std::thread::available_parallelism()?
    );
    Ok(())
}

/// A time in which blocks are counted, in milliseconds since 1970.
struct Interval {
    from: i64,
    to: i64,
}

impl Interval {
    /// Lets some time pass, then a time that counts.
    fn pass() -> Self {
        std::thread::sleep(SETTLING);
        let from = now_ms();
        std::thread::sleep(COUNTED);
        Self { from, to: now_ms() }
    }

    /// Transactions a second in the blocks of this time.
    fn rate(&self, blocks: &[BlockItem]) -> f64 {
        let within = blocks
            .iter()
            .filter(|block| (self.from..self.to).contains(&block.time.0.0));
        let count: u64 = within.map(|block| block.transaction_count).sum();
        count as f64 / (self.to - self.from) as f64 * 1e3
    }
}

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("a clock after 1970").as_millis() as i64
}

type Pairs = Vec<(Interval, Interval)>;

/// Intervals without and with readers, and how many pages were read.
fn pairs(city: &City, path: &(dyn Fn(u32) -> String + Sync)) -> Result<(Pairs, u64)> {
    let (mut pairs, mut pages) = (Vec::new(), 0);
    let mut read = || -> Result<Interval> {
        let (interval, count) = while_reading(city, path, Interval::pass)?;
        pages += count;
        Ok(interval)
    };
    for pair in 0..PAIRS {
        pairs.push(match pair % 2 {
            0 => (Interval::pass(), read()?),
            _ => {
                let with = read()?;
                (Interval::pass(), with)
            }
        });
    }
    Ok((pairs, pages))
}

/// Commits until told to stop.
fn commit(client: &Client, mut drafter: Drafter, stop: &AtomicBool) -> Result<()> {
    let mut author = Author::new(client, drafter.secret.clone(), None)?;
    let mut pipeline = Pipeline::new(client, WINDOW);
    while !stop.load(Ordering::Relaxed) {
        pipeline.send(&mut author, vec![drafter.action()], ())?;
        for sent in pipeline.take_decided() {
            if !matches!(sent.outcome, Outcome::Committed(_)) {
                return Err(format!("not committed: {:?}", sent.outcome).into());
            }
        }
    }
    Ok(pipeline.finish()?)
}

/// Every block after a height, newest first.
fn blocks_since(client: &Client, from: u64) -> Result<Vec<BlockItem>> {
    let mut blocks = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", "200".to_owned())];
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let page: Page<BlockItem> = client.get("/api/v1/blocks", &query)?;
        let newer = page.items.iter().filter(|block| block.height.0 > from);
        let before = blocks.len();
        blocks.extend(newer.cloned());
        let is_last = blocks.len() < before + page.items.len();
        match page.next_cursor {
            Some(next) if !is_last => cursor = Some(next),
            Some(_) | None => return Ok(blocks),
        }
    }
}

/// The share of all processors that the nodes take for the readers alone, in percent: what they take
/// beside them less what they take at rest.
fn share_of_reading(city: &City, path: &(dyn Fn(u32) -> String + Sync)) -> Result<f64> {
    let spent = |work: &mut dyn FnMut() -> Result<()>| -> Result<f64> {
        let (begun, before) = (Instant::now(), processor_seconds(city.dir())?);
        work()?;
        Ok((processor_seconds(city.dir())? - before) / begun.elapsed().as_secs_f64())
    };
    let rest = spent(&mut || {
        std::thread::sleep(COUNTED);
        Ok(())
    })?;
    let read = spent(&mut || {
        while_reading(city, path, || std::thread::sleep(COUNTED))?;
        Ok(())
    })?;
    let cores = std::thread::available_parallelism()?.get() as f64;
    Ok((read - rest) / cores * 100.0)
}

/// Processor time that the nodes have taken.
pub(crate) fn processor_seconds(dir: &Path) -> Result<f64> {
    let mut ticks = 0u64;
    for process in node_processes(dir)? {
        let stat = std::fs::read_to_string(process.join("stat"))?;
        // After the command's name, which may hold anything, user and system time are the 12th and
        // 13th value (proc(5)).
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let values = rest.split_whitespace().skip(11).take(2);
        ticks += values
            .filter_map(|value| value.parse::<u64>().ok())
            .sum::<u64>();
    }
    Ok(ticks as f64 / TICKS_PER_SECOND)
}

/// Does something while people read, each at an even pace; and how many pages they were given.
pub(crate) fn while_reading<T>(
    city: &City,
    path: &(dyn Fn(u32) -> String + Sync),
    work: impl FnOnce() -> T,
) -> Result<(T, u64)> {
    let (stop, pages) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let readers = (0..READERS).map(|reader| {
            let (stop, pages) = (&stop, &pages);
            let url = city.nodes[reader as usize % city.nodes.len()].url();
            scope.spawn(move || read(&url, reader, path, stop, pages))
        });
        let readers: Vec<_> = readers.collect();
        let done = work();
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().expect("a reader")?;
        }
        Ok((done, pages.load(Ordering::Relaxed)))
    })
}

fn read(
    url: &str,
    reader: u32,
    path: &(dyn Fn(u32) -> String + Sync),
    stop: &AtomicBool,
    pages: &AtomicU64,
) -> Result<()> {
    let mut connection = Connection::to(url)?;
    let begun = Instant::now();
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let (status, _, body) = connection.get(&path(reader * 7_001 + turn))?;
        if status != 200 {
            return Err(format!("{status} {}", String::from_utf8_lossy(&body)).into());
        }
        pages.fetch_add(1, Ordering::Relaxed);
        let due = PACE * (turn + 1);
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
    }
    Ok(())
}
