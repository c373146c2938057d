#!/usr/bin/env python3
"""Verifies an auditor's pack of Writ (`writ.pack.v1`): offline, with Python 3.9 or newer and its standard library.

    python3 verify.py PACK.zip|FOLDER [--trust FILE] [--checkpoint OLDER.note] [--witness KEY] [--pack PREVIOUS.zip|FOLDER] [--json]

Ends with 0: holds; 1: does not hold; 2: could not run. It was written apart from `verify.mjs` and shares no code with it; the form of a
pack and what each check means is docs/pack.md of Writ. It reads from top to bottom: what a pack is, its checks in their order, and then
what they are made of: the Merkle tree, notes and keys, Ed25519 (RFC 8032), canonical JSON, reading a zip.
"""

import base64
import functools
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zlib
from array import array
from bisect import bisect_left

CHECKS = (
    "zip members manifest trust signature checkpoint witness consistency older form tenant leaves leaf inclusion root"
    " stream chain node disclosure csv counts"
).split()

ALL_KINDS = (
    "manifest.json manifest.jws records.jsonl leaves.txt disclosures.jsonl streams.json batches.jsonl checkpoint.note"
    " consistency.json trust.json"
).split()
NEEDED = {
    "range": ["range-proof.json"],
    "filter-with-hashes": ["range-proof.json", "leaf-hashes.bin"],
    "filter": ["proofs.jsonl"],
}
PROVES = {"range": "complete", "filter-with-hashes": "inclusion-and-hashes", "filter": "inclusion"}
OPTIONAL = ["records.csv", "report.pdf", "verify.mjs"]
UNSEALED = ["manifest.json", "manifest.jws"]
NAMES = ALL_KINDS + OPTIONAL + ["range-proof.json", "leaf-hashes.bin", "proofs.jsonl"]

KIB, MIB = 1024, 1024 * 1024
LONGEST_LINE = 64 * KIB
SLACK_BYTES = MIB  # a member that is by more than this longer than the manifest says is not read: it could be a bomb
MOST_SAFE = 2**53 - 1
DEEPEST = 200
MOST_PARTS = 4 * MIB  # of a text that has more of `[`, `{` and `,` nothing is read: as values it would be many times as large
MOST_UNNAMED = 100  # streams that the manifest does not name are followed no further than so many
MOST_FAULTS = 100
MOST_UNREADABLE = 100_000  # after so many lines that are not of their form no more are read: they can be of a byte each, and billions
MOST_PENDING = 1000
STREAM_START = "0" * 64
CANNOT_SHOW = "the pack cannot show that the log grows from the older checkpoint"


# -- The program -----------------------------------------------------------------------------------------------------


class CannotRun(Exception):
    pass


def main():
    try:
        file, as_json, given = read_arguments(sys.argv[1:])
        result = verify_pack(open_source(file), given)
        text = json_text(result) if as_json else text_of(result)
        sys.stdout.buffer.write(utf8(text + "\n"))
        return 0 if result["holds"] else 1
    except (CannotRun, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except Exception as error:  # whatever else goes wrong says nothing about the pack
        print(f"the verifier failed: {error!r}", file=sys.stderr)
        return 2


def read_arguments(words):
    values = {"--trust": [], "--checkpoint": [], "--witness": [], "--pack": []}
    files, as_json = [], False
    rest = iter(words)
    for word in rest:
        if word == "--json":
            as_json = True
        elif word.split("=", 1)[0] in values:
            word, *given = word.split("=", 1)
            value = given[0] if given else next(rest, None)
            if value is None:
                raise CannotRun(__doc__)
            values[word].append(value)
        elif word.startswith("-"):
            raise CannotRun(__doc__)
        else:
            files.append(word)
    if len(files) != 1:
        raise CannotRun(__doc__)
    older = [or_cannot_run(read_checkpoint(file_bytes(name)), f"{name} is no checkpoint") for name in values["--checkpoint"]]
    pinned = None
    for name in values["--trust"][-1:]:
        pinned = or_cannot_run(read_trust(file_bytes(name)), f"{name} is no trust file")
    witnesses = []
    for line in values["--witness"]:
        key = read_key_line(line)
        if key is None or key["type"] != WITNESS:
            raise CannotRun(f"{line} is no witness key")
        witnesses.append(key)
    known_nodes = {}
    for name in values["--pack"][-1:]:
        checkpoint, known_nodes = read_previous(name)
        older.append(checkpoint)
    return files[0], as_json, {"pinned": pinned, "witnesses": witnesses, "older": older, "known_nodes": known_nodes}


def or_cannot_run(value, why):
    if value is None:
        raise CannotRun(why)
    return value


def file_bytes(name):
    with open(name, "rb") as file:
        return file.read()


def read_previous(name):
    """Of an earlier pack: where its log stood, and the node keys that it names."""
    source = open_source(name)
    found = {}
    for member, most in (("checkpoint.note", LONGEST_LINE), ("streams.json", 64 * MIB)):
        try:
            found[member] = read_whole(source, member, most)
        except Broken:
            found[member] = None
    checkpoint = read_checkpoint(found["checkpoint.note"] or b"")
    streams = parse_canonical(found["streams.json"] or b"")
    if checkpoint is None or not is_streams(streams):
        raise CannotRun(f"{name} is no pack")
    return checkpoint, {node["node"]: node["publicKey"] for node in streams["nodes"]}


def text_of(result):
    pack = result["pack"]
    lines = ["The pack HOLDS." if result["holds"] else f"The pack does NOT hold: {result['faultCount']} fault(s)."]
    for fault in result["faults"]:
        places = [fault["check"]]
        if fault["leaf"] is not None:
            places.append(f"leaf {fault['leaf']}")
        if fault["member"] is not None:
            places.append(fault["member"])
        if fault["stream"] is not None:
            places.append(fault["stream"] + ("" if fault["seq"] is None else f" #{fault['seq']}"))
        lines.append("  " + ": ".join(places + [fault["message"]]))
    if pack is not None:
        proved = {
            "complete": f"all {result['rows']} records from leaf {pack['from']} to before leaf {pack['to']}",
            "inclusion-and-hashes": f"{result['rows']} records at their places, the others of {pack['from']} to {pack['to']} as hashes",
            "inclusion": f"INCLUSION ONLY: {result['rows']} records at their places",
        }
        keys = "pinned" if result["trust"] == "pinned" else "TRUSTED AS DELIVERED: compare them, or give --trust"
        grown = [str(size) for size in [result["previous"], *result["older"]] if size is not None]
        lines += [
            f"  tenant {shown(pack['tenant'])}, log {shown(pack['origin'])} of {pack['treeSize']} leaves, made {pack['createdAt']}",
            f"  proves: {proved[result['proves']]}",
            f"  keys of the log: {keys}",
            f"  cosigned by: {', '.join(c['name'] for c in result['cosignatures']) or 'nobody'}",
            f"  grown from: {', '.join(grown) or 'nothing older was given'}",
            f"  records that no signature of a node reaches here: {result['unsigned']}",
        ]
        lines += [f"  LOST, as the log says: {r['stream']} #{r['from']} to before #{r['to']}" for r in result["lost"]]
        lines += [f"  signed and not here yet: {b['stream']} to before #{b['head']}" for b in result["behind"]]
    return "\n".join(lines)


def shown(text):
    """A text of the pack on one line, and without what a terminal would obey."""
    return re.sub("[^ -~]", lambda found: re.sub("(....)", r"\\u\1", utf16(found[0]).hex()), text)


# -- The checks, in their order --------------------------------------------------------------------------------------


class Faults:
    def __init__(self):
        self.found = []
        self.counts = {}

    def add(self, check, message, member=None, leaf=None, stream=None, seq=None):
        self.counts[check] = self.counts.get(check, 0) + 1
        if self.counts[check] <= MOST_FAULTS:
            self.found.append(
                {"check": check, "member": member, "leaf": leaf, "stream": stream, "seq": seq, "message": message}
            )

    def count(self):
        return sum(self.counts.values())

    def in_order(self):
        def order(fault):
            leaf, seq = fault["leaf"], fault["seq"]
            return (
                CHECKS.index(fault["check"]),
                -1 if leaf is None else leaf,
                fault["member"] or "",
                fault["stream"] or "",
                -1 if seq is None else seq,
                fault["message"],
            )

        return sorted(self.found, key=order)


class Pack:
    """What the checks know of a pack so far, and leave for those that follow."""

    def __init__(self, source, given, faults):
        self.source, self.given, self.faults = source, given, faults
        self.manifest = None
        self.readable = set()
        self.unreadable = 0
        self.log_keys, self.witnesses = [], []
        self.root = None
        self.rows = self.unsigned = self.disclosures = 0
        self.cosignatures, self.older_sizes, self.behind = [], [], []
        self.previous = None
        self.wanted, self.streams, self.nodes, self.makers = {}, {}, {}, {}
        self.bundles, self.has_other_bundle = {}, False  # whether a record names it, of each bundle of the manifest


def verify_pack(source, given):
    faults = Faults()
    pack = Pack(source, given, faults)
    for message, member in source.faults:
        faults.add("zip", message, member)
    manifest_bytes = read_small(source, "manifest.json", 16 * MIB, faults)
    jws = read_small(source, "manifest.jws", 32 * MIB, faults)
    manifest = parse_canonical(manifest_bytes)
    if manifest_bytes is not None and not is_manifest(manifest):
        faults.add("manifest", "the manifest is not of its form", "manifest.json")
    if not is_manifest(manifest):
        return result_of(pack)
    pack.manifest = manifest
    check_members(pack)
    check_trust(pack)
    check_signature(pack, manifest_bytes, jws)
    check_checkpoint(pack)
    check_consistency(pack)
    check_streams(pack)
    check_rows(pack)
    check_counts(pack)
    return result_of(pack)


def result_of(pack):
    manifest, faults = pack.manifest, pack.faults
    named = "id createdAt tenant origin kind from to treeSize rows".split()
    streams = manifest["streams"] if manifest else []
    return {
        "format": "writ.verification.v1",
        "holds": faults.count() == 0,
        "pack": {name: manifest[name] for name in named} if manifest else None,
        "proves": PROVES[manifest["kind"]] if manifest else None,
        "trust": "delivered" if pack.given["pinned"] is None else "pinned",
        "root": None if pack.root is None else pack.root.hex(),
        "rows": pack.rows,
        "unsigned": pack.unsigned,
        "disclosures": pack.disclosures,
        "cosignatures": pack.cosignatures,
        "previous": pack.previous,
        "older": pack.older_sizes,
        "lost": [{"stream": s["stream"], "from": a, "to": b} for s in streams for a, b in s["lost"]],
        "behind": pack.behind,
        "faultCount": faults.count(),
        "faults": faults.in_order(),
    }


def check_members(pack):
    source, faults, manifest = pack.source, pack.faults, pack.manifest
    needed = ALL_KINDS + NEEDED[manifest["kind"]]
    allowed = needed + OPTIONAL + (["leaf-hashes.bin"] if manifest["kind"] == "range" else [])
    for member in dict.fromkeys([*source.sizes, *manifest["members"], *needed]):
        stated = manifest["members"].get(member)
        if member not in source.sizes:
            faults.add("members", "the member is missing", member)
        elif member not in allowed:
            faults.add("members", "the member does not belong to this kind", member)
        elif stated is not None:
            check_content(pack, member, stated)
        elif member not in UNSEALED:
            faults.add("members", "the manifest does not name the member", member)


def check_content(pack, member, stated):
    size = pack.source.sizes[member]
    if size != stated["bytes"]:
        pack.faults.add("members", "the member has not the size that the manifest says", member)
    if size > stated["bytes"] + SLACK_BYTES:
        return
    digest, checksum = hashlib.sha256(), 0
    try:
        for chunk in pack.source.chunks(member):
            digest.update(chunk)
            checksum = zlib.crc32(chunk, checksum)
    except Broken:
        pack.faults.add("zip", BROKEN, member)
        return
    pack.readable.add(member)
    if not pack.source.has_sum(member, checksum):
        pack.faults.add("zip", OTHER_SUM, member)
    if size == stated["bytes"] and digest.hexdigest() != stated["sha256"]:
        pack.faults.add("members", "the member has not the hash that the manifest says", member)


# -- Keys and signatures ---------------------------------------------------------------------------------------------


def check_trust(pack):
    member, given = "trust.json", pack.given
    data = read_sealed(pack, member, MIB)
    trust = read_trust(data)

    def fault(message):
        pack.faults.add("trust", message, member)

    if data is not None and trust is None:
        fault("the trust file is not of its form")
    if trust is not None:
        if not is_of_log(trust, pack.manifest):
            fault("the trust file is of another log")
        signers = signers_of(trust, trust["log_keys"])
        if not signers:
            fault("no key of the trust file signs it")
        if None in signers:
            fault("a signature of the trust file does not hold")
    believed = trust if given["pinned"] is None else follow(given["pinned"], trust, fault)
    pack.log_keys = believed["log_keys"] if believed else []
    pack.witnesses = (believed["witness_keys"] if believed else []) + given["witnesses"]


def is_of_log(one, other):
    return one["tenant"] == other["tenant"] and one["origin"] == other["origin"]


def follow(pinned, trust, fault):
    """The trust file to believe, when one is known already."""
    if trust is None:
        return pinned
    if not is_of_log(trust, pinned):
        fault("the trust file is of another log than the pinned one")
        return pinned
    newer = trust["version"] > pinned["version"]
    signers = [k for k in signers_of(trust, pinned["log_keys"]) if k is not None and not (newer and k["until"] is not None)]
    if not signers:
        fault("the trust file is not signed by a key of the pinned one")
    elif trust["version"] == pinned["version"] and trust["statement"] != pinned["statement"]:
        fault("two trust files of one version differ")
    return trust if signers and newer else pinned


def signers_of(trust, keys):
    """Of each signature by one of the keys the key, or None where the signature does not hold."""
    found = []
    for signature in trust["signatures"]:
        key = next((known for known in keys if known["id"] == signature["kid"]), None)
        if key is not None:
            holds = is_signed(trust["statement"], from_base64url(signature["signature"]), key["public"])
            found.append(key if holds else None)
    return found


def read_trust(data):
    trust = parse_canonical(data)
    if not is_trust(trust):
        return None
    log_keys = [dict(read_key_line(entry["key"]), until=entry["until"]) for entry in trust["logKeys"]]
    witnesses = [read_key_line(line) for line in trust["witnesses"]]
    sound = (
        all(key["type"] == LOG and key["name"] == trust["origin"] for key in log_keys)
        and all(key["type"] == WITNESS for key in witnesses)
        and len({key["id"] for key in log_keys}) == len(log_keys)
    )
    signed = {name: value for name, value in trust.items() if name != "signatures"}
    statement = utf8("writ.trust.v1\n" + canonical(signed))
    return dict(trust, log_keys=log_keys, witness_keys=witnesses, statement=statement) if sound else None


def check_signature(pack, manifest_bytes, jws):
    if jws is None:
        return

    def fault(message):
        pack.faults.add("signature", message, "manifest.jws")

    parts = jws.decode("latin-1").split(".", 3)
    header = parse_canonical(from_base64url(parts[0]) or b"") if len(parts) == 3 else UNREADABLE
    if not is_jws_header(header):
        return fault("the signature of the manifest is not of its form")
    key = next((known for known in pack.log_keys if known["id"] == header["kid"]), None)
    if key is None:
        return fault("the manifest is not signed by a known key")
    signed = f"{parts[0]}.{parts[1]}".encode("latin-1")
    whole = parts[1] == to_base64url(manifest_bytes)
    if not whole or not is_signed(signed, from_base64url(parts[2]), key["public"]):
        return fault("the signature of the manifest does not hold")
    if key["until"] is not None and pack.manifest["createdAt"] > key["until"]:
        fault("the key was retired before the manifest was made")


def check_checkpoint(pack):
    member = "checkpoint.note"
    data = read_sealed(pack, member, LONGEST_LINE)
    checkpoint = None if data is None else read_checkpoint(data)
    if data is not None and checkpoint is None:
        pack.faults.add("checkpoint", "the checkpoint is not of its form", member)
    if checkpoint is not None:
        pack.root = checkpoint["root"]
        if checkpoint["size"] != pack.manifest["treeSize"]:
            pack.faults.add("checkpoint", "the checkpoint is of another size than the manifest says", member)
        check_log_signature(pack, checkpoint, "checkpoint", "the checkpoint", member)
    check_witnesses(pack, checkpoint, member)


def check_log_signature(pack, checkpoint, check, what, member):
    """Origin and signature of a checkpoint, whichever it is."""
    if checkpoint["origin"] != pack.manifest["origin"]:
        pack.faults.add(check, f"{what} is of another log", member)
    verdicts = [
        is_signed(checkpoint["text"], line, key["public"]) for key in pack.log_keys for line in lines_of(checkpoint, key)
    ]
    if False in verdicts:
        pack.faults.add(check, f"a signature on {what} does not hold", member)
    elif not verdicts:
        pack.faults.add(check, f"{what} is not signed by a known key", member)


def lines_of(checkpoint, key):
    """The signatures on a note that claim to be of a key."""
    return [
        line[4:] for name, line in checkpoint["lines"] if name == key["name"] and line[:4].hex() == key["id"]
    ]


def check_witnesses(pack, checkpoint, member):
    known = {(key["name"], key["id"]): key for key in pack.witnesses}
    cosigned = set()
    for place, key in known.items() if checkpoint else ():
        for line in lines_of(checkpoint, key):
            time = cosignature_time(checkpoint, line, key)
            if time is None:
                pack.faults.add("witness", "a cosignature does not hold", member)
            else:
                cosigned.add(place)
                pack.cosignatures.append({"name": key["name"], "time": time})
    for key in pack.given["witnesses"]:
        if (key["name"], key["id"]) not in cosigned:
            pack.faults.add("witness", "a witness that was asked for did not cosign", member)
    pack.cosignatures.sort(key=lambda one: (one["name"], one["time"]))


def cosignature_time(checkpoint, line, key):
    """When a witness cosigned (C2SP tlog-cosignature), in seconds; None when it did not."""
    if len(line) != 72:
        return None
    (time,) = struct.unpack(">Q", line[:8])
    statement = b"cosignature/v1\ntime %d\n%s" % (time, checkpoint["text"])
    return time if time <= MOST_SAFE and is_signed(statement, line[8:], key["public"]) else None


# -- Growth ----------------------------------------------------------------------------------------------------------


def check_consistency(pack):
    member = "consistency.json"
    data = read_sealed(pack, member, LONGEST_LINE)
    proof = parse_canonical(data)

    def fault(message):
        pack.faults.add("consistency", message, member)

    before = None
    if is_consistency(proof):
        before = open_consistency(pack, proof, fault)
    elif data is not None:
        fault("the proof is not of its form")
    if before is not None:
        pack.previous = before["size"]
        check_log_signature(pack, before, "consistency", "the checkpoint before", member)
    for older in pack.given["older"]:
        check_older(pack, older, before)


def open_consistency(pack, proof, fault):
    """The checkpoint of the pack before; None for the first pack, and for what is no checkpoint."""
    if proof["from"] is None:
        if proof["hashes"]:
            fault("the proof is not of its form")
        return None
    before = read_checkpoint(utf8(proof["from"]))
    if before is None:
        fault("the checkpoint before is not of its form")
        return None
    hashes = [bytes.fromhex(text) for text in proof["hashes"]]
    size = pack.manifest["treeSize"]
    if pack.root is None or not is_consistent(before["size"], before["root"], size, pack.root, hashes):
        fault("the log does not grow from the checkpoint before")
    return before


def check_older(pack, older, before):
    """One that was given from elsewhere. What only the rows can show is handed on in `wanted`, by size."""
    manifest, size = pack.manifest, older["size"]
    pack.older_sizes.append(size)
    check_log_signature(pack, older, "older", "the older checkpoint", None)
    if size > manifest["treeSize"]:
        pack.faults.add("older", "the older checkpoint is of a larger log than the pack")
    elif size == manifest["treeSize"]:
        compare_roots(pack, older["root"], pack.root)
    elif before is not None and size == before["size"]:
        compare_roots(pack, older["root"], before["root"])
    elif manifest["kind"] != "filter" and manifest["from"] <= size <= manifest["to"]:
        pack.wanted.setdefault(size, []).append(older["root"])
    elif size > 0 or older["root"] != sha256():
        pack.faults.add("older", CANNOT_SHOW)


def compare_roots(pack, older, found):
    if older != found:
        pack.faults.add("older", "the log does not grow from the older checkpoint")


# -- Streams: keys of nodes, signed heads and batches ----------------------------------------------------------------


class Stream:
    """One stream of records: what its node signed, and where the rows have come."""

    def __init__(self, stream, lost):
        self.stream, self.lost = stream, lost
        self.head = None
        self.head_unsigned = False
        self.ranges = array("Q")  # where signed batches lie, from and end in turn, sorted by from
        self.signed = Hashes()  # record hashes that the node signed, by sequence number
        self.next_range = self.next_lost = self.covered = 0
        self.first = self.last = None
        self.rows = 0
        self.pending = []  # rows that no signed hash has followed yet
        self.tail = None  # the row before them

    def cover(self, start, end):
        """Batches that touch are one range. They may overlap: a node sends again what it saw no confirmation of."""
        ranges = self.ranges
        if ranges and ranges[-2] <= start <= ranges[-1]:
            ranges[-1] = max(ranges[-1], end)
        else:
            ranges.extend((start, end))


class Hashes:
    """Hashes by sequence number: of tiny batches there is one for each record, so those that ascend, as all do in a true pack, take 40 bytes
    each."""

    def __init__(self):
        self.seqs, self.digests = array("Q"), bytearray()
        self.others = {}

    def get(self, seq):
        at = bisect_left(self.seqs, seq)
        if at < len(self.seqs) and self.seqs[at] == seq:
            return self.digests[32 * at : 32 * at + 32].hex()
        return self.others.get(seq)

    def add(self, seq, digest):
        if self.seqs and seq <= self.seqs[-1]:
            self.others[seq] = digest
        else:
            self.seqs.append(seq)
            self.digests += bytes.fromhex(digest)


def node_of(stream):
    return stream[: stream.index(":")]


def check_streams(pack):
    member, manifest = "streams.json", pack.manifest
    data = read_sealed(pack, member, 64 * MIB)
    read = parse_canonical(data)
    sound = is_streams(read)
    if data is not None and not sound:
        pack.faults.add("node", "the member is not of its form", member)
    for entry in manifest["streams"]:
        pack.streams[entry["stream"]] = Stream(entry["stream"], entry["lost"])
    if sound:
        take_streams(pack, read, member)
    check_batches(pack, sound)


def take_streams(pack, read, member):
    def fault(message, **place):
        pack.faults.add("node", message, member, **place)

    named = [entry["stream"] for entry in pack.manifest["streams"]]
    pack.nodes = {node["node"]: public_key_of(node["publicKey"]) for node in read["nodes"]}
    if [entry["stream"] for entry in read["streams"]] != named:
        fault("the streams are not those of the manifest")
    if [node["node"] for node in read["nodes"]] != list(dict.fromkeys(node_of(stream) for stream in named)):
        fault("the nodes are not those of the streams")
    for node in read["nodes"]:
        if pack.given["known_nodes"].get(node["node"], node["publicKey"]) != node["publicKey"]:
            fault("a node has another key than in the previous pack")
    for entry in read["streams"]:
        if entry["head"] is not None:
            take_head(pack, entry["stream"], entry["head"], fault)


def take_head(pack, stream, head, fault):
    next_seq, head_hash = head["nextSeq"], head["headHash"]
    state = pack.streams.get(stream)
    statement = f"writ.head.v1\n{stream}\n{next_seq}\n{head_hash}\n{head['at']}\n"
    if not is_signed_by_node(pack, stream, statement, head["signature"]):
        fault("a stream head is not signed by its node", stream=stream, seq=next_seq)
        if state is not None:
            state.head_unsigned = True
    elif state is not None:
        state.head = next_seq
        if next_seq > 0:
            state.signed.others[next_seq - 1] = head_hash


def take_signed(pack, state, seq, digest):
    """Whether it is what the node signed besides."""
    known = state.signed.get(seq)
    if known is None:
        state.signed.add(seq, digest)
    agrees = known is None or known == digest
    if not agrees:
        pack.faults.add("node", "a node signed two histories of a stream", None, None, state.stream, seq)
    return agrees


def is_signed_by_node(pack, stream, statement, signature):
    key = pack.nodes.get(node_of(stream))
    return key is not None and is_signed(statement.encode(), from_base64url(signature), key)


def check_batches(pack, known):
    member, before = "batches.jsonl", None
    for line in read_lines(pack, member):
        batch = parse_canonical(line)
        if not is_batch(batch):
            pack.unreadable += 1
            pack.faults.add("node", "a line is not of its form", member)
            continue
        place = (batch["stream"], batch["fromSeq"], batch["count"])
        if before is not None and not before < place:
            pack.faults.add("node", "the batches are not sorted", member)
        before = place
        if known:
            take_batch(pack, batch, member)


def take_batch(pack, batch, member):
    stream, start, count = batch["stream"], batch["fromSeq"], batch["count"]
    state = pack.streams.get(stream)
    if state is None:
        pack.faults.add("node", "a batch is of a stream that the manifest does not name", member, None, stream, start)
        return
    statement = f"writ.batch.v1\n{stream}\n{start}\n{count}\n{batch['headHash']}\n"
    if is_signed_by_node(pack, stream, statement, batch["signature"]):
        if take_signed(pack, state, start + count - 1, batch["headHash"]):
            state.cover(start, start + count)
    else:
        pack.faults.add("node", "a batch is not signed by its node", member, None, stream, start)


# -- Rows: one pass over all that has a line for each record ---------------------------------------------------------


def check_rows(pack):
    pack.bundles = {(bundle["version"], bundle["sha256"]): False for bundle in pack.manifest["bundles"]}
    leaves = Leaves(pack)
    tree = Proofs(pack) if pack.manifest["kind"] == "filter" else RangeTree(pack)
    disclosures = Disclosures(pack)
    csv = Csv(pack)
    for line in read_lines(pack, "records.jsonl"):
        leaf = leaves.next(pack.rows)
        pack.rows += 1
        tree.add(leaf, sha256(b"\0", line))
        record = parse_canonical(line)
        if is_record(record):
            take_record(pack, record, leaf, hashlib.sha256(line).hexdigest())
        else:
            pack.unreadable += 1
            pack.faults.add("form", "the record is not of its form", "records.jsonl", leaf)
        csv.next(leaf, record, disclosures.next(leaf, record))
    for part in (leaves, tree, disclosures, csv):
        part.end(pack.rows)
    for state in pack.streams.values():
        settle(pack, state)
        if state.head_unsigned and state.tail is not None:
            state.tail.fault(pack, "node", "the head of the stream that ends here is not signed by its node")


def take_record(pack, record, leaf, digest):
    tenant, stream, bundle = record["tenant"], record["stream"], record.get("bundle")
    row = Row(leaf, stream, record["seq"], record["prev"], digest)
    if is_bundle(bundle):
        take_bundle(pack, (bundle["version"], bundle["sha256"]))
    if tenant != pack.manifest["tenant"]:
        row.fault(pack, "tenant", "the record is of another tenant")
    elif not stream.endswith(":" + tenant) or node_of(stream) != record["gateway"]["node"]:
        row.fault(pack, "tenant", "the stream is not of the tenant and the node of the record")
    else:
        state = state_of(pack, row)
        if state is not None:
            check_maker(pack, record, row)
            take_row(pack, state, row)


def take_bundle(pack, bundle):
    if bundle in pack.bundles:
        pack.bundles[bundle] = True
    else:
        pack.has_other_bundle = True


def check_maker(pack, record, row):
    """Enforcement points tell of calls and the platform of administration: one key that says both is in hands that it was not given to."""
    maker = maker_of(record)
    if maker is None:
        return
    known = pack.makers.setdefault(record["gateway"]["node"], maker)
    if maker == "both" or maker != known:
        row.fault(pack, "node", "a node says what points say and what the platform says")


def maker_of(record):
    """Who makes such a record: "point", "platform", or nobody ("both"); None where either does, or the kind is not known here."""
    kind = record.get("kind")
    kind = kind if isinstance(kind, str) else ""
    of_point = kind in OF_POINTS or (kind == "closed" and record.get("outcome") != "unknown")
    of_platform = kind in OF_PLATFORM or any(record.get(name) is not None for name in MEMBERS_OF_PLATFORM)
    if of_point and of_platform:
        return "both"
    if of_point:
        return "point"
    return "platform" if of_platform else None


OF_POINTS = {"opened", "applied", "stream_opened", "stream_closed", "gap"}
OF_PLATFORM = {"administered", "found", "stream_lost", "erasure"}
MEMBERS_OF_PLATFORM = ("administration", "finding", "lost", "erasure")


class Row:
    __slots__ = ("leaf", "stream", "seq", "prev", "digest", "standing")

    def __init__(self, leaf, stream, seq, prev, digest):
        self.leaf, self.stream, self.seq, self.prev, self.digest = leaf, stream, seq, prev, digest
        self.standing = None

    def fault(self, pack, check, message):
        pack.faults.add(check, message, "records.jsonl", self.leaf, self.stream, self.seq)


class Leaves:
    """Leaf indexes, one for each record. In a range they are known, so a record is named also where `leaves.txt` is altered."""

    def __init__(self, pack):
        self.faults, manifest = pack.faults, pack.manifest
        self.start, self.to = manifest["from"], manifest["to"]
        self.is_range = manifest["kind"] == "range"
        self.lines = read_lines(pack, "leaves.txt")
        self.before = self.start - 1
        self.broken = False
        self.said = set()

    def once(self, message, leaf):
        if message not in self.said:
            self.faults.add("leaves", message, "leaves.txt", leaf)
        self.said.add(message)

    def last(self):
        """Behind which a record stands of which no leaf index is known."""
        return self.before if self.before >= self.start else None

    def next(self, row):
        line = next(self.lines, None)
        stated = None if line is None else read_count(line.decode("latin-1"))
        expected = self.start + row if self.start + row < self.to else None
        placed = self.start + row if self.is_range else self.last()
        if line is None:
            self.once("there are fewer leaf indexes than records", placed)
        else:
            self.judge(stated, expected)
        if self.is_range and expected is None:
            self.once("there are more records than the range has leaves", placed)
        return expected if self.is_range else stated

    def fault(self, message, *named):
        for leaf in named:
            self.faults.add("leaves", message, "leaves.txt", leaf)
        self.broken = True

    def judge(self, stated, expected):
        """Where the order breaks both are named: the index, and the one that it is in the place of or behind."""
        ascending = stated is not None and self.before < stated < self.to
        if self.is_range and stated != expected:
            also = [] if self.broken or stated is None else [stated]
            self.fault("the leaf index is not the next one", expected, *also)
        elif self.is_range or ascending:
            self.broken = False
        else:
            also = [] if (stated or 0) > self.before or self.before < self.start else [self.before]
            self.fault("the leaf indexes do not ascend within the range", stated, *also)
        if stated is not None:
            self.before = stated

    def end(self, rows):
        line = next(self.lines, None)
        if line is not None:
            left = read_count(line.decode("latin-1"))
            self.faults.add("leaves", "there are more leaf indexes than records", "leaves.txt", left)
        if self.is_range and self.start + rows < self.to:
            missing = self.start + rows
            self.faults.add("leaves", "there are fewer records than the range has leaves", "leaves.txt", missing)


LONG_WAIT = 2  # a line that so many records did not find to be theirs is named too: it may stand far too early, and then few of them are listed


class Proofs:
    """Up to the root by a proof for each row. Both ascend, so that a proof before its row is of a record that is gone, and one behind it waits."""

    NO_PROOF = {"leaf": None, "hashes": None}

    def __init__(self, pack):
        self.pack = pack
        self.waiting = None
        self.waits = 0
        self.lines = self.read()

    def read(self):
        before = 0
        for line in read_lines(self.pack, "proofs.jsonl"):
            proof = parse_canonical(line)
            if not is_proof(proof):
                self.pack.unreadable += 1
                yield self.NO_PROOF
                continue
            if proof["leaf"] < before:
                self.fault("the proofs are not sorted", before)
            before = proof["leaf"]
            yield proof

    def fault(self, message, leaf):
        self.pack.faults.add("inclusion", message, "proofs.jsonl", leaf)

    def stray(self, proof):
        leaf = proof["leaf"]
        self.fault("the proof is not of its form" if leaf is None else "the proof is of no record here", leaf)

    def take_for(self, leaf):
        """The line of a row; None where there is none."""
        proof = self.waiting or next(self.lines, None)
        while proof is not None and place_of(proof, leaf) < 0:
            self.stray(proof)
            proof = next(self.lines, None)
        later = proof is not None and place_of(proof, leaf) > 0
        self.waiting = proof if later else None
        self.waits = self.waits + 1 if later else 0
        if self.waits == LONG_WAIT:
            self.fault("the proofs go on only with this record", proof["leaf"])
        return None if later else proof

    def add(self, leaf, digest):
        proof = self.take_for(leaf)
        message = self.fault_of(proof, leaf, digest)
        if message is not None:
            self.fault(message, proof["leaf"] if leaf is None and proof is not None else leaf)

    def fault_of(self, proof, leaf, digest):
        if proof is None:
            return "there is no proof of the record"
        if proof is self.NO_PROOF:
            return "the proof is not of its form"
        if leaf is None:
            return "the record of the proof has no leaf index"
        hashes = [bytes.fromhex(text) for text in proof["hashes"]]
        found = root_by_inclusion(leaf, self.pack.manifest["treeSize"], digest, hashes)
        return None if found is not None and found == self.pack.root else "the proof does not lead to the root"

    def end(self, _rows):
        if self.waiting is not None:
            self.stray(self.waiting)
        for proof in self.lines:
            self.stray(proof)


def place_of(proof, leaf):
    """Below 0 before the row of a leaf, above it behind; 0 where one of them says no leaf."""
    return 0 if proof["leaf"] is None or leaf is None else proof["leaf"] - leaf


class RangeTree:
    """The root from all leaf hashes of the range: of the rows, or of `leaf-hashes.bin`, where each row must be the one at its place."""

    def __init__(self, pack):
        self.pack, manifest = pack, pack.manifest
        self.at, self.to = manifest["from"], manifest["to"]
        self.proof = self.read_borders()
        self.tree = None if self.proof is None else Frontier(self.at, self.proof["left"])
        self.hashes = Reader(pack, "leaf-hashes.bin") if "leaf-hashes.bin" in pack.readable else None
        self.short = False

    def read_borders(self):
        pack, manifest, member = self.pack, self.pack.manifest, "range-proof.json"
        data = read_sealed(pack, member, LONGEST_LINE)
        proof = parse_canonical(data)
        if is_range_proof(proof):
            left, right = levels_of(0, manifest["from"]), levels_of(manifest["to"], manifest["treeSize"])
            if len(left) == len(proof["left"]) and len(right) == len(proof["right"]):
                return proof
            pack.faults.add("root", "the borders are not those of the range", member)
        elif data is not None:
            pack.faults.add("root", "the borders are not of their form", member)
        return None

    def take(self, digest):
        self.check_wanted()
        if self.tree is not None:
            self.tree.add(0, digest)
        self.at += 1

    def take_to(self, leaf):
        """Takes the hashes before a leaf and its own, which it returns; None where they end before it."""
        digest = None
        while self.at <= leaf and not self.short:
            digest = self.hashes.take(32)
            self.short = len(digest) < 32
            if not self.short:
                self.take(digest)
        return None if self.short else digest

    def add(self, leaf, digest):
        if leaf is None or leaf < self.at or leaf >= self.to:
            return
        if self.hashes is None:
            self.take(digest)
            return
        stated = self.take_to(leaf)
        if stated is not None and stated != digest:
            self.pack.faults.add("leaf", "the record is not the one that the tree holds", "records.jsonl", leaf)

    def check_wanted(self):
        """Compares the root of the leaves so far with an older checkpoint of that size."""
        if self.tree is not None and self.at in self.pack.wanted:
            for root in self.pack.wanted.pop(self.at):
                compare_roots(self.pack, root, self.tree.root())

    def end(self, _rows):
        pack = self.pack
        if self.hashes is not None:
            self.take_to(self.to - 1)
        if self.short or (self.hashes is not None and self.hashes.take(1)):
            leaf = self.at if self.short else None
            pack.faults.add("root", "there is not one hash for each leaf of the range", "leaf-hashes.bin", leaf)
        self.check_wanted()
        if self.proof is not None and self.closed() != pack.root:
            pack.faults.add("root", "the records of the range do not lead to the root", "records.jsonl")
        if pack.wanted:
            pack.faults.add("older", CANNOT_SHOW)

    def closed(self):
        if self.at != self.to:
            return b""
        for level, text in zip(levels_of(self.to, self.pack.manifest["treeSize"]), self.proof["right"]):
            self.tree.add(level, bytes.fromhex(text))
        return self.tree.root()


# -- Streams: order, gaps, and the chain -----------------------------------------------------------------------------


def state_of(pack, row):
    """None where the manifest does not name the stream, and too many such are followed already."""
    if row.stream not in pack.streams:
        row.fault(pack, "stream", "the manifest does not name the stream of the record")
        if len(pack.streams) - len(pack.manifest["streams"]) >= MOST_UNNAMED:
            return None
        pack.streams[row.stream] = Stream(row.stream, [])
    return pack.streams[row.stream]


def take_row(pack, state, row):
    if state.last is not None and row.seq <= state.last:
        row.fault(pack, "stream", "the sequence numbers of the stream do not ascend")
        return
    check_gap(pack, state, row)
    if (row.seq == 0) != (row.prev == STREAM_START):
        row.fault(pack, "chain", "the record does not begin its stream")
    if state.last is not None and row.seq != state.last + 1:
        settle(pack, state)
    state.pending.append(row)
    if state.signed.get(row.seq) is not None or len(state.pending) >= MOST_PENDING:
        settle(pack, state)
    if not is_covered(state, row.seq):
        row.fault(pack, "node", "no signed batch holds the record")
    if state.first is None:
        state.first = row.seq
    state.last = row.seq
    state.rows += 1


def check_gap(pack, state, row):
    """Rows ascend and so do the lost ranges, which lie apart: only the first one that does not end before the row can matter."""
    while state.next_lost < len(state.lost) and state.lost[state.next_lost][1] < row.seq:
        state.next_lost += 1
    start, end = state.lost[state.next_lost] if state.next_lost < len(state.lost) else (None, None)
    if start is not None and start <= row.seq < end:
        row.fault(pack, "stream", "the manifest says that this record is lost")
    if pack.manifest["kind"] != "range" or (state.last is None and pack.manifest["from"] > 0):
        return
    wanted = 0 if state.last is None else state.last + 1
    if row.seq != wanted and (start is None or start > wanted):
        row.fault(pack, "stream", "records of the stream are missing before this one")


def is_covered(state, seq):
    while state.next_range < len(state.ranges) and state.ranges[state.next_range] <= seq:
        state.covered = max(state.covered, state.ranges[state.next_range + 1])
        state.next_range += 2
    return seq < state.covered


def settle(pack, state):
    """Walks consecutive rows backwards: a signed hash proves one record, and a proven record proves the one before it by naming its
    hash. So a break is blamed on the record that was changed, and not on the one that notices it."""
    following = None
    for row in reversed(state.pending):
        row.standing = standing_of(state, row, following)
        if row.standing == "altered":
            row.fault(pack, "chain", "the record is not the one that was signed")
        if row.standing == "unproven":
            pack.unsigned += 1
        if following is not None:
            check_link(pack, row, following)
        following = row
    tail = state.tail
    if tail is not None and following is not None and tail.seq + 1 == following.seq:
        check_link(pack, tail, following)
    if state.pending:
        state.tail = state.pending[-1]
    state.pending = []


def standing_of(state, row, following):
    own = state.signed.get(row.seq)
    if own is not None:
        return "sound" if own == row.digest else "altered"
    if following is None or following.standing != "sound":
        return "unproven"
    return "sound" if following.prev == row.digest else "altered"


def check_link(pack, row, following):
    if following.prev == row.digest:
        return
    if row.standing == "sound":
        following.fault(pack, "chain", "the record does not follow the one before it")
    elif row.standing == "unproven":
        row.fault(pack, "chain", "the record that follows names another hash")


def check_counts(pack):
    manifest, faults, member = pack.manifest, pack.faults, "manifest.json"
    for entry in manifest["streams"]:
        state = pack.streams[entry["stream"]]
        if (entry["first"], entry["last"], entry["rows"]) != (state.first, state.last, state.rows):
            faults.add("stream", "the manifest says otherwise of the stream", member, None, entry["stream"])
        if manifest["kind"] == "range" and manifest["to"] == manifest["treeSize"]:
            known = max(0 if state.last is None else state.last + 1, state.lost[-1][1] if state.lost else 0)
            if state.head is not None and state.head > known:
                pack.behind.append({"stream": entry["stream"], "last": state.last, "head": state.head})
    if manifest["rows"] != pack.rows:
        faults.add("counts", "the number of records is not what the manifest says", member)
    if pack.has_other_bundle or not all(pack.bundles.values()):
        faults.add("counts", "the policy bundles are not those that the manifest says", member)


# -- Disclosures and the CSV -----------------------------------------------------------------------------------------


class Disclosures:
    def __init__(self, pack):
        self.pack = pack
        self.waiting = self.before = None
        self.lines = self.read()

    def read(self):
        for line in read_lines(self.pack, "disclosures.jsonl"):
            disclosure = parse_canonical(line)
            if is_disclosure(disclosure):
                yield disclosure
            else:
                self.pack.unreadable += 1
                self.fault("a line is not of its form")

    def fault(self, message, leaf=None):
        self.pack.faults.add("disclosure", message, "disclosures.jsonl", leaf)

    def take_to(self, leaf):
        """Those of the leaves up to one."""
        while True:
            if self.waiting is None:
                self.waiting = next(self.lines, None)
            if self.waiting is None or (leaf is not None and self.waiting["leaf"] > leaf):
                return
            place = (self.waiting["leaf"], utf16(self.waiting["path"]))
            if self.before is not None and not self.before < place:
                self.fault("the disclosures are not sorted", self.before[0])
            self.before = place
            yield self.waiting
            self.waiting = None

    def next(self, leaf, record):
        """What is disclosed of a record, by path."""
        disclosed = {}
        for disclosure in self.take_to(leaf) if leaf is not None else ():
            if disclosure["leaf"] != leaf:
                self.fault("the disclosure is of no record here", disclosure["leaf"])
            elif is_committed(record, disclosure):
                disclosed[disclosure["path"]] = disclosure["value"]
            else:
                self.fault("the value is not the one that was committed to", leaf)
        self.pack.disclosures += len(disclosed)
        return disclosed

    def end(self, _rows):
        for disclosure in self.take_to(None):
            self.fault("the disclosure is of no record here", disclosure["leaf"])


def is_committed(record, disclosure):
    path, value = disclosure["path"], disclosure["value"]
    names = [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]]
    sealed = value_at(record, names)
    # half a surrogate pair has no UTF-8: it would pass for the character that stands for it
    if not path.startswith("/") or not isinstance(sealed, dict) or utf8(value).decode() != value:
        return False
    digest = sha256(b"writ-c1", bytes.fromhex(disclosure["salt"]), utf8(value))
    return sealed.get("c") == digest.hex()


MISSING = object()


def value_at(value, names):
    for name in names:
        if isinstance(value, dict):
            value = value.get(name, MISSING)
        elif isinstance(value, list):
            index = read_count(name)
            value = value[index] if index is not None and index < len(value) else MISSING
        else:
            return MISSING
    return value


class Csv:
    """The CSV is made again from the records, and must be the same bytes. It is followed up to the first row that is no record's, and over rows
    that are gone. No row is made before the CSV says the leaf of the record, and no more of it than agrees: a row can be as large as its
    record many times over."""

    def __init__(self, pack):
        self.pack = pack
        self.over = "records.csv" not in pack.readable
        self.before = self.waits = 0
        if self.over:
            return
        self.reader = Reader(pack, "records.csv")
        self.columns = self.read_header()
        if self.columns is None:
            self.over = True
            self.fault("the CSV has no header of its form")

    def fault(self, message, leaf=None):
        self.pack.faults.add("csv", message, "records.csv", leaf)

    def read_header(self):
        text = b""
        while not text.endswith(b"\r\n"):
            char = self.reader.take(1)
            if not char or len(text) == LONGEST_LINE:
                return None
            text += char
        cells = text[:-2].split(b",")
        if cells[0] != b'"leaf"' or not all(re.fullmatch(rb'"[A-Za-z0-9_.]+"', cell) for cell in cells):
            return None
        if len(set(cells[1:])) < len(cells) - 1:
            return None  # with a column many times over, the row of one record could be longer than any text
        return [cell[1:-1].decode("ascii").split(".") for cell in cells[1:]]

    def next(self, leaf, record, disclosed):
        if self.over:
            return
        other = leaf_of_row(self.reader.peek(LEAF_CELL_BYTES))
        place = 0 if leaf is None or other is None else other - leaf
        if place == 0 and self.takes_all(self.row_of(leaf, record, disclosed)):
            self.before = self.before if leaf is None else leaf
            self.waits = 0
            return
        self.over = place <= 0
        self.waits += 1
        if place > 0 and self.waits == LONG_WAIT:
            self.fault("the CSV goes on only with this record", other)
        if place < 0:
            self.stray(other)
        elif place > 0:
            self.fault("the CSV has no row of the record", leaf)
        else:
            self.fault("the CSV says something else than the record", other if leaf is None else leaf)

    def row_of(self, leaf, record, disclosed):
        """The row of a record, in parts of some cells each."""
        part = quoted("null" if leaf is None else str(leaf))
        for names in self.columns:
            part += "," + quoted(cell_of(record, names, disclosed))
            if len(part) > LONGEST_LINE:
                yield part
                part = ""
        yield part + "\r\n"

    def takes_all(self, texts):
        """Whether texts are what comes next."""
        return all(self.reader.take(len(wanted)) == wanted for wanted in map(utf8, texts))

    def stray(self, leaf):
        self.fault("the CSV has rows that no record has", leaf)
        if leaf is not None and leaf < self.before:
            self.fault("the rows of the CSV are not sorted", self.before)

    def end(self, _rows):
        rest = b"" if self.over else self.reader.take(LEAF_CELL_BYTES)
        if rest:
            self.stray(leaf_of_row(rest))


# the longest number of a leaf, its quotes and what follows them
LEAF_CELL_BYTES = 18


def leaf_of_row(row):
    leaf = re.match(rb'"(0|[1-9][0-9]{0,14})"[,\r]', row)
    return leaf and int(leaf.group(1))


# where a spreadsheet could take what follows for a formula, also one that separates cells by ";" or tabs, whatever is quoted
FORMULA = re.compile("^(?=[\t\r\n])|(?<![^;\t\r\n])(?=[ \"'\u00a0\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def quoted(cell):
    return '"' + FORMULA.sub("'", cell).replace('"', '""') + '"'


def cell_of(record, names, disclosed):
    value = value_at(record, names)
    if value is MISSING or value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and "c" in value and "ct" in value:
        return disclosed.get("/" + "/".join(names), "(sealed)")
    return canonical(value)


# -- Merkle tree (RFC 6962) ------------------------------------------------------------------------------------------


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def parent_of(left, right):
    return sha256(b"\1", left, right)


def largest_power_below(size):
    return 1 << ((size - 1).bit_length() - 1)


def root_by_inclusion(leaf, size, digest, proof):
    """The root that a proof leads to; None when it has not as many hashes as the place needs."""
    if leaf >= size:
        return None
    sides = []  # from the root down: whether the leaf is on the left
    while size > 1:
        split = largest_power_below(size)
        sides.append(leaf < split)
        leaf, size = (leaf, split) if leaf < split else (leaf - split, size - split)
    if len(sides) != len(proof):
        return None
    for is_left, sibling in zip(reversed(sides), proof):
        digest = parent_of(digest, sibling) if is_left else parent_of(sibling, digest)
    return digest


def is_consistent(old_size, old_root, size, root, proof):
    """Whether the tree of `size` leaves begins with the one of `old_size`."""
    if old_size > size:
        return False
    if old_size == 0:
        return not proof and old_root == sha256()
    sides = []  # from the root down: whether the edge of the old tree is on the left
    edge, width = old_size, size
    while edge != width:
        split = largest_power_below(width)
        sides.append(edge <= split)
        edge, width = (edge, split) if edge <= split else (edge - split, width - split)
    rest = list(proof)
    if all(sides):
        found_old = found = old_root  # the old tree is a whole left subtree: its root is known
    elif rest:
        found_old = found = rest.pop(0)
    else:
        return False
    if len(rest) != len(sides):
        return False
    for is_left, sibling in zip(reversed(sides), rest):
        if is_left:
            found = parent_of(found, sibling)
        else:
            found_old, found = parent_of(sibling, found_old), parent_of(sibling, found)
    return found_old == old_root and found == root


class Frontier:
    """The perfect subtrees that cover the first leaves of a tree, largest first: it takes more leaves or subtrees and knows the root."""

    def __init__(self, size, left):
        self.parts = [(level, bytes.fromhex(text)) for level, text in zip(levels_of(0, size), left)]

    def add(self, level, digest):
        parts = self.parts
        while parts and parts[-1][0] == level:
            digest = parent_of(parts.pop()[1], digest)
            level += 1
        parts.append((level, digest))

    def root(self):
        if not self.parts:
            return sha256()
        found = self.parts[-1][1]
        for _, digest in reversed(self.parts[:-1]):
            found = parent_of(digest, found)
        return found


def levels_of(start, end):
    """Levels of the fewest perfect subtrees that cover [start, end), from left to right."""
    levels = []
    while start < end:
        level = 0
        while start % 2 ** (level + 1) == 0 and start + 2 ** (level + 1) <= end:
            level += 1
        levels.append(level)
        start += 2**level
    return levels


# -- Notes and keys --------------------------------------------------------------------------------------------------

LOG, WITNESS = 1, 4


def read_checkpoint(data):
    """A signed note that is a checkpoint (C2SP signed-note, tlog-checkpoint); None for anything else."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n") or any(char < " " and char != "\n" for char in note):
        return None
    text = note[: cut + 1]
    lines = [read_signature_line(line) for line in note[cut + 2 : -1].split("\n")]
    head = text.split("\n")
    if len(head) != 4 or not head[0] or len(lines) > 100 or None in lines:
        return None
    size, root = read_count(head[1]), from_base64(head[2])
    if size is None or root is None or len(root) != 32:
        return None
    return {"text": text.encode("utf-8"), "origin": head[0], "size": size, "root": root, "lines": lines}


def read_signature_line(line):
    found = re.fullmatch("\u2014 ([!-*,-~]+) ([A-Za-z0-9+/=]+)", line)
    data = from_base64(found[2]) if found else None
    return None if data is None or len(data) < 5 else (found[1], data)


def read_key_line(line):
    """A C2SP verifier key: `<name>+<key id>+<base64 of type and key>`; None for anything else."""
    found = re.fullmatch(r"([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", line)
    data = from_base64(found[3]) if found else None
    if data is None or len(data) != 33 or not is_key(data[1:]):
        return None
    name, key_id = found[1], found[2]
    own = sha256(name.encode() + b"\n", data).hex()[:8]
    return {"name": name, "id": key_id, "type": data[0], "public": data[1:]} if own == key_id else None


def public_key_of(text):
    data = from_base64url(text)
    return data if data is not None and is_key(data) else None


# -- Ed25519 (RFC 8032), strict: S < L, no cofactor, no key that is not canonical or of the small subgroup ------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
SMALL_ORDER = {
    0,
    1,
    P - 1,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
}
NEUTRAL = (0, 1, 1, 0)


def is_key(data):
    if len(data) != 32:
        return False
    y = int.from_bytes(data, "little") & (2**255 - 1)
    return y < P and y not in SMALL_ORDER


def is_signed(message, signature, public):
    """Whether a signature over a message holds under a raw public key."""
    if signature is None or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    key = key_of(public)
    if s >= L or key.point is None:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    # R = [S]B - [k]A
    return encoded(added(BASE.times(s), key.times(k))) == signature[:32]


TABLE_FROM_USE = 3  # the tables of a point cost about as much as three products without them
MOST_KEYS = 64  # a point with its tables takes a third of a megabyte


class Point:
    """A point that is multiplied. None where there is no such point."""

    def __init__(self, point):
        self.point = point
        self.uses = 0
        self.tables = None

    def times(self, scalar):
        self.uses += 1
        if self.tables is None and self.uses >= TABLE_FROM_USE:
            self.tables = tables_of(self.point)
        return with_tables(self.tables, scalar) if self.tables else without_tables(self.point, scalar)


@functools.lru_cache(maxsize=MOST_KEYS)
def key_of(public):
    """A raw public key, negated."""
    y = int.from_bytes(public, "little")
    return Point(negated(point_of(y & (2**255 - 1), y >> 255)))


def tables_of(point):
    """The multiples d * 16^i of a point: a product is then 64 additions."""
    tables = []
    for _ in range(64):
        row = multiples(point)
        tables.append(row)
        point = added(row[15], point)
    return tables


def multiples(point):
    row = [NEUTRAL]
    for _ in range(15):
        row.append(added(row[-1], point))
    return row


def with_tables(tables, scalar):
    total = NEUTRAL
    for row in tables:
        if scalar & 15:
            total = added(total, row[scalar & 15])
        scalar >>= 4
    return total


def without_tables(point, scalar):
    """The same, by doubling from the highest digit down."""
    row, total = multiples(point), NEUTRAL
    for at in range(252, -1, -4):
        for _ in range(4):
            total = added(total, total)
        total = added(total, row[scalar >> at & 15])
    return total


def added(one, other):
    """Extended coordinates (RFC 8032, 5.1.4)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = 2 * t1 * t2 * D % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def negated(point):
    return point and (P - point[0], point[1], point[2], P - point[3])


def point_of(y, sign):
    """The point with this y (RFC 8032, 5.1.3); None where there is none."""
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == P - u:
        x = x * SQRT_M1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = Point(point_of(4 * pow(5, P - 2, P) % P, 0))


def encoded(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


# -- Encodings -------------------------------------------------------------------------------------------------------


def from_base64(text):
    """None unless the text is the one form that the bytes have."""
    try:
        data = base64.b64decode(text)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def from_base64url(text):
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return data if to_base64url(data) == text else None


def to_base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read_count(text):
    count = int(text) if re.fullmatch("0|[1-9][0-9]{0,15}", text) else None
    return count if count is not None and count <= MOST_SAFE else None


def utf8(text):
    """Half a surrogate pair, which JSON can name, has no UTF-8: the replacement character stands for it."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode("utf-8")


def utf16(text):
    return text.encode("utf-16-be", "surrogatepass")


UNREADABLE = object()


def refuse(_text):
    raise ValueError("not a safe integer")


def safe_integer(text):
    return int(text) if len(text) <= 17 and abs(int(text)) <= MOST_SAFE else refuse(text)


DECODER = json.JSONDecoder(parse_float=refuse, parse_constant=refuse, parse_int=safe_integer)
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parse_canonical(data):
    """The value of a text in canonical form (RFC 8785 without fractions); UNREADABLE for any other text, and for None."""
    if data is None:
        return UNREADABLE
    try:
        if sum(map(data.count, (b"[", b"{", b","))) > MOST_PARTS:
            return UNREADABLE
        text = data.decode("utf-8")
        value = DECODER.decode(text)
        if is_plain(text) and ENCODER.encode(value) == text:
            return value
        return value if canonical(value) == text else UNREADABLE
    except (ValueError, RecursionError):
        return UNREADABLE


def is_plain(text):
    """Whether Python's own encoder gives the canonical form: no names that UTF-16 sorts otherwise, and not too deep."""
    return (text.isascii() or max(text) < "\ud800") and text.count("[") + text.count("{") <= DEEPEST


def canonical(value, depth=0):
    if value is None or isinstance(value, (bool, int, str)):
        return scalar_text(value)
    if depth == DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, list):
        return "[" + ",".join(canonical(member, depth + 1) for member in value) + "]"
    names = sorted(value, key=utf16)
    return "{" + ",".join(scalar_text(name) + ":" + canonical(value[name], depth + 1) for name in names) + "}"


def scalar_text(value):
    if type(value) is int:
        return str(value)
    text = ENCODER.encode(value)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def json_text(value):
    """JSON with members in the order in which they stand."""
    if isinstance(value, dict):
        return "{" + ",".join(scalar_text(name) + ":" + json_text(member) for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return scalar_text(value)


# -- Forms -----------------------------------------------------------------------------------------------------------


def is_text(value):
    return isinstance(value, str)


def is_count(value):
    return type(value) is int and value >= 0


def matches(pattern):
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def list_of(is_one):
    return lambda value: isinstance(value, list) and all(map(is_one, value))


def object_of(form):
    """Members that are not named may stand besides."""
    return lambda value: isinstance(value, dict) and all(n in value and fits(value[n]) for n, fits in form.items())


def one_of(*values):
    return lambda value: isinstance(value, str) and value in values


def or_none(fits):
    return lambda value: value is None or fits(value)


def sorted_list(is_one, key_of):
    def fits(value):
        if not list_of(is_one)(value):
            return False
        keys = [key_of(one) for one in value]
        return all(one < other for one, other in zip(keys, keys[1:]))

    return fits


def is_content(value):
    return isinstance(value, (dict, list))


is_hash = matches("[0-9a-f]{64}")
is_time = matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
is_stream_id = matches("nod_[0-9A-Z]{26}:boo_[0-9A-Z]{26}:ten_[0-9A-Z]{26}")
hashes = list_of(is_hash)
is_bundle = object_of({"version": is_count, "sha256": is_hash})
is_member = object_of({"bytes": is_count, "sha256": is_hash})


def is_lost(value):
    ranges = list_of(lambda one: list_of(is_count)(one) and len(one) == 2 and one[0] < one[1])
    return ranges(value) and all(one[1] < other[0] for one, other in zip(value, value[1:]))


def is_sealed(value):
    return isinstance(value, dict) and all(
        name in NAMES and name not in UNSEALED and is_member(member) for name, member in value.items()
    )


has_manifest_members = object_of(
    {
        "v": one_of("writ.pack.v1"),
        "id": is_text,
        "createdAt": is_time,
        "tenant": is_text,
        "origin": is_text,
        "kind": one_of(*NEEDED),
        "from": is_count,
        "to": is_count,
        "treeSize": is_count,
        "rows": is_count,
        "query": is_content,
        "requestedBy": is_content,
        "bundles": sorted_list(is_bundle, lambda one: (one["version"], one["sha256"])),
        "streams": sorted_list(
            object_of(
                {
                    "stream": is_stream_id,
                    "first": or_none(is_count),
                    "last": or_none(is_count),
                    "rows": is_count,
                    "lost": is_lost,
                }
            ),
            lambda one: one["stream"],
        ),
        "erasures": is_content,
        "members": is_sealed,
    }
)


def is_manifest(value):
    return has_manifest_members(value) and value["from"] <= value["to"] <= value["treeSize"]


def is_key_line(value):
    return isinstance(value, str) and read_key_line(value) is not None


has_trust_members = object_of(
    {
        "v": one_of("writ.trust.v1"),
        "version": is_count,
        "issuedAt": is_time,
        "tenant": is_text,
        "origin": is_text,
        "logKeys": list_of(object_of({"key": is_key_line, "until": or_none(is_time)})),
        "witnesses": list_of(is_key_line),
        "signatures": list_of(object_of({"kid": matches("[0-9a-f]{8}"), "signature": is_text})),
    }
)


def is_trust(value):
    return has_trust_members(value) and len(value["logKeys"]) > 0


has_jws_members = object_of({"alg": one_of("EdDSA"), "kid": matches("[0-9a-f]{8}")})


def is_jws_header(value):
    return has_jws_members(value) and set(value) <= {"alg", "kid", "typ"}


has_head_members = object_of({"at": is_time, "headHash": is_hash, "nextSeq": is_count, "signature": is_text})


def is_head(value):
    return has_head_members(value) and (value["nextSeq"] == 0) == (value["headHash"] == STREAM_START)


is_streams = object_of(
    {
        "nodes": sorted_list(
            object_of({"node": is_text, "publicKey": lambda text: is_text(text) and public_key_of(text) is not None}),
            lambda one: utf16(one["node"]),
        ),
        "streams": sorted_list(object_of({"stream": is_stream_id, "head": or_none(is_head)}), lambda one: one["stream"]),
    }
)
has_batch_members = object_of(
    {
        "stream": is_stream_id,
        "fromSeq": is_count,
        "count": lambda value: is_count(value) and 0 < value <= 1000,
        "headHash": is_hash,
        "signature": is_text,
    }
)


def is_batch(value):
    return has_batch_members(value) and value["fromSeq"] + value["count"] <= MOST_SAFE


is_range_proof = object_of({"left": hashes, "right": hashes})
is_proof = object_of({"hashes": hashes, "leaf": is_count})
is_consistency = object_of({"from": or_none(is_text), "hashes": hashes})
is_disclosure = object_of({"leaf": is_count, "path": is_text, "salt": is_hash, "value": is_text})
is_record = object_of(
    {
        "v": one_of("writ.decision.v1", "writ.record.v1"),
        "tenant": is_text,
        "stream": is_stream_id,
        "seq": is_count,
        "prev": is_hash,
        "gateway": object_of({"node": is_text}),
    }
)


# -- Reading members -------------------------------------------------------------------------------------------------


class Broken(Exception):
    pass


BROKEN = "the member does not inflate to what the directory says"
OTHER_SUM = "the member has not the checksum that the directory says"
UNKNOWN_NAME = "a member has a name that no pack has"


def read_lines(pack, name):
    """The lines of a member, none behind too many that are not of their form."""
    lines = lines_of_member(pack, name)
    while pack.unreadable < MOST_UNREADABLE:
        line = next(lines, None)
        if line is None:
            return
        yield line


def lines_of_member(pack, name):
    """The last line counts also when its end is missing."""
    if name not in pack.readable:
        return
    rest = b""
    for chunk in pack.source.chunks(name):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        for line in lines:
            if len(line) > LONGEST_LINE:
                pack.faults.add("members", "a line of the member is too long", name)
                return
            yield line
        if len(rest) > LONGEST_LINE:
            pack.faults.add("members", "a line of the member is too long", name)
            return
    if rest:
        pack.faults.add("members", "the last line of the member has no end", name)
        yield rest


class Reader:
    """The bytes of a member, as many as are asked for, fewer at its end."""

    def __init__(self, pack, name):
        self.chunks = pack.source.chunks(name)
        self.rest = b""
        self.at = 0

    def peek(self, count):
        if len(self.rest) - self.at < count:
            parts = [self.rest[self.at :]]
            size = len(parts[0])
            while size < count:
                parts.append(next(self.chunks, b""))
                size += len(parts[-1])
                if not parts[-1]:
                    break
            self.rest, self.at = b"".join(parts), 0
        return self.rest[self.at : self.at + count]

    def take(self, count):
        taken = self.peek(count)
        self.at += len(taken)
        return taken


def read_sealed(pack, name, most_bytes):
    """A whole small member that the manifest names; None when it is not there or too long."""
    if name not in pack.readable:
        return None
    data = Reader(pack, name).take(most_bytes + 1)
    if len(data) <= most_bytes:
        return data
    pack.faults.add("members", "the member is too long", name)
    return None


def read_small(source, name, most_bytes, faults):
    """The same of the two that the manifest does not name: itself and its signature."""
    if name not in source.sizes:
        faults.add("members", "the member is missing", name)
        return None
    try:
        data = read_whole(source, name, most_bytes)
    except Broken:
        faults.add("zip", BROKEN, name)
        return None
    if data is None:
        faults.add("members", "the member is too long", name)
    elif not source.has_sum(name, zlib.crc32(data)):
        faults.add("zip", OTHER_SUM, name)
    return data


def read_whole(source, name, most_bytes):
    if name not in source.sizes or source.sizes[name] > most_bytes:
        return None
    return b"".join(source.chunks(name))


# -- A folder, or a zip ----------------------------------------------------------------------------------------------


def open_source(path):
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        raise CannotRun(f"cannot read {path}") from None
    if stat.S_ISDIR(mode):
        return Folder(path)
    if stat.S_ISREG(mode):
        return Zip(path)
    raise CannotRun(f"cannot read {path}")


class Folder:
    def __init__(self, path):
        self.path, self.sizes, self.faults = path, {}, []
        for name in os.listdir(path):
            found = os.lstat(os.path.join(path, name)) if name in NAMES else None
            if found is None:
                self.faults.append((UNKNOWN_NAME, None))
            elif not stat.S_ISREG(found.st_mode):
                self.faults.append(("the member is no regular file", name))
            else:
                self.sizes[name] = found.st_size

    def has_sum(self, _name, _checksum):
        return True

    def chunks(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            yield from whole(iter(lambda: file.read(64 * KIB), b""), self.sizes[name])


def whole(chunks, size):
    """Chunks that must have so many bytes."""
    found = 0
    for chunk in chunks:
        found += len(chunk)
        if found > size:
            break
        yield chunk
    if found != size:
        raise Broken


class Zip:
    """Reads the directory of a zip and compares it with what stands before it: no byte of the container is free."""

    def __init__(self, path):
        self.path, self.sizes, self.entries, self.faults = path, {}, {}, []
        with open(path, "rb") as file:
            found = self.read_entries(file, os.fstat(file.fileno()).st_size)
            if found is None:
                self.faults.append(("the file is no zip of this form", None))
                return
            following = 0
            for entry in found[0]:
                member = entry["name"] if entry["name"] in NAMES else None
                self.faults += [(message, member) for message in self.entry_faults(file, entry, following)]
                following = entry["end"]
                if member is None:
                    self.faults.append((UNKNOWN_NAME, None))
                elif member in self.entries:
                    self.faults.append(("the member stands twice", member))
                else:
                    self.entries[member], self.sizes[member] = entry, entry["size"]
            if following != found[1]:
                self.faults.append(("something lies between the members", None))

    @staticmethod
    def read_entries(file, size):
        """The entries, and where the directory begins; None where it is no zip of this form."""
        if size < 22:
            return None
        file.seek(size - 22)
        magic, disks, count, again, length, offset, comment = struct.unpack("<IIHHIIH", file.read(22))
        plain = magic == 0x06054B50 and disks == 0 and again == count and comment == 0
        if not plain or length > MIB or offset + length != size - 22:
            return None
        file.seek(offset)
        directory, at, entries = file.read(length), 0, []
        for _ in range(count):
            entry = entry_at(directory, at)
            if entry is None:
                return None
            entries.append(entry)
            at += entry["directory_bytes"]
        return (entries, offset) if at == len(directory) else None

    @staticmethod
    def entry_faults(file, entry, following):
        def stands(offset, data):
            file.seek(offset)
            return file.read(len(data)) == data

        local, descriptor = entry["local"], entry["descriptor"]
        if not entry["plain"]:
            yield "an entry of the directory is not of its form"
        if entry["offset"] != following:
            yield "something lies between the members"
        if not stands(entry["offset"], local):
            yield "a local header differs from the directory"
        if not stands(entry["end"] - len(descriptor), descriptor):
            yield "a data descriptor differs from the directory"

    def has_sum(self, name, checksum):
        return self.entries[name]["checksum"] == checksum

    def chunks(self, name):
        entry = self.entries[name]
        packed, size, method = entry["packed"], entry["size"], entry["method"]
        if packed == 0 and size == 0 and method == 0:
            return
        if packed == 0 or method not in (0, 8):
            raise Broken
        with open(self.path, "rb") as file:
            file.seek(entry["start"])
            stored = limited(file, packed)
            yield from whole(stored if method == 0 else inflated(stored), size)


def limited(file, size):
    while size > 0:
        chunk = file.read(min(size, 64 * KIB))
        if not chunk:
            return
        size -= len(chunk)
        yield chunk


def inflated(chunks):
    inflate = zlib.decompressobj(-15)
    try:
        for chunk in chunks:
            while chunk and not inflate.eof:
                data = inflate.decompress(chunk, 64 * KIB)
                chunk = inflate.unconsumed_tail
                if data:
                    yield data
            # what follows the end of the compressed stream would be hidden from this program and shown by another
            if inflate.unused_data or (inflate.eof and chunk):
                raise Broken
        while not inflate.eof:
            data = inflate.decompress(b"", 64 * KIB)
            if not data:
                raise Broken
            yield data
    except zlib.error:
        raise Broken from None


def entry_at(directory, at):
    """One entry, with the bytes that its local header and its descriptor must have. None where the directory ends before it does."""
    head = directory[at : at + 46]
    if len(head) < 46 or head[:4] != b"PK\1\2":
        return None
    made, needed, flags, method = struct.unpack("<HHHH", head[4:12])
    checksum, packed, size, name_bytes, extra_bytes, comment_bytes = struct.unpack("<IIIHHH", head[16:34])
    attributes, offset = struct.unpack("<II", head[38:46])
    directory_bytes = 46 + name_bytes + extra_bytes + comment_bytes
    if at + directory_bytes > len(directory):
        return None
    name = directory[at + 46 : at + 46 + name_bytes]
    described, sums = flags == 0x0808, head[16:28]
    descriptor = b"PK\7\10" + sums if described else b""
    start = offset + 30 + name_bytes
    return {
        "name": name.decode("latin-1"),
        "method": method,
        "checksum": checksum,
        "offset": offset,
        "start": start,
        "packed": packed,
        "size": size,
        "end": start + packed + len(descriptor),
        "directory_bytes": directory_bytes,
        "local": b"PK\3\4" + head[6:16] + (bytes(12) if described else sums) + head[28:30] + bytes(2) + name,
        "descriptor": descriptor,
        # made and to be read by known versions, stored or deflated, a regular file, and nothing else
        "plain": (made, needed) == (0x033F, 20)
        and flags in (0x0800, 0x0808)
        and method in (0, 8)
        and head[30:38] == bytes(8)
        and attributes == 0o100644 << 16,
    }


if __name__ == "__main__":
    sys.exit(main())
