"""To which addresses the portal may speak: public ones, and those that a setting names.

Whoever writes an address here decides where our machines connect to. What a name stands for is looked at when
connecting (`connecting`), since it may stand for something else a moment later.
"""

import ipaddress
import socket
from typing import NamedTuple

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Where an IPv6 address carries an IPv4 one that a router of such a network would speak to.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
#: Set aside by the registry, which `is_global` of older Pythons does not know in full.
NO_PLACE = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "2002::/16", "5f00::/16")
)
#: A body sent to port 25 would be a letter; servers of HTTP sit at these ports or above 1023.
LOW_PORTS, MOST_PORT = (80, 443), 65535


class Target(NamedTuple):
    """Where a message goes, read once."""

    scheme: str
    host: str
    port: int
    path: bytes


def carried(address: IP) -> IP:
    """Return the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64 or (address in IPV4_COMPATIBLE and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address


def is_named(address: IP) -> bool:
    """Say whether WEBHOOK_PRIVATE_ADDRESSES allows the address."""
    real = carried(address)
    return any(real.version == network.version and real in network for network in _private())


def is_allowed(address: IP) -> bool:
    """Say whether the portal may connect to an address: a public one for one host, or one that the setting names."""
    if is_named(address):
        return True
    real = carried(address)
    if any(real.version == network.version and real in network for network in NO_PLACE):
        return False
    return real.is_global and not (
        real.is_multicast
        or real.is_reserved
        or real.is_unspecified
        or real.is_loopback
        or real.is_link_local
        or getattr(real, "is_site_local", False)
    )


def read_target(url: str) -> Target:
    """Return the parts of an address. Raises ValidationError for one to which nothing will ever be sent."""
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise ValidationError(_("This is not an address."), code="address") from None
    if parsed.scheme not in ("https", "http") or not host:
        raise ValidationError(_("An address begins with https://."), code="scheme")
    if parsed.scheme == "http" and not _private():
        raise ValidationError(
            _("Only https:// keeps others from reading what passes and from answering for you."),
            code="scheme",
        )
    if parsed.userinfo:
        raise ValidationError(
            _("Leave out name and password: messages are signed, check the signature instead."),
            code="credentials",
        )
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if (port < 1024 and port not in LOW_PORTS) or port > MOST_PORT:
        raise ValidationError(_("No web server answers at this port."), code="port")
    return Target(parsed.scheme, host, port, parsed.raw_path)


def check_url(url: str) -> None:
    """Raise ValidationError for an address that cannot be that of a webhook, as far as it can be seen by itself."""
    target = read_target(url)
    address = _as_number(target.host.strip("[]"))
    if address is not None and not is_allowed(address):
        raise ValidationError(
            _("This address lies in a private network, where nothing is sent."), code="private"
        )


def _as_number(host: str) -> IP | None:
    """Return the address that a host is, also where it is written as "2130706433" or "0x7f.1"; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _private() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return settings.WEBHOOK_PRIVATE_ADDRESSES
