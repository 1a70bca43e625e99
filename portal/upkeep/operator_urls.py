"""The address of the link that operators get."""

from django.urls import path

from portal.upkeep.operator_views import confirm

urlpatterns = [path("<str:token>/", confirm, name="confirm")]
