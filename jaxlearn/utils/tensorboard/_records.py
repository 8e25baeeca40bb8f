"""Records with checksums in a file, and the fields of protocol buffers: what TensorBoard reads."""

from __future__ import annotations

import struct
from typing import BinaryIO

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reversed: https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def checksum(data: bytes) -> int:
    """CRC-32C, turned and shifted as TFRecord files want it.

    https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def write_record(file: BinaryIO, data: bytes) -> None:
    """Append one record: its length, its bytes, and a checksum of each."""
    length = struct.pack("<Q", len(data))
    file.write(length + struct.pack("<I", checksum(length)) + data + struct.pack("<I", checksum(data)))


def number(field: int, value: int) -> bytes:
    """An integer field."""
    return _varint(field << 3) + _varint(value & (1 << 64) - 1)


def double(field: int, value: float) -> bytes:
    """A field of 64 bits."""
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def single(field: int, value: float) -> bytes:
    """A field of 32 bits."""
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def nested(field: int, content: bytes | str) -> bytes:
    """A text, bytes, or a message within a message."""
    data = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def doubles(field: int, values: list[float]) -> bytes:
    """A list of numbers of 64 bits."""
    return nested(field, struct.pack(f"<{len(values)}d", *values))


def _varint(value: int) -> bytes:
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    result.append(value)
    return bytes(result)
