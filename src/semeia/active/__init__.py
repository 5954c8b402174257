"""Which examples to ask a person about next: strategies, what they see, and what each would have saved.

Importing this room loads neither torch nor scipy.
"""

from semeia.active.candidates import ASKED, OPEN, Candidates, Strategy
from semeia.active.catalogue import StrategyEntry, entry_of, names
from semeia.active.mixture import Mixture, balanced, strategy_named

__all__ = [
    "ASKED",
    "OPEN",
    "Candidates",
    "Mixture",
    "Strategy",
    "StrategyEntry",
    "balanced",
    "entry_of",
    "names",
    "strategy_named",
]
