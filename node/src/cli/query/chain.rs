//! Departments, blocks, transactions and parameters as text.

use dirchain_explorer::api::{
    BlockAnswer, DepartmentAnswer, KeyItem, MembersAnswer, ParametersAnswer, TransactionAnswer,
    TransactionStatus,
};
use dirchain_ledger::action::Action;
use dirchain_ledger::language::Language;
use dirchain_ledger::records::{Deadlines, Parameters, Scoring, Settings};

use crate::cli::output::{Table, duration, local, or_dash, word};

use super::action;
use super::resource::{ended, signer};

/// How a key stands: valid (in the given word) or revoked, and since when it is suspect.
pub(crate) fn key_state(key: &KeyItem, valid: &str) -> String {
    let mut state = match key.valid.to {
        None => valid.to_owned(),
        Some(to) => format!("revoked at height {}", to.height),
    };
    if let Some(since) = key.suspect_since {
        state.push_str(&format!(", reported stolen since height {since}"));
    }
    state
}

pub(super) fn department(answer: &DepartmentAnswer) -> String {
    let item = &answer.department;
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("department", item.id.to_string());
    row("name", item.name.clone());
    row("credit code", or_dash(item.credit_code.as_ref()));
    row("level", word(&item.level));
    row("region", item.region.clone());
    if let Some(parent) = &item.parent {
        row("part of", parent.to_string());
    }
    row("status", word(&item.status));
    if let Some(successor) = &answer.successor {
        row("taken over by", successor.to_string());
    }
    let offices: Vec<String> = item.offices.iter().map(word).collect();
    if !offices.is_empty() {
        row("offices", offices.join(", "));
    }
    let mut text = table.text();
    let mut keys = Table::default();
    for key in &answer.keys.items {
        let state = key_state(key, "valid");
        keys.row([word(&key.role), key.public_key.to_string(), state]);
    }
    text.push_str(&format!("\nkeys\n{}", keys.text()));
    let mut held = Table::default();
    for responsibility in &answer.responsibilities.items {
        held.row([
            responsibility.code.to_string(),
            responsibility.title.clone(),
            ended(responsibility),
        ]);
    }
    if !answer.responsibilities.items.is_empty() {
        text.push_str(&format!("\nresponsibilities\n{}", held.text()));
    }
    let mut units = Table::default();
    for unit in &answer.sub_units.items {
        units.row([unit.id.to_string(), unit.name.clone()]);
    }
    if !answer.sub_units.items.is_empty() {
        text.push_str(&format!("\nsub-units\n{}", units.text()));
    }
    text
}

pub(super) fn block(answer: &BlockAnswer) -> String {
    let header = &answer.header;
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("block", header.height.to_string());
    row("hash", header.hash.to_string());
    row("time", local(header.time));
    row("parent", header.parent.to_string());
    row(
        "built by",
        format!(
            "{} in round {}",
            or_dash(answer.builder_department.as_ref()),
            header.round
        ),
    );
    row("state root", header.state_root.to_string());
    if let Some(certificate) = &answer.certificate {
        let signers: Vec<String> = certificate
            .signers
            .iter()
            .map(|signer| or_dash(signer.department.as_ref()))
            .collect();
        row(
            "decided",
            format!(
                "in round {} by {} of {}: {}",
                certificate.round,
                certificate.signers.len(),
                certificate.validator_count,
                signers.join(", ")
            ),
        );
    }
    let mut text = table.text();
    let mut transactions = Table::default();
    for item in &answer.transactions {
        transactions.row([
            item.index.to_string(),
            item.id.to_string(),
            signer(&item.signer),
            item.actions.join(", "),
        ]);
    }
    let count = match answer.transactions.len() {
        1 => "1 transaction".to_owned(),
        count => format!("{count} transactions"),
    };
    text.push_str(&format!("\n{count}\n{}", transactions.text()));
    text
}

pub(super) fn transaction(answer: &TransactionAnswer, language: Language) -> String {
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("transaction", answer.id.to_string());
    row(
        "status",
        match &answer.status {
            TransactionStatus::Waiting => "waits for a block".to_owned(),
            TransactionStatus::Committed { at, index } => {
                format!(
                    "took effect at height {}, place {index}, {}",
                    at.height,
                    local(at.time)
                )
            }
            TransactionStatus::Refused(refusal) => match &refusal.rule {
                Some(rule) => format!("refused by rule {rule}: {}", refusal.told(language)),
                None => format!("refused: {}", refusal.told(language)),
            },
        },
    );
    if let Some(content) = &answer.content {
        row("signed by", signer(&content.signer));
        row("key", content.signer.public_key.to_string());
        row("sequence", content.sequence.to_string());
    }
    let mut text = table.text();
    for (place, action) in content(answer).enumerate() {
        text.push_str(&format!("\naction {place}  {}\n", action.name()));
        let mut table = Table::default();
        for (name, value) in action::lines(action) {
            table.row([format!("  {name}"), value]);
        }
        text.push_str(&table.text());
    }
    text
}

fn content(answer: &TransactionAnswer) -> impl Iterator<Item = &Action> {
    answer.content.iter().flat_map(|content| &content.actions)
}

pub(super) fn members(answer: &MembersAnswer) -> String {
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("epoch", answer.epoch.to_string());
    let (ends, blocks) = (answer.epoch_ends, answer.epoch_blocks);
    row(
        "ends at",
        format!("height {ends}, and every {blocks} blocks"),
    );
    let count = answer.members.len();
    row("quorum", format!("{} of {count}", answer.quorum));
    row("rules version", answer.rules_version.to_string());
    if let Some(next) = &answer.next_rules {
        let (version, from) = (next.version, next.from);
        row(
            "next rules",
            format!("version {version}, from the epoch that ends at height {from} or after it"),
        );
    }
    for member in &answer.members {
        let mut notes = format!("{} of {}", member.node, member.department);
        if !member.proven {
            notes.push_str(", has built no block yet");
        }
        if let Some(until) = member.passed_over_until {
            notes.push_str(&format!(
                ", missed its turn and is passed over until height {until}"
            ));
        }
        if member.equivocations > 0 {
            notes.push_str(&format!(
                ", contradicted itself {} times",
                member.equivocations
            ));
        }
        row("votes", notes);
    }
    for agreed in &answer.agreed {
        let since = agreed.since.height;
        row(
            "agreed",
            format!("{} (since height {since})", agreed.change),
        );
    }
    let absent = answer.members.iter();
    let absent = absent.filter(|member| !member.proven || member.passed_over_until.is_some());
    let absent: Vec<String> = absent.map(|member| member.node.to_string()).collect();
    if !answer.agreed.is_empty() && !absent.is_empty() {
        let why = "count as absent: a change that could leave too few with them away waits, for an epoch's end after they built a block";
        row("waits for", format!("{} {why}", absent.join(", ")));
    }
    table.text()
}

pub(super) fn parameters(answer: &ParametersAnswer) -> String {
    let (parameters, settings) = (&answer.parameters, &answer.parameters.settings);
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("rules version", settings.rules_version.to_string());
    let heartbeat_ms = u64::try_from(settings.heartbeat_ms).unwrap_or_default();
    row("heartbeat", duration(heartbeat_ms));
    row("epoch", answer.epoch.to_string());
    rules(&mut row, settings);
    row("revision", parameters.revision.to_string());
    for holder in &answer.offices {
        row(&word(&holder.office), holder.department.to_string());
    }
    for validator in &answer.validators {
        row(
            "validator",
            format!("{} of {}", validator.node, validator.department),
        );
    }
    let mut text = table.text();
    let mut purposes = Table::default();
    let purposes_now = parameters.purposes.iter();
    for listed in purposes_now.filter(|listed| listed.listed.to.is_none()) {
        let purpose = &listed.purpose;
        purposes.row([purpose.code.to_string(), purpose.name.to_string()]);
    }
    text.push_str(&format!("\npurposes\n{}", purposes.text()));
    text.push_str(&format!("\ndeadlines\n{}", deadlines(&settings.deadlines)));
    text.push_str(&format!("\nscore\n{}\n", formula(&settings.scoring)));
    text.push_str(&calendar(parameters));
    text
}

/// The numbers that the rules go by.
fn rules(row: &mut impl FnMut(&str, String), settings: &Settings) {
    row("epoch blocks", settings.epoch_blocks.to_string());
    row("ready blocks", settings.ready_blocks.to_string());
    row(
        "two persons",
        match settings.two_person {
            true => "for grants of fields of level 3 or 4",
            false => "not asked for",
        }
        .to_owned(),
    );
    row("proposals wait", format!("{} days", settings.proposal_days));
    let open_max = settings.open_proposals_max;
    row(
        "proposals open",
        format!("at most {open_max} of a department"),
    );
    row("notice", format!("{} working days", settings.notice));
}

/// Within how many working days who answers what.
fn deadlines(deadlines: &Deadlines) -> String {
    let Deadlines {
        publication,
        unconditional,
        conditional,
        supplement,
        provisioning,
        correction,
        escalation,
        demand,
    } = deadlines;
    let mut table = Table::default();
    for (name, days) in [
        ("publication", publication),
        ("unconditional", unconditional),
        ("conditional", conditional),
        ("supplement", supplement),
        ("provisioning", provisioning),
        ("correction", correction),
        ("escalation", escalation),
        ("demand", demand),
    ] {
        table.row([name.to_owned(), format!("{days} working days")]);
    }
    table.text()
}

/// The days that are not what their weekdays say.
fn calendar(parameters: &Parameters) -> String {
    if parameters.calendar.is_empty() {
        return "\ncalendar: no listed days, weekends are free\n".to_owned();
    }
    let mut table = Table::default();
    for listed in parameters.calendar.iter() {
        table.row([
            listed.day.to_string(),
            word(&listed.kind),
            format!("since height {}", listed.since.height),
        ]);
    }
    format!("\ncalendar\n{}", table.text())
}

/// The formula of the score, with its points.
fn formula(scoring: &Scoring) -> String {
    let Scoring {
        base,
        answered_in_time,
        overdue,
        stale_entry,
        drifted_binding,
        rating_star,
    } = scoring;
    format!(
        "{base} + {answered_in_time} for each answer in time - {overdue} for each overdue or late \
         - {stale_entry} for each stale entry - {drifted_binding} for each drifted binding \
         + {rating_star} for each star of a rating above three, - {rating_star} for each below"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_tell_every_number_that_the_rules_go_by() {
        let mut settings = Settings {
            two_person: true,
            proposal_days: 41,
            ..Settings::default()
        };
        settings.deadlines.correction.0 = 42;
        settings.scoring.overdue = 43;
        let mut told = deadlines(&settings.deadlines);
        told.push_str(&formula(&settings.scoring));
        rules(
            &mut |name, value| told.push_str(&format!("\n{name}: {value}")),
            &settings,
        );
        for part in [
            "correction     42 working days",
            "- 43 for each overdue",
            "two persons: for grants of fields of level 3 or 4",
            "proposals wait: 41 days",
            "notice: 10 working days",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
