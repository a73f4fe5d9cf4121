//! The digest of everything that happened: two runs of a seed have the same.

use std::fmt::Write as _;

/// What happened, hashed; as text too when it is wanted.
#[derive(Debug, Default)]
pub struct Transcript {
    hasher: blake3::Hasher,
    text: Option<String>,
}

impl Transcript {
    /// A transcript that keeps its text.
    pub fn readable() -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            text: Some(String::new()),
        }
    }

    /// Notes a happening with its numbers.
    pub fn note(&mut self, what: &str, numbers: &[u64]) {
        self.hasher.update(what.as_bytes());
        for number in numbers {
            self.hasher.update(&number.to_le_bytes());
        }
        if let Some(text) = &mut self.text {
            let _infallible = write!(text, "\n{what} {numbers:?}");
        }
    }

    /// Notes bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        if let Some(text) = &mut self.text {
            for byte in bytes.iter().take(6) {
                let _infallible = write!(text, "{byte:02x}");
            }
            text.push(' ');
        }
    }

    /// Notes words for a reader.
    pub fn words(&mut self, words: impl FnOnce() -> String) {
        if let Some(text) = &mut self.text {
            text.push_str("\n  ");
            text.push_str(&words());
        }
    }

    /// The digest.
    pub fn digest(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }

    /// The text, if it was kept.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}
