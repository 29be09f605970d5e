"""The kind of answer that a question asks for, and whether a text has one: amounts of money, times, numbers, reasons.

Told by the interrogatives of English and German, the languages of the page. Nothing is known of a question in another
language, so any text may have its answer.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["money", "time", "reason", "number"]
FIGURES = ("money", "time", "number")
"""Kinds that any text which answers is sure to have."""

_SMALL = (
    "none|no|once|twice|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|double"
    "|kein|keine|keinen|ein|eine|einen|einem|einer|eines|einmal|zwei|zweimal|drei|vier|fünf|sechs|sieben|acht|neun"
    "|zehn|elf|zwölf|halb|doppelt"
)
_MONTH = (
    "jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?"
    "|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?"
)
_DAY = (
    "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:mon|diens|donners|frei|sams|sonn|feier|werk)tags?|mittwochs?"
    "|weekdays?|weekends?|daily|täglich|wöchentlich|weekly|monthly|monatlich|yearly|jährlich|today|tomorrow"
)
_SPAN = "(?:second|minute|hour|day|week|month|year|sekunde|minute|stunde|tag|woche|monat|quartal|jahr)\\w*"
_FREE = "free|frei|kostenlos|gratis"

_HOLDS: dict[Kind, re.Pattern[str]] = {
    "money": re.compile(
        rf"[£$€¥]\s?\d|\d\s?(?:[£$€¥]|eur|euro|usd|gbp|chf|dollars?|pounds?|cents?|pence)\b|\d\s?[€£$¥]|\b(?:{_FREE})\b",
        re.IGNORECASE,
    ),
    "time": re.compile(
        rf"\b(?:{_MONTH}|{_DAY})\b|\b\d{{1,2}}[:.]\d{{2}}\b|\b\d{{1,2}}\s?(?:am|pm|uhr)\b|\b(?:1[5-9]|20)\d\d\b"
        rf"|\b(?:{_SMALL}|\d+)\s+(?:\w+\s+)?{_SPAN}|\b(?:before|after|until|when|vor|nach|bis|sobald|wenn|während)\b",
        re.IGNORECASE,
    ),
    "number": re.compile(rf"\d|\b(?:{_SMALL})\b", re.IGNORECASE),
    "reason": re.compile(
        r"\b(?:because|since|due to|as|so that|in order to|therefore|otherwise|or|reason|cause[ds]?"
        r"|weil|da|denn|damit|wegen|deshalb|daher|sonst|grund|um)\b",
        re.IGNORECASE,
    ),
}

_ASKED: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("reason", re.compile(r"\b(?:why|how come|warum|weshalb|wieso)\b", re.IGNORECASE)),
    (
        "money",
        re.compile(
            r"\bhow much (?:is|are|was|were|will|would)\b"
            r"|\b(?:how much|what|wie ?viel|wie hoch|was)\b.*\b(?:costs?|prices?|pay|paid|fees?|rent|excess|charged?"
            r"|deposit|kostet|kosten|preise?|zahlen?|zahlt|bezahlen|überweisen|miete|gebühr|beitrag|kaution)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "time",
        re.compile(
            r"^(?:\w+ )?(?:when|wann)\b|\b(?:by|until|since|bis|ab|seit) (?:when|wann)\b"
            r"|\bwhen (?:is|are|was|were|does|do|did|will|can|must|should|am)\b"
            r"|\b(?:what|which) (?:time|date|day|year|month)\b"
            r"|\bwelche[mnrs]? (?:tag|datum|jahr|monat)\b|\bwie ?viel uhr\b",
            re.IGNORECASE,
        ),
    ),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|often|hot|big|high|fast|large|wide|thick|tall|deep|heavy|soon|late"
            r"|early)\b"
            r"|\bwie (?:viele?n?|lange?|alt|weit|oft|hoch|groß|schnell|breit|schwer|heiß|warm|laut|tief|spät|früh)\b"
            r"|\bwieviele?\b|\b(?:what|which) (?:percentage|share|number|proportion|rate|temperature|age)\b",
            re.IGNORECASE,
        ),
    ),
)


def kind_asked(question: str) -> Kind | None:
    """The kind of answer that is asked for; None if the question does not tell."""
    return next((kind for kind, pattern in _ASKED if pattern.search(question)), None)


def holds_kind(text: str, kind: Kind | None) -> bool:
    """Whether a text has an answer of the kind; True for no kind."""
    return kind is None or _HOLDS[kind].search(text) is not None
