//! The Pythons with which programs outside judge this one. `make` puts each outside the checkout.
//!
//! Invariant: nothing here but the standard library, so that crates which must not know this one
//! include the file.

use std::path::PathBuf;

/// The Python that has the tools of `tests/programs_py`; another one is named by
/// DIRCHAIN_PROGRAMS_PYTHON.
///
/// # Panics
///
/// When `make programs-py` has not made it.
pub fn programs() -> PathBuf {
    python("DIRCHAIN_PROGRAMS_PYTHON", "programs-py")
}

/// The Python of the second verifier, `tests/verifier_py`; another one is named by
/// DIRCHAIN_VERIFIER_PYTHON.
///
/// # Panics
///
/// When `make verifier-py` has not made it.
pub fn verifier() -> PathBuf {
    python("DIRCHAIN_VERIFIER_PYTHON", "verifier-py")
}

fn python(variable: &str, name: &str) -> PathBuf {
    if let Some(python) = std::env::var_os(variable) {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home folder"));
    let cache = cache.unwrap_or_else(|| home().join(".cache"));
    let python = cache.join("dirchain").join(name).join("bin/python");
    let found = python.display();
    assert!(python.exists(), "there is no {found}: run `make {name}`");
    python
}
