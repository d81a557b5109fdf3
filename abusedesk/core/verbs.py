"""The registry of audit verbs: what can happen, and its sentence without the subject."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """What can happen; the sentence of each stands in `SENTENCES`."""

    CASE_OPENED = "case.opened"
    CASE_OPENED_BY_REPORT = "case.opened_by_report"
    CASE_GREW = "case.grew"
    CASE_REPORTED = "case.reported"
    CASE_CHANGED = "case.changed"
    CASE_REGRESSED = "case.regressed"
    CASE_SUPPRESSED = "case.suppressed"
    CASE_VIEWED = "case.viewed"
    CASE_PEEKED = "case.peeked"
    CASE_REPORT_MADE = "case.report_made"
    BUDGET_EXTENDED = "budget.extended"
    MASK_SAVED = "mask.saved"
    CASE_CLAIMED = "case.claimed"
    CASE_TAKEN_OVER = "case.taken_over"
    CASE_RELEASED = "case.released"
    CASE_NOTED = "case.noted"
    CASE_DECIDED = "case.decided"
    CASE_IN_FORCE = "case.in_force"
    CASE_UNDONE = "case.undone"
    CASE_REVERSED = "case.reversed"
    REVIEW_GIVEN = "review.given"
    REVIEW_SETTLED = "review.settled"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_RULED = "appeal.ruled"
    GOLDEN_MARKED = "golden.marked"
    GOLDEN_RETIRED = "golden.retired"
    POLICY_SAVED = "policy.saved"
    STATEMENTS_ISSUED = "statements.issued"
    STATEMENTS_READ = "statements.read"
    TRANSPARENCY_READ = "transparency.read"
    CASE_ESCALATED = "case.escalated"
    CASE_SNOOZED = "case.snoozed"
    CASE_RETURNED = "case.returned"
    CASE_REOPENED = "case.reopened"
    CASE_LABELLED = "case.labelled"
    CASE_MARKED = "case.marked"
    CASE_WATCHED = "case.watched"
    CASE_UNWATCHED = "case.unwatched"
    CASE_LINKED = "case.linked"
    CASE_UNLINKED = "case.unlinked"
    CASE_ADDED = "case.added"
    CASE_TAKEN_OFF = "case.taken_off"
    TRAY_FILLED = "tray.filled"
    TRAY_EMPTIED = "tray.emptied"
    TRAY_EXPORTED = "tray.exported"
    CASES_EXPORTED = "cases.exported"
    COLUMNS_CHOSEN = "columns.chosen"
    AUDIT_EXPORTED = "audit.exported"
    TASKS_ADDED = "case.tasks_added"
    TASK_CHANGED = "case.task_changed"
    FILE_ADDED = "case.file_added"
    FILE_READ = "case.file_read"
    FILE_BROKEN = "case.file_broken"
    MESSAGE_WRITTEN = "message.written"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_SENT = "message.sent"
    MESSAGE_GIVEN_UP = "message.given_up"
    TEMPLATE_SAVED = "template.saved"
    PLAYBOOK_SAVED = "playbook.saved"
    CASE_MERGED = "case.merged"
    CASE_ABSORBED = "case.absorbed"
    CASE_ROUTED = "case.routed"
    CASE_MOVED = "case.moved"
    CASE_ASSIGNED = "case.assigned"
    CASE_UNASSIGNED = "case.unassigned"
    CASE_AT_RISK = "case.at_risk"
    CASE_LATE = "case.late"
    CASE_ESCALATING = "case.escalating"
    QUEUE_SAVED = "queue.saved"
    ROUTING_SAVED = "routing.saved"
    ROUTING_ENDED = "routing.ended"
    ROUTING_ORDERED = "routing.ordered"
    SHIFT_SAVED = "shift.saved"
    CASE_UNMERGED = "case.unmerged"
    CASE_CUT = "case.cut"
    CASE_SPLIT_OFF = "case.split_off"
    CASE_REJOINED = "case.rejoined"
    PROPOSAL_ACCEPTED = "proposal.accepted"
    PROPOSAL_REJECTED = "proposal.rejected"
    CAMPAIGN_HELD = "campaign.held"
    GATE_SAVED = "gate.saved"
    BULK_ASKED = "bulk.asked"
    BULK_ENDED = "bulk.ended"
    BULK_CANCELLED = "bulk.cancelled"
    BULK_UNDO_ASKED = "bulk.undo_asked"
    BULK_UNDONE = "bulk.undone"
    AUTOMATION_PROPOSED = "automation.proposed"
    AUTOMATION_ALLOWED = "automation.allowed"
    AUTOMATION_REFUSED = "automation.refused"
    AUTOMATION_WITHDRAWN = "automation.withdrawn"
    AUTOMATION_ENDED = "automation.ended"
    AUTOMATION_ACTED = "automation.acted"
    AUTOMATION_STOOD = "automation.stood"
    AUTOMATION_RELEASED = "automation.released"
    AUTOMATION_DROPPED = "automation.dropped"
    AUTOMATION_REVERSED = "automation.reversed"
    BREAKER_TRIPPED = "breaker.tripped"
    BREAKER_RESUMED = "breaker.resumed"
    VERSION_UNDO_ASKED = "version.undo_asked"
    VERSION_UNDONE = "version.undone"
    PROTECTED_ADDED = "protected.added"
    PROTECTED_ENDED = "protected.ended"
    DELIVERY_SENT = "delivery.sent"
    DELIVERY_GIVEN_UP = "delivery.given_up"
    DELIVERY_CANCELLED = "delivery.cancelled"
    DELIVERY_AGAIN = "delivery.again"
    WEBHOOK_SAVED = "webhook.saved"
    ORGANISATION_SAVED = "organisation.saved"
    PARTNER_SAVED = "partner.saved"
    PARTNER_LET_IN = "partner.let_in"
    CIRCLE_SAVED = "circle.saved"
    CIRCLE_KEY = "circle.key"
    SHARED_NOTE_WRITTEN = "share.noted"
    SHARE_WRITTEN = "share.written"
    SHARE_ASKED = "share.asked"
    SHARE_REFUSED = "share.refused"
    SHARE_APPROVED = "share.approved"
    SHARE_RECALLED = "share.recalled"
    SHARE_HANDED_OVER = "share.handed_over"
    SHARE_RECEIPT = "share.receipt"
    SHARE_OUTCOME = "share.outcome"
    SHARE_OVERRIDDEN = "share.overridden"
    INBOX_SET = "inbox.set"
    INBOX_POSTED = "inbox.posted"
    INBOX_TAKEN_BACK = "inbox.taken_back"
    FEED_SAVED = "feed.saved"
    FEED_POLLED = "feed.polled"
    FEED_PAUSED = "feed.paused"
    FEED_RESUMED = "feed.resumed"
    FEED_ACCEPTED = "feed.accepted"
    FEED_ANSWERED = "feed.answered"
    OPINION_GIVEN = "opinion.given"
    OBJECTS_TAKEN = "objects.taken"
    PARTNER_KEYS = "partner.keys"
    SECRETS_RESEALED = "secrets.resealed"
    CIRCLE_KEYS_GIVEN = "circle.keys_given"
    CIRCLE_KEYS_GOT = "circle.keys_got"
    LOOKUP_ASKED = "lookup.asked"
    LEDGER_SEARCHED = "ledger.searched"
    LEDGER_EXPORTED = "ledger.exported"
    PATTERN_WRITTEN = "pattern.written"
    PATTERN_ASKED = "pattern.asked"
    PATTERN_REFUSED = "pattern.refused"
    PATTERN_APPROVED = "pattern.approved"
    PATTERN_REVOKED = "pattern.revoked"
    PATTERN_HANDED_OVER = "pattern.handed_over"
    PATTERN_RECEIVED = "pattern.received"
    PATTERN_ACCEPTED = "pattern.accepted"
    PATTERN_DISCARDED = "pattern.discarded"
    PATTERN_BACKTESTED = "pattern.backtested"
    PATTERN_SHADOWED = "pattern.shadowed"
    PATTERN_ENABLING = "pattern.enabling"
    PATTERN_ENABLED = "pattern.enabled"
    PATTERN_PAUSED = "pattern.paused"
    PATTERN_RESUMED = "pattern.resumed"
    PATTERN_TELLS = "pattern.tells"
    KEY_PINNED = "key.pinned"
    KEY_WITHDRAWN = "key.withdrawn"
    OUTCOMES_SENT = "outcomes.sent"
    OUTCOMES_TAKEN = "outcomes.taken"
    DETECTOR_CONFIGURED = "detector.configured"
    DETECTOR_BESIDE = "detector.beside"
    DETECTOR_BESIDE_ENDED = "detector.beside_ended"
    DRAFT_WRITTEN = "detector.draft_written"
    DRAFT_APPROVED = "detector.draft_approved"
    DRAFT_REJECTED = "detector.draft_rejected"
    DRAFT_WITHDRAWN = "detector.draft_withdrawn"
    DRAFT_LOSES = "detector.draft_loses"
    CONFIGURATION_IMPORTED = "detector.configuration_imported"
    SCENARIO_SAVED = "scenario.saved"
    SCENARIO_ERASED = "scenario.erased"
    SCENARIO_ACCOUNT_ERASED = "scenario.account_erased"
    SCENARIO_EXPORTED = "scenario.exported"
    ALARM_RAISED = "detector.alarm_raised"
    ALARM_ENDED = "detector.alarm_ended"
    BACKTEST_STARTED = "detector.backtest_started"
    BACKTEST_CANCELLED = "detector.backtest_cancelled"
    CALIBRATION_FITTED = "calibration.fitted"
    WEIGHTS_FITTED = "weights.fitted"
    SIGNALS_EXPORTED = "signals.exported"
    ENTITY_TYPE_ADDED = "entity_type.added"
    MAPPING_SAVED = "mapping.saved"
    DETECTOR_SUPPRESSED = "detector.suppressed"
    SUPPRESSION_ENDED = "suppression.ended"
    GROUP_DECLARED = "group.declared"
    GROUP_ENDED = "group.ended"
    WATCH_ADDED = "watch.added"
    WATCH_REMOVED = "watch.removed"
    WATCH_EXPIRED = "watch.expired"
    INDICATORS_READ = "indicators.read"
    INDICATORS_ACCEPTED = "indicators.accepted"
    INDICATORS_DROPPED = "indicators.dropped"
    INDICATORS_UNDONE = "indicators.undone"
    INDICATORS_WITHDRAWN = "indicators.withdrawn"
    SIGNALS_IMPORTED = "signals.imported"
    STORE_RESTORED = "store.restored"
    REFERENCE_LISTS_LOADED = "reference-lists.loaded"
    LETTER_REPLAYED = "letter.replayed"
    LETTER_DISCARDED = "letter.discarded"
    LETTERS_ASKED = "letters.asked"
    LETTERS_SETTLED = "letters.settled"
    LETTERS_EXPORTED = "letters.exported"
    SOURCE_CREATED = "source.created"
    SOURCE_CHANGED = "source.changed"
    RULE_SAVED = "retention.rule_saved"
    RULE_ENDED = "retention.rule_ended"
    PURGE_VERIFIED = "purge.verified"
    PURGE_STARTED = "purge.started"
    PURGE_STOPPED = "purge.stopped"
    PURGE_DONE = "purge.done"
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"
    CASE_HELD = "case.held"
    CASE_FREED = "case.freed"
    CASE_TESTED = "case.tested"
    TOKEN_CREATED = "token.created"  # noqa: S105 -- a verb
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 -- a verb
    USER_CREATED = "user.created"
    USER_CHANGED = "user.changed"
    USER_RENEWED = "user.renewed"
    ZONE_CHOSEN = "zone.chosen"
    KEYS_SAVED = "keys.saved"
    NOTICES_MAILED = "notices.mailed"
    NOTICES_CHOSEN = "notices.chosen"
    TEXT_TRANSLATED = "text.translated"
    VIEW_SAVED = "view.saved"
    VIEW_DELETED = "view.deleted"
    LOGGED_IN = "user.logged_in"


SENTENCES: dict[str, str] = {
    Verb.CASE_OPENED: "opened the case with {hits} signals from {accounts} accounts",
    Verb.CASE_OPENED_BY_REPORT: "opened the case: {about}, reported by {by}",
    Verb.CASE_GREW: "attached new evidence: +{hits}",
    Verb.CASE_REPORTED: "took in new reports: +{hits}, by {by}",
    Verb.CASE_CHANGED: "computed the case again: {what}",
    Verb.CASE_REGRESSED: "reopened the case as regressed: +{hits} ({why})",
    Verb.CASE_SUPPRESSED: "counted +{hits} and left the case closed until {until}",
    Verb.CASE_VIEWED: "looked at the case",
    Verb.CASE_CLAIMED: "claimed the case",
    Verb.CASE_TAKEN_OVER: "took the case over from {was}",
    Verb.CASE_RELEASED: "released the case",
    Verb.CASE_NOTED: "wrote a note",
    Verb.CASE_DECIDED: "decided: {outcome_label}. Reason: {reason}",
    Verb.CASE_IN_FORCE: "put the decision into force: two people agree",
    Verb.CASE_UNDONE: "undid the decision of {decider}: {outcome_label}",
    Verb.CASE_REVERSED: "reversed the decision of {decider}: {outcome_label}. Reason: {reason}",
    Verb.REVIEW_GIVEN: "gave the second opinion: {outcome_label} ({result}). Reason: {reason}",
    Verb.REVIEW_SETTLED: "settled two opinions for {outcome_label}. Reason: {reason}",
    Verb.GOLDEN_MARKED: "put {ref} into the golden set: {outcome_label}. Reason: {reason}",
    Verb.GOLDEN_RETIRED: "took {ref} out of the golden set",
    Verb.APPEAL_OPENED: "opened appeal {appeal} of {appellant}",
    Verb.APPEAL_RULED: "ruled on appeal {appeal}: {result}. Reason: {reason}",
    Verb.POLICY_SAVED: "saved the policy {slug} as version {number}. Reason: {reason}",
    Verb.STATEMENTS_ISSUED: "issued {count} statements of reasons for decisions of {span}",
    Verb.STATEMENTS_READ: "took {count} statements of reasons of {span} out as {format}",
    Verb.TRANSPARENCY_READ: "took the transparency report of {span} out as {format}",
    Verb.CASE_PEEKED: "uncovered signal {signal}, content severity {severity}",
    Verb.CASE_REPORT_MADE: "made a report of the case to print",
    Verb.BUDGET_EXTENDED: "added {points} points to the budget of {name}. Reason: {reason}",
    Verb.MASK_SAVED: "set how evidence is covered for {whom}: {modes}",
    Verb.CASE_ESCALATED: "escalated the case. Reason: {reason}",
    Verb.CASE_SNOOZED: "snoozed the case until {until}",
    Verb.CASE_RETURNED: "brought the case back from snooze",
    Verb.CASE_REOPENED: "put the case back for review. Reason: {reason}",
    Verb.CASE_LABELLED: "set the labels of the case: {labels}",
    Verb.CASE_MARKED: "marked the case {tlp}, before {was}",
    Verb.CASE_WATCHED: "watches the case",
    Verb.CASE_UNWATCHED: "stopped watching the case",
    Verb.CASE_LINKED: "called {other} related. Reason: {reason}",
    Verb.CASE_UNLINKED: "took back that {other} is related",
    Verb.CASE_ADDED: "added the {kind} {value} by hand. Reason: {reason}",
    Verb.CASE_TAKEN_OFF: "took the {kind} {value} off again, which was added by hand",
    Verb.TRAY_FILLED: "put {count} things in the own tray",
    Verb.TRAY_EMPTIED: "took {count} things out of the own tray",
    Verb.TRAY_EXPORTED: "saved the own tray as a table of {count} lines",
    Verb.CASES_EXPORTED: "exported cases as a table, at most {limit}, {order}: {query}",
    Verb.COLUMNS_CHOSEN: "chose the columns of lists of cases: {columns}",
    Verb.AUDIT_EXPORTED: "exported the audit as a table, at most {limit} entries: {query}",
    Verb.TASKS_ADDED: "added {count} tasks from {origin}",
    Verb.TASK_CHANGED: "set the task to {state}: {text}",
    Verb.FILE_ADDED: "added the file {name}, {size} bytes, SHA-256 {sha256}",
    Verb.FILE_READ: "downloaded the file {name}",
    Verb.FILE_BROKEN: "found the stored bytes of {name} changed; they were not given out",
    Verb.MESSAGE_WRITTEN: "wrote to a {audience} from the template {template}",
    Verb.MESSAGE_CANCELLED: "took back message {message} to a {audience}",
    Verb.MESSAGE_SENT: "mailed message {message} to a {audience}",
    Verb.MESSAGE_GIVEN_UP: "gave up message {message} to a {audience}: {answer}",
    Verb.TEMPLATE_SAVED: "saved the template {slug} as version {number}",
    Verb.PLAYBOOK_SAVED: "saved the playbook {title} with {count} steps",
    Verb.CASE_MERGED: "merged the case into {into}",
    Verb.CASE_ABSORBED: "took in {absorbed}: +{hits}",
    Verb.CASE_ROUTED: "put the case into {queue} by the rule {rule}",
    Verb.CASE_MOVED: "moved the case from {was} to {queue}. Reason: {reason}",
    Verb.CASE_ASSIGNED: "gave the case to {assignee}",
    Verb.CASE_UNASSIGNED: "took the case from {was}: {why}",
    Verb.CASE_AT_RISK: "says that the case will be late: due {due}",
    Verb.CASE_LATE: "says that the case is late: due {due}",
    Verb.CASE_ESCALATING: (
        "brought the case back: {hits} hits in a day, forecast {expected}, at most {upper}"
    ),
    Verb.QUEUE_SAVED: "saved the queue {slug}: {what}",
    Verb.ROUTING_SAVED: "saved the routing rule {name}: {query} goes to {queue}",
    Verb.ROUTING_ENDED: "deleted the routing rule {name}: {query}",
    Verb.ROUTING_ORDERED: "ordered the routing rules: {order}",
    Verb.SHIFT_SAVED: "saved the shift of {name}: {what}",
    Verb.CASE_UNMERGED: "took {other} out of {case} again",
    Verb.CASE_CUT: "cut {left} from {right} accounts; apart now: {parts}. Reason: {reason}",
    Verb.CASE_SPLIT_OFF: "cut the case out of {source}. Reason: {reason}",
    Verb.CASE_REJOINED: "took the cut back; {other} is part of the case again",
    Verb.PROPOSAL_ACCEPTED: "accepted what the fusion proposed: {what}",
    Verb.PROPOSAL_REJECTED: "rejected what the fusion proposed: {what}",
    Verb.CAMPAIGN_HELD: "opened no case: {gate} holds {accounts} of {size} accounts",
    Verb.GATE_SAVED: "put {account} on the {kind} list. Reason: {reason}",
    Verb.BULK_ASKED: "asked to {action} {total} cases: {how}. Reason: {reason}",
    Verb.BULK_ENDED: "ended the work on {total} cases: {done} done, {failed} failed, {skipped}"
    " skipped",
    Verb.BULK_CANCELLED: "cancelled the work on {total} cases: {left} were left alone",
    Verb.BULK_UNDO_ASKED: "asked to undo the work of {whose} on {total} cases",
    Verb.BULK_UNDONE: "undid the work on {total} cases: {undone} undone, {kept} kept",
    Verb.AUTOMATION_PROPOSED: "proposed to let it act by itself: {what}. Reason: {reason}",
    Verb.AUTOMATION_ALLOWED: "allowed it to act by itself: {what}, as {author} proposed ({way})",
    Verb.AUTOMATION_REFUSED: "refused to let it act by itself ({author}). Reason: {note}",
    Verb.AUTOMATION_WITHDRAWN: "withdrew the proposal to let it act by itself",
    Verb.AUTOMATION_ENDED: "took from it that it acts by itself: {what}. Reason: {reason}",
    Verb.AUTOMATION_ACTED: "asked receivers for an action ({action}) on {count}"
    " accounts: {accounts}. Set off by {detector} version {version}",
    Verb.AUTOMATION_STOOD: "found {count} accounts of the case under an automated action"
    " ({action}): {accounts}. Set off by {detector} version {version}",
    Verb.AUTOMATION_RELEASED: "released {count} held hits of {detector}: {action} {accounts}."
    " Reason: {reason}",
    Verb.AUTOMATION_DROPPED: "dropped {count} held hits. Reason: {reason}",
    Verb.AUTOMATION_REVERSED: "took the automated action ({action}) on {account} back, which"
    " {detector} version {version} had set off. Reason: {reason}",
    Verb.BREAKER_TRIPPED: "tripped its circuit breaker: {cause}. It is in shadow as version"
    " {number}, its hits are held",
    Verb.BREAKER_RESUMED: "put it live again as version {number}. Reason: {reason}",
    Verb.VERSION_UNDO_ASKED: "asked to take back {total} automated actions of version {number}"
    " since {since}. Reason: {reason}",
    Verb.VERSION_UNDONE: "took back {undone} automated actions of version {number}",
    Verb.PROTECTED_ADDED: "protected the {type} {value}: {why}. Reason: {reason}",
    Verb.PROTECTED_ENDED: "ended the protection of the {type} {value}. Reason: {reason}",
    Verb.DELIVERY_SENT: "delivered the {kind} to {host}",
    Verb.DELIVERY_GIVEN_UP: "gave up the {kind} to {host} after {attempts} attempts: {answer}",
    Verb.DELIVERY_CANCELLED: "cancelled the delivery to {host}",
    Verb.DELIVERY_AGAIN: "asked for delivery {delivery} to {host} again",
    Verb.WEBHOOK_SAVED: "saved the webhook to {host}",
    Verb.DETECTOR_CONFIGURED: "configured the detector: {mode}, version {number}, {way}."
    " Reason: {reason}",
    Verb.DETECTOR_BESIDE: "put version {number} into shadow beside version {beside}, {way}."
    " Reason: {reason}",
    Verb.DETECTOR_BESIDE_ENDED: "ended the shadow of version {number}. Reason: {reason}",
    Verb.ALARM_RAISED: "raised an alarm: {what}",
    Verb.ALARM_ENDED: "ended the alarm: {what}",
    Verb.DRAFT_WRITTEN: "proposed settings: draft {draft}, {mode}. Reason: {reason}",
    Verb.DRAFT_APPROVED: "approved draft {draft} of {author}",
    Verb.DRAFT_REJECTED: "rejected draft {draft} of {author}. Reason: {note}",
    Verb.DRAFT_WITHDRAWN: "withdrew draft {draft}",
    Verb.DRAFT_LOSES: "let draft {draft} lose {tests}, kept as tests. Reason: {reason}",
    Verb.CONFIGURATION_IMPORTED: "imported a configuration: {changes} changes, {refused} refused."
    " Reason: {reason}",
    Verb.SCENARIO_SAVED: "saved {origin} as a test of {detectors}: {signals} signals are kept until"
    " {until}. Reason: {reason}",
    Verb.SCENARIO_ERASED: "erased {signals} signals kept as the test of {origin}. Reason: {reason}",
    Verb.SCENARIO_ACCOUNT_ERASED: "erased an account (SHA-256 {digest}) from {tests}."
    " Reason: {reason}",
    Verb.SCENARIO_EXPORTED: "exported the test of {origin}: {signals} signals",
    Verb.ORGANISATION_SAVED: "named the organisation of this desk {name}",
    Verb.PARTNER_SAVED: "saved the partner {slug}: {what}",
    Verb.PARTNER_LET_IN: "gave the partner {slug} the token {name}",
    Verb.CIRCLE_SAVED: "saved the circle {slug}: {what}",
    Verb.CIRCLE_KEY: "began epoch {epoch} of the key of the circle {slug}",
    Verb.SHARED_NOTE_WRITTEN: "wrote a note for partners, {tlp}",
    Verb.SHARE_WRITTEN: "prepared revision {revision} for the circle {circle}, {tlp}",
    Verb.SHARE_ASKED: "asked for approval of revision {revision} for the circle {circle}",
    Verb.SHARE_REFUSED: "sent revision {revision} for the circle {circle} back. Reason: {reason}",
    Verb.SHARE_APPROVED: "approved revision {revision} for the circle {circle}: {receivers} get"
    " it, SHA-256 {digest}",
    Verb.SHARE_RECALLED: "recalled what the circle {circle} got. Reason: {reason}",
    Verb.SHARE_HANDED_OVER: "handed revision {revision} to {partner}: {way}, SHA-256 {sha256}",
    Verb.SHARE_RECEIPT: "noted that {partner} says to the recall: {answer}",
    Verb.SHARE_OUTCOME: "heard from {partner} of what the circle {circle} got: {what}",
    Verb.SHARE_OVERRIDDEN: "overrode {rule} in revision {revision} until {until}. Reason: {reason}",
    Verb.INBOX_SET: "set the inbox of the circle {slug} to: {mode}",
    Verb.INBOX_POSTED: "posted {total} objects to the inbox of {circle}: {good} taken, {bad} not",
    Verb.INBOX_TAKEN_BACK: "took {object} back from the inbox of {circle}",
    Verb.FEED_SAVED: "saved the feed {slug}: {what}",
    Verb.FEED_POLLED: "read {objects} objects of the feed {slug}",
    Verb.FEED_PAUSED: "paused the feed {slug}: {why}",
    Verb.FEED_RESUMED: "resumed the feed {slug}",
    Verb.FEED_ACCEPTED: "accepted {batches} waiting imports of the feed {slug}",
    Verb.FEED_ANSWERED: "sent {count} sightings back to the feed {slug}",
    Verb.OPINION_GIVEN: "told the desk of the feed {slug} of {object}: {what}",
    Verb.OBJECTS_TAKEN: "took in {total} objects of {source}: {what}",
    Verb.PARTNER_KEYS: "set the keys of the partner {slug}: {what}",
    Verb.SECRETS_RESEALED: "sealed {count} stored secrets anew; {lost} could not be read",
    Verb.CIRCLE_KEYS_GIVEN: "fetched the keys of the circle {slug}",
    Verb.CIRCLE_KEYS_GOT: "got the keys {keys} of the circle {slug} from {host}",
    Verb.LOOKUP_ASKED: "asked {host} whether it knows a {type}",
    Verb.LEDGER_SEARCHED: "searched the sharing ledger for a {type}",
    Verb.LEDGER_EXPORTED: "exported {rows} lines of the sharing ledger",
    Verb.PATTERN_WRITTEN: "prepared revision {revision} of the pattern {key}, {tlp}",
    Verb.PATTERN_ASKED: "asked for approval of revision {revision} of the pattern {key}",
    Verb.PATTERN_REFUSED: "sent revision {revision} of the pattern {key} back. Reason: {reason}",
    Verb.PATTERN_APPROVED: "approved revision {revision} of the pattern {key}:"
    " {receivers} get it, SHA-256 {digest}",
    Verb.PATTERN_REVOKED: "revoked the pattern {key}. Reason: {reason}",
    Verb.PATTERN_HANDED_OVER: "handed revision {revision} of the pattern {key} to {partner}:"
    " {way}, SHA-256 {sha256}",
    Verb.PATTERN_RECEIVED: "took revision {revision} of the pattern {key} from {partner}"
    " into quarantine",
    Verb.PATTERN_ACCEPTED: "accepted revision {revision} of the pattern {key} from"
    " {partner}; it is inactive",
    Verb.PATTERN_DISCARDED: "refused revision {revision} of the pattern {key} from"
    " {partner}. Reason: {reason}",
    Verb.PATTERN_BACKTESTED: "started a backtest of the pattern {key} over {days} days",
    Verb.PATTERN_SHADOWED: "put revision {revision} of the pattern {key} from {partner}"
    " into shadow",
    Verb.PATTERN_ENABLING: "asked to enable revision {revision} of the pattern {key} from"
    " {partner}",
    Verb.PATTERN_ENABLED: "enabled revision {revision} of the pattern {key} from {partner}",
    Verb.PATTERN_PAUSED: "paused revision {revision} of the pattern {key} from {partner}. {reason}",
    Verb.PATTERN_RESUMED: "began again with revision {revision} of the pattern {key}"
    " from {partner}; it is inactive",
    Verb.PATTERN_TELLS: "set that counts for the author of the pattern {key} are made: {tells}",
    Verb.KEY_PINNED: "pinned the key {key} of the partner {slug}",
    Verb.KEY_WITHDRAWN: "withdrew the key {key} of the partner {slug}",
    Verb.OUTCOMES_SENT: "handed {outcomes} counts of outcomes to {partner}",
    Verb.OUTCOMES_TAKEN: "took {outcomes} counts of outcomes from {partner}",
    Verb.BACKTEST_STARTED: "started a backtest of {detector}, {since} to {until}",
    Verb.BACKTEST_CANCELLED: "cancelled a backtest of {detector}",
    Verb.CALIBRATION_FITTED: "fitted a {kind} curve to {verdicts} verdicts, Brier score {brier}"
    " against {before} before: {result}",
    Verb.WEIGHTS_FITTED: "fitted the weights of evidence to {verdicts} verdicts, Brier score"
    " {brier} against {before} before: {result}",
    Verb.SIGNALS_EXPORTED: "exported signals as {format}, at most {limit}: {query}",
    Verb.ENTITY_TYPE_ADDED: "added the type {slug} of entities, compared as {form}",
    Verb.MAPPING_SAVED: "saved the mapping {slug} as version {number}. Reason: {reason}",
    Verb.DETECTOR_SUPPRESSED: (
        "kept {detector} quiet about {about} until {until}. Reason: {reason}"
    ),
    Verb.SUPPRESSION_ENDED: "lets {detector} count again about {about}",
    Verb.GROUP_DECLARED: "declared {name}: {accounts} accounts belong together. Proof: {proof}",
    Verb.GROUP_ENDED: "ended the declaration of {name}. Reason: {reason}",
    Verb.WATCH_ADDED: "put {count} values of {source} on the watch list for {days} days",
    Verb.WATCH_REMOVED: "took {type} {value} of {source} off the watch list. Reason: {reason}",
    Verb.WATCH_EXPIRED: "let {count} values leave the watch list, their time was over",
    Verb.INDICATORS_READ: "read {rows} rows of {source}; nothing of it counts yet",
    Verb.INDICATORS_ACCEPTED: "put {added} values of {source} on the watch list, took off"
    " {withdrawn}",
    Verb.INDICATORS_DROPPED: "dropped the import of {source}",
    Verb.INDICATORS_WITHDRAWN: "ended {count} values of {source}, which took them back",
    Verb.INDICATORS_UNDONE: "undid the import of {source}: {count} values left the watch list."
    " Reason: {reason}",
    Verb.SIGNALS_IMPORTED: "imported {accepted} signals",
    Verb.STORE_RESTORED: "began a new epoch after a restore",
    Verb.REFERENCE_LISTS_LOADED: "loaded {count} entries of {lists} reference lists",
    Verb.LETTER_REPLAYED: "fixed and replayed a refused item",
    Verb.LETTER_DISCARDED: "discarded a refused item. Reason: {reason}",
    Verb.LETTERS_ASKED: "asked to {action} {total} refused items. Reason: {reason}",
    Verb.LETTERS_SETTLED: "ended the {action} of refused items: {done} done, {failed} stay",
    Verb.LETTERS_EXPORTED: "exported refused items as {form}",
    Verb.SOURCE_CREATED: "created the source {slug}",
    Verb.SOURCE_CHANGED: "changed the source {slug}: {what}",
    Verb.RULE_SAVED: "keeps {kind} of {source} {kept}: version {number}",
    Verb.RULE_ENDED: "ended the retention rule for {kind} of {source}",
    Verb.PURGE_VERIFIED: "verified a purge: {signals} signals and {letters} refused items would go",
    Verb.PURGE_STARTED: "started the purge of {signals} signals and {letters} refused items",
    Verb.PURGE_STOPPED: "stopped the purge after {signals} signals: {why}",
    Verb.PURGE_DONE: "purged {signals} signals and {letters} refused items",
    Verb.HOLD_PLACED: "placed a legal hold on {on}. Reason: {reason}",
    Verb.HOLD_RELEASED: "released the legal hold on {on}. Reason: {reason}",
    Verb.CASE_HELD: "placed a legal hold on the case. Reason: {reason}",
    Verb.CASE_FREED: "released the legal hold on the case. Reason: {reason}",
    Verb.CASE_TESTED: "saved the case as a test of {detectors}. Reason: {reason}",
    Verb.TOKEN_CREATED: "created the token {name}",
    Verb.TOKEN_REVOKED: "revoked the token {name}",
    Verb.USER_CREATED: "created the user {name}",
    Verb.USER_CHANGED: "changed the user {name}",
    Verb.USER_RENEWED: "set a new password for {name}",
    Verb.ZONE_CHOSEN: "reads times in the zone {zone}",
    Verb.KEYS_SAVED: "changed their keys: {what}",
    Verb.NOTICES_MAILED: "wants notices {what}",
    Verb.NOTICES_CHOSEN: "chose of which notices to hear; mails: {digest}",
    Verb.TEXT_TRANSLATED: "asked for a translation of signal {signal} to {language}",
    Verb.VIEW_SAVED: "saved the view {name} for {whom}: {query}",
    Verb.VIEW_DELETED: "deleted the view {name}",
    Verb.LOGGED_IN: "logged in",
}
