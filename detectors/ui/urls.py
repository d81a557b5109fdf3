"""Pages of signals, entities, detectors and mappings."""

from __future__ import annotations

from django.urls import path

from detectors.ui.views import detector, entity, entity_type, mapping, search, signal

app_name = "detectors"
urlpatterns = [
    path("signals/", search.signal_list, name="signal-list"),
    path("signals/export/", search.signal_export, name="signal-export"),
    path("signals/<int:signal_id>/", signal.signal_detail, name="signal-detail"),
    path("entities/", entity.entity_find, name="entity-find"),
    path("entities/<slug:kind>/<int:entity_id>/", entity.entity_detail, name="entity-detail"),
    path("detectors/", detector.detector_list, name="detector-list"),
    path("detectors/<slug:slug>/", detector.detector_detail, name="detector-detail"),
    path("settings/types/", entity_type.entity_types, name="entity-types"),
    path("settings/mapping/", mapping.mapping_list, name="mapping-list"),
    path("settings/mapping/new/", mapping.mapping_new, name="mapping-new"),
    path("settings/mapping/<slug:slug>/", mapping.mapping_detail, name="mapping-detail"),
]
