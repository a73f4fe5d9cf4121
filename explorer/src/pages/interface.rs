//! The interface's documentation as a page, from the document that programs read. The document speaks
//! English; what it says stands in Chinese beside it (`texts/interface.zh.json`).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use serde_json::Value;

use super::frame::{Frame, Visit};
use super::words::Lang;
use super::{Paged, filters, show};
use crate::directory::Directory;
use crate::http::App;
use crate::problem::ProblemKind;

/// What the document says, in Chinese, by its English words without the full stop at their end.
static CHINESE: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../texts/interface.zh.json")).unwrap_or_default()
});

/// A sentence of the document in the reader's language; its own where it has no Chinese.
struct Said {
    lang: Lang,
    text: String,
}

impl Said {
    fn of(lang: Lang, english: &Value) -> Self {
        let words = english.as_str().unwrap_or_default().split_whitespace();
        let english = words.collect::<Vec<_>>().join(" ");
        let plain = english.strip_suffix('.').unwrap_or(&english);
        match CHINESE.get(plain) {
            Some(chinese) if lang == Lang::Zh => Self {
                lang,
                text: chinese.clone(),
            },
            _ => Self {
                lang: Lang::En,
                text: plain.to_owned(),
            },
        }
    }

    /// Its parts: plain words and code by turns, as backticks part them.
    fn parts(&self) -> impl Iterator<Item = (bool, &str)> {
        let parts = self.text.split('`').enumerate();
        parts.map(|(index, part)| (index % 2 == 1, part))
    }
}

#[derive(Template)]
#[template(path = "interface.html")]
struct InterfacePage {
    frame: Frame,
    about: Said,
    groups: Vec<Group>,
    problems: &'static [ProblemKind],
}

/// Operations about one subject.
struct Group {
    id: String,
    name: Said,
    says: Said,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: Said,
    says: Option<Said>,
    parameters: Vec<Parameter>,
    question: Option<String>,
    answer: Option<String>,
}

struct Parameter {
    name: String,
    place: String,
    required: bool,
    says: Said,
    /// What it may be.
    values: Vec<String>,
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
            about: Said::of(visit.lang, &document["info"]["description"]),
            groups: groups(visit.lang, document),
            problems: ProblemKind::ALL,
        })
    };
    show(&app, visit, read).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn groups(lang: Lang, document: &Value) -> Vec<Group> {
    let tags = document["tags"].as_array();
    let of = |tag: &Value| Group {
        id: text(&tag["name"]),
        name: Said::of(lang, &tag["name"]),
        says: Said::of(lang, &tag["description"]),
        operations: operations(lang, document, &tag["name"]),
    };
    tags.into_iter().flatten().map(of).collect()
}

fn operations(lang: Lang, document: &Value, tag: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    let paths = document["paths"].as_object();
    for (path, methods) in paths.into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"][0] == *tag {
                found.push(shown(lang, document, path, method, operation));
            }
        }
    }
    found
}

fn pretty(value: &Value) -> Option<String> {
    serde_json::to_string_pretty(value).ok()
}

/// What a part of the document refers to, or the part itself.
fn resolved<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    let pointer = part["$ref"]
        .as_str()
        .and_then(|name| name.strip_prefix('#'));
    let referred = pointer.and_then(|pointer| document.pointer(pointer));
    referred.unwrap_or(part)
}

/// An answer's example: its own, or the one that it shares with others.
fn example_of<'d>(document: &'d Value, response: &'d Value) -> Option<&'d Value> {
    let json = response.pointer("/content/application~1json")?;
    let shared = || json["examples"].as_object()?.values().next();
    let shared = || resolved(document, shared()?).get("value");
    json.get("example").or_else(shared)
}

/// What a parameter may be, as far as its shape says: its values, or from where to where and what holds
/// unless told otherwise.
fn values_of(document: &Value, parameter: &Value) -> Vec<String> {
    let shape = resolved(document, &parameter["schema"]);
    if let Some(values) = shape["enum"].as_array() {
        return values.iter().map(text).collect();
    }
    let mut values = Vec::new();
    if let (Some(most), true) = (shape["maximum"].as_u64(), shape["type"] == "integer") {
        let least = shape["minimum"].as_u64().unwrap_or_default();
        values.push(format!("{least}–{most}"));
        values.extend(shape["default"].as_u64().map(|usual| format!("= {usual}")));
    }
    values
}

fn shown(lang: Lang, document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let responses = operation["responses"].as_object();
    let mut answers = responses.into_iter().flatten();
    let answer = answers.find_map(|(_, response)| example_of(document, response));
    let parameters = operation["parameters"].as_array();
    let parameters = parameters.into_iter().flatten().map(|parameter| Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == true,
        says: Said::of(lang, &parameter["description"]),
        values: values_of(document, parameter),
    });
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: Said::of(lang, &operation["summary"]),
        says: operation
            .get("description")
            .map(|says| Said::of(lang, says)),
        parameters: parameters.collect(),
        question: operation
            .pointer("/requestBody/content/application~1json/example")
            .and_then(pretty),
        answer: answer.and_then(pretty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_the_document_says_is_said_in_chinese_and_nothing_more() {
        let document = crate::http::document_alone();
        let mut said = Vec::new();
        collect(&document, &mut said);
        assert!(said.len() > 100, "{}", said.len());
        for english in &said {
            let shown = Said::of(Lang::Zh, &Value::from(english.as_str()));
            assert_eq!(shown.lang, Lang::Zh, "no Chinese for: {english}");
            assert_eq!(
                shown.text.matches('`').count(),
                english.matches('`').count(),
                "{english}"
            );
        }
    }

    /// What the page takes from the document.
    fn collect(document: &Value, said: &mut Vec<String>) {
        let mut add = |value: &Value| said.extend(value.as_str().map(str::to_owned));
        add(&document["info"]["description"]);
        for tag in document["tags"].as_array().into_iter().flatten() {
            add(&tag["name"]);
            add(&tag["description"]);
        }
        for methods in document["paths"].as_object().into_iter().flatten() {
            for operation in methods.1.as_object().into_iter().flatten() {
                add(&operation.1["summary"]);
                add(&operation.1["description"]);
                for parameter in operation.1["parameters"].as_array().into_iter().flatten() {
                    add(&parameter["description"]);
                }
            }
        }
    }
}
