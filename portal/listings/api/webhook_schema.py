"""What the portal sends to a partner's webhook, for the schema (OpenAPI 3.1 `webhooks`)."""

from typing import Any


def _header(name: str, told: str, example: str) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": True,
        "schema": {"type": "string"},
        "description": told,
        "example": example,
    }


_MESSAGE: dict[str, Any] = {
    "type": "object",
    "description": "That there are changes; what they are stands in the feed.",
    "required": ["type", "after", "changes"],
    "properties": {
        "type": {"type": "string", "description": "`changes`; a test from the page of the keys is `test`."},
        "after": {"type": "integer", "description": "There is something after this `seq`."},
        "changes": {"type": "string", "format": "uri", "description": "The feed; follow your own cursor."},
    },
}
_NUDGE: dict[str, Any] = {
    "operationId": "webhook_changes",
    "tags": ["changes"],
    "summary": "有变更的通知 · That there are changes",
    "description": (
        "Signed as Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, base64, one or more after `v1,`. "
        "Sent at least once, with the same `webhook-id` each time; anything but a 2xx is tried again for about a day."
    ),
    "security": [],
    "parameters": [
        _header("webhook-id", "The message's number; the same in every try.", "msg_0198c5d27a3b7c11"),
        _header("webhook-timestamp", "Unix seconds of this try; refuse what is old.", "1795665600"),
        _header(
            "webhook-signature",
            "Signatures, parted by spaces.",
            "v1,K5oZfzN95Z9UVu1EsfQm…",
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/WebhookMessage"},
                "example": {
                    "type": "changes",
                    "after": 4711,
                    "changes": "https://example.org/api/v1/changes/",
                },
            }
        },
    },
    "responses": {"2XX": {"description": "Received."}},
}


def tell_of_webhooks(generator: Any, result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Describe the message; a hook after generation."""
    result["components"]["schemas"]["WebhookMessage"] = _MESSAGE
    result["webhooks"] = {"changes": {"post": _NUDGE}}
    return result
