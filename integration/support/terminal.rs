//! A `localspace` that has a terminal, and somebody who types.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::{Deadline, Sandbox};

/// How long a text is waited for.
const PATIENCE: Duration = Duration::from_secs(50);

/// A program whose controlling terminal is a test's.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    pub(crate) keys: File,
    screen: Receiver<Vec<u8>>,
    /// Everything that was shown so far.
    pub(crate) shown: String,
    _deadline: Deadline,
}

/// Returns a terminal's size.
fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Sandbox {
    /// Starts `localspace` in a terminal of 90 columns and 33 lines.
    pub(crate) fn terminal(&self, args: &[&str]) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("it is ours");
        let path = ptsname(&ours, Vec::new()).expect("it has a name");
        let theirs = open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).expect("opened");
        tcsetwinsize(&ours, size(90, 33)).expect("it has a size");
        let side = || Stdio::from(theirs.try_clone().expect("cloned"));
        let mut command = self.program("setsid", &[&["--ctty", env!("CARGO_BIN_EXE_localspace")], args].concat());
        command.stdin(side()).stdout(side()).stderr(side()).env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        let child = command.spawn().expect("setsid runs");
        drop((command, theirs));
        let keys = File::from(ours);
        let mut reader = keys.try_clone().expect("cloned");
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // When nobody has the terminal open any more, reading is an error.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { _deadline: Deadline::of(child.id()), child, keys, screen, shown: String::new() }
    }
}

impl Terminal {
    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typed");
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        tcsetwinsize(&self.keys, size(columns, rows)).expect("resized");
    }

    /// Waits until a text is shown.
    #[track_caller]
    pub(crate) fn until(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.shown.contains(text) {
            match self.screen.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(error) => panic!("{text:?} was never shown ({error}):\n{}", self.shown),
            }
        }
    }

    /// Waits for its end; returns its exit code and everything that was shown.
    pub(crate) fn end(mut self) -> (i32, String) {
        let code = self.child.wait().expect("ended").code().unwrap_or(-1);
        for bytes in &self.screen {
            self.shown.push_str(&String::from_utf8_lossy(&bytes));
        }
        (code, std::mem::take(&mut self.shown))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed half-way leaves it running.
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
