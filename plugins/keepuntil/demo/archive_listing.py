"""The archive's answer to ListObjectVersions: quick, and in S3's order.

Moto copies every object of the bucket for each page and walks through a model of the
answer for each entry: twelve pages of twelve thousand objects take it half a minute.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

PAGE: Final = 1000

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
)


def list_versions(store: Any, query: Mapping[str, list[str]]) -> bytes:
    """One page: names in order, the newest version of each first. ``store`` is moto's bucket."""
    asked = {name: values[0] for name, values in query.items()}
    if asked.get("delimiter"):
        raise NotImplementedError("The demonstration's archive lists without a delimiter.")
    size = min(PAGE, int(asked.get("max-keys") or PAGE))
    written = quote if asked.get("encoding-type") == "url" else escape
    entries = _entries(
        store, asked.get("prefix", ""), asked.get("key-marker"), asked.get("version-id-marker")
    )
    page: list[tuple[Any, bool]] = []
    more = False
    for entry, is_latest in entries:
        if more := len(page) == size:
            break
        page.append((entry, is_latest))
    said = [_HEAD, _tag("MaxKeys", size), _tag("IsTruncated", str(more).lower())]
    said += [_tag("EncodingType", "url")] if written is quote else []
    said += [_tag(name, written(asked.get(key, ""))) for name, key in _REPEATED]
    if more:
        last, _ = page[-1]
        said.append(_tag("NextKeyMarker", written(last.name)))
        said.append(_tag("NextVersionIdMarker", last.version_id))
    said += [_entry(entry, written(entry.name), is_latest) for entry, is_latest in page]
    return "".join((*said, "</ListVersionsResult>")).encode()


_REPEATED: Final = (
    ("Prefix", "prefix"),
    ("KeyMarker", "key-marker"),
    ("VersionIdMarker", "version-id-marker"),
)


def _entries(
    store: Any, prefix: str, key_marker: str | None, after: str | None
) -> Iterator[tuple[Any, bool]]:
    """Versions and markers with whether each is the latest, after the place that was reached."""
    names = sorted(name for name in list(dict.keys(store)) if name.startswith(prefix))
    start = bisect_left(names, key_marker) if key_marker else 0
    for name in names[start:]:
        if name == key_marker and not after:
            continue
        newest_first = [
            (entry, place == 0) for place, entry in enumerate(reversed(store.getlist(name, [])))
        ]
        if name == key_marker:
            seen = next(
                (n for n, (entry, _) in enumerate(newest_first) if entry.version_id == after), -1
            )
            newest_first = newest_first[seen + 1 :]
        yield from newest_first


def _entry(entry: Any, key: str, is_latest: bool) -> str:
    from moto.s3.models import FakeDeleteMarker

    named = (
        f"<Key>{key}</Key><VersionId>{entry.version_id}</VersionId>"
        f"<IsLatest>{'true' if is_latest else 'false'}</IsLatest>"
        f"<LastModified>{entry.last_modified_ISO8601}</LastModified>"
    )
    if isinstance(entry, FakeDeleteMarker):
        return f"<DeleteMarker>{named}</DeleteMarker>"
    what = f"<ETag>{escape(entry.etag)}</ETag><Size>{entry.size}</Size>"
    return f"<Version>{named}{what}<StorageClass>STANDARD</StorageClass></Version>"


def _tag(name: str, content: object) -> str:
    return f"<{name}>{content}</{name}>"
