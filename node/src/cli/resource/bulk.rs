//! Submitting and publishing everything that is ready.

use std::collections::BTreeMap;

use dirchain_explorer::api::{DraftState, ResourceItem};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{DepartmentId, Height, ResourceCode};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::Lack;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::sign::{Desk, Signing};
use crate::client::{Client, Fate, Item, LOT_ACTIONS_MAX, ResourceFilter, rehearse_all, send_all};
use crate::progress;

/// What is to be done with one entry.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// The entry.
    pub(crate) code: ResourceCode,
    /// What to do with it.
    pub(crate) actions: Vec<Action>,
}

/// An entry that was not taken, and why.
#[derive(Debug, Serialize)]
pub(crate) struct NotTaken {
    pub(crate) code: ResourceCode,
    /// The reason's stable code.
    pub(crate) refusal: String,
    /// The reason in words.
    pub(crate) message: String,
    /// The rule, where it is one.
    pub(crate) rule: Option<String>,
}

/// What became of many entries.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Entries whose action took effect.
    pub(crate) done: usize,
    /// The last block that holds one of them.
    pub(crate) height: Option<Height>,
    /// Entries that were left alone, for what they lack.
    pub(crate) incomplete: Vec<Incomplete>,
    /// Entries that were refused.
    pub(crate) refused: Vec<NotTaken>,
}

/// A draft that cannot be submitted yet.
#[derive(Debug, Serialize)]
pub(crate) struct Incomplete {
    code: ResourceCode,
    lacks: Vec<String>,
}

/// Signs and sends work with a progress bar, up to `actions_max` actions in a transaction, or rehearses it where the key is not opened; tells how many took effect, up to which block, and
/// what was refused.
pub(crate) fn send(
    desk: &mut Desk<'_>,
    work: Vec<Work>,
    what: &'static str,
    actions_max: usize,
) -> anyhow::Result<Report> {
    let bar = progress::bar(work.len(), what);
    let items = work.into_iter().map(|work| Item {
        tag: work.code,
        actions: work.actions,
    });
    let mut report = Report::default();
    let told = |code, fate| {
        bar.inc(1);
        match fate {
            Fate::Passes => report.done = report.done.saturating_add(1),
            Fate::Committed(height) => {
                report.done = report.done.saturating_add(1);
                report.height = report.height.max(Some(height));
            }
            Fate::Refused {
                code: refusal,
                message,
                rule,
            } => report.refused.push(NotTaken {
                code,
                refusal,
                message,
                rule,
            }),
        }
    };
    match desk.author.can_sign() {
        true => send_all(
            &desk.client,
            &mut desk.author,
            items.collect(),
            actions_max,
            told,
        )?,
        false => rehearse_all(&desk.client, desk.author.public_key(), &[], items, told)?,
    }
    bar.finish_and_clear();
    report
        .refused
        .sort_by(|one, other| one.code.cmp(&other.code));
    Ok(report)
}

/// Submits every draft of a provider, and of its sub-units, that lacks nothing.
pub(crate) fn submit_all(
    context: &Context,
    signing: &Signing,
    provider: Option<DepartmentId>,
) -> anyhow::Result<()> {
    let mut desk = signing.desk(context)?;
    let provider = provider.unwrap_or_else(|| desk.author.department.clone());
    let entries = desk.client.resources_below(&provider)?;
    let mut incomplete = Vec::new();
    let work = drafts(&desk.client, entries, |state, lacks, item| {
        if state == DraftState::Submitted {
            return None;
        }
        if !lacks.is_empty() {
            let code = item.code.clone();
            let lacks = lacks.iter().map(|lack| lack.told(context.language()));
            let lacks = lacks.collect();
            incomplete.push(Incomplete { code, lacks });
            return None;
        }
        Some(Action::SubmitResource {
            code: item.code.clone(),
            revision: item.revision,
        })
    })?;
    let mut report = send(&mut desk, work, "submitting", LOT_ACTIONS_MAX)?;
    report.incomplete = incomplete;
    finish(context, &desk, report, ("提交", "submitted"))
}

/// Publishes everything that waits for publication.
pub(crate) fn publish_all(
    context: &Context,
    signing: &Signing,
    provider: Option<DepartmentId>,
) -> anyhow::Result<()> {
    let mut desk = signing.desk(context)?;
    let entries = match &provider {
        Some(provider) => desk.client.resources_below(provider)?,
        None => desk
            .client
            .resources(&ResourceFilter::default(), usize::MAX)?,
    };
    let work = drafts(&desk.client, entries, |state, _, item| {
        (state == DraftState::Submitted).then(|| Action::PublishResource {
            code: item.code.clone(),
            revision: item.revision,
        })
    })?;
    let report = send(&mut desk, work, "publishing", LOT_ACTIONS_MAX)?;
    finish(context, &desk, report, ("发布", "published"))
}

/// Looks at every entry's draft, amendments of published ones included, and asks what to do.
fn drafts(
    client: &Client,
    entries: Vec<ResourceItem>,
    mut act: impl FnMut(DraftState, Vec<Lack>, &ResourceItem) -> Option<Action>,
) -> anyhow::Result<Vec<Work>> {
    let bar = progress::bar(entries.len(), "reading");
    let mut work = Vec::new();
    for entry in entries {
        bar.inc(1);
        let answer = client.resource(&entry.code, None)?;
        let Some(draft) = answer.draft else {
            continue;
        };
        if let Some(action) = act(draft.state, draft.entry.lacks(), &answer.resource) {
            work.push(Work {
                code: entry.code,
                actions: vec![action],
            });
        }
    }
    bar.finish_and_clear();
    Ok(work)
}

fn finish(
    context: &Context,
    desk: &Desk<'_>,
    report: Report,
    (chinese, english): (&'static str, &'static str),
) -> anyhow::Result<()> {
    let (refused, language) = (report.refused.len(), context.language());
    let done = match (language, desk.author.can_sign()) {
        (Language::Chinese, true) => format!("已{chinese}"),
        (Language::Chinese, false) => format!("将{chinese}"),
        (Language::English, true) => english.to_owned(),
        (Language::English, false) => format!("would be {english}"),
    };
    let title = match desk.author.can_sign() {
        true => "",
        false => language.say("未签署任何内容。\n", "Nothing was signed.\n"),
    };
    context.output.print(&report, |report| {
        format!("{title}{}", text(report, &done, language))
    })?;
    if refused == 0 {
        return Ok(());
    }
    let (entries, url) = (entries(refused, language), desk.client.url());
    match language {
        Language::Chinese => anyhow::bail!("{url} 拒绝了 {entries}，原因见上"),
        Language::English => anyhow::bail!("{entries} refused by {url}, as listed above"),
    }
}

/// Codes named of those that lack the same; the rest is counted.
const NAMED_MAX: usize = 5;

/// The entries left alone, together by what they lack, the most common first.
fn left_alone(incomplete: &[Incomplete], language: Language) -> Vec<String> {
    let mut groups: BTreeMap<&[String], Vec<&ResourceCode>> = BTreeMap::new();
    for Incomplete { code, lacks } in incomplete {
        groups.entry(lacks).or_default().push(code);
    }
    let mut groups: Vec<(&[String], Vec<&ResourceCode>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, codes)| std::cmp::Reverse(codes.len()));
    let mut lines = Vec::new();
    for (lacks, mut codes) in groups {
        codes.sort();
        let count = entries(codes.len(), language);
        let more = codes.len().saturating_sub(NAMED_MAX);
        let mut named: Vec<String> = codes
            .iter()
            .take(NAMED_MAX)
            .map(ToString::to_string)
            .collect();
        if more > 0 {
            named.push(match language {
                Language::Chinese => format!("另有 {more} 条（--output json 全部列出）"),
                Language::English => format!("and {more} more (--output json lists them)"),
            });
        }
        let (lacks, named) = (
            lacks.join(language.say("、", ", ")),
            named.join(language.say("、", ", ")),
        );
        lines.push(match language {
            Language::Chinese => format!("{count}未处理，尚缺{lacks}"),
            Language::English => format!("{count} left alone, lacking {lacks}"),
        });
        lines.push(format!("  {named}"));
    }
    lines
}

fn entries(count: usize, language: Language) -> String {
    match (count, language) {
        (_, Language::Chinese) => format!("{count} 条目录"),
        (1, Language::English) => "1 entry".to_owned(),
        (_, Language::English) => format!("{count} entries"),
    }
}

fn text(report: &Report, done: &str, language: Language) -> String {
    let count = entries(report.done, language);
    let mut lines = vec![match (report.height, language) {
        (Some(height), Language::Chinese) => {
            format!("{done} {count}，最后一条在高度 {height}")
        }
        (None, Language::Chinese) => format!("{done} {count}"),
        (Some(height), Language::English) => {
            format!("{count} {done}, the last at height {height}")
        }
        (None, Language::English) => format!("{count} {done}"),
    }];
    lines.extend(left_alone(&report.incomplete, language));
    for NotTaken { code, message, .. } in &report.refused {
        let refused = language.say("被拒绝：", " was refused: ");
        lines.push(format!("{code}{refused}{message}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_alone_is_told_by_what_it_lacks() {
        let lacking = |number: u32, lacks: &[&str]| Incomplete {
            code: format!("307001054/{number:06}").parse().unwrap(),
            lacks: lacks.iter().map(ToString::to_string).collect(),
        };
        let mut incomplete: Vec<Incomplete> = (1..=7)
            .rev()
            .map(|number| lacking(number, &["fields", "a level"]))
            .collect();
        incomplete.push(lacking(9, &["an abstract"]));
        assert_eq!(
            left_alone(&incomplete, Language::English),
            [
                "7 entries left alone, lacking fields, a level",
                "  307001054/000001, 307001054/000002, 307001054/000003, 307001054/000004, \
                 307001054/000005, and 2 more (--output json lists them)",
                "1 entry left alone, lacking an abstract",
                "  307001054/000009",
            ]
        );
        let told = left_alone(&incomplete[..1], Language::Chinese);
        assert_eq!(told[0], "1 条目录未处理，尚缺fields、a level");
    }
}
