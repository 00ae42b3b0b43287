//! Files of every kind, well made, broken and hostile.

use std::process::Command;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;
use crate::redact::Secret;

const VALUE: &str = "s3cret/with+odd&characters";

fn searcher() -> Searcher {
    Searcher::new([("TOKEN".to_owned(), Secret::new(VALUE.to_owned()))]).expect("something to look for")
}

fn held(bytes: &[u8], piece: usize) -> Held {
    let searcher = searcher();
    let mut content = searcher.content();
    bytes.chunks(piece).for_each(|chunk| content.read(chunk));
    content.finish()
}

#[track_caller]
fn check(bytes: &[u8], expected: &[&str]) {
    for piece in [1, 7, 1 << 20] {
        let held = held(bytes, piece);
        let forms: Vec<String> = held.hits.into_iter().map(|hit| hit.form).collect();
        assert_eq!(
            (forms.as_slice(), held.is_whole),
            (&expected.iter().map(|&one| one.to_owned()).collect::<Vec<_>>()[..], true),
            "in pieces of {piece}"
        );
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("packed")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("packed")
}

/// Returns a text that no other one has anything of, of so many lines.
fn filler(seed: u32, lines: u32) -> String {
    (0..lines).map(|line| format!("{:08x}\n", (line ^ seed).wrapping_mul(2_654_435_761))).collect()
}

/// Returns a pack of objects: their kind, what is between the size and the data, and the data.
fn pack(objects: &[(u8, &[u8], &[u8])]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(u32::try_from(objects.len()).expect("few").to_be_bytes());
    for (kind, between, data) in objects {
        let size = data.len();
        pack.push(0x80 | (kind << 4) | u8::try_from(size & 15).expect("four bits"));
        pack.push(u8::try_from(size >> 4).expect("a small one"));
        pack.extend_from_slice(between);
        pack.extend(zlib(data));
    }
    pack.extend([0xab; 20]);
    pack
}

#[test]
fn what_is_packed_is_found_and_told_how() {
    let text = filler(1, 3000) + VALUE + &filler(2, 3000);
    check(text.as_bytes(), &["raw"]);
    check(&gzip(text.as_bytes()), &["raw, in gzip"]);
    check(&[gzip(b"first"), gzip(text.as_bytes())].concat(), &["raw, in gzip"]);
    check(&zlib(format!("blob {}\0{text}", text.len()).as_bytes()), &["raw, in zlib"]);
    check(&[&gzip(b"nothing")[..], VALUE.as_bytes()].concat(), &["raw"]);
    for nothing in ["", "x", "x\u{1}", "x^2 + y^2", "PACK", "PACKAGE"] {
        check(nothing.as_bytes(), &[]);
    }
}

#[test]
fn each_object_of_a_pack_is_looked_at_by_itself() {
    let (head, tail) = VALUE.split_at(9);
    let one = pack(&[(3, b"", b"other"), (3, b"", format!("a {VALUE} b").as_bytes()), (1, b"", b"more")]);
    check(&one, &["raw, in a pack of git's"]);
    check(&pack(&[(3, b"", head.as_bytes()), (3, b"", tail.as_bytes())]), &[]);
    check(&pack(&[]), &[]);
    // A difference: the sizes, a part of the other one, and twice something new.
    let length = |text: &str| u8::try_from(text.len()).expect("short");
    let new = |text: &str| [&[length(text)], text.as_bytes()].concat();
    let delta = |between: &[u8]| [&[0x90, 1, 0x80, 2, 0x91, 0, 5][..], &new(head), between, &new(tail)].concat();
    for (kind, base) in [(6, &[0x81, 5][..]), (7, &[0x99; 20])] {
        check(&pack(&[(kind, base, &delta(b""))]), &["raw, in a pack of git's"]);
        check(&pack(&[(kind, base, &delta(&[0x91, 7, 9]))]), &[]);
        check(&pack(&[(kind, base, &delta(&[0])), (3, b"", VALUE.as_bytes())]), &["raw, in a pack of git's"]);
    }
}

#[test]
fn what_git_itself_has_packed_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "gc.auto=0"]);
        assert!(command.args(words).output().expect("git runs").status.success(), "{words:?}");
    };
    git(&["init", "-q"]);
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("written");
    for at in 0..3 {
        write("grows", filler(7, 2000) + if at == 1 { VALUE } else { "" } + &filler(8, 2000));
        write("other", filler(9 + at, 50));
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "one more"]);
    }
    git(&["repack", "-adfq", "--depth=50"]);
    let packs = std::fs::read_dir(folder.path().join(".git/objects/pack")).expect("a folder");
    let packs = packs.map(|entry| entry.expect("an entry").path());
    let pack = packs.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "pack")).expect("a pack");
    let held = held(&std::fs::read(pack).expect("read"), 1000);
    assert!(held.is_whole && held.hits.len() == 1, "{held:?}");
}

#[test]
fn what_swells_is_left_and_told() {
    let zeros = vec![0; 24 << 20];
    for bomb in [gzip(&zeros), zlib(&zeros)] {
        assert!(!held(&bomb, 1 << 20).is_whole);
    }
    let mut pack = b"PACK\0\0\0\x02\0\0\0\x01\x30".to_vec();
    pack.extend(zlib(&zeros));
    assert!(!held(&pack, 1 << 20).is_whole);
}

proptest! {
    #[test]
    fn nothing_that_a_file_holds_is_too_much(
        begin in prop::sample::select(vec![&b"\x1f\x8b\x08"[..], b"\x78\x9c", b"\x78\x01", b"PACK\0\0\0\x02\0\0\0\x09", b"PACK\0\0\0\x03"]),
        rest in prop::collection::vec(any::<u8>(), 0..300),
        piece in 1..40_usize,
    ) {
        let _held = held(&[begin, &rest].concat(), piece);
    }

    #[test]
    fn what_is_broken_is_borne(at in 0..400_usize, byte in any::<u8>(), cut in 0..400_usize) {
        let delta = [0x90, 1, 0x80, 2, 0x91, 0, 5, 3, b'a', b'b', b'c'];
        let whole = pack(&[(3, b"", filler(3, 9).as_bytes()), (6, &[0x81, 5], &delta), (7, &[9; 20], &delta)]);
        for mut bytes in [whole, gzip(filler(4, 20).as_bytes()), zlib(filler(5, 20).as_bytes())] {
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len().saturating_sub(cut % 50));
            let _held = held(&bytes, 64);
        }
    }
}
