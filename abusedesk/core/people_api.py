"""People over REST, for admins."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from abusedesk.core.models import Role, Scope
from abusedesk.core.people import change_user, create_user, people_for, renew_password
from abusedesk.core.policy import require
from abusedesk.core.rest import Endpoint, caller, problems


class UserSerializer(serializers.Serializer[Any]):
    """Somebody who may come in, or may not any more."""

    name = serializers.CharField(source="username")
    mail = serializers.CharField(source="email")
    role = serializers.ChoiceField(Role.choices)
    active = serializers.BooleanField(source="is_active")
    last_login = serializers.DateTimeField(allow_null=True)


class NewUserSerializer(serializers.Serializer[Any]):
    """mail: only for notices by mail."""

    name = serializers.CharField(max_length=150)
    mail = serializers.EmailField(required=False)
    role = serializers.ChoiceField(Role.choices, default=Role.REVIEWER)


class UserChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    role = serializers.ChoiceField(Role.choices, required=False)
    active = serializers.BooleanField(required=False)


class PasswordSerializer(serializers.Serializer[Any]):
    """The only time that the password is told."""

    name = serializers.CharField()
    password = serializers.CharField()


class UsersView(Endpoint):
    """People."""

    scopes: ClassVar = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}

    @extend_schema(operation_id="users", responses={200: UserSerializer(many=True), **problems()})
    def get(self, request: Request) -> Response:
        """Everybody by name, with who is off last."""
        require(caller(request), "person.view")
        return Response(UserSerializer(people_for(caller(request)), many=True).data)

    @extend_schema(
        operation_id="user_create",
        request=NewUserSerializer,
        responses={201: PasswordSerializer, **problems(422)},
    )
    def post(self, request: Request) -> Response:
        """Make a person with a password."""
        form = NewUserSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        password = create_user(actor=caller(request), **said)
        return Response({"name": said["name"], "password": password}, status=201)


class UserView(Endpoint):
    """One person."""

    scopes: ClassVar = {"PATCH": Scope.ADMIN}

    @extend_schema(
        operation_id="user_change",
        request=UserChangeSerializer,
        responses={200: UserSerializer, **problems(404, 409)},
    )
    def patch(self, request: Request, name: str) -> Response:
        """Another role, off or on. Nobody changes themselves, and one admin stays."""
        form = UserChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        change_user(actor=caller(request), name=name, **form.validated_data)
        return Response(UserSerializer(people_for(caller(request)).get(username=name)).data)


class UserPasswordView(Endpoint):
    """The password of one person."""

    scopes: ClassVar = {"POST": Scope.ADMIN}

    @extend_schema(
        operation_id="user_password",
        request=None,
        responses={200: PasswordSerializer, **problems(404)},
    )
    def post(self, request: Request, name: str) -> Response:
        """Give a new one, which ends all sessions of the person."""
        password = renew_password(actor=caller(request), name=name)
        return Response({"name": name, "password": password})
