"""What whoever asks a library needs: its environment, and its role's permissions."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.ingestion import Ingestion
from components.models import ANSWERING, EMBEDDING, call_models
from components.policies import Statement, allow, put_metrics
from components.retrieval import Retrieval
from runtime.names import INGEST_PREFIX, LEDGER_BY_CHANGE, RECOGNIZED_PREFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A stack's documents, index and models, for the chat page and the notebook, and two settings of whoever asks:
    `refused` and `conversation_days`, as in the settings. `metric_namespace` is where metrics go."""

    ingestion: Ingestion
    retrieval: Retrieval
    embeddings_model: str
    text_model: str
    refused: float
    conversation_days: int
    metric_namespace: str

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The variables that the runtime reads."""
        return {
            "PLUMBLINE_BUCKET": self.ingestion.bucket.name,
            "PLUMBLINE_LEDGER_TABLE": self.ingestion.ledger.name,
            "PLUMBLINE_CONVERSATION_TABLE": self.retrieval.conversations.name,
            "PLUMBLINE_OPENSEARCH_ENDPOINT": self.retrieval.endpoint,
            "PLUMBLINE_EMBEDDINGS_STREAM": self.ingestion.passages_stream.name,
            "PLUMBLINE_PROMPTS_STREAM": self.ingestion.prompts_stream.name,
            "PLUMBLINE_EMBEDDINGS_MODEL": self.embeddings_model,
            "PLUMBLINE_TEXT_MODEL": self.text_model,
            "PLUMBLINE_REFUSED": str(self.refused),
            "PLUMBLINE_CONVERSATION_DAYS": str(self.conversation_days),
            "PLUMBLINE_METRIC_NAMESPACE": self.metric_namespace,
        }

    def statements(self) -> list[Statement]:
        """To read documents and their states, to search, to answer, and to store what was asked."""
        conversations = self.retrieval.conversations.arn
        return [
            allow(
                ["s3:GetObject", "s3:GetObjectVersion"],  # also versions that were cited and have been replaced
                [pulumi.Output.concat(self.ingestion.bucket.arn, f"/{INGEST_PREFIX}*")],
            ),
            allow(["s3:GetObject"], [pulumi.Output.concat(self.ingestion.bucket.arn, f"/{RECOGNIZED_PREFIX}*")]),
            # Without it S3 answers 'forbidden', not 'missing', for a file that is gone. A GET has no prefix that a
            # condition could test.
            allow(["s3:ListBucket"], [self.ingestion.bucket.arn]),
            allow(["dynamodb:GetItem", "dynamodb:Scan"], [self.ingestion.ledger.arn]),
            allow(["dynamodb:Query"], [pulumi.Output.concat(self.ingestion.ledger.arn, f"/index/{LEDGER_BY_CHANGE}")]),
            allow(
                [
                    *("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"),
                    *("dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
                ],
                [conversations, pulumi.Output.concat(conversations, "/index/*")],
            ),
            allow(["firehose:PutRecordBatch"], [self.ingestion.prompts_stream.arn]),
            put_metrics(self.metric_namespace),
            *self.retrieval.search_statements(),
            call_models([self.text_model], ANSWERING, self.retrieval),
            call_models(self.retrieval.models, EMBEDDING, self.retrieval),
        ]
