"""Messages to webhooks: signed so that any library of the form can check them, and sent to nobody behind the wall."""

import datetime as dt
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.partners.webhooks import connecting, sending, signing
from portal.partners.webhooks.addresses import check_url, is_allowed
from portal.partners.webhooks.sending import post
from tests.webhook_server import PartnerServer, _nothing_known, loopback, make_webhook, partner_server

__all__ = ["_nothing_known", "loopback", "partner_server"]

BODY = b'{"type":"changes","after":7,"changes":"https://portal.example/api/v1/changes/"}'
#: A public address that no test ever reaches: the connection to it is caught.
PUBLIC = "93.184.215.14"


def named(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let every name stand for the first of these answers, asked again for the next; return the names asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        kinds = [socket.AF_INET6 if ":" in number else socket.AF_INET for number in found]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (number, port))
            for kind, number in zip(kinds, found, strict=True)
        ]

    monkeypatch.setattr(connecting.socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Keep to which numbers connections are opened, and let none of them come about."""
    made: list[tuple[str, int]] = []

    def create_connection(address: tuple[str, int], *rest: Any, **more: Any) -> Any:
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return made


@pytest.mark.django_db
def test_a_message_is_accepted_by_the_library_of_the_form_and_a_changed_one_is_not() -> None:
    webhook, secret = make_webhook("https://partner.example/hooks")
    headers = signing.headers(webhook, "msg_1", BODY, timezone.now())
    assert secret.startswith("whsec_")
    assert secret not in webhook.secret
    checker = standardwebhooks.Webhook(secret)
    assert checker.verify(BODY, headers) == json.loads(BODY)
    for wrong in (
        (BODY.replace(b"7", b"8"), headers),
        (BODY, {**headers, "webhook-id": "msg_2"}),
        (BODY, {**headers, "webhook-timestamp": str(int(time.time()) - 3)}),
    ):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            checker.verify(*wrong)


@pytest.mark.django_db
def test_both_secrets_sign_while_both_hold_and_only_the_new_one_after_that() -> None:
    now = timezone.now()
    webhook, new = make_webhook("https://partner.example/hooks")
    old = signing.new_secret()
    webhook.old_secret, webhook.old_secret_until = signing.sealed(old), now + dt.timedelta(hours=24)
    headers = signing.headers(webhook, "msg_1", BODY, now)
    for secret in (old, new):
        standardwebhooks.Webhook(secret).verify(BODY, headers)
    with time_machine.travel(now + dt.timedelta(hours=24, seconds=1), tick=False):
        headers = signing.headers(webhook, "msg_1", BODY, timezone.now())
        standardwebhooks.Webhook(new).verify(BODY, headers)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(old).verify(BODY, headers)


@pytest.mark.parametrize(
    "number",
    [
        *("0.0.0.0", "10.1.2.3", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "192.168.1.1"),
        *("100.64.0.1", "100.100.100.200", "192.0.0.8", "192.88.99.1", "198.18.0.1", "203.0.113.5"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1::"),
    ],
)
def test_no_address_behind_the_wall_is_allowed_in_whichever_way_it_is_written(number: str) -> None:
    assert not is_allowed(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_allowed_also_through_the_translation_of_a_network(number: str) -> None:
    assert is_allowed(ipaddress.ip_address(number))


def test_a_setting_names_private_networks_and_no_more_than_these_are_allowed(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = [ipaddress.ip_network("10.20.0.0/16")]
    assert is_allowed(ipaddress.ip_address("10.20.3.4"))
    assert is_allowed(ipaddress.ip_address("::ffff:10.20.3.4"))
    assert not is_allowed(ipaddress.ip_address("10.21.0.1"))
    assert is_allowed(ipaddress.ip_address(PUBLIC))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://partner.example/", "scheme"),
        ("ftp://partner.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("//partner.example/", "scheme"),
        ("https://", "scheme"),
        ("", "scheme"),
        ("https://user:pass@partner.example/", "credentials"),
        ("https://partner.example@10.0.0.1/", "credentials"),
        ("https://partner.example:25/", "port"),
        ("https://partner.example:6553500/", "port"),
        ("https://[::1", "address"),
        ("https://127.0.0.1/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f.1/", "private"),
        ("https://0177.0.0.1/", "address"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://[::]:8443/", "private"),
    ],
)
def test_an_address_to_which_nothing_can_be_sent_is_refused_with_the_reason(url: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        check_url(url)
    assert refused.value.code == code
    assert post(url, {}, BODY).error in ("address", "private")


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example/hooks?key=1",
        "https://partner.example:8443/",
        f"https://{PUBLIC}/",
        "https://例子.中国/",
    ],
)
def test_an_address_on_the_internet_is_taken(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.1", "127.1", "localhost", "[::1]", "0"])
def test_a_host_written_as_a_number_or_a_name_of_this_machine_is_not_connected_to(
    host: str, connections: list[Any]
) -> None:
    answer = post(f"https://{host}/", {}, BODY)
    assert (answer.error, answer.status) == ("private", None)
    assert connections == []


def test_a_name_of_which_one_address_is_private_is_not_connected_to_at_all(
    monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    named(monkeypatch, [PUBLIC, "10.0.0.1"])
    assert post("https://partner.example/", {}, BODY).error == "private"
    assert connections == []


def test_a_name_that_changes_between_looks_is_connected_to_as_it_was_checked(
    monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    asked = named(monkeypatch, [PUBLIC], ["127.0.0.1"])
    assert post("https://rebinding.example:8443/", {}, BODY).error == "connect"
    assert (asked, connections) == (["rebinding.example"], [(PUBLIC, 8443)])


def test_a_name_that_turned_private_since_its_webhook_was_made_is_refused_when_connecting(
    monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    named(monkeypatch, ["169.254.169.254"])
    check_url("https://rebinding.example/latest/meta-data/")
    assert post("https://rebinding.example/latest/meta-data/", {}, BODY).error == "private"
    assert connections == []


def test_plain_http_goes_to_the_named_networks_alone(
    settings: Any, monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    settings.WEBHOOK_PRIVATE_ADDRESSES = [ipaddress.ip_network("10.20.0.0/16")]
    named(monkeypatch, [PUBLIC])
    assert post("http://partner.example/", {}, BODY).error == "private"
    named(monkeypatch, ["10.20.3.4"])
    assert post("http://inside.example:8080/", {}, BODY).error == "connect"
    assert connections == [("10.20.3.4", 8080)]


def test_the_second_address_is_tried_where_the_first_does_not_answer(
    partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, ["127.7.7.7", "127.0.0.1"])
    assert post(f"http://two.example:{partner_server.port}/hooks", {}, BODY).status == 204


def test_a_name_that_nobody_knows_is_told_apart_and_a_silent_resolver_takes_no_more_than_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*args: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(connecting.socket, "getaddrinfo", unknown)
    assert post("https://nobody.example/", {}, BODY).error == "name"
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(connecting.socket, "getaddrinfo", lambda *args, **more: time.sleep(3))
    begun = time.monotonic()
    assert post("https://silent.example/", {}, BODY).error == "slow"
    assert time.monotonic() - begun < 2


def test_what_arrives_is_the_body_with_its_headers_and_nothing_of_the_environment(
    partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answer = post(f"{partner_server.url}?to=hooks", {"webhook-id": "msg_1"}, BODY)
    assert (answer.status, answer.error, answer.is_success) == (204, "", True)
    (received,) = partner_server.received
    assert (received.path, received.body) == ("/hooks?to=hooks", BODY)
    assert received.headers["webhook-id"] == "msg_1"
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["Host"] == f"127.0.0.1:{partner_server.port}"


def test_a_redirect_is_not_followed(partner_server: PartnerServer) -> None:
    partner_server.status, partner_server.headers = 302, {"Location": f"{partner_server.url}/inside"}
    answer = post(partner_server.url, {}, BODY)
    assert (answer.status, answer.error, answer.is_success) == (302, "redirect", False)
    assert len(partner_server.received) == 1


@pytest.mark.parametrize(("status", "error"), [(400, "refused"), (500, "refused"), (410, "gone"), (204, "")])
def test_the_answer_decides_whether_it_has_arrived(
    partner_server: PartnerServer, status: int, error: str
) -> None:
    partner_server.status, partner_server.headers = status, {"Retry-After": "120"}
    answer = post(partner_server.url, {}, BODY)
    assert (answer.status, answer.error, answer.retry_after) == (status, error, 120)


def test_no_more_than_four_kilobytes_of_an_endless_answer_are_read(partner_server: PartnerServer) -> None:
    sent = [0]

    def endless(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while sent[0] < 200_000_000:
            handler.wfile.write(b"x" * 65536)
            sent[0] += 65536

    partner_server.answer = endless
    assert post(partner_server.url, {}, BODY).is_success
    time.sleep(0.2)
    assert sent[0] < 50_000_000


def test_an_answer_that_trickles_ends_when_the_time_of_a_message_is_over(
    partner_server: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trickle(handler: Any) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 400:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)

    partner_server.answer = trickle
    monkeypatch.setattr(connecting, "WHOLE_SECONDS", 0.6)
    begun = time.monotonic()
    assert post(partner_server.url, {}, BODY).error == "slow"
    assert time.monotonic() - begun < 3


def test_what_is_no_answer_of_http_is_told_apart(partner_server: PartnerServer) -> None:
    partner_server.answer = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    assert post(partner_server.url, {}, BODY).error == "broken"
    partner_server.answer = lambda handler: handler.connection.close()
    assert post(partner_server.url, {}, BODY).error == "broken"


def test_nobody_at_the_port_is_told_apart(partner_server: PartnerServer) -> None:
    partner_server.close()
    assert post(partner_server.url, {}, BODY).error == "connect"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """Return the TLS of a server that holds a certificate for hooks.example, which the portal trusts here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(certificate.public_bytes(pem) + key.private_bytes(pem, *plain))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    sending._tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    yield context
    sending._tls.cache_clear()


def test_the_certificate_must_be_that_of_the_name_though_a_number_is_connected_to(
    authority: ssl.SSLContext, loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PartnerServer(authority)
    asked = named(monkeypatch, ["127.0.0.1"])
    assert post(f"https://hooks.example:{server.port}/", {}, BODY).status == 204
    assert post(f"https://other.example:{server.port}/", {}, BODY).error == "certificate"
    assert post(f"https://127.0.0.1:{server.port}/", {}, BODY).error == "certificate"
    assert [name for name in asked if name != "127.0.0.1"] == ["hooks.example", "other.example"]
    assert len(server.received) == 1
    server.close()
