//! The bounded queue in front of a lane's writer: bounded in frames and in bytes, never waits.
//!
//! Invariant: a full queue refuses the frame; who counts it is the caller's affair.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::lane::frame::Frame;
use crate::limits::LaneLimits;

/// A queued frame holds its share of the byte budget until it is written.
pub(crate) struct Queued {
    pub(crate) frame: Frame,
    pub(crate) permit: OwnedSemaphorePermit,
}

/// The sending end.
pub(crate) struct Queue {
    frames: mpsc::Sender<Queued>,
    budget_bytes: Arc<Semaphore>,
}

/// A queue with a lane's bounds.
pub(crate) fn queue(limits: &LaneLimits) -> (Queue, mpsc::Receiver<Queued>) {
    let (frames, receiver) = mpsc::channel(limits.queue_frames_max.max(1));
    let budget_bytes = Arc::new(Semaphore::new(
        limits.queue_bytes_max.min(Semaphore::MAX_PERMITS),
    ));
    (
        Queue {
            frames,
            budget_bytes,
        },
        receiver,
    )
}

impl Queue {
    /// Queues the frame; false if there is no room.
    pub(crate) fn push(&self, frame: Frame) -> bool {
        let Ok(cost_bytes) = u32::try_from(frame.body.len().saturating_add(1)) else {
            return false;
        };
        let budget = Arc::clone(&self.budget_bytes);
        match budget.try_acquire_many_owned(cost_bytes) {
            Ok(permit) => self.frames.try_send(Queued { frame, permit }).is_ok(),
            Err(_full) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::frame::Kind;

    fn frame(size_bytes: usize) -> Frame {
        Frame {
            kind: Kind::Transaction,
            body: vec![0; size_bytes].into(),
        }
    }

    fn limits(queue_frames_max: usize, queue_bytes_max: usize) -> LaneLimits {
        LaneLimits {
            frame_bytes_max: 1000,
            queue_frames_max,
            queue_bytes_max,
            rate_bytes_per_second: 1,
            burst_bytes: 1,
            frame_cost_bytes_min: 1,
        }
    }

    #[test]
    fn it_is_bounded_in_frames_and_in_bytes() {
        let (by_frames, _receiver) = queue(&limits(2, 1 << 20));
        assert!(by_frames.push(frame(1)) && by_frames.push(frame(1)));
        assert!(!by_frames.push(frame(1)));

        let (by_bytes, mut receiver) = queue(&limits(100, 100));
        assert!(by_bytes.push(frame(60)));
        assert!(!by_bytes.push(frame(60)));
        assert!(
            receiver.try_recv().is_ok(),
            "the frame and its permit are dropped here"
        );
        assert!(by_bytes.push(frame(60)));
    }
}
