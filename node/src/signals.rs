//! Being asked to stop: SIGINT and SIGTERM.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

/// A future that ends when this process is asked to stop. The signals are caught from now on.
pub(crate) fn stop_requested() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
