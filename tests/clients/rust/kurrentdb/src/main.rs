//! The behaviours of `../../behaviours` by the crate `kurrentdb`.

#[path = "../../behaviours/mod.rs"]
mod behaviours;
mod db;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    behaviours::main().await
}
