"""Sealed fields open in their own cell only."""

import pytest

from app.sealing import CannotUnseal, Keys

KEYS = Keys.from_root(bytes(range(32)))
CELL = {"table": "referral", "column": "person", "row": "a"}


def test_a_sealed_value_opens_in_its_own_cell():
    sealed = KEYS.seal("Synthetic Öne", **CELL)

    assert KEYS.open(sealed, **CELL) == "Synthetic Öne"
    assert b"Synthetic" not in sealed


def test_the_same_value_is_never_sealed_alike():
    assert KEYS.seal("x", **CELL) != KEYS.seal("x", **CELL)


@pytest.mark.parametrize("moved", [{"table": "x"}, {"column": "x"}, {"row": "b"}])
def test_a_value_moved_to_another_cell_does_not_open(moved):
    sealed = KEYS.seal("x", **CELL)

    with pytest.raises(CannotUnseal):
        KEYS.open(sealed, **{**CELL, **moved})


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_a_changed_byte_is_noticed(position):
    sealed = bytearray(KEYS.seal("x", **CELL))
    sealed[position] ^= 1

    with pytest.raises(CannotUnseal):
        KEYS.open(bytes(sealed), **CELL)


def test_another_root_key_opens_nothing():
    sealed = KEYS.seal("x", **CELL)

    with pytest.raises(CannotUnseal):
        Keys.from_root(bytes(32)).open(sealed, **CELL)


def test_keys_differ_by_purpose_and_do_not_show_the_root():
    assert KEYS.derive("audit") != KEYS.derive("session")
    assert "root_key" not in repr(KEYS)
