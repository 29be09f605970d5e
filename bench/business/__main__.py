"""Writes the business documents: `python -m bench.business FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.business import documents

if len(sys.argv) != 2:
    sys.exit("Name the folder to write the documents to.")
for path in documents(Path(sys.argv[1])):
    print(path)
