"""Finds private keys in texts that may not be shown or sent: PEM, DER, JWK, in any usual encoding.

It reads how a text begins and what its members are called, so it also finds half a key, and needs
no library. It takes a public key or a certificate for none.
"""

import re
from base64 import b64decode
from typing import Literal

PrivateForm = Literal["pem", "jwk"]

_HEADER = re.compile(
    r"(?:BEGIN|END)[^A-Z0-9]{1,8}(?:[A-Z0-9]{1,12}[^A-Z0-9]{1,8}){0,3}PRIVATE[^A-Z0-9]{1,8}KEY",
    re.IGNORECASE,
)
_OTHER_SIGNS = ("PRIVATE KEY", "PuTTY-User-Key-File", "openssh-key-v1", "AGE-SECRET-KEY-")
# Private members of a JWK (RFC 7518, 6.2.2, 6.3.2 and 6.4.1), and of RSA keys in XML.
_MEMBER = re.compile(r"""["'](?:d|p|q|dp|dq|qi|oth|k)["']\s{0,64}:""", re.IGNORECASE)
_XML_MEMBER = re.compile(r"<(?:D|P|Q|DP|DQ|InverseQ)>")
_ESCAPE = re.compile(r"\\u00([0-7][0-9a-fA-F])")
_ARMOR = re.compile(r"-----[^-\r\n]{1,80}-----")
# The letters of base64, also of its form for URLs, in words or lines.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+(?:[\s=]+[A-Za-z0-9+/_-]+)*")
_HEX = re.compile(r"[0-9a-fA-F]{64,}")
_SEQUENCE, _INTEGER = 0x30, 0x02
# PKCS #5 and PKCS #12: how a private key is encrypted.
_ENCRYPTION = (bytes.fromhex("2a864886f70d0105"), bytes.fromhex("2a864886f70d010c"))
_SHORTEST_DER = 32  # bytes
_SHOWS_DER = 128  # letters of base64 that show what the DER is


def find_private_key(text: str) -> PrivateForm | None:
    """Return the form of the private key that a text contains, anywhere; None if it has none."""
    # A byte order mark, the zeros of UTF-16 and invisible characters hide nothing.
    plain = "".join(each for each in text if each.isprintable() or each.isspace())
    form = _find_sign(plain)
    if form is None:
        plain = plain.replace("\\r", "\r").replace("\\n", "\n").replace("\\/", "/")
        form = next((found for each in _ARMOR.split(plain) if (found := _find_encoded(each))), None)
    return form


def _find_sign(text: str) -> PrivateForm | None:
    if any(each in text for each in _OTHER_SIGNS) or _HEADER.search(text):
        return "pem"
    readable = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if _MEMBER.search(readable) or _XML_MEMBER.search(readable):
        return "jwk"
    return None


def _find_encoded(text: str) -> PrivateForm | None:
    """Return the form of a private key that base64 or hex hides."""
    if any(_is_private_der(_from_hex(found[0])) for found in _HEX.finditer(text)):
        return "pem"
    for group in _BASE64.finditer(text):
        words = re.split(r"[\s=]+", group[0])
        # Every sequence in DER begins with this letter.
        starts = (at for at, word in enumerate(words) if word.startswith("M"))
        if any(_is_private_der(_decode(_join(words, at))) for at in starts):
            return "pem"
        form = _find_sign(_decode("".join(words)).decode("utf-8", errors="replace"))
        if form is not None:
            return form
    return None


def _join(words: list[str], start: int) -> str:
    joined = ""
    for word in words[start:]:
        joined += word[:_SHOWS_DER]
        if len(joined) >= _SHOWS_DER:
            break
    return joined


def _decode(letters: str) -> bytes:
    whole = letters[: len(letters) // 4 * 4] if len(letters) % 4 == 1 else letters
    padded = whole + "=" * (-len(whole) % 4)
    try:
        return b64decode(padded, altchars=b"-_" if set("-_") & set(whole) else None)
    except ValueError:
        return b""


def _from_hex(digits: str) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _is_private_der(content: bytes) -> bool:
    """Whether bytes begin as PKCS #1, #8 or #12 or SEC 1 does.

    All are a sequence that begins with a version, of one byte. A public key and a certificate begin
    with another sequence, or with a longer number.
    """
    if len(content) < _SHORTEST_DER or content[0] != _SEQUENCE:
        return False
    octets = content[1] & 0x7F if content[1] & 0x80 else 0
    inner = content[2 + octets :]
    if inner[:2] == bytes((_INTEGER, 1)):
        return inner[2] <= 3 and inner[3] in (_INTEGER, 0x04, _SEQUENCE)  # noqa: PLR2004 - versions
    return inner[:1] == bytes((_SEQUENCE,)) and any(each in inner[:16] for each in _ENCRYPTION)
