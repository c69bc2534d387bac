# SPDX-License-Identifier: Apache-2.0
"""Puts what is ours in place when Horizon starts.

blazar-dashboard has no hook for a column and none for a form, so two of its views are told of another table and of
another form: the two overrides there are. For each a test holds upstream to what ours was made for.
"""

from django.apps import AppConfig


class Dashboard(AppConfig):
    """The Django application."""

    name = "blazar_spot.dashboard"
    label = "blazar_spot_dashboard"
    default = True

    def ready(self) -> None:
        from blazar_dashboard.content.leases import views

        from blazar_spot.dashboard.leases import SpotLeasesTable
        from blazar_spot.dashboard.previews import PreviewedCreateForm

        views.IndexView.table_class = SpotLeasesTable
        views.CreateView.form_class = PreviewedCreateForm
