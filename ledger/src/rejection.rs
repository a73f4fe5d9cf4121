//! Why the rules refuse a transaction: each reason named, with the thing and what to do.
//!
//! The name of a reason ([`Rejection::code`]) is stable: programs and problem documents use it.
//! Its words are here in English; `chinese.rs` has them in Chinese. The half sentences that rules put
//! into them are [`Phrase`]s, in both.

mod chinese;

use crate::action::Action;
use crate::crypto::{CryptoError, PublicKey};
use crate::hash::Hash;
use crate::ids::{
    CreditCode, DemandId, DepartmentId, ElementCode, FieldNumber, FindingId, Height, NodeId,
    ProposalId, PurposeCode, ResourceCode, ResponsibilityCode, SharingId, TimeMs,
};
use crate::language::{Language, Phrase};
use crate::limits;
use crate::records::{
    ApplicationStage, BatchId, BindingState, FindingState, Lack, ObjectionStage, Office, RecordId,
    ResourceStatus, Role, Side, Signatory, Standing,
};
use crate::signing::Step;
use crate::usage::Span;

fn join<T: ToString>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn join_seats(seats: &[(DepartmentId, Signatory)]) -> String {
    let seats = seats.iter();
    let seats: Vec<String> = seats.map(|(who, by)| format!("{who} ({by})")).collect();
    join(&seats)
}

fn one_of<T: ToString>(items: &[T]) -> String {
    let names: Vec<String> = items.iter().map(ToString::to_string).collect();
    names.join(" or ")
}

fn in_words(span: &Span) -> String {
    match span.to {
        Some(to) => format!("from {} to {to}", span.from),
        None => format!("from {} on", span.from),
    }
}

macro_rules! rejections {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty),* $(,)? } = $code:literal, $rule:expr;)*) => {
        /// A reason to refuse a transaction. Nothing of it took effect (rule R7).
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Rejection {
            $($(#[$meta])* $name { $($(#[$field_meta])* $field: $ty),* },)*
        }

        impl Rejection {
            /// The reason's stable name.
            pub fn code(&self) -> &'static str {
                match self { $(Rejection::$name { .. } => $code,)* }
            }

            /// The rule it enforces, as the documentation numbers them.
            pub fn rule(&self) -> Option<&'static str> {
                match self { $(Rejection::$name { .. } => $rule,)* }
            }

            /// Every code with its rule, for the documentation.
            pub const CODES: &'static [(&'static str, Option<&'static str>)] = &[$(($code, $rule),)*];
        }
    };
}

rejections! {
    /// No such key is registered.
    #[error("key {key} is not registered. Ask the department's head to register it")]
    UnknownKey {
        /// The author's key.
        key: PublicKey,
    } = "unknown-key", Some("R3");

    /// The key was revoked.
    #[error("key {key} was revoked at height {since}. Sign with a key that is valid")]
    RevokedKey {
        /// The author's key.
        key: PublicKey,
        /// Since when.
        since: Height,
    } = "revoked-key", Some("R3");

    /// The sequence number was used before.
    #[error("sequence number {given} of this key is used, the next is {expected}. Sign again with {expected}")]
    SequenceUsed {
        /// The envelope's number.
        given: u64,
        /// The next number.
        expected: u64,
    } = "sequence-used", Some("R6");

    /// A number before this one is missing.
    #[error("sequence number {given} is ahead, the next of this key is {expected}. Submit the transactions before it first, or sign again with {expected}")]
    SequenceAhead {
        /// The envelope's number.
        given: u64,
        /// The next number.
        expected: u64,
    } = "sequence-ahead", Some("R6");

    /// Its time is over.
    #[error("the transaction expired at {not_after}, the block's time is {block_time}. Sign it again with a later expiry")]
    Expired {
        /// The envelope's last instant.
        not_after: TimeMs,
        /// The block's time.
        block_time: TimeMs,
    } = "expired", Some("R6");

    /// Its expiry lies too far ahead.
    #[error("the transaction expires at {not_after}, more than {} hours after the block's time {block_time}. Sign it again with an earlier expiry", limits::NOT_AFTER_AHEAD_MS_MAX / 3_600_000)]
    ExpiryTooFar {
        /// The envelope's last instant.
        not_after: TimeMs,
        /// The block's time.
        block_time: TimeMs,
    } = "expiry-too-far", Some("R6");

    /// The key's role does not sign this.
    #[error("a key with role {role} does not sign `{action}`. Sign with one with role {}", one_of(signing))]
    RoleForbids {
        /// The author's role.
        role: Role,
        /// The action's name.
        action: &'static str,
        /// The roles that sign it.
        signing: Vec<Role>,
    } = "role-forbids", Some("R4");

    /// The department does not act for the one concerned.
    #[error("{actor} does not act for {subject}. This needs a key of {subject} or of the department it belongs to")]
    NotActingFor {
        /// The author's department.
        actor: DepartmentId,
        /// The department concerned.
        subject: DepartmentId,
    } = "not-acting-for", None;

    /// An office is needed.
    #[error("{actor} does not hold the office {office}. Ask {holder} to sign this")]
    OfficeNeeded {
        /// The author's department.
        actor: DepartmentId,
        /// The office.
        office: Office,
        /// Who holds it.
        holder: DepartmentId,
    } = "office-needed", Some("C5");

    /// Nobody holds the office.
    #[error("nobody holds the office {office} on this chain. Propose to assign it first (`assign_office`)")]
    OfficeVacant {
        /// The office.
        office: Office,
    } = "office-vacant", None;

    /// Publishing one's own entry.
    #[error("{actor} cannot publish an entry of {provider}: nobody publishes their own. Ask {publisher} to publish it")]
    OwnEntry {
        /// The author's department.
        actor: DepartmentId,
        /// The provider.
        provider: DepartmentId,
        /// Who may.
        publisher: DepartmentId,
    } = "own-entry", Some("C5");

    /// No such record.
    #[error("there is no {id}. Check its spelling, or register it first")]
    Unknown {
        /// What is missing.
        id: RecordId,
    } = "unknown-record", None;

    /// The id is in use.
    #[error("{id} exists already; ids are never used again. Choose another")]
    Taken {
        /// What exists.
        id: RecordId,
    } = "taken", Some("C3");

    /// The record changed since.
    #[error("{id} is at revision {current}, this was decided on revision {given}. Look at it again and sign anew")]
    Stale {
        /// The record.
        id: RecordId,
        /// The revision named.
        given: u32,
        /// The revision now.
        current: u32,
    } = "stale", None;

    /// Another version of the entry is in force than the one decided on.
    #[error("version {current} of {code} is in force, this was decided on version {given}. See what differs (`dirchain query difference {code} --from {given} --to {current}`) and sign anew against version {current}; an application that waits is brought to it by `sharing ask` and `sharing supply`")]
    OtherVersion {
        /// The entry.
        code: ResourceCode,
        /// The version named.
        given: u32,
        /// The version in force.
        current: u32,
    } = "other-version", None;

    /// The department does not act or read.
    #[error("department {department} is not active. What was suspended acts again once it is resumed (`resume_department`); for what was dissolved, name who took over")]
    DepartmentNotActive {
        /// The department.
        department: DepartmentId,
    } = "department-not-active", None;

    /// The sub-unit's id does not extend its parent's.
    #[error("{id} is no id for a sub-unit of {parent}: it is the parent's id, a dot and a number, and at most {} levels deep", limits::DEPARTMENT_DEPTH_MAX)]
    BadSubUnit {
        /// The id given.
        id: DepartmentId,
        /// The parent.
        parent: DepartmentId,
    } = "bad-sub-unit", None;

    /// A sub-unit's id without its parent.
    #[error("{id} is the id of a sub-unit of {parent}. Name {parent} as its parent, or choose an id without a dot")]
    ParentMissing {
        /// The id given.
        id: DepartmentId,
        /// Whose sub-unit it looks like.
        parent: DepartmentId,
    } = "parent-missing", None;

    /// A department without parent needs a head; the first key of any department is its head's.
    #[error("department {department} needs a first key with the role of its head, or a parent whose keys act for it and no key of its own")]
    HeadMissing {
        /// The department.
        department: DepartmentId,
    } = "head-missing", None;

    /// The key offered is not admitted.
    #[error("the key offered is not admitted: {reason}")]
    BadKey {
        /// Why.
        reason: CryptoError,
    } = "bad-key", Some("R3");

    /// The proof in an offer is for another department, role, key or chain.
    #[error("the offer of key {key} was not made for this chain, department {department} and the role {role}. Was it made for another? Make one with `dirchain keys offer --department {department} --role {role}`")]
    ForeignOffer {
        /// The key offered.
        key: PublicKey,
        /// Whose it was to be.
        department: DepartmentId,
        /// What it was to do.
        role: Role,
    } = "bad-offer", Some("R3");

    /// A unified social credit code stands for one legal person.
    #[error("credit code {credit_code} is that of {department} already. Check both; each department has its own")]
    CreditCodeTaken {
        /// The code.
        credit_code: CreditCode,
        /// Whose it is.
        department: DepartmentId,
    } = "credit-code-taken", None;

    /// The department would have no head key.
    #[error("{key} is the last valid head key of {department}. Register another first")]
    LastHeadKey {
        /// The key.
        key: PublicKey,
        /// The department.
        department: DepartmentId,
    } = "last-head-key", Some("R8");

    /// The height lies outside the key's life.
    #[error("a key is suspect from a height between its registration ({from}) and now ({now}), not from {given}")]
    BadSuspectHeight {
        /// The height given.
        given: Height,
        /// The key's first height.
        from: Height,
        /// This block.
        now: Height,
    } = "bad-suspect-height", Some("R3");

    /// The report changes nothing.
    #[error("key {key} is suspect since height {since} already. Report it again only for an earlier height")]
    SuspectAlready {
        /// The key.
        key: PublicKey,
        /// Since when.
        since: Height,
    } = "suspect-already", Some("R3");

    /// The responsibility is not in effect.
    #[error("responsibility {code} is no longer in effect. Name one that is")]
    ResponsibilityEnded {
        /// The responsibility.
        code: ResponsibilityCode,
    } = "responsibility-ended", Some("C1");

    /// What an entry in force cites is no effective responsibility of its provider any more.
    #[error("{code} cites responsibility {responsibility}, which has ended or is not {provider}'s: nothing new is applied for or granted on it. {provider} amends it to cite an effective responsibility, or withdraws it; what was granted before goes on")]
    Unfounded {
        /// The entry.
        code: ResourceCode,
        /// What it cites.
        responsibility: ResponsibilityCode,
        /// Who provides it.
        provider: DepartmentId,
    } = "unfounded", Some("C1");

    /// Someone else holds the responsibility.
    #[error("responsibility {code} is held by {holder}, not by {department}. Name one of {department}'s own")]
    ResponsibilityNotHeld {
        /// The responsibility.
        code: ResponsibilityCode,
        /// Who holds it.
        holder: DepartmentId,
        /// Who cites it.
        department: DepartmentId,
    } = "responsibility-not-held", Some("C1");

    /// The applicant's responsibility is not its own, or not in effect.
    #[error("an application names an effective responsibility of the applicant itself: {code} is not one of {applicant}'s")]
    NotOwnResponsibility {
        /// The responsibility.
        code: ResponsibilityCode,
        /// The applicant.
        applicant: DepartmentId,
    } = "not-own-responsibility", Some("S1");

    /// The draft lacks metadata.
    #[error("{code} lacks {}. Complete the draft first", join(lacks))]
    Incomplete {
        /// The entry.
        code: ResourceCode,
        /// What it lacks.
        lacks: Vec<Lack>,
    } = "incomplete", Some("C3");

    /// A condition or legal basis is missing.
    #[error("{code} lacks {}. 有条件 needs a condition, 不予 needs a legal basis", join(lacks))]
    SharingUnfounded {
        /// The entry.
        code: ResourceCode,
        /// What it lacks.
        lacks: Vec<Lack>,
    } = "sharing-unfounded", Some("C4");

    /// Field numbers are out of order or used again.
    #[error("field {field} of {code}: numbers ascend strictly from 1, and one that was used is never used for another field")]
    BadFieldNumber {
        /// The entry.
        code: ResourceCode,
        /// The number.
        field: FieldNumber,
    } = "bad-field-number", Some("C6");

    /// The amendment takes something away.
    #[error("the amendment of {code} shares less than the version in force (field {field}). Propose it, with notice")]
    Narrows {
        /// The entry.
        code: ResourceCode,
        /// The field.
        field: FieldNumber,
    } = "narrows", Some("S6");

    /// A withdrawal of the entry waits.
    #[error("the withdrawal of {code} waits, as proposal {proposal}: a change of the entry would undo it. Take {proposal} back first, or let it take effect")]
    WithdrawalWaits {
        /// The entry.
        code: ResourceCode,
        /// The withdrawal.
        proposal: ProposalId,
    } = "withdrawal-waits", Some("S6");

    /// The entry's state does not allow this.
    #[error("{code} is {status}: {needed}")]
    WrongStatus {
        /// The entry.
        code: ResourceCode,
        /// Its state.
        status: ResourceStatus,
        /// What is needed.
        needed: Phrase,
    } = "wrong-status", None;

    /// The entry is another department's.
    #[error("{code} is an entry of {provider}. Name an entry of your own, or have {provider} sign")]
    NotProvider {
        /// The entry.
        code: ResourceCode,
        /// Its provider.
        provider: DepartmentId,
    } = "not-provider", Some("S3");

    /// Applying for one's own data, or that of one's own sub-unit or parent: whoever could decide
    /// on it would act for the applicant too.
    #[error("{applicant} provides {code}, or belongs to the same department as its provider: access within one department is not applied for. What a unit reads of its own department's data is that department's own affair and is not on this ledger")]
    OwnResource {
        /// The entry.
        code: ResourceCode,
        /// The applicant.
        applicant: DepartmentId,
    } = "own-resource", Some("S1");

    /// No such purpose.
    #[error("purpose {purpose} is not in the chain's code list; `dirchain query parameters` prints it")]
    UnknownPurpose {
        /// The code given.
        purpose: PurposeCode,
    } = "unknown-purpose", Some("S1");

    /// The fields are not numbers of the entry, ascending.
    #[error("the fields name at least one number of {code}, each once and ascending; {} is wrong", field.map_or_else(|| "an empty list".to_owned(), |number| number.to_string()))]
    BadFields {
        /// The entry.
        code: ResourceCode,
        /// The offending number; none when the list is empty.
        field: Option<FieldNumber>,
    } = "bad-fields", Some("S1");

    /// The period is empty or over.
    #[error("the period from {from} to {to} is empty or over already. Let it end after it begins, and later than now")]
    BadPeriod {
        /// First instant.
        from: TimeMs,
        /// First instant after.
        to: TimeMs,
    } = "bad-period", Some("S1");

    /// The application was decided.
    #[error("application {application} was decided already, and a decision stands. Apply anew")]
    AlreadyDecided {
        /// The application.
        application: SharingId,
    } = "already-decided", None;

    /// Grants more than was asked for.
    #[error("the grant on {application} exceeds what was asked for: {what}. Grant within the application")]
    GrantExceeds {
        /// The application.
        application: SharingId,
        /// What exceeds.
        what: Phrase,
    } = "grant-exceeds", Some("S2");

    /// The field is not shared.
    #[error("field {field} of {code} is not shared (不予共享) and cannot be granted. Leave it out")]
    NotShareable {
        /// The entry.
        code: ResourceCode,
        /// The field.
        field: FieldNumber,
    } = "not-shareable", Some("S2");

    /// Someone else than the provider decides.
    #[error("only {provider}, which provides {code}, grants or refuses; {actor} does not act for it")]
    NotDecider {
        /// The author's department.
        actor: DepartmentId,
        /// The provider.
        provider: DepartmentId,
        /// The entry.
        code: ResourceCode,
    } = "not-decider", Some("S3");

    /// The applicant decides on its own application.
    #[error("{actor} acts for the applicant {applicant} and cannot decide on its application. Somebody of the provider who does not must sign")]
    ApplicantDecides {
        /// The author's department.
        actor: DepartmentId,
        /// The applicant.
        applicant: DepartmentId,
    } = "applicant-decides", Some("S3");

    /// The authorization is over.
    #[error("authorization {authorization} is not active, so there is nothing to end or suspend. `dirchain query authorization {authorization}` tells since when")]
    NotActive {
        /// The authorization.
        authorization: SharingId,
    } = "not-active", Some("S5");

    /// Neither provider nor grantee.
    #[error("{actor} is neither the provider nor the grantee of authorization {authorization}. One of the two must sign")]
    NotParty {
        /// The author's department.
        actor: DepartmentId,
        /// The authorization.
        authorization: SharingId,
    } = "not-party", Some("S5");

    /// A validator leaves by other ways.
    #[error("node {node} votes, or it is agreed that it will: it stays on the network until then. Propose that it votes no more first: `dirchain membership remove {node}`")]
    ValidatorNode {
        /// The node.
        node: NodeId,
    } = "validator-node", Some("R9");

    /// A node's name does not say whose it is.
    #[error("{node} is no name for a node of {department}: write {department}, a hyphen and a number, such as {department}-1")]
    BadNodeId {
        /// The name.
        node: NodeId,
        /// Whose the node is.
        department: DepartmentId,
    } = "bad-node-id", None;

    /// A node's key was offered by somebody who does not show that it holds it.
    #[error("key {key} is not shown to be held by node {node} of this chain. Make the offer where the key is: `dirchain node offer`")]
    ForeignNodeKey {
        /// The key.
        key: PublicKey,
        /// The node.
        node: NodeId,
    } = "foreign-node-key", Some("R9");

    /// A node does not show that it is near the chain's end.
    #[error("node {node} does not show by height {height} that it is ready: {what}. Wait until it has caught up, then name a block at most {blocks_max} behind the end: `dirchain node ready`")]
    NotNearEnd {
        /// The node.
        node: NodeId,
        /// The height that it named.
        height: Height,
        /// How far behind the end the block may be.
        blocks_max: u32,
        /// What is wrong.
        what: Phrase,
    } = "not-near-end", Some("R9");

    /// The node has not shown that it is ready.
    #[error("node {node} has not shown that it is ready. Let its operator sign `dirchain node ready` once it has caught up")]
    NotReady {
        /// The node.
        node: NodeId,
    } = "not-ready", Some("R9");

    /// One department, one vote.
    #[error("{department} votes already, or will, by node {node}. Replace that node, or remove it first")]
    AlreadyVotes {
        /// The department.
        department: DepartmentId,
        /// Its node that votes.
        node: NodeId,
    } = "already-votes", Some("R9");

    /// The node is no validator.
    #[error("node {node} does not vote, nor is it agreed that it will. Name one that does")]
    DoesNotVote {
        /// The node.
        node: NodeId,
    } = "does-not-vote", Some("R9");

    /// The key is not the one that it is about.
    #[error("node {node} {what}: {key}. Name the key that it announced last")]
    OtherConsensusKey {
        /// The node.
        node: NodeId,
        /// The key given.
        key: PublicKey,
        /// What does not fit.
        what: Phrase,
    } = "other-consensus-key", Some("R9");

    /// A node takes the place of one of its own department only.
    #[error("node {by} cannot take the place of {node}: a department replaces its own node by another of its own")]
    ForeignReplacement {
        /// The node that votes.
        node: NodeId,
        /// The node that would.
        by: NodeId,
    } = "foreign-replacement", Some("R9");

    /// Too few would be left.
    #[error("of {count} validators none can leave: fewer would not go on without one of them. Add another first")]
    TooFewValidators {
        /// How many vote, once all that is agreed is in force.
        count: usize,
    } = "too-few-validators", Some("R9");

    /// Nothing would change.
    #[error("it changes nothing. Leave it out")]
    NoChange {} = "no-change", None;

    /// No such version of the rules comes next.
    #[error("the rules cannot be raised so: {what}")]
    BadRules {
        /// What is wrong.
        what: Phrase,
    } = "bad-rules", None;

    /// The two signatures prove nothing about the node.
    #[error("a contradiction of node {node} is not proven: {what}")]
    EquivocationUnproven {
        /// The node.
        node: NodeId,
        /// What is wrong.
        what: Phrase,
    } = "equivocation-unproven", Some("R10");

    /// It is on record.
    #[error("that node {node} contradicted itself with a {step} at height {height}, round {round}, is on record already. Nothing is left to report")]
    EquivocationKnown {
        /// The node.
        node: NodeId,
        /// The height.
        height: Height,
        /// The round.
        round: u32,
        /// What it signed twice.
        step: Step,
    } = "equivocation-known", Some("R10");

    /// Others report a node.
    #[error("node {node} is reported by the operator of another department's node, not by its own. Hand the proof to one")]
    OwnEquivocation {
        /// The node.
        node: NodeId,
    } = "own-equivocation", Some("R10");

    /// A number of calls a day that nobody can ask for.
    #[error("no call a day is nothing: an application for it asks for nothing, a grant of it grants nothing. Give the number of calls, or none where it does not matter")]
    NoCalls {} = "no-calls", Some("S1");

    /// The node was removed before.
    #[error("node {node} was removed already. Register another under a new name")]
    NodeRemoved {
        /// The node.
        node: NodeId,
    } = "node-removed", None;

    /// Two people grant this.
    #[error("what {application} grants includes field {field} of level 3 or 4, which needs an administrator and the head. Propose it")]
    TwoPersonNeeded {
        /// The application.
        application: SharingId,
        /// The first such field.
        field: FieldNumber,
    } = "two-person-needed", Some("S8");

    /// An early end needs notice and consent.
    #[error("`{measure}` of {subject} needs notice and the steward's consent. Propose it")]
    NeedsProposal {
        /// The measure's name.
        measure: &'static str,
        /// What it is about, in words.
        subject: Phrase,
    } = "needs-proposal", Some("S6");

    /// The authorization is not suspended, or over.
    #[error("authorization {authorization} is not suspended: there is nothing to lift")]
    NotSuspended {
        /// The authorization.
        authorization: SharingId,
    } = "not-suspended", Some("S6");

    /// The department's status does not allow this.
    #[error("department {department} cannot be changed like this: {what}")]
    WrongDepartment {
        /// The department.
        department: DepartmentId,
        /// Why.
        what: Phrase,
    } = "wrong-department", None;

    /// A reorganisation does not fit what departments hold.
    #[error("the reorganisation does not hold: {what}. A responsibility of a dissolved department passes on exactly once")]
    BadReorganisation {
        /// Where it fails.
        what: Phrase,
    } = "bad-reorganisation", Some("R1");

    /// Nobody else holds the responsibility by now.
    #[error("authorization {authorization} waits for no new holder: {holder} holds the responsibility that it was granted for")]
    NoNewHolder {
        /// The authorization.
        authorization: SharingId,
        /// Who holds the responsibility.
        holder: DepartmentId,
    } = "no-new-holder", Some("R2");

    /// The measure is not this department's to propose.
    #[error("{actor} cannot propose `{measure}`. Ask {} to propose it", one_of(proposers))]
    NotProposer {
        /// The author's department.
        actor: DepartmentId,
        /// The measure's name.
        measure: &'static str,
        /// Who can propose it.
        proposers: Vec<DepartmentId>,
    } = "not-proposer", None;

    /// The proposal does not wait for this signature.
    #[error("proposal {id} does not wait for {actor} ({role}). It waits for {}", join_seats(waits))]
    NotApprover {
        /// The author's department.
        actor: DepartmentId,
        /// The author's role.
        role: Role,
        /// The proposal.
        id: ProposalId,
        /// Whom it waits for.
        waits: Vec<(DepartmentId, Signatory)>,
    } = "not-approver", None;

    /// The proposal was decided or taken back.
    #[error("proposal {id} is {standing} already. Propose it anew if it is still wanted")]
    ProposalClosed {
        /// The proposal.
        id: ProposalId,
        /// How it ended.
        standing: Standing,
    } = "proposal-closed", None;

    /// The proposal's date passed.
    #[error("proposal {id} lapsed at {lapsed}. Propose it anew")]
    ProposalLapsed {
        /// The proposal.
        id: ProposalId,
        /// When.
        lapsed: TimeMs,
    } = "proposal-lapsed", None;

    /// Others than those it was put to must approve by now.
    #[error("whose approval proposal {id} needs has changed since it was made. Take it back and propose it anew")]
    ApproversChanged {
        /// The proposal.
        id: ProposalId,
    } = "approvers-changed", None;

    /// The last approval comes before the notice is over.
    #[error("those who lose something by proposal {id} have notice until {until}. Give the last approval then")]
    NoticeRunning {
        /// The proposal.
        id: ProposalId,
        /// The end of the notice.
        until: TimeMs,
    } = "notice-running", Some("S6");

    /// The change of the parameters is malformed.
    #[error("the parameters cannot be changed like this: {what}")]
    BadParameters {
        /// Why.
        what: Phrase,
    } = "bad-parameters", None;

    /// The department holds the office already.
    #[error("{holder} holds the office {office} already. Name another department")]
    OfficeHeld {
        /// The office.
        office: Office,
        /// Its holder.
        holder: DepartmentId,
    } = "office-held", None;

    /// A column fills no field of the entry, or something is named twice.
    #[error("{} of the binding on {code} is wrong: each column fills one field of the version in force, each column and field once, by ascending field", column.as_ref().map_or_else(|| "an empty list".to_owned(), |column| format!("column {column}")))]
    BadColumn {
        /// The entry.
        code: ResourceCode,
        /// The offending column; none when there is no column.
        column: Option<String>,
    } = "bad-column", Some("C2");

    /// No valid gateway key.
    #[error("key {key} is not a valid key of a gateway. Register one with the role `gateway` first")]
    BadGateway {
        /// The key named.
        key: PublicKey,
    } = "bad-gateway", Some("C2");

    /// The window reaches outside the binding's life.
    #[error("binding {binding} {}. Seal windows within that time only", match served { Some(served) => format!("was in service {}", in_words(served)), None => "was never live".to_owned() })]
    NotInService {
        /// The binding.
        binding: SharingId,
        /// When it was in service, if ever.
        served: Option<Span>,
    } = "not-in-service", Some("C2");

    /// The binding's state does not allow this.
    #[error("binding {binding} is {state}: {needed}")]
    BindingState {
        /// The binding.
        binding: SharingId,
        /// Its state.
        state: BindingState,
        /// What is needed.
        needed: Phrase,
    } = "binding-state", None;

    /// The gateway sees another schema than the one stated.
    #[error("the gateway sees schema {seen}, binding {binding} states {stated}. Amend the binding, or mend the system")]
    SchemaDiffers {
        /// The binding.
        binding: SharingId,
        /// What it states.
        stated: Hash,
        /// What the gateway sees.
        seen: Hash,
    } = "schema-differs", Some("C8");

    /// A drifted binding serves a field to be granted.
    #[error("binding {binding}, which serves field {field}, has drifted from its schema. Mend it before anything is granted")]
    Drifted {
        /// The binding.
        binding: SharingId,
        /// The field.
        field: FieldNumber,
    } = "drifted", Some("C8");

    /// The key is not the gateway's that this is about.
    #[error("key {key} is not the gateway's that reports on binding {binding}: the provider's side is the binding's own gateway, the consumer's one of the reader's")]
    NotGateway {
        /// The author's key.
        key: PublicKey,
        /// The binding.
        binding: SharingId,
    } = "not-gateway", Some("U1");

    /// The window is empty, too long, or not over.
    #[error("the window from {from} to {to} is empty, longer than {} days, or not over (it is {now}). Seal a window that has passed", limits::WINDOW_MS_MAX / 86_400_000)]
    BadWindow {
        /// First instant.
        from: TimeMs,
        /// First instant after.
        to: TimeMs,
        /// The block's time.
        now: TimeMs,
    } = "bad-window", Some("U1");

    /// The basis does not hold for the whole window.
    #[error("the basis of {batch} does not hold for the whole window up to {to}; {}. Split the window where its basis changes", match valid.is_empty() { true => "it holds in no part of it".to_owned(), false => format!("it holds {}", valid.iter().map(in_words).collect::<Vec<_>>().join(", ")) })]
    BasisNotValid {
        /// The batch.
        batch: BatchId,
        /// First instant after its window.
        to: TimeMs,
        /// The parts of the window in which it holds.
        valid: Vec<Span>,
    } = "basis-not-valid", Some("U1");

    /// A field was used that the basis does not cover.
    #[error("the basis of {batch} does not cover field {field}. Put calls that used it into a batch on the basis that does")]
    FieldNotCovered {
        /// The batch.
        batch: BatchId,
        /// The field.
        field: FieldNumber,
    } = "field-not-covered", Some("U1");

    /// A field was used that the binding does not serve.
    #[error("{batch} counts field {field}, for which its binding had no column in that window. Count the calls on the binding that serves it, or amend the binding before it does")]
    FieldNotServed {
        /// The batch.
        batch: BatchId,
        /// The field.
        field: FieldNumber,
    } = "field-not-served", Some("C2");

    /// Windows overlap or come out of order.
    #[error("the {side}'s side of {batch} begins before {sealed_to}, up to which that side was sealed already. Windows follow one another and never overlap")]
    WindowOverlaps {
        /// The batch.
        batch: BatchId,
        /// Whose count.
        side: Side,
        /// Up to when that side was sealed.
        sealed_to: TimeMs,
    } = "window-overlaps", Some("U1");

    /// The counts contradict each other.
    #[error("the counts of {batch} contradict each other: {what}. Count denied calls among all calls")]
    BadCounts {
        /// The batch.
        batch: BatchId,
        /// How.
        what: Phrase,
    } = "bad-counts", Some("U2");

    /// The side's count stands.
    #[error("the {side}'s count of {batch} was sealed already and stands; only the other side's may still be put beside it")]
    SideSealed {
        /// The batch.
        batch: BatchId,
        /// Whose count.
        side: Side,
    } = "side-sealed", Some("U3");

    /// Someone else than the reader rates.
    #[error("{actor} cannot rate this: a batch is rated by its reader ({reader}), never by the provider")]
    NotReader {
        /// The author's department.
        actor: DepartmentId,
        /// The reader.
        reader: DepartmentId,
    } = "not-reader", None;

    /// It has its answer.
    #[error("{id} was answered already, and an answer stands")]
    Answered {
        /// The record.
        id: RecordId,
    } = "answered", None;

    /// More work than one transaction may take, or than is left in its block.
    #[error("this takes more work than the {work_max} units allowed. Split it into several transactions")]
    TooMuchWork {
        /// What was allowed.
        work_max: u64,
    } = "too-much-work", None;

    /// The application's stage does not allow this.
    #[error("application {application} is {stage}: {needed}")]
    WrongStage {
        /// The application.
        application: SharingId,
        /// Its stage.
        stage: ApplicationStage,
        /// What is needed.
        needed: Phrase,
    } = "wrong-stage", Some("S4");

    /// The data element is no more.
    #[error("data element {code} was retired. Name one that is in use")]
    ElementRetired {
        /// The data element.
        code: ElementCode,
    } = "element-retired", Some("C7");

    /// The field is not an instance of the data element.
    #[error("field {field} of {resource} in force is not said to be data element {element}, or has another type. Amend the entry first")]
    NotAnInstance {
        /// The data element.
        element: ElementCode,
        /// The entry.
        resource: ResourceCode,
        /// The field.
        field: FieldNumber,
    } = "not-an-instance", Some("C7");

    /// The field is the data element's source already.
    #[error("field {field} of {resource} is the source of data element {element} already")]
    AlreadySource {
        /// The data element.
        element: ElementCode,
        /// The entry.
        resource: ResourceCode,
        /// The field.
        field: FieldNumber,
    } = "already-source", Some("C7");

    /// A source conflict comes from a claim.
    #[error("a source conflict is not raised by hand: claim the source with a field of {code}, and the objection opens by itself")]
    ClaimInstead {
        /// The entry.
        code: ResourceCode,
    } = "claim-instead", Some("C7");

    /// A claim that waits is made again.
    #[error("the same claim to be the source of data element {element} waits as objection {objection}. Wait for its settlement, or take it back first")]
    ClaimWaits {
        /// The data element.
        element: ElementCode,
        /// The objection that the claim opened.
        objection: SharingId,
    } = "claim-waits", Some("C7");

    /// Objecting to one's own entry, or that of one's own sub-unit or parent.
    #[error("{raiser} provides {code}, or belongs to the same department as its provider: nobody objects to an entry of their own. Amend the entry instead")]
    OwnObjection {
        /// The entry.
        code: ResourceCode,
        /// Who would raise it.
        raiser: DepartmentId,
    } = "own-objection", Some("R5");

    /// Who raised an objection resolves it.
    #[error("{actor} acts for who raised objection {objection}, and cannot resolve it. Another department must")]
    RaiserResolves {
        /// The author's department.
        actor: DepartmentId,
        /// The objection.
        objection: SharingId,
    } = "raiser-resolves", Some("R5");

    /// The objection's stage does not allow this.
    #[error("objection {objection} is {stage}: {needed}")]
    ObjectionStage {
        /// The objection.
        objection: SharingId,
        /// Its stage.
        stage: ObjectionStage,
        /// What is needed.
        needed: Phrase,
    } = "objection-stage", Some("R5");

    /// The finding's state does not allow this.
    #[error("finding {finding} is {state}; this needs one that is {needed}")]
    FindingState {
        /// The finding.
        finding: FindingId,
        /// Its state.
        state: FindingState,
        /// The state needed.
        needed: FindingState,
    } = "finding-state", None;

    /// The due date is over.
    #[error("what is due at {due} would be overdue at once (it is {now}). Give a later date")]
    DuePast {
        /// The date.
        due: TimeMs,
        /// The block's time.
        now: TimeMs,
    } = "due-past", None;

    /// Who asks for data is asked for it.
    #[error("{department} asks for what demand {demand} is about, or belongs to the same department as who does. Assign it to who could list the data")]
    OwnDemand {
        /// The demand.
        demand: DemandId,
        /// The department named.
        department: DepartmentId,
    } = "own-demand", None;

    /// Another department was asked before.
    #[error("demand {demand} is assigned to {asked}; to assign it to another, say why")]
    ReasonNeeded {
        /// The demand.
        demand: DemandId,
        /// Who was asked.
        asked: DepartmentId,
    } = "reason-needed", None;

    /// The list names the entry already.
    #[error("the same list names the entry already, as obligation {obligation}. A list names an entry once")]
    ObligationStands {
        /// The obligation.
        obligation: SharingId,
    } = "obligation-stands", None;

    /// A batch was rated before.
    #[error("batch {batch} was rated already, and a rating stands. Rate another batch of its reader")]
    RatedAlready {
        /// The batch.
        batch: BatchId,
    } = "rated-already", None;

    /// The same measure waits on the same revision.
    #[error("proposal {id} asks for the same, and waits. Approve it, or have it taken back first")]
    ProposalWaits {
        /// The proposal.
        id: ProposalId,
    } = "proposal-waits", Some("S6");

    /// Nobody was asked yet.
    #[error("demand {demand} is assigned to nobody yet. Ask the steward to assign it first")]
    DemandNotAssigned {
        /// The demand.
        demand: DemandId,
    } = "demand-not-assigned", None;

    /// No binding of the entry is live.
    #[error("no binding of {code} is live. Bind it, and let its gateway report the schema first")]
    NothingBound {
        /// The entry.
        code: ResourceCode,
    } = "nothing-bound", Some("C2");

    /// A bound of the ledger is reached.
    #[error("{what} is at its bound of {count_max}. Where it counts what is open, close some of it first; a full history takes no more")]
    Full {
        /// What is full.
        what: Phrase,
        /// The bound.
        count_max: usize,
    } = "full", None;
}

impl Rejection {
    /// The reason in a language: what is refused, and what would make it acceptable.
    pub fn told(&self, language: Language) -> String {
        match language {
            Language::Chinese => chinese::text(self),
            Language::English => self.to_string(),
        }
    }

    pub(crate) fn role_forbids(role: Role, action: &Action, signing: Vec<Role>) -> Self {
        Rejection::RoleForbids {
            role,
            action: action.name(),
            signing,
        }
    }
}

impl Lack {
    /// What is lacking, in words of a language.
    pub fn told(&self, language: Language) -> String {
        match language {
            Language::Chinese => chinese::lack(self),
            Language::English => self.to_string(),
        }
    }
}

impl RecordId {
    /// A record's kind and id, in words of a language.
    pub fn told(&self, language: Language) -> String {
        match language {
            Language::Chinese => chinese::record(self),
            Language::English => self.to_string(),
        }
    }
}
