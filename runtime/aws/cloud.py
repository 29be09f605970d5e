"""A deployed library: the ports opened over the stack's services."""

from __future__ import annotations

from functools import cached_property

from runtime.answer.answerer import Answerer
from runtime.attached import AttachedDocuments
from runtime.aws.clients import client, no_credentials, session
from runtime.aws.cloudwatch import CloudWatchMetrics
from runtime.aws.dynamodb import DynamoConversations, DynamoLedger, DynamoResults
from runtime.aws.embedders import BedrockEmbedder, SageMakerEmbedder
from runtime.aws.firehose import FirehoseArchive
from runtime.aws.generators import BedrockGenerator, SageMakerGenerator
from runtime.aws.glue import GlueAnalyses
from runtime.aws.meter import PageMeter
from runtime.aws.opensearch import OpenSearchIndexes, connect
from runtime.aws.s3 import S3Documents, S3Files, S3RecognizedPages
from runtime.aws.settings import CloudSettings
from runtime.aws.sqs import Queue
from runtime.aws.textract import Textract
from runtime.evidence import Evidence
from runtime.ingest import Ingestor, building_index, searched_index
from runtime.names import BEDROCK, EMBEDDING_ARCHIVE_PREFIX, PROMPT_ARCHIVE_PREFIX, REPORT_PREFIX
from runtime.ports import Embedder, Generator, PassageIndex, Recognition
from runtime.reading.document import Limits
from runtime.search.searcher import Searchers

LIMITS = Limits(bytes=1 << 30, memory_bytes=1 << 30)
"""Limits of a document: two copies fit the function's disk of 3 GiB, and two readers its memory."""


class Cloud:
    """The counterpart of Home on AWS. Ports and models are opened at first use, and kept."""

    answering = None  # what answers is set when a stack is deployed

    def __init__(self, settings: CloudSettings) -> None:
        self.settings = settings
        self._former: dict[str, Embedder] = {}
        self._searchers = Searchers()

    @cached_property
    def documents(self) -> AttachedDocuments:
        """The bucket's PDFs."""
        return AttachedDocuments(S3Documents(client("s3"), self.settings.need("PLUMBLINE_BUCKET")), self.ledger, LIMITS)

    @cached_property
    def ledger(self) -> DynamoLedger:
        """Each document's state."""
        return DynamoLedger(client("dynamodb"), self.settings.need("PLUMBLINE_LEDGER_TABLE"))

    @cached_property
    def conversations(self) -> DynamoConversations:
        """The readers' conversations."""
        table = self.settings.need("PLUMBLINE_CONVERSATION_TABLE")
        return DynamoConversations(client("dynamodb"), table, self.settings.conversation_days)

    @cached_property
    def archive(self) -> FirehoseArchive:
        """The embeddings for the analyses."""
        streams = (self.settings.need(name) for name in ("PLUMBLINE_EMBEDDINGS_STREAM", "PLUMBLINE_PROMPTS_STREAM"))
        return FirehoseArchive(client("firehose"), *streams)

    @cached_property
    def reports(self) -> S3Files:
        """The analyses' reports."""
        return S3Files(f"s3://{self.settings.need('PLUMBLINE_BUCKET')}/{REPORT_PREFIX}")

    @cached_property
    def results(self) -> DynamoResults:
        """The analyses' results."""
        return DynamoResults(client("dynamodb"))

    @cached_property
    def analyses(self) -> GlueAnalyses:
        """The stack's jobs."""
        names, bucket = self.settings.names, self.settings.need("PLUMBLINE_BUCKET")
        tables = {
            of: {
                "--data_path": f"s3://{bucket}/{prefix}",
                "--out_table": names.get(runs, ""),
                "--centroid_table": names.get(centers, ""),
            }
            for of, prefix, runs, centers in (
                ("documents", EMBEDDING_ARCHIVE_PREFIX, "PLUMBLINE_DRIFT_TABLE", "PLUMBLINE_CENTROID_TABLE"),
                ("prompts", PROMPT_ARCHIVE_PREFIX, "PLUMBLINE_PROMPT_DRIFT_TABLE", "PLUMBLINE_PROMPT_CENTROID_TABLE"),
            )
        }
        return GlueAnalyses(client("glue"), tables)

    @cached_property
    def metrics(self) -> CloudWatchMetrics:
        """Metrics over time."""
        return CloudWatchMetrics(client("cloudwatch"), self.settings.metric_namespace)

    @cached_property
    def queue(self) -> Queue:
        """The queue of documents to reconcile."""
        urls = (self.settings.need(name) for name in ("PLUMBLINE_QUEUE_URL", "PLUMBLINE_DEAD_LETTER_QUEUE_URL"))
        return Queue(client("sqs"), *urls)

    @cached_property
    def embedder(self) -> Embedder:
        """The embedding model."""
        return self._embedder(self.settings.need("PLUMBLINE_EMBEDDINGS_MODEL"))

    @cached_property
    def generator(self) -> Generator:
        """The model that answers."""
        name = self.settings.need("PLUMBLINE_TEXT_MODEL")
        if name.startswith(BEDROCK):
            return BedrockGenerator(client("bedrock-runtime", attempts=1), name.removeprefix(BEDROCK))
        return SageMakerGenerator(client("sagemaker-runtime", attempts=1), name)

    @cached_property
    def recognition(self) -> Recognition:
        """What recognizes the text of pictures, or why it is off."""
        if not self.settings.ocr:
            return Recognition(
                None,
                "Pictures are not read: recognition is off.",
                "Set plumbline:recognition to textract, where Textract is available, and run `pulumi up`.",
            )
        table = self.settings.need("PLUMBLINE_LEDGER_TABLE")
        meter = PageMeter(client("dynamodb"), table, self.settings.ocr_pages)
        return Recognition(Textract(client("textract"), meter.take), has_room=meter.has_room)

    @cached_property
    def recognized(self) -> S3RecognizedPages:
        """What was recognized in the documents' pictures."""
        return S3RecognizedPages(client("s3"), self.settings.need("PLUMBLINE_BUCKET"))

    @cached_property
    def evidence(self) -> Evidence:
        """Images of the documents' pages, and the places of texts on them."""
        return Evidence(self.documents, self.ledger, recognized=self.recognized)

    @cached_property
    def indexes(self) -> OpenSearchIndexes:
        """The indexes of passages."""
        endpoint = self.settings.need("PLUMBLINE_OPENSEARCH_ENDPOINT")
        service = "aoss" if ".aoss." in endpoint else "es"
        opened = session()
        credentials, region = opened.get_credentials(), opened.region_name
        url = endpoint if "://" in endpoint else f"https://{endpoint}"
        if credentials is None:
            raise no_credentials("OpenSearch")
        searching = connect(url, credentials, region, service, tunnel=self.settings.tunnel)
        return OpenSearchIndexes(searching, self.settings.need("PLUMBLINE_EMBEDDINGS_MODEL"))

    def index(self) -> PassageIndex:
        """The index to write documents to: not the live one if that is of another model or version."""
        return building_index(self.indexes, self.embedder)

    def ingestor(self) -> Ingestor:
        """An ingestor for one thread."""
        index, live = self.index(), self.indexes.live()
        # Opened by name: that does not call its model, which this role may not.
        former = self.indexes.found(live) if live != index.name else None
        return Ingestor(
            self.documents,
            self.ledger,
            index,
            self.embedder,
            self.archive,
            LIMITS,
            recognition=self.recognition,
            former=former,
            recognized=self.recognized,
        )

    def live_embedder(self) -> Embedder:
        """The model of the live index, which embeds questions: the former one while the index of a new one is being
        built. Not cached, since that ends."""
        live = self.indexes.live()
        model = self.indexes.model_of(live) if live else ""
        if not model or model == self.settings.need("PLUMBLINE_EMBEDDINGS_MODEL"):
            return self.embedder
        if model not in self._former:
            self._former[model] = self._embedder(model)
        return self._former[model]

    def answerer(self) -> Answerer:
        """Searches the live index and answers from it."""
        embedder = self.live_embedder()
        index = searched_index(self.indexes, embedder)
        searcher = self._searchers.over(index, embedder, self.settings.refused)
        return Answerer(searcher, embedder, self.generator, self.archive, self.metrics, self.evidence)

    @staticmethod
    def _embedder(name: str) -> Embedder:
        """A SageMaker endpoint or a Bedrock model."""
        if name.startswith(BEDROCK):
            return BedrockEmbedder(client("bedrock-runtime", attempts=1), name.removeprefix(BEDROCK))
        return SageMakerEmbedder(client("sagemaker-runtime", attempts=1), name)
