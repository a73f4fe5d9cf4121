//! An entry that a directory chain exported, as it was.

use dirchain_ledger::bounded::{BoundError, List, Text};
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::{Attribute, Entry, Field, SensitivityLevel, Sharing, UpdateCycle};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::graph::Graph;
use super::{DESCRIPTION, FREQUENCIES, IDENTIFIER, PERIODICITY, PUBLISHER, TITLE, shortened};
use crate::import::catalogue::{Described, Own, Reason};

const POLICY: &str = "http://www.w3.org/ns/odrl/2/hasPolicy";
const PERMISSION: &str = "http://www.w3.org/ns/odrl/2/permission";
const PROHIBITION: &str = "http://www.w3.org/ns/odrl/2/prohibition";
const ASSIGNEE: &str = "http://www.w3.org/ns/odrl/2/assignee";
const TARGET: &str = "http://www.w3.org/ns/odrl/2/target";
const DUTY: &str = "http://www.w3.org/ns/odrl/2/duty";
const COMMENT: &str = "http://www.w3.org/2000/01/rdf-schema#comment";
const OTHER_IDENTIFIER: &str = "http://www.w3.org/ns/adms#identifier";
const NOTATION: &str = "http://www.w3.org/2004/02/skos/core#notation";

const RESPONSIBILITY: &str = "urn:dirchain:terms:responsibility";
const CATEGORY: &str = "urn:dirchain:terms:category";
const KIND: &str = "urn:dirchain:terms:kind";
const METHOD: &str = "urn:dirchain:terms:method";
const OPENNESS: &str = "urn:dirchain:terms:openness";
const LEVEL: &str = "urn:dirchain:terms:level";
const FIELD: &str = "urn:dirchain:terms:Field";
const FIELD_TYPE: &str = "urn:dirchain:terms:fieldType";
const DATA_ELEMENT: &str = "urn:dirchain:terms:dataElement";
const LENGTH: &str = "urn:dirchain:terms:length";
const PRECISION: &str = "urn:dirchain:terms:precision";
const UNIT: &str = "urn:dirchain:terms:unit";
const ATTRIBUTE: &str = "urn:dirchain:terms:attribute";
const NAME: &str = "urn:dirchain:terms:name";
const VALUE: &str = "urn:dirchain:terms:value";
const POSITION: &str = "urn:dirchain:terms:position";

/// Under which code and for whom a data set stands on a directory chain; none for another portal's.
pub(super) fn own(graph: &Graph, dataset: &str) -> Option<Own> {
    graph.one(dataset, KIND)?;
    let publisher = graph.one(dataset, PUBLISHER)?;
    Some(Own {
        code: graph.one(dataset, IDENTIFIER)?.parse().ok()?,
        provider: graph.one(publisher, IDENTIFIER)?.parse().ok()?,
    })
}

/// What it says.
pub(super) fn describe(graph: &Graph, dataset: &str, own: Own) -> Result<Described, Reason> {
    let node = At {
        graph,
        node: dataset,
    };
    let cycle = graph.one(dataset, PERIODICITY);
    let entry = Entry {
        name: node.required(TITLE, "dct:title")?,
        responsibility: node.parsed(RESPONSIBILITY, "dirc:responsibility")?,
        summary: node.parsed(DESCRIPTION, "dct:description")?,
        category: node.parsed(CATEGORY, "dirc:category")?,
        kind: node.parsed(KIND, "dirc:kind")?,
        fields: list(fields(graph, dataset)?, "dirc:Field")?,
        sharing: sharing(graph, dataset, dataset)?,
        method: node.parsed(METHOD, "dirc:method")?,
        openness: node.parsed(OPENNESS, "dirc:openness")?,
        update_cycle: cycle.map(known_cycle).transpose()?,
        level: node.level()?,
        related_codes: list(related(graph, dataset)?, "adms:identifier")?,
        attributes: list(attributes(graph, dataset)?, "dirc:attribute")?,
    };
    Ok(Described {
        identifier: node.required(IDENTIFIER, "dct:identifier")?,
        publisher: None,
        placed: None,
        own: Some(own),
        entry,
        notes: Vec::new(),
    })
}

/// A node whose properties are read.
#[derive(Copy, Clone)]
struct At<'a> {
    graph: &'a Graph,
    node: &'a str,
}

impl At<'_> {
    fn text(&self, predicate: &str) -> Option<String> {
        self.graph.one(self.node, predicate).map(str::to_owned)
    }

    /// A text that parses into what the ledger keeps.
    fn parsed<T: DeserializeOwned>(
        &self,
        predicate: &str,
        member: &'static str,
    ) -> Result<Option<T>, Reason> {
        let text = self.text(predicate).map(Value::String);
        let read = text.map(serde_json::from_value).transpose();
        read.map_err(|error| Reason::BadValue {
            member,
            reason: shortened(&error.to_string()),
        })
    }

    fn required<T: DeserializeOwned>(
        &self,
        predicate: &str,
        member: &'static str,
    ) -> Result<T, Reason> {
        let read = self.parsed(predicate, member)?;
        read.ok_or(Reason::Missing { member })
    }

    fn number<T: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        predicate: &str,
        member: &'static str,
    ) -> Result<Option<T>, Reason> {
        let text = self.text(predicate);
        let read = text.map(|text| text.parse::<T>()).transpose();
        read.map_err(|error| Reason::BadValue {
            member,
            reason: error.to_string(),
        })
    }

    fn level(&self) -> Result<Option<SensitivityLevel>, Reason> {
        let member = "dirc:level";
        let number: Option<u8> = self.number(LEVEL, member)?;
        let level = number.map(SensitivityLevel::try_from).transpose();
        level.map_err(|error| Reason::BadValue {
            member,
            reason: error.to_string(),
        })
    }
}

fn list<T, const N: usize>(items: Vec<T>, member: &'static str) -> Result<List<T, N>, Reason> {
    List::new(items).map_err(|reason: BoundError| Reason::BadText { member, reason })
}

fn fields(graph: &Graph, dataset: &str) -> Result<Vec<Field>, Reason> {
    let mut fields = Vec::new();
    for node in graph.parts(dataset, FIELD) {
        let at = At { graph, node };
        let number: Option<u16> = at.number(IDENTIFIER, "dct:identifier")?;
        let member = "dct:identifier";
        fields.push(Field {
            number: FieldNumber(number.ok_or(Reason::Missing { member })?),
            name: at.required(TITLE, "dct:title")?,
            data_element: at.parsed(DATA_ELEMENT, "dirc:dataElement")?,
            field_type: at.required(FIELD_TYPE, "dirc:fieldType")?,
            length: at.number(LENGTH, "dirc:length")?,
            precision: at.number(PRECISION, "dirc:precision")?,
            unit: at.parsed(UNIT, "dirc:unit")?,
            sharing: sharing(graph, dataset, node)?,
            level: at.level()?,
        });
    }
    fields.sort_by_key(|field| field.number);
    Ok(fields)
}

/// The sharing type that the policies of a data set say of it or of one of its fields.
/// Authorizations, which name an assignee, are none of the entry's.
fn sharing(graph: &Graph, dataset: &str, target: &str) -> Result<Option<Sharing>, Reason> {
    for policy in graph.all(dataset, POLICY) {
        for (kind, is_shared) in [(PERMISSION, true), (PROHIBITION, false)] {
            let rule = graph.all(policy.as_str(), kind).find(|rule| {
                let rule = rule.as_str();
                graph.one(rule, ASSIGNEE).is_none()
                    && graph.all(rule, TARGET).any(|t| t.as_str() == target)
            });
            let Some(rule) = rule else { continue };
            let stated = |node: &str| At { graph, node }.parsed(COMMENT, "rdfs:comment");
            return Ok(Some(match graph.one(rule.as_str(), DUTY) {
                _ if !is_shared => Sharing::NotShared {
                    legal_basis: stated(rule.as_str())?,
                },
                Some(duty) => Sharing::Conditional {
                    condition: stated(duty)?,
                },
                None => Sharing::Unconditional,
            }));
        }
    }
    Ok(None)
}

/// Nodes that a predicate leads to, by their position.
fn placed<'a>(graph: &'a Graph, dataset: &str, predicate: &'a str) -> Result<Vec<At<'a>>, Reason> {
    let mut placed = Vec::new();
    for node in graph.all(dataset, predicate) {
        let at = At {
            graph,
            node: node.as_str(),
        };
        let place: Option<u32> = at.number(POSITION, "dirc:position")?;
        placed.push((place, at));
    }
    placed.sort_by_key(|(place, _)| *place);
    Ok(placed.into_iter().map(|(_, at)| at).collect())
}

fn related(graph: &Graph, dataset: &str) -> Result<Vec<dirchain_ledger::ids::Name>, Reason> {
    let identifiers = placed(graph, dataset, OTHER_IDENTIFIER)?.into_iter();
    identifiers
        .map(|at| at.required(NOTATION, "skos:notation"))
        .collect()
}

fn attributes(graph: &Graph, dataset: &str) -> Result<Vec<Attribute>, Reason> {
    let attributes = placed(graph, dataset, ATTRIBUTE)?.into_iter();
    let read = |at: At<'_>| {
        let value: String = at.required(VALUE, "dirc:value")?;
        Ok(Attribute {
            name: at.required(NAME, "dirc:name")?,
            value: Text::new(value).map_err(|reason| Reason::BadText {
                member: "dirc:value",
                reason,
            })?,
        })
    };
    attributes.map(read).collect()
}

fn known_cycle(frequency: &str) -> Result<UpdateCycle, Reason> {
    cycle(frequency).ok_or_else(|| Reason::BadValue {
        member: "dct:accrualPeriodicity",
        reason: format!("`{}` is none that is known", shortened(frequency)),
    })
}

/// The update cycle that a term of the EU's authority list stands for.
pub(super) fn cycle(frequency: &str) -> Option<UpdateCycle> {
    Some(match frequency.strip_prefix(FREQUENCIES)? {
        "CONT" | "UPDATE_CONT" => UpdateCycle::RealTime,
        "DAILY" => UpdateCycle::Daily,
        "WEEKLY" => UpdateCycle::Weekly,
        "MONTHLY" => UpdateCycle::Monthly,
        "QUARTERLY" => UpdateCycle::Quarterly,
        "ANNUAL_2" => UpdateCycle::HalfYearly,
        "ANNUAL" => UpdateCycle::Yearly,
        "BIENNIAL" | "TRIENNIAL" | "QUINQUENNIAL" | "DECENNIAL" => UpdateCycle::Rarer,
        "IRREG" => UpdateCycle::Irregular,
        _ => return None,
    })
}
