"""The DAGs that Airflow finds, as it finds them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk import Asset, AssetAlias

REPOSITORY = Path(__file__).resolve().parents[2]

JOBS = {
    "quickstart": "quickstart/flights",
    "ecommerce-customers": "ecommerce/customers",
    "ecommerce-order-items": "ecommerce/order_items",
    "ecommerce-orders": "ecommerce/orders",
}

ORDERS = """
version: 1
name: orders
pulsar: {service_url: pulsar://localhost:6650, admin_url: http://localhost:8080, token: "${env:PULSAR_TOKEN}"}
source: {topics: [orders]}
target: {table: /lake/orders}
"""


def test_dags_ofTheJobsOfTheRepository_areOneEachAndMaintenance(lake, load):
    bag = load()

    assert bag.import_errors == {}
    assert set(bag.dags) == {
        "sluice_maintenance",
        "sluice_ingest__ecommerce-database",
        *(f"sluice_ingest__{name}" for name in JOBS),
    }


def test_ingestDags_keepTheRulesOfTheHouse(lake, load):
    for dag_id, dag in load().dags.items():
        assert dag.max_active_runs == 1, dag_id
        assert dag.catchup is False, dag_id
        assert "sluice" in dag.tags, dag_id
        assert dag.schedule == ("@daily" if dag_id == "sluice_maintenance" else "@hourly"), dag_id
        for task in dag.tasks:
            assert task.retries == 3, dag_id
            assert task.retry_delay == timedelta(minutes=1), dag_id
            assert task.retry_exponential_backoff == 2, dag_id
            assert task.max_retry_delay == timedelta(minutes=30), dag_id
            assert task.owner == "sluice", dag_id


def test_ingestDag_emitsItsTableAsAsset(lake, load):
    bag = load()

    for name, table in JOBS.items():
        (task,) = bag.dags[f"sluice_ingest__{name}"].tasks
        assert task.outlets == [Asset(f"file://{lake}/{table}")]
    (task,) = bag.dags["sluice_ingest__ecommerce-database"].tasks
    assert task.outlets == [AssetAlias("sluice_ingest__ecommerce-database")]


def test_maintenance_hasATaskPerJobOneAtATime(lake, load):
    dag = load().dags["sluice_maintenance"]

    assert dag.task_ids and set(dag.task_ids) == {f"maintain__{name}" for name in [*JOBS, "ecommerce-database"]}
    assert dag.max_active_tasks == 1
    assert all(task.outlets == [] for task in dag.tasks)


def test_submit_hasNoSecretInItsCommandLine(workspace, monkeypatch, load):
    file = workspace.job("orders.yaml", ORDERS)
    workspace.settings("conf: {spark.sql.shuffle.partitions: '8'}\n")
    monkeypatch.setenv("PULSAR_TOKEN", "eyJhbGciOi.the-secret")
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "local[2]"}')

    (task,) = load().dags["sluice_ingest__orders"].tasks
    command = task._get_hook()._build_spark_submit_command(task.application)

    assert command == [
        "spark-submit",
        "--master",
        "local[2]",
        "--conf",
        f"spark.driver.extraJavaOptions=-Dlog4j2.configurationFile=file:{REPOSITORY}/conf/log4j2.properties",
        "--conf",
        "spark.sql.shuffle.partitions=8",
        "--properties-file",
        f"{REPOSITORY}/conf/spark-defaults.conf",
        "--driver-memory",
        "2g",
        "--name",
        "sluice-orders",
        "--class",
        "io.sluice.cli.Sluice",
        f"{REPOSITORY}/target/sluice.jar",
        "run",
        str(file),
        "--trigger",
        "available_now",
    ]


@pytest.mark.parametrize(
    "file, text, expected",
    [
        ("a-bad.yaml", "name: [unclosed", "it is no YAML"),
        ("list.yaml", "- name: orders", "it is no mapping"),
        ("name.yaml", "name: Orders!\ntarget: {table: /lake/o}", "name has to match"),
        ("table.yaml", "name: tableless\n", "target.table is missing"),
        ("relative.yaml", "name: relative\ntarget: {table: lake/o}", "no certain place"),
        ("unset.yaml", "name: unset\ntarget: {table: '${env:NO_SUCH_VARIABLE}/o'}", "NO_SUCH_VARIABLE"),
        ("file.yaml", "name: file\ntarget: {table: '${file:/etc/lake}/o'}", "${file:/etc/lake}"),
        ("other.yaml", ORDERS, "the name orders is taken by"),
    ],
)
def test_jobFileThatIsWrong_isAnImportErrorAndTheOthersStay(workspace, load, file, text, expected):
    workspace.job("first/orders.yaml", ORDERS)
    wrong = workspace.job("second/" + file, text)

    bag = load()

    assert set(bag.dags) == {"sluice_ingest__orders", "sluice_maintenance"}
    (error,) = bag.import_errors.values()
    assert f"{wrong}: " in error
    assert expected in error


def test_noJobs_isAnImportErrorThatNamesTheDirectory(workspace, load, tmp_path):
    (tmp_path / "jobs").rmdir()

    bag = load()

    assert bag.dags == {}
    (error,) = bag.import_errors.values()
    assert str(tmp_path / "jobs") in error


def test_schedules_areThoseOfTheSettings(workspace, load):
    workspace.job("orders.yaml", ORDERS)
    workspace.job("other.yaml", ORDERS.replace("orders", "other"))
    workspace.settings("schedule: null\nschedules: {orders: '*/10 * * * *', ordres: '@daily'}\n")

    bag = load()

    assert bag.dags["sluice_ingest__orders"].schedule == "*/10 * * * *"
    assert bag.dags["sluice_ingest__other"].schedule is None
    (error,) = bag.import_errors.values()
    assert "schedule for ordres" in error


@pytest.mark.parametrize(
    "text, expected",
    [("shedule: '@daily'", "no key shedule"), ("retries: many", "retries has to be int"), ("retries: true", "retries has to be")],
)
def test_settingsThatAreWrong_areNamed(workspace, load, text, expected):
    workspace.job("orders.yaml", ORDERS)
    workspace.settings(text)

    bag = load()

    assert bag.dags == {}
    assert all(expected in error for error in bag.import_errors.values())


@pytest.mark.parametrize(
    "table, uri",
    [
        ("/lake/orders", "file:///lake/orders"),
        ("file:/lake/orders", "file:///lake/orders"),
        ("s3a://lake/orders", "s3://lake/orders"),
        ("abfss://lake@account.dfs.core.windows.net/orders", "abfss://lake@account.dfs.core.windows.net/orders"),
        ("sales.orders", "x-delta://sales/orders"),
        ("/lake/$1", None),
    ],
)
def test_tableUri_ofEachKindOfTable(table, uri):
    from sluice_airflow.jobs import table_uri

    assert table_uri(table) == uri
    if uri is not None:
        assert Asset(uri).uri == uri


def test_finalExitCodes_areThoseThatTheManualDoesNotLetPass():
    from sluice_airflow.submit import FINAL_EXIT_CODES

    rows = re.findall(
        r"^\| (\d+) \| `([A-Z_]+)` \| (yes|) \|",
        (REPOSITORY / "docs/reference/exit-codes.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    assert len(rows) > 15
    assert FINAL_EXIT_CODES == {int(code): name for code, name, passes in rows if not passes}


def test_airflowDirectory_isNoPackageThatHidesAirflow():
    assert not (REPOSITORY / "airflow" / "__init__.py").exists()


def test_settingsOfTheRepository_areTheDefaults(lake):
    from sluice_airflow.settings import Settings

    assert Settings.load() == Settings()


def test_dagFiles_areCheapToParse(lake):
    # Airflow parses them every half a minute; its own import is not theirs.
    program = (
        "import time, airflow.sdk, airflow.providers.apache.spark.operators.spark_submit, yaml; start = time.perf_counter();"
        "import sluice_jobs, sluice_problems; print(time.perf_counter() - start)"
    )
    seconds = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert float(seconds.split()[-1]) < 2
