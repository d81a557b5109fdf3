"""Who may do what at every address and with every selector: the whole table, cell by cell."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.files import File
from django.db import models, transaction
from django.http import FileResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

import cases.selectors
import detectors.selectors
from abusedesk.core import clock, ids
from abusedesk.core.errors import NotFoundError
from abusedesk.core.models import Role, Scope, User
from abusedesk.core.query import Query, Term
from abusedesk.core.tokens import issue_token
from cases.choices import BulkAction, ReviewState, ShareState, State
from cases.deeds import Deed
from cases.models import (
    Appeal,
    AutomatedAction,
    Automation,
    Break,
    BulkJob,
    Case,
    CaseAddition,
    CaseLineage,
    CaseVisit,
    CaseWatch,
    Circle,
    Decision,
    Delivery,
    EvidenceFile,
    Feed,
    GoldenItem,
    HeldKey,
    ImportedObject,
    ImportedValue,
    Inbox,
    Mask,
    Message,
    Override,
    Partner,
    PartnerOutcome,
    Pattern,
    Playbook,
    PostStatus,
    ProtectedEntity,
    ReceivedPattern,
    Rendition,
    RoutingRule,
    SecondReview,
    Share,
    Strike,
    Task,
    VersionUndo,
    Webhook,
)
from cases.placing import place
from cases.reporting import note
from cases.selectors import content, webhook
from cases.selectors.addition import addition_by_id, additions_of
from cases.selectors.appeal import appeal_by_id, appeals_for, waiting_appeals_for
from cases.selectors.attribution import attribution_for
from cases.selectors.audit import Asked as AuditAsked
from cases.selectors.audit import (
    audit_entries_for,
    audit_lines_of,
    audit_page_for,
    veiled_decisions_for,
)
from cases.selectors.automation import (
    automated_actions_by_account,
    automated_actions_for,
    automation_by_id,
    automations_for,
    held_counts_for,
    standings_for,
    undo_by_id,
    undo_preview_for,
    undos_for,
)
from cases.selectors.bulk import bulk_items_of, bulk_job_by_id, bulk_jobs_for
from cases.selectors.case import (
    case_by_ref,
    cases_by_campaign,
    cases_for,
    queue_counts,
    queue_page,
)
from cases.selectors.dashboard import backlog_ages, cases_by_day
from cases.selectors.decision import appealable_by_id, decision_by_id, decisions_for
from cases.selectors.entity import cases_by_entity, refs_by_account
from cases.selectors.evidence import cited_of, evidence_of, findings_of, purged_of
from cases.selectors.exposure import breaks_for, budgets_for
from cases.selectors.faded import faded_for
from cases.selectors.feed import (
    feed_by_slug,
    feeds_for,
    imported_by_id,
    imported_objects_for,
    imported_of,
    inbox_of,
    kept_of,
    keys_of,
    leading_of,
    led_of,
    outcomes_of,
    overrides_of,
    own_things_of,
    waiting_of,
)
from cases.selectors.found import hits_by_words
from cases.selectors.golden import (
    agreement_for,
    golden_item_by_id,
    golden_items_for,
    own_results_for,
    wrong_answers_for,
)
from cases.selectors.graph import findings_by_tie, graph_for, tie_by_id
from cases.selectors.health import health_for
from cases.selectors.jump import cases_by_text, recent_cases_for
from cases.selectors.ledger import handovers_by_subject, handovers_for
from cases.selectors.lineage import (
    edges_for,
    lineage_by_id,
    lineage_for,
    members_for,
    proposal_by_id,
    proposals_for,
)
from cases.selectors.masking import (
    cover_for,
    covers_for,
    evidence_by_id,
    mask_categories_for,
    masks_for,
)
from cases.selectors.message import (
    known_values_of,
    message_by_id,
    messages_of,
    recipients_of,
    template_by_slug,
    templates_for,
)
from cases.selectors.misp import events_by_partner, events_of
from cases.selectors.notice import (
    colleagues_of,
    habit_of,
    inbox_for,
    notice_by_id,
    notices_for,
    told_for,
)
from cases.selectors.partner import (
    circle_by_slug,
    circles_for,
    organisation_for,
    partner_by_slug,
    partners_for,
    reach_of,
)
from cases.selectors.pattern import (
    fares_of,
    pattern_by_id,
    pattern_handovers_for,
    pattern_receivers_of,
    patterns_for,
    releases_by_partner,
)
from cases.selectors.place import place_of
from cases.selectors.policy import policies_for, policy_by_slug, policy_versions_for
from cases.selectors.precedent import precedents_of
from cases.selectors.presence import online_for, viewers_of
from cases.selectors.preview import (
    Choice,
    Preview,
    chosen_for,
    policies_by_count,
    preview_for,
    samples_of,
)
from cases.selectors.protected import (
    protected_entities_for,
    protected_entity_by_id,
    protection_by_value,
)
from cases.selectors.queue import (
    people_for,
    queue_by_slug,
    routing_rule_by_id,
    routing_rules_for,
    trial_for,
)
from cases.selectors.reach import reach_for, reaches_of
from cases.selectors.received import (
    counts_of,
    partner_keys_of,
    received_by_id,
    received_for,
    standing_of,
)
from cases.selectors.related import case_links_of, similar_to
from cases.selectors.report import reported_acts_of, reports_of
from cases.selectors.reporter import reporters_for
from cases.selectors.review import (
    disagreements_for,
    own_reviews_for,
    review_by_id,
    reviews_for,
    waiting_reviews_for,
)
from cases.selectors.role import rights_for, roles_for
from cases.selectors.saved import rail_of, views_for
from cases.selectors.share import (
    changes_for,
    receivers_of,
    rendition_by_partner,
    renditions_of,
    share_by_id,
    shared_notes_of,
    shares_for,
    shares_of,
)
from cases.selectors.spreading import next_platform_for
from cases.selectors.statement import (
    Span,
    drafts_by_span,
    owed_for,
    statements_by_span,
    statements_for,
)
from cases.selectors.strike import standings_by_case, standings_of, strikes_for
from cases.selectors.taxii import (
    circles_by_partner,
    is_partner_by_user,
    levels_by_partner,
    objects_by_partner,
    patterns_by_partner,
    post_status_by_uuid,
    posted_by_partner,
)
from cases.selectors.transparency import figures_by_span
from cases.selectors.tray import common_of, named_for, tray_items_for, tray_of
from cases.selectors.view import counted_views_for
from cases.selectors.workload import workload_of, workload_rows_for
from cases.services.inbox import post_objects
from cases.services.presence import note_presence
from cases.services.share import ShareText, change_share
from cases.summary import FADED
from cases.taxii.paging import Asked
from cases.tray import Line
from detectors.base import Signal as Told
from detectors.choices import DeadLetterState, Outcome
from detectors.complaints import Complaint, Target
from detectors.models import (
    Backtest,
    CampaignEdge,
    CampaignMember,
    DeadLetter,
    DeclaredGroup,
    DetectorConfig,
    DetectorDraft,
    Entity,
    Finding,
    Hold,
    IndicatorBatch,
    LetterJob,
    Proposal,
    PurgeRun,
    RetentionRule,
    Scenario,
    Signal,
    SignalEntity,
    Source,
    Suppression,
    WatchItem,
)
from detectors.search import Goal, Hit
from detectors.selectors import config, precision, retention
from detectors.selectors.absent import absent_fields_for
from detectors.selectors.alarm import alarms_for, open_alarms_for
from detectors.selectors.backtest import backtest_by_id, backtests_for
from detectors.selectors.calibration import calibration_for
from detectors.selectors.configuration import configuration_for
from detectors.selectors.dashboard import signals_by_day
from detectors.selectors.dead_letter import (
    LetterFilter,
    job_by_id,
    jobs_for,
    letter_by_id,
    letter_count_for,
    letters_for,
    reasons_for,
    signal_of,
)
from detectors.selectors.declared import declared_group_by_id, declared_groups_for
from detectors.selectors.draft import backtests_of, draft_by_id, drafts_for
from detectors.selectors.entity import (
    Recent,
    actors_by_signal,
    entities_by_text,
    entities_for,
    entity_by_id,
    entity_by_value,
    findings_by_entity,
    recent_of,
    recent_signals_of,
)
from detectors.selectors.entity_type import entity_types_for
from detectors.selectors.evidence import shared_of
from detectors.selectors.finding import finding_by_id, findings_for
from detectors.selectors.indicator_batch import (
    indicator_batch_by_id,
    indicator_batches_for,
    twins_of,
)
from detectors.selectors.indicator_source import indicator_sources_for
from detectors.selectors.lag import lag_for
from detectors.selectors.line import line_by_slug, lines_for
from detectors.selectors.mapping import mapping_by_name, mapping_versions_of, mappings_for
from detectors.selectors.near import near_misses_for, near_misses_of
from detectors.selectors.neighbour import sharers_by_thing
from detectors.selectors.offered import offered_for
from detectors.selectors.precision import source_precisions_for
from detectors.selectors.recompute import rescored_by_id
from detectors.selectors.rule_hits import best_windows_for, rule_hits_for, tried_line_for
from detectors.selectors.scenario import (
    copies_for,
    expectations_for,
    scenario_by_id,
    scenario_by_origin,
    scenarios_by_detector,
    scenarios_for,
)
from detectors.selectors.search import batches_for, hits_for, signals_of
from detectors.selectors.shadow import shadow_of, shadows_by_detector
from detectors.selectors.signal import signal_by_id, signals_for
from detectors.selectors.source import silent_for, source_by_slug, sources_for, tokens_of
from detectors.selectors.stats import stats_for
from detectors.selectors.suppression import (
    suppression_by_id,
    suppressions_by_entity,
    suppressions_for,
)
from detectors.selectors.trial import draft_tried_for, sample_tried_for
from detectors.selectors.uses import accounts_by_digest, met_items_by_source
from detectors.selectors.watch import assertions_of, watch_item_by_id, watch_items_for
from detectors.selectors.what_if import what_if_for
from detectors.sigma.params import RuleParams
from tests.addresses import (
    BURIED,
    DETECTOR,
    MAPPING,
    STIX,
    Furnished,
    all_addresses,
    cited_id,
    done_backtest,
    furnish,
)
from tests.cases import build
from tests.ui import world

pytestmark = pytest.mark.django_db
Door = dict[str, str]
"""Headers of a request: a session's cookie, a token, or nothing."""

# ok: a page or an answer. rows, none: a list with or without rows. goes: a redirect. login: a
# redirect to the login page, or the form back with the way there. Numbers: refusals. Methods that
# are not listed do nothing for anybody.
TUNED: Final = "near-duplicate-text"
"""A detector with findings."""
PAGES: Final = """
name                      method  anon  rev   lead  adm   int   part
login                     GET     ok    goes  goes  goes  ok    goes
login                     POST    ok    goes  goes  goes  ok    goes
login                     PUT     ok    goes  goes  goes  ok    goes
login                     PATCH   405   goes  goes  goes  405   goes
login                     DELETE  405   goes  goes  goes  405   goes
logout                    POST    login login login login login login
me                        GET     login ok    ok    ok    login ok
me                        POST    login goes  goes  goes  login goes
own-keys                  GET     login ok    ok    ok    login ok
own-keys                  POST    login goes  goes  goes  login goes
own-password              GET     login ok    ok    ok    login ok
own-password              POST    login 422   422   422   login 422
people                    GET     login 404   404   ok    login 404
people                    POST    login 404   404   ok    login 404
person-change             POST    login 404   404   goes  login 404
person-password           POST    login 404   404   ok    login 404
tokens                    GET     login 404   404   ok    login 404
tokens                    POST    login 404   404   ok    login 404
token-revoke              POST    login 404   404   goes  login 404
view-open                 GET     login goes  404   404   login 404
view-save                 POST    login goes  goes  goes  login 404
view-delete               POST    login goes  404   404   login 404
api-docs                  GET     ok    ok    ok    ok    ok    ok
cases:work                GET     login ok    ok    ok    login ok
cases:live                GET     login ok    ok    ok    login ok
cases:palette             GET     login ok    ok    ok    login ok
cases:queues              GET     login ok    ok    ok    login ok
cases:queue               GET     login ok    ok    ok    login 404
cases:next                POST    login goes  goes  goes  login 404
cases:case-list           GET     login ok    ok    ok    login ok
cases:case-export         POST    login 403   ok    ok    login 404
cases:own-columns         GET     login ok    ok    ok    login 404
cases:own-columns         POST    login goes  goes  goes  login 404
cases:case-detail         GET     login ok    ok    ok    login 404
cases:claim               GET     login goes  goes  goes  login 404
cases:claim               POST    login goes  goes  goes  login 404
cases:renew               GET     login goes  goes  goes  login 404
cases:renew               POST    login ok    409   409   login 404
cases:release             GET     login goes  goes  goes  login 404
cases:release             POST    login goes  409   409   login 404
cases:skip                GET     login goes  goes  goes  login 404
cases:skip                POST    login goes  409   409   login 404
cases:decide              GET     login goes  goes  goes  login 404
cases:decide              POST    login goes  409   409   login 404
cases:undo                GET     login goes  goes  goes  login 404
cases:undo                POST    login goes  goes  goes  login 404
cases:escalate            GET     login goes  goes  goes  login 404
cases:escalate            POST    login goes  goes  goes  login 404
cases:snooze              GET     login goes  goes  goes  login 404
cases:snooze              POST    login goes  goes  goes  login 404
cases:note                GET     login goes  goes  goes  login 404
cases:note                POST    login goes  goes  goes  login 404
cases:assign              GET     login goes  goes  goes  login 404
cases:assign              POST    login 403   goes  goes  login 404
cases:move                GET     login goes  goes  goes  login 404
cases:move                POST    login 403   goes  goes  login 404
cases:templates           GET     login ok    ok    ok    login 404
cases:templates           POST    login 403   goes  goes  login 404
cases:template            GET     login ok    ok    ok    login 404
cases:template            POST    login 403   goes  goes  login 404
cases:messages            GET     login ok    ok    ok    login 404
cases:messages            POST    login goes  goes  goes  login 404
cases:message-cancel      POST    login goes  goes  goes  login 404
cases:search              GET     login ok    ok    ok    login 404
cases:report              GET     login ok    ok    ok    login 404
cases:views               GET     login ok    ok    ok    login 404
cases:tray                GET     login ok    ok    ok    login 404
cases:tray-put            POST    login goes  goes  goes  login 403
cases:tray-take           POST    login goes  goes  goes  login 403
cases:tray-lines          POST    login goes  goes  goes  login 403
cases:tray-add            POST    login goes  goes  goes  login 404
cases:tray-export         POST    login ok    ok    ok    login 404
cases:inbox               GET     login ok    ok    ok    login ok
cases:notice              GET     login goes  404   404   login 404
cases:notices-read        POST    login goes  goes  goes  login goes
cases:colleagues          GET     login ok    ok    ok    login 404
cases:queue-settings      GET     login 404   404   ok    login 404
cases:queue-new           GET     login 404   404   ok    login 404
cases:queue-new           POST    login 404   404   goes  login 404
cases:queue-edit          GET     login 404   404   ok    login 404
cases:queue-edit          POST    login 404   404   goes  login 404
cases:routing-new         GET     login 404   404   ok    login 404
cases:routing-new         POST    login 404   404   goes  login 404
cases:routing-edit        GET     login 404   404   ok    login 404
cases:routing-edit        POST    login 404   404   goes  login 404
cases:routing-move        POST    login 404   404   goes  login 404
cases:routing-delete      POST    login 404   404   goes  login 404
cases:shifts              GET     login 404   ok    ok    login 404
cases:shifts              POST    login 404   goes  goes  login 404
cases:operations          GET     login ok    ok    ok    login ok
cases:lineage             GET     login ok    ok    ok    login 404
cases:graph               GET     login ok    ok    ok    login 404
cases:graph-tie           GET     login ok    ok    ok    login 404
cases:graph-node          GET     login ok    ok    ok    login 404
cases:graph-node          POST    login goes  goes  goes  login 404
cases:addition-remove     POST    login goes  goes  goes  login 404
cases:merge               GET     login goes  goes  goes  login 404
cases:merge               POST    login 409   409   409   login 404
cases:cut                 GET     login goes  goes  goes  login 404
cases:cut                 POST    login goes  goes  goes  login 404
cases:let-go              GET     login goes  goes  goes  login 404
cases:let-go              POST    login goes  goes  goes  login 404
cases:lineage-undo        GET     login goes  goes  goes  login 404
cases:lineage-undo        POST    login goes  goes  goes  login 404
cases:proposals           GET     login ok    ok    ok    login 404
cases:proposal            GET     login goes  goes  goes  login 404
cases:proposal            POST    login goes  goes  goes  login 404
cases:hold                GET     login goes  goes  goes  login 404
cases:hold                POST    login 403   goes  goes  login 404
cases:free                GET     login goes  goes  goes  login 404
cases:free                POST    login 403   goes  goes  login 404
cases:reverse             GET     login goes  goes  goes  login 404
cases:reverse             POST    login 403   goes  goes  login 404
cases:appeal-open         GET     login goes  goes  goes  login 404
cases:appeal-open         POST    login goes  goes  goes  login 404
cases:bulk-jobs           GET     login ok    ok    ok    login 404
cases:bulk-new            GET     login goes  goes  goes  login 404
cases:bulk-new            POST    login ok    ok    ok    login 404
cases:bulk-job            GET     login ok    ok    ok    login 404
cases:bulk-cancel         POST    login goes  goes  goes  login 404
cases:bulk-undo           POST    login goes  goes  goes  login 404
cases:quality             GET     login ok    ok    ok    login 404
cases:golden              GET     login 404   ok    ok    login 404
cases:golden              POST    login 404   goes  goes  login 404
cases:golden-retire       POST    login 404   goes  goes  login 404
cases:reporters           GET     login ok    ok    ok    login 404
cases:case-test           GET     login 403   ok    ok    login 404
cases:case-test           POST    login 403   409   409   login 404
cases:own-results         GET     login ok    ok    ok    login 404
cases:agreement           GET     login 404   ok    ok    login 404
cases:second              GET     login 404   ok    ok    login 404
cases:second              POST    login 404   goes  goes  login 404
cases:settle              POST    login 404   409   409   login 404
cases:appeal              GET     login ok    ok    ok    login 404
cases:appeal              POST    login 403   goes  goes  login 404
cases:policy-list         GET     login ok    ok    ok    login 404
cases:policy-list         POST    login 403   403   goes  login 404
cases:policy-detail       GET     login ok    ok    ok    login 404
cases:policy-detail       POST    login 403   403   goes  login 404
cases:policy-statement    GET     login ok    ok    ok    login 404
cases:policy-statement    POST    login 403   403   goes  login 404
cases:statements          GET     login 403   ok    ok    login 403
cases:statements-issue    POST    login 403   goes  goes  login 403
cases:statements-export   POST    login 403   ok    ok    login 403
cases:transparency-export POST    login 403   ok    ok    login 403
cases:marks               GET     login goes  goes  goes  login 404
cases:marks               POST    login goes  goes  goes  login 404
cases:peek                POST    login ok    ok    ok    login 404
cases:notice-habits       GET     login ok    ok    ok    login ok
cases:notice-habits       POST    login goes  goes  goes  login goes
cases:wellness            GET     login ok    ok    ok    login 404
cases:wellness            POST    login goes  goes  goes  login 404
cases:peek-file           POST    login ok    ok    ok    login 404
cases:peek-signal         POST    login ok    ok    ok    login 404
cases:translate           POST    login 404   404   404   login 404
cases:translate-signal    POST    login 404   404   404   login 404
cases:break               GET     login ok    ok    ok    login 404
cases:break               POST    login goes  goes  goes  login 404
cases:resume              POST    login goes  goes  goes  login 404
cases:budgets             GET     login 404   ok    ok    login 404
cases:budgets             POST    login 404   goes  goes  login 404
cases:masking             GET     login 404   404   ok    login 404
cases:masking             POST    login 404   404   goes  login 404
cases:watch               GET     login goes  goes  goes  login 404
cases:watch               POST    login goes  goes  goes  login 404
cases:task-add            GET     login goes  goes  goes  login 404
cases:task-add            POST    login goes  goes  goes  login 404
cases:task-change         GET     login goes  goes  goes  login 404
cases:task-change         POST    login goes  goes  goes  login 404
cases:file-add            GET     login goes  goes  goes  login 404
cases:file-add            POST    login goes  goes  goes  login 404
cases:file                GET     login ok    ok    ok    login 404
cases:link                GET     login goes  goes  goes  login 404
cases:link                POST    login goes  goes  goes  login 404
cases:unlink              GET     login goes  goes  goes  login 404
cases:unlink              POST    login goes  goes  goes  login 404
cases:playbooks           GET     login ok    ok    ok    login 404
cases:playbooks           POST    login 403   goes  goes  login 404
cases:playbook            GET     login ok    ok    ok    login 404
cases:playbook            POST    login 403   goes  goes  login 404
cases:webhooks            GET     login 404   404   ok    login 404
cases:webhooks            POST    login 404   404   ok    login 404
cases:webhook             GET     login 404   404   ok    login 404
cases:webhook             POST    login 404   404   goes  login 404
cases:delivery-again      POST    login 404   404   goes  login 404
cases:retention           GET     login 404   404   ok    login 404
cases:retention           POST    login 404   404   goes  login 404
cases:roles               GET     login 404   404   ok    login 404
cases:audit               GET     login 404   404   ok    login 404
cases:audit-export        POST    login 404   404   ok    login 404
cases:health              GET     login 404   404   ok    login 404
cases:verify              POST    login 404   404   goes  login 404
cases:purge-run           GET     login 404   404   ok    login 404
cases:purge-run           POST    login 404   404   goes  login 404
cases:purge-stop          POST    login 404   404   goes  login 404
cases:rule-end            POST    login 404   404   goes  login 404
cases:hold-place          POST    login 404   404   goes  login 404
cases:hold-release        POST    login 404   404   goes  login 404
cases:share-new           GET     login ok    ok    ok    login 404
cases:share-new           POST    login ok    ok    ok    login 404
cases:shared-note         GET     login goes  goes  goes  login 404
cases:shared-note         POST    login goes  goes  goes  login 404
cases:share-list          GET     login ok    ok    ok    login 404
cases:share               GET     login ok    ok    ok    login 404
cases:share               POST    login goes  goes  goes  login 404
cases:share-do            POST    login 403   goes  goes  login 404
cases:share-preview       GET     login ok    ok    ok    login 404
cases:share-answer        POST    login 403   goes  goes  login 404
cases:share-file          POST    login 403   ok    ok    login 404
cases:ledger              GET     login 404   ok    ok    login 404
cases:ledger-export       POST    login 404   ok    ok    login 404
cases:organisation        POST    login 403   403   goes  login 404
cases:partner-list        GET     login ok    ok    ok    login 404
cases:partner-list        POST    login 403   403   goes  login 404
cases:partner             GET     login ok    ok    ok    login 404
cases:partner             POST    login 403   403   goes  login 404
cases:partner-token       POST    login 403   403   ok    login 404
cases:circle-list         GET     login ok    ok    ok    login 404
cases:circle-list         POST    login 403   403   goes  login 404
cases:circle              GET     login ok    ok    ok    login 404
cases:circle              POST    login 403   403   goes  login 404
cases:circle-key          POST    login 403   403   goes  login 404
cases:automations         GET     login ok    ok    ok    login 404
cases:detector-automation GET     login ok    ok    ok    login 404
cases:detector-automation POST    login 403   403   goes  login 404
cases:detector-automation-settle POST login 403 403 goes  login 404
cases:detector-automation-end POST login 403  goes  goes  login 404
cases:detector-automation-resume POST login 403 403 goes  login 404
cases:detector-held       POST    login 403   goes  goes  login 404
cases:detector-undo       GET     login ok    ok    ok    login 404
cases:detector-undo       POST    login 403   goes  goes  login 404
cases:detector-version-undo GET   login ok    ok    ok    login 404
cases:protected           GET     login ok    ok    ok    login 404
cases:protected           POST    login 403   403   goes  login 404
cases:protected-end       POST    login 403   403   goes  login 404
cases:partner-keys        POST    login 403   403   goes  login 404
cases:partner-key-withdraw POST   login 403   403   goes  login 404
cases:pattern-outcomes    POST    login 403   goes  goes  login 404
cases:pattern-list        GET     login ok    ok    ok    login 404
cases:pattern-new         GET     login ok    ok    ok    login 404
cases:pattern-new         POST    login ok    ok    ok    login 404
cases:pattern-upload      POST    login 403   goes  goes  login 404
cases:pattern             GET     login ok    ok    ok    login 404
cases:pattern             POST    login 403   goes  goes  login 404
cases:pattern-do          POST    login 403   goes  goes  login 404
cases:pattern-test        POST    login 403   goes  goes  login 404
cases:pattern-file        POST    login 403   goes  goes  login 404
cases:received            GET     login ok    ok    ok    login 404
cases:received-do         POST    login 403   goes  goes  login 404
cases:circle-inbox        POST    login 403   403   goes  login 404
cases:share-override      POST    login 403   goes  goes  login 404
cases:ask                 POST    login ok    ok    ok    login 404
cases:feed-list           GET     login ok    ok    ok    login 404
cases:feed-list           POST    login 403   403   goes  login 404
cases:feed                GET     login ok    ok    ok    login 404
cases:feed                POST    login 403   403   goes  login 404
cases:feed-do             POST    login 403   403   goes  login 404
cases:imported-list       GET     login ok    ok    ok    login 404
cases:imported-list       POST    login 403   403   goes  login 404
cases:imported-opinion    POST    login 403   goes  goes  login 404
cases:imported            GET     login ok    ok    ok    login 404
taxii:status              GET     401   401   401   401   401   401
taxii:discovery           GET     401   401   401   401   401   401
taxii:root                GET     401   401   401   401   401   401
taxii:collections         GET     401   401   401   401   401   401
taxii:collection          GET     401   401   401   401   401   401
taxii:objects             GET     401   401   401   401   401   401
taxii:manifest            GET     401   401   401   401   401   401
taxii:object              GET     401   401   401   401   401   401
taxii:versions            GET     401   401   401   401   401   401
taxii:nowhere             GET     401   401   401   401   401   401
misp:manifest             GET     401   401   401   401   401   401
misp:hashes               GET     401   401   401   401   401   401
misp:event                GET     401   401   401   401   401   401
misp:nowhere              GET     401   401   401   401   401   401
cases:keys                GET     ok    ok    ok    ok    ok    ok
detectors:signal-list     GET     login ok    ok    ok    login ok
detectors:signal-export   POST    login 403   ok    ok    login 403
detectors:signal-detail   GET     login ok    ok    ok    login 404
detectors:signal-near     GET     login ok    ok    ok    login 404
detectors:entity-find     GET     login ok    ok    ok    login ok
detectors:entity-detail   GET     login ok    ok    ok    login 404
detectors:detector-quality GET    login ok    ok    ok    login 404
detectors:detector-list   GET     login ok    ok    ok    login ok
detectors:detector-detail GET     login ok    ok    ok    login 404
detectors:detector-detail POST    login 403   403   goes  login 404
detectors:entity-near     GET     login ok    ok    ok    login 404
detectors:entity-suppress POST    login 403   goes  goes  login 404
detectors:suppression-end POST    login 403   goes  goes  login 404
detectors:detector-try    GET     login ok    ok    ok    login 404
detectors:detector-try    POST    login ok    ok    ok    login 404
detectors:rule-new        GET     login 404   ok    ok    login 404
detectors:rule-new        POST    login 404   goes  goes  login 404
detectors:rule-edit       GET     login 404   ok    ok    login 404
detectors:rule-edit       POST    login 404   goes  goes  login 404
detectors:backtest-start  POST    login 403   goes  goes  login 403
detectors:sweep-new       GET     login 403   ok    ok    login 403
detectors:sweep-new       POST    login 403   goes  goes  login 403
detectors:backtest        GET     login ok    ok    ok    login 404
detectors:backtest-cancel POST    login 403   goes  goes  login 404
cases:detector-workload   GET     login ok    ok    ok    login 404
detectors:what-if         GET     login ok    ok    ok    login 404
detectors:what-if-backtest POST   login 403   goes  goes  login 403
detectors:version-list    GET     login ok    ok    ok    login 404
detectors:version-rollback POST   login 403   403   goes  login 403
detectors:shadow-end      POST    login 403   403   goes  login 403
detectors:shadow-live     POST    login 403   403   goes  login 403
detectors:draft           GET     login ok    ok    ok    login 404
detectors:draft-approve   POST    login 403   goes  403   login 404
detectors:draft-reject    POST    login 403   goes  403   login 404
detectors:draft-withdraw  POST    login 403   403   goes  login 404
detectors:draft-backtest  POST    login 403   goes  goes  login 403
detectors:scenario-list   GET     login ok    ok    ok    login 404
detectors:scenario-account POST   login 403   403   goes  login 403
detectors:scenario        GET     login ok    ok    ok    login 404
detectors:scenario-run    POST    login 403   goes  goes  login 404
detectors:scenario-file   POST    login 403   ok    ok    login 404
detectors:scenario-erase  POST    login 403   goes  goes  login 404
detectors:finding-recompute GET   login ok    ok    ok    login 404
detectors:entity-types    GET     login 404   404   ok    login 404
detectors:entity-types    POST    login 404   404   goes  login 404
detectors:watch-list      GET     login ok    ok    ok    login 404
detectors:watch-list      POST    login 404   404   ok    login 404
detectors:watch-remove    POST    login 404   404   goes  login 404
detectors:watch-detail    GET     login ok    ok    ok    login 404
detectors:import-list     GET     login ok    ok    ok    login 404
detectors:import-list     POST    login 404   404   goes  login 404
detectors:import-detail   GET     login ok    ok    ok    login 404
detectors:import-accept   POST    login 404   404   goes  login 404
detectors:import-drop     POST    login 404   404   goes  login 404
detectors:import-undo     POST    login 404   404   goes  login 404
detectors:group-list      GET     login ok    ok    ok    login 404
detectors:group-list      POST    login 404   goes  goes  login 404
detectors:group-detail    GET     login ok    ok    ok    login 404
detectors:group-end       POST    login 404   goes  goes  login 404
detectors:mapping-list    GET     login 404   404   ok    login 404
detectors:mapping-new     GET     login 404   404   ok    login 404
detectors:mapping-new     POST    login 404   404   goes  login 404
detectors:mapping-detail  GET     login 404   404   ok    login 404
detectors:mapping-detail  POST    login 404   404   goes  login 404
detectors:source-list     GET     login ok    ok    ok    login 404
detectors:source-new      GET     login 403   403   ok    login 404
detectors:source-new      POST    login 403   403   goes  login 404
detectors:source-detail   GET     login ok    ok    ok    login 404
detectors:source-detail   POST    login 403   403   goes  login 404
detectors:letter-list     GET     login ok    ok    ok    login 404
detectors:letter-detail   GET     login ok    ok    ok    login 404
detectors:letter-detail   POST    login 403   403   goes  login 404
detectors:letter-discard  POST    login 403   403   goes  login 404
detectors:letter-bulk     GET     login 403   403   goes  login 404
detectors:letter-bulk     POST    login 403   403   goes  login 404
detectors:letter-job      GET     login ok    ok    ok    login 404
detectors:letter-export   GET     login ok    ok    ok    login 404
"""

# Six columns of sessions, then five of tokens with just this scope; a token with all scopes but
# this one is refused, whoever owns it. -: public.
API: Final = """
name                    method scope  anon rev  lead adm  int  part rev  lead adm  int  part
api-schema              GET    -      ok   ok   ok   ok   ok   ok   ok   ok   ok   ok   ok
api-nowhere             GET    -      404  404  404  404  404  404  404  404  404  404  404
api-signals             GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-signals             POST   ingest 401  403  403  ok   401  403  ok   ok   ok   ok   ok
api-adapters            GET    -      401  rows rows rows 401  rows rows rows rows rows rows
api-adapter             POST   ingest 401  403  403  ok   401  403  ok   ok   ok   ok   ok
api-entity-types        GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-entity-types        POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-watch-items         GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-watch-items         POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-watch-item          GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-indicator-sources   GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-indicator-imports   GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-indicator-imports   POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-indicator-import    GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-indicator-import    DELETE admin  401  403  403  ok   401  403  403  403  ok   403  404
api-indicator-import-rows GET  read   401  rows rows rows 401  403  rows rows rows rows 404
api-indicator-import-accept POST admin 401 403  403  ok   401  403  403  403  ok   403  404
api-indicator-import-undo POST admin  401  403  403  409  401  403  403  403  409  403  404
api-watch-item          DELETE admin  401  403  403  ok   401  403  403  403  ok   403  404
api-declared-groups     GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-declared-groups     POST   admin  401  403  403  ok   401  403  403  ok   ok   403  403
api-declared-group      GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-declared-group      DELETE admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-mappings            GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-mappings            POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-mapping             GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-mapping-ingest      POST   ingest 401  403  403  ok   401  403  ok   ok   ok   ok   ok
api-signal              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-signal-near-misses  GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-entities            GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-entity              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-findings            GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-finding             GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-recompute           POST   read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detectors           GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-detector            GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector            PUT    admin  401  403  403  ok   401  403  403  403  ok   403  404
api-detector-configuration GET read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-configuration POST admin 401  403  403  rows 401  403  403  rows rows 403  403
api-rules               POST   admin  401  403  403  ok   401  403  403  ok   ok   403  403
api-rule-check          POST   read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-near-misses         GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-suppressions        GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-suppressions        POST   admin  401  403  403  ok   401  403  403  ok   ok   403  403
api-suppression         GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-suppression         DELETE admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-detector-try        POST   read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-backtests  GET    read   401  rows rows rows 401  403  rows rows rows rows 404
api-detector-backtests  POST   admin  401  403  403  ok   401  403  403  ok   ok   403  403
api-detector-backtest   GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-backtest   DELETE admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-detector-backtest-findings GET    read   401  rows rows rows 401  403  rows rows rows rows 404
api-detector-versions   GET    read   401  rows rows rows 401  403  rows rows rows rows 404
api-detector-comparison GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-rollback   POST   admin  401  403  403  ok   401  403  403  403  ok   403  404
api-detector-shadow     GET    read   401  rows rows rows 401  403  rows rows rows rows 404
api-detector-shadow-end POST   admin  401  403  403  ok   401  403  403  403  ok   403  404
api-detector-shadow-live POST  admin  401  403  403  ok   401  403  403  403  ok   403  404
api-detector-drafts     GET    read   401  rows rows rows 401  403  rows rows rows rows 404
api-detector-drafts     POST   admin  401  403  403  ok   401  403  403  403  ok   403  404
api-detector-draft      GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-draft-approve POST admin 401  403  403  403  401  403  403  ok   403  403  404
api-detector-draft-reject POST  admin 401  403  403  403  401  403  403  ok   403  403  404
api-detector-draft-withdraw POST admin 401 403  403  ok   401  403  403  403  ok   403  404
api-detector-what-if    GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-workload   GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-detector-alarms     GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-case-test           POST   review 401  403  409  409  401  403  403  409  409  404  404
api-scenarios           GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-scenario            GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-scenario            DELETE admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-scenario-run        POST   admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-scenario-file       POST   admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-scenario-account    POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-dead-letters        GET    read   401  rows rows rows 401  403  rows rows rows none none
api-dead-letter         GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-dead-letter-replay  POST   ingest 401  403  403  ok   401  403  ok   ok   ok   404  404
api-dead-letter-discard POST   ingest 401  403  403  ok   401  403  ok   ok   ok   404  404
api-users               GET    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-users               POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-user                PATCH  admin  401  403  403  ok   401  403  403  403  ok   403  403
api-user-password       POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-organisation        GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-organisation        PUT    admin  401  403  403  ok   401  403  403  403  ok   403  403
api-partners            GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-partners            POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-partner             GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-partner             PUT    admin  401  403  403  ok   401  403  403  403  ok   404  404
api-partner-tokens      POST   admin  401  403  403  ok   401  403  403  403  ok   404  404
api-partner-keys        GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-partner-keys        POST   admin  401  403  403  ok   401  403  403  403  ok   404  404
api-partner-key-withdraw POST  admin  401  403  403  ok   401  403  403  403  ok   404  404
api-pattern-outcomes    POST   review 401  403  409  409  401  403  403  409  409  404  404
api-patterns            GET    read   401  rows rows rows 401  403  rows rows rows none none
api-patterns            POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-pattern-ledger      GET    read   401  none rows rows 401  403  none rows rows none none
api-pattern             GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-pattern             PUT    review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-pattern-step        POST   review 401  403  409  409  401  403  403  409  409  404  404
api-pattern-file        POST   review 401  403  409  409  401  403  403  409  409  404  404
api-received-patterns   GET    read   401  rows rows rows 401  403  rows rows rows none none
api-received-patterns   POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-received-pattern    GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-received-step       POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-received-outcomes   GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-circles             GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-circles             POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-circle              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-circle              PUT    admin  401  403  403  ok   401  403  403  403  ok   404  404
api-circle-key          POST   admin  401  403  403  ok   401  403  403  403  ok   404  404
api-circle-inbox        GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-circle-inbox        PUT    admin  401  403  403  ok   401  403  403  403  ok   404  404
api-feeds               GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-feeds               POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-feed                GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-feed                PUT    admin  401  403  403  ok   401  403  403  403  ok   404  404
api-feed-events         GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-feed-read           POST   admin  401  403  403  ok   401  403  403  403  ok   404  404
api-feed-accept         POST   admin  401  403  403  ok   401  403  403  403  ok   404  404
api-feed-answer         POST   review 401  403  409  409  401  403  403  409  409  404  404
api-share-override      POST   review 401  403  409  409  401  403  403  409  409  404  404
api-ask                 POST   review 401  none none none 401  403  none none none 403  404
api-circle-keys         GET    share  401  403  403  404  401  403  404  404  404  404  404
api-lookups             GET    share  401  403  403  404  401  403  404  404  404  404  404
api-lookup              GET    share  401  403  403  404  401  403  404  404  404  404  404
api-imported-objects    GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-imported-objects    POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-imported-opinion    POST   review 401  403  409  409  401  403  403  409  409  404  404
api-imported-object     GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-shared-notes   GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-shared-notes   POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-shares         POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-shares              GET    read   401  rows rows rows 401  403  rows rows rows none none
api-share               GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-share               PUT    review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-share-preview       GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-share-ask           POST   review 401  409  409  409  401  403  409  409  409  404  404
api-share-approve       POST   review 401  403  409  409  401  403  403  409  409  404  404
api-share-refuse        POST   review 401  403  409  409  401  403  403  409  409  404  404
api-share-recall        POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-share-answer        POST   review 401  403  409  409  401  403  403  409  409  404  404
api-share-file          POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-receipts            POST   share  401  403  403  403  401  403  403  403  403  403  403
api-ledger              GET    read   401  none rows rows 401  403  none rows rows none none
api-retention-rules     GET    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-retention-rules     POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-retention-rule      DELETE admin  401  403  403  ok   401  403  403  403  ok   403  403
api-retention-plans     GET    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-retention-plans     POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-retention-plan      GET    admin  401  403  403  ok   401  403  404  404  ok   404  404
api-retention-purge     POST   admin  401  403  403  ok   401  403  404  404  ok   404  404
api-retention-stop      POST   admin  401  403  403  409  401  403  404  404  409  404  404
api-retention-holds     GET    admin  401  403  403  rows 401  403  403  rows rows 403  403
api-retention-holds     POST   admin  401  403  403  ok   401  403  403  ok   ok   403  403
api-retention-release   POST   admin  401  403  403  ok   401  403  404  ok   ok   404  404
api-dead-letter-reasons GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-letter-jobs         POST   ingest 401  403  403  ok   401  403  ok   ok   ok   422  422
api-letter-job          GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-sources             GET    read   401  rows rows rows 401  403  rows rows rows none none
api-sources             POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-source              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-source              PATCH  admin  401  403  403  ok   401  403  403  403  ok   404  404
api-policies            GET    read   401  rows rows rows 401  403  rows rows rows none none
api-policies            POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-policy              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-statements          GET    read   401  403  rows rows 401  403  403  rows rows 403  403
api-statements          POST   review 401  403  ok   ok   401  403  403  ok   ok   403  403
api-transparency        GET    read   401  403  rows rows 401  403  403  rows rows 403  403
api-decisions           GET    read   401  rows rows rows 401  403  rows rows rows none none
api-decision            GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-decision-reverse    POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-reviews             GET    read   401  none rows rows 401  403  none rows rows none none
api-golden              GET    read   401  none rows rows 401  403  none rows rows none none
api-golden              POST   review 401  403  ok   ok   401  403  403  ok   ok   403  403
api-golden-retire       POST   review 401  404  ok   ok   401  403  404  ok   ok   404  404
api-own-results         GET    read   401  rows none none 401  403  rows none none none none
api-agreement           GET    read   401  403  ok   ok   401  403  403  ok   ok   403  403
api-review              GET    read   401  404  ok   ok   401  403  404  ok   ok   404  404
api-review              POST   review 401  404  ok   ok   401  403  404  ok   ok   404  404
api-review-settle       POST   review 401  404  409  409  401  403  404  409  409  404  404
api-appeals             GET    read   401  rows rows rows 401  403  rows rows rows rows none
api-appeals             POST   review 401  ok   ok   ok   401  403  ok   ok   ok   ok   403
api-appeal              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-appeal-rule         POST   review 401  403  ok   ok   401  403  403  ok   ok   403  404
api-reporters           GET    read   401  rows rows rows 401  403  rows rows rows none none
api-strikes             GET    read   401  none none none 401  403  none none none none none
api-queues              GET    read   401  rows rows rows 401  403  rows rows rows none none
api-queues              POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-queue               GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-queue               PATCH  admin  401  403  403  ok   401  403  403  403  ok   404  404
api-queue-next          POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-translation    POST   review 401  404  404  404  401  403  404  404  404  404  404
api-signal-translation  POST   review 401  404  404  404  401  403  404  404  404  404  404
api-me                  GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-me                  PUT    review 401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-me-notices          GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-me-notices          PUT    review 401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-me-columns          GET    read   401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-me-columns          PUT    review 401  ok   ok   ok   401  403  ok   ok   ok   403  403
api-case-export         POST   read   401  403  ok   ok   401  403  403  ok   ok   403  403
api-roles               GET    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-audit               GET    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-health              GET    admin  401  403  403  ok   401  403  403  403  ok   403  403
api-budget              GET    read   401  ok   ok   ok   401  403  ok   ok   ok   403  403
api-breaks              GET    read   401  none none none 401  403  none none none 403  403
api-breaks              POST   review 401  ok   ok   ok   401  403  ok   ok   ok   403  403
api-breaks-resume       POST   review 401  ok   ok   ok   401  403  ok   ok   ok   403  403
api-budgets             GET    read   401  403  rows rows 401  403  403  rows rows 403  403
api-budgets             POST   review 401  403  ok   ok   401  403  403  ok   ok   403  403
api-routing-rules       GET    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-routing-rules       POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-routing-rule        PUT    admin  401  403  403  ok   401  403  404  404  ok   404  404
api-routing-rule        DELETE admin  401  403  403  ok   401  403  404  404  ok   404  404
api-routing-order       PUT    admin  401  403  403  rows 401  403  403  403  rows 403  403
api-routing-try         POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-automations         GET    read   401  rows rows rows 401  403  rows rows rows none none
api-detector-automation GET    read   401  rows rows rows 401  403  rows rows rows none 404
api-detector-automation POST   admin  401  403  403  ok   401  403  403  403  ok   403  403
api-detector-automation DELETE admin  401  403  403  ok   401  403  403  ok   ok   403  404
api-detector-automation-settle POST admin 401 403 403 ok  401  403  403  403  ok   404  404
api-detector-automation-resume POST admin 401 403 403 409 401  403  403  403  409  403  404
api-detector-actions    GET    read   401  rows rows rows 401  403  rows rows rows none 404
api-detector-held       POST   review 401  403  ok   ok   401  403  403  ok   ok   403  404
api-detector-undos      GET    read   401  rows rows rows 401  403  rows rows rows none 404
api-detector-undos      POST   review 401  ok   ok   ok   401  403  ok   ok   ok   ok   404
api-detector-undo       GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-protected           GET    read   401  rows rows rows 401  403  rows rows rows none none
api-protected           POST   admin  401  403  403  rows 401  403  403  403  rows 403  403
api-protected-entry     GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-protected-entry     DELETE admin  401  403  403  ok   401  403  403  403  ok   404  404
api-shift               PUT    admin  401  403  403  ok   401  403  403  ok   ok   403  403
api-jobs                GET    read   401  rows rows rows 401  403  rows rows rows none none
api-jobs                POST   review 401  ok   ok   ok   401  403  ok   ok   ok   403  403
api-job                 GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-job-items           GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-job-cancel          POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-job-undo            POST   review 401  409  409  409  401  403  409  409  409  404  404
api-tray                GET    read   401  rows none none 401  403  rows none none none none
api-tray                POST   review 401  ok   ok   ok   401  403  ok   ok   ok   422  422
api-tray-take           POST   review 401  ok   ok   ok   401  403  ok   ok   ok   422  422
api-tray-common         GET    read   401  rows none none 401  403  rows none none none none
api-notices             GET    read   401  rows rows rows 401  403  rows rows rows none none
api-templates           GET    read   401  rows rows rows 401  403  rows rows rows none none
api-template            GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-template            PUT    review 401  403  ok   ok   401  403  403  ok   ok   403  403
api-case-messages       GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-messages       POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-message-preview POST  review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-message-cancel POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-search              GET    read   401  none none none 401  403  none none none none none
api-views               GET    read   401  rows none none 401  403  rows none none none none
api-views               POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-view                GET    read   401  ok   404  404  401  403  ok   404  404  404  404
api-view                DELETE review 401  ok   404  404  401  403  ok   404  404  404  404
api-notices-read        POST   review 401  ok   ok   ok   401  403  ok   ok   ok   ok   ok
api-case-people         GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-assign         POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-case-move           POST   review 401  403  ok   ok   401  403  403  ok   ok   404  404
api-case-snooze         POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-list           GET    read   401  rows rows rows 401  403  rows rows rows none none
api-case-detail         GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-claim          POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-release        POST   review 401  ok   409  409  401  403  ok   409  409  404  404
api-case-decide         POST   review 401  ok   409  409  401  403  ok   409  409  404  404
api-case-undo           POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-notes          GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-notes          POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-lineage        GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-lineage-undo   POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-merge          GET    read   401  422  422  422  401  403  422  422  422  404  404
api-case-merge          POST   review 401  409  409  409  401  403  409  409  409  404  404
api-case-cut            POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-let-go         POST   review 401  rows rows rows 401  403  rows rows rows  404  404
api-case-cut-preview    POST   read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-proposals           GET    read   401  rows rows rows 401  403  rows rows rows none none
api-proposal            POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-detail         PATCH  review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-transition     POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-tasks          GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-tasks          POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-task           GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-task           PATCH  review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-files          GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-files          POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-file           GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-custody        GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-watchers       GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-watchers       PUT    review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-watchers       DELETE review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-related        GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-attribution    GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-next-platform  GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-related        POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-link           DELETE review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-graph-node     GET    read   401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-additions      GET    read   401  rows rows rows 401  403  rows rows rows 404  404
api-case-additions      POST   review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-addition       DELETE review 401  ok   ok   ok   401  403  ok   ok   ok   404  404
api-case-timeline       GET    read   401  rows rows rows 401  403  rows rows rows 404  404
"""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What a method may answer that the tables do not list: nothing happens.
REFUSED: Final = frozenset({"401", "403", "404", "405", "login"})

STAFF: Final = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.ADMIN})
ADMINS: Final = frozenset({Role.ADMIN})
HANDERS: Final = STAFF | {Role.INTEGRATION}
READERS: Final = STAFF | {Role.INTEGRATION}
ALL: Final = Goal(most=9, enough=9, soft_s=9, hard_s=9)
# For these roles a selector finds something, for all others nothing.
SELECTORS: Final[dict[str, tuple[Set[Role], Callable[[User, Furnished], Any]]]] = {
    "cases_for": (STAFF, lambda who, on: cases_for(who)),
    "cases_by_campaign": (STAFF, lambda who, on: cases_by_campaign(_campaigns(on), who)),
    "cases_by_text": (STAFF, lambda who, on: cases_by_text(on.held.ref, who)),
    "recent_cases_for": (STAFF, lambda who, on: recent_cases_for(_visited(on, who))),
    "audit_entries_for": (ADMINS, lambda who, on: audit_entries_for(who, AuditAsked())),
    "audit_page_for": (ADMINS, lambda who, on: audit_page_for(who, AuditAsked())[0]),
    "audit_lines_of": (
        ADMINS,
        lambda who, on: audit_lines_of(audit_page_for(who, AuditAsked())[0], who),
    ),
    "veiled_decisions_for": (ADMINS, lambda who, on: veiled_decisions_for(who)),
    "health_for": (ADMINS, lambda who, on: health_for(who).verdicts),
    "roles_for": (ADMINS, lambda who, on: roles_for(who)),
    "rights_for": (ADMINS, lambda who, on: rights_for(who)),
    "case_by_ref": (STAFF, lambda who, on: case_by_ref(on.held.ref, who)),
    "queue_page": (STAFF, lambda who, on: queue_page(who, on.desk.queue, State.OPEN)),
    "queue_counts": (STAFF, lambda who, on: queue_counts(who)),
    "policies_for": (STAFF, lambda who, on: policies_for(who)),
    "policy_versions_for": (STAFF, lambda who, on: policy_versions_for(who)),
    "policy_by_slug": (STAFF, lambda who, on: policy_by_slug("policy-0", who)),
    "decisions_for": (STAFF, lambda who, on: decisions_for(who)),
    "decision_by_id": (STAFF, lambda who, on: decision_by_id(on.decision.pk, who)),
    "appealable_by_id": (HANDERS, lambda who, on: appealable_by_id(on.decision.pk, who)),
    # The reviewer made the decisions that are looked at twice.
    "reviews_for": (LEADS, lambda who, on: reviews_for(who)),
    "waiting_reviews_for": (LEADS, lambda who, on: waiting_reviews_for(who)),
    "review_by_id": (LEADS, lambda who, on: review_by_id(_first(SecondReview), who)),
    "golden_items_for": (LEADS, lambda who, on: golden_items_for(who)),
    "golden_item_by_id": (LEADS, lambda who, on: golden_item_by_id(_first(GoldenItem), who)),
    "own_results_for": ({Role.REVIEWER}, lambda who, on: own_results_for(who)),
    "wrong_answers_for": (LEADS, lambda who, on: wrong_answers_for(who)),
    "agreement_for": (LEADS, lambda who, on: agreement_for(who).reviewers),
    "appeals_for": (HANDERS, lambda who, on: appeals_for(who)),
    "waiting_appeals_for": (LEADS, lambda who, on: waiting_appeals_for(who)),
    "appeal_by_id": (HANDERS, lambda who, on: appeal_by_id(_first(Appeal), who)),
    "statements_for": (LEADS, lambda who, on: statements_for(who)),
    "statements_by_span": (LEADS, lambda who, on: statements_by_span(_lately(), who)),
    "owed_for": (LEADS, lambda who, on: owed_for(who)),
    "drafts_by_span": (LEADS, lambda who, on: drafts_by_span(_lately(), who)),
    "figures_by_span": (LEADS, lambda who, on: figures_by_span(_lately(), who)),
    "strikes_for": (STAFF, lambda who, on: strikes_for(who).filter(pk=_struck(on).pk)),
    "standings_of": (STAFF, lambda who, on: standings_of(_struck(on).value, who)),
    "standings_by_case": (STAFF, lambda who, on: standings_by_case(_struck_case(on), who)),
    "precedents_of": (STAFF, lambda who, on: precedents_of(_twin(on), who)),
    "queue_by_slug": (STAFF, lambda who, on: queue_by_slug(on.desk.queue.slug, who)),
    "routing_rules_for": (ADMINS, lambda who, on: routing_rules_for(who)),
    "routing_rule_by_id": (ADMINS, lambda who, on: routing_rule_by_id(_first(RoutingRule), who)),
    "trial_for": (ADMINS, lambda who, on: trial_for(who, Query((Term("hits", ("0",)),))).looked),
    "bulk_jobs_for": (STAFF, lambda who, on: bulk_jobs_for(who)),
    "bulk_job_by_id": (STAFF, lambda who, on: bulk_job_by_id(_first(BulkJob), who)),
    "bulk_items_of": (STAFF, lambda who, on: bulk_items_of(BulkJob.objects.earliest("pk"), who)),
    "preview_for": (STAFF, lambda who, on: _would_label(who).takes),
    "policies_by_count": (STAFF, lambda who, on: policies_by_count(_would_label(who).takes, who)),
    "samples_of": (STAFF, lambda who, on: samples_of(_would_label(on.desk.admin).takes, who)),
    "people_for": (LEADS, lambda who, on: people_for(who)),
    "templates_for": (STAFF, lambda who, on: templates_for(who)),
    "template_by_slug": (STAFF, lambda who, on: template_by_slug("template-0", who)),
    "messages_of": (STAFF, lambda who, on: messages_of(on.held, who)),
    "message_by_id": (STAFF, lambda who, on: message_by_id(_first(Message), on.held, who)),
    "known_values_of": (STAFF, lambda who, on: known_values_of(on.held, who)),
    "recipients_of": (STAFF, lambda who, on: recipients_of(on.held, who)),
    "hits_by_words": (STAFF, lambda who, on: hits_by_words(["note"], who)),
    "tray_items_for": ({Role.REVIEWER}, lambda who, on: tray_items_for(who)),
    "tray_of": ({Role.REVIEWER}, lambda who, on: tray_of(who)),
    "common_of": (READERS, lambda who, on: common_of(tray_of(on.keeper), who)),
    "named_for": (STAFF, lambda who, on: named_for(who, [Line(1, "", on.held.ref)]).cases),
    "chosen_for": (
        STAFF,
        lambda who, on: chosen_for(who, Choice(clock.now(), refs=(on.held.ref,)), 1),
    ),
    "actors_by_signal": (
        READERS,
        lambda who, on: _acting() and actors_by_signal([Signal.objects.earliest("pk").pk], who),
    ),
    "views_for": ({Role.REVIEWER}, lambda who, on: views_for(who)),
    "counted_views_for": ({Role.REVIEWER}, lambda who, on: counted_views_for(who)),
    "rail_of": (
        {Role.REVIEWER},
        lambda who, on: User.objects.annotate(told=rail_of(who)).earliest("pk").told,
    ),
    "online_for": (
        STAFF,
        lambda who, on: _present(on).annotate(told=online_for(who)).earliest("pk").told,
    ),
    "place_of": (STAFF, lambda who, on: place_of(on.held, who).total),
    "viewers_of": (STAFF, lambda who, on: _present(on) and viewers_of(on.held, who)),
    "notices_for": (STAFF, lambda who, on: notices_for(who)),
    "inbox_for": (STAFF, lambda who, on: inbox_for(who)),
    "told_for": (STAFF, lambda who, on: told_for(who)),
    "habit_of": (set(Role), lambda who, on: [habit_of(who)]),
    "notice_by_id": (STAFF, lambda who, on: notice_by_id(_told_first(who), who)),
    "colleagues_of": (STAFF, lambda who, on: colleagues_of(on.held, who)),
    "cases_by_day": (STAFF, lambda who, on: cases_by_day(who, 30)),
    "backlog_ages": (STAFF, lambda who, on: backlog_ages(who)),
    "findings_of": (STAFF, lambda who, on: findings_of(on.held, who)),
    "budgets_for": (LEADS, lambda who, on: budgets_for(who)),
    "breaks_for": (STAFF, lambda who, on: breaks_for(_rested(who))),
    "covers_for": (READERS, lambda who, on: covers_for(Signal.objects.all()[:1], who)),
    "cover_for": (STAFF, lambda who, on: cover_for(on.held, who)),
    "masks_for": (STAFF, lambda who, on: masks_for(_choosing(who))[1]),
    "mask_categories_for": (STAFF, lambda who, on: mask_categories_for(who)),
    "evidence_by_id": (STAFF, lambda who, on: evidence_by_id(cited_id(on.held), on.held, who)),
    "evidence_of": (READERS, lambda who, on: evidence_of(list(Finding.objects.all()), who)),
    "cited_of": (
        READERS,
        lambda who, on: cited_of(one := Finding.objects.latest("pk"), one.signal_ids, who),
    ),
    "detectors_for": (READERS, lambda who, on: config.detectors_for(who)),
    "backtests_for": (READERS, lambda who, on: backtests_for(who)),
    "backtest_by_id": (
        READERS,
        lambda who, on: backtest_by_id(Backtest.objects.earliest("pk").pk, who),
    ),
    "sample_tried_for": (READERS, lambda who, on: sample_tried_for(who, DETECTOR, [])),
    "detector_exists_for": (READERS, lambda who, on: config.detector_exists_for(who, DETECTOR)),
    "suppressions_for": (READERS, lambda who, on: suppressions_for(who)),
    "suppression_by_id": (
        READERS,
        lambda who, on: suppression_by_id(Suppression.objects.earliest("pk").pk, who),
    ),
    "suppressions_by_entity": (
        READERS,
        lambda who, on: suppressions_by_entity(Entity(type="account", value="x:quiet-0"), who),
    ),
    "near_misses_for": (
        READERS,
        lambda who, on: near_misses_for(who, Entity.objects.earliest("pk")).looked,
    ),
    "near_misses_of": (
        READERS,
        lambda who, on: near_misses_of(Signal.objects.earliest("pk"), who).looked,
    ),
    "best_windows_for": (
        READERS,
        lambda who, on: [
            best_windows_for(
                who,
                RuleParams(),
                stream_id=1,
                since=clock.now() - timedelta(days=1),
                until=clock.now(),
                groups=[],
            )
        ],
    ),
    "draft_tried_for": (READERS, lambda who, on: draft_tried_for(who, RuleParams(), [])),
    "tried_line_for": (READERS, lambda who, on: tried_line_for(who)),
    "rule_hits_for": (
        READERS,
        lambda who, on: rule_hits_for(
            who,
            RuleParams().rule,
            stream_id=1,
            since=clock.now() - timedelta(days=1),
            until=clock.now(),
        ),
    ),
    "detector_by_slug": (READERS, lambda who, on: config.detector_by_slug(DETECTOR, who)),
    "configs_for": (READERS, lambda who, on: config.configs_for(who)),
    "versions_of": (READERS, lambda who, on: config.versions_of(DETECTOR, who)),
    "versions_for": (READERS, lambda who, on: config.versions_for(who, DETECTOR)),
    "version_by_number": (READERS, lambda who, on: config.version_by_number(DETECTOR, 1, who)),
    "drafts_for": (READERS, lambda who, on: drafts_for(who)),
    "draft_by_id": (READERS, lambda who, on: draft_by_id(_first(DetectorDraft), who)),
    "backtests_of": (READERS, lambda who, on: backtests_of(_tried(), who)),
    "lines_for": (READERS, lambda who, on: lines_for(who)),
    "line_by_slug": (READERS, lambda who, on: line_by_slug("live", who)),
    "configuration_for": (READERS, lambda who, on: configuration_for(who).detectors),
    "scenarios_for": (READERS, lambda who, on: scenarios_for(who)),
    "scenario_by_id": (READERS, lambda who, on: scenario_by_id(_first(Scenario), who)),
    "scenario_by_origin": (READERS, lambda who, on: scenario_by_origin("AD-0", who)),
    "expectations_for": (READERS, lambda who, on: expectations_for(who)),
    "scenarios_by_detector": (
        READERS,
        lambda who, on: scenarios_by_detector("shared-infrastructure", who).rows,
    ),
    "copies_for": (READERS, lambda who, on: copies_for(who).tests),
    "what_if_for": (READERS, lambda who, on: what_if_for(who, TUNED).stored),
    "workload_of": (STAFF, lambda who, on: workload_of(_done(), who) is not None),
    "workload_rows_for": (STAFF, lambda who, on: workload_rows_for(who, _done())),
    "alarms_for": (READERS, lambda who, on: alarms_for(who)),
    "open_alarms_for": (READERS, lambda who, on: open_alarms_for(who, DETECTOR)),
    "shadows_by_detector": (READERS, lambda who, on: shadows_by_detector(DETECTOR, who)),
    "shadow_of": (READERS, lambda who, on: shadow_of(_in_shadow(), who) is not None),
    "stats_for": (READERS, lambda who, on: stats_for(who)),
    "calibration_for": (READERS, lambda who, on: calibration_for(who)),
    "precisions_for": (READERS, lambda who, on: precision.precisions_for(who)),
    "precisions_of": (
        READERS,
        lambda who, on: precision.precisions_of(
            next(iter(precision.precisions_for(User(role=Role.LEAD)))), who
        ),
    ),
    "fares_for": (READERS, lambda who, on: precision.fares_for(who)),
    "unread_for": (READERS, lambda who, on: config.unread_for(who)),
    "attribution_for": (
        READERS,
        lambda who, on: attribution_for(list(Finding.objects.all()), who).total,
    ),
    "next_platform_for": (STAFF, lambda who, on: next_platform_for(_third_of_a_kind(on), who)),
    "reporters_for": (STAFF, lambda who, on: reporters_for(who)),
    "shared_of": (READERS, lambda who, on: shared_of(list(Finding.objects.all()), who)),
    "lag_for": (READERS, lambda who, on: lag_for(who).reader),
    "signals_by_day": (READERS, lambda who, on: signals_by_day(who, 30)),
    "hits_for": (READERS, lambda who, on: hits_for(who, Query(), ALL).hits),
    "signals_of": (READERS, lambda who, on: signals_of(_hits(on), who)),
    "batches_for": (READERS, lambda who, on: [*batches_for(who, Query(), 9, 9)]),
    "signals_for": (READERS, lambda who, on: signals_for(who)),
    "signal_by_id": (READERS, lambda who, on: signal_by_id(_first(Signal), who)),
    "entities_for": (READERS, lambda who, on: entities_for(who)),
    "entity_by_id": (READERS, lambda who, on: entity_by_id(_first(Entity), who)),
    "entities_by_text": (READERS, lambda who, on: entities_by_text(_entity().value, who)),
    "entity_by_value": (READERS, lambda who, on: entity_by_value(*_named(), who)),
    "findings_by_entity": (READERS, lambda who, on: findings_by_entity(_entity(), _recent(), who)),
    "recent_signals_of": (READERS, lambda who, on: recent_signals_of(_recent(), who, 5)),
    "cases_by_entity": (STAFF, lambda who, on: cases_by_entity(_entity(), _findings(), who)),
    "lineage_for": (STAFF, lambda who, on: lineage_for(on.held, who)),
    "lineage_by_id": (
        STAFF,
        lambda who, on: lineage_by_id(on.held, _first(CaseLineage), who),
    ),
    "edges_for": (STAFF, lambda who, on: edges_for(on.held, who)),
    "members_for": (STAFF, lambda who, on: members_for(on.held, who)),
    "graph_for": (STAFF, lambda who, on: graph_for(on.held, who).ties),
    "reach_for": (STAFF, lambda who, on: reach_for(on.held, _first(Entity), who).entity),
    "reaches_of": (STAFF, lambda who, on: reaches_of([_thing()], on.held, who, (), ())),
    "additions_of": (STAFF, lambda who, on: additions_of(on.held, who)),
    "addition_by_id": (STAFF, lambda who, on: addition_by_id(_first(CaseAddition), on.held, who)),
    "refs_by_account": (STAFF, lambda who, on: refs_by_account(_members(on), who, but=on.closed)),
    "sharers_by_thing": (READERS, lambda who, on: sharers_by_thing([_shared().pk], who)),
    "tie_by_id": (STAFF, lambda who, on: tie_by_id(on.held, _first(CampaignEdge), who)),
    "findings_by_tie": (READERS, lambda who, on: findings_by_tie(_tie_that_cites(), who)),
    "faded_for": (STAFF, lambda who, on: faded_for(_with_a_faded_member(on.held), who)),
    "proposals_for": (STAFF, lambda who, on: proposals_for(who)),
    "proposal_by_id": (STAFF, lambda who, on: proposal_by_id(_first(Proposal), who)),
    "notes_of": (STAFF, lambda who, on: content.notes_of(on.held, who)),
    "tasks_of": (STAFF, lambda who, on: content.tasks_of(on.held, who)),
    "task_by_id": (STAFF, lambda who, on: content.task_by_id(_first(Task), on.held, who)),
    "files_of": (STAFF, lambda who, on: content.files_of(on.held, who)),
    "file_by_id": (STAFF, lambda who, on: content.file_by_id(_first(EvidenceFile), on.held, who)),
    "custody_of": (
        STAFF,
        lambda who, on: content.custody_of(EvidenceFile.objects.earliest("pk"), who),
    ),
    "watchers_of": (STAFF, lambda who, on: content.watchers_of(on.held, who)),
    "watched_by": (STAFF, lambda who, on: content.watched_by(_watching(who, on))),
    "playbooks_for": (STAFF, lambda who, on: content.playbooks_for(who)),
    "automations_for": (STAFF, lambda who, on: automations_for(who)),
    "automation_by_id": (
        STAFF,
        lambda who, on: automation_by_id(_first(Automation), DETECTOR, who),
    ),
    "standings_for": (STAFF, lambda who, on: standings_for(who)),
    "held_counts_for": (STAFF, lambda who, on: held_counts_for(who)),
    "automated_actions_for": (STAFF, lambda who, on: automated_actions_for(who, DETECTOR)),
    "automated_actions_by_account": (
        STAFF,
        lambda who, on: automated_actions_by_account("x:held-0", who),
    ),
    "undos_for": (STAFF, lambda who, on: undos_for(who)),
    "undo_by_id": (STAFF, lambda who, on: undo_by_id(_first(VersionUndo), DETECTOR, who)),
    "undo_preview_for": (STAFF, lambda who, on: _would_undo(who)),
    "protected_entities_for": (STAFF, lambda who, on: protected_entities_for(who)),
    "protected_entity_by_id": (
        STAFF,
        lambda who, on: protected_entity_by_id(_first(ProtectedEntity), who),
    ),
    "protection_by_value": (STAFF, lambda who, on: protection_by_value("account", "x:vip0", who)),
    "webhooks_for": (ADMINS, lambda who, on: webhook.webhooks_for(who)),
    "webhook_by_id": (ADMINS, lambda who, on: webhook.webhook_by_id(_first(Webhook), who)),
    "deliveries_of": (
        ADMINS,
        lambda who, on: webhook.deliveries_of(Webhook.objects.earliest("pk"), who),
    ),
    "delivery_by_id": (
        ADMINS,
        lambda who, on: webhook.delivery_by_id(_first(Delivery), _first(Webhook), who),
    ),
    "custodies_of": (STAFF, lambda who, on: content.custodies_of(on.held, who)),
    "playbook_by_id": (STAFF, lambda who, on: content.playbook_by_id(_first(Playbook), who)),
    "similar_to": (STAFF, lambda who, on: similar_to(on.held, who)),
    "case_links_of": (STAFF, lambda who, on: case_links_of(on.held, who)),
    "reports_of": (STAFF, lambda who, on: reports_of(_reported(), who)),
    "reported_acts_of": (STAFF, lambda who, on: reported_acts_of(_reported(), who)),
    "findings_for": (READERS, lambda who, on: findings_for(who)),
    "finding_by_id": (READERS, lambda who, on: finding_by_id(_first(Finding), who)),
    "rescored_by_id": (
        READERS,
        lambda who, on: rescored_by_id(Finding.objects.earliest("pk").pk, who),
    ),
    "rules_for": (ADMINS, lambda who, on: retention.rules_for(who)),
    "rule_by_id": (ADMINS, lambda who, on: retention.rule_by_id(_first(RetentionRule), who)),
    "warnings_for": (ADMINS, lambda who, on: retention.warnings_for(who)),
    "purges_for": (ADMINS, lambda who, on: retention.purges_for(who)),
    "purge_by_id": (ADMINS, lambda who, on: retention.purge_by_id(_first(PurgeRun), who)),
    "holds_for": (LEADS, lambda who, on: retention.holds_for(who)),
    "hold_by_id": (LEADS, lambda who, on: retention.hold_by_id(_first(Hold), who)),
    "buried_of": (READERS, lambda who, on: retention.buried_of([BURIED], who).total),
    "purged_of": (
        READERS,
        lambda who, on: purged_of([Finding(signal_ids=[BURIED])], who, []).total,
    ),
    "entity_types_for": (READERS, lambda who, on: entity_types_for(who)),
    "watch_items_for": (READERS, lambda who, on: watch_items_for(who)),
    "watch_item_by_id": (READERS, lambda who, on: watch_item_by_id(_first(WatchItem), who)),
    "assertions_of": (
        READERS,
        lambda who, on: assertions_of(WatchItem.objects.earliest("pk"), who),
    ),
    "source_precisions_for": (READERS, lambda who, on: source_precisions_for(_warned(who))),
    "indicator_sources_for": (READERS, lambda who, on: indicator_sources_for(who)),
    "indicator_batches_for": (READERS, lambda who, on: indicator_batches_for(who)),
    "indicator_batch_by_id": (
        READERS,
        lambda who, on: indicator_batch_by_id(_first(IndicatorBatch), who),
    ),
    "twins_of": (READERS, lambda who, on: twins_of(_read_twice(), who)),
    "declared_groups_for": (READERS, lambda who, on: declared_groups_for(who)),
    "declared_group_by_id": (
        READERS,
        lambda who, on: declared_group_by_id(_first(DeclaredGroup), who),
    ),
    "mappings_for": (READERS, lambda who, on: mappings_for(who)),
    "mapping_by_name": (READERS, lambda who, on: mapping_by_name(MAPPING, who)),
    "mapping_versions_of": (READERS, lambda who, on: mapping_versions_of(MAPPING, who)),
    "sources_for": (STAFF, lambda who, on: sources_for(who)),
    "offered_for": (STAFF, lambda who, on: offered_for(who).places["source"]),
    "source_by_slug": (STAFF, lambda who, on: source_by_slug("world", who)),
    "tokens_of": ({Role.ADMIN}, lambda who, on: tokens_of(Source(token=on.token), who)),
    "silent_for": (STAFF, lambda who, on: silent_for(who)),
    "letters_for": (STAFF, lambda who, on: letters_for(who)),
    "letter_count_for": (STAFF, lambda who, on: letter_count_for(who, LetterFilter())),
    "reasons_for": (STAFF, lambda who, on: reasons_for(who, LetterFilter())),
    "signal_of": (READERS, lambda who, on: signal_of(_stored(), who)),
    "jobs_for": (STAFF, lambda who, on: jobs_for(who)),
    "job_by_id": (STAFF, lambda who, on: job_by_id(_first(LetterJob), who)),
    "letter_by_id": (STAFF, lambda who, on: letter_by_id(_first(DeadLetter), who)),
    "organisation_for": (STAFF, lambda who, on: organisation_for(who)),
    "partners_for": (STAFF, lambda who, on: partners_for(who)),
    "partner_by_slug": (STAFF, lambda who, on: partner_by_slug("partner-0", who)),
    "circles_for": (STAFF, lambda who, on: circles_for(who)),
    "circle_by_slug": (STAFF, lambda who, on: circle_by_slug("ring-0", who)),
    "reach_of": (STAFF, lambda who, on: reach_of(Circle.objects.earliest("pk"), who)),
    "patterns_for": (STAFF, lambda who, on: patterns_for(who)),
    "pattern_by_id": (STAFF, lambda who, on: pattern_by_id(_first(Pattern), who)),
    "pattern_receivers_of": (
        STAFF,
        lambda who, on: pattern_receivers_of(Pattern.objects.earliest("pk"), who),
    ),
    "fares_of": (STAFF, lambda who, on: fares_of(Pattern.objects.earliest("pk"), who)),
    "patterns_by_partner": (
        {Role.PARTNER},
        lambda who, on: patterns_by_partner(
            Circle.objects.get(slug="ring-0"), _of_a_partner(who), Asked()
        ),
    ),
    "releases_by_partner": (
        {Role.PARTNER},
        lambda who, on: releases_by_partner(Circle.objects.get(slug="ring-0"), _of_a_partner(who)),
    ),
    "pattern_handovers_for": (
        {Role.LEAD, Role.ADMIN},
        lambda who, on: pattern_handovers_for(who),
    ),
    "received_for": (STAFF, lambda who, on: received_for(who)),
    "received_by_id": (STAFF, lambda who, on: received_by_id(_first(ReceivedPattern), who)),
    "standing_of": (
        STAFF,
        lambda who, on: standing_of(ReceivedPattern.objects.earliest("pk"), who),
    ),
    "partner_keys_of": (
        STAFF,
        lambda who, on: partner_keys_of(Partner.objects.get(slug="partner-0"), who),
    ),
    "counts_of": (
        STAFF,
        lambda who, on: counts_of(ReceivedPattern.objects.earliest("pk"), who),
    ),
    "absent_fields_for": (READERS, lambda who, on: absent_fields_for(who, ["identifiers.ja4"])),
    "shares_for": (STAFF, lambda who, on: shares_for(who)),
    "share_by_id": (STAFF, lambda who, on: share_by_id(_first(Share), who)),
    "shares_of": (STAFF, lambda who, on: shares_of(on.held, who)),
    "shared_notes_of": (STAFF, lambda who, on: shared_notes_of(on.held, who)),
    "receivers_of": (STAFF, lambda who, on: receivers_of(Share.objects.earliest("pk"), who)),
    "renditions_of": (STAFF, lambda who, on: renditions_of(Share.objects.earliest("pk"), who)),
    "rendition_by_partner": (
        STAFF,
        lambda who, on: rendition_by_partner(
            Share.objects.earliest("pk"), Partner.objects.earliest("pk"), who
        ),
    ),
    "changes_for": (STAFF, lambda who, on: changes_for(_second_revision(on), who)),
    "feeds_for": (STAFF, lambda who, on: feeds_for(who)),
    "feed_by_slug": (STAFF, lambda who, on: feed_by_slug("feed-0", who)),
    "waiting_of": (STAFF, lambda who, on: _waiting(who)),
    "kept_of": (STAFF, lambda who, on: _kept(who)),
    "events_of": (STAFF, lambda who, on: events_of(Feed.objects.get(slug="feed-0"), who)),
    "inbox_of": (STAFF, lambda who, on: inbox_of(Circle.objects.get(slug="ring-0"), who)),
    "keys_of": (STAFF, lambda who, on: _keys(who)),
    "outcomes_of": (STAFF, lambda who, on: _heard(who)),
    "overrides_of": (STAFF, lambda who, on: _overrides(on, who)),
    "accounts_by_digest": (READERS, lambda who, on: _uses(who)),
    "met_items_by_source": (READERS, lambda who, on: _met(who)),
    "imported_objects_for": (STAFF, lambda who, on: imported_objects_for(who)),
    "imported_by_id": (STAFF, lambda who, on: imported_by_id(_first(ImportedObject), who)),
    "led_of": (STAFF, lambda who, on: led_of(_imported("report"), who)),
    "leading_of": (STAFF, lambda who, on: leading_of(_imported("domain-name"), who)),
    "own_things_of": (STAFF, lambda who, on: _own_things(who)),
    "imported_of": (STAFF, lambda who, on: imported_of(_told_of(), who)),
    "posted_by_partner": ({Role.PARTNER}, lambda who, on: _posted(_of_a_partner(who))),
    "post_status_by_uuid": ({Role.PARTNER}, lambda who, on: _post_status(_of_a_partner(who))),
    "is_partner_by_user": (
        {Role.PARTNER},
        lambda who, on: is_partner_by_user(_of_a_partner(who)),
    ),
    "circles_by_partner": ({Role.PARTNER}, lambda who, on: circles_by_partner(_of_a_partner(who))),
    "levels_by_partner": (
        {Role.PARTNER},
        lambda who, on: levels_by_partner(Circle.objects.get(slug="ring-0"), _of_a_partner(who)),
    ),
    "events_by_partner": (
        {Role.PARTNER},
        lambda who, on: events_by_partner(Circle.objects.get(slug="ring-0"), _of_a_partner(who)),
    ),
    "objects_by_partner": (
        {Role.PARTNER},
        lambda who, on: objects_by_partner(
            Circle.objects.get(slug="ring-0"), _of_a_partner(who), Asked()
        ),
    ),
    "handovers_for": (LEADS, lambda who, on: handovers_for(who)),
    "handovers_by_subject": (
        LEADS,
        lambda who, on: handovers_by_subject("domain", "Refund scam", who),
    ),
    # the last ones: they move the second looks on
    "disagreements_for": (LEADS, lambda who, on: disagreements_for(_disagreed(on, who))),
    "own_reviews_for": ({Role.REVIEWER}, lambda who, on: own_reviews_for(_disagreed(on, who))),
}
WITHOUT_VIEWER: Final = {
    "suppressions_in_force": "the service asks whether there is one already",
    "stale_suppressions": "the fusion asks, for no person",
    "declared_accounts_of": "automation asks whom it must not touch, for no person",
    "quiet_about_of": "automation asks whom it must not touch, for no person",
    "error_of": "the circuit breaker asks, for no person",
    "version_precision_of": "the circuit breaker asks, for no person",
    "spike_of": "the desk asks before it puts a version live, for no person",
    "undoable_of": "of a version that was named; the service has asked who may",
    "published_keys_of": "the public half of a key is for everybody",
    "adapter_by_name": "who may send in signals may send them in any shape",
    "family_of": "of a case that a selector gave to the viewer",
    "indicator_rows_of": "of an import that a selector gave to the viewer",
    "changes_of": "of a backtest that a selector gave to the viewer",
    "params_of": "the desk's own services ask; pages ask `configs_for`",
    "members_of": "of a case that a selector gave to the viewer",
    "ties_of": "of a case that a selector gave to the viewer",
    "online_of": "of numbers that a selector gave to the viewer",
    "exposure_of": "of numbers that a selector gave to the viewer",
    "unread_of": "of numbers that a selector gave to the viewer",
    "rail_views_of": "of numbers that a selector gave to the viewer",
    "views_of": "of what a selector gave to the viewer",
    "contributions_of": "of a case that a selector gave to the viewer",
    "overview_of": "of hits that a selector gave to the viewer",
    "hits_by_day": "a snooze counts for its case, not for a person",
    "origin_of": "the intake asks for the case, not for a person",
    "rings_of": "the desk weighs reporters, for no person",
    "days_of": "the intake asks for the case, not for a person",
    "firsts_of": "the intake asks for the case, not for a person",
    "providers_of": "the intake asks for the case, not for a person",
    "coordination_of": "of a group that a selector gave to the viewer",
    "stale_groups": "the fusion asks, for no person",
    "entities_of": "of a signal that a selector gave to the viewer",
    "known_of": "reference lists are public, and the id of an entity opens nothing",
    "lists_of": "reference lists are public",
    "history_of": "of what other selectors gave to the viewer",
    "links_of": "of an entity that a selector gave to the viewer",
    "platforms_of": "of an entity that a selector gave to the viewer",
    "recent_of": "of an entity that a selector gave to the viewer",
    "same_actors_of": "of an entity that a selector gave to the viewer",
    "drafts_of": "of restrictions that a selector gave to the viewer",
    "persons_of": "of accounts that a selector gave to the viewer; strikes are filtered",
    "platform_of": "reads a name",
    "entities_by_value": "of rows that a selector gave to the viewer",
    "forms_by_slug": "the linker asks, for no person",
    "findings_citing": "of a signal that a selector gave to the viewer",
    "lag_by_limit": "the desk asks for itself whether senders must wait",
    "health_of": "of sources that a selector gave to the viewer",
    "sources_of": "of a backtest that a selector gave to the viewer",
    "slugs_of": "of signals that a test holds",
    "known_slugs_of": "of slugs that somebody typed; tells which are slugs of sources",
    "signal_count": "the intake counts for the case, not for a person",
    "verdicts_of": "the intake asks what a decision said, for no person",
}

PAGE_ROWS: Final = {
    (name, method): cells for name, method, *cells in map(str.split, PAGES.strip().splitlines()[1:])
}
API_ROWS: Final = {
    (name, method): (scope, cells[:6], cells[6:])
    for name, method, scope, *cells in map(str.split, API.strip().splitlines()[1:])
}
PAGE_NAMES: Final = sorted({name for name, _ in PAGE_ROWS})
API_NAMES: Final = sorted({name for name, _ in API_ROWS})


def _batches(names: list[str]) -> list[list[str]]:
    """A few addresses a test: to furnish a desk takes longer than to ask at an address."""
    return [names[at : at + 10] for at in range(0, len(names), 10)]


def test_every_address_stands_in_the_tables() -> None:
    assert set(all_addresses()) == {*PAGE_NAMES, *API_NAMES}, (
        "Say in PAGES or API who may use each new address, role by role."
    )


@pytest.mark.parametrize("names", _batches(PAGE_NAMES), ids=", ".join)
@pytest.mark.journey(26)
def test_pages_open_to_whom_the_table_says(names: list[str]) -> None:
    on = furnish()
    doors = _sessions(on) | {"token": _bearer(on.people[Role.ADMIN], Scope)}
    wrong: dict[str, str] = {}
    for name, method in product(names, METHODS):
        cells = PAGE_ROWS.get((name, method), [])
        to_tokens = cells[:1]  # to a page, a token is nobody
        wrong |= _wrong(on, name, method, doors, [*cells, *to_tokens])
    assert wrong == {}, "\n".join(f"{cell}: {what}" for cell, what in wrong.items())


@pytest.mark.parametrize("names", _batches(API_NAMES), ids=", ".join)
def test_the_api_opens_to_whom_the_table_says(names: list[str]) -> None:
    on = furnish()
    sessions = _sessions(on)
    wrong: dict[str, str] = {}
    for name, method in product(names, METHODS):
        scope, to_sessions, to_tokens = API_ROWS.get((name, method), ("", [], []))
        wrong |= _wrong(on, name, method, sessions, to_sessions)
        fitting = [one for one in Scope if scope in {one.value, "", "-"}]
        owners = Role if to_tokens else [Role.ADMIN]
        doors = {f"token of {role}": _bearer(on.people[role], fitting) for role in owners}
        wrong |= _wrong(on, name, method, doors, to_tokens)
        others = [one for one in Scope if one not in fitting]
        if others:
            doors = {f"wrong token of {role}": _bearer(on.people[role], others) for role in Role}
            wrong |= _wrong(on, name, method, doors, ["403"] * len(doors))
    assert wrong == {}, "\n".join(f"{cell}: {what}" for cell, what in wrong.items())


def test_pages_that_open_to_partners_show_nothing_of_the_desk() -> None:
    on = furnish()
    browser = Client(headers=_sessions(on)[Role.PARTNER])
    secrets = [
        on.held.ref,
        on.closed.ref,
        "morgan_",
        "Test world",
        "/queues/operations/",
        DETECTOR,
        "rita",
    ]
    opened = [name for (name, _), cells in PAGE_ROWS.items() if cells[-1] == "ok"]
    assert "cases:work" in opened
    for name in opened:
        page = browser.get(on.path_of(name)).content.decode()
        assert [word for word in secrets if word in page] == [], name


def test_every_selector_takes_the_viewer_and_stands_in_the_table() -> None:
    found = dict(_selectors())
    blind = {name for name, call in found.items() if "viewer" not in _parameters(call)}
    assert blind == set(WITHOUT_VIEWER), (
        "Take `viewer`, who decides what exists, or say in WITHOUT_VIEWER why nobody asks."
    )
    assert set(found) - blind == set(SELECTORS), "Say in SELECTORS for which roles there is what."


def test_a_selector_finds_nothing_for_who_may_not_see() -> None:
    on = furnish()
    found = {
        name: {role for role in Role if _finds(call, on.people[role], on)}
        for name, (_, call) in SELECTORS.items()
    }
    assert found == {name: roles for name, (roles, _) in SELECTORS.items()}


def _rested(who: User) -> User:
    """Somebody among people who had breaks."""
    now = clock.now()
    for person in User.objects.all():
        Break.objects.get_or_create(user=person, defaults={"began_at": now, "ends_at": now})
    return who


def _choosing(who: User) -> User:
    """Somebody on a desk that has chosen how evidence is covered."""
    Mask.objects.get_or_create(user=None, category="", mode="blur")
    return who


def _lately() -> Span:
    today = clock.now().date()
    return Span(today - timedelta(days=1), today + timedelta(days=1))


def _struck(on: Furnished) -> Strike:
    """A strike for an account of the case that is held."""
    now = clock.now()
    member = CampaignMember.objects.filter(campaign__case_link__case=on.held).earliest("pk")
    strike, _ = Strike.objects.get_or_create(
        decision=on.decision,
        value=member.account,
        defaults={
            "points": 1,
            "half_life_days": 9,
            "given_at": now,
            "expires_at": now + timedelta(days=9),
        },
    )
    return strike


def _twin(on: Furnished) -> Case:
    """The case that is held, with an account of the one that was decided."""
    theirs = CampaignMember.objects.filter(campaign__case_link__case=on.closed).earliest("pk")
    own = on.held.campaign_links.get().campaign
    CampaignMember.objects.get_or_create(
        campaign=own, account=theirs.account, defaults={"p": 0.9, "core": True}
    )
    return on.held


def _struck_case(on: Furnished) -> Case:
    """The case that is held, with a strike on one of its accounts."""
    _struck(on)
    return on.held


def _would_label(who: User) -> Preview:
    """What labelling all cases would do."""
    return preview_for(who, Choice(clock.now()), Deed(BulkAction.LABEL, add=("ring",)))


def _would_undo(who: User) -> list[AutomatedAction]:
    """Samples of what an undo would take back."""
    action = AutomatedAction.objects.filter(state="acted").select_related("config").earliest("pk")
    since = clock.now() - timedelta(days=1)
    return undo_preview_for(who, DETECTOR, action.config.number, since).samples


def _disagreed(on: Furnished, who: User) -> User:
    """The same person, after somebody gave another opinion."""
    partner = on.people[Role.PARTNER]
    SecondReview.objects.update(state=ReviewState.DISAGREED, reviewer=partner)
    return who


def _reported() -> Case:
    """A case that was opened by a stored report on an account that wrote something."""
    signal = Signal.objects.earliest("pk")
    account = Target("account", f"{signal.platform}:{signal.actor}")
    at = signal.occurred_at.timestamp()
    told = Told(id=signal.pk, at=at, platform="x", kind="report", actor="ada")
    note([(told, Complaint((account,), "x:ada", "spam"))])
    place()
    return Case.objects.get(report_links__signal_id=signal.pk)


def _imported(type: str) -> ImportedObject:
    return ImportedObject.objects.filter(type=type).earliest("pk")


def _told_of() -> Entity:
    """A thing of the desk's own that somebody else tells of."""
    entity = Entity.objects.earliest("pk")
    imported = _imported("domain-name")
    ImportedValue.objects.filter(imported=imported).update(entity_id=entity.pk)
    return entity


def _own_things(who: User) -> Any:
    _told_of()
    ImportedValue.objects.update(key_id="ring-1")
    return own_things_of(_imported("domain-name"), who)


def _waiting(who: User) -> Any:
    IndicatorBatch.objects.filter(source="file 0").update(source="feed-0", state="preview")
    return waiting_of(Feed.objects.get(slug="feed-0"), who)


def _kept(who: User) -> Any:
    feed = Feed.objects.get(slug="feed-0")
    ImportedObject.objects.update(feed=feed)
    return kept_of(feed, who)


def _keys(who: User) -> Any:
    feed = Feed.objects.get(slug="feed-0")
    HeldKey.objects.get_or_create(feed=feed, key_id="k-1", defaults={"began_at": clock.now()})
    return keys_of(feed, who)


def _heard(who: User) -> Any:
    share, partner = Share.objects.earliest("pk"), Partner.objects.get(slug="partner-0")
    PartnerOutcome.objects.get_or_create(
        share=share, partner=partner, stix_id="sighting--1", kind="sighting", tlp="amber"
    )
    return outcomes_of(share, who)


def _overrides(on: Furnished, who: User) -> Any:
    share, until = Share.objects.earliest("pk"), clock.now() + timedelta(days=1)
    Override.objects.create(share=share, rule="pap", reason="x", until=until, actor=on.keeper)
    return overrides_of(share, who)


def _uses(who: User) -> Any:
    digests = [bytes(one) for one in Entity.objects.values_list("digest", flat=True)]
    since = clock.now() - timedelta(days=4_000)
    return accounts_by_digest(digests, since, clock.now() + timedelta(days=1), who)


def _met(who: User) -> Any:
    moment = clock.now()
    WatchItem.objects.update(uid="indicator--1", last_hit_at=moment, ended_at=None)
    source = WatchItem.objects.earliest("pk").source
    return met_items_by_source(source, moment - timedelta(days=1), who)


def _posted(who: User) -> Any:
    """What the first partner posted to the first circle."""
    inbox = Inbox.objects.select_related("circle", "owner").get()
    if who.role == Role.PARTNER:
        post_objects(actor=who, inbox=inbox, objects=json.loads(STIX)["objects"])
    return posted_by_partner(inbox, who, Asked())


def _post_status(who: User) -> Any:
    inbox = Inbox.objects.select_related("circle", "owner").get()
    if who.role == Role.PARTNER:
        post_objects(actor=who, inbox=inbox, objects=[])
    status = PostStatus.objects.first()
    uuid = status.uuid if status else ids.new_uuid()
    return post_status_by_uuid(uuid, inbox.circle, who)


def _of_a_partner(who: User) -> User:
    """The same person; one with the role reads for the first partner."""
    if who.role == Role.PARTNER:
        Partner.objects.filter(slug="partner-0").update(user=who)
    return who


def _second_revision(on: Furnished) -> Rendition:
    """What a partner would get next of a share that is out."""
    share = Share.objects.earliest("pk")
    if share.state == ShareState.SHARED:
        text = ShareText("Refund scam, again", "amber", "stop", share.valid_until)
        said = replace(text, partners=["partner-0"])
        change_share(actor=share.author, share=share, said=said)
    return Rendition.objects.filter(share=share).latest("pk")


def _told_first(person: User) -> int:
    """Id of a notice of this person, or of nobody's."""
    return getattr(person.notices.first(), "pk", 0)


def _watching(person: User, on: Furnished) -> User:
    """Somebody who watches a case and never looked at it."""
    CaseWatch.objects.get_or_create(user=person, case=on.closed)
    return person


def _sessions(on: Furnished) -> dict[str, Door]:
    """Nobody, then somebody of each role at a browser."""
    doors: dict[str, Door] = {"anonymous": {}}
    for role in Role:
        browser = Client()
        browser.force_login(on.people[role])
        key = browser.cookies[settings.SESSION_COOKIE_NAME].value
        doors[role] = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}
    return doors


def _bearer(owner: User, scopes: Iterable[Scope]) -> Door:
    _, plain = issue_token(user=owner, name="matrix", scopes=list(scopes))
    return {"Authorization": f"Bearer {plain}"}


def _wrong(
    on: Furnished, name: str, method: str, doors: Mapping[str, Door], cells: Sequence[str]
) -> dict[str, str]:
    """Cells that differ from what happens, each with both; nothing of it stays."""
    wrong = {}
    path, body = on.path_of(name), {} if method == "GET" else on.body_of(name)
    for at, (visitor, door) in enumerate(doors.items()):
        with transaction.atomic():
            found = _answer(method, path, body, door)
            transaction.set_rollback(True)
        allowed = {cells[at]} if cells else REFUSED
        if found not in allowed:
            wrong[f"{method} {name} {visitor}"] = f"{found}, not {' or '.join(sorted(allowed))}"
    return wrong


def _answer(method: str, path: str, body: dict[str, Any], door: Door) -> str:
    """What happens, in a word of the tables."""
    raw, media_type = _encoded(path, body)
    client: Any = Client(headers=door | {"If-Match": "*"})
    response = client.generic(method, path, raw, media_type)
    if isinstance(response, FileResponse):
        list(response)  # at its end the file is closed
    if response.headers.get("WWW-Authenticate") == "Form":
        return "login"
    if 300 <= response.status_code < 400:
        return "login" if response["Location"].startswith(settings.LOGIN_URL) else "goes"
    if response.status_code >= 400:
        return str(response.status_code)
    listed = _listed(response)
    return "ok" if listed is None else "rows" if listed else "none"


def _encoded(path: str, body: dict[str, Any]) -> tuple[str | bytes, str]:
    """The body as forms with files, as the API or as other forms send it, and its type."""
    if any(isinstance(value, File) for value in body.values()):
        for value in body.values():
            if isinstance(value, File):
                value.seek(0)
        return encode_multipart(BOUNDARY, body), MULTIPART_CONTENT
    if path.startswith("/api/"):
        return json.dumps(body), "application/json"
    return urlencode(body, doseq=True), "application/x-www-form-urlencoded"


def _listed(response: Any) -> list[Any] | None:
    """Rows of an answer that is a list."""
    if response.headers.get("Content-Type") != "application/json":
        return None
    answer = response.json()
    rows = answer if isinstance(answer, list) else answer.get("results")
    return rows if isinstance(rows, list) else None


def _selectors() -> Iterator[tuple[str, Callable[..., Any]]]:
    for package in (cases.selectors, detectors.selectors):
        for about in iter_modules(package.__path__, f"{package.__name__}."):
            for name, value in vars(import_module(about.name)).items():
                own = inspect.isfunction(value) and value.__module__ == about.name
                if own and not name.startswith("_"):
                    yield name, value


def _parameters(call: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(call).parameters)


def _hits(on: Furnished) -> list[Hit]:
    return hits_for(on.people[Role.ADMIN], Query(), ALL).hits


def _entity() -> Entity:
    return Entity.objects.earliest("pk")


def _thing() -> Entity:
    return Entity.objects.earliest("pk")


def _members(on: Furnished) -> list[str]:
    members = CampaignMember.objects.filter(campaign__case_link__case=on.held)
    return list(members.values_list("account", flat=True))


def _shared() -> Entity:
    """The oldest thing, with an account that acts in a signal that mentions it."""
    signal = Signal.objects.get(pk=_thing().mentions.earliest("pk").signal_id)
    if not SignalEntity.objects.filter(signal_id=signal.pk, role="actor").exists():
        world.mention(signal, "account", f"{signal.platform}:{signal.actor}", role="actor")
    return _thing()


def _with_a_faded_member(case: Case) -> Case:
    member = CampaignMember.objects.filter(campaign__case_link__case=case).earliest("pk")
    CampaignMember.objects.filter(pk=member.pk).update(p=0.0)
    case.summary = [{"lead": FADED}]
    return case


def _present(on: Furnished) -> models.QuerySet[User]:
    """Everybody, of whom two look at the case that is held."""
    for who in (on.desk.reviewer, on.desk.lead):
        note_presence(actor=who, case=on.held)
    return User.objects.all()


def _visited(on: Furnished, who: User) -> User:
    """Somebody who once looked at a case, whatever they may see today."""
    CaseVisit.objects.get_or_create(case=on.held, user=who, defaults={"hits": 0})
    return who


def _campaigns(on: Furnished) -> list[int]:
    return list(on.held.campaign_links.values_list("campaign", flat=True))


def _named() -> tuple[str, str]:
    return _entity().type, _entity().value


def _recent() -> Recent:
    return recent_of(_entity())


def _third_of_a_kind(on: Furnished) -> Case:
    """An open case on two platforms, after three confirmed ones that went on to a third."""
    way: dict[str, Any] = {"spread": ["x", "telegram"], "spread_s": [0.0, 1.0]}
    for _ in range(3):
        gone: dict[str, Any] = {
            "spread": [*way["spread"], "medium"],
            "spread_s": [*way["spread_s"], 2.0],
        }
        before = build.case(queue=on.held.queue, state=State.CLOSED, **gone)
        Decision.objects.create(
            case=before,
            actor=on.people[Role.LEAD],
            outcome=Outcome.ABUSE,
            reason="seen",
            key=ids.new_uuid(),
            before={},
        )
    return build.case(queue=on.held.queue, **way)


def _findings() -> list[int]:
    return list(Finding.objects.values_list("pk", flat=True))


def _stored() -> DeadLetter:
    """A letter that was replayed and became the first signal."""
    signal = Signal.objects.earliest("pk")
    return DeadLetter(
        source_id=signal.source_id,
        external_id=signal.external_id,
        state=DeadLetterState.REPLAYED,
    )


def _tie_that_cites() -> CampaignEdge:
    finding = _first(Finding)
    return CampaignEdge(a="x:a", b="x:b", score=1.0, parts={"content": [7, finding]})


def _tried() -> DetectorDraft:
    """A draft of what some backtest tried."""
    run = Backtest.objects.earliest("pk")
    return DetectorDraft(slug=run.slug, params=run.proposed)


def _done() -> Backtest:
    return Backtest.objects.get(pk=done_backtest())


def _in_shadow() -> DetectorConfig:
    return DetectorConfig(pk=0, slug=DETECTOR, mode="shadow")


def _read_twice() -> IndicatorBatch:
    """An import of which there is another with the same bytes."""
    batch = IndicatorBatch.objects.earliest("pk")
    IndicatorBatch.objects.bulk_create([IndicatorBatch(**_columns(batch))])
    return batch


def _columns(row: models.Model) -> dict[str, Any]:
    fields = [one.attname for one in row._meta.concrete_fields if not one.primary_key]
    return {name: getattr(row, name) for name in fields}


def _warned(person: User) -> User:
    """Somebody on whose desk everything was found by the word of one source."""
    Finding.objects.update(detector="watch-list", constants={"items": [["cert", 0.9]]})
    return person


def _acting() -> bool:
    """The first signal names who acts in it."""
    first = Signal.objects.earliest("pk")
    if SignalEntity.objects.filter(signal_id=first.pk, role="actor").exists():
        return True
    return bool(world.mention(first, "account", f"{first.platform}:{first.actor}", role="actor"))


def _first(model: type[models.Model]) -> int:
    return int(model._default_manager.earliest("pk").pk)


def _finds(call: Callable[[User, Furnished], Any], viewer: User, on: Furnished) -> bool:
    try:
        return _is_something(call(viewer, on))
    except NotFoundError:
        return False


def _is_something(found: Any) -> bool:
    """Whether there is anything in it: rows, or numbers that are not 0."""
    return any(map(_is_something, found.values())) if isinstance(found, dict) else bool(found)
