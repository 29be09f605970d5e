"""Recognizes refusals in a model's own words: sentences that only say that the sources do not say what was asked. In
English and German, the languages of the page."""

from __future__ import annotations

import re

NO_ANSWER = "The documents do not say."
"""The text of a refusal."""

_NEGATION = re.compile(
    r"\b(?:no|not|nor|never|none|nothing|cannot|unable|unclear|insufficient|\w+n['’]t|kein\w*|nicht|nichts|nie)\b", re.I
)
_SAYING = re.compile(
    r"(?:say|said|stat(?:e|es|ed|ing)|mention\w*|specif\w+|indicat\w+|disclos\w+|know[ns]?|determin\w+|find|found"
    r"|answer\w*|address\w*|discuss\w*|detail\w*|information|clear|unclear|available"
    r"|sag\w+|gesagt|erwähn\w+|angegeben\w*|angaben?|genannt\w*|nenn\w+|informationen|auskunft|\w*antwort\w*|bekannt"
    r"|weiß|finden|gefunden|findet|ersichtlich|hervor\w*|entnehmen|hinweise?)",
    re.IGNORECASE,
)
"""Words for saying or knowing something."""

_HOLDING = re.compile(
    r"(?:provid\w+|contain\w*|includ\w+|hold|holds|giv\w+|have|has|list|lists|listed|cover\w*|describ\w+|tell|enough"
    r"|sufficient|relevant|specific|explicit\w*|enthalt\w+|enthält|geben|gibt|gegeben|steht|stehen|macht|machen"
    r"|beschreib\w+|verfügbar|vorhanden|aufgeführt|genug)",
    re.IGNORECASE,
)
"""Words that mean the same, but only of sources."""

_SOURCES = re.compile(
    r"(?:documents?|sources?|texts?|contexts?|passages?|excerpts?|material|dokumente?n?s?|quellen?|unterlagen?|textes?"
    r"|auszüge?n?)",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"(?:the|a|an|any|this|that|these|those|it|its|there|is|are|was|were|be|been|do|does|did|can|could|i|i['’]m|am|we|you"
    r"|in|on|of|for|to|by|from|with|about|within|regarding|concerning|and|or|but|so|however|sorry|unfortunately|based"
    r"|what|which|who|when|where|how|why|whether|if|much|many|der|die|das|den|dem|des|ein|eine[nmrs]?|es|ist|sind|war"
    r"|ich|wir|kann|konnte|können|in|im|aus|zu|zur|zum|von|vom|für|über|dazu|darüber|darin|hier|und|oder|aber|leider|was"
    r"|welche[nmrs]?|wer|wann|wo|wie|warum|ob|wird|werden|wurde|daraus)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

BESIDES = 2
"""Other words that a refusal may have, besides the question's and those above: 'the lease does not mention it'."""


def is_refusal(sentence: str, question: str) -> bool:
    """Whether a sentence, without its citations, says that the sources do not say what was asked."""
    if not _NEGATION.search(sentence):
        return False
    words = [word for word in _WORD.findall(sentence) if not _NEGATION.fullmatch(word)]
    of_sources = any(_SOURCES.fullmatch(word) for word in words)
    if not any(_SAYING.fullmatch(word) or (of_sources and _HOLDING.fullmatch(word)) for word in words):
        return False
    asked = {word.casefold()[:5] for word in _WORD.findall(question)}
    own = [
        word
        for word in words
        if not any(known.fullmatch(word) for known in (_PLAIN, _SAYING, _HOLDING, _SOURCES))
        and word.casefold()[:5] not in asked
    ]
    return len(own) <= BESIDES
