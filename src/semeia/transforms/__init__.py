"""Transforms: examples become tensors. The catalogue needs no torch; a transform loads when it is named."""

from semeia.transforms.catalogue import Transform, TransformEntry, entry_of, names, transform_named

__all__ = ["Transform", "TransformEntry", "entry_of", "names", "transform_named"]
