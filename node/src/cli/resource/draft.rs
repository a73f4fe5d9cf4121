//! `dirchain resource draft`: an entry from a JSON file.

use std::path::PathBuf;

use anyhow::Context as _;
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{DepartmentId, ResourceCode};
use dirchain_ledger::records::Entry;
use serde::Deserialize;

use crate::cli::context::Context;
use crate::cli::key::read_text;
use crate::cli::sign::Signing;
use crate::client::{Client, IfKnown};

#[derive(Debug, clap::Args)]
pub(crate) struct DraftArguments {
    /// The entry as JSON: its code, and what `dirchain --output json query resource` shows under
    /// "entry"; - for stdin
    file: PathBuf,

    /// Its code, where the file does not say
    #[arg(long)]
    code: Option<ResourceCode>,

    /// Who provides it, where the file does not say [default: the signer's department]
    #[arg(long, value_name = "DEPARTMENT")]
    provider: Option<DepartmentId>,

    /// The revision you write over, 0 for a new entry [default: the current one]
    #[arg(long, value_name = "N")]
    revision: Option<u32>,

    #[command(flatten)]
    signing: Signing,
}

/// A draft as a file gives it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct DraftFile {
    #[serde(default)]
    code: Option<ResourceCode>,
    #[serde(default)]
    provider: Option<DepartmentId>,
    #[serde(flatten)]
    entry: Entry,
}

/// Everything that a file may say.
const MEMBERS: [&str; 15] = [
    "code",
    "provider",
    "name",
    "responsibility",
    "abstract",
    "category",
    "kind",
    "fields",
    "sharing",
    "method",
    "openness",
    "update_cycle",
    "level",
    "related_codes",
    "attributes",
];

impl DraftArguments {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let text = read_text(&self.file)?;
        let file = parse(&text).with_context(|| self.file.display().to_string())?;
        let code = self.code.or(file.code);
        let code = code.context("the file names no code. Give --code, such as 307001024/000001")?;
        let desk = self.signing.desk(context)?;
        let provider = self.provider.or(file.provider);
        let provider = provider.unwrap_or_else(|| desk.author.department.clone());
        let revision = match self.revision {
            Some(revision) => revision,
            None => current(&desk.client, &code)?,
        };
        let notes: Vec<String> = file
            .entry
            .lacks()
            .iter()
            .map(|lack| format!("lacks {lack} for submission"))
            .collect();
        let action = Action::DraftResource {
            code,
            provider,
            revision,
            entry: file.entry,
        };
        desk.submit_noting(vec![action], |_, _, _| Ok(notes))
    }
}

fn current(client: &Client, code: &ResourceCode) -> anyhow::Result<u32> {
    let found = client.resource(code, None).if_known()?;
    Ok(found.map_or(0, |found| found.resource.revision))
}

/// Reads a file, and refuses a member it does not know: it is a misspelling.
fn parse(text: &str) -> anyhow::Result<DraftFile> {
    let value: serde_json::Value = serde_json::from_str(text)?;
    let members = value.as_object().context("it is no JSON object")?;
    let unknown = members.keys().find(|key| !MEMBERS.contains(&key.as_str()));
    if let Some(unknown) = unknown {
        anyhow::bail!(
            "`{unknown}` is no part of an entry. There are: {}",
            MEMBERS.join(", ")
        );
    }
    Ok(serde_json::from_value(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "code": "307001024/000009", "name": "企业信用评价信息", "kind": "table",
        "fields": [{"number": 1, "name": "企业名称", "field_type": "C", "length": 200}],
        "sharing": {"type": "conditional", "condition": "限信用监管"}, "level": 2
    }"#;

    #[test]
    fn a_draft_is_an_entry_with_its_code() {
        let file = parse(FILE).unwrap();
        assert_eq!(file.code.unwrap().to_string(), "307001024/000009");
        assert_eq!(file.provider, None);
        assert_eq!(file.entry.fields.len(), 1);
        assert!(file.entry.lacks().len() > 3);
    }

    #[test]
    fn a_misspelt_member_is_named() {
        let error = parse(r#"{"name": "x", "sharring": {}}"#).unwrap_err();
        assert!(
            error.to_string().starts_with("`sharring` is no part"),
            "{error}"
        );
        let error = parse("[]").unwrap_err();
        assert_eq!(error.to_string(), "it is no JSON object");
    }
}
