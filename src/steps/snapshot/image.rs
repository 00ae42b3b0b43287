//! The layers below a container's own changes, each by itself, also what a later one has removed. They may be of an image that was built for the
//! codespace, or of any other one. Where the engine has a folder for each they are read there; else as `docker save` has them, which costs
//! the engine a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::SnapshotError;
use super::looking::{InFile, Looked, read_through};
use super::scanner::Scanner;
use crate::engine::{MountDetails, MountKind, MountSpec};
use crate::redact::Searcher;
use crate::tree::Scanned;

/// A tar's block, in bytes.
const BLOCK: usize = 512;

/// Where a header has the sum of its bytes, which itself counts as blanks.
const SUM: std::ops::Range<usize> = 148..156;

/// Looks through the layers of an image, but for those that are known already.
pub(super) async fn search(
    scanner: &Scanner<'_>,
    image: &str,
    known: &mut BTreeSet<String>,
) -> Result<Looked, SnapshotError> {
    let mut folders = scanner.engine.image(image).await?.unwrap_or_default().layer_folders;
    if !folders.is_empty() {
        folders.retain(|folder| !known.contains(folder));
        // An engine may keep its folders to itself.
        if let Ok(scanned) = scanner.scan(&folders, |folder, target| to_be_read(folder, target)).await {
            known.extend(folders);
            return Ok(found(scanned));
        }
    }
    saved(scanner, image, known).await
}

fn to_be_read(folder: &str, target: String) -> MountSpec {
    MountSpec {
        kind: MountKind::Bind,
        source: Some(folder.to_owned()),
        target,
        read_only: true,
        labels: BTreeMap::new(),
        details: MountDetails::default(),
    }
}

fn found(scanned: Scanned) -> Looked {
    let path = |path: &str| format!("/{path}");
    let found = scanned.found.into_iter();
    let found = found.map(|one| InFile { path: path(&one.path), hit: one.hit, changed: one.changed[0] });
    let unread = scanned.unread.iter().map(|(_, inside)| format!("{} to its end", path(inside)));
    Looked { found: found.collect(), places: scanned.places, unread: unread.collect() }
}

async fn saved(scanner: &Scanner<'_>, image: &str, known: &mut BTreeSet<String>) -> Result<Looked, SnapshotError> {
    let (mut before, searcher) = (std::mem::take(known), scanner.searcher.clone());
    let read = move |saved: &mut dyn Read| {
        let mut looked = Looked::default();
        look(saved, &mut before, &searcher, &mut looked)?;
        Ok((looked, before))
    };
    let (looked, after) = read_through(scanner.engine.save(image), read).await?;
    *known = after;
    Ok(looked)
}

fn look(
    saved: impl Read,
    known: &mut BTreeSet<String>,
    searcher: &Searcher,
    looked: &mut Looked,
) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(saved);
    let mut is_whole = false;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        is_whole |= name == "manifest.json";
        if !entry.header().entry_type().is_file() || !known.insert(name.clone()) {
            continue;
        }
        let first = block(&mut entry)?;
        let layer = std::io::Cursor::new(first.clone()).chain(entry);
        let is_gzip = first.starts_with(&[0x1f, 0x8b]);
        // What is no tar is a description, in JSON; what it says is asked for otherwise. A layer may have nothing in it.
        let read = match first.first() {
            None | Some(b'{' | b'[') => continue,
            Some(_) if is_gzip => unpacked(layer, searcher, looked),
            Some(_) if is_header(&first) => looked.tar(layer, "", |_| true, searcher).map(|()| true),
            Some(_) => Ok(first.iter().all(|byte| *byte == 0)),
        };
        if !read.unwrap_or(false) {
            looked.unread.push(format!("the layer {}", name.trim_start_matches("blobs/")));
        }
    }
    // A layer that ends early may have been taken for one that cannot be read.
    if is_whole { Ok(()) } else { Err(std::io::Error::other("the image came in part")) }
}

/// Looks through a layer that is packed; tells whether it is one.
fn unpacked(layer: impl Read, searcher: &Searcher, looked: &mut Looked) -> std::io::Result<bool> {
    let mut layer = MultiGzDecoder::new(layer);
    let first = block(&mut layer)?;
    let is_empty = first.iter().all(|byte| *byte == 0);
    if is_empty || !is_header(&first) {
        return Ok(is_empty);
    }
    looked.tar(std::io::Cursor::new(first).chain(layer), "", |_| true, searcher)?;
    Ok(true)
}

/// Reads a block, or what there is of one.
fn block(from: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut block = Vec::with_capacity(BLOCK);
    from.take(BLOCK as u64).read_to_end(&mut block)?;
    Ok(block)
}

/// Tells whether a tar begins with it, of whatever kind.
fn is_header(block: &[u8]) -> bool {
    let byte = |(at, byte): (usize, &u8)| u64::from(if SUM.contains(&at) { b' ' } else { *byte });
    let sum: u64 = block.iter().enumerate().map(byte).sum();
    let said = block.get(SUM).and_then(|said| std::str::from_utf8(said).ok()).unwrap_or_default();
    let said = said.trim_matches(|char| char == ' ' || char == '\0');
    block.len() == BLOCK && u64::from_str_radix(said, 8) == Ok(sum)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::redact::Secret;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in files {
            let mut header = tar::Header::new_old();
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, name, *content).expect("written");
        }
        builder.into_inner().expect("a tar")
    }

    fn check(blobs: &[(&str, &[u8])], found: &[&str], unread: &[&str]) {
        let secret = ("KEY".to_owned(), Secret::new("hunter2-secret".to_owned()));
        let searcher = Searcher::new([secret]).expect("something to look for");
        let (mut looked, mut known) = (Looked::default(), BTreeSet::from(["blobs/known".to_owned()]));
        let saved = tar(&[blobs, &[("manifest.json", b"[]")]].concat());
        look(saved.as_slice(), &mut known, &searcher, &mut looked).expect("read");
        let paths: Vec<&str> = looked.found.iter().map(|one| one.path.as_str()).collect();
        assert_eq!((paths, looked.unread), (found.to_vec(), unread.iter().map(|one| (*one).to_owned()).collect()));
    }

    #[test]
    fn each_layer_is_looked_through_and_what_cannot_be_is_told() {
        let layer = tar(&[("etc/none", b"x"), ("./etc/key", b"a hunter2-secret b"), ("hunter2-secret", b"")]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&layer).expect("written");
        let packed = packed.finish().expect("packed");
        check(&[("blobs/a", &layer), ("blobs/known", &layer)], &["/etc/key", "/hunter2-secret"], &[]);
        check(&[("x/layer.tar", &packed)], &["/etc/key", "/hunter2-secret"], &[]);
        check(&[("blobs/a", &[0; 1024]), ("blobs/b", b"{}"), ("blobs/c", b"")], &[], &[]);
        check(&[("blobs/a", b"\x28\xb5\x2f\xfd packed otherwise")], &[], &["the layer a"]);
        check(&[("blobs/a", &packed[..40])], &[], &["the layer a"]);
    }

    #[test]
    fn an_image_that_came_in_part_is_an_error() {
        let secret = ("KEY".to_owned(), Secret::new("hunter2-secret".to_owned()));
        let searcher = Searcher::new([secret]).expect("something to look for");
        let saved = tar(&[("blobs/a", b"{}")]);
        let read = look(saved.as_slice(), &mut BTreeSet::new(), &searcher, &mut Looked::default());
        assert!(read.is_err());
    }
}
