"""Explanations: what in a window made a network say what it said, what it looks for, and whether to believe it.

Importing this room loads neither torch nor matplotlib.
"""

from semeia.explanation.attribution import Attribution, integrated_gradients, occlusion
from semeia.explanation.explain import most_probable, pictures_of_model, pictures_of_window, window_at
from semeia.explanation.gradcam import grad_cam
from semeia.explanation.kernels import Kernels, first_kernels
from semeia.explanation.maximisation import Maximised, maximise
from semeia.explanation.pictures import (
    attribution_picture,
    kernels_picture,
    maximised_picture,
    spectrogram_picture,
)
from semeia.explanation.sanity import correlation, evidence, points_at, randomised
from semeia.explanation.theme import ACCENT, HAIRLINE, INK, MUTED, SECOND, Picture, chart_style, standalone, themed

__all__ = [
    "ACCENT",
    "HAIRLINE",
    "INK",
    "MUTED",
    "SECOND",
    "Attribution",
    "Kernels",
    "Maximised",
    "Picture",
    "attribution_picture",
    "chart_style",
    "correlation",
    "evidence",
    "first_kernels",
    "grad_cam",
    "integrated_gradients",
    "kernels_picture",
    "maximise",
    "maximised_picture",
    "most_probable",
    "occlusion",
    "pictures_of_model",
    "pictures_of_window",
    "points_at",
    "randomised",
    "spectrogram_picture",
    "standalone",
    "themed",
    "window_at",
]
