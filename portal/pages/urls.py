"""The addresses of the pages that look across apps."""

from django.conf.urls.i18n import urlpatterns as language_urls
from django.urls import include, path

from portal.pages import health, home, maps, media, search, views

urlpatterns = [
    path("", home.home, name="home"),
    path("place/", views.place, name="place"),
    path("map/", maps.map_page, name="map"),
    path("map/points.json", maps.map_data, name="map_data"),
    path("map/outlines.json", maps.map_outlines, name="map_outlines"),
    path("map/config.json", maps.map_config, name="map_config"),
    path("search/", search.search, name="search"),
    path("rights/", views.rights, name="rights"),
    path("me/", views.me, name="me"),
    path("me/look/", views.theme, name="theme"),
    path("i18n/", include(language_urls)),
    path("favicon.ico", views.favicon),
    path("media/<path:path>", media.public_media, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
