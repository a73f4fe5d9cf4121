//! Characters in data that nobody sees and that change how what stands around them is read. Pages show
//! each by its number: a name cannot turn its neighbours around, or pass for another name.

use std::borrow::Cow;

/// Whether a character steers how text runs, joins or breaks without a mark of its own: controls,
/// directions (Unicode's UAX #9), characters without width, tags.
fn is_invisible(character: char) -> bool {
    match character {
        '\n' | '\r' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

/// Whether a byte of UTF-8 can begin such a character: pages are looked through byte by byte, and of
/// these there are few. Of those that begin a longer one, each stands before the characters named.
fn may_begin_one(byte: u8) -> bool {
    match byte {
        b'\n' | b'\r' | b'\t' => false,
        0..=0x1f | 0x7f => true,
        // U+0080 to U+00BF, U+0600 to U+063F, U+1000 to U+1FFF, U+2000 to U+2FFF, U+F000 to U+FFFF,
        // U+C0000 to U+FFFFF.
        0xc2 | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3 => true,
        _ => false,
    }
}

/// Whether a text holds such a character.
fn holds_one(text: &str) -> bool {
    let begins = text.bytes().enumerate();
    let mut begins = begins.filter(|(_, byte)| may_begin_one(*byte));
    begins.any(|(place, _)| {
        let character = text.get(place..).and_then(|rest| rest.chars().next());
        character.is_some_and(is_invisible)
    })
}

/// A page's text in which such characters stand as `[U+202E]`. None of our own words holds one, and
/// none means anything to HTML, so that each is somebody's data.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if !holds_one(text) {
        return Cow::Borrowed(text);
    }
    let mut told = String::with_capacity(text.len());
    for character in text.chars() {
        match is_invisible(character) {
            true => told.push_str(&format!("[U+{:04X}]", u32::from(character))),
            false => told.push(character),
        }
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invisible_character_is_found_by_its_first_byte() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            assert_eq!(holds_one(&text), is_invisible(character), "{character:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_shown_and_the_rest_stays() {
        for (text, told) in [
            ("户籍\u{202e}gpj.exe", "户籍[U+202E]gpj.exe"),
            ("a\u{200b}b\u{feff}", "a[U+200B]b[U+FEFF]"),
            (
                "\u{2066}x\u{2069}\u{e0041}\u{7}",
                "[U+2066]x[U+2069][U+E0041][U+0007]",
            ),
            ("两行\n\t… → 𠮷 ﷺ é", "两行\n\t… → 𠮷 ﷺ é"),
        ] {
            assert_eq!(shown(text), told);
        }
    }
}
