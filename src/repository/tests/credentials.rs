//! A login in a URL: used for the clone, and kept nowhere.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use base64::Engine as _;

use super::super::address::split;
use super::super::git::Git;
use super::*;

/// Serves a bare repository over HTTP to who logs in so; returns its port.
fn serve(folder: PathBuf, login: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(login));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A reader that goes has what it wanted.
            let _answered = answer(stream, &folder, &expected);
        }
    });
    port
}

fn answer(mut stream: TcpStream, folder: &Path, expected: &str) -> std::io::Result<()> {
    let lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let path = head.first().and_then(|request| request.split([' ', '?']).nth(1)).unwrap_or_default();
    let body = std::fs::read(folder.join(path.trim_start_matches("/acme/app.git/")));
    let (status, body) = match body {
        _ if !head.iter().any(|line| line.eq_ignore_ascii_case(&format!("authorization: {expected}"))) => {
            ("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"", Vec::new())
        }
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body)
}

fn bare(place: &Place) -> PathBuf {
    place.repository("app");
    place.git("", &["clone", "-q", "--bare", "app", "app.git"]);
    place.git("app.git", &["repack", "-q", "-a", "-d"]);
    place.git("app.git", &["update-server-info"]);
    place.path("app.git")
}

fn holds(folder: &Path, text: &str) -> bool {
    Command::new("grep").args(["-rqaF", text]).arg(folder).status().expect("grep runs").success()
}

#[tokio::test]
async fn a_login_of_a_url_is_used_and_kept_nowhere() {
    let place = Place::new();
    let folder = bare(&place);
    for (login, meant) in [("mona:ghp_s3cret%2f", "mona:ghp_s3cret/"), ("ghp_s3cret", "ghp_s3cret:")] {
        let port = serve(folder.clone(), meant);
        let url = format!("http://{login}@127.0.0.1:{port}/acme/app.git");
        let source = locate(&url).expect("an address");
        assert_eq!(source.location, format!("http://127.0.0.1:{port}/acme/app.git"));
        let checkout = check_out(&source, &wanted(None), &place.path("state")).await.expect("cloned");
        assert_eq!(read(&checkout, "a"), "one\n");
        assert_eq!(git_in(checkout.path(), &["config", "remote.origin.url"]), source.location);
        assert_eq!(checkout.name.to_string(), "acme/app");
        assert!(!holds(&place.path("state"), "s3cret"));
        assert!(!format!("{source:?} {checkout:?}").contains("s3cret"));
        let process = Git::users(Path::new("/")).login(&split(&url).1.expect("a login"));
        assert!(!format!("{:?}", process.words()).contains("s3cret"));
    }
}

#[tokio::test]
async fn a_refused_login_is_not_shown() {
    let place = Place::new();
    let port = serve(bare(&place), "mona:other");
    for login in ["mona:ghp_s3cret", "ghp_s3cret"] {
        let url = format!("http://{login}@127.0.0.1:{port}/acme/app.git");
        let (message, hint) = refused(place.clone(&url, wanted(None)).await);
        assert!(message.starts_with("git clone failed: ") && !message.contains("s3cret"), "{message}");
        assert!(hint.contains("let git log in first"), "{message} {hint}");
    }
    // What git itself could say of a URL that it was given.
    let said = b"fatal: could not read Password for 'https://ghp_s3cret@host': terminal prompts disabled\n".to_vec();
    let status = std::os::unix::process::ExitStatusExt::from_raw(128 << 8);
    let error = Git::judge("clone", std::process::Output { status, stdout: Vec::new(), stderr: said });
    let message = error.expect_err("it failed").to_string();
    assert!(message.contains("'https://host'"), "{message}");
    let (message, _) = refused(place.clone("no-such-host:/x://mona:ghp_s3cret@x", wanted(None)).await);
    assert!(!message.contains("s3cret"), "{message}");
}

#[tokio::test]
async fn a_user_in_a_url_is_whom_the_users_helper_is_asked_for() {
    let place = Place::new();
    let port = serve(bare(&place), "mona:from-helper");
    let helper = "!f() { grep -q ^username=mona$ && echo password=from-helper; }; f";
    place.write("home/.gitconfig", &format!("[credential]\n\thelper = \"{helper}\"\n"));
    let url = format!("http://mona@127.0.0.1:{port}/acme/app.git");
    assert!(place.clone(&url, wanted(None)).await.is_ok());
}

#[tokio::test]
async fn a_login_of_a_local_repositorys_remote_is_left_out() {
    let place = Place::new();
    place.repository("app");
    place.git("app", &["remote", "add", "origin", "https://mona:ghp_s3cret@github.com/acme/app.git"]);
    for checkout in [place.committed("app").await, place.as_it_lies("app").await] {
        assert_eq!(git_in(checkout.path(), &["config", "remote.origin.url"]), "https://github.com/acme/app.git");
        assert!(!holds(checkout.path(), "s3cret"));
        assert!(checkout.notes.iter().any(|note| note.contains("is left out")), "{:?}", checkout.notes);
        assert_eq!(checkout.name.to_string(), "acme/app");
    }
}
