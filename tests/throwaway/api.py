"""The portal's API and one line more."""

from portal.api import app_name, router
from portal.listings.api.views import ListingViewSet
from tests.throwaway.models import Tap

router.register("taps", ListingViewSet.for_kind(Tap))
urlpatterns = router.urlpatterns()

__all__ = ["app_name", "urlpatterns"]
