//! The catalogue in DCAT-AP 3, with ODRL policies: one graph, written in Turtle or in JSON-LD.
//!
//! Invariant: nothing here knows HTTP. Records become nodes (`nodes`), nodes become text here, a
//! node at a time, so that the whole is never in memory. Every node has an IRI of its own under the
//! chain's id, the same on every node of the network; there are no blank nodes.

mod nodes;

pub(crate) use nodes::{Namer, agent, catalogue, entry, policy_of_authorization};

use std::fmt::Write;

/// Prefixes and what they stand for.
///
/// The last one is our own: codes of an entry that DCAT has no words for, as the interface writes
/// them.
const PREFIXES: [(&str, &str); 12] = [
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dct", "http://purl.org/dc/terms/"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("odrl", "http://www.w3.org/ns/odrl/2/"),
    ("adms", "http://www.w3.org/ns/adms#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    (
        "freq",
        "http://publications.europa.eu/resource/authority/frequency/",
    ),
    (
        "right",
        "http://publications.europa.eu/resource/authority/access-right/",
    ),
    ("dirc", "urn:dirchain:terms:"),
];

/// What a property says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Another node, by its IRI.
    Node(String),
    /// A term of a vocabulary, with its prefix.
    Term(&'static str),
    /// A text.
    Text(String),
    /// A text with a datatype of XML Schema.
    Typed(String, &'static str),
}

/// A node: its IRI, its classes, its properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    id: Value,
    classes: Vec<&'static str>,
    properties: Vec<(&'static str, Value)>,
}

/// How the graph is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Turtle 1.1.
    Turtle,
    /// JSON-LD 1.1: one graph over an inline context.
    JsonLd,
}

impl Format {
    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Format::Turtle => "text/turtle; charset=utf-8",
            Format::JsonLd => "application/ld+json",
        }
    }

    /// What comes before the first node.
    pub(crate) fn head(self) -> String {
        let mut text = String::new();
        match self {
            Format::Turtle => {
                for (prefix, iri) in PREFIXES {
                    text += &format!("@prefix {prefix}: <{iri}> .\n");
                }
            }
            Format::JsonLd => {
                let context = PREFIXES.map(|(prefix, iri)| format!("\"{prefix}\":\"{iri}\""));
                text = format!("{{\"@context\":{{{}}},\"@graph\":[", context.join(","));
            }
        }
        text
    }

    /// Nodes; `follows` when others stand before them.
    pub(crate) fn nodes(self, nodes: &[Node], follows: bool) -> String {
        let mut text = String::new();
        for (index, node) in nodes.iter().enumerate() {
            match self {
                Format::Turtle => text += &turtle(node),
                Format::JsonLd => {
                    text += if follows || index > 0 { ",\n" } else { "\n" };
                    text += &json(node).to_string();
                }
            }
        }
        text
    }

    /// What comes after the last node.
    pub(crate) fn tail(self) -> &'static str {
        match self {
            Format::Turtle => "",
            Format::JsonLd => "]}\n",
        }
    }
}

fn turtle(node: &Node) -> String {
    let mut text = format!("\n{}", turtle_value(&node.id));
    let classes = node.classes.iter().map(|class| ("a", (*class).to_owned()));
    let properties = node.properties.iter();
    let properties = properties.map(|(name, value)| (*name, turtle_value(value)));
    for (index, (name, value)) in classes.chain(properties).enumerate() {
        let separator = if index == 0 { " " } else { " ;\n  " };
        // Writing to a text does not fail.
        let _written = write!(text, "{separator}{name} {value}");
    }
    text + " .\n"
}

fn turtle_value(value: &Value) -> String {
    match value {
        Value::Node(iri) => format!("<{iri}>"),
        Value::Term(term) => (*term).to_owned(),
        Value::Text(text) => quoted(text),
        Value::Typed(text, datatype) => format!("{}^^{datatype}", quoted(text)),
    }
}

/// A text between quotation marks, as Turtle escapes it (RDF 1.1 Turtle, 6.4).
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

fn json(node: &Node) -> serde_json::Value {
    let mut object = serde_json::Map::new();
    let id = match &node.id {
        Value::Node(iri) => iri.clone(),
        Value::Term(term) => (*term).to_owned(),
        Value::Text(text) | Value::Typed(text, _) => text.clone(),
    };
    object.insert("@id".to_owned(), id.into());
    if !node.classes.is_empty() {
        object.insert("@type".to_owned(), serde_json::json!(node.classes));
    }
    for (name, value) in &node.properties {
        let value = match value {
            Value::Node(iri) => serde_json::json!({ "@id": iri }),
            Value::Term(term) => serde_json::json!({ "@id": term }),
            Value::Text(text) => serde_json::json!({ "@value": text }),
            Value::Typed(text, datatype) => {
                serde_json::json!({ "@value": text, "@type": datatype })
            }
        };
        let values = object.entry(*name).or_insert_with(|| serde_json::json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(value);
        }
    }
    serde_json::Value::Object(object)
}
