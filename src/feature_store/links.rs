//! Links inside a Feature: they may lead anywhere in it, and not out.

use std::path::{Component, Path};

/// Tells whether a link stays inside the tree that it is in. `depth` is how many folders of the tree are around it, none of which is a link.
///
/// `..` is taken at the beginning alone: behind a name it would lead out of whatever that name's own link leads to.
pub(super) fn stays(depth: usize, target: &Path) -> bool {
    let mut up = 0;
    let mut is_down = false;
    for part in target.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(_) => is_down = true,
            Component::ParentDir if !is_down && up < depth => up += 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    is_down || up > 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_link_leads_anywhere_inside_and_not_out() {
        for (depth, target, expected) in [
            (0, "x", true),
            (0, "./x/y", true),
            (0, "../x", false),
            (1, "../x", true),
            (1, "../../x", false),
            (2, "../..", true),
            (1, "a/../x", false),
            (0, "/etc/passwd", false),
            (3, "/", false),
            (0, "", false),
            (0, ".", false),
        ] {
            assert_eq!(stays(depth, Path::new(target)), expected, "{target} in {depth}");
        }
    }

    proptest! {
        #[test]
        fn what_stays_is_inside_by_its_words(depth in 0_usize..3, target in "(\\.\\./|\\./|a/|/){0,6}") {
            if stays(depth, Path::new(&target)) {
                let mut at = i64::try_from(depth).expect("small");
                for part in Path::new(&target).components() {
                    at += match part {
                        Component::ParentDir => -1,
                        Component::Normal(_) => 1,
                        Component::CurDir | Component::RootDir | Component::Prefix(_) => 0,
                    };
                    prop_assert!(at >= 0);
                }
            }
        }
    }
}
