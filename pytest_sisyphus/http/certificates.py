"""Certificate files, looked at before a connection needs them: the mistakes are the case's own."""

import functools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pytest_sisyphus.i18n import language, marked, of_library, tr

#: bytes; larger than any bundle of certificates.
_MAX_SIZE: Final = 16 * 1024 * 1024
_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----", b"-----BEGIN TRUSTED CERTIFICATE-----"
_KEY: Final = b"PRIVATE KEY-----"


def ca_problem(path: Path) -> str:
    """Why a CA file cannot check any server; empty if it can."""
    return _problem(_ca_problem, path)


def client_problem(certificate: Path, key: Path) -> str:
    """Why a client certificate cannot be shown to a server; empty if it can. `key`: the same file,
    if both stand in it."""
    return _problem(_client_problem, certificate, key)


def _problem(find: Callable[..., str], *paths: Path) -> str:
    """What `find` says of the files as they are now."""
    try:
        stamps = []
        for path in paths:
            found = path.stat()
            if found.st_size > _MAX_SIZE:
                return tr("{name!r} is larger than any bundle of certificates", name=path.name)
            stamps.append((found.st_size, found.st_mtime_ns))
        return find((language(), *stamps), *paths)
    except OSError as error:
        return tr("cannot be read: {reason}", reason=of_library(error.strerror or str(error)))


@functools.lru_cache(maxsize=64)
def _ca_problem(_known_by: object, path: Path) -> str:
    content = path.read_bytes()
    if not any(sign in content for sign in _CERTIFICATE):
        return tr("{name!r} holds no certificate: {needed}", name=path.name, needed=tr(_PEM))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        return tr(
            "{name!r} holds a certificate that cannot be read: {reason}",
            name=path.name,
            reason=_reason(error),
        )
    return ""


class _Encrypted(Exception):  # noqa: N818 - OpenSSL asks for a passphrase
    pass


def _no_passphrase() -> str:
    raise _Encrypted


@functools.lru_cache(maxsize=64)
def _client_problem(_known_by: object, certificate: Path, key: Path) -> str:
    if not any(sign in certificate.read_bytes() for sign in _CERTIFICATE):
        return tr("{name!r} holds no certificate: {needed}", name=certificate.name, needed=tr(_PEM))
    if _KEY not in key.read_bytes():
        missing = (
            tr("write cert: [certificate, key]") if certificate == key else tr("PEM text is needed")
        )
        return tr("{name!r} holds no private key; {missing}", name=key.name, missing=missing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except _Encrypted:
        return tr(
            "the private key in {name!r} is encrypted; one without a passphrase is needed",
            name=key.name,
        )
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return tr(
                "the private key in {key!r} does not belong to the certificate in {certificate!r}",
                key=key.name,
                certificate=certificate.name,
            )
        return tr(
            "{name!r} cannot be used as a client certificate: {reason}",
            name=certificate.name,
            reason=_reason(error),
        )
    return ""


_PEM: Final = marked("PEM text with '-----BEGIN CERTIFICATE-----' is needed")


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or tr("not PEM")).replace("_", " ").lower()
