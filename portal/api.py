"""The partner API: one register line per resource."""

from canteens.api import CanteenViewSet
from housing.api import ApartmentViewSet
from portal.listings.api.routing import NAMESPACE, ListingRouter
from portal.listings.api.views import ListingViewSet
from services.codes.api import CompoundViewSet
from services.codes.api.urls import urlpatterns as code_urls
from services.stations.api import StationViewSet

router = ListingRouter()
router.register("listings", ListingViewSet)
router.register("apartments", ApartmentViewSet)
router.register("canteens", CanteenViewSet)
router.register("stations", StationViewSet)
router.register("compounds", CompoundViewSet)

app_name = NAMESPACE
urlpatterns = [*code_urls, *router.urlpatterns()]
