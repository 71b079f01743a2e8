//! Reads the embedded table.

use std::collections::HashMap;

use flate2::read::GzDecoder;

use crate::Airport;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("it cannot be read")]
    Unreadable(#[from] csv::Error),
    #[error("{field} of {iata} cannot be read")]
    Field { iata: String, field: &'static str },
    #[error("{0} stands in it twice")]
    Twice(String),
}

pub(crate) fn read(compressed: &[u8]) -> Result<HashMap<String, Airport>, Broken> {
    let mut airports = HashMap::new();
    for row in csv::Reader::from_reader(GzDecoder::new(compressed)).records() {
        let airport = airport(&row?)?;
        let iata = airport.iata.clone();
        if airports.insert(iata.clone(), airport).is_some() {
            return Err(Broken::Twice(iata));
        }
    }
    Ok(airports)
}

fn airport(row: &csv::StringRecord) -> Result<Airport, Broken> {
    let text = |index| row.get(index).unwrap_or_default().to_owned();
    let broken = |field| Broken::Field { iata: text(0), field };
    Ok(Airport {
        iata: text(0),
        name: text(1),
        city: text(2),
        country: text(3),
        zone: text(4).parse().map_err(|_| broken("zone"))?,
        latitude_e4: text(5).parse().map_err(|_| broken("latitude_e4"))?,
        longitude_e4: text(6).parse().map_err(|_| broken("longitude_e4"))?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read_text(text: &str) -> Result<HashMap<String, Airport>, Broken> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        read(&gz.finish().unwrap())
    }

    #[test]
    fn a_broken_table_is_refused() {
        const HEADER: &str = "iata,name,city,country,zone,latitude_e4,longitude_e4\n";
        let row = "OSL,Oslo Airport,Oslo,NO,Europe/Oslo,601939,111004\n";
        assert_eq!(read_text(&format!("{HEADER}{row}")).unwrap().len(), 1);
        for (text, expected) in [
            (format!("{HEADER}{row}{row}"), "OSL stands in it twice"),
            (format!("{HEADER}{}", row.replace("Oslo,6", "Olso,6")), "zone of OSL cannot be read"),
            (format!("{HEADER}OSL,Oslo\n"), "it cannot be read"),
        ] {
            assert_eq!(read_text(&text).unwrap_err().to_string(), expected);
        }
        assert!(read(b"not gzip").is_err());
    }
}
