//! Ed25519: the standard's vectors, and the edge cases in which verifiers are known to differ.
//!
//! The cases are those of C2SP's CCTV/ed25519 and of Chalkias, Garillot, Nikolaenko, "Taming the
//! many EdDSAs" (2020), as far as they can be constructed here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use curve25519_dalek::traits::IsIdentity;
use dirchain_ledger::crypto::{CryptoError, PublicKey, SecretKey, Signature};
use sha2::{Digest, Sha512};

/// RFC 8032, section 7.1: secret key, public key, message, signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

#[test]
fn the_vectors_of_rfc_8032_hold() {
    for [secret, public, message, signature] in RFC_8032 {
        let seed: [u8; 32] = hex::decode(secret).unwrap().try_into().unwrap();
        let secret = SecretKey::from_seed(&seed);
        let message = hex::decode(message).unwrap();
        assert_eq!(secret.public().to_string(), public);
        assert_eq!(secret.sign(&message).to_string(), signature);
        secret.public().admit().unwrap();
        let signature: Signature = signature.parse().unwrap();
        secret.public().verify(&message, &signature).unwrap();
    }
}

#[test]
fn any_single_bit_changed_makes_a_signature_wrong() {
    let secret = SecretKey::from_seed(&[1; 32]);
    let signature = secret.sign(b"message");
    for bit in 0..512 {
        let mut changed = signature;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        let verdict = secret.public().verify(b"message", &changed);
        assert_eq!(verdict, Err(CryptoError::BadSignature), "bit {bit}");
    }
    assert!(secret.public().verify(b"massage", &signature).is_err());
}

/// The prime of the field, 2^255 - 19, little-endian, plus a small number.
fn prime_plus(offset: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xed + offset;
    bytes[31] = 0x7f;
    bytes
}

/// The order of the base point, 2^252 + 27742317777372353535851937790883648493.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// `scalar + count * order` without reduction, if it fits 256 bits.
fn plus_orders(scalar: [u8; 32], count: u8) -> Option<[u8; 32]> {
    let mut sum = scalar;
    for _ in 0..count {
        let mut carry = 0u16;
        for (byte, order) in sum.iter_mut().zip(ORDER) {
            let wide = u16::from(*byte) + u16::from(order) + carry;
            *byte = wide.to_le_bytes()[0];
            carry = wide >> 8;
        }
        if carry > 0 {
            return None;
        }
    }
    Some(sum)
}

fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> Scalar {
    let digest = Sha512::new()
        .chain_update(r)
        .chain_update(a)
        .chain_update(message);
    Scalar::from_bytes_mod_order_wide(&digest.finalize().into())
}

fn signature(r: [u8; 32], s: [u8; 32]) -> Signature {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&r);
    bytes[32..].copy_from_slice(&s);
    Signature(bytes)
}

/// A key's secret scalar, as RFC 8032 derives it from the seed.
fn secret_scalar(seed: [u8; 32]) -> Scalar {
    let digest = Sha512::digest(seed);
    let mut low: [u8; 32] = digest[..32].try_into().unwrap();
    low = clamp_integer(low);
    Scalar::from_bytes_mod_order(low)
}

fn base_times(scalar: Scalar) -> EdwardsPoint {
    ED25519_BASEPOINT_POINT * scalar
}

#[test]
fn keys_of_small_order_are_not_admitted_and_verify_nothing() {
    for torsion in EIGHT_TORSION {
        let key = PublicKey(torsion.compress().0);
        assert_eq!(key.admit(), Err(CryptoError::SmallOrder), "{key}");
        // S·B = R + k·A with A of small order: holds without any secret where k·A vanishes.
        let s = Scalar::from(77u64);
        let r = base_times(s).compress().0;
        let fitting = (0u32..10_000)
            .map(u32::to_le_bytes)
            .find(|message| (torsion * challenge(&r, &key.0, message)).is_identity());
        let message = fitting.expect("one message in eight fits");
        let verdict = key.verify(&message, &signature(r, s.to_bytes()));
        assert_eq!(verdict, Err(CryptoError::BadSignature), "{key}");
    }
}

#[test]
fn a_commitment_of_small_order_is_refused() {
    let seed = [2; 32];
    let public = SecretKey::from_seed(&seed).public();
    let secret = secret_scalar(seed);
    assert_eq!(base_times(secret).compress().0, public.0);
    // R the identity, S = k·a: the equation holds, and everybody who knows `a` could have made it
    // for any message with the same R.
    for torsion in EIGHT_TORSION {
        let r = torsion.compress().0;
        let k = challenge(&r, &public.0, b"message");
        let verdict = public.verify(b"message", &signature(r, (k * secret).to_bytes()));
        assert_eq!(verdict, Err(CryptoError::BadSignature));
    }
}

#[test]
fn a_scalar_above_the_order_is_refused() {
    let secret = SecretKey::from_seed(&[3; 32]);
    let good = secret.sign(b"message");
    let r: [u8; 32] = good.0[..32].try_into().unwrap();
    let s: [u8; 32] = good.0[32..].try_into().unwrap();
    let mut refused = 0;
    for count in 1..16 {
        // The same scalar modulo the order, so the equation holds for a verifier that reduces.
        if let Some(s) = plus_orders(s, count) {
            refused += 1;
            let verdict = secret.public().verify(b"message", &signature(r, s));
            assert_eq!(verdict, Err(CryptoError::BadSignature), "S + {count}L");
        }
    }
    assert!(refused >= 14);
}

#[test]
fn a_key_with_a_small_order_part_is_not_admitted() {
    let seed = [4; 32];
    let secret = secret_scalar(seed);
    for torsion in EIGHT_TORSION.into_iter().skip(1) {
        let mixed = PublicKey((base_times(secret) + torsion).compress().0);
        assert_eq!(mixed.admit(), Err(CryptoError::SmallOrder));
        // Why: whether such a key's signature verifies depends on the message, and verifiers with
        // and without cofactor differ on one in eight or more.
        let nonce = Scalar::from(99u64);
        let r = base_times(nonce).compress().0;
        let mut verdicts = [0, 0];
        for message in (0u32..64).map(u32::to_le_bytes) {
            let k = challenge(&r, &mixed.0, &message);
            let s = nonce + k * secret;
            let accepted = mixed.verify(&message, &signature(r, s.to_bytes())).is_ok();
            assert_eq!(accepted, (torsion * k).is_identity(), "without cofactor");
            verdicts[usize::from(accepted)] += 1;
        }
        assert!(verdicts[0] > 0 && verdicts[1] > 0, "{verdicts:?}");
    }
}

#[test]
fn a_commitment_with_a_small_order_part_is_refused() {
    let seed = [5; 32];
    let public = SecretKey::from_seed(&seed).public();
    let (secret, nonce) = (secret_scalar(seed), Scalar::from(99u64));
    for (index, torsion) in EIGHT_TORSION.into_iter().enumerate() {
        let r = (base_times(nonce) + torsion).compress().0;
        let s = nonce + challenge(&r, &public.0, b"message") * secret;
        let verdict = public.verify(b"message", &signature(r, s.to_bytes()));
        // With the cofactor, as batches verify, all eight would pass.
        assert_eq!(verdict.is_ok(), index == 0);
    }
}

/// Encodings with y at or above the prime, and a sign for x = 0.
fn non_canonical() -> impl Iterator<Item = [u8; 32]> {
    let signed = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        bytes
    };
    let above = (0..19).map(prime_plus);
    let both = above.flat_map(move |bytes| [bytes, signed(bytes)]);
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = prime_plus(0);
    minus_one[0] -= 1;
    both.chain([signed(one), signed(minus_one)])
}

#[test]
fn keys_in_another_encoding_are_not_admitted() {
    let mut points = 0;
    for bytes in non_canonical() {
        let key = PublicKey(bytes);
        assert_eq!(key.admit(), Err(CryptoError::NotAPoint), "{key}");
        points += usize::from(CompressedEdwardsY(bytes).decompress().is_some());
    }
    assert!(
        points > 10,
        "many of them decompress, so the check is needed: {points}"
    );
}

#[test]
fn commitments_in_another_encoding_are_refused() {
    let seed = [6; 32];
    let public = SecretKey::from_seed(&seed).public();
    let secret = secret_scalar(seed);
    for r in non_canonical() {
        let s = challenge(&r, &public.0, b"message") * secret;
        let verdict = public.verify(b"message", &signature(r, s.to_bytes()));
        assert_eq!(verdict, Err(CryptoError::BadSignature));
    }
}

#[test]
fn what_is_no_point_is_no_key() {
    let bytes = (2u8..)
        .map(|y| {
            let mut bytes = [0; 32];
            bytes[0] = y;
            bytes
        })
        .find(|bytes| CompressedEdwardsY(*bytes).decompress().is_none())
        .unwrap();
    let key = PublicKey(bytes);
    assert_eq!(key.admit(), Err(CryptoError::NotAPoint));
    assert_eq!(
        key.verify(b"", &Signature([0; 64])),
        Err(CryptoError::NotAPoint)
    );
}

/// ed25519-dalek's feature `batch` is what would bring `merlin` in. With `legacy_compatibility` the
/// test of scalars above the order would fail.
#[test]
fn no_batch_verification_is_compiled_in() {
    let lock = std::fs::read_to_string("../Cargo.lock");
    assert!(!lock.unwrap().contains("name = \"merlin\""));
}
