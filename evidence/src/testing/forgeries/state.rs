//! The state tree and the records below it.

use super::*;

pub(super) fn states(good: &[u8], add: Add<'_>) {
    let other = other_story();
    let size = header_of(&Bundle::parse(good).unwrap().head).height.0;
    add(
        "state-of-another-history",
        "not-in-log",
        changed(good, |b| {
            let header = other.header(Height(9)).unwrap().unwrap();
            b.state = Some(LoggedHeader {
                header: Cow::Owned(encode(&header)),
                path: path(&story(), 9, size),
            });
        }),
    );
    add(
        "state-of-an-earlier-block",
        "wrong-state-root",
        changed(good, |b| {
            let header = story().header(Height(9)).unwrap().unwrap();
            b.state = Some(LoggedHeader {
                header: Cow::Owned(encode(&header)),
                path: path(&story(), 9, size),
            });
        }),
    );
    add(
        "pin-altered",
        "not-in-log",
        changed(good, |b| {
            b.pins[0].header = with_header(&b.pins[0].header, |h| h.round = 1);
        }),
    );
    add(
        "pin-twice",
        "epoch-order",
        changed(good, |b| b.pins.push(b.pins[0].clone())),
    );
    for (name, cut) in [("tree-leaf-altered", false), ("tree-hash-altered", true)] {
        add(
            name,
            "wrong-state-root",
            changed(good, |b| {
                let tree = std::mem::replace(&mut b.tree, PartialTree::Empty);
                b.tree = altered(tree, cut, &mut false);
            }),
        );
    }
    add(
        "tree-emptied",
        "wrong-state-root",
        changed(good, |b| b.tree = PartialTree::Empty),
    );
    add(
        "tree-cut-off",
        "record-not-proven",
        changed(good, |b| b.tree = PartialTree::Cut(b.tree.root())),
    );
    add(
        "tree-with-a-needless-node",
        "malformed",
        changed(good, |b| {
            let tree = std::mem::replace(&mut b.tree, PartialTree::Empty);
            let leaf = PartialTree::Leaf {
                key: Hash([0; 32]),
                value: tree.root(),
            };
            b.tree = PartialTree::Inner(Box::new((leaf, PartialTree::Empty)));
        }),
    );
    let other_file = export(&other, &story_request()).unwrap();
    add(
        "records-of-another-history",
        "wrong-state-root",
        changed(good, |b| {
            let other = Bundle::parse(&other_file).unwrap();
            b.tree = other.tree;
            b.records = owned(&other.records);
        }),
    );
}

pub(super) fn records(good: &[u8], add: Add<'_>) {
    let subject = RecordId::Resource(code(1));
    let left_out = [
        ("subject-left-out", subject.clone()),
        ("authorization-left-out", authorization(2)),
        ("absent-authorization-left-out", authorization(3)),
        ("grantee-left-out", RecordId::Department(id(APPLICANT))),
        ("provider-left-out", RecordId::Department(id(PROVIDER))),
        (
            "key-left-out",
            RecordId::Key(administrator(PROVIDER).public()),
        ),
        (
            "responsibility-left-out",
            RecordId::Responsibility(dirchain_ledger::testing::responsibility(APPLICANT)),
        ),
        ("parameters-left-out", RecordId::Parameters),
    ];
    for (name, id) in left_out {
        add(name, "record-missing", changed(good, |b| without(b, &id)));
    }
    add(
        "authorization-denied",
        "wrong-record",
        changed(good, |b| {
            let place = place(b, &authorization(1));
            b.records[place].bytes = None;
        }),
    );
    add(
        "authorization-invented",
        "wrong-record",
        changed(good, |b| {
            let (from, to) = (place(b, &authorization(1)), place(b, &authorization(3)));
            b.records[to].bytes = b.records[from].bytes.clone();
        }),
    );
    add(
        "entry-with-fewer-applications",
        "wrong-record",
        changed(good, |b| {
            let place = place(b, &RecordId::Resource(code(1)));
            let bytes = b.records[place].bytes.clone().unwrap();
            let record = decode::<Record, 1_000_000>(&bytes).unwrap();
            let Record::Resource(mut resource) = record else {
                panic!("an entry");
            };
            resource.applications = 1;
            b.records[place].bytes = Some(Cow::Owned(encode(&Record::Resource(resource))));
        }),
    );
    add(
        "key-valid-for-longer",
        "wrong-record",
        changed(good, |b| {
            let place = place(b, &RecordId::Key(administrator(PROVIDER).public()));
            let bytes = b.records[place].bytes.clone().unwrap();
            let record = decode::<Record, 1_000_000>(&bytes).unwrap();
            let Record::Key(mut key) = record else {
                panic!("a key");
            };
            key.suspicions = List::default();
            b.records[place].bytes = Some(Cow::Owned(encode(&Record::Key(key))));
        }),
    );
    add(
        "records-exchanged",
        "record-order",
        changed(good, |b| b.records.swap(0, 1)),
    );
    add(
        "record-twice",
        "record-order",
        changed(good, |b| {
            let first = b.records[0].clone();
            b.records.insert(1, first);
        }),
    );
    add(
        "record-without-proof",
        "record-not-proven",
        changed(good, |b| {
            let stranger = RecordId::Key(labelled_key("stranger 4").public());
            b.records.push(RecordPart {
                id: stranger,
                bytes: None,
            });
            b.records.sort_by_key(|part| part.id.key());
        }),
    );
    add(
        "record-under-another-id",
        "wrong-record",
        changed(good, |b| {
            let kind = RecordKind::Department;
            let mut places = (0..b.records.len()).filter(|i| b.records[*i].id.kind() == kind);
            let (one, other) = (places.next().unwrap(), places.next().unwrap());
            b.records[one].bytes = b.records[other].bytes.clone();
        }),
    );
    add(
        "subject-renamed",
        "record-missing",
        changed(good, |b| b.subject = RecordId::Resource(code(2))),
    );
    add(
        "entry-content-added",
        "stray-entry",
        changed(good, |b| b.entries.push(Cow::Borrowed(&[0; 9]))),
    );
}
