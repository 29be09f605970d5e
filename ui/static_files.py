"""The page's scripts, styles, fonts and texts, under addresses that change with their content."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse, Response

from ui.render import frame
from ui.site import Site
from ui.texts import ENGLISH, GERMAN, Spoken, Texts
from ui.words import TEXTS

HERE = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
FONTS = {
    "sans.ttf": ("fontpkg_source_sans_3", "SourceSans3[wght].ttf"),
    "serif.ttf": ("fontpkg_lora", "Lora[wght].ttf"),
    "serif-italic.ttf": ("fontpkg_lora", "Lora-Italic[wght].ttf"),
}
"""Source Sans 3 for the interface and Lora for answers, both under the SIL Open Font License."""

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


@cache
def version() -> str:
    """What changes whenever any of these files does."""
    digest = hashlib.sha256(json.dumps(TEXTS).encode())
    for path in sorted([*HERE.iterdir(), *TEMPLATES.iterdir()]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def address(name: str) -> str:
    """Where a file is served."""
    return f"/static/v-{version()}/{name}"


def head() -> str:
    """What the page loads, to be put into its head."""
    styles = "".join(f'<link rel="stylesheet" href="{address(path.name)}">' for path in sorted(HERE.glob("*.css")))
    modules = "".join(f'<link rel="modulepreload" href="{address(path.name)}">' for path in sorted(HERE.glob("*.js")))
    return (
        '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">'
        f'{styles}{modules}<script type="module" src="{address("main.js")}"></script>'
    )


def texts_script(texts: Texts) -> str:
    """The texts and the frame of the page in one language, as a module."""
    values = {"language": texts.language, "texts": texts.all(), "frame": frame(texts), "version": version()}
    return "".join(f"export const {name} = {json.dumps(value)};\n" for name, value in values.items())


def routes(_: Site) -> APIRouter:
    """The files, each only at its present address."""
    router = APIRouter()
    scripts = {texts: texts_script(texts) for texts in (ENGLISH, GERMAN)}
    known = {path.name: path for path in HERE.iterdir()}
    fonts = {name: Path(str(files(package))) / "files" / file for name, (package, file) in FONTS.items()}

    @router.get("/static/v-{wanted}/{name}")
    def static(wanted: str, name: str, texts: Spoken) -> Response:
        if wanted == version() and name == "texts.js":
            headers = {**FOREVER, "Vary": "Accept-Language"}
            return Response(scripts[texts], media_type=TYPES[".js"], headers=headers)
        if wanted != version() or name not in known:
            raise HTTPException(404)
        return FileResponse(known[name], media_type=TYPES[known[name].suffix], headers=FOREVER)

    @router.get("/static/v-{wanted}/fonts/{name}")
    def font(wanted: str, name: str) -> Response:
        if wanted != version() or name not in fonts:
            raise HTTPException(404)
        return FileResponse(fonts[name], media_type="font/ttf", headers=FOREVER)

    return router
