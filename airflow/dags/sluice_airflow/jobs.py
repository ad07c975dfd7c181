"""What a DAG has to know of a job file: its name and its table. The rest is read by Sluice."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from sluice_airflow.settings import Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_REFERENCE = re.compile(r"\$\{(?:env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?|(?P<other>[^}]*))\}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_GROUP = re.compile(r"\$[1-9]")


class JobFileError(ValueError):
    """A job file that cannot become a DAG; the message says why and what to do."""


@dataclass(frozen=True)
class Job:
    """A job as its DAG sees it.

    :param file: the job file
    :param name: the job's name, its identity
    :param description: what the job says of itself
    :param table_uri: the table as an asset; None if the job has a table for each topic
    """

    file: Path
    name: str
    description: str
    table_uri: str | None


@dataclass(frozen=True)
class JobFiles:
    """All job files: those that have a DAG, and why others have none."""

    jobs: list[Job]
    problems: list[str]


def find_jobs(settings: Settings) -> JobFiles:
    """Reads every job file below the directory of the settings, in the order of their paths."""
    jobs: dict[str, Job] = {}
    problems: list[str] = []
    if not settings.jobs.is_dir():
        problems.append(f"{settings.jobs}: no such directory; set the key jobs.")
    for file in sorted(settings.jobs.rglob("*.y*ml")):
        if file.suffix not in (".yaml", ".yml"):
            continue
        try:
            job = read_job(file)
            if job.name in jobs:
                raise JobFileError(
                    f"the name {job.name} is taken by {jobs[job.name].file}. A name is a job's identity: give each its own."
                )
            jobs[job.name] = job
        except JobFileError as e:
            problems.append(f"{file}: {e}")
    problems.extend(
        f"The settings have a schedule for {name}, and there is no such job." for name in settings.schedules if name not in jobs
    )
    return JobFiles(list(jobs.values()), problems)


def read_job(file: Path) -> Job:
    """Reads one job file.

    :raises JobFileError: if it has no usable name or table
    """
    try:
        text = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise JobFileError(f"it is no YAML: {e}") from e
    if not isinstance(text, dict):
        raise JobFileError("it is no mapping of keys; `sluice validate` says what a job is.")
    name = text.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise JobFileError(f"name has to match {_NAME.pattern}, not {name!r}.")
    target = text.get("target")
    table = target.get("table") if isinstance(target, dict) else None
    if not isinstance(table, str):
        raise JobFileError("target.table is missing.")
    description = text.get("description")
    return Job(file, name, description if isinstance(description, str) else "", table_uri(_resolved(table)))


def _resolved(table: str) -> str:
    def value(reference: re.Match[str]) -> str:
        if reference["name"] is None:
            raise JobFileError(f"target.table has {reference[0]}; only ${{env:NAME}} is known when DAGs are made.")
        found = os.environ.get(reference["name"]) or reference["default"]
        if found is None:
            raise JobFileError(f"target.table needs the environment variable {reference['name']}, which Airflow does not have.")
        return found

    return _REFERENCE.sub(value, table)


def table_uri(table: str) -> str | None:
    """A table as the URI of an Airflow asset: where its files are, or x-delta:// and its identifier.

    :param table: a path or an identifier, as in a job; $1 stands for a part of a topic's name
    :raises JobFileError: if it is a path that depends on where a driver is started
    """
    if _SCHEME.match(table):
        uri = re.sub(r"^s3[an]:", "s3:", table)
        uri = re.sub(r"^file:/*", "file:///", uri)
    elif table.startswith("/"):
        uri = "file://" + table
    elif "/" in table:
        raise JobFileError(
            f"target.table is {table}, a path from wherever a driver is started, which on an Airflow worker is no certain place."
            " Write it with a leading / or as a URI; in the examples, set LAKE."
        )
    else:
        uri = "x-delta://" + table.replace(".", "/")
    return None if _GROUP.search(uri) else uri
