"""The portal's addresses and, below /peer/, what it is measured against."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.bench import pass_peer, peers

router = SimpleRouter()
router.register("canteens", peers.CanteenViewSet, basename="peer-canteens")
router.register("changes", peers.ChangeViewSet, basename="peer-changes")

urlpatterns = [
    path("peer/hello/", peers.HelloView.as_view()),
    path("peer/api/", include(router.urls)),
    path("peer/passes/", pass_peer.PassView.as_view()),
    path("peer/page/", peers.page),
    path("", include("portal.urls")),
]
