"""Rules that people write, over REST: make one, check a text, try detectors on a sample."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_view
from pydantic import ValidationError
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Scope, User
from abusedesk.core.rest import Endpoint, caller, problems
from detectors.api.serializers import DetectorConfigSerializer
from detectors.api.versions import DraftSerializer
from detectors.choices import Mode
from detectors.pasted import MAX_SIGNALS, read_items
from detectors.selectors.rule_hits import Hits, rule_hits_for, tried_line_for
from detectors.selectors.trial import draft_tried_for, sample_tried_for
from detectors.services.rule import create_rule
from detectors.sigma.model import Rule
from detectors.sigma.params import RuleParams, compiled_rule
from detectors.sigma.reading import MAX_BYTES, SigmaFaultError
from detectors.timeline import last_days

MAX_DAYS = 90
MAX_ALERTS = 200


class ConditionTracedSerializer(serializers.Serializer[Any]):
    """depth: how far in. is_check: false for a word that joins the lines below it."""

    depth = serializers.IntegerField()
    text = serializers.CharField()
    found = serializers.ListField(child=serializers.CharField())
    met = serializers.BooleanField()
    is_check = serializers.BooleanField()


class RulePartSerializer(serializers.Serializer[Any]):
    """Conditions on one signal; a correlation has several such parts."""

    title = serializers.CharField()
    met = serializers.BooleanField()
    lines = ConditionTracedSerializer(many=True)


class KeySerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    value = serializers.CharField()


class LookedSerializer(serializers.Serializer[Any]):
    """One signal of the sample, from 1. keys: what it counts for."""

    number = serializers.IntegerField()
    reads = serializers.BooleanField()
    parts = RulePartSerializer(many=True)
    keys = KeySerializer(many=True)


class TogetherSerializer(serializers.Serializer[Any]):
    """The best window of one group of signals."""

    group = serializers.ListField(child=serializers.CharField())
    value = serializers.IntegerField()
    needed = serializers.IntegerField()
    margin = serializers.IntegerField()
    unit = serializers.CharField()
    accounts = serializers.IntegerField()


class SaidSerializer(serializers.Serializer[Any]):
    """What would be a finding."""

    anchor = KeySerializer()
    sentence = serializers.CharField()
    subjects = serializers.ListField(child=serializers.CharField())
    tier = serializers.CharField()
    llr = serializers.FloatField()
    score = serializers.FloatField(allow_null=True)
    conditions = serializers.ListField(child=serializers.DictField())


class SampleTrialSerializer(serializers.Serializer[Any]):
    """skipped: why items of the sample are no signals."""

    looked = LookedSerializer(many=True)
    groups = TogetherSerializer(many=True)
    findings = SaidSerializer(many=True)
    error = serializers.CharField(allow_blank=True)
    skipped = serializers.ListField(child=serializers.CharField())


class SampleSerializer(serializers.Serializer[Any]):
    """Signals as they would be sent; external_id and occurred_at may be missing."""

    signals = serializers.ListField(child=serializers.JSONField(), max_length=MAX_SIGNALS)


class RuleFaultSerializer(serializers.Serializer[Any]):
    """line: of the text, from 1."""

    line = serializers.IntegerField()
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class RuleAlertSerializer(serializers.Serializer[Any]):
    """A window in which the rule is met; at: its end, in seconds since 1970."""

    group = serializers.ListField(child=serializers.CharField())
    at = serializers.FloatField()
    number = serializers.IntegerField()


class RuleHitsSerializer(serializers.Serializer[Any]):
    """matched: signals that meet the conditions. is_whole: whether all were looked at."""

    alerts = RuleAlertSerializer(many=True)
    signal_ids = serializers.ListField(child=serializers.IntegerField())
    matched = serializers.IntegerField()
    is_whole = serializers.BooleanField()


class RuleTextSerializer(SampleSerializer):
    """days: look at stored signals of so many days; 0: at none. stream: slug of their time-line;
    without it the live one, or the newest import where that is empty."""

    sigma = serializers.CharField(max_length=MAX_BYTES, trim_whitespace=False)
    signals = serializers.ListField(
        child=serializers.JSONField(), max_length=MAX_SIGNALS, default=list
    )
    days = serializers.IntegerField(min_value=0, max_value=MAX_DAYS, default=0)
    stream = serializers.SlugField(max_length=60, default="")


class RuleCheckedSerializer(serializers.Serializer[Any]):
    """faults: what is wrong with the text, by line; all else is null then."""

    faults = RuleFaultSerializer(many=True)
    title = serializers.CharField(allow_null=True)
    needed = serializers.IntegerField(allow_null=True)
    window_s = serializers.IntegerField(allow_null=True)
    trial = SampleTrialSerializer(allow_null=True)
    hits = RuleHitsSerializer(allow_null=True)


class RuleCreateSerializer(serializers.Serializer[Any]):
    """A new rule. params: sigma, sentence, threshold."""

    name = serializers.CharField(max_length=50)
    mode = serializers.ChoiceField(choices=Mode.choices, default=Mode.SHADOW)
    params = serializers.DictField()
    reason = serializers.CharField(max_length=500)


class RuleSavedSerializer(serializers.Serializer[Any]):
    """The version in force, and the draft that a second person has to put into force, if any."""

    config = DetectorConfigSerializer()
    draft = DraftSerializer(allow_null=True)


@extend_schema_view(
    post=extend_schema(
        request=RuleCreateSerializer,
        responses={201: RuleSavedSerializer, **problems(400, 422)},
    ),
)
class RulesView(Endpoint):
    """Makes a rule. It is then a detector: read it, change it and backtest it as one."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    def post(self, request: Request) -> Response:
        """A new rule."""
        form = RuleCreateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        saved = create_rule(actor=caller(request), **form.validated_data)
        return Response(RuleSavedSerializer(saved).data, status=201)


@extend_schema_view(
    post=extend_schema(
        request=RuleTextSerializer,
        responses={200: RuleCheckedSerializer, **problems(400, 404, 422)},
    ),
)
class RuleCheckView(Endpoint):
    """Reads a Sigma text, tries it on a sample and on stored signals. Stores nothing."""

    scopes: ClassVar = {"POST": Scope.READ}

    def post(self, request: Request) -> Response:
        """What is wrong with it, or what it would find."""
        form = RuleTextSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        told, viewer = form.validated_data, caller(request)
        answer: dict[str, Any] = dict.fromkeys(RuleCheckedSerializer().fields)
        try:
            rule = compiled_rule(told["sigma"])
        except SigmaFaultError as error:
            answer["faults"] = [one._asdict() for one in error.faults]
            return Response(RuleCheckedSerializer(answer).data)
        answer |= {
            "faults": [],
            "title": rule.title,
            "needed": rule.threshold,
            "window_s": rule.window_s,
            "trial": _trial(viewer, told["sigma"], told["signals"]),
            "hits": _hits(viewer, rule, told["days"], told["stream"]) if told["days"] else None,
        }
        return Response(RuleCheckedSerializer(answer).data)


@extend_schema_view(
    post=extend_schema(
        request=SampleSerializer, responses={200: SampleTrialSerializer, **problems(400, 404)}
    ),
)
class DetectorTryView(Endpoint):
    """Tries a detector, with its settings in force, on a sample. Stores nothing."""

    scopes: ClassVar = {"POST": Scope.READ}

    def post(self, request: Request, slug: str) -> Response:
        """What each signal counts for, and what would be found."""
        form = SampleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        pasted = read_items(form.validated_data["signals"], clock.now(), settings.OLDEST_SIGNAL)
        trial = sample_tried_for(caller(request), slug, pasted.signals)
        return Response(SampleTrialSerializer(_told(trial, pasted.faults)).data)


def _trial(viewer: User, sigma: str, signals: list[Any]) -> dict[str, Any]:
    try:
        params = RuleParams(sigma=sigma)
    except ValidationError as error:
        raise InvalidError(str(error.errors()[0]["msg"]), field="sigma") from error
    pasted = read_items(signals, clock.now(), settings.OLDEST_SIGNAL)
    return _told(draft_tried_for(viewer, params, pasted.signals), pasted.faults)


def _told(trial: Any, skipped: list[str]) -> dict[str, Any]:
    return {
        "looked": trial.looked,
        "groups": trial.groups,
        "findings": [_said(one) for one in trial.findings],
        "error": trial.error,
        "skipped": skipped,
    }


def _said(draft: Any) -> dict[str, Any]:
    conditions = [
        {name: getattr(one, name) for name in one.__struct_fields__} for one in draft.conditions
    ]
    named = ("anchor", "sentence", "subjects", "tier", "llr", "score")
    return {name: getattr(draft, name) for name in named} | {"conditions": conditions}


def _hits(viewer: User, rule: Rule, days: int, slug: str) -> Hits | None:
    line = tried_line_for(viewer, slug)
    if line is None:
        return None
    since, until = last_days(line, days)
    found = rule_hits_for(viewer, rule, stream_id=line.pk, since=since, until=until)
    del found.alerts[MAX_ALERTS:]
    return found
