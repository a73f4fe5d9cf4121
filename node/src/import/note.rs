//! What an administrator should know of a row that was taken.

use dirchain_ledger::ids::{DepartmentId, FieldNumber};
use dirchain_ledger::language::Language;
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
    pub fn topic(&self, language: Language) -> &'static str {
        let (english, chinese) = match self {
            Note::RightsStateNothing { .. } => (
                "access is limited, but the rights state no reason",
                "限制访问，但权利说明未写明理由",
            ),
            Note::RightsOfPublicEntry { .. } => (
                "access is public, but the rights state something",
                "公开，但权利说明另有内容",
            ),
            Note::RightsNotTaken { .. } => {
                ("rights kept as an attribute only", "权利说明仅作为属性保留")
            }
            Note::UnknownAccessLevel { .. } => ("unknown access level", "访问级别不在规定范围"),
            Note::UnknownCycle { .. } => ("unknown update cycle", "更新周期不在规定范围"),
            Note::AbstractNotTaken { .. } => (
                "description kept as an attribute only",
                "描述仅作为属性保留",
            ),
            Note::DistributionWithoutAddress { .. } => {
                ("distribution without address", "分发没有地址")
            }
            Note::AddressOutsideDistribution { .. } => {
                ("address outside the distributions", "地址写在分发之外")
            }
            Note::DistributionsWithoutField { .. } => {
                ("distributions without a field", "未成为信息项的分发")
            }
            Note::NotKept { .. } => ("not kept", "未保留"),
            Note::NoPublisher => ("no publisher named", "未注明发布者"),
            Note::ForeignParent { .. } => (
                "publisher belongs to another organisation",
                "发布者属于其他机构",
            ),
            Note::ProviderStays { .. } => (
                "publisher changed, provider stays",
                "发布者已变，提供方不变",
            ),
            Note::SubmissionTakenBack => (
                "submission taken back by the new draft",
                "新草稿收回了原提交",
            ),
            Note::Narrows { .. } => (
                "shares less than the version in force",
                "共享范围小于现行版本",
            ),
            Note::FieldsStay { .. } => (
                "published fields that the source no longer has",
                "来源已无的已发布信息项（保留）",
            ),
            Note::FieldsGone { .. } => (
                "drafted fields that the source no longer has",
                "来源已无的草稿信息项（删除）",
            ),
        };
        language.say(chinese, english)
    }

    /// The note in a language.
    pub fn told(&self, language: Language) -> String {
        let topic = self.topic(language);
        match self {
            Note::RightsStateNothing { rights: detail }
            | Note::RightsOfPublicEntry { rights: detail }
            | Note::UnknownAccessLevel { value: detail }
            | Note::UnknownCycle { value: detail }
            | Note::ForeignParent { parent: detail } => format!("{topic}: `{detail}`"),
            Note::RightsNotTaken { reason } | Note::AbstractNotTaken { reason } => {
                format!("{topic}: {reason}")
            }
            Note::DistributionWithoutAddress { index } => format!("{topic}: distribution[{index}]"),
            Note::AddressOutsideDistribution { member } => format!("{topic}: {member}"),
            Note::DistributionsWithoutField { count } => format!("{topic}: {count}"),
            Note::NotKept { attribute, reason } => format!("{topic}: {attribute}: {reason}"),
            Note::NoPublisher | Note::SubmissionTakenBack => topic.to_owned(),
            Note::ProviderStays {
                provider,
                publisher,
            } => match language {
                Language::Chinese => {
                    format!("{topic}：提供方仍为 {provider}，来源写作“{publisher}”")
                }
                Language::English => {
                    format!("{topic}: {provider} stays, the source names `{publisher}`")
                }
            },
            Note::Narrows { fields }
            | Note::FieldsStay { fields }
            | Note::FieldsGone { fields } => format!("{topic}: {}", joined(fields)),
        }
    }
}

fn joined(fields: &[FieldNumber]) -> String {
    let numbers: Vec<String> = fields.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
