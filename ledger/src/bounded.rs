//! Texts and lists that cannot outgrow their bound, checked where they enter: at decoding.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use bincode::de::{BorrowDecoder, Decoder};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{BorrowDecode, Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text or list was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoundError {
    /// Nothing, or only white space, where a text is required.
    #[error("the text is empty")]
    Empty,
    /// Longer than its bound.
    #[error("the text has {size_bytes} bytes, at most {size_bytes_max} are allowed")]
    TooLong {
        /// Bytes given.
        size_bytes: usize,
        /// Bytes allowed.
        size_bytes_max: usize,
    },
    /// A control character other than a line feed or tab.
    #[error("the text holds a control character (U+{code_point:04X})")]
    Control {
        /// The offending character.
        code_point: u32,
    },
    /// More elements than the bound.
    #[error("the list has {count} elements, at most {count_max} are allowed")]
    TooMany {
        /// Elements given.
        count: usize,
        /// Elements allowed.
        count_max: usize,
    },
}

/// A non-empty UTF-8 text of at most `N` bytes without control characters but line feed and tab.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const N: usize>(String);

impl<const N: usize> Text<N> {
    /// Checks and wraps a text.
    pub fn new(text: impl Into<String>) -> Result<Self, BoundError> {
        let text = text.into();
        if text.trim().is_empty() {
            return Err(BoundError::Empty);
        }
        if text.len() > N {
            return Err(BoundError::TooLong {
                size_bytes: text.len(),
                size_bytes_max: N,
            });
        }
        let control = text
            .chars()
            .find(|c| c.is_control() && *c != '\n' && *c != '\t');
        if let Some(character) = control {
            return Err(BoundError::Control {
                code_point: u32::from(character),
            });
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<const N: usize> FromStr for Text<N> {
    type Err = BoundError;
    fn from_str(text: &str) -> Result<Self, BoundError> {
        Self::new(text)
    }
}

impl<const N: usize> Encode for Text<N> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C, const N: usize> Decode<C> for Text<N> {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Self::new(String::decode(decoder)?).map_err(|e| DecodeError::OtherString(e.to_string()))
    }
}

impl<'de, C, const N: usize> BorrowDecode<'de, C> for Text<N> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A list of at most `N` elements.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List<T, const N: usize>(Vec<T>);

impl<T, const N: usize> List<T, N> {
    /// Checks and wraps a vector.
    pub fn new(items: Vec<T>) -> Result<Self, BoundError> {
        if items.len() > N {
            return Err(BoundError::TooMany {
                count: items.len(),
                count_max: N,
            });
        }
        Ok(Self(items))
    }

    /// Adds an element, or refuses when the list is full.
    pub fn push(&mut self, item: T) -> Result<(), BoundError> {
        if self.0.len() >= N {
            return Err(BoundError::TooMany {
                count: self.0.len().saturating_add(1),
                count_max: N,
            });
        }
        self.0.push(item);
        Ok(())
    }

    /// Adds an element before the one at `place` (at the end, where there are fewer), or refuses
    /// when the list is full.
    pub fn insert(&mut self, place: usize, item: T) -> Result<(), BoundError> {
        self.push(item)?;
        if let Some(tail) = self.0.get_mut(place..) {
            tail.rotate_right(1);
        }
        Ok(())
    }

    /// The list without the elements of which `keep` does not hold.
    #[must_use]
    pub fn retaining(mut self, keep: impl FnMut(&T) -> bool) -> Self {
        self.0.retain(keep);
        self
    }

    /// The elements, to change in place; their number stays.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }

    /// The elements.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const N: usize> Deref for List<T, N> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T, const N: usize> IntoIterator for &'a List<T, N> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: fmt::Debug, const N: usize> fmt::Debug for List<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Encode + 'static, const N: usize> Encode for List<T, N> {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.encode(encoder)
    }
}

impl<C, T: Decode<C> + 'static, const N: usize> Decode<C> for List<T, N> {
    /// Reads what a vector's encoding is, but never through bincode's vector: that charges the
    /// limit with the elements' size in memory, so whether bytes are valid would depend on how the
    /// compiler lays out `T`.
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let claimed = usize::try_from(u64::decode(decoder)?).unwrap_or(usize::MAX);
        if claimed > N {
            let error = BoundError::TooMany {
                count: claimed,
                count_max: N,
            };
            return Err(DecodeError::OtherString(error.to_string()));
        }
        let mut items = Vec::new();
        for _ in 0..claimed {
            items.push(T::decode(decoder)?);
        }
        Ok(Self(items))
    }
}

impl<'de, C, T: Decode<C> + 'static, const N: usize> BorrowDecode<'de, C> for List<T, N> {
    fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        Self::decode(decoder)
    }
}

impl<T: Serialize, const N: usize> Serialize for List<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Wraps a checked text as an identifier type with parsing, printing and both encodings.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $error:ident, $says:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        #[doc = concat!("The text is not a `", stringify!($name), "`.")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("`{given}` is not valid here: {}", $says)]
        pub struct $error {
            /// What was given, cut to 80 characters.
            pub given: String,
        }

        impl $name {
            /// The identifier's text.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($error { given: text.chars().take(80).collect() })
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }

        $crate::bounded::text_codec!($name);
    };
}
pub(crate) use text_id;

/// Encodes a type as its text, in bincode and in serde, and parses it on the way in.
macro_rules! text_codec {
    ($name:ident) => {
        impl bincode::Encode for $name {
            fn encode<E: bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), bincode::error::EncodeError> {
                bincode::Encode::encode(&self.to_string(), encoder)
            }
        }

        impl<C> bincode::Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(
                decoder: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                let text = <String as bincode::Decode<C>>::decode(decoder)?;
                text.parse()
                    .map_err(|error: <Self as std::str::FromStr>::Err| {
                        bincode::error::DecodeError::OtherString(error.to_string())
                    })
            }
        }

        impl<'de, C> bincode::BorrowDecode<'de, C> for $name {
            fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
                decoder: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                <Self as bincode::Decode<C>>::decode(decoder)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_codec;
