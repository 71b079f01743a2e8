//! What README.md tells a newcomer to paste works as it stands.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::process::Command;

use scenarios::{Options, System, TimetableFile, repository};

const HEADING: &str = "## A first booking by curl";

/// The one bash block under the heading.
fn block() -> String {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md stands");
    let (_, after) = readme.split_once(&format!("\n{HEADING}\n")).expect("README.md has a heading");
    let section = after.split("\n## ").next().unwrap();
    let blocks: Vec<&str> = section.split("```bash\n").skip(1).collect();
    assert_eq!(blocks.len(), 1, "one block under {HEADING}");
    blocks[0].split("\n```").next().unwrap().to_owned()
}

#[test]
fn the_readmes_curl_lines_end_in_a_confirmed_booking() {
    let block = block();
    assert!(block.contains("curl"), "{block}");
    let timetable = TimetableFile::small();
    let system =
        System::start(Options { flights: Some(timetable.path().to_owned()), ..Options::default() });
    let output = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &block])
        .current_dir(repository())
        .env("HOLDFAST_DATA", system.data())
        .env_remove("HOLDFAST_API")
        .env_remove("HOLDFAST_TOKEN")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    println!("{said}");
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let bare: String = said.chars().filter(|letter| !letter.is_whitespace()).collect();
    assert!(bare.contains(r#""state":"confirmed""#), "{said}");

    // Not only said: an event of the log.
    let events = system.log_events();
    assert_eq!(events.iter().filter(|one| one["type"] == "booking.confirmed.v1").count(), 1);
}
