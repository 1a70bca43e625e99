"""The profile's root document."""

from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from portal.hsds import schema
from portal.hsds.answering import HsdsView

#: Of HSDS.
VERSION = "3.0"


class RootView(HsdsView):
    """What this interface is, in HSDS's words."""

    @extend_schema(
        operation_id="hsds_root",
        summary="HSDS 接口说明 · About the HSDS profile",
        **schema.single(
            schema.HsdsRoot,
            {
                "version": VERSION,
                "profile": "http://localhost:8000/api/v1/docs/",
                "openapi_url": "http://localhost:8000/api/v1/schema/",
            },
        ),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Return version, profile and schema."""
        return self.answer(request)

    def body(self, request: Request, asked: dict[str, Any], **sought: str) -> Any:
        """Return version, profile and schema."""
        return {
            "version": VERSION,
            "profile": request.build_absolute_uri(reverse("api:docs")),
            "openapi_url": request.build_absolute_uri(reverse("api:schema")),
        }
