//! The administrator's keystore: signing keys in files, encrypted at rest.
//!
//! Invariant: a secret half leaves this folder only as a [`SecretKey`] in memory, never as text,
//! never over the network.
//!
//! [`SecretKey`]: dirchain_ledger::crypto::SecretKey

mod passphrase;
mod sealed;
mod store;

pub use passphrase::{Passphrase, PassphraseError, PassphraseSource};
pub use sealed::{Cost, SealError, SealedKey};
pub use store::{KeyName, Keystore, KeystoreError, ParseKeyNameError};

use dirchain_ledger::crypto::SecretKey;
use zeroize::Zeroizing;

/// The system gave no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the system gave no randomness: {0}")]
pub struct RandomnessError(getrandom::Error);

/// Random bytes from the system.
pub fn random<const N: usize>() -> Result<[u8; N], RandomnessError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(RandomnessError)?;
    Ok(bytes)
}

/// A new signing key from the system's randomness.
pub fn generate() -> Result<SecretKey, RandomnessError> {
    let seed = Zeroizing::new(random::<32>()?);
    Ok(SecretKey::from_seed(&seed))
}
