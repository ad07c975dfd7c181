"""The two kinds of DAGs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetAlias

from sluice_airflow.jobs import Job
from sluice_airflow.settings import Settings
from sluice_airflow.submit import SluiceSubmitOperator

_LONGEST_RETRY_DELAY = timedelta(minutes=30)


def ingest_dag(job: Job, settings: Settings) -> DAG:
    """A DAG that takes what is there of the job's topics, and emits its table as an asset."""
    dag_id = f"sluice_ingest__{job.name}"
    with DAG(
        dag_id,
        description=job.description or None,
        schedule=settings.schedule_of(job.name),
        catchup=False,
        # A job is one writer: a second driver of it would be fenced.
        max_active_runs=1,
        default_args=_default_args(settings),
        tags=["sluice"],
        doc_md=f"Runs the job `{job.name}` of `{job.file.name}` over all that its topics have, exactly once.",
    ) as dag:
        SluiceSubmitOperator(
            task_id="run",
            name=f"sluice-{job.name}",
            arguments=["run", str(job.file), "--trigger", "available_now"],
            settings=settings,
            outlets=[AssetAlias(dag_id) if job.table_uri is None else Asset(job.table_uri)],
        )
    return dag


def maintenance_dag(jobs: list[Job], settings: Settings) -> DAG:
    """A DAG that maintains the tables of all jobs, one job after another, each failing alone."""
    with DAG(
        "sluice_maintenance",
        description="Compacts, clusters and vacuums the tables of all jobs.",
        schedule=settings.maintenance_schedule,
        catchup=False,
        max_active_runs=1,
        max_active_tasks=1,
        default_args=_default_args(settings),
        tags=["sluice"],
        doc_md="`sluice maintain` for each job. Jobs may run meanwhile: who meets the other's commit begins again from it.",
    ) as dag:
        for job in jobs:
            SluiceSubmitOperator(
                task_id=f"maintain__{job.name}",
                name=f"sluice-maintain-{job.name}",
                arguments=["maintain", str(job.file)],
                settings=settings,
            )
    return dag


def _default_args(settings: Settings) -> dict[str, Any]:
    return {
        "owner": "sluice",
        "retries": settings.retries,
        "retry_delay": timedelta(seconds=settings.retry_delay_seconds),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": _LONGEST_RETRY_DELAY,
    }
