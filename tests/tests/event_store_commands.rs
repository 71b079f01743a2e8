//! The operator's commands for the event store: serving it alone, backing it up, restoring and
//! checking it, and what they say when they cannot.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use scenarios::{Options, Service, System, TimetableFile, holdfast, lines, processes_of};
use serde_json::Value;

#[test]
fn serve_says_in_one_sentence_why_it_cannot_run() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path().join("data"));
    let serve = |arguments: &[&str]| {
        sentence(&holdfast(&[&["eventstore", "serve", "--data", &data], arguments].concat()))
    };

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = serve(&["--listen", &address]);
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    let said = serve(&["--insecure", "--listen", "0.0.0.0:0"]);
    assert!(said.contains("--insecure lets everybody in") && said.contains("0.0.0.0:0"), "{said}");
    let free = ["--listen", "127.0.0.1:0"];
    let missing = ["--tls-certificate", "/nonexistent", "--tls-key", "/nonexistent"];
    let said = serve(&[free.as_slice(), &missing].concat());
    assert!(said.contains("cannot read /nonexistent"), "{said}");
    assert!(!Path::new(&data).exists(), "nothing is touched");

    let mut service = insecure(&data, folder.path());
    service.start();
    service.wait_until_ready();
    let said = serve(&free);
    assert!(said.contains("in use by another process"), "{said}");
    let said = sentence(&holdfast(&["eventstore", "scavenge", "--data", &data]));
    assert!(said.contains("is in use by another holdfast"), "{said}");
    let said = sentence(&holdfast(&["up", "--listen", "127.0.0.1:0", "--data", &data]));
    assert!(said.contains("is in use by another holdfast"), "{said}");
    service.stop();

    damage(&Path::new(&data).join("event-store/log.sqlite"), 0);
    let said = serve(&free);
    assert!(said.contains("cannot open the event log: the log is damaged"), "{said}");
}

#[test]
fn each_user_has_a_password_that_stays_and_may_do_its_part() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path().join("data"));
    let mut service = served(&data, folder.path());
    service.start();
    let first = service.wait_until_ready();
    let url = |name: &str| first["connection_strings"][name].as_str().unwrap().to_owned();
    assert_eq!(first["event_store"], url("admin").as_str());
    for user in ["admin", "service", "auditor"] {
        let read = holdfast(&["events", "read", "--all", "--event-store", &url(user)]);
        assert!(read.status.success(), "{user}: {read:?}");
        let file = Path::new(&data).join(format!("keys/event-store-{user}.password"));
        let password = std::fs::read_to_string(&file).unwrap();
        assert!(url(user).contains(password.trim()), "{user}");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{user}");
        assert!(service.log().contains(&url(user)), "it is printed: {}", service.log());
    }
    let stranger = url("auditor").replace("esdb://auditor:", "esdb://auditor:wrong");
    let said = sentence(&holdfast(&["events", "read", "--all", "--event-store", &stranger]));
    assert!(said.contains("denies access") && !said.contains("wrong"), "{said}");
    service.stop();

    service.start();
    let again = service.wait_until_ready();
    let password = |ready: &Value| {
        let url = ready["event_store"].as_str().unwrap().to_owned();
        url.split('@').next().unwrap().to_owned()
    };
    assert_eq!(password(&first), password(&again), "passwords stay");
    service.stop();
    let left = processes_of(Path::new(&data));
    assert!(left.is_empty(), "left over: {left:?}");
}

#[test]
fn with_a_certificate_nothing_travels_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    let (certificate, key) = (path(certificate), path(key));
    let data = path(folder.path().join("data"));
    let arguments = ["eventstore", "serve", "--listen", "127.0.0.1:0", "--data", &data];
    let tls = ["--tls-certificate", &certificate, "--tls-key", &key];
    let arguments = [arguments.as_slice(), &tls].concat().into_iter().map(str::to_owned);
    let mut service = Service::new("store", "holdfast", arguments.collect(), folder.path());
    service.start();
    let url = service.wait_until_ready()["event_store"].as_str().unwrap().to_owned();
    assert!(url.ends_with("?tls=true"), "{url}");
    done(&["events", "read", "--all", "--event-store", &format!("{url}&tlsCaFile={certificate}")]);
    for refused in [url.clone(), url.replace("tls=true", "tls=false")] {
        let said = sentence(&holdfast(&["events", "read", "--all", "--event-store", &refused]));
        assert!(said.contains("no event store answers at"), "{said}");
    }
    service.stop();
}

#[test]
fn a_restored_backup_is_the_same_log_under_another_id() {
    let folder = tempfile::tempdir().unwrap();
    let (data, restored) = (path(folder.path().join("data")), path(folder.path().join("restored")));
    let backup = path(folder.path().join("backup.sqlite"));
    let flights = TimetableFile::of(|line| line.starts_with("2013-01-01,B6,"));
    let file = path(flights.path().to_owned());
    done(&["import", "flights", &file, "--shift-weeks", "900", "--data", &data]);

    // Beside a running engine, as an operator does.
    let mut service = insecure(&data, folder.path());
    service.start();
    service.wait_until_ready();
    let said = done(&["eventstore", "check", "--data", &data]);
    let events = 2 * flights.flights;
    assert!(said.contains(&format!("{events} events in {events} streams")), "{said}");
    let said = done(&["eventstore", "backup", &backup, "--data", &data]);
    assert!(said.contains(&format!("backed up {events} events")), "{said}");
    let again = sentence(&holdfast(&["eventstore", "backup", &backup, "--data", &data]));
    assert!(again.contains("already exists"), "{again}");
    let before: Value = serde_json::from_str(&stats(&data)).unwrap();
    assert_eq!(before["events_by_category"]["flight"], flights.flights);
    service.stop();

    let said = sentence(&holdfast(&["eventstore", "restore", &backup, "--data", &data]));
    assert!(said.contains("already exists"), "never over a log: {said}");
    done(&["eventstore", "restore", &backup, "--data", &restored]);
    done(&["eventstore", "check", "--data", &restored]);
    let after: Value = serde_json::from_str(&stats(&restored)).unwrap();
    assert_eq!((&before["head"], &before["streams"]), (&after["head"], &after["streams"]));
    assert_ne!(before["log_id"], after["log_id"], "whoever followed the lost one must notice");
    assert_eq!(digest(&data), digest(&restored), "the same streams, events and chains");
}

#[test]
fn damage_is_said_with_its_place_and_never_restored() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path().join("data"));
    let backup = path(folder.path().join("backup.sqlite"));
    let flights = TimetableFile::of(|line| line.starts_with("2013-01-01,B6,"));
    let file = path(flights.path().to_owned());
    done(&["import", "flights", &file, "--shift-weeks", "900", "--data", &data]);
    done(&["eventstore", "backup", &backup, "--data", &data]);

    for log in [Path::new(&data).join("event-store/log.sqlite"), PathBuf::from(&backup)] {
        let bytes = std::fs::read(&log).unwrap();
        let place = find(&bytes, b"sales_close_at");
        damage(&log, place);
    }
    let checked = holdfast(&["eventstore", "check", "--data", &data]);
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(said.starts_with("position "), "{said}");

    let fresh = path(folder.path().join("fresh"));
    let said = sentence(&holdfast(&["eventstore", "restore", &backup, "--data", &fresh]));
    assert!(said.contains("the log is damaged at position "), "{said}");
    let said = sentence(&holdfast(&["eventstore", "check", "--data", &fresh]));
    assert!(said.contains("there is no log"), "nothing was restored: {said}");
    let said = sentence(&holdfast(&["eventstore", "restore", "/nonexistent", "--data", &fresh]));
    assert!(said.contains("there is no backup at /nonexistent"), "{said}");
}

#[test]
fn a_log_moves_to_another_server_and_back_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| path(folder.path().join(name));
    let (here, there, back) = (place("here"), place("there"), place("back"));
    let flights = TimetableFile::of(|line| line.starts_with("2013-01-01,B6,"));
    let file = path(flights.path().to_owned());
    done(&["import", "flights", &file, "--shift-weeks", "900", "--data", &here]);
    let mut service = served(&there, folder.path());
    service.start();
    let url = service.wait_until_ready()["event_store"].as_str().unwrap().to_owned();

    let (from, events) = (format!("embedded:{here}"), 2 * flights.flights);
    let said = done(&["eventstore", "copy", &from, &url]);
    assert!(said.starts_with(&format!("copied {events} events of {events} streams; 0 ")), "{said}");
    let again = done(&["eventstore", "copy", &from, &url]);
    assert!(again.starts_with("copied 0 events"), "nothing twice: {again}");
    assert!(again.contains(&format!("{events} were there already")), "{again}");
    let over_the_wire = done(&["audit", "verify", "--event-store", &url]);
    assert!(over_the_wire.contains(&digest(&here)), "{over_the_wire}");

    done(&["eventstore", "copy", &url, &format!("embedded:{back}")]);
    assert_eq!(digest(&here), digest(&back));
    let refused = holdfast(&["eventstore", "copy", &from, "elsewhere"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && said.contains("expected embedded:DIR"), "{said}");
    let refused = holdfast(&["eventstore", "copy", &from, "other://admin:secret@127.0.0.1:1"]);
    assert!(!String::from_utf8_lossy(&refused.stderr).contains("secret"), "{refused:?}");
    service.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn up_sells_on_a_server_as_on_its_own_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = path(folder.path().join("log"));
    let mut service = served(&data, folder.path());
    service.start();
    let ready = service.wait_until_ready();
    let url = |name: &str| ready["connection_strings"][name].as_str().unwrap().to_owned();
    let flights = TimetableFile::of(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        fields[0] < "2013-01-09" && (fields[4], fields[5]) == ("JFK", "LAX")
    });
    let mut system = System::start(Options {
        flights: Some(flights.path().to_owned()),
        arguments: vec!["--event-store".into(), url("service")],
    });
    let agent = system.client("agent");
    let offering = agent.offerings(&system.date(0)).await.remove(0);
    let seat = agent.free_seats(&offering).await.remove(0);
    agent.buy(&offering, &[&seat]).await;

    let own = system.holdfast(&["events", "read", "--all", "--json"]);
    assert!(own.stdout.is_empty(), "nothing in a log of its own: {own:?}");
    let read = done(&["events", "read", "--all", "--json", "--event-store", &url("auditor")]);
    let confirmed = |event: &Value| event["type"] == "booking.confirmed.v1";
    assert_eq!(lines(read.as_bytes()).iter().filter(|event| confirmed(event)).count(), 1);
    done(&["audit", "verify", "--event-store", &url("auditor")]);
    system.stop();
    service.stop();
}

fn insecure(data: &str, folder: &Path) -> Service {
    let arguments =
        ["eventstore", "serve", "--insecure", "--listen", "127.0.0.1:0", "--data", data];
    Service::new("store", "holdfast", arguments.map(str::to_owned).to_vec(), folder)
}

fn served(data: &str, folder: &Path) -> Service {
    let arguments = ["eventstore", "serve", "--listen", "127.0.0.1:0", "--data", data];
    Service::new("store", "holdfast", arguments.map(str::to_owned).to_vec(), folder)
}

fn stats(data: &str) -> String {
    done(&["eventstore", "stats", "--json", "--data", data])
}

/// What the auditors' check says of the whole log.
fn digest(data: &str) -> String {
    let said = done(&["audit", "verify", "--data", data]);
    said.lines().find(|line| line.trim_start().starts_with("digest")).unwrap().to_owned()
}

/// What it says when it does as asked.
#[track_caller]
fn done(arguments: &[&str]) -> String {
    let output = holdfast(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error with which it refuses.
#[track_caller]
fn sentence(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let said = said.trim_end();
    assert!(said.starts_with("holdfast: ") && !said.contains('\n'), "not one sentence: {said}");
    said.to_owned()
}

fn path(path: PathBuf) -> String {
    path.to_str().unwrap().to_owned()
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

/// One bit is not what was written.
fn damage(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 1;
    std::fs::write(file, bytes).unwrap();
}
