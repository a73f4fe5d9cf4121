//! Who may reach a node's explorer: what its configuration says, made into what the explorer checks.

use std::net::SocketAddr;

use anyhow::Context as _;
use dirchain_explorer::{Access, Rate, Tokens};

use crate::config::HttpConfig;
use crate::home::Home;
use crate::serve::TlsFiles;
use crate::storage::Finding;

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

/// What is wrong with the address that clients are told, where other machines reach the node and its
/// operator does not say by which address; `listens` is what it listens on.
pub(crate) fn unsaid_address(http: &HttpConfig, listens: SocketAddr) -> Option<Finding> {
    if http.public_url.is_some() || listens.ip().is_loopback() {
        return None;
    }
    let what = match listens.ip().is_unspecified() {
        true => format!(
            "The explorer listens on all addresses ({listens}), and nothing says which of them clients use: the catalogue's links have none, and there is no AuthZEN metadata"
        ),
        false => format!(
            "Links in the catalogue and the AuthZEN metadata call this node https://{listens}, for which its certificate need not be"
        ),
    };
    Some(Finding {
        what,
        to_do: "Set http.public_url in config.toml to the address that clients use, such as https://directory.example".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_node_that_others_reach_is_told_to_say_its_address() {
        let told = |listens: &str, public_url: Option<&str>| {
            let http = HttpConfig {
                public_url: public_url.map(str::to_owned),
                ..HttpConfig::default()
            };
            unsaid_address(&http, listens.parse().unwrap()).map(|found| found.what)
        };
        for listens in ["127.0.0.1:8080", "[::1]:8080"] {
            assert_eq!(told(listens, None), None, "{listens}");
        }
        for listens in ["0.0.0.0:8443", "[::]:8443"] {
            let what = told(listens, None).unwrap();
            assert!(what.contains("all addresses"), "{what}");
        }
        let what = told("10.0.0.5:8443", None).unwrap();
        assert!(what.contains("https://10.0.0.5:8443"), "{what}");
        for listens in ["0.0.0.0:8443", "10.0.0.5:8443"] {
            assert_eq!(told(listens, Some("https://directory.example")), None);
        }
    }
}
