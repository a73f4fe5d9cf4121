//! From records to the nodes of the graph.
//!
//! An entry in force is a dataset with one distribution; its sharing type is an ODRL offer, or a
//! prohibition where it is not shared, and so is each field's own. An authorization is an ODRL
//! agreement. What DCAT has no words for is said in a vocabulary of our own (`dirc:`), so that an
//! entry can be read back whole. Sources: DCAT-AP 3.0 (mandatory properties, ranges), ODRL
//! Vocabulary 2.2.

use dirchain_ledger::ids::{ChainId, DepartmentId, FieldNumber, ResourceCode, SharingId};
use dirchain_ledger::records::{
    Authorization, Entry, Field, Openness, Published, Resource, SensitivityLevel, Sharing,
    UpdateCycle,
};
use serde::Serialize;

use super::{Node, Value};
use crate::api::Time;

/// Gives nodes their IRIs.
#[derive(Clone, Debug)]
pub(crate) struct Namer {
    /// Everything of the chain begins so.
    chain: String,
    /// How clients reach this node, where that is known.
    base_url: Option<String>,
}

impl Namer {
    pub(crate) fn new(chain: &ChainId, base_url: Option<String>) -> Self {
        Self {
            chain: format!("urn:dirchain:{chain}"),
            base_url,
        }
    }

    fn of(&self, rest: &str) -> Value {
        Value::Node(format!("{}:{rest}", self.chain))
    }

    fn department(&self, id: &DepartmentId) -> Value {
        self.of(&format!("department:{id}"))
    }

    fn resource(&self, code: &ResourceCode, rest: &str) -> Value {
        self.of(&format!("resource:{code}{rest}"))
    }

    fn field(&self, code: &ResourceCode, number: FieldNumber) -> Value {
        self.resource(code, &format!(":field:{number}"))
    }

    fn authorization(&self, id: &SharingId, rest: &str) -> Value {
        self.of(&format!("authorization:{id}{rest}"))
    }
}

fn node(id: Value, classes: &[&'static str]) -> Node {
    Node {
        id,
        classes: classes.to_vec(),
        properties: Vec::new(),
    }
}

impl Node {
    fn with(mut self, name: &'static str, value: Value) -> Self {
        self.properties.push((name, value));
        self
    }

    fn with_some(self, name: &'static str, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

fn text(text: impl ToString) -> Value {
    Value::Text(text.to_string())
}

fn time(time: impl Into<Time>) -> Value {
    Value::Typed(time.into().to_string(), "xsd:dateTime")
}

/// Terms of other vocabularies that entries use, with their classes.
const TERMS: [(&str, &str); 12] = [
    ("freq:CONT", "dct:Frequency"),
    ("freq:DAILY", "dct:Frequency"),
    ("freq:WEEKLY", "dct:Frequency"),
    ("freq:MONTHLY", "dct:Frequency"),
    ("freq:QUARTERLY", "dct:Frequency"),
    ("freq:ANNUAL_2", "dct:Frequency"),
    ("freq:ANNUAL", "dct:Frequency"),
    ("freq:BIENNIAL", "dct:Frequency"),
    ("freq:IRREG", "dct:Frequency"),
    ("right:PUBLIC", "dct:RightsStatement"),
    ("right:RESTRICTED", "dct:RightsStatement"),
    ("right:NON_PUBLIC", "dct:RightsStatement"),
];

/// The catalogue itself, its publisher, and the terms of other vocabularies; with when what it lists
/// changed last, and in which block.
pub(crate) fn catalogue(namer: &Namer, name: &str, changed: Time, height: u64) -> Vec<Node> {
    let publisher = namer.of("chain");
    let catalogue = node(namer.of("catalogue"), &["dcat:Catalog"])
        .with("dct:title", text(name))
        .with(
            "dct:description",
            text(format!("The directory of {name} as of block {height}")),
        )
        .with("dct:publisher", publisher.clone())
        .with("dct:modified", time(changed));
    let publisher = node(publisher, &["foaf:Agent"]).with("foaf:name", text(name));
    let terms = TERMS.map(|(term, class)| node(Value::Term(term), &[class]));
    [catalogue, publisher].into_iter().chain(terms).collect()
}

/// A department.
pub(crate) fn agent(namer: &Namer, id: &DepartmentId, name: &str) -> Node {
    node(namer.department(id), &["foaf:Agent", "odrl:Party"])
        .with("foaf:name", text(name))
        .with("dct:identifier", text(id))
}

/// An entry in force, with its distribution, its fields and its policies.
pub(crate) fn entry(namer: &Namer, resource: &Resource, published: &Published) -> Vec<Node> {
    let (code, entry) = (&resource.code, &published.entry);
    let dataset = namer.resource(code, "");
    let distribution = namer.resource(code, ":distribution");
    // A distribution has an address in any case; without this node's the entry's own name stands there.
    let page = namer.base_url.as_ref().map(|url| {
        let code = code.as_str().replace('/', "%2F");
        Value::Node(format!("{url}/resources/{code}"))
    });
    let page = page.unwrap_or_else(|| dataset.clone());
    let mut described = described(namer, resource, published)
        .with("dcat:landingPage", page.clone())
        .with("dcat:distribution", distribution.clone());
    let mut nodes = vec![
        node(namer.of("catalogue"), &[]).with("dcat:dataset", dataset.clone()),
        node(distribution, &["dcat:Distribution"])
            .with("dct:title", text(&*entry.name))
            .with("dcat:accessURL", page.clone()),
        node(page, &["foaf:Document", "rdfs:Resource"]),
    ];
    for item in &entry.fields {
        described = described.with("dcat:keyword", text(&*item.name));
        nodes.push(field(namer, code, item));
        if let Some(sharing) = &item.sharing {
            let name = format!(":field:{}:policy", item.number);
            described = described.with("odrl:hasPolicy", namer.resource(code, &name));
            let asset = namer.field(code, item.number);
            nodes.extend(offer(namer, resource, &name, asset, sharing));
        }
    }
    if let Some(sharing) = &entry.sharing {
        described = described.with("odrl:hasPolicy", namer.resource(code, ":policy"));
        nodes.extend(offer(namer, resource, ":policy", dataset, sharing));
    }
    for (index, related) in entry.related_codes.iter().enumerate() {
        let identifier = namer.resource(code, &format!(":related:{index}"));
        described = described.with("adms:identifier", identifier.clone());
        nodes.push(
            node(identifier, &["adms:Identifier"])
                .with("skos:notation", text(&**related))
                .with("dirc:position", text(index)),
        );
    }
    for (index, attribute) in entry.attributes.iter().enumerate() {
        let kept = namer.resource(code, &format!(":attribute:{index}"));
        described = described.with("dirc:attribute", kept.clone());
        nodes.push(
            node(kept, &["dirc:Attribute"])
                .with("dirc:name", text(&*attribute.name))
                .with("dirc:value", text(&*attribute.value))
                .with("dirc:position", text(index)),
        );
    }
    nodes.push(described);
    nodes
}

/// The dataset itself: in DCAT's words as far as they go, in our own for the rest of an entry.
fn described(namer: &Namer, resource: &Resource, published: &Published) -> Node {
    let (code, entry) = (&resource.code, &published.entry);
    let summary = entry.summary.as_ref();
    let summary = summary.map_or_else(|| entry.name.to_string(), ToString::to_string);
    let frequency = entry.update_cycle.map(frequency);
    node(namer.resource(code, ""), &["dcat:Dataset", "odrl:Asset"])
        .with("dct:title", text(&*entry.name))
        .with("dct:description", text(summary))
        .with("dct:identifier", text(code))
        .with("dct:publisher", namer.department(&resource.provider))
        .with("dct:issued", time(published.since.time))
        .with("dcat:version", text(published.version))
        .with("dct:accessRights", Value::Term(access_rights(entry)))
        .with_some("dct:accrualPeriodicity", frequency.map(Value::Term))
        .with_some(
            "dirc:responsibility",
            entry.responsibility.as_ref().map(text),
        )
        .with_some("dirc:category", entry.category.and_then(code_of))
        .with_some("dirc:kind", entry.kind.and_then(code_of))
        .with_some("dirc:method", entry.method.and_then(code_of))
        .with_some("dirc:openness", entry.openness.and_then(code_of))
        .with_some("dirc:level", entry.level.map(level))
}

fn field(namer: &Namer, code: &ResourceCode, field: &Field) -> Node {
    let own = namer.field(code, field.number);
    node(own, &["odrl:Asset", "dirc:Field"])
        .with("dct:title", text(&*field.name))
        .with("dct:identifier", text(field.number))
        .with("odrl:partOf", namer.resource(code, ""))
        .with_some("dirc:fieldType", code_of(field.field_type))
        .with_some(
            "dirc:dataElement",
            field.data_element.as_ref().map(|e| text(&**e)),
        )
        .with_some("dirc:length", field.length.map(text))
        .with_some("dirc:precision", field.precision.map(text))
        .with_some("dirc:unit", field.unit.as_ref().map(|unit| text(&**unit)))
        .with_some("dirc:level", field.level.map(level))
}

/// A code of the ledger as the interface writes it.
fn code_of(code: impl Serialize) -> Option<Value> {
    let written = serde_json::to_value(code).ok()?;
    written.as_str().map(text)
}

fn level(level: SensitivityLevel) -> Value {
    text(u8::from(level))
}

/// What a sharing type says as an ODRL policy.
fn offer(
    namer: &Namer,
    resource: &Resource,
    name: &str,
    target: Value,
    sharing: &Sharing,
) -> Vec<Node> {
    let policy = namer.resource(&resource.code, name);
    let rule = namer.resource(&resource.code, &format!("{name}:rule"));
    let assigner = namer.department(&resource.provider);
    let base = node(rule.clone(), &[])
        .with("odrl:target", target)
        .with("odrl:action", Value::Term("odrl:read"))
        .with("odrl:assigner", assigner.clone());
    let (kind, rules) = match sharing {
        Sharing::Unconditional => ("odrl:permission", vec![of_class(base, "odrl:Permission")]),
        Sharing::Conditional { condition } => {
            let duty = namer.resource(&resource.code, &format!("{name}:duty"));
            let consent = node(duty.clone(), &["odrl:Duty"])
                .with("odrl:action", Value::Term("odrl:obtainConsent"))
                .with("odrl:consentingParty", assigner)
                .with_some("rdfs:comment", condition.as_ref().map(|c| text(&**c)));
            let rule = of_class(base, "odrl:Permission").with("odrl:duty", duty);
            ("odrl:permission", vec![rule, consent])
        }
        Sharing::NotShared { legal_basis } => {
            let comment = legal_basis.as_ref().map(|basis| text(&**basis));
            let rule = of_class(base, "odrl:Prohibition").with_some("rdfs:comment", comment);
            ("odrl:prohibition", vec![rule])
        }
    };
    let class = match sharing {
        Sharing::Unconditional | Sharing::Conditional { .. } => "odrl:Offer",
        Sharing::NotShared { .. } => "odrl:Set",
    };
    let policy = node(policy.clone(), &["odrl:Policy", class])
        .with("odrl:uid", policy)
        .with(kind, rule);
    std::iter::once(policy).chain(rules).collect()
}

fn of_class(mut node: Node, class: &'static str) -> Node {
    node.classes.push(class);
    node
}

/// An authorization as an ODRL agreement.
pub(crate) fn policy_of_authorization(
    namer: &Namer,
    provider: &DepartmentId,
    authorization: &Authorization,
) -> Vec<Node> {
    let id = &authorization.id;
    let policy = namer.authorization(id, "");
    let rule = namer.authorization(id, ":rule");
    let constraints = [
        (
            "purpose",
            "odrl:purpose",
            "odrl:eq",
            text(&authorization.purpose),
        ),
        (
            "from",
            "odrl:dateTime",
            "odrl:gteq",
            time(authorization.from),
        ),
        ("to", "odrl:dateTime", "odrl:lt", time(authorization.to)),
    ];
    let mut permission = node(rule.clone(), &["odrl:Permission"])
        .with("odrl:assigner", namer.department(provider))
        .with("odrl:assignee", namer.department(&authorization.grantee))
        .with("odrl:action", Value::Term("odrl:read"));
    for field in &authorization.fields {
        permission = permission.with("odrl:target", namer.field(&id.resource, *field));
    }
    let mut nodes = vec![
        node(policy.clone(), &["odrl:Policy", "odrl:Agreement"])
            .with("odrl:uid", policy.clone())
            .with("dct:issued", time(authorization.granted.at.time))
            .with("odrl:permission", rule),
        node(namer.resource(&id.resource, ""), &[]).with("odrl:hasPolicy", policy),
    ];
    for (name, operand, operator, value) in constraints {
        let constraint = namer.authorization(id, &format!(":{name}"));
        permission = permission.with("odrl:constraint", constraint.clone());
        nodes.push(
            node(constraint, &["odrl:Constraint"])
                .with("odrl:leftOperand", Value::Term(operand))
                .with("odrl:operator", Value::Term(operator))
                .with("odrl:rightOperand", value),
        );
    }
    nodes.push(permission);
    nodes
}

fn access_rights(entry: &Entry) -> &'static str {
    match (entry.openness, &entry.sharing) {
        (Some(Openness::Open), _) => "right:PUBLIC",
        (_, Some(Sharing::NotShared { .. }) | None) => "right:NON_PUBLIC",
        (_, Some(Sharing::Unconditional | Sharing::Conditional { .. })) => "right:RESTRICTED",
    }
}

fn frequency(cycle: UpdateCycle) -> &'static str {
    match cycle {
        UpdateCycle::RealTime => "freq:CONT",
        UpdateCycle::Daily => "freq:DAILY",
        UpdateCycle::Weekly => "freq:WEEKLY",
        UpdateCycle::Monthly => "freq:MONTHLY",
        UpdateCycle::Quarterly => "freq:QUARTERLY",
        UpdateCycle::HalfYearly => "freq:ANNUAL_2",
        UpdateCycle::Yearly => "freq:ANNUAL",
        UpdateCycle::Rarer => "freq:BIENNIAL",
        UpdateCycle::Irregular => "freq:IRREG",
    }
}
