//! The body of a heartbeat: which validators the sender hears, `u8 count | (u8 length | identity)*`.
//!
//! Invariant: bounded by `HEARTBEAT_PEERS_MAX`, identities strictly ascending, nothing behind the last.

use bytes::{BufMut, Bytes, BytesMut};
use libp2p::PeerId;

use crate::error::Violation;
use crate::lane::frame::{put_peer, take_peer};
use crate::limits::{HEARTBEAT_PEERS_MAX, PEER_ID_BYTES_MAX};

/// Writes a list that is sorted; what exceeds the bound is left out.
pub(crate) fn encode(heard: &[PeerId]) -> Bytes {
    let listed = heard.get(..HEARTBEAT_PEERS_MAX).unwrap_or(heard);
    let mut body = BytesMut::with_capacity(listed.len().saturating_mul(PEER_ID_BYTES_MAX));
    body.put_u8(u8::try_from(listed.len()).unwrap_or(u8::MAX));
    for peer in listed {
        put_peer(&mut body, peer);
    }
    body.freeze()
}

/// Reads a list, sorted as it was written.
pub(crate) fn decode(mut body: Bytes) -> Result<Vec<PeerId>, Violation> {
    let count = usize::from(*body.first().ok_or(Violation::Heartbeat)?);
    if count > HEARTBEAT_PEERS_MAX {
        return Err(Violation::Heartbeat);
    }
    let mut rest = body.split_off(1);
    let mut heard = Vec::with_capacity(count);
    for _ in 0..count {
        let peer = take_peer(&mut rest).ok_or(Violation::Heartbeat)?;
        if heard.last().is_some_and(|last| *last >= peer) {
            return Err(Violation::Heartbeat);
        }
        heard.push(peer);
    }
    if rest.is_empty() {
        Ok(heard)
    } else {
        Err(Violation::Heartbeat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(count: usize) -> Vec<PeerId> {
        let mut peers: Vec<_> = (0..count).map(|_| PeerId::random()).collect();
        peers.sort();
        peers
    }

    #[test]
    fn lists_up_to_the_bound_come_back() {
        for count in [0, 1, 2, HEARTBEAT_PEERS_MAX] {
            let peers = sorted(count);
            assert_eq!(decode(encode(&peers)), Ok(peers));
        }
        let too_many = sorted(HEARTBEAT_PEERS_MAX + 1);
        let kept = decode(encode(&too_many)).map(|peers| peers.len());
        assert_eq!(kept, Ok(HEARTBEAT_PEERS_MAX));
    }

    #[test]
    fn unsorted_repeated_trailing_and_truncated_lists_are_refused() {
        let peers = sorted(2);
        let mut reversed = peers.clone();
        reversed.reverse();
        let repeated = vec![peers[0], peers[0]];
        let mut trailing = encode(&peers).to_vec();
        trailing.push(0);
        let truncated = encode(&peers).slice(..40);
        let bodies = [
            encode(&reversed),
            encode(&repeated),
            trailing.into(),
            truncated,
            Bytes::new(),
            Bytes::from(vec![129]),
        ];
        for body in bodies {
            assert_eq!(decode(body), Err(Violation::Heartbeat));
        }
    }
}
