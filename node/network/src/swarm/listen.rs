//! Is the listen address free? The transport alone would not say.
//!
//! It sets `SO_REUSEPORT`, so a second node of the same user would silently share the port with the first.
//!
//! Invariant: opens a socket only to close it again.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use libp2p::Multiaddr;
use libp2p::core::transport::TransportError;
use libp2p::multiaddr::Protocol;

use crate::error::NetworkError;

/// Binds the address exclusively for a moment. Between this and the transport's own listener another
/// process could take the port; the transport then reports it, unless that process shares ports as well.
pub(crate) fn check_free(address: &Multiaddr) -> Result<(), NetworkError> {
    let Some(socket) = socket_address(address) else {
        return Err(NetworkError::UnsupportedAddress {
            address: address.clone(),
        });
    };
    match TcpListener::bind(socket) {
        Ok(_closed_at_once) => Ok(()),
        Err(source) => Err(NetworkError::Listen {
            address: address.clone(),
            source,
        }),
    }
}

/// The transport's refusal to listen, by name.
pub(crate) fn refused(address: &Multiaddr, error: TransportError<io::Error>) -> NetworkError {
    let address = address.clone();
    match error {
        TransportError::MultiaddrNotSupported(_) => NetworkError::UnsupportedAddress { address },
        TransportError::Other(source) => NetworkError::Listen { address, source },
    }
}

fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = ip_address(parts.next()?)?;
    match (parts.next()?, parts.next()) {
        (Protocol::Tcp(port), None) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// The first part of an address, if it is an IP address.
pub(crate) fn ip_address(part: Protocol<'_>) -> Option<IpAddr> {
    match part {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_tcp_over_ip_is_an_address_to_listen_on() {
        let parse = |text: &str| socket_address(&text.parse().unwrap()).map(|at| at.to_string());
        assert_eq!(
            parse("/ip4/127.0.0.1/tcp/7").as_deref(),
            Some("127.0.0.1:7")
        );
        assert_eq!(parse("/ip6/::1/tcp/7").as_deref(), Some("[::1]:7"));
        for other in [
            "/ip4/127.0.0.1",
            "/dns4/a/tcp/7",
            "/ip4/127.0.0.1/udp/7",
            "/ip4/1.2.3.4/tcp/1/ws",
        ] {
            assert_eq!(parse(other), None);
        }
    }
}
