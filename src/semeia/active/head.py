"""A last layer fitted anew on frozen embeddings: multinomial logistic regression, in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeia.active.distances import Floats

__all__ = ["Head", "fit_head", "standardised"]

SPREAD = 10.0
"""Standard deviation of the normal prior of the weights, on embeddings of length 1: of 1 to 100, what learnt best on
two image sets, X-rays and MRI, of all labels and of those that random and margin asked for (3 seeds)."""
_ROUNDS = 200


@dataclass(frozen=True, eq=False)
class Head:
    """A linear layer and softmax.

    Parameters
    ----------
    weight : ndarray, float32 (width, classes)
    bias : ndarray, float32 (classes,)
    """

    weight: Floats
    bias: Floats

    def __call__(self, embedding: Floats) -> Floats:
        """Return the probabilities of embeddings (examples, width): (examples, classes)."""
        logits = embedding @ self.weight + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def standardised(embedding: Floats, among: NDArray[np.bool_]) -> Floats:
    """Return embeddings (examples, width) whose numbers have mean 0 and variance 1 / width among some of the rows.

    So they are about of length 1, whatever network they come from; no label is needed for that. A number that is the
    same for all becomes 0.
    """
    some = embedding[among]
    mean, spread = some.mean(axis=0, dtype=np.float64), some.std(axis=0, dtype=np.float64)
    scale = np.where(spread > 1e-6 * spread.max(initial=0.0), spread, np.inf) * np.sqrt(embedding.shape[1])
    return np.asarray((embedding - mean) / scale, np.float32)


def fit_head(embedding: Floats, label: NDArray[Any], classes: int, importance: Floats | None = None) -> Head:
    """Return the most probable head under a normal prior, which keeps it finite where classes are separable.

    Parameters
    ----------
    embedding : ndarray, float32 (examples, width)
        As `standardised` gives them.
    label : ndarray, int64 (examples,), or float (examples, classes)
        From 0; or how much of each class every example is said to be, rows summing to 1, as when readers differ. A
        class without an example becomes improbable everywhere.
    classes : int
    importance : ndarray (examples,), optional
        How much each counts; otherwise 1.
    """
    from scipy.optimize import minimize

    if not len(label):
        return Head(np.zeros((embedding.shape[1], classes), np.float32), np.zeros(classes, np.float32))
    basis, x = _reduced(embedding.astype(np.float64))
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    truth = np.eye(classes)[label] if label.ndim == 1 else label.astype(np.float64)
    counts = np.ones(len(x)) if importance is None else importance.astype(np.float64)

    def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weight = flat.reshape(-1, classes)
        logits = x @ weight
        top = logits.max(axis=1, keepdims=True)
        odds = np.exp(logits - top)
        whole = odds.sum(axis=1, keepdims=True)
        each = (top + np.log(whole))[:, 0] - (logits * truth).sum(axis=1)
        loss = (counts * each).sum() + (weight**2).sum() / (2 * SPREAD**2)
        slope = x.T @ (counts[:, None] * (odds / whole - truth)) + weight / SPREAD**2
        return float(loss), slope.ravel()

    found: Any = minimize(
        objective, np.zeros(x.shape[1] * classes), jac=True, method="L-BFGS-B", options={"maxiter": _ROUNDS}
    )
    weight = found.x.reshape(-1, classes).astype(np.float32)
    return Head(weight[:-1] if basis is None else basis @ weight[:-1], weight[-1])


def _reduced(x: NDArray[np.float64]) -> tuple[Floats | None, NDArray[np.float64]]:
    """Return a basis of the rows (width, rank) and the rows in it: nothing of the solution lies outside.

    Only where there are fewer rows than numbers in each; otherwise None and the rows as they are.
    """
    if len(x) >= x.shape[1]:
        return None, x
    basis, rows = np.linalg.qr(x.T)
    return basis.astype(np.float32), rows.T
