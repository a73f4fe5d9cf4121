//! Where nothing happens, no block is made.

use std::time::Duration;

use dirchain_tests::{City, never};

#[test]
fn no_block_follows_the_last_transaction_for_a_while() {
    let city = City::started();
    city.register(0, "D012", 1);
    let agreed = city.agree();
    // The heartbeat is a minute; five seconds are some fifty blocks of a chain that never rests.
    never(
        "a block came though nothing waits",
        Duration::from_secs(5),
        || (0..4).any(|index| city.height(index) != agreed.height),
    );
}
