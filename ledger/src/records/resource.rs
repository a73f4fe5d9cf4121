//! Catalogue entries (目录条目) and their fields (信息项).

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::{Decision, Period, Submission, Trail};
use crate::bounded::{List, Text};
use crate::codec::encode;
use crate::hash::{Domain, Hash, hash};
use crate::ids::{
    Code, DepartmentId, FieldNumber, Height, Moment, Name, ResourceCode, ResponsibilityCode,
    SharingId, Statement, TimeMs,
};
use crate::limits;

/// How data may be shared (共享类型). Source: 政务信息资源共享管理暂行办法, article 9.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Sharing {
    /// 无条件共享: every department may read it.
    Unconditional,
    /// 有条件共享: whom an authorization names.
    Conditional {
        /// The condition (rule C4).
        condition: Option<Statement>,
    },
    /// 不予共享: nobody but the provider.
    NotShared {
        /// The law that says so (rule C4).
        legal_basis: Option<Statement>,
    },
}

/// What the catalogue is ordered by (资源分类).
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 基础信息资源: people, legal persons, space and geography, certificates.
    Base,
    /// 主题信息资源: built by several departments around a subject.
    Theme,
    /// 部门信息资源 (业务): a department's own business.
    Business,
}

/// In what form the data exists (资源格式).
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// 库表
    Table,
    /// 接口
    Interface,
    /// 文件
    File,
    /// 电子证照
    Certificate,
}

/// How the data reaches its reader (共享方式).
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharingMethod {
    /// Rows are exchanged through the sharing platform.
    Exchange,
    /// Single queries over an interface.
    Query,
    /// Files are downloaded.
    Download,
    /// Not handed over electronically.
    Offline,
}

/// Whether the public gets the data too (开放属性).
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Openness {
    /// 无条件开放
    Open,
    /// 有条件开放
    Conditional,
    /// 不予开放
    Closed,
}

/// How often the data is renewed (更新周期).
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateCycle {
    /// 实时
    RealTime,
    /// 每日
    Daily,
    /// 每周
    Weekly,
    /// 每月
    Monthly,
    /// 每季度
    Quarterly,
    /// 每半年
    HalfYearly,
    /// 每年
    Yearly,
    /// Every two years or more.
    Rarer,
    /// 不定期
    Irregular,
}

/// How sensitive the data is (数据分级), 1 (least) to 4. Source: DB11/T 1918-2021.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
#[serde(try_from = "u8", into = "u8")]
pub enum SensitivityLevel {
    /// Level 1.
    One,
    /// Level 2.
    Two,
    /// Level 3.
    Three,
    /// Level 4.
    Four,
}

/// The number is no sensitivity level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sensitivity level: it is 1, 2, 3 or 4")]
pub struct ParseLevelError(pub u8);

impl TryFrom<u8> for SensitivityLevel {
    type Error = ParseLevelError;
    fn try_from(level: u8) -> Result<Self, ParseLevelError> {
        Ok(match level {
            1 => Self::One,
            2 => Self::Two,
            3 => Self::Three,
            4 => Self::Four,
            other => return Err(ParseLevelError(other)),
        })
    }
}

impl From<SensitivityLevel> for u8 {
    fn from(level: SensitivityLevel) -> u8 {
        match level {
            SensitivityLevel::One => 1,
            SensitivityLevel::Two => 2,
            SensitivityLevel::Three => 3,
            SensitivityLevel::Four => 4,
        }
    }
}

/// A field's data type, by its letter in the national core metadata.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum FieldType {
    /// Character 字符型
    C,
    /// Numeric 数值型
    N,
    /// Currency 货币型
    Y,
    /// Date 日期型
    D,
    /// Date and time 日期时间型
    T,
    /// Logical 逻辑型
    L,
    /// Image 图像型
    I,
    /// File 文件型
    F,
}

/// One field of a catalogue entry.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Field {
    /// Its number within the entry.
    pub number: FieldNumber,
    /// Its name.
    pub name: Name,
    /// The data element it is an instance of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_element: Option<Code>,
    /// Its type.
    pub field_type: FieldType,
    /// Its length in characters or digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Digits after the decimal point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<u8>,
    /// Unit of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Code>,
    /// Its own sharing type, where it differs from the entry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing: Option<Sharing>,
    /// Its own level, where it differs from the entry's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<SensitivityLevel>,
}

/// A further property of an entry, kept as its source gave it.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: Code,
    /// Its value.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub value: Text<{ limits::ATTRIBUTE_BYTES_MAX }>,
}

/// What a catalogue entry says of the data. A draft may lack what a submission may not.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Entry {
    /// 信息资源名称
    pub name: Name,
    /// The provider's responsibility that produces the data.
    #[serde(default)]
    pub responsibility: Option<ResponsibilityCode>,
    /// 信息资源摘要
    #[serde(default, rename = "abstract")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub summary: Option<Text<{ limits::ABSTRACT_BYTES_MAX }>>,
    /// 信息资源分类
    #[serde(default)]
    pub category: Option<Category>,
    /// 信息资源格式
    #[serde(default)]
    pub kind: Option<ResourceKind>,
    /// 信息项, by ascending number.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Field>))]
    pub fields: List<Field, { limits::FIELDS_MAX }>,
    /// 共享类型
    #[serde(default)]
    pub sharing: Option<Sharing>,
    /// 共享方式
    #[serde(default)]
    pub method: Option<SharingMethod>,
    /// 开放属性
    #[serde(default)]
    pub openness: Option<Openness>,
    /// 更新周期
    #[serde(default)]
    pub update_cycle: Option<UpdateCycle>,
    /// 数据分级
    #[serde(default)]
    pub level: Option<SensitivityLevel>,
    /// 关联类目及资源代码, and identifiers in other catalogues.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Name>))]
    pub related_codes: List<Name, { limits::RELATED_CODES_MAX }>,
    /// Whatever else its source said.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<Attribute>))]
    pub attributes: List<Attribute, { limits::ATTRIBUTES_MAX }>,
}

/// A piece of core metadata that a draft lacks (rules C3 and C4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// The responsibility that produces the data (rule C1).
    Responsibility,
    /// The abstract.
    Abstract,
    /// The category.
    Category,
    /// The kind.
    Kind,
    /// At least one field.
    Fields,
    /// The sharing type.
    Sharing,
    /// The condition of conditional sharing; with a number, that field's.
    Condition(Option<FieldNumber>),
    /// The legal basis for not sharing; with a number, that field's.
    LegalBasis(Option<FieldNumber>),
    /// The sharing method.
    Method,
    /// The openness.
    Openness,
    /// The update cycle.
    UpdateCycle,
    /// The sensitivity level.
    Level,
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |number: &Option<FieldNumber>| {
            number.map_or_else(String::new, |number| format!(" of field {number}"))
        };
        match self {
            Lack::Responsibility => f.write_str("responsibility (职责)"),
            Lack::Abstract => f.write_str("abstract (摘要)"),
            Lack::Category => f.write_str("category (分类)"),
            Lack::Kind => f.write_str("kind (格式)"),
            Lack::Fields => f.write_str("fields (信息项)"),
            Lack::Sharing => f.write_str("sharing type (共享类型)"),
            Lack::Condition(number) => write!(f, "sharing condition{} (共享条件)", of(number)),
            Lack::LegalBasis(number) => write!(
                f,
                "legal basis for not sharing{} (不予共享依据)",
                of(number)
            ),
            Lack::Method => f.write_str("sharing method (共享方式)"),
            Lack::Openness => f.write_str("openness (开放属性)"),
            Lack::UpdateCycle => f.write_str("update cycle (更新周期)"),
            Lack::Level => f.write_str("sensitivity level (分级)"),
        }
    }
}

impl Entry {
    /// The core metadata that this entry lacks; empty when it may be submitted.
    pub fn lacks(&self) -> Vec<Lack> {
        let absent = [
            (self.responsibility.is_none(), Lack::Responsibility),
            (self.summary.is_none(), Lack::Abstract),
            (self.category.is_none(), Lack::Category),
            (self.kind.is_none(), Lack::Kind),
            (self.fields.is_empty(), Lack::Fields),
            (self.sharing.is_none(), Lack::Sharing),
            (self.method.is_none(), Lack::Method),
            (self.openness.is_none(), Lack::Openness),
            (self.update_cycle.is_none(), Lack::UpdateCycle),
            (self.level.is_none(), Lack::Level),
        ];
        let mut lacks: Vec<Lack> = absent
            .into_iter()
            .filter(|(is_absent, _)| *is_absent)
            .map(|(_, lack)| lack)
            .collect();
        let own = self
            .fields
            .iter()
            .map(|field| (Some(field.number), field.sharing.as_ref()));
        for (number, sharing) in std::iter::once((None, self.sharing.as_ref())).chain(own) {
            match sharing {
                Some(Sharing::Conditional { condition: None }) => {
                    lacks.push(Lack::Condition(number))
                }
                Some(Sharing::NotShared { legal_basis: None }) => {
                    lacks.push(Lack::LegalBasis(number))
                }
                Some(
                    Sharing::Unconditional
                    | Sharing::Conditional { .. }
                    | Sharing::NotShared { .. },
                )
                | None => {}
            }
        }
        lacks
    }

    /// The hash that a version's period carries, so that a record proves what its past versions
    /// said.
    pub fn hash(&self) -> Hash {
        hash(Domain::Entry, &[&encode(self)])
    }

    /// A field by its number.
    pub fn field(&self, number: FieldNumber) -> Option<&Field> {
        self.fields.iter().find(|field| field.number == number)
    }

    /// A field's sharing type: its own, or else the entry's.
    pub fn sharing_of<'a>(&'a self, field: &'a Field) -> Option<&'a Sharing> {
        field.sharing.as_ref().or(self.sharing.as_ref())
    }

    /// A field's level: its own, or else the entry's.
    pub fn level_of(&self, field: &Field) -> Option<SensitivityLevel> {
        field.level.or(self.level)
    }
}

/// Where a draft stands on its way to publication.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum DraftStatus {
    /// Being written.
    Draft,
    /// Submitted by the provider's head; the steward publishes or returns it.
    Submitted {
        /// Who submitted it, when.
        decision: Decision,
    },
    /// Returned by the steward; may be drafted and submitted again.
    Returned {
        /// Why.
        reason: Statement,
        /// Since when.
        since: Moment,
    },
}

/// An entry that is not published yet, or the amendment of one that is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Draft {
    /// Where it stands.
    pub status: DraftStatus,
    /// What it says.
    pub entry: Entry,
}

/// The version of an entry that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Published {
    /// Counts from 1.
    pub version: u32,
    /// Since when.
    pub since: Moment,
    /// What it says.
    pub entry: Entry,
}

/// When a version was in force, and by whose decisions.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct VersionPeriod {
    /// The version.
    pub version: u32,
    /// When it was in force.
    pub period: Period,
    /// [`Entry::hash`] of what it says.
    pub entry: Hash,
    /// The responsibility that it cites: once that has ended, its provider owes an amendment (rule C1).
    pub responsibility: Option<ResponsibilityCode>,
    /// Who submitted it and who published it, and who approved that where it needed several: what
    /// unconditional sharing rests on. None in a genesis, whose word it is.
    pub decisions: List<Decision, { limits::VERSION_DECISIONS_MAX }>,
}

/// A department that provided an entry before its present provider.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct EarlierProvider {
    /// Who provided it.
    pub provider: DepartmentId,
    /// The block from which on another did.
    pub until: Moment,
}

/// When something held of a field: that every department might read it, or that a binding served it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct FieldPeriod {
    /// The field.
    pub field: FieldNumber,
    /// When it was.
    pub period: Period,
}

/// An application that waits for its provider or its applicant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Waiting {
    /// Who applied.
    pub applicant: DepartmentId,
    /// Its number.
    pub number: u32,
}

/// An authorization that did not end early.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Lasting {
    /// Its number.
    pub number: u32,
    /// First instant after its window.
    pub to: TimeMs,
}

/// A withdrawn entry's end.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: Statement,
    /// When.
    pub at: Moment,
}

/// A catalogue entry: its draft, its version in force, and when each version was.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Resource {
    /// Its code, never used again.
    pub code: ResourceCode,
    /// Who provides it.
    pub provider: DepartmentId,
    /// Who provided it before, oldest first.
    pub earlier_providers: List<EarlierProvider, { limits::PERIODS_MAX }>,
    /// When its code was taken.
    pub created: Moment,
    /// Counts every change of this record; an action names the revision it was decided on.
    pub revision: u32,
    /// The draft or pending amendment, if any.
    pub draft: Option<Draft>,
    /// The version in force, if any.
    pub published: Option<Published>,
    /// Every submission there was, oldest first.
    pub submissions: List<Submission, { limits::PERIODS_MAX }>,
    /// Every version there was, oldest first.
    pub versions: List<VersionPeriod, { limits::PERIODS_MAX }>,
    /// When which field was shared unconditionally, oldest first: what past use may rest on.
    pub unconditional: List<FieldPeriod, { limits::UNCONDITIONAL_PERIODS_MAX }>,
    /// Its withdrawal, if it was withdrawn.
    pub withdrawn: Option<Withdrawal>,
    /// The highest field number ever used.
    pub last_field: u16,
    /// Applications made for it so far.
    pub applications: u32,
    /// Those of them that wait, by ascending number: what a withdrawal refuses, however many were
    /// ever made.
    pub waiting: List<Waiting, { limits::RESOURCE_APPLICATIONS_MAX }>,
    /// Authorizations on it that last, by ascending number: what a withdrawal ends, however many were
    /// ever granted. One whose window is over is dropped with the next change.
    pub grants: List<Lasting, { limits::RESOURCE_GRANTS_MAX }>,
    /// Bindings stated for it so far.
    pub bindings: u32,
    /// Objections raised to it so far.
    pub objections: u32,
    /// Obligations to share it so far.
    pub obligations: u32,
    /// Everything that touched it.
    pub trail: Trail,
}

/// A resource's state in one word, for lists and filters.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceStatus {
    /// Being written.
    Draft,
    /// Waits for publication.
    Submitted,
    /// Returned by the steward.
    Returned,
    /// In force.
    Published,
    /// Withdrawn.
    Withdrawn,
}

impl std::fmt::Display for ResourceStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ResourceStatus::Draft => "a draft",
            ResourceStatus::Submitted => "submitted",
            ResourceStatus::Returned => "returned",
            ResourceStatus::Published => "published",
            ResourceStatus::Withdrawn => "withdrawn",
        })
    }
}

impl Resource {
    /// An entry whose code is taken, and that says nothing yet.
    pub fn new(code: ResourceCode, provider: DepartmentId, created: Moment) -> Self {
        Self {
            code,
            provider,
            earlier_providers: List::default(),
            created,
            revision: 0,
            draft: None,
            published: None,
            submissions: List::default(),
            versions: List::default(),
            unconditional: List::default(),
            withdrawn: None,
            last_field: 0,
            applications: 0,
            waiting: List::default(),
            grants: List::default(),
            bindings: 0,
            objections: 0,
            obligations: 0,
            trail: Trail::default(),
        }
    }

    /// Its state in one word: withdrawal before publication before the draft.
    pub fn status(&self) -> ResourceStatus {
        if self.withdrawn.is_some() {
            return ResourceStatus::Withdrawn;
        }
        if self.published.is_some() {
            return ResourceStatus::Published;
        }
        match self.draft.as_ref().map(|draft| &draft.status) {
            Some(DraftStatus::Submitted { .. }) => ResourceStatus::Submitted,
            Some(DraftStatus::Returned { .. }) => ResourceStatus::Returned,
            Some(DraftStatus::Draft) | None => ResourceStatus::Draft,
        }
    }

    /// The version in force: published, and not withdrawn since.
    pub fn in_force(&self) -> Option<&Published> {
        self.published.as_ref().filter(|_| self.withdrawn.is_none())
    }

    /// Who provided it after the block at `height`, at or after its creation.
    pub fn provider_at(&self, height: Height) -> &DepartmentId {
        let earlier = self.earlier_providers.iter();
        let mut earlier = earlier.filter(|earlier| height < earlier.until.height);
        let provider = earlier.next().map(|earlier| &earlier.provider);
        provider.unwrap_or(&self.provider)
    }

    /// Who provided it at an instant.
    pub fn provider_when(&self, time: TimeMs) -> &DepartmentId {
        let mut earlier = self.earlier_providers.iter();
        let earlier = earlier.find(|earlier| time < earlier.until.time);
        earlier.map_or(&self.provider, |earlier| &earlier.provider)
    }

    /// The version last published at or before `height`, in force then or withdrawn by then.
    pub fn version_at(&self, height: Height) -> Option<&VersionPeriod> {
        let mut versions = self.versions.iter().rev();
        versions.find(|version| version.period.from.height <= height)
    }

    /// The decisions that a version rests on.
    pub fn decisions_on(&self, version: u32) -> &[Decision] {
        let mut versions = self.versions.iter().rev();
        let found = versions.find(|period| period.version == version);
        found.map_or(&[], |period| &period.decisions)
    }

    /// The authorizations on it that last at an instant, by ascending number.
    pub fn lasting_at(&self, time: TimeMs) -> impl Iterator<Item = SharingId> {
        let lasting = self.grants.iter().filter(move |grant| time < grant.to);
        lasting.map(|grant| SharingId {
            resource: self.code.clone(),
            number: grant.number,
        })
    }

    /// What it says: the version in force, or else the draft.
    pub fn entry(&self) -> Option<&Entry> {
        let published = self.published.as_ref().map(|published| &published.entry);
        published.or(self.draft.as_ref().map(|draft| &draft.entry))
    }
}
