//! Nodes in network namespaces of their own, whose links are cut: whoever has a quorum goes on, nobody
//! else does, and all are one again afterwards.

use std::time::Duration;

use dirchain_ledger::ids::Height;
use dirchain_tests::{
    BLOCK, City, Drafter, Load, START, Wires, check, eventually, left_out, never,
};

#[test]
fn whoever_has_a_quorum_goes_on() {
    let wires = match Wires::lay(4) {
        Ok(wires) => wires,
        Err(why) => return left_out(&format!("partitions between network namespaces: {why}")),
    };
    let mut city = City::spread(&wires);
    let everybody: &[usize] = &[0, 1, 2, 3];
    let clients: Vec<_> = (0..4).map(|index| city.client(index)).collect();
    let drafters = Drafter::all(&city.layout).into_iter().take(4);
    let load = Load::start(&clients, drafters.collect());
    grows(&city, 0);

    // One alone: the three go on, it does not.
    wires.part(&[&[0, 1, 2], &[3]]);
    let stood = settled(&city, 3);
    grows(&city, 0);
    assert_eq!(city.height(3), stood);
    wires.part(&[everybody]);
    let now = city.height(0);
    eventually("the one that was cut off catches up", START, || {
        (city.height(3) >= now).then_some(())
    });

    // Two and two: nobody goes on.
    wires.part(&[&[0, 1], &[2, 3]]);
    let stood: Vec<Height> = (0..4).map(|index| settled(&city, index)).collect();
    never("two of four made a block", Duration::from_secs(3), || {
        (0..4).any(|index| city.height(index) != stood[index])
    });
    wires.part(&[everybody]);
    grows(&city, 0);
    grows(&city, 2);

    match wires.delay(60) {
        Ok(()) => {
            grows(&city, 1);
            wires.part(&[&[0], &[1, 2, 3]]);
            grows(&city, 1);
            wires.part(&[everybody]);
        }
        Err(why) => left_out(&format!("delay between network namespaces: {why}")),
    }
    let promised = load.finish();
    city.agree();
    assert!(promised.len() > 10, "{} promised", promised.len());
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

/// Several blocks more.
fn grows(city: &City, index: usize) {
    let until = city.height(index).0 + 5;
    eventually("some more blocks", BLOCK, || {
        (city.height(index).0 >= until).then_some(())
    });
}

/// The height at which a node stands still.
fn settled(city: &City, index: usize) -> Height {
    let mut before = (city.height(index), 0);
    eventually("the node stands still", BLOCK, || {
        let now = city.height(index);
        before = match now == before.0 {
            true => (now, before.1 + 1),
            false => (now, 0),
        };
        (before.1 > 20).then_some(now)
    })
}
