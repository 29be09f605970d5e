"""Joins lines of text: rejoins words divided at line ends, and normalizes characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from runtime.reading.vocabulary import Vocabulary

DIVIDED = "\x02\ufffe\u00ad"
"""PDFium's characters for a hyphen at a line's end, and the soft hyphen."""

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\ufeff\ufffe\uffff]")
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
LEADERS = re.compile(r"(?:\s*[.·…_\ufffd]){4,}\s*")
FRACTION = re.compile("([⁰¹²³⁴⁵⁶⁷⁸⁹]+) ?[/⁄] ?([₀₁₂₃₄₅₆₇₈₉]+)")
PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
GAP_BEFORE = re.compile(r" (?=[.,;:!?)\]]+(?:\s|$))|(?<=\s[(\[]) ")
BRACKETS = {bracket: pair for pair in ("()", "[]", "{}", "<>", "«»") for bracket in pair}
THIN_SPACES = re.compile("(?<=\\d)[\u2009\u202f\u00a0](?=\\d)")
LAST_WORD = re.compile(r"[^\W\d_]+$")
FIRST_WORD = re.compile(r"[^\W\d_]+")
AND = frozenset("und oder bzw and or to bis sowie et ou y o e".split())
"""Words after a suspended hyphen: Ein- und Ausgang."""

PRIVATE = 0xF000
"""Start of the private-use area to which symbol fonts map their codes."""

SYMBOL = {
    PRIVATE + code: sign
    for first, signs in (
        (0x41, "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"),
        (0x61, "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"),
        (0xA2, "′≤⁄∞"),
        (0xAB, "↔←↑→↓°±″≥×∝∂•÷≠≡≈…"),
        (0xC5, "⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇"),
        (0xD5, "∏√⋅¬∧∨⇔⇐⇑⇒⇓"),
        (0xE5, "∑"),
        (0xF2, "∫"),
    )
    for code, sign in enumerate(signs, first)
}
WINGDINGS = dict(
    zip(
        (PRIVATE + code for code in (0x28, 0x2A, 0x6C, 0x6E, 0x6F, 0x71, 0x72, 0x75, 0x76, 0x9F, 0xA7, 0xA8)),
        "☎✉●■□❑❒◆❖•▪◻",
        strict=True,
    )
) | {PRIVATE + code: sign for code, sign in zip((0xD8, 0xE0, 0xE8, *range(0xFB, 0xFF)), "➢→➔✗✓☒☑", strict=True)}
BULLETS = {PRIVATE + 0xB7: "•", PRIVATE + 0xA7: "▪", PRIVATE + 0xFC: "✓", PRIVATE + 0xD8: "➢"}
"""The characters of the fonts Symbol and Wingdings, which office programs use for Greek letters, symbols and
bullets, and what such codes mean in most other fonts."""
TAIL = 100
"""Characters at a text's end that are examined before a line is appended: longer than any word."""

CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_TWO_CJK = re.compile(f"[{CJK}]{{2}}")


def printable(text: str) -> str:
    """The text on one line, without characters that can't be seen or that turn others round."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def is_cjk(before: str, after: str) -> bool:
    """Whether both are of a script without spaces between words: Chinese, Japanese."""
    return _TWO_CJK.fullmatch(before + after) is not None


def mirrored(text: str) -> str:
    """A right-to-left text with its brackets the right way round: PDF readers mirror some, but not all. Of each
    kind, the first opens and the next one closes."""
    opened: set[str] = set()
    out = ""
    for c in text:
        pair = BRACKETS.get(c)
        if pair:
            c = pair[pair in opened]
            opened ^= {pair}
        out += c
    return out


def joined(texts: Sequence[str], vocabulary: Vocabulary) -> str:
    """Join lines into one text."""
    done: list[str] = []
    out = texts[0]
    for text in texts[1:]:
        done.append(out[:-TAIL])
        out = _join(out[-TAIL:], text, vocabulary)
    return composed("".join([*done, out]))


def _join(before: str, text: str, vocabulary: Vocabulary) -> str:
    if not before or not text:
        return before + text
    last = before[-1]
    if last in DIVIDED or last in "-‐":
        whole = before[:-1]
        first, second = LAST_WORD.search(whole), FIRST_WORD.match(text)
        if last == "\u00ad" and second:
            return whole + text
        if not first or not second:
            return f"{whole}-{text}" if first or whole[-1:].isalnum() else f"{before} {text}"
        if second[0].casefold() in AND:
            return f"{whole}- {text}"
        if not second[0][0].islower():
            known = first[0].isupper() and second[0].isupper() and vocabulary.count(first[0] + second[0])
            return whole + ("" if known else "-") + text
        return whole + ("" if _is_one_word(first[0], second[0], vocabulary) else "-") + text
    if is_cjk(before[-1], text[0]):
        return before + text
    return f"{before} {text}"


def _is_one_word(first: str, second: str, vocabulary: Vocabulary) -> bool:
    """Whether these are one divided word, not two joined by a hyphen: whichever form is more frequent in the document,
    or else what is a word of its language."""
    whole, parts = first + second, f"{first}-{second}"
    if vocabulary.count(whole) != vocabulary.count(parts):
        return vocabulary.count(whole) > vocabulary.count(parts)
    return vocabulary.is_word(whole) or not (vocabulary.is_word(first) and vocabulary.is_word(second))


def composed(text: str) -> str:
    """Normalize a text: composed letters, no ligatures, thin spaces in numbers, plain fractions, leaders as
    ellipses."""
    if text.isascii() and text.isprintable():
        out = text
    else:
        out = text.replace("\x02", "-").replace("\ufffe", "-").replace("\u00ad", "")
        out = unicodedata.normalize("NFC", CONTROL.sub(" ", out.translate(LIGATURES)))
        out = FRACTION.sub(lambda found: f" {found[1].translate(PLAIN)}/{found[2].translate(PLAIN)}", out)
        out = THIN_SPACES.sub("\u202f", out)
    if "...." in out or ". ." in out or "····" in out or "____" in out or "\ufffd" in out:
        out = LEADERS.sub(" … ", out)
    return GAP_BEFORE.sub("", " ".join(out.split(" ")).strip()) if " " in out else out
