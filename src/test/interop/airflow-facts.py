"""Prints what Airflow's database says of task instances and asset events, as JSON: airflow-facts.py DATABASE"""

import json
import sqlite3
import sys

with sqlite3.connect(sys.argv[1]) as database:
    database.row_factory = sqlite3.Row
    tasks = database.execute("SELECT dag_id, task_id, state, try_number FROM task_instance").fetchall()
    events = database.execute(
        "SELECT uri, source_dag_id, asset_event.extra FROM asset_event JOIN asset ON asset.id = asset_id ORDER BY asset_event.id"
    ).fetchall()
print(
    json.dumps(
        {
            "tasks": [dict(row) for row in tasks],
            "events": [{**dict(row), "extra": json.loads(row["extra"])} for row in events],
        }
    )
)
