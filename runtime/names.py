"""Names that several parts of the system must agree on."""

from __future__ import annotations

from collections.abc import Mapping

INGEST_PREFIX = "datasync/ingest/"
EMBEDDING_ARCHIVE_PREFIX = "embeddingarchive/"
PROMPT_ARCHIVE_PREFIX = "promptarchive/"
ACCESS_LOG_PREFIX = "accesslogs/"
FLOW_LOG_PREFIX = "flowlogs/"
CLOUDFRONT_LOG_PREFIX = "cloudfront/"
LOAD_BALANCER_LOG_PREFIX = "alblog/"
REPORT_PREFIX = "reports/"
RECOGNIZED_PREFIX = "recognized/"

METRIC_NAMESPACE = "rag"
"""CloudWatch's namespace of our metrics, unless PLUMBLINE_METRIC_NAMESPACE names one of the stack's own."""
DRIFT_METRICS = {"documents": "document_drift", "prompts": "prompt_drift"}
"""The number of consecutive snapshots that drifted, by kind."""

UNANSWERED_METRICS = {
    kind: f"unanswered_{kind.replace(' ', '_')}" for kind in ("empty", "filtered", "cut off", "broken off", "too long")
}
"""Counts of questions that a model did not answer, by `runtime.ports.Unanswered`."""

SERVICE = "plumbline"
"""The name of the ingestion functions in logs, traces and metrics."""

HELD_METRIC = "removals_held"
"""Documents whose files are gone and that are not removed because they are many; with the dimension `service`."""

DISTANCE_METRIC = "prompt_distance"
OUTLIER_METRIC = "outliers"
DRIFT_JOB = "embedding-drift-analysis"
DISTANCE_JOB = "embedding-distance-analysis"
DISTANCES_PREFIX = f"{REPORT_PREFIX}distances/"

LEDGER_FORMAT = 2
"""The format of the ledger's items: see `runtime.formats`. Since 2 they are in the index by change."""

CONVERSATION_FORMAT = RESULT_FORMAT = ARCHIVE_FORMAT = INDEX_FORMAT = 1
"""The formats of conversations, of results, of the archive's records, and of OpenSearch indexes."""

LEDGER_KEY = "document"
LEDGER_LISTED, LEDGER_CHANGED = "listed", "updated"
LEDGER_BY_CHANGE = "by-change"
"""A global secondary index of the ledger on the time of an entry's last change, and its keys. The first is the same for
all documents, so that one query finds what has changed; a partition of an index takes 1,000 writes a second, and a
stack's functions make some ten."""

LEDGER_SUMMARY = (
    *("state", "size", "title", "version", "next_page", "pages", "passages", "readers", "skipped", "reason", "remedy"),
    *("doubts", "language", "pictures", "unrecognized", "text_done", "attachments", "added", "format"),
)
"""The attributes that the index has, at most 20: what a list of documents shows, without what may be long."""

CONVERSATION_KEYS = ("reader", "piece")
CONVERSATIONS_BY_TIME = "by-updated"
"""A local secondary index of the conversation table, on `updated`."""

EXPIRES = "expires"
"""The conversation table's attribute for its time to live, in seconds since the epoch."""

OUTPUT_OF = {
    "AWS_REGION": "Region",
    "PLUMBLINE_BUCKET": "BucketName",
    "PLUMBLINE_LEDGER_TABLE": "LedgerTable",
    "PLUMBLINE_CONVERSATION_TABLE": "ConversationTable",
    "PLUMBLINE_DRIFT_TABLE": "DriftTableReference",
    "PLUMBLINE_PROMPT_DRIFT_TABLE": "DriftTablePromptsName",
    "PLUMBLINE_CENTROID_TABLE": "CentroidTableReference",
    "PLUMBLINE_PROMPT_CENTROID_TABLE": "CentroidTablePrompts",
    "PLUMBLINE_DISTANCE_TABLE": "DistanceTable",
    "PLUMBLINE_QUEUE_URL": "QueueURL",
    "PLUMBLINE_DEAD_LETTER_QUEUE_URL": "DeadLetterQueueURL",
    "PLUMBLINE_OPENSEARCH_ENDPOINT": "OpensearchEndpoint",
    "PLUMBLINE_EMBEDDINGS_STREAM": "FirehoseEmbeddingsName",
    "PLUMBLINE_PROMPTS_STREAM": "FirehosePromptsName",
    "PLUMBLINE_EMBEDDINGS_MODEL": "EmbeddingsModel",
    "PLUMBLINE_TEXT_MODEL": "TextModel",
}
"""The environment variables that the code on AWS reads, and the stack output that each is set to."""

SETTING_OF = {
    "PLUMBLINE_OCR": "Recognition",
    "PLUMBLINE_OCR_PAGES": "RecognitionPagesPerMonth",
    "PLUMBLINE_REFUSED": "Refused",
    "PLUMBLINE_CONVERSATION_DAYS": "ConversationDays",
    "PLUMBLINE_METRIC_NAMESPACE": "MetricNamespace",
}
"""The same for a stack's settings, which do not say that there is a stack: one machine has such variables too."""

MAX_CONVERSATION_DAYS = 36_500
"""Days for which conversations are kept at most; 0 keeps them for good."""

RECOGNITION_PAGES, MAX_RECOGNITION_PAGES = 10_000, 100_000_000
"""Pages a month that a stack sends to Textract at most: the default, and the maximum."""

TEXTRACT_PAGE_USD = 0.0015
"""Textract's list price of DetectDocumentText in us-east-1, in US dollars per page, for the first million a month."""

SIGN_IN_BALANCER = "PLUMBLINE_LOAD_BALANCER"
SIGN_IN_ISSUER = "PLUMBLINE_USER_POOL_ISSUER"
SIGN_IN_CLIENT = "PLUMBLINE_USER_POOL_CLIENT"
SIGN_OUT_URL = "PLUMBLINE_SIGN_OUT_URL"
"""The environment variables that tell a stack's page who signs people in; they are not outputs, since a page on an
operator's own machine has no load balancer in front of it."""

STOP_SECONDS = "PLUMBLINE_STOP_SECONDS"
"""The environment variable with the seconds between the page being asked to stop and being killed."""

REFUSED = 0.9
"""The share of off-topic questions to refuse, which sets the limit of refusals: the default, by `make bench-retrieval`:
see docs/ask.md."""

BEDROCK = "bedrock:"
"""Prefix of a model's name if it is not a SageMaker endpoint."""

BEDROCK_EMBEDDERS = ("amazon.titan-embed", "cohere.embed")
"""What is in the ids of the embedding models of Bedrock that we can call."""

OPERATORS = "operators"
"""The user pool's group of people who maintain the library."""


def metric_namespace(environment: Mapping[str, str]) -> str:
    """CloudWatch's namespace of a stack's metrics."""
    return environment.get("PLUMBLINE_METRIC_NAMESPACE") or METRIC_NAMESPACE


def textract_cost(pages: int) -> float:
    """What Textract charges for recognizing so many pages, in US dollars, at the list price."""
    return pages * TEXTRACT_PAGE_USD


def job_type_date(jobtype: str, jobdate: int) -> str:
    """The partition key of a run's centers."""
    return f"{jobtype}#{jobdate}"
