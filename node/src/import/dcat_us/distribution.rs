//! `distribution`: in what form the data exists, and a field for each file or interface.

use dirchain_ledger::bounded::List;
use dirchain_ledger::ids::{FieldNumber, Name};
use dirchain_ledger::limits;
use dirchain_ledger::records::{Field, FieldType, ResourceKind, SharingMethod};
use serde_json::{Map, Value};

use super::member::{text, wrong_type};
use crate::import::catalogue::Reason;
use crate::import::note::Note;

/// What the distributions decide.
#[derive(Default)]
pub(super) struct Form {
    pub(super) kind: Option<ResourceKind>,
    pub(super) method: Option<SharingMethod>,
    pub(super) fields: List<Field, { limits::FIELDS_MAX }>,
}

struct Distribution<'a> {
    title: Option<&'a str>,
    format: Option<&'a str>,
    media_type: Option<&'a str>,
    access_url: Option<&'a str>,
    download_url: Option<&'a str>,
}

/// Reads the distributions. An entry is an interface when every one of them is, else a file.
pub(super) fn parse(members: &Map<String, Value>, notes: &mut Vec<Note>) -> Result<Form, Reason> {
    for member in ["accessURL", "downloadURL"] {
        if members.contains_key(member) {
            notes.push(Note::AddressOutsideDistribution { member });
        }
    }
    let items = match members.get("distribution") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(Value::Null) | None => &[],
        Some(other) => return Err(wrong_type("distribution".to_owned(), "a list", other)),
    };
    let mut distributions = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let distribution = read(index, item)?;
        if distribution.access_url.is_none() && distribution.download_url.is_none() {
            notes.push(Note::DistributionWithoutAddress { index });
        }
        distributions.push(distribution);
    }
    if distributions.is_empty() {
        return Ok(Form::default());
    }
    let (kind, method) = if distributions.iter().all(Distribution::is_interface) {
        (ResourceKind::Interface, SharingMethod::Query)
    } else {
        (ResourceKind::File, SharingMethod::Download)
    };
    Ok(Form {
        kind: Some(kind),
        method: Some(method),
        fields: fields(&distributions, notes),
    })
}

fn read(index: usize, item: &Value) -> Result<Distribution<'_>, Reason> {
    let Value::Object(members) = item else {
        let path = format!("distribution[{index}]");
        return Err(wrong_type(path, "an object", item));
    };
    let member = |name: &str| text(members, name, || format!("distribution[{index}].{name}"));
    Ok(Distribution {
        title: member("title")?,
        format: member("format")?,
        media_type: member("mediaType")?,
        access_url: member("accessURL")?,
        download_url: member("downloadURL")?,
    })
}

impl Distribution<'_> {
    /// Its format says so, or it has nothing to download and its address is an interface's.
    fn is_interface(&self) -> bool {
        if let Some(format) = self.format {
            return format.trim().eq_ignore_ascii_case("api");
        }
        let is_file = self.download_url.is_some() || self.media_type.is_some();
        !is_file && self.access_url.is_some_and(is_interface_address)
    }

    /// What a field may be called, the best first.
    fn names(&self) -> impl Iterator<Item = &str> {
        [self.title, self.format, self.media_type]
            .into_iter()
            .flatten()
    }
}

/// Whether the host's name begins with `api`, or the path has a part `api`.
fn is_interface_address(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let plain = address
        .split_once("://")
        .map_or(address.as_str(), |(_, rest)| rest);
    let plain = plain.split(['?', '#']).next().unwrap_or_default();
    plain.starts_with("api") || plain.split('/').skip(1).any(|part| part == "api")
}

/// A field of type F for each distribution. Two of one name are told apart by format or number.
fn fields(
    distributions: &[Distribution<'_>],
    notes: &mut Vec<Note>,
) -> List<Field, { limits::FIELDS_MAX }> {
    let mut fields: List<Field, { limits::FIELDS_MAX }> = List::default();
    let mut without = 0usize;
    for (number, distribution) in (1u16..=u16::MAX).zip(distributions) {
        let is_free = |name: &Name| fields.iter().all(|field| field.name != *name);
        let plain = distribution.names().find_map(|name| Name::new(name).ok());
        let plain = plain.map_or_else(|| "distribution".to_owned(), |name| name.to_string());
        let by_format = distribution
            .format
            .map(|format| format!("{plain} ({format})"));
        let by_number = format!("{plain} ({number})");
        let names = [
            Some(plain),
            by_format,
            Some(by_number),
            Some(format!("distribution {number}")),
        ];
        let name = names
            .into_iter()
            .flatten()
            .find_map(|name| Name::new(name).ok().filter(is_free));
        let pushed = name.and_then(|name| fields.push(file(number, name)).ok());
        if pushed.is_none() {
            without = without.saturating_add(1);
        }
    }
    let beyond = distributions.len().saturating_sub(usize::from(u16::MAX));
    without = without.saturating_add(beyond);
    if without > 0 {
        notes.push(Note::DistributionsWithoutField { count: without });
    }
    fields
}

fn file(number: u16, name: Name) -> Field {
    Field {
        number: FieldNumber(number),
        name,
        data_element: None,
        field_type: FieldType::F,
        length: None,
        precision: None,
        unit: None,
        sharing: None,
        level: None,
    }
}
