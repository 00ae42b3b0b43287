//! The shell text that our steps run in a container. Pure.
//!
//! Every text goes to a shell's standard input, never into its arguments, so that no value in it is seen by who may look at processes.

mod end_mark;
mod intake;
mod kill;
mod relay;
mod script;
mod waiting;

pub(crate) use end_mark::{EndMark, Found, MarkFinder};
pub(crate) use intake::{Intake, cookie as session_cookie};
pub(crate) use kill::{COOKIE, kill_script};
pub(crate) use relay::relay;
pub(crate) use script::{Opened, Script, Words};
pub(crate) use waiting::{PROGRAM, STALE, in_between, last};
