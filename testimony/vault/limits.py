"""The limits of what a person may send, in one table. Pure.

| What | Limit |
| --- | --- |
| a long answer | 50,000 characters (Unicode code points) |
| a short answer | 300 characters |
| a whole record, sealed | 256 KiB |
| a whole draft, sealed | 1 MiB |
| a picture, as it is sent | 10 MB |
| a picture, as it is kept | 2,048 pixels on its longer side, 4 MiB sealed |
| pictures in one record | 3 |
| a draft after its last page | 45 minutes, in five-minute ticks |
| a draft in all | 3 hours |
| a receipt on the screen | about ten minutes |
| the form of a first page | 12 hours |
| a mark of a first page is ripe without script | after 20 seconds |
"""

from __future__ import annotations

from typing import Final

LONG_TEXT: Final = 50_000
SHORT_TEXT: Final = 300

KIB: Final = 1024
RECORD_BUCKETS: Final = (4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB)
DRAFT_BUCKETS: Final = (*RECORD_BUCKETS, 1024 * KIB)

ATTACHMENT_BUCKETS: Final = (256 * KIB, 1024 * KIB, 4096 * KIB)
PICTURES: Final = 3
PICTURE_BYTES: Final = 10 * 1000 * 1000
PICTURE_PIXELS: Final = 2048

DRAFT_IDLE_TICKS: Final = 9
DRAFT_LONGEST_TICKS: Final = 36
RECEIPT_SHOWN_TICKS: Final = 2
NONCE_HOURS: Final = 12
RIPE_SECONDS: Final = 20
"""How long the mark of a first page ripens before it speaks for a person who has no script."""
