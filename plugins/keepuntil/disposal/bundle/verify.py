"""Check a destruction certificate offline: python3 verify.py TRUST [BUNDLE]; see README.md."""

import json
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

ED25519 = bytes.fromhex("302a300506032b6570032100")  # a public key in DER, up to its 32 bytes


def refuse(found: object, why: str) -> None:
    if found:
        sys.exit(f"FAILED  {why}\n核验未通过")


def openssl(arguments: str, **contents: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in contents.items():
            Path(folder, name).write_bytes(content)
        command = ["openssl", *arguments.split()]
        return not subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode


def signed(path: Path, keys: "list[bytes]") -> "tuple[Any, bytes]":
    said = json.loads(path.read_bytes())
    kind, payload = said["payloadType"].encode(), b64decode(said["payload"])
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    sig = said["signatures"][0]["sig"]
    command = "dgst -sha256 -verify key -signature sig pae"
    key = [k for k in keys if openssl(command, pae=pae, sig=b64decode(sig), key=k)]
    refuse(not key, f"{path.name} is not signed by a key you trust")
    spki = b"".join(key[0].split(b"-----")[2].split()).decode()
    verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": spki}}
    digest = {"algorithm": "SHA2_256", "digest": b64encode(sha256(pae).digest()).decode()}
    spec = {"data": digest, "signature": {"content": sig, "verifier": verifier}}
    entry = {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": spec}}
    return json.loads(payload), json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()


def grow(edge: "list[Any]", entry: bytes) -> None:
    edge.append((1, sha256(b"\0" + entry).digest()))
    while len(edge) > 1 and edge[-1][0] == edge[-2][0]:
        edge[-2:] = [(2 * edge[-1][0], sha256(b"\1" + edge[-2][1] + edge[-1][1]).digest())]


def refuse_other_tree(edge: "list[Any]", records: Any, what: str) -> None:
    size, root = edge[-1] if edge else (0, b"")
    for more, left in edge[-2::-1]:
        size, root = size + more, sha256(b"\1" + left + root).digest()
    named = records["treeSize"], records["rootHash"]
    refuse((size, root.hex()) != named, f"the entries are not those that were {what}")


def checkpoint(note: bytes, keys: "list[tuple[str, bytes]]") -> "tuple[int, bytes, list[str]]":
    text, _, lines = note.decode().rpartition("\n\n")
    text, seen = text + "\n", set()
    for _, name, line in (line.split(" ") for line in lines.splitlines()):
        sig = b64decode(line)
        for key in (key for known, key in keys if known == name):
            if sha256(name.encode() + b"\n" + key).digest()[:4] == sig[:4]:
                stamp = f"cosignature/v1\ntime {int.from_bytes(sig[4:12], 'big')}\n"
                said, body = (text, sig[4:]) if key[0] == 1 else (stamp + text, sig[12:])
                how = "pkeyutl -verify -rawin -pubin -keyform DER -inkey key -sigfile sig -in said"
                if openssl(how, key=ED25519 + key[1:], sig=body, said=said.encode()):
                    seen.add((key[0], name))
    origin, size, root = text.split("\n")[:3]
    refuse((1, origin) not in seen, f"the checkpoint of {origin} is not signed by its key")
    witnesses = sorted(name for kind, name in seen if kind == 4)
    refuse(not witnesses and any(k[0] == 4 for _, k in keys), "no witness you trust has seen it")
    return int(size), b64decode(root), witnesses


def lead(index: int, size: int, entry: bytes, hashes: "list[str]", root: bytes) -> None:
    at, last, reached = index, size - 1, sha256(b"\0" + entry).digest()
    for sibling in map(b64decode, hashes):
        last = last or -1  # a line too many: it never comes back to 0
        right = at & 1 or at == last
        reached = sha256(b"\1" + (sibling + reached if right else reached + sibling)).digest()
        levels = (at & -at).bit_length() if right else 1
        at, last = at >> levels, last >> levels
    astray = not 0 <= index < size or last or reached != root
    refuse(astray, "a proof does not lead to the root of its tree")


def logged(path: Path, entry: bytes, keys: "list[tuple[str, bytes]]") -> "tuple[int, list[str]]":
    head, _, note = path.read_bytes().partition(b"\n\n")
    index, *hashes = head.decode().split("\n")[1:]
    size, root, witnesses = checkpoint(note, keys)
    lead(int(index.split()[1]), size, entry, hashes, root)
    return int(index.split()[1]), witnesses


def trusted(folder: Path) -> "tuple[list[bytes], list[tuple[str, bytes]]]":
    lines = (folder / "vkeys.txt").read_text().split()
    keys = [(line.split("+")[0], b64decode(line.split("+", 2)[2])) for line in lines]
    return [path.read_bytes() for path in sorted(folder.glob("certificate*.pem"))], keys


def main(trust: Path, bundle: Path) -> None:
    pems, keys = trusted(trust)
    told, entry = signed(bundle / "certificate.intoto.jsonl", pems)
    announced, intent = signed(bundle / "intent.intoto.jsonl", pems)
    digest = sha256((bundle / "run/checkpoint").read_bytes()).hexdigest()
    refuse(told["subject"][0]["digest"]["sha256"] != digest, "the certificate is about another run")
    rule = "sha256:" + sha256((bundle / "rule.json").read_bytes()).hexdigest()
    refuse(told["predicate"]["category"]["ruleDigest"] != rule, "rule.json is another rule")
    trees: tuple[list[Any], list[Any]] = ([], [])
    ends: Counter[str] = Counter()
    with (bundle / "run/entries").open("rb") as file:
        for length in iter(lambda: int.from_bytes(file.read(2), "big"), 0):
            grow(trees[0], line := file.read(length))
            item = json.loads(line)
            ends[item["o"]] += 1
            item = {name: item[name] for name in "cikv"}
            grow(trees[1], json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode())
    records = told["predicate"]["records"]
    refuse_other_tree(trees[0], records, "certified")
    refuse_other_tree(trees[1], announced["predicate"]["records"], "announced beforehand")
    other = dict(ends) != records["outcomes"] or set(ends) & {"failed", "pending_external"}
    refuse(other, "the totals are not those of the entries")
    index, witnesses = logged(bundle / "certificate.tlog-proof", entry, keys)
    refuse(logged(bundle / "intent.tlog-proof", intent, keys)[0] >= index, "announced too late")
    for tsa in trust.glob("tsa.pem"):
        sig = b64decode(json.loads(entry)["spec"]["hashedRekordV002"]["signature"]["content"])
        token = (bundle / "timestamps/certificate-signature.tsr").read_bytes()
        how = "ts -verify -partial_chain -in token -data sig -CAfile tsa"
        good = openssl(how, token=token, sig=sig, tsa=tsa.read_bytes())
        refuse(not good, "the time stamp is not by the authority you trust")
    for path in sorted(bundle.glob("corrections/*.intoto.jsonl")):
        said = signed(path, pems)[0]["predicate"]
        refuse(said["kind"] == "revocation", f"the issuer took it back 已撤销: {said['reason']}")
        print("CORRECTED 已更正  ", said["reason"])
    print(f"HOLDS  {told['predicate']['certificateId']}  {dict(ends)}  核验通过")
    print(f"log entry {index}, seen by {', '.join(witnesses) or 'no witness'}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path([*sys.argv, "."][2]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        refuse(True, f"the evidence cannot be read: {error}")
