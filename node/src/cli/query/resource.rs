//! Entries, responsibilities and histories as text.

use dirchain_explorer::api::{
    DraftAnswer, EffectiveField, HistoryItem, ResourceAnswer, ResponsibilityAnswer,
    ResponsibilityItem, SharingType, Signer,
};
use dirchain_ledger::records::{Entry, Field, RecordId, Sharing};

use crate::cli::output::{Table, local, or_dash, word};
use crate::client::Subject;

pub(super) fn resource(answer: &ResourceAnswer) -> String {
    let item = &answer.resource;
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("code", item.code.to_string());
    row("name", item.name.clone());
    row(
        "provider",
        format!("{} {}", item.provider, item.provider_name),
    );
    row("status", word(&item.status));
    row("version", or_dash(item.version));
    row("revision", item.revision.to_string());
    if let Some(held) = &answer.responsibility {
        let cited = format!("{} {} {}", held.code, held.title, ended(held));
        row("responsibility", cited.trim_end().to_owned());
    }
    row("kind", or_dash(item.kind.as_ref().map(word)));
    row("category", or_dash(item.category.as_ref().map(word)));
    row(
        "sharing",
        or_dash(entry(answer).and_then(|e| e.sharing.as_ref()).map(sharing)),
    );
    row("openness", or_dash(item.openness.as_ref().map(word)));
    row(
        "update cycle",
        or_dash(item.update_cycle.as_ref().map(word)),
    );
    row("level", or_dash(item.level.map(u8::from)));
    if let Some(said) = entry(answer).and_then(|entry| entry.summary.as_ref()) {
        row("abstract", said.to_string());
    }
    row("applications", answer.application_count.to_string());
    row("events", answer.trail.count.to_string());
    if let Some(end) = &answer.withdrawn {
        row(
            "withdrawn",
            format!("at height {}: {}", end.at.height, end.reason),
        );
    }
    for pending in &answer.pending {
        row(
            "pending",
            format!(
                "{} by proposal {}, not before {}: {}",
                pending.measure, pending.proposal, pending.not_before, pending.reason
            ),
        );
    }
    let mut text = table.text();
    if let Some(draft) = &answer.draft {
        text.push_str(&draft_text(draft));
    }
    text.push_str(&fields(answer));
    text.push_str(&format!(
        "\nas of height {}, {}\n",
        answer.as_of.height,
        local(answer.as_of.time)
    ));
    text
}

/// What the version in force says, or else the draft.
fn entry(answer: &ResourceAnswer) -> Option<&Entry> {
    let draft = answer.draft.as_ref().map(|draft| &draft.entry);
    answer.entry.as_ref().or(draft)
}

fn draft_text(draft: &DraftAnswer) -> String {
    let mut text = format!("draft     {}", word(&draft.state));
    if let Some(since) = draft.since {
        text.push_str(&format!(" since height {}", since.height));
    }
    if let Some(reason) = &draft.reason {
        text.push_str(&format!(": {reason}"));
    }
    text.push('\n');
    if !draft.lacks.is_empty() {
        text.push_str(&format!("lacks     {}\n", draft.lacks.join(", ")));
    }
    text
}

fn fields(answer: &ResourceAnswer) -> String {
    let mut table = Table::default();
    table.row(["field", "name", "type", "level", "sharing"]);
    for field in &answer.effective_fields {
        let EffectiveField {
            number,
            name,
            sharing: shared,
            level,
        } = field;
        let found = entry(answer).and_then(|entry| entry.field(*number));
        table.row([
            number.to_string(),
            name.clone(),
            or_dash(found.map(typed)),
            or_dash(level.map(u8::from)),
            or_dash(shared.as_ref().map(sharing)),
        ]);
    }
    format!("\n{}", table.text())
}

/// A field's type as the metadata writes it, with its unit: `C50`, `N10,2 平方米`.
fn typed(field: &Field) -> String {
    let mut typed = word(&field.field_type);
    if let Some(length) = field.length {
        typed.push_str(&length.to_string());
    }
    if let Some(precision) = field.precision {
        typed.push_str(&format!(",{precision}"));
    }
    if let Some(unit) = &field.unit {
        typed.push_str(&format!(" {unit}"));
    }
    typed
}

/// A sharing type with its condition or law.
pub(super) fn sharing(sharing: &Sharing) -> String {
    let kind = word(&SharingType::from(sharing));
    let why = match sharing {
        Sharing::Unconditional => None,
        Sharing::Conditional { condition } => condition.as_ref(),
        Sharing::NotShared { legal_basis } => legal_basis.as_ref(),
    };
    why.map_or_else(|| kind.clone(), |why| format!("{kind}: {why}"))
}

pub(super) fn responsibility(answer: &ResponsibilityAnswer) -> String {
    let item = &answer.responsibility;
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("code", item.code.to_string());
    row("title", item.title.clone());
    row("holder", format!("{} {}", item.holder, item.holder_name));
    row(
        "effective",
        match item.effective.to {
            None => format!("since height {}", item.effective.from.height),
            Some(to) => format!(
                "from height {} to {}",
                item.effective.from.height, to.height
            ),
        },
    );
    if let Some(end) = &item.ended_as {
        let told = answer.ended_by.as_ref().map(|event| {
            let reason = event.reason.as_ref();
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!(" by {}{reason}", signer(&event.signer))
        });
        row(
            "ended",
            format!("{}{}", word(end), told.unwrap_or_default()),
        );
    }
    for basis in &item.legal_bases {
        let article = basis
            .article
            .as_ref()
            .map_or("", |article| article.as_str());
        row("basis", format!("{} {article}", basis.document));
    }
    let mut text = table.text();
    let mut cited = Table::default();
    for resource in &answer.cited_by.items {
        cited.row([
            resource.code.to_string(),
            resource.name.clone(),
            word(&resource.status),
        ]);
    }
    if !answer.cited_by.items.is_empty() {
        text.push_str(&format!("\ncited by\n{}", cited.text()));
    }
    text
}

/// Events, one a line: what each was done to where that is another record than the one asked about,
/// and the transaction for `query tx`.
pub(super) fn history(asked: Option<&Subject>, events: &[HistoryItem]) -> String {
    let asked = asked.map(|asked| match asked {
        Subject::Resource(code) => RecordId::Resource(code.clone()).to_string(),
        Subject::Department(id) => RecordId::Department(id.clone()).to_string(),
    });
    let mut table = Table::default();
    table.row([
        "height",
        "time",
        "action",
        "to",
        "signed by",
        "transaction",
        "reason",
    ]);
    for event in events {
        let other = event.subject.as_ref();
        let other = other.filter(|subject| asked.as_ref() != Some(*subject));
        table.row([
            event.at.height.to_string(),
            local(event.at.time),
            match &event.measure {
                Some(measure) => format!("{}: {measure}", event.action),
                None => event.action.clone(),
            },
            or_dash(other),
            signer(&event.signer),
            event.transaction.to_string(),
            event.reason.clone().unwrap_or_default(),
        ]);
    }
    table.text()
}

/// How a responsibility ended; empty while it is in effect.
pub(super) fn ended(item: &ResponsibilityItem) -> String {
    match (&item.ended_as, item.effective.to) {
        (Some(end), Some(to)) => format!("({} at height {})", word(end), to.height),
        (Some(end), None) => format!("({})", word(end)),
        (None, _) => String::new(),
    }
}

/// Who signed, in a few words.
pub(super) fn signer(signer: &Signer) -> String {
    let department = or_dash(signer.department.as_ref());
    let name = signer.department_name.as_deref().unwrap_or_default();
    let role = signer.role.as_ref().map(word).unwrap_or_default();
    format!("{department} {name} {role}").trim_end().to_owned()
}
