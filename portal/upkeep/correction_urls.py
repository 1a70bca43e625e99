"""The addresses below /corrections/: where couriers say what is wrong, and read what came of it."""

from django.urls import path

from portal.upkeep import correction_views as views

urlpatterns = [
    path("to/<public_id:public_id>/", views.say, name="correct"),
    path("<str:token>/", views.outcome, name="correction"),
]
