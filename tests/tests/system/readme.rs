//! Every command that the README prints, in its order, in one shell.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dirchain::client::Client;
use dirchain_tests::{Ports, eventually, program, repository, run};

/// All of them, on a machine that is busy with other tests.
const TOUR: Duration = Duration::from_secs(600);
/// Four nodes start and load the sample day.
const START: Duration = Duration::from_secs(120);

/// The demonstration as `make demo` starts it; ended when dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = Command::new("kill")
            .args(["-INT", &self.0.id().to_string()])
            .status();
        let _ = self.0.wait();
    }
}

/// The README's shell blocks from the tour on.
fn blocks(readme: &str) -> Vec<&str> {
    let (_, tour) = readme.split_once("\n## A tour\n").unwrap();
    let begun = tour.split("\n```sh\n").skip(1);
    begun
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect()
}

/// The first port of four that differ in their last digit, from 1 to 4.
fn decade(ports: &Ports) -> String {
    let mut within = ports.network_base()..ports.network_base() + 12;
    (within.find(|port| port % 10 == 1).unwrap() / 10).to_string()
}

#[test]
fn the_readme_s_commands_work_as_printed() {
    let dir = tempfile::tempdir().unwrap();
    let (demo, guests, nodes, pages) = (Ports::take(), Ports::take(), Ports::take(), Ports::take());
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let blocks = blocks(&readme);
    assert!(blocks.len() > 15, "{}", blocks.len());
    let path = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(path("target/release")).unwrap();
    std::fs::create_dir_all(path("scratch")).unwrap();
    std::os::unix::fs::symlink(program(), path("target/release/dirchain")).unwrap();
    std::os::unix::fs::symlink(repository().join("samples"), path("samples")).unwrap();

    let log = std::fs::File::create(path("demo.log")).unwrap();
    let started = Command::new(path("target/release/dirchain"))
        .args(["devnet", "--data", "data/demo", "--base-port"])
        .arg(demo.network_base().to_string())
        .args(["--http-base", &demo.http_base().to_string()])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let _demo = Demo(started);
    eventually("the sample day is loaded", START, || {
        let told = std::fs::read_to_string(path("demo.log")).unwrap();
        told.contains("the sample day is loaded").then_some(())
    });

    // Other ports and another scratch folder than printed, so that nothing else is met there.
    let scratch = format!("{}/", path("scratch").display());
    let script = format!("set -eE\ntrap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{}", blocks.join("\n"))
        .replace("/tmp/", &scratch)
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", demo.http_base()))
        .replace("127.0.0.1:8390", &format!("127.0.0.1:{}", guests.spare(0)))
        .replace("tcp/7310", &format!("tcp/{}", guests.spare(1)))
        .replace("tcp/732$n", &format!("tcp/{}$n", decade(&nodes)))
        .replace("127.0.0.1:839$n", &format!("127.0.0.1:{}$n", decade(&pages)));
    std::fs::write(path("tour.sh"), &script).unwrap();
    let mut bash = Command::new("bash");
    bash.arg("tour.sh").current_dir(dir.path());
    let printed = run(&mut bash, dir.path(), TOUR);
    assert_eq!(
        printed.status,
        Some(0),
        "{}\n{}",
        printed.stdout,
        printed.stderr
    );
    for sign in [
        "weekly",
        "Nothing is wrong",
        "the call of D008",
        "application/problem+json",
        "\"decision\"",
    ] {
        assert!(
            printed.stdout.contains(sign),
            "no `{sign}` in\n{}",
            printed.stdout
        );
    }
    let client = Client::new(&format!("http://127.0.0.1:{}", demo.http_base())).unwrap();
    assert!(client.is_ready());
}
