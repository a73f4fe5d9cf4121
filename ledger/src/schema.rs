//! The shapes of names and numbers as JSON documents them; records derive theirs where they stand.
//!
//! With the feature `schema` only: it is for the interface's documentation, and no rule asks it.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::bounded::Text;
use crate::crypto::{PublicKey, Signature};
use crate::hash::Hash;
use crate::ids::{
    Address, ChainId, CreditCode, DepartmentId, FieldNumber, Height, NodeId, PurposeCode,
    ResourceCode, ResponsibilityCode, SharingId, TimeMs, TransactionId,
};
use crate::records::SensitivityLevel;

/// Largest integer that JavaScript holds exactly; a larger one is a text.
const EXACT_MAX: isize = 9_007_199_254_740_991;

fn text(pattern: &str, example: &str, says: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .pattern(Some(pattern))
        .examples([serde_json::Value::from(example)])
        .description(Some(says));
    RefOr::T(Schema::Object(object.build()))
}

macro_rules! texts {
    ($($name:ident, $pattern:literal, $example:literal, $says:literal;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text($pattern, $example, $says)
            }
        }
        impl ToSchema for $name {}
    )*};
}

texts! {
    DepartmentId, r"^[A-Z][A-Z0-9.\-]{0,31}$", "D024", "A department's permanent id; a sub-unit's is its parent's, a dot and a number.";
    ResponsibilityCode, r"^[A-Z0-9][A-Z0-9.\-]{0,63}$", "Z-D024-01", "A responsibility's code.";
    NodeId, r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,63}$", "D035-1", "A node's name within the chain.";
    PurposeCode, r"^[A-Za-z0-9][A-Za-z0-9.\-]{0,63}$", "tax", "A purpose from the chain's code list.";
    ResourceCode, r"^[0-9]{6,30}/[0-9]{6}$", "103001/000001", "A catalogue entry's code. In a path its slash is written %2F.";
    SharingId, r"^[0-9]{6,30}/[0-9]{6}/[1-9][0-9]{0,9}$", "103001/000001/3", "An application's id, and that of the authorization granted on it.";
    CreditCode, r"^[0-9A-HJ-NPQRTUWXY]{18}$", "11110000DEM000241U", "A unified social credit code.";
    Hash, r"^[0-9a-f]{64}$", "00c1f5a4e3b2d1908f7e6d5c4b3a29181706f5e4d3c2b1a09f8e7d6c5b4a3928", "A hash, in hexadecimal.";
    ChainId, r"^[0-9a-f]{64}$", "00c1f5a4e3b2d1908f7e6d5c4b3a29181706f5e4d3c2b1a09f8e7d6c5b4a3928", "The chain: the hash of its genesis.";
    TransactionId, r"^[0-9a-f]{64}$", "00c1f5a4e3b2d1908f7e6d5c4b3a29181706f5e4d3c2b1a09f8e7d6c5b4a3928", "A transaction: the hash of its envelope.";
    PublicKey, r"^[0-9a-f]{64}$", "00c1f5a4e3b2d1908f7e6d5c4b3a29181706f5e4d3c2b1a09f8e7d6c5b4a3928", "An Ed25519 public key, in hexadecimal.";
    Signature, r"^[0-9a-f]{128}$", "00", "An Ed25519 signature, in hexadecimal.";
    Address, r"^[0-9a-f]{40}$", "00c1f5a4e3b2d1908f7e6d5c4b3a29181706f5e4", "A validator's address in votes.";
}

fn integer(minimum: isize, maximum: isize, says: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(minimum))
        .maximum(Some(maximum))
        .description(Some(says));
    RefOr::T(Schema::Object(object.build()))
}

macro_rules! integers {
    ($($name:ident, $min:expr, $max:expr, $says:literal;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                integer($min, $max, $says)
            }
        }
        impl ToSchema for $name {}
    )*};
}

integers! {
    Height, 0, EXACT_MAX, "A block's place in the chain; 0 is the genesis.";
    TimeMs, -EXACT_MAX, EXACT_MAX, "Milliseconds since 1970-01-01T00:00:00Z.";
    FieldNumber, 0, 65_535, "A field's number within its entry, never used for another field.";
    SensitivityLevel, 1, 4, "How sensitive the data is, 1 (least) to 4.";
}

impl<const N: usize> PartialSchema for Text<N> {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .min_length(Some(1))
            .max_length(Some(N))
            .description(Some(format!("A text of at most {N} bytes in UTF-8.")));
        RefOr::T(Schema::Object(object.build()))
    }
}

impl<const N: usize> ToSchema for Text<N> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Text{N}"))
    }
}
