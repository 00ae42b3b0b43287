//! Which files were read, by their access times: these are set far back, and what has a newer one afterwards was read.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_OMIT, utimensat};

/// The access time of what nobody has read, in seconds since 1970: whatever a file system does, it notes the next read of so old a file.
const LONG_AGO: i64 = 1;

/// What was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReadFiles {
    /// The files, as paths in the folder.
    pub files: Vec<String>,
    /// How many files of the list are there.
    pub there: usize,
    /// The file system notes when a file is read.
    pub is_noted: bool,
}

/// Returns which of a folder's files were read since this was last asked, and has it asked anew from now on. `list` are paths, a zero byte after each.
pub fn reads(folder: &Path, list: &[u8]) -> ReadFiles {
    let mut read = ReadFiles::default();
    let mut is_tried = false;
    for name in list.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let path = folder.join(OsStr::from_bytes(name));
        let Ok(about) = path.symlink_metadata() else { continue };
        if !about.is_file() {
            continue;
        }
        read.there += 1;
        if about.atime() > LONG_AGO {
            read.files.push(String::from_utf8_lossy(name).into_owned());
        }
        if set_back(&path).is_err() {
            continue;
        }
        if !is_tried && about.size() > 0 {
            is_tried = true;
            read.is_noted = is_noted(&path).unwrap_or(false);
            let _same_again = set_back(&path);
        }
    }
    read
}

fn set_back(path: &Path) -> std::io::Result<()> {
    let times = Timestamps {
        last_access: Timespec { tv_sec: LONG_AGO, tv_nsec: 0 },
        last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Tells whether reading a file is noted.
fn is_noted(path: &Path) -> std::io::Result<bool> {
    let _read = File::open(path)?.read(&mut [0])?;
    Ok(path.symlink_metadata()?.atime() > LONG_AGO)
}
