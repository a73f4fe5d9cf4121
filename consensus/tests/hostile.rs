//! Genuine values, bent: what `fuzz/` runs without end, for a short time and always with the same
//! seeds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../fuzz/checks.rs"]
#[allow(unreachable_pub)]
mod checks;
mod common;

use dirchain_ledger::chain::build;
use dirchain_ledger::codec::encode;
use dirchain_ledger::records::RecordId;
use dirchain_ledger::state_tree::prove;
use dirchain_ledger::testing::*;

use common::{part_of, transaction};

/// Bent values of each kind.
const CASES: u64 = 2_000;

/// An xorshift: the same bytes on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.0 % bound).unwrap()
    }

    fn byte(&mut self) -> u8 {
        // What lengths and tags are made of, more often than other bytes.
        let usual = [0, 1, 2, 0x7f, 0x80, 0xff];
        match self.below(3) {
            0 => usual[self.below(usual.len())],
            _ => u8::try_from(self.below(256)).unwrap(),
        }
    }

    /// Bytes changed, cut off, put in, or taken from elsewhere.
    fn bend(&mut self, genuine: &[u8]) -> Vec<u8> {
        let mut bytes = genuine.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 if !bytes.is_empty() => bytes[at] = self.byte(),
                1 => bytes.truncate(at),
                2 => bytes.insert(at, self.byte()),
                3 if !bytes.is_empty() => {
                    let from = self.below(bytes.len());
                    let piece = bytes[from..(from + self.below(40)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ if bytes.len() > at + 8 => bytes[at..at + 8].fill(self.byte()),
                _ => {}
            }
        }
        bytes
    }
}

/// One genuine value of each kind.
fn genuine(name: &str) -> Vec<u8> {
    let ledger = Ledger::default();
    let built = build(
        &ledger.state,
        &ledger.tip,
        ledger.building(),
        &[transaction(1, 1)],
    );
    let block = built.unwrap().block;
    let record = genesis_records().pop().unwrap();
    match name {
        "transaction" => encode(transaction(1, 1).signed()),
        "block" => encode(&block),
        "certificate" => {
            let (height, hash) = (block.header.height, block.header.hash());
            encode(&certificate(&ledger.chain, height, 0, hash, &VOTERS))
        }
        "part" => encode(&part_of(&block, 0, None)),
        "record" => encode(&record),
        "state_proof" => {
            let key = RecordId::Parameters.tree_key();
            encode(&prove(&ledger.state, &ledger.tip.state, &key).unwrap())
        }
        "genesis" => serde_json::to_vec(&genesis()).unwrap(),
        "ids" => "307001024/000900".into(),
        other => panic!("no genuine value of {other}"),
    }
}

#[test]
fn bent_values_do_no_harm() {
    for (number, (name, check)) in (1u64..).zip(checks::ALL) {
        let genuine = genuine(name);
        check(&genuine);
        let mut chance = Chance(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..CASES {
            check(&chance.bend(&genuine));
        }
    }
}
