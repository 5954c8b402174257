"""The left and right of the head swapped: which channel takes the place of which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from semeia.errors import RecipeError
from semeia.signals.electrodes import Derivation, is_numbered_cap, is_scalp_electrode, parse_label

__all__ = ["Mirror", "mirror_order"]

_EARS = {"A1", "A2", "M1", "M2"}


class Mirror(NamedTuple):
    """How a head's mirror image is made: channel ``k`` becomes ``polarity[k] * signal[order[k]]``.

    Parameters
    ----------
    order : ndarray, int64 (channels,)
    polarity : ndarray, float32 (channels,)
        −1 where a derivation's mirror image was recorded the other way round: that of C3-Cz is C4-Cz, which
        a transverse montage has as Cz-C4.
    """

    order: NDArray[np.int64]
    polarity: NDArray[np.float32]

    def image(self, signals: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mirror image of signals (..., channels, samples)."""
        image: NDArray[np.float32] = signals[..., self.order, :] * self.polarity[:, None]
        return image


def mirror_order(labels: Sequence[str]) -> Mirror:
    """Return which channel each takes its signal from when the left and right of the head are swapped.

    Fp1 and Fp2 change places, and so do F7-T7 and F8-T8; Fz-Cz stays. Doing it twice changes nothing. Of channels
    that share a label (T8-P8 stands twice in CHB-MIT) each is used once.

    Parameters
    ----------
    labels : sequence of str
        Of the channels, spelled in any way that `semeia.signals.electrodes.parse_label` reads.

    Raises
    ------
    RecipeError
        If a label names no place on the scalp, or its mirror image was not recorded; the message names them.
    """
    derivations = [parse_label(label) for label in labels]
    counted = is_numbered_cap(labels)
    images = [None if counted or derivation is None else _image(derivation) for derivation in derivations]
    unknown = [label for label, image in zip(labels, images, strict=True) if image is None]
    if unknown:
        raise RecipeError(f"augmentation.mirror: no side of the head is known of {_listed(unknown)}")
    order = np.full(len(labels), -1, np.int64)
    polarity = np.ones(len(labels), np.float32)
    for turned in (False, True):  # as recorded where that is possible, else the other way round
        for channel, image in enumerate(images):
            if order[channel] >= 0 or image is None:
                continue
            wanted = Derivation(image.reference, image.electrode) if turned and image.reference else image
            free = [k for k, there in enumerate(derivations) if there == wanted and order[k] < 0]
            # A channel that is its own image stays in its place, also when another has the same label.
            partner = channel if channel in free else next(iter(free), None)
            if partner is not None:
                order[channel], order[partner] = partner, channel
                polarity[[channel, partner]] = -1 if turned else 1
    alone = [label for label, place in zip(labels, order, strict=True) if place < 0]
    if alone:
        raise RecipeError(f"augmentation.mirror: the mirror image of {_listed(alone)} is not among the channels")
    return Mirror(order, polarity)


def _image(derivation: Derivation) -> Derivation | None:
    """Return what the mirrored head has in a derivation's place, or None where that is not known."""
    if not is_scalp_electrode(derivation.electrode):
        return None
    reference = derivation.reference
    return Derivation(_other_side(derivation.electrode), reference and _other_side(reference))


def _other_side(name: str) -> str:
    """Return the electrode opposite another; a reference such as REF or AVG stays."""
    if not (is_scalp_electrode(name) or name in _EARS) or name.endswith("z"):
        return name
    half = "h" if name.endswith("h") else ""
    letters = name.removesuffix("h").rstrip("0123456789")
    number = int(name.removesuffix("h")[len(letters) :])
    return f"{letters}{number + 1 if number % 2 else number - 1}{half}"


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
