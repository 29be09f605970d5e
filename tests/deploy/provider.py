"""A stand-in for the providers of AWS and of Docker that the real Pulumi engine speaks to: resources get ids and ARNs,
and live nowhere."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.deploy.resources import INVOKES, outputs

VERSION = "7.51.1"


ONLY_ONCE = {
    "aws:cloudwatch/dashboard:Dashboard": "dashboardName",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:cloudfront/distribution:Distribution": "aliases",
    "aws:cognito/userPoolDomain:UserPoolDomain": "domain",
    "aws:ecs/taskDefinition:TaskDefinition": "family",
    "aws:glue/job:Job": "name",
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": "awsServiceName",
    "aws:route53/record:Record": "name",
}
"""Inputs by type of which an account and region has one, as far as stacks set them."""


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Keeps what is there by id, and counts what the engine asked for."""

    def __init__(self) -> None:
        self.there: dict[str, str] = {}  # id -> URN
        self.taken: dict[tuple[str, str], str] = {}  # type and name of which an account has one -> URN
        self._lock = threading.Lock()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, request: Any, context: Any) -> Any:
        return Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptOutputs=False)

    def Check(self, request: Any, context: Any) -> Any:
        """Refuse a name that another resource of the account has, as AWS does when it is made."""
        owner = self.taken.get(_only_once(request), request.urn)
        failures = []
        if owner != request.urn:
            failures = [provider_pb2.CheckFailure(reason=f"the name is taken by {owner}")]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        old, new = (json_format.MessageToDict(values) for values in (request.old_inputs, request.news))
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        kind = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=kind, diffs=changed)

    def Create(self, request: Any, context: Any) -> Any:
        kind, name = request.urn.split("::")[2].rpartition("$")[2], request.urn.split("::")[-1]
        inputs = json_format.MessageToDict(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(id="", properties=request.properties)
        identity = f"{name}-{uuid.uuid4().hex[:8]}"
        with self._lock:
            self.there[identity] = request.urn
            if any(one := _only_once(request)):
                self.taken[one] = request.urn
        made = struct_pb2.Struct()
        json_format.ParseDict(outputs(kind, name, inputs), made)
        return provider_pb2.CreateResponse(id=identity, properties=made)

    def Read(self, request: Any, context: Any) -> Any:
        """What an import adopts; the account has given it a description."""
        held = struct_pb2.Struct()
        json_format.ParseDict({"description": "made by the account"}, held)
        with self._lock:
            self.there[request.id] = request.urn
        return provider_pb2.ReadResponse(id=request.id, properties=held, inputs=held)

    def Update(self, request: Any, context: Any) -> Any:
        merged = struct_pb2.Struct()
        json_format.ParseDict(
            {**json_format.MessageToDict(request.olds), **json_format.MessageToDict(request.news)}, merged
        )
        return provider_pb2.UpdateResponse(properties=merged)

    def Delete(self, request: Any, context: Any) -> Any:
        with self._lock:
            del self.there[request.id]
            self.taken = {one: urn for one, urn in self.taken.items() if urn != request.urn}
        return Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        answer = struct_pb2.Struct()
        json_format.ParseDict(INVOKES[request.tok], answer)
        return provider_pb2.InvokeResponse(**{"return": answer})


def _only_once(request: Any) -> tuple[str, str]:
    """The type and the name that an account has once, ('', '') for what may be there several times."""
    kind = request.urn.split("::")[2].rpartition("$")[2]
    properties = json_format.MessageToDict(request.news if hasattr(request, "news") else request.properties)
    named = properties.get(ONLY_ONCE.get(kind, ""))
    return (kind, f"{named} {properties.get('type', '')}") if named else ("", "")


@contextmanager
def serving() -> Iterator[tuple[Provider, str]]:
    """The provider, and the value of PULUMI_DEBUG_PROVIDERS that names it for both."""
    provider = Provider()
    server = grpc.server(ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield provider, f"aws:{port},docker-build:{port}"
    finally:
        server.stop(None).wait()
