//! The Python tools that judge the interface from outside (`tests/programs_py`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::program::{Printed, repository, run};

/// The Python that has them: `make programs-py` installs them outside the checkout; another one is
/// named by DIRCHAIN_PROGRAMS_PYTHON.
///
/// # Panics
///
/// When they were not installed.
pub fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("DIRCHAIN_PROGRAMS_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| {
        let home = std::env::var_os("HOME").expect("a home folder");
        PathBuf::from(home).join(".cache")
    });
    let python = cache.join("dirchain/programs-py/bin/python");
    let found = python.display();
    assert!(
        python.exists(),
        "there is no {found}: run `make programs-py`"
    );
    python
}

/// Runs one of the scripts in `scratch`, for at most `most`.
pub fn script(name: &str, arguments: &[&str], scratch: &Path, most: Duration) -> Printed {
    let script = repository().join("tests/programs_py").join(name);
    let mut command = Command::new(python());
    command.current_dir(scratch).arg(script).args(arguments);
    run(&mut command, scratch, most)
}
