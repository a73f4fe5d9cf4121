//! Random proposals of every measure, the approvals they need, and nodes.

use dirchain_ledger::action::{Action, AmendNode};
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::{VoteStep, vote_bytes};
use dirchain_ledger::crypto::SecretKey;
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{
    Address, DepartmentId, Height, NodeId, ResourceCode, ResponsibilityCode, SharingId,
};
use dirchain_ledger::measure::{
    Measure, ParameterChange, Renaming, Reorganisation, ReorganisationKind, Succession, Transfer,
};
use dirchain_ledger::records::*;
use dirchain_ledger::testing::*;
use dirchain_ledger::view::{Records, View};

use crate::steps::{CODES, PARTIES, Step};

/// Who may be suspended, dissolved or get another head.
const EXPENDABLE: [&str; 4] = [BYSTANDER, APPLICANT_UNIT, SUSPENDED, SUB_UNIT];

fn block(label: u8) -> Hash {
    hash(Domain::Text, &[b"block", &[label]])
}

/// Whose key fills a seat; the head's is another once it was replaced.
fn seated(ledger: &Ledger, seat: &Seat) -> SecretKey {
    let department = signer_of(seat.department.as_str());
    match seat.signatory {
        Signatory::Head => head_of(ledger, department),
        Signatory::Administrator | Signatory::Either => administrator(department),
    }
}

fn head_of(ledger: &Ledger, department: &str) -> SecretKey {
    let first = head(department);
    let stored = ledger.state.key(&first.public()).unwrap();
    match stored.is_some_and(|key| key.valid.to.is_some()) {
        true => labelled_key(&format!("{department} new head")),
        false => first,
    }
}

impl Step {
    pub(crate) fn of_measures(&self, ledger: &Ledger, code: &ResourceCode) -> (SecretKey, Action) {
        let open = ledger.state.list(RecordKind::Proposal, None, 500).unwrap();
        let mut open: Vec<Proposal> = open
            .into_iter()
            .filter_map(|id| match ledger.state.record(&id).unwrap() {
                Some(Record::Proposal(proposal)) => Some(*proposal),
                _ => None,
            })
            .filter(|proposal| proposal.standing_at(ledger.now) == Standing::Open)
            .filter(|proposal| proposal.not_before <= ledger.now || self.is_odd)
            .collect();
        open.sort_by_key(|proposal| !matches!(proposal.measure, Measure::Reorganise(_)));
        let chosen = open.get(match self.variant % 3 {
            0 => usize::from(self.variant / 8) % open.len().clamp(1, 3),
            _ => usize::from(self.variant / 8) % open.len().max(1),
        });
        match chosen {
            Some(proposal) if !self.kind.is_multiple_of(3) || open.len() > 6 => {
                self.on_proposal(ledger, proposal)
            }
            Some(_) | None => {
                let (author, measure) = self.measure(ledger, code);
                let measure = Box::new(measure);
                let reason = id("理由");
                (author, Action::Propose { measure, reason })
            }
        }
    }

    fn on_proposal(&self, ledger: &Ledger, stored: &Proposal) -> (SecretKey, Action) {
        let (proposal, revision) = (stored.id.clone(), self.off_by(stored.revision));
        let reason = id("理由");
        let seat = stored.vacant().next().unwrap_or(&stored.seats[0]);
        let author = seated(ledger, seat);
        match self.variant % 16 {
            5 => {
                let action = Action::Reject {
                    proposal,
                    revision,
                    reason,
                };
                (author, action)
            }
            9 => {
                let author = administrator(signer_of(proposal.proposer.as_str()));
                (author, Action::TakeBackProposal { proposal, revision })
            }
            _ => (author, Action::Approve { proposal, revision }),
        }
    }

    fn measure(&self, ledger: &Ledger, code: &ResourceCode) -> (SecretKey, Measure) {
        let provider = self.provider(ledger);
        let reason = id("理由");
        let revision = self.off_by(ledger.revision(code));
        let code = code.clone();
        let expendable = id(EXPENDABLE[usize::from(self.variant) % EXPENDABLE.len()]);
        match self.variant % 17 {
            0 => (head(STEWARD), self.parameters(ledger)),
            1 => {
                let offices = ledger.state.offices().unwrap();
                let all = [Office::Standards, Office::Operations, Office::Inspectorate];
                let measure = Measure::AssignOffice {
                    office: all[usize::from(self.variant) % 3],
                    department: id([DEPUTY, REGISTRAR, STEWARD][self.party % 3]),
                    revision: self.off_by(offices.revision),
                };
                (head(REGISTRAR), measure)
            }
            2 | 3 => {
                let waiting = all_applications(ledger, |application| {
                    application.status.is_open()
                        && application.status.stage() != ApplicationStage::NeedsMore
                });
                let Some(application) = waiting.first() else {
                    return (head(STEWARD), self.parameters(ledger));
                };
                let mut grant = grant_of(application.id.clone(), &application.request);
                grant.revision = self.off_by(application.revision);
                let provider = ledger.state.resource(&application.id.resource).unwrap();
                let provider = provider.unwrap().provider;
                (
                    administrator(signer_of(provider.as_str())),
                    Measure::Grant(grant),
                )
            }
            4..=6 => {
                let lasting = lasting(ledger);
                let Some(authorization) = lasting.first() else {
                    return (head(STEWARD), self.parameters(ledger));
                };
                let resource = ledger.state.resource(&authorization.id.resource).unwrap();
                let measure = Measure::Revoke {
                    authorization: authorization.id.clone(),
                    revision: self.off_by(authorization.revision),
                    reason,
                };
                let provider = resource.unwrap().provider;
                (administrator(signer_of(provider.as_str())), measure)
            }
            7 if self.variant > 120 => {
                let measure = Measure::Withdraw {
                    code,
                    revision,
                    reason,
                };
                (head(&provider), measure)
            }
            7 | 8 => (head(&provider), Measure::Narrow { code, revision }),
            9 => {
                let department: DepartmentId = expendable;
                let secret = labelled_key(&format!("{department} new head"));
                let role = if self.is_odd {
                    Role::Operator
                } else {
                    Role::Head
                };
                let offer = KeyOffer::new(&secret, &ledger.chain, &department, role);
                (head(STEWARD), Measure::ReplaceHead { department, offer })
            }
            10 => {
                let department = expendable;
                (head(REGISTRAR), Measure::SuspendDepartment { department })
            }
            11 => {
                // Whoever is suspended, if somebody is.
                let is_suspended = |department: &DepartmentId| {
                    let stored = ledger.state.department(department).unwrap();
                    let status = stored.and_then(|stored| stored.status_at(ledger.tip.height));
                    status == Some(DepartmentStatus::Suspended)
                };
                let mut all = EXPENDABLE.iter().map(|department| id(department));
                let department = all.find(is_suspended).unwrap_or(expendable);
                (head(REGISTRAR), Measure::ResumeDepartment { department })
            }
            12 | 13 => (head(REGISTRAR), self.reorganisation(ledger)),
            14 | 15 => (head(STEWARD), self.membership(ledger)),
            _ => {
                if let Some(confirmation) = self.confirmation(ledger) {
                    return confirmation;
                }
                let version = RULES_VERSION + 1 + u32::from(self.is_odd);
                let from = Height(1_000_000);
                (head(STEWARD), Measure::RaiseRules { version, from })
            }
        }
    }

    /// The confirmation of a new holder by two people, where a grant waits for one.
    fn confirmation(&self, ledger: &Ledger) -> Option<(SecretKey, Measure)> {
        let waits = lasting(ledger).into_iter().find(|authorization| {
            let duty = ledger.state.responsibility(&authorization.responsibility);
            let duty = duty.unwrap().unwrap();
            !dirchain_ledger::execute::holds(&ledger.state, &authorization.grantee, &duty).unwrap()
        });
        let authorization = waits?;
        let entry = ledger.state.resource(&authorization.id.resource).unwrap();
        let provider = entry.unwrap().provider;
        let measure = Measure::ConfirmHolder {
            authorization: authorization.id.clone(),
            revision: self.off_by(authorization.revision),
        };
        Some((administrator(signer_of(provider.as_str())), measure))
    }

    fn parameters(&self, ledger: &Ledger) -> Measure {
        let parameters = ledger.state.parameters().unwrap();
        let mut change = ParameterChange {
            revision: self.off_by(parameters.revision),
            settings: None,
            add_purposes: List::default(),
            end_purposes: List::default(),
            days: List::default(),
        };
        let own = format!("purpose-{}", self.variant % 3);
        match self.party {
            0 | 1 => {
                let mut settings = parameters.settings;
                settings.two_person = !settings.two_person;
                change.settings = Some(settings);
            }
            2 | 3 => {
                let purpose = Purpose {
                    code: id(&own),
                    name: id("用途"),
                };
                change.add_purposes = List::new(vec![purpose]).unwrap();
            }
            _ => change.end_purposes = List::new(vec![id(&own)]).unwrap(),
        }
        Measure::ChangeParameters(change)
    }

    fn reorganisation(&self, ledger: &Ledger) -> Measure {
        let held = lasting(ledger).into_iter().next();
        let held = held.filter(|_| self.variant % 6 > 2);
        let code = held.map_or_else(
            || responsibility(root_of(PARTIES[self.party])),
            |held| held.responsibility,
        );
        let duty = ledger.state.responsibility(&code).unwrap().unwrap();
        let to = [BYSTANDER, APPLICANT, PROVIDER, DEPUTY][usize::from(self.variant / 4) % 4];
        let mut reorganisation = Reorganisation {
            kind: ReorganisationKind::Split,
            document: id("京编办〔2026〕1号"),
            transfers: List::default(),
            dissolves: List::default(),
            renames: List::default(),
            successors: List::default(),
        };
        let transfer = |to: Option<DepartmentId>| Transfer {
            responsibility: code.clone(),
            from: duty.holder.clone(),
            to,
        };
        match self.variant % 6 {
            0 => {
                reorganisation.kind = ReorganisationKind::Rename;
                let renaming = Renaming {
                    department: id(PARTIES[self.party]),
                    name: id("新名称"),
                };
                reorganisation.renames = List::new(vec![renaming]).unwrap();
            }
            1 => {
                reorganisation.kind = ReorganisationKind::Dissolve;
                let department: DepartmentId = id(EXPENDABLE[usize::from(self.variant) % 3]);
                let others = [to, PROVIDER].into_iter().cycle();
                let all = ledger.state.list(RecordKind::Responsibility, None, 500);
                let own = all.unwrap().into_iter().filter_map(|id| {
                    let duty = ledger.state.record(&id).unwrap();
                    let Some(Record::Responsibility(duty)) = duty else {
                        return None;
                    };
                    let lasts = duty.holder == department && duty.effective.to.is_none();
                    lasts.then_some(duty.code)
                });
                let transfers = own.zip(others).map(|(responsibility, to)| Transfer {
                    responsibility,
                    from: department.clone(),
                    to: Some(id(to)),
                });
                reorganisation.transfers = List::new(transfers.collect()).unwrap();
                if self.variant.is_multiple_of(5) {
                    let (department, successor) = (department.clone(), id(to));
                    let named = Succession {
                        department,
                        successor,
                    };
                    reorganisation.successors = List::new(vec![named]).unwrap();
                }
                reorganisation.dissolves = List::new(vec![department]).unwrap();
            }
            2 => reorganisation.transfers = List::new(vec![transfer(None)]).unwrap(),
            _ => reorganisation.transfers = List::new(vec![transfer(Some(id(to)))]).unwrap(),
        }
        Measure::Reorganise(reorganisation)
    }

    /// A responsibility passes to another department.
    fn split(&self, ledger: &Ledger, code: &ResponsibilityCode) -> Measure {
        let duty = ledger.state.responsibility(code).unwrap().unwrap();
        let others = [BYSTANDER, APPLICANT, DEPUTY].into_iter();
        let mut others = others.filter(|other| *other != duty.holder.as_str());
        let transfer = Transfer {
            responsibility: code.clone(),
            from: duty.holder.clone(),
            to: Some(id(others.nth(usize::from(self.variant) % 2).unwrap())),
        };
        Measure::Reorganise(Reorganisation {
            kind: ReorganisationKind::Split,
            document: id("京编办〔2026〕2号"),
            transfers: List::new(vec![transfer]).unwrap(),
            dissolves: List::default(),
            renames: List::default(),
            successors: List::default(),
        })
    }

    fn membership(&self, ledger: &Ledger) -> Measure {
        let nodes = ledger.state.list(RecordKind::Node, None, 500).unwrap();
        let nodes: Vec<Node> = nodes
            .into_iter()
            .filter_map(|id| match ledger.state.record(&id).unwrap() {
                Some(Record::Node(node)) => Some(node),
                _ => None,
            })
            .collect();
        let ready = nodes.iter().filter(|node| node.ready.is_some());
        let ready: Vec<&Node> = ready.collect();
        let chosen = ready.get(usize::from(self.variant) % ready.len().max(1));
        let votes: NodeId = id(&format!("{}-1", VOTERS[self.party % 4]));
        let key_of = |node: &NodeId| {
            let stored = nodes.iter().find(|stored| stored.id == *node);
            stored.and_then(Node::consensus_key).copied()
        };
        let change = match (chosen, self.party) {
            (Some(node), 0..=3) => match (key_of(&node.id), self.variant % 3) {
                (Some(consensus_key), 0) => MemberChange::Replace {
                    node: votes,
                    by: node.id.clone(),
                    consensus_key,
                },
                (Some(consensus_key), _) => MemberChange::Add {
                    node: node.id.clone(),
                    consensus_key,
                },
                (None, _) => MemberChange::Remove { node: votes },
            },
            (_, 4) => MemberChange::Remove {
                node: chosen.map_or(votes, |node| node.id.clone()),
            },
            _ => MemberChange::Rotate {
                consensus_key: key_of(&votes).unwrap(),
                node: votes,
            },
        };
        Measure::ChangeMembership {
            changes: List::new(vec![change]).unwrap(),
        }
    }

    /// What nodes do, and what becomes of their keys.
    pub(crate) fn of_nodes(&self, ledger: &Ledger) -> (SecretKey, Action) {
        let department = PARTIES[self.party];
        let own = self.variant % 4 + 2;
        let name = match self.variant % 5 {
            0 => format!("{department}-1"),
            _ => format!("{department}-{own}"),
        };
        let operator = key(department, Role::Operator);
        let node: NodeId = id(&name);
        let stored = ledger.state.node(&node).unwrap();
        if stored.is_none() {
            let mut new = registration(&ledger.chain, &name, department);
            if self.is_odd {
                new.consensus = None;
            }
            return (operator, Action::RegisterNode(new));
        }
        match self.kind % 4 {
            0 => {
                let label = format!("{name} {}", self.variant % 3);
                let (secret, chain) = (labelled_key(&label), &ledger.chain);
                let offer = NodeKeyOffer::new(&secret, chain, &node, NodeKeyUse::Consensus);
                let amended = AmendNode {
                    id: node,
                    network: None,
                    consensus: (!self.variant.is_multiple_of(3)).then_some(offer),
                    addresses: (!self.is_odd).then(List::default),
                };
                (operator, Action::AmendNode(amended))
            }
            1 if self.variant > 60 => (operator, Action::RemoveNode { id: node }),
            1 | 2 => {
                let ready = Action::MarkReady {
                    id: node,
                    height: ledger.tip.height.max(Height(1)),
                    block: if self.is_odd {
                        block(0)
                    } else {
                        ledger.tip.block
                    },
                };
                (operator, ready)
            }
            _ => {
                let reporter = [STEWARD, REGISTRAR, BYSTANDER][usize::from(self.variant) % 3];
                let proof = self.contradiction(ledger);
                let node = id(&format!("{}-1", VOTERS[self.party % 4]));
                let action = Action::ReportEquivocation { node, proof };
                (key(reporter, Role::Operator), action)
            }
        }
    }

    fn contradiction(&self, ledger: &Ledger) -> EquivocationProof {
        let secret = consensus_key(VOTERS[self.party % 4]);
        let voter = Address::of(&secret.public());
        let (height, round) = (Height(u64::from(self.variant % 3) + 1), 0);
        let step = VoteStep::Precommit;
        let (first, second) = (Some(block(1)), Some(block(2 - u8::from(self.is_odd))));
        let sign = |block: Option<&Hash>| {
            secret.sign(&vote_bytes(
                &ledger.chain,
                step,
                height,
                round,
                block,
                &voter,
            ))
        };
        EquivocationProof {
            voter,
            height,
            round,
            contradiction: Contradiction::Votes {
                step,
                first,
                second,
            },
            first_signature: sign(first.as_ref()),
            second_signature: sign(second.as_ref()),
        }
    }

    /// Interrupting, going on, and passing to a new holder.
    pub(crate) fn of_holders(
        &self,
        ledger: &Ledger,
        code: &ResourceCode,
        resource: Option<&Resource>,
    ) -> (SecretKey, Action) {
        let lasting = lasting(ledger);
        let has_passed = |held: &&Authorization| {
            let duty = ledger.state.responsibility(&held.responsibility).unwrap();
            duty.is_some_and(|duty| {
                duty.effective.to.is_none()
                    && root_of(held.grantee.as_str()) != root_of(duty.holder.as_str())
            })
        };
        let any = lasting.get(usize::from(self.variant) % lasting.len().max(1));
        let first = lasting
            .iter()
            .find(|held| has_passed(held) && self.kind.is_multiple_of(2));
        let Some(held) = first.or(any) else {
            return self.next_for(ledger, code, resource);
        };
        if self.kind == 91 && !has_passed(&held) {
            let measure = Box::new(self.split(ledger, &held.responsibility));
            let reason = id("理由");
            return (head(REGISTRAR), Action::Propose { measure, reason });
        }
        let resource = ledger.state.resource(&held.id.resource).unwrap().unwrap();
        let author = administrator(signer_of(resource.provider.as_str()));
        let passed = has_passed(&held);
        let (authorization, revision) = (held.id.clone(), self.off_by(held.revision));
        let action = match (held.suspended.is_some(), passed) {
            (true, _) => Action::ResumeAuthorization {
                authorization,
                revision,
            },
            (false, true) => Action::ConfirmHolder {
                authorization,
                revision,
            },
            (false, false) if self.is_odd => Action::ResumeAuthorization {
                authorization,
                revision,
            },
            (false, false) => Action::SuspendAuthorization {
                authorization,
                revision,
                reason: id("理由"),
            },
        };
        (author, action)
    }
}

fn all_applications(ledger: &Ledger, is_wanted: impl Fn(&Application) -> bool) -> Vec<Application> {
    numbered(ledger, |id| {
        ledger.state.application(id).unwrap().filter(&is_wanted)
    })
}

/// Authorizations that have not ended.
fn lasting(ledger: &Ledger) -> Vec<Authorization> {
    let lasts = |held: &Authorization| held.ended.is_none() && ledger.now < held.to;
    numbered(ledger, |id| {
        ledger.state.authorization(id).unwrap().filter(lasts)
    })
}

fn numbered<T>(ledger: &Ledger, read: impl Fn(&SharingId) -> Option<T>) -> Vec<T> {
    let mut found = Vec::new();
    for code in (1..=CODES).map(code) {
        let count = ledger
            .state
            .resource(&code)
            .unwrap()
            .map_or(0, |r| r.applications);
        found.extend((1..=count).filter_map(|number| read(&sharing_id(&code, number))));
    }
    found
}
