"""OpenAPI of the hot routes, which no view describes: added to the generated document.

Named in ``SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"]``.
"""

from typing import Any

_KEY: list[dict[str, list[str]]] = [{"serviceKey": []}]
_CLIENT: list[dict[str, list[str]]] = [{"clientKey": []}]
_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_NAME = r"^[^/+#*>\x00-\x1f\x7f ]+$"


def without_twins(endpoints: list[Any], **_: Any) -> list[Any]:
    """Return the endpoints without ``/rtmsAPI/api/v4/``, which is v3 under another name.

    Named in ``PREPROCESSING_HOOKS``.
    """
    return [item for item in endpoints if not item[0].startswith("/rtmsAPI/api/v4/")]


def add_hot_routes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the document with the routes of ``rtm.intake``."""
    result.setdefault("paths", {}).update(_paths())
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(_schemas())
    components.setdefault("securitySchemes", {}).update(
        {
            "serviceKey": {"type": "apiKey", "in": "header", "name": "key"},
            "clientKey": {"type": "apiKey", "in": "header", "name": "secretKey"},
        }
    )
    return result


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _ref(name)}}}


def _responses(good: dict[str, Any], refusal: str, statuses: dict[str, str]) -> dict[str, Any]:
    return good | {status: _json(_ref(refusal), text) for status, text in statuses.items()}


_CONDITION = {
    "type": "object",
    "required": ["attribute", "operator", "value"],
    "additionalProperties": False,
    "properties": {
        "attribute": {
            "type": "string",
            "pattern": "^(customer|device)[.].{1,100}$",
            "examples": ["device.battery"],
        },
        "operator": {"enum": ["eq", "ne", "lt", "le", "gt", "ge", "in"]},
        "value": {},
        "or_unknown": {"type": "boolean", "default": False},
    },
}
_REFUSED = {
    "400": "Wrong in itself: 7000, 7003, 7004 or 7009.",
    "401": "7001 key not valid, 7002 key missing.",
    "403": "7007 service not live, 7010 not from this address, 7018 app not usable.",
    "413": "The body is longer than 512 KiB.",
    "415": "Not JSON.",
    "422": "The Idempotency-Key was used with another body.",
    "429": "Too many requests; Retry-After says when to go on.",
    "503": "7006: try again.",
}
_DEVICE_REFUSED = {
    "400": "3 something is missing, 4 something is wrong.",
    "401": "11 or 26 secretKey, 38 to 40 accessToken.",
    "403": "4: the app is off. 62: an announcement, or a topic that the user only reads.",
    "404": "5 no such app or topic, 7 device not registered.",
    "413": "The body is longer than 512 KiB.",
    "415": "Not JSON.",
    "429": "Too many requests; Retry-After says when to go on.",
    "503": "1: try again.",
}


def _paths() -> dict[str, Any]:
    transid = {"name": "transid", "in": "path", "required": True, "schema": _TEXT}
    app = {
        "name": "appId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{8}$"},
    }
    token = {"name": "accessToken", "in": "header", "schema": _TEXT}
    once = {"name": "Idempotency-Key", "in": "header", "schema": {**_TEXT, "maxLength": 255}}
    refused = {k: v for k, v in _REFUSED.items() if k in ("400", "401", "429", "503")}
    return {
        "/resources/v1/messaging": {
            "post": {
                "operationId": "send_message",
                "summary": "Send a message to up to 1,000 destinations",
                "tags": ["messaging"],
                "security": _KEY,
                "parameters": [once],
                "requestBody": _body("MessagingRequest"),
                "responses": _responses(
                    {"202": _json(_ref("MessagingAnswer"), "Accepted and committed.")},
                    "MessagingAnswer",
                    _REFUSED,
                ),
            }
        },
        "/resources/v1/messaging/status/{transid}": {
            "get": {
                "operationId": "message_status",
                "summary": "What became of a request",
                "tags": ["messaging"],
                "security": _KEY,
                "parameters": [transid],
                "responses": _responses(
                    {"200": _json({"type": "array", "items": _ref("Status")}, "Messages.")},
                    "MessagingAnswer",
                    refused | {"404": "No such request of this service."},
                ),
            }
        },
        **{
            f"/rtmsAPI/api/v3/{{appId}}/{action}": {
                "post": {
                    "operationId": f"device_{action}",
                    "summary": summary,
                    "tags": ["device"],
                    "security": _CLIENT,
                    "parameters": [app, token],
                    "requestBody": _body(schema),
                    "responses": _responses(
                        {"200": _json(_ref("DeviceAnswer"), "Committed.")},
                        "DeviceAnswer",
                        _DEVICE_REFUSED,
                    ),
                }
            }
            for action, summary, schema in (
                ("mo", "Send a message from a device", "DeviceMessage"),
                (
                    "deliveryupdate",
                    "Confirm messages as delivered, read or clicked",
                    "Receipts",
                ),
            )
        },
    }


def _texts(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, _TEXT)


def _schemas() -> dict[str, Any]:
    ids = {
        "type": "array",
        "minItems": 1,
        "items": {**_TEXT, "minLength": 1, "maxLength": 128, "pattern": _NAME},
    }
    expressions = {
        "type": "array",
        "minItems": 1,
        "items": {**_TEXT, "minLength": 1, "maxLength": 1000},
        "description": "Names, ids, or expressions such as (news | sport) - unwanted.",
    }
    correlation = {**_TEXT, "maxLength": 50, "description": "At most 50 bytes."}
    client_id = {**_TEXT, "description": "appId/userId/deviceId"}
    return {
        "MessagingRequest": {
            "type": "object",
            "required": ["deliverychannel", "destination", "channels"],
            "properties": {
                "deliverychannel": {"enum": ["appmessaging", "rt", "sms"]},
                "appid": {**_TEXT, "minLength": 1},
                "destination": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "userid": ids,
                            "customerid": ids,
                            "deviceid": ids,
                            "msisdn": ids,
                            "topic": expressions,
                            "segment": expressions,
                            "correlationid": correlation,
                        },
                    },
                },
                "channels": {
                    "type": "object",
                    "properties": {
                        "rt": _ref("Content"),
                        "appmessaging": _ref("Content"),
                        "sms": _ref("SmsContent"),
                    },
                },
                "correlationid": correlation,
                "callbackData": {**_TEXT, "maxLength": 4096},
                "notifyurl": {**_TEXT, "maxLength": 500},
                "expiry": {**_TEXT, "format": "date-time"},
                "priority": {"enum": [1, 2, 3]},
                "thread": {**_TEXT, "format": "uuid"},
                "stream": {**_TEXT, "maxLength": 100},
                "conditions": {"type": "array", "maxItems": 10, "items": _CONDITION},
            },
        },
        "Content": {
            "type": "object",
            "properties": {
                "message": {
                    "type": "object",
                    "properties": {"text": {**_TEXT, "maxLength": 10000}},
                },
                "notification": _OBJECT,
                "extras": _OBJECT,
            },
        },
        "SmsContent": {
            "type": "object",
            "properties": {
                "type": {"enum": [1, 2, 3, 4], "description": "Text, flash, binary, unicode."},
                "text": {**_TEXT, "maxLength": 1530},
                "body": {**_TEXT, "pattern": "^([0-9A-Fa-f]{2})*$", "maxLength": 2680},
                "senderid": {**_TEXT, "maxLength": 20},
                "purpose": {
                    "enum": ["transactional", "promotional"],
                    "description": "Else as the service says; decides on quiet hours.",
                },
            },
        },
        "MessagingAnswer": {
            "type": "object",
            "required": ["response"],
            "properties": {
                "response": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["code", "description"],
                        "properties": _texts("code", "description", "transid", "correlationid"),
                    },
                }
            },
        },
        "Status": {
            "type": "object",
            "properties": _texts(
                "transactionid", "clientid", "api_version", "type", "from", "to", "body",
                "channel", "status", "date_created", "last_updated", "error_code",
                "error_message", "correlationid", "tid",
            ),  # fmt: skip
        },
        "DeviceMessage": {
            "type": "object",
            "required": ["clientId", "message"],
            "properties": {
                "clientId": client_id,
                "message": {**_TEXT, "minLength": 1, "maxLength": 10000},
                "thread": _OBJECT,
                "media": {"type": "array", "items": _OBJECT},
                "extras": _OBJECT,
                "topic": {**_TEXT, "maxLength": 100},
                "clientRef": {
                    **_TEXT,
                    "maxLength": 64,
                    "description": "The device's own name of the message; said again within "
                    "a week, the message is stored once and the answer is the first one.",
                },
            },
        },
        "Receipts": {
            "type": "object",
            "required": ["clientId", "status"],
            "properties": {
                "clientId": client_id,
                "status": {"enum": [2, 3, 4]},
                "tid": {**_TEXT, "format": "uuid"},
                "tids": {"type": "array", "items": {**_TEXT, "format": "uuid"}},
            },
        },
        "DeviceAnswer": {
            "type": "object",
            "required": ["code", "description"],
            "properties": _texts("code", "description", "tid", "created_on"),
        },
    }  # fmt: skip
