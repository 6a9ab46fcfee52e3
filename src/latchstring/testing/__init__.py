"""For the tests of those who build on Latchstring: a clock to set, seeded entropy, a store in memory, and the contract
suites that every store has to pass (`session_contract`, `feed_contract`, `engine_contract`: these need pytest)."""

from latchstring.testing.clock import SettableClock
from latchstring.testing.entropy import SeededEntropy
from latchstring.testing.memory import MemoryStore

__all__ = ["MemoryStore", "SeededEntropy", "SettableClock"]
