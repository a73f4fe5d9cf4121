//! Fetching a snapshot, before the engine starts: headers, the state part by part, the last block.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dirchain_consensus::context::DirectoryContext;
use dirchain_ledger::block::Block;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::genesis::Genesis;
use dirchain_ledger::ids::{Height, NodeId};
use dirchain_ledger::snapshot::{
    Answer, HeaderWalk, LeafFault, Leaves, Offer, Question, check_answer,
};
use dirchain_ledger::state_tree::{Part, Top};
use dirchain_network::{
    Fate, Network, NetworkConfig, NetworkHandle, NetworkLimits, PeerEntry, PeerId, Verdict,
};
use dirchain_storage::{Loading, PartState, Store};
use futures::stream::{FuturesUnordered, StreamExt};

use super::asker::{Asker, NoAnswer};
use super::progress::{JoinProgress, JoinStage};
use crate::codec::WireCodec;
use crate::error::EngineError;
use crate::limits::{ASK_AGAIN_AFTER, PARTS_AT_ONCE_MAX, PARTS_OF_PEER_MAX};
use crate::peers::allow_list;
use crate::running::keypair;

/// What a snapshot is fetched with.
pub struct JoinConfig {
    /// Where the store is put together.
    pub path: PathBuf,
    /// The chain's beginning.
    pub genesis: Genesis,
    /// This node's name in the ledger.
    pub node: NodeId,
    /// The node's key on the network.
    pub network_key: SecretKey,
    /// Where to listen.
    pub listen: String,
    /// Who may connect, as far as is known: the chain's end as it is here.
    pub known: Store,
    /// How far behind the node must be for a snapshot to be fetched, and how long to wait for a peer
    /// that shows it. None: a snapshot is wanted in any case.
    pub unless: Option<(u64, Duration)>,
}

/// What became of it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The store is whole, as of a height.
    Loaded(Height),
    /// The node is not far enough behind, or nobody showed that it is.
    NotNeeded,
}

/// Fetches a snapshot from the peers, and goes on with one that was begun. Nobody is connected any
/// more when this returns.
///
/// # Errors
///
/// The network does not start; the store cannot be written.
pub async fn join(config: JoinConfig, progress: Arc<JoinProgress>) -> Result<Joined, EngineError> {
    let peers = allow_list(&config.known, &config.node)?;
    let own_height = config.known.tip().height;
    let faulty_max = {
        let validators = &config.known.tip().validators;
        validators.count().saturating_sub(validators.quorum())
    };
    let JoinConfig {
        path,
        genesis,
        network_key,
        listen,
        known,
        unless,
        ..
    } = config;
    // Its database may be replaced by what is fetched here.
    drop(known);
    let chain = genesis.chain().to_string();
    let network = connect(&network_key, &listen, peers, chain).await?;
    let asker = Asker::new(network.handle.clone());
    let is_wanted = match unless {
        None => true,
        Some((blocks, wait)) => is_behind(&asker, own_height, blocks, faulty_max, wait).await,
    };
    let joined = match is_wanted {
        true => load(asker, &path, &genesis, own_height, progress).await,
        false => Ok(Joined::NotNeeded),
    };
    network.handle.shutdown().await;
    joined
}

/// Fetches a snapshot that is later than a height into a folder.
async fn load(
    asker: Asker,
    path: &Path,
    genesis: &Genesis,
    own_height: Height,
    progress: Arc<JoinProgress>,
) -> Result<Joined, EngineError> {
    let loading = tokio::task::block_in_place(|| Loading::open(path, genesis))?;
    let fetcher = Fetcher {
        asker,
        loading,
        progress,
    };
    fetcher.run(own_height).await
}

async fn connect(
    key: &SecretKey,
    listen: &str,
    peers: Vec<PeerEntry>,
    chain: String,
) -> Result<Connected, EngineError> {
    let listen = listen.parse().map_err(|_| EngineError::ListenAddress {
        given: listen.to_owned(),
    })?;
    let config = NetworkConfig {
        keypair: keypair(key)?,
        listen,
        peers,
        chain,
        limits: NetworkLimits::default(),
    };
    // No engine runs yet, so nothing of what peers send goes further than here.
    let network = dirchain_network::spawn::<DirectoryContext, _>(
        config,
        WireCodec,
        Arc::new(|_| Verdict::of(Fate::Delivered)),
    )
    .await?;
    let handle = network.handle.clone();
    let drain = tokio::spawn(drain(network));
    Ok(Connected { handle, drain })
}

/// A network that only asks.
struct Connected {
    handle: NetworkHandle,
    drain: tokio::task::JoinHandle<()>,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.drain.abort();
    }
}

/// Lets go of what a node that joins has no use for; questions of others get no answer.
async fn drain(mut network: Network<DirectoryContext>) {
    loop {
        tokio::select! {
            Some(_) = network.transactions_in.recv() => {}
            Some(_) = network.questions.recv() => {}
            Some(_) = network.heard.recv() => {}
            else => return,
        }
    }
}

/// Whether more peers than can be faulty show a tip that is so far ahead.
async fn is_behind(
    asker: &Asker,
    own: Height,
    blocks: u64,
    faulty_max: usize,
    wait: Duration,
) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < wait {
        let far = own.0.saturating_add(blocks);
        let shown = asker.peers().into_iter().filter_map(|(_, tip)| tip);
        let shown: Vec<u64> = shown.collect();
        let ahead = shown.iter().filter(|tip| **tip >= far).count();
        if ahead > faulty_max {
            return true;
        }
        if shown.len().saturating_sub(ahead) > faulty_max {
            return false;
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
    false
}

struct Fetcher {
    asker: Asker,
    loading: Loading,
    progress: Arc<JoinProgress>,
}

impl Fetcher {
    async fn run(self, own_height: Height) -> Result<Joined, EngineError> {
        let begun = Instant::now();
        let (offer, top) = self.chosen(own_height).await?;
        let headers_ms = begun.elapsed().as_millis();
        self.fetch_parts(&offer, &top).await?;
        let (block, certificate) = self.last_block(offer.height).await?;
        let height = offer.height;
        tokio::task::block_in_place(|| self.loading.finish(&top, &block, &certificate))?;
        tracing::info!(
            "the snapshot of height {height} is whole: {} parts, {} bytes of answers, headers {headers_ms} ms, in all {} ms",
            top.parts.len(),
            self.asker.received_bytes(),
            begun.elapsed().as_millis()
        );
        Ok(Joined::Loaded(height))
    }

    /// The state to fetch: the one that was chosen before, or one that a peer offers.
    async fn chosen(&self, own_height: Height) -> Result<(Offer, Top), EngineError> {
        if let Some((offer, top)) = tokio::task::block_in_place(|| self.loading.chosen())? {
            tracing::info!("goes on with the snapshot of height {}", offer.height);
            return Ok((offer, top));
        }
        loop {
            self.progress.set(JoinStage::Looking);
            // A liar shows a high tip that it cannot prove, and is refused then; nobody can make an
            // old state look newer than it is.
            let mut peers = self.asker.peers();
            peers.sort_by_key(|(_, tip)| std::cmp::Reverse(*tip));
            let Some((peer, _)) = peers.into_iter().next() else {
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
                continue;
            };
            self.asker.begin(peer);
            let offer = match self.asker.ask(peer, &Question::Offer).await {
                Ok(Answer::Offer(offer)) if offer.height > own_height => offer,
                Ok(Answer::Offer(_)) | Err(_) => {
                    tokio::time::sleep(ASK_AGAIN_AFTER).await;
                    continue;
                }
                Ok(_) => {
                    self.asker.lied(peer, &"an answer to another question");
                    continue;
                }
            };
            let walk = self.fetch_headers(offer.height, peer).await?;
            if walk.height() != offer.height {
                // It lags behind what another has shown, or could not show what it offered.
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
                continue;
            }
            match Top::read(&walk.state_root(), offer.depth, offer.pages.to_vec()) {
                Ok(top) => {
                    tokio::task::block_in_place(|| self.loading.choose(&offer, &top))?;
                    return Ok((offer, top));
                }
                Err(error) => self.asker.lied(peer, &error),
            }
        }
    }

    /// Fetches the headers up to the height that a peer offered, from that peer: whoever offers what
    /// it cannot show lies. Where they end before it, another offer is needed.
    async fn fetch_headers(&self, upto: Height, peer: PeerId) -> Result<HeaderWalk, EngineError> {
        let mut walk = self.loading.walk()?;
        while walk.height() < upto {
            let after = walk.height();
            self.progress.set(JoinStage::Headers {
                height: after,
                upto,
            });
            self.asker.begin(peer);
            let question = Question::Headers { after, upto };
            let run = match self.asker.ask(peer, &question).await {
                Ok(Answer::Headers(run)) => run,
                Ok(_) => {
                    self.asker.lied(peer, &"an answer to another question");
                    break;
                }
                Err(NoAnswer::Unavailable) => {
                    self.asker
                        .lied(peer, &"an offer whose headers it does not have");
                    break;
                }
                Err(NoAnswer::Failed) => break,
            };
            match tokio::task::block_in_place(|| walk.take(&run)) {
                Ok(nodes) => {
                    let put = || self.loading.put_headers(&run, &nodes, &walk);
                    tokio::task::block_in_place(put)?;
                }
                Err(fault) => {
                    self.asker.lied(peer, &fault);
                    break;
                }
            }
        }
        Ok(walk)
    }

    /// Fetches every part that is not here, several at a time from several peers.
    async fn fetch_parts(&self, offer: &Offer, top: &Top) -> Result<(), EngineError> {
        let mut missing: Vec<(u32, &Part, PartState)> = Vec::new();
        for (index, part) in (0_u32..).zip(&top.parts) {
            let state = self.loading.part(index)?;
            if !state.is_whole {
                missing.push((index, part, state));
            }
        }
        missing.reverse();
        let parts_all = u32::try_from(top.parts.len()).unwrap_or(u32::MAX);
        let left = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        let mut parts = parts_all.saturating_sub(left);
        let mut said = Instant::now();
        let mut under_way = FuturesUnordered::new();
        loop {
            let stage = JoinStage::State {
                height: offer.height,
                parts,
                parts_all,
            };
            if said.elapsed() > SAY_AFTER {
                tracing::info!("fetching {stage}");
                said = Instant::now();
            }
            self.progress.set(stage);
            while under_way.len() < PARTS_AT_ONCE_MAX
                && let Some(peer) = self.asker.next(PARTS_OF_PEER_MAX)
                && let Some(wanted) = missing.pop()
            {
                self.asker.begin(peer);
                under_way.push(self.ask_part(peer, offer.height, wanted));
            }
            match under_way.next().await {
                Some((wanted, Some((peer, leaves)))) => {
                    let (index, part, state) = wanted;
                    match self.take_part(offer.height, wanted, &leaves)? {
                        Ok(state) if state.is_whole => parts = parts.saturating_add(1),
                        Ok(state) => missing.push((index, part, state)),
                        Err(fault) => {
                            self.asker.lied(peer, &fault);
                            missing.push((index, part, state));
                        }
                    }
                }
                Some((wanted, None)) => missing.push(wanted),
                None if missing.is_empty() => return Ok(()),
                None => tokio::time::sleep(ASK_AGAIN_AFTER).await,
            }
        }
    }

    async fn ask_part<'p>(
        &self,
        peer: PeerId,
        height: Height,
        wanted: (u32, &'p Part, PartState),
    ) -> ((u32, &'p Part, PartState), Option<(PeerId, Leaves)>) {
        let (_, part, state) = wanted;
        let (first, last) = part.range();
        let question = Question::Leaves {
            height,
            first,
            last,
            skip: state.stored,
        };
        let leaves = match self.asker.ask(peer, &question).await {
            Ok(Answer::Leaves(leaves)) => Some((peer, leaves)),
            Ok(_) => {
                self.asker.lied(peer, &"an answer to another question");
                None
            }
            Err(_) => None,
        };
        (wanted, leaves)
    }

    /// Checks and stores what came of a part.
    fn take_part(
        &self,
        height: Height,
        (index, part, state): (u32, &Part, PartState),
        leaves: &Leaves,
    ) -> Result<Result<PartState, LeafFault>, EngineError> {
        tokio::task::block_in_place(|| {
            let skip = usize::try_from(state.stored).unwrap_or(usize::MAX);
            let subtree = match check_answer(part, skip, leaves) {
                Ok(subtree) => subtree,
                Err(fault) => return Ok(Err(fault)),
            };
            let stored = self
                .loading
                .put_leaves(height, index, state, leaves, &subtree)?;
            Ok(Ok(stored))
        })
    }

    /// The block at the snapshot's height with what decided it.
    async fn last_block(&self, height: Height) -> Result<(Block, Certificate), EngineError> {
        let walk = self.loading.walk()?;
        let question = Question::Blocks {
            first: height,
            last: height,
        };
        loop {
            let Some(peer) = self.asker.next(1) else {
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
                continue;
            };
            self.asker.begin(peer);
            let Ok(answer) = self.asker.ask(peer, &question).await else {
                continue;
            };
            let found = match &answer {
                Answer::Blocks(found) => found.blocks.first(),
                _ => None,
            };
            let decoded = found.and_then(|(bytes, certificate)| {
                let block = Block::decode(bytes).ok()?;
                walk.is_last(&block, certificate)
                    .then(|| (block, certificate.clone()))
            });
            match decoded {
                Some(last) => return Ok(last),
                None => self.asker.lied(peer, &"another block than the last one"),
            }
        }
    }
}

/// How often the log says how far it is.
const SAY_AFTER: Duration = Duration::from_secs(5);

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
