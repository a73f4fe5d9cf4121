//! Readers, applications and authorizations as text.

use dirchain_explorer::api::{
    ApplicationAnswer, AuthorizationAnswer, AuthorizationItem, AuthorizationState, DecisionItem,
    EarlyEndItem, ReadersAnswer,
};
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::language::Language;

use super::verdicts::basis;

use crate::cli::output::{Table, local, or_dash, word};

pub(super) fn readers(answer: &ReadersAnswer, language: Language) -> String {
    let mut text = format!("{} as of height {}\n", answer.resource, answer.as_of.height);
    for field in &answer.fields {
        let sharing = or_dash(field.sharing.as_ref().map(word));
        text.push_str(&format!(
            "\nfield {} {} ({sharing})\n",
            field.field, field.name
        ));
        let mut table = Table::default();
        for reader in &field.readers {
            table.row([
                format!("  {}", reader.department),
                basis(&reader.basis, language),
            ]);
        }
        text.push_str(&table.text());
        if field.readers.is_empty() {
            text.push_str("  nobody\n");
        }
    }
    text
}

/// Field numbers in a list.
pub(super) fn fields(fields: &[FieldNumber]) -> String {
    let numbers: Vec<String> = fields.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

fn decision(decision: &DecisionItem) -> String {
    let reason = decision.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    format!(
        "by {} at height {}{reason}",
        decision.department, decision.at.height
    )
}

pub(super) fn application(answer: &ApplicationAnswer) -> String {
    let item = &answer.application;
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("application", item.id.to_string());
    row(
        "resource",
        format!("{} version {}", item.resource_name, item.version),
    );
    row(
        "provider",
        format!("{} {}", item.provider, item.provider_name),
    );
    row(
        "applicant",
        format!("{} {}", item.applicant, item.applicant_name),
    );
    row("responsibility", item.responsibility.to_string());
    row("fields", fields(&item.fields));
    row("purpose", item.purpose.to_string());
    row("scene", item.scene.clone());
    row("method", word(&item.method));
    row("calls a day", or_dash(item.calls_per_day_max));
    row("from", local(item.from));
    row("to", local(item.to));
    row(
        "submitted",
        format!(
            "at height {}, {}",
            item.submitted.height,
            local(item.submitted.time)
        ),
    );
    row("state", word(&item.state));
    row("revision", item.revision.to_string());
    if let Some(closed) = &item.decision {
        row("decided", decision(closed));
    }
    table.text()
}

fn ended(end: &EarlyEndItem) -> String {
    format!("{} {}", word(&end.kind), decision(&end.decision))
}

/// Where an authorization stands, with the reason where the record itself has none.
fn standing(item: &AuthorizationItem) -> String {
    match item.state {
        AuthorizationState::NotHeld => format!(
            "not_held: {} no longer holds {}",
            item.grantee, item.responsibility
        ),
        AuthorizationState::InForce
        | AuthorizationState::NotBegun
        | AuthorizationState::Expired
        | AuthorizationState::EndedEarly
        | AuthorizationState::Suspended => word(&item.state),
    }
}

pub(super) fn authorization(answer: &AuthorizationAnswer) -> String {
    let item = &answer.authorization;
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("authorization", item.id.to_string());
    row(
        "resource",
        format!("{} version {}", item.resource_name, item.version),
    );
    row(
        "provider",
        format!("{} {}", item.provider, item.provider_name),
    );
    row("grantee", format!("{} {}", item.grantee, item.grantee_name));
    row("responsibility", item.responsibility.to_string());
    row("fields", fields(&item.fields));
    row("purpose", item.purpose.to_string());
    row("calls a day", or_dash(item.calls_per_day_max));
    row("from", local(item.from));
    row("to", local(item.to));
    let warning = if item.suspect {
        ", with a key that may have been stolen"
    } else {
        ""
    };
    row("granted", format!("{}{warning}", decision(&item.granted)));
    row("state", standing(item));
    row("revision", item.revision.to_string());
    if let Some(end) = &item.ended {
        row("ended", ended(end));
    }
    for over in &answer.over_quota {
        row(
            "over quota",
            format!(
                "on {} days by the {}'s count of use {}: {} calls for {}, {} allowed",
                over.days, over.side, over.usage, over.calls, over.last, over.allowed
            ),
        );
    }
    table.text()
}
