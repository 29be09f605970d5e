"""Requests to AWS as they come over the wire, decoded by AWS's own models into an operation and its parameters.

The request parsers of moto and LocalStack are made to forgive: what a model doesn't know they leave out, and what has
another type they convert. Here both are a problem.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from botocore import loaders
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.utils import parse_timestamp

SERVICES = (
    *("acm", "application-autoscaling", "bedrock", "bedrock-runtime", "budgets", "cloudfront", "cloudwatch"),
    *("cognito-idp", "datasync", "dynamodb", "ec2", "ecr", "ecs", "efs", "elbv2", "events", "firehose", "glue", "iam"),
    *("lambda", "logs", "opensearch", "route53", "s3", "sagemaker", "sagemaker-runtime", "sns", "sqs", "ssm", "sts"),
    *("textract",),
)
"""Those that the program, its jobs and its pages call, and those that Terraform's provider calls for its resources."""

PROTOCOL_HEADERS = re.compile(
    r"x-amz-(date|target|user-agent|security-token|content-sha256|api-version)|x-amzn-(trace-id|query-mode)"
)
"""Headers that are no operation's parameters: of signatures, checksums and traces."""

CREDENTIAL = re.compile(r"([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request\b")
SIGNED = "AWS4-HMAC-SHA256 Credential="
PRESIGNED = "X-Amz-"
"""How the parameters of a URL that was signed beforehand begin."""


class Undecodable(Exception):
    """A request that no model describes."""


@dataclass(frozen=True)
class Request:
    """One request: `target` is its path and query as they were sent."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """Each name's values."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.target.partition("?")[2], keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    @property
    def scope(self) -> tuple[str, str, str, str]:
        """Whose it is: access key, day, region and service, as its signature says."""
        said = self.headers.get("Authorization", "").removeprefix(SIGNED)
        found = CREDENTIAL.match(said or self.query.get(f"{PRESIGNED}Credential", [""])[0])
        if not found:
            raise Undecodable("the request is not signed")
        access_key, day, region, service = found.groups()
        return access_key, day, region, service

    @property
    def content(self) -> bytes:
        """The body without what its transport adds to it."""
        return gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body


@dataclass
class Decoded:
    """What a request asks for, and what in it the model has no place for."""

    operation: OperationModel
    parameters: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Places, and what is wrong there."""

    @property
    def name(self) -> str:
        return f"{self.operation.service_model.service_name}.{self.operation.name}"


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(loaders.Loader().load_service_model(service, "service-2"), service)


@cache
def _models() -> dict[str, list[ServiceModel]]:
    """The models by the names that requests are signed for."""
    found: dict[str, list[ServiceModel]] = {}
    for name in SERVICES:
        found.setdefault(model(name).signing_name, []).append(model(name))
    return found


def decode(request: Request) -> Decoded:
    """By the service that the request is signed for; Undecodable if it is none of that service's."""
    *_, signed_for = request.scope
    candidates = _models().get(signed_for, [])
    if not candidates:
        raise Undecodable(f"there is no model of {signed_for!r}: add it to SERVICES")
    problems: list[str] = []
    for candidate in candidates:
        try:
            return _decoded(request, candidate)
        except Undecodable as error:
            problems.append(f"{candidate.service_name}: {error}")
    raise Undecodable("; ".join(problems))


def _decoded(request: Request, service: ServiceModel) -> Decoded:
    protocols = service.metadata.get("protocols") or [service.metadata["protocol"]]
    if request.headers.get("Smithy-Protocol"):
        raise Undecodable(f"it speaks {request.headers['Smithy-Protocol']}, which is not decoded here")
    if target := request.headers.get("X-Amz-Target"):
        prefix, _, name = target.rpartition(".")
        if prefix != service.metadata.get("targetPrefix"):
            raise Undecodable(f"its target {target!r} is another service's")
        decoded = Decoded(_operation(service, name))
        _Json(decoded).read(request.content)
    elif {"query", "ec2"} & {*protocols}:
        form = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        if form.get("Version") != service.metadata["apiVersion"]:
            raise Undecodable(f"its version {form.get('Version')!r} is not the model's")
        decoded = Decoded(_operation(service, form.pop("Action", "")))
        del form["Version"]
        (_Ec2 if "ec2" in protocols else _Query)(decoded, form).read()
    elif "rest-json" in protocols or "rest-xml" in protocols:
        decoded = _rest(request, service, "rest-xml" in protocols)
    else:
        raise Undecodable(f"it speaks none of {', '.join(protocols)}")
    return decoded


def _operation(service: ServiceModel, name: str) -> OperationModel:
    if name not in service.operation_names:
        raise Undecodable(f"there is no operation {name!r}")
    return service.operation_model(name)


class _Json:
    """Parameters of JSON."""

    def __init__(self, decoded: Decoded) -> None:
        self._decoded = decoded

    def read(self, content: bytes) -> None:
        shape = self._decoded.operation.input_shape
        body = json.loads(content or b"{}")
        if shape is None:
            if body:
                self._problem("", "the operation takes no parameters")
            return
        value = self.value(shape, body, "")
        if isinstance(value, dict):
            self._decoded.parameters.update(value)

    def _problem(self, place: str, what: str) -> None:
        self._decoded.problems.append((place, what))

    def value(self, shape: Shape, value: Any, place: str) -> Any:
        """The value as its shape is meant, None if it is none of that shape."""
        if isinstance(shape, StructureShape) and not shape.is_document_type:
            if not isinstance(value, Mapping):
                return self._not(place, "a structure")
            names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
            for unknown in value.keys() - names.keys():
                self._problem(f"{place}.{unknown}", "is not in the model")
            return {
                names[key]: self.value(shape.members[names[key]], one, f"{place}.{names[key]}")
                for key, one in value.items()
                if key in names and one is not None
            }
        if isinstance(shape, ListShape):
            if not isinstance(value, list):
                return self._not(place, "a list")
            return [self.value(shape.member, one, f"{place}[]") for one in value]
        if isinstance(shape, MapShape):
            if not isinstance(value, Mapping):
                return self._not(place, "a map")
            return {key: self.value(shape.value, one, f"{place}{{}}") for key, one in value.items()}
        if shape.type_name == "blob":
            try:
                return base64.b64decode(value, validate=True)
            except (TypeError, binascii.Error):
                return self._not(place, "base64")
        if shape.type_name == "timestamp":
            return parse_timestamp(value)
        return value

    def _not(self, place: str, what: str) -> None:
        self._problem(place, f"is not {what}")


class _Query:
    """Parameters of a form. What none of the shapes takes is left over."""

    def __init__(self, decoded: Decoded, form: dict[str, str]) -> None:
        self._decoded = decoded
        self._left = form

    def read(self) -> None:
        shape = self._decoded.operation.input_shape
        if shape is not None:
            self._decoded.parameters.update(self._structure(shape, "") or {})
        for name in self._left:
            self._decoded.problems.append((re.sub(r"\.\d+", "[]", f".{name}"), "is not in the model"))

    def _value(self, shape: Shape, at: str) -> Any:
        if isinstance(shape, StructureShape):
            return self._structure(shape, at)
        if isinstance(shape, ListShape):
            return self._list(shape, at)
        if isinstance(shape, MapShape):
            return self._map(shape, at)
        text = self._left.pop(at, None)
        return None if text is None else scalar(shape, text)

    def _structure(self, shape: StructureShape, at: str) -> dict[str, Any] | None:
        found = {}
        if at and not self._has(at):
            return None
        for name, member in shape.members.items():
            value = self._value(member, f"{at}.{self._name(member, name)}" if at else self._name(member, name))
            if value is not None:
                found[name] = value
        return found

    def _list(self, shape: ListShape, at: str) -> list[Any] | None:
        if self._left.get(at) == "":  # how an empty list is sent
            del self._left[at]
            return []
        begin = self._of_list(shape, at)
        return self._numbered(lambda n: self._value(shape.member, f"{begin}.{n}"))

    def _map(self, shape: MapShape, at: str) -> dict[Any, Any] | None:
        begin = at if shape.serialization.get("flattened") else f"{at}.entry"
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")

        def pair(n: int) -> tuple[Any, Any] | None:
            name = self._value(shape.key, f"{begin}.{n}.{key}")
            return None if name is None else (name, self._value(shape.value, f"{begin}.{n}.{value}"))

        pairs = self._numbered(pair)
        return None if pairs is None else dict(pairs)

    @staticmethod
    def _numbered(read: Callable[[int], Any]) -> list[Any] | None:
        found: list[Any] = []
        while (value := read(len(found) + 1)) is not None:
            found.append(value)
        return found or None

    def _has(self, at: str) -> bool:
        return any(name == at or name.startswith(f"{at}.") for name in self._left)

    @staticmethod
    def _name(shape: Shape, name: str) -> str:
        if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
            name = shape.member.serialization.get("name", name)
        return str(shape.serialization.get("name", name))

    def _of_list(self, shape: ListShape, at: str) -> str:
        if shape.serialization.get("flattened"):
            return at
        return f"{at}.{shape.member.serialization.get('name', 'member')}"


class _Ec2(_Query):
    """The same of EC2, whose names and lists are its own."""

    @staticmethod
    def _name(shape: Shape, name: str) -> str:
        if found := shape.serialization.get("queryName"):
            return str(found)
        found = str(shape.serialization.get("name", name))
        return found[0].upper() + found[1:]

    def _of_list(self, shape: ListShape, at: str) -> str:
        return at


def scalar(shape: Shape, text: str) -> Any:
    """A text of a form, a header, a path or XML as what it stands for; the text itself if it stands for nothing."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "timestamp":
            return parse_timestamp(text)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError):
        pass
    return text


@dataclass(frozen=True)
class _Route:
    """How an operation is asked for: a path with labels, and what the query must have."""

    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    query: Mapping[str, str]
    needed: frozenset[tuple[str, str]]
    """Headers and parameters of the query that are required members."""
    deprecated: bool

    def matches(self, request: Request, query: Mapping[str, list[str]]) -> re.Match[str] | None:
        if request.method != self.method:
            return None
        if any(name not in query or (value and query[name] != [value]) for name, value in self.query.items()):
            return None
        there = {"header": {name.lower() for name in request.headers}, "querystring": query.keys()}
        if not all(name in there[where] for where, name in self.needed):
            return None
        return self.path.fullmatch(request.path) or self.path.fullmatch(request.path.rstrip("/") or "/")


@cache
def _routes(service: ServiceModel) -> list[_Route]:
    """The most particular first."""
    return sorted(
        (_route(service.operation_model(name)) for name in service.operation_names),
        key=lambda route: (len(route.query), len(route.needed), -len(route.labels), not route.deprecated),
        reverse=True,
    )


def _route(operation: OperationModel) -> _Route:
    path, _, query = operation.http["requestUri"].partition("?")
    labels: list[str] = []

    def label(found: re.Match[str]) -> str:
        labels.append(found[1])
        return "(.+)" if found[2] else "([^/]+)"

    pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", label, re.escape(path.rstrip("/") or "/"))
    members = operation.input_shape.members.items() if operation.input_shape else ()
    required = set(operation.input_shape.required_members) if operation.input_shape else set()
    needed = {
        (where, member.serialization["name"].lower() if where == "header" else member.serialization["name"])
        for name, member in members
        if name in required and (where := member.serialization.get("location")) in ("header", "querystring")
    }
    fixed = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name != "x-id"}
    return _Route(
        operation.name,
        operation.http["method"],
        re.compile(pattern),
        tuple(labels),
        fixed,
        frozenset(needed),
        operation.deprecated,
    )


def _rest(request: Request, service: ServiceModel, xml: bool) -> Decoded:
    query = request.query
    found = next(((route, match) for route in _routes(service) if (match := route.matches(request, query))), None)
    if found is None:
        raise Undecodable(f"no operation is asked for by {request.method} {request.target}")
    route, match = found
    decoded = Decoded(service.operation_model(route.operation))
    shape = decoded.operation.input_shape
    labels = dict(zip(route.labels, map(unquote, match.groups()), strict=True))
    left = {name: values for name, values in query.items() if name not in route.query and name != "x-id"}
    left = {name: values for name, values in left.items() if not name.startswith(PRESIGNED)}
    headers = {name.lower(): value for name, value in request.headers.items()}
    taken = set()
    for name, member in shape.members.items() if shape else ():
        at, key = member.serialization.get("location"), member.serialization.get("name", name)
        if at == "uri" and key in labels:
            decoded.parameters[name] = scalar(member, labels[key])
        elif at == "querystring" and isinstance(member, MapShape):
            decoded.parameters[name], left = {one: values[0] for one, values in left.items()}, {}
        elif at == "querystring" and key in left:
            values = left.pop(key)
            listed = isinstance(member, ListShape)
            decoded.parameters[name] = (
                [scalar(member.member, v) for v in values] if listed else scalar(member, values[0])
            )
        elif at == "header" and key.lower() in headers:
            taken.add(key.lower())
            decoded.parameters[name] = _header(member, headers[key.lower()])
        elif at == "headers":
            own = {one: value for one, value in headers.items() if one.startswith(key.lower())}
            taken |= own.keys()
            decoded.parameters[name] = {one.removeprefix(key.lower()): value for one, value in own.items()}
    decoded.problems += [(f"?{name}", "is not in the model") for name in left]
    decoded.problems += [
        (f"header {name}", "is not in the model")
        for name in headers.keys() - taken
        if name.startswith("x-amz") and not PROTOCOL_HEADERS.fullmatch(name) and not _is_checksum(name, decoded)
    ]
    _body(request, decoded, xml)
    return decoded


def _is_checksum(name: str, decoded: Decoded) -> bool:
    """Whether the header is a checksum of the body, which any operation that has one may say."""
    return name.startswith("x-amz-checksum-") and bool(decoded.operation.http_checksum)


def _header(shape: Shape, text: str) -> Any:
    if isinstance(shape, ListShape):
        return [scalar(shape.member, one.strip()) for one in text.split(",")]
    return scalar(shape, text)


def _body(request: Request, decoded: Decoded, xml: bool) -> None:
    """The parameters that are in the body."""
    shape, content = decoded.operation.input_shape, request.content
    inner = [name for name, one in shape.members.items() if "location" not in one.serialization] if shape else []
    payload = shape.serialization.get("payload") if shape else None
    if shape is None or not inner:
        if content:
            decoded.problems.append(("body", "is not in the model"))
        return
    body_shape = shape.members[payload] if payload else shape
    if payload and body_shape.type_name in ("blob", "string"):
        decoded.parameters[payload] = content if body_shape.type_name == "blob" else content.decode()
        return
    if not content:
        return
    if xml:
        root = ElementTree.fromstring(content)
        # Only an operation's whole input or a payload names the element that it is in.
        name = decoded.operation.input_shape.serialization.get("name") if not payload else None
        wanted = body_shape.serialization.get("name", name or body_shape.name)
        if _tag(root) not in (wanted, body_shape.name):
            decoded.problems.append((f".{_tag(root)}", f"is not the element {wanted}"))
        value = _Xml(decoded).value(body_shape, [root], f".{payload}" if payload else "")
    else:
        if not payload:
            body_shape = _only(shape, inner)
        value = _Json(decoded).value(body_shape, json.loads(content), f".{payload}" if payload else "")
    if payload:
        decoded.parameters[payload] = value
    elif isinstance(value, dict):
        decoded.parameters.update(value)


def _only(shape: StructureShape, names: list[str]) -> StructureShape:
    """The structure with these members alone."""
    members = shape._shape_model["members"]
    return StructureShape(
        shape.name,
        {**shape._shape_model, "members": {name: members[name] for name in names}, "required": []},
        shape._shape_resolver,
    )


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


class _Xml:
    """Parameters of XML."""

    def __init__(self, decoded: Decoded) -> None:
        self._decoded = decoded

    def value(self, shape: Shape, elements: list[ElementTree.Element], place: str) -> Any:
        """Of the elements that stand for the value: one, or several of a list without an element of its own."""
        first = elements[0]
        if isinstance(shape, StructureShape):
            return self._structure(shape, first, place)
        if isinstance(shape, ListShape):
            if not shape.serialization.get("flattened"):
                elements = list(first)
                wanted = shape.member.serialization.get("name", "member")
                self._check(elements, {wanted}, place)
            return [self.value(shape.member, [one], f"{place}[]") for one in elements]
        if isinstance(shape, MapShape):
            raise Undecodable(f"{place} is a map in XML, which is not decoded here")
        return scalar(shape, first.text or "")

    def _structure(self, shape: StructureShape, element: ElementTree.Element, place: str) -> dict[str, Any]:
        names: dict[str, str] = {}
        found: dict[str, Any] = {}
        for name, member in shape.members.items():
            flat = isinstance(member, ListShape) and member.serialization.get("flattened")
            own = member.serialization.get("name")
            if member.serialization.get("xmlAttribute"):
                if (text := self._attribute(element, str(own))) is not None:
                    found[name] = text
            elif "location" not in member.serialization:
                names[(member.member.serialization.get("name") or own or name) if flat else (own or name)] = name
        self._check(list(element), names.keys(), place)
        for tag, name in names.items():
            if of_name := [one for one in element if _tag(one) == tag]:
                found[name] = self.value(shape.members[name], of_name, f"{place}.{name}")
        return found

    def _check(self, elements: list[ElementTree.Element], known: Any, place: str) -> None:
        for unknown in {_tag(one) for one in elements} - set(known):
            self._decoded.problems.append((f"{place}.{unknown}", "is not in the model"))

    @staticmethod
    def _attribute(element: ElementTree.Element, name: str) -> str | None:
        """An attribute such as xsi:type by its local name."""
        local = name.rpartition(":")[2]
        return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == local), None)
