//! A day in the city, as actions to sign: responsibilities, 24 entries from draft to publication,
//! applications with their fates.
//!
//! Every revision and number that an action names is counted here, so that the steps need no
//! reading of the chain: an entry is at revision 1 drafted, 2 submitted, 3 published, and the n-th
//! application for it has number n.

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::action::{Action, Grant};
use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode, SharingId, Statement, TimeMs};
use dirchain_ledger::records::{
    Entry, FieldNumbers, Office, Record, Request, Role, SharingMethod, UpdateCycle,
};

use super::entries::CityEntry;
use super::error::{SampleError, id, list, text};
use super::requests::{Fate, SCRIPT, Scripted, Window};
use super::{SampleCity, entries, fields, office_holder, responsibilities};

/// The window of the grant that is over by itself, from the day's `now` on. The day has to be
/// loaded within it, or that application comes too late.
pub const SHORT_WINDOW_MS: i64 = 180_000;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The entry that the steward returns once before publishing it.
const RETURNED: &str = "307001023/000001";
/// The published entry whose amendment waits for the steward when the day is over.
const AMENDED: &str = "307001013/000001";

/// One transaction of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who signs it.
    pub department: DepartmentId,
    /// With the key of which role.
    pub role: Role,
    /// What it does.
    pub actions: Vec<Action>,
    /// What happens, in a sentence.
    pub note: String,
    /// Whether every step before this one has to be in a block before this one is submitted. Steps
    /// without it may be submitted together with those before them; one key's keep their order.
    pub depends_on_commit: bool,
}

/// The day's steps in order. `now` is when the loading begins: windows are counted from it.
pub fn day(city: &SampleCity, now: TimeMs) -> Result<Vec<Step>, SampleError> {
    let has = |department: &DepartmentId| {
        city.genesis
            .records
            .iter()
            .any(|record| matches!(record, Record::Department(found) if found.id == *department))
    };
    let mut day = Day::new(now);
    let entries = entries::read()?;
    if let Some(missing) = entries.iter().find(|entry| !has(&entry.provider)) {
        let missing = missing.provider.as_str();
        return Err(SampleError::value(missing, "not a department of this city"));
    }
    day.declare()?;
    day.draft(&entries)?;
    day.submit(&entries);
    day.publish(&entries)?;
    day.return_and_mend(&entries)?;
    day.amend(&entries)?;
    let applications = day.apply()?;
    day.decide(&applications)?;
    day.end(&applications)?;
    Ok(day.steps)
}

/// An application that was made, with its id and what becomes of it.
struct Made {
    id: SharingId,
    provider: DepartmentId,
    scripted: &'static Scripted,
    from: TimeMs,
    to: TimeMs,
}

struct Day {
    now: TimeMs,
    revisions: BTreeMap<ResourceCode, u32>,
    steps: Vec<Step>,
}

impl Day {
    fn new(now: TimeMs) -> Self {
        Self {
            now,
            revisions: BTreeMap::new(),
            steps: Vec::new(),
        }
    }

    fn step(
        &mut self,
        who: (&DepartmentId, Role),
        actions: Vec<Action>,
        note: String,
        waits: bool,
    ) {
        self.steps.push(Step {
            department: who.0.clone(),
            role: who.1,
            actions,
            note,
            depends_on_commit: waits,
        });
    }

    /// The revision that an action on an entry names; the entry is at the next one afterwards.
    fn revision(&mut self, code: &ResourceCode) -> u32 {
        let revision = self.revisions.entry(code.clone()).or_insert(0);
        let named = *revision;
        *revision = named.saturating_add(1);
        named
    }

    fn declare(&mut self) -> Result<(), SampleError> {
        let registrar = office_holder(Office::Registrar)?;
        let declarations = responsibilities::declarations()?;
        let note = format!(
            "the registrar declares {} responsibilities",
            declarations.len()
        );
        let actions = declarations.into_iter();
        let actions = actions.map(Action::DeclareResponsibility).collect();
        self.step((&registrar, Role::Head), actions, note, false);
        Ok(())
    }

    fn draft(&mut self, entries: &[CityEntry]) -> Result<(), SampleError> {
        let mut waits = true;
        for (provider, own) in by_provider(entries) {
            let mut actions = Vec::new();
            for entry in &own {
                let mut written = entry.entry.clone();
                if entry.code.as_str() == RETURNED {
                    written.update_cycle = Some(UpdateCycle::Yearly);
                }
                actions.push(self.drafted(entry, written));
            }
            let note = format!("{provider} drafts {}", counted(own.len()));
            self.step((provider, Role::Administrator), actions, note, waits);
            waits = false;
        }
        Ok(())
    }

    fn drafted(&mut self, entry: &CityEntry, written: Entry) -> Action {
        Action::DraftResource {
            code: entry.code.clone(),
            provider: entry.provider.clone(),
            revision: self.revision(&entry.code),
            entry: written,
        }
    }

    fn submitted(&mut self, code: &ResourceCode) -> Action {
        Action::SubmitResource {
            code: code.clone(),
            revision: self.revision(code),
        }
    }

    fn published(&mut self, code: &ResourceCode) -> Action {
        Action::PublishResource {
            code: code.clone(),
            revision: self.revision(code),
        }
    }

    fn submit(&mut self, entries: &[CityEntry]) {
        let mut waits = true;
        for (provider, own) in by_provider(entries) {
            let actions = own
                .iter()
                .map(|entry| self.submitted(&entry.code))
                .collect();
            let note = format!("the head of {provider} submits {}", counted(own.len()));
            self.step((provider, Role::Head), actions, note, waits);
            waits = false;
        }
    }

    /// The steward publishes, its deputy what is the steward's own, and one entry is returned.
    fn publish(&mut self, entries: &[CityEntry]) -> Result<(), SampleError> {
        let steward = office_holder(Office::Steward)?;
        let deputy = office_holder(Office::StewardDeputy)?;
        let (own, others): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| entry.provider == steward);
        let mut actions = Vec::new();
        for entry in others {
            if entry.code.as_str() == RETURNED {
                actions.push(Action::ReturnResource {
                    code: entry.code.clone(),
                    revision: self.revision(&entry.code),
                    reason: text("更新周期与职责文件不符,应为每季度(示例)")?,
                });
            } else {
                actions.push(self.published(&entry.code));
            }
        }
        let note = format!("the steward decides on {} submissions", actions.len());
        self.step((&steward, Role::Administrator), actions, note, true);
        let actions: Vec<Action> = own
            .iter()
            .map(|entry| self.published(&entry.code))
            .collect();
        let note = "the steward's deputy publishes the steward's own entry".to_owned();
        self.step((&deputy, Role::Administrator), actions, note, false);
        Ok(())
    }

    fn return_and_mend(&mut self, entries: &[CityEntry]) -> Result<(), SampleError> {
        let steward = office_holder(Office::Steward)?;
        for entry in entries
            .iter()
            .filter(|entry| entry.code.as_str() == RETURNED)
        {
            let provider = &entry.provider;
            let mended = vec![
                self.drafted(entry, entry.entry.clone()),
                self.submitted(&entry.code),
            ];
            let note = format!("{provider} mends the returned entry and submits it again");
            self.step((provider, Role::Head), mended, note, true);
            let published = vec![self.published(&entry.code)];
            let note = "the steward publishes the mended entry".to_owned();
            self.step((&steward, Role::Administrator), published, note, true);
        }
        Ok(())
    }

    /// An amendment that adds a field: submitted, and waiting for the steward.
    fn amend(&mut self, entries: &[CityEntry]) -> Result<(), SampleError> {
        for entry in entries
            .iter()
            .filter(|entry| entry.code.as_str() == AMENDED)
        {
            let mut amended = entry.entry.clone();
            let last = amended.fields.iter().map(|field| field.number.0).max();
            let number = FieldNumber(last.unwrap_or(0).saturating_add(1));
            amended.fields.push(fields::parse(number, "所在区/C50")?)?;
            let actions = vec![self.drafted(entry, amended), self.submitted(&entry.code)];
            let note = format!("{} submits an amendment, which waits", entry.provider);
            self.step((&entry.provider, Role::Head), actions, note, true);
        }
        Ok(())
    }

    /// Two applications for one entry are numbered in the order of their blocks, so the second
    /// waits for the first.
    fn apply(&mut self) -> Result<Vec<Made>, SampleError> {
        let mut numbers: BTreeMap<ResourceCode, u32> = BTreeMap::new();
        let mut under_way: BTreeSet<ResourceCode> = BTreeSet::new();
        let mut made = Vec::new();
        for scripted in SCRIPT {
            let resource: ResourceCode = id(scripted.resource)?;
            let applicant: DepartmentId = id(scripted.applicant)?;
            let number = numbers.entry(resource.clone()).or_insert(0);
            *number = number.saturating_add(1);
            let waits = made.is_empty() || under_way.contains(&resource);
            if waits {
                under_way.clear();
            }
            under_way.insert(resource.clone());
            let provider = id(responsibilities::producing(&resource)?.holder)?;
            let (from, to) = self.window(scripted.window);
            let application = SharingId {
                resource: resource.clone(),
                number: *number,
            };
            let note = format!("{applicant} applies for {resource}: application {application}");
            let apply = Action::Apply {
                resource,
                applicant: applicant.clone(),
                request: request(scripted, from, to)?,
            };
            self.step((&applicant, Role::Administrator), vec![apply], note, waits);
            made.push(Made {
                id: application,
                provider,
                scripted,
                from,
                to,
            });
        }
        Ok(made)
    }

    fn window(&self, window: Window) -> (TimeMs, TimeMs) {
        let (begins_ms, lasts_ms) = match window {
            Window::Year => (0, 365 * DAY_MS),
            Window::Short => (0, SHORT_WINDOW_MS),
            Window::Later => (30 * DAY_MS, 365 * DAY_MS),
        };
        let from = TimeMs(self.now.0.saturating_add(begins_ms));
        (from, TimeMs(from.0.saturating_add(lasts_ms)))
    }

    fn decide(&mut self, applications: &[Made]) -> Result<(), SampleError> {
        let mut waits = true;
        for made in applications {
            let (id, provider) = (&made.id, &made.provider);
            let application = id.clone();
            let applicant = applicant(made)?;
            let (signer, actions, note) = match made.scripted.fate {
                Fate::Waits => continue,
                Fate::TakenBack => {
                    let revision = 1;
                    let action = Action::TakeBackApplication {
                        application,
                        revision,
                    };
                    (
                        &applicant,
                        vec![action],
                        format!("{applicant} takes {id} back"),
                    )
                }
                Fate::Refused(reason) => {
                    let review = Action::ReviewApplication {
                        application: application.clone(),
                        revision: 1,
                    };
                    let refuse = Action::Refuse {
                        application,
                        revision: 2,
                        reason: text(reason)?,
                    };
                    let actions = vec![review, refuse];
                    (provider, actions, format!("{provider} refuses {id}"))
                }
                Fate::Granted(fields, calls)
                | Fate::Suspended(fields, calls, _)
                | Fate::GivenUp(fields, calls, _) => {
                    let asked = made.scripted.fields.len();
                    let note = format!(
                        "{provider} grants {id}, {} of the {asked} fields asked for",
                        fields.len()
                    );
                    (provider, vec![grant(made, fields, calls)?], note)
                }
            };
            self.step((signer, Role::Administrator), actions, note, waits);
            waits = false;
        }
        Ok(())
    }

    fn end(&mut self, applications: &[Made]) -> Result<(), SampleError> {
        let mut waits = true;
        for made in applications {
            let (id, provider, applicant) = (&made.id, &made.provider, applicant(made)?);
            let (authorization, revision) = (id.clone(), 1);
            let (signer, note, action) = match made.scripted.fate {
                Fate::Suspended(_, _, reason) => {
                    let action = Action::SuspendAuthorization {
                        authorization,
                        revision,
                        reason: text(reason)?,
                    };
                    (provider, format!("{provider} suspends {id}"), action)
                }
                Fate::GivenUp(_, _, reason) => {
                    let action = Action::EndAuthorization {
                        authorization,
                        revision,
                        reason: text(reason)?,
                    };
                    (&applicant, format!("{applicant} gives {id} up"), action)
                }
                Fate::Waits | Fate::TakenBack | Fate::Refused(_) | Fate::Granted(_, _) => continue,
            };
            self.step((signer, Role::Administrator), vec![action], note, waits);
            waits = false;
        }
        Ok(())
    }
}

fn applicant(made: &Made) -> Result<DepartmentId, SampleError> {
    id(made.scripted.applicant)
}

fn counted(entries: usize) -> String {
    match entries {
        1 => "an entry".to_owned(),
        count => format!("{count} entries"),
    }
}

/// Entries by provider; in each the order of the file.
fn by_provider(entries: &[CityEntry]) -> BTreeMap<&DepartmentId, Vec<&CityEntry>> {
    let mut by_provider: BTreeMap<&DepartmentId, Vec<&CityEntry>> = BTreeMap::new();
    for entry in entries {
        by_provider.entry(&entry.provider).or_default().push(entry);
    }
    by_provider
}

fn numbers(fields: &[u16]) -> Result<FieldNumbers, SampleError> {
    list(fields.iter().copied().map(FieldNumber).collect())
}

fn request(scripted: &Scripted, from: TimeMs, to: TimeMs) -> Result<Request, SampleError> {
    Ok(Request {
        version: 1,
        responsibility: id(scripted.responsibility)?,
        fields: numbers(scripted.fields)?,
        purpose: id(scripted.purpose)?,
        scene: text(scripted.scene)?,
        method: SharingMethod::Query,
        calls_per_day_max: Some(scripted.calls_per_day_max),
        from,
        to,
    })
}

fn grant(made: &Made, fields: &[u16], calls_per_day_max: u32) -> Result<Action, SampleError> {
    let partly: Option<Statement> = if fields.len() < made.scripted.fields.len() {
        Some(text("按最小必要原则,仅授权部分信息项(示例)")?)
    } else {
        None
    };
    Ok(Action::Grant(Grant {
        application: made.id.clone(),
        revision: 1,
        fields: numbers(fields)?,
        calls_per_day_max: Some(calls_per_day_max),
        from: made.from,
        to: made.to,
        reason: partly,
    }))
}
