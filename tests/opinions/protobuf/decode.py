"""What Google's runtime for Python makes of witnesses: a line of harms for each."""

import base64
import functools
import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as F
from google.protobuf.message import DecodeError


@functools.lru_cache(maxsize=64)
def pool_of(descriptors):
    files = descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(descriptors))
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool, files.file[-1].package


def class_of(pool, name):
    try:
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    except KeyError:
        return None


def fields_of(pool, descriptor):
    fields = {field.number: field for field in descriptor.fields}
    for extension in pool.FindAllExtensions(descriptor):
        message_factory.GetMessageClass(descriptor)
        fields[extension.number] = extension
    return fields


def get(message, field):
    return message.Extensions[field] if field.is_extension else getattr(message, field.name)


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_set(message, field):
    if field.has_presence:
        return message.HasExtension(field) if field.is_extension else message.HasField(field.name)
    return bool(get(message, field)) if not field.is_repeated else len(get(message, field)) > 0


def names(field, number):
    return {value.name for value in field.enum_type.values if value.number == number}


class Comparison:
    def __init__(self, writer, reader):
        self.writer, self.reader, self.found = writer, reader, []

    def note(self, kind, at):
        self.found.append([kind, at])

    def messages(self, wrote, read, at):
        ours, theirs = fields_of(self.writer, wrote.DESCRIPTOR), fields_of(self.reader, read.DESCRIPTOR)
        for number in sorted(ours.keys() & theirs.keys()):
            self.fields(wrote, read, ours[number], theirs[number], f"{at}.{ours[number].name}")

    def fields(self, wrote, read, mine, other, at):
        if not mine.is_repeated and not other.is_repeated:
            return self.singular(wrote, read, mine, other, at)
        left, right = self.elements(wrote, mine), self.elements(read, other)
        if is_map(other):
            return self.entries(left, right, mine, other, at)
        if len(left) != len(right):
            return self.note("lost" if len(right) < len(left) else "altered", at)
        for one, two in zip(left, right):
            self.values(one, two, mine, other, at)

    def elements(self, message, field):
        if is_map(field):
            entries, key, value = get(message, field), *field.message_type.fields
            return [(k, entries[k], key, value) for k in sorted(entries, key=repr)]
        return list(get(message, field)) if field.is_repeated else [get(message, field)] * is_set(message, field)

    def entries(self, left, right, mine, other, at):
        found = {plain(entry[0]): entry for entry in right}
        keys = []
        for entry in left:
            if not isinstance(entry, tuple):
                ours = fields_of(self.writer, entry.DESCRIPTOR) if hasattr(entry, "DESCRIPTOR") else {}
                key = get(entry, ours[1]) if 1 in ours else None
                value = (get(entry, ours[2]), ours[2]) if 2 in ours else None
            else:
                key, value = entry[0], (entry[1], entry[3])
            keys.append(plain(key) if key is not None else "")
            read = found.get(plain(key)) if key is not None else next(iter(right), None)
            if read is None:
                self.note("lost", at)
            elif value is not None and hasattr(value[0], "DESCRIPTOR") == hasattr(read[1], "DESCRIPTOR"):
                self.values(value[0], read[1], value[1], read[3], at)
            elif value is not None:
                self.note("altered", at)
        if len(set(keys)) < len(keys):
            self.note("collapsed", at)

    def singular(self, wrote, read, mine, other, at):
        ours, theirs = is_set(wrote, mine), is_set(read, other)
        one, two = get(wrote, mine), get(read, other)
        both_plain = mine.message_type is None and other.message_type is None
        if ours and theirs:
            return self.values(one, two, mine, other, at)
        if ours and not other.has_presence and both_plain and plain(one) == plain(two):
            if mine.has_presence and not mine.is_required:
                self.note("unset", at)
            return self.values(one, two, mine, other, at)
        if ours:
            return self.note("lost", at)
        if theirs:
            return self.note("altered", at)
        if both_plain and not mine.is_required and not other.is_required:
            if plain(one) != plain(two):
                return self.note("default", at)
            if not mine.has_presence:
                self.values(one, two, mine, other, at)

    def values(self, one, two, mine, other, at):
        if isinstance(one, tuple) or isinstance(two, tuple):
            return self.entry(one, two, at)
        if hasattr(one, "DESCRIPTOR") and hasattr(two, "DESCRIPTOR"):
            return self.messages(one, two, at)
        if hasattr(one, "DESCRIPTOR") and other.type == F.TYPE_BYTES:
            return
        if plain(one) != plain(two):
            return self.note("altered", at)
        if mine.enum_type is not None and other.enum_type is not None:
            left, right = names(mine, one), names(other, two)
            if left and right and not left & right:
                self.note("renamed", at)

    def entry(self, one, two, at):
        """The entry of a map that the reader has as a message."""
        if not isinstance(one, tuple) or not hasattr(two, "DESCRIPTOR"):
            return self.note("altered", at)
        theirs = fields_of(self.reader, two.DESCRIPTOR)
        for number, value, field in ((1, one[0], one[2]), (2, one[1], one[3])):
            if number in theirs:
                other = theirs[number]
                read = get(two, other)
                if other.is_repeated or hasattr(read, "DESCRIPTOR") != hasattr(value, "DESCRIPTOR"):
                    self.note("altered", at)
                else:
                    self.values(value, read, field, other, at)


def plain(value):
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bool, int)):
        return int(value)
    return value if isinstance(value, bytes) else repr(value)


def harms(witness):
    (writer, _), (reader, package) = pool_of(witness["writer"]), pool_of(witness["reader"])
    own = pool_of(witness["writer"])[1]
    local = witness["message"].removeprefix(own).removeprefix(".") if own else witness["message"]
    writing = class_of(writer, witness["message"])
    reading = class_of(reader, f"{package}.{local}" if package else local)
    data = bytes.fromhex(witness["bytes"])
    wrote = writing.FromString(data)
    if not wrote.IsInitialized():
        return [["invalid", "the writer requires more"]]
    if reading is None:
        return [["no message", local]]
    try:
        read = reading.FromString(data)
    except DecodeError as error:
        return [["error", str(error)]]
    comparison = Comparison(writer, reader)
    if not read.IsInitialized():
        comparison.note("missing", read.FindInitializationErrors()[0])
    comparison.messages(wrote, read, "")
    return comparison.found


for line in sys.stdin:
    witness = json.loads(line)
    if witness["writer"] is None or witness["reader"] is None:
        answer = None
    else:
        try:
            answer = harms(witness)
        except Exception as error:
            answer = [["failed", repr(error)]]
    print(json.dumps(answer))
