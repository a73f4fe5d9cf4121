//! Who may reach a node's explorer: what its configuration says, made into what the explorer checks.

use anyhow::Context as _;
use dirchain_explorer::{Access, Rate, Tokens};

use crate::config::HttpConfig;
use crate::home::Home;
use crate::serve::TlsFiles;

/// Requests at once that an address may make, for each that it may make a second.
const BURST: u32 = 2;

/// Who may ask: everybody, or whoever has a token of the file or an accepted certificate.
pub(crate) fn access(home: &Home, http: &HttpConfig) -> anyhow::Result<Access> {
    let tokens = match &http.tokens {
        Some(path) => {
            let path = home.dir().join(path);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("http.tokens: {} cannot be read", path.display()))?;
            Some(Tokens::parse(&text).with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    Ok(match (tokens, &http.client_certificates) {
        (Some(tokens), _) => Access::Known(tokens),
        (None, Some(_)) if !http.public_reading => Access::Known(Tokens::default()),
        (None, _) => Access::Public,
    })
}

/// How often one address may ask.
pub(crate) fn rate(http: &HttpConfig) -> Rate {
    let per_second = http.requests_per_second_max;
    Rate {
        per_second,
        burst: per_second.saturating_mul(BURST),
    }
}

/// The files of encrypted connections, where connections are.
pub(crate) fn tls(home: &Home, http: &HttpConfig) -> Option<TlsFiles> {
    let within = |path: &std::path::Path| home.dir().join(path);
    Some(TlsFiles {
        certificate: within(http.certificate.as_deref()?),
        key: within(http.key.as_deref()?),
        clients: http.client_certificates.as_deref().map(within),
    })
}
