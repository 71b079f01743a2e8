//! What is read of a file, and what is refused of it, by line and field.

#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

use std::io::{Cursor, Read, Write};

use timetable::{FlightRow, MAX_LINE_BYTES, Rejected, Rows, read_rows};

const HEADER: &str = "date,carrier,flight,tail_number,origin,destination,\
    scheduled_departure,scheduled_arrival,distance_miles";
const ROW: &str = "2013-01-01,UA,1545,N14228,EWR,IAH,0515,0819,1400";

fn rows(bytes: impl AsRef<[u8]>) -> Rows {
    read_rows(Cursor::new(bytes.as_ref().to_vec())).unwrap_or_else(|error| panic!("{error}"))
}

fn read(bytes: impl AsRef<[u8]>) -> Vec<Result<FlightRow, Rejected>> {
    rows(bytes).collect()
}

fn refusal(bytes: impl AsRef<[u8]>) -> String {
    match read_rows(Cursor::new(bytes.as_ref().to_vec())) {
        Ok(_) => panic!("it was taken for a timetable"),
        Err(error) => error.to_string(),
    }
}

fn packed(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}

#[test]
fn a_row_is_read_plain_packed_and_in_any_order_of_columns() {
    let plain = read(format!("{HEADER}\n{ROW}\n"));
    let row = plain[0].as_ref().unwrap();
    assert_eq!((row.line, row.number, row.distance_miles), (2, 1545, 1400));
    assert_eq!(row.tail_number.as_deref(), Some("N14228"));
    assert_eq!(read(packed(&format!("{HEADER}\n{ROW}\n"))), plain);
    assert_eq!(read(format!("{HEADER}\r\n{ROW}")), plain);
    let other = "x,origin,destination,date,flight,carrier,tail_number,distance_miles,\
        scheduled_arrival,scheduled_departure\n\
        ?,EWR,IAH,2013-01-01,1545,UA,N14228,1400,0819,0515\n";
    assert_eq!(read(other), plain);
}

#[test]
fn a_wrong_field_is_named_with_its_line_and_the_next_row_is_read() {
    let long = "x".repeat(500);
    for (right, wrong, expected) in [
        ("2013-01-01", "2013-02-30", "line 3: date: \"2013-02-30\" is not a date like 2013-01-31"),
        ("UA", "ua", "line 3: carrier: \"ua\" is not a carrier's two capital letters or digits"),
        ("1545", "0", "line 3: flight: 0 is not 1 to 9999"),
        ("1545", "+7", "line 3: flight: \"+7\" is not a whole number"),
        ("1545", "99999999999", "line 3: flight: \"99999999999\" is not a whole number"),
        (
            "N14228",
            "n1",
            "line 3: tail_number: \"n1\" is not up to 10 capital letters, digits and hyphens",
        ),
        ("EWR", "EW", "line 3: origin: \"EW\" is not an airport's three capital letters"),
        (
            "IAH",
            long.as_str(),
            "line 3: destination: \"xxxxxxxxxxxxxxxxxxxx…\" is not an airport's three capital \
             letters",
        ),
        (
            "0515",
            "515",
            "line 3: scheduled_departure: \"515\" is not a time of four digits like 0515",
        ),
        (
            "0819",
            "2400",
            "line 3: scheduled_arrival: \"2400\" is not a time of four digits like 0515",
        ),
        ("1400", "0", "line 3: distance_miles: 0 is not 1 to 12000"),
        ("1400", "", "line 3: distance_miles: \"\" is not a whole number"),
        (",1400", "", "line 3: line: it has 8 fields, not 9"),
    ] {
        let items = read(format!("{HEADER}\n{ROW}\n{}\n{ROW}\n", ROW.replace(right, wrong)));
        assert_eq!(items.len(), 3);
        assert!(items[0].is_ok() && items[2].is_ok(), "{wrong}");
        let rejected = items[1].as_ref().unwrap_err();
        assert_eq!(rejected.to_string(), expected);
        assert!(!rejected.rest_is_unread);
    }
}

#[test]
fn bytes_that_are_not_text_and_quotation_marks_spoil_one_row_only() {
    let mut file = format!("{HEADER}\n").into_bytes();
    file.extend(b"2013-01-01,\xff\xfe,1,,EWR,IAH,0515,0819,1400\n");
    file.extend(b"2013-01-01,\"UA,1,,EWR,IAH,0515,0819,1400\n");
    file.extend(ROW.as_bytes());
    let items = read(file);
    assert_eq!(items[0].as_ref().unwrap_err().to_string(), "line 2: carrier: it is not UTF-8");
    assert_eq!((items[1].as_ref().unwrap_err().line, items.len()), (3, 3));
    assert_eq!(items[2].as_ref().unwrap().line, 4);
}

#[test]
fn another_file_is_refused_in_one_sentence() {
    assert_eq!(
        refusal("date,carrier,flight,origin\n1,2,3,4\n"),
        "not a timetable: its first line has no column tail_number, destination, \
         scheduled_departure, scheduled_arrival, distance_miles"
    );
    assert!(refusal("").starts_with("not a timetable: its first line has no column date, "));
    assert!(refusal([0x7f, b'E', b'L', b'F', 0]).starts_with("not a timetable"));
    assert_eq!(
        refusal(format!("{HEADER},date\n")),
        "not a timetable: its first line has \"date\" twice"
    );
    for unreadable in [vec![b'x'; 100_000], vec![0x1f, 0x8b, 0, 0, 0]] {
        assert_eq!(refusal(unreadable), "not a timetable: its first line cannot be read");
    }
}

#[test]
fn a_line_keeps_its_number_behind_empty_lines_and_with_windows_ends() {
    for end in ["\n", "\r\n"] {
        let file = [HEADER, ROW, "", "", ROW, "wrong", ROW].join(end);
        let lines: Vec<u64> = read(format!("\u{feff}{file}"))
            .into_iter()
            .map(|item| item.map_or_else(|rejected| rejected.line, |row| row.line))
            .collect();
        assert_eq!(lines, [2, 5, 6, 7], "{end:?}");
    }
}

#[test]
fn a_line_without_end_stops_the_reading() {
    let endless = std::io::repeat(b'x').take(1 << 40);
    let start = Cursor::new(format!("{HEADER}\n{}", format!("{ROW}\n").repeat(1_000)));
    let items: Vec<_> = match read_rows(start.chain(endless)) {
        Ok(rows) => rows.collect(),
        Err(error) => panic!("{error}"),
    };
    let (last, before) = items.split_last().unwrap();
    assert!(before.iter().all(Result::is_ok));
    let rejected = last.as_ref().unwrap_err();
    assert!(rejected.rest_is_unread);
    assert_eq!(rejected.line, 1_002);
    assert_eq!(rejected.reason, format!("it is longer than {MAX_LINE_BYTES} bytes"));
}

#[test]
fn a_packed_file_that_breaks_off_says_so_and_ends() {
    let whole = packed(&format!("{HEADER}\n{}", format!("{ROW}\n").repeat(50_000)));
    let items = read(&whole[..whole.len() - 20]);
    let (last, before) = items.split_last().unwrap();
    assert!(last.as_ref().unwrap_err().rest_is_unread);
    assert!(before.iter().all(Result::is_ok));
}
