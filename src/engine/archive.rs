//! Files into and out of a container, running or not, as tar streams.

use std::io::Read;

use bollard::query_parameters::{DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::client::Engine;
use super::container::ContainerId;
use super::error::EngineError;

/// The size of a tar's header, in bytes.
const BLOCK: usize = 512;
/// A regular file of a container, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallFile {
    /// What is in it.
    pub content: Vec<u8>,
    /// Its permissions.
    pub mode: u32,
    /// The numbers of its user and group.
    pub owner: (u64, u64),
}

/// What is at a path of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A small regular file.
    File(SmallFile),
    /// Something else: a link, a folder, a large file.
    Other,
}

/// How many symbolic links are followed to a file.
const LINKS: usize = 8;

impl Engine {
    /// Unpacks a tar stream into the folder `path` of a container, with the owners and modes that it says.
    pub async fn upload(
        &self,
        container: &ContainerId,
        path: &str,
        tar: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    ) -> Result<(), EngineError> {
        let options = UploadToContainerOptionsBuilder::default().path(path).build();
        let body = bollard::body_try_stream(tar);
        let sent = self.docker.upload_to_container(container.as_str(), Some(options), body).await;
        sent.map_err(|error| self.explain("copy files into the container", &container.to_string(), error))
    }

    /// Returns the content of a regular file of a container, or nothing where there is none.
    ///
    /// Symbolic links are followed. A file of more than `most` bytes is an error.
    pub async fn read_file(
        &self,
        container: &ContainerId,
        path: &str,
        most: usize,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let mut path = path.to_owned();
        for _ in 0..LINKS {
            let Some(tar) = self.download(container, &path, most).await? else { return Ok(None) };
            match first_entry(&tar) {
                Some(Entry::File(content)) if content.len() > most => return Err(EngineError::TooLarge { path, most }),
                Some(Entry::File(content)) => return Ok(Some(content)),
                Some(Entry::Link(target)) => path = resolve(&path, &target),
                Some(Entry::Other) | None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Returns what is at `path` of a container, with its permissions where it is a regular file of at most `most` bytes.
    pub async fn read_small(&self, container: &ContainerId, path: &str, most: usize) -> Result<Found, EngineError> {
        let tar = match self.download(container, path, most).await {
            Ok(Some(tar)) => tar,
            Ok(None) => return Ok(Found::Nothing),
            Err(EngineError::TooLarge { .. }) => return Ok(Found::Other),
            Err(error) => return Err(error),
        };
        // A tar's own blocks are allowed for.
        let file = small_file(&tar).filter(|file| file.content.len() <= most);
        Ok(file.map_or(Found::Other, Found::File))
    }

    /// Downloads the folder or file `path` of a container as a tar of at most `most` bytes, or nothing where it is not there.
    pub async fn read_folder(
        &self,
        container: &ContainerId,
        path: &str,
        most: usize,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        self.download(container, path, most).await
    }

    /// Downloads the folder `path` of a container as a tar that nobody holds whole. One that is not there is an error.
    pub fn folder_stream(
        &self,
        container: &ContainerId,
        path: &str,
    ) -> impl Stream<Item = Result<Bytes, EngineError>> + Send + use<> {
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        let (engine, path) = (self.clone(), path.to_owned());
        let stream = self.docker.download_from_container(container.as_str(), Some(options));
        stream.map(move |piece| piece.map_err(|error| engine.explain("read the folder", &path, error)))
    }

    /// Tells whether there is anything at `path` of a container.
    pub async fn has(&self, container: &ContainerId, path: &str) -> Result<bool, EngineError> {
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        // The first piece is the answer; the rest is not asked for.
        match self.docker.download_from_container(container.as_str(), Some(options)).next().await {
            None | Some(Ok(_)) => Ok(true),
            Some(Err(error)) => match self.explain("look for", path, error) {
                error if error.is_not_found() => Ok(false),
                error => Err(error),
            },
        }
    }

    /// Returns the numbers of the user and the group whose a folder or file of a container is; nothing where it is not there.
    pub async fn owner(&self, container: &ContainerId, path: &str) -> Result<Option<(u64, u64)>, EngineError> {
        let mut stream = Box::pin(self.folder_stream(container, path));
        let mut head = Vec::new();
        while head.len() < BLOCK {
            match stream.next().await {
                Some(Ok(piece)) => head.extend_from_slice(&piece),
                Some(Err(error)) if error.is_not_found() => return Ok(None),
                Some(Err(error)) => return Err(error),
                None => return Ok(None),
            }
        }
        // An owner that is too large a number for a plain header stands in one before it: such a one is not told.
        let header = tar::Header::from_byte_slice(head.get(..BLOCK).unwrap_or(&head));
        Ok(header.uid().ok().zip(header.gid().ok()).filter(|_| !header.entry_type().is_pax_local_extensions()))
    }

    /// Downloads `path` of a container as a tar, or nothing where it is not there.
    async fn download(&self, container: &ContainerId, path: &str, most: usize) -> Result<Option<Vec<u8>>, EngineError> {
        let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
        let mut stream = self.docker.download_from_container(container.as_str(), Some(options));
        let mut tar = Vec::new();
        while let Some(piece) = stream.next().await {
            match piece {
                Ok(piece) => tar.extend_from_slice(&piece),
                Err(error) => {
                    return match self.explain("read the file", path, error) {
                        error if error.is_not_found() => Ok(None),
                        error => Err(error),
                    };
                }
            }
            // A tar's own blocks are allowed for.
            if tar.len() > most + 16 * 1024 {
                return Err(EngineError::TooLarge { path: path.to_owned(), most });
            }
        }
        Ok(Some(tar))
    }
}

fn small_file(tar: &[u8]) -> Option<SmallFile> {
    let mut archive = tar::Archive::new(tar);
    let mut entry = archive.entries().ok()?.next()?.ok().filter(|entry| entry.header().entry_type().is_file())?;
    let header = entry.header();
    let (mode, owner) = (header.mode().ok()?, (header.uid().ok()?, header.gid().ok()?));
    let mut content = Vec::new();
    entry.read_to_end(&mut content).ok()?;
    Some(SmallFile { content, mode, owner })
}

enum Entry {
    File(Vec<u8>),
    Link(String),
    Other,
}

fn first_entry(tar: &[u8]) -> Option<Entry> {
    let mut archive = tar::Archive::new(tar);
    let mut entry = archive.entries().ok()?.next()?.ok()?;
    let kind = entry.header().entry_type();
    if kind.is_file() {
        let mut content = Vec::new();
        entry.read_to_end(&mut content).ok()?;
        Some(Entry::File(content))
    } else if kind.is_symlink() {
        Some(Entry::Link(entry.link_name().ok()??.to_string_lossy().into_owned()))
    } else {
        Some(Entry::Other)
    }
}

/// Returns where a link at `path` leads.
fn resolve(path: &str, target: &str) -> String {
    if target.starts_with('/') {
        return target.to_owned();
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{target}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_link_starts_at_its_own_folder() {
        assert_eq!(resolve("/etc/passwd", "../usr/etc/passwd"), "/etc/../usr/etc/passwd");
        assert_eq!(resolve("/etc/passwd", "/lib/passwd"), "/lib/passwd");
    }

    #[test]
    fn what_is_no_tar_is_no_entry() {
        assert!(first_entry(b"not a tar").is_none());
    }
}
