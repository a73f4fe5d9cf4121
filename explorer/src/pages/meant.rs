//! What somebody means who writes a name where a code belongs: the one that is called so, or else the only
//! one that the words fit.

use dirchain_ledger::ids::{DepartmentId, FieldNumber, ResourceCode};

use crate::api::Problem;
use crate::at::At;
use crate::http::text_filter;
use crate::limits;
use crate::problem::ProblemKind;
use crate::reading::{DepartmentFilter, Reading, ResourceFilter, Slice, Wanted};
use crate::search::Search;

/// How many are named when words fit several.
const NAMED_MAX: usize = 8;

/// Something that words fit: what it is, and what it is called.
type Fit<T> = (T, String);

/// The only one that is called so; where none is, the only one that the words fit. What is called so wins
/// wherever it stands among the others, and two that are called alike are both meant.
fn the_one<T: Clone>(fit: &[Fit<T>], text: &str) -> Option<T> {
    let text = text.trim().to_lowercase();
    let mut called = fit.iter().filter(|(_, name)| name.to_lowercase() == text);
    match (called.next(), called.next(), fit) {
        (Some((one, _)), None, _) | (None, None, [(one, _)]) => Some(one.clone()),
        _ => None,
    }
}

/// The department that somebody means: by its id, by its name, or by words that only its name holds.
pub(super) fn department(reading: &Reading<'_>, text: &str) -> Result<DepartmentId, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let filter = DepartmentFilter {
        text: text_filter(Some(text))?,
    };
    let slice = Slice::first(limits::LIMIT_MAX);
    let found = reading.departments(&filter, &slice)?.items.into_iter();
    let fit: Vec<Fit<DepartmentId>> = found.map(|item| (item.id, item.name)).collect();
    if let Some(one) = the_one(&fit, text) {
        return Ok(one);
    }
    Err(match listed(&fit, NAMED_MAX) {
        None => ProblemKind::BadParameter.with_both(
            format!(
                "No department is called `{text}`. Write a part of its name, or its id such as D012"
            ),
            format!("没有名称含“{text}”的部门。请写名称的一部分,或标识,如 D012"),
        ),
        Some(several) => ProblemKind::BadParameter.with_both(
            format!("Several departments are called `{text}`: {several}. Write one's id"),
            format!("名称含“{text}”的部门不止一个:{several}。请写其标识"),
        ),
    })
}

/// The entry that somebody means: by its code, by its name, or by words that only it holds. The index finds
/// what is called so among all entries; without it, as many are looked at as a list may.
pub(super) fn entry(
    reading: &Reading<'_>,
    index: &Search,
    at: Option<At>,
    text: &str,
) -> Result<ResourceCode, Problem> {
    if let Ok(code) = text.parse() {
        return Ok(code);
    }
    let wanted = Wanted {
        text: text.to_owned(),
        filter: ResourceFilter {
            text: text_filter(Some(text))?,
            ..ResourceFilter::default()
        },
    };
    let slice = Slice::first(limits::SEARCH_LIMIT_MAX);
    let searched = Reading::of_search(reading.directory(), at, &slice, index)?;
    let found = searched.search(index, &wanted, &slice)?;
    let near = found.counted.as_ref().is_some_and(|counted| counted.near);
    let items = found.items.into_iter().filter(|_| !near);
    let fit: Vec<Fit<ResourceCode>> = items.map(|item| (item.code, item.name)).collect();
    let is_all = found.next_cursor.is_none();
    // The only one of those looked at need not be the only one.
    let called = |name: &str| name.to_lowercase() == text.to_lowercase();
    if let Some(one) = the_one(&fit, text)
        && (is_all || fit.iter().any(|(_, name)| called(name)))
    {
        return Ok(one);
    }
    Err(match listed(&fit, NAMED_MAX) {
        None if !is_all => ProblemKind::BadParameter.with_both(
            format!("None of the entries that were looked at is called `{text}`, and not all were. Write its code"),
            format!("已查看的目录条目中没有名称含“{text}”的,且未查看全部。请写其代码"),
        ),
        None => ProblemKind::BadParameter.with_both(
            format!("No entry is called `{text}`. Write a part of its name, or its code such as 307001024/000900"),
            format!("没有名称含“{text}”的目录条目。请写名称的一部分,或代码,如 307001024/000900"),
        ),
        Some(several) => ProblemKind::BadParameter.with_both(
            format!("Several entries are called `{text}`: {several}. Write one's code"),
            format!("名称含“{text}”的目录条目不止一个:{several}。请写其代码"),
        ),
    })
}

/// The field that somebody means: by its number, by its name, or by words that only its name holds.
pub(super) fn field(
    reading: &Reading<'_>,
    resource: &ResourceCode,
    text: &str,
) -> Result<FieldNumber, Problem> {
    let names = reading.field_names(resource)?;
    if let Ok(number) = text.parse() {
        return Ok(FieldNumber(number));
    }
    let lower = text.to_lowercase();
    let fit = names.into_iter();
    let fit: Vec<Fit<FieldNumber>> = fit
        .filter(|(_, name)| name.to_lowercase().contains(&lower))
        .collect();
    if let Some(one) = the_one(&fit, text) {
        return Ok(one);
    }
    Err(match listed(&fit, NAMED_MAX) {
        None => ProblemKind::BadParameter.with_both(
            format!("No field of {resource} is called `{text}`. Write its number"),
            format!("{resource} 没有名称含“{text}”的信息项。请写其序号"),
        ),
        Some(several) => ProblemKind::BadParameter.with_both(
            format!(
                "Several fields of {resource} are called `{text}`: {several}. Write one's number"
            ),
            format!("{resource} 名称含“{text}”的信息项不止一个:{several}。请写其序号"),
        ),
    })
}

/// What words fit, by code and name, the first so many; none where they fit nothing.
fn listed<T: ToString>(fit: &[Fit<T>], most: usize) -> Option<String> {
    let named = fit.iter().take(most);
    let named = named.map(|(id, name)| format!("{} {name}", id.to_string()));
    let named = named.collect::<Vec<_>>().join(", ");
    match fit.len() {
        0 => None,
        count if count > most => Some(format!("{named} …")),
        _ => Some(named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(names: &[&str]) -> Vec<Fit<usize>> {
        let names = names.iter().map(|name| (*name).to_owned());
        names.enumerate().collect()
    }

    #[test]
    fn what_is_called_so_wins_wherever_it_stands() {
        let mut names = vec!["财政局会计处"; 20];
        assert_eq!(the_one(&fits(&names), "财政局"), None);
        names.push("财政局");
        assert_eq!(the_one(&fits(&names), "财政局"), Some(20));
        assert_eq!(the_one(&fits(&names), " 财政局 "), Some(20));
        names.push("财政局");
        assert_eq!(the_one(&fits(&names), "财政局"), None);
        assert_eq!(the_one(&fits(&["Tax Office", "Tax"]), "tax"), Some(1));
        assert_eq!(the_one(&fits(&["Tax Office"]), "tax"), Some(0));
        assert_eq!(the_one(&fits(&[]), "tax"), None);
    }

    #[test]
    fn several_are_named_up_to_a_bound() {
        assert_eq!(listed(&fits(&[]), 2), None);
        assert_eq!(listed(&fits(&["a", "b"]), 2).as_deref(), Some("0 a, 1 b"));
        assert_eq!(
            listed(&fits(&["a", "b", "c"]), 2).as_deref(),
            Some("0 a, 1 b …")
        );
    }
}
