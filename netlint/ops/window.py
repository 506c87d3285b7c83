"""Sliding windows as ONNX describes them: kernel, strides, dilations, pads and `auto_pad`."""

from __future__ import annotations

from typing import Final, NamedTuple

from netlint.model import UNKNOWN, Dim, Node, Symbol, minus, plus, quotient, spell, times
from netlint.ops.arithmetic import refused, whole
from netlint.ops.operator import Arrived, Report

_ONES: Final = tuple((1,) * rank for rank in range(8))
_NONE: Final = tuple((0,) * rank for rank in range(16))


class Window(NamedTuple):
    """A window that slides along the spatial axes; one number an axis, `pads` two (all begins, then all ends).

    `padding` is ONNX's `auto_pad`, or empty where the pads are given. `steps` is a short cut where all of it is
    numbers: for each axis the pads less the dilated kernel, and the stride.
    """

    kernel: tuple[Dim, ...]
    strides: tuple[Dim, ...]
    dilations: tuple[Dim, ...]
    pads: tuple[Dim, ...]
    padding: str
    steps: tuple[tuple[int, int], ...] = ()


#: Windows that were found right, by the attributes that describe them: networks repeat a few of them over and over.
_SEEN: Final[dict[tuple[object, ...], Window]] = {}
_MOST_SEEN: Final = 1024
#: The two ways to pad so that the output has the input's extent, divided by the stride.
SAME: Final = ("SAME_UPPER", "SAME_LOWER")
_ASKED: Final = ("strides", "dilations", "pads", "auto_pad")


def window_of(
    node: Node, inputs: Arrived, kernel: tuple[Dim, ...], report: Report, *, strict_pads: bool = True
) -> Window | None:
    """The window that the attributes describe; None (and a report) where they contradict each other.

    With `strict_pads` (convolutions) even pads of 0 beside `auto_pad` are refused, as runtimes do.
    """
    attrs = node.attrs
    key = (
        kernel,
        strict_pads,
        *[attrs[name].value if name in attrs else None for name in _ASKED],
    )
    found = _SEEN.get(key)
    if found is not None:
        return found
    window = _described(node, inputs, kernel, report, strict_pads=strict_pads)
    if window is not None and len(_SEEN) < _MOST_SEEN and (window.steps or window.padding in SAME):
        _SEEN[key] = window
    return window


def _steps(window: Window) -> tuple[tuple[int, int], ...]:
    kernel, strides, dilations, pads, padding, _ = window
    rank, steps = len(kernel), []
    for axis in range(rank):
        low, high = (0, 0) if padding == "VALID" else (pads[axis], pads[axis + rank])
        extent, stride, dilation = kernel[axis], strides[axis], dilations[axis]
        if not (
            isinstance(extent, int)
            and isinstance(stride, int)
            and isinstance(dilation, int)
            and isinstance(low, int)
            and isinstance(high, int)
        ):
            return ()
        steps.append((low + high - dilation * (extent - 1) - 1, stride))
    return tuple(steps) if padding in ("", "VALID") else ()


def _described(
    node: Node, inputs: Arrived, kernel: tuple[Dim, ...], report: Report, *, strict_pads: bool
) -> Window | None:
    rank, attrs = len(kernel), node.attrs
    strides: tuple[Dim, ...] = _ONES[rank] if rank < 8 else (1,) * rank
    dilations = strides
    pads: tuple[Dim, ...] = _NONE[2 * rank] if rank < 8 else (0,) * 2 * rank
    if "strides" in attrs:
        found = _per_axis(node, inputs, "strides", rank, 1, report)
        if found is None:
            return None
        strides = found
    if "dilations" in attrs:
        found = _per_axis(node, inputs, "dilations", rank, 1, report)
        if found is None:
            return None
        dilations = found
    if "pads" in attrs:
        found = _per_axis(node, inputs, "pads", 2 * rank, 0, report)
        if found is None:
            return None
        pads = found
    padding = ""
    if "auto_pad" in attrs:
        value = node.get("auto_pad", "")
        padding = value if isinstance(value, str) else "?"
        if padding == "NOTSET":
            padding = ""
        elif "pads" in attrs and (strict_pads or any(isinstance(pad, int) and pad for pad in pads)):
            refused(
                node,
                inputs,
                report,
                "invalid-geometry",
                f"{node.label} says both `auto_pad` {padding} and `pads` {_list(pads)}: ONNX allows one of them",
                at=node.place("auto_pad", "pads"),
                slots=(),
                remedy="leave out `pads`, or set `auto_pad` to NOTSET",
            )
            return None
    for extent in kernel:
        if extent.__class__ is int and extent < 1:
            refused(
                node,
                inputs,
                report,
                "invalid-geometry",
                f"the kernel of {node.label} is {_list(kernel)}: each extent must be at least 1",
                at=node.place("kernel_shape"),
                slots=(),
                remedy="use a kernel of at least 1 along each axis",
            )
            return None
    window = Window(kernel, strides, dilations, pads, padding)
    return window._replace(steps=_steps(window))


def _list(numbers: tuple[Dim, ...]) -> str:
    return "[" + ", ".join(map(str, numbers)) + "]"


def _per_axis(node: Node, inputs: Arrived, name: str, count: int, least: int, report: Report) -> tuple[Dim, ...] | None:
    value = node.attrs[name].value
    if not isinstance(value, tuple):
        return (UNKNOWN,) * count
    if not value and name == "pads":
        return (0,) * count
    numbers = whole(value)
    if len(numbers) != count:
        message = (
            f"{node.label} gives `{name}` {_list(numbers)}, but needs {count} numbers: "
            f"{'two for each' if name == 'pads' else 'one for each'} spatial axis"
        )
        remedy = f"give `{name}` {count} numbers"
    elif any(isinstance(item, int) and item < least for item in numbers):
        message = f"{node.label} has `{name}` {_list(numbers)}: each must be at least {least}"
        remedy = f"use {name} of {least} or more"
    else:
        return numbers
    refused(node, inputs, report, "invalid-geometry", message, at=node.place(name), slots=(), remedy=remedy)
    return None


def positions(
    node: Node, inputs: Arrived, sizes: tuple[Dim, ...], window: Window, report: Report, *, ceil: bool = False
) -> tuple[Dim, ...] | None:
    """How many places the window has along each axis; None (and a report) where it does not fit at all.

    With `ceil` a last window may hang over the end, but must begin inside the input or its begin padding (ONNX
    AveragePool, MaxPool: output shape).
    """
    kernel, strides, dilations, pads, padding, steps = window
    rank = len(kernel)
    result: list[Dim] = []
    if steps and not ceil:
        for extent, (less, step) in zip(sizes, steps, strict=True):
            if extent.__class__ is not int or extent + less < 0:
                break
            result.append((extent + less) // step + 1)
        else:
            return tuple(result)
        result.clear()
    for axis in range(rank):
        size, extent, stride, dilation = sizes[axis], kernel[axis], strides[axis], dilations[axis]
        if padding in SAME:
            result.append(
                -(-size // stride)
                if isinstance(size, int) and isinstance(stride, int)
                else quotient(plus(size, minus(stride, 1)), stride)
            )
            continue
        low, high = (0, 0) if padding == "VALID" else (pads[axis], pads[axis + rank]) if not padding else (UNKNOWN,) * 2
        if (
            size.__class__ is int
            and extent.__class__ is int
            and stride.__class__ is int
            and dilation.__class__ is int
            and low.__class__ is int
            and high.__class__ is int
        ):
            reach: int = dilation * (extent - 1) + 1
            padded: int = size + low + high
            room = padded - reach
            if room < 0 and ceil and room > -stride and size + low > 0:
                # Rounded up, one window hangs over the end.
                result.append(1)
                continue
            if room < 0:
                if size > 0:
                    _too_large(node, inputs, reach, padded, report)
                    return None
                result.append(UNKNOWN)
                continue
            count = room // stride + 1
            if ceil and room % stride and count * stride < size + low:
                count += 1
            result.append(count)
        elif isinstance(size, Symbol) and not ceil:
            around = minus(plus(low, high), plus(times(dilation, minus(extent, 1)), 1))
            result.append(plus(quotient(plus(size, around), stride), 1))
        else:
            result.append(UNKNOWN)
    return tuple(result)


def _too_large(node: Node, inputs: Arrived, reach: int, padded: int, report: Report) -> None:
    refused(
        node,
        inputs,
        report,
        "kernel-exceeds-input",
        f"the kernel of {node.label} spans {reach} pixels, but its input {spell(inputs[0])} has only {padded} along "
        "that axis, padding included: there is no position to place it",
        at=node.place("kernel_shape"),
        remedy="use a smaller kernel, more padding, or less downsampling before this layer",
    )
