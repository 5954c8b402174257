"""Transforms: examples become tensors. The catalogue needs no torch; a transform loads when it is named."""

from semeia.transforms.catalogue import PointwiseTransform, Transform, TransformEntry, entry_of, names, transform_named

__all__ = ["PointwiseTransform", "Transform", "TransformEntry", "entry_of", "names", "transform_named"]
