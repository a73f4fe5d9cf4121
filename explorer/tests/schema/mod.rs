//! Whether a JSON value has the shape that a schema of the document tells, and tells all of it: a
//! property that the schema does not name is a misfit, so that nothing goes out undocumented.

#![allow(clippy::unwrap_used, unreachable_pub)]

use serde_json::Value;

/// Where a value does not fit, in words.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    fits(document, schema, value, "$", &mut found);
    found
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolve(document, document.pointer(&reference[1..]).unwrap()),
        None => schema,
    }
}

/// Every property that a schema names, through its parts.
fn properties<'d>(document: &'d Value, schema: &'d Value, into: &mut Vec<(&'d str, &'d Value)>) {
    let schema = resolve(document, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        into.push((name.as_str(), property));
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        properties(document, part, into);
    }
}

/// The alternatives of a schema: itself when it has none. Parts are multiplied out.
fn alternatives<'d>(document: &'d Value, schema: &'d Value) -> Vec<Vec<&'d Value>> {
    let schema = resolve(document, schema);
    if let Some(options) = schema["oneOf"].as_array() {
        return options
            .iter()
            .flat_map(|one| alternatives(document, one))
            .collect();
    }
    let mut whole: Vec<Vec<&Value>> = vec![vec![schema]];
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let parts = alternatives(document, part);
        whole = whole
            .iter()
            .flat_map(|before| {
                parts
                    .iter()
                    .map(move |part| before.iter().chain(part).copied().collect())
            })
            .collect();
    }
    whole
}

fn fits(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut best: Option<Vec<String>> = None;
    for parts in alternatives(document, schema) {
        let mut misfits = Vec::new();
        fits_all(document, &parts, value, at, &mut misfits);
        if best.as_ref().is_none_or(|best| misfits.len() < best.len()) {
            best = Some(misfits);
        }
    }
    found.extend(best.unwrap_or_default());
}

fn fits_all(document: &Value, parts: &[&Value], value: &Value, at: &str, found: &mut Vec<String>) {
    let mut named: Vec<(&str, &Value)> = Vec::new();
    for part in parts {
        properties(document, part, &mut named);
        if !type_fits(part, value) {
            found.push(format!("{at} is {value}, not {}", part["type"]));
        }
        if let Some(values) = part["enum"].as_array()
            && !values.contains(value)
        {
            found.push(format!("{at} is {value}, none of {values:?}"));
        }
        for required in part["required"].as_array().into_iter().flatten() {
            if value.get(required.as_str().unwrap()).is_none() {
                found.push(format!("{at} lacks {required}"));
            }
        }
        if let (Some(items), false) = (value.as_array(), part["items"].is_null()) {
            for (index, item) in items.iter().enumerate() {
                fits(
                    document,
                    &part["items"],
                    item,
                    &format!("{at}[{index}]"),
                    found,
                );
            }
        }
    }
    let Some(object) = value.as_object().filter(|_| !named.is_empty()) else {
        return;
    };
    for (name, inner) in object {
        match named.iter().find(|(known, _)| known == name) {
            Some((_, property)) => {
                fits(document, property, inner, &format!("{at}.{name}"), found);
            }
            None => found.push(format!("{at}.{name} is not documented")),
        }
    }
}

fn type_fits(schema: &Value, value: &Value) -> bool {
    let fits = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    match &schema["type"] {
        Value::Null => true,
        Value::Array(types) => types.iter().any(fits),
        one => fits(one),
    }
}
