"""Paths of the cases API; `abusedesk/api.py` includes them under `v1/`."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from cases.api.views import CaseViewSet

router = SimpleRouter()
router.register("cases", CaseViewSet, basename="api-case")
urlpatterns = router.urls
