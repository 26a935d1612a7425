"""The text inside every bundle: how a stranger checks it with stock tools."""

README = """\
# 销毁证明 / Destruction certificate

本目录无需信任签发方即可离线核验。公钥须由另一渠道取得；`claimed-keys/` 仅供比对。
Check this folder offline, without trusting whoever gave it to you. Get the public keys
through another channel; those in `claimed-keys/` are what the issuer claims, no more.

1. 文件完整 / Nothing changed on the way:

       sha256sum -c SHA256SUMS

2. 签名 / The signature (DSSE, ECDSA P-256, `KEY` = the certificate key you trust):

       python3 - <<'END'
       import base64, json
       e = json.load(open("certificate.intoto.jsonl"))
       p = base64.b64decode(e["payload"]); t = e["payloadType"].encode()
       open("/tmp/pae", "wb").write(b"DSSEv1 %d %s %d %s" % (len(t), t, len(p), p))
       open("/tmp/sig", "wb").write(base64.b64decode(e["signatures"][0]["sig"]))
       open("/tmp/statement.json", "wb").write(p)
       END
       openssl dgst -sha256 -verify KEY -signature /tmp/sig /tmp/pae

3. 证明内容 / What it says: `/tmp/statement.json`. Its `subject` is the SHA-256 of
   `run/checkpoint`; compare: `sha256sum run/checkpoint`. The checkpoint names the size and
   the root (RFC 9162 Merkle tree) of `run/entries`: one entry for each item on the list, a
   big-endian 16-bit length before each. An entry shows an item's outcome and a salted
   commitment to which item it was; it holds no personal data.

4. 全部核验 / All of it at once, counts recomputed from the entries:

       keepuntil cert verify . --key KEY --run-key RUN-KEY
"""
