"""Settings as a file: out and back again, and what of strangers' files is refused."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from bot.policy.changes import applied
from bot.policy.exchange import (
    MAX_FILE_BYTES,
    MAX_VALUES,
    dump,
    load,
    replacing,
)
from bot.policy.problems import SERVER, UNSET, FileFlaw, FileProblem, Flaw, SettingsFileError
from bot.texts.exchange import MAX_CHARACTERS, file_problem, refused_file
from tests.policy.builders import VIP, channel, policy, role
from tests.policy.values import policies

TARGETS = (SERVER, channel(), channel(2**63 - 1), role())


def written(**parts):
    return json.dumps({"restyle_settings": 1, **parts}).encode()


def flaws(data):
    with pytest.raises(SettingsFileError) as caught:
        load(data)
    return [
        (found.flaw, found.where if isinstance(found, FileProblem) else found.name)
        for found in caught.value.problems
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(TARGETS), policies(TARGETS))
def test_what_is_written_is_read_back_and_replaces_whatever_was_set(wanted, present):
    loaded = load(dump(wanted))
    assert loaded == {target: own for target, own in wanted.values.items() if own}
    changes = replacing(present, loaded)
    assert applied(present, changes).values == loaded
    assert replacing(wanted, loaded) == {}


def test_the_file_is_readable_and_the_same_for_equal_settings():
    first = policy((role(), {"running": 1}), (channel(), {}), review_mode="off", jobs_per_day=None)
    second = policy((role(), {"running": 1}), jobs_per_day=None, review_mode="off")
    assert dump(first) == dump(second)
    assert dump(first).decode() == (
        '{\n  "restyle_settings": 1,\n  "server": {\n    "review_mode": "off",\n'
        '    "jobs_per_day": null\n  },\n  "channels": {},\n  "roles": {\n    "30": {\n'
        '      "running": 1\n    }\n  }\n}\n'
    )


def test_large_ids_are_written_in_quotes():
    large = 2**60 + 1
    data = dump(policy(announce_channel_id=large, exempt_role_ids=[large]))
    assert json.loads(data)["server"] == {
        "exempt_role_ids": [str(large)],
        "announce_channel_id": str(large),
    }


def test_what_a_file_does_not_name_becomes_unset():
    present = policy((role(), {"running": 1}), review_mode="both", jobs_per_day=0)
    loaded = load(written(server={"jobs_per_day": None}))
    assert replacing(present, loaded) == {
        SERVER: {"review_mode": UNSET, "jobs_per_day": None},
        role(): {"running": UNSET},
    }


def test_every_wrong_setting_is_named_at_once():
    data = written(
        server={"jobs_per_day": -1, "jobs_a_day": 3, "review_mode": None},
        channels={"7": {"member_running": 1}},
    )
    assert flaws(data) == [
        (Flaw.TOO_LOW, "jobs_per_day"),
        (Flaw.UNKNOWN, "jobs_a_day"),
        (Flaw.NEEDS_VALUE, "review_mode"),
        (Flaw.NOT_HERE, "member_running"),
    ]


@pytest.mark.parametrize(
    ("data", "flaw", "where"),
    [
        (b" " * (MAX_FILE_BYTES + 1), FileFlaw.TOO_LARGE, ""),
        (b"\xff\xfe{\x00", FileFlaw.NOT_TEXT, ""),
        (b"", FileFlaw.NOT_JSON, "line 1, column 1"),
        (b'{"restyle_settings": 1,\n,}', FileFlaw.NOT_JSON, "line 2, column 1"),
        (b"[" * 200_000, FileFlaw.TOO_DEEP, ""),
        (b'{"a":' * 40_000, FileFlaw.TOO_DEEP, ""),
        (b"[1]", FileFlaw.NOT_SETTINGS, ""),
        (b'{"server": {}}', FileFlaw.NOT_SETTINGS, ""),
        (b'{"restyle_settings": 2}', FileFlaw.WRONG_VERSION, "2"),
        (b'{"restyle_settings": true}', FileFlaw.WRONG_VERSION, "True"),
        (b'{"restyle_settings": "1"}', FileFlaw.WRONG_VERSION, ""),
        (
            b'{"restyle_settings": 1, "server": {"jobs_per_day": NaN}}',
            FileFlaw.NOT_A_NUMBER,
            "NaN",
        ),
        (
            b'{"restyle_settings": 1, "server": {"jobs_per_day": -Infinity}}',
            FileFlaw.NOT_A_NUMBER,
            "-Infinity",
        ),
        (b'{"restyle_settings": 1, "members": {}}', FileFlaw.UNKNOWN_PART, "members"),
        (
            b'{"restyle_settings": 1, "server": {"running": 1, "running": 2}}',
            FileFlaw.TWICE,
            "running",
        ),
        (
            b'{"restyle_settings": 1, "roles": {"7": {"running": 1}, "07": {"running": 2}}}',
            FileFlaw.TWICE,
            "07",
        ),
        (b'{"restyle_settings": 1, "server": []}', FileFlaw.NOT_AN_OBJECT, "server"),
        (b'{"restyle_settings": 1, "roles": {"7": 1}}', FileFlaw.NOT_AN_OBJECT, "7"),
        (b'{"restyle_settings": 1, "roles": {"x": {}}}', FileFlaw.BAD_ID, "x"),
        (b'{"restyle_settings": 1, "roles": {"0": {}}}', FileFlaw.BAD_ID, "0"),
        ('{"restyle_settings": 1, "roles": {"\u0663": {}}}'.encode(), FileFlaw.BAD_ID, "\u0663"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_with_what_is_wrong(data, flaw, where):
    assert flaws(data) == [(flaw, where)]
    with pytest.raises(SettingsFileError) as caught:
        load(data)
    assert file_problem(caught.value.problems[0])


@pytest.mark.parametrize("number", ["1" * 20_000, "1e999", "1.5", '"3"', "[]", "{}"])
def test_numbers_that_are_none_are_refused(number):
    data = f'{{"restyle_settings": 1, "server": {{"jobs_per_day": {number}}}}}'.encode()
    [(flaw, name)] = flaws(data)
    assert (name, flaw) in {("jobs_per_day", Flaw.WRONG_KIND), ("jobs_per_day", Flaw.TOO_HIGH)}


def test_a_file_with_far_too_many_settings_is_refused():
    roles = {str(n): {"running": 1} for n in range(1, MAX_VALUES + 2)}
    assert flaws(written(roles=roles)) == [(FileFlaw.TOO_MANY, "")]


def test_a_file_full_of_mistakes_is_not_read_to_its_end():
    roles = {str(n): {"no_such_setting": 1} for n in range(1, 1_000)}
    assert len(flaws(written(roles=roles))) < 200


def test_a_byte_order_mark_does_no_harm():
    assert load(b"\xef\xbb\xbf" + written(roles={str(VIP): {"running": 1}})) == {
        role(): {"running": 1}
    }


def test_one_message_lists_what_is_wrong_and_stays_short():
    bad = {f"@everyone {'x' * 300} {n}": 1 for n in range(200)}
    with pytest.raises(SettingsFileError) as caught:
        load(written(server=bad, **{"*parts*": {}}))
    text = refused_file(caught.value, explain=lambda problem: f"{problem.name} is unknown.")
    assert text.startswith("That file was not imported. Nothing was changed.\n- There is no part")
    assert r"\*parts\*" in text
    assert text.endswith("more.")
    assert len(text) <= MAX_CHARACTERS


def test_patterns_of_a_file_are_tried_for_half_a_second_at_most(monkeypatch):
    monkeypatch.setattr("bot.policy.prompt_rules.rules.TRYING_SECONDS", 0.0)
    rule = {"kind": "pattern", "text": "gore", "action": "refuse"}
    assert flaws(written(server={"prompt_rules": [rule]})) == [(Flaw.SLOW_PATTERN, "prompt_rules")]


def test_of_a_file_with_thousands_of_mistakes_a_hundred_are_named():
    wrong = ", ".join(f'"nix{number}": 1' for number in range(10_000))
    for document in (
        f'{{"restyle_settings": 1, "server": {{{wrong}}}}}',
        f'{{"restyle_settings": 1, {wrong}}}',
        f'{{"restyle_settings": 1, "server": {{{wrong}, {wrong}}}}}'[: 256 * 1024],
    ):
        with pytest.raises(SettingsFileError) as caught:
            load(document.encode())
        assert 1 <= len(caught.value.problems) <= 100


def test_one_name_that_is_there_twice_among_thousands_is_named_once():
    wrong = ", ".join(f'"n{number}": 1' for number in [*range(15_000), 7])
    with pytest.raises(SettingsFileError) as caught:
        load(f'{{"restyle_settings": 1, {wrong}}}'.encode())
    assert [one.where for one in caught.value.problems if one.flaw == "twice"] == ["n7"]
