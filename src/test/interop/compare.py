"""Compares tables of a lake, read by DuckDB, with what a database says that they hold.

    compare.py SPECIFICATION

The specification is JSON: a list of {"table", "delta": path, "rows": path of the database's rows as
JSON lines, "columns": {name: the database's type}, "history": whether a row may be there several
times}. Every difference is printed, and the exit code is 1 if there is one.
"""

import glob
import json
import os
import sys

import duckdb
import duckdb_extension_delta
import duckdb_extension_httpfs

SHOWN = 5


def meaning(column, kind):
    """SQL for what a value of the database's type means, whichever side has written it."""
    name = '"' + column.replace('"', '""') + '"'
    kind = kind.lower()
    if kind in ("smallint", "integer", "int", "bigint"):
        return f"CAST({name} AS BIGINT)"
    if kind in ("numeric", "decimal"):
        return f"CAST({name} AS DECIMAL(38, 10))"
    if kind.startswith(("timestamp", "datetime")):
        return f"CAST({name} AS TIMESTAMP)"
    if kind in ("character", "char"):
        return f"rtrim({name}, ' ')"
    if kind in ("text", "character varying", "varchar", "longtext"):
        return f"CAST({name} AS VARCHAR)"
    raise SystemExit(f"{column}: the type {kind} cannot be compared yet")


def lines_of_texts(path, columns):
    texts = "{" + ", ".join(f"'{c}': 'VARCHAR'" for c in columns) + "}"
    return (
        f"read_json('{path}', format = 'newline_delimited', columns = {texts},"
        " maximum_object_size = 16777216)"
    )


def differences(connection, table):
    columns = table["columns"]
    if table.get("secret"):
        connection.execute(table["secret"].replace("CREATE SECRET", "CREATE OR REPLACE SECRET", 1))
    read = f"delta_scan('{table['delta']}')" if "delta" in table else lines_of_texts(table["found"], columns)
    connection.execute(f"CREATE OR REPLACE VIEW delta AS FROM {read}")
    known = {name.lower() for name, *_ in connection.execute("DESCRIBE delta").fetchall()}
    meanings = ", ".join(f"{meaning(c, kind)} AS c{i}" for i, (c, kind) in enumerate(columns.items()))
    # A column that has been null in every event has no type yet, and so it is not in the lake.
    nulls = "".join(f', NULL::VARCHAR AS "{c}"' for c in columns if c.lower() not in known)
    every = "DISTINCT" if table["history"] else ""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE found AS SELECT {every} {meanings}"
        f" FROM (SELECT *{nulls} FROM delta)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE expected AS SELECT {meanings}"
        f" FROM {lines_of_texts(table['rows'], columns)}"
    )
    for what, one, other in (("missing", "expected", "found"), ("too many", "found", "expected")):
        rows = connection.execute(f"FROM {one} EXCEPT ALL FROM {other} ORDER BY ALL").fetchall()
        if rows:
            yield f"{table['table']}: {len(rows)} rows {what}"
        for row in rows[:SHOWN]:
            yield "  " + ", ".join(str(value)[:60] for value in row)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        tables = json.load(file)
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    for package in (duckdb_extension_httpfs, duckdb_extension_delta):
        extension = os.path.join(os.path.dirname(package.__file__), "extensions", "*", "*")
        connection.execute(f"LOAD '{glob.glob(extension)[0]}'")
    equal = True
    for table in tables:
        for difference in differences(connection, table):
            print(difference)
            equal = False
        count = connection.execute("SELECT count(*) FROM expected").fetchone()[0]
        print(f"{table['table']}: {count} rows compared")
    sys.exit(0 if equal else 1)


main()
