//! A folder inside a repository, rehearsed as a repository of its own.

use super::*;

#[tokio::test]
async fn a_folder_is_taken_as_it_is_committed_whatever_attributes_say() {
    let place = Place::new();
    place.repository("app");
    place.write("app/sub/.gitattributes", ".devcontainer export-ignore\nversion export-subst\n*.bat eol=crlf\n");
    place.write("app/sub/.devcontainer/devcontainer.json", "{}");
    place.write("app/sub/version", "$Format:%H$\n");
    place.write("app/sub/deep/run", "x");
    std::os::unix::fs::symlink("deep/run", place.path("app/sub/link")).expect("linked");
    std::fs::set_permissions(place.path("app/sub/deep/run"), PermissionsExt::from_mode(0o755)).expect("set");
    let before = place.commit("app");
    place.write("app/sub/deep/run", "changed");
    let tree = place.git("app", &["rev-parse", "HEAD:sub"]);
    let checkout = place.committed("app/sub").await;
    assert_eq!(read(&checkout, ".devcontainer/devcontainer.json"), "{}");
    assert_eq!((read(&checkout, "version").as_str(), read(&checkout, "deep/run").as_str()), ("$Format:%H$\n", "x"));
    assert_eq!(mode(&checkout.path().join("deep/run")), 0o755);
    assert_eq!(checkout.path().join("link").read_link().expect("a link"), Path::new("deep/run"));
    assert_eq!(git_in(checkout.path(), &["rev-parse", "HEAD^{tree}"]), tree);
    assert_eq!((status(&checkout).as_str(), git_in(checkout.path(), &["fsck"]).as_str()), ("", ""));
    assert_eq!((checkout.name.to_string().as_str(), checkout.reference.as_deref()), ("mona/sub", Some("main")));
    assert!(checkout.notes[0].contains("rehearsed as a repository of its own"), "{:?}", checkout.notes);
    place.commit("app");
    let source = place.path("app/sub").display().to_string();
    for asked in [before.as_str(), "HEAD~1"] {
        let older = place.clone(&source, wanted(Some(asked))).await.expect("cloned");
        assert_eq!(read(&older, "deep/run"), "x", "{asked}");
    }
    assert_eq!(read(&place.committed("app/sub").await, "deep/run"), "changed");
    // The same folder is the same commit, whenever it is taken.
    let again = place.clone(&source, wanted(Some(&before))).await.expect("cloned");
    assert_eq!(again.commit, checkout.commit);
}

#[tokio::test]
async fn a_folder_that_is_not_committed_says_so_and_can_be_taken_as_it_lies() {
    let place = Place::new();
    place.repository("app");
    place.write("app/new\nline/sub/f", "new");
    let source = place.path("app/new\nline/sub").display().to_string();
    let (message, hint) = refused(place.clone(&source, wanted(None)).await);
    assert!(message.contains("is not in the commit HEAD of "), "{message}");
    assert!(hint.contains("--working-tree"), "{hint}");
    let (message, hint) = refused(place.clone(&source, wanted(Some("mian"))).await);
    assert!(message.contains("has no branch, tag or commit `mian`") && hint.contains("main"), "{message} {hint}");
    let checkout = place.as_it_lies("app/new\nline/sub").await;
    assert_eq!((read(&checkout, "f").as_str(), status(&checkout).as_str()), ("new", ""));
    assert!(checkout.commit.is_some());
    place.commit("app");
    assert_eq!(read(&place.committed("app/new\nline/sub").await, "f"), "new");
}

#[tokio::test]
async fn a_folder_that_git_ignores_is_taken_whole_as_it_lies() {
    let place = Place::new();
    place.repository("app");
    place.write("app/.gitignore", "*\n");
    place.write("app/project/f", "mine");
    assert_eq!(read(&place.as_it_lies("app/project").await, "f"), "mine");
}

#[tokio::test]
async fn a_folder_of_a_repository_without_a_commit_can_be_taken_as_it_lies() {
    let place = Place::new();
    place.write("app/sub/f", "new");
    place.git("app", &["init", "-q", "--object-format=sha256"]);
    let source = place.path("app/sub").display().to_string();
    assert!(refused(place.clone(&source, wanted(None)).await).0.contains("has no commit yet"));
    assert_eq!(read(&place.as_it_lies("app/sub").await, "f"), "new");
    place.commit("app");
    assert_eq!(place.committed("app/sub").await.commit.map_or(0, |commit| commit.len()), 64);
    assert_eq!(place.committed("app").await.commit.map_or(0, |commit| commit.len()), 64);
}
