//! A clone goes into a tar as git takes it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};

use futures_util::StreamExt;
use tempfile::TempDir;

use super::*;

fn owner() -> RemoteUser {
    RemoteUser {
        name: "mona".to_owned(),
        group: None,
        uid: 3_000_000,
        gid: 1000,
        home: "/home/mona".to_owned(),
        shell: "/bin/sh".to_owned(),
    }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clone = folder.path().join("clone");
    fs::create_dir(&clone).expect("made");
    (folder, clone)
}

/// Reads a stream to its end.
async fn bytes(stream: impl Stream<Item = Result<Bytes>>) -> Result<Vec<u8>> {
    let chunks: Vec<Result<Bytes>> = stream.collect().await;
    Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// Runs a program on a tar, and returns what it printed.
fn tar(folder: &Path, words: &[&str], archive: &[u8]) -> String {
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(folder).args(words).env("LC_ALL", "C").env("TZ", "UTC");
    let mut child = tar.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("tar runs");
    child.stdin.take().expect("a pipe").write_all(archive).expect("written");
    let output = child.wait_with_output().expect("tar ends");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn everything_that_git_knows_comes_through() {
    let (around, clone) = folder();
    let long = "d".repeat(90);
    fs::create_dir_all(clone.join(&long).join(&long)).expect("made");
    let names = [&b"c\xffd"[..], b"new\nline", b"plain"].map(OsStr::from_bytes);
    let deep = Path::new(&long).join(&long).join(OsStr::from_bytes(&[b"\xfe".repeat(120), b"x".to_vec()].concat()));
    for name in names.iter().map(Path::new).chain([deep.as_path()]) {
        fs::write(clone.join(name), name.as_os_str().as_bytes()).expect("written");
    }
    let targets = ["./plain", "a//b/", "/absolute/", "..", &"t/".repeat(100), &"x".repeat(100), &"x".repeat(101)];
    for (number, target) in targets.iter().enumerate() {
        symlink(target, clone.join(format!("link{number}"))).expect("linked");
    }
    for mode in [0o755, 0o600, 0o444, 0o700] {
        let path = clone.join(format!("mode{mode:o}"));
        fs::write(&path, "").expect("written");
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("set");
    }
    fs::create_dir(clone.join("private")).expect("made");
    fs::set_permissions(clone.join("private"), PermissionsExt::from_mode(0o700)).expect("set");
    fs::set_permissions(&clone, PermissionsExt::from_mode(0o700)).expect("set");
    let time = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000));
    fs::File::options().write(true).open(clone.join("plain")).and_then(|file| file.set_times(time)).expect("set");
    let sparse = fs::File::create(clone.join("sparse")).expect("made");
    sparse.set_len(3_000_000).expect("long");

    let (stream, told) = pack(Vec::new(), Some((clone.clone(), "app".to_owned())), &owner());
    let archive = bytes(stream).await.expect("a whole tar");
    assert!(told.await.expect("told").expect("packed").is_empty());
    let unpacked = around.path().join("unpacked");
    fs::create_dir(&unpacked).expect("made");
    tar(&unpacked, &["-xp", "--no-same-owner", "-f", "-"], &archive);
    let app = unpacked.join("app");
    for name in names.iter().map(Path::new).chain([deep.as_path()]) {
        assert_eq!(fs::read(app.join(name)).expect("there"), name.as_os_str().as_bytes(), "{name:?}");
    }
    for (number, target) in targets.iter().enumerate() {
        let there = app.join(format!("link{number}")).read_link().expect("a link");
        assert_eq!(there.as_os_str(), OsStr::new(target));
    }
    let mode = |path: &Path| path.metadata().expect("there").mode() & 0o777;
    for expected in [0o755, 0o600, 0o444, 0o700] {
        assert_eq!(mode(&app.join(format!("mode{expected:o}"))), expected);
    }
    assert_eq!((mode(&app), mode(&app.join("private"))), (0o755, 0o700));
    assert_eq!(app.join("plain").metadata().expect("there").mtime(), 1_000_000);
    assert!(fs::read(app.join("sparse")).expect("there") == vec![0; 3_000_000]);
    let listed = tar(&unpacked, &["-tv", "--numeric-owner", "-f", "-"], &archive);
    assert!(listed.lines().all(|line| line.contains(" 3000000/1000 ")), "{listed}");
}

#[tokio::test]
async fn what_is_no_file_is_left_out_and_told() {
    let (_around, clone) = folder();
    let _socket = std::os::unix::net::UnixListener::bind(clone.join("socket")).expect("bound");
    assert!(Command::new("mkfifo").arg(clone.join("pipe")).status().expect("runs").success());
    let (stream, told) = pack(Vec::new(), Some((clone, "app".to_owned())), &owner());
    let archive = bytes(stream).await.expect("a whole tar");
    assert_eq!(tar(Path::new("/"), &["-t", "-f", "-"], &archive), "app\n");
    assert_eq!(told.await.expect("told").expect("packed"), [Path::new("app/pipe"), Path::new("app/socket")]);
}

/// Changes the clone while the first file, larger than what waits to be sent, is on its way.
async fn changed(change: impl FnOnce(&Path)) -> String {
    let (_around, clone) = folder();
    fs::write(clone.join("a"), vec![1; CHUNK * (WAITING + 20)]).expect("written");
    fs::write(clone.join("b"), "second").expect("written");
    let (mut stream, told) = pack(Vec::new(), Some((clone.clone(), "app".to_owned())), &owner());
    let first = stream.next().await.expect("a chunk").expect("read");
    assert!(!first.is_empty());
    change(&clone);
    let error = bytes(stream).await.expect_err("no whole tar").to_string();
    assert_eq!(told.await.expect("told").expect_err("not packed").to_string(), error);
    error
}

#[tokio::test]
async fn a_clone_that_changes_meanwhile_is_an_error_and_no_shorter_tar() {
    let shrunk = changed(|clone| drop(fs::File::create(clone.join("a")).expect("emptied"))).await;
    assert_eq!(shrunk, "app/a: it became shorter while it was read");
    let gone = changed(|clone| fs::remove_file(clone.join("b")).expect("removed")).await;
    assert_eq!(gone, "app/b: No such file or directory (os error 2)");
}

#[tokio::test]
async fn a_context_has_what_is_not_left_out_and_what_is_added() {
    let (_around, clone) = folder();
    fs::create_dir_all(clone.join("out/deep")).expect("made");
    fs::create_dir_all(clone.join("src")).expect("made");
    for name in ["Dockerfile", "src/a.rs", "out/a", "out/deep/kept", "x.log"] {
        fs::write(clone.join(name), name).expect("written");
    }
    let ignore = DockerIgnore::read("out\n!out/deep\n*.log\n").expect("read");
    let more = vec![(PathBuf::from("Dockerfile"), b"another".to_vec())];
    let (stream, told) = Tar::of_context(clone, ignore, more).stream();
    let archive = bytes(stream).await.expect("a whole tar");
    assert!(told.await.expect("told").is_ok());
    let listed = tar(Path::new("/"), &["-tv", "--numeric-owner", "-f", "-"], &archive);
    let names: Vec<_> = listed.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(names, ["Dockerfile", "out/deep", "out/deep/kept", "src", "src/a.rs"]);
    assert!(listed.lines().all(|line| line.contains(" 0/0 ")), "{listed}");
    assert!(listed.contains(" 7 "), "{listed}");
}

#[tokio::test]
async fn a_file_that_grows_is_as_long_as_it_was() {
    let (_around, clone) = folder();
    fs::write(clone.join("a"), vec![1; CHUNK * (WAITING + 20)]).expect("written");
    let (mut stream, told) = pack(Vec::new(), Some((clone.clone(), "app".to_owned())), &owner());
    let first = stream.next().await.expect("a chunk").expect("read");
    let mut file = fs::OpenOptions::new().append(true).open(clone.join("a")).expect("opened");
    file.write_all(&[2; 1000]).expect("written");
    let archive = [first.to_vec(), bytes(stream).await.expect("a whole tar")].concat();
    assert!(told.await.expect("told").is_ok());
    assert!(tar(Path::new("/"), &["-tv", "-f", "-"], &archive).contains(&format!(" {} ", CHUNK * (WAITING + 20))));
}

#[tokio::test]
async fn a_reader_that_goes_ends_the_packing() {
    let (_around, clone) = folder();
    fs::write(clone.join("a"), vec![1; CHUNK * (WAITING + 20)]).expect("written");
    let (stream, told) = pack(Vec::new(), Some((clone, "app".to_owned())), &owner());
    drop(stream);
    assert_eq!(told.await.expect("told").expect_err("not packed").kind(), ErrorKind::BrokenPipe);
}
