# SPDX-License-Identifier: Apache-2.0
"""Where the pages are."""

from django.urls import re_path

from blazar_spot.dashboard.project import views

urlpatterns = [
    re_path(r"^$", views.IndexView.as_view(), name="index"),
    re_path(r"^webhooks/(?P<webhook_id>[^/]+)/$", views.DeliveriesView.as_view(), name="deliveries"),
]
