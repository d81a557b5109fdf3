"""The watch list over REST: what stands on it, more of it, less of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core import clock
from abusedesk.core.models import Scope
from abusedesk.core.pagination import KeysetPagination
from abusedesk.core.rest import Endpoint, ListEndpoint, caller, problems
from detectors.api.filters import Filters
from detectors.choices import Opinion, Stance, Tlp, WatchType
from detectors.intel.stance import stance_of
from detectors.models import WatchItem
from detectors.reasons import REASON_CHARS
from detectors.selectors.watch import (
    STATES,
    WatchFilter,
    assertions_of,
    watch_item_by_id,
    watch_items_for,
)
from detectors.services.watch import add_items, remove_item
from detectors.watching.lines import (
    DAYS,
    GUESS,
    MAX_DAYS,
    MAX_LINES,
    MAX_NOTE,
    MAX_SOURCE,
    MIN_DAYS,
    TRUST,
    Fate,
    Line,
    Terms,
)


class WatchItemSerializer(serializers.ModelSerializer[WatchItem]):
    """One value that one source warns of."""

    type = serializers.CharField(help_text=", ".join(WatchType.values))
    added_by = serializers.CharField(source="added_by.username", read_only=True)
    opinion = serializers.CharField(help_text=", ".join(Opinion.values))
    tlp = serializers.CharField(help_text=", ".join(Tlp.values))
    score = serializers.FloatField(read_only=True, help_text="0 to 100, as it is now")

    class Meta:
        model = WatchItem
        fields: ClassVar = [
            "id",
            "type",
            "value",
            "source",
            "trust",
            "note",
            "warned",
            "added_by",
            "added_at",
            "expires_at",
            "opinion",
            "confidence",
            "score",
            "tlp",
            "reference",
            "phase",
            "first_seen",
            "last_seen",
            "fades_at",
            "batch",
            "hits",
            "last_hit_at",
            "ended_at",
            "end_reason",
        ]
        read_only_fields: ClassVar = fields


class WatchLineSerializer(serializers.Serializer[Any]):
    """One value, defanged or not. type: left out, the desk says what it is."""

    value = serializers.CharField(max_length=4_000)
    type = serializers.CharField(max_length=20, required=False, default=GUESS, allow_blank=True)


class WatchBatchSerializer(serializers.Serializer[Any]):
    """Values of one source. confirm: also those that stand on a list of well-known things."""

    trust = serializers.FloatField(min_value=0, max_value=1, default=TRUST)
    days = serializers.IntegerField(min_value=MIN_DAYS, max_value=MAX_DAYS, default=DAYS)
    note = serializers.CharField(max_length=MAX_NOTE, default="", allow_blank=True)
    confirm = serializers.BooleanField(default=False)
    items = serializers.ListField(child=WatchLineSerializer(), min_length=1, max_length=MAX_LINES)

    def get_fields(self) -> dict[str, Any]:
        """`source` is a property of serializers, so it cannot be an attribute of this one."""
        return {"source": serializers.CharField(max_length=MAX_SOURCE), **super().get_fields()}


class ToldSerializer(serializers.Serializer[Any]):
    """What became of one line. held: well known, and not confirmed."""

    raw = serializers.CharField()
    type = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)
    fate = serializers.ChoiceField([one.value for one in Fate])
    message = serializers.CharField(allow_blank=True)
    id = serializers.IntegerField(source="item.pk", allow_null=True, default=None)


class WatchAnswerSerializer(serializers.Serializer[Any]):
    outcomes = ToldSerializer(many=True)


class WatchValueSerializer(serializers.Serializer[Any]):
    """One value and what is said of it. stance: of all that is in force, together."""

    type = serializers.CharField()
    value = serializers.CharField()
    stance = serializers.CharField(help_text=", ".join(Stance.values))
    assertions = WatchItemSerializer(many=True)


class WatchReasonSerializer(serializers.Serializer[Any]):
    """Why it leaves the list."""

    reason = serializers.CharField(max_length=REASON_CHARS)


class WatchItemFilter(Filters):
    """value: a whole one, as pasted."""

    state = filters.ChoiceFilter(choices=[(state, state) for state in STATES])
    type = filters.ChoiceFilter(choices=WatchType.choices)
    source = filters.CharFilter()
    value = filters.CharFilter()

    def filter_queryset(self, queryset: Any) -> Any:
        """The same as the page."""
        said = {name: value for name, value in self.form.cleaned_data.items() if value}
        return WatchFilter(**said).of(queryset)

    class Meta:
        model = WatchItem
        fields: ClassVar[list[str]] = []


@extend_schema_view(
    get=extend_schema(
        operation_id="watch_items_list", responses={200: WatchItemSerializer, **problems(400)}
    ),
    post=extend_schema(
        operation_id="watch_items_add",
        request=WatchBatchSerializer,
        responses={200: WatchAnswerSerializer, **problems(415, 422)},
    ),
)
class WatchItemsView(ListModelMixin, ListEndpoint):
    """Items of the watch list; POST puts more on it."""

    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.ADMIN}
    serializer_class = WatchItemSerializer
    filterset_class = WatchItemFilter
    pagination_class = KeysetPagination

    def get_queryset(self) -> QuerySet[WatchItem]:
        """What the caller may see."""
        return watch_items_for(self.viewer)

    def get(self, request: Request) -> Response:
        """Items in force, newest first; `state` asks for others."""
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Put values on the list, or renew them; one outcome an item, in order."""
        form = WatchBatchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        told = add_items(
            actor=caller(request),
            lines=[Line(one["value"], one["type"]) for one in said["items"]],
            terms=Terms(said["source"], said["trust"], said["days"], said["note"]),
            confirm=said["confirm"],
        )
        return Response(WatchAnswerSerializer({"outcomes": told}).data)


class WatchItemView(Endpoint):
    """One item."""

    scopes: ClassVar = {"GET": Scope.READ, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="watch_items_detail", responses={200: WatchValueSerializer, **problems(404)}
    )
    def get(self, request: Request, item_id: int) -> Response:
        """Its value, and what every source says or said of it."""
        item = watch_item_by_id(item_id, caller(request))
        said = assertions_of(item, caller(request))
        now = clock.now()
        told = {
            "type": item.type,
            "value": item.value,
            "stance": stance_of([one.opinion for one in said if one.is_in_force(now)]),
            "assertions": said,
        }
        return Response(WatchValueSerializer(told).data)

    @extend_schema(
        operation_id="watch_items_remove",
        request=WatchReasonSerializer,
        responses={200: WatchItemSerializer, **problems(404, 409, 415, 422)},
    )
    def delete(self, request: Request, item_id: int) -> Response:
        """Take it off the list; what was found by it lapses, and it stays in the history."""
        item = watch_item_by_id(item_id, caller(request))
        form = WatchReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        gone = remove_item(actor=caller(request), item=item, reason=form.validated_data["reason"])
        return Response(WatchItemSerializer(gone).data)
