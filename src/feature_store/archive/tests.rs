//! Archives that mean well, and others.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tar::{Builder, Header};
use tempfile::TempDir;

use super::super::tree::BOUNDS;
use super::*;

/// One entry: what it is, its path, what it leads to or holds.
type Row<'a> = (EntryType, &'a str, &'a str);

fn header(kind: EntryType, path: &str, target: &str, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(size);
    // As it is given: the crate's own way would refuse what is tried here.
    header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    header
}

fn tar(rows: &[Row<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (kind, path, text) in rows {
        let (target, content) = if kind.is_file() { ("", *text) } else { (*text, "") };
        let header = header(*kind, path, target, content.len() as u64);
        builder.append(&header, content.as_bytes()).expect("added");
    }
    builder.into_inner().expect("ended")
}

fn try_out(content: &[u8], members: Members, bounds: Bounds) -> (TempDir, Result<(), String>) {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(content).expect("written");
    io::Seek::rewind(&mut file).expect("rewound");
    let around = tempfile::tempdir().expect("a folder");
    let into = around.path().join("into");
    std::fs::create_dir(&into).expect("made");
    let result = unpack(file, &into, members, bounds, "x").map_err(|problem| problem.to_string());
    assert_eq!(std::fs::read_dir(around.path()).expect("there").count(), 1, "something was written outside");
    (around, result)
}

#[track_caller]
fn check_refused(content: &[u8], part: &str) {
    let (_folder, result) = try_out(content, Members::All, BOUNDS);
    let problem = result.expect_err("refused");
    assert!(problem.contains(part), "{problem}");
}

#[test]
fn plain_and_gzip_are_unpacked_with_modes_and_links() {
    let plain = tar(&[
        (EntryType::Directory, "./", ""),
        (EntryType::Regular, "./install.sh", "echo hi"),
        (EntryType::Regular, "lib/a", "a"),
        (EntryType::Symlink, "lib/link", "../install.sh"),
        (EntryType::Link, "lib/same", "./install.sh"),
        (EntryType::XGlobalHeader, "pax_global_header", ""),
    ]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&plain).expect("written");
    for content in [plain, gzip.finish().expect("ended")] {
        let (folder, result) = try_out(&content, Members::All, BOUNDS);
        assert_eq!(result, Ok(()));
        let into = folder.path().join("into");
        let script = into.join("install.sh");
        assert_eq!(script.metadata().expect("there").permissions().mode() & 0o777, 0o755);
        for path in ["install.sh", "lib/link", "lib/same"] {
            assert_eq!(std::fs::read_to_string(into.join(path)).expect("there"), "echo hi", "{path}");
        }
    }
}

#[test]
fn a_long_name_comes_in_either_way() {
    let long = format!("{}/file", "d".repeat(200));
    let mut builder = Builder::new(Vec::new());
    builder.append_data(&mut header(EntryType::Regular, "", "", 1), &long, &b"1"[..]).expect("added");
    let mut pax = Builder::new(Vec::new());
    pax.append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1.5")]).expect("added");
    pax.append(&header(EntryType::Regular, "short", "", 1), &b"1"[..]).expect("added");
    for content in [builder.into_inner().expect("ended"), pax.into_inner().expect("ended")] {
        let (folder, result) = try_out(&content, Members::All, BOUNDS);
        assert_eq!(result, Ok(()));
        assert!(folder.path().join("into").join(&long).is_file());
    }
}

#[test]
fn hidden_members_of_a_tarball_are_left_out() {
    let content =
        tar(&[(EntryType::Regular, "./.git", ""), (EntryType::Regular, ".x", ""), (EntryType::Regular, "./a/.y", "")]);
    let (folder, result) = try_out(&content, Members::WithoutHidden, BOUNDS);
    assert_eq!(result, Ok(()));
    let into = folder.path().join("into");
    assert!(!into.join(".git").exists() && into.join(".x").exists() && into.join("a/.y").exists());
}

#[test]
fn nothing_is_unpacked_outside_or_leads_there() {
    for (path, part) in [
        ("../evil", "../evil: its path leads out of the Feature"),
        ("/tmp/evil", "its path leads out"),
        ("a/../../evil", "its path leads out"),
    ] {
        check_refused(&tar(&[(EntryType::Regular, path, "x")]), part);
        check_refused(&tar(&[(EntryType::Directory, path, "")]), part);
        check_refused(&tar(&[(EntryType::Regular, "a", "x"), (EntryType::Link, "b", path)]), "b: its path leads out");
        check_refused(&tar(&[(EntryType::Symlink, "b", path)]), "leads out");
    }
    let through = [(EntryType::Symlink, "d/l", ".."), (EntryType::Regular, "d/l/x", "x")];
    check_refused(&tar(&through), "d/l/x: what is around it is no folder");
    let twice = [
        (EntryType::Directory, "d/e", ""),
        (EntryType::Symlink, "d/e/l", "../.."),
        (EntryType::Symlink, "m", "d/e/l/.."),
    ];
    check_refused(&tar(&twice), "m: it is a link that leads out");
}

#[test]
fn what_is_no_file_is_not_made() {
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo, EntryType::GNUSparse, EntryType::new(b'Z')] {
        check_refused(&tar(&[(kind, "x", "")]), "x: it is no file, folder or link");
    }
}

#[test]
fn there_is_an_end_to_a_bomb() {
    let bounds = Bounds { entries: 100, bytes: 1 << 20, depth: 8 };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let mut zeros = io::repeat(0).take(4 << 20);
    gzip.write_all(header(EntryType::Regular, "bomb", "", 4 << 20).as_bytes()).expect("written");
    io::copy(&mut zeros, &mut gzip).expect("written");
    let (_folder, result) = try_out(&gzip.finish().expect("ended"), Members::All, bounds);
    assert!(result.clone().is_err_and(|problem| problem.contains("more than 1048576 bytes")), "{result:?}");
    let many: Vec<String> = (0..200).map(|name| name.to_string()).collect();
    let many: Vec<Row<'_>> = many.iter().map(|name| (EntryType::Regular, name.as_str(), "")).collect();
    let (_folder, result) = try_out(&tar(&many), Members::All, bounds);
    assert!(result.is_err_and(|problem| problem.contains("more than 100 files")));
    for kind in [EntryType::GNULongName, EntryType::XHeader] {
        let mut content = header(kind, "long", "", 1 << 30).as_bytes().to_vec();
        content.resize(1 << 20, b'x');
        check_refused(&content, "a name has more than 65536 bytes");
    }
}

#[test]
fn what_is_damaged_is_told() {
    let whole = tar(&[(EntryType::Regular, "a", &"x".repeat(3000))]);
    check_refused(&whole[..1000], "it is damaged");
    check_refused(b"<html>this is no archive</html>", "it is damaged");
    check_refused(&[0x1f, 0x8b, 8, 0, 1, 2, 3], "it is damaged");
}

/// Returns what leads out of a folder, followed as the system does.
fn leads_out(root: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().expect("there");
    let mut waiting = vec![root.clone()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().canonicalize().is_ok_and(|real| !real.starts_with(&root)) {
                return Some(entry.path());
            }
            waiting.extend(entry.file_type().is_ok_and(|kind| kind.is_dir()).then(|| entry.path()));
        }
    }
    None
}

#[test]
fn no_two_links_lead_out_together() {
    let targets = ["..", "a", "a/..", "../b", "../.."];
    let links =
        ["b", "a/a", "a/b"].into_iter().flat_map(|path| targets.map(|target| (EntryType::Symlink, path, target)));
    let links: Vec<Row<'_>> = links.collect();
    let mut taken = 0;
    for one in &links {
        for other in &links {
            let (folder, result) = try_out(&tar(&[*one, *other]), Members::All, BOUNDS);
            taken += usize::from(result.is_ok());
            assert_eq!(leads_out(&folder.path().join("into")), None, "{one:?} {other:?}");
        }
    }
    assert!(taken > 40, "only {taken} were taken at all");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_panic(mut content in proptest::collection::vec(any::<u8>(), 0..2000), at in 0_usize..1000) {
        let _either = try_out(&content, Members::All, BOUNDS);
        // One byte of a good one is another.
        let mut good = tar(&[(EntryType::Regular, "a", "x"), (EntryType::Symlink, "b", "a")]);
        good[at] = content.pop().unwrap_or_default();
        let _either = try_out(&good, Members::All, BOUNDS);
    }
}
