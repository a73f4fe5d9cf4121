//! Lines in the log on what changes for an operator: ready or not, behind or caught up, who votes, who is held back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dirchain_explorer::Directory as _;
use dirchain_explorer::api::{NodeStatus, SyncState, TipSummary};
use dirchain_ledger::ids::NodeId;

use super::NodeDirectory;

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So many looks in a row a node is not ready before it is worth a line.
const LOOKS_UNREADY: u32 = 3;
/// How much longer a peer is held back before there is another line about it.
const HELD_BACK_MS: u64 = 10_000;

/// Looks at a node for as long as it runs, and writes down what changed.
pub(crate) async fn watch(directory: Arc<NodeDirectory>) {
    let mut seen = Seen::default();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let directory = Arc::clone(&directory);
        let look = move || (directory.tip(), directory.node());
        let Ok((tip, node)) = tokio::task::spawn_blocking(look).await else {
            // The runtime ends.
            return;
        };
        for news in seen.look(&tip, &node) {
            match news {
                News::Good(words) => tracing::info!("{words}"),
                News::Bad(words) => tracing::warn!("{words}"),
            }
        }
    }
}

/// A line, and whether it asks for somebody.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Good(String),
    Bad(String),
}

/// What was seen at the last look.
#[derive(Debug, Default)]
struct Seen {
    /// Looks in a row at which it was not ready.
    unready: u32,
    /// Whether the last line about it said that it is ready; none before the first.
    told_ready: Option<bool>,
    /// Whether it was said that it is behind.
    is_behind: bool,
    voters: Option<Vec<NodeId>>,
    /// Until how much of each peer's being held back was told.
    held_back_ms: BTreeMap<NodeId, u64>,
}

impl Seen {
    fn look(&mut self, tip: &TipSummary, node: &NodeStatus) -> Vec<News> {
        let mut news = Vec::new();
        news.extend(self.readiness(tip, node));
        news.extend(self.catching_up(tip, node));
        news.extend(self.votes(tip));
        news.extend(self.held_back(node));
        news
    }

    fn readiness(&mut self, tip: &TipSummary, node: &NodeStatus) -> Option<News> {
        let Some(reason) = &node.not_ready_reason else {
            self.unready = 0;
            let is_news = self.told_ready != Some(true);
            self.told_ready = Some(true);
            return is_news.then(|| News::Good(format!("ready at height {}", tip.height)));
        };
        self.unready = self.unready.saturating_add(1);
        if self.unready < LOOKS_UNREADY || self.told_ready == Some(false) {
            return None;
        }
        self.told_ready = Some(false);
        Some(News::Bad(format!("not ready: {reason}")))
    }

    fn catching_up(&mut self, tip: &TipSummary, node: &NodeStatus) -> Option<News> {
        match node.sync {
            // A peer may always be a block ahead for a moment.
            SyncState::CatchingUp { target } if target > tip.height.next() => {
                let was_behind = std::mem::replace(&mut self.is_behind, true);
                (!was_behind).then(|| {
                    News::Good(format!(
                        "at height {}, and fetches blocks up to {target}",
                        tip.height
                    ))
                })
            }
            SyncState::CatchingUp { .. } => None,
            SyncState::CaughtUp => {
                let was_behind = std::mem::take(&mut self.is_behind);
                was_behind.then(|| News::Good(format!("caught up at height {}", tip.height)))
            }
        }
    }

    fn votes(&mut self, tip: &TipSummary) -> Option<News> {
        let voters = tip.validators.iter().map(|member| member.node.clone());
        let voters: Vec<NodeId> = voters.collect();
        let before = self.voters.replace(voters.clone())?;
        (before != voters).then(|| {
            let names: Vec<String> = voters.iter().map(NodeId::to_string).collect();
            News::Good(format!(
                "after height {} these vote: {}",
                tip.height,
                names.join(", ")
            ))
        })
    }

    fn held_back(&mut self, node: &NodeStatus) -> Vec<News> {
        let mut news = Vec::new();
        for peer in &node.peers {
            let told_ms = self.held_back_ms.entry(peer.node.clone()).or_default();
            if peer.throttled_ms.saturating_sub(*told_ms) >= HELD_BACK_MS {
                *told_ms = peer.throttled_ms;
                news.push(News::Bad(format!(
                    "{} sends more than its share: it was held back for {} s since this node started",
                    peer.node,
                    peer.throttled_ms / 1_000
                )));
            }
        }
        news
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dirchain_explorer::api::{PeerStatus, Status};
    use dirchain_ledger::chain::genesis_outcome;
    use dirchain_ledger::ids::Height;
    use dirchain_ledger::testing;

    use super::*;
    use crate::serve::health::tests::unheard_of;

    /// A node with a peer, on a chain with validators.
    fn status() -> Status {
        let mut status: Status = serde_json::from_str(crate::client::tests::STATUS).unwrap();
        let genesis = genesis_outcome(&testing::genesis()).unwrap();
        status.tip.validators = genesis.tip.validators.members().to_vec();
        let node = &status.tip.validators[1];
        let peer = unheard_of(&node.node, &node.department);
        status.node.peers.push(PeerStatus {
            connected: true,
            ..peer
        });
        status
    }

    fn words(news: Vec<News>) -> Vec<String> {
        let said = news.into_iter().map(|news| match news {
            News::Good(words) => words,
            News::Bad(words) => format!("! {words}"),
        });
        said.collect()
    }

    #[test]
    fn each_change_is_told_once() {
        let Status { tip, mut node, .. } = status();
        let mut seen = Seen::default();
        let mut look = |node: &NodeStatus| words(seen.look(&tip, node));
        node.not_ready_reason = Some("nobody is there".into());
        node.sync = SyncState::CaughtUp;
        assert!(look(&node).is_empty());
        assert!(look(&node).is_empty());
        assert_eq!(look(&node), ["! not ready: nobody is there"]);
        assert!(look(&node).is_empty());
        node.not_ready_reason = None;
        assert_eq!(look(&node), [format!("ready at height {}", tip.height)]);
        assert!(look(&node).is_empty());

        let target = Height(tip.height.0 + 7);
        node.sync = SyncState::CatchingUp { target };
        assert_eq!(look(&node).len(), 1);
        assert!(look(&node).is_empty());
        node.sync = SyncState::CaughtUp;
        assert_eq!(look(&node), [format!("caught up at height {}", tip.height)]);

        node.peers[0].throttled_ms = HELD_BACK_MS - 1;
        assert!(look(&node).is_empty());
        node.peers[0].throttled_ms = HELD_BACK_MS;
        assert_eq!(look(&node).len(), 1);
        assert!(look(&node).is_empty());
    }

    #[test]
    fn another_set_of_validators_is_told() {
        let Status { mut tip, node, .. } = status();
        let mut seen = Seen::default();
        seen.look(&tip, &node);
        assert!(seen.votes(&tip).is_none());
        tip.validators.pop();
        let told = words(seen.votes(&tip).into_iter().collect());
        assert!(told[0].contains("these vote"), "{told:?}");
    }
}
