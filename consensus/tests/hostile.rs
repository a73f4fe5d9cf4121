//! Genuine values, bent: what `fuzz/` runs without end, for a short time and always with the same
//! seeds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../fuzz/checks.rs"]
#[allow(unreachable_pub)]
mod checks;
mod common;

use dirchain_ledger::block::Block;
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{Certificate, VoteStep, vote_bytes};
use dirchain_ledger::chain::build;
use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{Address, ChainId, Height};
use dirchain_ledger::leaves::Leaf;
use dirchain_ledger::limits::SNAPSHOT_ANSWER_BYTES_MAX;
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::RecordId;
use dirchain_ledger::snapshot::{
    Answer, Blocks, HeaderWalk, Leaves, Offer, Question, RunMaker, check_answer,
};
use dirchain_ledger::state_tree::{Top, prove, top};
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

/// Genuine values of each kind, one at least.
fn genuine(name: &str) -> Vec<Vec<u8>> {
    let ledger = Ledger::default();
    let built = build(
        &ledger.state,
        &ledger.tip,
        ledger.building(),
        &[transaction(1, 1)],
    );
    let block = built.unwrap().block;
    let (height, hash) = (block.header.height, block.header.hash());
    let decided = certificate(&ledger.chain, height, 0, hash, &VOTERS);
    let record = genesis_records().pop().unwrap();
    let one = match name {
        "transaction" => encode(transaction(1, 1).signed()),
        "block" => encode(&block),
        "certificate" => encode(&decided),
        "part" => encode(&part_of(&block, 0, None)),
        "record" => encode(&record),
        "state_proof" => {
            let key = RecordId::Parameters.tree_key();
            encode(&prove(&ledger.state, &ledger.tip.state, &key).unwrap())
        }
        "question" => return questions(),
        "answer" => return answers(&ledger, block, decided),
        "genesis" => serde_json::to_vec(&genesis()).unwrap(),
        "action" => {
            let signed = transaction(1, 1);
            serde_json::to_vec(&signed.signed().actions[0]).unwrap()
        }
        "measure" => serde_json::to_vec(&measure()).unwrap(),
        "equivocation" => serde_json::to_vec(&contradiction(&ledger.chain)).unwrap(),
        "ids" => "307001024/000900".into(),
        other => panic!("no genuine value of {other}"),
    };
    vec![one]
}

fn questions() -> Vec<Vec<u8>> {
    let questions = [
        Question::Offer,
        Question::Headers {
            after: Height(0),
            upto: Height(9),
        },
        Question::Leaves {
            height: Height(9),
            first: Hash([0; 32]),
            last: Hash([255; 32]),
            skip: 3,
        },
        Question::Blocks {
            first: Height(1),
            last: Height(2),
        },
    ];
    questions.iter().map(encode).collect()
}

/// What a node at the genesis, and one at the first block, would answer.
fn answers(ledger: &Ledger, block: Block, decided: Certificate) -> Vec<Vec<u8>> {
    let root = &ledger.tip.state;
    let pages = top(&ledger.state, root, 4).unwrap();
    let parts = Top::read(&root.hash(), 4, pages.clone()).unwrap().parts;
    let (first, last) = parts[0].range();
    let leaves = ledger.state.leaves(Height::GENESIS);
    let of_part = |leaf: &Leaf| (first..=last).contains(&leaf.tree_leaf().0);
    let bodies: Vec<Leaf> = leaves.into_iter().filter(of_part).collect();
    let mut run = RunMaker::default();
    run.add(block.header.clone(), None);
    let answers = [
        Answer::Unavailable,
        Answer::Offer(Offer {
            height: Height(1),
            depth: 4,
            pages: List::new(pages).unwrap(),
        }),
        Answer::Headers(Box::new(run.finish(decided.clone()).unwrap())),
        Answer::Leaves(Leaves {
            leaves: List::new(bodies.iter().map(Leaf::tree_leaf).collect()).unwrap(),
            bodies: List::new(bodies).unwrap(),
        }),
        Answer::Blocks(Blocks {
            blocks: List::new(vec![(encode(&block), decided)]).unwrap(),
        }),
    ];
    answers.iter().map(encode).collect()
}

/// An office that passes on.
fn measure() -> Measure {
    let text = r#"{"measure":"assign_office","office":"steward","department":"D012","revision":1}"#;
    serde_json::from_str(text).unwrap()
}

/// Two prevotes of a validator in one round.
fn contradiction(chain: &ChainId) -> EquivocationProof {
    let key = consensus_key(VOTERS[0]);
    let voter = Address::of(&key.public());
    let (height, block) = (Height(1), Hash([1; 32]));
    let sign = |block: Option<&Hash>| {
        key.sign(&vote_bytes(
            chain,
            VoteStep::Prevote,
            height,
            0,
            block,
            &voter,
        ))
    };
    EquivocationProof {
        voter,
        height,
        round: 0,
        contradiction: Contradiction::Votes {
            step: VoteStep::Prevote,
            first: Some(block),
            second: None,
        },
        first_signature: sign(Some(&block)),
        second_signature: sign(None),
    }
}

#[test]
fn bent_values_do_no_harm() {
    for (number, (name, check)) in (1u64..).zip(checks::ALL) {
        for (nth, genuine) in (1u64..).zip(genuine(name)) {
            check(&genuine);
            let mut chance = Chance((number * 100 + nth).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            for _ in 0..CASES {
                check(&chance.bend(&genuine));
            }
        }
    }
}

/// Without it the values above could be refused for what they are, and their bent ones with them.
#[test]
fn genuine_values_pass_what_judges_them() {
    let ledger = Ledger::default();
    let proof = contradiction(&ledger.chain);
    let member = ledger.tip.validators.by_address(&proof.voter).unwrap();
    assert_eq!(proof.verify(&ledger.chain, &member.consensus_key), Ok(()));
    let mut proven = Vec::new();
    for bytes in genuine("answer") {
        match decode::<Answer, SNAPSHOT_ANSWER_BYTES_MAX>(&bytes).unwrap() {
            Answer::Unavailable => {}
            Answer::Offer(offer) => {
                let root = ledger.tip.state.hash();
                let top = Top::read(&root, offer.depth, offer.pages.to_vec());
                proven.push(top.is_ok());
            }
            Answer::Headers(run) => {
                proven.push(HeaderWalk::from_tip(&ledger.tip).take(&run).is_ok());
            }
            Answer::Leaves(leaves) => {
                let pages = top(&ledger.state, &ledger.tip.state, 4).unwrap();
                let top = Top::read(&ledger.tip.state.hash(), 4, pages).unwrap();
                proven.push(check_answer(&top.parts[0], 0, &leaves).is_ok());
            }
            Answer::Blocks(blocks) => {
                let (bytes, certificate) = &blocks.blocks[0];
                let mut walk = HeaderWalk::from_tip(&ledger.tip);
                let block = Block::decode(bytes).unwrap();
                let mut run = RunMaker::default();
                run.add(block.header.clone(), None);
                walk.take(&run.finish(certificate.clone()).unwrap())
                    .unwrap();
                proven.push(walk.is_last(&block, certificate));
            }
        }
    }
    assert_eq!(proven, [true; 4]);
}
