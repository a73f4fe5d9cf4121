//! Whose certificates a client trusts: those of the authorities that it was given, and no others.

use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::ClientError;

/// The settings of encrypted connections; without authorities none is made.
pub(super) fn of(authorities: &[u8]) -> Result<TlsConfig, ClientError> {
    let mut roots: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(authorities) {
        let item = item.map_err(|error| ClientError::BadAuthorities {
            reason: error.to_string(),
        })?;
        if let PemItem::Certificate(certificate) = item {
            roots.push(certificate);
        }
    }
    if roots.is_empty() && !authorities.is_empty() {
        return Err(ClientError::BadAuthorities {
            reason: "there is no certificate in the file".to_owned(),
        });
    }
    let provider = rustls::crypto::ring::default_provider();
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .build())
}
