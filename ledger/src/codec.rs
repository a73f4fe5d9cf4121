//! The one encoding: bincode 2 with fixed-width integers, strict on the way in.
//!
//! Invariant: a value has exactly one encoding. Decoding refuses trailing bytes and anything that
//! does not encode back to the same bytes, so hashing an encoding is hashing the value.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use bincode::enc::EncoderImpl;
use bincode::enc::write::{SizeWriter, Writer};
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

/// Why bytes are not the encoding of the value expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// More bytes than the format allows.
    #[error("{size_bytes} bytes, at most {size_bytes_max} are allowed")]
    TooLong {
        /// What arrived.
        size_bytes: usize,
        /// What is allowed.
        size_bytes_max: usize,
    },
    /// The bytes do not parse.
    #[error("malformed bytes: {reason}")]
    Malformed {
        /// The decoder's words.
        reason: String,
    },
    /// The value ended before the bytes did.
    #[error("{trailing_bytes} bytes follow the end of the value")]
    Trailing {
        /// How many bytes are left over.
        trailing_bytes: usize,
    },
    /// The bytes parse, but are not the value's own encoding.
    #[error("the bytes are not the canonical encoding of their value")]
    NotCanonical,
}

/// Encodes a value. Total: every type of this crate encodes without fail into memory.
pub fn encode<T: Encode>(value: &T) -> Vec<u8> {
    let config = bincode::config::standard().with_fixed_int_encoding();
    match bincode::encode_to_vec(value, config) {
        Ok(bytes) => bytes,
        // Encoding into a vector fails only for types this crate does not have
        // (unsized sequences, borrowed cells, system times).
        Err(error) => unreachable!("encoding into memory failed: {error}"),
    }
}

/// The length of a value's encoding, without making it.
pub fn encoded_bytes<T: Encode>(value: &T) -> usize {
    let config = bincode::config::standard().with_fixed_int_encoding();
    let mut encoder = EncoderImpl::new(SizeWriter::default(), config);
    match value.encode(&mut encoder) {
        Ok(()) => encoder.into_writer().bytes_written,
        // As in `encode`.
        Err(error) => unreachable!("measuring an encoding failed: {error}"),
    }
}

/// What is wrong with bytes, without the decoder's own terms.
fn words(error: &DecodeError) -> String {
    match error {
        DecodeError::UnexpectedEnd { .. } => "they end before the value does".to_owned(),
        DecodeError::LimitExceeded => "a length in them is larger than they are".to_owned(),
        DecodeError::UnexpectedVariant { found, .. } => {
            format!("they name a kind {found} that there is not")
        }
        DecodeError::InvalidBooleanValue(found) => format!("a yes or no is {found}"),
        DecodeError::Utf8 { .. } => "a text in them is not UTF-8".to_owned(),
        DecodeError::OtherString(words) => words.clone(),
        DecodeError::Other(words) => (*words).to_owned(),
        other => format!("{other:?}"),
    }
}

/// Decodes a value of at most `N` bytes and requires that it encodes back to the same bytes.
pub fn decode<T: Encode + Decode<()>, const N: usize>(bytes: &[u8]) -> Result<T, CodecError> {
    if bytes.len() > N {
        return Err(CodecError::TooLong {
            size_bytes: bytes.len(),
            size_bytes_max: N,
        });
    }
    let config: Configuration<LittleEndian, Fixint, Limit<N>> = bincode::config::standard()
        .with_fixed_int_encoding()
        .with_limit::<N>();
    let (value, used) = bincode::decode_from_slice::<T, _>(bytes, config).map_err(|error| {
        CodecError::Malformed {
            reason: words(&error),
        }
    })?;
    if used != bytes.len() {
        return Err(CodecError::Trailing {
            trailing_bytes: bytes.len().saturating_sub(used),
        });
    }
    if !encodes_to(&value, bytes) {
        return Err(CodecError::NotCanonical);
    }
    Ok(value)
}

/// Whether these bytes are a value's encoding, without making it: everything that is read from a disk
/// or from the network is asked this.
fn encodes_to<T: Encode>(value: &T, bytes: &[u8]) -> bool {
    let config = bincode::config::standard().with_fixed_int_encoding();
    let mut encoder = EncoderImpl::new(Comparing { left: bytes }, config);
    value.encode(&mut encoder).is_ok() && encoder.into_writer().left.is_empty()
}

/// What is left of the bytes that an encoding is expected to be.
struct Comparing<'b> {
    left: &'b [u8],
}

impl Writer for Comparing<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let left = self.left.strip_prefix(bytes);
        self.left = left.ok_or(EncodeError::Other("other bytes are expected"))?;
        Ok(())
    }
}
