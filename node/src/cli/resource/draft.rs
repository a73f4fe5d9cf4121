//! `dirchain resource draft`: an entry from a JSON file.

use std::path::PathBuf;

use anyhow::Context as _;
use dirchain_explorer::api::{DraftState, ResourceAnswer};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{DepartmentId, Height, ResourceCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::Entry;

use crate::cli::context::Context;
use crate::cli::key::{read_text, without_mark};
use crate::cli::sign::Signing;
use crate::client::IfKnown;

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

    /// Write also over a draft that was submitted and waits for publication: that takes the submission
    /// back
    #[arg(long)]
    take_back: bool,

    #[command(flatten)]
    signing: Signing,
}

/// A draft as a file gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DraftFile {
    code: Option<ResourceCode>,
    provider: Option<DepartmentId>,
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

/// Everything that a file may say of a field.
const FIELD_MEMBERS: [&str; 9] = [
    "number",
    "name",
    "data_element",
    "field_type",
    "length",
    "precision",
    "unit",
    "sharing",
    "level",
];

impl DraftArguments {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<()> {
        let text = read_text(&self.file)?;
        let named = || match self.file.as_os_str() == "-" {
            true => "stdin".to_owned(),
            false => self.file.display().to_string(),
        };
        let file = parse(&text).with_context(named)?;
        let code = self.code.or(file.code);
        let code = code.context("the file names no code. Give --code, such as 307001024/000001")?;
        let desk = self.signing.desk(context)?;
        let provider = self.provider.or(file.provider);
        let provider = provider.unwrap_or_else(|| desk.author.department.clone());
        let found = desk.client.resource(&code, None).if_known()?;
        let submitted = found.as_ref().and_then(submitted_at);
        let language = context.language();
        let taken_back = match (submitted, self.take_back) {
            (Some(height), false) => anyhow::bail!(would_take_back(&code, height, language)),
            (Some(height), true) => Some(takes_back(height, language)),
            (None, _) => None,
        };
        let revision = self.revision;
        let revision = revision.unwrap_or_else(|| found.map_or(0, |f| f.resource.revision));
        let lacks = file.entry.lacks().into_iter();
        let lacks = lacks.map(|lack| match language {
            Language::Chinese => format!("提交前尚缺{}", lack.told(language)),
            Language::English => format!("lacks {lack} for submission"),
        });
        let notes: Vec<String> = taken_back.into_iter().chain(lacks).collect();
        let action = Action::DraftResource {
            code,
            provider,
            revision,
            entry: file.entry,
        };
        desk.submit_noting(vec![action], |_, _, _| Ok(notes))
    }
}

/// The height at which the draft was submitted that waits for publication, if one does.
fn submitted_at(found: &ResourceAnswer) -> Option<Height> {
    let draft = found.draft.as_ref()?;
    let is_submitted = draft.state == DraftState::Submitted;
    draft.since.filter(|_| is_submitted).map(|at| at.height)
}

/// Why nothing is drafted over a submission that nobody said to take back.
fn would_take_back(code: &ResourceCode, height: Height, language: Language) -> String {
    match language {
        Language::Chinese => format!(
            "{code} 已于高度 {height} 提交，正在等待发布；新的草稿会撤回该提交。如确需撤回，请加 --take-back"
        ),
        Language::English => format!(
            "{code} was submitted at height {height} and waits for publication; a new draft takes that back. Say --take-back where that is meant"
        ),
    }
}

fn takes_back(height: Height, language: Language) -> String {
    match language {
        Language::Chinese => format!("撤回高度 {height} 的提交，须重新提交"),
        Language::English => {
            format!("takes back the submission of height {height}; submit it again")
        }
    }
}

/// Reads a file, and refuses a member it does not know: it is a misspelling.
fn parse(text: &str) -> anyhow::Result<DraftFile> {
    let value: serde_json::Value = serde_json::from_str(without_mark(text))?;
    let members = value.as_object().context("it is no JSON object")?;
    let unknown = members.keys().find(|key| !MEMBERS.contains(&key.as_str()));
    if let Some(unknown) = unknown {
        anyhow::bail!(
            "`{unknown}` is no part of an entry. There are: {}",
            MEMBERS.join(", ")
        );
    }
    let mut members = value.as_object().cloned().unwrap_or_default();
    let code = members.remove("code").unwrap_or_default();
    let provider = members.remove("provider").unwrap_or_default();
    check_fields(&members)?;
    Ok(DraftFile {
        code: serde_json::from_value(code).context("code")?,
        provider: serde_json::from_value(provider).context("provider")?,
        // Names the member that does not fit: `fields[1].number: ...`.
        entry: serde_path_to_error::deserialize(serde_json::Value::Object(members))?,
    })
}

/// Refuses a member of a field that it does not know.
fn check_fields(members: &serde_json::Map<String, serde_json::Value>) -> anyhow::Result<()> {
    let fields = members.get("fields").and_then(serde_json::Value::as_array);
    for (place, field) in fields.into_iter().flatten().enumerate() {
        let mut given = field.as_object().into_iter().flat_map(|field| field.keys());
        let unknown = given.find(|key| !FIELD_MEMBERS.contains(&key.as_str()));
        if let Some(unknown) = unknown {
            anyhow::bail!(
                "fields[{place}]: `{unknown}` is no part of a field. There are: {}",
                FIELD_MEMBERS.join(", ")
            );
        }
    }
    Ok(())
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
    fn what_does_not_fit_is_named_with_its_member() {
        for (text, says) in [
            (r#"{"name": "x", "level": -1}"#, "level: "),
            (r#"{"name": "x", "category": "office"}"#, "category: "),
            (r#"{"name": "x", "code": "1"}"#, "code: "),
            (
                r#"{"name": "x", "sharing": {"type": "some"}}"#,
                "sharing.type: ",
            ),
            (
                r#"{"name": "x", "fields": [{"number": -1, "name": "a", "field_type": "C"}]}"#,
                "fields[0].number: ",
            ),
            (r#"{"code": "307001024/000009"}"#, "missing field `name`"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(
            parse(&format!("\u{feff}{FILE}")).unwrap(),
            parse(FILE).unwrap()
        );
    }

    #[test]
    fn a_misspelt_member_is_named() {
        let error = parse(r#"{"name": "x", "sharring": {}}"#).unwrap_err();
        assert!(
            error.to_string().starts_with("`sharring` is no part"),
            "{error}"
        );
        let field = r#"{"name": "x", "fields": [{"number": 1, "name": "a", "field_type": "C"},
            {"number": 2, "name": "b", "field_type": "C", "lenght": 2}]}"#;
        let error = format!("{:#}", parse(field).unwrap_err());
        assert!(
            error.starts_with("fields[1]: `lenght` is no part"),
            "{error}"
        );
        let error = parse("[]").unwrap_err();
        assert_eq!(error.to_string(), "it is no JSON object");
    }
}
