//! The marks in the container that say which lifecycle command has succeeded there.
//!
//! They lie in a folder of their own that belongs to the remote user, written by the command's own shell when it has succeeded.
//! Reference CLI: in the remote user's home, written before the command runs, so that a failure is never tried again and a home that
//! cannot be written skips commands in silence. A mark outlives its writer: a command that ends after `localspace` was killed is marked.

use std::collections::BTreeSet;

use bytes::Bytes;
use futures_util::Stream;

use super::remote_user::RemoteUser;
use crate::phase::Phase;
use crate::plan::Marks;

/// The folder of the marks.
pub(super) const FOLDER: &str = "/var/lib/localspace";

/// The phases that leave a mark, and whether it holds for one start of the container only.
const MARKED: [(Phase, bool); 5] = [
    (Phase::OnCreateCommand, false),
    (Phase::UpdateContentCommand, false),
    (Phase::RegistryLogin, true),
    (Phase::PostCreateCommand, false),
    (Phase::PostStartCommand, true),
];

/// Returns the file that marks a phase, where the phase has one.
pub(super) fn file(phase: Phase) -> Option<String> {
    MARKED.iter().find(|(marked, _)| *marked == phase).map(|(phase, _)| format!("{FOLDER}/{phase}"))
}

/// Returns a tar of one mark, for a hook whose last command had several parts.
pub(super) fn one(
    name: &str,
    content: &str,
    owner: &RemoteUser,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + use<> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_uid(owner.uid);
    header.set_gid(owner.gid);
    let mut builder = tar::Builder::new(Vec::new());
    let made = builder.append_data(&mut header, name, content.as_bytes()).and_then(|()| builder.into_inner());
    futures_util::stream::iter([made.map(Bytes::from)])
}

/// Reads the marks from a tar of their folder. `started_at` is the container's last start, which is what a mark holds.
pub(super) fn read(tar: &[u8], started_at: &str) -> Marks {
    let mut found = Marks { once: BTreeSet::new(), since_start: BTreeSet::new() };
    let mut archive = tar::Archive::new(tar);
    let Ok(entries) = archive.entries() else { return found };
    for mut entry in entries.flatten() {
        let Ok(path) = entry.path() else { continue };
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some((phase, each_start)) = MARKED.iter().find(|(phase, _)| phase.name() == name) else { continue };
        let mut content = String::new();
        if std::io::Read::read_to_string(&mut entry, &mut content).is_err() {
            continue;
        }
        match each_start {
            true if content == started_at => drop(found.since_start.insert(*phase)),
            true => {}
            false => drop(found.once.insert(*phase)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, content.as_bytes()).expect("appended");
        }
        builder.into_inner().expect("finished")
    }

    #[test]
    fn a_mark_of_an_earlier_start_says_nothing_of_this_one() {
        let tar = tar(&[
            ("localspace/onCreateCommand", "t0"),
            ("localspace/postStartCommand", "t0"),
            ("localspace/registryLogin", "t1"),
            ("localspace/other", "t1"),
        ]);
        let marks = read(&tar, "t1");
        assert_eq!(marks.once, [Phase::OnCreateCommand].into());
        assert_eq!(marks.since_start, [Phase::RegistryLogin].into());
    }

    #[test]
    fn what_is_no_tar_holds_no_mark() {
        assert_eq!(read(b"garbage", ""), Marks::default());
    }
}
