"""The page, below what a browser shows: who may post to it, and what it lets out."""

import hashlib
import re
from base64 import b64decode
from typing import Any

import httpx
import pytest
from support.key_pair import KeyPair

from zdx_emulator.testing import API_CLIENTS, TOKEN, RunningEmulator, Switches, scope_id


@pytest.fixture(scope="module")
def key_pair() -> KeyPair:
    """An RSA key."""
    return KeyPair.make()


def _fingerprint(key_pair: KeyPair) -> str:
    return hashlib.sha256(b64decode(key_pair.public_der_base64)).hexdigest()


FORM = {"name": "ci", "role": scope_id("ZDX Super Admin")}
NEW_KEY = "/portal/keys"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", [NEW_KEY, "/portal/keys/{id}/delete", "/_emulator/reset"])
def test_post_from_another_site_is_refused(
    path: str, headers: dict[str, str], tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("kept")

    answer = anonymous.post(path.format(id=client.id), data=FORM, headers=headers)

    assert answer.status_code == 403
    assert tenant.clients() == [client]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "{url}"}, {}])
def test_post_from_the_page_itself_is_accepted(
    headers: dict[str, str], tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    own = {name: value.format(url=tenant.url) for name, value in headers.items()}

    assert anonymous.post(NEW_KEY, data=FORM, headers=own).status_code == 303
    assert [client.name for client in tenant.clients()] == ["ci"]


REBOUND = [
    {"Host": "rebound.example"},
    {"Host": "rebound.example:8080", "Origin": "http://rebound.example:8080"},
    {"Host": "127.0.0.1.rebound.example"},
    {"Host": "localhost.rebound.example", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", REBOUND)
@pytest.mark.parametrize(
    "path", [NEW_KEY, "/portal/keys/{id}/delete", "/_emulator/reset", TOKEN, API_CLIENTS]
)
def test_post_to_an_unknown_host_name_is_refused(
    path: str, headers: dict[str, str], tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("kept")

    answer = anonymous.post(path.format(id=client.id), data=FORM, headers=headers)

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("The Host header is not")
    assert tenant.clients() == [client]


@pytest.mark.parametrize("path", ["/", "/_emulator/requests", "/_emulator/openapi.json"])
def test_get_with_an_unknown_host_name_is_refused(path: str, anonymous: httpx.Client) -> None:
    assert anonymous.get(path, headers={"Host": "rebound.example"}).status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "tenant.localhost", "127.0.0.1", "[::1]:80", "10.0.0.7"]
)
def test_get_with_the_address_or_localhost_as_host_is_accepted(
    host: str, anonymous: httpx.Client
) -> None:
    assert anonymous.get("/", headers={"Host": host}).status_code == 200


def test_create_records_the_administrator(anonymous: httpx.Client) -> None:
    anonymous.post(NEW_KEY, data=FORM)

    assert "admin@example.com" in anonymous.get("/").text


def test_page_is_not_cached_or_framed(anonymous: httpx.Client) -> None:
    made = anonymous.post(NEW_KEY, data=FORM, follow_redirects=True)

    assert made.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in made.headers["content-security-policy"]


def test_page_escapes_markup_in_names(tenant: RunningEmulator, anonymous: httpx.Client) -> None:
    script = "<script>alert(1)</script>"
    client = tenant.create_client(script, description=script)

    for path in ("/", f"/?q={script}", f"/portal/keys/{client.id}"):
        text = anonymous.get(path).text
        assert script not in text
        assert "&lt;script&gt;" in text


def test_page_shows_control_characters_of_names(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    hidden = "a\x1b[2J\x07b\u202ec\u200bd\x9be\u2028f"
    client = tenant.create_client(
        hidden, description=f"{hidden} [pulumi p{hidden}/s/{hidden.replace('[', '')} #1a]"
    )

    for path in ("/", "/?q=a", f"/portal/keys/{client.id}", f"/portal/keys/{client.id}/delete"):
        text = anonymous.get(path).text
        assert r"a\x1b[2J\x07b\u202ec\u200bd\x9be\u2028f" in text
        assert not set("\x1b\x07\u202e\u200b\x9b\u2028") & set(text)


def test_edit_form_keeps_the_name_unchanged(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("a\u202eb <i>")

    form = anonymous.get(f"/portal/keys/{client.id}/edit").text

    assert 'value="a\u202eb &lt;i&gt;"' in form


@pytest.mark.parametrize("path", ["", "/edit", "/delete", "/created"])
def test_page_of_a_missing_key_says_so(path: str, anonymous: httpx.Client) -> None:
    answer = anonymous.get(f"{NEW_KEY}/gone{path}")

    assert answer.status_code == 404
    assert "Key not found" in answer.text


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_post_for_a_missing_key_returns_404(change: str, anonymous: httpx.Client) -> None:
    answer = anonymous.post(f"{NEW_KEY}/gone/{change}", data=FORM)

    assert answer.status_code == 404


def test_create_refuses_a_role_of_another_service(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    form = FORM | {"role": scope_id("Super Admin", "ZIAM")}

    assert "Select a role." in anonymous.post(NEW_KEY, data=form).text
    assert tenant.clients() == []


def test_edit_keeps_roles_of_other_services(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci", role="Super Admin", service="ZIAM")

    anonymous.post(f"{NEW_KEY}/{client.id}/edit", data=FORM)

    ((ziam, zdx),) = [each.selected_scopes for each in tenant.client(client.id).client_resources]
    assert (ziam.id, zdx.id) == (scope_id("Super Admin", "ZIAM"), FORM["role"])


def test_create_and_edit_show_the_refusal_of_the_tenant_in_the_form(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    tenant.switch(Switches(unique_names=True))
    other = tenant.create_client("other")
    anonymous.post(NEW_KEY, data=FORM)

    made = anonymous.post(NEW_KEY, data=FORM)
    changed = anonymous.post(f"{NEW_KEY}/{other.id}/edit", data=FORM)

    for answer in (made, changed):
        assert "An API client of this name exists" in answer.text
        assert 'value="ci"' in answer.text


@pytest.mark.parametrize(
    ("description", "owner", "text"),
    [
        ("[pulumi zdx-keys/prod/ci #c0ffee]", "zdx-keys/prod ci", "none"),
        ("Mine. [pulumi p/s/x:y:Team$ci #1a]", "p/s x:y:Team$ci", "Mine."),
        ("[pulumi p/s/ci #1a] moved", "none", "[pulumi p/s/ci #1a] moved"),
        ("[pulumi half #1a]", "none", "[pulumi half #1a]"),
        ("", "none", "none"),
    ],
)
def test_page_shows_the_owner_from_the_marker(
    description: str, owner: str, text: str, tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci", description=description)

    page = anonymous.get(f"{NEW_KEY}/{client.id}").text

    facts = dict(re.findall(r"<dt>(.+?)</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL))
    words = {name: " ".join(re.sub("<.+?>", " ", value).split()) for name, value in facts.items()}
    assert (words["Managed by"], words["Description"]) == (owner, text)


def test_page_marks_missing_expiring_and_expired_secrets(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    midnight = 86_400 - tenant.now() % 86_400
    tenant.move_clock(midnight)
    for name, days in (("ended", 30), ("today", 40), ("soon", 41), ("later", 90)):
        tenant.add_secret(tenant.create_client(name).id, days=days + 0.5)
    tenant.create_client("without")
    tenant.move_clock(midnight + 40 * 86_400)

    badges = re.findall(r'class="badge (.+?)">(.+?)<', anonymous.get("/").text)

    assert badges == [
        ("expired", "no secret"),
        ("good", "in 50 days"),
        ("expiring", "tomorrow"),
        ("expiring", "today"),
        ("expired", "expired"),
    ]


def _create_with(anonymous: httpx.Client, kind: str, credential: str) -> httpx.Response:
    form = FORM | {"kind": kind, "credential": credential}
    return anonymous.post(NEW_KEY, data=form, follow_redirects=True)


@pytest.mark.parametrize("encoding", ["pem", "der_base64"])
def test_create_registers_a_public_key_as_the_tenant_stores_it(
    encoding: Any, tenant: RunningEmulator, anonymous: httpx.Client, key_pair: KeyPair
) -> None:
    tenant.switch(Switches(key_value_encoding=encoding))

    page = _create_with(anonymous, "PUBLIC_KEY", key_pair.public_pem.replace("\n", "\r\n"))

    (client,) = tenant.clients()
    values = [key.key_value for key in client.client_authentication.public_keys or ()]
    is_pem = encoding == "pem"
    assert values == [key_pair.public_pem if is_pem else key_pair.public_der_base64]
    assert _fingerprint(key_pair) in page.text
    assert "Secrets" not in page.text


def test_create_registers_a_certificate_and_shows_when_it_expires(
    tenant: RunningEmulator, anonymous: httpx.Client, key_pair: KeyPair
) -> None:
    certificate = key_pair.make_certificate(not_before=tenant.now(), days=1)

    page = _create_with(anonymous, "CERTIFICATE", certificate)

    (client,) = tenant.clients()
    assert client.client_authentication.client_certificates
    assert _fingerprint(key_pair) in page.text
    for text in (page.text, anonymous.get("/").text):
        assert re.findall(r'class="badge (.+?)">(.+?)<', text) == [("expiring", "tomorrow")]
        assert "Certificate" in text


def test_create_registers_a_jwks_url(tenant: RunningEmulator, anonymous: httpx.Client) -> None:
    url = "https://keys.example/jwks.json"

    page = _create_with(anonymous, "JWKS", url)

    (client,) = tenant.clients()
    assert client.client_authentication.client_jwks_url == url
    assert url in page.text
    assert "no secret" not in anonymous.get("/").text


@pytest.mark.parametrize(
    ("kind", "credential", "complaint"),
    [
        ("PUBLIC_KEY", "", "Enter the public key, the certificate or the URL."),
        ("JWKS", " ", "Enter the public key, the certificate or the URL."),
        ("SECRET", "text", "Leave this empty for a client secret."),
        ("PASSWORD", "", "Select what the key authenticates with."),
        ("PUBLIC_KEY", "{private}", "This is no public key in PEM form"),
        ("CERTIFICATE", "{private}", "it must be a certificate"),
    ],
)
def test_create_refuses_an_invalid_credential_and_never_shows_a_private_key(
    kind: str,
    credential: str,
    complaint: str,
    *,
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    key_pair: KeyPair,
) -> None:
    page = _create_with(anonymous, kind, credential.format(private=key_pair.private_pem)).text

    assert complaint in page
    assert "PRIVATE KEY" not in page
    assert tenant.clients() == []


def test_edit_keeps_the_public_keys(
    tenant: RunningEmulator, anonymous: httpx.Client, key_pair: KeyPair
) -> None:
    client = tenant.create_client("ci", clientAuthentication=key_pair.authentication)

    anonymous.post(f"{NEW_KEY}/{client.id}/edit", data=FORM)

    assert tenant.client(client.id).client_authentication == client.client_authentication


def test_page_shows_the_secrets_that_a_key_had_before(
    tenant: RunningEmulator, anonymous: httpx.Client, key_pair: KeyPair
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id)
    tenant.change_client(client.id, clientAuthentication=key_pair.authentication)

    page = anonymous.get(f"{NEW_KEY}/{client.id}").text

    assert secret.id in page
    assert "They stay valid until they are deleted or expire." in page


def test_page_is_not_hit_by_faults_and_not_logged(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    tenant.fault(path="*", status=500)

    assert anonymous.get("/").status_code == 200
    assert anonymous.get("/portal/static/portal.css").status_code == 200
    assert tenant.requests() == []
    assert anonymous.get(API_CLIENTS).status_code == 500
