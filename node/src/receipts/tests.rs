//! Logs into batches: parsing, sorting, and the same root as the ledger's own.

use dirchain_ledger::hash::Domain;
use dirchain_ledger::ids::{FieldNumber, TimeMs};
use dirchain_ledger::merkle;
use dirchain_ledger::receipts::Receipt;
use dirchain_ledger::records::UseBasis;

use super::*;

const CSV: &str = "time,reader,fields,rows,denied,note\n\
    2026-01-02T03:00:00+08:00,D005,1;2,5,false,\"a, \"\"b\"\"\"\n\
    \n\
    1767297600000,D006,3,0,1,\n";
const JSON: &str = "{\"time\":\"2026-01-02T03:00:00+08:00\",\"reader\":\"D005\",\"fields\":[2,1],\"rows\":5,\"note\":\"a, \\\"b\\\"\"}\n\
    {\"time\":1767297600000,\"reader\":\"D006\",\"fields\":[3],\"denied\":true}\n";

fn receipts(log: &str) -> Vec<Receipt> {
    Entries::new(log.as_bytes())
        .map(|entry| entry.unwrap().1)
        .collect()
}

fn error(log: &str) -> String {
    let mut entries = Entries::new(log.as_bytes());
    let error = entries.find_map(Result::err);
    error.unwrap().to_string()
}

#[test]
fn csv_and_json_say_the_same() {
    let from_csv = receipts(CSV);
    assert_eq!(from_csv, receipts(JSON));
    assert_eq!(from_csv.len(), 2);
    assert_eq!(from_csv[0].note.as_deref(), Some("a, \"b\""));
    assert!(from_csv[1].denied);
    let marked = format!("\u{feff}{CSV}").replace('\n', "\r\n");
    assert_eq!(receipts(&marked), from_csv);
}

#[test]
fn a_faulty_line_is_told_by_its_number() {
    let heading = "time,reader,fields,rows,denied\n";
    for (line, says) in [
        ("x,D005,1,1,0", "line 2: `x` is no RFC 3339 time"),
        ("0,d5,1,1,0", "line 2: reader:"),
        ("0,D005,a,1,0", "`a` is no field's number"),
        ("0,D005,0,1,0", "`0` is no field's number"),
        ("0,D005,1,-1,0", "`-1` is no number of rows"),
        ("0,D005,1,1,no", "denied is true or false"),
        ("0,D005,,1,0", "names the fields it used"),
        ("0,D005,1,1,1", "hands over no rows"),
        ("0,D005,\"1,1,0", "a quote is not closed"),
        ("0,D005", "there is no cell"),
        ("{\"time\":0}", "missing field `reader`"),
        (
            "{\"time\":0,\"reader\":\"D005\",\"user\":1}",
            "unknown field `user`",
        ),
    ] {
        let told = error(&format!("{heading}{line}\n"));
        assert!(told.contains(says), "{line}: {told}");
    }
    assert!(error("time,reader\n").contains("no column `fields`"));
    let long = format!("{heading}{}\n", "x".repeat(LINE_BYTES_MAX + 1));
    assert!(error(&long).contains("longer than"));
}

const MIDNIGHT: i64 = 1_767_196_800_000; // 2026-01-01T00:00:00+08:00
const DAY: i64 = 86_400_000;

fn span(basis: UseBasis, from: i64, to: Option<i64>, fields: &[u16]) -> UseSpanItem {
    UseSpanItem {
        basis,
        from: TimeMs(MIDNIGHT + from),
        to: to.map(|to| TimeMs(MIDNIGHT + to)),
        fields: fields.iter().copied().map(FieldNumber).collect(),
    }
}

fn sorter() -> Sorter {
    let authorized = |number| UseBasis::Authorized { number };
    let spans = vec![
        span(authorized(2), 0, None, &[2, 3]),
        span(authorized(1), 0, Some(DAY + 500), &[2]),
        span(UseBasis::Unconditional { version: 1 }, 0, None, &[1]),
    ];
    Sorter {
        binding: "103001/000001/1".parse().unwrap(),
        from: TimeMs(MIDNIGHT + 1_000),
        until: TimeMs(MIDNIGHT + 2 * DAY),
        readers: [("D005".parse().unwrap(), spans)].into(),
        sealed: Default::default(),
    }
}

fn call(time: i64, fields: &[u16], denied: bool) -> Receipt {
    let fields = fields.iter().copied().map(FieldNumber).collect();
    Receipt {
        time: TimeMs(MIDNIGHT + time),
        reader: "D005".parse().unwrap(),
        fields: dirchain_ledger::bounded::List::new(fields).unwrap(),
        rows: u64::from(!denied),
        denied,
        note: None,
    }
}

#[test]
fn lines_go_to_the_batch_of_their_basis_and_day() {
    let sorter = sorter();
    let sorted = |time, fields: &[u16], denied| match sorter.sort(&call(time, fields, denied)) {
        Sorted::Into(id, to) => format!(
            "{} {} {}",
            id.usage.basis,
            id.from.0 - MIDNIGHT,
            to.0 - MIDNIGHT
        ),
        other => format!("{other:?}"),
    };
    assert_eq!(sorted(5_000, &[1], false), "v1 1000 86400000");
    assert_eq!(sorted(5_000, &[2], false), "a1 1000 86400000");
    assert_eq!(sorted(DAY + 499, &[2], false), "a1 86400000 86400500");
    assert_eq!(sorted(DAY + 500, &[2], false), "a2 86400000 172800000");
    assert_eq!(sorted(5_000, &[2, 3], false), "a2 1000 86400000");
    assert_eq!(sorted(5_000, &[1, 2], false), "Unfounded");
    assert_eq!(sorted(5_000, &[1, 2], true), "none 1000 86400000");
    assert_eq!(sorted(5_000, &[2], true), "a1 1000 86400000");
    assert_eq!(sorted(999, &[2], false), "Before");
    assert_eq!(sorted(2 * DAY, &[2], false), "Later");
}

#[test]
fn batches_count_and_hash_as_the_ledger_does() {
    let sorter = sorter();
    let calls: Vec<Receipt> = (0..100)
        .map(|n| call(2_000 + n, &[2], n % 7 == 0))
        .collect();
    let mut builder = Builder::default();
    for call in &calls {
        let Sorted::Into(id, to) = sorter.sort(call) else {
            panic!("it belongs to a batch");
        };
        let secret = || Ok::<_, ()>([9; 32]);
        builder.add(id, to, call, secret).unwrap();
    }
    assert_eq!(builder.count(), 1);
    let batch = builder.finish().unwrap().remove(0);
    assert_eq!((batch.counted.calls, batch.counted.denied), (100, 15));
    assert_eq!(batch.counted.rows, 85);
    let secret = batch.secret();
    let leaves: Vec<_> = (0u64..)
        .zip(&calls)
        .map(|(index, call)| call.leaf(&secret.salt(index)))
        .collect();
    assert_eq!(batch.root, merkle::root(Domain::ReceiptNode, &leaves));
    let json = serde_json::to_string(&batch).unwrap();
    assert_eq!(serde_json::from_str::<SealedBatch>(&json).unwrap(), batch);
}

fn sealed(sorter: Sorter, receipts: &[Receipt]) -> Sealed {
    let mut builder = Builder::default();
    for receipt in receipts {
        let Sorted::Into(id, to) = sorter.sort(receipt) else {
            panic!("{receipt:?} is in no batch");
        };
        let secret = || Ok::<_, std::convert::Infallible>([7; 32]);
        builder.add(id, to, receipt, secret).unwrap();
    }
    Sealed {
        side: dirchain_ledger::records::Side::Provider,
        sorter,
        batches: builder.finish().unwrap(),
    }
}

#[test]
fn a_log_that_grows_is_sealed_from_where_it_was() {
    let (early, late) = (
        call(2_000, &[2], false),
        call(DAY / 2 + 60_000, &[2], false),
    );
    let noon = TimeMs(MIDNIGHT + DAY / 2);
    let first = Sorter {
        until: noon,
        ..sorter()
    };
    let mut kept = Kept::default();
    assert_eq!(kept.until(), None);
    kept.push(sealed(first, std::slice::from_ref(&early)));
    assert_eq!((kept.until(), kept.calls()), (Some(noon), 1));
    assert!(kept.find(&early).is_some());
    assert!(kept.find(&late).is_none());

    let second = Sorter {
        from: noon,
        ..sorter()
    };
    kept.push(sealed(second, std::slice::from_ref(&late)));
    assert_eq!(kept.calls(), 2);
    let window = |receipt| {
        let (seal, id) = kept.find(receipt).unwrap();
        let batch = seal.batches.iter().find(|batch| batch.id == id).unwrap();
        (id.from.0 - MIDNIGHT, batch.counted.to.0 - MIDNIGHT)
    };
    // Both windows are of one day and one basis, and do not overlap.
    assert_eq!(window(&early), (1_000, DAY / 2));
    assert_eq!(window(&late), (DAY / 2, DAY));
}

/// A second log of a binding goes on where the ledger has its uses sealed to.
#[test]
fn windows_begin_where_the_ledger_has_their_use_sealed_to() {
    let mut sorter = sorter();
    let told = |sorter: &Sorter, time, fields: &[u16], denied| match sorter
        .sort(&call(time, fields, denied))
    {
        Sorted::Into(id, to) => format!("{} {}", id.from.0 - MIDNIGHT, to.0 - MIDNIGHT),
        Sorted::Sealed(to) => format!("sealed to {}", to.0 - MIDNIGHT),
        other => format!("{other:?}"),
    };
    let usage = match sorter.sort(&call(5_000, &[1], false)) {
        Sorted::Into(id, _) => id.usage,
        other => panic!("{other:?}"),
    };
    sorter.sealed.insert(usage.clone(), None);
    assert_eq!(told(&sorter, 5_000, &[1], false), "1000 86400000");
    let sealed_to = Some(TimeMs(MIDNIGHT + 6_000));
    sorter.sealed.insert(usage, sealed_to);
    assert_eq!(told(&sorter, 5_999, &[1], false), "sealed to 6000");
    assert_eq!(told(&sorter, 6_000, &[1], false), "6000 86400000");
    let next_day = told(&sorter, DAY, &[1], false);
    assert_eq!(next_day, "86400000 172800000");
    // Another use is another matter.
    assert_eq!(told(&sorter, 5_000, &[2], false), "1000 86400000");
}
