"""Explanations of images as pictures: the image beside itself with what speaks for a class laid over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from semeia.explanation.embedded import as_uri
from semeia.explanation.image_attribution import ImageAttribution
from semeia.explanation.theme import Picture

__all__ = ["CAVEAT", "image_picture", "laid_over"]

CAVEAT = "It shows what the network used; not that this is right, nor where an illness lies."
UNCHANGED = 0.5
"""Correlation with the map of a network of new weights from which on a map is not to be believed."""
PANEL = 280
"""Pixels of the longer side of a panel in a page."""
_KEPT = 560  # of a picture within: twice that, for fine screens
_OPACITY = 0.72  # where the evidence is strongest
_MAP = "plasma"  # perceptually even, told apart by the colour-blind, and of no grey


def image_picture(
    attributions: Sequence[ImageAttribution], *, name: str = "", follows: Mapping[str, Sequence[float]] | None = None
) -> Picture:
    """Draw an image, and beside it what speaks for a class by each method.

    Parameters
    ----------
    attributions : sequence of ImageAttribution
        Of one picture and class.
    name : str
        Of the image, for the title.
    follows : mapping of str to sequence of float, optional
        For each method, how its map correlates with those of networks drawn anew: the last stage, the last half, all.
    """
    first = attributions[0]
    shown = np.asarray(first.picture / 255, np.float32)
    panels = [("as the network sees it", as_uri(shown, _KEPT, 88))]
    panels += [(one.method, as_uri(laid_over(shown, one.map), _KEPT, 88)) for one in attributions]
    methods = ", ".join(one.method for one in attributions)
    title = f"{methods[0].upper()}{methods[1:]}: {first.target} {first.probability:.3f}"
    title = f"{title}, {name}" if name else title
    said = [f"Coloured is what speaks for {first.target}; yellow is the strongest in this image."]
    said += [text for one in attributions for text in (_sum_of(one), _empty(one)) if text]
    return Picture(
        title,
        " ".join([*said, CAVEAT, *_checked(follows or {})]),
        _svg(panels, first.picture.shape[1:], f"{title}: {methods}"),
    )


def laid_over(shown: NDArray[np.float32], strength: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture in grey with a map over it, the stronger the less of the grey is seen: (3, height, width).

    Parameters
    ----------
    shown : array, float32 (1 or 3, height, width), 0 to 1
    strength : array, float32 (height, width), 0 to 1
    """
    from matplotlib import colormaps

    grey = np.repeat(shown.mean(axis=0, keepdims=True), 3, axis=0)
    colour = np.moveaxis(colormaps[_MAP](strength)[..., :3], -1, 0)
    opacity = _OPACITY * strength
    return np.asarray(grey * (1 - opacity) + colour * opacity, np.float32)


def _sum_of(one: ImageAttribution) -> str:
    if one.error is None or one.gained is None:
        return ""
    return f"The gradients sum to the logit's gain over an even grey, {one.gained:.2f}, but for {one.error:.2g}."


def _empty(one: ImageAttribution) -> str:
    return "" if one.map.any() else f"By {one.method} nothing speaks for {one.target} here."


def _checked(follows: Mapping[str, Sequence[float]]) -> list[str]:
    """Return how maps fared when weights were drawn anew; one that stays shows the image, not what was learnt."""
    if not follows:
        return []
    each = [f"{_listed(found)} ({method})" for method, found in follows.items()]
    said = [
        "Check: with weights drawn anew, of the last stage, of the last half and of all, the map correlates with this "
        f"one by {' and by '.join(each)}; near 0 is as it should be."
    ]
    said += [
        f"The map of {method} hardly changes: it shows the image rather than what was learnt."
        for method, found in follows.items()
        if found[-1] > UNCHANGED
    ]
    return said


def _listed(found: Sequence[float]) -> str:
    return ", ".join(
        f"{round(value, 2) + 0.0:.2f}".replace("-", "−") if np.isfinite(value) else "n/a" for value in found
    )


def _svg(panels: Sequence[tuple[str, str]], shape: tuple[int, ...], label: str) -> str:
    """Return panels side by side with their names above, and the scale at the right."""
    height, width = (round(PANEL * side / max(shape)) for side in shape)
    gap, top = 12, 18
    right = len(panels) * (width + gap)
    whole = right + 74, top + height + 1
    parts = [
        f'<text x="{place * (width + gap)}" y="11" font-size="12" fill="var(--muted)">{escape(text)}</text>'
        f'<image x="{place * (width + gap)}" y="{top}" width="{width}" height="{height}" href="{uri}"/>'
        for place, (text, uri) in enumerate(panels)
    ]
    steps = np.linspace(1, 0, 64, dtype=np.float32)[:, None]
    scale = as_uri(laid_over(np.full((1, 64, 1), 0.45, np.float32), steps), 64, 95)
    parts.append(
        f'<image x="{right}" y="{top}" width="12" height="{height}" preserveAspectRatio="none" href="{scale}"/>'
        f'<text x="{right + 18}" y="{top + 11}" font-size="12" fill="var(--muted)">strongest</text>'
        f'<text x="{right + 18}" y="{top + height - 2}" font-size="12" fill="var(--muted)">nothing</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(label)} '
        f'viewBox="0 0 {whole[0]} {whole[1]}" width="{whole[0]}" height="{whole[1]}" '
        'style="max-width: 100%; height: auto">\n' + "\n".join(parts) + "\n</svg>"
    )
