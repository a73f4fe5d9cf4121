//! Running one test of this file as a process of its own: to kill it, or to limit it.

use std::process::Command;

/// Set in a child: the directory it works in.
pub(crate) const DIRECTORY: &str = "DIRCHAIN_STORAGE_TEST_DIRECTORY";

/// The command that runs the ignored test `name` of this executable on a directory.
pub(crate) fn command(name: &str, directory: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    arguments(&mut command, name, directory);
    command
}

/// The same under a shell that runs `setup` first.
pub(crate) fn command_after(setup: &str, name: &str, directory: &std::path::Path) -> Command {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{setup}; exec \"$0\" \"$@\""));
    command.arg(std::env::current_exe().unwrap());
    arguments(&mut command, name, directory);
    command
}

fn arguments(command: &mut Command, name: &str, directory: &std::path::Path) {
    command
        .args([
            name,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DIRECTORY, directory);
}

/// The directory that a child was given; none when the test is run by hand.
pub(crate) fn directory() -> Option<std::path::PathBuf> {
    std::env::var_os(DIRECTORY).map(Into::into)
}
