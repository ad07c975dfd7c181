"""When and how Airflow runs the jobs: airflow/sluice.yaml."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path

import yaml

_AIRFLOW = Path(__file__).resolve().parents[2]

_TEXT = (str,)
_TEXT_OR_NOTHING = (str, type(None))


@dataclass(frozen=True)
class Settings:
    """The settings, with their defaults; sluice.yaml says what each means."""

    jobs: Path = field(default=_AIRFLOW.parent / "jobs", metadata={"types": _TEXT})
    schedule: str | None = field(default="@hourly", metadata={"types": _TEXT_OR_NOTHING})
    schedules: dict[str, str | None] = field(default_factory=dict, metadata={"types": (dict,)})
    maintenance_schedule: str | None = field(default="@daily", metadata={"types": _TEXT_OR_NOTHING})
    retries: int = field(default=3, metadata={"types": (int,)})
    retry_delay_seconds: float = field(default=60, metadata={"types": (int, float)})
    connection: str = field(default="spark_default", metadata={"types": _TEXT})
    pool: str = field(default="default_pool", metadata={"types": _TEXT})
    driver_memory: str = field(default="2g", metadata={"types": _TEXT})
    conf: dict[str, str] = field(default_factory=dict, metadata={"types": (dict,)})
    results: Path | None = field(default=None, metadata={"types": _TEXT_OR_NOTHING})

    @staticmethod
    def load() -> Settings:
        """Reads SLUICE_AIRFLOW_SETTINGS, or sluice.yaml beside the directory dags.

        :raises ValueError: if a key is unknown or its value of another type, naming file and key
        """
        file = Path(os.environ.get("SLUICE_AIRFLOW_SETTINGS") or _AIRFLOW / "sluice.yaml")
        try:
            given = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as e:
            raise ValueError(f"The settings of Sluice's DAGs cannot be read: {e}") from e
        if not isinstance(given, dict):
            raise ValueError(f"{file} has to be a mapping of keys to values.")
        known = {each.name: each.metadata["types"] for each in fields(Settings)}
        for key, value in given.items():
            if key not in known:
                raise ValueError(f"{file}: there is no key {key}. Known are {', '.join(known)}.")
            if not isinstance(value, known[key]) or isinstance(value, bool):
                wanted = " or ".join(each.__name__ for each in known[key])
                raise ValueError(f"{file}: {key} has to be {wanted}, not {value!r}.")
        for path in ("jobs", "results"):
            if given.get(path) is not None:
                given[path] = (file.parent / given[path]).resolve()
        return Settings(**given)

    def schedule_of(self, job: str) -> str | None:
        """The schedule of one job."""
        return self.schedules.get(job, self.schedule)


def home() -> Path:
    """Where Sluice is: SLUICE_HOME, or the repository that these files are in."""
    return Path(os.environ.get("SLUICE_HOME") or _AIRFLOW.parent)


def jar() -> Path:
    """The jar to submit: SLUICE_JAR, or what the build made."""
    return Path(os.environ.get("SLUICE_JAR") or home() / "target" / "sluice.jar")
