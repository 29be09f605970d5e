"""What every test may use: a library in a folder of its own, the models loaded once per process, real documents."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from runtime.local.home import Home
from runtime.local.minilm import MiniLm
from runtime.settings import Settings
from tests import servers
from tests.aws import door
from tests.aws.models import Models, serving
from tests.aws.record import RECORD, Requests
from tests.models import SMOLLM2
from tests.timings import Timings
from tools.install import Missing

# What boto3 needs before it talks to a test server, and nothing from this machine's own account.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

R_MANUALS = Path("/usr/share/R/doc/manual")


def missing(what: Missing) -> NoReturn:
    """Skip because this machine lacks something; fail if everything is required."""
    if os.environ.get("PLUMBLINE_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and PLUMBLINE_REQUIRE_ALL=1")
    pytest.skip(f"{what} is missing")


SERVERS = {"opensearch", "ministack", "moto", "llama_server", "models_server", "chromium"}
"""Fixtures that start a server, a browser or a model server: `make check` leaves out the tests that use one, and all
journeys. A module that starts one in another way says so: `pytestmark = pytest.mark.server`."""


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Timings(config))
    config.pluginmanager.register(Requests(config))
    _leave_nothing_behind(config)


def _leave_nothing_behind(config: pytest.Config) -> None:
    """Whatever the tests, or processes that they start and kill, leave among the temporary files is removed at the end.
    What pytest keeps from the last runs stays where pytest looks for it."""
    if hasattr(config, "workerinput"):
        return  # an xdist worker uses the folder of the process that started it
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = tempfile.mkdtemp(prefix="plumbline-")  # short: paths of sockets in it may have about 100 characters
    Path(folder).chmod(0o711)  # OpenSearch runs as nobody
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # after others, who clean up what they have in it


FIRST = ("terraform", "servers", "spark")
"""Groups of tests that one process runs one after another for minutes: they start first, so that none runs alone at the
end."""


def _turn(item: pytest.Item) -> int:
    """The order in which tests start: the long groups before all others."""
    groups = [mark.args[0] for mark in item.iter_markers("xdist_group") if mark.args]
    return min((FIRST.index(group) for group in groups if group in FIRST), default=len(FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
    for item in items:
        if "journeys" in item.path.parts or not SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("server")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, object, object]:
    """Skip a test that needs something this machine lacks."""
    try:
        return (yield)
    except Missing as what:
        missing(what)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, object, object]:
    """The same for tests whose fixture needs it."""
    try:
        return (yield)
    except Missing as what:
        missing(what)


@pytest.fixture(scope="session")
def r_manuals() -> Path:
    """The folder with Debian's R manuals."""
    if not (R_MANUALS / "R-intro.pdf").exists():
        raise Missing("Debian's r-doc-pdf")
    return R_MANUALS


@pytest.fixture(scope="session")
def minilm() -> MiniLm:
    """The embedder, loaded once."""
    return MiniLm(threads=1)


@pytest.fixture
def make_home(tmp_path: Path, minilm: MiniLm) -> Callable[[], Home]:
    """Opens this test's library; call it again for a second process's view of it."""

    def make() -> Home:
        home = Home(Settings.read({"PLUMBLINE_HOME": str(tmp_path / "home"), "PLUMBLINE_THREADS": "1"}))
        home.embedder = minilm
        return home

    return make


@pytest.fixture
def home(make_home: Callable[[], Home]) -> Home:
    """An empty library."""
    return make_home()


@pytest.fixture(scope="session")
def opensearch() -> Iterator[str]:
    """A real OpenSearch: its URL. Tests that use it belong to the xdist group 'servers', so it starts once."""
    with servers.opensearch() as url, door.before(url, RECORD.check_domain, door.DOMAIN_BYTES) as checked:
        yield checked


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """An AWS emulator: its URL. Tests that use it belong to the xdist group 'servers', so it starts once."""
    with servers.ministack() as url, door.before(url, RECORD.check) as checked:
        yield checked


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Another AWS emulator: its URL. Tests that use it belong to the xdist group 'servers', so it starts once."""
    with servers.moto() as url, door.before(url, RECORD.check) as checked:
        yield checked


@pytest.fixture(scope="session")
def llama_server() -> Iterator[str]:
    """A real OpenAI-compatible server: llama.cpp's own, with the installed model."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(SMOLLM2)
    settings.n_ctx = 2048
    settings.n_parallel = 1
    settings.verbosity = 0
    # Two threads wait for each other at every step, which takes minutes per answer while other tests have the cores.
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.api_keys = ["the key"]
    server = xllamacpp.Server(settings)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture(scope="session")
def models_server(minilm: MiniLm, llama_server: str) -> Iterator[Models]:
    """A server for the SageMaker and Bedrock protocols, with the local models."""
    with serving(minilm, llama_server) as made:
        yield made


@pytest.fixture
def models(models_server: Models) -> Models:
    """The same server, reset."""
    models_server.seen, models_server.break_after, models_server.most_running = [], 0, 0
    models_server.fault = lambda name, body: None
    return models_server
