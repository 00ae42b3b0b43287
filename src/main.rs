//! The `localspace` program: parse, run, map an error to an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(localspace::cli::run())
}
