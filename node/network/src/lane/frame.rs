//! The wire format of lanes and of value sync: `u32 length | u8 kind | body`, big-endian.
//!
//! The length is checked before anything is allocated, and the body's buffer grows only as bytes
//! arrive, so a lying header costs nothing.
//!
//! Invariant: what a body means is decided elsewhere.

use bytes::{BufMut, Bytes, BytesMut};
use futures::{AsyncRead, AsyncReadExt, io};
use libp2p::PeerId;

use crate::error::Violation;
use crate::lane::Lane;
use crate::limits::{BODY_BYTES_AT_ONCE, NetworkLimits, PEER_ID_BYTES_MAX, RELAY_OVERHEAD_BYTES};

/// Bytes in front of a body.
pub(crate) const HEADER_BYTES: usize = 5;

/// A message of the engine that may be relayed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// A signed vote or proposal.
    Consensus,
    /// A vote sent again, or a certificate.
    Liveness,
    /// A proposal part.
    Part,
}

impl Payload {
    /// The lane it travels on.
    pub(crate) fn lane(self) -> Lane {
        match self {
            Payload::Consensus | Payload::Liveness => Lane::Consensus,
            Payload::Part => Lane::Parts,
        }
    }
}

/// What a frame's body is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The validators the sender hears.
    Heartbeat,
    /// The sender's tip.
    Status,
    /// A transaction.
    Transaction,
    /// A message of the sender's own engine.
    Direct(Payload),
    /// Another node's message, one hop on; never relayed again.
    Relayed(Payload),
}

impl Kind {
    /// The byte on the wire; frozen.
    pub(crate) fn byte(self) -> u8 {
        match self {
            Kind::Heartbeat => 0,
            Kind::Direct(Payload::Consensus) => 1,
            Kind::Direct(Payload::Liveness) => 2,
            Kind::Status => 3,
            Kind::Direct(Payload::Part) => 4,
            Kind::Transaction => 5,
            Kind::Relayed(Payload::Consensus) => 17,
            Kind::Relayed(Payload::Liveness) => 18,
            Kind::Relayed(Payload::Part) => 20,
        }
    }

    /// Reads the byte of a frame that came on `lane`.
    pub(crate) fn parse(lane: Lane, byte: u8) -> Result<Self, Violation> {
        let kind = match byte {
            0 => Some(Kind::Heartbeat),
            1 => Some(Kind::Direct(Payload::Consensus)),
            2 => Some(Kind::Direct(Payload::Liveness)),
            3 => Some(Kind::Status),
            4 => Some(Kind::Direct(Payload::Part)),
            5 => Some(Kind::Transaction),
            17 => Some(Kind::Relayed(Payload::Consensus)),
            18 => Some(Kind::Relayed(Payload::Liveness)),
            20 => Some(Kind::Relayed(Payload::Part)),
            _ => None,
        };
        kind.filter(|kind| kind.lane() == lane)
            .ok_or(Violation::UnknownKind { lane, kind: byte })
    }

    /// The lane it travels on.
    pub(crate) fn lane(self) -> Lane {
        match self {
            Kind::Heartbeat | Kind::Status => Lane::Consensus,
            Kind::Transaction => Lane::Transactions,
            Kind::Direct(payload) | Kind::Relayed(payload) => payload.lane(),
        }
    }

    /// Longest body of this kind, in bytes.
    pub(crate) fn body_bytes_max(self, limits: &NetworkLimits) -> usize {
        let lane = limits.lane(self.lane()).frame_bytes_max;
        match self {
            Kind::Relayed(_) => lane.saturating_add(RELAY_OVERHEAD_BYTES),
            Kind::Heartbeat | Kind::Status | Kind::Transaction | Kind::Direct(_) => lane,
        }
    }
}

/// A frame on its way out. Cloning shares the body.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) body: Bytes,
}

impl Frame {
    /// A frame that carries `body` one hop on, naming the peer it came from.
    pub(crate) fn relayed(payload: Payload, origin: &PeerId, body: &[u8]) -> Self {
        let mut relayed = BytesMut::with_capacity(RELAY_OVERHEAD_BYTES.saturating_add(body.len()));
        put_peer(&mut relayed, origin);
        relayed.put_slice(body);
        Self {
            kind: Kind::Relayed(payload),
            body: relayed.freeze(),
        }
    }
}

/// Appends an identity: `u8 length | bytes`.
pub(crate) fn put_peer(buffer: &mut BytesMut, peer: &PeerId) {
    let bytes = peer.to_bytes();
    buffer.put_u8(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    buffer.put_slice(&bytes);
}

/// Takes an identity off the front; `None` if it is not one.
pub(crate) fn take_peer(bytes: &mut Bytes) -> Option<PeerId> {
    let length = usize::from(*bytes.first()?);
    if length > PEER_ID_BYTES_MAX || bytes.len() <= length {
        return None;
    }
    let peer = bytes.split_to(length.checked_add(1)?);
    PeerId::from_bytes(peer.get(1..)?).ok()
}

/// Appends a frame's header. Bodies are bounded far below 4 GiB before they are queued.
pub(crate) fn put_header(buffer: &mut BytesMut, kind: u8, body_bytes: usize) {
    buffer.put_u32(u32::try_from(body_bytes).unwrap_or(u32::MAX));
    buffer.put_u8(kind);
}

/// Reads a header: body length in bytes, and kind.
pub(crate) async fn read_header<R: AsyncRead + Unpin>(reader: &mut R) -> io::Result<(usize, u8)> {
    let mut header = [0; HEADER_BYTES];
    reader.read_exact(&mut header).await?;
    let [a, b, c, d, kind] = header;
    let length = u32::from_be_bytes([a, b, c, d]);
    Ok((usize::try_from(length).unwrap_or(usize::MAX), kind))
}

/// Reads a body whose length was checked.
pub(crate) async fn read_body<R: AsyncRead + Unpin>(
    reader: &mut R,
    size_bytes: usize,
) -> io::Result<Bytes> {
    let mut body = Vec::with_capacity(size_bytes.min(BODY_BYTES_AT_ONCE));
    let limit = u64::try_from(size_bytes).unwrap_or(u64::MAX);
    reader.take(limit).read_to_end(&mut body).await?;
    if body.len() != size_bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_kind_parses_back_on_its_own_lane_only() {
        let mut known = 0;
        for byte in 0..=u8::MAX {
            for lane in Lane::ALL {
                if let Ok(kind) = Kind::parse(lane, byte) {
                    known += 1;
                    assert_eq!((kind.byte(), kind.lane()), (byte, lane));
                }
            }
        }
        assert_eq!(known, 9);
    }

    #[test]
    fn a_relayed_frame_gives_back_its_origin_and_body() {
        let origin = PeerId::random();
        let mut frame = Frame::relayed(Payload::Part, &origin, b"part");
        assert_eq!(take_peer(&mut frame.body), Some(origin));
        assert_eq!(frame.body, b"part".as_slice());
    }

    #[test]
    fn a_false_identity_is_refused() {
        for bytes in [&[][..], &[3], &[3, 1, 2], &[255; 300], &[2, 9, 9, 9]] {
            assert_eq!(take_peer(&mut Bytes::copy_from_slice(bytes)), None);
        }
    }

    #[test]
    fn a_body_that_ends_early_is_an_error_and_allocates_little() {
        let read = futures::executor::block_on(read_body(&mut &b"short"[..], 1 << 30));
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
