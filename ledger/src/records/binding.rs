//! Bindings (库表、接口、文件): where the data of an entry really is, and whether it is still as stated.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Decision, FieldPeriod, ResourceKind};
use crate::bounded::List;
use crate::crypto::PublicKey;
use crate::hash::Hash;
use crate::ids::{FieldNumber, Height, Moment, Name, SharingId, TimeMs};
use crate::limits;

/// One column of a table, element of an answer or part of a file, and the field it fills.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Column {
    /// Its name in the system.
    pub name: Name,
    /// The field of the entry.
    pub field: FieldNumber,
}

/// Where a binding points to and how its columns fill the entry's fields.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct BindingTerms {
    /// The version of the entry that it serves (rule C2).
    pub version: u32,
    /// In what form.
    pub kind: ResourceKind,
    /// The system that holds the data, and the table, address or path in it.
    pub system: Name,
    /// Hash of the schema ([`crate::hash::Domain::Text`] of its text, as the gateway reads it).
    pub schema: Hash,
    /// Column to field, each field and each column at most once, by ascending field.
    pub columns: List<Column, { limits::FIELDS_MAX }>,
    /// The gateway that serves it: reports its schema and seals its receipts.
    pub gateway: PublicKey,
}

/// Where a binding stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindingState {
    /// Stated by the provider; its gateway has not confirmed the schema yet.
    Proposed,
    /// The gateway saw the schema that is stated.
    Live,
    /// The gateway saw another schema (rule C8).
    Drifted,
    /// Taken out of service for now by the provider.
    Suspended,
    /// Over for good.
    Retired,
}

impl std::fmt::Display for BindingState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            BindingState::Proposed => "proposed",
            BindingState::Live => "live",
            BindingState::Drifted => "drifted",
            BindingState::Suspended => "suspended",
            BindingState::Retired => "retired",
        })
    }
}

/// A state and the block it began in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct BindingSince {
    /// The state.
    pub state: BindingState,
    /// Since when.
    pub since: Moment,
    /// The schema that the gateway saw, where a report brought the state about.
    pub seen: Option<Hash>,
}

/// A change of a binding by its provider.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindingChange {
    /// Out of service for now.
    Suspend,
    /// Back to proposed: live again once the gateway reports the schema.
    Resume,
    /// Over for good.
    Retire,
}

/// A binding (库表, 接口, 文件) of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Binding {
    /// The entry and the binding's number there.
    pub id: SharingId,
    /// Counts every change of this record.
    pub revision: u32,
    /// What it states.
    pub terms: BindingTerms,
    /// Every state it had, oldest first; never empty.
    pub states: List<BindingSince, { limits::PERIODS_MAX }>,
    /// When which field was among its columns, oldest first: what a call over it may have used.
    pub served: List<FieldPeriod, { limits::SERVED_PERIODS_MAX }>,
    /// When its gateway last saw the data with the schema stated.
    pub seen: Option<Moment>,
    /// Who stated the terms, when.
    pub decision: Decision,
}

impl Binding {
    /// Its state now.
    pub fn state(&self) -> BindingState {
        let last = self.states.last();
        last.map_or(BindingState::Proposed, |since| since.state)
    }

    /// Whether its gateway saw another schema than was stated, and has confirmed none since (rule C8): new terms alone
    /// mend nothing, nor does a pause.
    pub fn is_drifted(&self) -> bool {
        let is_out = matches!(
            self.state(),
            BindingState::Suspended | BindingState::Retired
        );
        let mut seen = self.states.iter().rev().map(|since| since.state);
        let last = seen.find(|state| matches!(state, BindingState::Live | BindingState::Drifted));
        !is_out && last == Some(BindingState::Drifted)
    }

    /// Its state after the block at `height`; none before it was proposed.
    pub fn state_at(&self, height: Height) -> Option<BindingState> {
        let begun = self.states.iter().rev();
        let mut begun = begun.filter(|since| since.since.height <= height);
        begun.next().map(|since| since.state)
    }

    /// When it first went live, if it ever did.
    pub fn first_live(&self) -> Option<TimeMs> {
        let live = self
            .states
            .iter()
            .find(|since| since.state == BindingState::Live);
        live.map(|since| since.since.time)
    }

    /// When it retired, if it did.
    pub fn retired(&self) -> Option<TimeMs> {
        let last = self.states.last();
        last.filter(|since| since.state == BindingState::Retired)
            .map(|since| since.since.time)
    }
}
