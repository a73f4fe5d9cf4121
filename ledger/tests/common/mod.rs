//! One fixed value of everything that has a format.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::sync::LazyLock;

use dirchain_ledger::action::{
    Action, AmendNode, DeclareResponsibility, RegisterDepartment, RegisterNode, SealReceipts,
};
use dirchain_ledger::block::{Block, Header, Transactions};
use dirchain_ledger::bounded::List;
use dirchain_ledger::calendar::{Day, DayKind};
use dirchain_ledger::certificate::VoteStep;
use dirchain_ledger::crypto::{Algorithm, SecretKey};
use dirchain_ledger::equivocation::{Contradiction, EquivocationProof};
use dirchain_ledger::hash::{Domain, Hash, hash};
use dirchain_ledger::ids::{Address, ChainId, FieldNumber, Height, Moment, TimeMs};
use dirchain_ledger::measure::{
    CalendarDay, Measure, ParameterChange, Renaming, Reorganisation, ReorganisationKind,
    Succession, Transfer,
};
use dirchain_ledger::records::*;
use dirchain_ledger::signing::Step;
use dirchain_ledger::testing::*;
use dirchain_ledger::transaction::SignedTransaction;

pub(crate) fn secret() -> SecretKey {
    SecretKey::from_seed(&[7; 32])
}

/// The test city's chain id; its genesis checks every key, so once is enough.
pub(crate) fn chain() -> ChainId {
    static CHAIN: LazyLock<ChainId> = LazyLock::new(|| genesis().chain());
    *CHAIN
}

pub(crate) fn node_offer(key_use: NodeKeyUse) -> NodeKeyOffer {
    NodeKeyOffer::new(&secret(), &chain(), &id("D004-2"), key_use)
}

pub(crate) fn equivocation() -> EquivocationProof {
    EquivocationProof {
        voter: Address::of(&secret().public()),
        height: Height(7),
        round: 2,
        contradiction: Contradiction::Votes {
            step: VoteStep::Prevote,
            first: Some(digest("block")),
            second: None,
        },
        first_signature: secret().sign(b"first"),
        second_signature: secret().sign(b"second"),
    }
}

pub(crate) fn digest(label: &str) -> Hash {
    hash(Domain::Text, &[label.as_bytes()])
}

pub(crate) fn moment(height: u64) -> Moment {
    Moment {
        height: Height(height),
        time: TimeMs(GENESIS_TIME.0 + i64::try_from(height).unwrap() * 1_000),
    }
}

/// An entry in which every optional part is there.
pub(crate) fn full_entry() -> Entry {
    let mut entry = entry(&responsibility(PROVIDER));
    let mut fields = entry.fields.into_vec();
    fields[0].data_element = Some(id("DE00001"));
    fields[1].precision = Some(2);
    fields[1].field_type = FieldType::N;
    fields[2].unit = Some(id("元"));
    fields[2].level = Some(SensitivityLevel::Four);
    fields[3].length = None;
    entry.fields = List::new(fields).unwrap();
    entry.related_codes = List::new(vec![id("307001024/000002")]).unwrap();
    entry.attributes = List::new(vec![Attribute {
        name: id("来源系统"),
        value: id("人口库"),
    }])
    .unwrap();
    entry
}

pub(crate) fn offer() -> KeyOffer {
    KeyOffer::new(
        &labelled_key("offered"),
        &chain(),
        &id(PROVIDER),
        Role::Administrator,
    )
}

/// One action of every variant, in the order of the format.
pub(crate) fn actions() -> Vec<Action> {
    let (code, application, revision) = (code(1), sharing_id(&code(1), 2), 3);
    let public_key = labelled_key("offered").public();
    let request = request(APPLICANT, &[1, 2]);
    let mut grant = grant_of(application.clone(), &request);
    grant.reason = Some(id("符合共享条件"));
    vec![
        Action::RegisterDepartment(RegisterDepartment {
            id: id(PROVIDER),
            parent: None,
            credit_code: Some(id("11110000DEM000241U")),
            name: id("市公安局"),
            level: AdministrativeLevel::City,
            region: id("110000"),
            head: Some(offer()),
        }),
        Action::RegisterKey {
            department: id(PROVIDER),
            offer: offer(),
        },
        Action::RevokeKey { public_key },
        Action::SuspectKey {
            public_key,
            since: Height(9),
        },
        Action::DeclareResponsibility(DeclareResponsibility {
            code: id("Z-D004-01"),
            holder: id(PROVIDER),
            title: id("户籍管理"),
            text: Some(digest("户籍管理全文")),
            legal_bases: List::new(vec![LegalBasis {
                document: id("户口登记条例"),
                article: Some(id("第三条")),
            }])
            .unwrap(),
        }),
        Action::AbolishResponsibility {
            code: id("Z-D004-01"),
            revision: 1,
            reason: id("职责取消"),
        },
        Action::DraftResource {
            code: code.clone(),
            provider: id(PROVIDER),
            revision,
            entry: full_entry(),
        },
        Action::SubmitResource {
            code: code.clone(),
            revision,
        },
        Action::ReturnResource {
            code: code.clone(),
            revision,
            reason: id("摘要不完整"),
        },
        Action::PublishResource {
            code: code.clone(),
            revision,
        },
        Action::WithdrawResource {
            code: code.clone(),
            revision,
            reason: id("系统停用"),
        },
        Action::Apply {
            resource: code,
            applicant: id(APPLICANT),
            request,
        },
        Action::TakeBackApplication {
            application: application.clone(),
            revision,
        },
        Action::Grant(grant),
        Action::Refuse {
            application: application.clone(),
            revision,
            reason: id("用途不符"),
        },
        Action::EndAuthorization {
            authorization: application,
            revision,
            reason: id("不再需要"),
        },
        Action::RegisterNode(RegisterNode {
            id: id("D004-2"),
            department: id(PROVIDER),
            network: node_offer(NodeKeyUse::Network),
            consensus: Some(node_offer(NodeKeyUse::Consensus)),
            addresses: List::new(vec![id("/ip4/10.0.0.1/tcp/7000")]).unwrap(),
        }),
        Action::RemoveNode { id: id("D004-2") },
        Action::AmendNode(AmendNode {
            id: id("D004-2"),
            network: Some(node_offer(NodeKeyUse::Network)),
            consensus: None,
            addresses: Some(List::default()),
        }),
        Action::MarkReady {
            id: id("D004-2"),
            height: Height(7),
            block: digest("block"),
        },
        Action::ReportEquivocation {
            node: id("D004-2"),
            proof: equivocation(),
        },
        Action::Propose {
            measure: Box::new(measures().remove(0)),
            reason: id("政府令第七号"),
        },
        Action::Approve {
            proposal: id("D001/3"),
            revision,
        },
        Action::Reject {
            proposal: id("D001/3"),
            revision,
            reason: id("依据不足"),
        },
        Action::TakeBackProposal {
            proposal: id("D001/3"),
            revision,
        },
        Action::SuspendAuthorization {
            authorization: id("307001024/000001/1"),
            revision,
            reason: id("超范围使用"),
        },
        Action::ResumeAuthorization {
            authorization: id("307001024/000001/1"),
            revision,
        },
        Action::ConfirmHolder {
            authorization: id("307001024/000001/1"),
            revision,
        },
    ]
    .into_iter()
    .chain(usage_actions())
    .chain(case_actions())
    .collect()
}

/// What happens to bindings, and what uses them leave.
fn usage_actions() -> Vec<Action> {
    let revision = 3;
    vec![
        Action::ProposeBinding {
            resource: code(1),
            terms: binding_terms(),
        },
        Action::AmendBinding {
            binding: sharing_id(&code(1), 1),
            revision,
            terms: binding_terms(),
        },
        Action::ChangeBinding {
            binding: sharing_id(&code(1), 1),
            revision,
            change: BindingChange::Suspend,
            reason: id("系统升级"),
        },
        Action::ReportSchema {
            binding: sharing_id(&code(1), 1),
            schema: digest("schema"),
        },
        Action::SealReceipts(Box::new(SealReceipts {
            batch: batch_id(),
            side: Side::Consumer,
            counted: counted(7),
            root: digest("receipts"),
        })),
        Action::Rate {
            batch: batch_id(),
            stars: Stars::Four,
            reason: id("缺少两列"),
        },
        Action::AnswerRating {
            batch: batch_id(),
            text: id("已补齐"),
        },
    ]
}

/// What happens to applications before they are decided, and what departments owe one another.
fn case_actions() -> Vec<Action> {
    let (revision, reason) = (3, id("理由"));
    let numbered = sharing_id(&code(1), 2);
    vec![
        Action::AskForMore {
            application: numbered.clone(),
            revision,
            reason: id("缺少依据"),
        },
        Action::SupplyApplication {
            application: numbered.clone(),
            revision,
            request: request(APPLICANT, &[2]),
        },
        Action::ReviewApplication {
            application: numbered.clone(),
            revision,
        },
        Action::DefineElement {
            code: id("DE00001"),
            name: id("公民身份号码"),
            definition: id("公民的唯一身份号码"),
            field_type: FieldType::C,
        },
        Action::RetireElement {
            code: id("DE00001"),
            revision: 1,
            reason: id("标准废止"),
        },
        Action::ClaimSource {
            element: id("DE00001"),
            resource: code(1),
            field: FieldNumber(2),
            reason: id("登记时产生"),
        },
        Action::RaiseObjection {
            resource: code(1),
            raiser: id(APPLICANT),
            kind: ObjectionKind::Correction {
                fields: numbers(&[1, 2]),
            },
            reason: id("姓名有误"),
            evidence: Some(digest("evidence")),
        },
        Action::AnswerObjection {
            objection: numbered.clone(),
            revision,
            outcome: Outcome::Upheld,
            reason: id("核对无误"),
        },
        Action::EscalateObjection {
            objection: numbered.clone(),
            revision,
            reason: id("不认可答复"),
        },
        Action::CloseObjection {
            objection: numbered.clone(),
            revision,
            reason: id("已解决"),
        },
        Action::SettleObjection {
            objection: numbered.clone(),
            revision,
            outcome: Outcome::Corrected,
            reason: id("应予更正"),
        },
        Action::OpenFinding {
            id: id("J-2026-007"),
            subject: FindingSubject::Resource(code(1)),
            title: id("目录长期未更新"),
            text: Some(digest("finding")),
            due: moment(99).time,
        },
        Action::AnswerFinding {
            finding: id("J-2026-007"),
            revision,
            text: id("已更新"),
        },
        Action::JudgeFinding {
            finding: id("J-2026-007"),
            revision,
            cleared: true,
            reason: id("予以销号"),
        },
        Action::RaiseDemand {
            id: id("X-D005-01"),
            asker: id(APPLICANT),
            text: id("需要残疾人证信息"),
        },
        Action::AssignDemand {
            demand: id("X-D005-01"),
            revision,
            department: id(PROVIDER),
            reason: Some(id("改派")),
        },
        Action::AnswerDemand {
            demand: id("X-D005-01"),
            revision,
            resource: Some(code(1)),
            reason,
        },
        Action::ImposeObligation {
            resource: code(1),
            list: id("第一批共享责任清单"),
            due: moment(99).time,
        },
        Action::MeetObligation {
            obligation: numbered,
            revision,
        },
    ]
}

/// Terms of a binding for fields 1 and 2.
pub(crate) fn binding_terms() -> BindingTerms {
    let column = |name: &str, field| Column {
        name: id(name),
        field: FieldNumber(field),
    };
    BindingTerms {
        version: 1,
        kind: ResourceKind::Table,
        system: id("人口库.户籍表"),
        schema: digest("schema"),
        columns: List::new(vec![column("XM", 1), column("GMSFHM", 2)]).unwrap(),
        gateway: key(PROVIDER, Role::Gateway).public(),
    }
}

pub(crate) fn batch_id() -> BatchId {
    BatchId {
        usage: UsageId {
            binding: sharing_id(&code(1), 1),
            reader: id(APPLICANT),
            basis: UseBasis::Authorized { number: 2 },
        },
        from: moment(3).time,
    }
}

pub(crate) fn counted(calls: u64) -> Counted {
    Counted {
        to: moment(8).time,
        calls,
        denied: 1,
        rows: 40,
        fields: numbers(&[1, 2]),
    }
}

/// One measure of every variant, in the order of the format.
fn member_changes() -> Vec<MemberChange> {
    let consensus_key = secret().public();
    vec![
        MemberChange::Add {
            node: id("D006-1"),
            consensus_key,
        },
        MemberChange::Remove { node: id("D005-1") },
        MemberChange::Replace {
            node: id("D004-1"),
            by: id("D004-2"),
            consensus_key,
        },
        MemberChange::Rotate {
            node: id("D001-1"),
            consensus_key,
        },
    ]
}

pub(crate) fn measures() -> Vec<Measure> {
    vec![
        Measure::ChangeParameters(ParameterChange {
            revision: 2,
            settings: Some(Settings::default()),
            add_purposes: List::new(vec![Purpose {
                code: id("tax"),
                name: id("税收"),
            }])
            .unwrap(),
            end_purposes: List::new(vec![id("statistics")]).unwrap(),
            days: List::new(vec![CalendarDay {
                day: id("2026-10-01"),
                kind: DayKind::Holiday,
            }])
            .unwrap(),
        }),
        Measure::AssignOffice {
            office: Office::Inspectorate,
            department: id(BYSTANDER),
            revision: 4,
        },
        Measure::Grant(grant_of(sharing_id(&code(1), 2), &request(APPLICANT, &[1]))),
        Measure::Revoke {
            authorization: sharing_id(&code(1), 2),
            revision: 1,
            reason: id("用途终止"),
        },
        Measure::Withdraw {
            code: code(1),
            revision: 3,
            reason: id("系统停用"),
        },
        Measure::Narrow {
            code: code(1),
            revision: 3,
        },
        Measure::ReplaceHead {
            department: id(PROVIDER),
            offer: offer(),
        },
        Measure::SuspendDepartment {
            department: id(BYSTANDER),
        },
        Measure::ResumeDepartment {
            department: id(BYSTANDER),
        },
        Measure::Reorganise(Reorganisation {
            kind: ReorganisationKind::Merge,
            document: id("机构改革方案"),
            transfers: List::new(vec![Transfer {
                responsibility: id("Z-D004-01"),
                from: id(PROVIDER),
                to: Some(id(BYSTANDER)),
            }])
            .unwrap(),
            dissolves: List::new(vec![id(PROVIDER)]).unwrap(),
            renames: List::new(vec![Renaming {
                department: id(BYSTANDER),
                name: id("新部门"),
            }])
            .unwrap(),
            successors: List::new(vec![Succession {
                department: id(PROVIDER),
                successor: id(BYSTANDER),
            }])
            .unwrap(),
        }),
        Measure::ChangeMembership {
            changes: List::new(member_changes()).unwrap(),
        },
        Measure::RaiseRules {
            version: 3,
            from: Height(600),
        },
        Measure::ConfirmHolder {
            authorization: sharing_id(&code(1), 2),
            revision: 1,
        },
    ]
}

fn proposal() -> Proposal {
    Proposal {
        id: id("D001/3"),
        measure: measures().remove(0),
        reason: id("政府令第七号"),
        proposed: decision(None),
        seats: List::new(vec![Seat {
            department: id(STEWARD),
            signatory: Signatory::Head,
            approval: Some(decision(None)),
        }])
        .unwrap(),
        not_before: moment(8).time,
        lapses: moment(9).time,
        revision: 2,
        status: ProposalStatus::InForce { at: moment(9) },
        trail: trail(),
    }
}

/// A transaction of one action.
pub(crate) fn transaction(action: Action) -> SignedTransaction {
    let not_after = TimeMs(GENESIS_TIME.0 + 3_600_000);
    SignedTransaction::new(&secret(), chain(), 5, not_after, vec![action]).unwrap()
}

fn decision(reason: Option<&str>) -> Decision {
    Decision {
        department: id(PROVIDER),
        key: administrator(PROVIDER).public(),
        at: moment(8),
        reason: reason.map(id),
    }
}

fn trail() -> Trail {
    Trail {
        count: 2,
        head: digest("trail"),
    }
}

/// One record of every kind, in the order of the format.
pub(crate) fn records() -> Vec<Record> {
    let period = Period {
        from: moment(3),
        to: Some(moment(9)),
    };
    let request = request(APPLICANT, &[1, 2]);
    let application = sharing_id(&code(1), 1);
    vec![
        Record::Department(Department {
            id: id(SUB_UNIT),
            parent: Some(id(PROVIDER)),
            credit_code: Some(id("11110000DEM000241U")),
            name: id("市公安局人口总队"),
            level: AdministrativeLevel::City,
            region: id("110000"),
            status: List::new(vec![StatusSince {
                status: DepartmentStatus::Active,
                since: moment(3),
            }])
            .unwrap(),
            sub_units: 1,
            proposals: 3,
            successor: None,
            open_proposals: List::new(vec![2, 3]).unwrap(),
            trail: trail(),
        }),
        Record::Key(Key {
            public_key: secret().public(),
            algorithm: Algorithm::Ed25519,
            department: id(PROVIDER),
            role: Role::Gateway,
            next_sequence: 17,
            valid: period,
            suspicions: List::new(vec![Suspicion {
                since: Height(5),
                reported: moment(6),
            }])
            .unwrap(),
        }),
        Record::Node(Node {
            id: id("D004-1"),
            department: id(PROVIDER),
            network_key: secret().public(),
            consensus_keys: List::new(vec![ConsensusKey {
                key: secret().public(),
                announced: moment(4),
            }])
            .unwrap(),
            ready: Some(Ready {
                height: Height(7),
                block: digest("block"),
                at: moment(8),
            }),
            equivocations: List::new(vec![Equivocation {
                height: Height(7),
                round: 2,
                step: Step::Prevote,
                reported: decision(None),
            }])
            .unwrap(),
            addresses: List::new(vec![id("/ip4/10.0.0.1/tcp/7000")]).unwrap(),
            admitted: period,
            trail: trail(),
        }),
        Record::Responsibility(Responsibility {
            code: id("Z-D004-01"),
            holder: id(PROVIDER),
            revision: 3,
            earlier_holders: List::new(vec![EarlierHolder {
                holder: id(BYSTANDER),
                until: moment(4),
            }])
            .unwrap(),
            title: id("户籍管理"),
            text: Some(digest("户籍管理全文")),
            legal_bases: List::default(),
            effective: period,
            ended_as: Some(ResponsibilityEnd::Abolished),
            trail: trail(),
        }),
        Record::Resource(Box::new(resource())),
        Record::Application(Application {
            id: application.clone(),
            applicant: id(APPLICANT),
            request: request.clone(),
            revision: 2,
            submitted: moment(7),
            status: ApplicationStatus::Refused {
                decision: decision(Some("用途不符")),
            },
            stages: List::new(vec![StageSince {
                stage: ApplicationStage::Refused,
                since: moment(8),
            }])
            .unwrap(),
        }),
        Record::Authorization(Authorization {
            id: application,
            grantee: id(APPLICANT),
            responsibility: request.responsibility,
            version: 1,
            fields: request.fields,
            purpose: request.purpose,
            calls_per_day_max: None,
            from: request.from,
            to: request.to,
            granted: decision(None),
            approvals: List::new(vec![decision(None)]).unwrap(),
            revision: 2,
            active: List::new(vec![period]).unwrap(),
            suspended: Some(decision(Some("超范围使用"))),
            ended: Some(EarlyEnd {
                kind: EndKind::GivenUp,
                decision: decision(Some("不再需要")),
            }),
        }),
        genesis_record(RecordKind::Offices),
        genesis_record(RecordKind::Parameters),
        genesis_record(RecordKind::Membership),
        Record::Proposal(Box::new(proposal())),
        Record::Binding(Binding {
            id: sharing_id(&code(1), 1),
            revision: 3,
            terms: binding_terms(),
            states: List::new(vec![BindingSince {
                state: BindingState::Drifted,
                since: moment(4),
                seen: Some(digest("another schema")),
            }])
            .unwrap(),
            served: List::new(vec![FieldPeriod {
                field: FieldNumber(1),
                period,
            }])
            .unwrap(),
            seen: Some(moment(3)),
            decision: decision(None),
        }),
        Record::Usage(Usage {
            provider: SideTotals {
                batches: 2,
                calls: 9,
                denied: 1,
                rows: 40,
                sealed_to: Some(moment(8).time),
                today: Some(DayCalls {
                    day: Day(20_454),
                    calls: 8,
                }),
                over: Some(OverQuota {
                    allowed: 5,
                    days: 2,
                    last: Day(20_454),
                    calls: 8,
                    sealed: moment(9),
                }),
            },
            agreed: 1,
            contested: 1,
            ..Usage::new(batch_id().usage)
        }),
        Record::ReceiptBatch(ReceiptBatch {
            id: batch_id(),
            provider: Some(seal(7)),
            consumer: Some(seal(8)),
            contested: Some(moment(9)),
        }),
        Record::Rating(Rating {
            batch: batch_id(),
            stars: Stars::Two,
            rated: decision(Some("缺少两列")),
            answered: Some(decision(Some("已补齐"))),
        }),
    ]
    .into_iter()
    .chain(case_records())
    .collect()
}

fn case_records() -> Vec<Record> {
    let period = Period::since(moment(3));
    vec![
        Record::DataElement(DataElement {
            code: id("DE00001"),
            revision: 2,
            name: id("公民身份号码"),
            definition: id("公民的唯一身份号码"),
            field_type: FieldType::C,
            defined: moment(2),
            sources: List::new(vec![Source {
                resource: code(1),
                field: FieldNumber(2),
                department: id(PROVIDER),
                period,
            }])
            .unwrap(),
            retired: Some(moment(9)),
            trail: trail(),
        }),
        Record::Objection(Objection {
            id: sharing_id(&code(1), 1),
            kind: ObjectionKind::SourceConflict {
                element: id("DE00001"),
                resource: code(2),
                field: FieldNumber(2),
            },
            raiser: id(APPLICANT),
            evidence: Some(digest("evidence")),
            revision: 2,
            steps: List::new(vec![ObjectionStep {
                stage: ObjectionStage::Answered,
                outcome: Some(Outcome::Upheld),
                decision: decision(Some("核对无误")),
            }])
            .unwrap(),
        }),
        Record::Finding(Finding {
            id: id("J-2026-007"),
            subject: FindingSubject::Department(id(PROVIDER)),
            department: id(PROVIDER),
            title: id("目录长期未更新"),
            text: Some(digest("finding")),
            due: moment(99).time,
            revision: 3,
            opened: decision(None),
            answers: List::new(vec![FindingAnswer {
                answered: decision(Some("已更新")),
                judged: Some(decision(Some("予以销号"))),
                cleared: true,
            }])
            .unwrap(),
            closed: Some(decision(Some("部门已撤销"))),
        }),
        Record::Demand(Demand {
            id: id("X-D005-01"),
            asker: id(APPLICANT),
            raised: decision(Some("需要残疾人证信息")),
            revision: 3,
            state: DemandState::Listed {
                resource: code(1),
                department: id(PROVIDER),
                assigned: decision(None),
                decision: decision(Some("已列入")),
            },
            earlier: List::new(vec![EarlierAssignment {
                department: id(BYSTANDER),
                assigned: decision(None),
                until: decision(Some("改派")),
            }])
            .unwrap(),
        }),
        Record::Obligation(Obligation {
            id: sharing_id(&code(1), 1),
            list: id("第一批共享责任清单"),
            department: id(PROVIDER),
            due: moment(99).time,
            revision: 2,
            imposed: decision(None),
            met: Some(decision(None)),
        }),
        Record::Docket(Docket {
            department: id(APPLICANT),
            applications: 3,
            objections: 1,
            demands: 2,
        }),
    ]
}

fn seal(calls: u64) -> Seal {
    Seal {
        counted: counted(calls),
        root: digest("receipts"),
        department: id(PROVIDER),
        key: key(PROVIDER, Role::Gateway).public(),
        at: moment(9),
    }
}

fn genesis_record(kind: RecordKind) -> Record {
    let mut records = genesis_records().into_iter();
    records.find(|record| record.id().kind() == kind).unwrap()
}

fn resource() -> Resource {
    Resource {
        code: code(1),
        provider: id(PROVIDER),
        earlier_providers: List::new(vec![EarlierProvider {
            provider: id(BYSTANDER),
            until: moment(5),
        }])
        .unwrap(),
        created: moment(4),
        revision: 9,
        draft: Some(Draft {
            status: DraftStatus::Returned {
                reason: id("摘要不完整"),
                since: moment(8),
            },
            entry: full_entry(),
        }),
        published: Some(Published {
            version: 1,
            since: moment(6),
            entry: entry(&responsibility(PROVIDER)),
        }),
        submissions: List::new(vec![Submission {
            since: moment(5),
            ended: Some(SubmissionEnd {
                at: moment(6),
                outcome: SubmissionOutcome::Published,
            }),
        }])
        .unwrap(),
        versions: List::new(vec![VersionPeriod {
            version: 1,
            period: Period::since(moment(6)),
            entry: entry(&responsibility(PROVIDER)).hash(),
            responsibility: Some(responsibility(PROVIDER)),
            decisions: List::new(vec![decision(None)]).unwrap(),
        }])
        .unwrap(),
        unconditional: List::new(vec![FieldPeriod {
            field: FieldNumber(1),
            period: Period::since(moment(6)),
        }])
        .unwrap(),
        withdrawn: Some(Withdrawal {
            reason: id("系统停用"),
            at: moment(9),
        }),
        last_field: 4,
        applications: 1,
        waiting: List::new(vec![Waiting {
            applicant: id(APPLICANT),
            number: 1,
        }])
        .unwrap(),
        grants: List::new(vec![Lasting {
            number: 1,
            to: moment(90).time,
        }])
        .unwrap(),
        bindings: 1,
        objections: 1,
        obligations: 1,
        trail: trail(),
    }
}

pub(crate) fn header() -> Header {
    Header {
        version: 1,
        chain: chain(),
        height: Height(42),
        time: moment(42).time,
        parent: digest("parent"),
        round: 3,
        builder: Address::of(&secret().public()),
        transactions_root: digest("transactions"),
        header_log_root: digest("log"),
        state_root: digest("state"),
        validators_hash: validators().hash(),
        next_validators_hash: validators().hash(),
        rules_version: 1,
    }
}

pub(crate) fn block() -> Block {
    let transactions = actions().into_iter().map(transaction).collect();
    Block {
        header: header(),
        transactions: Transactions::new(transactions).unwrap(),
    }
}
