"""Certificate files, looked at before a connection needs them: the mistakes are the case's own."""

import functools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

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
                return f"{path.name!r} is larger than any bundle of certificates"
            stamps.append((found.st_size, found.st_mtime_ns))
        return find(tuple(stamps), *paths)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


@functools.lru_cache(maxsize=64)
def _ca_problem(_stamps: object, path: Path) -> str:
    content = path.read_bytes()
    if not any(sign in content for sign in _CERTIFICATE):
        return f"{path.name!r} holds no certificate: {_PEM}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        return f"{path.name!r} holds a certificate that cannot be read: {_reason(error)}"
    return ""


class _Encrypted(Exception):  # noqa: N818 - OpenSSL asks for a passphrase
    pass


def _no_passphrase() -> str:
    raise _Encrypted


@functools.lru_cache(maxsize=64)
def _client_problem(_stamps: object, certificate: Path, key: Path) -> str:
    if not any(sign in certificate.read_bytes() for sign in _CERTIFICATE):
        return f"{certificate.name!r} holds no certificate: {_PEM}"
    if _KEY not in key.read_bytes():
        missing = "write cert: [certificate, key]" if certificate == key else "PEM text is needed"
        return f"{key.name!r} holds no private key; {missing}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except _Encrypted:
        return f"the private key in {key.name!r} is encrypted; one without a passphrase is needed"
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return (
                f"the private key in {key.name!r} does not belong to the certificate in "
                f"{certificate.name!r}"
            )
        return f"{certificate.name!r} cannot be used as a client certificate: {_reason(error)}"
    return ""


_PEM: Final = "PEM text with '-----BEGIN CERTIFICATE-----' is needed"


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "not PEM").replace("_", " ").lower()
