"""Lint mutated real definitions until something breaks: `python -m tests.fuzz_caffe --count 100000 --seed 7`.

Real files of the corpus where it is at hand, the project's own fixtures otherwise. A run fails on an exception, on an
`internal-error` finding, on a file that takes longer than its patience, and on more memory than a linter may want.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from netlint import lint
from tests.corpus import CAFFE, manifest
from tests.memory import peak_mib

PATIENCE_SECONDS: Final = 20
MEMORY_MIB: Final = 256

_WORDS: Final = (
    *(b"layer {", b"layers {", b"}", b"{", b"<", b">", b"[", b"]", b":", b"#", b'"', b"'", b"\\", b"\0", b"\xff"),
    *(b"0", b"-1", b"4294967295", b"9999999999999999999999", b"1e308", b"nan", b"-inf", b"true", b"TRAIN", b"TEST"),
    *(b'type: "Data"', b'type: "Slice"', b'type: "Pooling"', b"input_dim: 0", b"num_output: 0", b"kernel_size: 0"),
    *(b'bottom: "data"', b'top: "data"', b"include { phase: TEST }", b"convolution_param {", b"group: 0", b"stride: 0"),
    *(b"net_param {", b"solver_type: 9", b"lr_mult: -1", b"shape { dim: 0 }", b"slice_point: 3", b"axis: -9"),
)


def _flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.randrange(256)


def _drop(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.randint(1, 200)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randint(1, 400)] * chance.randint(1, 4)
    at = chance.randrange(len(data))
    data[at:at] = piece


def _insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = b" " + chance.choice(_WORDS) + b" "


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _number(data: bytearray, chance: random.Random) -> None:
    digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if digits:
        at = chance.choice(digits)
        data[at : at + 1] = chance.choice((b"0", b"-1", b"7", b"65536", b"4294967295", b"0.5"))


def _swap_lines(data: bytearray, chance: random.Random) -> None:
    lines = bytes(data).split(b"\n")
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    data[:] = b"\n".join(lines)


def _rename(data: bytearray, chance: random.Random) -> None:
    strings = [(found.start(), found.end()) for found in re.finditer(rb'"[^"\n]*"', data)]
    if strings:
        (start, end), (low, high) = chance.choice(strings), chance.choice(strings)
        data[start:end] = data[low:high]


def _drop_block(data: bytearray, chance: random.Random) -> None:
    blocks = [(found.start(), found.end()) for found in re.finditer(rb"\w+\s*\{[^{}]*\}", data)]
    if blocks:
        start, end = chance.choice(blocks)
        del data[start:end]


_MUTATIONS: Final[tuple[Callable[[bytearray, random.Random], None], ...]] = (
    *(_flip, _drop, _repeat, _insert, _insert),
    *(_number, _number, _number, _swap_lines, _cut),
)
#: These keep the text readable, so that everything behind the parser is tried too.
_GENTLE: Final = (_number, _number, _rename, _rename, _drop_block)


def sources() -> list[bytes]:
    """The files to start from, the largest ones left out: a mutation early in a file is worth as much."""
    paths = [CAFFE / path for path in sorted(manifest())]
    paths += sorted((Path(__file__).parents[1] / "fixtures" / "caffe").glob("*.prototxt"))
    return [data for data in (path.read_bytes() for path in paths) if 0 < len(data) < 40_000]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to eight random changes."""
    mutated = bytearray(data)
    mutations = chance.choice((_MUTATIONS, _GENTLE))
    for _ in range(chance.randint(1, 8)):
        if mutated:
            chance.choice(mutations)(mutated, chance)
    return bytes(mutated)


def _out_of_patience(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"one file took more than {PATIENCE_SECONDS} seconds")


def run(count: int, seed: int, keep: Path) -> int:
    """Lint `count` mutants; on trouble write the mutant to `keep` and return 1."""
    chance = random.Random(seed)
    start = sources()
    signal.signal(signal.SIGALRM, _out_of_patience)
    for number in range(count):
        data = mutate(chance.choice(start), chance)
        signal.alarm(PATIENCE_SECONDS)
        try:
            keep.write_bytes(data)
            trouble = [found.message for found in lint(keep).findings if found.rule == "internal-error"]
        except Exception as error:  # whatever escapes is what we are looking for
            trouble = [f"{type(error).__name__}: {error}"]
        signal.alarm(0)
        peak = peak_mib()
        if peak > MEMORY_MIB:
            trouble.append(f"{peak} MiB of memory")
        if trouble:
            sys.stderr.write(f"mutant {number} of seed {seed}, kept as {keep}: {trouble[0]}\n")
            return 1
    sys.stdout.write(f"{count} mutants of {len(start)} files, peak {peak} MiB\n")
    return 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("mutant.prototxt"))
    options = parser.parse_args()
    return run(options.count, options.seed, options.keep)


if __name__ == "__main__":
    sys.exit(main())
