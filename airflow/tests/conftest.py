"""An Airflow without a database, in a directory of its own, that finds the DAG files of this repository."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

AIRFLOW = Path(__file__).resolve().parents[1]

# Airflow reads these when it is imported.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="sluice-airflow-")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(AIRFLOW / "dags")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
sys.path.append(str(AIRFLOW / "dags"))


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """A lake of the test's own, with the job files and settings of this repository."""
    for name in [name for name in os.environ if name.startswith("SLUICE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LAKE", str(tmp_path / "lake"))
    return tmp_path / "lake"


class Workspace:
    """Job files and settings that a test writes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "jobs").mkdir()
        self.settings("")

    def job(self, file: str, text: str) -> Path:
        path = self.directory / "jobs" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def settings(self, text: str) -> None:
        (self.directory / "sluice.yaml").write_text("jobs: jobs\n" + text, encoding="utf-8")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Job files and settings of the test's own."""
    monkeypatch.setenv("SLUICE_AIRFLOW_SETTINGS", str(tmp_path / "sluice.yaml"))
    return Workspace(tmp_path)


@pytest.fixture
def load():
    """Loads the DAG files as Airflow's commands do."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return lambda: BundleDagBag(AIRFLOW / "dags", bundle_path=AIRFLOW / "dags", bundle_name="dags-folder")
