"""What a program declares of a key that authenticates without a secret, and what is read of it."""

import base64
import hashlib
import json
import textwrap
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
    pkcs12,
)
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pulumi.output import Unknown
from support.key_pair import KeyPair
from support.samples import build_key

from zdx_provider.engine.lifecycle import find_failures
from zdx_provider.keys.authentication import (
    MAX_KEYS,
    NOT_KNOWN,
    Authentication,
    find_broken_members,
    find_certificates,
    list_names,
    normalize,
    read_authentication,
)
from zdx_provider.zidentity import ApiClient, ClientAuthentication

RSA, OTHER_RSA, EC = KeyPair.make(), KeyPair.make(), KeyPair.make_ec()
START = int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp())
CERTIFICATE = RSA.make_certificate(not_before=START)
LATER = RSA.make_certificate(not_before=START, days=700)


def to_pem(key: PublicKeyTypes, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    return key.public_bytes(Encoding.PEM, form).decode()


def build_rsa(bits: int) -> str:
    """A public key of that size; no one knows its private half."""
    return to_pem(rsa.RSAPublicNumbers(65537, (1 << bits) - 1).public_key())


def read_pem(pair: KeyPair) -> Any:
    return load_pem_public_key(pair.public_pem.encode())


def read_private(pair: KeyPair) -> Any:
    return load_pem_private_key(pair.private_pem.encode(), None)


def to_der_base64(pem: str) -> str:
    return "".join(pem.splitlines()[1:-1])


def find_rule(text: object) -> str:
    """The rule that one public key breaks."""
    ((subject, rule),) = find_broken_members({"public_keys": {"ci": text}}).items()
    assert subject == 'authentication.public_keys["ci"]'
    return rule


PUBLIC_JWK = json.loads(RSAAlgorithm.to_jwk(read_pem(RSA)))
PRIVATE_JWK = json.loads(RSAAlgorithm.to_jwk(read_private(RSA)))


def find_certificate_rule(text: object) -> str:
    ((subject, rule),) = find_broken_members({"certificates": [text]}).items()
    assert subject == "authentication.certificates[0]"
    return rule


SPELLINGS: dict[str, Callable[[KeyPair], str]] = {
    "crlf": lambda pair: pair.public_pem.replace("\n", "\r\n"),
    "blanks": lambda pair: f"\n\n  {textwrap.indent(pair.public_pem, '   ')}\n\t",
    "comments": lambda pair: f"# the pipeline's\n{pair.public_pem}\nend\n",
    "one line": lambda pair: pair.public_pem.replace("\n", " "),
    "escaped": lambda pair: pair.public_pem.replace("\n", "\\n"),
    "one long line": lambda pair: (
        f"-----BEGIN PUBLIC KEY-----\n{to_der_base64(pair.public_pem)}\n-----END PUBLIC KEY-----"
    ),
    "der": lambda pair: to_der_base64(pair.public_pem),
    "der in lines": lambda pair: "\n".join(pair.public_pem.splitlines()[1:-1]),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("pair", [RSA, EC], ids=["rsa", "ec"])
def test_key_in_any_spelling_is_normalized_to_one(
    pair: KeyPair, spelling: Callable[[KeyPair], str]
) -> None:
    declared = {"public_keys": {"ci": spelling(pair)}}

    assert find_broken_members(declared) == {}
    assert normalize(declared) == {"public_keys": {"ci": pair.public_pem}}


@pytest.mark.parametrize(
    "text",
    [
        to_pem(read_pem(RSA), PublicFormat.PKCS1),
        to_der_base64(to_pem(read_pem(RSA), PublicFormat.PKCS1)),
        RSAAlgorithm.to_jwk(read_pem(RSA)),
        json.dumps({**json.loads(RSAAlgorithm.to_jwk(read_pem(RSA))), "kid": "1", "use": "sig"}),
    ],
    ids=["pkcs1", "pkcs1 der", "jwk", "jwk with more members"],
)
def test_rsa_key_in_another_encoding_is_normalized(text: str) -> None:
    assert find_broken_members({"public_keys": {"ci": text}}) == {}
    assert normalize({"public_keys": {"ci": text}}) == {"public_keys": {"ci": RSA.public_pem}}


def test_ec_key_as_a_jwk_is_normalized() -> None:
    text = ECAlgorithm.to_jwk(read_pem(EC))

    assert normalize({"public_keys": {"ci": text}}) == {"public_keys": {"ci": EC.public_pem}}


@pytest.mark.parametrize("bits", [2048, 4096, 8192])
def test_check_accepts_rsa_keys_of_these_sizes(bits: int) -> None:
    assert find_broken_members({"public_keys": {"ci": build_rsa(bits)}}) == {}


PRIVATE = {
    "pkcs8": RSA.private_pem,
    "pkcs1": read_private(RSA)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode(),
    "ec": read_private(EC)
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode(),
    "encrypted": read_private(RSA)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"fake"))
    .decode(),
    "openssh": read_private(RSA)
    .private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    .decode(),
    "putty": "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n",
    "der": to_der_base64(RSA.private_pem),
    "pem in base64": base64.b64encode(RSA.private_pem.encode()).decode(),
    "cut off": RSA.private_pem[:400],
    "one line": RSA.private_pem.replace("\n", " "),
    "lower case": RSA.private_pem.replace("PRIVATE KEY", "Private Key"),
    "no-break space": RSA.private_pem.replace("PRIVATE KEY", "PRIVATE\u00a0KEY"),
    "zeros of utf-16": RSA.private_pem.encode("utf-16-le").decode("latin-1"),
    "base64 for urls": base64.urlsafe_b64encode(
        base64.b64decode(to_der_base64(RSA.private_pem))
    ).decode(),
    "hex": base64.b64decode(to_der_base64(RSA.private_pem)).hex(),
    "cut off without a header": to_der_base64(RSA.private_pem)[:300],
    "wrong label": RSA.private_pem.replace("PRIVATE", "PUBLIC"),
    "pkcs12": base64.b64encode(
        pkcs12.serialize_key_and_certificates(b"ci", read_private(RSA), None, None, NoEncryption())
    ).decode(),
    "jwk with a byte order mark": f"\ufeff{json.dumps(PRIVATE_JWK)}",
    "jwk below a comment": f"# the key\n{json.dumps(PRIVATE_JWK)}",
    "jwk without kty": json.dumps({"d": PRIVATE_JWK["d"]}),
    "jwk with an escaped name": json.dumps(PRIVATE_JWK).replace('"d"', '"\\u0064"'),
    "jwk in base64": base64.b64encode(json.dumps(PRIVATE_JWK).encode()).decode(),
    "jwk with a member inside": json.dumps({**PUBLIC_JWK, "private": {"d": PRIVATE_JWK["d"]}}),
    "beside pem: jwk": f"{RSA.public_pem}\n{json.dumps(PRIVATE_JWK)}",
    "beside pem: jwk of many lines": f"{json.dumps(PRIVATE_JWK, indent=1)}\n{RSA.public_pem}",
    "beside pem: base64": f"{RSA.public_pem}\nold {to_der_base64(RSA.private_pem)}",
    "behind its public key": f"{RSA.public_pem}\n{RSA.private_pem}",
    "behind its certificate": f"{CERTIFICATE}\n{RSA.private_pem}",
    "jwk": RSAAlgorithm.to_jwk(read_private(RSA)),
    "ec jwk": ECAlgorithm.to_jwk(read_private(EC)),
    "jwk set": json.dumps({"keys": [json.loads(ECAlgorithm.to_jwk(read_private(EC)))]}),
    "symmetric jwk": '{"kty": "oct", "k": "b2J2aW91c2x5LWZha2U"}',
    "jwk cut off": RSAAlgorithm.to_jwk(read_private(RSA))[:-9],
}


@pytest.mark.parametrize("text", PRIVATE.values(), ids=PRIVATE)
@pytest.mark.parametrize(
    "declare",
    [
        lambda text: {"public_keys": {"ci": text}},
        lambda text: {"public_keys": {text: "ci"}},
        lambda text: {"certificates": [text]},
        lambda text: {"jwks_url": text},
    ],
    ids=["key", "name", "certificate", "url"],
)
def test_check_refuses_a_private_key_and_never_shows_it(
    text: str, declare: Callable[[str], dict[str, Any]]
) -> None:
    ((_, rule),) = find_broken_members(declare(text)).items()

    assert rule.startswith("contains a private key, which must stay where it was created")
    assert "If the private key was in a file under version control, treat it as exposed" in rule
    assert all(line not in rule for line in text.splitlines() if len(line) > 40)


def test_refusal_of_a_private_key_says_how_to_get_the_public_one() -> None:
    assert "openssl pkey -in FILE -pubout" in find_rule(RSA.private_pem)
    assert "openssl x509 -in FILE" in find_certificate_rule(PRIVATE["behind its certificate"])
    assert "kty, n and e" in find_rule(PRIVATE["jwk"])
    assert "kty, n and e" in find_rule(PRIVATE_JWK)


ED25519 = ed25519.Ed25519PrivateKey.generate().public_key()
P384_PRIVATE = ec.generate_private_key(ec.SECP384R1())
P384 = P384_PRIVATE.public_key()
P384_PAIR = KeyPair(
    P384_PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    to_pem(P384),
)
DSA = dsa.DSAParameterNumbers(
    p=(1 << 2047) + 1, q=(1 << 255) + 1, g=2
)  # no one checks whether these are primes


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (to_pem(ED25519), "is an Ed25519 or Ed448 key, not an RSA key of 2048 to 8192 bits or an"),
        ('{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}', "is an Ed25519 or Ed448 key, not an"),
        (to_pem(dsa.DSAPublicNumbers(4, DSA).public_key()), "is a DSA key, not an RSA key of"),
        (to_pem(x25519.X25519PrivateKey.generate().public_key()), "is not an RSA key of 2048 to"),
        (to_pem(P384), "is an EC key with the curve secp384r1, not P-256"),
        (build_rsa(1024), "is an RSA key of 1024 bits; it must have 2048 to 8192 bits"),
        (build_rsa(2047), "is an RSA key of 2047 bits; it must have 2048 to 8192 bits"),
        (build_rsa(8200), "is an RSA key of 8200 bits; it must have 2048 to 8192 bits"),
        (RSA.public_pem[:-30], "is cut off: one of its lines BEGIN and END is missing"),
        (RSA.public_pem[30:], "is cut off: one of its lines BEGIN and END is missing"),
        (RSA.public_pem.replace("\n", "\n!", 2), "is damaged or cut off"),
        (
            "\n".join([*RSA.public_pem.splitlines()[:3], "-----END PUBLIC KEY-----"]),
            "is damaged or cut off, or has an algorithm that is not RSA or EC",
        ),
        (RSA.public_pem * 2, "contains 2 blocks; declare each key under its own name"),
        (CERTIFICATE, "is a certificate; declare it in certificates instead of public_keys"),
        ("-----BEGIN X-----\nAAAA\n-----END X-----", "is another kind of PEM, not a public key"),
        ("ssh-rsa AAAAB3Nza ci", "is a public key in the format of SSH. Convert it: ssh-keygen -e"),
        (
            '{"keys": []}',
            "is a JWK set; declare each of its keys under its own name, or a jwks_url",
        ),
        ('{"kty": "RSA"}', "is JSON, but not the JWK of an RSA key"),
        ("[" * 9000, "is JSON, but not the JWK of an RSA key"),
        (
            "keys/ci.pem",
            "must be a public key in PEM or a JWK: an RSA key of 2048 to 8192 bits or ",
        ),
        ("", "must be a public key in PEM or a JWK"),
        (7.0, "must be a public key in PEM or a JWK"),
        ("x" * 65_537, "is too long for a public key"),
    ],
)
def test_check_reports_an_unusable_public_key(text: object, rule: str) -> None:
    assert find_rule(text).startswith(rule)


def test_check_says_that_a_path_is_no_key() -> None:
    assert find_rule("keys/ci.pem").endswith("declare the content of the file, not its path")
    assert find_certificate_rule("ci.crt").endswith("declare the content of the file, not its path")
    assert find_certificate_rule("ci") == "must be a certificate in PEM"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (RSA.public_pem, "is a public key; declare it in public_keys instead of certificates"),
        (CERTIFICATE * 2, "contains 2 certificates; declare only that of the client, without its"),
        (CERTIFICATE[:-30], "is cut off: one of its lines BEGIN and END is missing"),
        (CERTIFICATE.replace("\n", "\nA", 2), "is damaged or cut off"),
        (CERTIFICATE.replace("\n", "\n!", 2), "is damaged or cut off"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
            "is a certificate request, not a certificate",
        ),
        (
            P384_PAIR.make_certificate(not_before=START),
            "has a public key that is an EC key with the curve secp384r1, not P-256",
        ),
        ("ci", "must be a certificate in PEM"),
        (None, "must be a certificate in PEM"),
        ("x." * 32_768, "must be a certificate in PEM"),
        ("x" * 65_537, "is too long for a certificate"),
    ],
)
def test_check_reports_an_unusable_certificate(text: object, rule: str) -> None:
    assert find_certificate_rule(text).startswith(rule)


@pytest.mark.parametrize(
    ("declared", "subject", "rule"),
    [
        ({}, "", "must have exactly one of public_keys, certificates, jwks_url"),
        (
            {"jwks_url": "https://acme.com/jwks", "certificates": [CERTIFICATE]},
            "",
            "must have exactly one of public_keys, certificates, jwks_url, but has cert",
        ),
        (
            {"keys": {}},
            ".keys",
            "does not exist; authentication has: public_keys, certificates, jwk",
        ),
        ("yes", "", "must be an AuthenticationArgs or a dict"),
        ({"public_keys": {}}, ".public_keys", "must have 1 to 10 keys, but has 0"),
        (
            {"public_keys": [RSA.public_pem]},
            ".public_keys",
            "must be a map of names to public keys",
        ),
        (
            {"public_keys": {" ci": RSA.public_pem}},
            ".public_keys",
            "has a name that must be 1 to 128",
        ),
        ({"public_keys": {"": RSA.public_pem}}, ".public_keys", "has a name that must be 1 to 128"),
        ({"public_keys": {7: RSA.public_pem}}, ".public_keys", "has a name that must be 1 to 128"),
        (
            {"public_keys": {"ci": RSA.public_pem, "CI": EC.public_pem}},
            ".public_keys",
            'has the names "ci" and "CI", which must differ in more than upper and lower case',
        ),
        (
            {"public_keys": {"a": RSA.public_pem, "b": to_der_base64(RSA.public_pem)}},
            '.public_keys["b"]',
            'is the same key as "a"; declare it once',
        ),
        ({"certificates": []}, ".certificates", "must have 1 to 10 certificates, but has 0"),
        ({"certificates": CERTIFICATE}, ".certificates", "must be a list of certificates"),
        (
            {"certificates": [CERTIFICATE, LATER, f"#\n{CERTIFICATE}"]},
            ".certificates[2]",
            "is the same certificate as [0]; declare it once",
        ),
    ],
)
def test_check_reports_a_broken_rule_at_its_property(
    declared: object, subject: str, rule: str
) -> None:
    ((found, text),) = find_broken_members(declared).items()

    assert found == f"authentication{subject}"
    assert text.startswith(rule)


def test_check_takes_no_time_for_a_long_text() -> None:
    begun = "-----BEGIN A-----" * 3800
    long = "[" + "{}," * 5_000_000

    # Each of these took more than ten seconds.
    for declared in (
        {"public_keys": {"ci": begun}},
        {"certificates": [begun]},
        {"public_keys": {long: RSA.public_pem}},
        {"jwks_url": long},
        {"certificates": ["x"] * 100_000},
    ):
        started = time.process_time()
        assert find_broken_members(declared)
        assert time.process_time() - started < 2


def test_certificate_of_an_unknown_version_is_damaged() -> None:
    text = RSA.make_certificate_of_unknown_version()

    assert find_certificate_rule(text) == "is damaged or cut off"


def test_check_reports_too_many_keys() -> None:
    many = {f"k{n}": build_rsa(2048 + 8 * n) for n in range(MAX_KEYS + 1)}

    assert find_broken_members({"public_keys": many}) == {
        "authentication.public_keys": "must have 1 to 10 keys, but has 11"
    }
    del many["k0"]
    assert find_broken_members({"public_keys": many}) == {}


def test_check_reports_too_many_certificates() -> None:
    many = [NOT_KNOWN] * (MAX_KEYS + 1)

    assert find_broken_members({"certificates": many}) == {
        "authentication.certificates": "must have 1 to 10 certificates, but has 11"
    }
    assert find_broken_members({"certificates": many[1:]}) == {}


def test_check_reports_every_unusable_key_at_once() -> None:
    keys = {"a": "no", "b": RSA.public_pem, "c": RSA.private_pem}

    assert [*find_broken_members({"public_keys": keys})] == [
        'authentication.public_keys["a"]',
        'authentication.public_keys["c"]',
    ]


UNKNOWN = Unknown()  # type: ignore[no-untyped-call]  # pulumi does not annotate it


@pytest.mark.parametrize(
    "authentication",
    [
        UNKNOWN,
        {"public_keys": UNKNOWN},
        {"public_keys": {"a": UNKNOWN, "b": RSA.public_pem}},
        {"certificates": [UNKNOWN, CERTIFICATE]},
        {"jwks_url": UNKNOWN},
    ],
)
def test_check_accepts_what_a_preview_does_not_know(authentication: object) -> None:
    declared = {"name": "ci", "role": "x", "authentication": authentication}

    assert find_failures(declared) == []


def test_check_reports_a_broken_rule_next_to_an_unknown_key() -> None:
    keys = {"a": UNKNOWN, "b": "no"}

    (failure,) = find_failures({"name": "ci", "role": "x", "authentication": {"public_keys": keys}})

    assert failure.property == ""
    assert failure.reason.startswith('authentication.public_keys["b"] must be a public key')


@pytest.mark.parametrize("authentication", [UNKNOWN, {"jwks_url": "https://acme.com/jwks"}])
@pytest.mark.parametrize("rotation", [{}, {"triggers": {"a": UNKNOWN}}])
def test_check_refuses_a_rotation_of_a_key_without_a_secret(
    authentication: object, rotation: object
) -> None:
    declared = {"name": "ci", "role": "x", "authentication": authentication, "rotation": rotation}

    (failure,) = find_failures(declared)

    assert failure.reason.startswith("rotation cannot be declared together with authentication")


def test_known_keys_are_normalized_beside_an_unknown_one() -> None:
    commented = f"# comment\n{RSA.public_pem}\r\n"

    assert normalize({"public_keys": {"a": commented, "b": UNKNOWN}}) == {
        "public_keys": {"a": RSA.public_pem, "b": UNKNOWN}
    }
    assert normalize({"certificates": [UNKNOWN, f"#\n{CERTIFICATE}"]}) == {
        "certificates": [CERTIFICATE, UNKNOWN]
    }


@pytest.mark.parametrize("member", ["public_keys", "certificates", "jwks_url"])
def test_unknown_member_is_normalized_to_itself(member: str) -> None:
    assert normalize({member: UNKNOWN}) == {member: UNKNOWN}


def test_url_is_normalized_without_the_space_around_it() -> None:
    url = "https://acme.com/jwks"

    assert normalize({"jwks_url": f" {url}\n"}) == {"jwks_url": url}


def test_certificate_is_normalized_from_the_base64_of_its_der() -> None:
    declared = {"certificates": [to_der_base64(CERTIFICATE)]}

    assert find_broken_members(declared) == {}
    assert normalize(declared) == {"certificates": [CERTIFICATE]}


@pytest.mark.parametrize(
    "declared",
    [None, UNKNOWN, {}, {"certificates": UNKNOWN}, {"certificates": [UNKNOWN]}],
    ids=["none", "unknown", "empty", "unknown list", "unknown certificate"],
)
def test_certificates_that_are_not_known_have_no_names(declared: object) -> None:
    assert find_certificates(declared) == []
    assert list_names(declared) == []


def test_names_are_listed_as_messages_quote_them() -> None:
    assert list_names({"public_keys": {"\u202e": RSA.public_pem, 7: EC.public_pem}}) == [
        '"\\u202e"',
        '"\\u202e"',
    ]
    assert list_names({"certificates": [CERTIFICATE]}) == ['"pipeline"', '"pipeline"']


def test_certificates_are_normalized_to_the_order_in_which_they_expire() -> None:
    declared = {"certificates": [LATER.replace("\n", "\r\n"), f"Bag Attributes\n{CERTIFICATE}"]}

    assert normalize(declared) == {"certificates": [CERTIFICATE, LATER]}


def test_fingerprint_is_the_digest_of_the_public_key_in_der() -> None:
    der = base64.b64decode(to_der_base64(RSA.public_pem))

    assert Authentication(public_keys={"ci": RSA.public_pem}).fingerprints == {
        "ci": f"SHA256:{hashlib.sha256(der).hexdigest()}"
    }


def test_fingerprints_of_certificates_are_those_of_their_keys_by_common_name() -> None:
    by_key = Authentication(public_keys={"ci": RSA.public_pem}).fingerprints or {}
    found = Authentication(certificates=(CERTIFICATE, LATER))

    assert found.fingerprints == {"pipeline": by_key["ci"], "pipeline #2": by_key["ci"]}
    assert found.certificate_expires_at == datetime(2027, 1, 1, tzinfo=timezone.utc)


def test_key_of_a_jwks_url_has_no_fingerprints() -> None:
    found = Authentication(jwks_url="https://acme.com/jwks")

    assert (found.fingerprints, found.certificate_expires_at) == (None, None)


def read(**members: Any) -> Authentication | None:
    return read_authentication(ClientAuthentication.model_validate(members))


@pytest.mark.parametrize(
    "text", [RSA.public_pem, to_der_base64(RSA.public_pem), RSA.public_pem + " "]
)
def test_key_of_the_tenant_is_read_in_any_encoding(text: str) -> None:
    keys = [{"keyName": "ci", "keyValue": text}]

    assert read(authType="PUBKEYCERT", publicKeys=keys) == Authentication(
        public_keys={"ci": RSA.public_pem}
    )


def test_what_is_sent_is_read_again_as_the_same() -> None:
    for declared in (
        Authentication(public_keys={"a": RSA.public_pem, "b": EC.public_pem}),
        Authentication(certificates=(CERTIFICATE, LATER)),
        Authentication(jwks_url="https://acme.com/jwks"),
    ):
        assert read_authentication(declared.to_client_authentication()) == declared


def test_certificate_that_cannot_be_read_does_not_hide_the_client() -> None:
    text = RSA.make_certificate_of_unknown_version()
    found = ClientAuthentication.model_validate(
        {"authType": "PUBKEYCERT", "clientCertificates": [{"certContent": text}]}
    )

    read = read_authentication(found)

    assert read is not None
    assert read.certificates == (text,)
    assert read.fingerprints == {}


@pytest.mark.parametrize("found", [None, {}, {"authType": None}])
def test_client_without_an_authentication_type_has_a_secret(found: object) -> None:
    client = ApiClient.model_validate({"id": "1", "name": "ci", "clientAuthentication": found})

    assert client.has_secrets
    assert read_authentication(client.client_authentication) is None


def test_client_with_a_secret_has_no_authentication() -> None:
    assert read(authType="SECRET") is None
    assert build_key().authentication is None


def test_keys_of_one_name_in_the_tenant_are_numbered() -> None:
    keys = [{"keyName": "ci", "keyValue": pair.public_pem} for pair in (RSA, EC)]

    assert read(authType="PUBKEYCERT", publicKeys=keys) == Authentication(
        public_keys={"ci": RSA.public_pem, "ci #2": EC.public_pem}
    )


@given(st.text(), st.text(), st.text(), st.sampled_from(["PUBKEYCERT", "JWKS", "LATER"]))
def test_any_text_of_the_tenant_is_read_and_described(
    name: str, value: str, url: str, kind: str
) -> None:
    found = read(
        authType=kind,
        publicKeys=[{"keyName": name, "keyValue": value}, {}],
        clientCertificates=[{"certContent": value}, {}],
        clientJWKsUrl=url,
    )

    assert found is not None
    assert found.describe().replace("\n", " ").isprintable()
    assert found.fingerprints is not None


@given(
    st.recursive(
        st.none() | st.text() | st.floats(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["public_keys", "certificates", "jwks_url", "x"]) | st.text(),
                inner,
                max_size=3,
            )
        ),
    )
)
def test_any_declaration_is_checked(declared: object) -> None:
    broken = find_broken_members(declared)

    if not broken:
        normalize(declared)  # type: ignore[arg-type]  # what is no map breaks a rule


_OLD = 'the public keys "old", "new"'
KEYS = Authentication(public_keys={"old": RSA.public_pem, "new": EC.public_pem})


@pytest.mark.parametrize(
    ("declared", "changes"),
    [
        (KEYS, []),
        (Authentication(public_keys={"old": RSA.public_pem}), ['loses the public key "new"']),
        (
            Authentication(public_keys={"old": EC.public_pem, "next": OTHER_RSA.public_pem}),
            [
                'gets the public key "next"',
                'loses the public key "new"',
                'has another public key "old"',
            ],
        ),
        (
            Authentication(certificates=(CERTIFICATE,)),
            ['authenticates with the certificate "pipeline" instead of KEYS'],
        ),
        (
            Authentication(jwks_url="https://acme.com/fake"),
            ["authenticates with the keys of a JWKS URL instead of KEYS"],
        ),
    ],
)
def test_changes_are_described_by_name(declared: Authentication, changes: list[str]) -> None:
    assert declared.describe_changes(KEYS) == [change.replace("KEYS", _OLD) for change in changes]


def test_changes_of_certificates_are_described_by_name() -> None:
    before = Authentication(certificates=(CERTIFICATE,))

    assert Authentication(certificates=(LATER,)).describe_changes(before) == [
        'gets the certificate "pipeline"',
        'loses the certificate "pipeline"',
    ]
    assert before.describe_changes(before) == []


def test_authentication_includes_another_under_any_names() -> None:
    one = Authentication(public_keys={"a": RSA.public_pem})

    assert KEYS.includes(one)
    assert not one.includes(KEYS)
    assert not KEYS.includes(Authentication(jwks_url="https://acme.com/jwks"))
    assert not KEYS.includes(Authentication(certificates=(CERTIFICATE,)))
