"""Whatever a person can have looked up is found by an index, however much the database holds."""

import re
import sqlite3
from contextlib import closing

from sqlalchemy import event
from sqlalchemy.engine import make_url

from tests.cogs.test_loop_stalls import commands, controls, suggestions

GROWING = "jobs|ledger|reviews|appeals|strikes|looks|open_requests|setting_changes|setting_values"
WHOLE = re.compile(rf"^SCAN ({GROWING})( USING (COVERING )?INDEX (\w+))?")


def whole_reads(connection, statement, values):
    """Return where a statement goes through all of a table that grows with use."""
    partial = {
        name
        for table in GROWING.split("|")
        for _, name, _, _, is_partial in connection.execute(f"PRAGMA index_list({table})")
        if is_partial
    }
    for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values):
        found = WHOLE.match(step)
        if found and found[4] not in partial:  # those have what is not over, and the like
            yield step


async def test_no_command_button_or_menu_goes_through_a_whole_table(stage, sqlite_url):
    asked, of = {}, {}

    async def use(name, done):
        def note(_, __, statement, values, *rest):
            asked.setdefault(statement, values)
            of.setdefault(statement, name)

        engines = [engine.sync_engine for engine in stage.store._database._engines]
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        await done()
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)

    for all_of in (commands, controls, suggestions):
        async for name, done in all_of(stage):
            await use(name, done)
    assert len(asked) > 30
    with closing(sqlite3.connect(make_url(sqlite_url).database)) as connection:
        wrong = [
            (of[statement], step, statement[:200])
            for statement, values in asked.items()
            if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH"))
            for step in whole_reads(connection, statement, values)
        ]
    assert not wrong, "\n".join(map(repr, wrong))
