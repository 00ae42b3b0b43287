//! Trees as strange as they come.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, Timespec, Timestamps, XattrFlags, lgetxattr, lsetxattr, mknodat, utimensat};

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder")
}

fn set_times(path: &Path, seconds: i64) {
    let time = Timespec { tv_sec: seconds, tv_nsec: 123_456_789 };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).expect("set");
}

#[test]
fn everything_is_as_it_was() {
    let (from, to) = (folder(), folder());
    let at = |name: &str| from.path().join(name);
    fs::create_dir_all(at("sub/deep")).expect("made");
    fs::write(at("sub/file"), "content").expect("written");
    fs::set_permissions(at("sub/file"), fs::Permissions::from_mode(0o4751)).expect("set");
    fs::hard_link(at("sub/file"), at("twin")).expect("linked");
    symlink("nowhere/at/all", at("link")).expect("linked");
    symlink("sub", at("to-folder")).expect("linked");
    let _listening = UnixListener::bind(at("socket")).expect("bound");
    mknodat(CWD, at("pipe"), FileType::Fifo, Mode::from_raw_mode(0o620), 0).expect("made");
    fs::set_permissions(at("pipe"), fs::Permissions::from_mode(0o620)).expect("set");
    fs::write(at(".empty"), "").expect("written");
    lsetxattr(at("sub/file"), c"user.note", b"\0bytes\xff", XattrFlags::empty()).expect("set");
    fs::set_permissions(at("sub/deep"), fs::Permissions::from_mode(0o1700)).expect("set");
    for name in ["sub/file", "sub/deep", "sub", "link", "pipe"] {
        set_times(&at(name), 1_000_000_000);
    }
    let copied = copy(from.path(), to.path()).expect("copied");
    // The folder itself is one of them.
    assert_eq!((copied.entries, copied.bytes), (10, 7));
    let there = |name: &str| to.path().join(name);
    let about = |name: &str| there(name).symlink_metadata().expect("there");
    assert_eq!(fs::read(there("twin")).expect("read"), b"content");
    assert_eq!(about("twin").ino(), about("sub/file").ino());
    assert_eq!(about("sub/file").mode() & 0o7777, 0o4751);
    assert_eq!(about("sub/deep").mode() & 0o7777, 0o1700);
    assert_eq!(fs::read_link(there("link")).expect("a link"), Path::new("nowhere/at/all"));
    assert!(about("socket").file_type().is_socket() && about("pipe").file_type().is_fifo());
    assert_eq!(about("pipe").mode() & 0o7777, 0o620);
    for name in ["sub/file", "sub/deep", "sub", "link", "pipe"] {
        assert_eq!((about(name).mtime(), about(name).mtime_nsec()), (1_000_000_000, 123_456_789), "{name}");
    }
    let mut value = [0; 16];
    let length = lgetxattr(there("sub/file"), c"user.note", &mut value[..]).expect("an attribute");
    assert_eq!(&value[..length], b"\0bytes\xff");
}

/// Only root may: what a nested engine keeps has these.
#[test]
fn what_only_root_makes_is_copied_too() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (from, to) = (folder(), folder());
    let whiteout = from.path().join("whiteout");
    mknodat(CWD, &whiteout, FileType::CharacterDevice, Mode::empty(), 0).expect("made");
    let opaque = from.path().join("opaque");
    fs::create_dir(&opaque).expect("made");
    lsetxattr(&opaque, c"trusted.overlay.opaque", b"y", XattrFlags::empty()).expect("set");
    std::os::unix::fs::chown(&opaque, Some(1234), Some(4321)).expect("given");
    let _copied = copy(from.path(), to.path()).expect("copied");
    let about = to.path().join("whiteout").symlink_metadata().expect("there");
    assert!(about.file_type().is_char_device() && about.rdev() == 0);
    let mut value = [0; 4];
    let length = lgetxattr(to.path().join("opaque"), c"trusted.overlay.opaque", &mut value[..]).expect("there");
    assert_eq!(&value[..length], b"y");
    let about = to.path().join("opaque").metadata().expect("there");
    assert_eq!((about.uid(), about.gid()), (1234, 4321));
}

#[test]
fn holes_stay_holes() {
    let (from, to) = (folder(), folder());
    let large: u64 = 1 << 30;
    for (name, data) in [("none", vec![]), ("middle", vec![500_000_000_u64]), ("ends", vec![0, large - 5])] {
        let file = fs::File::create(from.path().join(name)).expect("made");
        for at in data {
            std::os::unix::fs::FileExt::write_all_at(&file, b"data!", at).expect("written");
        }
        file.set_len(large).expect("set");
    }
    let copied = copy(from.path(), to.path()).expect("copied");
    assert!(copied.bytes < 1_000_000, "{copied:?}");
    for name in ["none", "middle", "ends"] {
        let about = to.path().join(name).metadata().expect("there");
        assert!(about.size() == large && about.blocks() * 512 < 1_000_000, "{name}: {}", about.blocks());
    }
    let file = fs::File::open(to.path().join("middle")).expect("there");
    let mut read = [0; 5];
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut read, 500_000_000).expect("read");
    assert_eq!(&read, b"data!");
}

#[test]
fn what_is_there_already_is_not_written_over_and_what_is_missing_is_named() {
    let (from, to) = (folder(), folder());
    fs::write(from.path().join("file"), "new").expect("written");
    fs::write(to.path().join("file"), "old").expect("written");
    let error = copy(from.path(), to.path()).expect_err("refused").to_string();
    assert!(error.contains("/file") && error.contains("exists"), "{error}");
    assert_eq!(fs::read(to.path().join("file")).expect("read"), b"old");
    let error = copy(&from.path().join("none"), to.path()).expect_err("missing").to_string();
    assert!(error.starts_with("cannot read ") && error.contains("/none"), "{error}");
}

#[test]
fn folders_may_be_nested_deep() {
    let (from, to) = (folder(), folder());
    let deep: std::path::PathBuf = std::iter::repeat_n("d", 1500).collect();
    fs::create_dir_all(from.path().join(&deep)).expect("made");
    fs::write(from.path().join(&deep).join("file"), "x").expect("written");
    assert_eq!(copy(from.path(), to.path()).expect("copied").entries, 1502);
    assert!(to.path().join(deep).join("file").is_file());
}

#[test]
fn what_was_read_since_the_last_time_is_told() {
    let folder = folder();
    for name in ["read", "unread", "empty"] {
        fs::write(folder.path().join(name), if name == "empty" { "" } else { "x" }).expect("written");
    }
    symlink("read", folder.path().join("link")).expect("linked");
    let list = b"read\0unread\0empty\0link\0gone\0";
    let before = reads(folder.path(), list);
    assert_eq!(before.there, 3);
    if !before.is_noted {
        return;
    }
    assert!(reads(folder.path(), list).files.is_empty());
    let _content = fs::read(folder.path().join("read")).expect("read");
    assert_eq!(reads(folder.path(), list).files, ["read"]);
    assert!(reads(folder.path(), list).files.is_empty());
}

#[test]
fn secrets_are_found_in_content_names_links_and_behind_holes() {
    use std::io::{Seek, SeekFrom, Write};
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("a/b")).expect("made");
    fs::write(at("a/b/raw"), "x hunter2-secret y").expect("written");
    fs::write(at("a/hunter2-secret.txt"), "").expect("written");
    fs::write(at("none"), "hunter2-secre").expect("written");
    fs::write(at("attribute"), "").expect("written");
    lsetxattr(at("attribute"), c"user.key", b"hunter2-secret", XattrFlags::empty()).expect("set");
    fs::hard_link(at("a/b/raw"), at("a/again")).expect("linked");
    symlink("/x/hunter2-secret", at("link")).expect("linked");
    let mut sparse = fs::File::create(at("sparse")).expect("made");
    sparse.seek(SeekFrom::Start(1 << 40)).expect("sought");
    sparse.write_all(b"hunter2-secret").expect("written");
    let secret = ("KEY".to_owned(), crate::redact::Secret::new("hunter2-secret".to_owned()));
    let searcher = crate::redact::Searcher::new([secret]).expect("something to look for");
    let mut scanned = Scanned::default();
    scanned.scan(0, folder.path(), &searcher).expect("looked through");
    let mut found: Vec<&str> = scanned.found.iter().map(|one| one.path.as_str()).collect();
    found.sort_unstable();
    let raw = found.iter().filter(|path| ["a/again", "a/b/raw"].contains(path)).count();
    found.retain(|path| !["a/again", "a/b/raw"].contains(path));
    assert_eq!((raw, found), (1, vec!["a/hunter2-secret.txt", "attribute", "link", "sparse"]));
}

#[test]
fn folders_of_many_files_keep_their_times_whoever_finishes_them() {
    let (from, to) = (folder(), folder());
    let folders: Vec<String> =
        (0..60).map(|at| if at % 3 == 0 { format!("d{at}") } else { format!("d{}/e{at}/f", at - at % 3) }).collect();
    for (at, name) in folders.iter().enumerate() {
        let folder = from.path().join(name);
        fs::create_dir_all(&folder).expect("made");
        for file in 0..40 {
            fs::write(folder.join(format!("{file}")), vec![b'x'; at * file]).expect("written");
        }
    }
    let mut all = vec![from.path().to_owned()];
    let mut at = 0;
    while let Some(folder) = all.get(at).cloned() {
        let entries = fs::read_dir(folder).expect("read").map(|entry| entry.expect("read").path());
        all.extend(entries.filter(|path| path.is_dir()));
        at += 1;
    }
    for (at, folder) in all.iter().enumerate().rev() {
        set_times(folder, 1_000_000_000 + i64::try_from(at).expect("few"));
    }
    let copied = copy(from.path(), to.path()).expect("copied");
    assert_eq!(copied.entries, 60 * 40 + all.len() as u64);
    for folder in &all {
        let there = to.path().join(folder.strip_prefix(from.path()).expect("inside"));
        let (one, other) = (folder.metadata().expect("there"), there.metadata().expect("there"));
        assert_eq!((one.mtime(), one.mtime_nsec()), (other.mtime(), other.mtime_nsec()), "{}", folder.display());
    }
}

#[test]
fn what_goes_wrong_with_any_file_is_told() {
    let (from, to) = (folder(), folder());
    for file in 0..2000 {
        fs::write(from.path().join(format!("{file}")), "x").expect("written");
    }
    // It is there already.
    fs::write(to.path().join("1234"), "y").expect("written");
    let error = copy(from.path(), to.path()).expect_err("an error").to_string();
    assert!(error.contains("cannot write") && error.contains("/1234: "), "{error}");
}
