//! Fields (信息项) as the sample writes them: `注册资本/Y18,2(万元)`.

use dirchain_ledger::ids::FieldNumber;
use dirchain_ledger::records::{Field, FieldType};

use super::error::{SampleError, id, text};

/// Parses `name/type`, with a length, digits after the point and a unit where there are any.
pub(super) fn parse(number: FieldNumber, item: &str) -> Result<Field, SampleError> {
    let bad = |reason: &str| SampleError::value(item, reason);
    let (name, kind) = item
        .rsplit_once('/')
        .ok_or_else(|| bad("a field is a name, a slash and a type"))?;
    let (kind, unit) = match kind.split_once('(') {
        Some((kind, unit)) => {
            let unit = unit
                .strip_suffix(')')
                .ok_or_else(|| bad("the unit is not closed"))?;
            (kind, Some(text(unit)?))
        }
        None => (kind, None),
    };
    let mut letters = kind.chars();
    let field_type = letters
        .next()
        .and_then(field_type)
        .ok_or_else(|| bad("the type is C, N, Y, D, T, L, I or F"))?;
    let (length, precision) = match letters.as_str().split_once(',') {
        Some((length, precision)) => (Some(id(length)?), Some(id(precision)?)),
        None if letters.as_str().is_empty() => (None, None),
        None => (Some(id(letters.as_str())?), None),
    };
    Ok(Field {
        number,
        name: text(name)?,
        data_element: None,
        field_type,
        length,
        precision,
        unit,
        sharing: None,
        level: None,
    })
}

fn field_type(letter: char) -> Option<FieldType> {
    Some(match letter {
        'C' => FieldType::C,
        'N' => FieldType::N,
        'Y' => FieldType::Y,
        'D' => FieldType::D,
        'T' => FieldType::T,
        'L' => FieldType::L,
        'I' => FieldType::I,
        'F' => FieldType::F,
        _ => return None,
    })
}
