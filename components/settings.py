"""An operator's settings for a stack, read once into a frozen object."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Literal

from runtime.names import (
    BEDROCK,
    BEDROCK_EMBEDDERS,
    MAX_CONVERSATION_DAYS,
    MAX_RECOGNITION_PAGES,
    RECOGNITION_PAGES,
    REFUSED,
)

NAMESPACE = "plumbline"

FRONTEND = (
    "appCustomDomainName",
    "loadBalancerOriginCustomDomainName",
    "customDomainRoute53HostedZoneID",
    "customDomainRoute53HostedZoneName",
    "customDomainCertificateArn",
)
"""All five or none: with them the stack has a frontend."""

KEYS = (
    "textModelEndpointName",
    "embeddingsModelEndpointName",
    *FRONTEND,
    *("size", "protect", "openSearchEndpoint", "frontendImage", "alarmEmail"),
    *(
        "monthlyBudget",
        "notebook",
        "names",
        "owner",
        "cidr",
        "zones",
        "egress",
        "vpcId",
        "subnetIds",
        "refused",
        "conversationDays",
        "versionDays",
        "archiveDays",
        "recognition",
        "recognitionPagesPerMonth",
    ),
)

_MODEL = re.compile(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,62}|bedrock:(?!arn:)[a-zA-Z0-9][\w.:/-]{0,2047}")
_EMBEDDER = re.compile(rf"(?!{BEDROCK}(?!.*({'|'.join(map(re.escape, BEDROCK_EMBEDDERS))})))({_MODEL.pattern})")
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_ZONE = re.compile(r"Z[A-Z0-9]{1,31}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}")
_SEARCH = re.compile(r"(https://)?[a-zA-Z0-9.-]+\.[a-z]{2,63}(:\d+)?/?|http://127\.0\.0\.1:\d+")
_IMAGE = re.compile(r"\S+@sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[\w .:/=+@-]{1,256}")
_ZONE_ID = re.compile(r"[a-z]{2,6}\d+-az\d+")
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

VERSION_DAYS, MAX_VERSION_DAYS = 90, 3650
"""How long a replaced document's former version is kept for its citations, in days: the default and the maximum."""

MAX_BUDGET = 1_000_000

ARCHIVE_DAYS = 730
"""How long the archives are kept by default, in days: a baseline lasts for as long as they have its records."""

Recognizer = Literal["textract", "none"]

# Kept here, and compared with botocore's list by a test: to ask AWS would take an invoke and a permission more.
TEXTRACT_REGIONS = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1"),
        *("eu-central-1", "eu-central-2", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("us-gov-east-1", "us-gov-west-1", "us-iso-east-1", "us-isof-east-1", "us-isof-south-1"),
    }
)
"""The regions that have Textract, as of November 2026."""

ZONES = 2
"""Availability zones of a stack: a load balancer takes no fewer."""

NEW_NETWORK = ("cidr", "zones", "egress")
"""Settings of a network that the stack creates."""

NETWORK_BITS = (16, 22)
"""Prefix lengths of the network, which is split into eight parts: the smallest subnet has 128 addresses."""


class SettingsError(Exception):
    """Everything that is wrong with the settings, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


Problems = Sequence[tuple[str, str]]
"""Settings' keys, each with what is wrong with its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What `size` sets: the search domain, the NAT gateways, the chat page's tasks, the Glue workers."""

    name: Literal["small", "production"]
    data_node: str
    data_nodes: int
    master_node: str
    master_nodes: int
    volume_gib: int
    nat_gateways: int
    min_tasks: int
    max_tasks: int
    task_cpu: int
    """CPU of a task of the chat page, in 1,024ths of a core."""
    task_mib: int
    glue_workers: int


SIZES = {
    "small": Size(
        name="small",
        data_node="t3.small.search",
        data_nodes=1,
        master_node="",
        master_nodes=0,
        volume_gib=20,
        nat_gateways=1,
        min_tasks=1,
        max_tasks=2,
        task_cpu=512,
        task_mib=1024,
        glue_workers=2,
    ),
    "production": Size(
        name="production",
        data_node="r7g.large.search",
        data_nodes=2,
        master_node="m7g.medium.search",
        master_nodes=3,
        volume_gib=200,
        nat_gateways=2,
        min_tasks=2,
        max_tasks=10,
        task_cpu=1024,
        task_mib=2048,
        glue_workers=10,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """The names of the chat page, of the load balancer behind it and of their zone, and the certificate."""

    app_domain: str
    origin_domain: str
    zone_id: str
    zone_name: str
    certificate_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A stack's settings."""

    text_model: str
    embeddings_model: str
    frontend: Frontend | None
    size: Size
    protect: bool
    """Whether data is protected from `pulumi destroy`, which then refuses before it removes anything."""
    search_endpoint: str
    """The endpoint of an existing OpenSearch domain, '' to create one."""
    frontend_image: str
    """The chat page's image by digest, '' to build it."""
    alarm_email: str
    budget: int
    """What the account may cost in a month before there is mail, in US dollars, 0 for no limit."""
    notebook: bool
    names: Literal["plain", "stack"]
    """Whether the names of jobs, dashboard and metrics, of which each account has one, end in the stack's."""
    owner: str
    """Who is responsible for the stack, '' for nobody in particular: a tag of its resources."""
    cidr: IPv4Network
    zones: tuple[str, ...]
    """The ids of two availability zones, none to choose them."""
    egress: Literal["nat", "endpoints"]
    """By what a new network reaches AWS's services: NAT gateways, or an interface endpoint for each service."""
    vpc_id: str
    """An existing network, '' to create one."""
    subnet_ids: tuple[str, ...]
    """Its two private subnets."""
    refused: float
    """The share of questions about other matters that sets the limit of the chat page's refusals, 0 to 1."""
    conversation_days: int
    """Days after its last message that a conversation is removed, 0 for never."""
    version_days: int
    """Days for which the former version of a replaced document is kept."""
    archive_days: int
    """Days for which the embeddings of passages and questions are kept for the analyses."""
    recognition: Recognizer
    """What recognizes the text of pictures."""
    recognition_pages: int
    """Pages that it recognizes in a month at most, 0 for no limit."""

    @classmethod
    def read(
        cls, values: Mapping[str, str], region: str = "", look_up: Callable[[Settings], Problems] = lambda settings: []
    ) -> Settings:
        """Parse the values in the namespace; SettingsError lists everything that is wrong, before anything is created.
        `region` is the stack's, '' if it is not known; `look_up` returns what the account has against the values."""
        reader = _Reader(values)
        for key in sorted(set(values) - set(KEYS)):
            reader.problems.append(f"{NAMESPACE}:{key} is not a setting; the settings are {', '.join(KEYS)}.")
        model = (
            "a SageMaker endpoint's name, or bedrock:MODEL_ID with the id of a model or inference profile, not its ARN"
        )
        embedder = f"{model}; of Bedrock's models, one of Amazon Titan or Cohere that embeds"
        size = SIZES[reader.choice("size", ("small", "production"))]
        protected = ("true", "false") if size.name == "production" else ("false", "true")  # the first is the default
        settings = cls(
            text_model=reader.text("textModelEndpointName", _MODEL, model, required=True),
            embeddings_model=reader.text("embeddingsModelEndpointName", _EMBEDDER, embedder, required=True),
            frontend=reader.frontend(),
            size=size,
            protect=reader.choice("protect", protected) == "true",
            search_endpoint=reader.text("openSearchEndpoint", _SEARCH, "a domain's endpoint"),
            frontend_image=reader.text("frontendImage", _IMAGE, "an image with its digest, NAME@sha256:DIGEST"),
            alarm_email=reader.text("alarmEmail", _EMAIL, "an e-mail address"),
            budget=reader.number("monthlyBudget", 0, 0, MAX_BUDGET, "US dollars"),
            notebook=reader.choice("notebook", ("false", "true")) == "true",
            names="stack" if reader.choice("names", ("plain", "stack")) == "stack" else "plain",
            owner=reader.text("owner", _TAG, "up to 256 letters, digits, spaces or _.:/=+-@"),
            cidr=reader.network("cidr", "10.0.0.0/16"),
            zones=reader.pair(
                "zones", _ZONE_ID, "the ids, not the names, of two availability zones, such as euc1-az1,euc1-az2"
            ),
            egress="endpoints" if reader.choice("egress", ("nat", "endpoints")) == "endpoints" else "nat",
            vpc_id=reader.text("vpcId", _VPC, "a VPC's id, such as vpc-0123456789abcdef0"),
            subnet_ids=reader.pair("subnetIds", _SUBNET, "the ids of two private subnets, such as subnet-01,subnet-02"),
            refused=reader.share("refused", REFUSED),
            conversation_days=reader.number("conversationDays", 0, 0, MAX_CONVERSATION_DAYS, "days"),
            version_days=reader.number("versionDays", VERSION_DAYS, 1, MAX_VERSION_DAYS, "days"),
            archive_days=reader.number("archiveDays", ARCHIVE_DAYS, 1, MAX_VERSION_DAYS, "days"),
            recognition=reader.recognition(region),
            recognition_pages=reader.number(
                "recognitionPagesPerMonth", RECOGNITION_PAGES, 0, MAX_RECOGNITION_PAGES, "pages"
            ),
        )
        if settings.budget and not settings.alarm_email:
            reader.problems.append(
                f"{NAMESPACE}:monthlyBudget is set without {NAMESPACE}:alarmEmail, to which it mails."
            )
        if settings.frontend_image and not settings.frontend:
            reader.problems.append(
                f"{NAMESPACE}:frontendImage is set without a frontend; set {', '.join(FRONTEND)} too."
            )
        if settings.frontend and region and f":acm:{region}:" not in settings.frontend.certificate_arn:
            reader.problems.append(
                f"{NAMESPACE}:customDomainCertificateArn is {settings.frontend.certificate_arn!r}; the load balancer "
                f"needs a certificate in its own region, {region}."
            )
        reader.problems += settings._network_problems(values)
        known = " ".join(reader.problems)
        reader.problems += [problem for key, problem in look_up(settings) if f"{NAMESPACE}:{key} " not in known]
        if reader.problems:
            raise SettingsError(reader.problems)
        return settings

    def _network_problems(self, values: Mapping[str, str]) -> list[str]:
        """Settings of the network that exclude each other."""
        said = []
        if bool(values.get("vpcId")) != bool(values.get("subnetIds")):
            said.append(f"An existing network needs both {NAMESPACE}:vpcId and {NAMESPACE}:subnetIds.")
        if values.get("vpcId"):
            said += [
                f"{NAMESPACE}:{key} is set, but is of a new network, and {NAMESPACE}:vpcId names an existing one."
                for key in NEW_NETWORK
                if key in values
            ]
        elif self.egress == "endpoints":
            for used, key, why in (
                (self.frontend, FRONTEND[0], "its load balancer signs people in at an address of Cognito"),
                (self.notebook, "notebook", "the notebook installs its packages from PyPI"),
            ):
                if used:
                    said.append(
                        f"{NAMESPACE}:egress is 'endpoints', with which {NAMESPACE}:{key} can't be set: {why}, which "
                        "no endpoint leads to. Set egress to nat."
                    )
        return said


class _Reader:
    """Reads values by key and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.problems: list[str] = []

    def text(self, key: str, pattern: re.Pattern[str], allowed: str, *, required: bool = False) -> str:
        value = self._values.get(key, "")
        if required and not value:
            self.problems.append(f"{NAMESPACE}:{key} is missing; it must be {allowed}.")
        elif value and not pattern.fullmatch(value):
            self._invalid(key, allowed)
        return value

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed values; the first is the default."""
        value = self._values.get(key, allowed[0])
        if value in allowed:
            return value
        self._invalid(key, " or ".join(allowed))
        return allowed[0]

    def network(self, key: str, default: str) -> IPv4Network:
        least, most = NETWORK_BITS
        try:
            network = IPv4Network(self._values.get(key, default))
            if network.is_private and least <= network.prefixlen <= most:
                return network
        except ValueError:
            pass
        self._invalid(key, f"a private IPv4 network from /{least} to /{most}, such as {default}")
        return IPv4Network(default)

    def pair(self, key: str, pattern: re.Pattern[str], allowed: str) -> tuple[str, ...]:
        """Two different ids, one for each zone, or none."""
        text = self._values.get(key, "")
        ids = tuple(part.strip() for part in text.split(",")) if text else ()
        if ids and not (len(set(ids)) == len(ids) == ZONES and all(map(pattern.fullmatch, ids))):
            self._invalid(key, allowed)
            return ()
        return ids

    def share(self, key: str, default: float) -> float:
        try:
            share = float(self._values.get(key, default))
        except ValueError:
            share = -1.0
        if 0 <= share <= 1:
            return share
        self._invalid(key, "a number from 0 to 1")
        return default

    def number(self, key: str, default: int, least: int, most: int, unit: str) -> int:
        text = self._values.get(key, str(default))
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        self._invalid(key, f"a whole number of {unit} from {least} to {most}")
        return default

    def recognition(self, region: str) -> Recognizer:
        """By default Textract, unless the region is known not to have it."""
        available = not region or region in TEXTRACT_REGIONS
        chosen = self.choice("recognition", ("textract", "none") if available else ("none", "textract"))
        if chosen == "none":
            return "none"
        if not available:
            self.problems.append(
                f"{NAMESPACE}:recognition is 'textract', which is not available in {region}. Set it to none, or deploy "
                f"to a region that has it: {', '.join(sorted(TEXTRACT_REGIONS))}."
            )
        return "textract"

    def frontend(self) -> Frontend | None:
        given = [key for key in FRONTEND if self._values.get(key)]
        if given and len(given) < len(FRONTEND):
            missing = ", ".join(f"{NAMESPACE}:{key}" for key in FRONTEND if key not in given)
            self.problems.append(f"The frontend needs all five of its values, or none of them. Missing: {missing}.")
        name, zone = "a domain name in lower case", "a hosted zone's id, such as Z0123456789ABC"
        patterns = ((_DOMAIN, name), (_DOMAIN, name), (_ZONE, zone), (_DOMAIN, name))
        certificate = (_CERTIFICATE, "the ARN of an ACM certificate")
        app, origin, zone_id, zone_name, arn = (
            self.text(key, pattern, allowed)
            for key, (pattern, allowed) in zip(FRONTEND, (*patterns, certificate), strict=True)
        )
        for key, domain in (("appCustomDomainName", app), ("loadBalancerOriginCustomDomainName", origin)):
            if domain and zone_name and not f".{domain}".endswith(f".{zone_name}"):
                self._invalid(key, f"a name in the zone {zone_name}")
        if app and app == origin:
            self._invalid("loadBalancerOriginCustomDomainName", f"different from {NAMESPACE}:appCustomDomainName")
        if len(given) < len(FRONTEND):
            return None
        return Frontend(app_domain=app, origin_domain=origin, zone_id=zone_id, zone_name=zone_name, certificate_arn=arn)

    def _invalid(self, key: str, allowed: str) -> None:
        self.problems.append(f"{NAMESPACE}:{key} is {self._values.get(key, '')!r}; it must be {allowed}.")
