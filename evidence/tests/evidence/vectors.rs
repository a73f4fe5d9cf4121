//! Official vectors, through both verifiers' libraries: what one takes and the other refuses would
//! split their verdicts.

use std::path::Path;
use std::process::Command;

use dirchain_ledger::crypto::{PublicKey, Signature};

use crate::second::python;

/// Of the edge cases, those in which neither point is of small order and the small-order parts
/// cancel; their keys are never admitted, so nothing on a ledger is signed so.
const TAKEN: [&str; 2] = ["7", "29"];

fn in_python(script: &str, arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/verifier_py");
    let output = Command::new(python())
        .env("PYTHONPATH", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Source: C2SP CCTV, ed25519; the file names it.
#[test]
fn the_edge_cases_of_ed25519_are_judged_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/ed25519-cctv.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut count = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().unwrap();
        let (number, key, signature, message) = (part(), part(), part(), part());
        let public: PublicKey = key.parse().unwrap();
        let parsed: Signature = signature.parse().unwrap();
        let ours = public.verify(message.as_bytes(), &parsed).is_ok();
        assert_eq!(ours, TAKEN.contains(&number), "number {number}");
        assert!(public.admit().is_err(), "number {number}");
        let script = "import sys, verifier as v; k, s, m = sys.argv[1:]; print(v.signed(bytes.fromhex(k), m.encode(), bytes.fromhex(s)))";
        let theirs = in_python(script, &[key, signature, message]);
        assert_eq!(theirs.trim() == "True", ours, "number {number}");
        count += 1;
    }
    assert_eq!(count, 19);
}

/// Source: BLAKE3's test_vectors.json (<https://github.com/BLAKE3-team/BLAKE3>): input bytes count up
/// modulo 251, the key is the one named there. First 32 bytes of hash and of keyed hash.
const BLAKE3: [(usize, &str, &str); 4] = [
    (
        0,
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26",
    ),
    (
        1,
        "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
        "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b",
    ),
    (
        1024,
        "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
        "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4",
    ),
    (
        1025,
        "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
        "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69",
    ),
];

#[test]
fn the_vectors_of_blake3_hold_in_both() {
    let key = b"whats the Elvish word for friend";
    for (count, plain, keyed) in BLAKE3 {
        let input: Vec<u8> = (0..count).map(|place| (place % 251) as u8).collect();
        assert_eq!(blake3::hash(&input).to_hex().as_str(), plain);
        assert_eq!(blake3::keyed_hash(key, &input).to_hex().as_str(), keyed);
        let script = "import sys, blake3; d = bytes(i % 251 for i in range(int(sys.argv[1]))); print(blake3.blake3(d).hexdigest(), blake3.blake3(d, key=sys.argv[2].encode()).hexdigest())";
        let theirs = in_python(
            script,
            &[&count.to_string(), std::str::from_utf8(key).unwrap()],
        );
        assert_eq!(theirs.trim(), format!("{plain} {keyed}"));
    }
}
