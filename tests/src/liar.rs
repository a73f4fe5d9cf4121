//! A validator that lies: a program in the place of a node's, with the node's own keys, that says on
//! the network what it likes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_malachitebft_core_consensus::SignedConsensusMsg;
use arc_malachitebft_core_types::{NilOrVal, Round, SignedMessage, VoteType};
use arc_malachitebft_engine::network::Msg;
use dirchain::home::{Home, NodeKey};
use dirchain_consensus::context::{Address, BlockId, DirectoryContext, Height, Vote};
use dirchain_engine::{WireCodec, peer_id};
use dirchain_ledger::codec::encode;
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{self, ChainId, TimeMs};
use dirchain_ledger::records::Record;
use dirchain_ledger::transaction::SignedTransaction;
use dirchain_network::{
    Fate, Heard, Keypair, Network, NetworkConfig, NetworkHandle, NetworkLimits, PeerEntry, Verdict,
};
use tokio::runtime::Runtime;

use crate::city::City;

/// Places of the round that a liar remembers having lied at.
const REMEMBERED_MAX: usize = 1_000;
/// Votes that a flooder says between two moments of rest.
const VOTES_AT_ONCE: u32 = 200;
/// Transactions that one passes on again and again.
const TRANSACTIONS: u32 = 200;
const REST: Duration = Duration::from_millis(5);

/// How one lies.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Wherever it hears a vote for a block, it votes for that block and for none.
    TwoVotes,
    /// It says as much as the network lets it: genuine votes for blocks that there are not.
    Flood,
    /// It passes on as many transactions as the network lets it, signed by nobody whom the ledger knows.
    Strangers,
    /// It passes on transactions in the name of somebody whom the ledger knows, who did not sign them.
    Forgeries,
    /// It is there, and says nothing.
    Nothing,
}

/// A lying program. It ends when this is dropped.
pub struct Liar {
    runtime: Option<Runtime>,
    network: NetworkHandle,
}

struct Mouth {
    secret: SecretKey,
    /// Of a person whom the ledger knows.
    person: PublicKey,
    chain: ChainId,
    network: Network<DirectoryContext>,
}

impl Liar {
    /// Starts in the place of the node of a home, whose process must not run.
    pub fn start(home: &Home, lie: Lie) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let mouth = runtime.block_on(open(home));
        let network = mouth.network.handle.clone();
        runtime.spawn(mouth.speak(lie));
        Self {
            runtime: Some(runtime),
            network,
        }
    }

    /// How many nodes let it in: they sent it something. One that is refused may think itself
    /// connected for a moment.
    pub fn heard(&self) -> usize {
        let status = self.network.status();
        let peers = status.peers.iter();
        let heard = peers.filter(|peer| peer.connected && peer.last_heard.is_some());
        heard.count()
    }

    /// How many nodes are connected with it.
    pub fn peers(&self) -> usize {
        self.network.status().connected_count()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.block_on(self.network.shutdown());
            runtime.shutdown_background();
        }
    }
}

fn peers(genesis: &Genesis) -> Vec<PeerEntry> {
    let nodes = genesis.records.iter().filter_map(|record| match record {
        Record::Node(node) => Some(node),
        _ => None,
    });
    nodes
        .map(|node| PeerEntry {
            name: node.id.to_string(),
            peer: peer_id(&node.network_key).unwrap(),
            addresses: node.addresses.iter().map(|a| a.parse().unwrap()).collect(),
            validator: true,
        })
        .collect()
}

fn person(genesis: &Genesis) -> PublicKey {
    let mut keys = genesis.records.iter().filter_map(|record| match record {
        Record::Key(key) => Some(key.public_key),
        _ => None,
    });
    keys.next().unwrap()
}

async fn open(home: &Home) -> Mouth {
    let (genesis, config) = (home.genesis().unwrap(), home.config().unwrap());
    let key = |which| home.key(which).unwrap().unwrap();
    let network_key = key(NodeKey::Network);
    let network = dirchain_network::spawn::<DirectoryContext, _>(
        NetworkConfig {
            keypair: Keypair::ed25519_from_bytes(network_key.seed()).unwrap(),
            listen: config.network.listen.parse().unwrap(),
            peers: peers(&genesis),
            chain: genesis.chain().to_string(),
            limits: NetworkLimits::default(),
        },
        WireCodec,
        Arc::new(|_| Verdict::of(Fate::Delivered)),
    );
    Mouth {
        secret: key(NodeKey::Consensus),
        person: person(&genesis),
        chain: genesis.chain(),
        network: network.await.unwrap(),
    }
}

impl Mouth {
    fn say(&self, vote: Vote) {
        let signature = self.secret.sign(&vote.signing_bytes(&self.chain));
        let vote = SignedConsensusMsg::Vote(SignedMessage::new(vote, signature));
        // An error means that the network is shutting down.
        let _ended = self.network.actor.cast(Msg::PublishConsensusMsg(vote));
    }

    fn me(&self) -> Address {
        Address(ids::Address::of(&self.secret.public()))
    }

    async fn speak(mut self, lie: Lie) {
        match lie {
            Lie::TwoVotes => self.contradict().await,
            Lie::Flood => self.flood().await,
            Lie::Strangers => self.pass_on(|transaction, _| transaction).await,
            Lie::Forgeries => {
                self.pass_on(|mut transaction, person| {
                    transaction.envelope.author = person;
                    transaction
                })
                .await;
            }
            Lie::Nothing => {}
        }
    }

    async fn contradict(&mut self) {
        let mut lied = BTreeSet::new();
        while let Some(heard) = self.network.heard.recv().await {
            let Heard::Vote(heard) = heard else { continue };
            let vote = heard.message;
            if vote.value == NilOrVal::Nil || vote.voter == self.me() {
                continue;
            }
            for step in [VoteType::Prevote, VoteType::Precommit] {
                let place = (vote.height, vote.round.as_i64(), step == VoteType::Prevote);
                if !lied.insert(place) {
                    continue;
                }
                for value in [vote.value, NilOrVal::Nil] {
                    self.say(Vote {
                        step,
                        value,
                        voter: self.me(),
                        ..vote.clone()
                    });
                }
            }
            while lied.len() > REMEMBERED_MAX {
                lied.pop_first();
            }
        }
    }

    /// Sends transactions without end, each bent in the same way.
    async fn pass_on(&mut self, bend: fn(SignedTransaction, PublicKey) -> SignedTransaction) {
        let nobody = SecretKey::from_seed(&[77; 32]);
        // The clock of this machine, and an hour.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let until = TimeMs(i64::try_from(since.as_millis()).unwrap() + 3_600_000);
        // Signing is slower than sending: each goes out many times.
        let signed: Vec<_> = (1..=TRANSACTIONS)
            .map(|number| {
                let action = City::sub_unit("D012", number);
                let sequence = u64::from(number);
                let chain = self.chain;
                let own = SignedTransaction::new(&nobody, chain, sequence, until, vec![action]);
                encode(&bend(own.unwrap(), self.person))
            })
            .collect();
        loop {
            for transaction in &signed {
                let _taken = self
                    .network
                    .handle
                    .send_transaction(transaction.clone().into());
            }
            while self.network.heard.try_recv().is_ok() {}
            tokio::time::sleep(REST).await;
        }
    }

    async fn flood(&mut self) {
        let mut said = 0u32;
        loop {
            for _ in 0..VOTES_AT_ONCE {
                said = said.wrapping_add(1);
                let mut block = [0; 32];
                block[..4].copy_from_slice(&said.to_le_bytes());
                self.say(Vote {
                    step: VoteType::Prevote,
                    height: Height(1 + u64::from(said % 1_000)),
                    round: Round::new(said % 64),
                    value: NilOrVal::Val(BlockId(Hash(block))),
                    voter: self.me(),
                });
            }
            // The network's own queues drop what a peer does not take.
            while self.network.heard.try_recv().is_ok() {}
            tokio::time::sleep(REST).await;
        }
    }
}
