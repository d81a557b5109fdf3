"""Pages of sharing; `cases/ui/urls.py` takes them in."""

from __future__ import annotations

from django.urls import path

from cases.ui.views import (
    circle,
    exchange,
    feed,
    imported,
    ledger,
    partner,
    pattern,
    pattern_steps,
    received,
    share,
    share_steps,
)

urlpatterns = [
    path("cases/<str:ref>/share/", share.share_new, name="share-new"),
    path("cases/<str:ref>/shared-notes/", share.shared_note, name="shared-note"),
    path("sharing/", share.share_list, name="share-list"),
    path("sharing/shares/<int:share_id>/", share.share, name="share"),
    path("sharing/shares/<int:share_id>/do/", share_steps.share_do, name="share-do"),
    path(
        "sharing/shares/<int:share_id>/for/<slug:partner_slug>/",
        share.share_preview,
        name="share-preview",
    ),
    path(
        "sharing/shares/<int:share_id>/for/<slug:partner_slug>/answer/",
        share_steps.share_answer,
        name="share-answer",
    ),
    path(
        "sharing/shares/<int:share_id>/for/<slug:partner_slug>/files/<slug:way>/",
        share_steps.share_file,
        name="share-file",
    ),
    path(".well-known/abusedesk-keys.json", partner.keys, name="keys"),
    path("sharing/ledger/", ledger.ledger, name="ledger"),
    path("sharing/ledger/export/", ledger.ledger_export, name="ledger-export"),
    path("sharing/organisation/", partner.organisation, name="organisation"),
    path("sharing/partners/", partner.partner_list, name="partner-list"),
    path("sharing/partners/<slug:partner_slug>/", partner.partner, name="partner"),
    path(
        "sharing/partners/<slug:partner_slug>/tokens/", partner.partner_token, name="partner-token"
    ),
    path(
        "sharing/partners/<slug:partner_slug>/keys/",
        received.partner_keys,
        name="partner-keys",
    ),
    path(
        "sharing/partners/<slug:partner_slug>/keys/<str:key_id>/withdraw/",
        received.partner_key_withdraw,
        name="partner-key-withdraw",
    ),
    path(
        "sharing/partners/<slug:partner_slug>/outcomes/",
        received.pattern_outcomes,
        name="pattern-outcomes",
    ),
    path("sharing/patterns/", pattern.pattern_list, name="pattern-list"),
    path("sharing/patterns/new/", pattern.pattern_new, name="pattern-new"),
    path("sharing/patterns/upload/", received.pattern_upload, name="pattern-upload"),
    path("sharing/patterns/<int:pattern_id>/", pattern.pattern, name="pattern"),
    path("sharing/patterns/<int:pattern_id>/do/", pattern_steps.pattern_do, name="pattern-do"),
    path("sharing/patterns/<int:pattern_id>/tests/", pattern.pattern_test, name="pattern-test"),
    path(
        "sharing/patterns/<int:pattern_id>/for/<slug:partner_slug>/files/<slug:way>/",
        pattern_steps.pattern_file,
        name="pattern-file",
    ),
    path("sharing/received/<int:received_id>/", received.received, name="received"),
    path("sharing/received/<int:received_id>/do/", received.received_do, name="received-do"),
    path("sharing/circles/", circle.circle_list, name="circle-list"),
    path("sharing/circles/<slug:circle_slug>/", circle.circle, name="circle"),
    path("sharing/circles/<slug:circle_slug>/key/", circle.circle_key, name="circle-key"),
    path("sharing/circles/<slug:circle_slug>/inbox/", feed.circle_inbox, name="circle-inbox"),
    path("sharing/shares/<int:share_id>/override/", exchange.share_override, name="share-override"),
    path("sharing/ask/<int:entity_id>/", exchange.ask, name="ask"),
    path("sharing/feeds/", feed.feed_list, name="feed-list"),
    path("sharing/feeds/<slug:feed_slug>/", feed.feed, name="feed"),
    path("sharing/feeds/<slug:feed_slug>/do/", feed.feed_do, name="feed-do"),
    path("sharing/imported/", imported.imported_list, name="imported-list"),
    path("sharing/imported/<int:imported_id>/", imported.imported, name="imported"),
    path(
        "sharing/imported/<int:imported_id>/opinion/",
        imported.imported_opinion,
        name="imported-opinion",
    ),
]
