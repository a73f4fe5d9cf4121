//! Official vectors, through both verifiers' libraries: what one takes and the other refuses would
//! split their verdicts.

use std::path::Path;
use std::process::Command;

use dirchain_ledger::crypto::{PublicKey, Signature};

use crate::python;

/// Of the edge cases, those in which neither point is of small order and the small-order parts
/// cancel; their keys are never admitted, so nothing on a ledger is signed so.
const TAKEN: [&str; 2] = ["7", "29"];

fn in_python(script: &str, arguments: &[&str]) -> String {
    let folder =
        Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../tests/verifier_py");
    let output = Command::new(python::verifier())
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
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap())
        .join("../tests/vectors/ed25519-cctv.txt");
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
const BLAKE3: [(usize, &str, &str); 17] = [
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
        1023,
        "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
        "c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e",
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
    (
        2048,
        "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
        "879cf1fa2ea0e79126cb1063617a05b6ad9d0b696d0d757cf053439f60a99dd1",
    ),
    (
        2049,
        "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
        "9f29700902f7c86e514ddc4df1e3049f258b2472b6dd5267f61bf13983b78dd5",
    ),
    (
        3072,
        "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2",
        "044a0e7b172a312dc02a4c9a818c036ffa2776368d7f528268d2e6b5df191770",
    ),
    (
        3073,
        "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3",
        "68dede9bef00ba89e43f31a6825f4cf433389fedae75c04ee9f0cf16a427c95a",
    ),
    (
        4096,
        "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969",
        "befc660aea2f1718884cd8deb9902811d332f4fc4a38cf7c7300d597a081bfc0",
    ),
    (
        4097,
        "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995",
        "00df940cd36bb9fa7cbbc3556744e0dbc8191401afe70520ba292ee3ca80abbc",
    ),
    (
        5120,
        "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833",
        "2c493e48e9b9bf31e0553a22b23503c0a3388f035cece68eb438d22fa1943e20",
    ),
    (
        5121,
        "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff",
        "6ccf1c34753e7a044db80798ecd0782a8f76f33563accaddbfbb2e0ea4b2d024",
    ),
    (
        6144,
        "3e2e5b74e048f3add6d21faab3f83aa44d3b2278afb83b80b3c35164ebeca205",
        "3d6b6d21281d0ade5b2b016ae4034c5dec10ca7e475f90f76eac7138e9bc8f1d",
    ),
    (
        6145,
        "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f",
        "9ac301e9e39e45e3250a7e3b3df701aa0fb6889fbd80eeecf28dbc6300fbc539",
    ),
    (
        7168,
        "61da957ec2499a95d6b8023e2b0e604ec7f6b50e80a9678b89d2628e99ada77a",
        "b42835e40e9d4a7f42ad8cc04f85a963a76e18198377ed84adddeaecacc6f3fc",
    ),
    (
        7169,
        "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817",
        "ed9b1a922c046fdb3d423ae34e143b05ca1bf28b710432857bf738bcedbfa511",
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
