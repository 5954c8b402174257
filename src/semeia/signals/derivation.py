"""Which recorded channels add up to a derivation.

Every recorded channel is an edge between two nodes, its electrode and its reference (another electrode, or a
reference that is a node of its own). Recorded differences add up along a path, so a derivation can be made
exactly when its weights sum to zero over each set of connected nodes. A bipolar derivation takes the shortest
path: the channel itself (in either direction), else the difference of two channels with the same reference,
else a chain (``Fp1-T7 = Fp1-F7 + F7-T7``). No derivation is ever approximated.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.signals.electrodes import electrode_name, parse_label

__all__ = ["RecordedDifferences"]

_UNNAMED = "(unnamed reference)"  # what all channels whose label names no reference were recorded against
_NEGLIGIBLE = 1e-9  # of a weight: what rounding leaves of sums that are zero


class _Edge(NamedTuple):
    """A recorded channel: ``column`` of the recording measures ``electrode`` minus ``reference``."""

    column: int
    electrode: str
    reference: str


class RecordedDifferences:
    """Recorded channels as edges of a graph between electrodes and references.

    Parameters
    ----------
    labels : sequence of str
        Of the recorded channels, in order.

    Attributes
    ----------
    neighbours : dict
        Of every recorded electrode and reference, the channels that touch it.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.neighbours: dict[str, list[_Edge]] = {}
        self._used: set[int] = set()
        self._components: dict[str, dict[str, _Edge | None]] = {}
        references: Counter[str] = Counter()
        for column, label in enumerate(labels):
            derivation = parse_label(label)
            if derivation is None or derivation.electrode == derivation.reference:
                continue
            edge = _Edge(column, derivation.electrode, derivation.reference or _UNNAMED)
            self.neighbours.setdefault(edge.electrode, []).append(edge)
            self.neighbours.setdefault(edge.reference, []).append(edge)
            if electrode_name(edge.reference) is None:
                references[edge.reference] += 1
        self._reference = references.most_common(1)[0][0] if references else None

    def solve(self, target: Mapping[str, float], row: NDArray[np.float32]) -> bool:
        """Write into `row` the channel weights that make `target`; False when there are none.

        Parameters
        ----------
        target : mapping
            Electrode to weight. What the weights lack to a sum of zero falls on the shared reference.
        row : array, float32, (recorded channels,)
        """
        weights = dict(target)
        total = sum(weights.values())
        if abs(total) > _NEGLIGIBLE:
            if (own := self._own_reference(weights)) is not None:
                row[own.column] = 1.0
                return True
            if self._reference is None:
                return False
            weights[self._reference] = weights.get(self._reference, 0.0) - total
        exact = np.zeros(len(row))
        while weights:
            start = next(iter(weights))
            component = self._component(start)
            part = {node: weights.pop(node) for node in list(weights) if node in component}
            if not part or abs(sum(part.values())) > _NEGLIGIBLE:
                return False
            # A pair takes its own shortest path; more nodes meet at the node with most channels.
            root = list(part)[-1] if len(part) == 2 else max(component, key=lambda n: len(self.neighbours[n]))
            for node, weight in part.items():
                for column, sign in self._path(node, root):
                    exact[column] += sign * weight
        row[:] = np.where(np.abs(exact) > _NEGLIGIBLE, exact, 0.0)
        return True

    def _own_reference(self, weights: Mapping[str, float]) -> _Edge | None:
        """Return the channel of a single electrode that nothing links to the shared reference, such as an ECG's."""
        if list(weights.values()) != [1.0]:
            return None
        (node,) = weights
        if self._reference in self._component(node):
            return None
        recorded = [edge for edge in self.neighbours.get(node, []) if edge.electrode == node]
        return next((edge for edge in recorded if electrode_name(edge.reference) is None), None)

    def _component(self, start: str) -> dict[str, _Edge | None]:
        """Return every node linked to `start`, nearest first, with the edge by which it was reached."""
        if start in self._components or start not in self.neighbours:
            return self._components.get(start, {})
        reached: dict[str, _Edge | None] = {start: None}
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            for edge in self.neighbours[node]:
                other = edge.reference if edge.electrode == node else edge.electrode
                if other not in reached:
                    reached[other] = edge
                    waiting.append(other)
        self._components[start] = reached
        return reached

    def _path(self, node: str, root: str) -> list[tuple[int, int]]:
        """Return columns and signs that add up to the potential of `node` minus that of `root`."""
        parallel = [edge for edge in self.neighbours[node] if {edge.electrode, edge.reference} == {node, root}]
        if parallel:
            # Of duplicates one that no derivation took yet; of both directions the one asked for.
            best = min(parallel, key=lambda edge: (edge.column in self._used, edge.electrode != node))
            self._used.add(best.column)
            return [(best.column, 1 if best.electrode == node else -1)]
        reached = self._component(root)
        steps = []
        while (edge := reached[node]) is not None:
            sign = 1 if edge.electrode == node else -1
            steps.append((edge.column, sign))
            node = edge.reference if sign == 1 else edge.electrode
        return steps
