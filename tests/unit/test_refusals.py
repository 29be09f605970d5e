"""A refusal in a model's own words is told from what a document denies."""

from __future__ import annotations

import pytest

from runtime.answer.refusals import is_refusal

QUESTION = "How much does a kayak cost per day, and is breakfast included in the fee?"


@pytest.mark.parametrize(
    "sentence",
    [
        "The documents do not say.",
        "I couldn't find that in the documents.",
        "The provided sources don't mention the price of a kayak.",
        "There is no information about that.",
        "It is not mentioned in the text.",
        "The price is not specified.",
        "I'm unable to determine the answer.",
        "The context does not contain enough information to answer.",
        "Based on the provided text, it is not possible to determine how much a kayak costs.",
        "The HR policy does not mention kayaks.",
        "Die Dokumente enthalten dazu keine Angaben.",
        "Das steht nicht in den Quellen.",
        "In den Quellen wird kein Preis genannt.",
        "Ich weiß es nicht.",
    ],
)
def test_that_the_sources_do_not_say_is_a_refusal(sentence: str) -> None:
    assert is_refusal(sentence, QUESTION)


@pytest.mark.parametrize(
    "sentence",
    [
        "A kayak costs £20.",
        "Dogs are not allowed.",
        "The fee does not include breakfast.",
        "The lease does not allow pets.",
        "Die Miete enthält keine Heizkosten.",
        "Pages must not be torn out.",
        "There is no parking at the hotel.",
        "No child may know the code of the alarm.",
        "",
    ],
)
def test_what_a_document_denies_is_none(sentence: str) -> None:
    assert not is_refusal(sentence, QUESTION)
