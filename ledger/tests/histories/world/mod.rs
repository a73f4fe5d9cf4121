//! The rules once more, as a reference: plain maps, one list of reasons for each action, written
//! from the regulation's rules and not from the executor. It imports what records and actions *are*
//! and nothing of what the ledger does with them.
//!
//! [`World::judge`] says whether a transaction takes effect. Where it does not, it says every reason
//! that holds, and the ledger must name one of them; where it does, the ledger must accept it. Bounds
//! that random histories do not reach are left out. One rule it does not judge, and says so:
//! whether a batch's basis held for its window (`Judged::Open`), which `usage.rs` holds against the
//! verdicts of the past.

mod cases;
mod catalogue;
mod city;
mod measures;
mod nodes;
mod proposals;
mod reading;
mod sharing;
mod using;

pub(crate) use reading::Question;

use std::collections::{BTreeMap, BTreeSet};

use dirchain_ledger::action::Action;
use dirchain_ledger::crypto::PublicKey;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{
    DemandId, DepartmentId, ElementCode, FieldNumber, FindingId, Height, Moment, Name, NodeId,
    ProposalId, PurposeCode, ResourceCode, ResponsibilityCode, SharingId, TimeMs,
};
use dirchain_ledger::measure::Measure;
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::VerifiedTransaction;

/// Reasons, by their codes.
pub(crate) type Codes = BTreeSet<&'static str>;

/// What an action came to.
pub(crate) type Done = Result<(), Codes>;

/// The reasons of those that hold; nothing when none does.
pub(crate) fn unless<const N: usize>(reasons: [(bool, &'static str); N]) -> Done {
    let held = reasons.into_iter().filter(|(holds, _)| *holds);
    let codes: Codes = held.map(|(_, code)| code).collect();
    match codes.is_empty() {
        true => Ok(()),
        false => Err(codes),
    }
}

pub(crate) fn never<T>(code: &'static str) -> Result<T, Codes> {
    Err(Codes::from([code]))
}

/// A record that must be there.
pub(crate) fn found<T>(record: Option<T>) -> Result<T, Codes> {
    record.map_or_else(|| never("unknown-record"), Ok)
}

/// The reasons of several checks together.
pub(crate) fn all<const N: usize>(checks: [Done; N]) -> Done {
    let codes: Codes = checks
        .into_iter()
        .filter_map(Result::err)
        .flatten()
        .collect();
    match codes.is_empty() {
        true => Ok(()),
        false => Err(codes),
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) parent: Option<DepartmentId>,
    pub(crate) status: DepartmentStatus,
    /// Who took over from it.
    pub(crate) heir: Option<DepartmentId>,
    pub(crate) proposals: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) department: DepartmentId,
    pub(crate) role: Role,
    pub(crate) is_revoked: bool,
    pub(crate) from: Height,
    pub(crate) suspect: Option<Height>,
    pub(crate) next: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Duty {
    pub(crate) holder: DepartmentId,
    pub(crate) is_over: bool,
    pub(crate) revision: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) provider: DepartmentId,
    pub(crate) revision: u32,
    /// The draft, and whether it waits for publication.
    pub(crate) draft: Option<(Entry, bool)>,
    /// Who submitted it last, and when.
    pub(crate) submitted: Option<(PublicKey, Height)>,
    pub(crate) published: Option<(u32, Entry)>,
    /// Who decided on what is published, and when.
    pub(crate) by: Vec<(PublicKey, Height)>,
    pub(crate) is_withdrawn: bool,
    pub(crate) last_field: u16,
    pub(crate) applications: u32,
    pub(crate) bindings: u32,
    pub(crate) objections: u32,
    pub(crate) obligations: u32,
    pub(crate) trail: Trail,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) applicant: DepartmentId,
    pub(crate) request: Request,
    pub(crate) revision: u32,
    pub(crate) stage: ApplicationStage,
}

#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) grantee: DepartmentId,
    pub(crate) duty: ResponsibilityCode,
    pub(crate) fields: Vec<FieldNumber>,
    pub(crate) purpose: PurposeCode,
    pub(crate) from: TimeMs,
    pub(crate) to: TimeMs,
    /// Who decided, and when.
    pub(crate) by: Vec<(PublicKey, Height)>,
    pub(crate) revision: u32,
    pub(crate) is_suspended: bool,
    pub(crate) is_ended: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) terms: BindingTerms,
    pub(crate) revision: u32,
    pub(crate) state: BindingState,
    /// Whether its gateway saw another schema last.
    pub(crate) is_off: bool,
    /// Which fields its terms named, and since when, oldest first.
    pub(crate) named: Vec<(TimeMs, BTreeSet<FieldNumber>)>,
    pub(crate) first_live: Option<TimeMs>,
    pub(crate) retired: Option<TimeMs>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dispute {
    pub(crate) raiser: DepartmentId,
    pub(crate) kind: ObjectionKind,
    pub(crate) stage: ObjectionStage,
    pub(crate) revision: u32,
    pub(crate) raised: Moment,
    /// What its provider answered.
    pub(crate) answer: Option<Outcome>,
}

#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) subject: FindingSubject,
    pub(crate) state: FindingState,
    pub(crate) revision: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) asker: DepartmentId,
    /// How often another was asked than before.
    pub(crate) turns: usize,
    pub(crate) is_answered: bool,
    pub(crate) asked: Option<DepartmentId>,
    pub(crate) revision: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) department: DepartmentId,
    pub(crate) is_removed: bool,
    pub(crate) is_ready: bool,
    pub(crate) network: PublicKey,
    pub(crate) consensus: Vec<PublicKey>,
    pub(crate) equivocations: BTreeSet<(Height, u32, u8)>,
}

/// A department and who of it must approve; whether somebody did, with which key, and when.
pub(crate) type Place = (DepartmentId, Signatory, Option<(PublicKey, Height)>);

#[derive(Clone, Debug)]
pub(crate) struct Motion {
    pub(crate) measure: Measure,
    pub(crate) proposer: PublicKey,
    pub(crate) places: Vec<Place>,
    pub(crate) not_before: TimeMs,
    pub(crate) lapses: TimeMs,
    pub(crate) revision: u32,
    pub(crate) is_closed: bool,
}

/// A data element's source: a field of an entry.
pub(crate) type Source = (ResourceCode, FieldNumber);

/// What the rules know, after some block.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) departments: BTreeMap<DepartmentId, Body>,
    pub(crate) keys: BTreeMap<PublicKey, Signer>,
    pub(crate) duties: BTreeMap<ResponsibilityCode, Duty>,
    pub(crate) offices: BTreeMap<Office, DepartmentId>,
    pub(crate) offices_revision: u32,
    /// The settings with the height since when, oldest first.
    pub(crate) settings: Vec<(Height, Settings)>,
    pub(crate) purposes: BTreeMap<PurposeCode, bool>,
    pub(crate) parameters_revision: u32,
    pub(crate) entries: BTreeMap<ResourceCode, Listed>,
    pub(crate) applications: BTreeMap<SharingId, Asked>,
    pub(crate) grants: BTreeMap<SharingId, Held>,
    pub(crate) bindings: BTreeMap<SharingId, Bound>,
    pub(crate) sealed_to: BTreeMap<(UsageId, bool), TimeMs>,
    pub(crate) batches: BTreeSet<(BatchId, bool)>,
    pub(crate) ratings: BTreeMap<BatchId, bool>,
    /// A data element's type, its source, whether it was retired, and its revision.
    pub(crate) elements: BTreeMap<ElementCode, (FieldType, Option<Source>, bool, u32)>,
    pub(crate) objections: BTreeMap<SharingId, Dispute>,
    pub(crate) findings: BTreeMap<FindingId, Found>,
    pub(crate) demands: BTreeMap<DemandId, Wanted>,
    /// An obligation's revision, whether it was met, and the list that it stands in.
    pub(crate) obligations: BTreeMap<SharingId, (u32, bool, Name)>,
    pub(crate) nodes: BTreeMap<NodeId, Machine>,
    pub(crate) used_keys: BTreeSet<PublicKey>,
    pub(crate) members: Vec<(NodeId, DepartmentId, PublicKey)>,
    pub(crate) agreed: Vec<MemberChange>,
    pub(crate) proposals: BTreeMap<ProposalId, Motion>,
    /// The blocks' hashes; the genesis has none.
    pub(crate) blocks: Vec<Hash>,
}

/// What becomes of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It takes effect.
    Accepted,
    /// It is refused, for any of these.
    Refused(Codes),
    /// It takes effect, or is refused for one of these, which are not judged here.
    Open(Codes),
}

/// One action at work.
pub(crate) struct Hand<'w> {
    pub(crate) world: &'w mut World,
    pub(crate) at: Moment,
    pub(crate) key: PublicKey,
    /// Several agreed on it; the keys beside the proposer's, with the heights.
    pub(crate) mandate: Option<Vec<(PublicKey, Height)>>,
    pub(crate) touched: BTreeSet<ResourceCode>,
    pub(crate) open: Codes,
}

impl World {
    /// The city of the tests at its genesis.
    pub(crate) fn of_the_city(settings: Settings) -> Self {
        let mut world = World {
            offices_revision: 1,
            parameters_revision: 1,
            settings: vec![(Height::GENESIS, settings)],
            purposes: PURPOSES.iter().map(|code| (id(code), true)).collect(),
            ..World::default()
        };
        for (department, parent) in DEPARTMENTS {
            world.found_department(department, parent);
        }
        for (office, holder) in [
            (Office::Registrar, REGISTRAR),
            (Office::Steward, STEWARD),
            (Office::StewardDeputy, DEPUTY),
            (Office::Inspectorate, REGISTRAR),
            (Office::Standards, DEPUTY),
        ] {
            world.offices.insert(office, id(holder));
        }
        for voter in VOTERS {
            let network = labelled_key(&format!("{voter} network")).public();
            let consensus = consensus_key(voter).public();
            world.used_keys.extend([network, consensus]);
            let node: NodeId = id(&format!("{voter}-1"));
            world.members.push((node.clone(), id(voter), consensus));
            let machine = Machine {
                department: id(voter),
                is_removed: false,
                is_ready: false,
                network,
                consensus: vec![consensus],
                equivocations: BTreeSet::new(),
            };
            world.nodes.insert(node, machine);
        }
        world
    }

    fn found_department(&mut self, department: &str, parent: Option<&str>) {
        let status = match department == SUSPENDED {
            true => DepartmentStatus::Suspended,
            false => DepartmentStatus::Active,
        };
        let body = Body {
            parent: parent.map(id),
            status,
            heir: None,
            proposals: 0,
        };
        self.departments.insert(id(department), body);
        if department != KEYLESS_SUB_UNIT {
            for role in ROLES {
                self.admit(
                    key(department, role).public(),
                    &id(department),
                    role,
                    Height::GENESIS,
                );
            }
        }
        if parent.is_none() {
            let holder = id(department);
            let duty = Duty {
                holder,
                is_over: false,
                revision: 1,
            };
            self.duties.insert(responsibility(department), duty);
        }
    }

    pub(crate) fn admit(&mut self, key: PublicKey, of: &DepartmentId, role: Role, from: Height) {
        let signer = Signer {
            department: of.clone(),
            role,
            is_revoked: false,
            from,
            suspect: None,
            next: 1,
        };
        self.keys.insert(key, signer);
    }

    /// The department and everything above it.
    pub(crate) fn line(&self, department: &DepartmentId) -> Vec<DepartmentId> {
        let mut line = vec![department.clone()];
        let mut current = department;
        while let Some(parent) = self
            .departments
            .get(current)
            .and_then(|d| d.parent.as_ref())
        {
            line.push(parent.clone());
            current = parent;
        }
        line
    }

    /// Whether one department is the other, or stands above it.
    pub(crate) fn acts(&self, actor: &DepartmentId, subject: &DepartmentId) -> bool {
        self.line(subject).contains(actor)
    }

    /// Who there is in the place of a department by now.
    pub(crate) fn living<'w>(&'w self, department: &'w DepartmentId) -> &'w DepartmentId {
        match self.departments.get(department) {
            Some(body) if body.status == DepartmentStatus::Dissolved => {
                let next = body.heir.as_ref().or(body.parent.as_ref());
                next.map_or(department, |next| self.living(next))
            }
            Some(_) | None => department,
        }
    }

    /// Whether one department acts for the other, or for who took over from it.
    pub(crate) fn stands(&self, actor: &DepartmentId, subject: &DepartmentId) -> bool {
        self.acts(actor, subject) || self.acts(actor, self.living(subject))
    }

    pub(crate) fn kin(&self, one: &DepartmentId, other: &DepartmentId) -> bool {
        self.stands(one, other) || self.stands(other, one)
    }

    pub(crate) fn is_active(&self, department: &DepartmentId) -> bool {
        let body = self.departments.get(department);
        body.is_some_and(|body| body.status == DepartmentStatus::Active)
    }

    /// That a department is there, and active.
    pub(crate) fn require_active(&self, department: &DepartmentId) -> Done {
        found(self.departments.get(department))?;
        unless([(!self.is_active(department), "department-not-active")])
    }

    pub(crate) fn is_held(&self, department: &DepartmentId, duty: &ResponsibilityCode) -> bool {
        let duty = self.duties.get(duty);
        duty.is_some_and(|duty| !duty.is_over && self.acts(&duty.holder, department))
    }

    pub(crate) fn is_holder(&self, actor: &DepartmentId, office: Office) -> bool {
        self.offices.get(&office) == Some(actor)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings.last().unwrap().1
    }

    /// The entry's version in force.
    pub(crate) fn in_force(&self, code: &ResourceCode) -> Option<(u32, &Entry)> {
        let listed = self
            .entries
            .get(code)
            .filter(|listed| !listed.is_withdrawn)?;
        let (version, entry) = listed.published.as_ref()?;
        Some((*version, entry))
    }

    /// Whether a transaction takes effect, which it then does.
    pub(crate) fn judge(&mut self, at: Moment, transaction: &VerifiedTransaction) -> Judged {
        let mut after = self.clone();
        match after.execute(at, transaction) {
            Ok(open) if open.is_empty() => {
                *self = after;
                Judged::Accepted
            }
            Ok(open) => Judged::Open(open),
            Err(codes) => Judged::Refused(codes),
        }
    }

    /// What was left open took effect.
    pub(crate) fn accept(&mut self, at: Moment, transaction: &VerifiedTransaction) {
        self.execute(at, transaction).unwrap();
    }

    fn execute(&mut self, at: Moment, transaction: &VerifiedTransaction) -> Result<Codes, Codes> {
        let envelope = transaction.envelope();
        let author = self.keys.get(&envelope.author);
        let Some(author) = author.cloned() else {
            return never("unknown-key");
        };
        let (time, expiry) = (at.time, envelope.not_after);
        let is_foreign = |action: &Action| !signs(author.role, action.name());
        unless([
            (author.is_revoked, "revoked-key"),
            (envelope.sequence < author.next, "sequence-used"),
            (envelope.sequence > author.next, "sequence-ahead"),
            (expiry < time, "expired"),
            (expiry.0 > time.0 + DAY_MS, "expiry-too-far"),
            (!self.is_active(&author.department), "department-not-active"),
            (transaction.actions().iter().any(is_foreign), "role-forbids"),
        ])?;
        let mut open = Codes::new();
        for (index, action) in (0u32..).zip(transaction.actions()) {
            let mut hand = Hand {
                world: self,
                at,
                key: envelope.author,
                mandate: None,
                touched: BTreeSet::new(),
                open: Codes::new(),
            };
            hand.act(action)?;
            open.append(&mut hand.open);
            let event = TrailEvent {
                at,
                transaction: transaction.id(),
                action_index: index,
                action: action.leaf(),
            };
            for code in hand.touched {
                let listed = self.entries.get_mut(&code).unwrap();
                listed.trail = listed.trail.extended(&event);
            }
        }
        self.keys.get_mut(&envelope.author).unwrap().next += 1;
        Ok(open)
    }
}

/// Which role signs what (R4), by the actions' names.
fn signs(role: Role, action: &str) -> bool {
    let of_gateways = ["report_schema", "seal_receipts"].contains(&action);
    let of_inspectors = ["open_finding", "judge_finding"].contains(&action);
    let of_operators = [
        "register_node",
        "remove_node",
        "amend_node",
        "mark_ready",
        "report_equivocation",
    ]
    .contains(&action);
    let of_heads_alone = [
        "register_department",
        "register_key",
        "revoke_key",
        "suspect_key",
        "submit_resource",
        "withdraw_resource",
    ]
    .contains(&action);
    match role {
        Role::Head => !of_gateways,
        Role::Administrator => !(of_gateways || of_inspectors || of_operators || of_heads_alone),
        Role::Operator => of_operators,
        Role::Gateway => of_gateways,
        Role::Inspector => of_inspectors,
    }
}
