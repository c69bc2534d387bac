# SPDX-License-Identifier: Apache-2.0
"""A hypervisor that plays one GPU host: its size, its GPUs in Placement, and deletes that take their time.

Instances outlive a restart of nova-compute, as they do on a real host. How long things take is read
again and again from the behaviour file, so that a test may change it while a delete is under way. It
imports Nova and oslo, nothing of the rest of the dev cloud but `behaviour` and `hosts`.
"""

import json
import threading
from pathlib import Path
from typing import Any

from nova.virt import fake
from oslo_config import cfg

from blazar_spot.devcloud.behaviour import Behaviour, linger
from blazar_spot.devcloud.hosts import model_trait

CONF = cfg.CONF
CONF.register_opts(
    [
        cfg.IntOpt("vcpus", default=32, help="Processors of the host."),
        cfg.IntOpt("memory_mb", default=131072, help="Memory of the host."),
        cfg.IntOpt("disk_gb", default=1000, help="Disk of the host."),
        cfg.IntOpt("gpus", default=0, help="GPUs of the host; 0 reports none."),
        cfg.StrOpt("gpu_class", default="CUSTOM_GPU", help="Resource class of the GPUs."),
        cfg.StrOpt("gpu_model", default="1080", help="Reported as trait CUSTOM_GPU_MODEL_<model>."),
        cfg.BoolOpt("nested", default=False, help="Report GPUs on a provider below the host's own."),
        cfg.StrOpt("behaviour_file", help="The file that says how long things take."),
    ],
    group="devcloud",
)


class DevcloudDriver(fake.FakeDriverWithoutFakeNodes):  # type: ignore[misc]
    """Nova's fake driver with a size of our choice, GPUs, a memory and a sense of time."""

    def __init__(self, virtapi: Any, read_only: bool = False) -> None:
        self.vcpus = CONF.devcloud.vcpus
        self.memory_mb = CONF.devcloud.memory_mb
        self.local_gb = CONF.devcloud.disk_gb
        super().__init__(virtapi, read_only)
        self._memory = Path(CONF.state_path) / "instances.json"
        self._writing = threading.Lock()

    def init_host(self, host: str) -> None:
        super().init_host(host)
        if self._memory.exists():
            for uuid, (name, state) in json.loads(self._memory.read_text()).items():
                self.instances[uuid] = fake.FakeInstance(name, state, uuid)

    def update_provider_tree(self, provider_tree: Any, nodename: str, allocations: Any = None) -> None:
        super().update_provider_tree(provider_tree, nodename, allocations)
        if CONF.devcloud.gpus:
            self._report_gpus(provider_tree, nodename)

    def _report_gpus(self, tree: Any, nodename: str) -> None:
        provider = f"{nodename}_gpus" if CONF.devcloud.nested else nodename
        if not tree.exists(provider):
            tree.new_child(provider, nodename)
        gpus = CONF.devcloud.gpus
        inventory = dict(tree.data(provider).inventory)
        inventory[CONF.devcloud.gpu_class] = {
            "total": gpus,
            "reserved": 0,
            "min_unit": 1,
            "max_unit": gpus,
            "step_size": 1,
            "allocation_ratio": 1.0,
        }
        tree.update_inventory(provider, inventory)
        tree.add_traits(provider, model_trait(CONF.devcloud.gpu_model))

    def spawn(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        linger(lambda: self._behaviour().spawn_seconds_for(CONF.host))
        super().spawn(context, instance, *args, **kwargs)
        self._remember()

    def destroy(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        linger(lambda: self._behaviour().delete_seconds_for(CONF.host, instance.uuid))
        super().destroy(context, instance, *args, **kwargs)
        self._remember()

    def power_on(self, context: Any, instance: Any, *args: Any, **kwargs: Any) -> None:
        super().power_on(context, instance, *args, **kwargs)
        self._remember()

    def power_off(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        super().power_off(instance, *args, **kwargs)
        self._remember()

    def _remember(self) -> None:
        with self._writing:  # or of two deletes at once the one that looked first might write last
            known = {uuid: (instance.name, instance.state) for uuid, instance in dict(self.instances).items()}
            self._memory.write_text(json.dumps(known))

    def _behaviour(self) -> Behaviour:
        return Behaviour.read(Path(CONF.devcloud.behaviour_file))
