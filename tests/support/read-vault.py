"""Reads a vault as docs/format.md describes it, and nothing else of Sealkeep: `read-vault.py FOLDER`, the passphrase on
standard input. Prints every item and every revision of it as JSON; ends with an error where anything is not as written.
"""

import base64
import hashlib
import json
import os
import sqlite3
import sys
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def lp16(value):
    return len(value).to_bytes(2, "big") + value


def lp32(value):
    return len(value).to_bytes(4, "big") + value


def u32(value):
    return value.to_bytes(4, "big")


def hkdf(key, salt, info, length=32):
    return HKDF(hashes.SHA512(), length, salt, info).derive(key)


def sha256(value):
    return hashlib.sha256(value).digest()


def expect(holds, what):
    if not holds:
        raise SystemExit(f"not as the format says: {what}")


class Reader:
    """Takes values off the front of some bytes."""

    def __init__(self, content):
        self.rest = content

    def take(self, length):
        expect(len(self.rest) >= length, "too short")
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def number(self, length):
        return int.from_bytes(self.take(length), "big")

    def lp16(self):
        return self.take(self.number(2))

    def lp32(self):
        return self.take(self.number(4))

    def end(self):
        expect(not self.rest, "bytes left over")


# 1: messages


def serialised(context):
    if not context:
        return b""
    pairs = sorted((key.encode(), value.encode()) for key, value in context.items())
    return len(pairs).to_bytes(2, "big") + b"".join(lp16(key) + lp16(value) for key, value in pairs)


def read_edk(content):
    reader = Reader(content)
    edk = (reader.lp16(), reader.lp16(), reader.lp16())
    reader.end()
    return edk


def open_message(row, frames, data_key, context):
    if row["header"] is None:
        message_id, frame_length, commitment = row["message_id"], row["frame_length"], row["commitment"]
        expect(hkdf(data_key, message_id, b"COMMITKEY") == commitment, "commitment")
        content_key = AESGCM(hkdf(data_key, message_id, b"\x04\x78DERIVEKEY"))
    else:
        message_id, frame_length, commitment, content_key = open_header(row["header"], data_key, context)
    plaintext, reader, expected = b"", Reader(frames), 1
    while True:
        final = reader.rest[:4] == b"\xff\xff\xff\xff"
        if final:
            reader.take(4)
        sequence, iv = reader.number(4), reader.take(12)
        expect(sequence == expected and iv == bytes(8) + u32(sequence), "frame number")
        length = reader.number(4) if final else frame_length
        expect(length <= frame_length, "length of the final frame")
        kind = b"AWSKMSEncryptionClient Final Frame" if final else b"AWSKMSEncryptionClient Frame"
        aad = message_id + kind + u32(sequence) + length.to_bytes(8, "big")
        plaintext += content_key.decrypt(iv, reader.take(length + 16), aad)
        expected += 1
        if final:
            reader.end()
            return plaintext, message_id, frame_length, commitment


def open_header(header, data_key, context):
    reader = Reader(header)
    expect(reader.take(1) == b"\x02" and reader.take(2) == b"\x04\x78", "version or suite")
    message_id = reader.take(32)
    expect(reader.lp16() == serialised(context), "encryption context")
    for _ in range(reader.number(2)):
        reader.lp16(), reader.lp16(), reader.lp16()
    expect(reader.take(1) == b"\x02", "framed")
    frame_length = reader.number(4)
    commitment = reader.take(32)
    body, tag = header[: -len(reader.rest)], reader.take(16)
    reader.end()
    expect(hkdf(data_key, message_id, b"COMMITKEY") == commitment, "commitment")
    content_key = AESGCM(hkdf(data_key, message_id, b"\x04\x78DERIVEKEY"))
    content_key.decrypt(bytes(12), tag, body)
    return message_id, frame_length, commitment, content_key


# 1.2 and 3: the passphrase, and the recovery key


def open_slot(config, typed, binding):
    """The slot key that a passphrase opens, and a recovery key's private half."""
    if config[0] == 2:
        return slot_key_of(config[1:], typed, binding), None
    expect(config[0] == 3, "what is typed opens no KMS key")
    reader = Reader(config[1:])
    version(reader)
    form, record, public, salt, sealed = reader.take(1), reader.take(105), reader.lp16(), reader.take(32), reader.lp16()
    reader.end()
    if form == b"\x02":
        typed = typed.upper().replace(b"-", b"")
        check = sha256(b"sealkeep recovery code " + typed[:32])[:4]
        expect(typed[32:] == bytes(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[byte & 31] for byte in check), "the code's check")
    slot_key = slot_key_of(record, typed, binding)
    aad = lp16(b"sealkeep recovery") + lp16(form) + lp16(public) + lp16(binding)
    private = AESGCM(hkdf(slot_key, salt, b"sealkeep v1 recovery key")).decrypt(bytes(12), sealed, aad)
    private = serialization.load_der_private_key(private, None)
    spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    expect(private.public_key().public_bytes(*spki) == public, "whose private half it is")
    return slot_key, private


def slot_key_of(record, passphrase, binding):
    expect(len(record) == 105, "length of the passphrase record")
    reader = Reader(record)
    expect(reader.number(1) == 1, "version of the passphrase record")
    memory, passes, lanes = reader.number(4), reader.number(4), reader.number(4)
    expect(19 * 1024 <= memory <= 1024 * 1024 and 2 <= passes <= 20 and 1 <= lanes <= 16, "limits of Argon2")
    salt = reader.take(32)
    bound = record[: len(record) - len(reader.rest)]
    iv, sealed = reader.take(12), reader.take(48)
    reader.end()
    key = Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(passphrase)
    aad = lp16(b"sealkeep passphrase") + lp16(bound) + lp16(binding)
    return AESGCM(key).decrypt(iv, sealed, aad)


def unwrap(slot_key, slot, edk, context, kind=b"sealkeep-passphrase"):
    provider, info, ciphertext = read_edk(edk)
    expect(provider == kind and info == slot, "whose wrap it is")
    key = hkdf(slot_key, ciphertext[:32], b"sealkeep v1 wrap")
    aad = lp16(b"sealkeep wrap") + lp16(serialised(context))
    return AESGCM(key).decrypt(bytes(12), ciphertext[32:], aad)


def unwrap_rsa(private, slot, edk):
    provider, info, ciphertext = read_edk(edk)
    expect(provider == b"sealkeep-recovery" and info == text(slot).encode(), "whose wrap it is")
    return private.decrypt(ciphertext, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


# 4 and 5: the index key and what is sealed under it

SUMMARY, NAME, PAGE, HEAD = 1, 2, 3, 4


def unpad(padded):
    length = int.from_bytes(padded[:4], "big")
    content, zeros = padded[4 : 4 + length], padded[4 + length :]
    expect(len(content) == length and not any(zeros), "padding")
    needed = 4 + length
    step = 256 if needed <= 4096 else 4096 if needed <= 65536 else 65536
    expect(len(padded) == -(-needed // step) * step, "bucket")
    return content


class Collection:
    def __init__(self, vault, row, index_key):
        self.vault, self.id, self.epoch, self.index_key = vault, row["collection_id"], row["epoch"], index_key

    def open(self, kind, sealed, item=b"", number=0):
        expect(sealed[:2] == bytes([1, kind]), "version or kind of a record")
        derived = hkdf(self.index_key, sealed[2:34], b"sealkeep v1 record " + bytes([kind]), 44)
        parts = [b"sealkeep record", b"\x00\x01", bytes([kind]), self.vault, self.id, u32(self.epoch), item, u32(number)]
        padded = AESGCM(derived[:32]).decrypt(derived[32:], sealed[34:], b"".join(map(lp16, parts)))
        return Reader(unpad(padded))


def version(reader, last=1):
    found = reader.number(1)
    expect(1 <= found <= last, "version")
    return found


def read_head(reader):
    laid_out = version(reader, 2)
    slots = [(reader.take(16), reader.number(1), reader.lp16()) for _ in range(reader.number(2))]
    pages = {reader.number(4): reader.take(32) for _ in range(reader.number(4))}
    devices = {reader.take(16): reader.number(8) for _ in range(reader.number(4))}
    name, index_wraps = reader.take(32), reader.take(32)
    trash_days, revisions, document_revisions = reader.number(4), reader.number(4), reader.number(4)
    expect(trash_days < 2**16, "days in the trash")
    if laid_out > 1:
        reader.number(4)
    reader.end()
    return slots, pages, devices, name, index_wraps


REVISION = [("number", 4), ("id", 16), ("device", 16), ("day", 4), ("key_day", 4), ("layout", 1), ("header", 32), ("wraps", 32),
            ("message_id", 32), ("frame_length", 4), ("commitment", 32), ("length", 8), ("body", 32)]


def read_page(reader):
    laid_out = version(reader, 2)
    fields = [field for field in REVISION if laid_out > 1 or field[0] != "key_day"]
    items = []
    for _ in range(reader.number(4)):
        item, state = reader.take(16), reader.number(1)
        summaries = [(reader.number(4), reader.take(16), reader.take(32)) for _ in range(reader.number(4))]
        revisions = [{name: reader.take(length) for name, length in fields} for _ in range(reader.number(4))]
        expect(state in (1, 2) and (state == 2) == (not summaries and not revisions), "tombstones")
        items.append((item, state, summaries, revisions))
    reader.end()
    return items


def read_summary(reader):
    version(reader)
    summary = {"kind": reader.lp16().decode(), "title": reader.lp16().decode()}
    summary["tags"] = [reader.lp16().decode() for _ in range(reader.number(2))]
    summary["subtitle"], summary["media_type"] = reader.lp16().decode(), reader.lp16().decode()
    summary["size"], flags = reader.number(8), reader.number(1)
    expect(flags in (0, 1), "flags of a summary")
    summary["favourite"] = bool(flags)
    summary["created"], summary["modified"], trashed = reader.number(8), reader.number(8), reader.number(8)
    summary["trashed"] = trashed or None
    summary["revision"] = reader.number(4)
    reader.end()
    return summary


# 6: bodies


def read_body(layout, plaintext):
    if layout == 2:
        return {"document": base64.b64encode(plaintext).decode()}
    reader = Reader(unpad(plaintext))
    version(reader)
    if reader.number(1) == 2:
        return {"document": base64.b64encode(reader.rest).decode()}
    fields = []
    for _ in range(reader.number(2)):
        name, hidden = reader.lp16().decode(), bool(reader.number(1))
        fields.append({"name": name, "hidden": hidden, "value": reader.lp32().decode()})
    reader.end()
    return {"fields": fields}


def text(identifier):
    return str(uuid.UUID(bytes=identifier))


def digest_of_wraps(rows, id_column="slot_id"):
    return sha256(b"".join(row[id_column] + bytes([row["state"]]) + lp32(row["edk"]) for row in rows))


class Vault:
    def __init__(self, folder, passphrase):
        self.folder = folder
        self.rows = sqlite3.connect(os.path.join(folder, "vault.db"))
        self.rows.row_factory = sqlite3.Row
        expect(self.one("PRAGMA application_id")[0] == 0x534B4550 and self.one("PRAGMA user_version")[0] == 1, "database")
        self.id = self.one("SELECT vault_id FROM vault")[0]
        self.slots = self.all("SELECT * FROM slot ORDER BY slot_id")
        self.slot, self.slot_key, self.private = self.opened(passphrase)

    def opened(self, typed):
        """The slot that `typed` opens; a code is told from a passphrase by its check."""
        refused = None
        for slot in self.slots:
            try:
                return slot, *open_slot(slot["config"], typed, self.id + slot["slot_id"])
            except (InvalidTag, SystemExit) as error:
                refused = error
        raise refused

    def all(self, sql, *values):
        return self.rows.execute(sql, values).fetchall()

    def one(self, sql, *values):
        (row,) = self.all(sql, *values)
        return row

    def unwrap_index_key(self, wraps, context):
        (wrap,) = [wrap for wrap in wraps if wrap["slot_id"] == self.slot["slot_id"]]
        expect(wrap["state"] == 1, "state of an index key's wrap")
        return unwrap(self.slot_key, self.slot["slot_id"], wrap["edk"], context)

    def unwrap_data_key(self, collection, wraps, context):
        mine = [wrap for wrap in wraps if wrap["slot_id"] == self.slot["slot_id"] and wrap["state"] == 1]
        if not mine:
            (owed, *_) = [wrap for wrap in wraps if wrap["state"] == 2]
            pending = hkdf(collection.index_key, None, b"sealkeep v1 pending")
            return unwrap(pending, owed["slot_id"], owed["edk"], context, b"sealkeep-pending")
        if self.private:
            return unwrap_rsa(self.private, self.slot["slot_id"], mine[0]["edk"])
        return unwrap(self.slot_key, self.slot["slot_id"], mine[0]["edk"], context)

    def collections(self):
        for row in self.all("SELECT * FROM collection"):
            which = (row["collection_id"], row["epoch"])
            wraps = self.all("SELECT * FROM index_wrap WHERE collection_id = ? AND epoch = ? ORDER BY slot_id", *which)
            context = {"sealkeep:vault": text(self.id), "sealkeep:collection": text(which[0]), "sealkeep:purpose": "index"}
            key = self.unwrap_index_key(wraps, context)
            stored = self.one("SELECT commitment FROM epoch WHERE collection_id = ? AND epoch = ?", *which)[0]
            derived = hkdf(key, which[0] + u32(which[1]), b"sealkeep v1 index commitment")
            expect(derived == stored, "commitment of the index key")
            collection = Collection(self.id, row, key)
            slots, pages, devices, name, index_wraps = read_head(collection.open(HEAD, row["head"]))
            expect(slots == [(slot["slot_id"], slot["state"], slot["config"]) for slot in self.slots], "slots")
            expect(name == sha256(row["name"]) and index_wraps == digest_of_wraps(wraps), "name and index wraps")
            yield collection, collection.open(NAME, row["name"]).rest.decode(), pages, devices

    def items(self, collection, pages):
        found = {row["page"]: row["sealed"] for row in self.all("SELECT * FROM page")}
        expect({number: sha256(sealed) for number, sealed in found.items()} == pages, "pages")
        for number, sealed in found.items():
            for item, state, summaries, revisions in read_page(collection.open(PAGE, sealed, number=number)):
                if state == 1:
                    expect(self.one("SELECT page FROM item WHERE item_id = ?", item)[0] == number, "page of an item")
                    yield self.item(collection, item, summaries, revisions)

    def item(self, collection, item, summaries, revisions):
        rows = self.all("SELECT * FROM summary WHERE item_id = ? ORDER BY number", item)
        expect([(row["number"], sha256(row["sealed"])) for row in rows]
               == [(number, digest) for number, _, digest in summaries], "summaries")
        last = rows[-1]
        summary = read_summary(collection.open(SUMMARY, last["sealed"], item=item, number=last["number"]))
        bodies = [self.body(collection, item, entry) for entry in revisions]
        return {"id": text(item), **summary, "revisions": bodies}

    def body(self, collection, item, entry):
        row = self.one("SELECT * FROM revision WHERE revision_id = ?", entry["id"])
        wraps = self.all("SELECT * FROM revision_wrap WHERE revision_id = ? ORDER BY slot_id", entry["id"])
        frames = row["frames"]
        if frames is None:
            with open(os.path.join(self.folder, "bodies", text(entry["id"])), "rb") as file:
                frames = file.read()
        expect(entry["wraps"] == digest_of_wraps(wraps), "wraps")
        header = bytes(32) if row["header"] is None else sha256(row["header"])
        expect(entry["header"] == header and entry["body"] == sha256(frames), "header and body")
        expect(int.from_bytes(entry["length"], "big") == len(frames) == row["length"], "length")
        context = {"sealkeep:vault": text(self.id), "sealkeep:collection": text(collection.id), "sealkeep:item": text(item),
                   "sealkeep:revision": text(entry["id"]), "sealkeep:purpose": "body"}
        data_key = self.unwrap_data_key(collection, wraps, context)
        plaintext, message_id, frame_length, commitment = open_message(row, frames, data_key, context)
        expect((message_id, u32(frame_length), commitment)
               == (entry["message_id"], entry["frame_length"], entry["commitment"]), "what the page says of the header")
        number = int.from_bytes(entry["number"], "big")
        return {"number": number, "layout": entry["layout"][0], **read_body(entry["layout"][0], plaintext)}


def main():
    vault = Vault(sys.argv[1], sys.stdin.buffer.read())
    collections = []
    for collection, name, pages, devices in vault.collections():
        items = list(vault.items(collection, pages))
        collections.append({"name": name, "commits": sum(devices.values()), "items": items})
    json.dump({"vault": text(vault.id), "collections": collections}, sys.stdout)


main()
