"""Other numbers for a platform or a source: which one holds, and that no group is divided by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from detectors import registry
from detectors.base import Condition, FindingDraft, Key
from detectors.forms import differences
from detectors.overrides import (
    Need,
    Override,
    ScopedParams,
    need_of,
    overridable,
    schema_of,
    sources_named,
    told_among,
)
from detectors.rules.near_duplicate_text import NearDuplicateParams
from detectors.rules.shared_infrastructure import SharedInfrastructureParams
from tests.harness import post

NAME = "min_accounts"


def params(general: int, **rows: int) -> NearDuplicateParams:
    """`platform_x=5` is an override for platform x."""
    told = [
        {"scope": scope.replace("_", ":"), "setting": NAME, "value": value}
        for scope, value in rows.items()
    ]
    return NearDuplicateParams.model_validate({NAME: general, "overrides": told})


def need(p: ScopedParams, accounts: str, **tellers: str) -> Need:
    """`x:a y:b` are accounts; `forum="x:a"` is what a source told of."""
    told = [(account, source) for source, named in tellers.items() for account in named.split()]
    return need_of(p, NAME, accounts.split(), [1], lambda _: told)


# --- which number holds ----------------------------------------------------------------------


def test_what_lies_wholly_on_one_platform_needs_the_number_of_that_platform() -> None:
    strict = params(2, platform_x=4)
    assert not need(strict, "x:a x:b x:c").met
    assert need(strict, "x:a x:b x:c x:d") == Need(4, 4, "on x")
    assert need(strict, "y:a y:b") == Need(2, 2)
    loose = params(4, platform_x=2)
    assert need(loose, "x:a x:b") == Need(2, 2, "on x")
    assert not need(loose, "y:a y:b y:c").met


def test_a_group_on_two_platforms_needs_the_general_number() -> None:
    strict = params(3, platform_x=10)
    assert not need(strict, "x:a x:b x:c").met
    assert need(strict, "x:a x:b y:c") == Need(3, 3)


def test_an_account_elsewhere_does_not_hide_those_that_are_enough_by_themselves() -> None:
    loose = params(10, platform_x=3)
    assert need(loose, "x:a x:b x:c y:d") == Need(3, 3, "on x")
    assert not need(loose, "x:a x:b y:c y:d y:e").met


def test_a_source_goes_before_a_platform() -> None:
    both = params(5, platform_x=2, source_forum=4)
    assert not need(both, "x:a x:b", forum="x:a x:b").met
    assert need(both, "x:a x:b x:c x:d", forum="x:a x:b x:c x:d") == Need(4, 4, "from forum")
    assert need(both, "x:a x:b", mail="x:a x:b") == Need(2, 2, "on x")
    looser = params(5, platform_x=4, source_forum=2)
    assert need(looser, "x:a x:b", forum="x:a x:b") == Need(2, 2, "from forum")


def test_what_two_sources_told_of_is_of_neither_alone() -> None:
    strict = params(2, source_forum=4)
    assert not need(strict, "x:a x:b", forum="x:a x:b").met
    assert need(strict, "x:a x:b", forum="x:a x:b", mail="x:b") == Need(2, 2)


def test_whose_signals_are_gone_is_of_no_source() -> None:
    strict = params(2, source_forum=4)
    assert need(strict, "x:a x:b", forum="x:a") == Need(2, 2)
    assert need(params(5, source_forum=2), "x:a x:b x:c", forum="x:a x:b") == Need(
        2, 2, "from forum"
    )


def test_nobody_is_asked_who_sent_what_unless_a_source_is_named() -> None:
    def never(_: Any) -> Any:
        pytest.fail("asked")

    assert need_of(params(2, platform_x=3), NAME, ["x:a", "x:b", "x:c"], [1], never).met
    assert not need_of(params(3, source_forum=3), NAME, ["x:a"], [1], never).met


accounts_ = st.frozensets(
    st.tuples(
        st.sampled_from("xyz"), st.integers(0, 6), st.frozensets(st.sampled_from("fgh"), max_size=2)
    ),
    min_size=1,
    max_size=12,
)
rows_ = st.dictionaries(
    st.sampled_from(["platform_x", "platform_y", "source_f", "source_g"]),
    st.integers(2, 8),
    max_size=4,
)


@given(st.integers(2, 8), rows_, accounts_, accounts_)
def test_more_accounts_never_make_that_a_group_is_not_found(
    general: int, rows: dict[str, int], some: Any, more: Any
) -> None:
    p = params(general, **rows)

    def met(group: Any) -> bool:
        told = [(f"{place}:{n}", source) for place, n, sources in group for source in sources]
        names = {f"{place}:{n}" for place, n, _ in group}
        return need_of(p, NAME, names, [1], lambda _: told).met

    new = {(place, n) for place, n, _ in some}
    grown = some | {one for one in more if one[:2] not in new}
    assert met(grown) or not met(some)


@given(st.integers(2, 8), rows_, st.integers(1, 12), st.sampled_from("xyz"), st.sampled_from("fgh"))
def test_a_group_of_one_platform_and_source_is_judged_by_one_number(
    general: int, rows: dict[str, int], size: int, place: str, source: str
) -> None:
    names = [f"{place}:{n}" for n in range(size)]
    told = [(name, source) for name in names]
    least = rows.get(f"source_{source}", rows.get(f"platform_{place}", general))
    assert need_of(params(general, **rows), NAME, names, [1], lambda _: told).met == (size >= least)


# --- what a finding says ---------------------------------------------------------------------


def test_a_finding_names_the_number_that_it_met() -> None:
    others = Condition("not common", 3, "<=", 250, "accounts", met=True)
    draft = FindingDraft(
        anchor=Key("text", "a"),
        subjects=("x:a", "x:b", "x:c"),
        signal_ids=(1,),
        llr=1.0,
        sentence="",
        first_at=0.0,
        last_at=0.0,
        conditions=(Condition("accounts", 3, ">=", 9, "accounts", met=False), others),
    )
    told = Need(3, 2, "on x").shown(draft)
    assert told.conditions == (
        Condition("accounts on x", 3, ">=", 2, "accounts", met=True),
        others,
    )
    assert Need(3, 3).shown(draft).conditions[0].limit == 3


def test_signals_tell_who_sent_them() -> None:
    signals = [post(0, "ann", "a", source=7), post(1, "bob", "b", source=8)]
    tell = told_among(signals, {7: "forum"})
    assert list(tell([1, 2, 99])) == [("x:ann", "forum"), ("x:bob", "")]


# --- the settings ----------------------------------------------------------------------------


def test_settings_without_overrides_are_the_settings_from_before_there_were_any() -> None:
    plain = NearDuplicateParams()
    assert "overrides" not in plain.model_dump(mode="json")
    assert NearDuplicateParams.model_validate(plain.model_dump(mode="json")).digest() == (
        NearDuplicateParams(overrides=()).digest()
    )
    assert plain.digest() == "84fd04b2d06e5c7c"  # of the release before


def test_the_same_overrides_are_the_same_settings_in_any_order() -> None:
    one, other = params(3, platform_x=5, source_f=2), params(3, source_f=2, platform_x=5)
    assert one == other
    assert one.digest() == other.digest() != params(3).digest()
    assert hash(one) == hash(other)
    assert NearDuplicateParams.model_validate(one.model_dump(mode="json")) == one
    assert sources_named(one) == {"f"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"scope": "platform:x", "setting": "window_h", "value": 5}, "window_h cannot be"),
        ({"scope": "platform:x", "setting": NAME, "value": 1}, "min_accounts on x must lie"),
        ({"scope": "platform:x", "setting": NAME, "value": 101}, "must lie between 2 and 100"),
        ({"scope": "x", "setting": NAME, "value": 5}, "should match pattern"),
        ({"scope": "platform:X y", "setting": NAME, "value": 5}, "should match pattern"),
        ({"scope": "platform:x\n", "setting": NAME, "value": 5}, "should match pattern"),
        ({"scope": "platform:x", "setting": NAME, "value": 5.5}, "valid integer"),
        ({"scope": "platform:x", "setting": NAME}, "Field required"),
        ({"scope": "platform:x", "setting": NAME, "value": 5, "mode": "off"}, "not permitted"),
    ],
)
def test_what_is_wrong_with_an_override_is_told(line: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as refused:
        NearDuplicateParams.model_validate({"overrides": [line]})
    assert refused.value.errors()[0]["loc"][0] == "overrides"


def test_one_place_has_one_number_and_there_is_an_end_to_them() -> None:
    line = {"scope": "platform:x", "setting": NAME, "value": 5}
    with pytest.raises(ValidationError, match="min_accounts on x is set more than once"):
        NearDuplicateParams.model_validate({"overrides": [line, {**line, "value": 6}]})
    many = [{**line, "scope": f"platform:p{n}"} for n in range(101)]
    with pytest.raises(ValidationError, match="at most 100"):
        NearDuplicateParams.model_validate({"overrides": many})


def test_a_detector_without_such_a_number_takes_no_overrides() -> None:
    line = {"scope": "platform:x", "setting": "alpha", "value": 5}
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        registry.get("coaction-synchrony").Params.model_validate({"overrides": [line]})


def test_only_numbers_that_shape_no_state_can_be_overridden() -> None:
    found = 0
    for kind in registry.all_detectors().values():
        for name, info in overridable(kind.Params).items():
            extra = info.json_schema_extra
            assert isinstance(extra, dict)
            assert issubclass(kind.Params, ScopedParams)
            assert (extra["rebuild"], extra["unit"], info.annotation) == (False, "accounts", int)
            assert kind.keys_read is None or name not in kind.keys_read
            found += 1
        assert bool(overridable(kind.Params)) == issubclass(kind.Params, ScopedParams)
    assert found == 11


def test_the_schema_of_overrides_refers_to_nothing_outside() -> None:
    told = schema_of(SharedInfrastructureParams)["overrides"]
    assert set(told["items"]["properties"]) == {"scope", "setting", "value"}
    assert "$ref" not in str(told)


def test_versions_differ_override_by_override() -> None:
    before = params(3, platform_x=5, platform_y=4).model_dump(mode="json")
    after = params(3, platform_x=6, source_f=9).model_dump(mode="json")
    told = [
        (one.label, one.before, one.after, one.unit)
        for one in differences(NearDuplicateParams, before, after)
    ]
    assert told == [
        ("Min accounts on x", "5", "6", "accounts"),
        ("Min accounts on y", "4", "as everywhere: 3", "accounts"),
        ("Min accounts from f", "as everywhere: 3", "9", "accounts"),
    ]
    assert differences(NearDuplicateParams, {}, {}) == []


def test_the_smallest_and_the_largest_number_are_known() -> None:
    told = params(3, platform_x=5, source_f=2)
    assert (told.least(NAME), told.most(NAME)) == (2, 5)
    assert (params(3).least(NAME), params(3).most(NAME)) == (3, 3)


def test_an_override_says_where_it_holds() -> None:
    assert Override(scope="platform:x", setting=NAME, value=3).where == "on x"
    assert Override(scope="source:a-b_c", setting=NAME, value=3).where == "from a-b_c"
