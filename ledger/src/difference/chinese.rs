//! A difference in Chinese: the names of properties, and the words of codes.

use super::Change;

/// A difference in Chinese.
pub(super) fn text(change: &Change) -> String {
    let field = change
        .field
        .map_or_else(String::new, |field| format!("信息项 {field} 的"));
    let shown = |value: &Option<String>| match value {
        Some(value) => format!("“{}”", word_of(&change.property, value)),
        None => "无".to_owned(),
    };
    let (before, after) = (shown(&change.before), shown(&change.after));
    format!("{field}{}由{before}改为{after}", property(&change.property))
}

/// A property's name; of what lies within another, the names on the way.
fn property(path: &str) -> String {
    if let Some(attribute) = path.strip_prefix("attribute ") {
        return format!("属性 {attribute} ");
    }
    let parts: Vec<&str> = path.split('.').map(name).collect();
    parts.join("·")
}

#[rustfmt::skip]
fn name(part: &str) -> &str {
    match part {
        "name" => "名称", "responsibility" => "职责", "abstract" => "摘要", "category" => "分类",
        "kind" => "类型", "sharing" => "共享类型", "method" => "共享方式", "openness" => "开放属性",
        "update_cycle" => "更新周期", "level" => "分级", "related_codes" => "关联代码", "field" => "信息项",
        "data_element" => "数据元", "field_type" => "数据类型", "length" => "长度", "precision" => "精度",
        "unit" => "单位", "status" => "状态", "state" => "状态", "states" => "状态", "decision" => "决定",
        "department" => "部门", "key" => "密钥", "at" => "时间", "time" => "时间", "height" => "高度",
        "reason" => "理由", "request" => "申请内容", "version" => "版本", "fields" => "信息项", "purpose" => "用途",
        "purposes" => "用途", "scene" => "使用场景", "calls_per_day_max" => "每日调用上限", "from" => "起始", "to" => "终止",
        "active" => "有效期间", "suspended" => "暂停", "ended" => "提前终止", "seats" => "批准席位",
        "approval" => "批准", "settings" => "参数", "deadlines" => "时限", "notice" => "提前通知", "two_person" => "双人规则",
        "scoring" => "评分公式", "holders" => "任职", "holder" => "持有方", "office" => "职位", "terms" => "条款",
        "system" => "系统", "schema" => "结构哈希", "columns" => "列", "gateway" => "网关密钥", "seen" => "最近核对",
        "steps" => "步骤", "stage" => "阶段", "outcome" => "结果", "answers" => "答复", "judged" => "审定",
        "cleared" => "销号", "met" => "完成", "due" => "期限", "title" => "标题", "text" => "内容",
        "granted" => "授权", "approvals" => "批准", "listed" => "列入", "calendar" => "日历", "day" => "日期",
        "number" => "编号", "since" => "起始", "code" => "代码", "measure" => "措施", "lapses" => "失效时间",
        "assigned" => "指派", "conditional" => "有条件共享", "unconditional" => "无条件共享", "resource" => "目录", "provider" => "提供方", "next_rules" => "下一规则版本",
        "earlier_holders" => "原持有方", "until" => "至", "effective" => "有效期", "ended_as" => "终止方式", "sources" => "来源",
        "period" => "期间", "retired" => "停用", "served" => "提供的信息项", "closed" => "销号", "held" => "任期", "list" => "清单",
        other => other,
    }
}

/// A code's word, by what it is a value of where the code alone does not tell.
fn word_of<'w>(property: &str, value: &'w str) -> &'w str {
    match (property.rsplit('.').next(), value) {
        (Some("openness"), "open") => "无条件开放",
        (Some("openness"), "conditional") => "有条件开放",
        (Some("openness"), "closed") => "不予开放",
        (_, other) => words(other),
    }
}

#[rustfmt::skip]
fn words(value: &str) -> &str {
    match value {
        "unconditional" => "无条件共享", "conditional" => "有条件共享", "not_shared" => "不予共享",
        "base" => "基础", "theme" => "主题", "business" => "部门业务",
        "table" => "库表", "interface" => "接口", "file" => "文件", "certificate" => "电子证照",
        "exchange" => "交换", "query" => "查询", "download" => "下载", "offline" => "线下",
        "open" => "待处理", "closed" => "已结案", "real_time" => "实时", "daily" => "每日", "weekly" => "每周",
        "monthly" => "每月", "quarterly" => "每季度", "half_yearly" => "每半年", "yearly" => "每年",
        "rarer" => "两年以上", "irregular" => "不定期",
        "draft" => "草稿", "submitted" => "已提交", "returned" => "已退回", "published" => "已发布", "withdrawn" => "已撤销",
        "needs_more" => "待补正", "in_review" => "审核中", "granted" => "已授权", "refused" => "已拒绝",
        "taken_back" => "已撤回", "disputed" => "有争议", "in_force" => "已生效", "rejected" => "已否决",
        "proposed" => "已提出", "live" => "已上线", "drifted" => "已偏移", "suspended" => "已暂停", "retired" => "已停用",
        "raised" => "已提出", "answered" => "已答复", "escalated" => "已提交数据主管部门",
        "corrected" => "已更正", "upheld" => "维持", "revoked" => "收回", "given_up" => "放弃",
        "resource_withdrawn" => "目录撤销", "superseded" => "被取代", "assigned" => "已指派",
        "listed" => "已编目", "abolished" => "已废止", "registrar" => "编办", "steward" => "数据主管", "steward_deputy" => "数据主管副职",
        "inspectorate" => "监审", "standards" => "标准方", "operations" => "运营方",
        "true" => "是", "false" => "否",
        other => other,
    }
}
