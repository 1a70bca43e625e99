"""The addresses of the pages that look across apps."""

from django.urls import path

from portal.pages import (
    favourites,
    health,
    home,
    maps,
    media,
    metrics,
    phone,
    shared,
    sitemaps,
    views,
)
from portal.pages.breaks.views import pause
from portal.pages.search import views as search
from portal.upkeep import correction_views

urlpatterns = [
    path("", home.home, name="home"),
    path("place/", views.place, name="place"),
    path("map/", maps.map_page, name="map"),
    path("map/points.json", maps.map_data, name="map_data"),
    path("map/outlines.json", maps.map_outlines, name="map_outlines"),
    path("map/config.json", maps.map_config, name="map_config"),
    path("search/", search.search, name="search"),
    path("break/", pause, name="break"),
    path("search/suggest.json", search.suggestions, name="suggest"),
    path("rights/", views.rights, name="rights"),
    path("me/", views.me, name="me"),
    path("me/favourites/", favourites.favourites, name="favourites"),
    path("me/look/", views.look, name="look"),
    path("me/corrections/", correction_views.mine, name="my_corrections"),
    path("share/", shared.share, name="share"),
    path("offline/", phone.offline, name="offline"),
    path("sw.js", phone.worker, name="worker"),
    path("manifest-<slug:language>.webmanifest", phone.manifest, name="manifest"),
    path("favicon.ico", views.favicon),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap_index"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap, name="sitemap"),
    path("media/<path:path>", media.public_media, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
