"""A pool without processes, for tests of what a task does and not of where it runs."""

import json

from bot.media.process_pool import ProcessPool, _path_as_text
from bot.media.worker.worker_main import do


class DirectWorkshop(ProcessPool):
    """Runs tasks in the test's own process: no limits, but quick."""

    async def _run_child(self, task, arguments, limits):
        del limits
        arguments = json.loads(json.dumps(dict(arguments), default=_path_as_text))
        return json.dumps(do(task, arguments)).encode(), 0
