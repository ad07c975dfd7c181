"""What a task makes of the end of spark-submit, which is a script here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from sluice_airflow.settings import Settings
from sluice_airflow.submit import SluiceSubmitOperator

TABLE = {
    "job": "orders",
    "table": "/lake/orders",
    "location": "file:/lake/orders",
    "version": 7,
    "batches": 2,
    "rows": 30,
    "bad_messages": 1,
    "complete_until": "2026-11-22T10:00:00Z",
}


class Events(dict):
    """Asset events, as a task's context has them."""

    class Event:
        def __init__(self) -> None:
            self.extra = {}
            self.added = []

        def add(self, asset, extra):
            self.added.append((asset.uri, extra))

    def __missing__(self, key):
        return self.setdefault(key, self.Event())


@pytest.fixture
def spark_submit(tmp_path, monkeypatch):
    """Makes a spark-submit that does what the script says; `$result` is the result file, if one is wanted."""
    monkeypatch.setenv("AIRFLOW_CONN_SPARK_DEFAULT", '{"conn_type": "spark", "host": "local[2]"}')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def make(script: str) -> None:
        file = tmp_path / "spark-submit"
        file.write_text(f'#!/bin/sh\nfor result; do :; done\n{script}\n', encoding="utf-8")
        file.chmod(0o755)

    return make


def task(outlets, tmp_path) -> SluiceSubmitOperator:
    return SluiceSubmitOperator(
        task_id="run", arguments=["run", "orders.yaml"], settings=Settings(results=tmp_path / "results"), outlets=outlets
    )


@pytest.fixture(autouse=True)
def results(tmp_path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path / "results"


def test_execute_endsWell_emitsTheResultAndLeavesNoFile(spark_submit, tmp_path, results):
    spark_submit(f"echo '{json.dumps({'tables': [TABLE]})}' > \"$result\"")
    asset = Asset("file:///lake/orders")
    events = Events()

    task([asset], tmp_path).execute({"outlet_events": events})

    assert events[asset].extra == TABLE
    assert list(results.iterdir()) == []


def test_execute_tablePerTopic_emitsAnAssetForEach(spark_submit, tmp_path):
    second = {**TABLE, "location": None, "table": "/lake/customers"}
    spark_submit(f"echo '{json.dumps({'tables': [TABLE, second]})}' > \"$result\"")
    alias = AssetAlias("all")
    events = Events()

    task([alias], tmp_path).execute({"outlet_events": events})

    assert events[alias].added == [("file:///lake/orders", TABLE), ("file:///lake/customers", second)]


def test_execute_withoutOutlet_asksForNoResult(spark_submit, tmp_path):
    spark_submit('[ "$result" = orders.yaml ] || exit 3')

    task([], tmp_path).execute({})


@pytest.mark.parametrize("code", [1, 10, 15, 22, 137, 143])
def test_execute_failureThatMayPass_isRetried(spark_submit, tmp_path, code):
    spark_submit(f"exit {code}")

    with pytest.raises(AirflowException, match=f"Error code is: {code}") as failure:
        task([], tmp_path).execute({})

    assert not isinstance(failure.value, AirflowFailException)


def test_execute_failureThatStays_failsAtOnceAndSaysWhy(spark_submit, tmp_path):
    spark_submit("echo '[FENCED] Another driver of the job orders.'; exit 21")

    with pytest.raises(AirflowFailException, match=r"FENCED, exit code 21(.|\n)*Another driver of the job orders"):
        task([], tmp_path).execute({})


def test_execute_noResult_saysWhereItWasExpected(spark_submit, tmp_path, results):
    spark_submit("exit 0")

    with pytest.raises(AirflowFailException, match=str(results)):
        task([Asset("file:///lake/orders")], tmp_path).execute({"outlet_events": Events()})


def test_execute_noConnection_doesNotGoToYarn(spark_submit, tmp_path, monkeypatch):
    spark_submit("exit 0")
    monkeypatch.delenv("AIRFLOW_CONN_SPARK_DEFAULT")

    with pytest.raises(AirflowFailException, match="no Airflow connection spark_default"):
        task([], tmp_path).execute({})
