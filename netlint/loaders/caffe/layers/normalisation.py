"""BatchNorm, Scale, Bias, LRN, MVN."""

from typing import Final

from netlint.loaders.caffe.layer import Block, Layer, LayerType, Translation, initializer, learned
from netlint.model import Attr, Initializer, Param, Problem

_ZERO: Final = Initializer("constant", "constant", {}, None, declared=False)
_RUNNING_SUMS: Final = tuple((role, _ZERO) for role in ("mean", "variance", "scale_factor"))
_UNTOUCHED: Final = tuple(Param(role, start, learnable=False) for role, start in _RUNNING_SUMS)


def batch_norm(layer: Layer) -> Translation:
    """Statistics only: Caffe's BatchNorm has no scale and shift of its own (batch_norm_layer.cpp).

    Its three blobs are running sums, which no solver may touch: with exactly three `param` entries Caffe sets their
    multipliers to 0 by itself (upgrade_proto.cpp, UpgradeNetBatchNorm), otherwise it checks that they are.
    """
    block = layer.block("batch_norm_param")
    attrs = {"epsilon": block.attr("epsilon", "eps")} if block.has("eps") else {}
    if block.has("use_global_stats"):
        attrs["training_mode"] = block.attr(
            "training_mode", "use_global_stats", int(block.get("use_global_stats") is not True)
        )
    params = learned(layer, _RUNNING_SUMS, learnable=False) if layer.specs else _UNTOUCHED
    problems: list[Problem] = []
    if layer.forks and _scales_itself(block):
        # NVCaffe keeps the factor and the shift as two more blobs of the same layer.
        attrs["affine"] = Attr("affine", True)
        factor, problems = initializer(block, "scale_filler", 1.0)
        shift, more = initializer(block, "bias_filler")
        problems += more
        params += learned(layer, (*_RUNNING_SUMS, ("scale", factor), ("bias", shift)))[3:]
    elif layer.forks and block.has("use_weight_bias") and block.get("use_weight_bias") is True:
        # Intel's fuses the Scale layer in; how many blobs it then has depends on its engine.
        attrs["affine"] = Attr("affine", True)
        return Translation("BatchNormalization", attrs, params)
    for spec in layer.specs[:3] if len(layer.specs) != 3 else ():
        if spec.lr_mult is None or spec.lr_mult.value != 0:
            problems.append(
                Problem(
                    "batchnorm-param-spec",
                    f"{layer.label} gives its statistics a learning rate: Caffe stops, because running sums are not "
                    "learned",
                    spec.lr_mult or spec.span,
                    remedy="write `lr_mult: 0` in each `param` of this layer, or leave them out",
                    severity="error",
                )
            )
            break
    else:
        problems += _too_few_specs(layer)
    return Translation("BatchNormalization", attrs, params, problems=problems)


def _scales_itself(block: Block) -> bool:
    """NVCaffe's `scale_bias: true`, or one of its fillers (batch_norm_layer.cpp, LayerSetUp)."""
    if block.has("scale_filler"):
        return True
    return block.has("scale_bias") and block.get("scale_bias") is True


def _too_few_specs(layer: Layer) -> list[Problem]:
    """One or two `param` entries, all of them 0: harmless today, but not in the first versions of the layer."""
    if not 0 < len(layer.specs) < 3:
        return []
    count = "only one" if len(layer.specs) == 1 else "only two"
    return [
        Problem(
            "batchnorm-param-spec",
            f"{layer.label} has three blobs of running sums, but {count} `param`: today's Caffe sets the multipliers "
            "of the others to 0 by itself, an old one leaves them at 1 and lets weight decay shrink them",
            layer.specs[0].span,
            remedy="write `param { lr_mult: 0 }` three times, or leave all of them out",
            severity="info",
        )
    ]


def scale(layer: Layer) -> Translation:
    """A factor a channel, 1 unless a filler says otherwise, and perhaps a bias (scale_layer.cpp)."""
    block = layer.block("scale_param")
    attrs = {name: block.attr(name, name) for name in ("axis", "num_axes") if block.has(name)}
    roles: list[tuple[str, Initializer]] = []
    problems: list[Problem] = []
    if len(layer.bottoms) < 2:
        factor, problems = initializer(block, "filler", 1.0)
        roles.append(("scale", factor))
    if block.get("bias_term") is True:
        shift, more = initializer(block, "bias_filler")
        roles.append(("bias", shift))
        problems = problems + more
    return Translation("caffe::Scale", attrs, learned(layer, roles), problems=problems)


def bias(layer: Layer) -> Translation:
    """A shift a channel."""
    block = layer.block("bias_param")
    attrs = {name: block.attr(name, name) for name in ("axis", "num_axes") if block.has(name)}
    if len(layer.bottoms) > 1:
        return Translation("caffe::Bias", attrs)
    shift, problems = initializer(block, "filler")
    return Translation("caffe::Bias", attrs, learned(layer, [("bias", shift)]), problems=problems)


def lrn(layer: Layer) -> Translation:
    """Local response normalisation over an odd window of channels."""
    block = layer.block("lrn_param")
    attrs = {"size": block.attr("size", "local_size")}
    problems = []
    if block.number("local_size") % 2 == 0:
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} normalises over {block.number('local_size')} channels: Caffe needs an odd number",
                attrs["size"] if attrs["size"].span else layer.span,
                remedy="use an odd `local_size`",
            )
        )
    return Translation("LRN", attrs, problems=problems)


def mvn(layer: Layer) -> Translation:
    """Mean and variance of each sample."""
    block = layer.block("mvn_param")
    attrs: dict[str, Attr] = {"epsilon": block.attr("epsilon", "eps")} if block.has("eps") else {}
    if block.has("normalize_variance"):
        attrs["normalize_variance"] = block.attr("normalize_variance", "normalize_variance")
    return Translation("MeanVarianceNormalization", attrs)


TYPES = {
    "BatchNorm": LayerType(batch_norm, ("batch_norm_param",)),
    "Scale": LayerType(scale, ("scale_param",), bottoms=(1, 2)),
    "Bias": LayerType(bias, ("bias_param",), bottoms=(1, 2)),
    "LRN": LayerType(lrn, ("lrn_param",)),
    "MVN": LayerType(mvn, ("mvn_param",)),
}
