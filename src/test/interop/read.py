"""Reads a table by DuckDB's delta extension or by delta-rs, and prints it as JSON.

    read.py SPECIFICATION

The specification is JSON: {"engine": "duckdb" or "delta_rs", "table": path or URI, "row": SQL for a
row as text, "storage": how to reach its store, in the words of delta-rs}. Printed is {"rows": [...]} or {"error": text}.
"""

import glob
import json
import os
import sys

import deltalake
import duckdb
import duckdb_extension_delta
import duckdb_extension_httpfs


def connect():
    connection = duckdb.connect(config={"allow_unsigned_extensions": True})
    for package in (duckdb_extension_httpfs, duckdb_extension_delta):
        extension = glob.glob(f"{os.path.dirname(package.__file__)}/**/*.duckdb_extension", recursive=True)[0]
        connection.execute(f"LOAD '{extension}'")
    connection.execute("SET timezone = 'UTC'")
    return connection


def delta_scan(connection, table):
    """The table as DuckDB names it, which then knows the way there."""
    if not table["storage"]:
        return f"delta_scan('file://{table['table']}')"
    storage = table["storage"]
    connection.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{storage['AWS_ACCESS_KEY_ID']}', SECRET '{storage['AWS_SECRET_ACCESS_KEY']}',"
        f" REGION '{storage['AWS_REGION']}', ENDPOINT '{storage['AWS_ENDPOINT_URL'].removeprefix('http://')}',"
        " URL_STYLE 'path', USE_SSL false)"
    )
    return f"delta_scan('{table['table']}')"


def read(table):
    connection = connect()
    if table["engine"] == "duckdb":
        source = delta_scan(connection, table)
    else:
        found = deltalake.DeltaTable(table["table"], storage_options=table["storage"])
        # The arrow of delta-rs is written as text by DuckDB: delta-rs has no SQL for it.
        arrow = deltalake.QueryBuilder().register("t", found).execute("SELECT * FROM t")
        connection.register("arrow", arrow)
        source = "arrow"
    return [row for (row,) in connection.execute(f"SELECT {table['row']} FROM {source}").fetchall()]


def answer(table):
    try:
        return {"rows": read(table)}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps(answer(json.load(file))))
