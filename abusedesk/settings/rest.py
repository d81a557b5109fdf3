"""REST framework and OpenAPI."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "abusedesk.core.token_auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    # drf-spectacular's, with the error shape added.
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "abusedesk.core.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "abusedesk",
    "DESCRIPTION": "Signals in, findings and cases out.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Served from here, so that the API page works without the Internet.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_standardized_errors.openapi_hooks.postprocess_schema_enums"],
    # Fields of one name with different choices.
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "detectors.choices.HoldKind",
        "ActionKindEnum": "cases.choices.ActionKind",
        "ActEnum": "cases.api.bulk_shapes.ACTS",
        "RoleEnum": "abusedesk.core.models.Role",
        "StateEnum": "cases.choices.State",
        "DraftStateEnum": "detectors.choices.DraftState",
        "TaskStateEnum": "cases.choices.TaskState",
        "ReviewStateEnum": "cases.choices.ReviewState",
        "AppealStateEnum": "cases.choices.AppealState",
        "SeverityEnum": "cases.choices.Severity",
        "TlpEnum": "cases.choices.Tlp",
        "FeedKindEnum": "cases.choices.FeedKind",
        "FeedModeEnum": "cases.choices.FeedMode",
        "InboxModeEnum": "cases.choices.InboxMode",
        "ModeEnum": "detectors.choices.Mode",
        "TopicEnum": "cases.habits.Topic",
    },
}
