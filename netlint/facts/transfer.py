"""What a weights file gives to a network: which layers it fills, and which it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from netlint.authoring import Fact, Facts
from netlint.facts.paths import Paths
from netlint.facts.shapes import Shapes
from netlint.model import Model, Node, Param, Shape, StoredTensor, Unknown, spell
from netlint.ops import operator


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A layer whose name stands in the weights file with tensors that it cannot take.

    `needs` and `stored` are the shapes in words: of the first tensor that differs, or of all when their number does.
    `new_head` says that only the number of outputs differs, in the layer that makes the network's result.
    """

    node: Node
    param: Param | None
    needs: str
    stored: str
    new_head: bool


class Transfer(Fact):
    """The layers of the network against those of `Model.pretrained`, matched by name as Caffe does: the number and
    the shapes of the tensors must agree (BVLC/caffe src/caffe/net.cpp, CopyTrainedLayersFrom).

    Without a weights file everything here is empty.
    """

    needs = (Paths, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        paths, shapes = facts[Paths], facts[Shapes]
        stored = model.pretrained.layers if model.pretrained is not None else {}
        #: Layers with weights that the file fills.
        self.filled: list[Node] = []
        #: Layers with weights whose name it does not hold.
        self.absent: list[Node] = []
        self.mismatches: list[Mismatch] = []
        self._stored = stored
        self._names = {node.name for node in model.nodes}
        seen: set[str] = set()
        for node in model.nodes if stored else ():
            # Of several layers of one name the first receives the weights, and the others keep their initial ones.
            if not node.params or not node.name or node.name in seen or not operator(node.op).name:
                continue
            seen.add(node.name)
            tensors = stored.get(node.name)
            wanted = [shapes.param(node, param) for param in node.params]
            if tensors is None:
                self.absent.append(node)
                continue
            mismatch = _compare(node, wanted, tensors, paths)
            if mismatch is None:
                self.filled.append(node)
            else:
                self.mismatches.append(mismatch)
        self._wanted = {node: [shapes.param(node, param) for param in node.params] for node in self.absent}

    def namesake(self, node: Node) -> str:
        """A layer of the file that the network does not use, whose tensors would fit and whose name is close; or
        nothing."""
        wanted = self._wanted.get(node, [])
        fitting = [
            name
            for name, tensors in self._stored.items()
            if name not in self._names
            and tensors
            and len(tensors) == len(wanted)
            and all(tensor.fits(shape) for tensor, shape in zip(tensors, wanted, strict=True))
        ]
        return next(iter(get_close_matches(node.name, fitting, n=1)), "")


def _compare(node: Node, wanted: list[Shape], tensors: tuple[StoredTensor, ...], paths: Paths) -> Mismatch | None:
    if len(wanted) != len(tensors):
        needs, have = (f"{count} {'tensor' if count == 1 else 'tensors'}" for count in (len(wanted), len(tensors)))
        return Mismatch(node, None, needs, have, new_head=False)
    for param, shape, tensor in zip(node.params, wanted, tensors, strict=True):
        if not tensor.fits(shape):
            head = _new_head(node, shape, tensor, paths)
            return Mismatch(node, param, spell(shape), spell(_trimmed(tensor, shape)), head)
    return None


def _trimmed(tensor: StoredTensor, shape: Shape) -> tuple[int, ...]:
    """The stored shape without the leading ones that only an old format adds."""
    dims = tensor.dims
    rank = len(shape) if not isinstance(shape, Unknown) else 0
    while tensor.padded and len(dims) > rank and dims[0] == 1:
        dims = dims[1:]
    return dims


def _new_head(node: Node, shape: Shape, tensor: StoredTensor, paths: Paths) -> bool:
    dims = _trimmed(tensor, shape)
    if node.op not in ("Conv", "Gemm") or isinstance(shape, Unknown) or len(shape) != len(dims):
        return False
    # A weight that is stored the other way round counts its outputs last.
    outputs = -1 if node.get("transpose", False) is True else 0
    inputs, stored = (list(sizes) for sizes in (shape, dims))
    inputs[outputs] = stored[outputs] = 0
    return inputs == stored and not any(operator(edge.node.op).kind == "weighted" for edge in paths.ends(node))
