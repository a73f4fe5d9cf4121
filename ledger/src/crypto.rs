//! Ed25519 in one place: who may be admitted, what is signed, how it is verified.
//!
//! Invariant: one verdict for one signature, whoever asks. Only `verify_strict` is used (RFC 8032
//! with canonical encodings and no small-order points); batch verification is never used, since it
//! accepts what single verification rejects.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The signature algorithm of a key. One today; SM2 has its place.
#[derive(
    Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// RFC 8032, verified strictly.
    Ed25519,
}

/// An Ed25519 public key, 32 bytes; printed as hexadecimal. Not yet checked to be a curve point.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PublicKey(pub [u8; 32]);

/// An Ed25519 signature, 64 bytes; printed as hexadecimal.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Signature(pub [u8; 64]);

/// Why a key or signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// The text is not hexadecimal of the right length.
    #[error("expected {digits} hexadecimal digits")]
    NotHex {
        /// How many digits the value has.
        digits: usize,
    },
    /// The bytes are no point of the curve.
    #[error("the public key is not a point of the curve")]
    NotAPoint,
    /// A key of small order, or with a small-order part: several messages could fit one signature.
    #[error("the public key has a small-order part and is not admitted")]
    SmallOrder,
    /// The signature does not fit the key and the message.
    #[error("the signature does not fit the key and what was signed")]
    BadSignature,
}

impl PublicKey {
    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether a ledger may admit this key: a canonical curve point without small-order part.
    pub fn admit(&self) -> Result<(), CryptoError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| CryptoError::NotAPoint)?;
        let point = key.to_edwards();
        if point.compress().0 != self.0 {
            return Err(CryptoError::NotAPoint);
        }
        if key.is_weak() || !point.is_torsion_free() {
            return Err(CryptoError::SmallOrder);
        }
        Ok(())
    }

    /// Strict verification of one signature over `message`.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), CryptoError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| CryptoError::NotAPoint)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature)
            .map_err(|_| CryptoError::BadSignature)
    }
}

/// A signing key in memory; erased when dropped.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key made from a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The seed, to be stored encrypted.
    pub fn seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

macro_rules! hex_text {
    ($name:ident, $digits:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = CryptoError;
            fn from_str(text: &str) -> Result<Self, CryptoError> {
                let mut bytes = [0; $digits / 2];
                hex::decode_to_slice(text, &mut bytes)
                    .map_err(|_| CryptoError::NotHex { digits: $digits })?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_text!(PublicKey, 64);
hex_text!(Signature, 128);

/// Prefix of a message so that a signature for one use never fits another; 32 bytes, zero-padded.
pub fn signing_tag(tag: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(tag.bytes()) {
        *to = from;
    }
    bytes
}
