"""The chat page of a stack: the build context of its image, started as the image starts it in an environment that has
its requirements alone, over the emulator and a real OpenSearch."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
import trustme
from playwright.sync_api import expect

from components import package
from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from runtime.aws.clients import client
from runtime.aws.cloud import Cloud
from runtime.aws.opensearch import connect
from runtime.aws.settings import CloudSettings
from runtime.ingest import update_chance
from runtime.library import open_library
from runtime.names import DRIFT_JOB, SIGN_IN_BALANCER, SIGN_IN_CLIENT, SIGN_IN_ISSUER, SIGN_OUT_URL
from tests import drifted, pdfs
from tests.aws import permissions
from tests.aws import stack as stacks
from tests.aws.models import Models
from tests.aws.permissions import Policies, Recorder
from tests.aws.stack import until
from tests.browsing import Visitors, ask, keep, visit
from tests.deploy.engine import IMAGE, MODELS, PAGE
from tests.deploy.resources import ACCOUNT, REGION, made, statements
from tests.image import WITHOUT_RIGHTS, Dockerfile, files, watched
from tests.listening import listening
from tests.signing import BALANCER, CLIENT, Signing, signing
from tests.sites import READY, Site, behind
from ui.sign_in import SignIn

pytestmark = pytest.mark.xdist_group("servers")

SEED = "app/packages/gradio/hash_seed.txt"
"""Where Gradio keeps a random number if it can. In the image it can't, and has another at each start."""


@dataclass(frozen=True)
class Running:
    """The page as its image runs it, where `root` stands for /."""

    url: str
    root: Path
    dockerfile: Dockerfile

    def log(self) -> str:
        return (self.root / "log").read_text()


@contextmanager
def started(folder: Path, variables: Mapping[str, str]) -> Iterator[Running]:
    """The image's build context, started as the image starts it but at an address of this machine."""
    dockerfile = Dockerfile(package.image(folder))
    root = Path(tempfile.mkdtemp(prefix="plumbline-image-"))
    try:
        dockerfile.tree(root)
        start = dockerfile.start
        assert start == ["python", "-m", "ui", "--host", "0.0.0.0", "--port", "7860"]
        start = [str(dockerfile.packages() / "bin" / "python"), *start[1:3], "--host", "127.0.0.1", "--port", "0"]
        environment = {
            name: re.sub("^(?=/(tmp|app)(/|$))", str(root), value) for name, value in dockerfile.environment.items()
        }
        environment["TMPDIR"] = str(root / "tmp")  # the image has no other
        environment["PYTHONPATH"] = f"{watched(root)}:{environment['PYTHONPATH']}"
        with (root / "log").open("w") as log:
            server = subprocess.Popen(
                [*(WITHOUT_RIGHTS if os.geteuid() == 0 else ()), *start],
                cwd=root / dockerfile.last("WORKDIR").lstrip("/"),
                env={"PATH": os.environ["PATH"], **environment, **variables},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert server.stdout is not None
        try:
            found = READY.search(server.stdout.readline())
            assert found, (root / "log").read_text()
            before = files(root / "app")
            yield Running(found.group(1), root, dockerfile)
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=60) == 0
            assert "Traceback" not in (root / "log").read_text()
            assert files(root / "app") == before
            written = (root / "written").read_text().splitlines()
            assert written
            outside = {path for path in written if not Path(path).is_relative_to(root / "tmp")}
            assert outside <= {os.devnull, str(root / SEED)}
        finally:
            server.kill()
            server.wait()
    finally:
        for path in (root / "app", *(root / "app").rglob("*/")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def filled(
    ministack: str, models_server: Models, opensearch: str, tmp_path_factory: pytest.TempPathFactory
) -> stacks.Stack:
    """A stack with one document and one report."""
    connect(opensearch).indices.delete(index="passages-*")
    made = stacks.resources(ministack, models_server.url, opensearch)
    versioned = {"Bucket": made.bucket, "VersioningConfiguration": {"Status": "Enabled"}}
    client("s3", ministack).put_bucket_versioning(**versioned)
    job = {"Name": "glueetl", "ScriptLocation": f"s3://{made.bucket}/job.py"}
    client("glue", ministack).create_job(Name=DRIFT_JOB, Role=stacks.ROLE, Command=job)
    text = "The kiln of the pottery is fired at 940 degrees for eleven hours."
    made.put("kiln.pdf", pdfs.paragraphs(tmp_path_factory.mktemp("stack") / "kiln.pdf", [text], "The Kiln"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        cloud = Cloud(CloudSettings.read(os.environ))
        cloud.ingestor().reconcile("kiln.pdf")
        update_chance(cloud.index(), cloud.embedder)  # as the function does every hour
        calm = drifted.snapshot(drift=False, streak=0, p=0.4, direction_auc=0.51)
        cloud.reports.put("drift-documents-snapshot-20261101T100000Z.json", calm.stored(), "application/json")
    return made


@pytest.fixture
def stack(filled: stacks.Stack, monkeypatch: pytest.MonkeyPatch) -> stacks.Stack:
    """The same, named in the environment."""
    for name, value in filled.environment.items():
        monkeypatch.setenv(name, value)
    return filled


@pytest.fixture
def address(stack: stacks.Stack, tmp_path: Path) -> Iterator[Running]:
    """The page over the stack."""
    with started(tmp_path, stack.environment) as running:
        yield running


def test_a_question_is_answered_from_the_stack_and_documents_are_only_shown(
    browser: Visitors, address: Running
) -> None:
    page = visit(browser, address.url, "1 document. Answers by messages-words")
    ask(page, "How hot is the kiln of the pottery?")
    expect(page.locator("#reader-title")).to_have_text("The Kiln (kiln)")
    expect(page.locator(".sheet[data-drawn][data-words]:has(.mark.asked)")).to_be_visible()
    keep(page, "stack-wide")
    page.locator("#bar").get_by_role("link", name="Library").click()
    expect(page.locator("#library tbody")).to_contain_text("kiln.pdf")
    expect(page.locator("#library .elsewhere")).to_contain_text("put PDFs there and take them away there")
    page.locator("#library tbody .choose input").check()
    expect(page.get_by_role("button", name="Ask these")).to_be_visible()
    for name in ("Add PDFs", "Delete", "Read again"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
    keep(page, "stack-library-wide")

    page.locator("#bar").get_by_role("link", name="Watch").click()
    expect(page.locator("#watch-report .verdict")).to_contain_text("No drift.")
    expect(page.locator("#watch [data-of=documents]")).to_contain_text("every night")
    expect(page.locator("#watch-history figure", has_text="Time to answer")).to_have_count(1)
    expect(page.get_by_role("link", name="Sign out")).to_have_count(0)

    # What is asked from this machine is kept under a name of its own.
    page.reload()
    expect(page.locator("#left .talk")).to_have_count(1)
    reader = (address.root / "tmp" / ".plumbline" / "reader").read_text()
    assert [one.title for one in Cloud(CloudSettings.read(os.environ)).conversations.find(reader)] == [
        "How hot is the kiln of the pottery?"
    ]


def test_what_a_stacks_page_lacks_is_named_in_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in os.environ:
        if name.startswith("PLUMBLINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PLUMBLINE_BUCKET", "a-bucket")
    with signing() as signs:
        door = SignIn(signs.signed_in, f"{signs.url}/keys")
        with behind(open_library(None, None), door, signs, worker=False) as site:  # type: ignore[arg-type]
            ready = site.get("/readyz")
    assert ready.status_code == 503
    assert {name for name, state in ready.json().items() if state != "ok"} >= {"documents", "index", "answers"}
    # Neither where it is nor the variable that is not set.
    assert not [word for word in ("PLUMBLINE", "bucket", "amazonaws") if word in ready.text]
    assert "PLUMBLINE_LEDGER_TABLE is not set" in caplog.text


def test_the_context_has_the_sources_and_nothing_for_one_machine(tmp_path: Path) -> None:
    first, second = package.image(tmp_path / "1"), package.image(tmp_path / "2")
    files = {path.relative_to(first).as_posix(): path.read_bytes() for path in first.rglob("*") if path.is_file()}
    again = {path.relative_to(second).as_posix(): path.read_bytes() for path in second.rglob("*") if path.is_file()}
    assert (first.name, files) == (second.name, again)
    assert {
        "Dockerfile",
        "requirements.txt",
        "ui/app.py",
        "ui/static/page.css",
        "ui/templates/bar.html",
        "runtime/aws/cloud.py",
    } <= set(files)
    assert not [name for name in files if name.startswith("runtime/local") or name.endswith(".pyc")]
    assert files["Dockerfile"].count(b"@sha256:") == 2
    assert files["Dockerfile"].index(b"compileall") < files["Dockerfile"].index(b"COPY --from=packages /app /app")
    assert b"\nVOLUME /tmp\nUSER 10001:10001\n" in files["Dockerfile"]


# --- as a task runs it ---

OTHERS = re.compile(r"torch|onnx|llama|lancedb|pyarrow|tensorflow|transformers|tokenizers|minilm|smollm|rapidocr")
WEIGHTS = (".gguf", ".onnx", ".safetensors", ".bin", ".pt", ".pth", ".h5", ".tflite", ".zip")


@contextmanager
def outside(signs: Signing, folder: Path) -> Iterator[dict[str, str]]:
    """The variables of a network in which the names of AWS's servers of keys mean the test's: a proxy that knows no
    other, with certificates that the page trusts."""
    authority, keys = trustme.CA(), signs.url
    authority.cert_pem.write_to_path(folder / "ca.pem")
    places = {
        "public-keys.auth.elb.eu-central-1.amazonaws.com": f"{keys}/keys",
        "cognito-idp.eu-central-1.amazonaws.com": keys,
    }

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            name = self.path.partition(":")[0]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            self.send_response(200)
            self.end_headers()
            with context.wrap_socket(self.connection, server_side=True) as secure:
                path = secure.recv(65536).split()[1].decode()
                body = httpx.get(places[name] + path, timeout=60).content
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    signs.url = "https://cognito-idp.eu-central-1.amazonaws.com"
    with listening(Proxy) as url:
        yield {"HTTPS_PROXY": url, "SSL_CERT_FILE": str(folder / "ca.pem")}


ROLE = "plumbline-page-1234567"
"""The role of the page's tasks."""

UNUSED = {
    f"{ROLE} s3:GetObject": "what was recognized is there for scans, of which this library has none",
    "arn:* s3:*": "nothing is sent without TLS",
}
"""What the page's policies allow and this journey does not call, and what for."""


@dataclass(frozen=True)
class Task:
    """What the program gives the page's tasks: the variables of their container, and the policies about them."""

    variables: dict[str, str]
    policies: Policies


def task_of(stack: stacks.Stack) -> Task:
    """The task, with the stack's names in its policies instead of those that it would have."""
    found = made(lambda: compose(Settings.read({**MODELS, **PAGE, "frontendImage": IMAGE}), CodeArgs()))
    (task,) = found.of("ecs/taskDefinition:TaskDefinition").values()
    (container,) = json.loads(task["containerDefinitions"])
    variables = {one["name"]: one["value"] for one in container["environment"]}
    (domain,) = found.of("opensearch/domainPolicy:DomainPolicy").values()
    library = found.of("s3/bucketPolicy:BucketPolicy")["plumbline-library"]
    texts = [found.of("iam/rolePolicy:RolePolicy")["plumbline-page"]["policy"], domain["accessPolicies"]]
    texts.append(library["policy"])
    for name, value in variables.items():
        if name in stack.environment and name != "AWS_REGION":
            texts = [text.replace(value, stack.environment[name]) for text in texts]
    own, of_domain, of_bucket = map(statements, texts)
    arn = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{domain['domainName']}"
    mine = [one for one in of_domain if ROLE in str(one["Condition"])]
    resources = {arn: mine, f"arn:aws:s3:::{stack.bucket}": of_bucket}
    return Task(variables, Policies({ROLE: own}, resources, domain=arn))


def use(site: Site, signs: Signing, calls: Recorder) -> None:
    """What else people and operators do."""
    ann, ada = signs.reader("ann"), signs.operator("ada")
    answered = site.ask("How long is the kiln of the pottery fired?", ann)
    conversation, (version,) = answered["conversation"], answered["turn"]["versions"]
    for path, body in (
        ("/feedback", {"conversation": conversation, "message": version["answer"], "vote": 1}),
        (f"/conversation/{conversation}/rename", {"title": "The kiln"}),
        (f"/conversation/{conversation}/delete", None),
    ):
        done = site.post(path, body, **ann)
        assert done.status_code == 204, (path, done.text)
    assert site.get("/library/documents", **ada).json()["documents"] == ["kiln.pdf"]
    for path in ("/conversations?q=kiln", "/watch/state", "/watch/report/drift-documents", "/watch/history/Day"):
        assert site.get(path, **ada).status_code == 200, path
    started = site.post("/watch/start", {"of": "documents", "action": "compare"}, **ada)
    assert started.status_code == 200, started.text
    until(lambda: any("GetJobRun" in one.headers.get("x-amz-target", "") for _, one in calls.requests()))


def test_a_task_answers_people_who_signed_in_by_what_its_role_may_and_writes_only_to_tmp(
    stack: stacks.Stack, tmp_path: Path
) -> None:
    given = task_of(stack)
    with permissions.recording() as calls, signing() as signs, outside(signs, tmp_path) as network:
        signed_in = {
            SIGN_IN_BALANCER: BALANCER,
            SIGN_IN_ISSUER: signs.issuer,
            SIGN_IN_CLIENT: CLIENT,
            SIGN_OUT_URL: signs.signed_in.sign_out,
        }
        servers = {
            name: calls.before(ROLE, url)
            for name, url in stack.environment.items()
            if name.startswith("AWS_ENDPOINT_URL") or name == "PLUMBLINE_OPENSEARCH_ENDPOINT"
        }
        there = {**stack.environment, **signed_in, **servers}
        task = {name: there.get(name, value) for name, value in given.variables.items()}
        # Where the account is, and whose the task's role: what a container's surroundings give it.
        account = {name: value for name, value in there.items() if name.startswith("AWS_")}
        account["AWS_ACCESS_KEY_ID"] = "OFTHEPAGESROLE"
        with started(tmp_path, {**task, **account, **network}) as running:
            assert httpx.get(f"{running.url}/healthz", timeout=60).text == "ok"
            until(lambda: httpx.get(f"{running.url}/readyz", timeout=30).status_code == 200)
            assert set(httpx.get(f"{running.url}/readyz", timeout=30).json().values()) == {"ok"}, running.log()
            for path in ("/", "/config", "/sign-out"):
                for unknown in ({}, {"x-amzn-oidc-data": "a.b.c"}):
                    assert httpx.get(running.url + path, headers=unknown, timeout=60).status_code == 401
            assert json.loads(running.log().splitlines()[-1])["event"] == "refused"
            ann = signs.reader("ann")
            site = Site(running.url, None, None, signs)  # type: ignore[arg-type]
            assert "Plumbline" in site.get("/", **ann).text
            answered = site.ask("How hot is the kiln of the pottery?", ann)
            (version,) = answered["turn"]["versions"]
            assert version["state"] == "done", running.log()
            (source,) = version["sources"]
            drawn = site.get(f"/document/page/1?document=kiln.pdf&version={source['version']}&width=1400", **ann)
            assert drawn.content.startswith(b"RIFF"), drawn.text
            use(site, signs, calls)
    conversations = Cloud(CloudSettings.read(os.environ)).conversations
    assert [one.title for one in conversations.find("ann")] == ["How hot is the kiln of the pottery?"]
    judged = permissions.judge(calls, given.policies)
    assert not judged.refused, "\n".join(map(" ".join, judged.refused))
    unused = judged.unjustified(UNUSED)
    assert not unused, "\n".join(map(" ".join, unused))


def test_the_image_is_pinned_does_not_run_as_root_and_has_no_model_and_nothing_for_one_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dockerfile = Dockerfile(package.image(tmp_path))
    for image in dockerfile.all("FROM"):
        assert re.search(rf"python:{re.escape(package.PYTHON)}-slim@sha256:[0-9a-f]{{64}}( AS packages)?$", image)
    assert dockerfile.user > 0
    assert dockerfile.installs[dockerfile.installs.index("--python-version") + 1] == package.PYTHON
    assert {"--require-hashes", "--no-deps"} <= set(dockerfile.installs)
    packages = dockerfile.packages() / "packages"
    inside = {**files(dockerfile.context), **files(packages)}
    assert not [name for name in inside if OTHERS.search(name.split("/")[0].lower()) or name.endswith(WEIGHTS)]
    assert not [name for name in inside if name.startswith("runtime/local")]
    sizes = [sum(size for size, _ in files(folder).values()) / 2**20 for folder in (dockerfile.context, packages)]
    with capsys.disabled():
        print(f"\nThe image: {sizes[0]:.1f} MiB of context, {sizes[1]:.0f} MiB of packages for this machine.")
