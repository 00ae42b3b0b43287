//! Every kind of repository that a folder or a URL can be.

use super::*;

fn note(checkout: &Checkout, text: &str) -> bool {
    checkout.notes.iter().any(|note| note.contains(text))
}

/// Gives a folder to a user who is not the one of the tests; false where the tests may not.
fn give_away(path: &Path) -> bool {
    Command::new("chown").args(["-R", "4711"]).arg(path).output().is_ok_and(|output| output.status.success())
}

#[tokio::test]
async fn a_repository_that_belongs_to_another_user_is_cloned_and_runs_nothing() {
    let place = Place::new();
    place.repository("app");
    place.git("app", &["worktree", "add", "-q", "-b", "tree", "../tree"]);
    place.git("", &["clone", "-q", "--bare", "app", "app.git"]);
    place.write("app/sub/f", "sub");
    place.commit("app");
    let trap = place.trap("home/trap");
    place.git("app", &["config", "core.fsmonitor", &trap]);
    place.git("app", &["config", "uploadpack.packObjectsHook", &trap]);
    place.git("app", &["config", "filter.x.smudge", &trap]);
    place.git("app", &["config", "filter.x.clean", &trap]);
    place.write("app/.git/info/attributes", "* filter=x\n");
    place.write("app/uncommitted", "");
    if !["app", "tree", "app.git"].iter().all(|name| give_away(&place.path(name))) {
        return;
    }
    for name in ["app", "tree", "app.git", "app/sub"] {
        assert!(place.committed(name).await.commit.is_some(), "{name}");
    }
    let app = place.path("app").display().to_string();
    assert!(place.clone(&app, wanted(Some("tree"))).await.is_ok());
    assert!(place.as_it_lies("app").await.path().join("uncommitted").exists());
    assert!(place.as_it_lies("tree").await.path().join("a").exists());
    assert!(place.as_it_lies("app/sub").await.path().join("f").exists());
    assert_eq!(place.ran(), "");
}

#[tokio::test]
async fn a_repository_that_another_user_put_around_a_folder_is_gits_to_refuse() {
    let place = Place::new();
    place.repository("app");
    place.write("app/mine/f", "mine");
    if !give_away(&place.path("app/.git")) {
        return;
    }
    for name in ["app", "app/mine"] {
        let (message, hint) = refused(place.clone(&place.path(name).display().to_string(), wanted(None)).await);
        assert!(message.contains("belongs to another user") && message.contains("dubious ownership"), "{message}");
        assert!(hint.contains("git config --global --add safe.directory"), "{hint}");
    }
    place.write("home/.gitconfig", "[safe]\n\tdirectory = *\n");
    assert!(place.committed("app").await.commit.is_some());
}

#[tokio::test]
async fn a_bare_repository_a_worktree_and_a_detached_head_are_cloned() {
    let place = Place::new();
    let app = place.repository("app");
    let first = place.git("app", &["rev-parse", "HEAD"]);
    place.git("", &["clone", "-q", "--bare", "app", "app.git"]);
    let bare = place.committed("app.git").await;
    assert_eq!((bare.commit.as_ref(), bare.name.to_string()), (Some(&first), "mona/app".to_owned()));
    place.git("app", &["worktree", "add", "-q", "-b", "tree", "../tree"]);
    place.write("tree/b", "tree");
    let second = place.commit("tree");
    let tree = place.committed("tree").await;
    assert_eq!((tree.commit.as_ref(), tree.reference.as_deref()), (Some(&second), Some("tree")));
    assert!(tree.path().join(".git/objects").is_dir());
    place.write("tree/uncommitted", "");
    assert_eq!(status(&place.as_it_lies("tree").await), "?? uncommitted");
    place.write("tree/sub/f", "");
    place.commit("tree");
    assert!(place.committed("tree/sub").await.path().join("f").exists());
    place.git("app", &["checkout", "-q", "--detach"]);
    place.write("app/c", "");
    let loose = place.commit("app");
    let detached = place.committed("app").await;
    assert_eq!((detached.commit, detached.reference), (Some(loose), None));
    // A folder that is moved away leaves its worktree behind: git says so.
    std::fs::rename(app, place.path("moved")).expect("moved");
    let (message, _) = refused(place.clone(&place.path("tree").display().to_string(), wanted(None)).await);
    assert!(message.starts_with("git clone failed: "), "{message}");
}

#[tokio::test]
async fn a_shallow_a_partial_and_a_borrowing_repository_are_cloned() {
    let place = Place::new();
    let app = place.repository("app");
    place.write("app/a", "two\n");
    let second = place.commit("app");
    place.git("app", &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", app.display());
    place.git("", &["clone", "-q", "--depth=1", &url, "shallow"]);
    place.git("", &["clone", "-q", "--filter=blob:none", &url, "partial"]);
    place.git("", &["clone", "-q", "--shared", "app", "borrowing"]);
    for (name, expected) in [("shallow", "shallow clone"), ("partial", "partial clone")] {
        let checkout = place.committed(name).await;
        assert_eq!(checkout.commit.as_ref(), Some(&second), "{name}");
        assert!(note(&checkout, expected), "{name}: {:?}", checkout.notes);
        assert_eq!(status(&checkout), "", "{name}");
        assert!(git_in(checkout.path(), &["fsck"]).is_empty(), "{name}");
    }
    let checkout = place.committed("borrowing").await;
    std::fs::remove_dir_all(app).expect("removed");
    assert_eq!(git_in(checkout.path(), &["fsck"]), "");
    assert!(checkout.notes.is_empty(), "{:?}", checkout.notes);
}

#[tokio::test]
async fn objects_behind_links_are_sent() {
    let place = Place::new();
    let app = place.repository("app");
    std::fs::rename(app.join(".git/objects"), place.path("objects")).expect("moved");
    std::os::unix::fs::symlink(place.path("objects"), app.join(".git/objects")).expect("linked");
    let checkout = place.committed("app").await;
    assert_eq!(read(&checkout, "a"), "one\n");
    assert!(!checkout.path().join(".git/objects").is_symlink());
}

#[tokio::test]
async fn submodules_are_empty_and_said_to_be() {
    let place = Place::new();
    let library = place.repository("library").display().to_string();
    place.repository("app");
    place.git("app", &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &library, "lib"]);
    place.commit("app");
    for checkout in [place.committed("app").await, place.as_it_lies("app").await] {
        assert!(note(&checkout, "submodules are empty"), "{:?}", checkout.notes);
        assert!(!checkout.path().join("lib/a").exists());
    }
    // A submodule is a repository too.
    assert_eq!(read(&place.committed("app/lib").await, "a"), "one\n");
    assert_eq!(read(&place.as_it_lies("app/lib").await, "a"), "one\n");
}

#[tokio::test]
async fn what_is_no_repository_is_said_to_be_none() {
    let place = Place::new();
    place.write("plain/f", "");
    for (source, expected) in [
        (place.path("plain"), "is no git repository"),
        (place.path("plain/f"), "is no folder"),
        (place.path("none"), "is no folder"),
    ] {
        let (message, hint) = refused(place.clone(&source.display().to_string(), wanted(None)).await);
        assert!(message.contains(expected) && !hint.is_empty(), "{message}");
    }
    let (message, _) = refused(place.clone(&format!("file://{}", place.path("none").display()), wanted(None)).await);
    assert!(message.starts_with("git clone failed: "), "{message}");
    place.git("", &["init", "-q", "--bare", "empty.git"]);
    let empty = place.path("empty.git").display().to_string();
    for source in [format!("file://{empty}"), empty] {
        assert!(refused(place.clone(&source, wanted(None)).await).0.contains("has no commit yet"), "{source}");
    }
}
