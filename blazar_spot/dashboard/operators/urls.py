# SPDX-License-Identifier: Apache-2.0
"""Where the page is."""

from django.urls import re_path

from blazar_spot.dashboard.operators import views

urlpatterns = [re_path(r"^$", views.IndexView.as_view(), name="index")]
