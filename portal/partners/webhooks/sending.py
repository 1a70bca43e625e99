"""Sending one message: a POST of a few bytes, of whose answer little more than the status is read."""

import ssl
import time
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.partners.webhooks.addresses import read_target
from portal.partners.webhooks.connecting import CheckedNetwork, NoSuchName, NotAllowed

#: More of an answer is nobody's business: it is read so that the other side may finish its sentence.
MOST_BYTES = 4096
#: What went wrong, by the word that a try keeps.
FAILURES = {
    "refused": _("the answer was no success"),
    "redirect": _("the answer led elsewhere; give the address where it ends"),
    "gone": _("the answer was that nobody is there any more"),
    "private": _("the name stands for an address in a private network"),
    "name": _("nobody knows this name"),
    "connect": _("nobody answers there"),
    "slow": _("it took too long"),
    "certificate": _("the certificate is not valid for this name"),
    "broken": _("the answer could not be read"),
    "address": _("nothing is sent to such an address any more"),
    "secret": _("the secret cannot be read any more; rotate it"),
    "stopped": _("sending was interrupted too often"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try: a status, or the word for why there is none."""

    status: int | None = None
    error: str = ""
    milliseconds: int = 0
    retry_after: int = 0

    @property
    def is_success(self) -> bool:
        """Say whether the message has arrived."""
        return self.status is not None and 200 <= self.status < 300


def post(url: str, headers: dict[str, str], body: bytes) -> Answer:
    """Send a body and return what was answered; never raises for what the other side does.

    Neither the environment's proxies nor redirects nor cookies are followed, and no connection is kept.
    """
    begun = time.monotonic()
    try:
        answer = _post(url, headers, body)
    except ValidationError:
        answer = Answer(error="address")
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        answer = Answer(error=_word(error))
    milliseconds = round((time.monotonic() - begun) * 1000)
    return Answer(answer.status, answer.error, milliseconds, answer.retry_after)


def _post(url: str, headers: dict[str, str], body: bytes) -> Answer:
    target = read_target(url)
    is_plain = target.scheme == "http"
    usual = 80 if is_plain else 443
    named = f"[{target.host}]" if ":" in target.host else target.host
    host = named if target.port == usual else f"{named}:{target.port}"
    sent = {
        "Host": host,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "User-Agent": "Nuanxin-Webhooks",
        "Accept": "*/*",
        "Connection": "close",
        **headers,
    }
    address = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path
    )
    network = CheckedNetwork(is_plain=is_plain)
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=network, retries=0) as pool,
        pool.stream("POST", address, headers=list(sent.items()), content=body) as response,
    ):
        status, retry_after = response.status, _seconds(response.headers)
        read = 0
        try:
            for part in response.iter_stream():
                read += len(part)
                if read >= MOST_BYTES:
                    break
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
            # The status is known; how the rest of the answer fares changes nothing.
            pass
    return Answer(status, _word_of(status), retry_after=retry_after)


@cache
def _tls() -> ssl.SSLContext:
    # SSL_CERT_FILE names an authority of one's own; the rest of the environment is not asked.
    return httpx.create_ssl_context()


def _seconds(headers: list[tuple[bytes, bytes]]) -> int:
    """Return for how many seconds the other side asks to be left alone; a date is not worth its code."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) <= 6:
            return int(value)
    return 0


def _word_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "redirect"
    return "gone" if status == 410 else "refused"


def _word(error: Exception) -> str:
    if isinstance(error, NotAllowed):
        return "private"
    if isinstance(error, NoSuchName):
        return "name"
    if isinstance(error, httpcore.TimeoutException | TimeoutError):
        return "slow"
    # httpcore wraps what the system raised and takes the cause away on its way out.
    if any(isinstance(wrapped, ssl.SSLError) for wrapped in (error, *error.args)):
        return "certificate"
    return "connect" if isinstance(error, httpcore.ConnectError) else "broken"
