"""The certificate with which `make run HTTPS=1` serves phones on the local network."""

import datetime as dt
import ssl
from pathlib import Path

import time_machine
from cryptography import x509

from scripts import certificate


def names_of(path: Path) -> list[str]:
    found = x509.load_pem_x509_certificate(path.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def test_it_is_made_once_for_localhost_and_the_local_address_and_fits_its_key(tmp_path: Path) -> None:
    first, key = certificate.ensure(tmp_path, "192.168.1.20")
    assert names_of(first) == ["localhost", "127.0.0.1", "192.168.1.20"]
    assert key.stat().st_mode & 0o777 == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(first, key)
    before = first.read_bytes()
    assert certificate.ensure(tmp_path, "192.168.1.20")[0].read_bytes() == before


def test_it_is_made_anew_for_another_address_and_before_it_ends(tmp_path: Path) -> None:
    before = certificate.ensure(tmp_path, "192.168.1.20")[0].read_bytes()
    moved = certificate.ensure(tmp_path, "192.168.1.21")[0].read_bytes()
    assert moved != before
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=360), tick=False):
        assert certificate.ensure(tmp_path, "192.168.1.21")[0].read_bytes() != moved
