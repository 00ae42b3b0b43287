//! The ports of a codespace: listed, and reached from this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, ChildStderr};

use serde_json::{Value, json};

use crate::support::{Deadline, Image, Ran, Sandbox, send};

/// Answers each connection, when its end has come, with how much came; first it says hello.
const SERVER: &str = r#"use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
bind($s, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die $!; listen($s, 64);
while (accept(my $c, $s)) { syswrite $c, "hello\n"; my $n = 0; while (my $r = sysread $c, my $b, 65536) { $n += $r } syswrite $c, "got $n\n"; close $c }
"#;

/// Makes a codespace in which servers listen on 127.0.0.1:3000 and on 0.0.0.0:8000.
fn codespace(sandbox: &Sandbox, name: &str) {
    let config = json!({
        "image": "mcr.microsoft.com/devcontainers/base:trixie",
        "forwardPorts": [3000, 4000], "portsAttributes": {"3000": {"label": "web"}, "perl server\\.pl 0.0.0.0 \\d+": {"label": "open"}},
        "postStartCommand": "for at in '127.0.0.1 3000' '0.0.0.0 8000'; do setsid perl server.pl $at </dev/null >/dev/null 2>&1 & done; until grep -q ':1F40 .* 0A ' /proc/net/tcp && grep -q ':0BB8 .* 0A ' /proc/net/tcp; do :; done",
    });
    let repository = sandbox.repository("r", &config.to_string());
    std::fs::write(repository.join("server.pl"), SERVER).expect("written");
    crate::support::commit(&repository);
    let _up = sandbox.up(&repository, name, &[]).expect(0);
}

/// A `ports forward` that runs.
struct Forward {
    child: Child,
    said: BufReader<ChildStderr>,
    ports: Vec<u16>,
    _deadline: Deadline,
}

impl Forward {
    fn start(sandbox: &Sandbox, name: &str, pairs: &[&str]) -> Self {
        let mut child = sandbox.spawn(&[&["ports", "forward", "-c", name], pairs].concat());
        let deadline = Deadline::of(child.id());
        let mut said = BufReader::new(child.stderr.take().expect("piped"));
        let ports = pairs
            .iter()
            .map(|_| line(&mut said).rsplit(' ').next().and_then(|port| port.trim().parse().ok()).expect("a port"));
        let ports = ports.collect();
        Self { child, said, ports, _deadline: deadline }
    }

    fn connect(&self, at: usize) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.ports[at])).expect("connected")
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("text");
    line
}

/// Sends so many bytes and the end; returns what came.
fn talk(mut stream: TcpStream, bytes: usize) -> String {
    let mut writing = stream.try_clone().expect("another handle");
    let feed = std::thread::spawn(move || {
        writing.write_all(&vec![b'x'; bytes]).expect("sent");
        writing.shutdown(Shutdown::Write).expect("ended");
    });
    let mut got = String::new();
    stream.read_to_string(&mut got).expect("read");
    feed.join().expect("fed");
    got
}

#[test]
fn a_server_that_listens_on_the_loopback_inside_is_reached_from_this_machine() {
    let sandbox = Sandbox::new();
    let name = sandbox.name("forward");
    codespace(&sandbox, &name);
    let mut forward = Forward::start(&sandbox, &name, &["3000:0", "8000:0", "4000:0"]);
    assert_eq!(talk(forward.connect(0), 3_000_000), "hello\ngot 3000000\n");
    assert_eq!(talk(forward.connect(1), 0), "hello\ngot 0\n");
    // Several at a time: the server takes one after the other.
    let connections: Vec<TcpStream> = (0..4).map(|_| forward.connect(0)).collect();
    let talks: Vec<_> = connections.into_iter().map(|one| std::thread::spawn(|| talk(one, 10))).collect();
    for talk in talks {
        assert_eq!(talk.join().expect("talked"), "hello\ngot 10\n");
    }
    // Where nothing listens the connection ends, and that is said.
    assert_eq!(talk(forward.connect(2), 0), "");
    assert_eq!(line(&mut forward.said), "warning: port 4000: nothing listens on port 4000\n");
    // One that is open when all of it ends is ended, inside too.
    let mut open = forward.connect(0);
    let mut hello = [0; 6];
    open.read_exact(&mut hello).expect("read");
    send("INT", forward.child.id());
    assert_eq!(forward.child.wait().expect("ended").code(), Some(130));
    assert_eq!(open.read(&mut hello).unwrap_or(0), 0);
    let left =
        sandbox.inside(&name, "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c portForward; true");
    assert_eq!(left, "0\n");
}

#[test]
fn the_ports_that_are_named_or_listened_on_are_listed() {
    let sandbox = Sandbox::new();
    let name = sandbox.name("list");
    codespace(&sandbox, &name);
    let listed = sandbox.run(&["ports", "-c", &name, "--json"]).expect(0).json();
    let row = |port: u16| listed.as_array().expect("a list").iter().find(|row| row["sourcePort"] == port).cloned();
    let expected =
        json!({"sourcePort": 3000, "label": "web", "visibility": "private", "listening": true, "address": null});
    assert_eq!(row(3000), Some(expected));
    assert_eq!(row(4000).expect("named")["listening"], false);
    // What its command line says.
    assert_eq!(row(8000).expect("listened on")["label"], "open");
    let address = row(8000).expect("listened on")["address"].as_str().expect("an address").to_owned();
    let stream = TcpStream::connect(&address).expect("connected");
    assert_eq!(talk(stream, 5), "hello\ngot 5\n");
    let text = sandbox.run(&["ports", "-c", &name]).expect(0);
    assert!(text.stdout.starts_with("LABEL  PORT  VISIBILITY  ADDRESS\n"), "{}", text.stdout);
    assert!(text.stdout.contains("nothing listens") && text.stderr.contains("ports forward PORT:PORT"), "{text:?}");
    let _stopped = sandbox.run(&["stop", "-c", &name]).expect(0);
    let stopped = sandbox.run(&["ports", "-c", &name, "--json"]).expect(0).json();
    assert!(stopped.as_array().expect("a list").iter().all(|row| row["listening"] == Value::Bool(false)), "{stopped}");
    let refused: Ran = sandbox.run(&["ports", "forward", "-c", &name, "3000:0"]).expect(2);
    assert!(
        refused.stderr.contains("is not running") && refused.stderr.contains("hint: localspace start"),
        "{}",
        refused.stderr
    );
    let _wrong = sandbox.run(&["ports", "forward", "-c", &name, "80:http"]).expect(2);
}

/// Every program that may make the connection. The server's own stays when it is taken away.
const TOOLS: &str = "FROM mcr.microsoft.com/devcontainers/python:3.13-trixie
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends socat netcat-traditional
RUN cp /usr/bin/perl /opt/served && cp /bin/nc.traditional /opt/nc
COPY --from=busybox:1 /bin/busybox /opt/busybox
";

/// Says hello, and answers when so many bytes have come, or their end, with how many, and with so many of its own.
const COUNTER: &str = r#"use Socket; my ($port, $most, $back) = @ARGV; socket(my $s, AF_INET, SOCK_STREAM, 0);
setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1); bind($s, pack_sockaddr_in($port, inet_aton("127.0.0.1"))) or die $!; listen($s, 64);
while (accept(my $c, $s)) { syswrite $c, "hello\n"; my $n = 0; while ($n < $most and my $r = sysread $c, my $b, 65536) { $n += $r } print {$c} "got $n\n", "y" x $back; close $c }
"#;

#[test]
fn the_connection_is_made_by_what_the_container_has() {
    let (image, sandbox) = (Image::build(TOOLS, &[]), Sandbox::new());
    let config = json!({
        "image": image.0, "remoteUser": "root",
        "postStartCommand": "for it in '3001 1000000 2000000' '3002 9999999 0'; do setsid /opt/served counter.pl $it </dev/null >/dev/null 2>&1 & done; until grep -q ':0BB9 .* 0A ' /proc/net/tcp && grep -q ':0BBA .* 0A ' /proc/net/tcp; do :; done",
    });
    let repository = sandbox.repository("r", &config.to_string());
    std::fs::write(repository.join("counter.pl"), COUNTER).expect("written");
    let name = sandbox.name("tools");
    let _up = sandbox.up(&repository, &name, &["--working-tree"]).expect(0);
    let mut forward = Forward::start(&sandbox, &name, &["3001:0", "3002:0"]);
    // Each is what is left when the one before is gone; whether it passes the end of what comes.
    for (program, comes_by, passes_the_end) in [
        ("perl", "true", true),
        ("python3", "rm /usr/bin/perl", true),
        ("nc", "rm /usr/bin/python3*; ln -sf /opt/busybox /bin/nc", true),
        ("busybox", "rm /bin/nc*; mv /opt/busybox /bin", true),
        ("bash", "rm /bin/busybox", false),
        ("socat", "rm /bin/bash", false),
        ("nc", "rm /bin/socat*; mv /opt/nc /bin", true),
    ] {
        let _left = sandbox.inside(&name, comes_by);
        let mut stream = forward.connect(0);
        let mut hello = [0; 6];
        stream.read_exact(&mut hello).expect("read");
        let running = sandbox.inside(&name, "cat /proc/[0-9]*/comm");
        assert!(running.lines().any(|one| one == program), "{comes_by}: {running}");
        stream.write_all(&vec![b'x'; 1_000_000]).expect("sent");
        let mut got = String::new();
        stream.read_to_string(&mut got).expect("read");
        assert_eq!(got.trim_end_matches('y'), "got 1000000\n", "{comes_by}");
        assert_eq!(got.len(), "got 1000000\n".len() + 2_000_000, "{comes_by}");
        if passes_the_end {
            assert_eq!(talk(forward.connect(1), 100_000), "hello\ngot 100000\n", "{comes_by}");
        }
    }
    let _left = sandbox.inside(&name, "rm /bin/nc");
    assert_eq!(talk(forward.connect(0), 0), "");
    let told = line(&mut forward.said);
    assert!(told.contains("none of perl, python3, socat, nc and bash"), "{told}");
    send("INT", forward.child.id());
    assert_eq!(forward.child.wait().expect("ended").code(), Some(130));
}
