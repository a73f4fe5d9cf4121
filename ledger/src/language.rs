//! The two languages that people are told things in.

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
