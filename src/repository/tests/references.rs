//! `--ref`: what it may name, of a repository on this machine and elsewhere.

use super::*;

/// Makes a repository with branches, tags and history; returns the hashes of its three commits on `main`.
fn history(place: &Place) -> [String; 3] {
    place.repository("app");
    let first = place.git("app", &["rev-parse", "HEAD"]);
    place.git("app", &["tag", "v1"]);
    place.git("app", &["tag", "-a", "-m", "annotated", "v1.0"]);
    place.write("app/a", "two\n");
    let second = place.commit("app");
    place.git("app", &["branch", "feature/login"]);
    place.git("app", &["branch", "both", "HEAD~1"]);
    place.git("app", &["tag", "both"]);
    place.write("app/a", "three\n");
    let third = place.commit("app");
    [first, second, third]
}

#[tokio::test]
async fn a_reference_is_whatever_git_takes_for_one() {
    let place = Place::new();
    let [first, second, third] = history(&place);
    let app = place.path("app").display().to_string();
    for source in [app.clone(), format!("file://{app}")] {
        for (asked, commit, branch) in [
            (None, &third, Some("main")),
            (Some("HEAD"), &third, Some("main")),
            (Some("main"), &third, Some("main")),
            (Some("feature/login"), &second, Some("feature/login")),
            (Some("refs/heads/feature/login"), &second, Some("feature/login")),
            (Some("both"), &first, Some("both")),
            (Some("v1"), &first, None),
            (Some("v1.0"), &first, None),
            (Some("refs/tags/v1.0"), &first, None),
            (Some("HEAD~1"), &second, None),
            (Some("feature/login~1"), &first, None),
            (Some(second.as_str()), &second, None),
            (Some(&second[..8]), &second, None),
        ] {
            let what = format!("{source} {asked:?}");
            let checkout = place.clone(&source, wanted(asked)).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(checkout.commit.as_ref(), Some(commit), "{what}");
            assert_eq!(checkout.reference.as_deref(), branch.or(asked), "{what}");
            assert_eq!(status(&checkout), "", "{what}");
            let head = git_in(checkout.path(), &["branch", "--show-current"]);
            assert_eq!(head, branch.unwrap_or_default(), "{what}");
            assert_eq!(git_in(checkout.path(), &["tag"]), "both\nv1\nv1.0", "{what}");
            if let Some(branch) = branch {
                let upstream = git_in(checkout.path(), &["rev-parse", "--abbrev-ref", "@{upstream}"]);
                assert_eq!(upstream, format!("origin/{branch}"), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_reference_that_is_not_there_is_named_with_those_that_are() {
    let place = Place::new();
    history(&place);
    for number in 0..20 {
        place.git("app", &["branch", &format!("old-{number}"), "main"]);
    }
    let app = place.path("app").display().to_string();
    for source in [app.clone(), format!("file://{app}")] {
        let (message, hint) = refused(place.clone(&source, wanted(Some("mian"))).await);
        assert_eq!(message, format!("{source} has no branch, tag or commit `mian`"));
        assert!(hint.starts_with("it has main, "), "{hint}");
        assert_eq!(hint.split(", ").count(), 10, "{hint}");
        let (_, hint) = refused(place.clone(&source, wanted(Some("login"))).await);
        assert!(hint.starts_with("it has feature/login, "), "{hint}");
        let zeros = "0".repeat(40);
        assert!(refused(place.clone(&source, wanted(Some(&zeros))).await).0.contains(&zeros));
        // A file is no commit.
        let blob = place.git("app", &["rev-parse", "HEAD:a"]);
        assert!(refused(place.clone(&source, wanted(Some(&blob))).await).0.contains("no branch, tag or commit"));
    }
    for asked in ["-x", "--help", "--upload-pack=touch /tmp/x", ""] {
        let (message, hint) = refused(place.clone(&app, wanted(Some(asked))).await);
        assert_eq!(message, format!("`{asked}` is no branch, tag or commit"));
        assert!(hint.contains("begins with `-`"), "{hint}");
    }
}

#[tokio::test]
async fn a_branch_that_was_only_fetched_is_a_branch() {
    let place = Place::new();
    let [_, second, _] = history(&place);
    place.git("", &["clone", "-q", "app", "mine"]);
    let mine = place.path("mine").display().to_string();
    let checkout = place.clone(&mine, wanted(Some("feature/login"))).await.expect("cloned");
    assert_eq!((checkout.commit, checkout.reference.as_deref()), (Some(second), Some("feature/login")));
}

#[tokio::test]
async fn a_commit_on_no_branch_is_found() {
    let place = Place::new();
    place.repository("app");
    let pull = place.commit("app");
    place.git("app", &["update-ref", "refs/pull/1/head", &pull]);
    place.git("app", &["reset", "-q", "--hard", "HEAD~1"]);
    let app = place.path("app").display().to_string();
    for (source, asked) in [
        (app.clone(), pull.as_str()),
        (app.clone(), "refs/pull/1/head"),
        (format!("file://{app}"), &pull),
        (format!("file://{app}"), "refs/pull/1/head"),
    ] {
        let checkout = place.clone(&source, wanted(Some(asked))).await.expect("cloned");
        assert_eq!(checkout.commit.as_ref(), Some(&pull), "{source} {asked}");
    }
    // Of a shallow repository git sends what it is asked for, and copies nothing.
    place.git("", &["clone", "-q", "--depth=1", &format!("file://{app}"), "shallow"]);
    let unreachable = place.commit("shallow");
    place.git("shallow", &["reset", "-q", "--hard", "HEAD~1"]);
    let checkout = place.clone(&place.path("shallow").display().to_string(), wanted(Some(&unreachable))).await;
    assert_eq!(checkout.expect("cloned").commit, Some(unreachable));
}
