"""A way out of text messages that keeps what was sent, and fails when it is told to."""

from portal.accounts.sms import SmsNotSent

#: (number, text) of what left, and what happens to those that are sent next: "" takes one, a word refuses it.
SENT: list[tuple[str, str]] = []
FAULTS: list[str] = []


class Kept:
    """Keep each message, or refuse it."""

    def send(self, phone: str, text: str) -> None:
        """Keep the message; raise SmsNotSent for as long as there are faults."""
        fault = FAULTS.pop(0) if FAULTS else ""
        if fault:
            raise SmsNotSent(fault)
        SENT.append((phone, text))
