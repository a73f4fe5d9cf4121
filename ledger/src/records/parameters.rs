//! The chain's parameters: numbers, code list and calendar, each with its past.
//!
//! Day counts stand in regulations that change; none is a constant in code.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Period;
use crate::bounded::{BoundError, List};
use crate::calendar::{Calendar, SpecialDay, WorkingDays};
use crate::ids::{Height, Moment, Name, PurposeCode};
use crate::language::{Phrase, phrase};
use crate::limits;

/// A purpose in the code list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Its code.
    pub code: PurposeCode,
    /// Its name.
    pub name: Name,
}

/// A purpose with the time that applications could name it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ListedPurpose {
    /// The purpose.
    #[serde(flatten)]
    pub purpose: Purpose,
    /// While this lasts, applications may name it; a code is never listed again.
    pub listed: Period,
}

/// Within how many working days who answers what (rule S7).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// The steward publishes or returns a submission.
    pub publication: WorkingDays,
    /// A provider answers an application for what is shared unconditionally.
    pub unconditional: WorkingDays,
    /// A provider answers an application for what is shared under conditions.
    pub conditional: WorkingDays,
    /// An applicant supplies what its application lacks.
    pub supplement: WorkingDays,
    /// A provider connects what it granted.
    pub provisioning: WorkingDays,
    /// A provider answers an objection (校核).
    pub correction: WorkingDays,
    /// The steward settles an objection that was escalated to it.
    pub escalation: WorkingDays,
    /// A department answers a demand (需求) assigned to it.
    pub demand: WorkingDays,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            publication: WorkingDays(5),
            unconditional: WorkingDays(1),
            conditional: WorkingDays(10),
            supplement: WorkingDays(10),
            provisioning: WorkingDays(10),
            correction: WorkingDays(10),
            escalation: WorkingDays(10),
            demand: WorkingDays(10),
        }
    }
}

/// What a department's score counts, in points.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// Every department begins with these.
    pub base: u32,
    /// For an answer in time.
    pub answered_in_time: u32,
    /// Off for an answer overdue or given too late.
    pub overdue: u32,
    /// Off for an entry not renewed within its update cycle.
    pub stale_entry: u32,
    /// Off for a drifted binding.
    pub drifted_binding: u32,
    /// For each star above three of a rating; off for each below.
    pub rating_star: u32,
}

impl Default for Scoring {
    fn default() -> Self {
        Self {
            base: 1_000,
            answered_in_time: 1,
            overdue: 10,
            stale_entry: 2,
            drifted_binding: 5,
            rating_star: 1,
        }
    }
}

/// The parameters that are numbers. The defaults are what a description of a new chain that says
/// nothing begins with; in JSON none may be left out, so that what somebody signs says all of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Version of the rules that blocks are executed under.
    pub rules_version: u32,
    /// An empty block is valid only this long after its parent, by header times.
    pub heartbeat_ms: i64,
    /// Whether a grant of a field of level 3 or 4 needs an administrator and the head (rule S8).
    pub two_person: bool,
    /// Days, worked or not, that a proposal waits for its approvals.
    pub proposal_days: u16,
    /// Proposals of one department that wait at the same time.
    pub open_proposals_max: u16,
    /// Blocks of an epoch: changes of the validators and of the rules come into force behind a
    /// block whose height is a multiple of it.
    pub epoch_blocks: u32,
    /// How many blocks behind the end the one may be by which a node shows that it is ready.
    pub ready_blocks: u32,
    /// Notice before an early end takes effect (rule S6).
    pub notice: WorkingDays,
    /// Within how many days who answers what.
    pub deadlines: Deadlines,
    /// The formula of the score.
    pub scoring: Scoring,
}

/// The newest version of the rules that this program executes, and that new chains begin with. It
/// executes all before it too: [`Rules`] says what differs.
pub const RULES_VERSION: u32 = 2;

/// The rules that a block is executed under. What a version changed is asked here, so that blocks
/// are executed as they were when they were made.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Rules(pub u32);

impl Rules {
    /// Since version 2: who asks for a number of calls a day asks for at least one.
    pub fn asks_for_calls(self) -> bool {
        self.0 >= 2
    }
}

/// A version of the rules that is agreed and not in force yet.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Copy, Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AgreedRules {
    /// The version.
    pub version: u32,
    /// It comes into force with the first epoch that ends at this height or after it.
    pub from: Height,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules_version: RULES_VERSION,
            heartbeat_ms: 60_000,
            two_person: false,
            proposal_days: 30,
            open_proposals_max: 32,
            epoch_blocks: 60,
            ready_blocks: 100,
            notice: WorkingDays(10),
            deadlines: Deadlines::default(),
            scoring: Scoring::default(),
        }
    }
}

impl Settings {
    /// The first number that lies outside its bounds, in words.
    pub fn fault(&self) -> Option<Phrase> {
        let deadlines = &self.deadlines;
        let days = [
            self.notice,
            deadlines.publication,
            deadlines.unconditional,
            deadlines.conditional,
            deadlines.supplement,
            deadlines.provisioning,
            deadlines.correction,
            deadlines.escalation,
            deadlines.demand,
        ];
        let open_max = usize::from(self.open_proposals_max);
        let requirements = [
            (
                (1_000..=limits::HEARTBEAT_MS_MAX).contains(&self.heartbeat_ms),
                phrase!(
                    "heartbeat_ms lies between a second and an hour",
                    "heartbeat_ms 应在一秒与一小时之间"
                ),
            ),
            (
                (1..=limits::PROPOSAL_DAYS_MAX).contains(&self.proposal_days),
                phrase!(
                    "proposal_days lies between 1 and 366",
                    "proposal_days 应在 1 与 366 之间"
                ),
            ),
            (
                (1..=limits::OPEN_PROPOSALS_MAX).contains(&open_max),
                phrase!(
                    "open_proposals_max lies between 1 and 64",
                    "open_proposals_max 应在 1 与 64 之间"
                ),
            ),
            (
                self.rules_version >= 1,
                phrase!("rules_version begins with 1", "rules_version 从 1 开始"),
            ),
            (
                (1..=limits::EPOCH_BLOCKS_MAX).contains(&self.epoch_blocks),
                phrase!(
                    "epoch_blocks lies between 1 and 100000",
                    "epoch_blocks 应在 1 与 100000 之间"
                ),
            ),
            (
                (1..=limits::READY_BLOCKS_MAX).contains(&self.ready_blocks),
                phrase!(
                    "ready_blocks lies between 1 and 10000",
                    "ready_blocks 应在 1 与 10000 之间"
                ),
            ),
            (
                days.iter().all(|days| days.0 <= limits::WORKING_DAYS_MAX),
                phrase!(
                    "a deadline or notice has at most 1000 working days",
                    "期限和通知期最多 1000 个工作日"
                ),
            ),
        ];
        let broken = requirements.into_iter().find(|(holds, _)| !holds);
        broken.map(|(_, what)| what)
    }
}

/// Settings that were in force once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PastSettings {
    /// The settings.
    pub settings: Settings,
    /// Since when.
    pub since: Moment,
}

/// The chain's parameters. They change by proposal only.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Parameters {
    /// Counts every change of this record; a change names the revision it was decided on.
    pub revision: u32,
    /// The settings in force.
    pub settings: Settings,
    /// Since when they are.
    pub since: Moment,
    /// Those before, oldest first.
    pub earlier: List<PastSettings, { limits::SETTINGS_CHANGES_MAX }>,
    /// The next version of the rules, once it is agreed.
    pub next_rules: Option<AgreedRules>,
    /// The purposes that applications may name or could name once, by ascending code.
    pub purposes: List<ListedPurpose, { limits::PURPOSES_MAX }>,
    /// Holidays and make-up workdays, by ascending day; those of one day as they were listed.
    pub calendar: List<SpecialDay, { limits::CALENDAR_DAYS_MAX }>,
}

impl Parameters {
    /// The parameters that a chain begins with: these settings and purposes, no listed day.
    pub fn begin(
        at: Moment,
        settings: Settings,
        mut purposes: Vec<Purpose>,
    ) -> Result<Self, BoundError> {
        purposes.sort_by(|one, other| one.code.cmp(&other.code));
        let listed = purposes.into_iter().map(|purpose| ListedPurpose {
            purpose,
            listed: Period::since(at),
        });
        Ok(Self {
            revision: 1,
            settings,
            since: at,
            earlier: List::default(),
            next_rules: None,
            purposes: List::new(listed.collect())?,
            calendar: List::default(),
        })
    }

    /// The settings in force after the block at `height`.
    pub fn settings_at(&self, height: Height) -> &Settings {
        if self.since.height <= height {
            return &self.settings;
        }
        let mut earlier = self.earlier.iter().rev();
        let held = earlier.find(|past| past.since.height <= height);
        held.or(self.earlier.first())
            .map_or(&self.settings, |past| &past.settings)
    }

    /// The calendar as it stood after the block at `height`.
    pub fn calendar_at(&self, height: Height) -> Calendar<'_> {
        Calendar::new(&self.calendar, height)
    }

    /// A purpose that applications may name after the block at `height`.
    pub fn purpose_at(&self, code: &PurposeCode, height: Height) -> Option<&Purpose> {
        let named = self.purposes.iter().find(|p| p.purpose.code == *code)?;
        named.listed.holds_at(height).then_some(&named.purpose)
    }
}
