"""Mutated files: refused with a named rule, or read exactly as an independent reader reads them."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_assets.core.errors import BadInputError
from market_assets.sources.base import open_source
from market_assets_tests.sources import independent

HEADER = "date,symbol,open,high,low,close,volume,dividend_amount,split_coefficient"
PRICES = ("10,11,9,10.5,1000,0,1", "10.5,11,10,10.75,1100,0.25,1", "5.3,5.5,5.2,5.41,2200,0,2")


def corpus(stamps, header=HEADER, quoted=False):
    """A sound file: two symbols x three bars."""
    rows = [f"{at},{symbol},{prices}" for symbol in ("AAA", "B.B") for at, prices in zip(stamps, PRICES, strict=True)]
    lines = [header, *rows]
    if quoted:
        lines = [",".join(f'"{field}"' for field in line.split(",")) for line in lines]
    return ("\n".join(lines) + "\n").encode()


CORPORA = {
    "dates": (corpus(["2018-01-02", "2018-01-03", "2018-07-02"]), None),
    "quoted dates": (corpus(["2018-01-02", "2018-01-03", "2018-07-02"], quoted=True), None),
    "aware": (corpus([f"2018-01-0{day}T16:00:00-05:00" for day in (2, 3, 4)]), None),
    "naive": (corpus([f"2018-01-0{day} 16:00:00" for day in (2, 3, 4)]), "America/New_York"),
}
PIECES = [b"NaN", b"inf", b"-", b"1e308", b"1e999", b"\xff", b"\0", b'"', b",", b"\n", b"\r", b"\r\n", b"../x", b"a|b"]
PIECES += [b"'; drop table", b"infinity", b" ", b"\t", b"9999-12-31", b"0001-01-01", b"2018-11-04 01:30:00", b"0", b"."]
PIECES += [b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"_", b"#", b"+", b"e5", b"Z", "١".encode()]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One random change: a byte, a piece, a line, a field, or the end cut off."""
    at = rng.randrange(len(data))
    lines = data.split(b"\n")
    line = rng.randrange(len(lines) - 1)
    fields = lines[line].split(b",")
    kind = rng.randrange(9)
    if kind == 0:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + data[at + 1 :]
    if kind == 2:
        return data[:at] + rng.choice(PIECES) + data[at:]
    if kind == 3:
        return data[:at]
    if kind == 4:
        lines.insert(rng.randrange(len(lines)), lines[line])
    elif kind == 5:
        del lines[line]
    elif kind == 6:
        first, second = rng.randrange(len(fields)), rng.randrange(len(fields))
        fields[first], fields[second] = fields[second], fields[first]
    elif kind == 7:
        fields[rng.randrange(len(fields))] = rng.choice(PIECES)
    else:
        del fields[rng.randrange(len(fields))]
    if kind >= 6:
        lines[line] = b",".join(fields)
    return b"\n".join(lines)


def read_or_refuse(path, data, zone):
    """Rows as read by the product, or the rule that refused them."""
    path.write_bytes(data)
    source = open_source({"kind": "csv", "path": str(path), "timezone": zone})
    try:
        bars = source.bars([record.symbol for record in source.symbols()])
    except BadInputError as error:
        return error.rule if error.where.file == str(path) else f"no file in {error}"
    names = ("symbol", "ts", *independent.NUMBERS)
    return [tuple(row) for row in bars.select(names).iter_rows()]


@pytest.mark.parametrize("name", CORPORA)
def test_the_unmutated_corpus_is_read_alike(tmp_path, name):
    """Both readers agree on the sound files."""
    data, zone = CORPORA[name]
    assert read_or_refuse(tmp_path / "f.csv", data, zone) == independent.read(data, zone)


@pytest.mark.parametrize("name", CORPORA)
def test_single_mutations(tmp_path, name):
    """250 single mutations of each corpus (1,000 in all): none is read differently, none escapes as a traceback."""
    data, zone = CORPORA[name]
    refused = 0
    for seed in range(250):
        mutated = mutate(data, random.Random(seed))
        got = read_or_refuse(tmp_path / "f.csv", mutated, zone)
        if isinstance(got, str):
            assert " " not in got, got
            refused += 1
        else:
            assert got == independent.read(mutated, zone), f"seed {seed} of {name}"
    assert 100 < refused < 250


@given(
    row=st.integers(1, 6),
    column=st.integers(0, 8),
    text=st.one_of(st.text(max_size=12), st.floats().map(repr), st.datetimes().map(str), st.dates().map(str)),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_any_cell(tmp_path, row, column, text):
    """Property: whatever stands in one cell, the file is refused or read as the independent reader reads it."""
    data, zone = CORPORA["dates"]
    table = [line.split(",") for line in data.decode().splitlines()]
    table[row][column] = text
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    mutated = out.getvalue().encode("utf-8", "surrogatepass")
    got = read_or_refuse(tmp_path / "f.csv", mutated, zone)
    if not isinstance(got, str):
        assert got == independent.read(mutated, zone)


def test_a_lenient_reader_would_be_caught():
    """Planted bug: reading a mutated number as zero instead of refusing it differs from the independent reader."""
    data, zone = CORPORA["dates"]
    rows = independent.read(data, zone)
    lenient = data.replace(b",10.75,", b",10.75x,")
    with pytest.raises(ValueError, match="could not convert"):
        independent.read(lenient, zone)
    assert independent.read(data.replace(b",10.75,", b",0,"), zone) != rows
