//! An RDF graph as far as an import looks at it: what is said of each node.

use std::collections::BTreeMap;

use oxjsonld::JsonLdParser;
use oxrdf::{NamedOrBlankNode, Term, TripleRef};
use oxttl::TurtleParser;

/// The datatype of JSON-LD contexts is no concern here: a literal is its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// A node, by its IRI or blank label.
    Node(String),
    /// A text, whatever its datatype or language.
    Text(String),
}

impl Object {
    fn of(term: Term) -> Self {
        match term {
            Term::NamedNode(node) => Self::Node(node.into_string()),
            Term::BlankNode(node) => Self::Node(format!("_:{}", node.as_str())),
            Term::Literal(literal) => Self::Text(literal.destruct().0),
        }
    }

    /// Its IRI or its text.
    pub(super) fn as_str(&self) -> &str {
        match self {
            Object::Node(text) | Object::Text(text) => text,
        }
    }
}

/// What is said of one node: predicates with what they lead to, in the order of the file.
pub(super) type Properties = Vec<(String, Object)>;

/// Nodes by IRI.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: BTreeMap<String, Properties>,
    /// Nodes in the order in which the file first speaks of them.
    order: Vec<String>,
    /// What says that it is part of a node.
    parts: BTreeMap<String, Vec<String>>,
}

const PART_OF: &str = "http://www.w3.org/ns/odrl/2/partOf";

impl Graph {
    /// Reads JSON-LD, when the text begins as JSON does, or else Turtle.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        let mut graph = Self::default();
        if matches!(first, Some(b'{' | b'[')) {
            for quad in JsonLdParser::new().for_slice(bytes) {
                let quad = quad.map_err(|error| error.to_string())?;
                graph.add(quad.as_ref().into());
            }
        } else {
            for triple in TurtleParser::new().for_slice(bytes) {
                graph.add(triple.map_err(|error| error.to_string())?.as_ref());
            }
        }
        Ok(graph)
    }

    fn add(&mut self, triple: TripleRef<'_>) {
        let subject = match triple.subject.into_owned() {
            NamedOrBlankNode::NamedNode(node) => node.into_string(),
            NamedOrBlankNode::BlankNode(node) => format!("_:{}", node.as_str()),
        };
        let object = Object::of(triple.object.into_owned());
        let predicate = triple.predicate.as_str().to_owned();
        if predicate == PART_OF {
            let parts = self.parts.entry(object.as_str().to_owned()).or_default();
            parts.push(subject.clone());
        }
        let properties = self.nodes.entry(subject.clone()).or_insert_with(|| {
            self.order.push(subject);
            Vec::new()
        });
        if !properties
            .iter()
            .any(|(p, o)| (p, o) == (&predicate, &object))
        {
            properties.push((predicate, object));
        }
    }

    /// What is said of a node.
    pub(super) fn of(&self, node: &str) -> &[(String, Object)] {
        self.nodes.get(node).map_or(&[], Vec::as_slice)
    }

    /// What a node's predicate leads to.
    pub(super) fn all<'a>(
        &'a self,
        node: &str,
        predicate: &'a str,
    ) -> impl Iterator<Item = &'a Object> {
        let properties = self.of(node).iter();
        properties.filter_map(move |(name, object)| (name == predicate).then_some(object))
    }

    /// The first text or IRI that a node's predicate leads to.
    pub(super) fn one<'a>(&'a self, node: &str, predicate: &'a str) -> Option<&'a str> {
        self.all(node, predicate).next().map(Object::as_str)
    }

    fn is_of_class(&self, node: &str, class: &str) -> bool {
        self.all(node, super::TYPE).any(|o| o.as_str() == class)
    }

    /// Nodes of a class, in the order of the file.
    pub(super) fn of_class(&self, class: &'static str) -> impl Iterator<Item = &str> {
        let order = self.order.iter().map(String::as_str);
        order.filter(move |node| self.is_of_class(node, class))
    }

    /// Nodes of a class that say of themselves that they are part of another.
    pub(super) fn parts(&self, of: &str, class: &'static str) -> impl Iterator<Item = &str> {
        let parts = self.parts.get(of).into_iter().flatten();
        let parts = parts.map(String::as_str);
        parts.filter(move |node| self.is_of_class(node, class))
    }
}
