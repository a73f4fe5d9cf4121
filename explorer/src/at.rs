//! Which state a request asks about: the tip, a height, or a time.

use std::str::FromStr;

use dirchain_ledger::ids::{Height, Moment, TimeMs};
use dirchain_ledger::view::View;

use crate::api::{Problem, Time};
use crate::directory::Directory;
use crate::problem::ProblemKind;

/// A point of the chain as a request names it (`?at=`).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// After the block at this height.
    Height(Height),
    /// At this instant.
    Time(TimeMs),
    /// At the end of a period, such as a second or a day, or as far into it as the chain reaches.
    Within(TimeMs, TimeMs),
}

impl FromStr for At {
    type Err = Problem;

    /// A height, or an RFC 3339 time with an offset. In a query a plus sign stands for a space, so
    /// a time whose offset lost its plus sign is understood all the same.
    fn from_str(text: &str) -> Result<Self, Problem> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let height = text.parse().map_err(|_| {
                ProblemKind::AtInTheFuture.with_both(
                    "`at` names a height above every chain's",
                    "`at` 的高度超出任何账本",
                )
            })?;
            return Ok(At::Height(Height(height)));
        }
        let time = text.parse::<Time>();
        let time = time.or_else(|error| text.replace(' ', "+").parse().map_err(|_| error));
        let time = time.map_err(|error| {
            let kind = match is_written_as_time(text) {
                true => ProblemKind::NoSuchTime,
                false => ProblemKind::BadParameter,
            };
            kind.with_both(
                format!(
                    "`at` is a height such as 1200, or a time: {error}. Write the plus sign of an offset as %2B"
                ),
                format!(
                    "`at` 应为高度(如 1200)或带时区的时间(如 2026-03-01T12:05:06+08:00),不能是 `{}`。时区的加号写作 %2B",
                    error.given
                ),
            )
        })?;
        Ok(At::Time(time.0))
    }
}

/// Whether a text has the form of an RFC 3339 time, whatever its numbers say.
fn is_written_as_time(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let begins = text.bytes().zip(FORM).filter(|(given, form)| match form {
        b'0' => given.is_ascii_digit(),
        sign => given == *sign,
    });
    begins.count() == FORM.len() && text.len() > FORM.len()
}

/// A point of the chain, found.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The block whose state is meant, with that block's time.
    pub as_of: Moment,
    /// The instant to judge windows at: the block's time, or the time asked for.
    pub instant: TimeMs,
    /// The chain's end.
    pub tip: Moment,
}

impl Resolved {
    /// The height of the state and the instant asked for, as the rules take them.
    pub(crate) fn judged(&self) -> Moment {
        Moment {
            height: self.as_of.height,
            time: self.instant,
        }
    }
}

/// Finds the point of the chain that a request asks about; the tip when it does not say.
pub(crate) fn resolve(directory: &dyn Directory, at: Option<At>) -> Result<Resolved, Problem> {
    let tip = directory.tip_moment();
    let time = match at {
        Some(At::Time(time)) => Some(time),
        Some(At::Within(first, last)) => Some(last.min(tip.time).max(first)),
        Some(At::Height(_)) | None => None,
    };
    let height = match (at, time) {
        (_, Some(time)) if time > tip.time => return Err(future(tip)),
        (_, Some(time)) => directory
            .height_at(time)?
            .ok_or_else(|| before_genesis(directory))?,
        (Some(At::Height(height)), None) => height,
        (_, None) => tip.height,
    };
    let as_of = moment_of(directory, tip, height)?;
    let instant = time.unwrap_or(as_of.time);
    Ok(Resolved {
        as_of,
        instant,
        tip,
    })
}

/// A height with its block's time.
pub(crate) fn moment_of(
    directory: &dyn Directory,
    tip: Moment,
    height: Height,
) -> Result<Moment, Problem> {
    if height > tip.height {
        return Err(future(tip));
    }
    if height == tip.height {
        return Ok(tip);
    }
    check_begun(directory, height)?;
    if height == Height::GENESIS {
        let time = directory.about().genesis_time.0;
        return Ok(Moment { height, time });
    }
    match directory.header(height)? {
        Some(header) => Ok(header.moment()),
        None => Err(unavailable(directory, height)),
    }
}

/// Refuses a height whose records this node has not fetched yet.
pub(crate) fn check_begun(directory: &dyn Directory, height: Height) -> Result<(), Problem> {
    if height < directory.history_begins() {
        return Err(unavailable(directory, height));
    }
    Ok(())
}

/// The records at a height that is not after the tip's.
pub(crate) fn view(
    directory: &dyn Directory,
    height: Height,
) -> Result<Box<dyn View + '_>, Problem> {
    check_begun(directory, height)?;
    Ok(directory.view(height))
}

/// This node does not keep a height.
pub(crate) fn unavailable(directory: &dyn Directory, height: Height) -> Problem {
    let begins = directory.history_begins();
    ProblemKind::HeightUnavailable.with_both(
        format!(
            "This node's history begins at height {begins}: what came before, such as {height}, it is still fetching. Ask another node, or wait; `status` says how far it is"
        ),
        format!(
            "本节点的历史始于高度 {begins},此前的内容(如高度 {height})仍在获取。请询问其他节点,或稍候;`status` 说明进度"
        ),
    )
}

/// A list goes on where this node's history does not reach yet.
pub(crate) fn begins_later(directory: &dyn Directory) -> Problem {
    let begins = directory.history_begins();
    ProblemKind::HeightUnavailable.with_both(
        format!(
            "This node's history begins at height {begins}: what happened before, it is still fetching. Ask another node, or wait; `status` says how far it is"
        ),
        format!(
            "本节点的历史始于高度 {begins},此前发生的仍在获取。请询问其他节点,或稍候;`status` 说明进度"
        ),
    )
}

fn future(tip: Moment) -> Problem {
    let (height, time) = (tip.height, Time(tip.time));
    ProblemKind::AtInTheFuture.with_both(
        format!(
            "The chain reaches to height {height} at {time}. Ask for that or earlier, or leave `at` out for the newest state"
        ),
        format!("账本目前到高度 {height}，时间 {time}。请查询这一高度或更早的高度，不写 `at` 即为最新状态"),
    )
}

fn before_genesis(directory: &dyn Directory) -> Problem {
    let begun = directory.about().genesis_time;
    ProblemKind::AtBeforeGenesis.with_both(
        format!("The chain begins at {begun}. Ask for that or later"),
        format!("账本始于 {begun}。请查询此时或更晚的时间"),
    )
}
