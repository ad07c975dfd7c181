"""Runs a script in a DuckDB database of its own, and prints the rows of a query.

    views.py SCRIPT QUERY

The extension is there already, so that what installs and loads it is left out.
"""

import glob
import os
import sys

import duckdb
import duckdb_extension_delta

connection = duckdb.connect(config={"allow_unsigned_extensions": True})
package = os.path.dirname(duckdb_extension_delta.__file__)
connection.execute(f"LOAD '{glob.glob(f'{package}/**/*.duckdb_extension', recursive=True)[0]}'")
with open(sys.argv[1], encoding="utf-8") as script:
    connection.execute("".join(line for line in script if line not in ("INSTALL delta;\n", "LOAD delta;\n")))
for row in connection.execute(sys.argv[2]).fetchall():
    print(*row)
