//! The order of texts by which Features are sorted: JavaScript's `localeCompare`, as far as ids, tags and options need it.
//!
//! Characters are compared first by what they are, over the whole text, and only then by case: lower before upper.

use std::cmp::Ordering;

/// Punctuation in its order (ICU's root collation), which stands before digits, and those before letters.
const PUNCTUATION: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/// Compares two texts.
pub(super) fn collate(one: &str, other: &str) -> Ordering {
    let primary = one.chars().map(weight).cmp(other.chars().map(weight));
    // What the table does not know stays apart by its characters.
    primary.then_with(|| one.chars().map(case).cmp(other.chars().map(case))).then_with(|| one.cmp(other))
}

/// What a character is, case aside.
fn weight(character: char) -> (usize, char) {
    let lower = character.to_lowercase().next().unwrap_or(character);
    match PUNCTUATION.chars().position(|one| one == character) {
        Some(at) => (at, ' '),
        None if lower.is_ascii_digit() => (PUNCTUATION.len(), lower),
        None => (PUNCTUATION.len() + 1, lower),
    }
}

fn case(character: char) -> bool {
    character.is_uppercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn texts_sort_as_in_javascript() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../integration/vectors/features/locale-order.json"))
                .expect("vectors");
        let ascii = vectors["ascii in the order of localeCompare (node 20, en-US)"].as_str().expect("a text");
        let mut characters: Vec<String> = ascii.chars().map(String::from).collect();
        characters.reverse();
        characters.sort_by(|one, other| collate(one, other));
        assert_eq!(characters.concat(), ascii);
        let words = vectors["words sorted"].as_array().expect("a list").iter().filter_map(Value::as_str);
        let words: Vec<&str> = words.filter(|word| word.is_ascii()).collect();
        let mut sorted = words.clone();
        sorted.reverse();
        sorted.sort_by(|one, other| collate(one, other));
        assert_eq!(sorted, words);
    }

    #[test]
    fn only_the_same_text_is_equal() {
        assert_eq!(collate("a", "a"), Ordering::Equal);
        assert_eq!(collate("é", "e\u{301}"), Ordering::Greater);
        assert_eq!(collate("a", "A"), Ordering::Less);
        assert_eq!(collate("ab", "Aa"), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn it_is_an_order(one in "\\PC{0,6}", two in "\\PC{0,6}", three in "\\PC{0,6}") {
            prop_assert_eq!(collate(&one, &two), collate(&two, &one).reverse());
            if collate(&one, &two).is_le() && collate(&two, &three).is_le() {
                prop_assert!(collate(&one, &three).is_le());
            }
        }
    }
}
