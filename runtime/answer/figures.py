"""Extracts the figures and names of a text, to find them in another: numbers with units, dates, times, codes.

A number is the same in words and in digits, with a decimal comma or point, and in any unit of its kind: two weeks are
14 days. Words are English and German, the languages of the page. Number words are left to text2num; dates are parsed
here, since the search of dateparser 1.5 takes 'Die' and '£1,450 a month' for dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Measured = tuple[str, float]
"""A kind of unit, and how many of the kind's smallest one."""

LONGEST = 5000
"""Characters of a text that are examined. Units and claims are shorter, unless they are hostile."""

_KINDS = """
£: £ pound pounds gbp quid pfund = 1, pence = .01
€: € euro euros eur = 1, cent cents = .01
$: $ dollar dollars usd us$ = 1
CHF: chf sfr franc francs franken = 1
¥: ¥ yen jpy = 1
%: % percent prozent = 1
time: second seconds sec secs sekunde sekunden = 1, minute minutes min mins minuten = 60,
 hour hours hr hrs h stunde stunden std = 3600, day days tag tage tagen tages = 86400,
 week weeks woche wochen = 604800
months: month months monat monate monaten monats = 1, quarter quarters quartal quartale quartalen = 3,
 year years yr yrs jahr jahre jahren jahres = 12
length: mm millimetre millimetres millimeter millimeters millimetern = .001,
 cm centimetre centimetres centimeter centimeters zentimeter zentimetern = .01,
 m metre metres meter meters metern = 1, km kilometre kilometres kilometer kilometers kilometern = 1000,
 mile miles = 1609.344, foot feet ft = .3048, inch inches = .0254
area: m² m2 sqm qm quadratmeter quadratmetern = 1
mass: mg milligram milligrams milligramm = .001, g gram grams gramme grammes gramm = 1,
 kg kilo kilos kilogram kilograms kilogramm = 1000, t tonne tonnes tonnen = 1000000
volume: ml millilitre millilitres milliliter = .001, l litre litres liter liters litern = 1
degrees: ° °c degree degrees grad celsius = 1
bytes: kb kilobyte kilobytes = 1e3, mb megabyte megabytes = 1e6, gb gigabyte gigabytes = 1e9,
 tb terabyte terabytes = 1e12
power: w watt watts = 1, kw kilowatt kilowatts = 1000
energy: wh = 1, kwh = 1000
voltage: v volt volts = 1
current: a amp amps ampere amperes = 1
frequency: hz hertz = 1, khz = 1000, mhz = 1e6
"""


def _units() -> Iterator[tuple[str, Measured]]:
    for line in _KINDS.replace(",\n", ",").strip().splitlines():
        kind, _, scales = line.partition(": ")
        for scale in scales.split(","):
            names, _, times = scale.partition("=")
            yield from ((name, (kind, float(times))) for name in names.split())


UNITS = dict(_units())
"""Each unit's names, folded, with its kind and how many of the kind's smallest one it is."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jan|february februar feb|march märz mar|april apr|may mai|june juni jun|july juli jul"
            "|august aug|september sept sep|october oktober oct okt|november nov|december dezember dec dez"
        ).split("|"),
        1,
    )
    for name in names.split()
}
_SCALES = {
    "million": 1e6, "millions": 1e6, "millionen": 1e6, "mio": 1e6, "m": 1e6, "thousand": 1e3, "tausend": 1e3,
    "k": 1e3, "billion": 1e9, "billions": 1e9, "bn": 1e9, "milliarde": 1e9, "milliarden": 1e9, "mrd": 1e9,
}  # fmt: skip

_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_YEAR = r"(?:1[5-9]|20)\d\d"
_ENDED = r"(?:st|nd|rd|th|\.)?"
_DATES = [
    re.compile(rf"\b(?P<day>\d{{1,2}}){_ENDED}\s+(?:of\s+)?(?P<month>{_MONTH})(?:,?\s+(?P<year>{_YEAR}))?\b", re.I),
    re.compile(rf"\b(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}}){_ENDED}(?:,?\s+(?P<year>{_YEAR}))?(?!\w|[:.]\d)", re.I),
    re.compile(rf"\b(?P<month>{_MONTH})\s+(?P<year>{_YEAR})\b", re.I),
    re.compile(rf"\b(?P<year>{_YEAR})-(?P<month>\d\d)-(?P<day>\d\d)\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.(?:\s?(?P<year>{_YEAR}|\d\d\b))?(?!\d)"),
    re.compile(rf"\b(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/(?P<year>{_YEAR}|\d\d)\b"),
]
_CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|\b(?P<hour24>\d{1,2})(?:[:.](?P<minute24>[0-5]\d))?\s?(?:Uhr|o['’]clock)\b"
    r"|\b(?P<hours>[01]?\d|2[0-4]):(?P<minutes>[0-5]\d)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b(?=[\w./-]*\d)(?=[\w./-]*[^\W\d_])\w+(?:[./-]\w+)*")
_NUMBER = re.compile(
    r"(?P<before>[£€$¥]|\b(?:EUR|GBP|USD|CHF)\s?)?\s?(?P<minus>(?<![\w-])[-−]\s?)?"
    r"(?P<number>(?<![\w.,])\.\d+|\d+(?:[.,'’\u00a0\u202f]\d+)*)"
)
_UNIT = re.compile(r"[-\s]?(?P<unit>[£€$¥%°][cC]?|m²|[^\W\d_]+[²2]?)")
_MAYBE_CLOCK = re.compile(r"([01]?\d|2[0-4])[.:]([0-5]\d)")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_GROUPED = re.compile(r"\d{1,3}(?:(?P<sign>[.,'’\u00a0\u202f])\d{3})(?:(?P=sign)\d{3})*(?P<decimals>[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, date, time or code in a text.

    `raw` has its possible values (1.500 is 1.5 or 1500), `measured` the same with the kind of its unit, empty if it has
    no known unit, and `maybe` less likely readings: 9.30 may be a time. `dates` has the possible (year, month, day), 0
    for a missing part; `code` is a mix of letters and digits.
    """

    text: str
    raw: frozenset[float] = frozenset()
    measured: frozenset[Measured] = frozenset()
    maybe: frozenset[Measured] = frozenset()
    dates: frozenset[tuple[int, int, int]] = frozenset()
    code: str = ""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its unit: money, time, ..."""
        return frozenset(kind for kind, _ in self.measured)

    def is_among(self, others: Iterable[Figure]) -> bool:
        """Whether one of the others matches."""
        return any(self._is(other) for other in others)

    def _is(self, other: Figure) -> bool:
        if self.code:
            return self.code == other.code
        if self.dates:
            return any(_fits(one, its) for one in self.dates for its in other.dates)
        if self.measured and other.measured:
            return bool(self.measured & (other.measured | other.maybe))
        return bool(self.raw & other.raw or self.measured & other.maybe)


def _fits(date: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether another date has all the parts that this one has."""
    return all(mine in (0, its) for mine, its in zip(date, other, strict=True))


def figures_of(text: str) -> list[Figure]:
    """The figures of a text, including numbers written as words; the article 'ein' counts only before a unit."""
    rest = _in_digits(text[:LONGEST])
    found: list[Figure] = []

    def taken(match: re.Match[str], figure: Figure | None) -> str:
        if figure is None:
            return match[0]
        found.append(figure)
        return " " * len(match[0])

    for pattern in _DATES:
        rest = pattern.sub(lambda match: taken(match, _date(match)), rest)
    rest = _CLOCK.sub(lambda match: taken(match, _clock(match)), rest)
    rest = _CODE.sub(lambda match: taken(match, _code(match)), rest)
    for match in _NUMBER.finditer(rest):
        found.append(_number(match, rest))
    return found


def without_figures(text: str) -> str:
    """A text's words without figures: without numbers, in digits or words, their units, and other words with digits."""
    words: list[str] = []
    after_figure = False
    for word in _in_digits(text[:LONGEST]).split():
        is_figure = any(map(str.isdigit, word))
        if not is_figure and not (after_figure and word.strip(".,;:!?").casefold() in UNITS):
            words.append(word)
        after_figure = is_figure
    return " ".join(words)


def names_of(text: str, language: str) -> list[str]:
    """The names of a sentence: capitalized words within it. In German, which capitalizes every noun, only two or
    more in a row."""
    runs: list[list[str]] = []
    end = -1
    for match in _CAPITAL.finditer(text):
        begins = not text[: match.start()].strip(_OPENING) or _BEGINS.search(text[: match.start()]) is not None
        if begins or match[0].casefold() in _NO_NAMES or match[0].casefold() in UNITS:
            continue
        word = match[0].removesuffix("'s").removesuffix("’s")
        if runs and text[end : match.start()] == " ":
            runs[-1].append(word)
        else:
            runs.append([word])
        end = match.end()
    return [" ".join(run) for run in runs if language != "de" or len(run) > 1]


_CAPITAL = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][\w'’-]+")
_OPENING = ' \t\n*_#>-•"“„(['
_BEGINS = re.compile(r"(?:[.!?|:]|^\s*\d{1,2}[.)]|[:\"“„(])[*_]*\s*[*_\"“„(]*$")
_NO_NAMES = frozenset("source sources document documents page quelle quellen dokument dokumente seite".split())


def _in_digits(text: str) -> str:
    """The text with its numbers in digits."""
    from text_to_num import alpha2digit

    text = _PERCENT.sub("percent", text)
    text = _SCALED.sub(lambda match: _scaled(match), text)
    text = _ONE.sub("1", text)
    for language in ("en", "de"):
        text = alpha2digit(text, language, threshold=0.0)
    return _ORDINAL.sub(r"\1", text)


_PERCENT = re.compile(r"\bper cent\b", re.IGNORECASE)
_ONE = re.compile(
    rf"\bein(?:e[nmrs]?)?(?=\s(?:{'|'.join(n for n in UNITS if n.isalpha() and len(n) > 2)})\b)", re.IGNORECASE
)
_SCALED = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,12}(?:[.,]\d{1,6})?)\s?"
    rf"(?P<scale>{'|'.join(n for n in _SCALES if len(n) > 1)})\b\.?"
    r"|(?P<money>[£€$])\s?(?P<short>\d+(?:[.,]\d+)?)(?P<letter>[mk])\b",
    re.IGNORECASE,
)


def _scaled(match: re.Match[str]) -> str:
    number, scale = match["number"] or match["short"], match["scale"] or match["letter"]
    value = float(number.replace(",", ".")) * _SCALES[scale.casefold()]
    return f"{match['money'] or ''}{value:.12g}" if value < 1e12 else match[0]


def _date(match: re.Match[str]) -> Figure | None:
    parts = match.groupdict()
    year = int(parts.get("year") or 0)
    year += 2000 if 0 < year < 100 else 0
    if parts.get("first"):  # the day first in most of the world, the month first in America
        a, b = int(match["first"]), int(match["second"])
        pairs = [(a, b), (b, a)]
    else:
        month = (parts.get("month") or "0").rstrip(".").casefold()
        pairs = [(int(parts.get("day") or 0), _MONTHS.get(month) or int(month))]
    dates = frozenset((year, number, day) for day, number in pairs if number <= 12 and day <= 31)
    return Figure(match[0], dates=dates) if dates else None


def _clock(match: re.Match[str]) -> Figure | None:
    hour = int(match["hour"] or match["hour24"] or match["hours"])
    minute = int(match["minute"] or match["minute24"] or match["minutes"] or 0)
    if hour > 24 or (match["half"] and hour > 12):
        return None
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].casefold() == "p" else 0)
    digits = re.match(r"\d+", match[0])
    raw = frozenset([float(digits[0])] if digits and minute == 0 else [])
    return Figure(match[0].strip(), raw, frozenset([("clock", 60.0 * hour + minute)]))


def _code(match: re.Match[str]) -> Figure | None:
    """A mix of letters and digits, unless it is a number with its unit."""
    number = _NUMBER.match(match[0])
    if number and match[0][number.end() :].removeprefix("-").casefold() in UNITS:
        return None
    return Figure(match[0], code=re.sub(r"[\W_]", "", match[0]).casefold())


def _number(match: re.Match[str], text: str) -> Figure:
    number = match["number"]
    raw = frozenset(_readings(number))
    if not raw:
        return Figure(number, code=re.sub(r"\D", "", number))
    before = (match["before"] or "").strip().casefold()
    following = _UNIT.match(text, match.end())
    unit = UNITS.get(before) or (UNITS.get(following["unit"].casefold()) if following else None)
    sign = -1.0 if match["minus"] else 1.0
    measured = frozenset((unit[0], round(sign * value * unit[1], 9)) for value in raw) if unit else frozenset()
    maybe = _MAYBE_CLOCK.fullmatch(number)
    clock = frozenset([("clock", 60.0 * int(maybe[1]) + int(maybe[2]))] if maybe else [])
    return Figure(match[0].strip(), frozenset(sign * value for value in raw), measured, clock)


def _readings(number: str) -> Iterator[float]:
    """The possible values of digits with separators; none for a version or an address, such as 1.2.3."""
    plain = re.sub(r"['’\u00a0\u202f]", "", number)
    if number.startswith("."):
        yield float(number)
        return
    grouped = _GROUPED.fullmatch(number)
    if grouped:
        whole, decimals = number, ""
        if grouped["decimals"]:
            whole, decimals = number[: grouped.start("decimals")], number[grouped.start("decimals") + 1 :]
        yield float(re.sub(r"\D", "", whole) + (f".{decimals}" if decimals else ""))
    if re.fullmatch(r"\d+(?:[.,]\d+)?", plain) and not (grouped and grouped["decimals"]):
        yield float(plain.replace(",", "."))
