//! What a department may read, and what actions would come to, as text.

use clap::ValueEnum;
use dirchain_explorer::api::{
    BasisKind, HeldAuthorization, ReachItem, ReadableItem, RehearsalAnswer, UnsettledItem,
};
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::language::Language;

use super::When;
use super::sharing::fields;
use super::verdicts::{basis, denial};
use crate::cli::context::Context;
use crate::cli::output::Table;
use crate::client::Client;

/// On which basis.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum On {
    /// It provides the data
    Owner,
    /// Shared with every department
    Unconditional,
    /// Granted
    Authorized,
}

impl From<On> for BasisKind {
    fn from(on: On) -> Self {
        match on {
            On::Owner => Self::Owner,
            On::Unconditional => Self::Unconditional,
            On::Authorized => Self::Authorized,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct WhatMay {
    /// The department
    department: DepartmentId,

    /// Only on this basis
    #[arg(long, value_enum)]
    basis: Option<On>,

    /// How many lines at most
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,

    #[command(flatten)]
    when: When,
}

impl WhatMay {
    pub(super) fn run(self, context: &Context, client: &Client) -> anyhow::Result<()> {
        let kind = self.basis.map(BasisKind::from);
        let items = client.what_may(&self.department, kind, self.when.at, self.limit)?;
        let (department, language) = (&self.department, context.language());
        context
            .output
            .print(&items, |items| match items.is_empty() {
                true => match language {
                    Language::Chinese => format!("{department} 没有可读的此类信息项"),
                    Language::English => format!("{department} may read nothing of that"),
                },
                false => readable(items, language),
            })
    }
}

fn readable(items: &[ReadableItem], language: Language) -> String {
    let mut table = Table::default();
    for item in items {
        table.row([
            item.resource.to_string(),
            item.name.clone(),
            item.provider.to_string(),
            fields(&item.fields),
            basis(&item.basis, language),
        ]);
    }
    table.text()
}

/// What actions that pass would touch, and who would lose what.
pub(crate) fn rehearsal(answer: &RehearsalAnswer, language: Language) -> String {
    let height = answer.as_of.height;
    let mut text = match language {
        Language::Chinese => format!("未签名。按高度 {height} 的账本，将会生效。\n"),
        Language::English => {
            format!("Nothing was signed. On the state of height {height} it would take effect.\n")
        }
    };
    let mut section = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        text.push_str(&format!("\n{title}\n"));
        for line in lines {
            text.push_str(&format!("  {line}\n"));
        }
    };
    let transactions = || answer.transactions.iter();
    let touches = transactions().flat_map(|told| match language {
        Language::Chinese => told.touches_zh.clone(),
        Language::English => told.touches.clone(),
    });
    section(language.say("将涉及", "It would touch"), touches.collect());
    let agreed = transactions().flat_map(|told| match language {
        Language::Chinese => told.touches_once_agreed_zh.clone(),
        Language::English => told.touches_once_agreed.clone(),
    });
    let title = language.say(
        "各方同意后将涉及",
        "Once everybody had agreed it would touch",
    );
    section(title, agreed.collect());
    for reach in &answer.reorganised {
        reached(reach, language, &mut section);
    }
    waiting(&answer.unsettled, language, &mut section);
    let unfounded = answer.unfounded.iter().map(ToString::to_string);
    let title = language.say(
        "将失去职责依据的目录（此前的授权继续有效，不得新增；须修订或撤销）",
        "Entries left without a responsibility (grants on them go on, nothing new is granted; to be amended or withdrawn)",
    );
    section(title, unfounded.collect());
    let title = language.say("谁将失去什么", "Who would lose what");
    section(title, lost(answer, language));
    text
}

/// What is begun there and not settled: one line for each kind.
fn waiting(left: &UnsettledItem, language: Language, section: &mut impl FnMut(&str, Vec<String>)) {
    fn line<T: ToString>(name: &str, ids: &[T]) -> Option<String> {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        (!ids.is_empty()).then(|| format!("{name}  {}", ids.join(", ")))
    }
    let mut lines: Vec<String> = [
        line(language.say("申请", "applications"), &left.applications),
        line(language.say("异议", "objections"), &left.objections),
        line(language.say("提案", "proposals"), &left.proposals),
        line(language.say("需求", "demands"), &left.demands),
        line(language.say("检查发现", "findings"), &left.findings),
        line(language.say("挂接", "bindings"), &left.bindings),
    ]
    .into_iter()
    .flatten()
    .collect();
    if left.more {
        let more = language.say(
            "数量过多，未全部列出",
            "and more: it was too much to look at all of it",
        );
        lines.push(more.to_owned());
    }
    let title = language.say(
        "尚未办结的事项（由承接部门或届时的提供方办结）",
        "Begun there and not settled (who takes over, or provides the entry then, ends it)",
    );
    section(title, lines);
}

/// Everything that a reorganisation would touch: responsibilities, entries, authorizations.
fn reached(reach: &ReachItem, language: Language, section: &mut impl FnMut(&str, Vec<String>)) {
    let abolished = language.say("废止", "abolished");
    let passed = reach.responsibilities.iter().map(|passed| {
        let to = passed.to.as_ref();
        let to = to.map_or_else(|| abolished.to_owned(), ToString::to_string);
        format!("{}  {} → {to}", passed.responsibility, passed.from)
    });
    section(
        language.say("移交的职责", "Responsibilities that pass on"),
        passed.collect(),
    );
    let entries = reach.entries.iter();
    let entries = entries.map(|entry| format!("{}  {} → {}", entry.resource, entry.from, entry.to));
    section(
        language.say("更换提供方的目录", "Entries that get another provider"),
        entries.collect(),
    );
    let unfounded = reach.unfounded.iter().map(ToString::to_string);
    section(
        language.say(
            "失去职责依据的目录",
            "Entries whose responsibility is abolished",
        ),
        unfounded.collect(),
    );
    let provided = reach.provided.iter().map(ToString::to_string);
    section(
        language.say(
            "上述目录上继续有效的授权",
            "Authorizations on them, which go on",
        ),
        provided.collect(),
    );
    let held = |items: &[HeldAuthorization]| -> Vec<String> {
        let items = items.iter();
        items
            .map(|held| format!("{}  {}", held.authorization, held.grantee))
            .collect()
    };
    section(
        language.say(
            "在提供方确认新持有方之前停用的授权",
            "Authorizations that stop until their provider confirms the new holder",
        ),
        held(&reach.received),
    );
    section(
        language.say("恢复有效的授权", "Authorizations that hold again"),
        held(&reach.regained),
    );
}

fn lost(answer: &RehearsalAnswer, language: Language) -> Vec<String> {
    let mut table = Table::default();
    for loss in &answer.losses {
        let (now, then) = (basis(&loss.basis, language), denial(&loss.denial, language));
        let numbers = fields(&loss.fields);
        let words = match language {
            Language::Chinese => [
                format!("信息项 {numbers}"),
                format!("现在：{now}"),
                format!("届时：{then}"),
            ],
            Language::English => [
                format!("fields {numbers}"),
                format!("now: {now}"),
                format!("then: {then}"),
            ],
        };
        let whose = [loss.department.to_string(), loss.resource.to_string()];
        table.row(whose.into_iter().chain(words));
    }
    let mut lines: Vec<String> = table.text().lines().map(str::to_owned).collect();
    for stopped in &answer.stopped {
        let department = &stopped.department;
        let own: Vec<String> = stopped
            .authorizations
            .iter()
            .map(ToString::to_string)
            .collect();
        let held = own.join(", ");
        lines.push(match (own.is_empty(), language) {
            (true, Language::Chinese) => format!(
                "{department} 失去现在可读的一切（`dirchain query what-may {department}` 可列出）"
            ),
            (true, Language::English) => format!(
                "{department} all that it may read now (`dirchain query what-may {department}` lists it)"
            ),
            (false, Language::Chinese) => format!(
                "{department} 失去现在可读的一切（`dirchain query what-may {department}` 可列出），包括授权 {held}"
            ),
            (false, Language::English) => format!(
                "{department} all that it may read now (`dirchain query what-may {department}` lists it), among it by authorization {held}"
            ),
        });
    }
    if !answer.unexamined.is_empty() {
        let count = answer.unexamined.len();
        lines.push(match language {
            Language::Chinese => format!("另有 {count} 个目录，数量过多未一并检查（--output json 可列出）"),
            Language::English => format!(
                "and of {count} more entries, too many to look at at once (--output json lists them)"
            ),
        });
    }
    if lines.is_empty() {
        lines.push(
            language
                .say("没有部门失去任何权限", "nobody loses anything")
                .to_owned(),
        );
    }
    lines
}
