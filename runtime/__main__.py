"""The command line: `python -m runtime --help`."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from runtime.answer.answerer import Answer
from runtime.answer.claims import NOT_FOUND
from runtime.answer.sources import place
from runtime.ingest import Outcome, reindex, unfinished
from runtime.library import open_home, open_library
from runtime.lookup import check_documents, twins
from runtime.model_commands import app as model_app
from runtime.ports import Entry, IndexDamaged, PlumblineError, page_numbers
from runtime.question import checked_question
from runtime.reading.document import is_pdf
from runtime.reading.doubt import ROUTINE
from runtime.repair import repair
from runtime.search.fusion import Ranked
from runtime.settings import home_of
from runtime.terminal import console, exiting_on_interrupt, table

SEARCH_BATCH = 64
"""Questions embedded and searched per batch."""

WAIT_SECONDS = 5.0
"""How long a document that another process has is waited for before it is looked at again."""

ATTEMPTS = 3
"""How often `ingest` tries to read a document that fails for an outside reason."""

EXIT_ERROR = 1
EXIT_TERMINATED = 143
EXIT_REFUSED = 3

if TYPE_CHECKING:
    from runtime.aws.cloud import Cloud
    from runtime.local.home import Home
    from runtime.local.sources import Added
    from runtime.local.sqlite import Working
    from runtime.local.worker import Worker

app = typer.Typer(
    help="Plumbline on this machine: ingest PDFs, search them and ask questions about them. PLUMBLINE_HOME sets where "
    "the library is kept (by default ~/.plumbline).",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(model_app, name="model")
out = console()
err = console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Top = Annotated[int, typer.Option(min=1, max=1000, help="Number of passages.")]
Stack = Annotated[
    str | None,
    typer.Option(
        help="Use a deployed stack's library instead of this machine's. The environment variables of its outputs do "
        "the same.",
        envvar="PLUMBLINE_STACK",
    ),
]
Tunnel = Annotated[
    int | None,
    typer.Option(help="Local port of a tunnel to the stack's OpenSearch domain.", min=1),
]
Filter = Annotated[list[str] | None, typer.Option("--document", help="Search this document only; may be repeated.")]


@app.command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(help="PDF files, and folders to take PDFs from.", metavar="FOLDER|FILE...")
    ],
    as_json: Json = False,
    force: Annotated[bool, typer.Option("--again", help="Read unchanged documents again, even refused ones.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove documents whose files are gone from FOLDER, however many.")
    ] = False,
) -> None:
    """Add PDFs to the library and make them searchable.

    Documents whose files are gone from a folder since are removed; but if they are many, or the folder is on another
    disk than before, only with --remove. Run it again to ingest what is new or was left unfinished; several at once
    share the work. Exit code 3: some documents were refused or left out; `documents` says why and what to do. Exit
    code 1: some could not be read for an outside reason. --json prints one line per document.
    """
    from runtime.local.worker import Worker

    home = open_home()
    home.sources.check(paths)
    home.ingestor()  # a missing model or another one's index is an error before anything is done
    with _bars() as bars:
        printed = _Printed(home, bars, as_json=as_json)
        worker = printed.worker = Worker(home, ATTEMPTS, printed)
        worker.add_folders(paths, every=True, force=force, remove=remove)
        try:
            worker.run()
            worker.add(_left_below(home, printed.found.keys if printed.found else ()))
            worker.run()
        finally:
            worker.stop()
    printed.finish()


def _left_below(home: Home, keys: Sequence[str]) -> list[str]:
    """What is attached to these documents and was left unfinished, or is attached to them no more."""
    left = unfinished(home.documents, home.ledger, home.index().name, home.recognition)
    below = tuple(f"{key}/" for key in keys)
    return [key for key in (*left.waiting, *left.failed, *left.gone.now) if key.startswith(below)]


@app.command()
def documents(as_json: Json = False, stack: Stack = None, tunnel: Tunnel = None) -> None:
    """List the documents with their state and any problems."""
    library = open_library(stack, tunnel)
    entries = library.ledger.entries()
    if as_json:
        _print_json([_entry(entry) for entry in entries])
        return
    same = twins(entries)
    listed = table("document", "state", "reader", "pages", "passages", "note")
    for entry in entries:
        readers = ", ".join(f"{name} {count}" for name, count in entry.readers.items())
        skipped = ", ".join(f"{count} {state}" for state, count in entry.skipped.items())
        doubtful = sorted((kind, found) for kind, found in entry.doubts.items() if kind not in ROUTINE)
        doubts = ", ".join(f"{found['count']} {kind}" for kind, found in doubtful)
        others = ", ".join(_visible(name) for name in entry.attachments if not is_pdf(name))
        attached = others and f"Attached, and not read: {others}."
        twin = same.get(entry.document)
        copy = twin and f"The same file as {_visible(twin)}; it is searched once."
        note = " ".join(filter(None, (entry.reason, entry.remedy, doubts and f"Left out: {doubts}.", attached, copy)))
        listed.add_row(
            *(escape(c) for c in (_visible(entry.document), entry.state, readers)),
            f"{entry.pages}" + (f" ({skipped})" if skipped else ""),
            f"{entry.passages}",
            escape(note),
        )
    out.print(listed if entries else _why_empty(library))
    if home := _this_machines(library):
        for other in home.workers.others():
            _print_working(other)


def _why_empty(library: Home | Cloud) -> str:
    """Why no documents are listed: there are none, or the list was lost."""
    home = _this_machines(library)
    passages = home.index().size() if home and home.has_index else 0
    if passages:
        return f"The list of documents is lost; the index has {passages:,} passages. Run `python -m runtime repair`."
    return "The library is empty. Run `python -m runtime ingest FOLDER` to fill it."


def _print_working(worker: Working) -> None:
    """Say what a process that reads documents is doing."""
    process = worker.process.partition("-")[0]
    if worker.document:
        at = f", page {worker.page} of {worker.pages}" if worker.pages else ""
        waiting = f"; {worker.waiting - 1} more wait" if worker.waiting > 1 else ""
        out.print(escape(f"Process {process} is reading {_visible(worker.document)}{at}{waiting}."))
    if worker.problem:
        out.print(escape(f"Process {process} had a problem, and tries again: {_visible(worker.problem)}"))


@app.command()
def delete(
    document: Annotated[str | None, typer.Argument(metavar="DOC")] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Remove every document whose file is gone, however many.")
    ] = False,
    as_json: Json = False,
    stack: Stack = None,
    tunnel: Tunnel = None,
) -> None:
    """Remove a document from the library and the index."""
    if (document is None) != missing:
        raise typer.BadParameter("Give either a document or --missing.")
    if document is None:
        _delete_missing(open_library(stack, tunnel), as_json)
        return
    home = open_home()
    home.remove(document)
    below = [entry.document for entry in home.ledger.entries() if entry.document.startswith(f"{document}/")]
    _remove(home, [document, *below], as_json)


def _delete_missing(library: Home | Cloud, as_json: bool) -> None:
    """Remove what is known but not stored; on a stack by its queue."""
    gone = sorted({entry.document for entry in library.ledger.entries()} - {d.key for d in library.documents.stored()})
    if home := _this_machines(library):
        _remove(home, gone, as_json)
        for key in gone:
            home.sources.forget(key)
        return
    cast("Cloud", library).queue.send(gone, remove=True)
    for key in gone:
        if as_json:
            _print_json({"document": key, "did": "queued"})
        else:
            out.print(f"{escape(_visible(key))}: will be removed")


def _remove(home: Home, keys: Sequence[str], as_json: bool) -> None:
    ingestor = home.ingestor()
    for key in keys:
        while (outcome := ingestor.reconcile(key)).result == "busy":
            _wait_for([key])
        _print_outcome(outcome, as_json, out)


def _wait_for(busy: Sequence[str]) -> None:
    """Wait a moment for documents that another process has, and say so."""
    more = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
    err.print(escape(f"Another process is reading {_visible(busy[0])}{more}; waiting for it. Ctrl-C ends the waiting."))
    time.sleep(WAIT_SECONDS)


def _this_machines(library: Home | Cloud) -> Home | None:
    """The library if it is this machine's."""
    return cast("Home", library) if hasattr(library, "sources") else None


@app.command()
def ask(
    question: str,
    document: Filter = None,
    as_json: Json = False,
    after: Annotated[str | None, typer.Option(help="The previous question, if this one may follow up on it.")] = None,
    no_archive: Annotated[bool, typer.Option("--no-archive", help="Don't archive the question.")] = False,
    stack: Stack = None,
    tunnel: Tunnel = None,
) -> None:
    """Answer a question from the library and cite the sources.

    The question is archived for the drift and distance analyses, as on the chat page; the answer is not.
    """
    checked_question(question)
    library = open_library(stack, tunnel)
    check_documents(library.ledger, document or (), _list_command(stack))
    prompt = "" if no_archive else uuid.uuid4().hex
    before = checked_question(after) if after else ""
    answers = library.answerer().answer(question, before, document, prompt, f"command-line-{prompt}")
    with exiting_on_interrupt(out), closing(answers):
        answer = _final_answer(answers)
        if as_json:
            values = asdict(answer)
            _print_json({"question": question, "answer": values.pop("text"), "asked": values.pop("question"), **values})
        else:
            _print_answer(answer)
        try:
            for _ in answers:  # counts and archives the question
                pass
        except (PlumblineError, OSError) as error:
            err.print(
                f"[bold]Warning:[/bold] The answer is complete, but recording the question failed. {escape(str(error))}"
            )


@app.command()
def search(
    question: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    questions: Annotated[
        Path | None,
        typer.Option(
            help='A file with one {"question": ...} per line; prints a JSON line for each, in order.', dir_okay=False
        ),
    ] = None,
    top: Top = 5,
    document: Filter = None,
    as_json: Json = False,
    stack: Stack = None,
    tunnel: Tunnel = None,
) -> None:
    """Find the best passages, without an answer."""
    if (question is None) == (questions is None):
        raise typer.BadParameter("Give either a question or --questions FILE.jsonl.")
    if question is not None:
        checked_question(question)
    library = open_library(stack, tunnel)
    check_documents(library.ledger, document or (), _list_command(stack))
    searcher = library.answerer().searcher
    if questions is not None:
        for batch in _batches(_read_questions(questions)):
            for text, found in zip(batch, searcher.search(batch, top, document), strict=True):
                hits = _hits(found.ranked[:top])
                sys.stdout.write(json.dumps({"question": text, "hits": hits}, ensure_ascii=False) + "\n")
        return
    assert question is not None
    (found,) = searcher.search([checked_question(question)], top, document)
    if as_json:
        _print_json({"question": question, "hits": _hits(found.ranked[:top])})
        return
    for number, hit in enumerate(found.ranked[:top], 1):
        p = hit.passage
        heading = escape(_visible(f"{number}. {p.document}, page {page_numbers(p.page, p.label)}"))
        out.print(f"[bold]{heading}[/bold] [dim]{_similarity(hit.similarity)}{escape(p.heading)}[/dim]")
        out.print(escape(p.text) + "\n")


@app.command(name="reindex")
def reindex_command(
    as_json: Json = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove documents whose files are gone, however many.")
    ] = False,
    stack: Stack = None,
    tunnel: Tunnel = None,
) -> None:
    """Build a new index with the current model.

    The old index stays in use until the new one is complete; documents that other processes are reading are waited for.
    """
    library = open_library(stack, tunnel)
    with _bars() as bars:
        name = _reindex(library, bars, remove=remove)
    if as_json:
        _print_json({"index": name})
    else:
        out.print(f"{name} is now the live index.")


def _reindex(library: Home | Cloud, bars: Progress, *, remove: bool) -> str:
    return reindex(
        library.documents,
        library.ledger,
        library.indexes,
        library.embedder,
        library.archive,
        _Bars(bars).follow,
        library.recognition,
        recognized=library.recognized,
        remove=remove,
        wait=_wait_for,
    )


@app.command(name="repair")
def repair_command(
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove documents whose files are gone, however many.")
    ] = False,
    as_json: Json = False,
    stack: Stack = None,
    tunnel: Tunnel = None,
) -> None:
    """Compare index, list and files, and mend what differs.

    A damaged database is put aside, and what can be read of it is kept; a damaged index is built again. Every file is
    read to compare its bytes. Exit code 3: something could not be mended.
    """
    library = _repaired_library(stack, tunnel, remove=remove)
    left = 0
    with _bars() as bars:
        task = bars.add_task("Verifying", total=None)
        for finding in repair(
            library.documents,
            library.ledger,
            library.index(),
            library.ingestor(),
            lambda _, number, count: bars.update(task, completed=number, total=count),
            remove=remove,
        ):
            left += not finding.mended
            if as_json:
                _print_json(asdict(finding))
            else:
                after = "Mended." if finding.mended else f"Not mended: {finding.why}"
                bars.console.print(escape(f"{_visible(finding.document)}: {finding.problem} {after}"))
    if left:
        raise typer.Exit(EXIT_REFUSED)
    if not as_json:
        err.print("Index, list and files of the documents agree.")


def _repaired_library(stack: str | None, tunnel: int | None, *, remove: bool) -> Home | Cloud:
    """The library, with a database, a folder and an index that can be used."""
    from runtime.local.sqlite import DatabaseDamaged, rebuild

    try:
        library = open_library(stack, tunnel)
        if home := _this_machines(library):
            home.database.check()
    except DatabaseDamaged:
        aside, saved = rebuild(home_of(os.environ) / "plumbline.db")
        rows = ", ".join(f"{count} of {table}" for table, count in sorted(saved.items())) or "none"
        err.print(f"The database was damaged, and is kept as {escape(str(aside))}. Rows that could be saved: {rows}.")
        library = open_library(stack, tunnel)
    if remove and (home := _this_machines(library)):
        home.accept_documents_folder()
    try:
        if library.index().verify():
            err.print("What the index derives from its passages was not known to be whole, and is built anew.")
        library.index().counts()
        library.answerer().searcher.search(["plumbline"], 1)
    except IndexDamaged as error:
        err.print(escape(f"{error.reason} It is built again from the documents."))
        with _bars() as bars:
            _reindex(library, bars, remove=remove)
    return library


@app.command(name="backup")
def backup_command(file: Annotated[Path, typer.Argument(metavar="FILE.tar", dir_okay=False)]) -> None:
    """Write the library to one file, also while it is in use."""
    from runtime.local.backup import backup

    home = open_home()
    with _bytes("Writing the backup") as follow:
        size = backup(home.settings.home, file.expanduser(), follow)
    out.print(f"{escape(str(file))} has the library, {size / 1e6:,.0f} MB. `restore` makes a library of it.")


@app.command(name="restore")
def restore_command(file: Annotated[Path, typer.Argument(metavar="FILE.tar", dir_okay=False, exists=True)]) -> None:
    """Make a library of a backup, in an empty PLUMBLINE_HOME."""
    from runtime.local.backup import restore

    folder = home_of(os.environ)
    with _bytes("Restoring the library") as follow:
        restore(file.expanduser(), folder, follow)
    count = len(open_home().ledger.entries())
    out.print(f"{escape(str(folder))} has the library of {count} documents. `ingest` reads what has changed since.")


@app.command(name="restore-table")
def restore_table_command(
    table: Annotated[str, typer.Argument(help="Which of the stack's tables, such as ledger or conversation.")],
    restored: Annotated[str, typer.Argument(help="The name of the table that AWS restored from it.")],
    as_json: Json = False,
    stack: Stack = None,
) -> None:
    """Copy into a stack's table what it lacks of a restored one.

    Items that are there stay as they are, so it can run while the stack works, and again.
    """
    from runtime.aws.clients import client
    from runtime.aws.cloud import Cloud
    from runtime.aws.restore import TABLES, restore_table

    if table not in TABLES:
        raise typer.BadParameter(f"A stack's tables are {', '.join(TABLES)}.")
    library = open_library(stack, None)
    if not isinstance(library, Cloud):
        raise PlumblineError("This machine has no such tables.", "Give --stack NAME, or see `restore`.")
    done = restore_table(client("dynamodb"), restored, library.settings.need(TABLES[table]))
    upgraded = library.ledger.upgrade() if table == "ledger" else 0
    if as_json:
        _print_json({"copied": done.copied, "there": done.there, "upgraded": upgraded})
    else:
        out.print(f"{done.copied} items were copied; {done.there} were there, and stay as they are.")


@app.command()
def redrive(as_json: Json = False, stack: Stack = None, tunnel: Tunnel = None) -> None:
    """Put a deployed stack's dead letters back in the queue.

    Their documents are then read again. Exit code 3: some messages name no document, and stay where they are.
    """
    from runtime.aws.cloud import Cloud

    library = open_library(stack, tunnel)
    if not isinstance(library, Cloud):
        raise PlumblineError("This machine has no dead-letter queue.", "Give --stack NAME, or run `ingest --again`.")
    done = library.queue.redrive()
    if as_json:
        _print_json({"documents": done.keys, "unreadable": done.unreadable})
    else:
        for key in done.keys:
            out.print(f"{escape(_visible(key))}: will be read again")
        for body in done.unreadable:
            out.print(f"Left in the queue, as it names no document: {escape(_visible(body))}")
        err.print(f"{len(done.keys)} documents will be read again.")
    if done.unreadable:
        raise typer.Exit(EXIT_REFUSED)


def _final_answer(answers: Iterator[Answer]) -> Answer:
    """The final answer. A terminal shows it growing until then, and keeps what was there if it breaks off."""
    with Live(console=out, transient=True, refresh_per_second=10) as growing:
        try:
            for answer in answers:
                if answer.state not in ("searching", "writing"):
                    return answer
                growing.update(Text(answer.text))
        except BaseException:
            growing.transient = not out.is_terminal
            raise
    raise AssertionError("No answer ends without its last state.")


def _print_answer(answer: Answer) -> None:
    if answer.follows:
        out.print(f"[dim]Searched with the previous question: {escape(answer.question)}[/dim]\n")
    out.print(escape(answer.text.replace(NOT_FOUND, "[not found in the sources]")) + "\n")
    for source in answer.sources:
        out.print(
            f"[bold]\\[{source.number}][/bold] {escape(_visible(f'{source.document}, {place(source)}'))} "
            f"[dim]{_similarity(source.similarity)}{escape(source.heading)}[/dim]"
        )
        if source.confidence:
            words = [word for one in answer.citations if one.source == source.number for word in one.doubtful]
            doubts = f"; doubtful: {', '.join(dict.fromkeys(words))}" if words else ""
            out.print(
                f"    [dim]read from a picture, {source.confidence.percent}% sure{escape(_visible(doubts))}[/dim]"
            )
    if answer.seconds is not None:
        tokens = f", {answer.tokens} tokens" if answer.tokens else ""
        out.print(f"[dim]{answer.seconds:.1f} s{tokens}[/dim]")


def _list_command(stack: str | None) -> str:
    """The command that lists the documents."""
    return f"python -m runtime documents --stack {stack}" if stack else "python -m runtime documents"


def _read_questions(path: Path) -> Iterator[str]:
    """The questions of a file with one JSON object per line; PlumblineError names an invalid line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield checked_question(json.loads(line)["question"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise PlumblineError(
                    f"Line {number} of {path} is not a valid question ({type(error).__name__}).",
                    'Write each line as {"question": "..."}.',
                ) from error


def _batches(questions: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for question in questions:
        batch.append(question)
        if len(batch) == SEARCH_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _hits(hits: Sequence[Ranked]) -> list[dict[str, object]]:
    return [
        {
            "document": hit.passage.document,
            "page": hit.passage.page,
            "label": hit.passage.label,
            "score": round(hit.score, 6),
            "similarity": None if hit.similarity is None else round(hit.similarity, 4),
            "heading": hit.passage.heading,
            "text": hit.passage.text,
        }
        for hit in hits
    ]


def _similarity(cosine: float | None) -> str:
    """The cosine, unless the passage was found by keyword only."""
    return "" if cosine is None else f"({cosine:.2f}) "


def _entry(entry: Entry) -> dict[str, object]:
    values = asdict(entry)
    for internal in ("carry", "next_page", "index", "text_done"):
        del values[internal]
    return values


def _print_outcome(outcome: Outcome, as_json: bool, console: Console) -> None:
    entry = outcome.entry
    if as_json:
        _print_json({"document": outcome.document, "did": outcome.result, **(_entry(entry) if entry else {})})
        return
    text = f"{escape(_visible(outcome.document))}: {outcome.result}"
    if entry is not None and outcome.result == "ingested":
        text += f", {entry.pages} pages, {entry.passages} passages"
    if entry is not None and entry.reason:
        text += f" ({entry.state}). {escape(entry.reason)} {escape(entry.remedy)}"
    console.print(text)


def _visible(name: str) -> str:
    """A name with unprintable characters replaced, so that it stays on one line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


@contextmanager
def _bars() -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} pages"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bars:
        yield bars


@contextmanager
def _bytes(what: str) -> Iterator[Any]:
    """A progress bar of bytes."""
    columns = (TextColumn(what), BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bars:
        task = bars.add_task(what)
        yield lambda done, total: bars.update(task, completed=done, total=total)


class _Bars:
    """A progress bar for each document."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def follow(self, entry: Entry) -> None:
        """Show how far the document is."""
        if entry.document not in self._tasks:
            self._tasks[entry.document] = self._bars.add_task(escape(_visible(entry.document)))
        done, pages = entry.progress
        self._bars.update(self._tasks[entry.document], completed=done, total=pages or None)

    def remove(self, document: str) -> None:
        """Show it no more."""
        if document in self._tasks:
            self._bars.remove_task(self._tasks.pop(document))


class _Printed:
    """Prints what a worker does, for `ingest`; exits with its code at the end."""

    def __init__(self, home: Home, bars: Progress, *, as_json: bool) -> None:
        self._home = home
        self._bars, self._console = _Bars(bars), bars.console
        self._as_json = as_json
        self.worker: Worker | None = None
        self.outcomes: list[Outcome] = []
        self.found: Added | None = None
        self._met: set[str] = set()
        self._error: Exception | None = None

    def follow(self, entry: Entry) -> None:
        """Move its bar."""
        self._bars.follow(entry)

    def busy(self, key: str) -> None:
        """Say, once of each, what another process is doing."""
        others = self._home.workers.others(self.worker.name if self.worker else "")
        other = next((one for one in others if one.document == key), None)
        process = other.process.partition("-")[0] if other else ""
        if process not in self._met and (process or not self._met):
            self._met.add(process)
            who = f"Process {process}" if process else "Another process"
            at = f", page {other.page} of {other.pages}" if other and other.pages else ""
            self._console.print(f"{who} is reading documents, too: {escape(_visible(key))}{at}. They share the work.")

    def done(self, outcome: Outcome) -> None:
        """Print it."""
        self._bars.remove(outcome.document)
        self.outcomes.append(outcome)
        _print_outcome(outcome, self._as_json, self._console)

    def added(self, added: Added) -> None:
        """Print what was left out, and what is held back."""
        self.found = added
        for skipped in added.skipped:
            if self._as_json:
                _print_json({"document": skipped.path, "did": "left out", "reason": skipped.reason})
            else:
                self._console.print(f"{escape(_visible(skipped.path))}: left out. {escape(skipped.reason)}")

    def failed(self, problem: str, error: Exception) -> None:
        """Print it; the last one decides about the exit code if nothing could be added."""
        self._error = error
        if problem != str(error):  # else it ends the command, which says it
            self._console.print(f"[bold]Problem:[/bold] {escape(_visible(problem))}")

    def finish(self) -> None:
        """Sum up. PlumblineError if nothing could be added."""
        if self.found is None and self._error is not None:
            raise self._error
        ready = sum(o.entry is not None and o.entry.state == "ready" for o in self.outcomes)
        left_out = self.found.left_out if self.found else 0
        if not self._as_json:
            others = f", {left_out} other files skipped" if left_out else ""
            known = sum(outcome.entry is not None for outcome in self.outcomes)
            err.print(f"{ready} of {known} documents are searchable{others}.")
        if any(outcome.result == "failed" for outcome in self.outcomes):
            raise typer.Exit(EXIT_ERROR)
        incomplete = self.found is not None and bool(self.found.skipped or self.found.held)
        if incomplete or any(o.entry is not None and o.entry.is_refused for o in self.outcomes):
            raise typer.Exit(EXIT_REFUSED)


def main() -> None:
    """Run a command; an error is a message on standard error and a non-zero exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_TERMINATED))  # which leaves nothing behind
    try:
        app()
    except PlumblineError as error:
        err.print(f"[bold red]Error:[/bold red] {escape(error.reason)}\n{escape(error.remedy)}")
        sys.exit(EXIT_ERROR)
    except OSError as error:
        err.print(
            f"[bold red]Error:[/bold red] {escape(str(error))}\nFix that and run the same command again; it resumes."
        )
        sys.exit(EXIT_ERROR)


if __name__ == "__main__":
    main()
