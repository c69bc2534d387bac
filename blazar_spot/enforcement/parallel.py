# SPDX-License-Identifier: Apache-2.0
"""The same for several subjects at the same time: most of what is done here is waiting for answers.

What is done must touch nothing that is shared but the cloud and the database, which stand being used by many.
"""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Subject = TypeVar("Subject")
Result = TypeVar("Result")


def at_once(act: Callable[[Subject], Result], subjects: Collection[Subject], most: int) -> list[Result]:
    """What came of each, in order; no more than ``most`` at a time. What one raises is raised when all are done."""
    if len(subjects) <= 1:
        return [act(subject) for subject in subjects]
    with ThreadPoolExecutor(min(len(subjects), most)) as threads:
        return list(threads.map(act, subjects))
