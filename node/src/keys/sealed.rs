//! One key, encrypted: Argon2id makes the key from a passphrase, ChaCha20-Poly1305 seals the seed.
//!
//! Sources: RFC 9106 (Argon2; the default cost is its second recommended option), RFC 8439.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use dirchain_ledger::crypto::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Passphrase, RandomnessError, random};

/// The layout's version.
const VERSION: u16 = 1;

/// What a passphrase guess costs.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 4,
        }
    }
}

impl Cost {
    /// For keys whose passphrase is printed in the manual anyway: the demonstration's and tests'.
    pub const LIGHT: Self = Self {
        memory_kib: 1024,
        passes: 1,
        lanes: 1,
    };

    /// The most that a file may ask for, so that a forged one cannot exhaust the machine.
    const MAX: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 16,
        lanes: 16,
    };

    fn within_bounds(&self) -> bool {
        self.memory_kib <= Self::MAX.memory_kib
            && self.passes <= Self::MAX.passes
            && self.lanes <= Self::MAX.lanes
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Derivation {
    algorithm: DerivationAlgorithm,
    #[serde(flatten)]
    cost: Cost,
    salt: String,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum DerivationAlgorithm {
    #[serde(rename = "argon2id")]
    Argon2id,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum CipherAlgorithm {
    #[serde(rename = "chacha20-poly1305")]
    ChaCha20Poly1305,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cipher {
    algorithm: CipherAlgorithm,
    nonce: String,
}

/// What the seal authenticates besides the seed: all that the file says in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Clear {
    version: u16,
    public_key: PublicKey,
    derivation: Derivation,
    cipher: Cipher,
}

/// A key file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKey {
    #[serde(flatten)]
    clear: Clear,
    sealed: String,
}

/// Why a key was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The passphrase does not open it, or a byte of the file was changed: a seal cannot tell.
    #[error("wrong passphrase (or the key file was changed since it was written)")]
    DoesNotOpen,
    /// The file is of a later version.
    #[error("the key file has version {found}, this program reads {VERSION}. Use a newer dirchain")]
    UnknownVersion {
        /// What the file says.
        found: u16,
    },
    /// The file asks for more work than any key needs.
    #[error("the key file asks for an unreasonable amount of work to open it and is refused")]
    CostTooHigh,
    /// The parameters are unusable.
    #[error("the key file is damaged: {reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

impl SealedKey {
    /// Seals a key under a passphrase.
    pub fn seal(
        secret: &SecretKey,
        passphrase: &Passphrase,
        cost: Cost,
    ) -> Result<Self, SealError> {
        let (salt, nonce) = (random::<16>()?, random::<12>()?);
        let clear = Clear {
            version: VERSION,
            public_key: secret.public(),
            derivation: Derivation {
                algorithm: DerivationAlgorithm::Argon2id,
                cost,
                salt: hex::encode(salt),
            },
            cipher: Cipher {
                algorithm: CipherAlgorithm::ChaCha20Poly1305,
                nonce: hex::encode(nonce),
            },
        };
        let cipher = cipher(passphrase, &clear.derivation)?;
        let seed = Zeroizing::new(secret.seed());
        let aad = clear.authenticated();
        let payload = Payload {
            msg: seed.as_slice(),
            aad: &aad,
        };
        let sealed = cipher
            .encrypt(Nonce::from_slice(&nonce), payload)
            .map_err(|_| damaged("the seal could not be made"))?;
        Ok(Self {
            clear,
            sealed: hex::encode(sealed),
        })
    }

    /// Opens the key.
    pub fn open(&self, passphrase: &Passphrase) -> Result<SecretKey, SealError> {
        if self.clear.version != VERSION {
            let found = self.clear.version;
            return Err(SealError::UnknownVersion { found });
        }
        let cipher = cipher(passphrase, &self.clear.derivation)?;
        let mut nonce = [0u8; 12];
        hex::decode_to_slice(&self.clear.cipher.nonce, &mut nonce)
            .map_err(|_| damaged("its nonce is not 24 hexadecimal digits"))?;
        let sealed =
            hex::decode(&self.sealed).map_err(|_| damaged("its seal is not hexadecimal"))?;
        let aad = self.clear.authenticated();
        let payload = Payload {
            msg: &sealed,
            aad: &aad,
        };
        let seed = cipher
            .decrypt(Nonce::from_slice(&nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError::DoesNotOpen)?;
        let seed: Zeroizing<[u8; 32]> =
            <[u8; 32]>::try_from(seed.as_slice())
                .map(Zeroizing::new)
                .map_err(|_| damaged("it does not hold a seed of 32 bytes"))?;
        let secret = SecretKey::from_seed(&seed);
        if secret.public() != self.clear.public_key {
            return Err(damaged("its public key is not that of its secret half"));
        }
        Ok(secret)
    }

    /// The public half, as the file states it; the seal authenticates it.
    pub fn public_key(&self) -> PublicKey {
        self.clear.public_key
    }

    /// What a guess at the passphrase costs.
    pub fn cost(&self) -> Cost {
        self.clear.derivation.cost
    }
}

impl Clear {
    fn authenticated(&self) -> Vec<u8> {
        let Derivation { cost, salt, .. } = &self.derivation;
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = cost;
        format!(
            "dirchain/v1/key-file {} {} argon2id {memory_kib} {passes} {lanes} {salt} chacha20-poly1305 {}",
            self.version, self.public_key, self.cipher.nonce,
        )
        .into_bytes()
    }
}

fn damaged(reason: &str) -> SealError {
    SealError::Damaged {
        reason: reason.to_owned(),
    }
}

fn cipher(passphrase: &Passphrase, derivation: &Derivation) -> Result<ChaCha20Poly1305, SealError> {
    if !derivation.cost.within_bounds() {
        return Err(SealError::CostTooHigh);
    }
    let salt = hex::decode(&derivation.salt).map_err(|_| damaged("its salt is not hexadecimal"))?;
    let cost = derivation.cost;
    let unusable = |error: argon2::Error| damaged(&error.to_string());
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(unusable)?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = Zeroizing::new([0u8; 32]);
    argon
        .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
        .map_err(unusable)?;
    Ok(ChaCha20Poly1305::new(Key::from_slice(key.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (SecretKey, SealedKey) {
        let secret = SecretKey::from_seed(&[7; 32]);
        let passphrase = Passphrase::new("correct horse");
        let sealed = SealedKey::seal(&secret, &passphrase, Cost::LIGHT).unwrap();
        (secret, sealed)
    }

    #[test]
    fn what_was_sealed_opens_again() {
        let (secret, sealed) = sealed();
        let text = serde_json::to_string_pretty(&sealed).unwrap();
        let read: SealedKey = serde_json::from_str(&text).unwrap();
        let opened = read.open(&Passphrase::new("correct horse")).unwrap();
        assert_eq!(opened.seed(), secret.seed());
        assert!(!text.contains(&hex::encode(secret.seed())));
    }

    #[test]
    fn the_default_cost_is_usable() {
        let secret = SecretKey::from_seed(&[7; 32]);
        let passphrase = Passphrase::new("correct horse");
        let sealed = SealedKey::seal(&secret, &passphrase, Cost::default()).unwrap();
        assert_eq!(sealed.open(&passphrase).unwrap().public(), secret.public());
    }

    #[test]
    fn a_wrong_passphrase_is_named() {
        let (_, sealed) = sealed();
        let error = sealed.open(&Passphrase::new("wrong horse")).unwrap_err();
        assert!(matches!(error, SealError::DoesNotOpen), "{error}");
        assert!(error.to_string().starts_with("wrong passphrase"));
    }

    #[test]
    fn every_changed_part_of_the_file_is_noticed() {
        let (_, sealed) = sealed();
        let other = SecretKey::from_seed(&[8; 32]).public();
        let mut forged = Vec::new();
        let mut change = |edit: &dyn Fn(&mut SealedKey)| {
            let mut copy = sealed.clone();
            edit(&mut copy);
            forged.push(copy);
        };
        change(&|key| key.clear.public_key = other);
        change(&|key| key.clear.derivation.cost.passes = 2);
        change(&|key| key.clear.derivation.salt = hex::encode([1; 16]));
        change(&|key| key.clear.cipher.nonce = hex::encode([1; 12]));
        change(&|key| {
            let flipped = if key.sealed.starts_with('0') {
                "1"
            } else {
                "0"
            };
            key.sealed.replace_range(0..1, flipped);
        });
        for key in forged {
            let error = key.open(&Passphrase::new("correct horse")).unwrap_err();
            assert!(matches!(error, SealError::DoesNotOpen), "{error}");
        }
    }

    #[test]
    fn a_file_cannot_ask_for_all_the_memory_there_is() {
        let (_, mut sealed) = sealed();
        sealed.clear.derivation.cost.memory_kib = u32::MAX;
        let error = sealed.open(&Passphrase::new("x")).unwrap_err();
        assert!(matches!(error, SealError::CostTooHigh), "{error}");
    }

    #[test]
    fn a_later_version_is_not_guessed_at() {
        let (_, mut sealed) = sealed();
        sealed.clear.version = 2;
        let error = sealed.open(&Passphrase::new("correct horse")).unwrap_err();
        assert!(error.to_string().contains("newer dirchain"), "{error}");
    }
}
