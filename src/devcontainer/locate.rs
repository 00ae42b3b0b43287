//! Where a repository's configuration is (codespaces-facts.md section 1.9).

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// One, at this path in the repository.
    One(String),
    /// Several, none of them the default one.
    Several(Vec<String>),
    /// None.
    None,
}

/// Looks at the three places in their order. `folders` are the names of the folders in `.devcontainer`.
pub fn locate(exists: impl Fn(&str) -> bool, folders: &[String]) -> Located {
    for path in [".devcontainer/devcontainer.json", ".devcontainer.json"] {
        if exists(path) {
            return Located::One(path.to_owned());
        }
    }
    let nested = folders.iter().map(|folder| format!(".devcontainer/{folder}/devcontainer.json"));
    let mut found: Vec<String> = nested.filter(|path| exists(path)).collect();
    found.sort();
    match (found.pop(), found.is_empty()) {
        (None, _) => Located::None,
        (Some(only), true) => Located::One(only),
        (Some(last), false) => {
            found.push(last);
            Located::Several(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_places_in_their_order() {
        let check = |files: &[&str], expected: Located| {
            let folders = ["a".to_owned(), "b".to_owned()];
            assert_eq!(locate(|path| files.contains(&path), &folders), expected, "{files:?}");
        };
        check(&[], Located::None);
        check(
            &[".devcontainer.json", ".devcontainer/devcontainer.json"],
            Located::One(".devcontainer/devcontainer.json".into()),
        );
        check(&[".devcontainer.json", ".devcontainer/a/devcontainer.json"], Located::One(".devcontainer.json".into()));
        check(&[".devcontainer/b/devcontainer.json"], Located::One(".devcontainer/b/devcontainer.json".into()));
        let both = [".devcontainer/a/devcontainer.json", ".devcontainer/b/devcontainer.json"];
        check(&both, Located::Several(both.map(str::to_owned).to_vec()));
    }
}
