//! The trail: transactions, events, receipts.

use super::*;

pub(super) fn transactions(good: &[u8], add: Add<'_>) {
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

pub(super) fn events(good: &[u8], add: Add<'_>) {
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
            // In the place of the first event after it.
            let mut events = b.events.iter_mut();
            let own = events.find(|own| own.at.height > event.at.height).unwrap();
            let place = usize::try_from(own.transaction).unwrap();
            b.transactions[place] = transaction;
            own.at = event.at;
            own.action_index = event.action_index;
            own.action = Cow::Owned(event.action.to_vec());
            own.path = Path::from(&event.path.hashes()[..]);
        }),
    );
}

/// The place of the first event that seals receipts.
fn first_seal(bundle: &Bundle<'_>) -> usize {
    let is_seal = |bytes: &[u8]| {
        let action = decode::<Action, 1_000_000>(bytes);
        matches!(action, Ok(Action::SealReceipts(_)))
    };
    let mut places = 0..bundle.events.len();
    places
        .find(|place| is_seal(&bundle.events[*place].action))
        .unwrap()
}

/// Who did: batches left out, counted otherwise, invented, moved to another reader.
pub(super) fn receipts(good: &[u8], add: Add<'_>) {
    let seal = first_seal(&Bundle::parse(good).unwrap());
    let with = |change: &dyn Fn(&mut SealReceipts)| {
        changed(good, |b| {
            let action = decode::<Action, 1_000_000>(&b.events[seal].action);
            let Ok(Action::SealReceipts(mut sealed)) = action else {
                panic!("a seal");
            };
            change(&mut sealed);
            b.events[seal].action = Cow::Owned(encode(&Action::SealReceipts(sealed)));
        })
    };
    add(
        "receipts-left-out",
        "trail-count",
        changed(good, |b| {
            b.events.remove(seal);
        }),
    );
    add(
        "receipts-of-fewer-calls",
        "wrong-action",
        with(&|s| s.counted.calls -= 1),
    );
    add(
        "receipts-of-another-reader",
        "wrong-action",
        with(&|s| s.batch.usage.reader = id(BYSTANDER)),
    );
    add(
        "receipts-on-another-basis",
        "wrong-action",
        with(&|s| s.batch.usage.basis = UseBasis::Authorized { number: 1 }),
    );
    add(
        "receipts-under-another-root",
        "wrong-action",
        with(&|s| s.root.0[0] ^= 1),
    );
    add(
        "receipts-of-the-other-side-twice",
        "trail-head",
        changed(good, |b| {
            let (one, other) = (b.events[seal].clone(), b.events[seal + 1].clone());
            let place = |part: u32| usize::try_from(part).unwrap();
            b.transactions[place(one.transaction)] =
                b.transactions[place(other.transaction)].clone();
            b.events[seal] = EventPart {
                at: one.at,
                transaction: one.transaction,
                ..other
            };
        }),
    );
    add(
        "reader-on-record-left-out",
        "record-missing",
        changed(good, |b| without(b, &RecordId::Department(id(STEWARD)))),
    );
    add(
        "gateway-key-left-out",
        "record-missing",
        changed(good, |b| {
            without(b, &RecordId::Key(key(PROVIDER, Role::Gateway).public()))
        }),
    );
}
