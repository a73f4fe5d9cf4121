//! Reads one lane's frames in order: length, rate, body, delivery.
//!
//! Invariant: at most one frame of a lane is in memory, and the next is not read before it is delivered.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::io::BufReader;
use libp2p::PeerId;
use libp2p::swarm::{ConnectionId, Stream};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::clock::{count, lock};
use crate::error::Violation;
use crate::hub::Hub;
use crate::lane::bucket::Bucket;
use crate::lane::frame::{self, HEADER_BYTES, Kind, Payload, take_peer};
use crate::lane::{End, Lane, heartbeat};
use crate::limits::READ_BUFFER_BYTES;
use crate::peers::counters::{PeerCounters, bump};
use crate::sink::Taken;

/// One lane's reader.
pub(crate) struct Reader {
    pub(crate) hub: Arc<Hub>,
    pub(crate) peer: PeerId,
    pub(crate) connection: ConnectionId,
    pub(crate) lane: Lane,
    pub(crate) bucket: Arc<Mutex<Bucket>>,
    pub(crate) counters: Arc<PeerCounters>,
    pub(crate) transactions: mpsc::Sender<(PeerId, Bytes)>,
}

impl Reader {
    /// Runs until the stream ends or the peer breaks the protocol.
    pub(crate) async fn run(self, stream: Stream) -> End {
        let mut stream = BufReader::with_capacity(READ_BUFFER_BYTES, stream);
        loop {
            let Ok((size_bytes, kind)) = frame::read_header(&mut stream).await else {
                return End::Closed;
            };
            let kind = match self.check(size_bytes, kind) {
                Ok(kind) => kind,
                Err(violation) => return End::Violation(violation),
            };
            self.throttle(size_bytes).await;
            let Ok(body) = frame::read_body(&mut stream, size_bytes).await else {
                return End::Closed;
            };
            self.account(size_bytes);
            match self.deliver(kind, body).await {
                Ok(()) => {}
                Err(end) => return end,
            }
        }
    }

    fn check(&self, size_bytes: usize, kind: u8) -> Result<Kind, Violation> {
        let kind = Kind::parse(self.lane, kind)?;
        let size_bytes_max = kind.body_bytes_max(&self.hub.limits);
        if size_bytes > size_bytes_max {
            return Err(Violation::FrameTooLarge {
                lane: self.lane,
                size_bytes,
                size_bytes_max,
            });
        }
        Ok(kind)
    }

    /// Waits for the peer's share of the lane; meanwhile nothing is read and TCP pushes back.
    async fn throttle(&self, size_bytes: usize) {
        let cost_bytes_min = self.hub.limits.lane(self.lane).frame_cost_bytes_min;
        let cost = count(size_bytes).max(cost_bytes_min);
        let wait_ns = lock(&self.bucket).take(cost, self.hub.clock.now_ns());
        if wait_ns > 0 {
            self.counters.throttled_ns.fetch_add(wait_ns, Relaxed);
            sleep(Duration::from_nanos(wait_ns)).await;
        }
    }

    fn account(&self, size_bytes: usize) {
        let bytes = count(size_bytes.saturating_add(HEADER_BYTES));
        self.counters.frames_in.fetch_add(1, Relaxed);
        self.counters.bytes_in.fetch_add(bytes, Relaxed);
        self.hub.heard(self.peer, self.connection, self.lane);
    }

    async fn deliver(&self, kind: Kind, body: Bytes) -> Result<(), End> {
        let delivered = match kind {
            Kind::Transaction => return self.transaction(body).await,
            Kind::Heartbeat => {
                heartbeat::decode(body).map(|heard| self.hub.hears(self.peer, heard))
            }
            Kind::Status => self.hub.sink.status(self.peer, body).map(|tip_height| {
                let shown = tip_height.saturating_add(1);
                self.counters.tip_shown.store(shown, Relaxed);
            }),
            Kind::Direct(payload) => self.direct(payload, body),
            Kind::Relayed(payload) => self.relayed(payload, body),
        };
        delivered.map_err(End::Violation)
    }

    /// A message of the peer itself: to the engine, and one hop on to who does not hear this peer.
    /// Who does not vote has nothing to say there. It is no violation: a validator that was removed
    /// may not know yet.
    fn direct(&self, payload: Payload, body: Bytes) -> Result<(), Violation> {
        if !self.hub.is_validator(&self.peer) {
            bump(&self.counters.frames_unwanted);
            return Ok(());
        }
        let sink = &self.hub.sink;
        let taken = sink.message(self.peer, self.peer, payload, body.clone())?;
        self.note(taken);
        // What is of no use here may be where it is passed on to.
        self.hub.relay(self.peer, payload, &body);
        Ok(())
    }

    /// A message that the peer passes on. Origins that are no longer validators are left out.
    fn relayed(&self, payload: Payload, mut body: Bytes) -> Result<(), Violation> {
        let origin = take_peer(&mut body).ok_or(Violation::RelayedOrigin)?;
        if origin == self.peer || origin == self.hub.local {
            return Err(Violation::RelayedOrigin);
        }
        if !self.hub.takes_relayed(self.peer, origin, payload, &body) {
            return Ok(());
        }
        let taken = self.hub.sink.message(self.peer, origin, payload, body)?;
        self.note(taken);
        Ok(())
    }

    fn note(&self, taken: Taken) {
        if taken == Taken::LeftOut {
            bump(&self.counters.frames_untimely);
        }
    }

    /// Waits for room, so that a slow application slows its peers and loses nothing.
    async fn transaction(&self, body: Bytes) -> Result<(), End> {
        let Ok(room) = self.transactions.reserve().await else {
            return Err(End::Closed);
        };
        let peer = self.peer;
        self.hub
            .while_linked(peer, self.connection, move || room.send((peer, body)));
        Ok(())
    }
}
