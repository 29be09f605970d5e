"""The Metrics port on CloudWatch."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from runtime.aws.clients import aws_errors
from runtime.names import METRIC_NAMESPACE

MINUTE = 60

logger = logging.getLogger(__name__)


class CloudWatchMetrics:
    """Metrics in a namespace. Values are sent by a separate thread, so that no answer waits for them."""

    def __init__(self, client: Any, namespace: str = METRIC_NAMESPACE) -> None:
        self._client = client
        self._namespace = namespace
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="metrics")

    def put(self, values: Mapping[str, Sequence[float]], at: float) -> None:
        """Send the values in one request; a failure is only logged, since answers don't depend on it."""
        data = [
            {"MetricName": name, "Timestamp": at, "Values": list(map(float, several))}
            for name, several in values.items()
            if len(several)
        ]
        if data:
            self._sender.submit(self._send, data).add_done_callback(_log_failure)

    def _send(self, data: Sequence[Mapping[str, Any]]) -> None:
        with aws_errors("Sending metrics to CloudWatch"):
            self._client.put_metric_data(Namespace=self._namespace, MetricData=data)

    def series(self, name: str, since: float, step: int) -> list[tuple[float, float]]:
        """The mean of each interval, oldest first, including everything put before."""
        self._sender.submit(lambda: None).result()  # one thread: everything put before has been sent
        statistic = {"Metric": {"Namespace": self._namespace, "MetricName": name}, "Period": step, "Stat": "Average"}
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[{"Id": "mean", "MetricStat": statistic}],
            StartTime=since - since % step,
            EndTime=time.time() + MINUTE,
            ScanBy="TimestampAscending",
        )
        with aws_errors(f"Reading the metric {name}"):
            results = [result for page in pages for result in page["MetricDataResults"]]
        points = [(t.timestamp(), v) for r in results for t, v in zip(r["Timestamps"], r["Values"], strict=True)]
        return sorted(points)


def _log_failure(sent: Future[None]) -> None:
    if error := sent.exception():
        logger.error("metrics could not be sent: %s", error)
