//! Why a file proves nothing, or not what was asked: one enum for the command, the interface, the
//! tests and the second verifier.

use std::fmt;

use dirchain_ledger::certificate::CertificateError;
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height, SharingId, TimeMs};
use dirchain_ledger::records::RecordId;

/// Whether a file was refuted, or merely does not suffice.
#[derive(Copy, Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The file is not what a ledger's node exports: damaged or forged.
    Invalid,
    /// The file may be genuine; what was asked cannot be answered from it.
    Undecided,
    /// The file is valid, and proves the contrary of what was claimed.
    Refuted,
}

/// A point of the chain that was asked about.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An instant.
    Time(TimeMs),
    /// A block.
    Height(Height),
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Time(time) => write!(f, "{time}"),
            Asked::Height(height) => write!(f, "block {height}"),
        }
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $kind:ident $code:literal $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })? = $words:literal | $chinese:literal,)*) => {
        /// Why there is no verdict, or a refuted one.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Reason {
            $($(#[$doc])* #[error($words)] $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl Reason {
            /// Whether the file is refuted or merely insufficient.
            pub fn kind(&self) -> Kind {
                match self { $(Reason::$name { .. } => Kind::$kind,)* }
            }

            /// The reason's name, the same in every verifier.
            pub fn code(&self) -> &'static str {
                match self { $(Reason::$name { .. } => $code,)* }
            }

            /// The same in Chinese; what it quotes stays in English.
            pub fn chinese(&self) -> String {
                match self { $(Reason::$name $({ $($field),* })? => format!($chinese),)* }
            }

            /// Every name.
            pub const CODES: &'static [(&'static str, Kind)] = &[$(($code, Kind::$kind),)*];
        }
    };
}

reasons! {
    /// More bytes than a file may have.
    Invalid "too-large" TooLarge {
        /// Bytes given.
        size_bytes: usize,
    } = "the file has {size_bytes} bytes, more than an evidence file may have"
        | "文件有 {size_bytes} 字节，超过证据文件的上限",
    /// The frame does not parse.
    Invalid "malformed" Malformed {
        /// What was expected.
        what: &'static str,
        /// Where, in bytes from the beginning.
        offset: usize,
    } = "the file is damaged at byte {offset}: {what}"
        | "文件在第 {offset} 字节处损坏（{what}）",
    /// More elements than allowed.
    Invalid "too-many" TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        count_max: usize,
    } = "the file has more than {count_max} {what}"
        | "文件中的 {what} 超过 {count_max} 个",
    /// Another chain than the anchor's.
    Invalid "other-chain" OtherChain {
        /// The file's.
        given: ChainId,
        /// The anchor's.
        expected: ChainId,
    } = "the file is of chain {given}, the anchor of chain {expected}"
        | "文件属于链 {given}，而验证所用的起点属于链 {expected}",
    /// A header of another chain or version, or one that does not parse.
    Invalid "bad-header" BadHeader {
        /// Which.
        what: &'static str,
    } = "{what} is not a header of this chain"
        | "不是本链的区块头（{what}）",
    /// Epochs out of order, or one that changed nothing.
    Invalid "epoch-order" EpochOrder {
        /// The header's height.
        height: Height,
    } = "the end of an epoch at height {height} is out of order, or changed no validator"
        | "高度 {height} 处的换届次序有误，或并未更换验证节点",
    /// The validators of a header are not those that the epochs before lead to.
    Invalid "wrong-validators" WrongValidators {
        /// The header's height.
        height: Height,
    } = "the header at height {height} names other validators than the epochs before it lead to"
        | "高度 {height} 的区块头所列验证节点与此前各期推导的不符",
    /// The set that follows an epoch is not the one its last header names.
    Invalid "wrong-next-validators" WrongNextValidators {
        /// The header's height.
        height: Height,
    } = "the validators that follow height {height} are not those that its header names"
        | "高度 {height} 之后的验证节点与其区块头所列不符",
    /// A certificate of another block.
    Invalid "wrong-certificate" WrongCertificate {
        /// The header's height.
        height: Height,
    } = "the certificate of height {height} is of another block"
        | "高度 {height} 的证书属于另一个区块",
    /// A certificate that proves nothing.
    Invalid "bad-certificate" BadCertificate {
        /// The header's height.
        height: Height,
        /// Why.
        error: CertificateError,
    } = "height {height}: {error}"
        | "高度 {height} 的证书无效（{error}）",
    /// A header is not in the last header's log.
    Invalid "not-in-log" NotInLog {
        /// The header's height.
        height: Height,
    } = "the header at height {height} is not in the header log of the file's last header"
        | "高度 {height} 的区块头不在文件最后区块头的日志中",
    /// The pinned header and the file's header of the same height differ: one of two histories is
    /// false, though validators signed both.
    Invalid "fork" Fork {
        /// The pinned height.
        height: Height,
        /// The pinned block.
        pinned: Hash,
        /// The file's block.
        given: Hash,
    } = "FORK: at height {height} the pinned block is {pinned}, the file's is {given}. Two histories of this chain were signed; keep both files and raise the alarm"
        | "分叉：高度 {height} 处固定的区块为 {pinned}，文件中的区块为 {given}。本链有两段历史都被签署；请保留两份文件并发出警报",
    /// The partial tree leads to another root.
    Invalid "wrong-state-root" WrongStateRoot = "the records are not those of the header's state root"
        | "文件中的记录与区块头的状态根不符",
    /// Records out of order or twice.
    Invalid "record-order" RecordOrder = "the records are not in strictly ascending order"
        | "文件中的记录未按严格递增的次序排列",
    /// A record's bytes are not what the state holds, or it is said to be absent and is not.
    Invalid "wrong-record" WrongRecord {
        /// The record.
        id: RecordId,
    } = "{id} is not as the ledger holds it"
        | "{id} 与账本所载不符",
    /// The tree does not reach a record of the file.
    Invalid "record-not-proven" RecordNotProven {
        /// The record.
        id: RecordId,
    } = "the file has no proof of {id}"
        | "文件没有 {id} 的证明",
    /// A record that the verdicts rest on is left out.
    Invalid "record-missing" RecordMissing {
        /// The record.
        id: RecordId,
    } = "{id} is left out, though the verdicts rest on it"
        | "文件缺少 {id}，而结论以它为依据",
    /// What an earlier version of the entry said is left out.
    Invalid "version-missing" VersionMissing {
        /// The version.
        version: u32,
    } = "what version {version} of the entry said is left out"
        | "文件缺少该目录条目第 {version} 版的内容",
    /// An entry's content that no version has.
    Invalid "stray-entry" StrayEntry = "the file holds the content of a version that the entry never had, or holds one twice"
        | "文件含有该目录条目从未有过的版本内容，或重复的内容",
    /// A transaction for another chain, or named by no event, or not in the order of the events.
    Invalid "stray-transaction" StrayTransaction {
        /// Its place in the file.
        index: usize,
    } = "transaction {index} of the file is of another chain, or no event's, or out of order"
        | "文件中的第 {index} 笔交易属于另一条链，或不属于任何事件，或次序有误",
    /// A signature that does not fit.
    Invalid "bad-signature" BadSignature {
        /// The transaction's place in the file.
        index: usize,
    } = "the signature of transaction {index} of the file is wrong"
        | "文件中第 {index} 笔交易的签名不符",
    /// The action is not the transaction's.
    Invalid "wrong-action" WrongAction {
        /// The event, from 0.
        event: usize,
    } = "the action of event {event} is not in the transaction that it names"
        | "事件 {event} 的动作不在其所称的交易中",
    /// The transaction had expired at its block, or was dated too far ahead.
    Invalid "not-timely" NotTimely {
        /// The event, from 0.
        event: usize,
    } = "the transaction of event {event} could not be in a block of that time"
        | "事件 {event} 的交易不可能出现在该时间的区块中",
    /// The author's key was not valid at the event's height.
    Invalid "key-not-valid" KeyNotValid {
        /// The event, from 0.
        event: usize,
    } = "the key that signed event {event} was not valid at its height"
        | "签署事件 {event} 的密钥在该高度无效",
    /// Events out of order, or after the state that is proven.
    Invalid "event-order" EventOrder {
        /// The event, from 0.
        event: usize,
    } = "event {event} is out of order, or later than the state that is proven"
        | "事件 {event} 次序有误，或晚于所证明的状态",
    /// The subject's trail has another number of events.
    Invalid "trail-count" TrailCount {
        /// Events in the file.
        given: usize,
        /// Events on the trail.
        expected: u64,
    } = "the file has {given} events, the subject's trail has {expected}"
        | "文件有 {given} 个事件，而该对象的轨迹有 {expected} 个",
    /// The events are not those of the trail.
    Invalid "trail-head" TrailHead = "the events are not those of the subject's trail: one was altered, replaced or moved"
        | "事件与该对象的轨迹不符：有事件被篡改、替换或移动",
    /// An event touches what it says nothing of.
    Invalid "bad-cosignature" BadCosignature {
        /// What is wrong.
        what: &'static str,
    } = "the cosigned checkpoint in the file is wrong: {what}"
        | "文件中的联署检查点有误（{what}）",
    /// The anchor is later than the file.
    Undecided "before-checkpoint" BeforeCheckpoint {
        /// The file's last height.
        head: Height,
        /// The pinned height.
        pinned: Height,
    } = "the file ends at height {head}, before the pinned height {pinned}. Refresh the file at a node (dirchain evidence refresh), or verify it from the genesis"
        | "文件止于高度 {head}，早于固定的高度 {pinned}。请在节点上更新文件（dirchain evidence refresh），或从创世文件起验证",
    /// A question about a time after what is proven.
    Undecided "past-tip" PastTip {
        /// What was asked about.
        asked: Asked,
        /// The time up to which the file proves.
        until: TimeMs,
    } = "the file proves nothing after {until}, and {asked} was asked. Export a newer file"
        | "文件只证明到 {until}，而所问的是 {asked}。请导出更新的文件",
    /// A question about a time before the genesis.
    Undecided "before-genesis" BeforeGenesis {
        /// The instant asked about.
        asked: TimeMs,
    } = "{asked} is before the chain began"
        | "{asked} 早于本链开始的时间",
    /// A question about a range that ends before it begins.
    Undecided "empty-range" EmptyRange {
        /// Its beginning.
        from: TimeMs,
        /// Its end.
        to: TimeMs,
    } = "the range ends at {to}, which is not after {from}, where it begins. Give it an end after its beginning"
        | "所问时段止于 {to}，不晚于其开始的 {from}。请改正起止时间",
    /// A question about something the file says nothing of.
    Undecided "not-in-file" NotInFile {
        /// What.
        what: String,
    } = "the file cannot tell: {what}"
        | "文件无法回答（{what}）",
    /// `--strict`: the verdict rests on retired keys.
    Undecided "retired-keys" RetiredKeys {
        /// How many epochs ended since the anchor.
        epochs: usize,
    } = "the verdict rests on the signatures of {epochs} earlier sets of validators, whose keys are retired: whoever has two thirds of them could have signed another past. Verify against a recent checkpoint, or a file that enough witnesses cosigned"
        | "结论依赖此前 {epochs} 届验证节点的签名，其密钥均已停用：掌握其中三分之二者可能另签一段历史。请用近期的检查点验证，或使用有足够见证者联署的文件",
    /// `--strict`: the pin is not linked to the file.
    Undecided "pin-not-linked" PinNotLinked {
        /// The pinned height.
        pinned: Height,
    } = "the file does not show that the pinned block at height {pinned} is in its history. Export or refresh it with --pin {pinned}"
        | "文件未证明高度 {pinned} 处固定的区块在其历史之中。请导出或更新时加 --pin {pinned}",
    /// Claimed: never granted. Authorizations covered it.
    Refuted "was-granted" WasGranted {
        /// The first.
        authorization: SharingId,
    } = "it was granted: authorization {authorization} covers it"
        | "曾经授权：授权 {authorization} 包含该信息项",
    /// Claimed: never readable. It was.
    Refuted "could-read" CouldRead {
        /// From when.
        from: TimeMs,
    } = "it could be read, from {from} on"
        | "自 {from} 起曾可读取",
    /// Claimed: did not exist. It did.
    Refuted "existed" Existed {
        /// Since which block.
        since: Height,
    } = "it existed since block {since}"
        | "自区块 {since} 起已存在",
    /// `--strict`: the anchor is too old.
    Undecided "pin-too-old" PinTooOld {
        /// The anchor's time.
        time: TimeMs,
    } = "the checkpoint is of {time}, too old for a strict verdict. Pin a newer one"
        | "检查点的时间为 {time}，对严格验证而言过旧。请重新固定",
}
