//! The two languages that people are told things in.

use std::fmt;

/// A language.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Chinese,
    /// English
    #[default]
    English,
}

impl Language {
    /// One of two texts.
    pub fn say<'w>(self, chinese: &'w str, english: &'w str) -> &'w str {
        match self {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

/// A half sentence in both languages, as rules put them into their refusals. Made by `phrase!`, which
/// takes both, so that none is without its Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase(Words);

/// English, then Chinese. Small, since every refusal may hold one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Words {
    Fixed(&'static (&'static str, &'static str)),
    Formatted(Box<(String, String)>),
}

impl Phrase {
    pub(crate) const fn fixed(words: &'static (&'static str, &'static str)) -> Self {
        Self(Words::Fixed(words))
    }

    pub(crate) fn formatted(english: String, chinese: String) -> Self {
        Self(Words::Formatted(Box::new((english, chinese))))
    }

    /// Its words in a language.
    pub fn told(&self, language: Language) -> &str {
        let (english, chinese): (&str, &str) = match &self.0 {
            Words::Fixed((english, chinese)) => (english, chinese),
            Words::Formatted(words) => (&words.0, &words.1),
        };
        match language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.told(Language::English))
    }
}

/// A [`Phrase`]: `phrase!("English", "中文")`, or `phrase!(format "{a}", "{a}")` with what differs.
macro_rules! phrase {
    (format $english:literal, $chinese:literal $(, $hole:expr)* $(,)?) => {
        $crate::language::Phrase::formatted(
            format!($english $(, $hole)*),
            format!($chinese $(, $hole)*),
        )
    };
    ($english:literal, $chinese:literal $(,)?) => {
        $crate::language::Phrase::fixed(&($english, $chinese))
    };
}
pub(crate) use phrase;
