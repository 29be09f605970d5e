"""The Documents and Files ports on S3: each object below a prefix is a document, or a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError

from runtime.aws.clients import aws_errors, code_of
from runtime.aws.clients import client as make_client
from runtime.names import INGEST_PREFIX, RECOGNIZED_PREFIX
from runtime.ports import NotFound, PlumblineError, StoredDocument, checked_key
from runtime.retry import retrying
from runtime.versions import version_of

RETRY = retrying(BotoCoreError, first=0.2, longest=5.0, attempts=4)
"""Of a download whose connection breaks; botocore itself retries only until the first byte."""

CHUNK = 1 << 20
MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404", "NotFound"})
UNVERSIONED = "null"
"""The VersionId of objects stored while versioning was off, which the next such object overwrites."""


class S3Documents:
    """The objects of a bucket below `prefix`; a document's key is the rest of the object's. With versioning, replaced
    objects stay as long as the bucket's lifecycle says."""

    def __init__(self, client: Any, bucket: str, prefix: str = INGEST_PREFIX) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def stored(self) -> Iterator[StoredDocument]:
        """Every object by key, except folder markers."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with aws_errors(f"Listing the documents in {self._bucket}"):
            for page in pages:
                for one in page.get("Contents", []):
                    key = one["Key"].removeprefix(self._prefix)
                    if key and not key.endswith("/"):
                        yield StoredDocument(key, one["Size"], one["ETag"])

    def find(self, key: str) -> StoredDocument | None:
        """The current object."""
        with aws_errors(f"Looking up {key!r}"):
            head = self._unless_missing(lambda: self._client.head_object(**self._object(key)))
        return None if head is None else _stored(key, head)

    def fetch(self, key: str, target: Path) -> StoredDocument | None:
        """Copy the object."""
        return self._copy(key, target, {})

    def fetch_version(self, key: str, version: str, version_id: str, target: Path) -> bool:
        """Copy the object's version with that id; if there is none, the current object, if it has these bytes."""
        for which in ({"VersionId": version_id}, {}) if version_id else ({},):
            if self._copy(key, target, which) is not None and version_of(target) == version:
                return True
        return False

    def _copy(self, key: str, target: Path, which: dict[str, str]) -> StoredDocument | None:
        """Copy the object, or `which` of its versions. A broken download starts over, so a copy never mixes two."""
        with aws_errors(f"Copying {key!r}"):
            return RETRY(self._download, key, target, which)

    def _download(self, key: str, target: Path, which: dict[str, str]) -> StoredDocument | None:
        with aws_errors(f"Copying {key!r}"):  # botocore has retried this, so it is final
            got = self._unless_missing(lambda: self._client.get_object(**self._object(key), **which))
        if got is None:
            return None
        with target.open("wb") as copy:
            for chunk in got["Body"].iter_chunks(CHUNK):
                copy.write(chunk)
        return _stored(key, got)

    def put(self, key: str, source: Path) -> None:
        """Store the file; S3 writes are atomic."""
        with aws_errors(f"Storing {key!r}"):
            self._client.upload_file(str(source), **self._object(key))

    def delete(self, key: str) -> None:
        """Remove the object and its former versions."""
        with aws_errors(f"Removing {key!r}"):
            self._client.delete_object(**self._object(key))
        self.forget(key)

    def forget(self, key: str) -> None:
        """Remove the versions of a deleted object, and its delete marker last: without it, the version before it
        would be current."""
        names = self._object(key)
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=names["Key"])
        versions: list[Any] = []
        markers: list[Any] = []
        with aws_errors(f"Removing the former versions of {key!r}"):
            for page in pages:
                for kind, kept in (("Versions", versions), ("DeleteMarkers", markers)):
                    kept += [one for one in page.get(kind, []) if one["Key"] == names["Key"]]
                if page.get("NextKeyMarker", names["Key"]) != names["Key"]:
                    break  # objects with longer names come after this one
            if any(one["IsLatest"] for one in versions):
                return
            for one in [*versions, *sorted(markers, key=lambda marker: bool(marker["IsLatest"]))]:
                self._client.delete_object(**names, VersionId=one["VersionId"])

    def _object(self, key: str) -> dict[str, str]:
        checked_key(key)
        return {"Bucket": self._bucket, "Key": self._prefix + key}

    @staticmethod
    def _unless_missing(call: Any) -> Any:
        try:
            return call()
        except Exception as error:
            if code_of(error) in MISSING:
                return None
            raise


class S3RecognizedPages:
    """The RecognizedPages port: an object for each page, below its document's and version's prefix."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def pages(self, document: str, version: str) -> set[int]:
        """The numbers at the objects' ends."""
        return {int(key.rpartition("/")[2]) for key in self._keys(f"{_folder(document)}{version}/")}

    def get(self, document: str, version: str, page: int) -> bytes | None:
        """The object's bytes."""
        with aws_errors(f"Reading what was recognized on page {page} of {document!r}"):
            try:
                key = f"{_folder(document)}{version}/{page}"
                body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except Exception as error:
                if code_of(error) in MISSING:
                    return None
                raise
        return body

    def put(self, document: str, version: str, page: int, recognized: bytes) -> None:
        """Store the object."""
        with aws_errors(f"Storing what was recognized on page {page} of {document!r}"):
            key = f"{_folder(document)}{version}/{page}"
            self._client.put_object(Bucket=self._bucket, Key=key, Body=recognized)

    def delete(self, document: str, keep: str = "") -> None:
        """Delete the objects."""
        folder = _folder(document)
        with aws_errors(f"Removing what was recognized in {document!r}"):
            for key in list(self._keys(folder)):
                if not (keep and key.startswith(f"{folder}{keep}/")):
                    self._client.delete_object(Bucket=self._bucket, Key=key)

    def _keys(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with aws_errors(f"Listing s3://{self._bucket}/{prefix}"):
            for page in pages:
                yield from (one["Key"] for one in page.get("Contents", []))


def _folder(document: str) -> str:
    """A document's prefix: by its hash, since a key with the rest behind it might be too long for S3."""
    return f"{RECOGNIZED_PREFIX}{hashlib.sha256(document.encode()).hexdigest()}/"


def _stored(key: str, answer: Any) -> StoredDocument:
    """An object as S3 reports it."""
    version_id = answer.get("VersionId", UNVERSIONED)
    return StoredDocument(key, answer["ContentLength"], answer["ETag"], "" if version_id == UNVERSIONED else version_id)


class S3Files:
    """The Files port: the objects below s3://BUCKET/PREFIX; a file's name is the rest of its key."""

    def __init__(self, address: str, client: Any = None) -> None:
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        if not bucket:
            raise PlumblineError(f"{address!r} names no bucket.", "Write it as s3://BUCKET/PREFIX/.")
        self._client = client or make_client("s3")
        self._bucket = bucket
        self._prefix = prefix.rstrip("/") + "/" if prefix else ""

    def names(self) -> list[str]:
        """Every file, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        with aws_errors(f"Listing s3://{self._bucket}/{self._prefix}"):
            keys = [one["Key"].removeprefix(self._prefix) for page in pages for one in page.get("Contents", [])]
        return sorted(key for key in keys if key and not key.endswith("/"))

    def content(self, name: str) -> bytes:
        """A file's bytes; NotFound if there is none."""
        with aws_errors(f"Reading s3://{self._bucket}/{self._prefix}{name}"):
            try:
                body: bytes = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
            except Exception as error:
                if code_of(error) in MISSING:
                    raise NotFound(
                        f"There is no s3://{self._bucket}/{self._prefix}{name}.", "Check the name."
                    ) from error
                raise
        return body

    def put(self, name: str, content: bytes, kind: str) -> None:
        """Store a file of a content type."""
        with aws_errors(f"Storing s3://{self._bucket}/{self._prefix}{name}"):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content, ContentType=kind)
