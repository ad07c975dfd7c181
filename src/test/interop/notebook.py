"""Executes a notebook as its readers do, and writes it with what it has put out.

    notebook.py NOTEBOOK EXECUTED

Left out of the outputs are messages to stderr, which say what the machine is like, and what names the
machine's Python. An error in a cell is an error of this program.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

source, executed = Path(sys.argv[1]), Path(sys.argv[2])
notebook = nbformat.read(source, as_version=4)
NotebookClient(
    notebook,
    timeout=1800,
    kernel_name="python3",
    record_timing=False,
    resources={"metadata": {"path": str(source.parent)}},
).execute()
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
notebook.metadata = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
executed.write_text(nbformat.writes(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
