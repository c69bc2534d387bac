# SPDX-License-Identifier: Apache-2.0
"""Nova's files: one for its control services, and one for each compute, which knows no database.

Notifications are versioned and go to RabbitMQ; preemptible servers run only in Blazar's freepool; the
metadata service trusts whoever knows the secret, as it trusts Neutron's proxy. Next: `driver`.
"""

from blazar_spot.devcloud.hosts import Host
from blazar_spot.devcloud.settings.credentials import as_service, database, token_checks
from blazar_spot.devcloud.settings.ini import Settings, Value
from blazar_spot.devcloud.site import PASSWORD, Site

FILTERS = (
    "ComputeFilter",
    "ComputeCapabilitiesFilter",
    "ImagePropertiesFilter",
    "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter",
    "AggregateInstanceExtraSpecsFilter",
    "AggregateMultiTenancyIsolation",
    "BlazarFilter",
)


def nova(site: Site) -> Settings:
    return {
        **_everywhere(site),
        "api_database": database(site, "nova_api"),
        "database": database(site, "nova"),
        "api": {
            "auth_strategy": "keystone",
            "metadata_cache_expiration": site.options.metadata_cache_seconds,
            **(_vendordata(site) if site.options.plugin == "spot" else {}),
        },
        "vendordata_dynamic_auth": as_service(site, "nova"),
        **_scheduling(),
        "quota": {"instances": -1, "cores": -1, "ram": -1},
        "conductor": {"workers": 1},
        "wsgi": {"api_paste_config": str(site.etc("nova") / "api-paste.ini")},
    }


def _vendordata(site: Site) -> dict[str, Value]:
    """Guests read of their notices in vendor_data2.json as well."""
    return {
        "vendordata_providers": "StaticJSON,DynamicJSON",
        "vendordata_dynamic_targets": f"spot@{site.url('spot-api')}/v1/vendordata",
    }


def _everywhere(site: Site) -> Settings:
    return {
        "DEFAULT": {
            "my_ip": "127.0.0.1",
            "host": "controller",
            "transport_url": site.transport_url,
            "state_path": str(site.root / "nova"),
            "compute_driver": "devcloud.DevcloudDriver",
            # Else the first round of periodic tasks, which discovers hosts too, comes up to a minute late.
            "periodic_fuzzy_delay": 0,
            "report_interval": 5,
            "service_down_time": 30,
            # A guest whose row was deleted alone is found soon.
            "running_deleted_instance_poll_interval": 20,
        },
        "oslo_concurrency": {"lock_path": str(site.root / "nova" / "locks")},
        "notifications": {"notification_format": "versioned", "notify_on_state_change": "vm_and_task_state"},
        "oslo_messaging_notifications": {"driver": "messagingv2"},
        "vnc": {"enabled": False},
        **_neighbours(site),
    }


def _neighbours(site: Site) -> Settings:
    service = as_service(site, "nova")
    return {
        "keystone_authtoken": token_checks(site, "nova"),
        "service_user": {"send_service_user_token": True, **service},
        "placement": as_service(site, "placement"),
        "neutron": {
            **as_service(site, "neutron"),
            "service_metadata_proxy": True,
            "metadata_proxy_shared_secret": PASSWORD,
        },
        "cinder": service,
        "barbican": {"auth_endpoint": site.auth_url},
    }


def _scheduling() -> Settings:
    return {
        "scheduler": {
            "workers": 1,
            "discover_hosts_in_cells_interval": 2,
            "query_placement_for_availability_zone": True,
        },
        "filter_scheduler": {
            "available_filters": [
                "nova.scheduler.filters.all_filters",
                "blazarnova.scheduler.filters.blazar_filter.BlazarFilter",
            ],
            "enabled_filters": ",".join(FILTERS),
        },
        "blazar:physical:host": {"allow_preemptibles": True},
    }


def nova_compute(site: Site, host: Host) -> Settings:
    """All that one compute knows. Its identity and its instances outlive a restart."""
    state = site.root / "computes" / host.name
    spec = host.spec
    common = _everywhere(site)
    own: dict[str, Value] = {"host": host.name, "state_path": str(state), "reserved_host_memory_mb": 0}
    return {
        **common,
        "DEFAULT": {**common["DEFAULT"], **own},
        "oslo_concurrency": {"lock_path": str(state / "locks")},
        "devcloud": {
            "vcpus": spec.vcpus,
            "memory_mb": spec.memory_gib * 1024,
            "disk_gb": spec.disk_gb,
            "gpus": spec.gpus,
            "gpu_class": spec.gpu_class,
            "gpu_model": spec.gpu_model,
            "nested": spec.nested,
            "behaviour_file": str(site.behaviour_file),
        },
    }
