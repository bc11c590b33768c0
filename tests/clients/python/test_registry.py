"""The registry calls of the stock Python client: register, look up, list, compare, configure, delete."""

import json

import pytest
from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Metadata,
    MetadataProperties,
    Schema,
    SchemaReference,
    ServerConfig,
)

import shop
from shop import COUPON, PRIORITY_WITHOUT_DEFAULT


def test_register_answers_the_same_id_and_version_again(client, connect, subject):
    first = client.register_schema_full_response(subject, shop.avro_order())
    again = connect().register_schema_full_response(subject, shop.avro_order())
    assert first.schema_id > 0
    assert first.version == 1
    assert (again.schema_id, again.version, again.guid) == (first.schema_id, 1, first.guid)


def test_one_content_has_one_id_under_two_subjects(client, subject):
    first = client.register_schema(subject, shop.avro_order())
    second = client.register_schema(f"{subject}-copy", shop.avro_order())
    assert first == second
    assert set(client.get_subjects_by_schema_id(first)) >= {subject, f"{subject}-copy"}
    uses = {(use.subject, use.version) for use in client.get_schema_versions(first)}
    assert uses >= {(subject, 1), (f"{subject}-copy", 1)}


def test_a_schema_is_found_by_id_guid_version_and_latest(client, connect, subject):
    registered = client.register_schema_full_response(subject, shop.avro_order())
    reader = connect()
    by_id = reader.get_schema(registered.schema_id)
    by_guid = reader.get_schema_by_guid(registered.guid)
    by_version = connect().get_version(subject, 1)
    latest = connect().get_latest_version(subject)
    texts = {by_id.schema_str, by_guid.schema_str, by_version.schema.schema_str, latest.schema.schema_str}
    assert len(texts) == 1
    assert json.loads(texts.pop()) == json.loads(shop.avro_order().schema_str)
    assert (latest.subject, latest.version, latest.schema_id) == (subject, 1, registered.schema_id)


def test_lookup_finds_what_is_registered_and_nothing_else(client, connect, subject, refused):
    registered = client.register_schema(subject, shop.avro_order())
    found = connect().lookup_schema(subject, shop.avro_order())
    assert (found.schema_id, found.version) == (registered, 1)
    with refused(404, 40403, "Schema not found"):
        client.lookup_schema(subject, shop.avro_order(COUPON))
    with refused(404, 40401, f"Subject '{subject}-unknown' not found."):
        client.lookup_schema(f"{subject}-unknown", shop.avro_order())


def test_lookup_normalises_on_request(client, connect, subject):
    plain = {"type": "record", "name": "N", "fields": [{"name": "a", "type": "string"}]}
    spelled = {"fields": [{"type": {"type": "string"}, "name": "a"}], "name": "N", "type": "record"}
    registered = client.register_schema(subject, Schema(json.dumps(plain), "AVRO"), normalize_schemas=True)
    found = connect().lookup_schema(subject, Schema(json.dumps(spelled), "AVRO"), normalize_schemas=True)
    assert found.schema_id == registered


def test_compatible_evolution_makes_versions(client, subject):
    client.register_schema(subject, shop.avro_order())
    client.register_schema(subject, shop.avro_order(COUPON))
    assert client.get_versions(subject) == [1, 2]
    assert client.get_latest_version(subject).version == 2
    assert subject in client.get_subjects()


def test_incompatible_evolution_is_refused(client, subject, refused):
    client.register_schema(subject, shop.avro_order())
    breaking = shop.avro_order(PRIORITY_WITHOUT_DEFAULT)
    assert client.test_compatibility(subject, shop.avro_order(COUPON)) is True
    assert client.test_compatibility(subject, breaking) is False
    assert client.test_compatibility(subject, breaking, version=1, verbose=True) is False
    assert client.test_compatibility_all_versions(subject, breaking) is False
    with refused(409, 40901, f'incompatible with an earlier schema for subject "{subject}"'):
        client.register_schema(subject, breaking)
    assert client.get_versions(subject) == [1]


def test_a_level_of_its_own_lets_a_subject_break(client, subject, refused):
    client.register_schema(subject, shop.avro_order())
    with refused(404, 40408):
        client.get_compatibility(subject)
    client.set_compatibility(subject, "NONE")
    assert client.get_compatibility(subject) == "NONE"
    client.register_schema(subject, shop.avro_order(PRIORITY_WITHOUT_DEFAULT))
    assert client.delete_config(subject).compatibility_level == "NONE"
    with refused(404, 40408):
        client.get_config(subject)


def test_the_global_level_is_set_and_reset(client, subject, refused):
    assert client.get_compatibility() == "BACKWARD"
    try:
        client.set_config(config=ServerConfig(compatibility=ConfigCompatibilityLevel.FULL_TRANSITIVE))
        assert client.get_config().compatibility_level == "FULL_TRANSITIVE"
        client.register_schema(subject, shop.avro_order())
        with refused(409, 40901):
            client.register_schema(subject, shop.avro_order(PRIORITY_WITHOUT_DEFAULT))
    finally:
        client.delete_config()
    assert client.get_compatibility() == "BACKWARD"


def test_an_unknown_level_is_refused(client, subject, refused):
    with refused(422, 42203):
        client.set_compatibility(subject, "SIDEWAYS")


def test_versions_are_deleted_softly_then_for_good(client, connect, subject, refused):
    client.register_schema(subject, shop.avro_order())
    client.register_schema(subject, shop.avro_order(COUPON))
    with refused(404, 40407):
        client.delete_version(subject, 1, permanent=True)
    assert client.delete_version(subject, 1) == 1
    assert client.get_versions(subject) == [2]
    with refused(404, 40402, "Version 1 not found."):
        connect().get_version(subject, 1)
    assert connect().get_version(subject, 1, deleted=True).version == 1
    with refused(404, 40406):
        client.delete_version(subject, 1)
    assert client.delete_version(subject, 1, permanent=True) == 1
    with refused(404, 40402):
        connect().get_version(subject, 1, deleted=True)


def test_a_subject_is_deleted_softly_then_for_good(client, connect, subject, refused):
    registered = client.register_schema(subject, shop.avro_order())
    client.register_schema(subject, shop.avro_order(COUPON))
    with refused(404, 40405):
        client.delete_subject(subject, permanent=True)
    assert client.delete_subject(subject) == [1, 2]
    assert subject not in client.get_subjects()
    assert subject in client.get_subjects(deleted=True)
    # Messages written before the deletion stay readable.
    assert connect().get_schema(registered).schema_type == "AVRO"
    with refused(404, 40404):
        client.delete_subject(subject)
    assert client.delete_subject(subject, permanent=True) == [1, 2]
    assert subject not in client.get_subjects(deleted=True)
    with refused(404, 40401):
        client.get_versions(subject)


def test_a_referenced_version_is_kept(client, subject, refused):
    item = Schema('{"type":"record","name":"Item","namespace":"shop","fields":[]}', "AVRO")
    client.register_schema(f"{subject}-item", item)
    holder = Schema(
        '{"type":"record","name":"Holder","fields":[{"name":"item","type":"shop.Item"}]}',
        "AVRO",
        [SchemaReference("shop.Item", f"{subject}-item", 1)],
    )
    registered = client.register_schema(subject, holder)
    assert client.get_referenced_by(f"{subject}-item", 1) == [registered]
    with refused(422, 42206):
        client.delete_version(f"{subject}-item", 1)
    with refused(422, 42206):
        client.delete_subject(f"{subject}-item")


@pytest.mark.parametrize(
    ("what", "call", "status", "code"),
    [
        ("unknown id", lambda c, s: c.get_schema(2_000_000_000), 404, 40403),
        ("unknown guid", lambda c, s: c.get_schema_by_guid("0" * 8 + "-0000" * 3 + "-" + "0" * 12), 404, 40403),
        ("unknown subject", lambda c, s: c.get_versions(s), 404, 40401),
        ("latest of an unknown subject", lambda c, s: c.get_latest_version(s), 404, 40401),
        ("deleting an unknown subject", lambda c, s: c.delete_subject(s), 404, 40401),
        ("no version number", lambda c, s: c.get_version(s, "abc"), 422, 42202),
        ("a schema that does not parse", lambda c, s: c.register_schema(s, Schema('{"type":"nope"}', "AVRO")), 422, 42201),
        ("text that is no JSON", lambda c, s: c.register_schema(s, Schema("{", "AVRO")), 422, 42201),
        ("an unknown format", lambda c, s: c.register_schema(s, Schema("{}", "THRIFT")), 422, 42201),
        (
            "a reference to nothing",
            lambda c, s: c.register_schema(s, Schema('"shop.X"', "AVRO", [SchemaReference("shop.X", f"{s}-x", 1)])),
            422,
            42201,
        ),
    ],
)
def test_errors_carry_their_codes(client, subject, refused, what, call, status, code):
    with refused(status, code):
        call(client, subject)


def test_a_read_only_subject_refuses_writes(client, subject, refused):
    client.register_schema(subject, shop.avro_order())
    assert client.get_global_mode() == "READWRITE"
    client.update_mode(subject, "READONLY")
    assert client.get_mode(subject) == "READONLY"
    with refused(422, 42205):
        client.register_schema(subject, shop.avro_order(COUPON))
    client.delete_mode(subject)
    assert client.register_schema(subject, shop.avro_order(COUPON)) > 0


def test_the_server_names_its_formats_and_contexts(client):
    assert set(client.get_schema_types()) == {"AVRO", "JSON", "PROTOBUF"}
    assert "." in client.get_contexts()


def test_a_subject_with_awkward_characters(client, connect, subject):
    name = f"{subject} ü+%2B:x"
    registered = client.register_schema(name, shop.avro_order())
    assert connect().get_latest_version(name).schema_id == registered
    assert name in client.get_subjects()


def test_latest_with_metadata(client, connect, subject):
    tagged = Schema(
        shop.avro_order().schema_str,
        "AVRO",
        metadata=Metadata(tags=None, properties=MetadataProperties({"owner": "team a"}), sensitive=None),
    )
    registered = client.register_schema(subject, tagged)
    found = connect().get_latest_with_metadata(subject, {"owner": "team a"})
    assert (found.schema_id, found.version) == (registered, 1)


def test_protobuf_evolves_as_compatibility_allows(client, subject, refused):
    client.register_schema(subject, shop.protobuf_text_order())
    wider = shop.protobuf_text_order("string coupon = 3;")
    assert client.test_compatibility(subject, wider)
    client.register_schema(subject, wider)
    other = shop.protobuf_text_order("fixed64 coupon = 3;")
    assert not client.test_compatibility(subject, other)
    assert not client.test_compatibility_all_versions(subject, other)
    with refused(409, 40901, "The kind of a SCALAR field at path "):
        client.register_schema(subject, other)
    assert client.get_versions(subject) == [1, 2]


def test_json_schema_evolves_as_compatibility_allows(client, subject, refused):
    client.register_schema(subject, shop.json_order())
    wider = shop.json_order(total={"type": ["number", "null"]})
    assert client.test_compatibility(subject, wider)
    client.register_schema(subject, wider)
    narrower = shop.json_order(total={"type": "integer"})
    assert not client.test_compatibility(subject, narrower)
    assert not client.test_compatibility_all_versions(subject, narrower)
    with refused(409, 40901, "A type at path "):
        client.register_schema(subject, narrower)
    assert client.get_versions(subject) == [1, 2]
