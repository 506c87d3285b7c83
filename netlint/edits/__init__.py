"""Edits for the fixes of rules: what a rule author needs to change a definition and keep its layout."""

from netlint.edits.fields import Edits, New
from netlint.edits.keras_json import remove_sequential, set_argument
from netlint.edits.layers import (
    add_fields,
    add_layer,
    read_before,
    remove_attr,
    remove_field,
    remove_layer,
    set_each,
    set_field,
    set_type,
)
from netlint.edits.places import (
    add_beside,
    merge_twins,
    remove_all_at,
    remove_at,
    remove_from,
    remove_repeated,
    swap,
)
from netlint.edits.values import write, write_word
from netlint.edits.weights import add_filler, refill, set_units, without_bias, zero_rates

__all__ = [
    "Edits",
    "New",
    "add_beside",
    "add_fields",
    "add_filler",
    "add_layer",
    "merge_twins",
    "read_before",
    "refill",
    "remove_all_at",
    "remove_at",
    "remove_attr",
    "remove_field",
    "remove_from",
    "remove_layer",
    "remove_repeated",
    "remove_sequential",
    "set_argument",
    "set_each",
    "set_field",
    "set_type",
    "set_units",
    "swap",
    "without_bias",
    "write",
    "write_word",
    "zero_rates",
]
