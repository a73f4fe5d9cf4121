//! What an administrator should know of a row that was taken.

use std::fmt;

use dirchain_ledger::ids::{DepartmentId, FieldNumber};
use serde::Serialize;

/// Something of a row that needs a look. The row was taken all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "note")]
pub enum Note {
    /// Access is limited, but the rights member says only `true`, `Not Available` or the like.
    RightsStateNothing {
        /// What it says.
        rights: String,
    },
    /// Access is public, yet the rights member states something, such as `Internal dataset`.
    RightsOfPublicEntry {
        /// What it says.
        rights: String,
    },
    /// The rights are not kept as condition or legal basis, but as an attribute.
    RightsNotTaken {
        /// Why.
        reason: String,
    },
    /// The access level is none of the format's three.
    UnknownAccessLevel {
        /// What it says.
        value: String,
    },
    /// The update cycle is none that the catalogue standard knows.
    UnknownCycle {
        /// What it says.
        value: String,
    },
    /// The description cannot be the abstract as it is; an attribute has it.
    AbstractNotTaken {
        /// Why.
        reason: String,
    },
    /// A distribution has neither an access nor a download address.
    DistributionWithoutAddress {
        /// Its place, from 0 as in the attribute's name.
        index: usize,
    },
    /// An address stands beside the distributions instead of in one; no field was made of it.
    AddressOutsideDistribution {
        /// The member.
        member: &'static str,
    },
    /// More distributions than an entry may have fields.
    DistributionsWithoutField {
        /// How many have none.
        count: usize,
    },
    /// A part of the source could not be kept.
    NotKept {
        /// The attribute it would have been.
        attribute: String,
        /// Why.
        reason: String,
    },
    /// No publisher is named: the agency itself provides the entry.
    NoPublisher,
    /// The source says that the publisher belongs to somebody else than the agency.
    ForeignParent {
        /// To whom.
        parent: String,
    },
    /// The source names another publisher now; the provider stays until a reorganisation.
    ProviderStays {
        /// The provider.
        provider: DepartmentId,
        /// Whom the source names.
        publisher: String,
    },
    /// The entry waits for publication; a new draft takes the submission back.
    SubmissionTakenBack,
    /// The version in force shares these fields more widely, so publication will be refused (S6).
    Narrows {
        /// The fields.
        fields: Vec<FieldNumber>,
    },
    /// The source no longer has these distributions; a published entry's fields stay (C6).
    FieldsStay {
        /// The fields.
        fields: Vec<FieldNumber>,
    },
    /// The source no longer has these distributions; their fields were never published and go.
    FieldsGone {
        /// The fields.
        fields: Vec<FieldNumber>,
    },
}

impl Note {
    /// The note without its details, for counting.
    pub fn topic(&self) -> &'static str {
        match self {
            Note::RightsStateNothing { .. } => "access is limited, but the rights state no reason",
            Note::RightsOfPublicEntry { .. } => "access is public, but the rights state something",
            Note::RightsNotTaken { .. } => "rights kept as an attribute only",
            Note::UnknownAccessLevel { .. } => "unknown access level",
            Note::UnknownCycle { .. } => "unknown update cycle",
            Note::AbstractNotTaken { .. } => "description kept as an attribute only",
            Note::DistributionWithoutAddress { .. } => "distribution without address",
            Note::AddressOutsideDistribution { .. } => "address outside the distributions",
            Note::DistributionsWithoutField { .. } => "distributions without a field",
            Note::NotKept { .. } => "not kept",
            Note::NoPublisher => "no publisher named",
            Note::ForeignParent { .. } => "publisher belongs to another organisation",
            Note::ProviderStays { .. } => "publisher changed, provider stays",
            Note::SubmissionTakenBack => "submission taken back by the new draft",
            Note::Narrows { .. } => "shares less than the version in force",
            Note::FieldsStay { .. } => "published fields that the source no longer has",
            Note::FieldsGone { .. } => "drafted fields that the source no longer has",
        }
    }
}

fn joined(fields: &[FieldNumber]) -> String {
    let numbers: Vec<String> = fields.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = self.topic();
        match self {
            Note::RightsStateNothing { rights } | Note::RightsOfPublicEntry { rights } => {
                write!(f, "{topic}: `{rights}`")
            }
            Note::RightsNotTaken { reason } | Note::AbstractNotTaken { reason } => {
                write!(f, "{topic}: {reason}")
            }
            Note::UnknownAccessLevel { value } | Note::UnknownCycle { value } => {
                write!(f, "{topic}: `{value}`")
            }
            Note::DistributionWithoutAddress { index } => {
                write!(f, "{topic}: distribution[{index}]")
            }
            Note::AddressOutsideDistribution { member } => write!(f, "{topic}: {member}"),
            Note::DistributionsWithoutField { count } => write!(f, "{topic}: {count}"),
            Note::NotKept { attribute, reason } => write!(f, "{topic}: {attribute}: {reason}"),
            Note::NoPublisher | Note::SubmissionTakenBack => f.write_str(topic),
            Note::ForeignParent { parent } => write!(f, "{topic}: `{parent}`"),
            Note::ProviderStays {
                provider,
                publisher,
            } => {
                write!(
                    f,
                    "{topic}: {provider} stays, the source names `{publisher}`"
                )
            }
            Note::Narrows { fields }
            | Note::FieldsStay { fields }
            | Note::FieldsGone { fields } => {
                write!(f, "{topic}: {}", joined(fields))
            }
        }
    }
}
