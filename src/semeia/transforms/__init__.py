"""Transforms: examples become tensors. The catalogue needs no torch; a transform loads when it is named."""

from semeia.transforms.catalogue import (
    ImageTransform,
    Transform,
    TransformEntry,
    entry_of,
    image_transform_named,
    names,
    transform_named,
)

__all__ = [
    "ImageTransform",
    "Transform",
    "TransformEntry",
    "entry_of",
    "image_transform_named",
    "names",
    "transform_named",
]
