"""What a shard tells a tick about objects of one and of several accounts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.base import DAY_S, Key
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers
from detectors.synchrony.tables import Table, clock_steps, collect, collect_since, merge, pooled

SHARES = st.lists(
    st.tuples(
        st.sampled_from(["url", "hashtag"]),
        st.sampled_from(["one", "two", "three"]),
        st.sampled_from(["x:a", "x:b", "y:c"]),
        st.floats(0, 9 * DAY_S),
    ),
    max_size=40,
)


@given(shares=SHARES, since=st.floats(0, 9 * DAY_S))
def test_first_shares_are_those_that_a_look_at_every_share_finds(
    shares: list[tuple[str, str, str, float]], since: float
) -> None:
    states: dict[Key, Sharers] = {}
    days: dict[tuple[Key, str, float], tuple[float, int]] = {}
    for number, (kind, value, account, at) in enumerate(shares, start=1):
        key, share = Key(kind, value), (at, number)
        states.setdefault(key, Sharers()).add(account, *share)
        day = (key, account, at // DAY_S)
        days[day] = min(days.get(day, share), share)
    first: dict[Key, dict[str, tuple[float, int]]] = {}
    for (key, account, _), share in sorted(days.items(), reverse=True):
        if share[0] >= since:
            first.setdefault(key, {})[account] = share
    slow = collect((key, first[key], False) for key in states if key in first)
    found = merge([collect_since(states, since, b"")])
    for kind, table in merge([slow]).items():
        mine = found.pop(kind)
        assert _rows(mine) == _rows(table)
        assert mine.alone == table.alone
    assert not found


@given(shares=SHARES)
def test_tables_are_the_same_whatever_shard_an_object_is_in(
    shares: list[tuple[str, str, str, float]],
) -> None:
    states: dict[Key, Sharers] = {}
    for number, (kind, value, account, at) in enumerate(shares, start=1):
        states.setdefault(Key(kind, value), Sharers()).add(account, at, number)
    halves = [dict(list(states.items())[n::2]) for n in range(2)]
    one = merge([collect_since(states, 0.0, b"")])
    two = merge([collect_since(half, 0.0, b"") for half in halves])
    for left, right in zip(
        [*one.values(), *pooled(one)], [*two.values(), *pooled(two)], strict=True
    ):
        assert (_rows(left), left.alone) == (_rows(right), right.alone)
        assert left.objects == tuple(sorted(left.objects))
        assert left.accounts == tuple(sorted(left.accounts))
    assert clock_steps(one.values()) == clock_steps(two.values())


def test_of_very_many_accounts_a_sample_is_told_and_said_to_be_one() -> None:
    state = Sharers()
    for number in range(MAX_ACCOUNTS + 5):
        state.add(f"x:{number}", 1.0, number)
    table = merge([collect_since({Key("url", "u"): state}, 0.0, b"secret")])["url"]
    assert table.sampled
    assert len(table.accounts) == MAX_ACCOUNTS


def _rows(table: Table) -> list[tuple[Key, str, float, int]]:
    columns = zip(table.object, table.account, table.at, table.signal, strict=True)
    return sorted((table.objects[o], table.accounts[a], at, id_) for o, a, at, id_ in columns)
