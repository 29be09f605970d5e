"""The SageMaker and Bedrock adapters when an endpoint is not as it should be; on a server of their protocols."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from runtime.aws import limiter
from runtime.aws.clients import AwsError, client
from runtime.aws.embedders import CALLS, BedrockEmbedder, SageMakerEmbedder
from runtime.aws.generators import BedrockGenerator, SageMakerGenerator
from runtime.ports import Turn
from runtime.retry import pauses
from tests.aws.models import TEI_BATCH, Models, Refused, container

pytestmark = pytest.mark.xdist_group("servers")

TURNS = [Turn("system", "You are terse."), Turn("user", "Name a colour.")]
TEXTS = [f"Sentence number {n} is about the weather." for n in range(100)]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter.RETRY, "wait", pauses(0.01, 1.0))


def sagemaker(models: Models) -> Any:
    return client("sagemaker-runtime", models.url, attempts=1)


def bedrock(models: Models) -> Any:
    return client("bedrock-runtime", models.url, attempts=1)


def embedder(models: Models, endpoint: str) -> SageMakerEmbedder:
    return SageMakerEmbedder(sagemaker(models), endpoint)


def test_the_payload_format_is_detected_once_and_the_dimension_is_the_models(models: Models) -> None:
    made = embedder(models, "jumpstart-minilm")
    assert made.dimension == 384
    made.embed(["a", "b"])
    made.embed(["c"])
    assert [list(body) for _, body in models.seen] == [["inputs"], ["text_inputs"], ["text_inputs"], ["text_inputs"]]


def test_batches_have_the_size_that_the_endpoint_accepts(models: Models) -> None:
    small = 10

    def few(name: str, body: Any) -> None:
        if len(body["inputs"]) > small:
            raise container(413, f"maximum allowed batch size {small}")

    models.fault = few
    made = embedder(models, "tei-minilm")
    vectors = made.embed(TEXTS)
    assert vectors.shape == (100, 384)
    assert made.batch <= small
    models.seen.clear()
    assert np.abs(made.embed(TEXTS) - vectors).max() < 0.03  # int8 rounds by what is beside a text
    assert max(len(body["inputs"]) for _, body in models.seen) <= small < TEI_BATCH


def test_throttling_halves_the_concurrent_calls_and_success_raises_them(models: Models) -> None:
    left = iter(range(12))

    def busy(name: str, body: Any) -> None:
        if next(left, None) is not None:
            raise Refused(400, "ThrottlingException", "Rate exceeded")

    made = embedder(models, "tei-minilm")
    assert made.dimension == 384
    models.fault = busy
    made.batch = 4
    vectors = made.embed(TEXTS)
    assert vectors.shape == (100, 384)
    assert made._limiter.limit < CALLS
    for _ in range(4):
        made.embed(TEXTS)
    assert made._limiter.limit == CALLS


def test_no_more_calls_are_made_at_once_than_allowed(models: Models) -> None:
    made = embedder(models, "tei-minilm")
    made.batch = 1
    made.embed(TEXTS)
    assert 1 < models.most_running <= CALLS


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("ModelNotReadyException", 429), ("ServiceUnavailable", 503)]
)
def test_an_endpoint_that_stays_busy_is_an_error_that_names_it(models: Models, code: str, status: int) -> None:
    def busy(name: str, body: Any) -> None:
        raise Refused(status, code, "Rate exceeded")

    models.fault = busy
    with pytest.raises(AwsError, match="tei-minilm did not answer") as refused:
        embedder(models, "tei-minilm").embed(["a"])
    assert len(models.seen) == limiter.ATTEMPTS
    assert refused.value.remedy


def test_an_endpoint_that_is_missing_or_not_ready_is_named_with_what_to_do(models: Models) -> None:
    for name, what in (("nowhere", "correct its name"), ("creating-minilm", "InService")):
        with pytest.raises(AwsError, match=name) as refused:
            embedder(models, name).embed(["a"])
        assert what in refused.value.remedy
        with pytest.raises(AwsError, match=name) as refused:
            list(SageMakerGenerator(sagemaker(models), name).stream(TURNS, 8))
        assert what in refused.value.remedy


def test_a_payload_that_no_container_accepts_is_an_error_with_what_was_sent(models: Models) -> None:
    def refuse(name: str, body: Any) -> None:
        raise container(400, "unknown fields")

    models.fault = refuse
    with pytest.raises(AwsError, match=r"'inputs': \[1 text\].*400 unknown fields.*'text_inputs'"):
        embedder(models, "tei-minilm").embed(["a"])
    with pytest.raises(AwsError, match=r"`messages` of 28 characters.*`inputs` and `parameters`"):
        list(SageMakerGenerator(sagemaker(models), "tgi-smollm2").stream(TURNS, 8))


def test_vectors_of_tokens_are_refused_with_the_reason(models: Models) -> None:
    with pytest.raises(AwsError, match=r"shape \(1, 2, 384\)") as refused:
        embedder(models, "tokens-minilm").embed(["a"])
    assert "Text Embeddings Inference" in refused.value.remedy


def test_a_model_without_a_stream_gives_its_answer_whole(models: Models) -> None:
    (answer,) = SageMakerGenerator(sagemaker(models), "whole-smollm2").stream(TURNS, 12)
    assert len(answer) > 5


def test_an_answer_that_breaks_off_keeps_its_beginning_and_says_so(models: Models) -> None:
    models.break_after = 4
    for generator in (
        SageMakerGenerator(sagemaker(models), "messages-smollm2"),
        BedrockGenerator(bedrock(models), "eu.provider.smollm2-v1:0"),
    ):
        written = ""
        with pytest.raises(AwsError, match=r"broke off.*out of memory"):
            for piece in generator.stream([Turn("user", "Tell a long story about a ship.")], 60):
                written += piece
        assert written


def test_a_question_is_embedded_as_a_question_by_a_model_that_distinguishes_it(models: Models) -> None:
    made = BedrockEmbedder(bedrock(models), "cohere.embed-multilingual-v3")
    made.embed(TEXTS)
    made.embed(["What is the weather?"], questions=True)
    kinds = [(len(body["texts"]), body["input_type"]) for _, body in models.seen]
    assert sorted(kinds[1:3]) == [(4, "search_document"), (96, "search_document")]
    assert kinds[3] == (1, "search_query")


def test_a_model_of_bedrock_that_is_missing_or_unknown_is_named(models: Models) -> None:
    with pytest.raises(AwsError, match=r"missing\.model did not answer 2 messages"):
        list(BedrockGenerator(bedrock(models), "missing.model").stream(TURNS, 8))
    with pytest.raises(AwsError, match=r"is not a known embedding model") as refused:
        BedrockEmbedder(bedrock(models), "provider.embed-everything")
    assert "bedrock:amazon.titan" in refused.value.remedy


DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/plumbline-reconcile-1234567/plumbline-reconcile-1234567 is not "
    "authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:eu-central-1::foundation-model/"
    "amazon.titan-embed-text-v2:0 because no identity-based policy allows the bedrock:InvokeModel action"
)


@pytest.mark.parametrize(
    ("status", "code", "message", "remedy"),
    [
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", "Request"),
        (403, "AccessDeniedException", DENIED, "pulumi up"),
        (403, "AccessDeniedException", "Model access is denied: aws-marketplace:Subscribe is missing", "subscribe"),
        (404, "ResourceNotFoundException", "Model use case details have not been submitted for this account.", "form"),
        (404, "ResourceNotFoundException", "This model version has reached the end of its life.", "newer model"),
        (400, "ValidationException", "The provided model identifier is invalid.", "Correct its name"),
        (400, "ValidationException", "Invocation with on-demand throughput isn't supported.", "inference profile"),
        (429, "ThrottlingException", "Too many tokens per day, please wait before trying again.", "tomorrow"),
        (429, "ThrottlingException", "Too many tokens, please wait before trying again.", "Service Quotas"),
        (429, "ThrottlingException", "Too many requests, please wait before trying again.", "Service Quotas"),
        (400, "ServiceQuotaExceededException", "The service quota was exceeded.", "Service Quotas"),
    ],
)
def test_why_bedrock_refuses_is_said_in_its_own_words_with_what_to_do(
    models: Models, status: int, code: str, message: str, remedy: str
) -> None:
    def refuse(name: str, body: Any) -> None:
        raise Refused(status, code, message)

    models.fault = refuse
    for call in (
        lambda: BedrockEmbedder(bedrock(models), "amazon.titan-embed-text-v2:0").embed(["a"]),
        lambda: list(BedrockGenerator(bedrock(models), "eu.provider.smollm2-v1:0").stream(TURNS, 8)),
    ):
        models.seen.clear()
        with pytest.raises(AwsError) as refused:
            call()
        assert message.rstrip(".") in refused.value.reason
        assert remedy in refused.value.remedy
        assert len(models.seen) == (
            limiter.ATTEMPTS if message.endswith("trying again.") and "day" not in message else 1
        )


def test_a_region_without_the_service_is_said_to_lack_it() -> None:
    with pytest.raises(AwsError, match="Could not connect to the endpoint") as refused:
        BedrockEmbedder(client("bedrock-runtime", "http://127.0.0.1:9", attempts=1), "amazon.titan-embed-x").embed(
            ["a"]
        )
    assert "region has the service" in refused.value.remedy


def test_only_the_beginning_of_a_long_question_is_sent(models: Models) -> None:
    made = embedder(models, "tei-minilm")
    made.embed(["lathe " * 600])
    (sent,) = models.seen[-1][1]["inputs"]
    assert sent == ("lathe " * made.max_tokens)
