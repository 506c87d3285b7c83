"""Layer objects of every version of Keras, read into one form.

A layer is `{"class_name": ..., "config": {...}}`; Keras 3 adds its module and its registered name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netlint.loaders.keras.keras1 import CLASSES, MERGES, renamed
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.places import Path, Places

_OWN_PACKAGES = ("keras", "tf_keras", "tensorflow", "keras_preprocessing")


def read_layer(entry: object, path: Path, places: Places) -> Layer | None:
    """The layer of one JSON object; None for what is none."""
    if not isinstance(entry, Mapping):
        return None
    word = entry.get(
        "class_name", entry.get("config", {}).get("name") if isinstance(entry.get("config"), dict) else None
    )
    given = entry.get("config")
    config: Mapping[str, Any] = (
        given if isinstance(given, dict) else {"layers": given} if isinstance(given, list) else {}
    )
    if not isinstance(word, str):
        return None
    bare = word.rpartition(">")[2]
    kind = CLASSES.get(bare, bare)
    arguments, words = renamed(kind, config)
    if bare == "Merge":
        kind = MERGES.get(str(arguments.get("mode")), "Merge")
        arguments, words = _merge(arguments, dict(words))
    elif bare == "CuDNNGRU":
        arguments = {"reset_after": True, **arguments}
    if isinstance(given, list):
        # Sequential models of Keras 1 and of 2.0 to 2.2.2 keep nothing but their layers.
        words = {"layers": "config"}
    name = entry.get("name", config.get("name"))
    package, registered = entry.get("module"), entry.get("registered_name")
    package = package if isinstance(package, str) else ""
    own = package.partition(".")[0] in _OWN_PACKAGES
    custom = ">" in word or (isinstance(registered, str) and ">" in registered) or ("module" in entry and not own)
    if any(item.__class__ is dict and "items" in item for item in arguments.values()):
        arguments = {key: untupled(item) for key, item in arguments.items()}
    build = entry.get("build_config")
    return Layer(
        kind,
        bare,
        name if isinstance(name, str) else "",
        arguments,
        places,
        path,
        path if isinstance(given, list) else (*path, "config"),
        words,
        calls=entry["inbound_nodes"] if isinstance(entry.get("inbound_nodes"), list) else None,
        custom=custom,
        package=package,
        build=build if isinstance(build, dict) else {},
    )


def untupled(item: Any, depth: int = 0) -> Any:
    """Tuples and shapes, which some writers mark (`{"class_name": "__tuple__", "items": [...]}`), as lists."""
    if isinstance(item, dict) and item.get("class_name") in ("__tuple__", "TensorShape"):
        item = item.get("items", ())
    if isinstance(item, list | tuple) and depth < 8:
        return [untupled(part, depth + 1) for part in item]
    return item


def _merge(config: Mapping[str, Any], words: dict[str, str]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    arguments = dict(config)
    for old, new in (("concat_axis", "axis"), ("dot_axes", "axes")):
        if old in arguments:
            arguments[new] = arguments.pop(old)
            words[new] = old
    if arguments.get("mode") == "cos":
        arguments["normalize"] = True
    return arguments, words
