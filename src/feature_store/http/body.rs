//! What comes after the head of an answer: read as far as is allowed, and no longer than is waited for.

use bytes::Bytes;
use http_body_util::BodyExt;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout_at;

use super::{Answer, Problem};
use crate::feature_store::digest::{Digest, Hasher};

/// How much of an error's answer is read.
const EXPLANATION: u64 = 16 * 1024;

impl Answer {
    /// Reads a body of `limit` bytes at most.
    pub(in crate::feature_store) async fn bytes(mut self, limit: u64) -> Result<Vec<u8>, Problem> {
        let mut whole = Vec::new();
        while let Some(part) = self.part(whole.len() as u64, limit).await? {
            whole.extend_from_slice(&part);
        }
        Ok(whole)
    }

    /// Writes a body of `limit` bytes at most into a file. Returns its digest.
    pub(in crate::feature_store) async fn save(
        mut self,
        into: &NamedTempFile,
        mut hasher: Hasher,
        limit: u64,
    ) -> Result<Digest, Problem> {
        let disk = |source| Problem::disk("write", into.path())(source);
        let mut file = tokio::fs::File::from_std(into.as_file().try_clone().map_err(disk)?);
        let mut length = 0;
        while let Some(part) = self.part(length, limit).await? {
            length += part.len() as u64;
            hasher.update(&part);
            file.write_all(&part).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        Ok(hasher.finish())
    }

    /// Returns what a refusal says of itself, as far as it can be had.
    pub(in crate::feature_store) async fn explanation(mut self) -> Vec<u8> {
        let mut whole = Vec::new();
        while let Ok(Some(part)) = self.part(whole.len() as u64, EXPLANATION).await {
            whole.extend_from_slice(&part);
        }
        whole
    }

    /// Returns the next part of the body; nothing where it has ended.
    async fn part(&mut self, before: u64, limit: u64) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = match timeout_at(self.deadline.next(), self.body.frame()).await {
                Err(_) => return Err(self.deadline.passed(&self.request)),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => {
                    let (request, cause) = (self.request.clone(), format!("it broke off: {error}"));
                    return Err(Problem::Unreachable { request, cause });
                }
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(part) = frame.into_data() else { continue };
            if before + part.len() as u64 > limit {
                let reason = format!("it is larger than {limit} bytes");
                return Err(Problem::Answer { request: self.request.clone(), reason });
            }
            return Ok(Some(part));
        }
    }
}
