"""What is kept of requests and refusals: of one account, of one template, of one model."""

from __future__ import annotations

import msgspec

from detectors.base import DAY_S, HOUR_S, Signal
from detectors.prompts.askers import customer
from detectors.prompts.templates import template_of
from detectors.synchrony.rows import keyed_rank

KEPT_S = 8 * DAY_S
MAX_STEPS = 256
SETTLED_EACH = 64
"""Steps after which those go that no ladder needs, of an account that no tick has looked at."""
PLAIN_S = DAY_S + 2 * HOUR_S
"""Signals may come a day late, so what was not refused yet is kept a little longer."""
AFTER_S = HOUR_S
"""How long after a refusal the next prompt can be an answer to it."""
SAMPLED = 128
MAX_NAME = 80


class Step(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A request with its template, empty for none, or a response that refused one.

    Ordered by (at, signal_id). thread: conversation, empty when not sent.
    """

    at: float
    signal_id: int
    refused: bool
    is_response: bool = False
    model: str = ""
    thread: str = ""
    name: str = ""
    space: str = ""
    signature: bytes = b""

    @property
    def place(self) -> tuple[float, int]:
        """Where it stands in order of time."""
        return (self.at, self.signal_id)


class Hour(msgspec.Struct, array_like=True, gc=False):
    """Trials of one hour. A service may tell a refusal with the request, the response, or both."""

    requests: int = 0
    responses: int = 0
    refused_requests: int = 0
    refused_responses: int = 0

    @property
    def trials(self) -> int:
        """Requests, or responses where only those are sent."""
        return max(self.requests, self.responses)

    @property
    def refusals(self) -> int:
        """Each once, however it was told."""
        return max(self.refused_requests, self.refused_responses)


class Trials(msgspec.Struct, omit_defaults=True):
    """State of one account (steps), one template (hours) or one model (hours, sample).

    sample: by hour, accounts of the lowest keyed rank and whether any request of theirs was
    refused. Any order of signals within a day gives the same.
    """

    customer: str = ""
    newest: float = 0.0
    steps: list[Step] = []
    hours: dict[int, Hour] = {}
    sample: dict[int, dict[int, bool]] = {}
    truncated: bool = False

    @property
    def may_tell(self) -> bool:
        """Whether a tick can learn from it: an account that was refused, a model, a template that
        was asked more than once. A single request is known from the steps of who made it."""
        if not self.customer:
            return (
                bool(self.sample)
                or len(self.hours) > 1
                or any(one.trials > 1 for one in self.hours.values())
            )
        return any(one.refusals for one in self.hours.values())

    def count(self, signal: Signal) -> None:
        """Count one request or response in its hour."""
        self.newest = max(self.newest, signal.at)
        hour = self.hours.setdefault(int(signal.at // HOUR_S), Hour())
        refused = is_refused(signal)
        if signal.kind == "ai.request":
            hour.requests += 1
            hour.refused_requests += refused
        else:
            hour.responses += 1
            hour.refused_responses += refused
        if len(self.hours) > 2 * KEPT_S // HOUR_S:
            least = int((self.newest - KEPT_S) // HOUR_S)
            self.hours = {number: one for number, one in self.hours.items() if number >= least}
            self.sample = {number: one for number, one in self.sample.items() if number >= least}

    def keep_step(self, signal: Signal) -> None:
        """Remember what was asked or refused, as long as it can matter."""
        self.customer = max(self.customer, customer(signal))
        if signal.kind == "ai.request" or is_refused(signal):
            self.steps.append(step_of(signal))
            if not len(self.steps) % SETTLED_EACH:
                self.settle()

    def settle(self) -> None:
        """Order the steps and let those go that no ladder needs: see `needed`."""
        self.steps.sort(key=lambda one: one.place)
        kept = needed(self.steps, self.newest)
        self.truncated = self.truncated or len(kept) > MAX_STEPS
        self.steps = kept[-MAX_STEPS:]

    def keep_account(self, signal: Signal, secret: bytes) -> None:
        """Note whether this account was refused, if it is one of the sample of this hour."""
        accounts = self.sample.setdefault(int(signal.at // HOUR_S), {})
        rank = keyed_rank(signal.account, secret) >> 1  # 63 bits, for the state's file
        accounts[rank] = accounts.get(rank, False) or is_refused(signal)
        if len(accounts) > SAMPLED:
            del accounts[max(accounts)]


def needed(steps: list[Step], newest: float) -> list[Step]:
    """Of ordered steps: those of the last day, refusals, and what came soon after one."""
    kept, refused_at = [], float("-inf")
    for place, one in enumerate(steps):
        if one.at < newest - KEPT_S:
            continue
        answered = one.is_response or _is_answered(steps, place)
        if one.refused or answered:
            refused_at = one.at
        if one.at >= newest - PLAIN_S or one.refused or answered or one.at <= refused_at + AFTER_S:
            kept.append(one)
    return kept


def step_of(signal: Signal) -> Step:
    """One request or response."""
    is_response = signal.kind != "ai.request"
    thread = signal.attributes.get("conversation")
    template = None if is_response else template_of(signal)
    return Step(
        signal.at,
        signal.id,
        is_refused(signal),
        is_response,
        model_of(signal),
        thread[:MAX_NAME] if isinstance(thread, str) else "",
        *(template or ()),
    )


def model_of(signal: Signal) -> str:
    """The filter that a request meets: platform, provider and model."""
    ai = signal.ai
    named = (ai.provider[:MAX_NAME], ai.model[:MAX_NAME]) if ai is not None else ()
    return "/".join([signal.platform, *(one for one in named if one)])


def is_refused(signal: Signal) -> bool:
    """Whether the service said no."""
    return signal.ai is not None and signal.ai.refused is True


def _is_answered(steps: list[Step], place: int) -> bool:
    """Whether the next step is a refusal by response."""
    return place + 1 < len(steps) and steps[place + 1].is_response
