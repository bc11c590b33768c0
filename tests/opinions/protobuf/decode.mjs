// What Buf's runtime for JavaScript makes of witnesses: a line of harms for each.

import { createInterface } from "node:readline";

import { createFileRegistry, fromBinary, getExtension, hasExtension, ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const known = new Map();

function schemaOf(descriptors) {
    if (!known.has(descriptors)) {
        if (known.size > 64) known.clear();
        const set = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, "base64"));
        known.set(descriptors, { registry: createFileRegistry(set), package: set.file.at(-1).package ?? "" });
    }
    return known.get(descriptors);
}

function fieldsOf(registry, descriptor) {
    const fields = new Map(descriptor.fields.map((field) => [field.number, field]));
    for (const type of registry) {
        if (type.kind === "extension" && type.extendee.typeName === descriptor.typeName) fields.set(type.number, type);
    }
    return fields;
}

/// Elements of a field, and whether it is a list of them.
function held(registry, message, field) {
    if (field.kind === "extension") {
        if (!hasExtension(message.message, field)) return [];
        const value = getExtension(message.message, field);
        const values = field.fieldKind === "list" ? [...value] : [value];
        return values.map((value) => (field.message ? reflect(field.message, value) : value));
    }
    const value = message.get(field);
    if (field.fieldKind === "list") return [...value];
    if (field.fieldKind === "map") return [...value.entries()].map(([key, value]) => ({ key, value, field }));
    return message.isSet(field) ? [value] : [];
}

function tracks(field) {
    return field.presence !== 2;
}

function isRequired(field) {
    return field.presence === 3;
}

function plain(value) {
    if (typeof value === "boolean") return BigInt(value);
    if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
    if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
    if (typeof value === "string" && !/^-?\d+$/.test(value)) return Buffer.from(value).toString("latin1");
    return value;
}

function kindOf(field) {
    if (field.scalar === ScalarType.FLOAT || field.scalar === ScalarType.DOUBLE) return "float";
    if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return "text";
    return field.message && field.fieldKind !== "map" ? "message" : "number";
}

class Comparison {
    constructor(writer, reader) {
        Object.assign(this, { writer, reader, found: [] });
    }

    note(kind, at) {
        this.found.push([kind, at]);
    }

    messages(wrote, read, at) {
        const theirs = fieldsOf(this.reader, read.desc);
        for (const other of theirs.values()) {
            if (isRequired(other) && !read.isSet(other)) this.note("missing", `${at}.${other.name}`);
        }
        for (const [number, mine] of fieldsOf(this.writer, wrote.desc)) {
            const other = theirs.get(number);
            if (other) this.fields(wrote, read, mine, other, `${at}.${mine.name}`);
        }
    }

    fields(wrote, read, mine, other, at) {
        const left = held(this.writer, wrote, mine);
        const right = held(this.reader, read, other);
        const isList = (field) => field.fieldKind === "list" || field.fieldKind === "map";
        if (!isList(mine) && !isList(other)) return this.singular(wrote, read, left, right, mine, other, at);
        if (other.fieldKind === "map") return this.entries(left, right, at);
        if (left.length !== right.length) return this.note(right.length < left.length ? "lost" : "altered", at);
        left.forEach((value, index) => this.values(value, right[index], mine, other, at));
    }

    singular(wrote, read, left, right, mine, other, at) {
        const bothPlain = !mine.message && !other.message;
        const value = (message, field) => {
            if (field.kind === "extension") return getExtension(message.message, field);
            return message.isSet(field) ? message.get(field) : field.getDefaultValue() ?? message.get(field);
        };
        if (left.length && right.length) return this.values(left[0], right[0], mine, other, at);
        if (left.length && !tracks(other) && bothPlain && plain(left[0]) === plain(value(read, other))) {
            if (tracks(mine) && !isRequired(mine)) this.note("unset", at);
            return this.values(left[0], value(read, other), mine, other, at);
        }
        if (left.length) return this.note("lost", at);
        if (right.length) return this.note("altered", at);
        if (bothPlain && !isRequired(mine) && !isRequired(other)) {
            const [one, two] = [value(wrote, mine), value(read, other)];
            if (plain(one) !== plain(two)) return this.note("default", at);
            if (!tracks(mine)) this.values(one, two, mine, other, at);
        }
    }

    entries(left, right, at) {
        const keys = [];
        for (const entry of left) {
            if (!entry?.desc && !entry?.field) {
                this.note("altered", at);
                continue;
            }
            let { key, value, field } = entry;
            if (entry.desc) {
                const fields = fieldsOf(this.writer, entry.desc);
                key = fields.has(1) ? entry.get(fields.get(1)) : undefined;
                value = fields.has(2) ? entry.get(fields.get(2)) : undefined;
                field = fields.get(2);
            }
            keys.push(String(plain(key)));
            const read = right.find((other) => key === undefined || String(plain(other.key)) === String(plain(key)));
            if (!read) this.note("lost", at);
            else if (value !== undefined) this.values(value, read.value, field, read.field, at);
        }
        if (new Set(keys).size < keys.length) this.note("collapsed", at);
    }

    values(one, two, mine, other, at) {
        if (one?.field && two?.desc) {
            for (const field of two.desc.fields) {
                if (isRequired(field) && !two.isSet(field)) this.note("missing", `${at}.${field.name}`);
            }
            for (const [number, value] of [[1, one.key], [2, one.value]]) {
                const field = fieldsOf(this.reader, two.desc).get(number);
                if (field) this.values(value, two.get(field), one.field, field, at);
            }
            return;
        }
        if (one?.desc && two?.desc) return this.messages(one, two, at);
        if (one?.desc && two instanceof Uint8Array) return;
        if (plain(one) !== plain(two)) return this.note("altered", at);
        if (mine.enum && other.enum) {
            const names = (field) => field.enum.values.filter((known) => known.number === one).map((known) => known.name);
            const [ours, theirs] = [names(mine), names(other)];
            if (ours.length && theirs.length && !ours.some((name) => theirs.includes(name))) this.note("renamed", at);
        } else if (kindOf(mine) !== kindOf(other) && (kindOf(mine) === "float" || kindOf(other) === "float")) {
            this.note("altered", at);
        }
    }
}

function harms(witness) {
    const [writer, reader] = [schemaOf(witness.writer), schemaOf(witness.reader)];
    const local = writer.package ? witness.message.slice(writer.package.length + 1) : witness.message;
    const bytes = Buffer.from(witness.bytes, "hex");
    const writing = writer.registry.getMessage(witness.message);
    const reading = reader.registry.getMessage(reader.package ? `${reader.package}.${local}` : local);
    const wrote = reflect(writing, fromBinary(writing, bytes));
    if (!reading) return [["no message", local]];
    let read;
    try {
        read = reflect(reading, fromBinary(reading, bytes));
    } catch (error) {
        return [["error", String(error)]];
    }
    const comparison = new Comparison(writer.registry, reader.registry);
    comparison.messages(wrote, read, "");
    return comparison.found;
}

for await (const line of createInterface({ input: process.stdin })) {
    const witness = JSON.parse(line);
    let answer = null;
    if (witness.writer && witness.reader) {
        try {
            answer = harms(witness);
        } catch (error) {
            // Extensions are parsed when they are asked for.
            const isOfData = /premature EOF|illegal tag|invalid|outside the bounds/.test(String(error));
            answer = [[isOfData ? "error" : "failed", String(error)]];
        }
    }
    console.log(JSON.stringify(answer));
}
