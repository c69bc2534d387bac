# SPDX-License-Identifier: Apache-2.0
"""[nova]: what has a name of its own in this cloud's Nova."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "nova",
    title="Nova",
    help="What blazar-spot has to know about how Nova is set up in this cloud.",
)

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "freepool_name",
        default="freepool",
        help="""
The name of the host aggregate in which Blazar keeps the hosts that wait for reservations. Spot instances run on the
hosts of this aggregate. It has to be the same as aggregate_freepool_name in the [nova] group of blazar.conf.
""",
    ),
    cfg.DictOpt(
        "pci_aliases",
        default={},
        help="""
The resource class in Placement that each PCI alias of nova.conf stands for, as in "a100:CUSTOM_PCI_10DE_20B0": the
alias's resource_class, or CUSTOM_PCI_<vendor_id>_<product_id>. Set this if flavors ask for devices with
pci_passthrough:alias and Nova tracks devices in Placement ([pci] report_in_placement and [filter_scheduler]
pci_in_placement in nova.conf), so that preemptible flavors consume the spot pools for them, too. An alias that is not
named here is left out, and a flavor that asks for it cannot be reserved with resource_type flavor:instance.
""",
    ),
    cfg.IntOpt(
        "reaper_seconds",
        default=1920,
        min=0,
        max=365 * 24 * 3600,
        help="""
How long after a server's row has gone nova-compute has found and destroyed its guest at the latest, if the row went
alone. Nova deletes its own row alone when it takes the compute of the server for down at that moment. The guest then
runs on until nova-compute looks for such guests: see running_deleted_instance_poll_interval (1800 seconds by default),
running_deleted_instance_timeout (0) and running_deleted_instance_action (reap) in nova.conf. A host on which a spot
instance was, and of which nova-compute has not said that it destroyed it, is not handed over before so many seconds in
which the host was up. Set this somewhat above the sum of the two; set it to a very high value if Nova's action is
another one than reap, since the guest then stays until somebody destroys it. With 0 nobody is asked, and a host is
clean as soon as Nova and Placement name no server on it.
""",
    ),
]
