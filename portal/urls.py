"""Every public prefix on one screen."""

from django.contrib import admin
from django.urls import include, path

from canteens.filters import CanteenFilter
from canteens.models import Canteen
from housing.filters import ApartmentFilter
from housing.models import ApartmentProject
from portal.listings.urls import listing_urls
from services.codes.filters import CompoundFilter
from services.codes.models import Compound
from services.stations.filters import StationFilter
from services.stations.models import Station

urlpatterns = [
    # Asked most often, and each line above costs a comparison.
    path("api/v1/", include("portal.api")),
    path("hsds/", include("portal.hsds.urls")),
    path("", include("portal.pages.urls")),
    path("housing/", listing_urls(ApartmentProject, ApartmentFilter)),
    path("canteens/", listing_urls(Canteen, CanteenFilter)),
    path("stations/", listing_urls(Station, StationFilter)),
    path("compounds/", listing_urls(Compound, CompoundFilter)),
    path("code/", include("services.codes.urls.code")),
    path("guard/", include("services.codes.urls.guard")),
    path("corrections/", include("portal.upkeep.correction_urls")),
    path("g/", include("services.codes.urls.place")),
    path("me/notices/", include("portal.notices.urls")),
    path("partners/webhooks/", include("portal.partners.pages.webhook_urls")),
    path("partners/", include("portal.partners.pages.urls")),
    path("confirm/", include("portal.upkeep.operator_urls")),
    path("accounts/", include("portal.accounts.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "portal.pages.views.bad_request"
handler403 = "portal.pages.views.forbidden"
handler404 = "portal.pages.views.not_found"
handler500 = "portal.pages.views.server_error"
