//! Features in tarballs at addresses.

use http::StatusCode;
use http::header::HeaderValue;
use tempfile::NamedTempFile;
use url::{Host, Url};

use super::archive::Members;
use super::digest::{Digest, Hasher, InvalidDigest};
use super::error::{ExpectedBy, Problem};
use super::explain::Explained;
use super::http::{Client, Request};
use super::surroundings::Surroundings;
use super::{Content, FeatureStore, Found, address, local};
use crate::devcontainer::feature::{Source, TarballFeature};

impl FeatureStore {
    /// Finds a Feature in its tarball: not asked for where a lockfile names its digest, and it is there.
    pub(super) async fn find_tarball(
        &self,
        feature: &TarballFeature,
        locked: Option<&Digest>,
    ) -> Result<Found, Problem> {
        let (url, mut notes) = (&feature.url, Vec::new());
        let kept = match locked {
            Some(digest) => self.open(digest).await?.map(|file| (digest.clone(), file)),
            None => None,
        };
        let (digest, content) = match kept {
            Some((digest, file)) => (digest, self.unpack(file, Members::WithoutHidden, url.clone()).await?),
            None => match (self.download(url, locked).await, locked) {
                (Ok(fetched), _) => fetched,
                (Err(problem), None) if problem.is_passing() => {
                    let digest = self.known.get(url).ok_or(problem)?;
                    notes.push(format!("{url} cannot be reached: it is taken as it was, {digest}"));
                    let content = self.tarball_content(feature, &digest.to_string()).await?;
                    (digest, content)
                }
                (Err(problem), _) => return Err(problem),
            },
        };
        let metadata = local::metadata(content.path(), url)?;
        self.known.put(url, &digest)?;
        let source = Source::Tarball { feature: feature.clone(), digest: digest.to_string() };
        Ok(Found { source, metadata, notes })
    }

    /// Gets the files of a tarball that was found.
    pub(super) async fn tarball_content(&self, feature: &TarballFeature, digest: &str) -> Result<Content, Problem> {
        let digest: Digest = digest.parse().map_err(|error: InvalidDigest| Problem::Archive {
            subject: feature.url.clone(),
            reason: error.to_string(),
        })?;
        match self.open(&digest).await? {
            Some(file) => self.unpack(file, Members::WithoutHidden, feature.url.clone()).await,
            None => Ok(self.download(&feature.url, Some(&digest)).await?.1),
        }
    }

    async fn download(&self, url: &str, expected: Option<&Digest>) -> Result<(Digest, Content), Problem> {
        let file = self.blobs.new_file()?;
        let hasher = expected.map_or_else(Hasher::default, Digest::hasher);
        let digest = fetch(self.client().await?, &self.around, url, (&file, hasher)).await?;
        if let Some(expected) = expected.filter(|expected| **expected != digest) {
            let (subject, expected, by) = (url.to_owned(), expected.clone(), ExpectedBy::Lockfile);
            return Err(Problem::Digest { subject, actual: digest, expected, by });
        }
        let content = self.keep_and_unpack(&digest, file, Members::WithoutHidden, url.to_owned()).await?;
        Ok((digest, content))
    }
}

/// Gets the tarball at `url` into a file. Returns its digest.
async fn fetch(
    client: &Client,
    around: &Surroundings,
    url: &str,
    (into, hasher): (&NamedTempFile, Hasher),
) -> Result<Digest, Problem> {
    let asked = || format!("GET {url}");
    let url = address::checked(url).map_err(|reason| Problem::Answer { request: asked(), reason })?;
    let login = login(around, &url);
    let authorization = login.as_ref();
    let request = Request { url, accept: None, authorization, form: None, within: around.limits.large };
    let answer = client.send(request).await?;
    match answer.status {
        StatusCode::OK => answer.save(into, hasher, around.limits.layer).await,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let Explained { request, status, text: answer } = Explained::read(answer).await;
            let asked = if login.is_some() { "with GITHUB_TOKEN" } else { "without a login" };
            let hint =
                "only tarballs of github.com are asked for with a login, GITHUB_TOKEN; a registry takes any".to_owned();
            Err(Problem::Refused { request, status, answer, asked: asked.to_owned(), hint })
        }
        _ => Err(Explained::read(answer).await.problem()),
    }
}

/// GitHub gets its own token, and nobody else does.
fn login(around: &Surroundings, url: &Url) -> Option<HeaderValue> {
    let is_github = matches!(url.host(), Some(Host::Domain("github.com" | "api.github.com"))) && url.port().is_none();
    let token = around.github_token.as_ref().filter(|_| is_github)?;
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Secret;

    #[test]
    fn only_github_gets_githubs_token() {
        let around = Surroundings { github_token: Some(Secret::new("t".to_owned())), ..Surroundings::default() };
        for (url, expected) in [
            ("https://github.com/a/b/releases/download/c/devcontainer-feature-x.tgz", true),
            ("https://api.github.com/x", true),
            ("https://github.com:444/x", false),
            ("https://github.com.evil.example/x", false),
            ("https://objects.githubusercontent.com/x", false),
            ("http://localhost/github.com", false),
        ] {
            assert_eq!(login(&around, &address::checked(url).expect("an address")).is_some(), expected, "{url}");
        }
    }
}
