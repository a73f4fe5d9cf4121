//! Another portal's data set: its properties as the members of DCAT-US, which took its names from
//! the same vocabulary.

use serde_json::{Map, Value};

use super::entry::cycle;
use super::graph::{Graph, Object};
use super::{
    ACCESS_RIGHTS, AGENT_NAME, DISTRIBUTION, KEYWORD, PERIODICITY, PUBLISHER, RIGHTS, TYPE,
};
use crate::import::catalogue::{Described, Reason};
use crate::import::dcat_us;
use crate::import::note::Note;

/// What it says.
pub(super) fn describe(graph: &Graph, dataset: &str) -> Result<Described, Reason> {
    let mut members = members(graph, dataset);
    if let Some(publisher) = graph.one(dataset, PUBLISHER) {
        let mut agent = Map::new();
        if let Some(name) = graph.one(publisher, AGENT_NAME) {
            agent.insert("name".to_owned(), name.into());
        }
        members.insert("publisher".to_owned(), agent.into());
    }
    let distributions = graph.all(dataset, DISTRIBUTION);
    let distributions = distributions.map(|node| self::members(graph, node.as_str()).into());
    let distributions: Vec<Value> = distributions.collect();
    if !distributions.is_empty() {
        members.insert("distribution".to_owned(), distributions.into());
    }
    if let Some(level) = graph.one(dataset, ACCESS_RIGHTS).and_then(access_level) {
        members.insert("accessLevel".to_owned(), level.into());
    }
    let mut described = dcat_us::describe(&Value::Object(members))?;
    if let Some(cycle) = graph.one(dataset, PERIODICITY).and_then(cycle) {
        described.entry.update_cycle = Some(cycle);
        described
            .notes
            .retain(|note| !matches!(note, Note::UnknownCycle { .. }));
    }
    Ok(described)
}

/// A node's properties by the last part of their names; several values are a list.
fn members(graph: &Graph, node: &str) -> Map<String, Value> {
    let mut members = Map::new();
    let properties = graph.of(node).iter().filter(|(name, _)| name != TYPE);
    for (name, object) in properties {
        let local = name.rsplit(['/', '#', ':']).next().unwrap_or(name);
        let value = Value::from(match object {
            Object::Node(text) | Object::Text(text) => text.as_str(),
        });
        match members.get_mut(local) {
            Some(Value::Array(values)) => values.push(value),
            // A second language's title is no other title; keywords are several.
            Some(_) if name != KEYWORD => {}
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => {
                members.insert(local.to_owned(), value);
            }
        }
    }
    members
}

fn access_level(right: &str) -> Option<&'static str> {
    Some(match right.strip_prefix(RIGHTS)? {
        "PUBLIC" => "public",
        "RESTRICTED" => "restricted public",
        "NON_PUBLIC" => "non-public",
        _ => return None,
    })
}
