//! Named forgeries of one good file, each with the reason for which every verifier refuses it.

use std::borrow::Cow;

use dirchain_ledger::action::Action;
use dirchain_ledger::block::Header;
use dirchain_ledger::bounded::List;
use dirchain_ledger::certificate::Certificate;
use dirchain_ledger::codec::{decode, encode};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::{ChainId, Height, TimeMs};
use dirchain_ledger::records::{Record, RecordId, RecordKind};
use dirchain_ledger::testing::{
    APPLICANT, BYSTANDER, DAY_MS, Ledger, PROVIDER, administrator, code, grant_of, head, id,
    labelled_key, request, sharing_id,
};

use super::{World, certificate, genesis, validators};
use crate::bundle::{Bundle, Cosigned, EpochEnd, LoggedHeader, Path, RecordPart};
use crate::checkpoint::Checkpoint;
use crate::export::{Request, Source, export};
use crate::limits::BUNDLE_BYTES_MAX;
use crate::note::{LogHead, SignedNote};
use crate::tree::PartialTree;

/// How many validators the worlds here have.
pub const VALIDATORS: u32 = 4;

/// A file that somebody changed.
pub struct Forgery {
    /// What was done, in words with hyphens.
    pub name: &'static str,
    /// The reason's code.
    pub code: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// The pinned block to verify it against; the story's genesis when there is none.
    pub checkpoint: Option<Checkpoint>,
}

/// An entry published, granted, given back, granted again and amended, with a second entry beside
/// it; the validators replaced twice.
pub fn story() -> World {
    let genesis = genesis(VALIDATORS);
    let mut ledger = Ledger::new(&genesis);
    tell(&mut ledger, 0);
    World::over(genesis, ledger, VALIDATORS, &[3, 6])
}

/// The same chain, where the sixth block and all later ones came later.
fn other_story() -> World {
    let genesis = genesis(VALIDATORS);
    let mut ledger = Ledger::new(&genesis);
    tell(&mut ledger, 1);
    World::over(genesis, ledger, VALIDATORS, &[3, 6])
}

fn tell(ledger: &mut Ledger, late_ms: i64) {
    let first = ledger.granted(1, &[2, 4]);
    ledger.pass_ms(DAY_MS + late_ms);
    let end = Action::EndAuthorization {
        authorization: first.clone(),
        revision: 1,
        reason: id("业务终止"),
    };
    ledger.submit(&administrator(PROVIDER), vec![end]).unwrap();
    let terms = request(APPLICANT, &[2]);
    let again = ledger
        .apply_for(APPLICANT, &code(1), terms.clone())
        .unwrap();
    let grant = Action::Grant(grant_of(again, &terms));
    ledger
        .submit(&administrator(PROVIDER), vec![grant])
        .unwrap();
    let refused = ledger.apply_for(BYSTANDER, &code(1), request(BYSTANDER, &[4]));
    let application = refused.unwrap();
    let review = Action::ReviewApplication {
        application: application.clone(),
        revision: 1,
    };
    let refuse = Action::Refuse {
        application,
        revision: 2,
        reason: id("无法律依据"),
    };
    for action in [review, refuse] {
        ledger
            .submit(&administrator(PROVIDER), vec![action])
            .unwrap();
    }
    let suspect = Action::SuspectKey {
        public_key: administrator(PROVIDER).public(),
        since: Height(5),
    };
    ledger.submit(&head(PROVIDER), vec![suspect]).unwrap();
    ledger.published(PROVIDER, 2);
    ledger.pass_ms(DAY_MS);
    ledger.extend(&[]);
}

/// What is asked of the story: the first entry, and a department that nothing was granted to.
pub fn story_request() -> Request {
    Request {
        subject: RecordId::Resource(code(1)),
        departments: vec![id(BYSTANDER)],
        pins: vec![Height(2)],
    }
}

/// The good file that the forgeries were made from.
pub fn good() -> Vec<u8> {
    export(&story(), &story_request()).unwrap()
}

fn changed<'a>(bytes: &'a [u8], change: impl FnOnce(&mut Bundle<'a>)) -> Vec<u8> {
    let mut bundle = Bundle::parse(bytes).unwrap();
    change(&mut bundle);
    bundle.to_bytes()
}

fn header_of(bytes: &[u8]) -> Header {
    decode::<Header, 1024>(bytes).unwrap()
}

fn with_header(bytes: &[u8], change: impl FnOnce(&mut Header)) -> Cow<'static, [u8]> {
    let mut header = header_of(bytes);
    change(&mut header);
    Cow::Owned(encode(&header))
}

fn with_certificate(bytes: &[u8], change: impl FnOnce(&mut Certificate)) -> Cow<'static, [u8]> {
    let mut certificate = decode::<Certificate, 65536>(bytes).unwrap();
    change(&mut certificate);
    Cow::Owned(encode(&certificate))
}

fn flipped(path: &Path<'_>) -> Path<'static> {
    let mut hashes = path.hashes();
    match hashes.first_mut() {
        Some(hash) => hash.0[0] ^= 1,
        None => hashes.push(Hash([7; 32])),
    }
    Path::from(&hashes[..])
}

/// The place of the record of an id.
fn place(bundle: &Bundle<'_>, id: &RecordId) -> usize {
    bundle
        .records
        .iter()
        .position(|part| part.id == *id)
        .unwrap()
}

fn without(bundle: &mut Bundle<'_>, id: &RecordId) {
    let place = place(bundle, id);
    bundle.records.remove(place);
}

fn authorization(number: u32) -> RecordId {
    RecordId::Authorization(sharing_id(&code(1), number))
}

/// The tree with its first cut node or leaf changed.
fn altered(tree: PartialTree, cut: bool, is_done: &mut bool) -> PartialTree {
    match tree {
        PartialTree::Cut(mut hash) if cut && !*is_done => {
            *is_done = true;
            hash.0[31] ^= 1;
            PartialTree::Cut(hash)
        }
        PartialTree::Leaf { key, mut value } if !cut && !*is_done => {
            *is_done = true;
            value.0[31] ^= 1;
            PartialTree::Leaf { key, value }
        }
        PartialTree::Inner(children) => {
            let (left, right) = *children;
            let left = altered(left, cut, is_done);
            PartialTree::Inner(Box::new((left, altered(right, cut, is_done))))
        }
        other => other,
    }
}

/// Every forgery.
pub fn forgeries() -> Vec<Forgery> {
    let good = good();
    let mut all = Vec::new();
    let mut add = |name, code, bytes: Vec<u8>| {
        assert!(bytes != good, "{name} changes nothing");
        all.push(Forgery {
            name,
            code,
            bytes,
            checkpoint: None,
        });
    };
    frame(&good, &mut add);
    epochs(&good, &mut add);
    heads(&good, &mut add);
    states(&good, &mut add);
    records(&good, &mut add);
    transactions(&good, &mut add);
    events(&good, &mut add);
    cosignatures(&good, &mut add);
    all.extend(pinned(&good));
    all
}

type Add<'f> = &'f mut dyn FnMut(&'static str, &'static str, Vec<u8>);

fn frame(good: &[u8], add: Add<'_>) {
    add(
        "last-byte-cut-off",
        "malformed",
        good[..good.len() - 1].to_vec(),
    );
    add(
        "second-half-cut-off",
        "malformed",
        good[..good.len() / 2].to_vec(),
    );
    add("empty", "malformed", Vec::new());
    add("byte-added", "malformed", [good, &[0]].concat());
    let mut magic = good.to_vec();
    magic[15] ^= 1;
    add("other-version", "malformed", magic);
    add("too-large", "too-large", vec![0; BUNDLE_BYTES_MAX + 1]);
    let mut many = good.to_vec();
    // The count of epochs stands after magic, chain and subject.
    let subject = RecordId::Resource(code(1)).key().len();
    let start = 16 + 32 + 4 + subject;
    many[start..start + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    add("count-of-epochs-huge", "too-many", many);
    let chain = ChainId(Hash([7; 32]));
    add(
        "other-chain-claimed",
        "other-chain",
        changed(good, |b| b.chain = chain),
    );
    let other = {
        let mut genesis = genesis(VALIDATORS);
        genesis.name = id("另一条链");
        let mut ledger = Ledger::new(&genesis);
        tell(&mut ledger, 0);
        World::over(genesis, ledger, VALIDATORS, &[3, 6])
    };
    let foreign = export(&other, &story_request()).unwrap();
    add("file-of-another-chain", "other-chain", foreign.clone());
    add(
        "file-of-another-chain-renamed",
        "bad-header",
        changed(&foreign, |b| b.chain = story().chain()),
    );
}

fn epochs(good: &[u8], add: Add<'_>) {
    let mut epoch = |name, code, change: &dyn Fn(&mut Vec<EpochEnd<'_>>)| {
        add(name, code, changed(good, |b| change(&mut b.epochs)));
    };
    epoch("first-epoch-left-out", "wrong-validators", &|e| {
        e.remove(0);
    });
    epoch("last-epoch-left-out", "wrong-validators", &|e| {
        e.pop();
    });
    epoch("epochs-exchanged", "wrong-validators", &|e| e.swap(0, 1));
    epoch("epoch-twice", "epoch-order", &|e| e.insert(1, e[0].clone()));
    epoch("epoch-with-another-set", "wrong-next-validators", &|e| {
        e[0].next = Cow::Owned(encode(&validators(2, VALIDATORS)));
    });
    epoch("epoch-with-an-empty-set", "wrong-next-validators", &|e| {
        e[0].next = Cow::Owned(0u64.to_le_bytes().to_vec());
    });
    epoch("epoch-at-another-height", "wrong-certificate", &|e| {
        e[0].header = with_header(&e[0].header, |h| h.height = Height(4));
    });
    epoch("epoch-certificates-exchanged", "wrong-certificate", &|e| {
        let first = e[0].certificate.clone();
        e[0].certificate = e[1].certificate.clone();
        e[1].certificate = first;
    });
    epoch("epoch-without-quorum", "bad-certificate", &|e| {
        e[0].certificate = with_certificate(&e[0].certificate, |c| {
            let mut signatures = c.signatures.to_vec();
            signatures.pop();
            c.signatures = List::new(signatures).unwrap();
        });
    });
    epoch("epoch-signature-altered", "bad-certificate", &|e| {
        e[0].certificate = with_certificate(&e[0].certificate, |c| {
            c.signatures.as_mut_slice()[1].signature.0[40] ^= 1;
        });
    });
    epoch("epoch-validator-twice", "bad-certificate", &|e| {
        e[0].certificate = with_certificate(&e[0].certificate, |c| {
            let first = c.signatures[0];
            c.signatures.as_mut_slice()[1] = first;
        });
    });
    epoch("epoch-validator-unknown", "bad-certificate", &|e| {
        e[0].certificate = with_certificate(&e[0].certificate, |c| {
            c.signatures.as_mut_slice()[2].validator = 9;
        });
    });
    epoch("epoch-path-altered", "not-in-log", &|e| {
        e[0].path = flipped(&e[0].path)
    });
    epoch("epoch-path-too-long", "not-in-log", &|e| {
        let mut hashes = e[0].path.hashes();
        hashes.push(Hash([1; 32]));
        e[0].path = Path::from(&hashes[..]);
    });
    epoch("epoch-that-changed-nothing", "epoch-order", &|e| {
        e[0].header = with_header(&e[0].header, |h| {
            h.next_validators_hash = h.validators_hash;
        });
    });
}

fn heads(good: &[u8], add: Add<'_>) {
    add(
        "head-signatures-exchanged",
        "bad-certificate",
        changed(good, |b| {
            b.certificate = with_certificate(&b.certificate, |c| {
                let signatures = c.signatures.as_mut_slice();
                let first = signatures[0].signature;
                signatures[0].signature = signatures[1].signature;
                signatures[1].signature = first;
            });
        }),
    );
    add(
        "head-of-another-round",
        "bad-certificate",
        changed(good, |b| {
            b.certificate = with_certificate(&b.certificate, |c| c.round = 1)
        }),
    );
    add(
        "head-signed-by-retired-validators",
        "bad-certificate",
        changed(good, |b| {
            let head = header_of(&b.head);
            b.certificate = Cow::Owned(encode(&certificate(&head, &validators(0, VALIDATORS), 0)));
        }),
    );
    add(
        "head-by-another-set-that-signs-itself",
        "wrong-validators",
        changed(good, |b| {
            let set = validators(9, VALIDATORS);
            b.head = with_header(&b.head, |h| {
                h.validators_hash = set.hash();
                h.next_validators_hash = set.hash();
            });
            b.certificate = Cow::Owned(encode(&certificate(&header_of(&b.head), &set, 9)));
        }),
    );
    let mut field = |name, code, change: &dyn Fn(&mut Header)| {
        add(
            name,
            code,
            changed(good, |b| b.head = with_header(&b.head, change)),
        );
    };
    field("head-time-altered", "wrong-certificate", &|h| {
        h.time = TimeMs(h.time.0 + 1)
    });
    field("head-state-root-altered", "wrong-certificate", &|h| {
        h.state_root.0[0] ^= 1
    });
    field("head-log-root-altered", "not-in-log", &|h| {
        h.header_log_root.0[0] ^= 1
    });
    field("head-of-another-chain", "bad-header", &|h| {
        h.chain = ChainId(Hash([7; 32]))
    });
    field("head-of-another-version", "bad-header", &|h| h.version = 2);
    field("head-before-an-epoch", "not-in-log", &|h| {
        h.height = Height(5)
    });
    let world = story();
    add(
        "older-head-under-newer-records",
        "wrong-state-root",
        changed(good, |b| {
            let height = Height(7);
            let earlier = world.header(height).unwrap().unwrap();
            let certificate = world.certificate(height).unwrap().unwrap();
            b.head = Cow::Owned(encode(&earlier));
            b.certificate = Cow::Owned(encode(&certificate));
            for epoch in &mut b.epochs {
                epoch.path = path(&world, header_of(&epoch.header).height.0, height.0);
            }
            for pin in &mut b.pins {
                pin.path = path(&world, header_of(&pin.header).height.0, height.0);
            }
        }),
    );
}

/// The path of a header in the log as it was at a size.
fn path(world: &World, index: u64, size: u64) -> Path<'static> {
    let hashes = dirchain_ledger::header_log::inclusion_proof(world, index, size).unwrap();
    Path::from(&hashes[..])
}

fn states(good: &[u8], add: Add<'_>) {
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

fn owned(records: &[RecordPart<'_>]) -> Vec<RecordPart<'static>> {
    let records = records.iter().map(|part| RecordPart {
        id: part.id.clone(),
        bytes: part.bytes.as_ref().map(|bytes| Cow::Owned(bytes.to_vec())),
    });
    records.collect()
}

fn records(good: &[u8], add: Add<'_>) {
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

fn transactions(good: &[u8], add: Add<'_>) {
    add(
        "signature-altered",
        "bad-signature",
        changed(good, |b| b.transactions[3].signature.0[5] ^= 1),
    );
    add(
        "signatures-exchanged",
        "bad-signature",
        changed(good, |b| {
            let first = b.transactions[0].signature;
            b.transactions[0].signature = b.transactions[1].signature;
            b.transactions[1].signature = first;
        }),
    );
    add(
        "author-replaced-and-signed-anew",
        "trail-head",
        changed(good, |b| {
            let secret = head(BYSTANDER);
            let transaction = &mut b.transactions[4];
            transaction.envelope.author = secret.public();
            transaction.signature = secret.sign(&transaction.envelope.signing_bytes());
        }),
    );
    add(
        "envelope-for-another-chain",
        "trail-head",
        changed(good, |b| {
            b.transactions[0].envelope.chain = ChainId(Hash([7; 32]))
        }),
    );
    add(
        "envelope-sequence-altered",
        "trail-head",
        changed(good, |b| b.transactions[0].envelope.sequence += 1),
    );
    add(
        "envelope-expired",
        "not-timely",
        changed(good, |b| b.transactions[0].envelope.not_after = TimeMs(0)),
    );
    add(
        "envelope-dated-too-far-ahead",
        "not-timely",
        changed(good, |b| {
            b.transactions[0].envelope.not_after.0 += 2 * DAY_MS
        }),
    );
    add(
        "envelope-with-another-count",
        "wrong-action",
        changed(good, |b| b.transactions[0].envelope.action_count += 1),
    );
    add(
        "transaction-added",
        "stray-transaction",
        changed(good, |b| b.transactions.push(b.transactions[0].clone())),
    );
    add(
        "transaction-left-out",
        "stray-transaction",
        changed(good, |b| {
            b.transactions.pop();
        }),
    );
    add(
        "transactions-exchanged",
        "wrong-action",
        changed(good, |b| b.transactions.swap(0, 1)),
    );
    add(
        "transactions-in-another-order",
        "stray-transaction",
        changed(good, |b| {
            b.transactions.swap(0, 1);
            b.events[0].transaction = 1;
            b.events[1].transaction = 0;
        }),
    );
}

fn events(good: &[u8], add: Add<'_>) {
    let count = Bundle::parse(good).unwrap().events.len();
    let names = [
        "first-event-left-out",
        "middle-event-left-out",
        "last-event-left-out",
    ];
    for (name, place) in names.into_iter().zip([0, count / 2, count - 1]) {
        let bytes = changed(good, |b| {
            b.events.remove(place);
        });
        add(name, "trail-count", bytes);
    }
    add(
        "event-twice",
        "trail-count",
        changed(good, |b| b.events.insert(2, b.events[2].clone())),
    );
    add(
        "event-replaced-by-the-one-before",
        "trail-head",
        changed(good, |b| {
            b.events[count - 1] = b.events[count - 2].clone();
            b.transactions.pop();
        }),
    );
    add(
        "events-exchanged",
        "stray-transaction",
        changed(good, |b| b.events.swap(3, 4)),
    );
    add(
        "events-exchanged-with-their-transactions",
        "event-order",
        changed(good, |b| {
            b.events.swap(3, 4);
            b.transactions.swap(3, 4);
            b.events[3].transaction = 3;
            b.events[4].transaction = 4;
        }),
    );
    add(
        "event-at-another-height",
        "trail-head",
        changed(good, |b| b.events[count - 1].at.height.0 += 1),
    );
    add(
        "event-after-the-end",
        "event-order",
        changed(good, |b| b.events[count - 1].at.height.0 += 99),
    );
    add(
        "event-at-another-time",
        "trail-head",
        changed(good, |b| b.events[count - 1].at.time.0 += 1),
    );
    add(
        "events-of-one-block-at-two-times",
        "event-order",
        changed(good, |b| {
            b.events[1].at.height = b.events[0].at.height;
        }),
    );
    add(
        "action-altered",
        "wrong-action",
        changed(good, |b| {
            let last = b.events[0].action.len() - 1;
            b.events[0].action.to_mut()[last] ^= 1;
        }),
    );
    add(
        "action-at-another-place",
        "wrong-action",
        changed(good, |b| b.events[0].action_index = 1),
    );
    add(
        "action-path-altered",
        "wrong-action",
        changed(good, |b| b.events[0].path = flipped(&b.events[0].path)),
    );
    add(
        "action-of-another-envelope",
        "wrong-action",
        changed(good, |b| b.events[2].action = b.events[1].action.clone()),
    );
    let mut request = story_request();
    request.subject = RecordId::Resource(code(2));
    let second = export(&story(), &request).unwrap();
    add(
        "event-of-another-entry",
        "trail-head",
        changed(good, |b| {
            let other = Bundle::parse(&second).unwrap();
            let (event, transaction) = (&other.events[0], other.transactions[0].clone());
            let place = b.events[count - 1].transaction;
            b.transactions[usize::try_from(place).unwrap()] = transaction;
            let own = &mut b.events[count - 1];
            own.at = event.at;
            own.action_index = event.action_index;
            own.action = Cow::Owned(event.action.to_vec());
            own.path = Path::from(&event.path.hashes()[..]);
        }),
    );
}

fn cosignatures(good: &[u8], add: Add<'_>) {
    let world = story();
    let tip = world.tip().height.0;
    let root = world.tip().log.root();
    let note = |origin: String, size| SignedNote::of(LogHead { origin, size, root });
    let own = LogHead::origin_of(&world.chain());
    let mut with = |name, text: String, path: Path<'static>| {
        let bytes = changed(good, |b| {
            b.cosigned = Some(Cosigned {
                note: Cow::Owned(text.into_bytes()),
                path,
            });
        });
        add(name, "bad-cosignature", bytes);
    };
    let secret = labelled_key("witness");
    let signed = |mut note: SignedNote| {
        let kind = crate::note::KeyKind::Cosignature;
        let key = crate::note::VerifierKey::new("witness", kind, secret.public()).unwrap();
        note.cosign(&key, &secret, 1);
        note.to_string()
    };
    let path_now = path(&world, tip, tip + 1);
    with(
        "cosigned-other-log",
        signed(note("other".to_owned(), tip + 1)),
        path_now.clone(),
    );
    with(
        "cosigned-path-altered",
        signed(note(own.clone(), tip + 1)),
        flipped(&path_now),
    );
    with(
        "cosigned-too-short",
        signed(note(own.clone(), tip)),
        path_now.clone(),
    );
    with(
        "cosigned-no-note",
        "cosigned by nobody".to_owned(),
        path_now,
    );
}

/// Against a pinned block instead of the genesis.
fn pinned(good: &[u8]) -> Vec<Forgery> {
    let other = other_story();
    let mut request = story_request();
    request.pins = vec![Height(7)];
    let forked = export(&other, &request).unwrap();
    let early = {
        let genesis = genesis(VALIDATORS);
        let mut ledger = Ledger::new(&genesis);
        ledger.granted(1, &[2, 4]);
        let world = World::over(genesis, ledger, VALIDATORS, &[3]);
        export(&world, &Request::of(RecordId::Resource(code(1)))).unwrap()
    };
    let at = |height| Some(story().checkpoint(height));
    let forgery = |name, code, bytes: &[u8], checkpoint| Forgery {
        name,
        code,
        bytes: bytes.to_vec(),
        checkpoint,
    };
    vec![
        forgery("history-that-forked-after-the-pin", "fork", &forked, at(7)),
        forgery(
            "file-that-ends-before-the-pin",
            "before-checkpoint",
            &early,
            at(9),
        ),
        forgery(
            "pinned-head-signed-by-others",
            "bad-certificate",
            &changed(good, |b| {
                let head = header_of(&b.head);
                b.certificate =
                    Cow::Owned(encode(&certificate(&head, &validators(0, VALIDATORS), 0)));
            }),
            at(7),
        ),
    ]
}
