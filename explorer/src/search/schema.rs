//! What the index holds of a record: a document for each state that its texts were ever in, with the
//! heights from which on and until which they stood so. Every height is searched alike.

use dirchain_ledger::ids::{DepartmentId, Height};
use dirchain_ledger::records::{Record, RecordId, RecordKind, Resource, Sharing};
use dirchain_ledger::view::{Records, View, ViewError};
use serde::Serialize;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, TantivyDocument};

use super::States;
use super::tokens::{Grams, Shorts, Words};
use super::traditional::simplified;
use crate::api::SharingType;
use crate::pages::words_for;

/// Changes with every change of what the index holds; an index of another version is made anew.
pub(super) const VERSION: u32 = 4;

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
    /// The same, in the document that stands at the newest height alone.
    pub(super) newest: Field,
    /// The height of the block that brought the texts about.
    pub(super) from: Field,
    /// The height of the block that replaced them; [`u64::MAX`] while they stand.
    pub(super) until: Field,
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
    /// The same of the provider's or holder's name.
    pub(super) holder_shorts: Field,
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
        newest: builder.add_text_field("newest", STRING),
        from: builder.add_u64_field("from", FAST),
        until: builder.add_u64_field("until", FAST | INDEXED),
        kind: builder.add_text_field("kind", STRING),
        whole: builder.add_text_field("whole", STRING),
        name: builder.add_text_field("name", text("grams")),
        code: builder.add_text_field("code", text("grams")),
        fields: builder.add_text_field("fields", text("grams")),
        holder: builder.add_text_field("holder", text("grams")),
        summary: builder.add_text_field("summary", text("grams")),
        shorts: builder.add_text_field("shorts", text("shorts")),
        holder_shorts: builder.add_text_field("holder_shorts", text("shorts")),
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

/// What a record is found by: all of a document but its heights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    texts: Vec<(Field, String)>,
    holder: Option<DepartmentId>,
}

impl Texts {
    fn add(&mut self, field: Field, text: impl Into<String>) {
        self.texts.push((field, text.into()));
    }

    /// Whose name the texts hold.
    pub(super) fn holder(&self) -> Option<&DepartmentId> {
        self.holder.as_ref()
    }

    /// The document of a record whose texts stood so from one height until another; to the newest when
    /// there is no other.
    pub(super) fn document(
        self,
        fields: &Fields,
        id: &RecordId,
        from: Height,
        until: Option<Height>,
    ) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(fields.id, id_text(id));
        document.add_text(fields.kind, kind_text(id.kind()));
        document.add_u64(fields.from, from.0);
        match until {
            Some(until) => document.add_u64(fields.until, until.0),
            None => {
                document.add_u64(fields.until, u64::MAX);
                document.add_text(fields.newest, id_text(id));
            }
        }
        for (field, text) in self.texts {
            document.add_text(field, text);
        }
        document
    }
}

/// The texts of a record; none when it is not there, or the index does not hold such records.
pub(super) fn texts(
    fields: &Fields,
    view: &dyn View,
    id: &RecordId,
) -> Result<Option<Texts>, ViewError> {
    let holder = |department: &_| -> Result<String, ViewError> {
        let found = view.department(department)?;
        let name = found
            .map(|found| found.name.to_string())
            .unwrap_or_default();
        Ok(format!("{name} {department}"))
    };
    let mut texts = Texts::default();
    match view.record(id)? {
        Some(Record::Department(found)) => {
            named(fields, &mut texts, &found.name, found.id.as_str());
        }
        Some(Record::Responsibility(found)) => {
            named(fields, &mut texts, &found.title, found.code.as_str());
            texts.add(fields.holder, holder(&found.holder)?);
            texts.holder = Some(found.holder);
        }
        Some(Record::Resource(found)) => {
            let provider = holder(&found.provider)?;
            resource(fields, &mut texts, &found, provider);
            texts.holder = Some(found.provider);
        }
        Some(_) | None => return Ok(None),
    }
    Ok(Some(texts))
}

fn named(fields: &Fields, texts: &mut Texts, name: &str, code: &str) {
    let simple: String = name.chars().map(simplified).collect();
    texts.add(fields.whole, simple.to_lowercase());
    texts.add(fields.whole, code.to_lowercase());
    texts.add(fields.name, name);
    texts.add(fields.code, code);
    texts.add(fields.shorts, name);
    texts.add(fields.name_words, name);
    texts.add(fields.name_words, code);
}

fn resource(fields: &Fields, texts: &mut Texts, found: &Resource, provider: String) {
    let entry = found.entry();
    let name = entry.map_or("", |entry| &entry.name);
    named(fields, texts, name, found.code.as_str());
    // Codes are written without their slash too.
    let joined: String = found.code.as_str().split('/').collect();
    texts.add(fields.code, joined);
    texts.add(fields.words, provider.clone());
    texts.add(fields.holder_shorts, provider.clone());
    texts.add(fields.holder, provider);
    let mut values = [
        Some(found.provider.to_string()),
        None,
        None,
        code_text(&found.status()),
        None,
    ];
    if let Some(entry) = entry {
        for field in &entry.fields {
            texts.add(fields.fields, &*field.name);
            texts.add(fields.words, &*field.name);
        }
        if let Some(summary) = &entry.summary {
            texts.add(fields.summary, &**summary);
            texts.add(fields.words, &**summary);
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
                    texts.add(fields.summary, &**said);
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
                texts.add(fields.summary, &*words);
                texts.add(fields.words, &*words);
            }
        }
    }
    for (field, value) in fields.facets.iter().zip(values) {
        if let Some(value) = value {
            texts.add(*field, value);
        }
    }
    // Under the departments above the provider too: theirs is what their sub-units provide.
    let id = found.provider.as_str();
    let above = id.match_indices('.').filter_map(|(at, _)| id.get(..at));
    for department in above {
        texts.add(fields.facets[0], department);
    }
}

/// For which states of which chain an index was written: kept with it.
pub(super) fn mark(chain: &str, states: States) -> String {
    let States { first, last } = states;
    format!("{VERSION} {chain} {first} {last}")
}

/// The states of a mark of this version and chain.
pub(super) fn marked(chain: &str, mark: &str) -> Option<States> {
    let heights = mark.strip_prefix(&format!("{VERSION} {chain} "))?;
    let (first, last) = heights.split_once(' ')?;
    Some(States {
        first: Height(first.parse().ok()?),
        last: Height(last.parse().ok()?),
    })
}
