"""What the page says, in every language."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from starlette.requests import Request

from runtime import reports
from runtime.analyses import Action, Ended
from runtime.answer.answerer import refusal
from runtime.asked import UNANSWERED_STATES
from runtime.ports import Source, State, Unanswered
from runtime.reading.document import PageState, PdfState
from runtime.reading.doubt import Kind
from runtime.reports import CHANGES, KINDS
from runtime.verdicts import EffectKind, Level, QuestionsLevel, SpeedLevel
from ui.render import ENDED, SHORTCUTS
from ui.shelf import GROUPS, ORDERS
from ui.texts import ENGLISH, GERMAN, LANGUAGES, texts_of
from ui.watch import PLOTS, SPANS
from ui.words import TEXTS, chat, common, library, watch

UI = Path(__file__).parents[2] / "ui"
CHOSEN = {
    "keys": SHORTCUTS,
    "answer": ENDED,
    "unanswered": get_args(Unanswered),
    "group": GROUPS,
    "order": ORDERS,
    "state": get_args(State) + get_args(PdfState),
    "remedy": get_args(PdfState),
    "skipped": tuple(state for state in get_args(PageState) if state != "text"),
    "doubts": get_args(Kind),
    "watch": ("documents", "questions", "speed"),
    "todo": ("none", *get_args(Level)),
    "questions": [f"{when}{level}" for when in ("", "todo_") for level in get_args(QuestionsLevel)],
    "speed": [f"{when}{level}" for when in ("", "todo_") for level in get_args(SpeedLevel)],
    "run": get_args(Action),
    "step": ("starting", "reading", "working"),
    "ended": get_args(Ended),
    "unasked": UNANSWERED_STATES,
    "report": KINDS,
    "history": tuple(SPANS),
    "means": tuple(SPANS),
    "plot": tuple(PLOTS),
    "unit": (*PLOTS, "groups", "stretches"),
    "refused": ("401", "413", "429", "503"),
    "unavailable": ("documents", "conversations", "index", "embeddings", "answers"),
    # --- the reports' ---
    "kind": ("documents", "prompts"),
    "verdict": get_args(Level),
    "effect": [f"{part}{kind}" for part in ("", "passages_") for kind in get_args(EffectKind)],
    "tag": CHANGES,
    "column": ("test", "p", "effect", "distance", "question", "time", "why", "passage"),
    "by": ("median", "quantile", "passage"),
    "legend": ("baseline", "snapshot"),
}
"""The keys that are made of a name as the page runs, by what stands before it."""


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_there_in_every_language_with_the_same_things_filled_in(key: str) -> None:
    texts = TEXTS[key]
    assert len(texts) == len(LANGUAGES)
    assert all(text.strip() == text != "" for text in texts)
    english, german = ({name for _, name, _, _ in Formatter().parse(text) if name is not None} for text in texts)
    assert english == german
    assert "" not in english
    # They stand in HTML as they are.
    assert not any(re.search("[<>&\"']", text) for text in texts if key.startswith(("head.", "keys.", "copy.")))


def test_every_text_that_the_page_names_is_there_and_is_named() -> None:
    files = [*UI.glob("*.py"), *UI.glob("templates/*.html"), *UI.glob("static/*.js"), Path(reports.__file__)]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
    named = {key for key in re.findall(r"['\"]([a-z]+\.[\w-]+)['\"]", sources) if key.split(".")[0] in _groups()}
    named |= {f"{group}.{name}" for group, names in CHOSEN.items() for name in names}
    assert {key for key in named if not key.endswith(".html")} <= set(TEXTS)
    assert {*chat.TEXTS, *common.TEXTS, *library.TEXTS, *watch.TEXTS} <= named


def _groups() -> set[str]:
    return {key.split(".")[0] for key in TEXTS}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.5, DE-de;q=0.9", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("de;q=0.8,en;q=0.9", "en"),
        ("de;q=0", "en"),
        ("den", "en"),
        ("*", "en"),
        ("de;q=much, en;q=0.1", "en"),
        ("fr-FR,de;q=0.8,en;q=0.7", "en"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best_or_english(accepted: str, language: str) -> None:
    request = Request({"type": "http", "headers": [(b"accept-language", accepted.encode())]})
    assert texts_of(request).language == language


def test_a_refusal_reads_in_english_as_it_is_stored() -> None:
    source = Source(1, "a.pdf", "v", 1, 1, "", "", "text", 0.2)
    assert ENGLISH("answer.refused") == refusal([source])
    assert ENGLISH("answer.refused_alone") == refusal([])


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert ENGLISH.number(1234.5, ",.2f") == "1,234.50"
    assert GERMAN.number(1234.5, ",.2f") == "1.234,50"


def test_the_scripts_have_every_text_with_its_placeholders() -> None:
    assert GERMAN.all() == {key: german for key, (_, german) in TEXTS.items()}
    assert ENGLISH.all()["chat.documents"] == "{count} documents"
