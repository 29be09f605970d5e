"""Cleans up what a language model wrote: removes its thoughts and the source headers that it copied, and unifies the
many forms in which models write citations. A citation becomes a mark that no text of a document or model can
contain."""

from __future__ import annotations

import re
from collections.abc import Sequence

from runtime.ports import Source

OPEN, CLOSE = "\ue000", "\ue001"
"""Enclose the number of a source: private-use characters, which are removed from whatever the model writes."""

MARK = re.compile(rf"{OPEN}(\d+){CLOSE}")
MARKS = re.compile(rf"(?:\s*{OPEN}\d+{CLOSE})+")

_SOURCE = r"(?:sources?|quellen?|docs?|documents?|dokumente?|refs?|references?)[.:]?\s*"
_NUMBERS = rf"\d{{1,3}}(?:\s*(?:[,;&+–-]|and|und)\s*(?:{_SOURCE})?\d{{1,3}})*"
_CITATION = re.compile(
    rf"\s?[\[【〔]\s*\^?(?:{_SOURCE})?(?P<numbers>{_NUMBERS})(?:\s*†[^\]】〕\n]*|\s*,\s*(?:pages?|pp?\.|seiten?|s\.)[^\]】〕\n]*)?"
    rf"\s*[\]】〕](?:\(\S{{0,100}}?\))?|\s?\(\s*{_SOURCE}(?P<round>{_NUMBERS})\s*\)",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)|(\d+)")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_INDEXED = re.compile(r"[^\W\d_][\w.]*$")
_UNFINISHED = re.compile(
    r"\s?[\[【〔][^\]】〕\n]{0,40}$|\s?\((?:s(?:o(?:u(?:r(?:c(?:e[^)\n]{0,20})?)?)?)?)?)?$", re.IGNORECASE
)
_AFTER_STOP = re.compile(rf"([.!?。！？…]+[\"”’)]*)((?:\s*{OPEN}\d+{CLOSE})+)")
_THOUGHT = re.compile(r"<(think(?:ing)?|thought|reasoning|reflection)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_OVER = re.compile(r"\A.*</(?:think(?:ing)?|thought|reasoning|reflection)>", re.DOTALL | re.IGNORECASE)
_OPENING_TAG = re.compile(r"<(?:t(?:h(?:i(?:n(?:k(?:i(?:n(?:g)?)?)?)?)?)?)?|/?[|\w]{0,12})?$", re.IGNORECASE)
_TURN_ENDS = re.compile(r"<\|[\w ]{1,20}\|>|</s>|<(?:end|start)_of_turn>|</?sources?(?:\s[^>\n]*)?>", re.IGNORECASE)


def without_thoughts(written: str) -> str:
    """What a model wrote, without its thoughts and the tokens that end its turn."""
    text = _THOUGHT_OVER.sub("", _THOUGHT.sub("", written))
    return _TURN_ENDS.sub("", text).lstrip()


def only_thought(written: str) -> bool:
    """Whether a model wrote its thoughts and nothing else."""
    return bool(written.strip()) and not without_thoughts(written).strip() and _THOUGHT.search(written) is not None


def marked(written: str, sources: Sequence[Source]) -> str:
    """The text with its citations as marks, moved before the punctuation that ends a sentence. Citations of sources
    that do not exist are dropped; code, and indexes that occur in a source, are left as they are."""
    text = written.replace(OPEN, "").replace(CLOSE, "")
    code = [match.span() for match in _CODE.finditer(text)]
    known = {source.number for source in sources}

    def mark(match: re.Match[str]) -> str:
        if any(begin <= match.start() < end for begin, end in code) or _is_index(match, text, sources):
            return match[0]
        numbers = [n for n in _numbers(match["numbers"] or match["round"]) if n in known]
        return "".join(f"{OPEN}{n}{CLOSE}" for n in dict.fromkeys(numbers))

    return _AFTER_STOP.sub(r"\2\1", _CITATION.sub(mark, text))


def growing(written: str, sources: Sequence[Source]) -> str:
    """What can be shown of an answer that is being written, without an unfinished citation or thought at its end."""
    text = without_thoughts(written)
    text = _OPENING_TAG.sub("", _UNFINISHED.sub("", text))
    return shown(marked(text, sources))


def shown(text: str) -> str:
    """The text with its marks as displayed: ` [1]`."""
    return MARK.sub(r"[\1]", re.sub(rf"[ \t]*(?={OPEN})(?<!{CLOSE})", " ", text)).lstrip()


def without_heads(text: str, sources: Sequence[Source]) -> str:
    """The marked text without source headers, which small models copy: title, page and heading."""
    heads = [_head(source) for source in sources]
    lines = []
    for line in text.split("\n"):
        for head in heads:
            line = head.sub(r"\1", line)
        lines.append(line)
    return "\n".join(lines).strip()


def _head(source: Source) -> re.Pattern[str]:
    """Matches a source's header at the beginning of a line: its title or file name, then its page."""
    names = "|".join(re.escape(name) for name in dict.fromkeys([source.title, source.document]) if name)
    page = rf"[,;:(]?\s*(?:pages?|p\.|seiten?|s\.)\s*{source.page}\b(?:\s*\([^)\n]*\))?\)?"
    heading = rf"(?:[,;:>›]?\s*{re.escape(source.heading)})?" if source.heading else ""
    return re.compile(rf"^(\s*(?:{OPEN}\d+{CLOSE})*)\s*(?:{names})\s*{page}{heading}\s*[:.–-]?\s*", re.IGNORECASE)


def _is_index(match: re.Match[str], text: str, sources: Sequence[Source]) -> bool:
    """Whether it is an index, as in v[7], and not a citation without a space before it."""
    word = _INDEXED.search(text[max(0, match.start() - 60) : match.start()])
    if word is None or match[0][0].isspace():
        return False
    named = word[0] + match[0]
    numbers = _numbers(match["numbers"] or match["round"])
    there = any(n in {source.number for source in sources} for n in numbers)
    return len(word[0]) == 1 or not there or any(named in source.text for source in sources)


def _numbers(text: str) -> list[int]:
    """The numbers of `1`, `1, 2`, `1-3`."""
    numbers: list[int] = []
    for match in _RANGE.finditer(text):
        if match[3]:
            numbers.append(int(match[3]))
        else:
            first, last = int(match[1]), int(match[2])
            numbers += range(first, min(last, first + 9) + 1)
    return numbers
