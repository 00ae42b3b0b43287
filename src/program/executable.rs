//! This program with what it needs to run in a container: the libraries that it has mapped, and their loader. What they are is read from
//! `/proc` and from the program's own head.

use std::io;
use std::path::{Path, PathBuf};

/// Where it is put in the container.
const FOLDER: &str = "/opt/localspace";

/// This program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    path: PathBuf,
    libraries: Vec<PathBuf>,
    /// Nothing where it needs none.
    loader: Option<PathBuf>,
}

impl Executable {
    /// Returns the program of this process.
    pub fn of_process() -> io::Result<Self> {
        let path = std::fs::read_link("/proc/self/exe")?;
        if path.to_string_lossy().ends_with(" (deleted)") {
            return Err(io::Error::other("it was replaced while it ran"));
        }
        let mut head = vec![0; 4096];
        let read = io::Read::read(&mut std::fs::File::open(&path)?, &mut head)?;
        head.truncate(read);
        let loader = interpreter(&head).map(PathBuf::from);
        let mut libraries = mapped(&std::fs::read_to_string("/proc/self/maps")?);
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        libraries.retain(|library| real(library) != real(&path) && loader.as_deref().map(real) != Some(real(library)));
        Ok(Self { path, libraries, loader })
    }

    /// Returns the command that runs it in the container.
    pub fn command(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = match &self.loader {
            Some(_) => vec![format!("{FOLDER}/loader"), "--library-path".to_owned(), format!("{FOLDER}/lib")],
            None => Vec::new(),
        };
        command.push(format!("{FOLDER}/localspace"));
        command.extend(arguments.iter().map(|&one| one.to_owned()));
        command
    }

    /// Returns each file, and where it goes.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let place = |name: &str| format!("{}/{name}", FOLDER.trim_start_matches('/'));
        let libraries = self.libraries.iter().filter_map(|library| {
            let name = library.file_name()?.to_str()?;
            Some((library.clone(), place(&format!("lib/{name}"))))
        });
        let loader = self.loader.iter().map(|path| (path.clone(), place("loader")));
        std::iter::once((self.path.clone(), place("localspace"))).chain(loader).chain(libraries).collect()
    }

    /// Returns what tells this build from another.
    pub fn stamp(&self) -> io::Result<String> {
        use std::os::unix::fs::MetadataExt;
        let about = self.path.metadata()?;
        Ok(format!("{} {} {}", about.len(), about.mtime(), about.mtime_nsec()))
    }
}

/// Returns the libraries of a process's map: files that code is run from.
fn mapped(maps: &str) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    for line in maps.lines() {
        let mut words = line.splitn(6, char::is_whitespace);
        let executable = words.nth(1).is_some_and(|mode| mode.contains('x'));
        let path = words.nth(3).map(str::trim).filter(|path| path.starts_with('/'));
        if let Some(path) = path.filter(|_| executable)
            && !all.iter().any(|known| known == Path::new(path))
        {
            all.push(PathBuf::from(path));
        }
    }
    all
}

/// Returns the loader that a program wants (`PT_INTERP`), from the first bytes of a 64-bit little-endian ELF file.
fn interpreter(head: &[u8]) -> Option<String> {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, size: usize| -> Option<usize> {
        let bytes = head.get(at..at.checked_add(size)?)?;
        let value = bytes.iter().rev().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        usize::try_from(value).ok()
    };
    if head.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, size, count) = (number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?);
    let entries = (0..count).filter_map(|index| table.checked_add(index.checked_mul(size)?));
    let found = entries.into_iter().find(|&entry| number(entry, 4).is_some_and(|kind| kind == INTERPRETER as usize))?;
    let (offset, length) = (number(found.checked_add(8)?, 8)?, number(found.checked_add(0x20)?, 8)?);
    let text = head.get(offset..offset.checked_add(length)?)?;
    String::from_utf8(text.strip_suffix(b"\0").unwrap_or(text).to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_with_what_it_needs() {
        let found = Executable::of_process().expect("found");
        assert!(found.files().iter().all(|(path, _)| path.is_file()), "{found:?}");
        if found.loader.is_some() {
            assert!(found.libraries.iter().any(|path| path.to_string_lossy().contains("libc")), "{found:?}");
            assert_eq!(found.command(&["hub"]).first().map(String::as_str), Some("/opt/localspace/loader"));
        }
    }

    #[test]
    fn what_is_no_program_has_no_loader() {
        let mut head = b"\x7fELF\x02\x01".to_vec();
        head.resize(4096, 0xff);
        for head in [&b""[..], b"\x7fELF", b"#!/bin/sh\n", &head, &head[..0x38]] {
            assert_eq!(interpreter(head), None);
        }
    }

    #[test]
    fn a_map_names_each_library_once() {
        let maps = "7f00-7f10 r--p 00000000 fe:00 1 /usr/lib/libc.so.6\n\
                    7f10-7f20 r-xp 00010000 fe:00 1                 /usr/lib/libc.so.6\n\
                    7f30-7f40 r-xp 00010000 fe:00 2                 /usr/lib/a b.so\n\
                    7f50-7f60 r-xp 00000000 00:00 0                 [vdso]\n\
                    7f70-7f80 r--p 00000000 fe:00 3                 /etc/locale\n\
                    7f90-7fa0 rw-p 00000000 00:00 0\n";
        assert_eq!(mapped(maps), [PathBuf::from("/usr/lib/libc.so.6"), PathBuf::from("/usr/lib/a b.so")]);
    }
}
