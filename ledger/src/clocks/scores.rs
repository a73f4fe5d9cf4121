//! How departments score, by the formula in the parameters, and their ranking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{for_each_binding, for_each_clock, for_each_record};
use crate::ids::{DepartmentId, Moment, TimeMs};
use crate::records::{Rating, Record, RecordKind, Resource, Scoring, UpdateCycle};
use crate::view::{Records, View, ViewError};

/// What a department did, and its points for it.
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Who.
    pub department: DepartmentId,
    /// Place in the ranking, from 1; departments with the same points share it.
    pub rank: u32,
    /// Points.
    pub points: i64,
    /// Answers given in time, those of an office left out.
    pub answered_in_time: u32,
    /// What it did in time as an office for the others: publications, settlements, assignments. That
    /// earns no points, or an office would rank by its work for all; too late, it counts like any other.
    pub office_in_time: u32,
    /// Answers given too late.
    pub answered_late: u32,
    /// Answers owed and overdue.
    pub overdue: u32,
    /// Entries in force that were not renewed within their update cycle.
    pub stale_entries: u32,
    /// Drifted bindings.
    pub drifted_bindings: u32,
    /// Ratings of its data.
    pub ratings: u32,
    /// Sum of what the ratings' stars differ from three by.
    pub stars_above_three: i64,
    /// Uses by it over the calls a day that its authorization allows; they are told, and cost no points.
    pub over_quota: u32,
}

impl Score {
    fn new(department: DepartmentId) -> Self {
        Self {
            department,
            rank: 0,
            points: 0,
            answered_in_time: 0,
            office_in_time: 0,
            answered_late: 0,
            overdue: 0,
            stale_entries: 0,
            drifted_bindings: 0,
            ratings: 0,
            stars_above_three: 0,
            over_quota: 0,
        }
    }

    fn points_by(&self, formula: &Scoring) -> i64 {
        let times = |count: u32, each: u32| i64::from(count).saturating_mul(i64::from(each));
        let late = self.answered_late.saturating_add(self.overdue);
        i64::from(formula.base)
            .saturating_add(times(self.answered_in_time, formula.answered_in_time))
            .saturating_sub(times(late, formula.overdue))
            .saturating_sub(times(self.stale_entries, formula.stale_entry))
            .saturating_sub(times(self.drifted_bindings, formula.drifted_binding))
            .saturating_add(
                self.stars_above_three
                    .saturating_mul(i64::from(formula.rating_star)),
            )
    }
}

/// The scores of all active departments at a height and instant, the best first.
pub fn scores(view: &dyn View, at: Moment) -> Result<Vec<Score>, ViewError> {
    let mut all: BTreeMap<DepartmentId, Score> = BTreeMap::new();
    for_each_record(view, RecordKind::Department, |record| {
        if let Record::Department(department) = record
            && department.is_active_at(at.height)
        {
            let id = department.id.clone();
            all.insert(id.clone(), Score::new(id));
        }
        Ok(())
    })?;
    for_each_clock(view, at, |clock| {
        let is_late = clock.is_late(at.time);
        let whose = match is_late {
            true => &clock.let_lie,
            false => &clock.department,
        };
        let Some(score) = all.get_mut(whose) else {
            return;
        };
        let count = match (clock.answered, is_late) {
            (Some(_), false) if clock.duty.is_of_office() => &mut score.office_in_time,
            (Some(_), false) => &mut score.answered_in_time,
            (Some(_), true) => &mut score.answered_late,
            (None, true) => &mut score.overdue,
            (None, false) => return,
        };
        *count = count.saturating_add(1);
    })?;
    for_each_record(view, RecordKind::Resource, |record| match record {
        Record::Resource(resource) => count_entry(view, resource, at, &mut all),
        _ => Ok(()),
    })?;
    for_each_record(view, RecordKind::Rating, |record| match record {
        Record::Rating(rating) => count_rating(view, rating, &mut all),
        _ => Ok(()),
    })?;
    for_each_record(view, RecordKind::Usage, |record| {
        if let Record::Usage(usage) = record
            && usage.is_over_quota()
            && let Some(score) = all.get_mut(&usage.id.reader)
        {
            score.over_quota = score.over_quota.saturating_add(1);
        }
        Ok(())
    })?;
    let parameters = view.parameters()?;
    let formula = &parameters.settings_at(at.height).scoring;
    let mut ranked: Vec<Score> = all.into_values().collect();
    for score in &mut ranked {
        score.points = score.points_by(formula);
    }
    ranked.sort_by(|one, other| {
        let by_points = other.points.cmp(&one.points);
        by_points.then_with(|| one.department.cmp(&other.department))
    });
    let (mut rank, mut before) = (0u32, None);
    for (place, score) in (1u32..).zip(&mut ranked) {
        if before != Some(score.points) {
            (rank, before) = (place, Some(score.points));
        }
        score.rank = rank;
    }
    Ok(ranked)
}

fn count_entry(
    view: &dyn View,
    resource: &Resource,
    at: Moment,
    all: &mut BTreeMap<DepartmentId, Score>,
) -> Result<(), ViewError> {
    let Some(score) = all.get_mut(&resource.provider) else {
        return Ok(());
    };
    let mut renewed = resource.in_force().map(|published| published.since.time);
    for_each_binding(view, &resource.code, |binding| {
        let drifted = score.drifted_bindings;
        score.drifted_bindings = drifted.saturating_add(u32::from(binding.is_drifted()));
        if let (Some(known), Some(seen)) = (renewed, binding.seen) {
            renewed = Some(known.max(seen.time));
        }
    })?;
    let cycle = resource
        .in_force()
        .and_then(|published| published.entry.update_cycle);
    if let (Some(renewed), Some(days)) = (renewed, cycle.and_then(cycle_days)) {
        const DAY_MS: i64 = 86_400_000;
        let stale_at = TimeMs(renewed.0.saturating_add(days.saturating_mul(DAY_MS)));
        let is_stale = stale_at <= at.time;
        score.stale_entries = score.stale_entries.saturating_add(u32::from(is_stale));
    }
    Ok(())
}

/// The longest that a cycle's name allows, in days; none for one without an end.
fn cycle_days(cycle: UpdateCycle) -> Option<i64> {
    match cycle {
        UpdateCycle::RealTime | UpdateCycle::Daily => Some(1),
        UpdateCycle::Weekly => Some(7),
        UpdateCycle::Monthly => Some(31),
        UpdateCycle::Quarterly => Some(92),
        UpdateCycle::HalfYearly => Some(184),
        UpdateCycle::Yearly => Some(366),
        UpdateCycle::Rarer | UpdateCycle::Irregular => None,
    }
}

fn count_rating(
    view: &dyn View,
    rating: &Rating,
    all: &mut BTreeMap<DepartmentId, Score>,
) -> Result<(), ViewError> {
    let Some(resource) = view.resource(&rating.batch.usage.binding.resource)? else {
        return Ok(());
    };
    // Whose data was rated, whoever provides it by now.
    if let Some(score) = all.get_mut(resource.provider_when(rating.rated.at.time)) {
        score.ratings = score.ratings.saturating_add(1);
        let above = i64::from(u8::from(rating.stars)).saturating_sub(3);
        score.stars_above_three = score.stars_above_three.saturating_add(above);
    }
    Ok(())
}
