"""The Lambda functions: they reconcile one document per message, create the index on deployment, and catch up on missed
events.

Their environment is listed in `runtime.names.OUTPUT_OF` and `SETTING_OF`.
"""

from __future__ import annotations

import os
import time
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from runtime.aws.cloud import Cloud
from runtime.aws.settings import CloudSettings
from runtime.aws.sqs import IngestRequest
from runtime.ingest import Ingestor, Outcome, ShouldStop, record_failure, switch_to, unfinished, update_chance
from runtime.names import HELD_METRIC, SERVICE, metric_namespace

SPARE_SECONDS = 8.0
SPARE_SHARE = 0.05
SPARE_STEPS = 2
"""Time reserved at the end of a call to finish the step under way: so many seconds plus this share of the call's time,
or so many times its longest step so far, whichever is more."""

BUSY_SECONDS = 60
"""Delay before a document that another worker has is tried again; half a lease."""

logger = Logger(service=SERVICE)
tracer = Tracer(service=SERVICE)
metrics = Metrics(namespace=metric_namespace(os.environ), service=SERVICE)
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def cloud() -> Cloud:
    """The stack's services, opened once per warm function."""
    return Cloud(CloudSettings.read(os.environ))


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def reconcile(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Reconcile the documents named by the messages. SQS redelivers a failed message, and finally moves it to the
    dead-letter queue."""
    handler = partial(_reconcile_one, should_stop=TimeIsUp(context.get_remaining_time_in_millis() / 1000))
    return process_partial_response(event=event, record_handler=handler, processor=processor, context=context)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def ensure_index(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Create the embedding model's index if there is none. `models` are those that may embed questions from now on:
    this one, and the live index's while that differs."""
    live = cloud().live_embedder()
    index = cloud().index()
    models = [cloud().settings.need("PLUMBLINE_EMBEDDINGS_MODEL")]
    if live is not cloud().embedder:
        models.append(cloud().indexes.model_of(cloud().indexes.live()))
    return {"index": index.name, "dimension": cloud().embedder.dimension, "models": models}


@logger.inject_lambda_context
@tracer.capture_lambda_handler
def reconcile_all(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """On a schedule: queue all documents for which bucket and ledger differ, and switch to a new model's index once it
    has all documents. What is in the dead-letter queue waits for the operator, and so do documents whose files are gone
    if they are many. What earlier versions have stored in the ledger is brought to this version's format."""
    if upgraded := cloud().ledger.upgrade():
        logger.info("brought entries of the ledger to the current format", extra={"count": upgraded})
    index = cloud().index()
    left = unfinished(cloud().documents, cloud().ledger, index.name, cloud().recognition)
    is_idle = cloud().queue.is_empty()
    queued, removed = (left.waiting, left.gone.now) if is_idle else ([], [])
    cloud().queue.send(queued)
    cloud().queue.send(removed, remove=True)
    logger.info("queued documents whose events were missed", extra={"count": len(queued), "first": queued[:10]})
    if removed:
        logger.info("queued documents to remove: their files are gone", extra={"documents": removed})
    held = left.gone.held
    if held:
        metrics.add_metric(HELD_METRIC, MetricUnit.Count, len(held))  # a metric costs for each hour in which it is sent
        metrics.flush_metrics()
        logger.error(
            "the files of many documents are gone at once; they stay until `delete --missing` confirms it",
            extra={"count": len(held), "first": held[:10]},
        )
    update_chance(index, cloud().embedder)
    is_complete = not (left.waiting or left.failed or left.gone.now or held)
    moved = is_complete and switch_to(cloud().indexes, index)
    if moved:
        logger.info("the new index took over", extra={"index": index.name})
    return {
        "queued": len(queued) + len(removed),
        "failed": len(left.failed),
        "held": len(held),
        "moved": moved,
    }


class TimeIsUp:
    """Tells after each step of a call, which has so many seconds left, whether to stop."""

    def __init__(self, left: float) -> None:
        self._spare = SPARE_SECONDS + SPARE_SHARE * left
        self._step_began = time.monotonic()
        self._end = self._step_began + left

    def __call__(self) -> bool:
        """Whether only the reserved time is left."""
        now = time.monotonic()
        self._spare = max(self._spare, SPARE_STEPS * (now - self._step_began))
        self._step_began = now
        return now + self._spare > self._end


def _reconcile_one(record: SQSRecord, should_stop: ShouldStop) -> None:
    try:
        request = IngestRequest.read(record.body)
        if request.is_folder:
            return
        logger.append_keys(document=request.key)
        outcome = _ingestor_for(request).reconcile(
            request.key, None, request.force and not _is_ready(request.key), should_stop, remove=request.remove
        )
        _follow_up(request, outcome, redelivered=int(record.attributes.approximate_receive_count) > 1)
        logger.info(outcome.result, extra={"entry_state": outcome.entry.state if outcome.entry else "gone"})
    except Exception:
        logger.exception("the message could not be processed")
        raise
    finally:
        logger.remove_keys(["document"])


def _ingestor_for(request: IngestRequest) -> Ingestor:
    """The ingestor; if its model or index is unavailable, the ledger says so for the waiting document."""
    try:
        return cloud().ingestor()
    except Exception as error:
        record_failure(cloud().ledger, request.key, error)
        raise


def _is_ready(document: str) -> bool:
    """Whether a redrive comes late, after another message has had the document read."""
    entry = cloud().ledger.get(document)
    return entry is not None and entry.state == "ready"


def _follow_up(request: IngestRequest, outcome: Outcome, *, redelivered: bool) -> None:
    """Queue what is attached and the rest of a paused document, retry a busy one later, and report a refused one to the
    operator."""
    cloud().queue.send(list(outcome.attached), remove=True)
    if outcome.result == "paused":
        cloud().queue.send([request.key])
    elif outcome.result == "busy":
        cloud().queue.send([request.key], force=request.force, remove=request.remove, delay=BUSY_SECONDS)
    elif (
        outcome.entry
        and outcome.entry.is_refused
        and (outcome.result == "refused" or (redelivered and outcome.result != "limited"))
    ):
        # Redelivered: a worker may have been killed after it refused the document and before it reported that.
        cloud().queue.send_dead_letter(outcome.entry)
