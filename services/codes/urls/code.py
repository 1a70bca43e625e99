"""The addresses of the courier's code, below `/code/`."""

from typing import Any

from django.urls import path
from django.views.generic import RedirectView

from services.codes.views import (
    courier,
    courier_data,
    courier_keeping,
    guard_asking,
    messages,
    passes,
    refusals,
    worker,
)

urlpatterns: list[Any] = [
    *worker.addresses(courier.SHELL),
    path("manifest-<slug:language>.webmanifest", courier.manifest, name="code_manifest"),
    path("state/", courier_data.state, name="code_state"),
    path("sign-in/", RedirectView.as_view(url="/accounts/again/?next=/code/"), name="code_sign_in"),
    path("enrol/", courier_data.enrol_view, name="code_enrol"),
    path("credential/", courier_data.credential, name="code_credential"),
    path("nonce/", courier_data.nonce, name="code_nonce"),
    path("renew/", courier_data.renew_view, name="code_renew"),
    path("containers/<uuid:number>/end/", courier_data.end_container_view, name="code_container_end"),
    path("photo/", courier_keeping.photo, name="code_photo"),
    path("proof/", courier_keeping.proof, name="code_proof"),
    path("erase/", courier_keeping.erase_view, name="code_erase"),
    path("mine/", courier_keeping.mine, name="code_mine"),
    path("manual/", guard_asking.mint, name="code_manual"),
    path("lost/", courier_data.lost, name="code_lost"),
    path("passes/", passes.passes, name="code_passes"),
    path("looked/", passes.looked, name="code_looked"),
    path("refused/", refusals.refused_page, name="code_refused"),
    path("slip/<slug:number>/", refusals.slip, name="code_slip"),
    path("messages/", messages.messages, name="code_messages"),
    path("conduct/", messages.notices, name="code_conduct"),
]
