//! The interface's documentation as a page, from the document that programs read.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde_json::Value;

use super::frame::{Frame, Visit};
use super::{Paged, filters, show};
use crate::directory::Directory;
use crate::http::App;
use crate::problem::ProblemKind;

#[derive(Template)]
#[template(path = "interface.html")]
struct InterfacePage {
    frame: Frame,
    about: String,
    groups: Vec<Group>,
    problems: &'static [ProblemKind],
}

/// Operations about one subject.
struct Group {
    name: String,
    says: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    says: Option<String>,
    parameters: Vec<Parameter>,
    question: Option<String>,
    answer: Option<String>,
}

struct Parameter {
    name: String,
    place: String,
    required: bool,
    says: String,
}

/// `GET /interface`
pub(super) async fn interface(State(app): State<Arc<App>>, visit: Visit) -> Paged {
    let document = Arc::clone(&app);
    let read = move |directory: &dyn Directory, visit: &Visit| {
        let document = &document.document().value;
        let as_of = directory.tip_moment().into();
        let json = "/api/v1/openapi.json";
        Ok(InterfacePage {
            frame: Frame::now(visit, &directory.about(), as_of)
                .with_json(json, &super::frame::Point::default()),
            about: text(&document["info"]["description"]),
            groups: groups(document),
            problems: ProblemKind::ALL,
        })
    };
    show(&app, visit, read).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn groups(document: &Value) -> Vec<Group> {
    let tags = document["tags"].as_array();
    let of = |tag: &Value| Group {
        name: text(&tag["name"]),
        says: text(&tag["description"]),
        operations: operations(document, &tag["name"]),
    };
    tags.into_iter().flatten().map(of).collect()
}

fn operations(document: &Value, tag: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    let paths = document["paths"].as_object();
    for (path, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"][0] == *tag {
                found.push(shown(path, method, operation));
            }
        }
    }
    found
}

/// Characters of an example that are shown; the document has all of it.
const EXAMPLE_CHARS_SHOWN: usize = 360;

fn pretty(value: Option<&Value>) -> Option<String> {
    let text = serde_json::to_string_pretty(value?).ok()?;
    if text.chars().count() <= EXAMPLE_CHARS_SHOWN {
        return Some(text);
    }
    let cut: String = text.chars().take(EXAMPLE_CHARS_SHOWN).collect();
    Some(cut + "…")
}

fn shown(path: &str, method: &str, operation: &Value) -> Operation {
    let responses = operation["responses"].as_object();
    let mut answers = responses.into_iter().flatten();
    let answer =
        answers.find_map(|(_, response)| response.pointer("/content/application~1json/example"));
    let parameters = operation["parameters"].as_array();
    let parameters = parameters.into_iter().flatten().map(|parameter| Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == true,
        says: text(&parameter["description"]),
    });
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        says: operation["description"].as_str().map(str::to_owned),
        parameters: parameters.collect(),
        question: pretty(operation.pointer("/requestBody/content/application~1json/example")),
        answer: pretty(answer),
    }
}
