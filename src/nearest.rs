//! What somebody meant who misspelt a word.

/// The most letters that may be wrong.
const EDITS: usize = 3;

/// Returns the known word that `word` is most likely meant to be, case aside; nothing where none is close.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (edits, nearest) = known.map(|known| (distance(word, known), known)).min()?;
    (edits <= EDITS.min(word.chars().count() / 2)).then_some(nearest)
}

/// Returns how many letters have to change to make one word of the other (Levenshtein), case aside.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (column, expected) in other.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(usize::MAX - 1);
            left = (diagonal + usize::from(letter != *expected)).min(left + 1).min(above + 1);
            diagonal = above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_has_a_nearest_one_and_another_word_has_none() {
        let known = ["onCreateCommand", "image", "init", "--network", "--tmpfs"];
        for (word, expected) in [
            ("onCreateComand", Some("onCreateCommand")),
            ("ONCREATECOMMAND", Some("onCreateCommand")),
            ("imgae", Some("image")),
            ("--netwrok", Some("--network")),
            ("--frobnicate", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        }
    }
}
