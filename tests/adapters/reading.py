"""How the tests of adapters read samples, and what no bytes may break."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.adapters.base import Item, Outcome, Refusal
from detectors.adapters.registry import get
from detectors.base import Signal
from detectors.ingest import Refused, Window, read_item
from detectors.schema import SignalIn

SAMPLES = Path(__file__).parent / "samples"
WINDOW = Window.at(datetime(2026, 12, 1, tzinfo=UTC), oldest=date(2000, 1, 1))
EXAMPLES = 100
WEIRD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**70, 1.5, 1e300, "", "x", "\x00", "\u202e", "a" * 300, "9" * 5_000),
    *([], {}, [None], [[]], [{}], {"": ""}, {"a": {"b": [1]}}, ["x"] * 200, "<" * 50, "]]>"),
    *(
        "2026-09-21",
        "2026-09-21T12:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ),
)


def names(slug: str) -> list[str]:
    """Files of an adapter's samples."""
    return sorted(path.name for path in (SAMPLES / slug).iterdir())


def sample(slug: str, name: str) -> bytes:
    """A sample as it is sent."""
    return (SAMPLES / slug / name).read_bytes()


def loaded(slug: str, name: str) -> Any:
    """A JSON sample, to be changed and sent."""
    return json.loads(sample(slug, name))


def outcomes(slug: str, body: bytes | Any) -> list[Outcome]:
    """What an adapter makes of bytes, or of a value as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(get(slug).read(raw))


def items(slug: str, body: bytes | Any) -> list[dict[str, Any]]:
    """Fields of the signals that an adapter writes; nothing may be refused."""
    found = outcomes(slug, body)
    assert [one for one in found if isinstance(one, Refusal)] == []
    return [one.fields for one in found if isinstance(one, Item)]


def item(slug: str, body: bytes | Any) -> dict[str, Any]:
    """Fields of the only signal that an adapter writes."""
    (found,) = items(slug, body)
    return found


def refusals(slug: str, body: bytes | Any) -> list[tuple[str, str]]:
    """Place and code of what an adapter refuses."""
    return [(one.place, one.code) for one in outcomes(slug, body) if isinstance(one, Refusal)]


def told(slug: str, name: str) -> list[Any]:
    """A sample as a table: fields of a signal, or `place: sentence` of a refusal."""
    return [
        one.fields if isinstance(one, Item) else f"{one.place}: {one.sentence}"
        for one in get(slug).read(sample(slug, name))
    ]


def judged(outcome: Outcome) -> SignalIn | Refused | Refusal:
    """What becomes of an outcome behind the door."""
    if isinstance(outcome, Refusal):
        assert outcome.place
        assert outcome.sentence
        assert isinstance(outcome.raw, bytes)
        return outcome
    return read_item(msgspec.json.encode(outcome.fields), WINDOW)


def as_signal(fields: dict[str, Any]) -> Signal:
    """A signal as detectors see it."""
    return Signal(
        id=1,
        at=0.0,
        platform=fields["platform"],
        kind=fields["kind"],
        actor=fields.get("actor", ""),
        text=fields.get("text", ""),
        raw_urls=tuple(fields.get("urls", ())),
        objects=tuple(fields.get("objects", ())),
        identifier_map=fields.get("identifiers", {}),
    )


def never_breaks(slug: str) -> Callable[[], None]:
    """A property: arbitrary bytes and damaged samples end in signals and refusals, nothing else.

    What an adapter wrote never breaks a limit of the contract: only what the payload said of time
    can be refused behind the door.
    """
    samples = [sample(slug, name) for name in names(slug)]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(body=st.one_of(st.binary(max_size=300), _damaged(samples), _changed(samples)))
    def test(body: bytes) -> None:
        for outcome in get(slug).read(body):
            found = judged(outcome)
            if isinstance(found, Refused):
                assert {fault.field for fault in found.faults} <= {"occurred_at"}, found.faults
        assert list(get(slug).read(body)) == list(get(slug).read(body))

    return test


@st.composite
def _damaged(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A sample with pieces cut out, doubled or replaced."""
    raw = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 80)))
        piece = draw(st.one_of(st.binary(max_size=20), st.just(raw[start:end] * 2)))
        raw = raw[:start] + piece + raw[end:]
    return raw


@st.composite
def _changed(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A JSON sample with other values in some places; another sample as it is."""
    raw = draw(st.sampled_from(samples))
    lines = [raw] if _is_json(raw) else raw.splitlines()
    if not all(_is_json(line) for line in lines):
        return raw
    changed = []
    for line in lines:
        value = json.loads(line)
        for _ in range(draw(st.integers(0, 3))):
            if paths := list(_paths(value)):
                _put(value, draw(st.sampled_from(paths)), deepcopy(draw(st.sampled_from(WEIRD))))
        changed.append(json.dumps(value).encode())
    return b"\n".join(changed)


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for name, one in inside:
        yield (*path, name)
        yield from _paths(one, (*path, name))


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = new
