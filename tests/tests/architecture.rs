//! The house is as ARCHITECTURE.md says, and dependencies run one way.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use scenarios::repository;
use serde_json::Value;

/// Names that gather whatever comes by.
const DRAWERS: [&str; 7] = ["utils", "common", "helpers", "shared", "types", "service", "manager"];

type Names = BTreeSet<String>;

/// A crate of ours.
struct Room {
    folder: String,
    /// What the program needs of ours.
    needs: Names,
    /// What its tests need besides.
    tests_need: Names,
}

fn rooms() -> BTreeMap<String, Room> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let ours: Names = packages.iter().map(name).collect();
    let root = repository().canonicalize().unwrap();
    packages
        .iter()
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            let folder = manifest.parent().unwrap().strip_prefix(&root).unwrap();
            let dependencies = package["dependencies"].as_array().unwrap();
            let of_kind = |wanted: &dyn Fn(&Value) -> bool| -> Names {
                let wanted = dependencies.iter().filter(|one| wanted(&one["kind"]));
                wanted.map(name).filter(|name| ours.contains(name)).collect()
            };
            let room = Room {
                folder: folder.to_str().unwrap().to_owned(),
                needs: of_kind(&|kind| *kind != "dev"),
                tests_need: of_kind(&|kind| *kind == "dev"),
            };
            (name(package), room)
        })
        .collect()
}

fn architecture() -> String {
    std::fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md stands")
}

/// What stands between backticks, in a line or over the lines of a paragraph.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// ARCHITECTURE.md without its fenced blocks.
fn prose() -> String {
    let mut inside = false;
    let mut prose = String::new();
    for line in architecture().lines() {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        if !inside && !fence {
            prose += line;
            prose.push('\n');
        }
    }
    prose
}

/// The rows of the table `| room | may depend on |`, packages by name.
fn allowed() -> BTreeMap<String, Names> {
    let text = prose();
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|').replace('`', "");
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = text.lines().skip_while(|line| cells(line) != ["room", "may depend on"]);
    assert!(lines.next().is_some(), "ARCHITECTURE.md has the table `| room | may depend on |`");
    lines
        .skip(1)
        .take_while(|line| line.trim_start().starts_with('|'))
        .map(|line| {
            let [room, needs] = <[String; 2]>::try_from(cells(line)).expect("two cells a row");
            let needs = needs.split(',').map(|need| need.trim().to_owned());
            (room, needs.filter(|need| need != "nothing of ours").collect())
        })
        .collect()
}

#[test]
fn dependencies_are_those_of_the_table() {
    let (allowed, rooms) = (allowed(), rooms());
    let names = |known: &mut dyn Iterator<Item = &String>| known.cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&mut allowed.keys()),
        names(&mut rooms.keys()),
        "left: the table's rooms; right: the workspace's"
    );
    for (name, room) in &rooms {
        let said = &allowed[name];
        assert_eq!(said, &room.needs, "left: ARCHITECTURE.md on {name}; right: its Cargo.toml");
    }
}

/// Whatever a table says.
#[test]
fn dependencies_run_one_way() {
    let rooms = rooms();
    let all = |name: &str| -> Names { &rooms[name].needs | &rooms[name].tests_need };
    for pure in ["domain", "event-store"] {
        assert_eq!(all(pure), Names::new(), "{pure} depends on no room of ours");
    }
    // Neither by itself nor through another room.
    let mut reached = all("query-api");
    loop {
        let further: Names = reached.iter().flat_map(|name| rooms[name].needs.clone()).collect();
        let next = &reached | &further;
        if next == reached {
            break;
        }
        reached = next;
    }
    for unseen in ["domain", "eventstore-schema", "event-store", "aggregates", "projections"] {
        assert!(!reached.contains(unseen), "query-api never sees {unseen}: {reached:?}");
    }
    for (name, room) in &rooms {
        // Benchmarks start the program's private Postgres as a peer; nobody installs them.
        let uses_program = room.needs.contains("holdfast") && name != "benches";
        assert!(!uses_program, "{name} depends on the program");
        assert!(!room.needs.contains("scenarios"), "{name} depends on tests");
        let small = room.folder.starts_with("crates/");
        let large = room
            .needs
            .iter()
            .find(|need| !rooms[*need].folder.starts_with("crates/") && *need != "domain");
        assert!(!small || large.is_none(), "{name} is a supporting crate and needs {large:?}");
    }
}

#[test]
fn every_room_is_in_the_architecture_and_every_path_there_exists() {
    let root = repository();
    let text = prose();
    let words: Names = quoted(&text).map(str::to_owned).collect();
    for room in rooms().values() {
        let folder = &room.folder;
        let named = words.contains(folder) || words.contains(&format!("{folder}/"));
        assert!(named, "ARCHITECTURE.md does not name {folder}/");
    }
    let is_plain = |word: &&String| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
    };
    let mut paths = 0;
    for word in words.iter().filter(is_plain).filter(|word| !word.starts_with('/')) {
        let is_file = word.contains('/') && Path::new(word).extension().is_some();
        if is_file || word.ends_with('/') {
            paths += 1;
            assert!(root.join(word).exists(), "ARCHITECTURE.md names {word}, which is gone");
        }
    }
    assert!(paths > 30, "its walkthroughs name real files: {paths}");
}

#[test]
fn no_room_or_module_is_a_drawer_for_anything() {
    let mut looked_at = 0;
    for (name, room) in rooms() {
        let files = sources(&repository().join(&room.folder));
        for file in &files {
            looked_at += 1;
            let parts = file.iter().filter_map(|part| part.to_str());
            for part in parts.map(|part| part.trim_end_matches(".rs")).chain([name.as_str()]) {
                assert!(!DRAWERS.contains(&part), "{}", file.display());
            }
        }
    }
    assert!(looked_at > 100, "{looked_at}");
}

#[test]
fn the_domain_is_pure() {
    let root = repository().join("domain");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
    for line in dependencies.lines().take_while(|line| !line.starts_with('[')) {
        for banned in ["serde", "tokio", "rand", "sqlx", "reqwest", "actix"] {
            assert!(!line.starts_with(banned), "{line}");
        }
    }
    let files = sources(&root.join("src"));
    assert!(files.len() > 30);
    for file in files {
        let text = std::fs::read_to_string(root.join("src").join(&file)).unwrap();
        for banned in ["Utc::now", "SystemTime", "Instant::now", "new_v4", "now_v7", "async fn"] {
            assert!(!text.contains(banned), "{banned} in {}", file.display());
        }
    }
}

#[test]
fn every_event_type_has_its_golden_file() {
    let folder = repository().join("eventstore-schema/golden");
    for event_type in eventstore_schema::EVENT_TYPES {
        assert!(folder.join(format!("{event_type}.json")).is_file(), "{event_type}");
    }
}

/// The Rust files under a folder, as paths from there.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}
