"""The options of a PostgreSQL address."""

import pytest

from bot.system.postgres_options import read_options


def test_what_asyncpg_reads_from_an_address_alone_stays_in_one():
    found = read_options({"sslmode": "verify-full", "sslrootcert": "/srv/my ca.pem"})
    assert found.connect == {
        "dsn": "postgresql://?sslmode=verify-full&sslrootcert=%2Fsrv%2Fmy+ca.pem"
    }
    assert read_options({"ssl": "require"}).connect == {"dsn": "postgresql://?sslmode=require"}


def test_where_the_server_is_stays_in_the_address():
    query = {"host": ("a:5432", "b:5432"), "dbname": "restyle"}
    assert read_options(query).query == {"host": "a:5432,b:5432", "database": "restyle"}


def test_libpqs_options_become_settings_of_the_session():
    found = read_options(
        {
            "application_name": "mine",
            "options": "-c search_path=restyle --work_mem=8MB",
            "connect_timeout": "1",
            "channel_binding": "require",
        }
    )
    assert found.settings == {
        "application_name": "mine",
        "search_path": "restyle",
        "work_mem": "8MB",
    }
    assert found.connect == {"timeout": 2.0}  # libpq takes no shorter one either


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"keepalives": "1"}, "keepalives"),
        ({"connect_timeout": "soon"}, "connect_timeout"),
        ({"connect_timeout": "0"}, "connect_timeout"),
        ({"options": "-c"}, "options"),
        ({"options": "--a;b=1"}, "options"),
        ({"pooler": "session"}, "pooler"),
        ({"sslmode": ("a", "b")}, "sslmode"),
    ],
)
def test_what_is_not_taken_is_refused_by_name(query, named):
    with pytest.raises(ValueError, match=named):
        read_options(query)
