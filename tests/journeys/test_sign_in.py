"""Who asks, over the app's own HTTP server: tokens of a load balancer and a user pool that the test makes, whose keys a
real server gives."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import stat
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from playwright.sync_api import expect
from starlette.datastructures import Headers
from starlette.routing import Mount, Route

import ui.__main__
from runtime.local.minilm import MiniLm
from tests.aws.stack import until
from tests.browsing import Visitors, visit
from tests.servers import ROOT
from tests.signing import BALANCER, Signing, joined, signing, with_signature
from tests.sites import PROVEN, Site, behind, library, served, serving
from ui.app import serve
from ui.gate import Refused
from ui.session import SESSION_COOKIES
from ui.settings import Access, SignedIn
from ui.sign_in import SignIn

pytestmark = pytest.mark.xdist_group("sign in")

SAID = "You are not signed in. Open the page's address again.\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, minilm: MiniLm) -> Iterator[Site]:
    """A page whose readers sign in, and whose operators may upload and delete."""
    with signing() as signs:
        door = SignIn(signs.signed_in, f"{signs.url}/keys")
        with behind(library(tmp_path_factory.mktemp("site"), minilm), door, signs) as made:
            yield made


# --- the load balancer's token ---


@pytest.mark.parametrize("padded", [True, False])
def test_whoever_has_the_load_balancers_token_is_let_in(site: Site, padded: bool) -> None:
    assert site.get(**{"x-amzn-oidc-data": site.signs.token("ann", padded=padded)}).status_code == 200


def test_a_key_is_fetched_once(site: Site) -> None:
    for user in ("ann", "bob", "ann"):
        assert site.get(**site.signs.operator(user)).status_code == 200
    assert site.signs.asked.count(f"/keys/{site.signs.key_id}") == 1
    site.get("/state?page=" + "0" * 32, **site.signs.operator("ann"))
    assert len([path for path in site.signs.asked if path.endswith("jwks.json")]) == 1


def forged(s: Signing) -> str:
    signed = joined(s.header(), s.claims("ann"))
    return with_signature(signed, s.es256(signed, ec.generate_private_key(ec.SECP256R1())))


def other_claims(s: Signing) -> str:
    header, _, signature = s.token("ann", padded=False).split(".")
    return f"{header}.{joined({}, s.claims('bob')).decode().split('.')[1]}.{signature}"


def unsigned(s: Signing) -> str:
    return with_signature(joined(s.header(alg="none"), s.claims("ann")), b"")


def hs256(s: Signing) -> str:
    signed = joined(s.header(alg="HS256"), s.claims("ann"))
    mac = hmac.HMAC(s.public_pem(), hashes.SHA256())
    mac.update(signed)
    return with_signature(signed, mac.finalize())


def zeros(s: Signing) -> str:
    return with_signature(joined(s.header(), s.claims("ann")), bytes(64))


BAD: dict[str, tuple[Callable[[Signing], str], str]] = {
    "empty": (lambda s: "", "Not enough segments"),
    "forged": (forged, "signature is wrong"),
    "other claims": (other_claims, "signature is wrong"),
    "alg none": (unsigned, "alg is wrong"),
    "HS256 with the public key": (hs256, "alg is wrong"),
    "zeros for a signature": (zeros, "signature is wrong"),
    "half a signature": (lambda s: s.token("ann", padded=False)[:-42], "signature is wrong"),
    "expired": (lambda s: s.token("ann", {"exp": int(time.time()) - 60}), "expired"),
    "expired in its claims": (lambda s: s.token("ann", exp=int(time.time()) - 60), "expired"),
    "without an end": (lambda s: s.token("ann", {"exp": None}), "expired"),
    "another load balancer's": (lambda s: s.token("ann", {"signer": BALANCER + "0"}), "signer is wrong"),
    "without a signer": (lambda s: s.token("ann", {"signer": None}), "signer is wrong"),
    "another issuer's": (lambda s: s.token("ann", {"iss": s.issuer + "2"}), "iss is wrong"),
    "another issuer's in its claims": (lambda s: s.token("ann", iss=s.issuer + "2"), "iss is wrong"),
    "for another client": (lambda s: s.token("ann", {"client": "other"}), "client is wrong"),
    "a key that is not there": (lambda s: s.token("ann", {"kid": str(uuid.UUID(int=1))}), "answered 404"),
    "an extension": (lambda s: s.token("ann", {"crit": ["b64"], "b64": False}), "can't be read"),
    "an unknown extension": (lambda s: s.token("ann", {"crit": ["x"], "x": 1}), "Unsupported critical extension"),
    "of nobody": (lambda s: s.token(""), "names no user"),
    "of a number": (lambda s: s.token("ann", sub=7), "sub is wrong"),
    "no JSON": (lambda s: "YQ==.YQ==.YQ==", "can't be read"),
    "a list": (lambda s: "W10=.W10=.YQ==", "must be a json object"),
    "deep": (lambda s: with_signature(b"." + b"W1tb" * 2000, b""), "can't be read"),
    "of other letters": (lambda s: s.token("ann").replace(".", "!.", 1), "can't be read"),
    "the access token": (lambda s: s.access("ann"), "alg is wrong"),
}


@pytest.mark.parametrize("kind", BAD)
def test_every_other_token_is_refused_without_a_reason_which_is_logged(
    site: Site, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, reason = BAD[kind]
    token = make(site.signs)
    with caplog.at_level(logging.WARNING, "plumbline.gate"):
        refused = site.get(**{"x-amzn-oidc-data": token, "x-amzn-oidc-accesstoken": site.signs.access("ann")})
    assert (refused.status_code, refused.text) == (401, SAID)
    assert refused.headers["content-type"].startswith("text/plain")
    (line,) = [json.loads(record.message) for record in caplog.records if record.name == "plumbline.gate"]
    assert (line["event"], line["status"], line["path"]) == ("refused", 401, "/scope")
    assert reason in line["reason"]
    assert not token or token not in caplog.text


@pytest.mark.parametrize(
    "trick",
    ["../eu-central-1_pool/.well-known/jwks.json", "{}/../{}", "{}?x", "{}#", "{}\n", "%2e%2e", "", 7, None, ["{}"]],
)
def test_a_key_id_that_is_not_a_uuid_is_not_fetched(site: Site, trick: Any) -> None:
    key_id = trick.replace("{}", site.signs.key_id) if isinstance(trick, str) else trick
    before = list(site.signs.asked)
    assert site.get(**{"x-amzn-oidc-data": site.signs.token("ann", {"kid": key_id})}).status_code == 401
    assert site.signs.asked == before


def test_two_tokens_are_as_good_as_none(site: Site) -> None:
    tokens = [("x-amzn-oidc-data", site.signs.token(user)) for user in ("ann", "bob")]
    assert httpx.get(site.url, headers=tokens, timeout=60).status_code == 401


def refusal(signs: Signing, token: str, access: str = "") -> str:
    """Why the tokens are refused, '' if they are not."""
    door = SignIn(signs.signed_in, f"{signs.url}/keys")
    try:
        asyncio.run(door.identify(Headers({"x-amzn-oidc-data": token, "x-amzn-oidc-accesstoken": access})))
    except Refused as refused:
        return refused.reason
    return ""


def test_a_key_of_another_curve_or_another_kind_is_refused() -> None:
    with signing() as signs:
        token = signs.token("ann")
        assert refusal(signs, token) == ""
        for key in (ec.generate_private_key(ec.SECP384R1()), signs.pool_key):
            signs.balancer_key = key  # type: ignore[assignment]
            assert re.search("key's curve|key can't be used", refusal(signs, token))


def test_a_short_key_of_the_user_pool_proves_no_group(caplog: pytest.LogCaptureFixture) -> None:
    with signing() as signs:
        signs.pool_key = rsa.generate_private_key(65537, 1024)
        assert refusal(signs, signs.token("olga"), signs.access("olga")) == ""
    assert "1024 bits" in caplog.text


def test_keys_that_cannot_be_fetched_are_reported_as_such(site: Site) -> None:
    door = SignIn(site.signs.signed_in, "http://127.0.0.1:9")
    with served(serve(site.home, None, door)) as url:
        refused = httpx.get(url, headers=site.signs.reader("ann"), timeout=60)
    assert refused.status_code == 503
    assert "can't be checked" in refused.text


# --- every way in ---


def ways(routes: list[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Each method and path that the app knows, with something for each parameter."""
    for route in routes:
        if included := getattr(route, "original_router", None):  # FastAPI's way to include a router
            yield from ways(included.routes, before)
        elif isinstance(route, Mount):
            yield from ways(route.routes, before + route.path)
        elif isinstance(route, Route):
            for method in route.methods or ():
                yield method, before + re.sub(r"{[^}]*}", "1", route.path)


def test_nothing_but_the_health_checks_is_answered_without_a_token(site: Site) -> None:
    known = set(ways(site.app.routes))
    assert {
        ("POST", "/gradio_api/queue/join"),
        ("POST", "/ask"),
        ("GET", "/state"),
        ("GET", "/events"),
        ("GET", "/sign-out"),
        ("GET", "/assets/1"),
    } <= known
    odd = {
        ("GET", path)
        for path in (
            "/healthz/",
            "//healthz",
            "/HEALTHZ",
            "/readyz/",
            "/%2freadyz",
            "/%2fhealthz",
            "/healthz%2f",
            "/healthz/x",
        )
    }
    answered = set()
    until(lambda: site.get("/readyz").status_code == 200)
    with httpx.Client(base_url=site.url, timeout=60) as client:
        for method, path in sorted(known | odd):
            got = client.request(method, path, headers=PROVEN)
            if got.status_code != 401:
                answered.add((method, path, got.status_code, got.text))
    ready = dict.fromkeys(("page", "documents", "conversations", "index", "embeddings", "answers"), "ok")
    assert answered == {
        ("GET", "/healthz", 200, "ok"),
        ("GET", "/readyz", 200, json.dumps(ready, separators=(",", ":"))),
    }


def test_a_websocket_without_a_token_is_closed(site: Site) -> None:
    sent: list[Any] = []

    async def connect() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/gradio_api/queue/join", "headers": [], "query_string": b""}
    asyncio.run(site.app(scope, connect, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({}, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://ask.example.org", "Host": "ask.example.org"}, 204),
    ],
)
def test_what_another_sites_page_sends_is_refused(site: Site, header: dict[str, str], status: int) -> None:
    sent = site.post("/stop", {"conversation": "none"}, **site.signs.reader("ann"), **header)
    assert sent.status_code == status


def test_what_does_not_come_from_the_pages_own_script_is_refused(site: Site) -> None:
    headers = site.signs.reader("ann")
    sent = httpx.post(f"{site.url}/stop", json={"conversation": "none"}, headers=headers, timeout=30)
    assert sent.status_code == 403


def test_behind_the_load_balancer_the_page_is_the_browsers_own_encrypted_one(site: Site) -> None:
    page = site.get("/", **site.signs.reader("ann"), Host="ask.example.org", **{"X-Forwarded-Proto": "https"})
    assert '"root":"https://ask.example.org"' in page.text


# --- whose is what ---


def test_nobody_reads_renames_deletes_or_continues_anothers_conversation(site: Site) -> None:
    ann, bob = site.signs.reader("ann-1"), site.signs.operator("bob-1")
    site.ask("How hot is the kiln?", ann)
    (mine,) = site.home.conversations.find("ann-1")
    assert [row["id"] for row in site.state(**ann)["conversations"]["rows"]] == [mine.id]
    assert "940 degrees" in json.dumps(site.state(mine.id, **ann)["chat"])
    assert site.state(**bob)["conversations"]["rows"] == []
    assert site.state(mine.id, **bob)["chat"]["gone"] is True
    answer = site.home.conversations.messages("ann-1", mine.id)[1].id
    for path, body in (
        (f"/conversation/{mine.id}/rename", {"title": "Mine now"}),
        (f"/conversation/{mine.id}/delete", None),
        (f"/conversation/{mine.id}/restore", None),
        ("/feedback", {"conversation": mine.id, "message": answer, "vote": 1, "comment": "Mine"}),
        ("/ask", {"page": "0" * 32, "question": "And how long?", "conversation": mine.id}),
    ):
        done = site.post(path, body, **bob)
        assert done.status_code == 404, path
        assert "940 degrees" not in done.text
    assert site.get(f"/conversation/{mine.id}.md", **bob).status_code == 404
    assert site.get(f"/conversation/{mine.id}.md", **ann).status_code == 200
    assert site.home.conversations.find("ann-1") == [mine]
    assert [message.comment for message in site.home.conversations.messages("ann-1", mine.id)] == ["", ""]
    assert site.home.conversations.find("bob-1") == []


def test_nobody_is_told_of_what_others_do_even_by_the_name_of_their_open_page(site: Site) -> None:
    ann, bob = site.signs.reader("ann-2"), site.signs.reader("bob-2")
    page = uuid.uuid4().hex
    with httpx.stream("GET", f"{site.url}/events?page={page}", headers=bob, timeout=60) as stream:
        events = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
        assert next(events)["type"] == "hello"
        site.ask("How hot is the kiln?", ann)
        site.post("/ask", {"page": page, "question": "How hot is the kiln?"}, **ann)
        until(lambda: not site.app.state.site.answers.running)
        site.app.state.site.hub.publish({"type": "last"})
        seen = []
        for event in events:
            seen.append(event["type"])
            if event["type"] == "last":
                break
    assert set(seen) <= {"status", "last"}


# --- operators ---


def may(site: Site, headers: dict[str, str]) -> bool:
    """Whether the page offers what is for operators."""
    return bool(site.state(**headers)["operator"])


def test_an_operator_is_known_as_one(site: Site) -> None:
    assert may(site, site.signs.operator("olga"))


NO_GROUPS: dict[str, Any] = {"cognito:groups": None}
A_WORD: dict[str, Any] = {"cognito:groups": "operators"}
GROUPS: dict[str, Any] = {"cognito:groups": ["operators"]}

BAD_ACCESS: dict[str, Callable[[Signing], str]] = {
    "none": lambda s: "",
    "of other groups": lambda s: s.access("olga", ("operators2", "OPERATORS")),
    "forged": lambda s: s.access("olga", key=rsa.generate_private_key(65537, 2048)),
    "expired": lambda s: s.access("olga", exp=int(time.time()) - 60),
    "another user's": lambda s: s.access("bob"),
    "another client's": lambda s: s.access("olga", client_id="other"),
    "another pool's": lambda s: s.access("olga", iss=s.issuer + "2"),
    "an ID token": lambda s: s.access("olga", token_use="id"),
    "alg none": lambda s: s.access("olga", header={"alg": "none"}),
    "of a key that is not there": lambda s: s.access("olga", header={"kid": "other"}),
    "without groups": lambda s: s.access("olga", **NO_GROUPS),
    "of a word": lambda s: s.access("olga", **A_WORD),
    "the load balancer's": lambda s: s.token("olga", **GROUPS),
}


@pytest.mark.parametrize("kind", BAD_ACCESS)
def test_an_access_token_that_proves_no_group_gives_none(site: Site, kind: str) -> None:
    token = BAD_ACCESS[kind](site.signs)
    assert not may(site, {"x-amzn-oidc-data": site.signs.token("olga"), "x-amzn-oidc-accesstoken": token})


def test_groups_in_the_load_balancers_token_are_ignored(site: Site) -> None:
    token = site.signs.token("ann", **GROUPS, groups=["operators"])
    assert not may(site, {"x-amzn-oidc-data": token})


def test_readers_upload_nothing(site: Site) -> None:
    files = {"files": ("new.pdf", b"%PDF-1.4", "application/pdf")}
    for path in ("/documents/upload", "/documents/upload/", "/gradio_api/upload"):
        headers = {**PROVEN, **site.signs.reader("ann")}
        assert httpx.post(site.url + path, files=files, headers=headers, timeout=60).status_code == 403


def test_where_documents_come_from_a_file_system_not_even_an_operator_uploads(site: Site) -> None:
    files = {"files": ("new.pdf", b"%PDF-1.4", "application/pdf")}
    with served(serve(site.home, None, SignIn(site.signs.signed_in, f"{site.signs.url}/keys"))) as url:
        headers = {**PROVEN, **site.signs.operator("olga")}
        sent = httpx.post(f"{url}/documents/upload", files=files, headers=headers, timeout=60)
    assert sent.status_code == 403


# --- in the browser ---


def test_only_operators_see_the_views_of_the_library(browser: Visitors, site: Site) -> None:
    status = "1 document. Answers by echo"
    reader = visit(browser, site.url, status, headers=site.signs.reader("ann"))
    operator = visit(browser, site.url, status, headers=site.signs.operator("olga"))
    for name, address in (("Library", "/library"), ("Watch", "/watch")):
        operator.get_by_role("link", name=name).click()
        expect(operator).to_have_url(site.url + address)
        expect(reader.get_by_role("link", name=name)).to_have_count(0)
    expect(reader.get_by_role("link", name="Sign out")).to_be_visible()


def test_signing_out_expires_the_load_balancers_cookies(site: Site) -> None:
    out = site.get("/sign-out", **site.signs.reader("ann"))
    assert (out.status_code, out.headers["location"]) == (303, site.signs.signed_in.sign_out)
    expired = [cookie.partition("=")[0] for cookie in out.headers.get_list("set-cookie") if "Max-Age=0" in cookie]
    assert expired == SESSION_COOKIES


# --- on one machine ---


def test_a_password_lets_in_whoever_knows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse ü battery\n", encoding="utf-8")
    monkeypatch.setenv("PLUMBLINE_PASSWORD_FILE", str(secret))
    with serving(tmp_path) as address:
        assert httpx.get(f"{address}/healthz", timeout=60).text == "ok"
        asked = httpx.get(address, timeout=60)
        assert (asked.status_code, asked.headers["www-authenticate"].split()[0]) == (401, "Basic")
        for wrong in (("ann", "correct horse"), ("correct horse ü battery", ""), ("", "")):
            assert httpx.get(address, auth=httpx.BasicAuth(*wrong), timeout=60).status_code == 401
        for odd in ("Basic", "Basic ü", "Basic !!", "Bearer Y29ycmVjdA=="):
            assert httpx.get(address, headers=[(b"authorization", odd.encode())], timeout=60).status_code == 401
        right = httpx.get(address, auth=httpx.BasicAuth("anyone", "correct horse ü battery"), timeout=60)
        assert (right.status_code, "Plumbline" in right.text) == (200, True)
    assert "correct horse" not in (tmp_path / "log").read_text()


OPEN_TO_ALL = "Set PLUMBLINE_PASSWORD_FILE to a file that holds one"


def test_a_page_that_anybody_could_reach_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui", "--port", "0", "--host", "0.0.0.0"]
    environment = {**os.environ, "PLUMBLINE_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert OPEN_TO_ALL in done.stderr


@pytest.mark.parametrize(
    ("host", "variables", "said"),
    [
        ("0.0.0.0", {}, OPEN_TO_ALL),
        ("0.0.0.0", {"PLUMBLINE_BUCKET": "a-bucket"}, "PLUMBLINE_PASSWORD_FILE"),
        ("127.0.0.1", {"PLUMBLINE_PASSWORD": "short"}, "it needs at least 12"),
        ("127.0.0.1", {"PLUMBLINE_LOAD_BALANCER": BALANCER}, "PLUMBLINE_SIGN_OUT_URL must be set too"),
    ],
)
def test_the_page_does_not_start_where_people_could_not_be_told_apart(
    host: str, variables: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.__main__, "_run", lambda *_: pytest.fail("it has started"))
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        ui.__main__.main(port=0, host=host)
    assert said in str(ended.value.code)  # a text: it is printed, and the exit code is 1
    assert "short" not in str(ended.value.code)


def test_the_settings_name_every_wrong_value_and_keep_the_password_from_child_processes() -> None:
    environment = {"PLUMBLINE_PASSWORD": "correct horse battery", "PLUMBLINE_PASSWORD_FILE": ""}
    assert Access.read(environment) == Access(None, "correct horse battery")
    assert "PLUMBLINE_PASSWORD" not in environment
    good = {
        "PLUMBLINE_LOAD_BALANCER": BALANCER,
        "PLUMBLINE_USER_POOL_ISSUER": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool",
        "PLUMBLINE_USER_POOL_CLIENT": "client",
        "PLUMBLINE_SIGN_OUT_URL": "https://a.auth.eu-central-1.amazoncognito.com/logout?client_id=client",
    }
    read = Access.read(dict(good))
    assert read.signed_in == SignedIn(BALANCER, "eu-central-1", *list(good.values())[1:])
    with pytest.raises(Exception, match=r"PLUMBLINE_LOAD_BALANCER .* PLUMBLINE_USER_POOL_ISSUER .* need no password"):
        Access.read(
            {
                **good,
                "PLUMBLINE_LOAD_BALANCER": "arn:aws:s3:::x",
                "PLUMBLINE_USER_POOL_ISSUER": "http://x",
                "PLUMBLINE_PASSWORD": "correct horse battery",
            }
        )


def test_a_stack_knows_a_machine_under_one_name(tmp_path: Path) -> None:
    from ui.gate import reader_of_this_machine

    name = reader_of_this_machine(tmp_path / "home")
    assert re.fullmatch(r"local-[0-9a-f]{32}", name)
    assert reader_of_this_machine(tmp_path / "home") == name
    assert stat.S_ISREG((tmp_path / "home" / "reader").stat().st_mode)
