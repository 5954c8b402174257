"""Explanations: what in a window or an image made a network say that, what it looks for, and whether to believe it.

Importing this room loads neither torch nor matplotlib.
"""

from semeia.explanation.attribution import Attribution, integrated_gradients, occlusion
from semeia.explanation.embedded import as_uri
from semeia.explanation.explain import most_probable, pictures_of_model, pictures_of_window, window_at
from semeia.explanation.explain_image import map_of_image, picture_of_image, write_map
from semeia.explanation.gradcam import grad_cam
from semeia.explanation.image_attribution import ImageAttribution, image_attribution, image_target
from semeia.explanation.kernels import Kernels, first_kernels
from semeia.explanation.maximisation import Maximised, maximise
from semeia.explanation.overlay import CAVEAT, image_picture
from semeia.explanation.pictures import (
    attribution_picture,
    kernels_picture,
    maximised_picture,
    spectrogram_picture,
)
from semeia.explanation.sanity import cascade, correlation, evidence, points_at, randomised
from semeia.explanation.theme import ACCENT, HAIRLINE, INK, MUTED, SECOND, Picture, chart_style, standalone, themed

__all__ = [
    "ACCENT",
    "CAVEAT",
    "HAIRLINE",
    "INK",
    "MUTED",
    "SECOND",
    "Attribution",
    "ImageAttribution",
    "Kernels",
    "Maximised",
    "Picture",
    "as_uri",
    "attribution_picture",
    "cascade",
    "chart_style",
    "correlation",
    "evidence",
    "first_kernels",
    "grad_cam",
    "image_attribution",
    "image_picture",
    "image_target",
    "integrated_gradients",
    "kernels_picture",
    "map_of_image",
    "maximise",
    "maximised_picture",
    "most_probable",
    "occlusion",
    "picture_of_image",
    "pictures_of_model",
    "pictures_of_window",
    "points_at",
    "randomised",
    "spectrogram_picture",
    "standalone",
    "themed",
    "window_at",
    "write_map",
]
