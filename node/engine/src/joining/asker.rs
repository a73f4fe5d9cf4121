//! Asking peers: one after another, those that lied or have nothing left aside.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::limits::SNAPSHOT_ANSWER_BYTES_MAX;
use dirchain_ledger::snapshot::{Answer, Question};
use dirchain_network::{NetworkHandle, PeerId};

use crate::limits::ASIDE_FOR;

/// Memory that a decoded answer may take, over its encoding.
const ANSWER_DECODED_BYTES_MAX: usize = 4 * SNAPSHOT_ANSWER_BYTES_MAX;

/// Whom to ask, and who answered what.
pub(crate) struct Asker {
    network: NetworkHandle,
    peers: Mutex<BTreeMap<PeerId, Standing>>,
    received_bytes: AtomicU64,
}

/// Why there is no answer.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The peer says that it has none.
    Unavailable,
    /// None came, or nothing that is one.
    Failed,
}

/// What is known of a peer.
#[derive(Copy, Clone, Debug, Default)]
struct Standing {
    /// Questions that it has not answered yet.
    under_way: u32,
    /// Questions that it was asked.
    asked: u64,
    /// Until when others are asked.
    aside_until: Option<Instant>,
}

impl Asker {
    pub(crate) fn new(network: NetworkHandle) -> Self {
        Self {
            network,
            peers: Mutex::default(),
            received_bytes: AtomicU64::new(0),
        }
    }

    /// The size of all answers so far.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes.load(Relaxed)
    }

    fn note(&self, peer: PeerId, note: impl FnOnce(&mut Standing)) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        // One for each peer that ever was connected, and those are on the allow-list.
        note(peers.entry(peer).or_default());
    }

    /// The connected peers that may be asked, with the tips that they show, the least busy first.
    pub(crate) fn peers(&self) -> Vec<(PeerId, Option<u64>)> {
        let status = self.network.status();
        let known = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let standing = |peer: &PeerId| known.get(peer).copied().unwrap_or_default();
        let mut peers: Vec<(Standing, PeerId, Option<u64>)> = status
            .peers
            .iter()
            .filter(|peer| peer.connected && !peer.banned)
            .map(|peer| (standing(&peer.peer), peer.peer, peer.tip_height))
            .filter(|(standing, ..)| standing.aside_until.is_none_or(|until| until <= now))
            .collect();
        peers.sort_by_key(|(standing, peer, _)| (standing.under_way, standing.asked, *peer));
        let peers = peers.into_iter();
        peers.map(|(_, peer, height)| (peer, height)).collect()
    }

    /// The peer to ask next, if it has room for another question.
    pub(crate) fn next(&self, under_way_max: u32) -> Option<PeerId> {
        let (peer, _) = self.peers().into_iter().next()?;
        let known = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let under_way = known.get(&peer).map_or(0, |standing| standing.under_way);
        (under_way < under_way_max).then_some(peer)
    }

    /// Takes a place among a peer's questions, before [`Asker::ask`].
    pub(crate) fn begin(&self, peer: PeerId) {
        self.note(peer, |standing| {
            standing.under_way = standing.under_way.saturating_add(1);
            standing.asked = standing.asked.saturating_add(1);
        });
    }

    /// A peer's answer. Where there is none, others are asked for a while.
    pub(crate) async fn ask(&self, peer: PeerId, question: &Question) -> Result<Answer, NoAnswer> {
        let bytes = self.network.fetch(peer, encode(question).into()).await;
        self.note(peer, |standing| {
            standing.under_way = standing.under_way.saturating_sub(1);
        });
        if let Ok(bytes) = &bytes {
            let size_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.received_bytes.fetch_add(size_bytes, Relaxed);
        }
        let answer = match bytes {
            Ok(bytes) => match decode::<Answer, ANSWER_DECODED_BYTES_MAX>(&bytes) {
                Ok(Answer::Unavailable) => Err(NoAnswer::Unavailable),
                Ok(answer) => Ok(answer),
                Err(error) => {
                    self.lied(peer, &error);
                    Err(NoAnswer::Failed)
                }
            },
            Err(error) => {
                tracing::debug!(%peer, %error, "a question was not answered");
                Err(NoAnswer::Failed)
            }
        };
        if answer.is_err() {
            self.leave_aside(peer, ASIDE_FOR);
        }
        answer
    }

    fn leave_aside(&self, peer: PeerId, span: Duration) {
        let until = Instant::now().checked_add(span);
        self.note(peer, |standing| standing.aside_until = until);
    }

    /// A peer's answer does not prove itself: it is refused for a while.
    pub(crate) fn lied(&self, peer: PeerId, what: &dyn Display) {
        tracing::warn!(%peer, "gave a false answer: {what}");
        self.network.ban_liar(peer);
    }
}
