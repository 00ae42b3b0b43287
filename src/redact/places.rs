//! In how many places each secret is, of which few are named.

use std::collections::BTreeMap;

/// How many places of one secret are named.
const FEW: u64 = 100;

/// In how many places each secret is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Places(BTreeMap<String, u64>);

impl Places {
    /// Counts a place of a secret; tells whether it is one that is named.
    pub fn is_one_of_few(&mut self, secret: &str) -> bool {
        if let Some(count) = self.0.get_mut(secret) {
            *count += 1;
            return *count <= FEW;
        }
        self.0.insert(secret.to_owned(), 1);
        true
    }

    /// Returns of which secrets there are places that are not named, and how many.
    pub fn more(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0
            .iter()
            .map(move |(secret, count)| (secret.as_str(), count.saturating_sub(FEW)))
            .filter(|(_, more)| *more > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_everywhere_hides_no_other_one() {
        let mut places = Places::default();
        let named = (0..250).filter(|_| places.is_one_of_few("A")).count();
        assert_eq!(named, 100);
        assert!(places.is_one_of_few("B"));
        assert_eq!(places.more().collect::<Vec<_>>(), [("A", 150)]);
    }
}
