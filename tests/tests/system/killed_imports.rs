//! A node loses its power while a catalogue is being imported; the import loses nothing.

use std::fs::File;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use dirchain_tests::{BLOCK, City, eventually};

use crate::imports::{AGENCIES, import, import_words, register_agencies, totals};

/// An import under way.
struct Import {
    child: Child,
}

impl Import {
    /// Starts an import through the first node.
    fn start(city: &City, words: Vec<String>) -> Self {
        let output = |name: &str| File::create(city.dir().join(name)).unwrap();
        let mut command = city.command(0, words);
        command
            .stdin(Stdio::null())
            .stdout(output("report"))
            .stderr(output("errors"));
        Self {
            child: command.spawn().unwrap(),
        }
    }

    fn end(&mut self) -> ExitStatus {
        eventually("the import ends", Duration::from_secs(120), || {
            self.child.try_wait().unwrap()
        })
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        // It may have ended long ago.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn written(city: &City, name: &str) -> String {
    std::fs::read_to_string(city.dir().join(name)).unwrap()
}

/// Leaves the first node and one other, so that no block can come; starts an import and waits until
/// both hold transactions of it. Whatever is killed now is killed in the middle.
fn half_way(city: &mut City, with: usize, words: Vec<String>) -> Import {
    for index in (1..4).filter(|index| *index != with) {
        city.nodes[index].stop();
    }
    let import = Import::start(city, words);
    for index in [0, with] {
        let client = city.client(index);
        eventually("the import's transactions wait", BLOCK, || {
            let waiting = client.status().unwrap().node.waiting_transactions;
            (waiting > 0).then_some(())
        });
    }
    import
}

#[test]
fn an_import_goes_on_when_another_node_is_killed() {
    let mut city = City::started();
    register_agencies(&city);
    let mut imported = 0;
    for ((agency, _, file, count), victim) in AGENCIES.into_iter().zip([1, 2]) {
        let mut import = half_way(&mut city, victim, import_words(agency, file));
        city.nodes[victim].kill();
        for index in (1..4).filter(|index| *index != victim) {
            city.nodes[index].start();
        }
        let status = import.end();
        assert!(status.success(), "{}", written(&city, "errors"));
        let totals = totals(&written(&city, "report"));
        assert_eq!(totals["created"], count, "{totals}");
        city.start(victim);
        imported += usize::try_from(count).unwrap();
        let agreed = city.agree();
        for index in 0..4 {
            let resources = city
                .client(index)
                .resources(&Default::default(), usize::MAX)
                .unwrap();
            assert_eq!(
                resources.len(),
                imported,
                "node {} at {agreed:?}",
                index + 1
            );
        }
    }
}

#[test]
fn an_import_whose_own_node_is_killed_is_taken_up_again() {
    let mut city = City::started();
    register_agencies(&city);
    let (agency, _, file, count) = AGENCIES[0];
    let mut running = half_way(&mut city, 3, import_words(agency, file));
    city.nodes[0].kill();
    assert_eq!(running.end().code(), Some(1));
    let errors = written(&city, "errors");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    for index in 0..3 {
        city.nodes[index].start();
    }
    for index in 0..3 {
        city.nodes[index].wait_until_ready();
    }
    city.agree();
    let totals = import(&city, 0, agency, file);
    assert_eq!(totals["refused"], 0, "{totals}");
    assert_eq!(totals["entries"], count, "{totals}");
    city.agree();
    let resources = city
        .client(2)
        .resources(&Default::default(), usize::MAX)
        .unwrap();
    assert_eq!(u64::try_from(resources.len()).unwrap(), count);
}

#[test]
fn an_import_that_was_killed_goes_on_at_once_over_what_it_had_under_way() {
    let mut city = City::loaded();
    let (text, count) = crate::sheets::good_rows();
    let path = city.dir().join("catalogue.csv");
    std::fs::write(&path, text).unwrap();
    let words = || {
        let words = ["--output", "json", "import", path.to_str().unwrap()];
        let signer = ["--as", "D024-administrator"];
        words.into_iter().chain(signer).map(str::to_owned).collect()
    };
    let mut killed = half_way(&mut city, 3, words());
    killed.child.kill().unwrap();
    killed.end();
    // No block is possible yet: all that the first run sent is still to come.
    let mut again = Import::start(&city, words());
    for index in [1, 2] {
        city.nodes[index].start();
    }
    let status = again.end();
    assert!(status.success(), "{}", written(&city, "errors"));
    let totals = totals(&written(&city, "report"));
    let of = |name: &str| totals[name].as_u64().unwrap();
    assert!(of("refused") == 0 && of("unchanged") > 0, "{totals}");
    assert_eq!(of("created") + of("unchanged"), count, "{totals}");
}
