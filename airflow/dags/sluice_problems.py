"""Shows as an import error which job files are no DAGs, while the other jobs have theirs."""

from sluice_airflow.jobs import find_jobs
from sluice_airflow.settings import Settings

# Airflow knows import errors of files only: one that the generator raised would take every DAG along.
_problems = find_jobs(Settings.load()).problems
if _problems:
    raise ValueError("These jobs have no Airflow DAG:\n" + "\n".join(_problems))
