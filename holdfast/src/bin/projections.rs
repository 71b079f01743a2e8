//! The `projections` service, as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    holdfast::services::projections::main()
}
