"""Answers to questions with known answers, judged without a model by the strings that they must contain.

Three libraries: small business documents of our own, the handbook, and with `--library FOLDER` a fixed sample of a
folder's questions (bench/questions/answers/README.md). `--half second` asks about the second business documents alone.
Without `--model` the answers are quotes; `--model FILE` or `--model URL` is a GGUF file or an OpenAI-compatible server.
Answers are kept in build/bench-answers, by question, model and code, so that an interrupted run resumes where it was;
`--again` asks everything again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pypdfium2

from bench.business import documents, second_documents
from runtime.answer.answerer import Answer
from runtime.answer.claims import NOT_FOUND, check
from runtime.answer.followups import follows, join_questions
from runtime.answer.ranking import Ranking
from runtime.answer.sources import next_passage
from runtime.local.home import Home
from runtime.passages import FORMAT
from runtime.ports import NotAnswered, Turn
from runtime.search.searcher import CANDIDATES
from runtime.settings import Settings

ROOT = Path(__file__).parents[1]
QUESTIONS = Path(__file__).parent / "questions" / "answers"
BUILT = ROOT / "build" / "bench-answers"
CODE = ("runtime/answer", "runtime/search", "runtime/passages.py", "runtime/local")
"""What answers depend on, except the reading of PDFs, whose changes show elsewhere."""

ALONE = "Answer the question from the text in one or two sentences."
"""The only instruction that a model gets with the right page alone."""

ALONE_CHARACTERS = 9000
Half = Literal["open", "held", "second"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what a right answer must contain (one string of each group; None if the documents do not answer it),
    and the document and pages that say so. `within` is whether only that document is searched."""

    id: str
    library: str
    language: str
    text: str
    must: Sequence[Sequence[str]] | None
    document: str
    pages: Sequence[int]
    within: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: the text, its quotes or sentences in order, the cited pages (document, number), the sources' pages,
    how it ended, and how long it took; how many claims it makes, how many of them cite nothing, and how many are
    marked as not found. For a model's answer also how many variants with one made-up figure each there are, how
    many of these are marked, and what the model answers from the right page alone."""

    text: str
    parts: Sequence[str]
    cited: Sequence[tuple[str, int]]
    sources: Sequence[tuple[str, int]]
    state: str
    seconds: float
    claims: int = 0
    bare: int = 0
    not_found: int = 0
    made_up: int = 0
    made_up_marked: int = 0
    alone: str = ""


def figures(options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The table of `make bench-answers`."""
    parser = argparse.ArgumentParser(prog="python -m bench answers", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--half",
        choices=("open", "held", "second"),
        default="open",
        help="which half of the questions, or those about the second business documents",
    )
    parser.add_argument(
        "--library", type=Path, metavar="FOLDER", help="PDFs with the questions.jsonl that the sample is from"
    )
    parser.add_argument("--model", default="", metavar="FILE|URL", help="the model that answers; quotes without it")
    parser.add_argument("--only", default="", metavar="NAME", help="only one library: business, handbook, or sample")
    parser.add_argument("--again", action="store_true", help="ask again what was answered before")
    parser.add_argument("--show", action="store_true", help="print each question with its answer (open half only)")
    given = parser.parse_args(options)
    rows: list[dict[str, Any]] = []
    for name, folder, questions in _libraries(given.half, given.library):
        if given.only in ("", name):
            home = _home(name, folder, given.model)
            answered = [(q, _given(home, q, folder, given.model, again=given.again)) for q in questions]
            if given.show and given.half == "open":
                for question, one in answered:
                    _show(question, one)
            label = name if name == given.half else f"{name}, {given.half}"
            rows += _judged(label, answered, alone=bool(given.model))
            if name == "business":
                rows += _follow_ups(home)
    return rows


# --- libraries and their questions ----------------------------------------------------------------------


def _libraries(half: Half, library: Path | None) -> Iterator[tuple[str, Path, list[Question]]]:
    if half == "second":
        second = BUILT / "second"
        second_documents(second)
        yield "second", second, [_read("second", line) for line in _lines("second-held.jsonl")]
        return
    business = BUILT / "business"
    documents(business)
    yield "business", business, [_read("business", line) for line in _lines(f"business-{half}.jsonl")]
    handbook = BUILT / "handbook"
    subprocess.run([sys.executable, str(ROOT / "docs/build.py"), str(handbook)], check=True, capture_output=True)
    texts = {path.name: [plain(text) for text in _page_texts(path)] for path in sorted(handbook.glob("*.pdf"))}
    yield "handbook", handbook, [_of_handbook(line, texts) for line in _lines(f"handbook-{half}.jsonl")]
    if library:
        yield "sample", library, _sample(library, half)


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (QUESTIONS / name).read_text(encoding="utf-8").splitlines()]


def _read(library: str, line: dict[str, Any]) -> Question:
    return Question(
        line["id"], library, line["language"], line["question"], line["must"], line["document"], line["pages"]
    )


def _of_handbook(line: dict[str, Any], texts: dict[str, list[str]]) -> Question:
    """A question about the handbook; its pages are those with its evidence."""
    pages = texts[line["document"]]
    evidence = plain(line["evidence"] or "")
    found = [number for number, text in enumerate(pages, 1) if evidence and evidence in text]
    return _read("handbook", {**line, "pages": found})


def _sample(folder: Path, half: Half) -> list[Question]:
    """A fixed sample of a folder's questions, each asked within its document: most say "this document"."""
    sample = json.loads((QUESTIONS / "library.json").read_text(encoding="utf-8"))
    source = (folder / "questions.jsonl").read_bytes()
    if hashlib.sha256(source).hexdigest() != sample["source_sha256"]:
        sys.exit(f"{folder / 'questions.jsonl'} is not the file that the sample was drawn from.")
    lines = source.decode().splitlines()
    keys = {path.name: path.relative_to(folder).as_posix() for path in folder.rglob("*.pdf")}
    questions = []
    for number in sample[half]:
        line = json.loads(lines[number])
        must = [_variants(str(line["answer"]))]
        questions.append(
            Question(f"l-{number}", "sample", "en", line["question"], must, keys[line["document"]], line["pages"], True)
        )
    return questions


def _variants(answer: str) -> list[str]:
    """A number is also right with its thousands separated, and without trailing zeros."""
    variants = [answer]
    if re.fullmatch(r"-?\d+(\.\d+)?%?", answer):
        number, percent = answer.rstrip("%"), "%" if answer.endswith("%") else ""
        short = number.rstrip("0").rstrip(".") if "." in number else number
        whole, _, decimals = short.partition(".")
        parted = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
        variants += [short + percent, parted + percent, short, parted]
    return list(dict.fromkeys(variants))


def plain(text: str) -> str:
    """The text in the form in which answers and the required strings are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def holds(text: str, must: Sequence[Sequence[str]]) -> bool:
    """Whether a text has one string of each group; a number must be a whole number of its own."""
    here = plain(text)
    return all(any(_stands(plain(variant), here) for variant in group) for group in must)


def _stands(variant: str, text: str) -> bool:
    """Whether the text contains it; digits at its ends must be a complete number, followed by zeros at most."""
    before = r"(?<!\d)(?<!\d[.,])" if variant[:1].isdigit() else ""
    behind = r"(?!\d)(?![.,](?!0{1,2}(?!\d))\d)" if variant[-1:].isdigit() else ""
    return re.search(before + re.escape(variant) + behind, text) is not None


def _page_texts(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


# --- asking ---------------------------------------------------------------------------------------------


def _home(name: str, folder: Path, model: str) -> Home:
    """The library of a folder's PDFs, ingested if they are not yet."""
    environment = {"PLUMBLINE_HOME": str(BUILT / f"home-{name}-{FORMAT}"), "PLUMBLINE_THREADS": "2"}
    if model.startswith("http"):
        environment |= {"PLUMBLINE_GENERATOR_URL": model, "PLUMBLINE_GENERATOR_MODEL": "bench"}
    elif model:
        environment |= {"PLUMBLINE_MODEL": model}
    home = Home(Settings.read(environment))
    keys = home.add([folder]).keys
    ingestor = home.ingestor()
    for number, key in enumerate(keys, 1):
        print(f"reading {number} of {len(keys)}: {key}", file=sys.stderr)
        ingestor.reconcile(key)
    return home


def _code() -> str:
    """A digest of what answers depend on."""
    files = (
        file for name in CODE for path in [ROOT / name] for file in ([path] if path.is_file() else path.rglob("*.py"))
    )
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in sorted(files))).hexdigest()[:12]


def _given(home: Home, question: Question, folder: Path, model: str, *, again: bool) -> Given:
    """The answer, from the kept ones or asked for now."""
    of_model = Path(model).stem if model and not model.startswith("http") else re.sub(r"\W+", "-", model) or "quotes"
    kept = BUILT / "answers" / of_model / _code() / f"{question.id}.json"
    if kept.is_file() and not again:
        values = json.loads(kept.read_text(encoding="utf-8"))
        places = {name: [tuple(place) for place in values[name]] for name in ("cited", "sources")}
        return Given(**{**values, **places})
    print(f"asking {question.id}", file=sys.stderr)
    began = time.perf_counter()
    last, state = None, ""
    try:
        for answer in home.answerer().answer(question.text, documents=[question.document] if question.within else None):
            last, state = answer, answer.state
    except NotAnswered as error:
        state = error.kind
    assert last is not None
    seconds = time.perf_counter() - began
    given = _as_given(last, state, seconds, _ranking(home, question))
    if model and question.must:
        given = Given(**{**asdict(given), "alone": _alone(home, question, folder)})
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(asdict(given), ensure_ascii=False), encoding="utf-8")
    return given


def _ranking(home: Home, question: Question) -> Ranking:
    """The ranking in which the answer's claims were looked up."""
    searcher = home.answerer().searcher
    (found,) = searcher.search([question.text], CANDIDATES, [question.document] if question.within else None)
    behind = next_passage(found.ranked, searcher.index)
    return Ranking(question.text, found, home.embedder, [behind] if behind else [])


def _as_given(answer: Answer, state: str, seconds: float, ranking: Ranking) -> Given:
    sources = [(source.document, source.page) for source in answer.sources]
    cited = [sources[citation.source - 1] for citation in answer.citations]
    parts = [part for part in re.split(r"\n+" if "\n\n" in answer.text else r"(?<=[.\]])\s+|\n", answer.text) if part]
    given = Given(answer.text, parts, cited, sources, state, round(seconds, 2))
    if state != "done":
        return given
    claims = [one for one in parts if any(map(str.isalnum, re.sub(r"\[\d+\]", "", one)))]
    bare = [one for one in claims if not re.search(r"\[\d+\]", one)]
    changed = list(_made_up(answer))
    before = answer.text.count(NOT_FOUND)
    marked = [check(text, answer.question, ranking, answer.sources).not_found > before for text in changed]
    return replace(
        given,
        claims=len(claims),
        bare=len(bare),
        not_found=before,
        made_up=len(changed),
        made_up_marked=sum(marked),
    )


def _made_up(answer: Answer) -> Iterator[str]:
    """The answer with each of its figures in turn replaced by one that no source has."""
    plain_text = re.sub(r"\s?\[(?:\d+|\?)\]", "", answer.text)
    there = set(re.findall(r"\d+", " ".join(f"{one.text} {one.title} {one.heading}" for one in answer.sources)))
    for match in re.finditer(r"(?<![\w.,:/-])\d+(?![\w/:-]|[.,]\d)", plain_text):
        if (
            re.match(r"[.)] ", plain_text[match.end() :])
            and not plain_text[: match.start()].rpartition("\n")[2].strip()
        ):
            continue  # a list number
        other = next(n for n in range(int(match[0]) + 2, 10**12) if str(n) not in there)
        if len(str(other)) <= len(match[0]) + 1:
            yield plain_text[: match.start()] + str(other) + plain_text[match.end() :]


def _alone(home: Home, question: Question, folder: Path) -> str:
    """What the same model answers from the right pages' bare text."""
    texts = _page_texts(next(folder.rglob(question.document)))
    text = "\n".join(texts[page - 1] for page in question.pages)[:ALONE_CHARACTERS]
    assert home.generator is not None
    turns = [Turn("system", ALONE), Turn("user", f"{text}\n\nQuestion: {question.text}")]
    return "".join(home.generator.stream(turns, 200))


# --- judging --------------------------------------------------------------------------------------------


def _judged(name: str, answered: Sequence[tuple[Question, Given]], *, alone: bool) -> Iterator[dict[str, Any]]:
    """The rows for one half of a library's questions."""
    answerable = [(q, one, q.must) for q, one in answered if q.must]
    unanswerable = [one for q, one in answered if not q.must]
    rights = [one.state == "done" and holds(one.text, must) for _, one, must in answerable]
    there = [any((q.document, page) in one.sources[:3] for page in q.pages) for q, one, _ in answerable]
    yield _share(f"{name}: right answers", rights)
    for language in sorted({q.language for q, _, _ in answerable}):
        own = [right for right, (q, _, _) in zip(rights, answerable, strict=True) if q.language == language]
        yield _share(f"{name}: right answers, {language}", own)
    yield _share(f"{name}: the page is among the first three", there)
    yield _share(f"{name}: right answers where it is", [r for r, found in zip(rights, there, strict=True) if found])
    firsts = [one.state == "done" and holds(one.parts[0] if one.parts else "", must) for _, one, must in answerable]
    yield _share(f"{name}: right first quote where it is", [r for r, found in zip(firsts, there, strict=True) if found])
    if alone:
        given = [holds(one.alone, must) for _, one, must in answerable]
        yield _share(f"{name}: right from the right page alone", given)
    cited = [
        any((q.document, page) in one.cited for page in q.pages)
        for (q, one, _), right in zip(answerable, rights, strict=True)
        if right
    ]
    yield _share(f"{name}: right answers that cite the right page", cited)
    done = [one for _, one in answered if one.state == "done"]
    yield _of(f"{name}: claims that cite nothing", sum(one.bare for one in done), sum(one.claims for one in done))
    right_ones = [one for (_, one, _), right in zip(answerable, rights, strict=True) if right]
    yield _share(f"{name}: right answers with a claim marked as not found", [one.not_found > 0 for one in right_ones])
    if alone:
        yield _of(
            f"{name}: made-up figures that are marked",
            sum(one.made_up_marked for one in done),
            sum(one.made_up for one in done),
        )
        failed = [one.state not in ("done", "refused") for _, one in answered]
        yield _share(f"{name}: not answered, and reported as such", failed)
    every = [
        place in {(q.document, page) for page in q.pages}
        for q, one, _ in answerable
        if holds(one.text, q.must or [])
        for place in one.cited
    ]
    yield _share(f"{name}: citations of right answers that name the right page", every)
    yield _share(f"{name}: refused, of the answerable", [one.state == "refused" for _, one, _ in answerable])
    if unanswerable:
        yield _share(f"{name}: refused, of the unanswerable", [one.state == "refused" for one in unanswerable])
    seconds = sorted(one.seconds for _, one in answered)
    yield {
        "figure": f"{name}: seconds, median",
        "value": seconds[len(seconds) // 2],
        "unit": "s",
        "goal": "",
        "holds": True,
    }


def _follow_ups(home: Home) -> Iterator[dict[str, Any]]:
    """Whether a follow-up is read with the question before it, and then finds its page. `runtime.answer.followups` was
    developed with these questions in view: they show no more than that it fits them."""
    searcher, read, there = home.answerer().searcher, [], []
    for line in _lines("followups.jsonl"):
        questions = [line["question"], join_questions(line["before"], line["question"])]
        alone, with_before = searcher.search(questions, CANDIDATES)
        follow = follows(line["question"], alone, with_before)
        pages = [(hit.passage.document, hit.passage.page) for hit in (with_before if follow else alone).ranked]
        read.append(follow == line["follows"])
        there.append(any((line["document"], page) in list(dict.fromkeys(pages))[:3] for page in line["pages"]))
    yield _share("follow-ups: read alone, or with the question before, as they should be", read)
    yield _share("follow-ups: the page is among the first three", there)


def _share(figure: str, values: Sequence[bool]) -> dict[str, Any]:
    return _of(figure, sum(values), len(values))


def _of(figure: str, count: int, total: int) -> dict[str, Any]:
    value = round(count / total, 4) if total else 0.0
    return {"figure": figure, "value": value, "unit": f"of {total}", "goal": "", "holds": True}


def _show(question: Question, one: Given) -> None:
    right = bool(question.must) and one.state == "done" and holds(one.text, question.must or [])
    mark = "right" if right else "refused" if one.state == "refused" else "WRONG"
    if not question.must:
        mark = "rightly refused" if one.state == "refused" else "ANSWERED"
    at = list(one.sources[:3])
    print(f"\n{question.id} {mark}: {question.text}\n  must {question.must} on {question.document} {question.pages}")
    print(f"  {one.state} {one.seconds} s: {one.text[:600]!r}\n  sources {at}")
    if one.alone:
        print(f"  alone: {holds(one.alone, question.must or [['']])}: {one.alone[:200]!r}")
