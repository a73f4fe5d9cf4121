//! The `dirchain` program as it was built: where it is, and one run of it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::wait::eventually;

/// The program, beside the executables of tests and benchmark.
///
/// # Panics
///
/// When it was not built.
pub fn program() -> PathBuf {
    let own = std::env::current_exe().expect("the own file");
    // target/release/dirchain-bench, or target/release/deps/system-0123456789abcdef
    let folder = own.parent().expect("a folder");
    let folder = match folder.ends_with("deps") {
        true => folder.parent().expect("the target folder"),
        false => folder,
    };
    let program = folder.join("dirchain");
    assert!(
        program.is_file(),
        "{} is missing: run `cargo build --release --workspace` before the tests",
        program.display()
    );
    program
}

/// The repository's root. It is asked of cargo when a test runs: a build cache that two checkouts share
/// would keep the first one's path in the binary.
pub fn repository() -> PathBuf {
    let tests = std::env::var("CARGO_MANIFEST_DIR").expect("set by cargo, which runs the tests");
    let tests = Path::new(&tests);
    tests.parent().expect("the workspace").to_path_buf()
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Printed {
    /// Its exit status; none when a signal ended it.
    pub status: Option<i32>,
    /// Its answer.
    pub stdout: String,
    /// Its errors.
    pub stderr: String,
}

impl Printed {
    /// The answer of a run that has to succeed.
    ///
    /// # Panics
    ///
    /// When it did not.
    pub fn ok(self) -> String {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self.stdout
    }

    /// The one line with which a run refuses.
    ///
    /// # Panics
    ///
    /// When it succeeded, printed an answer, or more than a line.
    pub fn refused(self) -> String {
        assert_eq!(self.status, Some(1), "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        self.stderr
    }
}

/// Runs a command to its end, for at most `most`; its output passes through files in `scratch`, so
/// that it never waits for a reader.
///
/// # Panics
///
/// When it does not end in time; it is killed then.
pub fn run(command: &mut Command, scratch: &Path, most: Duration) -> Printed {
    let file = |name: &str| tempfile::NamedTempFile::with_prefix_in(name, scratch).unwrap();
    let (out, err) = (file("stdout"), file("stderr"));
    let again = |of: &tempfile::NamedTempFile| -> File { of.as_file().try_clone().unwrap() };
    let mut child = command
        .env_remove("DIRCHAIN_HOME")
        .env_remove("DIRCHAIN_NODE")
        .env_remove("DIRCHAIN_PASSPHRASE")
        .env("DIRCHAIN_LANG", "en")
        .stdin(Stdio::null())
        .stdout(again(&out))
        .stderr(again(&err))
        .spawn()
        .unwrap();
    let waited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually(&format!("{command:?} ends"), most, || {
            child.try_wait().unwrap()
        })
    }));
    let read = |of: &tempfile::NamedTempFile| std::fs::read_to_string(of.path()).unwrap();
    match waited {
        Ok(status) => Printed {
            status: status.code(),
            stdout: read(&out),
            stderr: read(&err),
        },
        Err(panic) => {
            child.kill().unwrap();
            child.wait().unwrap();
            eprintln!("{}{}", read(&out), read(&err));
            std::panic::resume_unwind(panic)
        }
    }
}
