//! What a command could not do: one line for people, one object for programs.

mod chinese;

use std::process::ExitCode;

use dirchain_ledger::language::Language;

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

/// Prints an error on stderr, with the rule that refuses, where one does.
pub(crate) fn print(error: &anyhow::Error, format: Output, language: Language) {
    let line = line(error, language);
    progress::say(match format {
        Output::Text => text(&line, code_and_rule(error).1, language),
        Output::Json => {
            let (code, rule) = code_and_rule(error);
            let error = serde_json::json!({ "code": code, "message": line, "rule": rule });
            serde_json::json!({ "error": error }).to_string()
        }
    });
}

fn text(line: &str, rule: Option<&str>, language: Language) -> String {
    match (rule, language) {
        (None, Language::Chinese) => format!("错误：{line}"),
        (None, Language::English) => format!("error: {line}"),
        (Some(rule), Language::Chinese) => format!("错误：{line}（规则 {rule}）"),
        (Some(rule), Language::English) => format!("error: {line} (rule {rule})"),
    }
}

/// Prints what the arguments could not be parsed for, or the help that they ask for.
pub(crate) fn usage(error: &clap::Error, arguments: impl Iterator<Item = String>) -> ExitCode {
    // Help and versions are what was asked for, not errors.
    let text = error.to_string();
    if !error.use_stderr() {
        error.exit();
    }
    if !wants_json(arguments) {
        match cut(&text) {
            // What was typed can be as long as a file.
            Some(cut) => progress::say(cut),
            None => error.exit(),
        }
        return ExitCode::from(2);
    }
    let said = text.split("\n\n").next().unwrap_or_default();
    let said = said.strip_prefix("error: ").unwrap_or(said);
    let message = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = cut(&message).unwrap_or(message);
    let error = serde_json::json!({ "code": "usage", "message": message, "rule": null });
    progress::say(serde_json::json!({ "error": error }));
    ExitCode::from(2)
}

/// Characters of one usage error at most.
const USAGE_LENGTH_MAX: usize = 2_000;

/// A text that is too long to be read, with its middle left out.
fn cut(text: &str) -> Option<String> {
    let length = text.chars().count();
    if length <= USAGE_LENGTH_MAX {
        return None;
    }
    let (half, rest) = (
        USAGE_LENGTH_MAX / 2,
        length.saturating_sub(USAGE_LENGTH_MAX / 2),
    );
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(rest).collect();
    Some(format!("{head} […] {tail}"))
}

/// Whether arguments that do not parse ask for JSON all the same.
fn wants_json(arguments: impl Iterator<Item = String>) -> bool {
    let arguments: Vec<String> = arguments.collect();
    let apart = arguments
        .windows(2)
        .any(|pair| pair == ["--output", "json"]);
    apart || arguments.iter().any(|argument| argument == "--output=json")
}

/// The error and its causes in one line.
fn line(error: &anyhow::Error, language: Language) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let said = match language {
            Language::Chinese => chinese::said(cause).unwrap_or_else(|| cause.to_string()),
            Language::English => cause.to_string(),
        };
        // Many errors say their cause themselves.
        if line.contains(&said) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(language.say("：", ": "));
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
    use crate::import::sheet::SheetError;
    use crate::keys::{KeyName, KeystoreError, SealError};

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let refused = Refused {
            code: "stale".into(),
            message: "resource 103001/000001 is at revision 4.\nLook again".into(),
            rule: Some("C5".into()),
        };
        let error = anyhow::Error::new(refused).context("publishing 103001/000001");
        assert_eq!(
            line(&error, Language::English),
            "publishing 103001/000001: resource 103001/000001 is at revision 4. Look again"
        );
        assert_eq!(code_and_rule(&error), ("stale", Some("C5")));
    }

    #[test]
    fn a_refusal_names_its_rule_in_either_language() {
        let told = |rule, language| text("no", rule, language);
        assert_eq!(told(Some("C5"), Language::English), "error: no (rule C5)");
        assert_eq!(told(Some("C5"), Language::Chinese), "错误：no（规则 C5）");
        assert_eq!(told(None, Language::English), "error: no");
    }

    #[test]
    fn arguments_that_do_not_parse_can_ask_for_json() {
        let wants = |line: &str| wants_json(line.split(' ').map(str::to_owned));
        assert!(wants("dirchain --output json query readers"));
        assert!(wants("dirchain query readers --output=json"));
        assert!(!wants("dirchain query readers json"));
    }

    #[test]
    fn a_usage_error_is_never_as_long_as_what_was_typed() {
        assert_eq!(cut("short"), None);
        let long = format!(
            "error: {} is too long. For more, try --help",
            "长".repeat(100_000)
        );
        let cut = cut(&long).unwrap();
        assert!(cut.chars().count() < USAGE_LENGTH_MAX + 10);
        assert!(cut.starts_with("error: 长") && cut.ends_with("try --help"));
    }

    #[test]
    fn a_transparent_error_is_said_once() {
        let inner = ClientError::BadUrl { url: "x".into() };
        let error: anyhow::Result<()> = Err(AuthorError::from(inner)).context("asking");
        let error = error.unwrap_err();
        assert_eq!(
            line(&error, Language::English)
                .matches("is no node's address")
                .count(),
            1
        );
        assert_eq!(code_and_rule(&error).0, "bad-url");
        assert_eq!(
            line(&error, Language::Chinese),
            "asking：“x”不是节点地址：应为 http 或 https、主机和端口，如 http://127.0.0.1:8080"
        );
    }

    #[test]
    fn what_the_client_finds_itself_is_told_in_chinese() {
        let key = dirchain_ledger::crypto::SecretKey::from_seed(&[7; 32]).public();
        let url = || "http://127.0.0.1:1".to_owned();
        let reason = || "refused".to_owned();
        let name: KeyName = "D024-head".parse().unwrap();
        let dir = std::path::PathBuf::from("keys");
        let errors: Vec<anyhow::Error> = vec![
            ClientError::Unreachable {
                url: url(),
                reason: reason(),
            }
            .into(),
            ClientError::TimedOut {
                url: url(),
                reason: reason(),
            }
            .into(),
            AuthorError::NotRegistered { key }.into(),
            AuthorError::Revoked { key }.into(),
            AuthorError::Unopened { key }.into(),
            KeystoreError::Unknown {
                name: name.clone(),
                dir: dir.clone(),
            }
            .into(),
            KeystoreError::Sealed {
                name,
                source: SealError::DoesNotOpen,
            }
            .into(),
            SheetError::Encoding { row: 3 }.into(),
            SheetError::WorkbookAsCsv.into(),
        ];
        for error in errors {
            let told = line(&error, Language::Chinese);
            assert_ne!(told, line(&error, Language::English));
            let chinese = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
            assert!(told.chars().filter(chinese).count() > 4, "{told}");
        }
        let error = anyhow::Error::from(SealError::DoesNotOpen).context("key a");
        let told = line(&error, Language::Chinese);
        assert_eq!(told, "key a：口令错误（或密钥文件写入后被改动）");
    }
}
