"""The DAGs of all job files: one for each job, and sluice_maintenance."""

from sluice_airflow.dags import ingest_dag, maintenance_dag
from sluice_airflow.jobs import find_jobs
from sluice_airflow.settings import Settings

_settings = Settings.load()
_jobs = find_jobs(_settings).jobs

for _job in _jobs:
    _dag = ingest_dag(_job, _settings)
    globals()[_dag.dag_id] = _dag

if _jobs:
    sluice_maintenance = maintenance_dag(_jobs, _settings)
