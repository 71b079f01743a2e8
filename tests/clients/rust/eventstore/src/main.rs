//! The behaviours of `../../behaviours` by the crate `eventstore`.

#[path = "../../behaviours/mod.rs"]
mod behaviours;
mod db;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    behaviours::main().await
}
