//! Data elements, objections, findings, demands, obligations (C7, R4, R5).

use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{
    DemandId, DepartmentId, ElementCode, FieldNumber, FindingId, ResourceCode, SharingId,
};
use dirchain_ledger::records::*;

use super::{Dispute, Done, Found, Hand, Wanted, all, found, never, unless};

impl Hand<'_> {
    pub(super) fn of_cases(&mut self, action: &Action) -> Done {
        match action {
            Action::DefineElement {
                code, field_type, ..
            } => {
                unless([
                    self.must_hold(Office::Standards),
                    (self.world.elements.contains_key(code), "taken"),
                ])?;
                let element = (*field_type, None, false, 1);
                self.world.elements.insert(code.clone(), element);
                Ok(())
            }
            Action::RetireElement { code, revision, .. } => {
                unless([self.must_hold(Office::Standards)])?;
                let (_, _, is_retired, current) = found(self.world.elements.get(code))?;
                unless([
                    (*is_retired, "element-retired"),
                    (current != revision, "stale"),
                ])?;
                let element = self.world.elements.get_mut(code).unwrap();
                (element.1, element.2, element.3) = (None, true, revision + 1);
                Ok(())
            }
            Action::ClaimSource {
                element,
                resource,
                field,
                ..
            } => self.claim(element, resource, *field),
            Action::RaiseObjection {
                resource,
                raiser,
                kind,
                ..
            } => self.raise(resource, raiser, kind),
            Action::AnswerObjection {
                objection,
                revision,
                outcome,
                ..
            } => {
                let dispute = self.dispute(objection, *revision)?;
                let in_time = dispute.stage == ObjectionStage::Raised && !self.is_overdue(&dispute);
                unless([
                    self.must_act_for(&self.world.entries[&objection.resource].provider),
                    (self.acts_for(&dispute.raiser), "raiser-resolves"),
                    (
                        *outcome == Outcome::Withdrawn || !in_time,
                        "objection-stage",
                    ),
                ])?;
                let dispute = self.world.objections.get_mut(objection).unwrap();
                dispute.answer = Some(*outcome);
                self.advance(objection, ObjectionStage::Answered);
                Ok(())
            }
            Action::EscalateObjection {
                objection,
                revision,
                ..
            } => {
                let dispute = self.dispute(objection, *revision)?;
                unless([
                    self.must_act_for(&dispute.raiser),
                    (dispute.stage != ObjectionStage::Answered, "objection-stage"),
                ])?;
                self.advance(objection, ObjectionStage::Escalated);
                Ok(())
            }
            Action::CloseObjection {
                objection,
                revision,
                ..
            } => {
                let dispute = self.dispute(objection, *revision)?;
                let gives_way = dispute.stage == ObjectionStage::Answered
                    && dispute.answer == Some(Outcome::Corrected);
                all([
                    unless([self.must_act_for(&dispute.raiser)]),
                    self.may_move(objection, &dispute, gives_way),
                ])?;
                self.move_source(&dispute, gives_way);
                self.undisputed(objection, false)?;
                self.advance(objection, ObjectionStage::Closed);
                Ok(())
            }
            Action::SettleObjection {
                objection,
                revision,
                outcome,
                ..
            } => self.settle_objection(objection, *revision, *outcome),
            Action::OpenFinding {
                id, subject, due, ..
            } => self.open_finding(id, subject, *due <= self.at.time),
            Action::AnswerFinding {
                finding, revision, ..
            } => {
                let department = self.answerer(found(self.world.findings.get(finding))?);
                all([
                    unless([self.must_act_for(&department)]),
                    self.finding(finding, *revision, FindingState::Open),
                ])?;
                self.judged(finding, FindingState::Answered);
                Ok(())
            }
            Action::JudgeFinding {
                finding,
                revision,
                cleared,
                ..
            } => {
                let waits = match (self.is_left(finding), cleared) {
                    (true, true) => FindingState::Open,
                    _ => FindingState::Answered,
                };
                all([
                    unless([self.must_hold(Office::Inspectorate)]),
                    self.finding(finding, *revision, waits),
                ])?;
                self.judged(
                    finding,
                    match cleared {
                        true => FindingState::Cleared,
                        false => FindingState::Open,
                    },
                );
                Ok(())
            }
            Action::RaiseDemand { id, asker, .. } => {
                all([
                    unless([
                        self.must_act_for(asker),
                        (self.world.demands.contains_key(id), "taken"),
                    ]),
                    self.world.require_active(asker),
                ])?;
                let wanted = Wanted {
                    asker: asker.clone(),
                    turns: 0,
                    is_answered: false,
                    asked: None,
                    revision: 1,
                };
                self.world.demands.insert(id.clone(), wanted);
                Ok(())
            }
            Action::AssignDemand {
                demand,
                revision,
                department,
                reason,
            } => {
                all([
                    unless([self.must_hold(Office::Steward)]),
                    self.demand(demand, *revision),
                    self.world.require_active(department),
                ])?;
                let wanted = &self.world.demands[demand];
                let is_other = wanted
                    .asked
                    .as_ref()
                    .is_some_and(|asked| asked != department);
                unless([
                    (self.world.kin(&wanted.asker, department), "own-demand"),
                    (wanted.asked.as_ref() == Some(department), "no-change"),
                    (is_other && reason.is_none(), "reason-needed"),
                    (is_other && wanted.turns >= 16, "full"),
                ])?;
                let wanted = self.world.demands.get_mut(demand).unwrap();
                wanted.turns += usize::from(is_other);
                wanted.asked = Some(department.clone());
                wanted.revision += 1;
                Ok(())
            }
            Action::AnswerDemand {
                demand,
                revision,
                resource,
                ..
            } => self.answer_demand(demand, *revision, resource.as_ref()),
            Action::ImposeObligation {
                resource,
                due,
                list,
            } => {
                let of_list = |(id, stands): (&SharingId, &(u32, bool, _))| {
                    id.resource == *resource && stands.2 == *list
                };
                let is_listed = self.world.obligations.iter().any(of_list);
                all([
                    unless([
                        self.must_hold(Office::Steward),
                        (*due <= self.at.time, "due-past"),
                        (is_listed, "obligation-stands"),
                    ]),
                    found(self.world.entries.get(resource)).map(drop),
                ])?;
                let listed = self.world.entries.get_mut(resource).unwrap();
                listed.obligations += 1;
                let id = SharingId {
                    resource: resource.clone(),
                    number: listed.obligations,
                };
                let stands = (1, false, list.clone());
                self.world.obligations.insert(id, stands);
                self.touch(resource);
                Ok(())
            }
            Action::MeetObligation {
                obligation,
                revision,
            } => {
                let stands = found(self.world.obligations.get(obligation))?.clone();
                let (current, is_met, list) = stands;
                let code = &obligation.resource;
                let is_bound = self.world.bindings.iter().any(|(binding, bound)| {
                    binding.resource == *code && bound.state == BindingState::Live
                });
                unless([
                    self.must_act_for(&self.world.entries[code].provider),
                    (*revision != current, "stale"),
                    (is_met, "answered"),
                    (self.world.in_force(code).is_none(), "wrong-status"),
                    (!is_bound, "nothing-bound"),
                ])?;
                let met = (current + 1, true, list);
                self.world.obligations.insert(obligation.clone(), met);
                self.touch(code);
                Ok(())
            }
            _ => unreachable!("an action of another file"),
        }
    }

    /// Rule C7: a field in force that says it is the element, of its type.
    fn require_instance(
        &self,
        element: &ElementCode,
        code: &ResourceCode,
        field: FieldNumber,
    ) -> Done {
        let (field_type, _, is_retired, _) = found(self.world.elements.get(element))?;
        unless([(*is_retired, "element-retired")])?;
        let Some((_, entry)) = self.world.in_force(code) else {
            return never("wrong-status");
        };
        let named = entry.fields.iter().find(|named| named.number == field);
        let is_instance = named.is_some_and(|named| {
            let names = named.data_element.as_ref().map(|name| name.as_str());
            names == Some(element.as_str()) && named.field_type == *field_type
        });
        unless([(!is_instance, "not-an-instance")])
    }

    fn claim(&mut self, element: &ElementCode, code: &ResourceCode, field: FieldNumber) -> Done {
        let (_, source, is_retired, _) = found(self.world.elements.get(element))?.clone();
        let is_source = source.as_ref() == Some(&(code.clone(), field));
        let Some(listed) = self.world.entries.get(code) else {
            return unless([(true, "unknown-record"), (is_retired, "element-retired")]);
        };
        all([
            unless([
                self.must_act_for(&listed.provider),
                (is_source, "already-source"),
            ]),
            self.require_instance(element, code, field),
        ])?;
        if let Some((contested, _)) = source {
            let kind = ObjectionKind::SourceConflict {
                element: element.clone(),
                resource: code.clone(),
                field,
            };
            let is_open = |dispute: &Dispute| dispute.stage != ObjectionStage::Closed;
            let mut same = self.world.objections.values().filter(|d| d.kind == kind);
            unless([(same.any(is_open), "claim-waits")])?;
            // The source is heard first, unless it would answer itself.
            let heard = &self.world.entries[&contested].provider;
            let stage = match self.world.kin(heard, &self.actor()) {
                true => ObjectionStage::Escalated,
                false => ObjectionStage::Raised,
            };
            self.open_objection(&contested, self.actor(), kind, stage);
            self.touch(code);
        } else {
            let element = self.world.elements.get_mut(element).unwrap();
            element.1 = Some((code.clone(), field));
            element.3 += 1;
            self.touch(code);
        }
        Ok(())
    }

    fn open_objection(
        &mut self,
        code: &ResourceCode,
        raiser: DepartmentId,
        kind: ObjectionKind,
        stage: ObjectionStage,
    ) {
        let listed = self.world.entries.get_mut(code).unwrap();
        listed.objections += 1;
        let id = SharingId {
            resource: code.clone(),
            number: listed.objections,
        };
        let dispute = Dispute {
            raiser,
            kind,
            stage,
            revision: 1,
            raised: self.at,
            answer: None,
        };
        self.world.objections.insert(id, dispute);
        self.touch(code);
    }

    fn raise(&mut self, code: &ResourceCode, raiser: &DepartmentId, kind: &ObjectionKind) -> Done {
        let who = all([
            unless([self.must_act_for(raiser)]),
            self.world.require_active(raiser),
            found(self.world.entries.get(code)).and_then(|listed| {
                let is_own = self.world.kin(&listed.provider, raiser);
                unless([(is_own, "own-objection")])
            }),
        ]);
        match kind {
            ObjectionKind::SourceConflict { .. } => all([who, never("claim-instead")]),
            ObjectionKind::Correction { fields } => {
                let in_force = self.world.in_force(code);
                let are_known =
                    in_force.is_some_and(|(_, entry)| super::sharing::are_fields(entry, fields));
                all([
                    who,
                    unless([
                        (in_force.is_none(), "wrong-status"),
                        (in_force.is_some() && !are_known, "bad-fields"),
                    ]),
                ])?;
                self.open_objection(code, raiser.clone(), kind.clone(), ObjectionStage::Raised);
                Ok(())
            }
            ObjectionKind::Appeal { application } => {
                let id = SharingId {
                    resource: code.clone(),
                    number: *application,
                };
                let appealed = found(self.world.applications.get(&id)).map(|asked| {
                    unless([
                        (asked.applicant != *raiser, "not-acting-for"),
                        (asked.stage != ApplicationStage::Refused, "wrong-stage"),
                    ])
                });
                all([who, appealed.unwrap_or_else(Err)])?;
                self.enter(&id, ApplicationStage::Disputed);
                self.open_objection(
                    code,
                    raiser.clone(),
                    kind.clone(),
                    ObjectionStage::Escalated,
                );
                Ok(())
            }
        }
    }

    /// An objection that is not closed, at the revision it was looked at.
    fn dispute(&self, id: &SharingId, revision: u32) -> Result<Dispute, super::Codes> {
        let dispute = found(self.world.objections.get(id))?;
        let is_closed = dispute.stage == ObjectionStage::Closed;
        unless([
            (is_closed, "objection-stage"),
            (!is_closed && dispute.revision != revision, "stale"),
        ])?;
        Ok(dispute.clone())
    }

    fn advance(&mut self, id: &SharingId, stage: ObjectionStage) {
        let dispute = self.world.objections.get_mut(id).unwrap();
        dispute.stage = stage;
        dispute.revision += 1;
        self.touch(&id.resource);
    }

    /// What the end of an appeal makes of its application.
    fn undisputed(&mut self, id: &SharingId, is_right: bool) -> Done {
        let ObjectionKind::Appeal { application } = self.world.objections[id].kind else {
            return Ok(());
        };
        let application = SharingId {
            resource: id.resource.clone(),
            number: application,
        };
        let asked = &self.world.applications[&application];
        if asked.stage != ApplicationStage::Disputed {
            return Ok(());
        }
        if !is_right {
            self.enter(&application, ApplicationStage::Refused);
            return Ok(());
        }
        let waiting = self.world.waiting(&id.resource, &asked.applicant);
        unless([
            (self.world.in_force(&id.resource).is_none(), "wrong-status"),
            (
                waiting >= dirchain_ledger::limits::APPLICANT_WAITING_MAX,
                "full",
            ),
        ])?;
        self.enter(&application, ApplicationStage::Submitted);
        Ok(())
    }

    /// Whether the provider's time to answer is over.
    fn is_overdue(&self, dispute: &Dispute) -> bool {
        let since = self.world.settings_at(dispute.raised.height);
        super::proposals::due(dispute.raised.time, since.deadlines.correction) <= self.at.time
    }

    /// That a claim which was found right can take the source away from the entry it is about.
    fn may_move(&self, id: &SharingId, dispute: &Dispute, is_right: bool) -> Done {
        match &dispute.kind {
            ObjectionKind::SourceConflict {
                element,
                resource,
                field,
            } if is_right => {
                let (_, source, ..) = &self.world.elements[element];
                let is_there = source
                    .as_ref()
                    .is_some_and(|(code, _)| *code == id.resource);
                all([
                    self.require_instance(element, resource, *field),
                    unless([(!is_there, "objection-stage")]),
                ])
            }
            _ => Ok(()),
        }
    }

    fn move_source(&mut self, dispute: &Dispute, is_right: bool) {
        if let ObjectionKind::SourceConflict {
            element,
            resource,
            field,
        } = &dispute.kind
            && is_right
        {
            let element = self.world.elements.get_mut(element).unwrap();
            element.1 = Some((resource.clone(), *field));
            element.3 += 1;
            self.touch(resource);
        }
    }

    /// Rule R5.
    fn settle_objection(&mut self, id: &SharingId, revision: u32, outcome: Outcome) -> Done {
        let dispute = self.dispute(id, revision)?;
        let steward = &self.world.offices[&Office::Steward];
        let provider = &self.world.entries[&id.resource].provider;
        let is_concerned =
            self.world.kin(steward, &dispute.raiser) || self.world.kin(steward, provider);
        let office = match is_concerned {
            true => Office::StewardDeputy,
            false => Office::Steward,
        };
        let stands = match dispute.stage {
            ObjectionStage::Escalated => true,
            ObjectionStage::Raised => self.is_overdue(&dispute),
            ObjectionStage::Answered | ObjectionStage::Closed => false,
        };
        let is_right = outcome == Outcome::Corrected;
        all([
            unless([
                (self.acts_for(&dispute.raiser), "raiser-resolves"),
                self.must_hold(office),
                (outcome == Outcome::Withdrawn || !stands, "objection-stage"),
            ]),
            self.may_move(id, &dispute, is_right),
        ])?;
        self.move_source(&dispute, is_right);
        self.undisputed(id, is_right)?;
        self.advance(id, ObjectionStage::Closed);
        Ok(())
    }

    fn open_finding(&mut self, id: &FindingId, subject: &FindingSubject, is_past: bool) -> Done {
        let is_there = match subject {
            FindingSubject::Department(department) => {
                found(self.world.departments.get(department)).map(drop)
            }
            FindingSubject::Resource(code) => found(self.world.entries.get(code)).map(drop),
        };
        all([
            unless([
                self.must_hold(Office::Inspectorate),
                (is_past, "due-past"),
                (self.world.findings.contains_key(id), "taken"),
            ]),
            is_there,
        ])?;
        let finding = Found {
            subject: subject.clone(),
            state: FindingState::Open,
            revision: 0,
        };
        self.world.findings.insert(id.clone(), finding);
        self.judged(id, FindingState::Open);
        Ok(())
    }

    /// Who answers a finding by now.
    fn answerer(&self, finding: &Found) -> DepartmentId {
        let whose = match &finding.subject {
            FindingSubject::Department(department) => department,
            FindingSubject::Resource(code) => &self.world.entries[code].provider,
        };
        self.world.living(whose).clone()
    }

    /// Whether a finding waits for an answer that nobody is left to give.
    fn is_left(&self, id: &FindingId) -> bool {
        self.world.findings.get(id).is_some_and(|finding| {
            let status = self.world.departments[&self.answerer(finding)].status;
            finding.state == FindingState::Open && status == DepartmentStatus::Dissolved
        })
    }

    fn finding(&self, id: &FindingId, revision: u32, state: FindingState) -> Done {
        let finding = found(self.world.findings.get(id))?;
        unless([
            (finding.revision != revision, "stale"),
            (finding.state != state, "finding-state"),
        ])
    }

    fn judged(&mut self, id: &FindingId, state: FindingState) {
        let finding = self.world.findings.get_mut(id).unwrap();
        finding.state = state;
        finding.revision += 1;
        if let FindingSubject::Resource(code) = finding.subject.clone() {
            self.touch(&code);
        }
    }

    fn demand(&self, id: &DemandId, revision: u32) -> Done {
        let wanted = found(self.world.demands.get(id))?;
        unless([
            (wanted.is_answered, "answered"),
            (!wanted.is_answered && wanted.revision != revision, "stale"),
        ])
    }

    fn answer_demand(
        &mut self,
        id: &DemandId,
        revision: u32,
        resource: Option<&ResourceCode>,
    ) -> Done {
        self.demand(id, revision)?;
        let asked = self.world.demands[id].asked.as_ref();
        let asked = asked.map(|asked| self.world.living(asked).clone());
        let by = match &asked {
            Some(department) => self.must_act_for(department),
            None => self.must_hold(Office::Steward),
        };
        let listed = match (resource, &asked) {
            (None, _) => Ok(()),
            (Some(_), None) => never("demand-not-assigned"),
            (Some(code), Some(department)) => {
                found(self.world.entries.get(code)).and_then(|listed| {
                    unless([
                        (self.world.in_force(code).is_none(), "wrong-status"),
                        (
                            !self.world.acts(department, &listed.provider),
                            "not-provider",
                        ),
                    ])
                })
            }
        };
        all([unless([by]), listed])?;
        let wanted = self.world.demands.get_mut(id).unwrap();
        wanted.is_answered = true;
        wanted.revision += 1;
        if let Some(code) = resource {
            self.touch(code);
        }
        Ok(())
    }
}
