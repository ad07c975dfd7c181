"""Makes the change events of a shop's database that ship with Sluice, from the captures of the tests.

    python3 bench/make-ecommerce.py

Keys, properties and values are those that Debezium Server published. The output is the same, byte for
byte, on every run.
"""

import gzip
import json
import lzma
import pathlib

TABLES = ["customers", "orders", "order_items", "carts"]
ROOT = pathlib.Path(__file__).parent.parent
SOURCE = ROOT / "src/test/resources/io/sluice/change/captures/pg-schema.jsonl.xz"
TARGET = ROOT / "src/main/resources/io/sluice/quickstart/ecommerce.jsonl.gz"

with lzma.open(SOURCE, "rt", encoding="utf-8") as file:
    messages = [json.loads(line) for line in file]
messages.sort(key=lambda m: (m["ledgerId"], m["entryId"], m["batchIndex"]))
lines = []
for message in messages:
    table = message["topic"].rpartition(".")[2]
    if table in TABLES:
        kept = {"table": table} | {name: message[name] for name in ("key", "properties", "value")}
        lines.append(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))
TARGET.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
print(f"{len(lines)} messages, {TARGET.stat().st_size} bytes")
