"""What the notebooks work on: sample lakes, and a Pulsar broker, made by the commands of ./sluice.

Lakes are made once and lie in lake/ of the repository, or in the directory that LAKE names. The broker
is that of PULSAR_SERVICE_URL and PULSAR_ADMIN_URL where both are set, else one of the notebook's own,
which ends with it.
"""

import contextlib
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import duckdb as engine
import duckdb_extension_delta
from pyspark.sql import SparkSession

HOME = Path(__file__).resolve().parent.parent
LAKE = Path(os.environ.get("LAKE") or HOME / "lake").resolve()
SLUICE = str(HOME / "sluice")

JAR = str(HOME / "target" / "sluice.jar")

PATIENCE_SECONDS = 600

# Without it, Spark would listen on every interface, that of the commands as well.
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")


def flights():
    """The table of `./sluice quickstart`: 230,770 flights."""
    return str(_quickstart("quickstart") / "flights")


def shop():
    """The directory of the tables of `./sluice quickstart --cdc`: customers, orders, order_items."""
    return str(_quickstart("quickstart-cdc", "--cdc"))


def directory(name):
    """A directory of the lake for what one notebook makes, empty."""
    path = LAKE / "notebooks" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return str(path)


def duckdb():
    """DuckDB in memory, with its delta extension from PyPI and times in UTC."""
    package = os.path.dirname(duckdb_extension_delta.__file__)
    extension = glob.glob(f"{package}/**/*.duckdb_extension", recursive=True)[0]
    connection = engine.connect(config={"allow_unsigned_extensions": True})
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET timezone = 'UTC'")
    return connection


def spark():
    """Spark in this process, with the settings that ./sluice gives it, Delta Lake and format("pulsar")."""
    builder = SparkSession.builder.master("local[2]").config("spark.jars", JAR)
    builder.config("spark.sql.warehouse.dir", str(LAKE / "spark-warehouse"))
    logging = f"-Dlog4j2.configurationFile=file:{HOME}/conf/log4j2.properties"
    builder.config("spark.driver.extraJavaOptions", logging)
    for line in (HOME / "conf" / "spark-defaults.conf").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            builder.config(*line.split(maxsplit=1))
    return builder.getOrCreate()


def broker():
    """The addresses of a Pulsar broker: that of its protocol, and that of its admin endpoint."""
    given = os.environ.get("PULSAR_SERVICE_URL"), os.environ.get("PULSAR_ADMIN_URL")
    return given if all(given) else _own_broker()


def topic(name):
    """The full name of a topic that does not exist yet."""
    return f"persistent://public/default/{name}-{uuid.uuid4().hex[:8]}"


@contextlib.contextmanager
def running(job, path):
    """Runs a job while a block runs, by `./sluice run`; its file and all it prints go to a directory.

    At the block's end the job is asked to stop, and finishes the batch that it is in.
    """
    file, log = Path(path) / "job.yaml", Path(path) / "job.log"
    file.write_text(job, encoding="utf-8")
    service_url, admin_url = broker()
    log.touch()
    before = log.stat().st_size
    with open(log, "ab") as output:
        process = subprocess.Popen(
            [SLUICE, "run", str(file)],
            env={**os.environ, "PULSAR_SERVICE_URL": service_url, "PULSAR_ADMIN_URL": admin_url},
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def printed():
        return log.read_bytes()[before:].decode()

    try:
        wait(lambda: process.poll() is not None or " started: " in printed())
        _require_running(process, printed())
        yield
        _require_running(process, printed())
    finally:
        process.terminate()
        process.wait()


def wait(condition, seconds=PATIENCE_SECONDS):
    """Returns as soon as a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited for {seconds} seconds in vain")
        time.sleep(0.1)


def _quickstart(name, *options):
    there = LAKE / name
    LAKE.mkdir(parents=True, exist_ok=True)
    with open(LAKE / ".notebooks.lock", "w", encoding="utf-8") as lock:
        # Two notebooks may be started at once, and a quickstart has the broker's directory for itself.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not there.exists():
            making = tempfile.mkdtemp(prefix="making-", dir=LAKE)
            try:
                _run("quickstart", *options, LAKE=making)
                # What is there by this name is complete.
                os.rename(Path(making) / name, there)
            finally:
                shutil.rmtree(making)
    return there


def _run(*arguments, **settings):
    """Runs a command of ./sluice and shows what it prints."""
    command = [SLUICE, *arguments]
    process = subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    for line in process.stdout:
        print(line, end="", file=sys.stderr)
    if process.wait() != 0:
        raise RuntimeError(f"{' '.join(command)} ended with code {process.returncode}, see above")


_brokers = {}


def _own_broker():
    process = _brokers.get("process")
    if process is None or process.poll() is not None:
        # It ends with this process, however this one ends.
        process = subprocess.Popen([SLUICE, "broker"], stdout=subprocess.PIPE, text=True)
        printed = process.stdout.readline()
        found = re.fullmatch(r"export PULSAR_SERVICE_URL=(\S+) PULSAR_ADMIN_URL=(\S+)\n", printed)
        if not found:
            raise RuntimeError(f"'./sluice broker' ended with code {process.wait()}")
        _brokers.update(process=process, addresses=found.groups())
    return _brokers["addresses"]


def _require_running(process, printed):
    if process.poll() is not None:
        raise RuntimeError(f"the job ended with code {process.returncode}:\n{printed}")
