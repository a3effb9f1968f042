"""Rows as Parquet bytes, the same bytes for the same rows."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from microcoder.scorer.domain.rows import Row

WRITER = f"pyarrow {pa.__version__}"
"""Part of the manifest: another version may write other bytes."""

_MESSAGE = pa.struct([pa.field("role", pa.string(), nullable=False), pa.field("content", pa.string(), nullable=False)])
_NULLABLE = {"pass_rate", "published"}
_TYPES = {
    "prompt": pa.list_(pa.field("element", _MESSAGE, nullable=False)),
    "problem_id": pa.string(),
    "revision": pa.int64(),
    "title": pa.string(),
    "level": pa.string(),
    "overall": pa.float64(),
    "pass_rate": pa.float64(),
    "grade": pa.string(),
    "io_mode": pa.string(),
    "language": pa.string(),
    "has_images": pa.bool_(),
    "source": pa.string(),
    "url": pa.string(),
    "author": pa.string(),
    "licence": pa.string(),
    "published": pa.timestamp("ms", tz="UTC"),
    "cpu_time_ms": pa.int64(),
    "memory_bytes": pa.int64(),
    "tests": pa.int64(),
    "suite_digest": pa.string(),
    "statement_digest": pa.string(),
}
SCHEMA = pa.schema([pa.field(name, kind, nullable=name in _NULLABLE) for name, kind in _TYPES.items()])


def parquet_bytes(rows: Sequence[Row]) -> bytes:
    """One Parquet file, zstd-compressed, rows in the given order."""
    table = pa.Table.from_pylist(list(rows), schema=SCHEMA)
    out = io.BytesIO()
    # All that the library might decide by itself is said here, so that its defaults may change.
    pq.write_table(
        table,
        out,
        compression="zstd",
        compression_level=3,
        version="2.6",
        data_page_version="1.0",
        row_group_size=50_000,
    )
    return out.getvalue()
