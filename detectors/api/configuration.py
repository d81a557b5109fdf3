"""The configuration of all detectors as one document over REST."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope
from abusedesk.core.rest import Endpoint, caller, problems
from detectors.configuration.document import BrokenError, read_json
from detectors.policy import require_sight
from detectors.reasons import REASON_CHARS
from detectors.selectors.configuration import configuration_for
from detectors.services.configuration import import_configuration


class SettingSerializer(serializers.Serializer[Any]):
    """Mode and parameters of one detector; of a rule with its Sigma text."""

    detector = serializers.CharField(max_length=60)
    mode = serializers.CharField(max_length=8)
    params = serializers.DictField(default=dict)


class QuietSerializer(serializers.Serializer[Any]):
    """A detector that is kept quiet about one entity."""

    detector = serializers.CharField(max_length=60)
    type = serializers.CharField(max_length=40)
    value = serializers.CharField(max_length=4_200, trim_whitespace=False)
    reason = serializers.CharField(max_length=REASON_CHARS)
    expires_at = serializers.DateTimeField()


class ConfigurationSerializer(serializers.Serializer[Any]):
    """All detectors with settings in force, by slug, and suppressions in force."""

    detectors = SettingSerializer(many=True)
    suppressions = QuietSerializer(many=True)


class ConfigurationImportSerializer(serializers.Serializer[Any]):
    """configuration: as GET answers. dry_run: say what would change, and write nothing."""

    configuration = serializers.JSONField()
    reason = serializers.CharField(max_length=REASON_CHARS)
    lost_because = serializers.CharField(max_length=REASON_CHARS, default="", allow_blank=True)
    dry_run = serializers.BooleanField(default=False)


class ConfigurationChangeSerializer(serializers.Serializer[Any]):
    """what: same, draft, in force, waits already, refused, only here. draft: its number or 0."""

    detector = serializers.CharField()
    what = serializers.CharField()
    said = serializers.CharField(allow_blank=True)
    draft = serializers.IntegerField()
    about = serializers.CharField(allow_blank=True)


@extend_schema_view(
    get=extend_schema(responses={200: ConfigurationSerializer, **problems(404)}),
    post=extend_schema(
        request=ConfigurationImportSerializer,
        responses={200: ConfigurationChangeSerializer(many=True), **problems(400, 403, 422)},
    ),
)
class ConfigurationView(Endpoint):
    """What `manage.py detectors export` and `import` do."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}

    def get(self, request: Request) -> Response:
        """Mode, parameters and rules in force, and suppressions."""
        require_sight(caller(request), "signal.view")
        return Response(msgspec.to_builtins(configuration_for(caller(request))))

    def post(self, request: Request) -> Response:
        """Propose what differs; a second person approves each draft, as ever."""
        form = ConfigurationImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        try:
            told = read_json(said.pop("configuration"))
        except BrokenError as error:
            raise InvalidError(str(error), field="configuration") from error
        found = import_configuration(actor=caller(request), configuration=told, **said)
        return Response(ConfigurationChangeSerializer(found, many=True).data)
