"""Chaos: the real worker process, killed, frozen and cut off; counted at the provider and Discord.

``python -m bench.chaos`` runs it all and prints a table; see ``docs/chaos.md``.
"""
