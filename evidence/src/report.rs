//! What a file proves, and what it does not, for people and programs.

use dirchain_ledger::access::{Reader, Verdict};
use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::ids::{
    ChainId, DepartmentId, FieldNumber, Moment, PurposeCode, ResponsibilityCode, SharingId, TimeMs,
    TransactionId,
};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::past::Known;
use dirchain_ledger::records::{
    Decision, DepartmentStatus, Record, RecordId, Resource, Role, Sharing, VersionPeriod,
};
use serde::Serialize;

use crate::answers::{Range, Span};
use crate::claims::Claim;
use crate::reason::Reason;
use crate::uses::Use;
use crate::verify::Proven;

/// A department that provided the entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provider {
    /// Who.
    pub department: DepartmentId,
    /// Its name today.
    pub name: String,
    /// Since which block.
    pub from: Moment,
    /// The block from which on another did.
    pub until: Option<Moment>,
}

/// One version of the entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its number.
    pub version: u32,
    /// The entry's name in it.
    pub name: String,
    /// The block that published it.
    pub from: Moment,
    /// The block that ended it.
    pub until: Option<Moment>,
    /// Who submitted it and who published it, and who approved that where it needed several.
    pub decisions: Vec<Decision>,
    /// Set when the key of one of them was later reported stolen since before it.
    pub suspect: bool,
    /// The responsibility it cites.
    pub responsibility: Option<ResponsibilityCode>,
    /// Fields that every active department may read.
    pub unconditional: Vec<FieldNumber>,
    /// Fields that need an authorization.
    pub conditional: Vec<FieldNumber>,
    /// Fields that are not shared.
    pub not_shared: Vec<FieldNumber>,
}

/// Who could read what under an authorization, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadingItem {
    /// The authorization.
    pub authorization: SharingId,
    /// Who could read.
    pub department: DepartmentId,
    /// Its name today.
    pub name: String,
    /// Which fields.
    pub fields: Vec<FieldNumber>,
    /// What for.
    pub purpose: PurposeCode,
    /// First instant.
    pub from: TimeMs,
    /// First instant after it; none while it lasts.
    pub until: Option<TimeMs>,
    /// Who granted it.
    pub granted_by: DepartmentId,
    /// With which key.
    pub key: PublicKey,
    /// Set when that key was later reported stolen since before the grant.
    pub suspect: bool,
}

/// One window of use, with the reader's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UseItem {
    /// The reader's name today.
    pub name: String,
    /// The use.
    #[serde(flatten)]
    pub used: Use,
}

/// One signed action on the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventItem {
    /// Its block.
    pub at: Moment,
    /// What was done.
    pub action: &'static str,
    /// Its terms, as they were signed.
    pub signed: Action,
    /// What the proposal would do that it approves or rejects.
    pub measure: Option<Measure>,
    /// Who signed.
    pub department: DepartmentId,
    /// In which role.
    pub role: Role,
    /// With which key.
    pub key: PublicKey,
    /// Set when the key was later reported stolen since that block or before.
    pub suspect: bool,
    /// In which transaction.
    pub transaction: TransactionId,
}

/// A question about one department and field, with both its answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuestionItem {
    /// Who.
    pub department: DepartmentId,
    /// What.
    pub field: FieldNumber,
    /// From when.
    pub from: TimeMs,
    /// Until when.
    pub until: TimeMs,
    /// The authorizations that covered the field then; none proves that it was never granted.
    pub granted: Vec<SharingId>,
    /// Every verdict during that time; no yes proves that it could never be read.
    pub verdicts: Vec<SpanItem>,
}

/// A verdict and how long it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpanItem {
    /// First instant.
    pub from: TimeMs,
    /// First instant after it.
    pub until: Option<TimeMs>,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Who could read one field at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadersItem {
    /// The field.
    pub field: FieldNumber,
    /// The departments of the file that could.
    pub readers: Vec<Reader>,
    /// Set when every active department could, also those not in the file.
    pub everybody: bool,
}

/// What a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrustItem {
    /// The anchor's block; height 0 for the genesis.
    pub anchor: Moment,
    /// Sets of validators, now retired, that had to be believed.
    pub retired_sets: usize,
    /// Whether the pinned block is shown to be in the file's history.
    pub linked: bool,
    /// Departments that vote on the file's last block.
    pub validators: Vec<DepartmentId>,
    /// Witnesses who cosigned.
    pub witnesses: Vec<String>,
}

/// What a file does not prove, whatever it proves.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Calls that bypass a gateway leave no trace on the ledger, and those since a gateway's last
    /// window not yet; a count is its gateway's word.
    BypassedGateways,
    /// What a department itself used: that is on the trails of the entries that it read.
    OwnUse,
    /// Nothing after the last block of the file.
    AfterTheEnd,
    /// Two thirds of retired keys could have signed another past.
    RetiredKeys,
    /// The pinned block is not shown to be in the file's history.
    UnlinkedPin,
    /// That what was signed is true of the world.
    TruthOfTheEntry,
}

/// Everything a file proves, in one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The chain.
    pub chain: ChainId,
    /// Whose history it is.
    pub subject: RecordId,
    /// Whether the subject exists.
    pub exists: bool,
    /// The block up to which it is proven.
    pub until: Moment,
    /// The entry's name, or the department's.
    pub name: Option<String>,
    /// Who provided the entry.
    pub providers: Vec<Provider>,
    /// Its versions.
    pub versions: Vec<Version>,
    /// When it was withdrawn.
    pub withdrawn: Option<Moment>,
    /// A department's statuses.
    pub statuses: Vec<(DepartmentStatus, Moment)>,
    /// Who could read under which authorization.
    pub readings: Vec<ReadingItem>,
    /// Who could read at the instant asked about.
    pub readers: Vec<ReadersItem>,
    /// That instant.
    pub asked_at: Moment,
    /// Who used the entry's data, by batches of receipts: all there are.
    pub uses: Vec<UseItem>,
    /// The claim made, which is proven.
    pub claim: Option<Claim>,
    /// Every signed action on the trail, oldest first.
    pub events: Vec<EventItem>,
    /// The questions asked, answered.
    pub questions: Vec<QuestionItem>,
    /// What the verdict rests on.
    pub trust: TrustItem,
    /// What it does not prove.
    pub not_proven: Vec<Limit>,
}

/// A question besides the history itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who.
    pub department: DepartmentId,
    /// What.
    pub field: FieldNumber,
    /// During which time.
    pub range: Range,
}

fn name_of(known: &Known, department: &DepartmentId) -> String {
    match known.records.get(&RecordId::Department(department.clone())) {
        Some(Some(Record::Department(record))) => record.name.to_string(),
        _ => String::new(),
    }
}

impl Report {
    /// Tells what is proven, answers the questions and judges the claim.
    ///
    /// # Errors
    ///
    /// A [`Reason`] when a question or the claim cannot be decided from the file, or the claim's
    /// contrary is proven.
    pub fn of(
        proven: &Proven,
        at: Moment,
        questions: &[Question],
        claim: Option<Claim>,
    ) -> Result<Self, Reason> {
        claim.iter().try_for_each(|claim| claim.judge(proven))?;
        let resource = proven.resource();
        let record = proven.known.records.get(&proven.subject);
        let questions = questions.iter().map(|question| answer(proven, question));
        Ok(Self {
            chain: proven.chain,
            subject: proven.subject.clone(),
            exists: matches!(record, Some(Some(_))),
            until: proven.until,
            name: name(proven),
            providers: resource.map(|r| providers(proven, r)).unwrap_or_default(),
            versions: resource.map(|r| versions(proven, r)).unwrap_or_default(),
            withdrawn: resource.and_then(|r| r.withdrawn.as_ref()).map(|w| w.at),
            statuses: match proven.department() {
                Some(record) => record.status.iter().map(|s| (s.status, s.since)).collect(),
                None => Vec::new(),
            },
            readings: readings(proven)?,
            readers: readers(proven, at)?,
            asked_at: at,
            uses: uses(proven)?,
            claim,
            events: proven
                .events
                .iter()
                .map(|event| event_item(proven, event))
                .collect(),
            questions: questions.collect::<Result<_, _>>()?,
            trust: trust(proven),
            not_proven: limits(proven),
        })
    }
}

fn name(proven: &Proven) -> Option<String> {
    let department = proven.department().map(|record| record.name.to_string());
    let entry = proven.resource().and_then(|resource| resource.entry());
    department.or(entry.map(|entry| entry.name.to_string()))
}

fn providers(proven: &Proven, resource: &Resource) -> Vec<Provider> {
    let mut from = resource.created;
    let mut found = Vec::new();
    let item = |department: &DepartmentId, from, until| Provider {
        department: department.clone(),
        name: name_of(&proven.known, department),
        from,
        until,
    };
    for earlier in &resource.earlier_providers {
        found.push(item(&earlier.provider, from, Some(earlier.until)));
        from = earlier.until;
    }
    found.push(item(&resource.provider, from, None));
    found
}

fn versions(proven: &Proven, resource: &Resource) -> Vec<Version> {
    let told = resource.versions.iter().filter_map(|period| {
        let entry = proven.known.entries.get(&period.entry)?;
        let of = |wanted: fn(Option<&Sharing>) -> bool| {
            let fields = entry.fields.iter();
            let fields = fields.filter(|field| wanted(entry.sharing_of(field)));
            fields.map(|field| field.number).collect()
        };
        let VersionPeriod {
            version,
            period,
            decisions,
            ..
        } = period;
        Some(Version {
            version: *version,
            name: entry.name.to_string(),
            from: period.from,
            until: period.to,
            suspect: is_suspect(proven, decisions),
            decisions: decisions.to_vec(),
            responsibility: entry.responsibility.clone(),
            unconditional: of(|s| matches!(s, Some(Sharing::Unconditional))),
            conditional: of(|s| matches!(s, Some(Sharing::Conditional { .. }))),
            not_shared: of(|s| matches!(s, Some(Sharing::NotShared { .. }) | None)),
        })
    });
    told.collect()
}

/// Whether a key that decided was reported stolen since before it did.
fn is_suspect<'d>(proven: &Proven, decisions: impl IntoIterator<Item = &'d Decision>) -> bool {
    decisions.into_iter().any(|decision| {
        match proven.known.records.get(&RecordId::Key(decision.key)) {
            Some(Some(Record::Key(key))) => key
                .suspect_since()
                .is_some_and(|since| since <= decision.at.height),
            _ => false,
        }
    })
}

fn readings(proven: &Proven) -> Result<Vec<ReadingItem>, Reason> {
    let readings = proven.readings()?.into_iter().map(|reading| {
        let authorization = reading.authorization;
        let granted = &authorization.granted;
        let suspect = is_suspect(proven, authorization.decisions());
        ReadingItem {
            name: name_of(&proven.known, &authorization.grantee),
            granted_by: granted.department.clone(),
            key: granted.key,
            suspect,
            authorization: authorization.id,
            department: authorization.grantee,
            fields: reading.fields,
            purpose: authorization.purpose,
            from: reading.from,
            until: reading.to,
        }
    });
    Ok(readings.collect())
}

/// The readers of every field of the version in force at a moment.
fn readers(proven: &Proven, at: Moment) -> Result<Vec<ReadersItem>, Reason> {
    let Some(resource) = proven.resource() else {
        return Ok(Vec::new());
    };
    let version = resource.version_at(at.height);
    let entry = version.and_then(|version| proven.known.entries.get(&version.entry));
    let withdrawn = resource.withdrawn.as_ref();
    let is_over = withdrawn.is_some_and(|withdrawn| withdrawn.at.height <= at.height);
    let Some(entry) = entry.filter(|_| !is_over) else {
        return Ok(Vec::new());
    };
    let mut items = Vec::new();
    for field in &entry.fields {
        items.push(ReadersItem {
            field: field.number,
            readers: proven.who_may_read(field.number, at)?,
            everybody: matches!(entry.sharing_of(field), Some(Sharing::Unconditional)),
        });
    }
    Ok(items)
}

fn uses(proven: &Proven) -> Result<Vec<UseItem>, Reason> {
    let uses = proven.uses()?.into_iter().map(|used| UseItem {
        name: name_of(&proven.known, &used.reader),
        used,
    });
    Ok(uses.collect())
}

fn event_item(proven: &Proven, event: &crate::verify::ProvenEvent) -> EventItem {
    let proposal = match &event.action {
        Action::Approve { proposal, .. }
        | Action::Reject { proposal, .. }
        | Action::TakeBackProposal { proposal, .. } => proven
            .known
            .records
            .get(&RecordId::Proposal(proposal.clone())),
        _ => None,
    };
    EventItem {
        measure: match proposal {
            Some(Some(Record::Proposal(proposal))) => Some(proposal.measure.clone()),
            _ => None,
        },
        at: event.at,
        action: event.action.name(),
        signed: event.action.clone(),
        department: event.department.clone(),
        role: event.role,
        key: event.author,
        suspect: event.is_suspect,
        transaction: event.transaction,
    }
}

fn answer(proven: &Proven, question: &Question) -> Result<QuestionItem, Reason> {
    let (department, field, range) = (&question.department, question.field, question.range);
    let granted = proven.granted(department, field, range)?;
    let verdicts = proven.could_read(department, field, range)?;
    let item = |span: Span| SpanItem {
        from: span.from,
        until: span.to,
        verdict: span.verdict,
    };
    Ok(QuestionItem {
        department: department.clone(),
        field,
        from: range.from,
        until: range.to,
        granted: granted.into_iter().map(|a| a.id.clone()).collect(),
        verdicts: verdicts.into_iter().map(item).collect(),
    })
}

fn trust(proven: &Proven) -> TrustItem {
    let trust = &proven.trust;
    let members = trust.validators.members().iter();
    TrustItem {
        anchor: trust.anchor,
        retired_sets: trust.retired_sets,
        linked: trust.is_linked,
        validators: members.map(|member| member.department.clone()).collect(),
        witnesses: trust.witnesses.clone(),
    }
}

fn limits(proven: &Proven) -> Vec<Limit> {
    let mut limits = vec![
        Limit::BypassedGateways,
        Limit::AfterTheEnd,
        Limit::TruthOfTheEntry,
    ];
    if matches!(proven.subject, RecordId::Department(_)) {
        limits.push(Limit::OwnUse);
    }
    if proven.trust.retired_sets > 0 {
        limits.push(Limit::RetiredKeys);
    }
    if !proven.trust.is_linked {
        limits.push(Limit::UnlinkedPin);
    }
    limits
}
