//! What the index holds of a record.

use dirchain_ledger::ids::Height;
use dirchain_ledger::records::{Record, RecordId, RecordKind, Resource, Sharing};
use dirchain_ledger::view::{Records, View, ViewError};
use serde::Serialize;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, TantivyDocument};

use super::tokens::{Grams, Shorts, Words};
use super::traditional::simplified;
use crate::api::SharingType;
use crate::pages::words_for;

/// Changes with every change of what the index holds; an index of another version is made anew.
pub(super) const VERSION: u32 = 3;

/// The kinds of record that can be found.
pub(super) const KINDS: [RecordKind; 3] = [
    RecordKind::Department,
    RecordKind::Responsibility,
    RecordKind::Resource,
];

/// The index's fields.
#[derive(Clone)]
pub(super) struct Fields {
    /// The record's key in hexadecimal.
    pub(super) id: Field,
    /// The kind's number.
    pub(super) kind: Field,
    /// The whole name in lower case.
    pub(super) whole: Field,
    /// Characters and pairs of the name.
    pub(super) name: Field,
    /// Of the code or id.
    pub(super) code: Field,
    /// Of the fields' names.
    pub(super) fields: Field,
    /// Of the provider's or holder's name and id.
    pub(super) holder: Field,
    /// Of the abstract, of the conditions and laws of its sharing, and how often it is renewed.
    pub(super) summary: Field,
    /// Every two Chinese characters of the name in their order, however far apart.
    pub(super) shorts: Field,
    /// Words in Latin letters of the name and the code.
    pub(super) name_words: Field,
    /// Words in Latin letters of fields, holder and abstract.
    pub(super) words: Field,
    /// One for each of [`super::Facet::ALL`].
    pub(super) facets: [Field; 5],
}

/// The schema with its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let text = |tokenizer: &str| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        id: builder.add_text_field("id", STRING | FAST),
        kind: builder.add_text_field("kind", STRING),
        whole: builder.add_text_field("whole", STRING),
        name: builder.add_text_field("name", text("grams")),
        code: builder.add_text_field("code", text("grams")),
        fields: builder.add_text_field("fields", text("grams")),
        holder: builder.add_text_field("holder", text("grams")),
        summary: builder.add_text_field("summary", text("grams")),
        shorts: builder.add_text_field("shorts", text("shorts")),
        name_words: builder.add_text_field("name_words", text("words")),
        words: builder.add_text_field("words", text("words")),
        facets: super::Facet::ALL.map(|facet| builder.add_text_field(facet.name(), STRING | FAST)),
    };
    (builder.build(), fields)
}

/// Gives an index our ways of cutting texts.
pub(super) fn with_tokenizers(mut index: Index) -> Index {
    let tokenizers = TokenizerManager::default();
    tokenizers.register("grams", Grams);
    tokenizers.register("shorts", Shorts);
    tokenizers.register("words", Words);
    index.set_tokenizers(tokenizers);
    index
}

/// The text for a kind in the field `kind`.
pub(super) fn kind_text(kind: RecordKind) -> String {
    kind.byte().to_string()
}

/// The text for a record in the field `id`.
pub(super) fn id_text(id: &RecordId) -> String {
    hex::encode(id.key())
}

/// The record that such a text stands for.
pub(super) fn id_of(text: &str) -> Option<RecordId> {
    RecordId::from_key(&hex::decode(text).ok()?)
}

/// A code's word as the interface spells it.
pub(crate) fn code_text(code: &impl Serialize) -> Option<String> {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(text)) => Some(text),
        Ok(_) | Err(_) => None,
    }
}

/// What the index holds of a record; none when it does not hold such records.
pub(super) fn document(
    fields: &Fields,
    view: &dyn View,
    id: &RecordId,
) -> Result<Option<TantivyDocument>, ViewError> {
    let holder = |department: &_| -> Result<String, ViewError> {
        let found = view.department(department)?;
        let name = found
            .map(|found| found.name.to_string())
            .unwrap_or_default();
        Ok(format!("{name} {department}"))
    };
    let mut document = TantivyDocument::default();
    document.add_text(fields.id, id_text(id));
    document.add_text(fields.kind, kind_text(id.kind()));
    match view.record(id)? {
        Some(Record::Department(found)) => {
            named(fields, &mut document, &found.name, found.id.as_str());
        }
        Some(Record::Responsibility(found)) => {
            named(fields, &mut document, &found.title, found.code.as_str());
            document.add_text(fields.holder, holder(&found.holder)?);
        }
        Some(Record::Resource(found)) => {
            let provider = holder(&found.provider)?;
            resource(fields, &mut document, &found, &provider);
        }
        Some(_) | None => return Ok(None),
    }
    Ok(Some(document))
}

fn named(fields: &Fields, document: &mut TantivyDocument, name: &str, code: &str) {
    let simple: String = name.chars().map(simplified).collect();
    document.add_text(fields.whole, simple.to_lowercase());
    document.add_text(fields.whole, code.to_lowercase());
    document.add_text(fields.name, name);
    document.add_text(fields.code, code);
    document.add_text(fields.shorts, name);
    document.add_text(fields.name_words, name);
    document.add_text(fields.name_words, code);
}

fn resource(fields: &Fields, document: &mut TantivyDocument, found: &Resource, provider: &str) {
    let entry = found.entry();
    let name = entry.map_or("", |entry| &entry.name);
    named(fields, document, name, found.code.as_str());
    // Codes are written without their slash too.
    let joined: String = found.code.as_str().split('/').collect();
    document.add_text(fields.code, joined);
    document.add_text(fields.holder, provider);
    document.add_text(fields.words, provider);
    let mut values = [
        Some(found.provider.to_string()),
        None,
        None,
        code_text(&found.status()),
        None,
    ];
    if let Some(entry) = entry {
        for field in &entry.fields {
            document.add_text(fields.fields, &*field.name);
            document.add_text(fields.words, &*field.name);
        }
        if let Some(summary) = &entry.summary {
            document.add_text(fields.summary, &**summary);
            document.add_text(fields.words, &**summary);
        }
        let shared = entry
            .fields
            .iter()
            .filter_map(|field| field.sharing.as_ref());
        for sharing in entry.sharing.iter().chain(shared) {
            match sharing {
                Sharing::Conditional {
                    condition: Some(said),
                }
                | Sharing::NotShared {
                    legal_basis: Some(said),
                } => {
                    document.add_text(fields.summary, &**said);
                }
                Sharing::Unconditional
                | Sharing::Conditional { condition: None }
                | Sharing::NotShared { legal_basis: None } => {}
            }
        }
        let sharing = entry.sharing.as_ref().map(SharingType::from);
        values[1] = entry.category.and_then(|category| code_text(&category));
        values[2] = sharing.and_then(|sharing| code_text(&sharing));
        values[4] = entry.update_cycle.and_then(|cycle| code_text(&cycle));
        if let Some(cycle) = &entry.update_cycle {
            for words in words_for(cycle) {
                document.add_text(fields.summary, &*words);
                document.add_text(fields.words, &*words);
            }
        }
    }
    for (field, value) in fields.facets.iter().zip(values) {
        if let Some(value) = value {
            document.add_text(*field, value);
        }
    }
    // Under the departments above the provider too: theirs is what their sub-units provide.
    let id = found.provider.as_str();
    let above = id.match_indices('.').filter_map(|(at, _)| id.get(..at));
    for department in above {
        document.add_text(fields.facets[0], department);
    }
}

/// For which state of which chain an index was written: kept with it.
pub(super) fn mark(chain: &str, height: Height) -> String {
    format!("{VERSION} {chain} {height}")
}

/// The height of a mark of this version and chain.
pub(super) fn marked(chain: &str, mark: &str) -> Option<Height> {
    let height = mark.strip_prefix(&format!("{VERSION} {chain} "))?;
    height.parse().ok().map(Height)
}
