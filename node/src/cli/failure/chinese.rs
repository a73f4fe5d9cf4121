//! What the client's own errors say in Chinese. What a node refuses it tells in both languages itself.

use std::error::Error;

use dirchain_ledger::bounded::BoundError;
use dirchain_ledger::language::Language;

use crate::client::{AuthorError, ClientError};
use crate::import::sheet::SheetError;
use crate::keys::{KeystoreError, PassphraseError, SealError};

/// An error in Chinese; none for what is known in English only, such as the words of the system.
pub(super) fn said(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<SheetError>() {
        return Some(error.told(Language::Chinese));
    }
    if let Some(error) = cause.downcast_ref::<ClientError>() {
        return Some(client(error));
    }
    if let Some(error) = cause.downcast_ref::<AuthorError>() {
        return author(error);
    }
    if let Some(error) = cause.downcast_ref::<KeystoreError>() {
        return keystore(error);
    }
    if let Some(error) = cause.downcast_ref::<SealError>() {
        return Some(seal(error));
    }
    if let Some(error) = cause.downcast_ref::<PassphraseError>() {
        return Some(passphrase(error));
    }
    cause.downcast_ref::<BoundError>().map(bound)
}

fn client(error: &ClientError) -> String {
    match error {
        ClientError::BadUrl { url } => {
            format!("“{url}”不是节点地址：应为 http 或 https、主机和端口，如 http://127.0.0.1:8080")
        }
        ClientError::NoAuthorities { url } => format!(
            "{url} 为加密地址：请在 DIRCHAIN_AUTHORITIES 中指定为其担保的机构证书文件（PEM）"
        ),
        ClientError::BadAuthorities { reason } => {
            format!("无法识别机构证书（{reason}），应为 PEM 格式")
        }
        ClientError::Unreachable { url, reason } => format!(
            "{url} 没有节点应答（{reason}）。请用 `dirchain run` 启动，或用 --node 指定其他节点"
        ),
        ClientError::Untrusted { url, reason } => format!(
            "{url} 有应答，但其证书不可信（{reason}）。请在 DIRCHAIN_AUTHORITIES 中指定为其担保的机构证书文件（PEM），并核对该地址是否为节点地址"
        ),
        ClientError::TimedOut { url, reason } => format!(
            "{url} 的节点未及时应答（{reason}），可能繁忙或正在停止，可用 `dirchain status` 查看"
        ),
        ClientError::Malformed { url, reason } => {
            format!("无法理解 {url} 的应答（{reason}），它是本版本的 dirchain 节点吗？")
        }
        // Told in the language asked for when it was read.
        ClientError::Problem(problem) => problem.detail.to_string(),
        ClientError::OtherChain {
            url,
            found,
            expected,
        } => format!(
            "{url} 的节点属于链 {found}，本目录的创世文件属于链 {expected}。请用 --node 指定同一条链的节点"
        ),
    }
}

fn author(error: &AuthorError) -> Option<String> {
    Some(match error {
        AuthorError::Client(error) => client(error),
        AuthorError::Transaction(_) => return None,
        AuthorError::NotRegistered { key } => format!(
            "密钥 {key} 未在本链登记。请用 `dirchain keys offer` 生成申请，由部门负责人登记"
        ),
        AuthorError::Contended { key } => format!(
            "密钥 {key} 同时在别处使用，序号每次都已被占用。未提交任何内容：请重新运行，或为每人配一把密钥"
        ),
        AuthorError::Unopened { key } => {
            format!("密钥 {key} 未打开，无法签署：此命令不支持 --dry-run")
        }
        AuthorError::Revoked { key } => format!("密钥 {key} 已吊销，请用有效的密钥签署"),
    })
}

fn keystore(error: &KeystoreError) -> Option<String> {
    Some(match error {
        KeystoreError::Unknown { name, dir } => format!(
            "{} 中没有密钥 {name}，`dirchain keys list` 列出现有的密钥",
            dir.display()
        ),
        KeystoreError::Taken { name, dir } => format!(
            "{} 中已有密钥 {name}，不会覆盖，请换一个名称",
            dir.display()
        ),
        KeystoreError::NotAKey { path, reason } => {
            format!("{} 不是密钥文件（{reason}）", path.display())
        }
        KeystoreError::Sealed { name, source } => format!("密钥 {name}：{}", seal(source)),
        KeystoreError::File(_) => return None,
    })
}

fn seal(error: &SealError) -> String {
    match error {
        SealError::DoesNotOpen => "口令错误（或密钥文件写入后被改动）".to_owned(),
        SealError::UnknownVersion { found } => {
            format!("密钥文件的版本是 {found}，本程序不支持，请使用新版 dirchain")
        }
        SealError::CostTooHigh => "打开该密钥文件所需的计算量不合理，已拒绝".to_owned(),
        SealError::Damaged { reason } => format!("密钥文件已损坏（{reason}）"),
        SealError::Randomness(error) => error.to_string(),
    }
}

fn passphrase(error: &PassphraseError) -> String {
    match error {
        PassphraseError::NoTerminal => {
            "需要口令，但没有终端可供输入。请用 --passphrase-file 指定文件，或设置 DIRCHAIN_PASSPHRASE"
                .to_owned()
        }
        PassphraseError::File(error) => format!("无法读取口令文件：{error}"),
        PassphraseError::Terminal(error) => format!("无法从终端读取口令：{error}"),
        PassphraseError::Differ => "两次输入的口令不一致，未写入任何内容，请重试".to_owned(),
        PassphraseError::TooShort => "口令太短，新密钥的口令应更长".to_owned(),
    }
}

/// Why a text or a list was refused.
fn bound(error: &BoundError) -> String {
    match error {
        BoundError::Empty => "文本为空".to_owned(),
        BoundError::TooLong {
            size_bytes,
            size_bytes_max,
        } => format!("文本有 {size_bytes} 字节，最多 {size_bytes_max} 字节"),
        BoundError::Control { code_point } => format!("文本含控制字符（U+{code_point:04X}）"),
        BoundError::TooMany { count, count_max } => {
            format!("列表有 {count} 项，最多 {count_max} 项")
        }
    }
}
