"""`python -m runtime model`: which language model answers on this machine, which could, and choosing one."""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from runtime.aws.settings import is_deployed
from runtime.ports import PlumblineError
from runtime.settings import Settings
from runtime.terminal import console, table

if TYPE_CHECKING:
    from runtime.local.model_choice import AnsweringModel, Choice, Chosen
    from runtime.local.model_servers import ModelServer

app = typer.Typer(
    help="Show and choose the language model that answers here.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

SOURCES = {
    "environment": "set by the environment",
    "kept": "chosen",
    "none": "the default",
}


@app.callback(invoke_without_command=True)
def show(context: typer.Context, as_json: Json = False) -> None:
    """Show which language model answers on this machine, and which could; choose one with `use`, or `none`.

    Looked for are Ollama, LM Studio and llama.cpp's server, on this machine only.
    """
    if context.invoked_subcommand:
        return
    answering = _this_machines()
    found, chosen = answering.found(), answering.chosen()
    if as_json:
        _print_json({"chosen": asdict(chosen), "found": [asdict(server) for server in found]})
        return
    _print_chosen(chosen)
    _print_found(found)


@app.command()
def use(
    model: Annotated[str, typer.Argument(metavar="URL|FILE.gguf", help="A server's address, or a GGUF file.")],
    name: Annotated[str | None, typer.Argument(help="The model's name on the server.")] = None,
    key_from_env: Annotated[
        str | None, typer.Option(metavar="VAR", help="The environment variable that has the server's key.")
    ] = None,
    ask_key: Annotated[
        bool, typer.Option("--ask-key", help="Ask for the server's key, or read it from standard input.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Try a model, and if it answers, keep it and answer with it from the next question on.

    A chat page that is open takes it up by itself. No key is taken as an argument, since other users of this machine
    could see it.
    """
    answering = _this_machines()
    answering.check_free()  # before a key is asked for
    tried = answering.try_and_choose(_choice(model, name, key_from_env, ask_key=ask_key))
    if as_json:
        _print_json({"chosen": asdict(answering.chosen()), "tried": asdict(tried)})
        return
    out = console()
    out.print(f"{escape(tried.model)} answered after {tried.seconds:.1f} s: {escape(tried.words)}")
    _print_chosen(answering.chosen())


@app.command()
def none(as_json: Json = False) -> None:
    """Quote the documents from now on, and forget what was chosen."""
    answering = _this_machines()
    answering.choose(None)
    if as_json:
        _print_json({"chosen": asdict(answering.chosen())})
    else:
        _print_chosen(answering.chosen())


def _this_machines() -> AnsweringModel:
    """The model that answers on this machine."""
    from runtime.local.model_choice import AnsweringModel

    if is_deployed(os.environ):
        raise PlumblineError(
            "The environment points to a deployed stack, whose model is set when it is deployed.",
            "Set plumbline:textModelEndpointName and run `pulumi up`, or unset PLUMBLINE_BUCKET and the other "
            "variables.",
        )
    return AnsweringModel(Settings.read(os.environ))


def _choice(model: str, name: str | None, variable: str | None, *, ask_key: bool) -> Choice:
    """What the arguments name."""
    from runtime.local.model_choice import ModelFile, ServerModel

    if "://" not in model:
        if name or variable or ask_key:
            raise typer.BadParameter("A server's address begins with http:// or https://; a file has no name or key.")
        return ModelFile(Path(model))
    if variable and ask_key:
        raise typer.BadParameter("Give either --key-from-env or --ask-key.")
    if not name:
        raise typer.BadParameter("Name the model, too; `python -m runtime model` lists those on this machine.")
    return ServerModel(model, name, _key(variable, ask_key=ask_key))


def _key(variable: str | None, *, ask_key: bool) -> str:
    """The server's key, '' for none."""
    if variable:
        key = os.environ.get(variable, "")
        if not key:
            raise PlumblineError(f"The environment variable {variable} is not set.", "Export it, or use --ask-key.")
        return key
    if not ask_key:
        return ""
    key = getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not key.strip():
        raise PlumblineError("No key was entered.", "Enter it, or leave out --ask-key.")
    return key.strip()


def _print_chosen(chosen: Chosen) -> None:
    out = console()
    if chosen.url:
        key = ", with a key" if chosen.has_key else ""
        out.print(escape(f"{chosen.model} at {chosen.url}{key} answers ({SOURCES[chosen.source]})."))
    elif chosen.file:
        out.print(escape(f"{chosen.file} answers ({SOURCES[chosen.source]})."))
    else:
        out.print("No model answers: the documents are quoted.")
    if chosen.problem:
        out.print(f"[bold]Problem:[/bold] {escape(f'{chosen.problem} {chosen.remedy}')}")


def _print_found(found: list[ModelServer]) -> None:
    out = console()
    if not found:
        out.print("Neither Ollama, LM Studio nor llama-server responds on this machine.")
        return
    listed = table("server", "address", "model")
    for server in found:
        for model in server.models or (server.why,):
            listed.add_row(*map(escape, (server.kind, server.url, model)))
    out.print(listed)
    if any(server.models for server in found):
        console(stderr=True).print("Choose one with `python -m runtime model use ADDRESS MODEL`.")


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
