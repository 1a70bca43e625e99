"""The addresses of the courier's code, below `/code/`."""

from typing import Any

from django.urls import path

from services.codes.views import courier, courier_data, worker

urlpatterns: list[Any] = [
    *worker.addresses(courier.SHELL),
    path("state/", courier_data.state, name="code_state"),
    path("sign-in/", courier_data.sign_in, name="code_sign_in"),
    path("enrol/", courier_data.enrol_view, name="code_enrol"),
    path("credential/", courier_data.credential, name="code_credential"),
    path("nonce/", courier_data.nonce, name="code_nonce"),
    path("renew/", courier_data.renew_view, name="code_renew"),
    path("containers/<uuid:number>/end/", courier_data.end_container_view, name="code_container_end"),
    path("lost/", courier_data.lost, name="code_lost"),
]
