"""The administration of upkeep: pages and tables, each in a module of its own."""

from portal.upkeep.admin import corrections, operators, queue, scoreboard

__all__ = ["corrections", "operators", "queue", "scoreboard"]
