"""A layer that the given weights file does not fill, or cannot."""

from collections.abc import Iterator, Sequence

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Paths, StoredNames, Trainability, Transfer
from netlint.model import Value, spell


@rule(severity="warning", beyond=True, needs=(Paths, StoredNames, Trainability, Transfer))
def weights_name_mismatch(model: Model, ctx: Context) -> Iterator[Finding]:
    if model.pretrained is None or model.pretrained.path == model.source.path:
        return
    if model.dialect == "torch":
        yield from _by_tensor(ctx, model.pretrained.name)
        return
    file, transfer = model.pretrained.name, ctx[Transfer]
    for found in transfer.mismatches:
        if found.new_head:
            continue
        node, param = found.node, found.param
        what = f"a {param.role} of {found.needs}" if param is not None else found.needs
        yield ctx.finding(
            node,
            f"{node.label} needs {what}, but the layer of that name in {file} has {found.stored}: Caffe stops with "
            + ('"shape mismatch"' if param is not None else '"Incompatible number of blobs"'),
            remedy="define the layer as the weights have it, or rename it to train it anew",
            severity="error",
        )
    weighted = set(ctx[Paths].weighted)
    if not any(node in weighted for node in transfer.filled) and not transfer.mismatches:
        yield from _nothing_fits([node for node in transfer.absent if node in weighted], file, ctx)
        return
    bare = set(ctx[Trainability].bare)
    for node in transfer.absent:
        if node in bare:
            yield _unfilled(node, file, transfer.namesake(node), ctx)


def _by_tensor(ctx: Context, file: str) -> Iterator[Finding]:
    """PyTorch matches tensor by tensor, and stops at the first difference unless `strict=False`."""
    names = ctx[StoredNames]
    if names.absent and not names.filled and not names.differing:
        yield ctx.finding(
            _reader(names.absent[0]),
            f"{file} holds none of the network's {len(names.absent)} tensors, `{names.absent[0].name}` being the first",
            remedy="give the checkpoint that belongs to this network, or strip the prefix from its names",
        )
        return
    for one in names.differing:
        yield ctx.finding(
            _reader(one.value),
            f"`{one.value.name}` is {spell(one.value.shape)}, but {spell(one.stored.dims)} in {file}: "
            '`load_state_dict` stops with "size mismatch", even with `strict=False`',
            remedy="build the layer as the checkpoint has it, or leave that tensor out of what you load",
            severity="error",
        )
    if names.absent:
        listed = _listed([value.name for value in names.absent])
        yield ctx.finding(
            _reader(names.absent[0]),
            f'{file} has no {listed}: `load_state_dict` stops with "Missing key(s)"; with `strict=False` they '
            "keep the values that they start with",
            remedy="rename the keys of the checkpoint, or load it with `strict=False` if these are meant to be new",
        )

    if names.unexpected:
        count = len(names.unexpected)
        yield ctx.finding(
            _reader(names.filled[0]),
            f"{file} holds {_listed(names.unexpected)}, which the network does not have: `load_state_dict` stops with "
            f'"Unexpected key(s)"; with `strict=False` {"it is" if count == 1 else "they are"} left out',
            remedy="load it with `strict=False` if the network is meant to be a part of what was saved",
            severity="info",
        )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"`{name}`" for name in names[:3]) + more


def _reader(value: Value) -> Node:
    """The layer that a tensor belongs to."""
    return value.uses[0].node


def _nothing_fits(absent: list[Node], file: str, ctx: Context) -> Iterator[Finding]:
    """The wrong file, or all names differ: told once."""
    if absent:
        first = absent[0]
        yield ctx.finding(
            first,
            f"{file} holds none of the network's {len(absent)} layers with weights, {first.label} being the first: "
            "training would not start from it",
            remedy="name the layers as they are named there, or give the weights that belong to this network",
        )


def _unfilled(node: Node, file: str, namesake: str, ctx: Context) -> Finding:
    frozen = " for good, because it is frozen" if ctx[Trainability].frozen(node) else ""
    return ctx.finding(
        node,
        f"{node.label} is not in {file} and has no weight_filler: its weights stay at exactly 0{frozen}"
        if frozen
        else f"{node.label} is not in {file} and has no weight_filler: its weights start at exactly 0",
        remedy=f"name it `{namesake}`, as a layer of these shapes is called there, or give it a weight_filler"
        if namesake
        else "name it as its counterpart there, or give it a weight_filler",
    )
