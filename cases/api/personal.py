"""What belongs to the caller over REST: time zone, and which notices they want."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Scope, User
from abusedesk.core.rest import Endpoint, caller, problems
from abusedesk.core.zones import choose_zone, zone_of
from cases.habits import DAY_MIN, Digest, Habit, Topic
from cases.selectors.notice import habit_of
from cases.services.notice import HOURS, save_habit


class OwnSerializer(serializers.Serializer[Any]):
    """The caller. time_zone: an IANA name; empty for that of the desk."""

    username = serializers.CharField(read_only=True)
    role = serializers.CharField(read_only=True)
    time_zone = serializers.CharField(max_length=64, allow_blank=True)
    zone_in_force = serializers.SerializerMethodField()

    def get_zone_in_force(self, person: User) -> str:
        """In which pages tell them times."""
        return str(zone_of(person))


class NoticeHabitSerializer(serializers.Serializer[Any]):
    """Which notices the caller wants.

    quiet_from, quiet_until: minutes of the day in the caller's zone between which no mail comes.
    off_desk, off_mail: topics that do not come that way. mailed: whether mails come at all.
    """

    mailed = serializers.BooleanField()
    address = serializers.CharField(max_length=254, allow_blank=True, default="")
    digest = serializers.ChoiceField(choices=Digest.choices, default=Digest.OFF)
    hour = serializers.IntegerField(min_value=0, max_value=HOURS - 1, default=Habit().hour)
    quiet_from = serializers.IntegerField(
        min_value=0, max_value=DAY_MIN - 1, allow_null=True, default=None
    )
    quiet_until = serializers.IntegerField(
        min_value=0, max_value=DAY_MIN - 1, allow_null=True, default=None
    )
    off_desk = serializers.ListField(
        child=serializers.ChoiceField(choices=Topic.choices), default=list
    )
    off_mail = serializers.ListField(
        child=serializers.ChoiceField(choices=Topic.choices), default=list
    )


class OwnView(Endpoint):
    """The caller."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.REVIEW}

    @extend_schema(operation_id="me_get", responses={200: OwnSerializer, **problems()})
    def get(self, request: Request) -> Response:
        """Name, role and time zone."""
        return Response(OwnSerializer(caller(request)).data)

    @extend_schema(
        operation_id="me_save",
        request=OwnSerializer,
        responses={200: OwnSerializer, **problems(400, 422)},
    )
    def put(self, request: Request) -> Response:
        """Choose the time zone in which pages tell times; answers of this API do not change."""
        form = OwnSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        choose_zone(actor=caller(request), name=form.validated_data["time_zone"])
        return Response(OwnSerializer(caller(request)).data)


class OwnNoticesView(Endpoint):
    """Which notices the caller wants, on what way and when."""

    scopes: ClassVar = {"GET": Scope.READ, "PUT": Scope.REVIEW}

    @extend_schema(operation_id="me_notices", responses={200: NoticeHabitSerializer, **problems()})
    def get(self, request: Request) -> Response:
        """As it is; who chose nothing is told of everything, at once."""
        return Response(_told(caller(request)))

    @extend_schema(
        operation_id="me_notices_save",
        request=NoticeHabitSerializer,
        responses={200: NoticeHabitSerializer, **problems(400, 422)},
    )
    def put(self, request: Request) -> Response:
        """As it is from now on; what is left out is as for who chose nothing."""
        form = NoticeHabitSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said: dict[str, Any] = form.validated_data
        habit = Habit(
            digest=Digest(said["digest"]),
            hour=said["hour"],
            quiet_from=said["quiet_from"],
            quiet_until=said["quiet_until"],
            off_desk=frozenset(said["off_desk"]),
            off_mail=frozenset(said["off_mail"]),
        )
        person = caller(request)
        save_habit(actor=person, habit=habit, mailed=said["mailed"], address=said["address"])
        return Response(_told(person))


def _told(person: User) -> dict[str, Any]:
    habit = habit_of(person)
    return {
        "mailed": person.mail_notices,
        "address": person.email,
        "digest": habit.digest,
        "hour": habit.hour,
        "quiet_from": habit.quiet_from,
        "quiet_until": habit.quiet_until,
        "off_desk": sorted(habit.off_desk),
        "off_mail": sorted(habit.off_mail),
    }
