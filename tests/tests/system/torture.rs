//! Nodes are killed and frozen at random under load for a minute, or as long as
//! `DIRCHAIN_TORTURE_SECONDS` says: nothing that was promised is lost, and all nodes agree.

use std::time::{Duration, Instant};

use dirchain_tests::{City, Drafter, Load, check};

/// How long it goes on unless told otherwise.
const SECONDS: u64 = 60;
/// Drafters at work.
const DRAFTERS: usize = 6;

/// Chance that can be repeated: an xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.below(most))
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

/// One blow: a node killed, several at once, one frozen.
fn strike(city: &mut City, chance: &mut Chance) -> &'static str {
    let victim = usize::try_from(chance.below(4)).unwrap();
    match chance.below(10) {
        0..5 => {
            city.nodes[victim].kill();
            std::thread::sleep(chance.millis(1_500));
            city.nodes[victim].start();
            "killed one"
        }
        5..7 => {
            city.nodes[victim].pause();
            std::thread::sleep(chance.millis(3_000));
            city.nodes[victim].resume();
            "froze one"
        }
        7..9 => {
            let other = (victim + 1) % 4;
            for index in [victim, other] {
                city.nodes[index].kill();
            }
            std::thread::sleep(chance.millis(1_000));
            for index in [victim, other] {
                city.nodes[index].start();
            }
            "killed two"
        }
        _ => {
            for node in &mut city.nodes {
                node.kill();
            }
            for node in &mut city.nodes {
                node.start();
            }
            "killed all"
        }
    }
}

#[test]
fn nothing_promised_is_lost() {
    let lasts = Duration::from_secs(number("DIRCHAIN_TORTURE_SECONDS").unwrap_or(SECONDS));
    let seed = number("DIRCHAIN_TORTURE_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    println!("DIRCHAIN_TORTURE_SEED={seed}");
    let mut chance = Chance(seed.max(1));
    let mut city = City::started();
    let clients: Vec<_> = (0..4).map(|index| city.client(index)).collect();
    let drafters = Drafter::all(&city.layout).into_iter().take(DRAFTERS);
    let load = Load::start(&clients, drafters.collect());
    let begun = Instant::now();
    let mut blows = std::collections::BTreeMap::new();
    while begun.elapsed() < lasts {
        std::thread::sleep(chance.millis(2_500));
        *blows.entry(strike(&mut city, &mut chance)).or_insert(0) += 1;
        for node in &mut city.nodes {
            let ended = node.ended();
            assert!(
                ended.is_none(),
                "a node ended by itself: {ended:?}\n{}",
                node.log_tail()
            );
        }
    }
    for node in &mut city.nodes {
        node.wait_until_ready();
    }
    let promised = load.finish();
    let agreed = city.agree();
    println!(
        "{blows:?}; {} promised, height {}",
        promised.len(),
        agreed.height
    );
    assert!(promised.len() > 20, "{} promised", promised.len());
    for node in &mut city.nodes {
        node.stop();
    }
    for node in &city.nodes {
        check(
            &promised,
            &node.home.database_dir(),
            &city.layout.city.genesis,
        );
    }
}
