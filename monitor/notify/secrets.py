"""Where the addresses and keys of ways are kept: in the environment or in a file, never in a plant, never in words."""

import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

VARIABLE = "GRADEWATCH_WAY_"
FOLDER = "ways"
_HIDDEN = "***"
_LIMIT_BYTES = 16_384
_TOKEN = 6
"""A value in an address that is so long or longer may be a key, and is hidden."""
_WEB_PATH_TOKEN = 10
"""So may a part of a path that is so long, or has a digit; other ones (`webhook`) are words that an answer needs."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SecretError(Exception):
    """A secret is missing or not of its form. Its words name the secret and where it is looked for, never its value."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """An address and, where the service has one, a key to sign with.

    Attributes:
        name: as the plant calls it.
        url: the address; keys often stand in it.
        key: what is signed with; "" where nothing is.
    """

    name: str
    url: str
    key: str = ""
    _parts: tuple[str, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", _parts(self.url, self.key))

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def hide(self, text: str) -> str:
        """The text with nothing of this secret in it, however it is escaped."""
        for part in self._parts:
            text = text.replace(part, _HIDDEN)
        return text


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Finds secrets by name. Each is read when it is used, so that one which was changed counts at once.

    Attributes:
        folder: `<data>/ways`.
    """

    environ: Mapping[str, str]
    folder: Path

    def __repr__(self) -> str:
        return f"Secrets({str(self.folder)!r})"

    def read(self, name: str) -> Secret:
        """The secret of this name, from the environment or else from its file.

        Raises:
            SecretError: it is missing, not of its form, or open to others.
        """
        if not _NAME.fullmatch(name):
            raise SecretError(f"'{name}' is no name of a secret: letters, digits, - and _")
        written = self.environ.get(variable(name))
        return _parse(name, self._file(name) if written is None else written)

    def _file(self, name: str) -> str:
        path = self.folder / name
        try:
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                raise SecretError(f"the file {path} of secret '{name}' is open to others: chmod 600")
            with path.open("rb") as file:
                return file.read(_LIMIT_BYTES + 1).decode()
        except FileNotFoundError:
            raise SecretError(f"secret '{name}' is missing: set {variable(name)} or write {path}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(
                f"the file {path} of secret '{name}' cannot be read: {type(error).__name__}"
            ) from None


def variable(name: str) -> str:
    """The environment variable that holds the secret of this name."""
    return VARIABLE + name.upper().replace("-", "_")


def web_address(secret: Secret) -> str:
    """The secret's address, to which something may be sent over HTTP.

    Raises:
        SecretError: it is no such address, or neither https nor on this machine: keys would be read on the way.
    """
    try:
        parts = urlsplit(secret.url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SecretError(f"the address of secret '{secret.name}' is no URL") from None
    if (parts.scheme == "https" and host) or (parts.scheme == "http" and host in _LOOPBACK):
        return secret.url
    raise SecretError(f"the address of secret '{secret.name}' must begin with https://")


def _parse(name: str, written: str) -> Secret:
    written = written.strip()
    if not written or len(written) > _LIMIT_BYTES:
        raise SecretError(f"secret '{name}' is empty or too long")
    if not written.startswith("{"):
        return _made(name, {"url": written})
    try:
        fields = json.loads(written)
    except (ValueError, RecursionError):
        raise SecretError(f"secret '{name}' begins like JSON and is none") from None
    return _made(name, fields)


def _made(name: str, fields: object) -> Secret:
    if not isinstance(fields, dict) or "url" not in fields or not set(fields) <= {"url", "key"}:
        _shape(name)
    url, key = fields["url"], fields.get("key", "")
    if (
        not isinstance(url, str)
        or not isinstance(key, str)
        or not (url + key).isprintable()
        or " " in url + key
    ):
        _shape(name)
    return Secret(name, url, key)


def _shape(name: str) -> NoReturn:
    raise SecretError(f'secret \'{name}\' must be one URL, or {{"url": "...", "key": "..."}}')


def _parts(url: str, key: str) -> tuple[str, ...]:
    """All that must not be told, the longest first, so that no rest of a longer one stays."""
    plain = {url, key, *_tokens(url)}
    escaped = {written(part) for part in plain for written in _ESCAPES}
    return tuple(sorted((part for part in plain | escaped if part), key=len, reverse=True))


def _tokens(url: str) -> set[str]:
    """The parts of an address that may be keys. Apprise's addresses have theirs anywhere, also in place of a host."""
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    values = [one.partition("=")[2] for one in query.split("&")]
    if scheme in ("http", "https"):
        login, _, host_and_path = place.rpartition("@")
        long_ones = [one for one in host_and_path.split("/")[1:] if _may_be_key(one)]
        values += [*login.split(":"), *long_ones]
    else:
        values += re.split(r"[/:@,]+", place)
    password = place.rpartition("@")[0].partition(":")[2]
    return {one for one in (*values, password) if "{" not in one and (len(one) >= _TOKEN or one == password)}


def _may_be_key(part: str) -> bool:
    return len(part) >= _WEB_PATH_TOKEN or (len(part) >= _TOKEN and any(one.isdigit() for one in part))


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _in_bytes(text: str) -> str:
    return repr(text.encode())[2:-1]


def _in_small(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote_plus(text))


_ESCAPES = (quote, quote_plus, unquote, unquote_plus, escape, _in_json, _in_bytes, _in_small)
