//! What can go wrong between a client and its node, each with what to do.

use std::io;

use dirchain_explorer::api::Problem;
use dirchain_ledger::language::Language;
use rustls::CertificateError;

/// Why a question or submission got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The address is none.
    #[error(
        "`{url}` is no node's address: it is http or https, a host and a port, such as http://127.0.0.1:8080"
    )]
    BadUrl {
        /// What was given.
        url: String,
    },
    /// An encrypted address, and nobody to vouch for it.
    #[error(
        "{url} is encrypted: name the file of the authorities that vouch for it (PEM) in DIRCHAIN_AUTHORITIES"
    )]
    NoAuthorities {
        /// The node's address.
        url: String,
    },
    /// The authorities' file is none.
    #[error("the authorities' certificates are not understood: {reason}. They are PEM")]
    BadAuthorities {
        /// What is wrong.
        reason: String,
    },
    /// Nobody listens there.
    #[error(
        "no node answers at {url} ({reason}). Start it with `dirchain run`, or name another with --node"
    )]
    Unreachable {
        /// The node's address.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// Who answers shows a certificate that none of the authorities vouches for.
    #[error(
        "{url} answers, but its certificate is not trusted: {reason}. Name the file of the authorities that vouch for it (PEM) in DIRCHAIN_AUTHORITIES, and make sure that the address is the node's"
    )]
    Untrusted {
        /// The node's address.
        url: String,
        /// What is wrong with the certificate.
        reason: &'static str,
    },
    /// No answer in time.
    #[error(
        "the node at {url} did not answer in time ({reason}). It may be busy or stopping; `dirchain status` shows"
    )]
    TimedOut {
        /// The node's address.
        url: String,
        /// What took too long.
        reason: String,
    },
    /// The answer is not what this version of dirchain expects.
    #[error(
        "the answer of {url} is not understood: {reason}. Is it a dirchain node of this version?"
    )]
    Malformed {
        /// The node's address.
        url: String,
        /// Why.
        reason: String,
    },
    /// The node refuses, and says why.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The node serves another chain than the caller's.
    #[error(
        "the node at {url} serves chain {found}, this home's genesis is that of chain {expected}. Name a node of the same chain with --node"
    )]
    OtherChain {
        /// The node's address.
        url: String,
        /// The chain it serves.
        found: String,
        /// The chain expected.
        expected: String,
    },
}

impl ClientError {
    /// A stable name of the error, for programs: the problem's own code where the node gave one.
    pub fn code(&self) -> &str {
        match self {
            ClientError::BadUrl { .. } => "bad-url",
            ClientError::NoAuthorities { .. } => "no-authorities",
            ClientError::BadAuthorities { .. } => "bad-authorities",
            ClientError::Unreachable { .. } => "unreachable",
            ClientError::Untrusted { .. } => "untrusted-certificate",
            ClientError::TimedOut { .. } => "timed-out",
            ClientError::Malformed { .. } => "malformed-answer",
            ClientError::Problem(problem) => problem.code(),
            ClientError::OtherChain { .. } => "other-chain",
        }
    }

    /// The rule that refuses, where it is one.
    pub fn rule(&self) -> Option<&str> {
        match self {
            ClientError::Problem(problem) => problem.rule.as_deref(),
            ClientError::BadUrl { .. }
            | ClientError::NoAuthorities { .. }
            | ClientError::BadAuthorities { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Untrusted { .. }
            | ClientError::TimedOut { .. }
            | ClientError::Malformed { .. }
            | ClientError::OtherChain { .. } => None,
        }
    }

    fn is_absent(&self) -> bool {
        matches!(
            self.code(),
            "no-such-record" | "no-such-block" | "no-such-transaction"
        )
    }

    /// Whether the same submission may work in a moment: the node is busy, slow or starting.
    pub fn is_passing(&self) -> bool {
        match self {
            ClientError::Problem(problem) => problem.code() == "busy",
            ClientError::TimedOut { .. } => true,
            ClientError::BadUrl { .. }
            | ClientError::NoAuthorities { .. }
            | ClientError::BadAuthorities { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Untrusted { .. }
            | ClientError::Malformed { .. }
            | ClientError::OtherChain { .. } => false,
        }
    }
}

/// For whoever asks whether there is such a thing at all.
pub trait IfKnown<T> {
    /// None where the node says that there is no such record, block or transaction; other 404s are
    /// mistakes of the question.
    fn if_known(self) -> Result<Option<T>, ClientError>;
}

impl<T> IfKnown<T> for Result<T, ClientError> {
    fn if_known(self) -> Result<Option<T>, ClientError> {
        match self {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// An answer that is no success: the problem it carries, or what is known without one.
pub(super) fn refused(url: &str, status: u16, body: &[u8], language: Language) -> ClientError {
    match serde_json::from_slice::<Problem>(body) {
        Ok(mut problem) => {
            if let (Language::Chinese, Some(chinese)) = (language, problem.detail_zh.take()) {
                problem.detail = chinese.into();
            }
            ClientError::Problem(Box::new(problem))
        }
        Err(_) => ClientError::Malformed {
            url: url.to_owned(),
            reason: format!("HTTP status {status} without a problem document"),
        },
    }
}

/// A request that got no answer.
pub(super) fn failed(url: &str, error: &ureq::Error) -> ClientError {
    let url = url.to_owned();
    match error {
        ureq::Error::Timeout(which) => ClientError::TimedOut {
            url,
            reason: which.to_string(),
        },
        ureq::Error::Io(error) if is_timeout(error) => ClientError::TimedOut {
            url,
            reason: error.to_string(),
        },
        ureq::Error::Io(error) => match distrust(error) {
            Some(reason) => ClientError::Untrusted { url, reason },
            None => ClientError::Unreachable {
                url,
                reason: error.to_string(),
            },
        },
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => ClientError::Unreachable {
            url,
            reason: error.to_string(),
        },
        // What an encrypted connection begins with is no HTTP.
        ureq::Error::Protocol(error) if url.starts_with("http://") => {
            let encrypted = url.replacen("http://", "https://", 1);
            let reason = format!(
                "{error}. Where the node's connections are encrypted, its address is {encrypted}"
            );
            ClientError::Malformed { url, reason }
        }
        other => ClientError::Malformed {
            url,
            reason: other.to_string(),
        },
    }
}

/// What is wrong with the certificate that the other side showed, where that is what failed.
fn distrust(error: &io::Error) -> Option<&'static str> {
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(fault) = inner else {
        return None;
    };
    Some(match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name than that of the address"
        }
        CertificateError::UnknownIssuer => "none of the authorities signed it",
        CertificateError::Revoked => "it was revoked",
        _ => {
            "it is no server's certificate that one of the authorities signed. One that vouches for itself says CA:FALSE"
        }
    })
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_becomes_a_named_error() {
        let body = br#"{"type":"urn:dirchain:problem:stale","title":"Stale","status":409,
            "detail":"resource 103001/000001 is at revision 4. Look again","rule":null,"extra":1}"#;
        let error = refused("http://a", 409, body, Language::English);
        assert_eq!(error.code(), "stale");
        assert_eq!(error.rule(), None);
        assert_eq!(
            error.to_string(),
            "resource 103001/000001 is at revision 4. Look again"
        );
        assert!(!error.is_passing());
    }

    #[test]
    fn a_refusal_is_told_in_the_language_asked_for() {
        let body = br#"{"type":"urn:dirchain:problem:taken","title":"t","status":422,"detail":"in English","detail_zh":"\u5df2\u5b58\u5728"}"#;
        let told = |language| refused("http://a", 422, body, language).to_string();
        assert_eq!(told(Language::English), "in English");
        assert_eq!(told(Language::Chinese), "已存在");
    }

    #[test]
    fn a_rule_is_passed_on() {
        let body = br#"{"type":"urn:dirchain:problem:own-entry","title":"t","status":422,"detail":"d","rule":"C5"}"#;
        assert_eq!(
            refused("http://a", 422, body, Language::English).rule(),
            Some("C5")
        );
    }

    #[test]
    fn something_else_than_a_problem_is_no_node() {
        let error = refused(
            "http://a",
            502,
            b"<html>Bad gateway</html>",
            Language::English,
        );
        assert_eq!(error.code(), "malformed-answer");
        assert!(error.to_string().contains("502"), "{error}");
    }

    #[test]
    fn a_certificate_that_is_not_trusted_is_told_from_a_node_that_is_not_there() {
        let of = |inner: rustls::Error| {
            let error = io::Error::new(io::ErrorKind::InvalidData, inner);
            failed("https://a", &ureq::Error::Io(error))
        };
        for (fault, told) in [
            (CertificateError::UnknownIssuer, "none of the authorities"),
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::BadEncoding, "no server's certificate"),
        ] {
            let error = of(rustls::Error::InvalidCertificate(fault));
            assert_eq!(error.code(), "untrusted-certificate");
            let text = error.to_string();
            assert!(text.contains(told), "{text}");
            assert!(text.contains("DIRCHAIN_AUTHORITIES"), "{text}");
        }
        let error = of(rustls::Error::HandshakeNotComplete);
        assert_eq!(error.code(), "unreachable");
    }

    /// As a node does that takes encrypted connections alone.
    #[test]
    fn an_answer_that_is_no_http_is_told_with_the_encrypted_address() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") {
                io::Read::read_exact(&mut stream, &mut byte).unwrap();
                request.extend(byte);
            }
            // A fatal alert: protocol version.
            io::Write::write_all(&mut stream, &[21, 3, 3, 0, 2, 2, 70]).unwrap();
        });
        let client = crate::client::Client::shown(&format!("http://{address}"), None, None);
        let error = client.unwrap().status().unwrap_err().to_string();
        server.join().unwrap();
        let expected = format!("its address is https://{address}");
        assert!(error.contains(&expected), "{error}");
    }

    #[test]
    fn a_busy_node_is_told_from_a_refusing_one() {
        let body = br#"{"type":"urn:dirchain:problem:busy","title":"t","status":503,"detail":"d"}"#;
        assert!(refused("http://a", 503, body, Language::English).is_passing());
    }
}
