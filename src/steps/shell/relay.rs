//! A connection into a container: bytes of standard input to a port of its own loopback, and back.
//!
//! A server that listens on 127.0.0.1 inside is reached from inside alone, so the connection is made there, by what the container has.

use crate::shell_word::quote;

/// Where a port cannot be reached: what such a relay ends with.
const NOBODY_LISTENS: i64 = 98;

/// The end of one direction reaches the other side; that of the server's ends it all.
const PERL: &str = r#"use Socket;
my ($host, $port) = @ARGV;
my $v6 = $host =~ /:/;
socket(my $peer, $v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0) or die "$!\n";
my $address = $v6 ? pack_sockaddr_in6($port, Socket::inet_pton(AF_INET6, $host)) : pack_sockaddr_in($port, inet_aton($host));
connect($peer, $address) or die "$!\n";
sub pump {
  my ($from, $to) = @_;
  my $bytes;
  while (sysread($from, $bytes, 65536)) {
    my $at = 0;
    while ($at < length $bytes) { $at += syswrite($to, $bytes, length($bytes) - $at, $at) // exit; }
  }
}
defined(my $child = fork) or die "$!\n";
if (!$child) { pump(*STDIN, $peer); shutdown($peer, 1); exit; }
pump($peer, *STDOUT);
kill 9, $child;"#;

const PYTHON: &str = r"import os, socket, sys, threading
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def up():
    while True:
        data = os.read(0, 65536)
        if not data:
            break
        peer.sendall(data)
    try:
        peer.shutdown(socket.SHUT_WR)
    except OSError:
        pass
threading.Thread(target=up, daemon=True).start()
while True:
    data = peer.recv(65536)
    if not data:
        break
    while data:
        data = data[os.write(1, data):]
os._exit(0)";

/// How long a server has for its answer that cannot be told of the client's end, in seconds.
const ANSWER: u8 = 30;

// Nothing in bash ends one direction alone. A job of its own has no standard input unless it is given one.
const BASH: &str = r#"exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit 1
exec 2>/dev/null
cat <&3 & down=$!
{
  cat <&4 >&3 & up=$!
  trap 'kill "$up"; exit' TERM
  wait "$up"
  read -rt "$3" <> <(:)
  kill "$down"
} >/dev/null &
wait "$down"
kill $!"#;

// With its own standard streams socat would wait for the client's end though the server's has come. It hands a word on that has no blank in it.
const SOCAT: &str = "cat <&4 & cat >&3; kill $!";
const EVAL: &str = "EXEC:sh -c eval\t$LOCALSPACE_RELAY";

/// Returns the program of a relay, an argument of `/bin/sh -c`: nothing in it is secret.
pub(crate) fn relay(port: u16) -> String {
    // `/proc/net` has addresses as the machine has them in memory.
    format!(
        r#"port={port}
listening() {{
  [ -r "/proc/net/$1" ] || return
  while read -r slot local remote state rest; do
    [ "$state" = 0A ] || continue
    case $local in *:{port:04X}) echo "${{local%:*}}" ;; esac
  done <"/proc/net/$1"
}}
here=$(listening tcp)
case " $here
" in
*00000000*|*0100007F*) host=127.0.0.1 ;;
*[0-9A-F]*)
  set -- $here
  last=$1
  host=$((0x${{last#??????}})).$((0x$(a=${{last#????}}; echo "${{a%??}}"))).$((0x$(a=${{last#??}}; echo "${{a%????}}"))).$((0x${{last%??????}})) ;;
*)
  case $(listening tcp6) in
  *00000000000000000000000001000000*) host=::1 ;;
  ?*) host=127.0.0.1 ;;
  *) echo "nothing listens on port $port" >&2; exit {NOBODY_LISTENS} ;;
  esac ;;
esac
has() {{ command -v "$1" >/dev/null 2>&1; }}
if has perl; then exec perl -e {perl} "$host" "$port"
elif has python3; then exec python3 -c {python} "$host" "$port"
fi
about_nc=$(nc -h 2>&1 </dev/null)
case $about_nc in *BusyBox*Usage:*) exec nc "$host" "$port" ;; esac
case $(busybox nc -h 2>&1 </dev/null) in *Usage:*) exec busybox nc "$host" "$port" ;; esac
if has bash; then exec bash -c {bash} - "$host" "$port" {ANSWER}
elif has socat; then
  case $host in *:*) peer="TCP6:[$host]:$port" ;; *) peer="TCP:$host:$port" ;; esac
  exec 3>&1 4<&0
  LOCALSPACE_RELAY={socat} exec socat "$peer" {eval}
elif has nc; then
  # Some of them wait for the client's end though the server's has come: there is nothing else.
  case $about_nc in *-q\ secs*) exec nc -q {ANSWER} "$host" "$port" ;; *) exec nc "$host" "$port" ;; esac
fi
echo "the container has none of perl, python3, socat, nc and bash to connect with" >&2
exit 127
"#,
        perl = quote(PERL),
        python = quote(PYTHON),
        socat = quote(SOCAT),
        eval = quote(EVAL),
        bash = quote(BASH),
    )
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;

    /// Serves one connection: everything that comes until its end, then an answer.
    fn server(address: &str) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind(address).expect("bound");
        let port = listener.local_addr().expect("bound").port();
        let serve = move || {
            let (mut peer, _): (TcpStream, _) = listener.accept().expect("a connection");
            peer.write_all(b"hello\n").expect("sent");
            let mut got = Vec::new();
            peer.read_to_end(&mut got).expect("read");
            peer.write_all(&got).expect("sent");
            got
        };
        (port, std::thread::spawn(serve))
    }

    /// Runs a relay with a PATH that has these programs alone.
    fn run(port: u16, programs: &[&str], input: &[u8]) -> (i32, Vec<u8>, String) {
        let folder = tempfile::tempdir().expect("a folder");
        for program in programs {
            let from = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
            let from = from.iter().find(|path| path.exists()).expect("the machine has it");
            std::os::unix::fs::symlink(from, folder.path().join(program)).expect("linked");
        }
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &relay(port)]).env_clear().env("PATH", folder.path());
        let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh");
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_owned();
        let feed = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("ended");
        feed.join().expect("fed");
        let code = output.status.code().unwrap_or(-1);
        (code, output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    #[test]
    fn both_ends_reach_the_other_side_with_perl_and_python() {
        let input: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        for program in ["perl", "python3"] {
            for address in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0"] {
                let (port, served) = server(address);
                let (code, output, said) = run(port, &[program], &input);
                assert_eq!((code, said.as_str()), (0, ""), "{program} {address}");
                assert_eq!(served.join().expect("served").len(), input.len(), "{program} {address}");
                assert_eq!(output, [b"hello\n", input.as_slice()].concat(), "{program} {address}");
            }
        }
    }

    #[test]
    fn a_server_on_an_address_of_its_own_is_found_and_none_is_said() {
        let (port, served) = server("127.4.5.6:0");
        assert_eq!(run(port, &["perl"], b"x").0, 0);
        assert_eq!(served.join().expect("served"), b"x");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let (code, _, said) = run(free, &["perl"], b"");
        assert_eq!((i64::from(code), said), (NOBODY_LISTENS, format!("nothing listens on port {free}\n")));
        let (port, served) = server("127.0.0.1:0");
        assert_eq!(run(port, &[], b"").0, 127);
        drop(TcpStream::connect(("127.0.0.1", port)));
        let _served = served.join();
    }

    #[test]
    fn bash_does_where_nothing_else_is() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = listener.local_addr().expect("bound").port();
        let serve = std::thread::spawn(move || {
            let (mut peer, _) = listener.accept().expect("a connection");
            let mut line = [0; 5];
            peer.read_exact(&mut line).expect("read");
            peer.write_all(&line).expect("sent");
        });
        let (code, output, said) = run(port, &["bash", "cat"], b"line\nmore");
        serve.join().expect("served");
        assert_eq!(output, b"line\n", "{code} {said}");
    }
}
