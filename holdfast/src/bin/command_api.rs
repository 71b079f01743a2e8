//! The `command-api` service, as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdfast::services::command_api::main()
}
