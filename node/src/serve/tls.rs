//! Encrypted connections: the node's certificate, and whose certificates it accepts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::secret_file::{self, SecretFileError};

/// The files that make connections encrypted, as whole paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The node's certificate with those above it, PEM.
    pub(crate) certificate: PathBuf,
    /// Its key, PEM, readable by its owner only.
    pub(crate) key: PathBuf,
    /// The certificates of the authorities whose clients are let in, PEM.
    pub(crate) clients: Option<PathBuf>,
}

/// Why no connection can be encrypted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file cannot be read, or others may read the key.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// A file holds something else.
    #[error("{}: {reason}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificate and key do not go together, or one of them is of a kind that is not taken.
    #[error("http.certificate and http.key: {reason}")]
    Unfit {
        /// What is wrong.
        reason: String,
    },
}

fn unfit(error: impl std::fmt::Display) -> TlsError {
    TlsError::Unfit {
        reason: error.to_string(),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = secret_file::read(path)?;
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let pem = |reason: String| TlsError::Pem {
        path: path.to_path_buf(),
        reason,
    };
    let found = parsed.map_err(|error| pem(error.to_string()))?;
    if found.is_empty() {
        return Err(pem("it holds no certificate (PEM)".to_owned()));
    }
    Ok(found)
}

/// What takes encrypted connections: TLS 1.2 and 1.3, HTTP/1.1.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let key = secret_file::read_private(&files.key)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| TlsError::Pem {
        path: files.key.clone(),
        reason: format!("it holds no private key (PEM): {error}"),
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(unfit)?;
    let config = match &files.clients {
        None => config.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| TlsError::Pem {
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
            }
            // Whoever has none may still have a token; whoever shows one that does not fit is
            // turned away at once.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(unfit)?;
            config.with_client_cert_verifier(verifier)
        }
    };
    let mut config = config
        .with_single_cert(certificates(&files.certificate)?, key)
        .map_err(unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
