//! Clones of a later commit, for files that are elsewhere already.

use super::*;

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.display().to_string()).collect()
}

/// Returns every file that is left in a clone, but what git keeps of commits.
fn left(checkout: &Checkout) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![checkout.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(checkout.path()).expect("inside").display().to_string();
            if path.is_dir() && name != ".git/objects" && name != ".git/refs" {
                folders.push(path);
            } else {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn what_has_changed_is_left_with_what_git_knows_of_the_commits() {
    let place = Place::new();
    place.repository("app");
    for name in ["same", "changed", "gone", "folder/gone", "folder/same"] {
        place.write(&format!("app/{name}"), "one");
    }
    let before = place.commit("app");
    place.write("app/changed", "two");
    place.write("app/new/file", "two");
    place.git("app", &["rm", "-q", "gone", "folder/gone"]);
    let after = place.commit("app");
    let mut checkout = place.committed("app").await;
    let Standing::Before(commits) = checkout.standing(&before).await else { panic!("an ancestor") };
    assert_eq!(commits.len(), 1);
    assert_eq!(checkout.standing(&after).await, Standing::Before(Vec::new()));
    let advance = checkout.reduce(&before).await.expect("reduced");
    assert_eq!(names(&advance.removed), ["folder/gone", "gone"]);
    assert_eq!(names(&advance.changed), ["changed", "new/file"]);
    let expected = [".git/HEAD", ".git/index", ".git/objects", ".git/packed-refs", ".git/refs", "changed", "new/file"];
    let left = left(&checkout);
    assert!(left.iter().all(|name| expected.contains(&name.as_str())), "{left:?}");
    assert!(["changed", "new/file", ".git/HEAD", ".git/objects"].iter().all(|name| left.iter().any(|one| one == name)));
}

#[tokio::test]
async fn of_the_same_commit_nothing_is_left() {
    let place = Place::new();
    place.repository("app");
    place.write("app/file", "one");
    let commit = place.commit("app");
    let mut checkout = place.committed("app").await;
    assert_eq!(checkout.reduce(&commit).await.expect("reduced"), Advance::default());
    assert_eq!(left(&checkout), Vec::<String>::new());
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_unknown_and_another_branchs_is_beside() {
    let place = Place::new();
    place.repository("app");
    place.write("app/file", "one");
    place.commit("app");
    place.git("app", &["checkout", "-q", "-b", "other"]);
    place.write("app/file", "two");
    let other = place.commit("app");
    place.git("app", &["checkout", "-q", "-"]);
    let checkout = place.committed("app").await;
    assert_eq!(checkout.standing(&other).await, Standing::Beside);
    for commit in ["00".repeat(20).as_str(), "", "HEAD", "--help", "main"] {
        assert_eq!(checkout.standing(commit).await, Standing::Unknown, "{commit}");
    }
}
