//! Real timetables, loaded from files: all of them, once, at the right local time, and a word on
//! every line that is not a flight.

#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::Output;

use chrono::{Datelike as _, Days, NaiveDate};
use flate2::{Compression, write::GzEncoder};
use reqwest::Method;
use scenarios::{Options, Random, System, TimetableFile, holdfast, source_lines};
use serde_json::Value;

const HEADER: &str = "date,carrier,flight,tail_number,origin,destination,scheduled_departure,scheduled_arrival,distance_miles";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_has_is_found_and_importing_it_again_adds_nothing() {
    let january = TimetableFile::of(|line| line < "2013-01-24");
    assert!((18_000..24_000).contains(&january.flights), "{}", january.flights);
    // Another file for the demo itself, far from the dates that are counted.
    let demo = TimetableFile::of(|line| line.starts_with("2013-12-31,DL,"));
    let mut system =
        System::prepared(Options { flights: Some(demo.path().to_owned()), ..Options::default() });
    let weeks = weeks_until_ahead();

    let first = import(&system, january.path(), weeks);
    assert_report(&first, january.flights, 0, 0);
    println!("{}", text(&first.stdout));
    let again = import(&system, january.path(), weeks);
    assert_report(&again, 0, january.flights, 0);

    system.start_again();
    let triples = same_counts(&system, january.path(), weeks).await;
    let while_it_runs = import(&system, january.path(), weeks);
    assert_report(&while_it_runs, 0, january.flights, 0);

    let spring = TimetableFile::of(|line| line.starts_with("2013-03-1"));
    let first = import(&system, spring.path(), weeks);
    assert_report(&first, spring.flights, 0, 0);
    println!("over HTTP: {}", text(&first.stdout));
    same_counts(&system, spring.path(), weeks).await;
    assert_report(&import(&system, spring.path(), weeks), 0, spring.flights, 0);
    for (path, count) in triples {
        assert_eq!(found(&system, &path).await.len(), count, "{path} is as before");
    }

    keeps_local_time_across_daylight_saving(&system).await;
    a_killed_system_is_no_running_one(&mut system, &january, weeks);
}

/// A system that was killed has left its ready file behind.
fn a_killed_system_is_no_running_one(system: &mut System, january: &TimetableFile, weeks: u64) {
    system.kill();
    let listed = system.holdfast(&["projections", "list"]);
    assert!(text(&listed.stderr).contains("no system runs on the data folder"), "{listed:?}");
    assert_report(&import(system, january.path(), weeks), 0, january.flights, 0);
}

/// Search finds as many flights as the file has lines, for five routes and dates.
async fn same_counts(system: &System, file: &Path, weeks: u64) -> BTreeMap<String, usize> {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let date = moved(fields[0], weeks);
        let path =
            format!("/v1/flights?origin={}&destination={}&date={date}", fields[4], fields[5]);
        *lines.entry(path).or_default() += 1;
    }
    let mut random = Random::from_environment();
    let mut busy: Vec<_> = lines.into_iter().filter(|(_, count)| *count > 3).collect();
    let chosen: BTreeMap<_, _> =
        (0..5).map(|_| busy.swap_remove(random.below(busy.len()))).collect();
    for (path, count) in &chosen {
        println!("{path}: {count}");
        assert_eq!(found(system, path).await.len(), *count, "{path}");
    }
    chosen
}

/// All pages of a search.
async fn found(system: &System, path: &str) -> Vec<Value> {
    let client = system.client("customer");
    let path = format!("{path}&min_position={}", end_of_log(system));
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let page = client.request(Method::GET, &format!("{path}&limit=7{cursor}"));
        let page = client.send(page.header("Prefer", "wait=30")).await.expect(200);
        all.extend(page.at("/items").as_array().unwrap().clone());
        match page.at("/next_cursor").as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let different: BTreeSet<_> = all.iter().map(|item| item["offering_id"].to_string()).collect();
    assert_eq!(different.len(), all.len(), "{path} shows something twice");
    all
}

/// An import does not wait for what it wrote to be found.
fn end_of_log(system: &System) -> u64 {
    let listed = system.holdfast(&["projections", "list", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    listed["items"][0]["head"].as_u64().unwrap()
}

/// One winter's flight, moved into winter and into summer: the clocks at both ends say the same.
async fn keeps_local_time_across_daylight_saving(system: &System) {
    let line = "2013-01-15,B6,9615,,JFK,SFO,0600,0940,2586";
    let file = written(&[HEADER, line]);
    let mut offsets = BTreeSet::new();
    let ahead = weeks_until_ahead();
    for weeks in [ahead, ahead + 13, ahead + 26, ahead + 39] {
        let date = moved("2013-01-15", weeks);
        let weekday = date.parse::<NaiveDate>().unwrap().weekday();
        assert_eq!(weekday, chrono::Weekday::Tue, "2013-01-15 was one");
        assert_report(&import(system, file.path(), weeks), 1, 0, 0);
        let path = format!("/v1/flights?origin=JFK&destination=SFO&date={date}");
        let flights = found(system, &path).await;
        let flight = flights.iter().find(|flight| flight["number"] == 9615).unwrap();
        let (departure, arrival) =
            (flight["departure"].as_str().unwrap(), flight["arrival"].as_str().unwrap());
        assert!(departure.starts_with(&format!("{date}T06:00:00-0")), "{departure}");
        assert!(arrival.starts_with(&format!("{date}T09:40:00-0")), "{arrival}");
        assert_eq!(flight["duration_minutes"], 400, "three hours between the zones");
        offsets.insert(departure[19..].to_owned());
    }
    assert_eq!(offsets.into_iter().collect::<Vec<_>>(), ["-04:00", "-05:00"]);
}

#[test]
fn each_line_that_is_no_flight_is_named_with_its_reason() {
    let system = System::prepared(Options::default());
    let good = "2030-01-15,UA,1545,N14228,EWR,IAH,0515,0819,1400";
    let file = written(&[
        HEADER,
        good,
        "2030-02-30,UA,1546,N14228,EWR,IAH,0515,0819,1400",
        "2030-01-15,UA,1547,N14228,EWR,IAH,0515",
        "",
        "2030-01-15,UA,1548,N14228,EWR,QQQ,0515,0819,1400",
        "2030-01-15,UA,1549,N14228,EWR,IAH,2560,0819,1400",
        "2030-01-15,UA,zero,N14228,EWR,IAH,0515,0819,1400",
        &good.replace("1545", "1550"),
        &good.replace("1545", "1551").replace("EWR", "IAH"),
    ]);
    let output = import(&system, file.path(), 0);
    assert_eq!(output.status.code(), Some(0), "the good lines are in: {output:?}");
    let said = text(&output.stderr);
    let said: Vec<&str> = said.lines().collect();
    let expected = [
        ("line 3: date: ", "2030-02-30"),
        ("line 4: line: ", "7 fields, not 9"),
        ("line 6: destination: ", "QQQ"),
        ("line 7: scheduled_departure: ", "2560"),
        ("line 8: flight: ", "zero"),
        ("line 10: destination: ", ""),
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for (start, part) in expected {
        let found = said.iter().find(|line| line.starts_with(start));
        let found = found.unwrap_or_else(|| panic!("{start}: {said:#?}"));
        assert!(found.contains(part) && found.len() > start.len() + 5, "{found}");
    }
    assert_report(&output, 2, 0, 6);
    assert_report(&import(&system, file.path(), 0), 0, 2, 6);
}

#[test]
fn a_file_that_breaks_off_or_is_no_timetable_is_refused_in_one_sentence() {
    let system = System::prepared(Options::default());
    let whole: Vec<String> = source_lines().take(2_000).collect();
    let mut packed = GzEncoder::new(vec![], Compression::default());
    packed.write_all(whole.join("\n").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let broken = tempfile::Builder::new().suffix(".csv.gz").tempfile().unwrap();
    std::fs::write(broken.path(), &packed[..packed.len() / 2]).unwrap();
    let said = refused(&import(&system, broken.path(), 1_000));
    assert!(said.contains("breaks off at line"), "{said}");
    assert!(said.contains(broken.path().to_str().unwrap()), "{said}");

    let text_file = written(&["To whom it may concern,", "", "this is a letter."]);
    let said = refused(&import(&system, text_file.path(), 0));
    assert!(said.contains("not a timetable: its first line has no column date"), "{said}");
    let said = refused(&import(&system, written(&[]).path(), 0));
    assert!(said.contains("not a timetable"), "{said}");
    let said = refused(&import(&system, Path::new("/nonexistent.csv"), 0));
    assert!(said.contains("cannot open /nonexistent.csv"), "{said}");
    let said = refused(&import(&system, Path::new("/"), 0));
    assert!(said.contains("cannot read /"), "{said}");

    let nowhere = ["--api", "http://127.0.0.1:9", "--token", "none"];
    let file = written(&[HEADER, "2030-01-15,UA,1545,N14228,EWR,IAH,0515,0819,1400"]);
    let import = ["import", "flights", file.path().to_str().unwrap()];
    let said = refused(&holdfast(&[&import[..], &nowhere].concat()));
    assert!(said.contains("no answer from http://127.0.0.1:9"), "{said}");
}

/// The one sentence on standard error of a run that came to nothing.
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output.stderr);
    let said = said.trim_end();
    assert!(said.starts_with("holdfast: ") && !said.contains('\n'), "{said}");
    said.to_owned()
}

fn import(system: &System, file: &Path, weeks: u64) -> Output {
    let file = file.to_str().unwrap();
    system.holdfast(&["import", "flights", file, "--shift-weeks", &weeks.to_string()])
}

#[track_caller]
fn assert_report(output: &Output, new: usize, unchanged: usize, rejected: usize) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output.stdout);
    let (start, end) = (
        format!("imported {new} flights in "),
        format!("{unchanged} were there already, {rejected} rejected"),
    );
    assert!(said.starts_with(&start) && said.contains(&end), "{said} {output:?}");
}

/// So many weeks that January 2013 is a month to come.
#[allow(clippy::disallowed_methods, reason = "flights of the past cannot be searched")]
fn weeks_until_ahead() -> u64 {
    let days = chrono::Utc::now().date_naive() - NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
    days.num_weeks().unsigned_abs() + 4
}

fn moved(date: &str, weeks: u64) -> String {
    (date.parse::<NaiveDate>().unwrap() + Days::new(7 * weeks)).to_string()
}

fn written(lines: &[&str]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
