"""Vocabularies that rows of this app store."""

from __future__ import annotations

from typing import Final

from django.db import models

from detectors import choices
from detectors.choices import Outcome

BENIGN: Final = frozenset({Outcome.LEGITIMATE, Outcome.NO_ABUSE})


class State(models.TextChoices):
    """Where a case stands; what may follow what is the table in `states.py`."""

    OPEN = "open", "For review"
    ESCALATED = "escalated", "Escalated"
    SNOOZED = "snoozed", "Snoozed"
    CLOSED = "closed", "Closed"
    MERGED = "merged", "Merged"


class Severity(models.IntegerChoices):
    """How bad; shown as shape, word and colour."""

    INFO = 0, "info"
    LOW = 1, "low"
    MEDIUM = 2, "medium"
    HIGH = 3, "high"
    CRITICAL = 4, "critical"


class Assign(models.TextChoices):
    """How cases of a queue find a person."""

    PULL = "pull", "People take the next one"
    AUTO = "auto", "The desk hands them out"


class SlaStage(models.IntegerChoices):
    """What has been said about the due time of a case."""

    IN_TIME = 0, "in time"
    AT_RISK = 1, "at risk"
    LATE = 2, "late"


class NoticeKind(models.TextChoices):
    """What a person is told; notices never hold evidence."""

    ASSIGNED = "assigned", "was given to you"
    AT_RISK = "at-risk", "is about to be late"
    LATE = "late", "is late"
    ESCALATING = "escalating", "came back: it beats its forecast"
    RETURNED = "returned", "came back from snooze"
    MENTION = "mention", "names you in a note"
    ESCALATED = "escalated", "was escalated"
    SNOOZED = "snoozed", "was put away for a while"
    CLOSED = "closed", "was closed"
    REOPENED = "reopened", "is back for review"
    ABSORBED = "absorbed", "took in another case"
    TAKEN_OVER = "taken-over", "was taken over from you"
    ALARM = "alarm", "raised an alarm"
    DRAFT = "draft", "has a draft that waits for approval"
    DRAFT_DONE = "draft-done", "has your draft in force"
    DRAFT_NO = "draft-no", "had your draft rejected"
    TRIPPED = "tripped", "tripped its circuit breaker: automated hits are held"
    AUTOMATION = "auto", "has a proposal to let it act by itself"
    AUTOMATION_DONE = "auto-done", "acts by itself, as you proposed"
    AUTOMATION_NO = "auto-no", "had your proposal to let it act by itself refused"
    PAUSED = "paused", "was paused; its page says why"
    FEED = "feed", "is read no more until somebody looks"


class LineageKind(models.TextChoices):
    MERGE = "merge", "Merged"
    SPLIT = "split", "Split"


Tlp = choices.Tlp


class Masking(models.TextChoices):
    """How disturbing evidence is covered until somebody asks to see it."""

    OFF = "off", "Not covered"
    BLUR = "blur", "Blurred"
    GREY = "grey", "Greyed out"
    SUMMARY = "summary", "What it is, in place of its words"
    HIDDEN = "hidden", "Hidden"


class TaskState(models.TextChoices):
    OPEN = "open", "To do"
    DONE = "done", "Done"
    SKIPPED = "skipped", "Not needed"


class GateKind(models.TextChoices):
    ALLOW = "allow", "Allow-list"
    SNOOZE = "snooze", "Snooze"


class Confidence(models.IntegerChoices):
    """How sure the person who decided was."""

    LOW = 1, "low"
    MEDIUM = 2, "medium"
    HIGH = 3, "high"


class ActionKind(models.TextChoices):
    """What receivers are to do with one entity; the mildest first."""

    WARN = "warn", "Warn"
    LIMIT = "limit", "Limit reach"
    BLOCK = "block", "Block"
    SUSPEND = "suspend", "Suspend"
    TERMINATE = "terminate", "Terminate"


class Question(models.TextChoices):
    """What a policy may ask of who decides under it."""

    AUTHENTICITY = "authenticity", "How inauthentic are the accounts?"
    HARM = "harm", "How harmful is what they do?"
    ORCHESTRATION = "orchestration", "How centrally is it organised?"
    CHANGE = "change", "How much does its behaviour change over time?"


class Answer(models.TextChoices):
    LOW = "low", "low"
    MEDIUM = "medium", "medium"
    HIGH = "high", "high"
    UNKNOWN = "unknown", "cannot tell"


class ReviewWhy(models.TextChoices):
    """Why a decision is looked at twice."""

    SAMPLE = "sample", "drawn by lot"
    LARGE = "large", "acts on many accounts"
    PROTECTED = "protect", "acts on a protected entity"
    ASKED = "asked", "asked for by who decided"


class Effect(models.TextChoices):
    """When a decision that acts on many accounts is in force."""

    AT_ONCE = "at_once", "at once; the second look comes after"
    AGREED = "agreed", "once a second person agrees"


class ReviewState(models.TextChoices):
    WAITING = "waiting", "Waits for a second opinion"
    AGREED = "agreed", "Both agree"
    DISAGREED = "disagreed", "Waits for a lead"
    SETTLED = "settled", "Settled by a lead"
    MOOT = "moot", "Decision taken back"


class AppealState(models.TextChoices):
    WAITING = "waiting", "Waits for a ruling"
    UPHELD = "upheld", "Upheld"
    CHANGED = "changed", "Changed"
    OVERTURNED = "overturned", "Overturned"
    MOOT = "moot", "Decision taken back"


class Audience(models.TextChoices):
    """To whom a message from the desk goes."""

    REPORTER = "reporter", "Reporter"
    SUBJECT = "subject", "Subject"


class DeliveryKind(models.TextChoices):
    DECISION = "decision", "Decision"
    REVERSAL = "reversal", "Reversal"
    EVENT = "event", "Event"
    MESSAGE = "message", "Message"
    ACTION = "action", "Automated action"


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"
    CANCELLED = "canceled", "Cancelled by undo"  # the column holds eight letters


class AutomatedState(models.TextChoices):
    """What became of one account that an automated detector hit."""

    ACTED = "acted", "Acted on"
    HELD = "held", "Held"
    BARRED = "barred", "Not acted on"
    DROPPED = "dropped", "Dropped"
    UNDONE = "undone", "Taken back"


class ProtectedWhy(models.TextChoices):
    """Why nobody acts on an entity alone."""

    VIP = "vip", "Public person"
    STAFF = "staff", "Own staff"
    PARTNER = "partner", "Partner or customer"
    OTHER = "other", "Other"


class BulkAction(models.TextChoices):
    """What can be done to many cases at once."""

    CLOSE = "close", "Close"
    ASSIGN = "assign", "Assign"
    LABEL = "label", "Label"
    SNOOZE = "snooze", "Snooze"


class BulkState(models.TextChoices):
    """How far the work on many cases is."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"


class ItemState(models.TextChoices):
    """What became of one case of many. Skipped: something else was faster; failed: refused."""

    WAITING = "waiting", "To do"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    UNDONE = "undone", "Undone"
    KEPT = "kept", "Could not be undone"


class Pap(models.TextChoices):
    """Permissible actions protocol: what a receiver may do with it, from anything to nothing."""

    CLEAR = "clear", "PAP:CLEAR, anything"
    GREEN = "green", "PAP:GREEN, active steps such as blocking"
    AMBER = "amber", "PAP:AMBER, passive look-ups only"
    RED = "red", "PAP:RED, nothing that can be noticed"


class ShareState(models.TextChoices):
    """How far a share is. What was let out before stays out while the next revision is written."""

    DRAFT = "draft", "Draft"
    WAITING = "waiting", "Waits for a second person"
    SHARED = "shared", "Shared"
    RECALLED = "recalled", "Recalled"


class WayOut(models.TextChoices):
    """How something reached a partner."""

    SIGNED = "signed", "Signed bundle file"
    BUNDLE = "bundle", "Bundle file"
    TABLE = "table", "Table"
    RECALL = "recall", "Recall file"
    TAXII = "taxii", "TAXII"
    EVENT = "event", "MISP event file"
    MISP = "misp", "MISP feed"


class RecallAnswer(models.TextChoices):
    """What a partner said of a recall."""

    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    REFUSED = "refused", "Refused"


class PatternState(models.TextChoices):
    """How far an own pattern is."""

    DRAFT = "draft", "Draft"
    WAITING = "waiting", "Waits for approval"
    SHARED = "shared", "Shared"
    REVOKED = "revoked", "Revoked"


class ReceivedState(models.TextChoices):
    """How far a partner's pattern is here; no step is left out."""

    QUARANTINED = "quarantined", "In quarantine"
    ACCEPTED = "accepted", "Accepted, inactive"
    SHADOW = "shadow", "In shadow"
    ENABLED = "enabled", "Enabled"
    PAUSED = "paused", "Paused"
    REPLACED = "replaced", "Replaced by a later revision"
    REFUSED = "refused", "Refused"


class KeyUse(models.TextChoices):
    """What a partner's public key is for."""

    SIGN = "sign", "Signs patterns, files and receipts"
    SEAL = "seal", "Keys of circles are sealed to it"


class KeyState(models.TextChoices):
    """What is thought of a partner's key."""

    PINNED = "pinned", "Pinned"
    WITHDRAWN = "withdrawn", "Withdrawn"


class FeedAuth(models.TextChoices):
    """How the desk says who it is to another server."""

    NONE = "none", "Not at all"
    BEARER = "bearer", "Bearer token"
    TOKEN = "token", "Token"
    BASIC = "basic", "User name and password"


class FeedKind(models.TextChoices):
    """What another server speaks."""

    TAXII = "taxii", "TAXII 2.1 collection"
    MISP = "misp", "MISP feed"


class FeedMode(models.TextChoices):
    """What becomes of values that others send; nothing acts by itself in any of them."""

    HOLD = "hold", "A person looks at them first"
    SEED = "seed", "Taken as investigation seeds"
    OPINION = "opinion", "Taken as the source's opinion"


class InboxMode(models.TextChoices):
    """What the members of a circle may do with its inbox."""

    NONE = "none", "Nobody writes"
    INBOX = "inbox", "Members write; each reads its own"


class PostState(models.TextChoices):
    PENDING = "pending", "Pending"
    COMPLETE = "complete", "Complete"


class OpinionWord(models.TextChoices):
    """What the desk thinks of something that another desk shared, in the words of the standard."""

    STRONGLY_AGREE = "strongly-agree", "Strongly agree"
    AGREE = "agree", "Agree"
    NEUTRAL = "neutral", "Cannot tell"
    DISAGREE = "disagree", "Disagree"
    STRONGLY_DISAGREE = "strongly-disagree", "Strongly disagree"


class OutcomeKind(models.TextChoices):
    """What a partner says of something that it got."""

    SIGHTING = "sighting", "Seen"
    FALSE_POSITIVE = "false_positive", "False positive"
    EXPIRED = "expired", "Over"
    AGREE = "agree", "Agrees"
    NEUTRAL = "neutral", "Cannot tell"
    DISAGREE = "disagree", "Disagrees"
