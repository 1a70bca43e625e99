"""Connecting to an address of somebody else's choice: looked up once, checked, and connected to as checked.

A name that is checked first and looked up again by the connection can stand for another machine by then (DNS
rebinding). Here the connection is made to the very number that was checked; the name serves the certificate alone.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from portal.partners.webhooks.addresses import IP, is_allowed, is_named

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0


class NotAllowed(httpcore.ConnectError):
    """The name stands for an address to which the portal does not speak."""


class NoSuchName(httpcore.ConnectError):
    """Nobody knows the name."""


def look_up(host: str, port: int) -> list[IP]:
    """Return the addresses of a name, also of one written as a number in any of the ways that a system reads.

    Raises OSError.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # What follows the % is the interface of a link-local address; the address alone is refused.
    return list(dict.fromkeys(ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found))


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to checked addresses only, and lets nothing take longer than a message may.

    `is_plain`: for http:// every address must be one that the setting names.
    """

    def __init__(self, *, is_plain: bool) -> None:
        self.is_plain = is_plain
        self.ends = time.monotonic() + WHOLE_SECONDS
        self.inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a name that answers. Raises NotAllowed when any of them is not allowed."""
        ends = min(self.ends, time.monotonic() + CONNECT_SECONDS)
        addresses = self._addresses(host, port, ends)
        allowed = is_named if self.is_plain else is_allowed
        if not all(allowed(address) for address in addresses):
            raise NotAllowed(host)
        failure: Exception = NoSuchName(host)
        for position, address in enumerate(addresses):
            # A first address that swallows packets must leave time for the next one.
            share = (ends - time.monotonic()) / (len(addresses) - position)
            if share <= 0:
                raise httpcore.ConnectTimeout(host)
            try:
                stream = self.inner.connect_tcp(str(address), port, share, None, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return TimedStream(stream, self.ends)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Refuse: no partner answers there."""
        raise NotAllowed(path)

    def _addresses(self, host: str, port: int, ends: float) -> list[IP]:
        """Return what a name stands for. A resolver that does not answer is left to itself: it knows no time limit."""
        answers: queue.SimpleQueue[list[IP] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(look_up(host, port))
            except (OSError, ValueError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=ask, daemon=True, name="look-up").start()
        try:
            found = answers.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            raise httpcore.ConnectTimeout(host) from None
        if isinstance(found, Exception) or not found:
            raise NoSuchName(host)
        return found


class TimedStream(httpcore.NetworkStream):
    """A connection on which every step must be done before one moment: bytes that trickle do not make time."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self.stream = stream
        self.ends = ends

    def _left(self, failure: type[Exception]) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise failure("too slow")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        return self.stream.read(max_bytes, self._left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write bytes."""
        self.stream.write(buffer, self._left(httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from now on, with whoever holds the name's certificate."""
        left = self._left(httpcore.ConnectTimeout)
        return TimedStream(self.stream.start_tls(ssl_context, server_hostname, left), self.ends)

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows of itself."""
        return self.stream.get_extra_info(info)
