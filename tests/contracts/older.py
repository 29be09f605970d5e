"""An index as it was made before pages had labels and passages terms, with one passage in it."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS

from runtime.aws.opensearch import OpenSearchIndex, OpenSearchIndexes, index_body
from runtime.local.lance import LanceIndex, LanceIndexes
from runtime.passages import passage_id
from runtime.ports import PageBox, Passage
from tests.aws.made import search_client

NAME, DIMENSION = "passages-older-8", 8
VECTOR = np.eye(DIMENSION, dtype=np.float32)[0]
PASSAGE = Passage(
    passage_id("orchard.pdf", "v1", 4, 0),
    "orchard.pdf",
    "v1",
    0,
    4,
    "A Title",
    "A heading",
    "The medlar is picked late.",
    (PageBox(4, 1.5, 2.0, 3.0, 4.0),),
)


def row() -> dict[str, Any]:
    """The passage as both stored it."""
    values = asdict(PASSAGE)
    del values["label"], values["own"], values["confidence"]
    boxes = json.dumps([list(box.values()) for box in values["boxes"]])
    return {**values, "boxes": boxes, "words": f"{PASSAGE.document} {PASSAGE.title} {PASSAGE.heading} {PASSAGE.text}"}


def lance(folder: Path) -> LanceIndex:
    """The index in a folder."""
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("id", "document", "version", "title", "heading", "text", "boxes")),
            ("ordinal", pa.int32()),
            ("page", pa.int32()),
            ("words", pa.string()),
            ("vector", pa.list_(pa.float32(), DIMENSION)),
        ]
    )
    table = lancedb.connect(str(folder / "index")).create_table(NAME, schema=schema)
    table.add([{**row(), "vector": VECTOR.tolist()}])
    table.create_index("words", config=FTS(stem=True, remove_stop_words=True))
    index = LanceIndexes(folder / "index", 1).open(NAME, DIMENSION)
    index.refresh()
    return index


def opensearch(url: str) -> OpenSearchIndex:
    """The index on a server."""
    client = search_client(url)
    client.indices.delete(index="passages-*")
    body = index_body(NAME, DIMENSION, "")
    fields = body["mappings"]["properties"]
    for later in ("label", "page_words", "about", "language"):
        del fields[later]
    fields |= {"words": {"type": "text", "analyzer": "english"}, "packed": {"type": "binary"}}
    client.indices.create(index=NAME, body=body)
    packed = base64.b64encode(VECTOR.tobytes()).decode()
    stored = {**row(), "batch": "b", "packed": packed, "vector": VECTOR.tolist()}
    client.index(index=NAME, id=PASSAGE.id, body=stored, params={"refresh": "true"})
    return OpenSearchIndexes(client).open(NAME, DIMENSION)
