"""Finds the evidence for each claim of an answer: the units of the sources that contain most of it, whatever the model
cited.

A claim is a sentence of the answer, or the part of one up to a citation. It is proven by the unit that contains most
of its words, weighted by their rarity among the sources' units, and that has the claim's figures and names. Figures
and names that occur in no source, or only in another context, are not found: such a claim is marked, and cites nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from runtime.answer.figures import Figure, figures_of, names_of, without_figures
from runtime.answer.ranking import Numbers, Ranking
from runtime.answer.refusals import is_refusal
from runtime.answer.units import Unit
from runtime.answer.written import MARK, MARKS, marked, without_heads, without_thoughts
from runtime.ports import Source
from runtime.search.coverage import WeightedTerms
from runtime.search.language import ENGLISH, language_of
from runtime.search.words import folded, question_terms
from runtime.sentences import sentences

NOT_FOUND = "[?]"
"""Marks a claim with figures or names that the sources do not contain."""

PROVEN = 0.45
"""The share of a claim's words and figures that a unit must contain to prove it, or how similar in meaning it must be.
CITED is enough with the model's citation or the claim's figures, if the unit covers the question."""

CITED = 0.2

QUESTION_WEIGHT = 0.5
"""Weight of the question's words in choosing the unit, against 1 for the claim's own."""

ELSEWHERE = 0.5
"""The share of the nearest unit's score that a unit with the claim's figure must reach to be about the same thing."""

EPSILON = 1e-6
"""Breaks ties in favour of units of sources that the model cites."""

SAME_CLAUSE = 0.6
"""The share of a claim's words in a clause above which both must agree on negation."""

MAX_UNITS = 3
"""Units that together may prove one claim."""

MIN_CONTENT_WORDS = 2
"""Content words below which a claim is read together with the question: 'Yes.', '£40.'."""

Proofs = Sequence[Sequence[Unit]]
"""The units that prove each citation of an answer, all of one source."""

_STOPS = ".!?。！？…"
_CLOSING = _STOPS + '"”’)*_'
"""What may end a sentence, and what may surround that."""

_DENIES = re.compile(
    r"\b(?:not|no|never|none|without|cannot|neither|nor|\w+n['’]t|kein\w*|nicht|nie|niemals|ohne|weder)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:–—]\s+|\s+(?:but|unless|except|aber|sondern|außer)\s+", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*•+>]|#{1,6}|\d{1,2}[.)])\s+")
_FENCE = re.compile(r"\s*```")
_RULE = re.compile(r"[\s|:-]*")
_LABEL = re.compile(r".*:[*_\s]*")


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """An answer with its citations, and NOT_FOUND after what the sources do not contain.

    `proofs` are those of its citations, in order; `claims` counts its claims, `proven` has those with a citation, and
    `not_found` counts those that are marked. `refuses` is whether it begins by saying that the sources do not say, and
    `comparable` whether it is in the language of one of them.
    """

    text: str
    proofs: Proofs
    claims: int
    proven: Sequence[str]
    not_found: int
    refuses: bool
    comparable: bool


def check(written: str, question: str, ranking: Ranking, sources: Sequence[Source]) -> CheckedAnswer:
    """Check a model's answer: find the evidence for each of its claims. `ranking` is that of the question's search
    result, and includes the sources' passages."""
    answer = without_heads(marked(without_thoughts(written), sources), sources)
    evidence = _SourceUnits(question, sources, ranking)
    text, seen, refuses, not_found = "", set[str](), False, 0
    proven: list[str] = []
    proofs: list[Sequence[Unit]] = []
    language = language_of(MARKS.sub("", answer))
    for part in parts_of(answer, language or ENGLISH):
        if part.claim and part.claim.text in seen:  # small models repeat themselves
            continue
        text += part.before
        if part.claim:
            proof = evidence.proof(part.claim)
            refuses = refuses or (proof.refuses and not proofs)
            not_found += proof.not_found
            proven += [part.claim.text] if proof.units else []
            seen.add(part.claim.text)
            cited = sorted({unit.source for unit in proof.units})
            proofs += [[unit for unit in proof.units if unit.source == number] for number in cited]
            marks = "".join(f"[{number}]" for number in cited) or (NOT_FOUND if proof.not_found else "")
            text += with_mark(part.claim.text, marks)
        text += part.after
    comparable = not language or language in evidence.languages
    return CheckedAnswer(text.strip(), proofs, len(seen), proven, not_found, refuses, comparable)


def with_mark(claim: str, marks: str) -> str:
    """The claim with its citations inserted before its full stop."""
    if not marks:
        return claim
    bare = claim.rstrip(_CLOSING)
    end = claim[len(bare) :]
    return f"{bare} {marks}{end}" if any(sign in end for sign in _STOPS) else f"{claim} {marks}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim: its text without citation marks, and the sources that the model cited for it."""

    text: str
    cited: frozenset[int]


@dataclass(frozen=True, slots=True)
class Proof:
    """The evidence for a claim. `not_found` is whether it has figures or names that were not found; `refuses` whether
    it only says that the sources do not say."""

    units: Sequence[Unit] = ()
    not_found: bool = False
    refuses: bool = False


class _SourceUnits:
    """The ranking's units on the pages of an answer's sources; here their `source` is the source's number."""

    def __init__(self, question: str, sources: Sequence[Source], ranking: Ranking) -> None:
        self.question = question
        self.languages = frozenset(language_of(source.text) or ENGLISH for source in sources)
        self._of = {source.number: source for source in sources}
        self._ranking = ranking
        found = ranking.within(sources)
        self.units, self._ranked = list(found.values()), list(found)
        self._texts = [folded(self._whole(unit)) for unit in self.units]

    @cached_property
    def _figures(self) -> list[list[Figure]]:
        return [figures_of(self._whole(unit)) for unit in self.units]

    @cached_property
    def _question_shares(self) -> Numbers:
        return self._words(self.question)

    def proof(self, claim: Claim) -> Proof:
        """The evidence for a claim."""
        terms = question_terms(without_figures(claim.text), self.languages)
        if is_refusal(claim.text, self.question) and (
            not terms.content_words or self._words(claim.text).max(initial=0) < PROVEN
        ):
            return Proof(refuses=True)
        figures = [one for one in figures_of(claim.text) if one.raw != {1.0} or one.measured]
        if not all(any(one.is_among(own) for own in self._figures) for one in figures):
            return Proof(not_found=True)
        if not all(self._is_named(name) for name in names_of(claim.text, terms.language)):
            return Proof(not_found=True)
        if not self.units:
            return Proof()
        words = self._words(claim.text)
        if terms.content_words < MIN_CONTENT_WORDS:  # it is read together with the question
            words = np.maximum(words, self._question_shares)
        about = words + QUESTION_WEIGHT * self._question_shares
        if any(self._is_of_another(one, about) for one in figures):
            return Proof(not_found=True)
        similarity = self._ranking.similarity([claim.text])[0][self._ranked]
        held = np.maximum(self._shares(claim.text, figures, words), similarity)
        near = (
            held
            + QUESTION_WEIGHT * self._question_shares
            + EPSILON * np.array([u.source in claim.cited for u in self.units])
        )
        chosen = self._chosen(figures, near) if figures else [int(near.argmax())]
        if not all(self._is_proven(n, claim, held, words, figures) for n in chosen) or not chosen:
            return Proof()
        if self._contradicts(claim.text, self.units[chosen[0]]):
            return Proof()
        return Proof([self.units[n] for n in (*chosen, *self._further_units(claim, chosen))])

    def _is_proven(self, number: int, claim: Claim, held: Numbers, words: Numbers, figures: Sequence[Figure]) -> bool:
        """Whether a unit contains enough of a claim; or, if it contains little, enough of the question too."""
        if held[number] >= PROVEN:
            return True
        ranking, source = self._ranking, self.units[number].source
        if held[number] < CITED or not (figures or source in claim.cited):
            return False
        if ranking.coverage([self._ranked[number]])[0] >= ranking.threshold:
            return True
        # Without similarity in meaning, the words may be elsewhere on the figure's page.
        on_page = max(share for share, unit in zip(words, self.units, strict=True) if unit.source == source)
        return bool(figures) and ranking.foreign and on_page >= PROVEN

    def _is_of_another(self, figure: Figure, about: Numbers) -> bool:
        """Whether a figure occurs only in another context: the unit closest to the claim has a different figure of this
        kind, and the units with this figure are much less close to it."""
        holders = [n for n, own in enumerate(self._figures) if figure.is_among(own)]
        nearest = int(about.argmax())
        others = any(figure.kinds & one.kinds for one in self._figures[nearest])
        return others and nearest not in holders and about[holders].max() < ELSEWHERE * about[nearest]

    def _chosen(self, figures: Sequence[Figure], near: Numbers) -> list[int]:
        """The fewest units of one document that contain all figures, chosen greedily; none if no document has them
        all."""
        covers = []
        for document in {source.document for source in self._of.values()}:
            own = [n for n, unit in enumerate(self.units) if self._of[unit.source].document == document]
            left, chosen = list(figures), list[int]()
            while left and own and len(chosen) < MAX_UNITS:
                counts = {n: sum(one.is_among(self._figures[n]) for one in left) for n in own}
                best = max(own, key=lambda n: (counts[n], near[n]))
                if not counts[best]:
                    break
                chosen.append(best)
                left = [one for one in left if not one.is_among(self._figures[best])]
            if not left:
                covers.append(chosen)
        return max(covers, key=lambda chosen: (-len(chosen), max(near[n] for n in chosen)), default=[])

    def _further_units(self, claim: Claim, chosen: Sequence[int]) -> list[int]:
        """Units of other cited sources that contain words of the claim which the chosen ones lack."""
        sought = self._sought(claim.text)
        held = [max(parts) for parts in zip(*(sought.found(self._texts[n]) for n in chosen), strict=True)]
        added: list[int] = []
        for source in sorted(claim.cited - {self.units[n].source for n in chosen}):
            own = [n for n, unit in enumerate(self.units) if unit.source == source]
            more = [[max(a, b) for a, b in zip(held, sought.found(self._texts[n]), strict=True)] for n in own]
            gains = [sought.share(parts) - sought.share(held) for parts in more]
            if gains and max(gains) >= CITED and len(chosen) + len(added) < MAX_UNITS:
                at = gains.index(max(gains))
                added.append(own[at])
                held = more[at]
        return added

    def _sought(self, text: str) -> WeightedTerms:
        """A text's words, weighted by rarity among the units; those with digits are left to the figures."""
        return WeightedTerms.among(question_terms(without_figures(text), self.languages), self._texts, len(self._texts))

    def _words(self, text: str) -> Numbers:
        """The share of a text's words that each unit contains."""
        sought = self._sought(text)
        return np.array([sought.share(sought.found(unit)) for unit in self._texts])

    def _shares(self, text: str, figures: Sequence[Figure], words: Numbers) -> Numbers:
        """The share of a text's words and figures, weighted by rarity, that each unit contains; `words` is the share of
        the words alone. A figure weighs as much as an equally rare word."""
        if not figures:
            return words
        has = np.array([[one.is_among(own) for own in self._figures] for one in figures])
        weights = np.log1p(len(self.units) / (has.sum(axis=1) + 0.5))
        of_words = sum(self._sought(text).weights)
        shares: Numbers = (words * of_words + weights @ has) / (of_words + weights.sum())
        return shares

    def _whole(self, unit: Unit) -> str:
        """A unit with everything it is listed under."""
        source = self._of[unit.source]
        return "\n".join([unit.shown, *unit.above, source.heading, source.title, source.document])

    def _is_named(self, name: str) -> bool:
        return all(any(f" {folded(word).strip()}" in text for text in self._texts) for word in name.split())

    def _contradicts(self, claim: str, unit: Unit) -> bool:
        """Whether the unit's matching clause negates what the claim says, or the other way round."""
        sought = self._sought(claim)
        clauses = [part for part in _CLAUSE.split(unit.shown) if part.strip()]
        shares = [sought.share(sought.found(folded(part))) for part in clauses]
        nearest = max(range(len(clauses)), key=shares.__getitem__, default=None)
        if nearest is None or shares[nearest] < SAME_CLAUSE:
            return False
        return (_DENIES.search(clauses[nearest]) is None) != (_DENIES.search(claim) is None)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer: its claim, None if it makes none, and the text before and after it."""

    before: str
    claim: Claim | None
    after: str


def parts_of(text: str, language: str) -> Iterator[Part]:
    """The parts of a marked answer, in order: all of its text except the marks."""
    fenced = False
    lines = text.split("\n")
    for number, line in enumerate(lines):
        newline = "\n" if number else ""
        if _FENCE.match(line):
            fenced = not fenced
        bare = MARKS.sub("", line)
        after = "".join(lines[number + 1 : number + 2])
        is_head = line.lstrip().startswith("|") and "-" in after and _RULE.fullmatch(after) is not None
        if fenced or is_head or _FENCE.match(line) or _RULE.fullmatch(bare):
            yield Part(newline + bare, None, "")
            continue
        item = _ITEM.match(line)
        begin = item.end() if item else 0
        end = len(line.rstrip().removesuffix("|")) if line.rstrip().endswith("|") else len(line)
        yield Part(newline + line[:begin], None, "")
        yield from _claims(line[begin:end], language, is_label=_LABEL.fullmatch(bare) is not None)
        yield Part("", None, line[end:])


def _claims(line: str, language: str, *, is_label: bool) -> Iterator[Part]:
    for sentence in sentences(line, language):
        at = 0
        for marks in [*MARKS.finditer(sentence), None]:
            end = marks.start() if marks else len(sentence)
            part = sentence[at:end]
            cited = frozenset(int(n) for n in MARK.findall(marks[0])) if marks else frozenset()
            stripped = part.strip()
            if marks and not any(map(str.isalnum, sentence[marks.end() :])):  # the rest of the sentence is punctuation
                part, stripped = part + sentence[marks.end() :], (part + sentence[marks.end() :]).strip()
            has_words = any(map(str.isalnum, stripped)) and not is_label
            before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
            if stripped:
                yield Part(
                    before, Claim(stripped, cited) if has_words else None, after if has_words else stripped + after
                )
            elif part:
                yield Part(part, None, "")
            at = marks.end() if marks else end
            if marks and not any(map(str.isalnum, sentence[at:])):
                break
