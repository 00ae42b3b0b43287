//! Which commit of a repository a codespace is made from, and that every file comes through as it is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Sandbox, commit, docker};

const CONFIG: &str = r#"{"image": "busybox:1"}"#;

/// Runs git in a folder and returns what it printed.
#[track_caller]
fn git(folder: &Path, args: &[&str]) -> String {
    let author = ["-c", "user.name=t", "-c", "user.email=t@localhost"];
    let output = Command::new("git").arg("-C").arg(folder).args(author).args(args).output().expect("git runs");
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Adds a commit that says in a file what it is.
fn add(folder: &Path, what: &str) -> String {
    std::fs::write(folder.join("file"), what).expect("written");
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", what]);
    git(folder, &["rev-parse", "HEAD"])
}

/// Makes a repository: `main` on `newest`, the tag `v1` and the branch `other` before it.
fn history(sandbox: &Sandbox) -> (std::path::PathBuf, String) {
    let folder = sandbox.repository("r", CONFIG);
    let old = add(&folder, "old");
    add(&folder, "tagged");
    git(&folder, &["tag", "-a", "v1", "-m", "v1"]);
    git(&folder, &["checkout", "-q", "-b", "feature/other"]);
    add(&folder, "other");
    git(&folder, &["checkout", "-q", "main"]);
    add(&folder, "newest");
    (folder, old)
}

#[test]
fn a_ref_is_a_branch_a_tag_or_a_commit() {
    let sandbox = Sandbox::new();
    let (folder, old) = history(&sandbox);
    for (at, (reference, content, branch)) in [
        (None, "newest", "main"),
        (Some("feature/other"), "other", "feature/other"),
        (Some("v1"), "tagged", "v1"),
        (Some(old.as_str()), "old", old.as_str()),
        (Some(&old[..8]), "old", &old[..8]),
    ]
    .into_iter()
    .enumerate()
    {
        let name = sandbox.name(&format!("ref{at}"));
        let more = reference.map_or(vec![], |reference| vec!["--ref", reference]);
        let _up = sandbox.up(&folder, &name, &more).expect(0);
        assert_eq!(sandbox.inside(&name, "cat file"), content);
        let status = sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["gitStatus"].clone();
        assert_eq!(status["ref"], branch, "{reference:?}");
        assert_eq!(
            status["commit"],
            git(&folder, &["rev-parse", &format!("{}^{{commit}}", reference.unwrap_or("HEAD"))])
        );
    }
    let unknown = sandbox.up(&folder, &sandbox.name("unknown"), &["--ref", "no-such-ref"]).expect(2);
    assert!(unknown.stderr.contains("no-such-ref"), "{}", unknown.stderr);
    let option = sandbox.up(&folder, &sandbox.name("option"), &["--ref=--orphan"]).expect(2);
    assert!(option.stderr.contains("--orphan"), "{}", option.stderr);
}

#[test]
fn flags_that_change_nothing_of_a_codespace_that_is_there_say_so() {
    let sandbox = Sandbox::new();
    let (folder, old) = history(&sandbox);
    std::fs::create_dir_all(folder.join(".devcontainer/second")).expect("made");
    std::fs::write(folder.join(".devcontainer/second/devcontainer.json"), CONFIG).expect("written");
    add(&folder, "two configurations");
    let name = sandbox.name("there");
    let first = ".devcontainer/devcontainer.json";
    let _up = sandbox.up(&folder, &name, &["--config", first]).expect(0);
    let said = |more: &[&str]| {
        let up = sandbox.up(&folder, &name, more).expect(0);
        let line = up.stderr.lines().find(|line| line.contains("changes nothing")).unwrap_or_default().to_owned();
        assert_eq!(up.phases(), "--+------", "{more:?}");
        line
    };
    for (more, flags) in [
        (&["--ref", "feature/other"][..], "--ref"),
        (&["--ref", &old], "--ref"),
        (&["--config", ".devcontainer/second/devcontainer.json"], "--config"),
        (
            &["--working-tree", "--user", "hubot", "--repository", "acme/app"],
            "--user and --repository and --working-tree",
        ),
    ] {
        let line = said(more);
        assert!(line.contains(&format!("{flags} changes nothing of {name}")), "{more:?}: {line}");
    }
    let newest = git(&folder, &["rev-parse", "HEAD"]);
    for more in [
        &["--ref", "main"][..],
        &["--ref", &newest],
        &["--config", first],
        &["--config", "./.devcontainer/devcontainer.json"],
        &[],
    ] {
        assert_eq!(said(more), "", "{more:?}");
    }
    assert_eq!(sandbox.inside(&name, "cat file"), "two configurations");
}

#[test]
fn a_detached_head_is_what_it_points_at() {
    let sandbox = Sandbox::new();
    let (folder, old) = history(&sandbox);
    git(&folder, &["checkout", "-q", "--detach", &old]);
    let name = sandbox.name("detached");
    let _up = sandbox.up(&folder, &name, &[]).expect(0);
    assert_eq!(sandbox.inside(&name, "cat file"), "old");
    assert_eq!(sandbox.run(&["view", "-c", &name, "--json"]).expect(0).json()["gitStatus"]["commit"], old);
}

#[test]
fn a_repository_without_a_commit_is_said_and_its_working_tree_can_be_taken() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("empty");
    std::fs::create_dir_all(folder.join(".devcontainer")).expect("made");
    std::fs::write(folder.join(".devcontainer/devcontainer.json"), CONFIG).expect("written");
    git(&folder, &["init", "-q", "-b", "main"]);
    let name = sandbox.name("empty");
    let up = sandbox.up(&folder, &name, &[]).expect(2);
    assert!(up.stderr.contains("has no commit yet") && up.stderr.contains("--working-tree"), "{}", up.stderr);
    let _up = sandbox.up(&folder, &name, &["--working-tree"]).expect(0);
    assert_eq!(sandbox.inside(&name, "ls .devcontainer"), "devcontainer.json\n");
}

#[test]
fn names_that_are_no_text_links_and_execute_bits_come_through() {
    let sandbox = Sandbox::new();
    let config = r#"{"image": "mcr.microsoft.com/devcontainers/base:trixie", "remoteUser": "vscode"}"#;
    let folder = sandbox.repository("r", config);
    let write = |name: &[u8], mode: u32| {
        let path = folder.join(OsStr::from_bytes(name));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, name).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    write(b"caf\xe9/\xff\xfe", 0o644);
    write(b"new\nline", 0o755);
    write(b"-rf", 0o644);
    write(" spaces and 'quotes' \"\\".as_bytes(), 0o755);
    write(&[b"deep/".repeat(30), b"x".repeat(200)].concat(), 0o644);
    for (link, target) in
        [("link", "-rf"), ("dangling", "nowhere/at all"), ("up", "../../../etc/passwd"), ("folder", "caf\u{e9}")]
    {
        symlink(target, folder.join(link)).expect("linked");
    }
    symlink(OsStr::from_bytes(b"caf\xe9/\xff\xfe"), folder.join("bytes")).expect("linked");
    commit(&folder);
    for (name, more) in [("committed", &[][..]), ("tree", &["--working-tree"])] {
        let name = sandbox.name(name);
        let _up = sandbox.up(&folder, &name, more).expect(0);
        // Git compares names, contents, links and execute bits with the commit.
        assert_eq!(sandbox.inside(&name, "git status --porcelain; git log --format=%s"), "one\none\n");
        let head = git(&folder, &["rev-parse", "HEAD^{tree}"]);
        assert_eq!(sandbox.inside(&name, "git add -A && git write-tree"), format!("{head}\n"));
        // They lie on the volume, which outlives the container.
        let label = format!("label=localspace.codespace={name}");
        let volume = docker(&["volume", "ls", "-q", "--filter", &label]).expect(0).stdout;
        let mount = format!("{}:/kept", volume.trim());
        let kept = docker(&["run", "--rm", "-v", &mount, "busybox:1", "readlink", "/kept/r/link"]).expect(0);
        assert_eq!(kept.stdout, "-rf\n");
        assert_eq!(
            sandbox.inside(
                &name,
                "readlink up; find . ! -user vscode | wc -l; test -x \"$(printf 'new\\nline')\" && echo x"
            ),
            "../../../etc/passwd\n0\nx\n"
        );
    }
}
