//! What a command could not do: one line for people, one object for programs.

use crate::client::{AuthorError, ClientError};
use crate::progress;

use super::output::Output;

/// The rules refuse a transaction that was waited for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refused {
    /// The reason's stable code.
    pub(crate) code: String,
    /// The reason in words, with what to do.
    pub(crate) message: String,
    /// The rule.
    pub(crate) rule: Option<String>,
}

/// Prints an error on stderr.
pub(crate) fn print(error: &anyhow::Error, format: Output) {
    let line = line(error);
    progress::say(match format {
        Output::Text => format!("error: {line}"),
        Output::Json => {
            let (code, rule) = code_and_rule(error);
            let error = serde_json::json!({ "code": code, "message": line, "rule": rule });
            serde_json::json!({ "error": error }).to_string()
        }
    });
}

/// The error and its causes in one line.
fn line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        // Many errors say their cause themselves.
        if line.contains(&said) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&said);
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn code_and_rule(error: &anyhow::Error) -> (&str, Option<&str>) {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<ClientError>() {
            return (error.code(), error.rule());
        }
        if let Some(AuthorError::Client(error)) = cause.downcast_ref::<AuthorError>() {
            return (error.code(), error.rule());
        }
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return (&refused.code, refused.rule.as_deref());
        }
    }
    ("failed", None)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let refused = Refused {
            code: "stale".into(),
            message: "resource 103001/000001 is at revision 4.\nLook again".into(),
            rule: Some("C5".into()),
        };
        let error = anyhow::Error::new(refused).context("publishing 103001/000001");
        assert_eq!(
            line(&error),
            "publishing 103001/000001: resource 103001/000001 is at revision 4. Look again"
        );
        assert_eq!(code_and_rule(&error), ("stale", Some("C5")));
    }

    #[test]
    fn a_transparent_error_is_said_once() {
        let inner = ClientError::BadUrl { url: "x".into() };
        let error: anyhow::Result<()> = Err(AuthorError::from(inner)).context("asking");
        let error = error.unwrap_err();
        assert_eq!(line(&error).matches("is no node's address").count(), 1);
        assert_eq!(code_and_rule(&error).0, "bad-url");
    }
}
