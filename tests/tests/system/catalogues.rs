//! Two real catalogues are imported through one node; every node then answers the same.

use dirchain_ledger::ids::Height;
use dirchain_tests::City;

use crate::imports::{AGENCIES, import, register_agencies};

#[test]
fn both_catalogues_are_imported_once_and_every_node_answers_the_same() {
    let city = City::loaded();
    register_agencies(&city);
    for (agency, _, file, count) in AGENCIES {
        let totals = import(&city, 0, agency, file);
        assert_eq!(totals["entries"], count, "{totals}");
        assert_eq!(totals["created"], count, "{totals}");
    }
    let agreed = city.agree();
    city.answer_alike(agreed.height);
    let resources = city
        .client(3)
        .resources(&Default::default(), usize::MAX)
        .unwrap();
    assert_eq!(resources.len(), 24 + 465 + 134);

    for (agency, _, file, count) in AGENCIES {
        let totals = import(&city, 1, agency, file);
        assert_eq!(totals["unchanged"], count, "{totals}");
    }
    let after = city.agree();
    assert_eq!(after.state_root, agreed.state_root);
    // A heartbeat may have passed; nothing else did.
    for height in agreed.height.0 + 1..=after.height.0 {
        let block = city.client(0).block(Height(height)).unwrap();
        assert!(block.transactions.is_empty(), "{height} has transactions");
    }
}
