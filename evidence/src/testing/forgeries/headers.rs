//! The frame, epochs, last headers, cosigned checkpoints, and pinned blocks.

use super::*;

pub(super) fn frame(good: &[u8], add: Add<'_>) {
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

pub(super) fn epochs(good: &[u8], add: Add<'_>) {
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

pub(super) fn heads(good: &[u8], add: Add<'_>) {
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

pub(super) fn cosignatures(good: &[u8], add: Add<'_>) {
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
pub(super) fn pinned(good: &[u8]) -> Vec<Forgery> {
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
