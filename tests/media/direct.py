"""A workshop without processes, for tests of what a task does and not of where it runs."""

import json

from bot.media.process_pool import ProcessPool, _path_as_text, _understand
from bot.media.worker.worker_main import do


class DirectWorkshop(ProcessPool):
    """Runs tasks in the test's own process: no limits, but quick."""

    async def run(self, task, /, arguments, *, limits=None):
        del limits
        arguments = json.loads(json.dumps(dict(arguments), default=_path_as_text))
        return _understand(task, json.dumps(do(task, arguments)).encode(), 0)
