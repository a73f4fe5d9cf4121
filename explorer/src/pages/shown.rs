//! The words for codes: each code's key in the catalogue, and the tone that its badge has.

use std::borrow::Cow;

use dirchain_ledger::access::Failure;
use dirchain_ledger::clocks::Duty;
use dirchain_ledger::inbox::Awaited;
use dirchain_ledger::language::Language;
use dirchain_ledger::records::{
    AdministrativeLevel, BindingChange, BindingState, Category, DemandState, DepartmentStatus,
    EndKind, FindingState, Lack, NodeKind, ObjectionStage, Office, Openness, ResourceKind,
    ResourceStatus, ResponsibilityEnd, Role, SensitivityLevel, Sharing, SharingMethod, Signatory,
    Standing, UpdateCycle,
};

use super::words::{self, Lang};
use crate::api::{ApplicationState, AuthorizationState, DraftState, SharingType};

/// A code that pages print as a word.
pub trait Shown {
    /// The word's key in the catalogue.
    fn key(&self) -> &'static str;

    /// How good the news is: `yes`, `wait` or `no`; `idle` for a state in which nothing is expected any more
    /// or yet, `quiet` for what is no state.
    fn tone(&self) -> &'static str {
        "quiet"
    }
}

/// A code's word, as pages print it.
pub fn word_in(code: &impl Shown, language: Language) -> Cow<'static, str> {
    let lang = match language {
        Language::Chinese => Lang::Zh,
        Language::English => Lang::En,
    };
    words::say(lang, code.key())
}

impl Shown for Awaited {
    fn key(&self) -> &'static str {
        match self {
            Awaited::Approval => "awaits-approval",
            Awaited::Confirmation => "awaits-confirmation",
            Awaited::Notice => "awaits-notice",
            Awaited::Verdict => "awaits-verdict",
            Awaited::Acceptance => "awaits-acceptance",
            Awaited::Reply => "awaits-reply",
            Awaited::Unfounded => "awaits-unfounded",
            Awaited::OverQuota => "awaits-over-quota",
            Awaited::Drifted => "awaits-drifted",
            Awaited::Gateway => "awaits-gateway",
            Awaited::Inherited => "awaits-inherited",
            Awaited::Owed(duty) => duty.key(),
        }
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn key(&self) -> &'static str {
        (*self).key()
    }

    fn tone(&self) -> &'static str {
        (*self).tone()
    }
}

/// Implements [`Shown`] for an enum: pattern, key and tone a line.
macro_rules! shown {
    ($($kind:ty { $($pattern:pat => $key:literal $tone:literal,)* })*) => {
        $(impl Shown for $kind {
            fn key(&self) -> &'static str {
                match self { $($pattern => $key,)* }
            }

            fn tone(&self) -> &'static str {
                match self { $($pattern => $tone,)* }
            }
        })*
    };
}

shown! {
    ResourceStatus {
        ResourceStatus::Draft => "resource-draft" "idle",
        ResourceStatus::Submitted => "resource-submitted" "wait",
        ResourceStatus::Returned => "resource-returned" "no",
        ResourceStatus::Published => "resource-published" "yes",
        ResourceStatus::Withdrawn => "resource-withdrawn" "no",
    }
    SharingType {
        SharingType::Unconditional => "sharing-unconditional" "yes",
        SharingType::Conditional => "sharing-conditional" "wait",
        SharingType::NotShared => "sharing-not-shared" "no",
    }
    Sharing {
        Sharing::Unconditional => "sharing-unconditional" "yes",
        Sharing::Conditional { .. } => "sharing-conditional" "wait",
        Sharing::NotShared { .. } => "sharing-not-shared" "no",
    }
    DepartmentStatus {
        DepartmentStatus::Active => "department-active" "yes",
        DepartmentStatus::Suspended => "department-suspended" "wait",
        DepartmentStatus::Dissolved => "department-dissolved" "no",
    }
    ApplicationState {
        ApplicationState::Submitted => "application-submitted" "wait",
        ApplicationState::Granted => "application-granted" "yes",
        ApplicationState::Refused => "application-refused" "no",
        ApplicationState::NeedsMore => "application-needs-more" "wait",
        ApplicationState::InReview => "application-in-review" "wait",
        ApplicationState::Disputed => "application-disputed" "wait",
        ApplicationState::TakenBack => "application-taken-back" "idle",
    }
    AuthorizationState {
        AuthorizationState::InForce => "authorization-in-force" "yes",
        AuthorizationState::NotBegun => "authorization-not-begun" "wait",
        AuthorizationState::Expired => "authorization-expired" "idle",
        AuthorizationState::EndedEarly => "authorization-ended-early" "no",
        AuthorizationState::Suspended => "authorization-suspended" "no",
        AuthorizationState::NotHeld => "authorization-not-held" "no",
        AuthorizationState::ReaderNotActive => "authorization-reader-not-active" "no",
    }
    Failure {
        Failure::Field => "fails-field" "no",
        Failure::Inactive => "fails-inactive" "no",
        Failure::WindowOver => "fails-window-over" "no",
        Failure::WindowNotBegun => "fails-window-not-begun" "no",
        Failure::Purpose => "fails-purpose" "no",
        Failure::Responsibility => "fails-responsibility" "no",
    }
    DraftState {
        DraftState::Draft => "draft-written" "idle",
        DraftState::Submitted => "draft-submitted" "wait",
        DraftState::Returned => "draft-returned" "no",
    }
    EndKind {
        EndKind::Revoked => "end-revoked" "no",
        EndKind::GivenUp => "end-given-up" "idle",
        EndKind::ResourceWithdrawn => "end-resource-withdrawn" "no",
        EndKind::Superseded => "end-superseded" "idle",
    }
    Role {
        Role::Head => "role-head" "quiet",
        Role::Administrator => "role-administrator" "quiet",
        Role::Operator => "role-operator" "quiet",
        Role::Gateway => "role-gateway" "quiet",
        Role::Inspector => "role-inspector" "quiet",
    }
    Office {
        Office::Registrar => "office-registrar" "quiet",
        Office::Steward => "office-steward" "quiet",
        Office::StewardDeputy => "office-steward-deputy" "quiet",
        Office::Inspectorate => "office-inspectorate" "quiet",
        Office::Standards => "office-standards" "quiet",
        Office::Operations => "office-operations" "quiet",
    }
    AdministrativeLevel {
        AdministrativeLevel::National => "administrative-national" "quiet",
        AdministrativeLevel::Province => "administrative-province" "quiet",
        AdministrativeLevel::City => "administrative-city" "quiet",
        AdministrativeLevel::County => "administrative-county" "quiet",
        AdministrativeLevel::Township => "administrative-township" "quiet",
    }
    Category {
        Category::Base => "category-base" "quiet",
        Category::Theme => "category-theme" "quiet",
        Category::Business => "category-business" "quiet",
    }
    ResourceKind {
        ResourceKind::Table => "kind-table" "quiet",
        ResourceKind::Interface => "kind-interface" "quiet",
        ResourceKind::File => "kind-file" "quiet",
        ResourceKind::Certificate => "kind-certificate" "quiet",
    }
    SharingMethod {
        SharingMethod::Exchange => "method-exchange" "quiet",
        SharingMethod::Query => "method-query" "quiet",
        SharingMethod::Download => "method-download" "quiet",
        SharingMethod::Offline => "method-offline" "quiet",
    }
    Openness {
        Openness::Open => "openness-open" "yes",
        Openness::Conditional => "openness-conditional" "wait",
        Openness::Closed => "openness-closed" "idle",
    }
    UpdateCycle {
        UpdateCycle::RealTime => "cycle-real-time" "quiet",
        UpdateCycle::Daily => "cycle-daily" "quiet",
        UpdateCycle::Weekly => "cycle-weekly" "quiet",
        UpdateCycle::Monthly => "cycle-monthly" "quiet",
        UpdateCycle::Quarterly => "cycle-quarterly" "quiet",
        UpdateCycle::HalfYearly => "cycle-half-yearly" "quiet",
        UpdateCycle::Yearly => "cycle-yearly" "quiet",
        UpdateCycle::Rarer => "cycle-rarer" "quiet",
        UpdateCycle::Irregular => "cycle-irregular" "quiet",
    }
    SensitivityLevel {
        SensitivityLevel::One => "level-one" "quiet",
        SensitivityLevel::Two => "level-two" "quiet",
        SensitivityLevel::Three => "level-three" "quiet",
        SensitivityLevel::Four => "level-four" "quiet",
    }
    ResponsibilityEnd {
        ResponsibilityEnd::Transferred => "responsibility-transferred" "idle",
        ResponsibilityEnd::Split => "responsibility-split" "idle",
        ResponsibilityEnd::Abolished => "responsibility-abolished" "no",
    }
    NodeKind {
        NodeKind::Validator => "node-validator" "quiet",
        NodeKind::Observer => "node-observer" "quiet",
    }
    Lack {
        Lack::Responsibility => "lack-responsibility" "wait",
        Lack::Abstract => "lack-abstract" "wait",
        Lack::Category => "lack-category" "wait",
        Lack::Kind => "lack-kind" "wait",
        Lack::Fields => "lack-fields" "wait",
        Lack::Sharing => "lack-sharing" "wait",
        Lack::Condition(_) => "lack-condition" "wait",
        Lack::LegalBasis(_) => "lack-legal-basis" "wait",
        Lack::Method => "lack-method" "wait",
        Lack::Openness => "lack-openness" "wait",
        Lack::UpdateCycle => "lack-update-cycle" "wait",
        Lack::Level => "lack-level" "wait",
    }
    Standing {
        Standing::Open => "standing-open" "wait",
        Standing::InForce => "standing-in-force" "yes",
        Standing::Rejected => "standing-rejected" "no",
        Standing::TakenBack => "standing-taken-back" "idle",
        Standing::Lapsed => "standing-lapsed" "no",
    }
    Signatory {
        Signatory::Head => "role-head" "quiet",
        Signatory::Administrator => "role-administrator" "quiet",
        Signatory::Either => "signatory-either" "quiet",
    }
    BindingState {
        BindingState::Proposed => "binding-proposed" "wait",
        BindingState::Live => "binding-live" "yes",
        BindingState::Drifted => "binding-drifted" "no",
        BindingState::Suspended => "binding-suspended" "wait",
        BindingState::Retired => "binding-retired" "idle",
    }
    BindingChange {
        BindingChange::Suspend => "binding-suspended" "wait",
        BindingChange::Resume => "binding-proposed" "wait",
        BindingChange::Retire => "binding-retired" "idle",
    }
    ObjectionStage {
        ObjectionStage::Raised => "objection-raised" "wait",
        ObjectionStage::Answered => "objection-answered" "wait",
        ObjectionStage::Escalated => "objection-escalated" "no",
        ObjectionStage::Closed => "objection-closed" "idle",
    }
    FindingState {
        FindingState::Open => "finding-open" "wait",
        FindingState::Answered => "finding-answered" "wait",
        FindingState::Cleared => "finding-cleared" "yes",
    }
    DemandState {
        DemandState::Open => "demand-open" "wait",
        DemandState::Assigned { .. } => "demand-assigned" "wait",
        DemandState::Listed { .. } => "demand-listed" "yes",
        DemandState::Refused { .. } => "demand-refused" "no",
    }
    Duty {
        Duty::Publish => "duty-publish" "quiet",
        Duty::Amend => "duty-amend" "quiet",
        Duty::Decide => "duty-decide" "quiet",
        Duty::Supply => "duty-supply" "quiet",
        Duty::Provision => "duty-provision" "quiet",
        Duty::Correct => "duty-correct" "quiet",
        Duty::Settle => "duty-settle" "quiet",
        Duty::Assign => "duty-assign" "quiet",
        Duty::AnswerDemand => "duty-answer-demand" "quiet",
        Duty::AnswerFinding => "duty-answer-finding" "quiet",
        Duty::Share => "duty-share" "quiet",
    }
}
