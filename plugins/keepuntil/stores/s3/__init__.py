"""Buckets of any S3 server: every version, marker and unfinished upload of exactly the due keys.

What an item is
    One object key below the instance's prefix that matches its pattern, with all that
    stands under exactly that key: versions (``null`` ones too), delete markers, unfinished
    multipart uploads. A key with nothing but a marker or an upload left is still an item,
    because its name, which may be personal, is still there.

How old it is
    As old as the last thing written to it: its newest version or newest unfinished upload.
    A delete marker writes nothing, so it makes a record neither younger nor older; where
    only markers are left, the newest of them counts. Tags and metadata are read from the
    newest version; an item without a version has none, and is counted, not destroyed.

Whole or not at all
    If Object Lock or a legal hold protects one version, nothing of the item is destroyed.

Who is trusted
    The server is: it can claim that something is gone. Who can write to the bucket can make
    an item younger (a new version), never older, and cannot make a neighbour disappear.
"""

from keepuntil.stores.s3.bucket import S3Bucket

__all__ = ["S3Bucket"]
