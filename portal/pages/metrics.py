"""What Prometheus reads: the counters of this node's processes, and what the database says at the moment."""

import ipaddress
import os
import time
from collections.abc import Iterator

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal.listings.models import Listing
from portal.listings.publishing import last_number
from portal.notices.reading import unsent
from portal.running.beat import LAST_TICK


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return all metrics as text; 404 for anybody who is not named by `METRICS_ALLOWED`."""
    if not _may_see(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Moment())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
        body = generate_latest(registry)
    else:
        body = generate_latest(REGISTRY) + generate_latest(registry)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def _may_see(request: HttpRequest) -> bool:
    """Say whether every address that the request came by is allowed: a proxy's alone does not count."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    passed = [request.META.get("REMOTE_ADDR", ""), *(part for part in forwarded if part.strip())]
    try:
        addresses = [ipaddress.ip_address(part.strip()) for part in passed]
    except ValueError:
        return False
    return all(any(address in network for network in settings.METRICS_ALLOWED) for address in addresses)


class Moment(Collector):
    """What holds now: asked of the database once a scrape."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; without a database only that it is lost."""
        if at := cache.get(LAST_TICK):
            yield _gauge("nuanxin_tick_age_seconds", "Seconds since the clock last ran.", time.time() - at)
        try:
            now = timezone.now()
            due = Listing.objects.filter(next_change_at__lte=now).aggregate(
                count=Count("pk"), oldest=Min("next_change_at")
            )
            waited = (now - due["oldest"]).total_seconds() if due["oldest"] else 0.0
            yield _gauge("nuanxin_due_listings", "Listings that wait for the clock.", due["count"])
            yield _gauge("nuanxin_due_seconds", "How long the oldest of them has waited.", waited)
            failed, late = unsent(now)
            yield _gauge("nuanxin_failed_messages", "Messages that were given up within a day.", failed)
            yield _gauge(
                "nuanxin_message_seconds", "How long the oldest message that is due has waited.", late
            )
            yield _gauge("nuanxin_change_number", "The change number given out last.", last_number())
            answers = 1
        except DatabaseError:
            answers = 0
        yield _gauge("nuanxin_primary_answers", "Whether the primary database answers.", answers)


def _gauge(name: str, told: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, value=value)
