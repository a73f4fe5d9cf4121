//! Verdicts and their reasons as text, in both languages.

use dirchain_explorer::api::{AccessAnswer, AuthorizationAnswer, Basis, EarlyEndItem};
use dirchain_ledger::access::{Denial, Failure};
use dirchain_ledger::language::Language;
use dirchain_ledger::records::EndKind;

use crate::cli::output::local;

/// A verdict; `failed` is the authorization that a denial names, where it was asked for.
pub(super) fn access(
    answer: &AccessAnswer,
    failed: Option<&AuthorizationAnswer>,
    language: Language,
) -> String {
    let AccessAnswer {
        department,
        resource,
        field,
        ..
    } = answer;
    let reason = match (&answer.basis, &answer.denial) {
        (Some(given), _) => basis(given, language),
        (None, Some(denied)) => {
            let end = failed.and_then(|failed| failed.authorization.ended.as_ref());
            let end = end.map(|end| ended(end, language));
            let end = end.map_or_else(String::new, |end| match language {
                Language::Chinese => format!("：{end}"),
                Language::English => format!(": {end}"),
            });
            format!("{}{end}", denial(denied, language))
        }
        (None, None) => language.say("未说明理由", "no reason was given").to_owned(),
    };
    let (height, instant) = (answer.as_of.height, local(answer.instant));
    match language {
        Language::Chinese => {
            let verdict = if answer.allowed { "可以" } else { "不能" };
            format!(
                "{department} {verdict}读取 {resource} 的信息项 {field}：{reason}\n依据高度 {height} 的账本，按 {instant} 判断\n"
            )
        }
        Language::English => {
            let verdict = if answer.allowed { "may" } else { "may not" };
            format!(
                "{department} {verdict} read field {field} of {resource}: {reason}\nas of height {height}, judged at {instant}\n"
            )
        }
    }
}

/// An early end: how, by whom, when and why.
fn ended(end: &EarlyEndItem, language: Language) -> String {
    let decision = &end.decision;
    let kind = match end.kind {
        EndKind::Revoked => language.say("被提供方收回", "revoked"),
        EndKind::GivenUp => language.say("被使用方放弃", "given up"),
        EndKind::ResourceWithdrawn => {
            language.say("因目录撤销而终止", "ended with the entry's withdrawal")
        }
        EndKind::Superseded => language.say("被另一授权取代", "superseded"),
    };
    let (department, height) = (&decision.department, decision.at.height);
    let reason = decision.reason.as_ref();
    match language {
        Language::Chinese => {
            let reason = reason.map_or_else(String::new, |reason| format!("，理由：{reason}"));
            format!("{kind}（{department}，高度 {height}{reason}）")
        }
        Language::English => {
            let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{kind} by {department} at height {height}{reason}")
        }
    }
}

/// Why a department may read.
pub(super) fn basis(basis: &Basis, language: Language) -> String {
    match basis {
        Basis::Owner {
            responsibility,
            lapsed,
        } => {
            let ended = match lapsed {
                true => language.say("（该职责已终止）", ", which has ended"),
                false => "",
            };
            match (responsibility, language) {
                (Some(code), Language::Chinese) => format!("其为提供方，职责 {code}{ended}"),
                (Some(code), Language::English) => {
                    format!("it provides it, by responsibility {code}{ended}")
                }
                (None, _) => language.say("其为提供方", "it provides it").to_owned(),
            }
        }
        Basis::Unconditional { version, suspect } => {
            let warning = match suspect {
                true => language.say(
                    "，提交或发布该版本的密钥存疑",
                    ", published with a key that may have been stolen",
                ),
                false => "",
            };
            match language {
                Language::Chinese => format!("版本 {version} 无条件共享{warning}"),
                Language::English => {
                    format!("shared with every department in version {version}{warning}")
                }
            }
        }
        Basis::Authorized {
            authorization,
            until,
            purpose,
            suspect,
            others,
        } => {
            let further = match (others, language) {
                (0, _) => String::new(),
                (count, Language::Chinese) => format!("（另有 {count} 项授权）"),
                (count, Language::English) => format!(", and {count} more that end no later"),
            };
            let warning = match suspect {
                true => language.say(
                    "，授权所用密钥存疑",
                    ", granted with a key that may have been stolen",
                ),
                false => "",
            };
            let until = local(*until);
            match language {
                Language::Chinese => {
                    format!("授权 {authorization}，用途 {purpose}，至 {until}{further}{warning}")
                }
                Language::English => {
                    format!(
                        "authorization {authorization} for {purpose} until {until}{further}{warning}"
                    )
                }
            }
        }
    }
}

/// Why a department may not read.
pub(super) fn denial(denial: &Denial, language: Language) -> String {
    let because = |text: &str, why: Option<String>| match (why, language) {
        (Some(why), Language::Chinese) => format!("{text}（{why}）"),
        (Some(why), Language::English) => format!("{text} ({why})"),
        (None, _) => text.to_owned(),
    };
    let words = match denial {
        Denial::DepartmentNotActive => ("部门非正常状态", "the department is not active"),
        Denial::NotPublished => ("没有现行版本", "no version is in force"),
        Denial::NoSuchField => (
            "现行版本无此信息项",
            "the version in force has no such field",
        ),
        Denial::NotShared { legal_basis } => {
            let why = legal_basis.as_ref().map(ToString::to_string);
            return because(language.say("不予共享", "not shared"), why);
        }
        Denial::NoAuthorization { condition } => {
            let why = condition.as_ref().map(ToString::to_string);
            let text = language.say(
                "有条件共享，尚无授权",
                "conditional, and nothing was granted",
            );
            return because(text, why);
        }
        Denial::AuthorizationFails {
            authorization,
            failure: failed,
        } => {
            let failed = failure(*failed, language);
            return match language {
                Language::Chinese => format!("授权 {authorization} {failed}"),
                Language::English => format!("authorization {authorization} {failed}"),
            };
        }
    };
    language.say(words.0, words.1).to_owned()
}

fn failure(failure: Failure, language: Language) -> &'static str {
    match failure {
        Failure::Field => language.say("不含该信息项", "does not cover the field"),
        Failure::Inactive => language.say("未生效或已停止", "is not active"),
        Failure::WindowOver => language.say("已到期", "is over"),
        Failure::WindowNotBegun => language.say("尚未开始", "has not begun"),
        Failure::Purpose => language.say("是为其他用途授予的", "is for another purpose"),
        Failure::Responsibility => language.say(
            "所依据的职责已不由其持有",
            "was granted for a responsibility that its grantee no longer holds",
        ),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dirchain_explorer::api::Time;
    use dirchain_ledger::ids::{SharingId, TimeMs};

    use super::*;

    fn authorization() -> SharingId {
        "103001/000001/3".parse().unwrap()
    }

    #[test]
    fn a_basis_is_told_in_both_languages_and_warns_of_a_suspect_key() {
        let granted = |suspect| Basis::Authorized {
            authorization: authorization(),
            until: Time(TimeMs(0)),
            purpose: "social-assistance".parse().unwrap(),
            suspect,
            others: u32::from(suspect),
        };
        let open = |suspect| Basis::Unconditional {
            version: 2,
            suspect,
        };
        for (given, chinese, english) in [
            (
                granted(false),
                "授权 103001/000001/3，用途 social-assistance，至 ",
                "until",
            ),
            (
                granted(true),
                "授权所用密钥存疑",
                "a key that may have been stolen",
            ),
            (granted(true), "另有 1 项授权", "and 1 more"),
            (
                open(false),
                "版本 2 无条件共享",
                "every department in version 2",
            ),
            (
                open(true),
                "提交或发布该版本的密钥存疑",
                "a key that may have been stolen",
            ),
        ] {
            let told = basis(&given, Language::Chinese);
            assert!(told.contains(chinese), "{told}");
            let told = basis(&given, Language::English);
            assert!(told.contains(english), "{told}");
        }
        assert!(!basis(&open(false), Language::Chinese).contains("存疑"));
    }

    #[test]
    fn a_denial_is_told_in_both_languages() {
        let failed = Denial::AuthorizationFails {
            authorization: authorization(),
            failure: Failure::WindowOver,
        };
        assert_eq!(
            denial(&failed, Language::Chinese),
            "授权 103001/000001/3 已到期"
        );
        assert_eq!(
            denial(&failed, Language::English),
            "authorization 103001/000001/3 is over"
        );
        let kept = Denial::NotShared {
            legal_basis: Some("统计法第九条".parse().unwrap()),
        };
        assert_eq!(denial(&kept, Language::Chinese), "不予共享（统计法第九条）");
        assert_eq!(
            denial(&kept, Language::English),
            "not shared (统计法第九条)"
        );
    }
}
