"""Classes by 80 and 95 % of the value with polars, beside the bench `value`.

Reads values (64-bit whole numbers, little endian) from the file it is given. Each line on standard input is a turn: the name of
a way of doing it. Answers the milliseconds, and how many customers are in A and in A or B.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install polars
    cargo bench -p crm-benches --bench value -- --python /tmp/peers/bin/python
"""

import sys
import time
from array import array

import polars as pl


def border(values, total, percent):
    """The smallest value before which less than the cut stands."""
    before = values.cum_sum() - values
    return values.filter(before * 100 < total * percent).last()


def values_alone(frame):
    """Sorts the values, and labels each customer by the borders."""
    values = frame["value"]
    ordered = values.sort(descending=True)
    total = values.sum()
    a, b = border(ordered, total, 80), border(ordered, total, 95)
    label = pl.when(pl.col("value") >= a).then(0).when(pl.col("value") >= b).then(1).otherwise(2)
    return frame.with_columns(label.cast(pl.UInt8).alias("class"))


def whole_frame(frame):
    """Sorts customers by value, and labels each by what stands before it: ranks are there then."""
    total = frame["value"].sum()
    before = (pl.col("value").cum_sum() - pl.col("value")) * 100
    label = pl.when(before < total * 80).then(0).when(before < total * 95).then(1).otherwise(2)
    ordered = frame.lazy().sort("value", descending=True)
    return ordered.with_columns(label.cast(pl.UInt8).alias("class")).collect()


def main():
    values = array("q")
    with open(sys.argv[1], "rb") as file:
        values.frombytes(file.read())
    if sys.byteorder == "big":
        values.byteswap()
    frame = pl.DataFrame({"value": pl.Series(values, dtype=pl.Int64)}).with_row_index("id")
    del values
    print(f"polars {pl.__version__}, {pl.thread_pool_size()} threads", flush=True)
    ways = {"values": values_alone, "frame": whole_frame}
    for line in sys.stdin:
        way = ways[line.strip()]
        start = time.perf_counter()
        labelled = way(frame)
        took = (time.perf_counter() - start) * 1e3
        a, b = ((labelled["class"] <= label).sum() for label in (0, 1))
        print(took, a, b, flush=True)


main()
