//! Every rejection in Chinese. The match names each, so none can be forgotten.

use super::Rejection;
use crate::crypto::CryptoError;
use crate::ids::DepartmentId;
use crate::language::{Language, Phrase};
use crate::limits;
use crate::records::{
    ApplicationStage, BindingState, FindingState, Lack, ObjectionStage, Office, RecordId,
    ResourceStatus, Role, Side, Signatory, Standing,
};
use crate::signing::Step;
use crate::usage::Span;

/// A rejection in Chinese, with what to do.
#[rustfmt::skip]
pub(super) fn text(rejection: &Rejection) -> String {
    use Rejection as R;
    match rejection {
        R::UnknownKey { key } => format!("密钥 {key} 未登记。请部门负责人登记"),
        R::RevokedKey { key, since } => format!("密钥 {key} 已在高度 {since} 吊销。请使用有效的密钥签名"),
        R::SequenceUsed { given, expected } => format!("该密钥的序号 {given} 已使用，下一个是 {expected}。请用 {expected} 重新签名"),
        R::SequenceAhead { given, expected } => format!("序号 {given} 过大，该密钥的下一个序号是 {expected}。请先提交之前的交易，或用 {expected} 重新签名"),
        R::Expired { not_after, block_time } => format!("交易已于 {not_after} 过期，区块时间为 {block_time}。请延长有效期后重新签名"),
        R::ExpiryTooFar { not_after, block_time } => format!("交易有效期至 {not_after}，超过区块时间 {block_time} 之后 {} 小时。请缩短有效期后重新签名", limits::NOT_AFTER_AHEAD_MS_MAX / 3_600_000),
        R::RoleForbids { role, action, signing } => format!("角色为“{}”的密钥不能签署 `{action}`。请使用角色为{}的密钥签署", role_name(*role), roles(signing)),
        R::NotActingFor { actor, subject } => format!("{actor} 不代表 {subject}。需要 {subject} 或其上级部门的密钥"),
        R::OfficeNeeded { actor, office, holder } => format!("{actor} 不担任{}。请 {holder} 签署", office_name(*office)),
        R::OfficeVacant { office } => format!("本链尚无部门担任{}。请先提议任命（`assign_office`）", office_name(*office)),
        R::OwnEntry { actor, provider, publisher } => format!("{actor} 不能发布 {provider} 的目录：任何部门不得发布自己的目录。请 {publisher} 发布"),
        R::Unknown { id } => format!("{}不存在。请核对，或先登记", record(id)),
        R::Taken { id } => format!("{}已存在，代码不得重复使用。请另选", record(id)),
        R::Stale { id, given, current } => format!("{} 当前修订号为 {current}，而本决定依据的是修订号 {given}。请重新查看后再签名", record(id)),
        R::OtherVersion { code, given, current } => format!("{code} 的现行版本为 {current}，而本决定依据的是版本 {given}。请查看差异（`dirchain query difference {code} --from {given} --to {current}`）后按版本 {current} 重新签名；待办的申请可通过 `sharing ask` 和 `sharing supply` 更新"),
        R::DepartmentNotActive { department } => format!("部门 {department} 未处于正常状态。已暂停的部门恢复后（`resume_department`）可再办理；已撤销的，请改用承接部门"),
        R::ParentMissing { id, parent } => format!("{id} 是 {parent} 的下属单位代码。请写明上级 {parent}，或另取不含点的代码"),
        R::BadSubUnit { id, parent } => format!("{id} 不能作为 {parent} 的下属单位代码：应为上级代码、一个点和一个数字，最多 {} 级", limits::DEPARTMENT_DEPTH_MAX),
        R::HeadMissing { department } => format!("部门 {department} 的第一个密钥必须是负责人密钥；或由上级部门代为签名且自身没有密钥"),
        R::BadKey { reason } => format!("所提供的密钥不被接受：{}", crypto(reason)),
        R::ForeignOffer { key, department, role } => format!("密钥 {key} 的登记申请不是为本链、部门 {department} 和角色“{}”制作的。请用 `dirchain keys offer --department {department} --role {role}` 重新制作", role_name(*role)),
        R::CreditCodeTaken { credit_code, department } => format!("统一社会信用代码 {credit_code} 已属于 {department}。请核对，每个部门各有其代码"),
        R::LastHeadKey { key, department } => format!("{key} 是 {department} 最后一个有效的负责人密钥。请先登记另一个"),
        R::BadSuspectHeight { given, from, now } => format!("可疑起始高度应在密钥登记高度（{from}）与当前高度（{now}）之间，而不是 {given}"),
        R::SuspectAlready { key, since } => format!("密钥 {key} 自高度 {since} 起已标为可疑。只有更早的高度才需再次报告"),
        R::ResponsibilityEnded { code } => format!("职责 {code} 已失效。请引用有效的职责"),
        R::Unfounded { code, responsibility, provider } => format!("{code} 引用的职责 {responsibility} 已失效，或不属于 {provider}：不得据此提出新的申请或授权。请由 {provider} 修订目录、引用有效的职责，或撤销目录；此前的授权继续有效"),
        R::ResponsibilityNotHeld { code, holder, department } => format!("职责 {code} 由 {holder} 持有，而非 {department}。请引用 {department} 自己的职责"),
        R::NotOwnResponsibility { code, applicant } => format!("申请须引用申请方自己的有效职责：{code} 不是 {applicant} 的职责"),
        R::Incomplete { code, lacks } => format!("{code} 尚缺：{}。请先补全草稿", lacking(lacks)),
        R::SharingUnfounded { code, lacks } => format!("{code} 尚缺：{}。有条件共享须写明条件，不予共享须写明依据", lacking(lacks)),
        R::BadFieldNumber { code, field } => format!("{code} 的信息项 {field}：编号须从 1 起严格递增，用过的编号不得另用"),
        R::WithdrawalWaits { code, proposal } => format!("{code} 的撤销（提案 {proposal}）正在等待生效，变更目录将使其落空。请先撤回 {proposal}，或等待其生效"),
        R::Narrows { code, field } => format!("{code} 的修订比现行版本共享得少（信息项 {field}）。请通过提案并提前通知"),
        R::WrongStatus { code, status, needed } => format!("{code} 的状态是“{}”：{}", status_name(*status), phrase(needed)),
        R::NotProvider { code, provider } => format!("{code} 是 {provider} 的目录。请改用本部门的目录，或由 {provider} 签署"),
        R::OwnResource { code, applicant } => format!("{applicant} 提供 {code}，或与其提供方属于同一部门：部门内部无需申请，内设单位读取本部门数据由该部门自行管理，不记入本账本"),
        R::UnknownPurpose { purpose } => format!("用途 {purpose} 不在本链的代码表中；`dirchain query parameters` 可列出代码表"),
        R::BadFields { code, field } => match field {
            Some(field) => format!("信息项须至少列出 {code} 的一个编号，升序且不重复；{field} 有误"),
            None => format!("信息项须至少列出 {code} 的一个编号，升序且不重复；列表为空"),
        },
        R::BadPeriod { from, to } => format!("期限 {from} 至 {to} 为空或已过。终止时间应晚于起始时间和当前时间"),
        R::AlreadyDecided { application } => format!("申请 {application} 已有决定，决定不再更改。请重新申请"),
        R::GrantExceeds { application, what } => format!("对 {application} 的授权超出申请：{}。请在申请范围内授权", phrase(what)),
        R::NotShareable { code, field } => format!("{code} 的信息项 {field} 不予共享，不能授权。请去掉该项"),
        R::NotDecider { actor, provider, code } => format!("只有提供 {code} 的 {provider} 可以授权或拒绝；{actor} 不代表该部门"),
        R::ApplicantDecides { actor, applicant } => format!("{actor} 代表申请方 {applicant}，不能对其申请作出决定。须由提供方中不代表申请方的人签署"),
        R::NotActive { authorization } => format!("授权 {authorization} 未处于有效状态，无可终止或暂停。`dirchain query authorization {authorization}` 可查看起止时间"),
        R::NotParty { actor, authorization } => format!("{actor} 既不是授权 {authorization} 的提供方，也不是被授权方。须由其中一方签署"),
        R::ValidatorNode { node } => format!("节点 {node} 是或将是共识节点：共识节点只通过成员变更调整。请登记观察节点，或申请成员变更"),
        R::BadNodeId { node, department } => format!("{node} 不能作为 {department} 的节点名称：应为 {department}、连字符和数字，如 {department}-1"),
        R::ForeignNodeKey { key, node } => format!("未证明密钥 {key} 由本链节点 {node} 持有。请在密钥所在处制作：`dirchain node offer`"),
        R::NotNearEnd { node, height, blocks_max, what } => format!("节点 {node} 未能以高度 {height} 证明已就绪：{}。请待其同步后，指明距链尾不超过 {blocks_max} 个区块的区块：`dirchain node ready`", phrase(what)),
        R::NotReady { node } => format!("节点 {node} 尚未证明已就绪。请其运维员在同步后签署 `dirchain node ready`"),
        R::AlreadyVotes { department, node } => format!("{department} 已经或将由节点 {node} 参加共识。请更换该节点，或先将其移除"),
        R::DoesNotVote { node } => format!("节点 {node} 不参加共识，也未同意其参加。请指明参加共识的节点"),
        R::OtherConsensusKey { node, key, what } => format!("节点 {node} 的密钥不符（{}）：{key}。请指明其最近公布的密钥", phrase(what)),
        R::ForeignReplacement { node, by } => format!("节点 {by} 不能取代 {node}：部门只能以自己的节点取代自己的节点"),
        R::TooFewValidators { count } => format!("{count} 个共识节点中一个也不能离开：再少则任一节点停止时链将停止。请先增加节点"),
        R::NoChange {} => "没有任何改动，请删去".to_owned(),
        R::BadRules { what } => format!("规则不能这样升级：{}", phrase(what)),
        R::EquivocationUnproven { node, what } => format!("节点 {node} 的矛盾签名未得到证明：{}", phrase(what)),
        R::EquivocationKnown { node, height, round, step } => format!("节点 {node} 在高度 {height}、轮次 {round} 的矛盾签名（{}）已有记录，无须再报", step_name(*step)),
        R::OwnEquivocation { node } => format!("节点 {node} 须由其他部门节点的运维员报告，不能由其自己报告。请将证据交给其他部门"),
        R::NoCalls {} => "每日零次调用的申请或授权没有意义。请给出次数，或不限次数".to_owned(),
        R::NodeRemoved { node } => format!("节点 {node} 已移除。请以新名称登记另一个节点"),
        R::TwoPersonNeeded { application, field } => format!("{application} 的授权含 3 级或 4 级信息项 {field}，须由管理员和负责人共同批准。请通过提案办理"),
        R::NeedsProposal { measure, subject } => format!("对{}的 `{measure}` 须提前通知并经数据主管部门同意。请通过提案办理", phrase(subject)),
        R::NotSuspended { authorization } => format!("授权 {authorization} 未被暂停，无需恢复"),
        R::WrongDepartment { department, what } => format!("部门 {department} 不能这样变更：{}", phrase(what)),
        R::BadReorganisation { what } => format!("机构改革方案不成立：{}。被撤销部门的每项职责须且只须移交一次", phrase(what)),
        R::NoNewHolder { authorization, holder } => format!("授权 {authorization} 无须确认新的持有方：{holder} 持有授权所依据的职责"),
        R::NotProposer { actor, measure, proposers } => format!("{actor} 不能提议 `{measure}`。请 {} 提议", joined(proposers, " 或 ")),
        R::NotApprover { actor, role, id, waits } => format!("提案 {id} 不等待 {actor}（{}）批准，正在等待：{}", role_name(*role), seats(waits)),
        R::ProposalClosed { id, standing } => format!("提案 {id} {}。如仍需要，请重新提议", standing_name(*standing)),
        R::ProposalLapsed { id, lapsed } => format!("提案 {id} 已于 {lapsed} 失效。请重新提议"),
        R::ApproversChanged { id } => format!("提案 {id} 所需的批准方在提出之后已变化。请撤回并重新提议"),
        R::NoticeRunning { id, until } => format!("提案 {id} 的受影响方的通知期至 {until}。请届时再作最后批准"),
        R::BadParameters { what } => format!("参数不能这样修改：{}", phrase(what)),
        R::OfficeHeld { office, holder } => format!("{holder} 已担任{}。请指明其他部门", office_name(*office)),
        R::BadColumn { code, column } => match column {
            Some(column) => format!("{code} 的挂接中列 {column} 有误：每列对应现行版本的一个信息项，列与信息项各一次，按信息项升序"),
            None => format!("{code} 的挂接没有列：每列对应现行版本的一个信息项，列与信息项各一次，按信息项升序"),
        },
        R::BadGateway { key } => format!("密钥 {key} 不是有效的网关密钥。请先以角色 `gateway` 登记"),
        R::NotInService { binding, served } => match served {
            Some(served) => format!("挂接 {binding} 的服务时间为{}。只能封存该时间内的窗口", span(served)),
            None => format!("挂接 {binding} 从未启用。只能封存服务时间内的窗口"),
        },
        R::BindingState { binding, state, needed } => format!("挂接 {binding} 的状态是“{}”：{}", binding_state(*state), phrase(needed)),
        R::SchemaDiffers { binding, stated, seen } => format!("网关看到的结构是 {seen}，挂接 {binding} 声明的是 {stated}。请修改挂接，或修复系统"),
        R::Drifted { binding, field } => format!("提供信息项 {field} 的挂接 {binding} 与声明的结构不一致。请修复后再授权"),
        R::NotGateway { key, binding } => format!("密钥 {key} 不是可报告挂接 {binding} 的网关：提供侧须是挂接自己的网关，使用侧须是使用方的网关"),
        R::BadWindow { from, to, now } => format!("窗口 {from} 至 {to} 为空、超过 {} 天或尚未结束（当前 {now}）。请封存已结束的窗口", limits::WINDOW_MS_MAX / 86_400_000),
        R::BasisNotValid { batch, to, valid } => match valid.is_empty() {
            true => format!("{batch} 的依据在截至 {to} 的整个窗口内都不成立。请在依据变化处拆分窗口"),
            false => format!("{batch} 的依据并非在截至 {to} 的整个窗口内成立，成立的时间为{}。请在依据变化处拆分窗口", valid.iter().map(span).collect::<Vec<_>>().join("、")),
        },
        R::FieldNotCovered { batch, field } => format!("{batch} 的依据不包含信息项 {field}。请将使用该项的调用归入相应依据的批次"),
        R::FieldNotServed { batch, field } => format!("{batch} 计入信息项 {field}，而其挂接在该时段内没有对应的列。请将这些调用计入提供该信息项的挂接，或先修改挂接再提供"),
        R::WindowOverlaps { batch, side, sealed_to } => format!("{batch} 的{}早于 {sealed_to}，而该侧已封存至此。窗口须前后相接、互不重叠", side_name(*side)),
        R::BadCounts { batch, what } => format!("{batch} 的计数自相矛盾：{}。被拒绝的调用也计入全部调用", phrase(what)),
        R::SideSealed { batch, side } => format!("{batch} 的{}计数已封存，不再改变；只能补充另一侧", side_name(*side)),
        R::NotReader { actor, reader } => format!("{actor} 不能评价：批次由其使用方（{reader}）评价，提供方不得评价"),
        R::Answered { id } => format!("{}已有答复，答复不再更改", record(id)),
        R::TooMuchWork { work_max } => format!("所需工作量超过允许的 {work_max} 个单位。请拆分为多笔交易"),
        R::WrongStage { application, stage, needed } => format!("申请 {application} 的阶段是“{}”：{}", stage_name(*stage), phrase(needed)),
        R::ElementRetired { code } => format!("数据元 {code} 已停用。请使用在用的数据元"),
        R::NotAnInstance { element, resource, field } => format!("现行 {resource} 的信息项 {field} 未标明为数据元 {element}，或类型不同。请先修订目录"),
        R::AlreadySource { element, resource, field } => format!("{resource} 的信息项 {field} 已是数据元 {element} 的来源"),
        R::ClaimInstead { code } => format!("来源冲突不直接提出：请以 {code} 的信息项认领来源，异议会自动产生"),
        R::ClaimWaits { element, objection } => format!("对数据元 {element} 来源的同一认领正作为异议 {objection} 等待办结。请等待裁定，或先行撤回"),
        R::OwnObjection { code, raiser } => format!("{raiser} 提供 {code}，或与其提供方属于同一部门：不能对自己的目录提出异议。请直接修订目录"),
        R::RaiserResolves { actor, objection } => format!("{actor} 代表异议 {objection} 的提出方，不能办结该异议。须由其他部门办结"),
        R::ObjectionStage { objection, stage, needed } => format!("异议 {objection} 的阶段是“{}”：{}", objection_stage(*stage), phrase(needed)),
        R::FindingState { finding, state, needed } => format!("检查发现 {finding} 的状态是“{}”，须为“{}”", finding_state(*state), finding_state(*needed)),
        R::DuePast { due, now } => format!("期限 {due} 已过（当前 {now}）。请给出更晚的日期"),
        R::OwnDemand { demand, department } => format!("{department} 即需求 {demand} 的提出方，或与其属于同一部门。请分派给可以编目该数据的部门"),
        R::ReasonNeeded { demand, asked } => format!("需求 {demand} 已分派给 {asked}；改派其他部门须说明理由"),
        R::ObligationStands { obligation } => format!("同一清单已列入该目录，即共享责任 {obligation}。一份清单中一个目录只列一次"),
        R::RatedAlready { batch } => format!("批次 {batch} 已有评价，评价不再更改。请评价其他批次"),
        R::ProposalWaits { id } => format!("提案 {id} 内容相同，正在等待批准。请批准，或先行撤回"),
        R::DemandNotAssigned { demand } => format!("需求 {demand} 尚未分派。请数据主管部门先行分派"),
        R::NothingBound { code } => format!("{code} 没有已启用的挂接。请先挂接，并由其网关报告结构"),
        R::Full { what, count_max } => format!("{}已达上限 {count_max}。如为待办数量，请先办结一部分；历史记录已满则不能再添加", phrase(what)),
    }
}

fn phrase(phrase: &Phrase) -> &str {
    phrase.told(Language::Chinese)
}

fn joined<T: ToString>(items: &[T], between: &str) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(between)
}

fn seats(seats: &[(DepartmentId, Signatory)]) -> String {
    let seat = |(department, by): &(DepartmentId, Signatory)| {
        let by = match by {
            Signatory::Head => "负责人",
            Signatory::Administrator => "目录管理员",
            Signatory::Either => "负责人或目录管理员",
        };
        format!("{department}（{by}）")
    };
    let seats: Vec<String> = seats.iter().map(seat).collect();
    joined(&seats, "、")
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Proposal => "提议",
        Step::Prevote => "预投票",
        Step::Precommit => "预提交",
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Head => "负责人",
        Role::Administrator => "目录管理员",
        Role::Operator => "运维员",
        Role::Gateway => "网关",
        Role::Inspector => "监审员",
    }
}

fn office_name(office: Office) -> &'static str {
    match office {
        Office::Registrar => "编办",
        Office::Steward => "数据主管部门",
        Office::StewardDeputy => "数据主管部门的代理",
        Office::Inspectorate => "监审",
        Office::Standards => "标准方",
        Office::Operations => "运营方",
    }
}

fn status_name(status: ResourceStatus) -> &'static str {
    match status {
        ResourceStatus::Draft => "草稿",
        ResourceStatus::Submitted => "已提交",
        ResourceStatus::Returned => "已退回",
        ResourceStatus::Published => "已发布",
        ResourceStatus::Withdrawn => "已撤销",
    }
}

fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "待批准",
        Standing::InForce => "已生效",
        Standing::Rejected => "已被否决",
        Standing::TakenBack => "已撤回",
        Standing::Lapsed => "已失效",
    }
}

fn binding_state(state: BindingState) -> &'static str {
    match state {
        BindingState::Proposed => "待启用",
        BindingState::Live => "已启用",
        BindingState::Drifted => "结构不一致",
        BindingState::Suspended => "已暂停",
        BindingState::Retired => "已停用",
    }
}

fn stage_name(stage: ApplicationStage) -> &'static str {
    match stage {
        ApplicationStage::Submitted => "已提交",
        ApplicationStage::NeedsMore => "待补正",
        ApplicationStage::InReview => "审核中",
        ApplicationStage::Granted => "已授权",
        ApplicationStage::Refused => "已拒绝",
        ApplicationStage::TakenBack => "已撤回",
        ApplicationStage::Disputed => "有异议",
    }
}

fn objection_stage(stage: ObjectionStage) -> &'static str {
    match stage {
        ObjectionStage::Raised => "已提出",
        ObjectionStage::Answered => "已答复",
        ObjectionStage::Escalated => "已提交数据主管部门",
        ObjectionStage::Closed => "已办结",
    }
}

fn finding_state(state: FindingState) -> &'static str {
    match state {
        FindingState::Open => "待答复",
        FindingState::Answered => "已答复",
        FindingState::Cleared => "已销号",
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Provider => "提供侧",
        Side::Consumer => "使用侧",
    }
}

fn crypto(error: &CryptoError) -> String {
    match error {
        CryptoError::NotHex { digits } => format!("应为 {digits} 位十六进制数字"),
        CryptoError::NotAPoint => "公钥不是曲线上的点".to_owned(),
        CryptoError::SmallOrder => "公钥含小阶分量".to_owned(),
        CryptoError::BadSignature => "签名与密钥及所签内容不符".to_owned(),
    }
}

fn span(span: &Span) -> String {
    match span.to {
        Some(to) => format!(" {} 至 {to}", span.from),
        None => format!(" {} 起", span.from),
    }
}

fn lacking(lacks: &[Lack]) -> String {
    let names: Vec<String> = lacks.iter().map(lack).collect();
    names.join("、")
}

fn roles(roles: &[Role]) -> String {
    let names = roles.iter().map(|role| format!("“{}”", role_name(*role)));
    names.collect::<Vec<_>>().join("或")
}

pub(super) fn lack(lack: &Lack) -> String {
    let of = |number: &Option<crate::ids::FieldNumber>, what: &str| match number {
        Some(number) => format!("信息项 {number} 的{what}"),
        None => what.to_owned(),
    };
    match lack {
        Lack::Responsibility => "职责".to_owned(),
        Lack::Abstract => "摘要".to_owned(),
        Lack::Category => "分类".to_owned(),
        Lack::Kind => "格式".to_owned(),
        Lack::Fields => "信息项".to_owned(),
        Lack::Sharing => "共享类型".to_owned(),
        Lack::Condition(number) => of(number, "共享条件"),
        Lack::LegalBasis(number) => of(number, "不予共享依据"),
        Lack::Method => "共享方式".to_owned(),
        Lack::Openness => "开放属性".to_owned(),
        Lack::UpdateCycle => "更新周期".to_owned(),
        Lack::Level => "分级".to_owned(),
    }
}

pub(super) fn record(id: &RecordId) -> String {
    match id {
        RecordId::Department(id) => format!("部门 {id}"),
        RecordId::Key(key) => format!("密钥 {key}"),
        RecordId::Node(id) => format!("节点 {id}"),
        RecordId::Responsibility(code) => format!("职责 {code}"),
        RecordId::Resource(code) => format!("目录 {code}"),
        RecordId::Application(id) => format!("申请 {id}"),
        RecordId::Authorization(id) => format!("授权 {id}"),
        RecordId::Offices => "职位记录".to_owned(),
        RecordId::Parameters => "参数".to_owned(),
        RecordId::Membership => "成员记录".to_owned(),
        RecordId::Proposal(id) => format!("提案 {id}"),
        RecordId::Binding(id) => format!("挂接 {id}"),
        RecordId::Usage(id) => format!("使用 {id}"),
        RecordId::ReceiptBatch(id) => format!("使用留痕批次 {id}"),
        RecordId::Rating(id) => format!("对 {id} 的评价"),
        RecordId::DataElement(code) => format!("数据元 {code}"),
        RecordId::Objection(id) => format!("异议 {id}"),
        RecordId::Finding(id) => format!("检查发现 {id}"),
        RecordId::Demand(id) => format!("需求 {id}"),
        RecordId::Obligation(id) => format!("共享责任 {id}"),
        RecordId::Docket(id) => format!("{id} 的待办计数"),
    }
}
