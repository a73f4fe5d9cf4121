//! Loading the sample day: every step signed with its author's key and submitted to a node.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::DepartmentId;
use dirchain_ledger::records::Role;
use dirchain_ledger::transaction::SignedTransaction;
use indicatif::ProgressBar;

use crate::client::{Author, AuthorError, Client, ClientError, IfKnown, Outcome, now};
use crate::progress;
use crate::sample::{SampleCity, SampleError, Step, day};

use super::done::Progress;

/// How long one transaction of the day may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What loading found and did.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Steps of the day.
    pub steps: usize,
    /// Steps that had taken effect before.
    pub before: usize,
    /// Grants that came too late for their short window.
    pub late: usize,
}

/// Why the day was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The sample.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// The node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A step was not taken.
    #[error("the sample day stopped at \"{note}\": {source}")]
    Step {
        /// What would have happened.
        note: String,
        /// Why it did not.
        source: AuthorError,
    },
    /// A step was refused later, or no block took it.
    #[error("the sample day stopped at \"{note}\": {reason}")]
    Undecided {
        /// What would have happened.
        note: String,
        /// Why it did not.
        reason: String,
    },
    /// A step's author has no key.
    #[error("the sample city has no {role:?} key for {department}")]
    NoKey {
        /// The department.
        department: DepartmentId,
        /// The role.
        role: Role,
    },
    /// Somebody stops the devnet.
    #[error("loading was interrupted; the next start goes on from here")]
    Interrupted,
}

/// Loads what is not there yet, with a progress bar. `stop` ends it between two steps.
pub fn load(client: &Client, city: &SampleCity, stop: &AtomicBool) -> Result<Loaded, LoadError> {
    let steps = day(city, now())?;
    let mut loaded = Loaded {
        steps: steps.len(),
        ..Loaded::default()
    };
    let mut progress = Progress::new(client);
    let mut missing = Vec::new();
    for step in steps {
        if progress.is_done(&step)? {
            loaded.before = loaded.before.saturating_add(1);
        } else {
            missing.push(step);
        }
    }
    if missing.is_empty() {
        return Ok(loaded);
    }
    let mut loader = Loader {
        client,
        city,
        authors: BTreeMap::new(),
        under_way: Vec::new(),
        bar: progress::bar(missing.len(), "loading the sample day"),
        late: 0,
    };
    for step in missing {
        if stop.load(Ordering::Relaxed) {
            return Err(LoadError::Interrupted);
        }
        loader.take(step)?;
    }
    loader.settle()?;
    loader.bar.finish_and_clear();
    loaded.late = loader.late;
    Ok(loaded)
}

struct Loader<'a> {
    client: &'a Client,
    city: &'a SampleCity,
    authors: BTreeMap<(DepartmentId, Role), Author>,
    under_way: Vec<(SignedTransaction, String)>,
    bar: ProgressBar,
    late: usize,
}

impl Loader<'_> {
    fn take(&mut self, step: Step) -> Result<(), LoadError> {
        if step.depends_on_commit {
            self.settle()?;
        }
        self.bar.set_message(step.note.clone());
        let actions = self.with_current_windows(step.actions)?;
        let is_grant = actions
            .iter()
            .all(|action| matches!(action, Action::Grant(_)));
        let client = self.client;
        match self
            .author(&step.department, step.role)?
            .submit(client, actions)
        {
            Ok(transaction) => self.under_way.push((transaction, step.note)),
            // The short window ran out while the load was interrupted: an application nobody
            // decided on in time.
            Err(AuthorError::Client(error)) if is_grant && error.code() == "bad-period" => {
                self.late = self.late.saturating_add(1);
                self.bar.inc(1);
            }
            Err(source) => {
                let note = step.note;
                return Err(LoadError::Step { note, source });
            }
        }
        Ok(())
    }

    /// A grant lies within what was asked for, which an earlier, interrupted load may have asked
    /// for at another time.
    fn with_current_windows(&self, mut actions: Vec<Action>) -> Result<Vec<Action>, ClientError> {
        for action in &mut actions {
            if let Action::Grant(grant) = action
                && let Some(asked) = self
                    .client
                    .application(&grant.application, None)
                    .if_known()?
            {
                grant.from = asked.application.from.0;
                grant.to = asked.application.to.0;
            }
        }
        Ok(actions)
    }

    fn author(&mut self, department: &DepartmentId, role: Role) -> Result<&mut Author, LoadError> {
        match self.authors.entry((department.clone(), role)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let missing = || LoadError::NoKey {
                    department: department.clone(),
                    role,
                };
                let key = self.city.keys.get(department, role).ok_or_else(missing)?;
                let chain = Some(self.city.genesis.chain());
                let author = Author::new(self.client, key.secret.clone(), chain);
                let author = author.map_err(|source| LoadError::Step {
                    note: format!("{department} signs for the first time"),
                    source,
                })?;
                Ok(entry.insert(author))
            }
        }
    }

    /// Waits until everything submitted so far is in a block.
    fn settle(&mut self) -> Result<(), LoadError> {
        for (transaction, note) in self.under_way.drain(..) {
            match self.client.wait_for(&transaction, PATIENCE)? {
                Outcome::Committed(_) => self.bar.inc(1),
                Outcome::Refused { message, .. } => {
                    let reason = message;
                    return Err(LoadError::Undecided { note, reason });
                }
                Outcome::Waiting | Outcome::Unknown => {
                    let reason = format!("no block took it within {} s", PATIENCE.as_secs());
                    return Err(LoadError::Undecided { note, reason });
                }
            }
        }
        Ok(())
    }
}
