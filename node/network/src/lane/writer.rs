//! Drains one lane's queue into its stream.
//!
//! Invariant: holds no lock and knows no peer; memory is the queue's and one batch.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::io::AsyncWriteExt;
use libp2p::swarm::Stream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::clock::count;
use crate::lane::End;
use crate::lane::frame::{HEADER_BYTES, put_header};
use crate::lane::queue::Queued;
use crate::limits::WRITE_BATCH_BYTES;
use crate::peers::counters::PeerCounters;

/// One lane's writer.
pub(crate) struct Writer {
    pub(crate) queue: mpsc::Receiver<Queued>,
    pub(crate) counters: Arc<PeerCounters>,
    /// Longest time without progress. `None` on the transactions lane, whose reader may wait for its
    /// application: that must not cost the connection that carries the votes.
    pub(crate) stall: Option<Duration>,
}

impl Writer {
    /// Runs until the queue or the stream ends.
    pub(crate) async fn run(mut self, mut stream: Stream) -> End {
        let mut batch = BytesMut::new();
        let mut permits = Vec::new();
        while let Some(queued) = self.queue.recv().await {
            let mut large = self.add(&mut batch, &mut permits, queued);
            while large.is_none()
                && batch.len() < WRITE_BATCH_BYTES
                && let Ok(queued) = self.queue.try_recv()
            {
                large = self.add(&mut batch, &mut permits, queued);
            }
            if let Err(end) = self.write(&mut stream, &batch).await {
                return end;
            }
            if let Some(body) = large
                && let Err(end) = self.write(&mut stream, &body).await
            {
                return end;
            }
            if let Err(end) = self.flush(&mut stream).await {
                return end;
            }
            batch.clear();
            permits.clear();
        }
        End::Closed
    }

    /// Adds a frame to the batch; a large body is handed back, to be written behind it without a copy.
    fn add(
        &self,
        batch: &mut BytesMut,
        permits: &mut Vec<tokio::sync::OwnedSemaphorePermit>,
        queued: Queued,
    ) -> Option<Bytes> {
        let Queued { frame, permit } = queued;
        permits.push(permit);
        let size_bytes = HEADER_BYTES.saturating_add(frame.body.len());
        self.counters.frames_out.fetch_add(1, Relaxed);
        self.counters
            .bytes_out
            .fetch_add(count(size_bytes), Relaxed);
        put_header(batch, frame.kind.byte(), frame.body.len());
        if frame.body.len() > WRITE_BATCH_BYTES {
            return Some(frame.body);
        }
        batch.extend_from_slice(&frame.body);
        None
    }

    /// Writes in pieces, so that a slow link counts as progress.
    async fn write(&self, stream: &mut Stream, mut bytes: &[u8]) -> Result<(), End> {
        while !bytes.is_empty() {
            let piece = bytes.get(..WRITE_BATCH_BYTES).unwrap_or(bytes);
            let written = self.within(stream.write(piece)).await?;
            if written == 0 {
                return Err(End::Closed);
            }
            bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }

    async fn flush(&self, stream: &mut Stream) -> Result<(), End> {
        self.within(stream.flush()).await
    }

    async fn within<T>(
        &self,
        operation: impl Future<Output = std::io::Result<T>>,
    ) -> Result<T, End> {
        let result = match self.stall {
            Some(limit) => timeout(limit, operation)
                .await
                .map_err(|_late| End::Stalled)?,
            None => operation.await,
        };
        result.map_err(|_closed| End::Closed)
    }
}
