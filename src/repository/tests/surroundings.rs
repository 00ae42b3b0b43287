//! What the user's git is set to, and what the user calls us from.

use super::*;

/// Sets everything that could change a file or run a program.
fn set_up(place: &Place) {
    for hook in
        ["pre-commit", "post-checkout", "post-commit", "post-index-change", "reference-transaction", "fsmonitor"]
    {
        place.trap(&format!("home/hooks/{hook}"));
        place.trap(&format!("home/template/hooks/{hook}"));
    }
    let (home, trap) = (place.path("home").display().to_string(), place.trap("home/trap"));
    let settings = format!(
        "[core]\n\thooksPath = {home}/hooks\n\tautocrlf = true\n\tfsmonitor = {trap}\n\tattributesFile = {home}/attributes\n\
         [init]\n\ttemplateDir = {home}/template\n\tdefaultBranch = trunk\n\
         [clone]\n\tdefaultRemoteName = upstream\n\trejectShallow = true\n\
         [commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[gpg]\n\tprogram = {trap}\n\
         [filter \"lfs\"]\n\tsmudge = {trap}\n\tclean = {trap}\n\trequired = true\n\
         [user]\n\tname = Private Person\n\temail = private@example.com\n"
    );
    place.write("home/.gitconfig", &settings);
    place.write("home/system.gitconfig", &settings);
    place.write("home/attributes", "a eol=crlf\n");
    place.write("home/.config/git/attributes", "a eol=crlf\n");
}

/// Returns the texts of all files in a clone that have this one in them.
fn holding(checkout: &Checkout, text: &str) -> String {
    let found = Command::new("grep").args(["-raF", text]).arg(checkout.path()).output().expect("grep runs");
    String::from_utf8_lossy(&found.stdout).into_owned()
}

#[tokio::test]
async fn nothing_of_the_users_git_runs_or_changes_a_file() {
    let place = Place::new();
    let app = place.repository("app");
    place.write("app/.gitattributes", "*.bin filter=lfs\n");
    place.write("app/x.bin", "version https://git-lfs.github.com/spec/v1\n");
    place.write("app/sub/.gitattributes", "*.bin filter=lfs\n");
    place.write("app/sub/x.bin", "pointer\n");
    place.write("app/sub/a", "one\n");
    place.commit("app");
    set_up(&place);
    let url = format!("file://{}", app.display());
    let app = app.display().to_string();
    let sub = format!("{app}/sub");
    let tree = Wanted { content: Content::WorkingTree, ..wanted(None) };
    for (source, wanted) in [
        (&app, wanted(None)),
        (&app, wanted(Some("HEAD~1"))),
        (&url, wanted(None)),
        (&url, wanted(Some("main"))),
        (&sub, wanted(None)),
        (&app, tree.clone()),
        (&sub, tree),
    ] {
        let what = format!("{source} {wanted:?}");
        let is_committed = wanted.content == Content::Committed;
        let checkout = place.clone(source, wanted).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(read(&checkout, "a"), "one\n", "{what}");
        assert_eq!(status(&checkout), "", "{what}");
        assert_eq!(place.ran(), "", "{what}");
        // Tools write their hooks there, and find the folder in every repository.
        let hooks = std::fs::read_dir(checkout.path().join(".git/hooks")).expect("a folder");
        assert_eq!(hooks.count(), 0, "{what}");
        assert_eq!(holding(&checkout, "private@example.com"), "", "{what}");
        let remotes = git_in(checkout.path(), &["remote"]);
        assert_eq!(remotes, if *source == sub { "" } else { "origin" }, "{what}");
        let lfs = checkout.notes.iter().any(|note| note.contains("Git LFS"));
        assert_eq!(lfs, is_committed && checkout.path().join("x.bin").exists(), "{what}");
    }
}

#[tokio::test]
async fn a_hook_of_git_that_calls_us_leads_nowhere_else() {
    let place = Place::new();
    place.repository("app");
    place.repository("other");
    let other = place.path("other");
    Place::set("GIT_DIR", &other.join(".git").display().to_string());
    Place::set("GIT_WORK_TREE", &other.display().to_string());
    Place::set("GIT_INDEX_FILE", &other.join(".git/index").display().to_string());
    Place::set("GIT_OBJECT_DIRECTORY", &other.join(".git/objects").display().to_string());
    Place::set("GIT_NAMESPACE", "elsewhere");
    assert_eq!(read(&place.committed("app").await, "a"), "one\n");
    assert_eq!(read(&place.as_it_lies("app").await, "a"), "one\n");
    place.write("app/sub/f", "x");
    assert_eq!(read(&place.as_it_lies("app/sub").await, "f"), "x");
    assert_eq!(git_in(&other, &["status", "--porcelain"]), "");
}
