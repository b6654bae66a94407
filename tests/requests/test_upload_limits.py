from bot.requests.upload_limits import BEGINNING_BYTES, SAFE_BYTES, UploadLimits


def test_the_smallest_limit_seen_in_a_server_counts_there_and_nowhere_else():
    limits = UploadLimits(lambda: 0.0)
    assert limits.of(1) == BEGINNING_BYTES
    for seen in (50_000_000, 30_000_000, 500_000_000):
        limits.note(1, seen)
    assert limits.of(1) == 30_000_000
    assert limits.of(2) == limits.of(None) == BEGINNING_BYTES
    limits.note(None, 10_000_000)
    assert limits.of(None) == 10_000_000


def test_a_refusal_counts_for_a_day_and_then_the_limit_is_learned_anew():
    now = 0.0
    limits = UploadLimits(lambda: now)
    limits.note(1, 30_000_000)
    limits.refused(1)
    limits.note(1, 30_000_000)
    assert limits.of(1) == SAFE_BYTES
    now = 86_401.0
    limits.note(1, 30_000_000)
    assert limits.of(1) == 30_000_000
