//! What records and actions are called in either language.

use dirchain_ledger::access::{Basis, Denial};
use dirchain_ledger::action::Action;
use dirchain_ledger::ids::{FieldNumber, Moment};
use dirchain_ledger::records::{RecordId, Role, UseBasis};

use super::Language;
use crate::report::EventItem;

pub(super) fn block(at: Moment, language: Language) -> String {
    match language {
        Language::Chinese => format!("区块 {}（{}）", at.height, at.time),
        Language::English => format!("block {} ({})", at.height, at.time),
    }
}

pub(super) fn subject(id: &RecordId, language: Language) -> String {
    match (id, language) {
        (RecordId::Resource(code), Language::Chinese) => format!("目录条目 {code}"),
        (RecordId::Resource(code), Language::English) => format!("entry {code}"),
        (RecordId::Department(id), Language::Chinese) => format!("部门 {id}"),
        (other, _) => other.to_string(),
    }
}

pub(super) fn numbers(fields: &[FieldNumber]) -> String {
    let numbers = fields.iter().map(ToString::to_string);
    numbers.collect::<Vec<_>>().join(",")
}

/// The first digits of a key or hash.
pub(super) fn short(hex: &str) -> String {
    hex.chars().take(12).collect()
}

pub(super) fn basis(basis: &Basis, language: Language) -> String {
    match basis {
        Basis::Owner {
            responsibility,
            lapsed,
        } => {
            let duty = responsibility.as_ref();
            let duty = duty.map_or_else(String::new, |duty| format!(" {duty}"));
            let lapsed = match lapsed {
                true => language.say("，该职责已终止", ", which has ended"),
                false => "",
            };
            format!("{}{duty}{lapsed}", language.say("提供方", "owner"))
        }
        Basis::Unconditional { version, suspect } => {
            let words = language.say("无条件共享", "unconditional");
            format!("{words} v{version}{}", suspicion(*suspect, language))
        }
        Basis::Authorized {
            authorization,
            purpose,
            suspect,
            ..
        } => {
            let suspect = suspicion(*suspect, language);
            let words = language.say("授权", "authorization");
            format!("{words} {authorization} {purpose}{suspect}")
        }
    }
}

fn suspicion(suspect: bool, language: Language) -> &'static str {
    match suspect {
        true => language.say("，密钥存疑", ", key reported stolen"),
        false => "",
    }
}

pub(super) fn denial(denial: &Denial, language: Language) -> String {
    match denial {
        Denial::DepartmentNotActive => language
            .say("部门非正常状态", "department not active")
            .to_owned(),
        Denial::NotPublished => language.say("未发布", "not published").to_owned(),
        Denial::NoSuchField => language.say("无此信息项", "no such field").to_owned(),
        Denial::NotShared { .. } => language.say("不予共享", "not shared").to_owned(),
        Denial::NoAuthorization { .. } => language.say("无授权", "no authorization").to_owned(),
        Denial::AuthorizationFails { authorization, .. } => {
            format!(
                "{} {authorization}",
                language.say("授权不适用", "does not cover it:")
            )
        }
    }
}

pub(super) fn role(role: Role, language: Language) -> &'static str {
    match role {
        Role::Head => language.say("负责人", "head"),
        Role::Administrator => language.say("目录管理员", "administrator"),
        Role::Operator => language.say("运维员", "operator"),
        Role::Gateway => language.say("网关", "gateway"),
        Role::Inspector => language.say("监审员", "inspector"),
    }
}

/// An action's name; the name that programs use where there is no other.
pub(super) fn action(event: &EventItem, language: Language) -> &'static str {
    let chinese = match event.action {
        "register_department" => "登记部门",
        "register_key" => "登记密钥",
        "revoke_key" => "吊销密钥",
        "suspect_key" => "报告密钥存疑",
        "declare_responsibility" => "声明职责",
        "abolish_responsibility" => "废止职责",
        "draft_resource" => "编制目录",
        "submit_resource" => "报送",
        "return_resource" => "退回",
        "publish_resource" => "发布",
        "withdraw_resource" => "撤销",
        "apply" => "申请共享",
        "take_back_application" => "撤回申请",
        "grant" => "授权",
        "refuse" => "拒绝",
        "end_authorization" => "终止授权",
        "register_node" => "登记节点",
        "remove_node" => "移除节点",
        "propose" => "提案",
        "approve" => "同意提案",
        "reject" => "否决提案",
        "take_back_proposal" => "撤回提案",
        "suspend_authorization" => "暂停授权",
        "resume_authorization" => "恢复授权",
        "confirm_holder" => "确认新的持有部门",
        "propose_binding" => "提出挂接",
        "amend_binding" => "变更挂接",
        "change_binding" => "变更挂接状态",
        "report_schema" => "上报数据结构",
        "seal_receipts" => "封存使用留痕",
        "rate" => "数据评价",
        "answer_rating" => "答复评价",
        "ask_for_more" => "要求补充材料",
        "supply_application" => "补充申请材料",
        "review_application" => "受理申请",
        "define_element" => "定义数据元",
        "retire_element" => "停用数据元",
        "claim_source" => "认领数源",
        "raise_objection" => "提出异议",
        "answer_objection" => "答复异议",
        "escalate_objection" => "异议升级",
        "close_objection" => "关闭异议",
        "settle_objection" => "裁定异议",
        "open_finding" => "提出检查发现",
        "answer_finding" => "答复检查发现",
        "judge_finding" => "检查发现销号",
        "raise_demand" => "提出需求",
        "assign_demand" => "分派需求",
        "answer_demand" => "答复需求",
        "impose_obligation" => "列入共享责任",
        "meet_obligation" => "完成共享责任",
        other => other,
    };
    language.say(chinese, event.action)
}

/// What a decision was about, and its reason.
pub(super) fn detail(action: &Action) -> String {
    match action {
        Action::Grant(grant) => format!(" {} [{}]", grant.application, numbers(&grant.fields)),
        Action::Refuse {
            application,
            reason,
            ..
        } => format!(" {application}: {}", reason.as_str()),
        Action::EndAuthorization {
            authorization,
            reason,
            ..
        } => format!(" {authorization}: {}", reason.as_str()),
        Action::Apply {
            applicant, request, ..
        } => format!(
            " {applicant} [{}] {}",
            numbers(&request.fields),
            request.purpose
        ),
        Action::Approve { proposal, .. } => format!(" {proposal}"),
        Action::SealReceipts(seal) => format!(" {} ({})", seal.batch, seal.side),
        Action::Rate {
            batch,
            stars,
            reason,
        } => {
            format!(" {batch} {}: {}", u8::from(*stars), reason.as_str())
        }
        Action::AnswerRating { batch, text } => format!(" {batch}: {}", text.as_str()),
        Action::ReturnResource { reason, .. } | Action::WithdrawResource { reason, .. } => {
            format!(": {}", reason.as_str())
        }
        _ => String::new(),
    }
}

pub(super) fn use_basis(basis: UseBasis, language: Language) -> String {
    match basis {
        UseBasis::Owner => language.say("提供方", "owner").to_owned(),
        UseBasis::Unconditional { version } => {
            format!("{} v{version}", language.say("无条件共享", "unconditional"))
        }
        UseBasis::Authorized { number } => {
            format!("{} {number}", language.say("授权", "authorization"))
        }
        UseBasis::None => language.say("无依据", "no basis").to_owned(),
    }
}
