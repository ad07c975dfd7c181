"""Runs one command of Sluice by spark-submit."""

from __future__ import annotations

import json
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Asset, AssetAlias, BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from sluice_airflow.jobs import table_uri
from sluice_airflow.settings import Settings, home, jar

if TYPE_CHECKING:
    from airflow.sdk import Context

MAIN_CLASS = "io.sluice.cli.Sluice"

# Those that docs/reference/exit-codes.md does not say may pass; a test compares the two.
FINAL_EXIT_CODES = {
    2: "INVALID_JOB",
    11: "NOT_AUTHORIZED",
    12: "TOPIC_NOT_FOUND",
    13: "UNSUPPORTED_SCHEMA",
    14: "DATA_LOSS",
    16: "UNDECODABLE_MESSAGE",
    17: "CORRUPT_ENTRY",
    18: "SCHEMA_CHANGED",
    19: "TOO_MANY_BAD_RECORDS",
    20: "CHECKPOINT_MISMATCH",
    21: "FENCED",
    23: "TABLE_MISMATCH",
    24: "TRANSFORM_FAILED",
    25: "UNORDERED_EVENTS",
    26: "KEY_NOT_FOUND",
    27: "UNSAFE_STORAGE",
    28: "NOT_REGISTERED",
}


class SluiceSubmitOperator(SparkSubmitOperator):
    """Submits Sluice, and fails at once where no retry can help.

    A task with an outlet asks the run for its result and emits one asset event for each table.

    :param arguments: the command line of Sluice; it appears in logs, so it holds no secret
    :param settings: the settings of the DAGs
    """

    def __init__(self, *, arguments: list[str], settings: Settings, **kwargs: Any) -> None:
        super().__init__(
            application=str(jar()),
            java_class=MAIN_CLASS,
            application_args=arguments,
            conn_id=settings.connection,
            driver_memory=settings.driver_memory,
            properties_file=str(home() / "conf" / "spark-defaults.conf"),
            conf={
                "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{home()}/conf/log4j2.properties",
                **settings.conf,
            },
            pool=settings.pool,
            **kwargs,
        )
        self._results = settings.results

    def execute(self, context: Context) -> None:
        """Runs the command to its end.

        :raises AirflowFailException: on an exit code that no retry can mend
        """
        self._require_connection()
        if not self.outlets:
            self._submit(context)
            return
        directory = self._results or Path(tempfile.gettempdir())
        result = directory / f"sluice-{uuid.uuid4()}.json"
        self.application_args = [*(self.application_args or []), "--result", str(result)]
        try:
            self._submit(context)
            self._emit(json.loads(result.read_text(encoding="utf-8")), context)
        except FileNotFoundError as e:
            raise AirflowFailException(
                f"The run has ended well, but left no result in {directory}. With deploy mode cluster, the key results of"
                " sluice.yaml has to name a directory that driver and Airflow worker share."
            ) from e
        finally:
            result.unlink(missing_ok=True)

    def _require_connection(self) -> None:
        try:
            BaseHook.get_connection(self._conn_id)
        except AirflowNotFoundException as e:
            # SparkSubmitHook goes to YARN then.
            raise AirflowFailException(
                f"There is no Airflow connection {self._conn_id}. Create it: type spark, host local[*] or the master's URL."
            ) from e

    def _submit(self, context: Context) -> None:
        try:
            super().execute(context)
        except AirflowException as e:
            # The hook says the exit code in its message only, and keeps the process.
            process = getattr(self._hook, "_submit_sp", None)
            condition = FINAL_EXIT_CODES.get(process.returncode) if process is not None else None
            if condition is None:
                raise
            raise AirflowFailException(f"{condition}, exit code {process.returncode}: no retry can mend it. {e}") from e

    def _emit(self, result: dict[str, Any], context: Context) -> None:
        for table in result["tables"]:
            self.log.info("%s", table)
            for outlet in self.outlets:
                if isinstance(outlet, AssetAlias):
                    context["outlet_events"][outlet].add(Asset(table_uri(table["location"] or table["table"])), extra=table)
                else:
                    context["outlet_events"][outlet].extra = table
