# SPDX-License-Identifier: Apache-2.0
"""Receivers on loopback that do whatever a stranger's might: each is a function that is given a connection."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "receiver.test"
"""What the certificate is for, besides 127.0.0.1."""
PATIENCE_SECONDS = 30

Manner = Callable[["Visit"], None]


class Visit:
    """One connection to a receiver; ``is_over`` is set when the test is."""

    def __init__(self, connection: socket.socket, is_over: threading.Event) -> None:
        self.connection = connection
        self.is_over = is_over

    def heard(self) -> bytes:
        """The request, to the end of the body that it announces."""
        said = b""
        while b"\r\n\r\n" not in said:
            said += self._more()
        head, _, body = said.partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(lines[b"content-length"]):
            body += self._more()
        return head + b"\r\n\r\n" + body

    def _more(self) -> bytes:
        piece = self.connection.recv(65536)
        if not piece:
            raise ConnectionError("the caller has gone")
        return piece

    def say(self, text: bytes) -> None:
        self.connection.sendall(text)

    def endlessly(self, piece: bytes, pause: float = 0) -> None:
        """Say this until the caller goes."""
        while not self.is_over.wait(pause):
            self.say(piece)


class Receiver:
    """``requests`` are those that were heard in full."""

    def __init__(self, manner: Manner, port: int, requests: list[bytes]) -> None:
        self.port = port
        self.requests = requests
        self.manner = manner


@contextmanager
def listening(manner: Manner, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[Receiver]:
    """A receiver with this manner until the block ends."""
    is_over = threading.Event()
    with socket.create_server((address, 0)) as server:
        receiver = Receiver(manner, server.getsockname()[1], [])

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                connection.settimeout(PATIENCE_SECONDS)
                met = connection if tls is None else tls.wrap_socket(connection, server_side=True)
                with met:
                    receiver.manner(_Recording(met, is_over, receiver.requests))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield receiver
        finally:
            is_over.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Recording(Visit):
    def __init__(self, connection: socket.socket, is_over: threading.Event, requests: list[bytes]) -> None:
        super().__init__(connection, is_over)
        self._requests = requests

    def heard(self) -> bytes:
        request = super().heard()
        self._requests.append(request)
        return request


def answers(status: str, body: bytes = b"", *headers: str) -> Manner:
    """Hear the request and answer it."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]

    def manner(visit: Visit) -> None:
        visit.heard()
        visit.say("\r\n".join(lines).encode() + body)

    return manner


def certificate(folder: Path) -> Path:
    """A certificate with its key that is its own authority, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    born = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(born)
        .not_valid_after(born + datetime.timedelta(days=36500))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "receiver.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def tls_of(file: Path) -> ssl.SSLContext:
    """The receiver's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
