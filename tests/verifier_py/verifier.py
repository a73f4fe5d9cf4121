"""A second verifier of dirchain evidence files, written from docs/evidence.md alone.

Usage: verifier.py FILE... (--genesis FILE --chain ID | --checkpoint FILE) [--who-may-read FIELD HEIGHT TIME]...
       [--never-granted DEPARTMENT FIELD FROM TO] [--absent HEIGHT]
Prints one JSON object for each file. Exit code: 0 valid, 1 invalid or the claim refuted, 2 cannot decide.
"""

import argparse
import base64
import json
import struct
import sys
from hashlib import sha256

import blake3
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

MAGIC = b"dirchain-proof-1"
ZERO = bytes(32)
FILE_MAX = 16 * 1024 * 1024
BOUNDS = {"epochs": 4096, "pins": 16, "records": 40000, "entries": 1000, "transactions": 40000, "events": 40000}
TREE_NODES_MAX = 400_000
BLOB = {"key": 128, "header": 512, "certificate": 65536, "validators": 65536, "note": 16384,
        "record": 640 * 1024, "action": 256 * 1024}
DAY_MS = 24 * 60 * 60 * 1000
UNDECIDED = {"before-checkpoint", "past-tip", "before-genesis", "empty-range", "not-in-file",
             "retired-keys", "pin-not-linked", "pin-too-old"}

REFUTED = {"was-granted", "existed"}

class Refused(Exception):
    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}")
        self.code = code

# Hashes and signatures
KEYS = {}

def tagged(tag, *parts):
    if tag not in KEYS:
        KEYS[tag] = blake3.blake3(b"dirchain/v1/" + tag.encode()).digest()
    return blake3.blake3(b"".join(parts), key=KEYS[tag]).digest()

def signed(public_key, message, signature):
    """Ed25519 as libsodium judges it: canonical S, no small-order point, no cofactor."""
    try:
        return VerifyKey(public_key).verify(message, signature) is not None
    except (BadSignatureError, ValueError):
        return False

signing_tag = lambda tag: tag.encode().ljust(32, b"\0")
# Merkle paths of RFC 6962's shape
def climb(leaf, index, count, path, inner):
    """The top that a path leads to, or None when it does not fit index and count."""
    if index >= count:
        return None
    node, last, top = index, count - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        while node == last and node and not node & 1:
            node, last = node >> 1, last >> 1
        top = inner(sibling, top) if node & 1 else inner(top, sibling)
        node, last = node >> 1, last >> 1
    return top if last == 0 else None

log_leaf = lambda data: sha256(b"\0" + data).digest()
in_log = lambda root, size, leaf, index, path: climb(leaf, index, size, path, lambda a, b: sha256(b"\1" + a + b).digest()) == root
def action_in(root, count, leaf, index, path):
    top = climb(leaf, index, count, path, lambda a, b: tagged("action-node", a, b))
    return top is not None and tagged("action-node", struct.pack("<Q", count), top) == root

# The file's frame
class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Refused("malformed", f"the end, at {self.at}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def count(self, bound):
        count = self.number("I")
        if count > bound:
            raise Refused("too-many", str(count))
        return count

    def blob(self, kind):
        return self.take(self.count(BLOB[kind]))

    def path(self):
        count = self.number("B")
        if count > 64:
            raise Refused("malformed", "a path's length")
        return [self.take(32) for _ in range(count)]

    def flag(self):
        flag = self.number("B")
        if flag > 1:
            raise Refused("malformed", "a flag")
        return flag == 1

    def list(self, kind, element):
        return [element() for _ in range(self.count(BOUNDS[kind]))]

bit = lambda key, depth: key[depth >> 3] >> (7 - (depth & 7)) & 1
def read_tree(reader):
    """The partial tree as nested tuples: ("empty",) ("leaf", key, value) ("inner", l, r) ("cut", hash)."""
    left = [TREE_NODES_MAX]

    def lone(node):
        return node[0] in ("empty", "leaf") or node[0] == "cut" and node[1][0] & 0x80 != 0

    def read(way, depth):
        left[0] -= 1
        if left[0] < 0:
            raise Refused("too-many", "nodes of the state tree")
        kind = reader.number("B")
        if kind == 0:
            return ("empty",)
        if kind == 1:
            key, value = reader.take(32), reader.take(32)
            if any(bit(key, at) != way[at] for at in range(depth)):
                raise Refused("malformed", "a leaf off its way")
            return ("leaf", key, value)
        if kind == 2 and depth < 256:
            low, high = read(way + [0], depth + 1), read(way + [1], depth + 1)
            if lone(low) and high == ("empty",) or low == ("empty",) and lone(high):
                raise Refused("malformed", "an inner node with one key")
            return ("inner", low, high)
        if kind == 3:
            cut = reader.take(32)
            if cut != ZERO:
                return ("cut", cut)
        raise Refused("malformed", "a node of the state tree")

    return read([], 0)

def tree_root(node):
    if node[0] in ("empty", "cut"):
        return node[1] if node[0] == "cut" else ZERO
    if node[0] == "leaf":
        digest = tagged("state-leaf", node[1], node[2])
        return bytes([digest[0] | 0x80]) + digest[1:]
    digest = tagged("state-node", tree_root(node[1]), tree_root(node[2]))
    return bytes([digest[0] & 0x7F]) + digest[1:]

def tree_get(node, key):
    """What a key maps to: a hash, None for nothing; Refused where the way is cut off."""
    depth = 0
    while node[0] == "inner":
        node = node[1 + bit(key, depth)]
        depth += 1
    if node[0] == "cut":
        raise Refused("record-not-proven", key.hex())
    return node[2] if node[0] == "leaf" and node[1] == key else None

# Record ids
DEPARTMENT, KEY, NODE, RESPONSIBILITY, RESOURCE, APPLICATION, AUTHORIZATION = range(1, 8)
PARAMETERS, PROPOSAL = bytes([9]), 11

text_id = lambda kind, text: bytes([kind]) + text.encode()
sharing_key = lambda kind, code, number: bytes([kind]) + code.encode() + b"\0" + struct.pack(">I", number)
def check_id(key):
    if not key or not 0 < key[0] <= KINDS:
        raise Refused("malformed", "a record's id")
    return key

# Records: bincode with fixed little-endian integers, 64-bit lengths, 32-bit variants
integer = lambda form: lambda d: d.number(form)
u8, u16, u32, u64, i64 = (integer(form) for form in "BHIQq")

raw = lambda count: lambda d: d.take(count)
text = lambda d: d.take(u64(d)).decode()
def option(inner):
    def decode(d):
        flag = u8(d)
        if flag > 1:
            raise ValueError("an option")
        return inner(d) if flag else None
    return decode

many = lambda inner: lambda d: [inner(d) for _ in range(u64(d))]
record = lambda **fields: lambda d: {name: decode(d) for name, decode in fields.items()}
def variants(*cases):
    """Each case is a name and a decoder of what it holds, or None."""
    def decode(d):
        index = u32(d)
        if index >= len(cases):
            raise ValueError("a variant")
        name, inner = cases[index]
        return (name, inner(d) if inner else None)
    return decode

hash32 = raw(32)
moment = record(height=u64, time=i64)
period = record(start=moment, to=option(moment))
trail = record(count=u64, head=hash32)
variant = u32
sharing = variants(("unconditional", None), ("conditional", option(text)), ("not_shared", option(text)))
field = record(number=u16, name=text, data_element=option(text), field_type=variant, length=option(u32),
               precision=option(u8), unit=option(text), sharing=option(sharing), level=option(variant))
entry = record(name=text, responsibility=option(text), summary=option(text), category=option(variant),
               kind=option(variant), fields=many(field), sharing=option(sharing), method=option(variant),
               openness=option(variant), update_cycle=option(variant), level=option(variant),
               related_codes=many(text), attributes=many(record(name=text, value=text)))
decision = record(department=text, key=hash32, at=moment, reason=option(text))
department = record(id=text, parent=option(text), credit_code=option(text), name=text, level=variant, region=text,
                    status=many(record(status=variant, since=moment)), successor=option(text), sub_units=u32,
                    proposals=u32, open_proposals=many(u32), trail=trail)
key_record = record(public_key=hash32, algorithm=variant, department=text, role=variant, next_sequence=u64,
                    valid=period, suspicions=many(record(since=u64, reported=moment)))
responsibility = record(code=text, holder=text, revision=u32, earlier_holders=many(record(holder=text, until=moment)), title=text, text=option(hash32),
                        legal_bases=many(record(document=text, article=option(text))),
                        effective=period, ended_as=option(variant), trail=trail)
draft = record(status=variants(("draft", None), ("submitted", decision), ("returned", record(reason=text, since=moment))),
               entry=entry)
resource = record(code=text, provider=text, earlier_providers=many(record(provider=text, until=moment)),
                  created=moment, revision=u32, draft=option(draft),
                  published=option(record(version=u32, since=moment, entry=entry)),
                  submissions=many(record(since=moment, ended=option(record(at=moment, outcome=variant)))),
                  versions=many(record(version=u32, period=period, entry=hash32, responsibility=option(text), decisions=many(decision))),
                  unconditional=many(record(field=u16, period=period)), withdrawn=option(record(reason=text, at=moment)), last_field=u16,
                  applications=u32, waiting=many(record(applicant=text, number=u32)), grants=many(record(number=u32, to=i64)), bindings=u32, objections=u32, obligations=u32, trail=trail)
authorization = record(id=text, grantee=text, responsibility=text, version=u32, fields=many(u16), purpose=text,
                       calls_per_day_max=option(u32), start=i64, to=i64, granted=decision, approvals=many(decision),
                       revision=u32, active=many(period), suspended=option(decision),
                       ended=option(record(kind=variant, decision=decision)))
header = record(version=u16, chain=hash32, height=u64, time=i64, parent=hash32, round=u32, builder=raw(20),
                transactions_root=hash32, header_log_root=hash32, state_root=hash32, validators_hash=hash32,
                next_validators_hash=hash32, rules_version=u32)
certificate = record(height=u64, round=u32, block=hash32,
                     signatures=many(record(validator=u16, signature=raw(64))))
validator_set = many(record(address=raw(20), key=hash32, node=text, department=text))
envelope = record(chain=hash32, author=hash32, sequence=u64, not_after=i64, action_count=u32, actions_root=hash32)

# The record kinds that verdicts rest on, by their variant in the encoding; others stay bytes.
RECORDS = {0: (DEPARTMENT, department), 1: (KEY, key_record), 3: (RESPONSIBILITY, responsibility),
           4: (RESOURCE, resource), 6: (AUTHORIZATION, authorization)}
KINDS = 63
# Variants of actions that are looked into.
(REGISTER_DEPARTMENT, REGISTER_KEY, REVOKE_KEY, SUSPECT_KEY, DECLARE, ABOLISH, DRAFT) = range(7)
APPROVE, REJECT, TAKE_BACK_PROPOSAL, SEAL = 22, 23, 24, 32
SIDES = ("provider", "consumer")
offer = record(public_key=hash32, algorithm=variant, role=variant, proof=raw(64))
ACTIONS = {
    REGISTER_DEPARTMENT: record(id=text, parent=option(text), credit_code=option(text), name=text, level=variant,
                                region=text, head=option(offer)),
    REGISTER_KEY: record(department=text, offer=offer),
    REVOKE_KEY: record(public_key=hash32),
    SUSPECT_KEY: record(public_key=hash32, since=u64),
    DECLARE: record(code=text, holder=text, title=text, text=option(hash32),
                    legal_bases=many(record(document=text, article=option(text)))),
    ABOLISH: record(code=text, revision=u32, reason=text),
    **dict.fromkeys((APPROVE, TAKE_BACK_PROPOSAL), record(proposal=text, revision=u32)),
    REJECT: record(proposal=text, revision=u32, reason=text),
    SEAL: record(batch=text, side=variants(*((side, None) for side in SIDES)),
                 counted=record(to=i64, calls=u64, denied=u64, rows=u64, fields=many(u16)), root=hash32),
    DRAFT: record(code=text, provider=text, revision=u32, entry_start=lambda d: d.at, entry=entry),
}

def whole(decode, data):
    """Decodes a value that must take all of the bytes."""
    d = Reader(data)
    try:
        value = decode(d)
    except ValueError as error:
        raise Refused("malformed", str(error)) from error
    if d.at != len(data):
        raise Refused("malformed", "bytes after a value")
    return value

def attempt(code, decode, data):
    try:
        return whole(decode, data)
    except Refused as error:
        raise Refused(code) from error

# Verification
class Set:
    def __init__(self, data):
        self.members = whole(validator_set, data)
        last, count = b"", len(self.members)
        for member in self.members:
            if tagged("address", member["key"])[:20] != member["address"] or member["address"] <= last:
                raise Refused("malformed", "a validator set")
            last = member["address"]
        distinct = [len({member[name] for member in self.members}) for name in ("node", "department")]
        if not 0 < count <= 128 or distinct != [count, count]:
            raise Refused("malformed", "a validator set")
        self.hash = tagged("validator-set", data)

def parse_header(chain, data):
    value = attempt("bad-header", header, data)
    if value["chain"] != chain or value["version"] != 1 or value["height"] == 0:
        raise Refused("bad-header")
    value["hash"] = tagged("header", data)
    value["leaf"] = log_leaf(data)
    return value

def check_decided(head, data, validators):
    if validators.hash != head["validators_hash"]:
        raise Refused("wrong-validators", str(head["height"]))
    found = attempt("wrong-certificate", certificate, data)
    if found["height"] != head["height"] or found["block"] != head["hash"]:
        raise Refused("wrong-certificate", str(head["height"]))
    members, last = validators.members, -1
    if len(found["signatures"]) < len(members) * 2 // 3 + 1:
        raise Refused("bad-certificate", "no quorum")
    for signature in found["signatures"]:
        index = signature["validator"]
        if index <= last or index >= len(members):
            raise Refused("bad-certificate", "indexes")
        last = index
        message = b"".join([
            signing_tag("dirchain/v1/vote"), head["chain"], b"\2", struct.pack("<QI", head["height"], found["round"]),
            b"\1", head["hash"], members[index]["address"]])
        if not signed(members[index]["key"], message, signature["signature"]):
            raise Refused("bad-certificate", "a signature")

class Anchor:
    def __init__(self, chain, height, validators, pinned=None, own_validators=None):
        self.chain, self.height, self.validators = chain, height, validators
        self.pinned, self.own_validators = pinned, own_validators

class File:
    def __init__(self, data):
        if len(data) > FILE_MAX:
            raise Refused("too-large")
        r = Reader(data)
        if r.take(16) != MAGIC:
            raise Refused("malformed", "the first bytes")
        self.chain = r.take(32)
        self.subject = check_id(r.blob("key"))
        self.epochs = r.list("epochs", lambda: (r.blob("header"), r.blob("certificate"), r.blob("validators"), r.path()))
        self.head, self.certificate = r.blob("header"), r.blob("certificate")
        self.state = (r.blob("header"), r.path()) if r.flag() else None
        self.pins = r.list("pins", lambda: (r.blob("header"), r.path()))
        self.cosigned = (r.blob("note"), r.path()) if r.flag() else None
        self.tree = read_tree(r)
        self.records = r.list("records", lambda: (check_id(r.blob("key")), r.blob("record") if r.flag() else None))
        self.entries = r.list("entries", lambda: r.blob("action"))
        self.transactions = r.list("transactions", lambda: (r.take(116), r.take(64)))
        self.events = r.list("events", lambda: {
            "height": r.number("Q"), "time": r.number("q"), "transaction": r.number("I"),
            "index": r.number("I"), "action": r.blob("action"), "path": r.path()})
        if r.at != len(data):
            raise Refused("malformed", "bytes after the end")

class Verifier:
    def __init__(self, data, anchor):
        file = self.file = File(data)
        if file.chain != anchor.chain:
            raise Refused("other-chain")
        head = self.head = parse_header(file.chain, file.head)
        self.check_epochs(anchor)
        self.check_pins(anchor)
        self.state = head
        if file.state:
            self.state = parse_header(file.chain, file.state[0])
            self.check_logged(self.state, file.state[1])
        self.check_cosigned()
        self.read_records()
        self.read_events()
        self.read_entries()
        self.check_signatures()
        for missing in sorted(self.rests_on())[:1]:
            raise Refused("record-missing", missing.hex())

    def check_logged(self, earlier, path):
        if not in_log(self.head["header_log_root"], self.head["height"], earlier["leaf"], earlier["height"], path):
            raise Refused("not-in-log", str(earlier["height"]))

    def check_epochs(self, anchor):
        head, last, self.retired = self.head, 0, 0
        if head["height"] < anchor.height:
            raise Refused("before-checkpoint")
        is_pin = anchor.pinned and anchor.height == head["height"]
        validators = anchor.own_validators if is_pin else anchor.validators
        for data, signatures, following, path in self.file.epochs:
            end = parse_header(self.file.chain, data)
            following = attempt("wrong-next-validators", lambda d: Set(d.take(len(d.data))), following)
            if end["height"] <= last or end["height"] >= head["height"] \
                    or end["validators_hash"] == end["next_validators_hash"]:
                raise Refused("epoch-order", str(end["height"]))
            last = end["height"]
            if following.hash != end["next_validators_hash"]:
                raise Refused("wrong-next-validators", str(last))
            if anchor.height < last:
                check_decided(end, signatures, validators)
                validators = following
                self.retired += 1
            self.check_logged(end, path)
        check_decided(head, self.file.certificate, validators)

    def check_pins(self, anchor):
        self.linked, last = anchor.pinned is None, 0

        def compare(found):
            if anchor.pinned and found["height"] == anchor.height:
                if found["hash"] != anchor.pinned:
                    raise Refused("fork", str(anchor.height))
                self.linked = True
        for data, path in self.file.pins:
            pin = parse_header(self.file.chain, data)
            self.check_logged(pin, path)
            if pin["height"] <= last:
                raise Refused("epoch-order", "pins")
            last = pin["height"]
            compare(pin)
        for epoch in self.file.epochs:
            compare(parse_header(self.file.chain, epoch[0]))
        compare(self.head)

    def check_cosigned(self):
        if not self.file.cosigned:
            return
        note, path = self.file.cosigned
        try:
            body, lines = note.decode().rsplit("\n\n", 1)
            origin, size, root = body.split("\n")[:3]
            if not lines.endswith("\n") or any(not line.startswith("\u2014 ") for line in lines[:-1].split("\n")):
                raise ValueError("signature lines")
            if str(int(size)) != size:
                raise ValueError("size")
            size, root = int(size), base64.b64decode(root, validate=True)
        except ValueError as error:
            raise Refused("bad-cosignature", str(error)) from error
        if origin != "dirchain/" + self.file.chain.hex() \
                or not in_log(root, size, self.state["leaf"], self.state["height"], path):
            raise Refused("bad-cosignature")

    def read_records(self):
        """Every record of the file, proven before it is decoded; None for one that does not exist."""
        if tree_root(self.file.tree) != self.state["state_root"]:
            raise Refused("wrong-state-root")
        self.records, last = {}, b""
        for key, data in self.file.records:
            if key <= last:
                raise Refused("record-order")
            last = key
            proven = tree_get(self.file.tree, tagged("record-key", key))
            given = None if data is None else tagged("record-value", data)
            if proven != given:
                raise Refused("wrong-record", key.hex())
            self.records[key] = None if data is None else self.decode_record(key, data)

    def decode_record(self, key, data):
        index = attempt("wrong-record", u32, data[:4])
        kind, decode = RECORDS.get(index, (None, None))
        if decode is None:
            return data
        value = attempt("wrong-record", decode, data[4:])
        if key != record_key(kind, value):
            raise Refused("wrong-record", key.hex())
        return value

    def read_events(self):
        """The events, which are those of the subject's trail."""
        file = self.file
        if file.subject not in self.records or file.subject[0] not in (DEPARTMENT, RESOURCE):
            raise Refused("record-missing", "the subject")
        found = self.records[file.subject]
        expected = found["trail"] if found else {"count": 0, "head": ZERO}
        if len(file.events) != expected["count"]:
            raise Refused("trail-count")
        self.envelopes = [whole(envelope, data) for data, _ in file.transactions]
        head, last, used, self.actions = ZERO, None, 0, []
        for event in file.events:
            at = (event["height"], event["time"])
            if last and not (at == last or at[0] > last[0] and at[1] > last[1]) or at[0] > self.state["height"]:
                raise Refused("event-order")
            last, index = at, event["transaction"]
            if index > used or index >= len(self.envelopes):
                raise Refused("stray-transaction")
            used = max(used, index + 1)
            signed_by, leaf = self.envelopes[index], tagged("action-leaf", event["action"])
            if not action_in(signed_by["actions_root"], signed_by["action_count"], leaf, event["index"], event["path"]):
                raise Refused("wrong-action")
            if not at[1] <= signed_by["not_after"] <= at[1] + DAY_MS:
                raise Refused("not-timely")
            head = tagged("trail", head, struct.pack("<Qq", *at), tagged("transaction", file.transactions[index][0]),
                          struct.pack("<I", event["index"]), leaf)
        if used != len(file.transactions):
            raise Refused("stray-transaction")
        if head != expected["head"]:
            raise Refused("trail-head")
        for event in file.events:
            index = attempt("wrong-action", u32, event["action"][:4])
            decode = ACTIONS.get(index)
            self.actions.append((index, attempt("wrong-action", decode, event["action"][4:]) if decode else None))

    def read_entries(self):
        """What each version of the entry said, by hash."""
        self.entries, found = {}, self.records[self.file.subject]
        if self.file.subject[0] != RESOURCE or not found:
            if self.file.entries:
                raise Refused("stray-entry")
            return
        wanted = {version["entry"] for version in found["versions"]}
        current = found["published"]
        for event, (index, action) in zip(self.file.events, self.actions):
            if index == DRAFT:
                digest = tagged("entry", event["action"][4 + action["entry_start"]:])
                if digest in wanted:
                    wanted.remove(digest)
                    self.entries[digest] = action["entry"]
        latest = found["versions"][-1]["entry"] if current and found["versions"] else None
        if latest in wanted:
            wanted.remove(latest)
            self.entries[latest] = current["entry"]
        for data in self.file.entries:
            digest = tagged("entry", data)
            if digest not in wanted:
                raise Refused("stray-entry")
            wanted.remove(digest)
            self.entries[digest] = attempt("stray-entry", entry, data)
        if wanted:
            raise Refused("version-missing")

    def check_signatures(self):
        for (data, signature), author in zip(self.file.transactions, self.envelopes):
            if author["chain"] != self.file.chain:
                raise Refused("stray-transaction")
            if not signed(author["author"], signing_tag("dirchain/v1/transaction") + data, signature):
                raise Refused("bad-signature")
        for event in self.file.events:
            author = self.envelopes[event["transaction"]]
            key = self.records.get(bytes([KEY]) + author["author"])
            if key is None:
                raise Refused("record-missing", author["author"].hex())
            start, to = key["valid"]["start"], key["valid"]["to"]
            if event["height"] < start["height"] or to and to["height"] < event["height"] \
                    or author["sequence"] >= key["next_sequence"]:
                raise Refused("key-not-valid")

    def rests_on(self):
        """The ids of records that the verdicts rest on and that the file leaves out."""
        missing, seen, todo = set(), set(), [self.file.subject, PARAMETERS]
        for event, (index, action) in zip(self.file.events, self.actions):
            todo.append(bytes([KEY]) + self.envelopes[event["transaction"]]["author"])
            todo += named(self.file.subject, index, action)
        while todo:
            key = todo.pop()
            if key in seen:
                continue
            seen.add(key)
            if key not in self.records:
                missing.add(key)
            elif isinstance(self.records[key], dict):
                todo += self.leads_to(key, self.records[key])
        return missing

    def leads_to(self, key, found):
        if key[0] == DEPARTMENT:
            return [text_id(DEPARTMENT, found["parent"])] if found["parent"] else []
        if key[0] == KEY:
            return [text_id(DEPARTMENT, found["department"])]
        if key[0] == RESPONSIBILITY:
            holders = [found["holder"], *(one["holder"] for one in found["earlier_holders"])]
            return [text_id(DEPARTMENT, holder) for holder in holders]
        if key[0] == AUTHORIZATION:
            keys = [bytes([KEY]) + one["key"] for one in decisions(found)]
            return [text_id(DEPARTMENT, found["grantee"]), text_id(RESPONSIBILITY, found["responsibility"]), *keys]
        ids = [text_id(DEPARTMENT, one["provider"]) for one in (found, *found["earlier_providers"])]
        said = [self.entries[version["entry"]] for version in found["versions"] if version["entry"] in self.entries]
        ids += [text_id(RESPONSIBILITY, one["responsibility"]) for one in said if one["responsibility"]]
        ids += [bytes([KEY]) + one["key"] for version in found["versions"] for one in version["decisions"]]
        return ids + [sharing_key(AUTHORIZATION, found["code"], number + 1) for number in range(found["applications"])]

    # Who may read, as of a height and a time

    def get(self, kind, name):
        if text_id(kind, name) not in self.records:
            raise Refused("not-in-file", name)
        return self.records[text_id(kind, name)]

    def acts_for(self, actor, subject, height):
        for _ in range(6):
            if subject == actor:
                return True
            found = self.get(DEPARTMENT, subject)
            if not found or not status_at(found, height) or not found["parent"]:
                return False
            subject = found["parent"]
        return False

    def who_may_read(self, number, height, time):
        """Every department of the file that could read a field, with its basis."""
        found, readers = self.records[self.file.subject], []
        if not found or height < found["created"]["height"]:
            return readers
        provider = next((earlier["provider"] for earlier in found["earlier_providers"]
                         if height < earlier["until"]["height"]), found["provider"])
        version = next((version for version in reversed(found["versions"])
                        if version["period"]["start"]["height"] <= height), None)
        said = self.entries[version["entry"]] if version else None
        over = found["withdrawn"] and found["withdrawn"]["at"]["height"] <= height
        for key in sorted(key for key in self.records if key[0] == DEPARTMENT):
            one = self.records[key]
            if not one or status_at(one, height) != "active":
                continue
            basis = None
            if self.acts_for(one["id"], provider, height):
                if said and not any(one["number"] == number for one in said["fields"]):
                    continue
                duty = said["responsibility"] if said else None
                lapsed = bool(duty and not over and not self.is_held(duty, provider, height))
                basis = {"basis": "owner", "responsibility": duty, "lapsed": lapsed}
            elif said and not over:
                basis = self.shared(one["id"], said, version, number, height, time)
            if basis:
                readers.append({"department": one["id"], **basis})
        return readers

    def shared(self, reader, said, version, number, height, time):
        wanted = next((one for one in said["fields"] if one["number"] == number), None)
        kind = (wanted["sharing"] or said["sharing"]) if wanted else None
        if kind and kind[0] == "unconditional":
            return {"basis": "unconditional", "version": version["version"], "suspect": self.is_suspect(version["decisions"], height)}
        if not kind or kind[0] != "conditional":
            return None
        own = (self.records[key] for key in sorted(key for key in self.records if key[0] == AUTHORIZATION)
               if key[1:].startswith(self.file.subject[1:] + b"\0"))
        covering = [one for one in own if one and one["grantee"] == reader and self.covers(one, number, height, time)]
        if not covering:
            return None
        found = max(covering, key=lambda one: one["to"])
        return {"basis": "authorized", "authorization": found["id"], "until": found["to"],
                "purpose": found["purpose"], "suspect": self.is_suspect(decisions(found), height), "others": len(covering) - 1}

    def is_suspect(self, taken, height):
        reports = ((one, report) for one in taken for report in self.records[bytes([KEY]) + one["key"]]["suspicions"])
        return any(report["since"] <= one["at"]["height"] for one, report in reports if report["reported"]["height"] <= height)

    def is_held(self, code, department, height):
        """Whether a department, or one it belongs to, holds a responsibility."""
        duty = self.get(RESPONSIBILITY, code)
        return bool(duty and duty["effective"]["start"]["height"] <= height
                    and not (duty["effective"]["to"] and duty["effective"]["to"]["height"] <= height)
                    and self.acts_for(at_height(duty["earlier_holders"], "holder", height) or duty["holder"],
                                      department, height))

    def covers(self, found, number, height, time):
        active = any(one["start"]["height"] <= height and (not one["to"] or height < one["to"]["height"])
                     for one in found["active"])
        held = self.is_held(found["responsibility"], found["grantee"], height)
        return bool(found["granted"]["at"]["height"] <= height and number in found["fields"] and active
                    and found["start"] <= time < found["to"] and held)

    def uses(self):
        """Who did: every batch of receipts, by its id, with each side's count and since when they differ."""
        found = {}
        for event, (index, action) in zip(self.file.events, self.actions):
            if index == SEAL:
                used = found.setdefault(action["batch"], {"provider": None, "consumer": None, "contested": None})
                author = self.envelopes[event["transaction"]]["author"]
                used[action["side"][0]] = {**action["counted"], "root": action["root"].hex(), "key": author.hex(),
                                           "at": {"height": event["height"], "time": event["time"]}}
                one, other = used["provider"], used["consumer"]
                if one and other and any(one[name] != other[name] for name in action["counted"]):
                    used["contested"] = {"height": event["height"], "time": event["time"]}
        return found

    # Was it ever granted, was it there

    def never_granted(self, reader, number, start, to):
        """Refused unless no authorization that covers the field was in force from `start` up to `to`."""
        if to > self.state["time"] + 1 or start >= to:
            raise Refused("past-tip" if start < to else "empty-range", str(to))
        for key in sorted(key for key in self.records if key[0] == AUTHORIZATION):
            found = self.records[key]
            if found and key[1:].startswith(self.file.subject[1:] + b"\0") and found["grantee"] == reader \
                    and number in found["fields"]:
                for one in found["active"]:
                    end = min(one["to"]["time"] if one["to"] else found["to"], found["to"], to)
                    if max(one["start"]["time"], found["start"], start) < end:
                        raise Refused("was-granted", found["id"])

    def absent(self, height):
        """Refused unless there was no such entry, or department, after the block at `height`."""
        if height > self.state["height"]:
            raise Refused("past-tip", str(height))
        found = self.records[self.file.subject]
        since = found and (found.get("created") or found["status"][0]["since"])["height"]
        if found and since <= height:
            raise Refused("existed", str(since))

def at_height(earlier, name, height):
    """Who it was at a height, where that is not who it is now."""
    return next((one[name] for one in earlier if height < one["until"]["height"]), None)

def decisions(authorization):
    """The decisions that an authorization rests on."""
    return [authorization["granted"], *authorization["approvals"]]

def status_at(found, height):
    begun = [one["status"] for one in found["status"] if one["since"]["height"] <= height]
    return ("active", "suspended", "dissolved")[begun[-1]] if begun else None

def record_key(kind, value):
    if kind == KEY:
        return bytes([KEY]) + value["public_key"]
    if kind == AUTHORIZATION:
        return sharing_key(AUTHORIZATION, value["id"].rpartition("/")[0], int(value["id"].rpartition("/")[2]))
    return text_id(kind, value["id"] if kind == DEPARTMENT else value["code"])

def named(subject, index, action):
    """The records that an action on a trail names."""
    of_department = subject[0] == DEPARTMENT
    if of_department and index == REGISTER_DEPARTMENT:
        head = [bytes([KEY]) + action["head"]["public_key"]] if action["head"] else []
        return head + [text_id(DEPARTMENT, action["id"])]
    if of_department and index == REGISTER_KEY:
        return [bytes([KEY]) + action["offer"]["public_key"]]
    if of_department and index == REVOKE_KEY or index == SUSPECT_KEY:
        return [bytes([KEY]) + action["public_key"]]
    if index == SEAL:
        return [text_id(DEPARTMENT, action["batch"].split(":")[1])]
    if index in (DECLARE, ABOLISH):
        return [text_id(RESPONSIBILITY, action["code"])]
    if index in (APPROVE, REJECT, TAKE_BACK_PROPOSAL):
        return [sharing_key(PROPOSAL, action["proposal"].rpartition("/")[0], int(action["proposal"].rpartition("/")[2]))]
    return []

# Anchors, as the files of a node have them
def encode_set(members):
    parts = [struct.pack("<Q", len(members))]
    for member in members:
        parts += [bytes.fromhex(member["address"]), bytes.fromhex(member["consensus_key"])]
        for name in (member["node"], member["department"]):
            parts.append(struct.pack("<Q", len(name)) + name.encode())
    return b"".join(parts)

def read_checkpoint(path):
    with open(path, encoding="utf-8") as file:
        pin = json.load(file)
    found = pin["header"]
    data = b"".join([
        struct.pack("<H", found["version"]), bytes.fromhex(found["chain"]),
        struct.pack("<Qq", found["height"], found["time"]), bytes.fromhex(found["parent"]),
        struct.pack("<I", found["round"]), bytes.fromhex(found["builder"]),
        *(bytes.fromhex(found[name]) for name in ("transactions_root", "header_log_root", "state_root",
                                                  "validators_hash", "next_validators_hash")),
        struct.pack("<I", found["rules_version"])])
    own, following, block = Set(encode_set(pin["validators"])), Set(encode_set(pin["next_validators"])), tagged("header", data)
    if [found["validators_hash"], found["next_validators_hash"], pin["block"]] != [one.hex() for one in (own.hash, following.hash, block)]:
        raise SystemExit("the checkpoint contradicts itself")
    return Anchor(bytes.fromhex(found["chain"]), found["height"], following, block, own)

def read_genesis(path, chain):
    """The first validators; the chain's id is given beside, as it is the hash of an encoding not written here."""
    with open(path, encoding="utf-8") as file:
        members = next(one["current"] for one in json.load(file)["records"] if one["record"] == "membership")
    return Anchor(bytes.fromhex(chain), 0, Set(encode_set(members)))

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--genesis", help="with --chain")
    parser.add_argument("--chain")
    parser.add_argument("--checkpoint")
    parser.add_argument("--who-may-read", nargs=3, type=int, action="append", default=[])
    parser.add_argument("--never-granted", nargs=4, metavar=("DEPARTMENT", "FIELD", "FROM", "TO"))
    parser.add_argument("--absent", type=int, metavar="HEIGHT")
    arguments = parser.parse_args()
    if not arguments.checkpoint and not (arguments.genesis and arguments.chain):
        raise SystemExit("name a checkpoint, or a genesis and its chain")
    anchor = read_checkpoint(arguments.checkpoint) if arguments.checkpoint \
        else read_genesis(arguments.genesis, arguments.chain)
    return max(judge(path, anchor, arguments) for path in arguments.files)

def judge(path, anchor, arguments):
    try:
        with open(path, "rb") as file:
            proven = Verifier(file.read(FILE_MAX + 1), anchor)
        readers = [proven.who_may_read(*question) for question in arguments.who_may_read]
        if arguments.never_granted:
            reader, *numbers = arguments.never_granted
            proven.never_granted(reader, *map(int, numbers))
        if arguments.absent is not None:
            proven.absent(arguments.absent)
    except Refused as refused:
        kind = "undecided" if refused.code in UNDECIDED else "refuted" if refused.code in REFUTED else "invalid"
        print(json.dumps({"verdict": kind, "code": refused.code, "message": str(refused)}))
        return 2 if kind == "undecided" else 1
    print(json.dumps({"verdict": "valid", "events": len(proven.file.events), "retired_sets": proven.retired,
                      "until": {"height": proven.state["height"], "time": proven.state["time"]},
                      "linked": proven.linked, "readers": readers, "uses": proven.uses()}))
    return 0

if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    sys.exit(main())
