//! Torn logs, damaged logs, damaged tables, damaged values: repaired where nothing that was
//! answered is lost, and else refused. Never a panic, never a wrong answer.

use std::path::{Path, PathBuf};

use dirchain_ledger::ids::Height;
use dirchain_ledger::records::RecordId;
use dirchain_ledger::view::View;
use dirchain_storage::{Store, StoreError};
use rocksdb::{DB, Options};

use crate::world::{World, differences};

const FAMILIES: [&str; 15] = [
    "default",
    "blocks",
    "headers",
    "certificates",
    "records",
    "ids",
    "referrers",
    "tree",
    "log",
    "transactions",
    "times",
    "history",
    "leaves",
    "undecided",
    "meta",
];

fn files(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// The log that is written to now.
fn last_log(directory: &Path) -> PathBuf {
    files(directory, "log").pop().unwrap()
}

/// The database without the checks of a store.
fn raw(directory: &Path) -> DB {
    DB::open_cf(&Options::default(), directory, FAMILIES).unwrap()
}

/// A store of ten blocks, all in one log; and the log's size after each height.
fn logged(world: &mut World, directory: &Path) -> Vec<u64> {
    world.grow_to(10);
    let store = Store::open(directory, &world.genesis).unwrap();
    let log = last_log(directory);
    let size = || std::fs::metadata(&log).unwrap().len();
    let mut sizes = vec![size()];
    for made in &world.blocks {
        made.commit(&store);
        sizes.push(size());
    }
    assert_eq!(last_log(directory), log);
    sizes
}

/// Opens a copy of the store whose log was changed.
fn open_changed(
    world: &World,
    from: &Path,
    change: impl FnOnce(&mut Vec<u8>),
) -> (tempfile::TempDir, Result<Store, StoreError>) {
    let directory = tempfile::tempdir().unwrap();
    copy(from, directory.path());
    let log = last_log(directory.path());
    let mut bytes = std::fs::read(&log).unwrap();
    change(&mut bytes);
    std::fs::write(&log, bytes).unwrap();
    let store = Store::open(directory.path(), &world.genesis);
    (directory, store)
}

/// A cut anywhere in the last record is a crash before its write was answered.
#[test]
fn a_torn_log_tail_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(1);
    let sizes = logged(&mut world, directory.path());
    let (before, end) = (sizes[9], sizes[10]);
    let step = ((end - before) / 40).max(1);
    let cuts = (before..end).step_by(usize::try_from(step).unwrap());
    for cut in cuts.chain([before + 1, end - 1]) {
        let cut = usize::try_from(cut).unwrap();
        let (_kept, store) = open_changed(&world, directory.path(), |log| log.truncate(cut));
        let store = store.unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(store.tip().height, Height(9), "cut at {cut}");
        assert_eq!(differences(&world, &store), Vec::<String>::new());
        world.made(10).commit(&store);
        assert_eq!(&*store.tip(), world.tip());
    }
}

/// A byte that went bad in a block that was committed, with others after it.
#[test]
fn a_log_damaged_before_its_tail_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(2);
    let sizes = logged(&mut world, directory.path());
    for height in 2..10 {
        let middle = usize::try_from((sizes[height - 1] + sizes[height]) / 2).unwrap();
        let (_kept, store) = open_changed(&world, directory.path(), |log| log[middle] ^= 0x40);
        let refused = store.err().unwrap_or_else(|| panic!("opened: {height}"));
        assert!(
            matches!(refused, StoreError::Damaged { .. }),
            "{height}: {refused}"
        );
        let words = refused.to_string();
        assert!(words.contains("Leave the double-sign guard"), "{words}");
    }
}

/// Wherever a byte of the log goes bad, the store is refused or is whole at some earlier height.
///
/// The second is a limit of RocksDB's: a bad length in the last 32 KiB of a log looks like a record
/// cut short, and what follows it there is dropped with it.
#[test]
fn one_bad_byte_in_a_log_never_gives_a_wrong_state() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(10);
    let sizes = logged(&mut world, directory.path());
    let size = usize::try_from(sizes[10]).unwrap();
    let first = usize::try_from(sizes[0]).unwrap();
    let mut numbers = crate::world::Numbers(3);
    let near_starts = sizes[..10]
        .iter()
        .flat_map(|start| (0..8).map(move |byte| start + byte));
    let anywhere = (0..80).map(|_| first as u64 + numbers.below((size - first) as u64));
    let (mut refusals, mut earlier) = (0, 0);
    for place in near_starts.chain(anywhere) {
        let place = usize::try_from(place).unwrap();
        let mask = [0x10, 0x80][place % 2];
        let (_kept, store) = open_changed(&world, directory.path(), |log| log[place] ^= mask);
        match store {
            Ok(store) => {
                let tip = store.tip();
                assert_eq!(*tip, world.tips[usize::try_from(tip.height.0).unwrap()]);
                assert_eq!(differences(&world, &store), Vec::<String>::new(), "{place}");
                earlier += 1;
            }
            Err(StoreError::Damaged { .. }) => refusals += 1,
            Err(other) => panic!("{place}: {other}"),
        }
    }
    println!("{refusals} refused, {earlier} opened at an earlier height");
    assert!(refusals > 4 * earlier, "{refusals} refused, {earlier} not");
}

/// Zeros where blocks were, as a lost sector leaves them.
#[test]
fn a_log_zeroed_before_its_tail_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(3);
    world.grow_to(60);
    drop(world.store(directory.path()));
    let size = std::fs::metadata(last_log(directory.path())).unwrap().len();
    assert!(size > 3 * 32 * 1024, "{size}");
    let (_kept, store) = open_changed(&world, directory.path(), |log| {
        log[32 * 1024..64 * 1024].fill(0);
    });
    let refused = store.err().expect("opened");
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

#[test]
fn a_lost_log_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(4);
    world.grow_to(8);
    let store = world.store(directory.path());
    drop(store);
    // Opening starts a new log and keeps the old one's content in table files or logs.
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    world.grow().commit(&store);
    drop(store);
    for log in files(directory.path(), "log") {
        std::fs::remove_file(log).unwrap();
    }
    match Store::open(directory.path(), &world.genesis) {
        // The last log was never closed, so RocksDB cannot know of it: the tip is an earlier one.
        Ok(store) => {
            assert!(store.tip().height < world.tip().height);
            assert_eq!(differences(&world, &store), Vec::<String>::new());
        }
        Err(refused) => assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}"),
    }
}

/// One bad byte in a table file: refused at opening, or an error where it is read.
#[test]
fn damaged_tables_give_errors() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(5);
    world.grow_to(30);
    drop(world.store(directory.path()));
    let database = raw(directory.path());
    for family in FAMILIES {
        database
            .flush_cf(database.cf_handle(family).unwrap())
            .unwrap();
    }
    drop(database);
    let tables = files(directory.path(), "sst");
    assert!(tables.len() >= 10, "{tables:?}");
    let mut failures = 0;
    for table in &tables {
        let whole = std::fs::read(table).unwrap();
        for share in [10, 30, 50, 70, 90] {
            let changed = tempfile::tempdir().unwrap();
            copy(directory.path(), changed.path());
            let mut bytes = whole.clone();
            let place = bytes.len() * share / 100;
            bytes[place] ^= 1;
            std::fs::write(changed.path().join(table.file_name().unwrap()), bytes).unwrap();
            failures += usize::from(reads_fail(&world, changed.path()));
        }
    }
    // Some bytes are padding or statistics that nobody reads.
    assert!(
        failures > tables.len() * 2,
        "{failures} of {}",
        tables.len()
    );
}

/// Reads everything; every answer that is not an error is right.
fn reads_fail(world: &World, directory: &Path) -> bool {
    let store = match Store::open(directory, &world.genesis) {
        Ok(store) => store,
        Err(StoreError::Damaged { .. }) => return true,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(&*store.tip(), world.tip());
    let mut fails = false;
    for id in &world.ids {
        match store.record(id) {
            Ok(record) => assert_eq!(Ok(record), world.state.record(id)),
            Err(_) => fails = true,
        }
        let mut expected = world.histories.get(id).cloned().unwrap_or_default();
        expected.reverse();
        match store.history(id, None, usize::MAX) {
            Ok(events) => assert_eq!(events, expected),
            Err(_) => fails = true,
        }
        for kind in dirchain_ledger::records::RecordKind::ALL {
            match store.referrers(id, kind, None, usize::MAX) {
                Ok(ids) => assert_eq!(Ok(ids), world.state.referrers(id, kind, None, usize::MAX)),
                Err(_) => fails = true,
            }
        }
    }
    for made in &world.blocks {
        let height = made.block.header.height;
        match store.block(height) {
            Ok(block) => assert_eq!(block.as_ref(), Some(&made.block)),
            Err(_) => fails = true,
        }
        match store.certificate(height) {
            Ok(found) => assert_eq!(found.as_ref(), Some(&made.certificate)),
            Err(_) => fails = true,
        }
        for transaction in &made.block.transactions {
            match store.transaction(&transaction.id()) {
                Ok(place) => assert_eq!(place.map(|place| place.height), Some(height)),
                Err(_) => fails = true,
            }
        }
    }
    fails
}

/// What somebody else wrote there, with right checksums: an error where it is read.
#[test]
fn damaged_values_give_errors() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(6);
    world.grow_to(12);
    drop(world.store(directory.path()));
    let subject = RecordId::Department("D002".parse().unwrap());
    let transaction = world
        .blocks
        .iter()
        .find_map(|made| made.block.transactions.first())
        .unwrap()
        .id();
    let height_key = 3u64.to_be_bytes().to_vec();
    let history = [&5u16.to_be_bytes()[..], &subject.key(), b"short"].concat();
    let referrer = [&5u16.to_be_bytes()[..], &subject.key(), &[5], b"no code"].concat();
    type Read = Box<dyn Fn(&Store, &RecordId) -> Option<String>>;
    fn said<T, E: ToString>(result: Result<T, E>) -> Option<String> {
        result.err().map(|error| error.to_string())
    }
    let cases: Vec<(&str, Vec<u8>, Read)> = vec![
        (
            "blocks",
            height_key.clone(),
            Box::new(|s, _| said(s.block(Height(3)))),
        ),
        (
            "certificates",
            height_key.clone(),
            Box::new(|s, _| said(s.certificate(Height(3)))),
        ),
        ("ids", subject.key(), Box::new(|s, id| said(s.record(id)))),
        (
            "ids",
            vec![5, 1, 2],
            Box::new(|s, _| {
                said(s.list(dirchain_ledger::records::RecordKind::Resource, None, 1_000))
            }),
        ),
        (
            "history",
            history,
            Box::new(|s, id| said(s.history(id, None, 1_000))),
        ),
        (
            "referrers",
            referrer,
            Box::new(|s, id| {
                said(s.referrers(
                    id,
                    dirchain_ledger::records::RecordKind::Resource,
                    None,
                    1_000,
                ))
            }),
        ),
        (
            "transactions",
            transaction.0.0.to_vec(),
            Box::new(move |s, _| said(s.transaction(&transaction))),
        ),
        (
            "times",
            (world.tips[3].time.0 ^ i64::MIN).to_be_bytes().to_vec(),
            {
                let time = world.tips[3].time;
                Box::new(move |s, _| said(s.height_at(time)))
            },
        ),
        (
            "undecided",
            [&99u64.to_be_bytes()[..], b"short"].concat(),
            Box::new(|s, _| said(s.undecided(Height(99)))),
        ),
    ];
    for (family, key, read) in cases {
        let changed = tempfile::tempdir().unwrap();
        copy(directory.path(), changed.path());
        let database = raw(changed.path());
        let handle = database.cf_handle(family).unwrap();
        database.put_cf(handle, &key, b"no such value").unwrap();
        drop(database);
        let store = Store::open(changed.path(), &world.genesis).unwrap();
        let words = read(&store, &subject).unwrap_or_else(|| panic!("{family} was read"));
        assert!(words.contains("is damaged"), "{words}");
    }
}

/// A version that is gone, or that is another record's, is an error and not an earlier version.
#[test]
fn missing_and_exchanged_versions_give_errors() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(7);
    world.grow_to(12);
    drop(world.store(directory.path()));
    let versions = |database: &DB, id: &RecordId| {
        let prefix = [&(id.key().len() as u16).to_be_bytes()[..], &id.key()].concat();
        let handle = database.cf_handle("records").unwrap();
        let found: Vec<_> = database
            .iterator_cf(handle, rocksdb::IteratorMode::Start)
            .map(|entry| entry.unwrap())
            .filter(|(key, _)| key.starts_with(&prefix))
            .collect();
        found
    };
    let one = RecordId::Department("D001".parse().unwrap());
    let other = RecordId::Department("D002".parse().unwrap());
    let database = raw(directory.path());
    let (latest, _) = versions(&database, &one).pop().unwrap();
    let (_, others) = versions(&database, &other).pop().unwrap();
    let handle = database.cf_handle("records").unwrap();
    database.put_cf(handle, &latest, others).unwrap();
    drop(database);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    let words = store.record(&one).unwrap_err().reason;
    assert!(words.contains("stands in the place of"), "{words}");
    drop(store);
    let database = raw(directory.path());
    let handle = database.cf_handle("records").unwrap();
    database.delete_cf(handle, &latest).unwrap();
    drop(database);
    let store = Store::open(directory.path(), &world.genesis).unwrap();
    let words = store.record(&one).unwrap_err().reason;
    assert!(words.contains("is missing"), "{words}");
}

/// What opening looks at, each thing changed or gone.
#[test]
fn a_damaged_tip_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::new(8);
    world.grow_to(12);
    drop(world.store(directory.path()));
    let tip = 12u64.to_be_bytes().to_vec();
    let parameters = RecordId::Parameters.key();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("meta", b"format".to_vec()),
        ("meta", b"chain".to_vec()),
        ("meta", b"tip".to_vec()),
        ("headers", tip.clone()),
        ("headers", 5u64.to_be_bytes().to_vec()),
        ("blocks", tip.clone()),
        ("certificates", tip.clone()),
        (
            "times",
            (world.tip().time.0 ^ i64::MIN).to_be_bytes().to_vec(),
        ),
        ("log", [&[0][..], &12u64.to_be_bytes()].concat()),
        ("log", [&[3][..], &0u64.to_be_bytes()].concat()),
        ("tree", vec![0]),
        ("ids", parameters),
    ];
    for (family, key) in cases {
        for value in [None, Some(&b"no such value"[..])] {
            let changed = tempfile::tempdir().unwrap();
            copy(directory.path(), changed.path());
            let database = raw(changed.path());
            let handle = database.cf_handle(family).unwrap();
            match value {
                Some(value) => database.put_cf(handle, &key, value).unwrap(),
                None => database.delete_cf(handle, &key).unwrap(),
            }
            drop(database);
            let refused = Store::open(changed.path(), &world.genesis).err();
            assert!(
                matches!(refused, Some(StoreError::Damaged { .. })),
                "{family} {key:?} {value:?}: {refused:?}"
            );
        }
    }
}

#[test]
fn another_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(9);
    drop(world.store(directory.path()));
    let database = raw(directory.path());
    let handle = database.cf_handle("meta").unwrap();
    database
        .put_cf(
            handle,
            b"format",
            (dirchain_storage::FORMAT_VERSION + 1).to_le_bytes(),
        )
        .unwrap();
    drop(database);
    let other_format = |found: &str| {
        let path = directory.path().to_owned();
        let found = found.to_owned();
        StoreError::OtherFormat {
            expected: dirchain_storage::FORMAT_VERSION,
            found,
            path,
        }
    };
    let refused = Store::open(directory.path(), &world.genesis).err();
    assert_eq!(refused, Some(other_format("3")));

    let mut database = raw(directory.path());
    database
        .create_cf("inventions", &Options::default())
        .unwrap();
    drop(database);
    let refused = Store::open(directory.path(), &world.genesis).err();
    let words = "of a later version, with other column families";
    assert_eq!(refused, Some(other_format(words)));
}

/// What a store lost, has too much of, or holds otherwise than its blocks say, is counted by index.
#[test]
fn differences_from_a_store_of_the_same_blocks_are_counted() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut world = World::new(7);
    world.grow_to(6);
    for directory in [&one, &other] {
        let store = Store::open(directory.path(), &world.genesis).unwrap();
        for made in &world.blocks {
            made.commit(&store);
        }
    }
    let compared = || {
        let one = Store::open(one.path(), &world.genesis).unwrap();
        let other = Store::open(other.path(), &world.genesis).unwrap();
        one.differences(&other).unwrap()
    };
    assert_eq!(compared(), []);
    let first = |family: &str| {
        let raw = raw(one.path());
        let handle = raw.cf_handle(family).unwrap();
        let mut entries = raw.iterator_cf(handle, rocksdb::IteratorMode::Start);
        entries.next().unwrap().unwrap()
    };
    let change = |family: &str, key: &[u8], value: Option<&[u8]>| {
        let raw = raw(one.path());
        let handle = raw.cf_handle(family).unwrap();
        match value {
            Some(value) => raw.put_cf(handle, key, value).unwrap(),
            None => raw.delete_cf(handle, key).unwrap(),
        }
    };
    for family in [
        "history",
        "leaves",
        "referrers",
        "transactions",
        "ids",
        "records",
    ] {
        let (key, value) = first(family);
        change(family, &key, None);
        let [found] = <[_; 1]>::try_from(compared()).unwrap();
        assert_eq!(
            (found.family, found.missing, found.surplus, found.changed),
            (family, 1, 0, 0)
        );
        let surplus = [&key[..], b"x"].concat();
        change(family, &key, Some(b"another value"));
        change(family, &surplus, Some(&value));
        let [found] = <[_; 1]>::try_from(compared()).unwrap();
        assert_eq!((found.missing, found.surplus, found.changed), (0, 1, 1));
        change(family, &key, Some(&value));
        change(family, &surplus, None);
        assert_eq!(compared(), []);
    }
}
