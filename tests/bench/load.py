"""A city's load: pages at twenty requests a second on one worker, and every page of the admin."""

import http.client
import itertools
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from typing import Any
from urllib.parse import urlencode

from tests.bench import serving
from tests.bench.measuring import Row

RATE, SECONDS = 20, 30
PAGE_MS, ADMIN_MS = 200, 500
CLERKS_STREET = "330105010"
PLACE = "30.3463,120.1601"
#: A page's name, how often it comes in a hundred requests, and what returns its next address.
Page = tuple[str, int, Callable[[], str]]
WORDS = ("康桥", "kq", "充电", "套餐")


def get(port: int, path: str, cookie: str = "") -> bytes:
    """Return what a path answers; raise Failed for anything but 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Host": "localhost", "Accept-Language": "zh-CN", **({"Cookie": cookie} if cookie else {})}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise serving.Failed(f"{path} answered {answer.status}")
        return body
    finally:
        connection.close()


def pages() -> list[Page]:
    """Return what people ask for: a name, how often in a hundred requests, and the next address of it."""
    from django.urls import reverse

    from portal.listings.kinds import listing_models

    def turning(addresses: list[str]) -> Callable[[], str]:
        turn = itertools.cycle(addresses)
        return lambda: next(turn)

    near = urlencode({"near": PLACE, "radius": 3000})
    found: list[Page] = [
        ("home", 14, turning([reverse("home")])),
        ("home near a point", 6, turning([f"{reverse('home')}?near={PLACE}"])),
        ("search", 10, turning([f"{reverse('search')}?{urlencode({'q': word})}" for word in WORDS])),
        ("map", 4, turning([reverse("map")])),
        ("map points", 4, turning([reverse("map_data")])),
        ("rights", 3, turning([reverse("rights")])),
        ("place", 3, turning([reverse("place")])),
    ]
    for model in listing_models():
        url = reverse(f"{model.plural}:list")
        numbers = list(model.objects.published().order_by("pk").values_list("public_id", flat=True))
        random.Random(7).shuffle(numbers)
        details = [reverse(f"{model.plural}:detail", args=[number]) for number in numbers]
        districts = [f"{url}?district={code}" for code in ("330102", "330105", "330106", "330110")]
        found += [
            (f"list of {model.plural}", 3, turning([url, f"{url}?page=2"])),
            (f"list of {model.plural}, filtered", 2, turning([*districts, f"{url}?open_now=true"])),
            (f"list of {model.plural}, near", 2, turning([f"{url}?{near}", f"{url}?{near}&open_now=true"])),
            (f"a page of {model.plural}", 7, turning(details)),
        ]
    return found


def page_rows(absent: list[str]) -> list[Row]:
    """Ask for a mix of pages, twenty a second whatever the answers take; return the p95 of each page.

    A page that does not answer when it is asked alone is named in `absent` and left out.
    """
    with serving.granian("wsgi", "portal.wsgi:application") as (process, port):
        kinds = [page for page in pages() if _is_up(port, page, absent)]
        before = serving.processor_seconds(process)
        taken, wrong = _load(port, kinds)
        busy = serving.processor_seconds(process) - before
    if wrong:
        absent.append(f"{len(wrong)} requests of the city's load failed, the first: {wrong[0]}")
    text = f"city, {RATE}/s on one worker"
    share = Row(f"{text}: processor seconds a second", busy / SECONDS, 1, busy / SECONDS, 0.7, "<=", "")
    return [share] + [
        allowed(f"{text}, p95: {name}", p95(taken[name]), median(taken[name]), PAGE_MS)
        for name, _share, _next in kinds
        if taken[name]
    ]


def _is_up(port: int, page: Page, absent: list[str]) -> bool:
    name, _share, following = page
    try:
        get(port, following())
    except (serving.Failed, OSError) as error:
        absent.append(f"city's load, {name}: {error}")
        return False
    return True


def _load(port: int, kinds: list[Page]) -> tuple[dict[str, list[float]], list[str]]:
    """Return the milliseconds that the requests of each page took, counted from when they were due, and errors."""
    names = [name for name, share, _next in kinds for _number in range(share)]
    addresses = {name: following for name, _share, following in kinds}
    order = random.Random(11)
    taken: dict[str, list[float]] = defaultdict(list)
    wrong: list[str] = []
    threads = []
    started = time.monotonic() + 0.5

    def ask(name: str, path: str, due: float) -> None:
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            get(port, path)
        except (serving.Failed, OSError) as error:
            wrong.append(str(error))
        taken[name].append((time.monotonic() - due) * 1000)

    for number in range(RATE * SECONDS):
        name = order.choice(names)
        due = started + number / RATE
        threads.append(threading.Thread(target=ask, args=(name, addresses[name](), due)))
        time.sleep(max(0.0, due - time.monotonic() - 0.2))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return taken, wrong


def p95(values: list[float]) -> float:
    """Return the 95th percentile: the smallest value that nineteen in twenty do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def allowed(name: str, ours: float, usual: float, most: float) -> Row:
    """Return the row of a time that must stay below a limit; the median stands beside it."""
    return Row(f"{name} (median beside it), through {most:g} ms", ours, usual, ours / most, 1, "<=")


def admin_addresses() -> list[str]:
    """Return every page of the admin that opens with GET: indexes, lists, a form of each, and the lists' own pages."""
    from django.contrib import admin
    from django.db.models.functions import Length
    from django.urls import NoReverseMatch, reverse

    from portal.accounts.staff_pages import all_pages
    from portal.listings.models import Listing

    found = [reverse("admin:index")]
    for page in all_pages():
        try:
            found.append(reverse(f"admin:{page.name}"))
        except NoReverseMatch:
            continue
    for model, options in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{base}_changelist"))
        for pattern in options.get_urls():
            try:
                found.append(reverse(f"admin:{pattern.name}"))
            except NoReverseMatch:
                continue
        rows = model._default_manager.order_by("pk")
        row = rows.first()
        if issubclass(model, Listing):
            # The one with the most to show among those that the clerk may open too.
            row = rows.filter(street_id=CLERKS_STREET).order_by(-Length("document"), "pk").first() or row
        if row is None:
            continue
        for pattern in options.get_urls():
            try:
                found.append(reverse(f"admin:{pattern.name}", args=[row.pk]))
            except NoReverseMatch:
                continue
    return list(dict.fromkeys(found))


def admin_rows() -> list[Row]:
    """Open every page of the admin three times, as city admin and as clerk; return the slowest of each."""

    found = []
    with serving.granian("wsgi", "portal.wsgi:application") as (_process, port):
        for label, phone in (("city admin", "+8613800000004"), ("clerk", "+8613800000002")):
            cookie = signed_in(phone)
            taken = {}
            for path in admin_addresses():
                if (times := timed(port, path, cookie)) is not None:
                    taken[path] = times
            slowest = sorted(taken, key=lambda path: -taken[path])[:5]
            for path in slowest:
                name = f"admin as {label}, {len(taken)} pages, slowest: {path}"
                found.append(allowed(name, taken[path], median(taken.values()), ADMIN_MS))
    return found


def timed(port: int, path: str, cookie: str) -> float | None:
    """Return the milliseconds that a page takes (median of three); None when it is not one for this person."""
    times = []
    for _number in range(4):
        started = time.monotonic()
        try:
            get(port, path, cookie)
        except serving.Failed:
            return None
        times.append((time.monotonic() - started) * 1000)
    return median(times[1:])


def signed_in(phone: str) -> str:
    """Return the cookie of a session of a demo person."""
    from django.conf import settings
    from django.test import Client

    from portal.accounts.models import User

    client: Any = Client()
    client.force_login(User.objects.get(phone=phone))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
