"""Makes the flights that ship with Sluice: every 13th of three million, in their order in time.

    python3 -m venv /tmp/flights && /tmp/flights/bin/pip install pyarrow
    /tmp/flights/bin/python bench/make-flights.py FLIGHTS_3M.parquet

FLIGHTS_3M.parquet is `flights-3m.parquet` of vega-datasets 3.2.1. The output is the same, byte for
byte, on every run.
"""

import gzip
import pathlib
import sys

import pyarrow.parquet as pq

EVERY = 13
TARGET = pathlib.Path(__file__).parent.parent / "src/main/resources/io/sluice/quickstart/flights.csv.gz"

rows = pq.read_table(sys.argv[1], columns=["date", "delay", "distance", "origin", "destination"]).to_pylist()
lines = ["date,delay,distance,origin,destination"]
lines += [
    f"{r['date']:%Y-%m-%dT%H:%M},{r['delay']},{r['distance']},{r['origin']},{r['destination']}" for r in rows[::EVERY]
]
TARGET.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
print(f"{len(lines) - 1} flights, {TARGET.stat().st_size} bytes")
