//! Which peers a validator's frames are relayed to, when a link of the full mesh is cut.
//!
//! Every validator lists in its heartbeat the validators it hears. A peer whose list lacks the origin
//! gets the frame from the few validators that rank first among those it does hear; so a cut link costs
//! `RELAY_COPIES` copies, however many nodes there are.
//!
//! Invariant: pure; a decision from lists, without links, clocks or frames.

use libp2p::PeerId;

use crate::limits::RELAY_COPIES;

/// A connected validator and the validators it says it hears, sorted. `None` before its first heartbeat.
pub(crate) struct View<'a> {
    pub(crate) peer: PeerId,
    pub(crate) hears: Option<&'a [PeerId]>,
}

impl View<'_> {
    fn hears(&self, peer: &PeerId) -> bool {
        self.hears
            .is_some_and(|list| list.binary_search(peer).is_ok())
    }

    /// Known not to hear; silence about it is not knowledge.
    fn lacks(&self, peer: &PeerId) -> bool {
        self.hears
            .is_some_and(|list| list.binary_search(peer).is_err())
    }
}

/// The validators to whom the local node passes on what it receives from `origin`.
pub(crate) fn targets(local: PeerId, origin: PeerId, validators: &[View<'_>]) -> Vec<PeerId> {
    validators
        .iter()
        .filter(|target| target.peer != origin && target.lacks(&origin) && target.hears(&local))
        .filter(|target| is_among_first(local, origin, target, validators))
        .map(|target| target.peer)
        .collect()
}

/// Whether fewer than `RELAY_COPIES` other relays rank before the local node.
fn is_among_first(
    local: PeerId,
    origin: PeerId,
    target: &View<'_>,
    validators: &[View<'_>],
) -> bool {
    let own = rank(local, origin, target.peer);
    let ahead = validators
        .iter()
        .filter(|relay| relay.hears(&origin) && target.hears(&relay.peer))
        .filter(|relay| rank(relay.peer, origin, target.peer) < own)
        .count();
    ahead < RELAY_COPIES
}

/// The same on every node, and different for each pair, so that no node relays for all (FNV-1a, 64 bits).
fn rank(relay: PeerId, origin: PeerId, target: PeerId) -> (u64, PeerId) {
    let hash = [origin, target, relay]
        .iter()
        .flat_map(|peer| peer.to_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    (hash, relay)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(count: usize) -> Vec<PeerId> {
        let mut peers: Vec<_> = (0..count).map(|_| PeerId::random()).collect();
        peers.sort();
        peers
    }

    /// What `local` decides when every node hears all others, except that the link `a`–`b` is cut.
    fn decide(all: &[PeerId], local: usize, a: usize, b: usize, origin: usize) -> Vec<PeerId> {
        let hears = |node: usize| -> Vec<PeerId> {
            let cut = |other: usize| (node, other) == (a, b) || (node, other) == (b, a);
            let others = (0..all.len()).filter(|other| *other != node && !cut(*other));
            others.map(|other| all[other]).collect()
        };
        let lists: Vec<_> = (0..all.len()).map(hears).collect();
        let views: Vec<_> = (0..all.len())
            .filter(|node| *node != local)
            .map(|node| View {
                peer: all[node],
                hears: Some(&lists[node]),
            })
            .collect();
        targets(all[local], all[origin], &views)
    }

    #[test]
    fn a_full_mesh_relays_nothing() {
        let all = peers(6);
        for local in 0..6 {
            for origin in (0..6).filter(|origin| *origin != local) {
                assert!(decide(&all, local, 0, 0, origin).is_empty());
            }
        }
    }

    #[test]
    fn a_cut_link_is_bridged_by_as_many_relays_as_wanted_in_both_directions() {
        for count in [3, 4, 6, 30] {
            let all = peers(count);
            for (origin, target) in [(0, 1), (1, 0)] {
                let relays = (2..count)
                    .filter(|local| decide(&all, *local, 0, 1, origin) == [all[target]])
                    .count();
                assert_eq!(relays, RELAY_COPIES.min(count - 2));
            }
        }
    }

    #[test]
    fn a_peer_without_a_list_or_that_does_not_hear_us_gets_nothing() {
        let all = peers(3);
        let unknown = [View {
            peer: all[2],
            hears: None,
        }];
        assert!(targets(all[0], all[1], &unknown).is_empty());
        let deaf = [View {
            peer: all[2],
            hears: Some(&[]),
        }];
        assert!(targets(all[0], all[1], &deaf).is_empty());
    }
}
