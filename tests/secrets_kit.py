"""Secrets written in every form that this program or HTTP uses, made without its own code."""

import base64
import html
import json
import quopri
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, urlencode

USER = "alice"
SECRETS = (
    "c4nary-pass",
    "pä s/w+ö\"r\\d=%41&'x<",
    "4711-0815",
    "\N{GREEK SMALL LETTER PI}=\N{TELESCOPE}3.14~:?#[]@!$",
)


def forms(secret: str, user: str = USER) -> Iterator[tuple[str, str]]:
    """A name for each form, and the secret in it."""
    raw = secret.encode()
    login = base64.b64encode(f"{user}:{secret}".encode()).decode()
    alone = base64.b64encode(raw).decode()
    yield "plain", secret
    yield "the header", f"Authorization: Basic {login}"
    yield "Base64 of itself", alone
    yield "Base64 without its end", login.rstrip("=")
    yield "Base64 for URLs", base64.urlsafe_b64encode(f"{user}:{secret}".encode()).decode()
    yield "Base64 of Base64", base64.b64encode(login.encode()).decode()
    whole = f"GET /api HTTP/1.1\r\nAuthorization: Basic {login}\r\n\r\n"
    yield "a request in Base64", base64.b64encode(whole.encode()).decode()
    yield "a request with the secret in Base64", base64.b64encode(f"x={secret}".encode()).decode()
    yield "URL", quote(secret, safe="")
    yield "URL in small letters", lower_escapes(quote(secret, safe=""))
    yield "URL of every byte", "".join(f"%{byte:02X}" for byte in raw)
    yield "URL twice", quote(quote(secret, safe=""), safe="")
    yield "old JavaScript", "".join(f"%u{ord(char):04x}" for char in secret if ord(char) < 65536)
    yield "form", urlencode({"password": secret})
    yield "form plus", quote_plus(secret)
    yield "Base64 in a URL", quote(login, safe="")
    yield "JSON", json.dumps({"password": secret})
    yield "JSON, not escaped", json.dumps(secret, ensure_ascii=False)
    yield "PHP's JSON", json.dumps(f"Basic {login} {secret}").replace("/", "\\/")
    yield "JSON of every character", json_escapes(secret)
    yield "JSON in JSON", json.dumps(json.dumps(secret))
    yield "HTML", html.escape(secret)
    yield "HTML by numbers", "".join(f"&#{ord(char)};" for char in secret)
    yield "HTML by hex numbers", "".join(f"&#x{ord(char):X};" for char in secret)
    yield "JSON in HTML", html.escape(json.dumps(secret))
    yield "Python", repr(secret)
    yield "Python's bytes", repr(raw)
    yield "quoted-printable", quopri.encodestring(raw).decode()
    yield "quoted-printable of every byte", "".join(f"={byte:02X}" for byte in raw)
    yield "hex", raw.hex()
    yield "HEX", raw.hex().upper()
    yield "hex with colons", raw.hex(":")
    yield "hex with blanks", raw.hex(" ")
    yield "hex of the login", f"{user}:{secret}".encode().hex()
    yield "lines", f"{secret[:5]}\r\n {secret[5:]}"
    yield "Base64 in lines", "\n".join(login[at : at + 6] for at in range(0, len(login), 6))
    yield "Base64 in JSON lines", json.dumps(f"{login[:7]}\n{login[7:]}")
    yield "quoted-printable in lines", f"{secret[:4]}=\r\n{secret[4:]}"
    yield "UTF-8 taken for Latin-1", raw.decode("latin-1")
    yield from nested(secret, raw, login)
    yield from broken(secret)


def nested(secret: str, raw: bytes, login: str) -> Iterator[tuple[str, str]]:
    """One code in another, and codes of other bytes."""
    yield "URL in Base64", base64.b64encode(quote(secret, safe="").encode()).decode()
    yield "JSON in Base64", base64.b64encode(json.dumps({"p": secret}).encode()).decode()
    yield "hex in Base64", base64.b64encode(raw.hex().encode()).decode()
    yield "Base64 in hex", login.encode().hex()
    yield "Base64 three times", _base64(_base64(_base64(secret)))
    yield "UTF-16 in Base64", base64.b64encode(secret.encode("utf-16-le")).decode()
    yield "UTF-16 in hex", secret.encode("utf-16-be").hex()
    yield "bytes as numbers", str(list(raw))
    yield "decomposed", unicodedata.normalize("NFD", secret)
    yield "decomposed in a URL", quote(unicodedata.normalize("NFD", secret))


def broken(secret: str) -> Iterator[tuple[str, str]]:
    """With something in its midst that does not show, or shows otherwise."""
    yield "with signs that do not show", f"{secret[:4]}\u200b\u00ad{secret[4:]}"
    yield "with a tag inside", f"{secret[:4]}<b>{secret[4:]}"
    yield "with a colour inside", f"{secret[:4]}\x1b[31m{secret[4:]}"
    yield "with blanks that do not break", secret.replace(" ", "\u00a0")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def lower_escapes(text: str) -> str:
    head, *rest = text.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])


def json_escapes(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def traces(secret: str, user: str = USER) -> list[str]:
    """What is in a text only if some form of the secret is, or half of one."""
    login = base64.b64encode(f"{user}:{secret}".encode()).decode()
    alone = base64.b64encode(secret.encode()).decode()
    return [secret, secret[:8], login[9:18], alone[:9], secret.encode().hex()[:12]]
