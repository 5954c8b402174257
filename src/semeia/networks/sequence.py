"""The second level: a recurrent network or a transformer on the embeddings of windows, judging a whole file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from semeia.errors import RecipeError
from semeia.networks.catalogue import build, names_with_embed
from semeia.networks.residual import AttentionPool

__all__ = ["Sequence"]

CHUNK = 64
"""Pieces that a frozen encoder is given at once, so that a long file needs little memory."""


class Sequence(nn.Module):
    """Cut the last axis into pieces, embed each with another network, and read the row of embeddings.

    Parameters
    ----------
    shape : tuple of int
        A whole file as one example: (channels, samples) or (channels, height, frames).
    classes : int
        Number of logits.
    encoder : str
        A network of the catalogue; it is built for the shape of one piece.
    encoder_parameters : dict, optional
        Its parameters.
    parts : int
        Number of pieces, equal and in order.
    kind : "gru" or "transformer"
    pooling : "attention", "mean" or "last"
        How the row becomes one vector.
    width : int
        Length of the vectors in the row; a multiple of 4 for the transformer, which has 4 heads.
    layers : int
        Layers of the second level.
    dropout : float
        Share of features dropped in training.

    Notes
    -----
    `encoder` may take the weights of a network that was trained on windows: see `take_encoder`. While none of its
    weights is to be trained, it works in evaluation mode, without gradients, `CHUNK` pieces at a time.

    Raises
    ------
    RecipeError
        If the last axis cannot be cut so, a piece does not suit the encoder, or the encoder gives no embeddings.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int = 2,
        *,
        encoder: str = "electrodes",
        encoder_parameters: dict[str, Any] | None = None,
        parts: int = 30,
        kind: Literal["gru", "transformer"] = "gru",
        pooling: Literal["attention", "mean", "last"] = "attention",
        width: int = 64,
        layers: int = 1,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        _check_parts(shape[-1], parts)
        self.parts = parts
        self.encoder = _encoder(encoder, shape, parts, classes, encoder_parameters or {})
        embedding = cast(int, self.encoder.embedding_width)
        self.second = SecondLevel(embedding, parts, classes, kind, pooling, width=width, layers=layers, dropout=dropout)
        self.embedding_width = width

    def take_encoder(self, tensors: Mapping[str, Tensor]) -> None:
        """Give the encoder the weights of the same network trained on windows, by their names in that network.

        Those of its last linear layer may be absent or of another shape (other classes): embeddings do not use them.

        Raises
        ------
        RecipeError
            If any other weight is absent or of another shape; the message names the first.
        """
        own = self.encoder.state_dict()
        last = [name for name, module in self.encoder.named_modules() if isinstance(module, nn.Linear)][-1:]
        taken = {name: tensor for name, tensor in tensors.items() if name in own and tensor.shape == own[name].shape}
        for name in own:
            if name not in taken and name.rpartition(".")[0] not in last:
                given = f"has {tuple(tensors[name].shape)}" if name in tensors else "lacks it"
                raise RecipeError(
                    f"network 'sequence': weight {name!r} of its encoder has the shape {tuple(own[name].shape)}, "
                    f"but the model that it should come from {given}"
                )
        self.encoder.load_state_dict(taken, strict=False)

    def embed(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to one vector for each file (batch, embedding_width)."""
        pieces = x.reshape(*x.shape[:-1], self.parts, -1).movedim(-2, 1).flatten(0, 1)
        embeddings = self._encode(pieces).reshape(x.shape[0], self.parts, -1)
        return self.second.embed(embeddings)

    def _encode(self, pieces: Tensor) -> Tensor:
        embed = cast(Callable[[Tensor], Tensor], self.encoder.embed)
        if any(weight.requires_grad for weight in self.encoder.parameters()):
            return embed(pieces)
        self.encoder.eval()  # frozen: neither its dropout nor its batch statistics move
        with torch.no_grad():
            return torch.cat([embed(chunk) for chunk in torch.split(pieces, CHUNK)])

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, *shape) to logits (batch, classes)."""
        logits: Tensor = self.second.head(self.embed(x))
        return logits

    def stages(self) -> list[nn.Module]:
        """Return what may be frozen: the encoder, and all that learns from it."""
        return [self.encoder, self.second]


class SecondLevel(nn.Module):
    """What learns from the row of embeddings: (batch, parts, embedding) to logits (batch, classes)."""

    def __init__(
        self,
        embedding: int,
        parts: int,
        classes: int,
        kind: str,
        pooling: str,
        *,
        width: int,
        layers: int,
        dropout: float,
    ) -> None:
        super().__init__()
        if pooling not in {"attention", "mean", "last"}:
            raise RecipeError(f"network 'sequence': pooling = {pooling!r}: choose attention, mean or last")
        self.enter = nn.Sequential(nn.LayerNorm(embedding), nn.Linear(embedding, width))
        self.place = nn.Parameter(torch.zeros(parts, width)) if kind == "transformer" else None
        self.row = _row(kind, width, layers, dropout)
        self.pooling = pooling
        self.pool = AttentionPool(width) if pooling == "attention" else None
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, classes))

    def embed(self, embeddings: Tensor) -> Tensor:
        """Read the row and pool it: (batch, parts, embedding) to (batch, width)."""
        row: Tensor = self.enter(embeddings)
        row = self.row(row)[0] if self.place is None else self.row(row + self.place)
        if self.pool is None:
            return row.mean(dim=1) if self.pooling == "mean" else row[:, -1]
        pooled: Tensor = self.pool(row)
        return pooled

    def forward(self, embeddings: Tensor) -> Tensor:
        """Judge the row."""
        logits: Tensor = self.head(self.embed(embeddings))
        return logits


def _row(kind: str, width: int, layers: int, dropout: float) -> nn.Module:
    if kind == "gru":
        return nn.GRU(width, width, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
    if kind != "transformer":
        raise RecipeError(f"network 'sequence': kind = {kind!r}: choose gru or transformer")
    if width % 4:
        raise RecipeError(f"network 'sequence': width = {width} is not a multiple of 4, the transformer's heads")
    layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout, batch_first=True, norm_first=True)
    return nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False)


def _check_parts(length: int, parts: int) -> None:
    if parts < 1:
        raise RecipeError(f"network 'sequence': parts = {parts}: at least 1")
    if length % parts:
        below = length // parts * parts
        lengths = f"{below} or {below + parts}" if below else str(parts)
        near = sorted(_divisors(length), key=lambda number: abs(number - parts))[:3]
        raise RecipeError(
            f"network 'sequence': a last axis of {length} cannot be cut into {parts} equal pieces; lengths near it "
            f"that can: {lengths}; or parts = {', '.join(map(str, sorted(near)))}"
        )


def _divisors(length: int) -> list[int]:
    small = [number for number in range(1, math.isqrt(length) + 1) if length % number == 0]
    return sorted({*small, *(length // number for number in small)})


def _encoder(name: str, shape: tuple[int, ...], parts: int, classes: int, parameters: dict[str, Any]) -> nn.Module:
    """Build the network of one piece; explain with how many pieces it would fit."""

    def built(count: int) -> nn.Module:
        return build(name, (*shape[:-1], shape[-1] // count), classes, **parameters)

    try:
        module = built(parts)
    except RecipeError as error:
        for fewer in reversed([number for number in _divisors(shape[-1]) if number < parts]):
            try:
                built(fewer)
            except RecipeError:
                continue
            raise RecipeError(
                f"network 'sequence': pieces of {shape[-1] // parts} do not suit its encoder ({error}); "
                f"parts = {fewer} gives pieces of {shape[-1] // fewer}, which do"
            ) from error
        raise RecipeError(f"network 'sequence': its encoder: {error}") from error
    if not (hasattr(module, "embed") and isinstance(getattr(module, "embedding_width", None), int)):
        others = ", ".join(names_with_embed())
        raise RecipeError(f"network 'sequence': encoder {name!r} gives no embeddings; networks that do: {others}")
    return module
