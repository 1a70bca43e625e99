"""What anybody would write first for a turnstile: an APIView with a ModelSerializer that saves the pass.

It checks the same key, the same two signatures, life, step and revocation, and writes one row; it keeps neither the
proof nor what would refuse it a second time.
"""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.partners.authentication import ApiKeyAuthentication
from portal.partners.permissions import HasScope
from portal.partners.throttling import KeyThrottle
from services.codes import retention, xg1
from services.codes.admitting import issuer_keys
from services.codes.models import Checkpoint, Credential, Device, Pass


class ScanSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    checkpoint = serializers.IntegerField(min_value=1)
    text = serializers.CharField(max_length=5000, trim_whitespace=False)
    direction = serializers.ChoiceField(["in", "out"])


class PassSerializer(serializers.ModelSerializer):
    class Meta:
        model = Pass
        fields = "__all__"


class PassView(APIView):
    authentication_classes = (ApiKeyAuthentication,)
    permission_classes = (HasScope("passes:write"),)
    throttle_classes = (KeyThrottle,)
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    def post(self, request: Any) -> Response:
        now = timezone.now()
        asked = ScanSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        scan = asked.validated_data
        device = Device.objects.select_related("listing").get(
            api_key=request.auth, revoked_at=None, expires_at__gt=now
        )
        place = Checkpoint.objects.get(listing=device.listing, number=scan["checkpoint"], is_active=True)
        shown = xg1.decode(scan["text"])
        issued: Any = shown.credential
        key = issuer_keys(now.timestamp())[issued.kid]
        if not xg1.is_signed(xg1.load_point(key.public_key), issued.signature, issued.signed_body):
            raise ValidationError("issuer")
        if not xg1.is_signed(xg1.load_point(issued.public_key), shown.signature, shown.signed_body):
            raise ValidationError("device")
        known = Credential.objects.select_related("holder").get(pid=issued.pid)
        if known.revoked_at or known.ends_at <= now or known.holder.state != "active":
            raise ValidationError("revoked")
        if abs(shown.step - xg1.step_at(now.timestamp())) > 2:
            raise ValidationError("step")
        row = PassSerializer(
            data={
                "id": scan["id"],
                "listing_id": device.listing_id,
                "checkpoint_number": place.number,
                "checkpoint_label": place.name,
                "device_id": device.pk,
                "direction": scan["direction"],
                "method": "scan",
                "pid": issued.pid,
                "body_digest": shown.body_digest.hex(),
                "step": shown.step,
                "bound_gate": shown.gate,
                "scanned_at": now,
                "received_at": now,
                "verdict": "ok",
                "reasons": [],
                "assurance": 4,
                "row_digest": shown.body_digest.hex(),
                "retention_until": now + retention.PASS,
            }
        )
        row.is_valid(raise_exception=True)
        row.save()
        return Response(row.data, status=201)
