//! GitHub's registries of packages that are no images: of npm, Maven, `NuGet`, `RubyGems`.

use super::frame::Refusal;
use super::output::Output;
use super::{Failed, diagnosis};
use crate::journal::Diagnosis;

/// What all their hosts end with.
const DOMAIN: &str = ".pkg.github.com";

/// Returns the line that tells that one of them refused, and what to do.
pub(super) fn refused(failed: &Failed<'_>, output: &Output) -> Option<(usize, Diagnosis)> {
    let (at, (host, refusal)) = output.last(|at, line| {
        let host = host(line)?;
        // `NuGet` says the reason on the next line.
        let refusal = reason(line).or_else(|| reason(output.line(at + 1)))?;
        Some((host.to_owned(), refusal))
    })?;
    let about = |line: &str| line.contains(&host) || reason(line).is_some();
    output.is_cause(at, about).then(|| (at, explain(failed, &host, refusal)))
}

/// Returns the host of GitHub Packages that a line names. `docker.pkg.github.com` has images.
fn host(line: &str) -> Option<&str> {
    let end = line.find(DOMAIN)? + DOMAIN.len();
    let before = line.get(..end)?;
    let start =
        before.rfind(|one: char| !one.is_ascii_alphanumeric() && one != '.' && one != '-').map_or(0, |at| at + 1);
    before.get(start..).filter(|host| *host != "docker.pkg.github.com" && host.len() > DOMAIN.len())
}

fn reason(line: &str) -> Option<Refusal> {
    let lower = line.to_ascii_lowercase();
    let no_token = ["token not provided", "401", "authentication is required", "e401", "authentication failed"];
    let bad_token = ["cannot be authenticated", "bad username or password"];
    let may_not = ["permission_denied", "403", "does not match expected scopes", "e403"];
    let says = |texts: &[&str]| texts.iter().any(|text| lower.contains(text));
    if says(&bad_token) {
        Some(Refusal::BadCredential)
    } else if says(&may_not) {
        Some(Refusal::NoPermission)
    } else if says(&no_token) {
        Some(Refusal::NoLogin)
    } else {
        None
    }
}

fn explain(failed: &Failed<'_>, host: &str, refusal: Refusal) -> Diagnosis {
    let phase = failed.phase;
    let (message, advice) = if refusal == Refusal::NoPermission {
        (
            format!("{phase} asked {host} for a package, and its token may not read it"),
            "give the token read:packages, and the repository access in the package's settings (\"Manage Codespaces access\")"
                .to_owned(),
        )
    } else {
        let why = if refusal == Refusal::BadCredential {
            "refused its token"
        } else {
            "gives nothing without a token, not even public packages"
        };
        let npm = if host.starts_with("npm.") {
            " (in .npmrc, `//npm.pkg.github.com/:_authToken=${GITHUB_TOKEN}`)"
        } else {
            ""
        };
        (
            format!("{phase} asked {host} for a package: it {why}"),
            format!(
                "the codespace's own GITHUB_TOKEN is such a token{npm}, on GitHub and in a hub; else put a personal access token (classic) with read:packages into a secret, and use that"
            ),
        )
    };
    diagnosis(failed, "github-packages-refused", message, advice)
}
