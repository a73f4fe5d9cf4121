//! What pages cost the nodes: processor time, a page after another, and at the pace of people.

use std::time::{Duration, Instant};

use dirchain_tests::{City, Connection, START, eventually};

use super::{Result, beside, reads};

const ENTRIES: u32 = 5_000;
const PAGES: u32 = 2_000;
/// In which what the nodes take at rest is counted, and what they take with people who read.
const COUNTED: Duration = Duration::from_secs(5);
/// Processors that nodes at rest take at most: until then they still put entries into the index.
const REST_MAX: f64 = 0.05;

/// Measures over a city with fewer entries than the other figures have: pages do not read more of them.
pub(crate) fn measure() -> Result<()> {
    let city = City::loaded();
    reads::fill(&city, ENTRIES)?;
    let url = city.nodes[0].url();
    let rest = eventually("the nodes rest", 20 * START, || {
        let rest = rest(&city).ok()?;
        (rest < REST_MAX).then_some(rest)
    });
    println!(
        "\nprocessor time a page, {ENTRIES} entries in force, {PAGES} pages each over one connection"
    );
    let in_turn = |number: u32| format!("/resources/{}", reads::encoded(number % ENTRIES));
    let anyhow = |number: u32| in_turn(number.wrapping_mul(7_919));
    cost(&city, &url, rest, "entry, in turn", in_turn)?;
    cost(&city, &url, rest, "entry, anyhow", anyhow)?;
    let before = beside::processor_seconds(city.dir())?;
    let (_, pages) = beside::while_reading(&city, &in_turn, || std::thread::sleep(COUNTED))?;
    let spent_s = beside::processor_seconds(city.dir())? - before - rest * COUNTED.as_secs_f64();
    println!(
        "  entry, in turn, at the pace of people: {:.2} ms",
        spent_s * 1e3 / pages as f64
    );
    for (what, path) in [
        ("one entry", "/resources/307001024%2F100007"),
        ("granted entry", "/resources/307001008%2F000001"),
        ("its JSON", "/api/v1/resources/307001008%2F000001"),
        ("department", "/departments/D047"),
        ("members", "/members"),
        ("home", "/"),
        ("block", "/blocks/5"),
        ("search", "/search?q=%E7%99%BB%E8%AE%B0"),
    ] {
        cost(&city, &url, rest, what, |_| path.to_owned())?;
    }
    Ok(())
}

/// Processors that the nodes take while nobody asks them anything.
fn rest(city: &City) -> Result<f64> {
    let before = beside::processor_seconds(city.dir())?;
    std::thread::sleep(COUNTED);
    Ok((beside::processor_seconds(city.dir())? - before) / COUNTED.as_secs_f64())
}

fn cost(city: &City, url: &str, rest: f64, what: &str, path: impl Fn(u32) -> String) -> Result<()> {
    let mut connection = Connection::to(url)?;
    let (begun, before) = (Instant::now(), beside::processor_seconds(city.dir())?);
    let mut size_bytes = 0;
    for number in 0..PAGES {
        let (status, _, body) = connection.get(&path(number))?;
        if status != 200 {
            return Err(format!(
                "{}: {status} {}",
                path(number),
                String::from_utf8_lossy(&body)
            )
            .into());
        }
        size_bytes = body.len();
    }
    let took_s = begun.elapsed().as_secs_f64();
    let spent_s = beside::processor_seconds(city.dir())? - before - rest * took_s;
    println!(
        "  {what:<15} {:>5.2} ms ({:.2} ms from question to answer, {size_bytes} bytes)",
        spent_s * 1e3 / f64::from(PAGES),
        took_s * 1e3 / f64::from(PAGES)
    );
    Ok(())
}
