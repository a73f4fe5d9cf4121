//! Running one test of this file as a process of its own: to kill it, or to limit it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

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
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory);
}

/// The directory that a child was given; none when the test is run by hand.
pub(crate) fn directory() -> Option<std::path::PathBuf> {
    std::env::var_os(DIRECTORY).map(Into::into)
}

/// Runs a child that prints `word` and a number after each of its steps, kills it within `delay`
/// after its step number `count`, and gives the last number that it printed in full.
pub(crate) fn kill_after(
    mut command: Command,
    word: &str,
    count: u64,
    delay: Duration,
) -> Option<u64> {
    let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let (mut steps, mut last) = (0, None);
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        // Only a line that was printed in full tells its number.
        let number = line
            .strip_suffix('\n')
            .and_then(|line| line.strip_prefix(word));
        if let Some(number) = number.and_then(|number| number.trim().parse().ok()) {
            last = Some(number);
            steps += 1;
        }
        if steps == count {
            std::thread::sleep(delay);
            process.kill().unwrap();
        }
        line.clear();
    }
    process.wait().unwrap();
    last
}
