//! Reading the ledger's values from arguments.

use std::str::FromStr;

use dirchain_explorer::api::Time;
use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::LegalBasis;
use serde::de::DeserializeOwned;

use crate::client::parse_time;

/// A word of a serde enum: `administrator`, `city`, `exchange`. Its error lists the words there are.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|error| error.to_string())
}

/// A time, or a date.
pub(crate) fn time(text: &str) -> Result<Time, String> {
    parse_time(text).map_err(|error| error.to_string())
}

/// `DOCUMENT`, or `DOCUMENT|ARTICLE`.
pub(crate) fn legal_basis(text: &str) -> Result<LegalBasis, String> {
    let (document, article) = match text.split_once('|') {
        Some((document, article)) => (document, Some(article)),
        None => (text, None),
    };
    let named = |text: &str| text.trim().parse().map_err(|e| format!("{e}"));
    Ok(LegalBasis {
        document: named(document)?,
        article: article.map(named).transpose()?,
    })
}

/// Field numbers: `1,2,5-7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldList(pub(crate) Vec<FieldNumber>);

impl FromStr for FieldList {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |part: &str| format!("`{part}` is no field number or range; write 1,2,5-7");
        let mut numbers = std::collections::BTreeSet::new();
        for part in text.split(',').map(str::trim) {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let from: u16 = from.trim().parse().map_err(|_| bad(part))?;
            let to: u16 = to.trim().parse().map_err(|_| bad(part))?;
            if from == 0 || from > to {
                return Err(bad(part));
            }
            numbers.extend((from..=to).map(FieldNumber));
        }
        Ok(Self(numbers.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use dirchain_ledger::records::Role;

    use super::*;

    #[test]
    fn a_wrong_word_lists_the_right_ones() {
        assert_eq!(word::<Role>("head"), Ok(Role::Head));
        let error = word::<Role>("boss").unwrap_err();
        assert!(error.contains("`administrator`"), "{error}");
    }

    #[test]
    fn field_lists_are_sorted_and_single() {
        let list: FieldList = "5-7, 1,6".parse().unwrap();
        let numbers: Vec<u16> = list.0.iter().map(|number| number.0).collect();
        assert_eq!(numbers, [1, 5, 6, 7]);
        for bad in ["", "0", "3-1", "a", "1,,2"] {
            assert!(bad.parse::<FieldList>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_legal_basis_has_a_document_and_maybe_an_article() {
        let basis = legal_basis("不动产登记暂行条例 | 第二十四条").unwrap();
        assert_eq!(basis.document.as_str(), "不动产登记暂行条例");
        assert_eq!(basis.article.unwrap().as_str(), "第二十四条");
        assert!(legal_basis("x|").is_err());
    }
}
