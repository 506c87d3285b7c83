"""Places where networks run, and what each of them cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """What a place of deployment refuses. Operators stand under their ONNX names; types as `float64`, `int64`, ..."""

    name: str
    about: str
    #: The newest opset of the default domain that it reads; None for any.
    newest_opset: int | None = None
    #: Element types that no operator can have there, with what happens to them.
    types: Mapping[str, str] = field(default_factory=dict)
    #: Operators that it does not have, with what happens.
    operators: Mapping[str, str] = field(default_factory=dict)
    #: Activations and weights are 16-bit floats: magnitudes above 65504 and below 6e-8 are lost.
    half: bool = False
    #: 64-bit integers are cut to 32 bits.
    narrow_integers: bool = False
    #: Every extent must be a number.
    fixed_shapes: bool = False


_NO_KERNEL: Final = "has no implementation there"
_CONTAINERS: Final = dict.fromkeys(
    (
        "SequenceConstruct", "SequenceEmpty", "SequenceInsert", "SequenceErase", "SequenceLength", "SequenceAt",
        "SequenceMap", "ConcatFromSequence", "SplitToSequence", "Optional", "OptionalGetElement", "OptionalHasElement",
        "StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer",
    ),
    _NO_KERNEL,
)  # fmt: skip

#: TensorRT: onnx-tensorrt docs/operators.md (opset and operator table), NVIDIA TensorRT support matrix.
#: Mobile: ONNX Runtime's NNAPI and CoreML execution providers (nnapi_supported_ops.md, coreml_supported_*_ops.md).
PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            "tensorrt",
            "NVIDIA TensorRT through its ONNX parser",
            newest_opset=24,
            types={
                "float64": "is narrowed to float32",
                "string": "does not exist there",
                "complex64": "does not exist there",
                "complex128": "does not exist there",
            },
            operators={
                **_CONTAINERS,
                **dict.fromkeys(
                    ("Det", "MaxUnpool", "MaxRoiPool", "Unique", "Multinomial", "Bernoulli", "DFT"), _NO_KERNEL
                ),
            },
            narrow_integers=False,
        ),
        Profile("fp16", "any runtime with 16-bit floating-point activations and weights", half=True),
        Profile(
            "mobile",
            "phones: ONNX Runtime with NNAPI or CoreML",
            types={
                "float64": "runs on the processor at best",
                "string": "does not exist there",
                "complex64": "does not exist there",
                "complex128": "does not exist there",
            },
            operators={
                **_CONTAINERS,
                **dict.fromkeys(("Loop", "Scan", "NonZero", "Unique", "Einsum", "Det", "DFT", "STFT"), _NO_KERNEL),
            },
            fixed_shapes=True,
        ),
        Profile(
            "int32",
            "accelerators that cut 64-bit integers to 32 bits",
            types={"float64": "is narrowed to float32"},
            narrow_integers=True,
        ),
    )
}


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises ValueError with the names that there are."""
    profile = PROFILES.get(name.lower())
    if profile is None:
        from difflib import get_close_matches

        close = get_close_matches(name.lower(), PROFILES, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(PROFILES)}"
        raise ValueError(f"{name!r} is no deployment profile: {hint}")
    return profile
