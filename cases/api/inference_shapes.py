"""Shapes of what the desk infers of a case, in the API: who wrote it, where it goes next."""

from __future__ import annotations

from rest_framework import serializers


class EvidenceLineSerializer(serializers.Serializer[object]):
    """One piece of evidence. output: the signal whose output the text was compared with."""

    signal = serializers.IntegerField()
    account = serializers.CharField()
    words = serializers.CharField()
    output = serializers.IntegerField(allow_null=True)


class UnknownShareSerializer(serializers.Serializer[object]):
    """Texts that count for nobody, and why: the first of `total` lines."""

    texts = serializers.IntegerField()
    percent = serializers.FloatField()
    lines = EvidenceLineSerializer(many=True, source="pro")
    total = serializers.IntegerField(source="pro_total")


class MakerShareSerializer(serializers.Serializer[object]):
    """An AI service and model. texts: how many count for it; pro, contra: the first lines."""

    provider = serializers.CharField(source="maker.provider", allow_blank=True)
    model = serializers.CharField(source="maker.model", allow_blank=True)
    texts = serializers.IntegerField()
    percent = serializers.FloatField()
    pro = EvidenceLineSerializer(many=True)
    pro_total = serializers.IntegerField()
    contra = EvidenceLineSerializer(many=True)
    contra_total = serializers.IntegerField()


class AttributionSerializer(serializers.Serializer[object]):
    """The percents of makers, others and unknown add up to 100.

    others_percent: of `other_total` makers that are not listed.
    """

    total = serializers.IntegerField()
    makers = MakerShareSerializer(many=True)
    other_total = serializers.IntegerField()
    others_percent = serializers.FloatField(source="others.percent")
    unknown = UnknownShareSerializer()


class NextPlatformSerializer(serializers.Serializer[object]):
    """Where a case will probably go next; empty and 0 when too few went the same way.

    alike: confirmed cases that went the same way so far; cases: those that went on to `platform`.
    after_s: median of the seconds from the last platform to it. so_far: platforms in their order.
    """

    so_far = serializers.ListField(child=serializers.CharField())
    platform = serializers.CharField(allow_blank=True)
    alike = serializers.IntegerField()
    cases = serializers.ListField(child=serializers.CharField())
    after_s = serializers.FloatField(allow_null=True)
