"""A network slid over a whole recording without computing twice what windows share.

Two neighbouring windows of 30 s at a hop of 1 s have 29 s in common, and so have most of their convolutions. An output
of a layer depends only on its place in the recording, except near the window's ends, where zero padding comes in. So
each layer runs once over the whole stretch on the grid of places that any window needs, gcd(hop, stride) samples
apart, while that is cheaper than running it per window; the few padded outputs at both ends are computed per window;
and from there on, the rest of the network sees windows gathered from a strided view.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from semeia.networks.shapes import TimeLayer

__all__ = ["slide", "slide_plain"]

BATCH = 64

Apply = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def slide_plain(
    network: nn.Module,
    blocks: Iterable[tuple[int, NDArray[np.float32]]],
    window: int,
    hop: int,
    *,
    apply: Apply | None = None,
    multi_label: bool = False,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Score every window by itself in batches: what `slide` must equal, for any network.

    Parameters, yields and gaps are those of `slide`.

    Parameters
    ----------
    apply : callable, optional
        Makes windows (some, channels, samples) into what the network takes; otherwise it takes them as they are.
    """

    def score(x: Tensor, count: int) -> Tensor:
        windows = _windows(x, window, hop, count)
        if apply is None:
            return _batched(network, windows)
        made = (torch.from_numpy(apply(batch.cpu().numpy())) for batch in torch.split(windows, BATCH))
        return torch.cat([network(batch.to(x.device)) for batch in made])

    yield from _slide(score, blocks, window, hop, device=_device_of(network), multi_label=multi_label)


def slide(
    network: nn.Module,
    blocks: Iterable[tuple[int, NDArray[np.float32]]],
    window: int,
    hop: int,
    *,
    multi_label: bool = False,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Score windows that start every `hop` samples.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode. One with ``features`` (an ``nn.Sequential``) and ``head`` is slid by layers, any other by
        windows.
    blocks : iterable of (int, array)
        The recording in order: index of the first sample, and samples float32 (channels, any number); NaN in gaps.
    window, hop : int
        Samples.
    multi_label : bool
        Whether each score is a probability of its own (sigmoid), or all of a window's together sum to 1 (softmax).

    Yields
    ------
    first : int
        Number of the first window.
    probabilities : ndarray, float32 (windows, classes), or (windows, channels, patterns)
        NaN where the window touches a gap.
    """
    features = getattr(network, "features", None)
    if not isinstance(features, nn.Sequential):
        yield from slide_plain(network, blocks, window, hop, multi_label=multi_label)
        return
    features = _folded(features)
    steps = _plan(features, window, hop)
    rest = nn.Sequential(*features[len(steps) :], network.get_submodule("head"))

    def score(x: Tensor, count: int) -> Tensor:
        state = _Dense(x.unsqueeze(0), hop, count, window)
        for step in steps:
            state = step(state)
        return _batched(rest, state.windows())

    yield from _slide(score, blocks, window, hop, device=_device_of(network), multi_label=multi_label)


def _device_of(network: nn.Module) -> torch.device:
    return next((weight.device for weight in network.parameters()), torch.device("cpu"))


def _slide(
    score: Callable[[Tensor, int], Tensor],
    blocks: Iterable[tuple[int, NDArray[np.float32]]],
    window: int,
    hop: int,
    *,
    device: torch.device,
    multi_label: bool,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Score stretch by stretch, several at once, and mark the windows that touch a gap.

    A thread a stretch shares the cores better than many threads a layer, and leaves room for the caller, which reads
    and filters the next block meanwhile: behind a filter, 1.4 times as fast on two cores.
    """

    def scored(stretch: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        gap = np.isnan(stretch.max(axis=0))  # NaN if any channel is
        with torch.inference_mode():
            logits = score(torch.from_numpy(np.nan_to_num(stretch) if gap.any() else stretch).to(device), count)
            of_each = logits.sigmoid() if multi_label else logits.softmax(dim=1)
            probabilities: NDArray[np.float32] = of_each.cpu().numpy()
        before, starts = np.concatenate([[0], np.cumsum(gap)]), np.arange(count) * hop
        probabilities[before[starts + window] > before[starts]] = np.nan
        return probabilities

    threads = torch.get_num_threads()
    coming: deque[tuple[int, Future[NDArray[np.float32]]]] = deque()
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            for first, count, stretch in _stretches(blocks, window, hop):
                coming.append((first, pool.submit(scored, stretch, count)))
                if len(coming) > threads:
                    done, scores = coming.popleft()
                    yield done, scores.result()
            for done, scores in coming:
                yield done, scores.result()
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)  # what threads set holds for those that come after them


def _stretches(
    blocks: Iterable[tuple[int, NDArray[np.float32]]], window: int, hop: int
) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Join blocks and keep what the next windows still need: yields the first window, how many, and their samples."""
    done = 0  # windows so far
    kept: NDArray[np.float32] | None = None
    for first, block in blocks:
        fresh = block if kept is None or not kept.shape[1] else np.concatenate([kept, block], axis=1)
        fresh = fresh[:, done * hop - (first + block.shape[1] - fresh.shape[1]) :]
        count = max(0, (fresh.shape[1] - window) // hop + 1)
        if count:
            yield done, count, np.ascontiguousarray(fresh[:, : (count - 1) * hop + window])
        done += count
        kept = fresh[:, count * hop :].copy()


def _windows(x: Tensor, window: int, hop: int, count: int) -> Tensor:
    """Return a strided view (count, channels, window) of x (channels, samples)."""
    return x.as_strided((count, x.shape[0], window), (hop, x.stride(0), 1))


def _batched(module: nn.Module, windows: Tensor) -> Tensor:
    return torch.cat([module(batch) for batch in torch.split(windows, BATCH)])


@dataclass(frozen=True)
class _Dense:
    """A layer's outputs for all windows: shared ones on a grid, padded ones per window.

    Output j of window w lies at sample ``w * hop + j * stride``. Outputs ``low <= j < high`` depend on no padding and
    stand in `shared` (1, maps..., places) at index ``(w * hop + (j - low) * stride) / grid``; the others in `left` and
    `right` (windows, maps..., few).
    """

    shared: Tensor
    hop: int
    count: int
    length: int
    stride: int = 1
    low: int = 0
    high: int = field(default=-1)
    left: Tensor | None = None
    right: Tensor | None = None

    def __post_init__(self) -> None:
        if self.high < 0:
            object.__setattr__(self, "high", self.length)

    @property
    def grid(self) -> int:
        return math.gcd(self.hop, self.stride)

    def gather(self, first: int, stop: int) -> Tensor:
        """Return shared outputs first <= j < stop of every window: a view (windows, maps..., stop - first)."""
        x = self.shared[0, ..., (first - self.low) * self.stride // self.grid :]
        return x.as_strided(
            (self.count, *x.shape[:-1], stop - first),
            (self.hop // self.grid * x.stride(-1), *x.stride()[:-1], self.stride // self.grid * x.stride(-1)),
        )

    def windows(self) -> Tensor:
        """Return all outputs of every window (windows, maps..., length)."""
        middle = self.gather(self.low, self.high)
        ends = [end for end in (self.left, middle, self.right) if end is not None]
        return middle if len(ends) == 1 else torch.cat(ends, dim=-1)

    def each(self, module: nn.Module) -> _Dense:
        """Apply what treats every moment alike."""
        left, right = (None if end is None else module(end) for end in (self.left, self.right))
        return replace(self, shared=module(self.shared), left=left, right=right)


class _Pointwise:
    """A layer that treats every moment alike: activation, batch statistics, dropout, pooling across channels."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __call__(self, state: _Dense) -> _Dense:
        return state.each(self.module)


class _Local:
    """A convolution or pooling over time."""

    def __init__(self, module: nn.Module, layer: TimeLayer) -> None:
        self.module, self.layer = module, layer

    def __call__(self, state: _Dense) -> _Dense:
        low, high, length = _interior(self.layer, state.low, state.high, state.length)
        stride, padding = self.layer.stride, self.layer.padding
        following = replace(
            state, stride=state.stride * stride, low=low, high=high, length=length, left=None, right=None
        )
        skip = (low * stride - padding - state.low) * state.stride // state.grid
        places = ((state.count - 1) * state.hop + (high - 1 - low) * following.stride) // following.grid + 1
        shared = self.run(
            state.shared[..., skip:],
            following.grid // state.grid,
            dilation=state.stride // state.grid,
            places=places,
        )
        ends: list[Tensor | None] = [None, None]
        for side, (first, stop) in enumerate(((0, low), (high, length))):
            if first < stop:
                ends[side] = self.run(self.inputs(state, first, stop), stride)
        return replace(following, shared=shared, left=ends[0], right=ends[1])

    def inputs(self, state: _Dense, first: int, stop: int) -> Tensor:
        """Return what outputs first <= j < stop of every window need, padding included."""
        kernel, stride, padding = self.layer
        begin, end = first * stride - padding, (stop - 1) * stride - padding + kernel
        middle = max(begin, state.low), min(end, state.high)
        parts = [state.gather(*middle)] if middle[0] < middle[1] else []
        if state.left is not None and begin < state.low:
            parts.insert(0, state.left[..., max(begin, 0) : max(end, 0)])
        if state.right is not None and end > state.high:
            parts.append(state.right[..., max(begin - state.high, 0) : end - state.high])
        inputs = torch.cat(parts, dim=-1) if parts else state.gather(state.low, state.low)
        fill = 0.0 if isinstance(self.module, (nn.Conv1d, nn.Conv2d)) else -math.inf
        return F.pad(inputs, (max(min(end, 0) - begin, 0), max(end - max(begin, state.length), 0)), value=fill)

    def run(self, x: Tensor, stride: int, dilation: int = 1, places: int | None = None) -> Tensor:
        """Run the layer along time without padding, at another stride and dilation."""
        kernel = self.layer.kernel
        if places is not None:
            x = x[..., : (places - 1) * stride + (kernel - 1) * dilation + 1]
        if isinstance(self.module, nn.Conv1d):
            return _convolve(x, self.module, stride, dilation)
        if isinstance(self.module, nn.Conv2d):
            return F.conv2d(x, self.module.weight, self.module.bias, (1, stride), 0, (1, dilation))
        return _running_maximum(x, kernel, dilation)[..., ::stride]


def _convolve(x: Tensor, conv: nn.Conv1d, stride: int, dilation: int) -> Tensor:
    return F.conv1d(x, conv.weight, conv.bias, stride, 0, dilation)


def _running_maximum(x: Tensor, kernel: int, dilation: int) -> Tensor:
    """Return the maximum of `kernel` values `dilation` apart, in log2(kernel) passes instead of kernel."""
    reach = 1
    while reach < kernel:
        shift = min(reach, kernel - reach)
        x = torch.maximum(x[..., : x.shape[-1] - shift * dilation], x[..., shift * dilation :])
        reach += shift
    return x


def _interior(layer: TimeLayer, low: int, high: int, length: int) -> tuple[int, int, int]:
    """Return which outputs (low <= j < high of length) use neither padding nor anything that did."""
    kernel, stride, padding = layer
    return -(-(low + padding) // stride), (high - kernel + padding) // stride + 1, layer.length(length)


def _plan(features: Iterable[nn.Module], window: int, hop: int) -> list[_Pointwise | _Local]:
    """Choose how many of the leading layers run densely: while that is cheaper than per window."""
    steps: list[_Pointwise | _Local] = []
    low, high, length, stride = 0, window, window, 1
    for module in features:
        layer = _time_layer(module)
        if layer is None:
            if not _is_pointwise(module):
                break
            steps.append(_Pointwise(module))
            continue
        low, high, length = _interior(layer, low, high, length)
        stride *= layer.stride
        edges = low + length - high
        if high <= low or hop // math.gcd(hop, stride) + edges >= length:
            break
        steps.append(_Local(module, layer))
    return steps


def _folded(features: nn.Sequential) -> list[nn.Module]:
    """Return the layers with batch statistics, which are constants by now, folded into the convolution before them."""
    layers: list[nn.Module] = []
    for layer in features:
        previous = layers[-1] if layers else None
        if isinstance(previous, (nn.Conv1d, nn.Conv2d)) and isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layers[-1] = fuse_conv_bn_eval(previous, layer)
        else:
            layers.append(layer)
    return layers


def _time_layer(module: nn.Module) -> TimeLayer | None:
    """Return what a convolution or max pooling does to time, or None for any other layer (or an odd one)."""
    if isinstance(module, nn.Conv1d) and module.groups == 1 and module.dilation == (1,):
        if module.padding_mode == "zeros" and not isinstance(module.padding, str):
            return TimeLayer(module.kernel_size[0], module.stride[0], int(module.padding[0]))
    elif isinstance(module, nn.Conv2d) and module.kernel_size[0] == 1 and module.dilation == (1, 1):
        if module.groups == 1 and module.stride[0] == 1 and module.padding == (0, 0):
            return TimeLayer(module.kernel_size[1], module.stride[1])
    elif isinstance(module, nn.MaxPool1d) and module.dilation == 1 and not module.ceil_mode:
        return TimeLayer(*(int(v) for v in (module.kernel_size, module.stride, module.padding)))  # type: ignore[arg-type]
    return None


def _is_pointwise(module: nn.Module) -> bool:
    activations = (nn.ReLU, nn.ELU, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.Tanh, nn.Identity)
    constants_in_evaluation = (nn.Dropout, nn.BatchNorm1d, nn.BatchNorm2d)
    return isinstance(module, activations + constants_in_evaluation) or getattr(module, "pointwise_in_time", False)
