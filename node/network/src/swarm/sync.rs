//! Questions and answers on libp2p's request-response: one frame asked, one frame answered, both
//! bounded. The engine's value sync and the application's own questions each have a protocol.
//!
//! Invariant: bodies are bytes; what is too large is reported as such, not read.

use std::io;

use bytes::{Bytes, BytesMut};
use futures::{AsyncRead, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response as rr;
use libp2p::swarm::InvalidProtocol;

use arc_malachitebft_sync::OutboundFailureReason;

use crate::lane::frame::{HEADER_BYTES, put_header, read_body, read_header};
use crate::limits::NetworkLimits;

/// The protocols' names, without the chain that follows; the number is the wire version.
const SYNC_PROTOCOL: &str = "/dirchain/sync/1";
const FETCH_PROTOCOL: &str = "/dirchain/fetch/1";
/// The only kind of frame on a sync stream.
const KIND: u8 = 0;

/// A body, or the fact that the peer announced one beyond the limit.
pub(crate) type Received = Result<Bytes, TooLarge>;

/// A frame was announced that exceeds the limit, or that is no sync frame; nothing of it was read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Reads and writes the frames.
#[derive(Clone)]
pub(crate) struct SyncCodec {
    request_bytes_max: usize,
    response_bytes_max: usize,
}

/// Value sync with its bounds.
pub(crate) fn behaviour(
    chain: &str,
    limits: &NetworkLimits,
) -> Result<rr::Behaviour<SyncCodec>, InvalidProtocol> {
    let codec = SyncCodec {
        request_bytes_max: limits.sync_request_bytes_max,
        response_bytes_max: limits.sync_response_bytes_max,
    };
    let config = rr::Config::default()
        .with_request_timeout(limits.sync_timeout)
        .with_max_concurrent_streams(limits.sync_streams_max);
    named(SYNC_PROTOCOL, chain, codec, config)
}

/// The application's questions with their bounds.
pub(crate) fn fetching(
    chain: &str,
    limits: &NetworkLimits,
) -> Result<rr::Behaviour<SyncCodec>, InvalidProtocol> {
    let codec = SyncCodec {
        request_bytes_max: limits.fetch_request_bytes_max,
        response_bytes_max: limits.fetch_response_bytes_max,
    };
    let config = rr::Config::default()
        .with_request_timeout(limits.fetch_timeout)
        .with_max_concurrent_streams(limits.fetch_streams_max);
    named(FETCH_PROTOCOL, chain, codec, config)
}

fn named(
    name: &str,
    chain: &str,
    codec: SyncCodec,
    config: rr::Config,
) -> Result<rr::Behaviour<SyncCodec>, InvalidProtocol> {
    let protocol = StreamProtocol::try_from_owned(format!("{name}/{chain}"))?;
    let protocols = [(protocol, rr::ProtocolSupport::Full)];
    Ok(rr::Behaviour::with_codec(codec, protocols, config))
}

/// The engine's name for a failure.
pub(crate) fn reason(failure: &rr::OutboundFailure) -> OutboundFailureReason {
    match failure {
        rr::OutboundFailure::DialFailure => OutboundFailureReason::DialFailure,
        rr::OutboundFailure::Timeout => OutboundFailureReason::Timeout,
        rr::OutboundFailure::ConnectionClosed => OutboundFailureReason::ConnectionClosed,
        rr::OutboundFailure::UnsupportedProtocols => OutboundFailureReason::UnsupportedProtocols,
        rr::OutboundFailure::Io(_) => OutboundFailureReason::Io,
    }
}

async fn read<R: AsyncRead + Unpin>(reader: &mut R, size_bytes_max: usize) -> io::Result<Received> {
    let (size_bytes, kind) = read_header(reader).await?;
    if size_bytes > size_bytes_max || kind != KIND {
        return Ok(Err(TooLarge));
    }
    read_body(reader, size_bytes).await.map(Ok)
}

async fn write<W: AsyncWrite + Unpin>(writer: &mut W, body: Received) -> io::Result<()> {
    let Ok(body) = body else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut header = BytesMut::with_capacity(HEADER_BYTES);
    put_header(&mut header, KIND, body.len());
    writer.write_all(&header).await?;
    writer.write_all(&body).await?;
    writer.close().await
}

#[async_trait::async_trait]
impl rr::Codec for SyncCodec {
    type Protocol = StreamProtocol;
    type Request = Received;
    type Response = Received;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Received>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.request_bytes_max).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Received>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, self.response_bytes_max).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        request: Received,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, request).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        response: Received,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, response).await
    }
}
