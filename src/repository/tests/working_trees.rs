//! `--working-tree`: the files as they lie there, and nothing outside the clone.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

#[tokio::test]
async fn nothing_is_written_through_a_link() {
    let place = Place::new();
    let app = place.repository("app");
    place.write("victim", "precious");
    place.write("folder/f", "keep");
    symlink(place.path("victim"), app.join("link")).expect("linked");
    symlink(place.path("folder"), app.join("d")).expect("linked");
    place.commit("app");
    std::fs::remove_file(app.join("link")).expect("removed");
    std::fs::remove_file(app.join("d")).expect("removed");
    place.write("app/link", "mine");
    place.write("app/d/f", "mine too");
    // The other way round: what was a folder leads out now, and what git knows in it is not there any more.
    place.write("app/was/f", "old");
    place.commit("app");
    std::fs::remove_dir_all(app.join("was")).expect("removed");
    symlink(place.path("folder"), app.join("was")).expect("linked");
    let checkout = place.as_it_lies("app").await;
    assert_eq!(std::fs::read_to_string(place.path("victim")).expect("there"), "precious");
    assert_eq!(std::fs::read_to_string(place.path("folder/f")).expect("there"), "keep");
    assert_eq!(std::fs::read_dir(place.path("folder")).expect("there").count(), 1);
    assert_eq!((read(&checkout, "link"), read(&checkout, "d/f")), ("mine".to_owned(), "mine too".to_owned()));
    assert_eq!(checkout.path().join("was").read_link().expect("a link"), place.path("folder"));
    assert_eq!(status(&checkout), place.git("app", &["status", "--porcelain"]));
}

#[tokio::test]
async fn a_file_is_taken_whatever_it_was_before() {
    let place = Place::new();
    let app = place.repository("app");
    for name in ["file-to-folder", "folder-to-file/x", "link-to-folder-target/x", "gone", "kept", "script"] {
        place.write(&format!("app/{name}"), "old");
    }
    for link in ["link-to-file", "link-to-folder", "link-to-link"] {
        symlink("kept", app.join(link)).expect("linked");
    }
    place.write("app/.gitignore", "ignored\n");
    place.commit("app");
    for gone in ["file-to-folder", "folder-to-file/x", "link-to-file", "link-to-folder", "link-to-link", "gone"] {
        std::fs::remove_file(app.join(gone)).expect("removed");
    }
    std::fs::remove_dir(app.join("folder-to-file")).expect("removed");
    for new in ["file-to-folder/y/z", "folder-to-file", "link-to-file", "link-to-folder/y", "ignored"] {
        place.write(&format!("app/{new}"), "new");
    }
    symlink("/nowhere", app.join("link-to-link")).expect("linked");
    std::fs::set_permissions(app.join("script"), PermissionsExt::from_mode(0o755)).expect("set");
    std::fs::set_permissions(app.join("kept"), PermissionsExt::from_mode(0o600)).expect("set");
    let bytes = [&b"c\xffd"[..], b"new\nline", b" space ", b"tab\t\"quote"].map(OsStr::from_bytes);
    for name in bytes {
        std::fs::write(app.join(name), "odd").expect("written");
    }
    let checkout = place.as_it_lies("app").await;
    let there = checkout.path();
    for (name, expected) in
        [("file-to-folder/y/z", "new"), ("folder-to-file", "new"), ("link-to-file", "new"), ("link-to-folder/y", "new")]
    {
        assert_eq!(read(&checkout, name), expected, "{name}");
    }
    assert!(!there.join("gone").exists() && !there.join("ignored").exists());
    assert_eq!(there.join("link-to-link").read_link().expect("a link"), Path::new("/nowhere"));
    assert_eq!((mode(&there.join("script")), mode(&there.join("kept"))), (0o755, 0o600));
    let modified = |folder: &Path| folder.join("kept").metadata().and_then(|about| about.modified()).expect("a time");
    assert_eq!(modified(there), modified(&app));
    for name in bytes {
        assert_eq!(std::fs::read(there.join(name)).expect("taken"), b"odd", "{name:?}");
    }
    assert_eq!(status(&checkout), place.git("app", &["status", "--porcelain"]));
    assert!(checkout.notes.is_empty(), "{:?}", checkout.notes);
}

#[tokio::test]
async fn what_no_commit_can_hold_is_left_out_with_a_note() {
    let place = Place::new();
    let app = place.repository("app");
    let _socket = std::os::unix::net::UnixListener::bind(app.join("socket")).expect("bound");
    assert!(Command::new("mkfifo").arg(app.join("pipe")).status().expect("runs").success());
    place.repository("app/vendor/other");
    // git itself lists neither sockets nor pipes.
    let checkout = place.as_it_lies("app").await;
    assert_eq!(checkout.notes, ["repositories of their own in the working tree are left out: vendor/other/"]);
    std::fs::remove_dir_all(app.join(".git")).expect("removed");
    let checkout = place.as_it_lies("app").await;
    assert_eq!(checkout.notes.len(), 1);
    assert!(checkout.notes[0].contains("are left out") && checkout.notes[0].contains("pipe"), "{:?}", checkout.notes);
    assert!(checkout.notes[0].contains("socket") && checkout.path().join("vendor/other/a").exists());
}

#[tokio::test]
async fn what_a_sparse_checkout_hides_is_not_deleted() {
    let place = Place::new();
    place.repository("app");
    place.write("app/in/f", "in");
    place.write("app/out/f", "out");
    place.commit("app");
    place.git("app", &["sparse-checkout", "set", "in"]);
    assert!(!place.path("app/out").exists());
    place.write("app/in/f", "changed");
    let checkout = place.as_it_lies("app").await;
    assert_eq!((read(&checkout, "in/f"), read(&checkout, "out/f")), ("changed".to_owned(), "out".to_owned()));
    assert_eq!(status(&checkout), " M in/f");
}

#[tokio::test]
async fn a_file_in_conflict_is_taken_once() {
    let place = Place::new();
    place.repository("app");
    place.git("app", &["checkout", "-q", "-b", "other"]);
    place.write("app/a", "other\n");
    place.commit("app");
    place.git("app", &["checkout", "-q", "main"]);
    place.write("app/a", "main\n");
    place.commit("app");
    let merged = Command::new("git").arg("-C").arg(place.path("app")).args(["merge", "-q", "other"]).output();
    assert!(!merged.expect("git runs").status.success());
    assert_eq!(place.git("app", &["status", "--porcelain"]), "UU a");
    assert!(read(&place.as_it_lies("app").await, "a").contains("main"));
}

#[tokio::test]
async fn a_repository_without_a_commit_and_a_folder_without_a_repository_are_taken() {
    let place = Place::new();
    place.write("new/f", "new");
    let plain = place.as_it_lies("new").await;
    assert_eq!((read(&plain, "f").as_str(), &plain.commit), ("new", &None));
    place.git("new", &["init", "-q", "-b", "trunk"]);
    let unborn = place.as_it_lies("new").await;
    assert_eq!((read(&unborn, "f").as_str(), &unborn.commit), ("new", &None));
    assert_eq!(unborn.reference.as_deref(), Some("trunk"));
    assert_eq!(status(&unborn), "?? f");
    let source = place.path("new").display().to_string();
    let (message, hint) = refused(place.clone(&source, wanted(None)).await);
    assert_eq!(message, format!("{source} has no commit yet"));
    assert!(hint.contains("commit first") && hint.contains("--working-tree"));
}

#[tokio::test]
async fn the_copy_is_not_copied_into_itself() {
    let place = Place::new();
    place.write("f", "x");
    let wanted = Wanted { content: Content::WorkingTree, ..wanted(None) };
    let source = place.path("").display().to_string();
    let checkout = place.clone(&source, wanted).await.expect("copied");
    assert_eq!(read(&checkout, "f"), "x");
}

#[tokio::test]
async fn what_the_user_ignores_everywhere_is_left_out() {
    let place = Place::new();
    place.repository("app");
    place.write("home/.config/git/ignore", "*.swp\n");
    place.write("app/x.swp", "");
    place.write("app/y", "");
    let checkout = place.as_it_lies("app").await;
    assert!(!checkout.path().join("x.swp").exists() && checkout.path().join("y").exists());
}

#[tokio::test]
async fn commits_alone_have_no_working_tree() {
    let place = Place::new();
    place.repository("app");
    place.git("", &["clone", "-q", "--bare", "app", "app.git"]);
    let tree = |reference| Wanted { content: Content::WorkingTree, ..wanted(reference) };
    let bare = place.path("app.git").display().to_string();
    for source in [format!("file://{bare}"), bare] {
        let (message, hint) = refused(place.clone(&source, tree(None)).await);
        assert_eq!(message, format!("{source} has no working tree"));
        assert!(hint.contains("--working-tree"));
    }
    let app = place.path("app").display().to_string();
    assert!(refused(place.clone(&app, tree(Some("main"))).await).0.contains("exclude each other"));
}
