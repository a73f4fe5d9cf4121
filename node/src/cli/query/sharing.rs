//! Verdicts, readers, applications and authorizations as text.

use dirchain_explorer::api::{
    AccessAnswer, ApplicationAnswer, AuthorizationAnswer, AuthorizationItem, AuthorizationState,
    Basis, DecisionItem, EarlyEndItem, ReadersAnswer,
};
use dirchain_ledger::access::{Denial, Failure};
use dirchain_ledger::ids::FieldNumber;

use crate::cli::output::{Table, local, or_dash, word};

/// A verdict; `failed` is the authorization that a denial names, where it was asked for.
pub(super) fn access(answer: &AccessAnswer, failed: Option<&AuthorizationAnswer>) -> String {
    let AccessAnswer {
        department,
        resource,
        field,
        ..
    } = answer;
    let reason = match (&answer.basis, &answer.denial) {
        (Some(given), _) => basis(given),
        (None, Some(denied)) => {
            let end = failed.and_then(|failed| failed.authorization.ended.as_ref());
            let end = end.map_or_else(String::new, |end| format!(": {}", ended(end)));
            format!("{}{end}", denial(denied))
        }
        (None, None) => "no reason was given".to_owned(),
    };
    let verdict = if answer.allowed { "may" } else { "may not" };
    format!(
        "{department} {verdict} read field {field} of {resource}: {reason}\nas of height {}, judged at {}\n",
        answer.as_of.height,
        local(answer.instant)
    )
}

pub(super) fn basis(basis: &Basis) -> String {
    match basis {
        Basis::Owner {
            responsibility,
            lapsed,
        } => {
            let ended = if *lapsed { ", which has ended" } else { "" };
            match responsibility {
                Some(code) => format!("it provides it, by responsibility {code}{ended}"),
                None => "it provides it".to_owned(),
            }
        }
        Basis::Unconditional { version, suspect } => {
            let warning = match suspect {
                true => ", published with a key that may have been stolen",
                false => "",
            };
            format!("shared with every department in version {version}{warning}")
        }
        Basis::Authorized {
            authorization,
            until,
            purpose,
            suspect,
        } => {
            let warning = if *suspect {
                ", granted with a key that may have been stolen"
            } else {
                ""
            };
            format!(
                "authorization {authorization} for {purpose} until {}{warning}",
                local(*until)
            )
        }
    }
}

pub(super) fn denial(denial: &Denial) -> String {
    let because = |text: &str, why: Option<String>| match why {
        Some(why) => format!("{text} ({why})"),
        None => text.to_owned(),
    };
    match denial {
        Denial::DepartmentNotActive => "the department is not active".to_owned(),
        Denial::NotPublished => "no version is in force".to_owned(),
        Denial::NoSuchField => "the version in force has no such field".to_owned(),
        Denial::NotShared { legal_basis } => {
            because("not shared", legal_basis.as_ref().map(ToString::to_string))
        }
        Denial::NoAuthorization { condition } => because(
            "conditional, and nothing was granted",
            condition.as_ref().map(ToString::to_string),
        ),
        Denial::AuthorizationFails {
            authorization,
            failure: failed,
        } => format!("authorization {authorization} {}", failure(*failed)),
    }
}

fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::Field => "does not cover the field",
        Failure::Inactive => "is not active",
        Failure::WindowOver => "is over",
        Failure::WindowNotBegun => "has not begun",
        Failure::Purpose => "is for another purpose",
        Failure::Responsibility => {
            "was granted for a responsibility that its grantee no longer holds"
        }
    }
}

pub(super) fn readers(answer: &ReadersAnswer) -> String {
    let mut text = format!("{} as of height {}\n", answer.resource, answer.as_of.height);
    for field in &answer.fields {
        let sharing = or_dash(field.sharing.as_ref().map(word));
        text.push_str(&format!(
            "\nfield {} {} ({sharing})\n",
            field.field, field.name
        ));
        let mut table = Table::default();
        for reader in &field.readers {
            table.row([format!("  {}", reader.department), basis(&reader.basis)]);
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
    table.text()
}
