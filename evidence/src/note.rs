//! Signed notes, as transparency logs sign their checkpoints and witnesses cosign them.
//!
//! Sources: C2SP signed-note, tlog-checkpoint, tlog-cosignature (<https://c2sp.org>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dirchain_ledger::crypto::{PublicKey, SecretKey, Signature};
use dirchain_ledger::hash::Hash;
use dirchain_ledger::ids::ChainId;
use sha2::{Digest as _, Sha256};

use crate::limits;

/// What a key signs: notes as they are, or checkpoints with the time they were seen.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519 over the note's text.
    Note,
    /// Ed25519 over a time and the note's text: cosignature/v1.
    Cosignature,
}

impl KeyKind {
    fn byte(self) -> u8 {
        match self {
            KeyKind::Note => 1,
            KeyKind::Cosignature => 4,
        }
    }
}

/// Why a note, a checkpoint or a key does not parse, or a signature does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text is no signed note.
    #[error("this is no signed note: {0}")]
    Malformed(&'static str),
    /// The text is no checkpoint.
    #[error("this is no checkpoint of a transparency log: {0}")]
    NoCheckpoint(&'static str),
    /// The text is no verifier key.
    #[error("a verifier key is NAME+ID+KEY as `dirchain witness key` prints it")]
    BadKey,
    /// No signature of the key is there, or it is wrong.
    #[error("{0} has not signed this checkpoint")]
    NotSigned(String),
    /// A name with a space, a plus or nothing.
    #[error("`{0}` cannot be a key's name: it has no space and no plus, and is not empty")]
    BadName(String),
}

/// A public key with its name, as `NAME+ID+KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// The name that stands on signature lines.
    pub name: String,
    /// What it signs.
    pub kind: KeyKind,
    /// The key.
    pub key: PublicKey,
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}

impl VerifierKey {
    /// A key under a name.
    ///
    /// # Errors
    ///
    /// [`NoteError::BadName`].
    pub fn new(name: &str, kind: KeyKind, key: PublicKey) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::BadName(name.to_owned()));
        }
        let name = name.to_owned();
        Ok(Self { name, kind, key })
    }

    /// The first four bytes of SHA-256 over name, line feed, kind and key.
    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', self.kind.byte()])
            .chain_update(self.key.0)
            .finalize();
        let mut id = [0; 4];
        for (to, from) in id.iter_mut().zip(digest) {
            *to = from;
        }
        id
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = [&[self.kind.byte()][..], &self.key.0].concat();
        let id = hex::encode(self.id());
        write!(f, "{}+{id}+{}", self.name, STANDARD.encode(bytes))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::BadKey);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::BadKey)?;
        let (kind, key) = bytes.split_first().ok_or(NoteError::BadKey)?;
        let kind = match kind {
            1 => KeyKind::Note,
            4 => KeyKind::Cosignature,
            _ => return Err(NoteError::BadKey),
        };
        let key = PublicKey(key.try_into().map_err(|_| NoteError::BadKey)?);
        let parsed = Self::new(name, kind, key)?;
        if hex::encode(parsed.id()) != id {
            return Err(NoteError::BadKey);
        }
        Ok(parsed)
    }
}

/// The end of a log: its name, how many leaves it has, and the root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The log's name.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Hash,
}

impl LogHead {
    /// The name of a chain's header log: every node of the chain serves the same one.
    pub fn origin_of(chain: &ChainId) -> String {
        format!("dirchain/{chain}")
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root.0);
        format!("{}\n{}\n{root}\n", self.origin, self.size)
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let mut line = |what| lines.next().ok_or(NoteError::NoCheckpoint(what));
        let origin = line("it has no origin")?.to_owned();
        let size = line("it has no size")?;
        let number: u64 = size
            .parse()
            .map_err(|_| NoteError::NoCheckpoint("its size is no number"))?;
        if number.to_string() != size || origin.is_empty() {
            return Err(NoteError::NoCheckpoint("its size or origin is malformed"));
        }
        let root = STANDARD.decode(line("it has no root")?);
        let root = root.ok().and_then(|root| root.try_into().ok());
        Ok(Self {
            origin,
            size: number,
            root: Hash(root.ok_or(NoteError::NoCheckpoint("its root is malformed"))?),
        })
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    id: [u8; 4],
    rest: Vec<u8>,
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    lines: Vec<Line>,
    /// What is signed.
    pub head: LogHead,
}

/// The bytes that a witness signs: when it saw the checkpoint, and the checkpoint.
fn cosigned_bytes(time_s: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time_s}\n{text}").into_bytes()
}

impl SignedNote {
    /// A checkpoint without signatures.
    pub fn of(head: LogHead) -> Self {
        Self {
            text: head.text(),
            lines: Vec::new(),
            head,
        }
    }

    /// Reads a note whose text is a checkpoint. No signature is verified by that.
    ///
    /// # Errors
    ///
    /// [`NoteError`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > limits::NOTE_BYTES_MAX {
            return Err(NoteError::Malformed("it is too long"));
        }
        let end = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("no empty line"))?;
        let (text, signatures) = note.split_at(end.saturating_add(1));
        let signatures = signatures.strip_prefix('\n');
        let signatures = signatures.filter(|lines| lines.ends_with('\n'));
        let signatures = signatures.ok_or(NoteError::Malformed("no signature"))?;
        let mut lines = Vec::new();
        for line in signatures.lines() {
            lines.push(signature_line(line).ok_or(NoteError::Malformed("a signature line"))?);
        }
        if lines.len() > limits::NOTE_SIGNATURES_MAX {
            return Err(NoteError::Malformed("too many signatures"));
        }
        Ok(Self {
            head: LogHead::parse(text)?,
            text: text.to_owned(),
            lines,
        })
    }

    /// Signs as a log does.
    pub fn sign(&mut self, name: &VerifierKey, secret: &SecretKey) {
        let signature = secret.sign(self.text.as_bytes());
        self.push(name, signature.0.to_vec());
    }

    /// Signs as a witness does, at `time_s` seconds since 1970.
    pub fn cosign(&mut self, name: &VerifierKey, secret: &SecretKey, time_s: u64) {
        let signature = secret.sign(&cosigned_bytes(time_s, &self.text));
        self.push(name, [&time_s.to_be_bytes()[..], &signature.0].concat());
    }

    fn push(&mut self, key: &VerifierKey, rest: Vec<u8>) {
        let (name, id) = (key.name.clone(), key.id());
        self.lines.retain(|line| line.name != name || line.id != id);
        self.lines.push(Line { name, id, rest });
    }

    /// Takes over the signatures of another note over the same text.
    pub fn absorb(&mut self, other: &SignedNote) {
        if other.text == self.text {
            for line in &other.lines {
                self.lines
                    .retain(|own| own.name != line.name || own.id != line.id);
                self.lines.push(line.clone());
            }
        }
    }

    /// Checks that a key signed; for a witness gives when it did, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`NoteError::NotSigned`].
    pub fn verify(&self, key: &VerifierKey) -> Result<Option<u64>, NoteError> {
        let id = key.id();
        let mut own = self
            .lines
            .iter()
            .filter(|line| line.name == key.name && line.id == id);
        let found = own.find_map(|line| self.verify_line(key, line));
        found.ok_or_else(|| NoteError::NotSigned(key.name.clone()))
    }

    fn verify_line(&self, key: &VerifierKey, line: &Line) -> Option<Option<u64>> {
        let (time_s, message, signature) = match key.kind {
            KeyKind::Note => (None, self.text.clone().into_bytes(), &line.rest[..]),
            KeyKind::Cosignature => {
                let (time, signature) = line.rest.split_first_chunk::<8>()?;
                let time_s = u64::from_be_bytes(*time);
                (Some(time_s), cosigned_bytes(time_s, &self.text), signature)
            }
        };
        let signature = Signature(signature.try_into().ok()?);
        key.key.verify(&message, &signature).ok()?;
        Some(time_s)
    }
}

fn signature_line(line: &str) -> Option<Line> {
    let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    is_name(name).then(|| Line {
        name: name.to_owned(),
        id: *id,
        rest: rest.to_vec(),
    })
}

impl std::fmt::Display for SignedNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.lines {
            let bytes = STANDARD.encode([&line.id[..], &line.rest].concat());
            writeln!(f, "\u{2014} {} {bytes}", line.name)?;
        }
        Ok(())
    }
}
