"""Text messages: one way out that prints, one over HTTP."""

import logging
import sys
from typing import Protocol

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from portal.running.requests import HEADER, request_id

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0


class SmsNotSent(Exception):
    """The message did not leave; what happened is in the log, without the number or the text."""


class SmsBackend(Protocol):
    """Send one text to one number."""

    def send(self, phone: str, text: str) -> None:
        """Send the text to a phone in E.164; raise SmsNotSent when it did not leave."""


class PrintingBackend:
    """Print each message: for development, and for a machine without a provider."""

    def send(self, phone: str, text: str) -> None:
        """Write the message to standard output, so that it stands beside the server's own lines."""
        sys.stdout.write(f"SMS {phone}: {text}\n")
        sys.stdout.flush()


class HttpBackend:
    """Post `{"phone", "text"}` as JSON to `SMS_HTTP_URL`, with `SMS_HTTP_TOKEN` as a bearer token.

    Any 2xx means taken. A connection that fails and an answer of 5xx are tried once more; 4xx is final. A time-out
    while waiting for the answer is not repeated: the message may be on its way, and a second one would confuse.
    """

    def __init__(self) -> None:
        self.url = settings.SMS_HTTP_URL
        if not self.url:
            raise ImproperlyConfigured("Set SMS_HTTP_URL: messages are to be sent over HTTP.")
        self.token = settings.SMS_HTTP_TOKEN

    def send(self, phone: str, text: str) -> None:
        """Send the message, trying twice."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if number := request_id():
            headers[HEADER] = number
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        failure = ""
        with httpx.Client(timeout=timeout, headers=headers) as client:
            for _attempt in range(2):
                try:
                    answer = client.post(self.url, json={"phone": phone, "text": text})
                except (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError) as error:
                    failure = type(error).__name__
                    continue
                except httpx.HTTPError as error:
                    failure = type(error).__name__
                    break
                if answer.is_success:
                    return
                failure = f"status {answer.status_code}"
                if answer.status_code < 500:
                    break
        logger.error("sms not sent: %s", failure)
        raise SmsNotSent(failure)


def backend() -> SmsBackend:
    """Return the way out that `SMS_BACKEND` names."""
    return import_string(settings.SMS_BACKEND)()


def send_sms(phone: str, text: str) -> None:
    """Send one text message; raise SmsNotSent when it did not leave."""
    backend().send(phone, text)
