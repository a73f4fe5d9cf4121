//! The applications of the day, each with what becomes of it.

/// When an application wants to read.
#[derive(Copy, Clone)]
pub(super) enum Window {
    /// A year from now on.
    Year,
    /// So short that it is over while somebody watches.
    Short,
    /// A year that begins in thirty days.
    Later,
}

/// What becomes of an application.
#[derive(Copy, Clone)]
pub(super) enum Fate {
    /// Nobody has decided yet.
    Waits,
    /// The applicant takes it back.
    TakenBack,
    /// The provider refuses, and says why.
    Refused(&'static str),
    /// The provider grants these fields, so many calls a day.
    Granted(&'static [u16], u32),
    /// Granted, and revoked by the provider with a reason.
    Suspended(&'static [u16], u32, &'static str),
    /// Granted, and given up by the grantee with a reason.
    GivenUp(&'static [u16], u32, &'static str),
}

/// An application of the day.
pub(super) struct Scripted {
    pub(super) resource: &'static str,
    pub(super) applicant: &'static str,
    pub(super) responsibility: &'static str,
    pub(super) purpose: &'static str,
    pub(super) fields: &'static [u16],
    pub(super) calls_per_day_max: u32,
    pub(super) scene: &'static str,
    pub(super) window: Window,
    pub(super) fate: Fate,
}

macro_rules! script {
    ($($applicant:literal for $resource:literal fields $fields:tt
        as $responsibility:literal purpose $purpose:literal, $calls:literal calls, $window:ident:
        $scene:literal => $fate:expr;)*) => {
        /// In the order in which they are made. The n-th for one entry has number n there.
        pub(super) const SCRIPT: &[Scripted] = &[$(Scripted {
            resource: $resource,
            applicant: $applicant,
            responsibility: $responsibility,
            purpose: $purpose,
            fields: &$fields,
            calls_per_day_max: $calls,
            scene: $scene,
            window: Window::$window,
            fate: $fate,
        },)*];
    };
}

script! {
    "D050" for "103001/000001" fields [2, 3] as "Z-D050-01" purpose "housing-fund", 200 calls, Short:
        "公积金提取时核验房产(示例,授权期很短,到期自动失效)" => Fate::Granted(&[2, 3], 200);
    "D008" for "103001/000001" fields [1, 2, 3, 4, 5] as "Z-D008-01" purpose "social-assistance", 5000 calls, Year:
        "低保申请家庭财产核查(示例)" => Fate::Granted(&[2, 4, 5], 2000);
    "D047" for "103001/000001" fields [1, 2, 4] as "Z-D047-01" purpose "tax", 10000 calls, Year:
        "房产税与交易税核验(示例)" => Fate::Granted(&[1, 2, 4], 10000);
    "D008" for "101001/000001" fields [1, 2, 3] as "Z-D008-01" purpose "identity-verification", 8000 calls, Year:
        "救助申请人身份核验(示例)" => Fate::Granted(&[1, 2], 8000);
    "D039" for "101001/000001" fields [1, 2, 3] as "Z-D039-01" purpose "credit-verification", 1000 calls, Year:
        "小额贷款借款人核验(示例)" => Fate::Refused("共享条件仅限履行身份核验职责,信贷核验不在其内(示例)");
    "D016" for "307001007/000001" fields [1, 2, 4] as "Z-D016-01" purpose "traffic", 3000 calls, Year:
        "营运车辆资格核查(示例)" => Fate::GivenUp(&[1, 2, 4], 3000, "业务系统停用,不再需要(示例)");
    "D008" for "307001007/000001" fields [1, 3] as "Z-D008-01" purpose "social-assistance", 2000 calls, Year:
        "低保申请家庭车辆核查(示例)" => Fate::Granted(&[1, 3], 2000);
    "D034" for "307001008/000001" fields [1, 3] as "Z-D034-01" purpose "medical-insurance", 500 calls, Year:
        "资助困难群众参保(示例)" => Fate::Granted(&[1, 3], 500);
    "D050" for "307001008/000002" fields [1, 2, 4] as "Z-D050-01" purpose "housing-fund", 1500 calls, Year:
        "公积金贷款婚姻状况核验(示例)" => Fate::TakenBack;
    "D012" for "307001008/000002" fields [1, 2, 4] as "Z-D012-01" purpose "real-estate", 4000 calls, Year:
        "不动产登记共有情况核验(示例)" => Fate::Suspended(&[1, 2, 4], 4000, "检查发现调用超出登记业务范围,暂停授权(示例)");
    "D008" for "307001011/000001" fields [1, 2, 3, 4] as "Z-D008-01" purpose "social-assistance", 2000 calls, Year:
        "救助对象参保核查(示例)" => Fate::Granted(&[1, 2, 3], 2000);
    "D008" for "307001034/000001" fields [1, 2, 3] as "Z-D008-01" purpose "social-assistance", 2000 calls, Year:
        "医疗救助资格核查(示例)" => Fate::Waits;
    "D047" for "307001050/000001" fields [1, 3] as "Z-D047-01" purpose "tax", 5000 calls, Later:
        "专项附加扣除核验,下月启用(示例)" => Fate::Granted(&[1, 3], 5000);
    "D016" for "307001049/000001" fields [1, 2, 3] as "Z-D016-01" purpose "traffic", 800 calls, Year:
        "残疾人免费乘车核验(示例)" => Fate::Granted(&[1, 2, 3], 800);
    "D023" for "307001021/000002" fields [1, 2] as "Z-D023-01" purpose "fire-safety", 100 calls, Year:
        "应急处置人员防护(示例)" => Fate::Refused("传染病个案信息依法不予共享(示例)");
    "D047" for "102001/000001" fields [3] as "Z-D047-01" purpose "tax", 20000 calls, Year:
        "纳税人法定代表人核验(示例)" => Fate::Granted(&[3], 20000);
}
