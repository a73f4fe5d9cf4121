//! How deciding the next block goes, for whoever asks. Nothing is decided by it.

use dirchain_ledger::block::Header;
use dirchain_ledger::ids::{Address, Height, TimeMs};
use dirchain_ledger::limits::CLOCK_AHEAD_MS_MAX;

use super::{Command, Replica};
use crate::clocks::{Clocks, Finding, Reading};
use crate::proposal::Part;

/// How deciding the next block goes, as a node sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The height that is to be decided.
    pub height: Height,
    /// The round that the engine is in; 0 before it started the height.
    pub round: u32,
    /// Since when, by this node's clock, something waits to be decided: transactions, or the heartbeat's block. None
    /// while the chain rests.
    pub due_since: Option<TimeMs>,
    /// The last round in which a block was proposed that is valid here.
    pub offered: Option<u32>,
    /// Other validators' clocks.
    pub clocks: Clocks,
}

impl Replica {
    /// How deciding the next block goes.
    pub fn outlook(&self) -> &Outlook {
        &self.outlook
    }

    /// Notes whether something waits to be decided. The heartbeat is due by the clock that most share.
    pub(super) fn note_due(&mut self, now: TimeMs) {
        let shared = TimeMs(now.0.saturating_sub(self.outlook.clocks.own_ahead_ms()));
        let is_due = self.pool.has_ready() || self.heartbeat_is_due(shared);
        self.outlook.due_since = match is_due {
            true => self.outlook.due_since.or(Some(now)),
            false => None,
        };
    }

    /// A block is proposed that is valid here.
    pub(super) fn note_offered(&mut self, round: u32) {
        self.outlook.offered = self.outlook.offered.max(Some(round));
    }

    /// The next height is another one.
    pub(super) fn reset_outlook(&mut self) {
        self.outlook.height = self.tip.height.next();
        self.outlook.round = 0;
        self.outlook.due_since = None;
        self.outlook.offered = None;
    }

    /// Reads its proposer's clock off a block as it arrives, and says what an operator should know: once, as long as it
    /// stays so. Only a block that its builder publishes in the round it was built for was built a moment ago.
    pub(super) fn read_clock(&mut self, part: &Part, header: &Header, now: TimeMs) -> Vec<Command> {
        let builder = header.builder;
        let is_builders = part.publisher == builder && part.proposer == builder;
        let is_fresh = header.round == part.round && part.round >= self.outlook.round;
        if !is_builders || !is_fresh || Some(builder) == self.me {
            return Vec::new();
        }
        let Some(reading) = Reading::of(header, self.tip.time, now) else {
            return Vec::new();
        };
        let clocks = &mut self.outlook.clocks;
        let was_early = clocks.reading(&builder).is_some_and(is_early);
        let was_own = matches!(clocks.finding(), Finding::Own { .. });
        clocks.note(builder, reading, &self.tip.validators);
        let mut commands = Vec::new();
        if is_early(&reading) && !was_early {
            commands.push(Command::Tell {
                words: format!(
                    "block {} of {} is dated {} s ahead of this node's clock: one of the two is wrong. This node votes against it",
                    header.height,
                    self.name(&builder),
                    reading.ahead_ms / 1_000,
                ),
            });
        }
        if let Finding::Own { ahead_ms, of } = self.outlook.clocks.finding()
            && !was_own
        {
            let names: Vec<String> = of.iter().map(|address| self.name(address)).collect();
            commands.push(Command::Tell {
                words: own_clock(ahead_ms, &names),
            });
        }
        commands
    }

    /// A validator's node, by name.
    fn name(&self, address: &Address) -> String {
        let member = self.tip.validators.by_address(address);
        member.map_or_else(|| address.to_string(), |member| member.node.to_string())
    }
}

/// What is to be said of this node's clock, where it is so far ahead of others'; below zero, behind.
fn own_clock(ahead_ms: i64, others: &[String]) -> String {
    let way = if ahead_ms < 0 { "behind" } else { "ahead of" };
    format!(
        "this node's clock is about {} s {way} those of {}. Set it (NTP)",
        ahead_ms.unsigned_abs() / 1_000,
        others.join(", ")
    )
}

/// Whether a block with this reading is dated too far ahead to be voted for.
fn is_early(reading: &Reading) -> bool {
    reading.ahead_ms > CLOCK_AHEAD_MS_MAX
}
