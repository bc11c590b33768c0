// @confluentinc/schemaregistry, the vendor's own client for JavaScript.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import sr from '@confluentinc/schemaregistry'
import { connect, refused } from './confluent.mjs'
import * as shop from './shop.mjs'

const {
  AvroDeserializer,
  AvroSerializer,
  Compatibility,
  DualSchemaIdDeserializer,
  HeaderSchemaIdSerializer,
  JsonDeserializer,
  JsonSerializer,
  ProtobufDeserializer,
  ProtobufSerializer,
  SerdeType,
} = sr

const avro = (schema, references) => ({ schemaType: 'AVRO', schema, references })

test('register, fetch and look up', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  const registered = await client.registerFullResponse(subject, avro(shop.avroOrder()))
  assert.ok(registered.id > 0)
  assert.equal(registered.version, 1)
  assert.equal(await connect().register(subject, avro(shop.avroOrder())), registered.id)

  const byId = await connect().getBySubjectAndId(subject, registered.id)
  const byGuid = await connect().getByGuid(registered.guid)
  const latest = await connect().getLatestSchemaMetadata(subject)
  const byVersion = await connect().getSchemaMetadata(subject, 1)
  assert.deepEqual(JSON.parse(byId.schema), JSON.parse(shop.canonicalAvroOrder()))
  assert.equal(byGuid.schema, byId.schema)
  assert.deepEqual([latest.version, latest.id, latest.schema], [1, registered.id, byId.schema])
  assert.deepEqual([byVersion.version, byVersion.id], [1, registered.id])

  assert.equal(await connect().getId(subject, avro(shop.avroOrder())), registered.id)
  assert.equal(await connect().getVersion(subject, avro(shop.avroOrder())), 1)
  assert.ok((await client.getAllSubjects()).includes(subject))
})

test('compatible changes pass, incompatible ones are refused', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  await client.register(subject, avro(shop.avroOrder()))
  const breaking = avro(shop.avroOrder(shop.priorityWithoutDefault))
  assert.equal(await client.testSubjectCompatibility(subject, avro(shop.avroOrder(shop.coupon))), true)
  assert.equal(await client.testSubjectCompatibility(subject, breaking), false)
  assert.equal(await client.testCompatibility(subject, 1, breaking), false)
  await assert.rejects(client.register(subject, breaking), refused(409, 40901, 'incompatible'))
  await client.register(subject, avro(shop.avroOrder(shop.coupon)))
  assert.deepEqual(await client.getAllVersions(subject), [1, 2])
})

test('levels of a subject and of the whole registry', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  await assert.rejects(client.getCompatibility(subject), refused(404, 40408))
  assert.equal(await client.updateCompatibility(subject, Compatibility.FULL), 'FULL')
  assert.equal(await client.getCompatibility(subject), 'FULL')
  assert.equal((await client.getConfig(subject)).compatibilityLevel, 'FULL')
  await assert.rejects(client.updateCompatibility(subject, 'SIDEWAYS'), refused(422, 42203))

  const before = await client.getDefaultCompatibility()
  assert.equal(before, 'BACKWARD')
  try {
    assert.equal(await client.updateDefaultCompatibility(Compatibility.FORWARD), 'FORWARD')
    assert.equal(await client.getDefaultCompatibility(), 'FORWARD')
  } finally {
    await client.updateDefaultCompatibility(before)
  }
})

test('deletion is soft first, then for good', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  await client.register(subject, avro(shop.avroOrder()))
  await client.register(subject, avro(shop.avroOrder(shop.coupon)))
  await assert.rejects(client.deleteSubjectVersion(subject, 1, true), refused(404, 40407))
  assert.equal(await client.deleteSubjectVersion(subject, 1), 1)
  assert.deepEqual(await connect().getAllVersions(subject), [2])
  await assert.rejects(connect().getSchemaMetadata(subject, 1), refused(404, 40402))
  assert.equal((await connect().getSchemaMetadata(subject, 1, true)).version, 1)
  assert.equal(await client.deleteSubjectVersion(subject, 1, true), 1)
  await assert.rejects(client.deleteSubject(subject, true), refused(404, 40405))
  assert.deepEqual(await client.deleteSubject(subject), [2])
  await assert.rejects(client.deleteSubject(subject), refused(404, 40404))
  assert.deepEqual(await client.deleteSubject(subject, true), [2])
  await assert.rejects(connect().getAllVersions(subject), refused(404, 40401))
})

test('errors carry their codes', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  await assert.rejects(client.getBySubjectAndId(subject, 2_000_000_000), refused(404, 40403))
  await assert.rejects(client.getLatestSchemaMetadata(subject), refused(404, 40401))
  await assert.rejects(client.getId(subject, avro('"string"')), refused(404, 40401))
  await assert.rejects(client.register(subject, avro('{"type":"nope"}')), refused(422, 42201))
  await client.register(subject, avro(shop.avroOrder()))
  await assert.rejects(client.getId(subject, avro('"string"')), refused(404, 40403))
  await assert.rejects(client.getSchemaMetadata(subject, 99), refused(404, 40402))
})

test('JSON Schema evolves as compatibility allows', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  const json = (total) => ({ schemaType: 'JSON', schema: shop.jsonOrder({ total: { type: total } }) })
  await client.register(subject, json('number'))
  const wider = json(['number', 'null'])
  assert.equal(await client.testSubjectCompatibility(subject, wider), true)
  await client.register(subject, wider)
  const narrower = json('integer')
  assert.equal(await client.testSubjectCompatibility(subject, narrower), false)
  await assert.rejects(client.register(subject, narrower), refused(409, 40901, 'A type at path '))
  await client.updateCompatibility(subject, Compatibility.NONE)
  await client.register(subject, narrower)
  assert.deepEqual(await client.getAllVersions(subject), [1, 2, 3])
})

test('Protobuf evolves as compatibility allows', async () => {
  const subject = `${shop.newTopic('confluent')}-value`
  const client = connect()
  const protobuf = (...fields) => ({ schemaType: 'PROTOBUF', schema: shop.protobufOrder(...fields) })
  await client.register(subject, protobuf())
  assert.equal(await client.testSubjectCompatibility(subject, protobuf('string coupon = 3;')), true)
  await client.register(subject, protobuf('string coupon = 3;'))
  const other = protobuf('fixed64 coupon = 3;')
  assert.equal(await client.testSubjectCompatibility(subject, other), false)
  await assert.rejects(client.register(subject, other), refused(409, 40901, 'The kind of a SCALAR field at path '))
  assert.deepEqual(await client.getAllVersions(subject), [1, 2])
})

test('Avro: written with the latest version', async () => {
  const topic = shop.newTopic('confluent')
  await connect().register(`${topic}-value`, avro(shop.avroOrder()))
  const writer = new AvroSerializer(connect(), SerdeType.VALUE, { useLatestVersion: true })
  const payload = await writer.serialize(topic, shop.order)
  assert.equal(shop.idIn(payload), (await connect().getLatestSchemaMetadata(`${topic}-value`)).id)
  const reader = new AvroDeserializer(connect(), SerdeType.VALUE, {})
  assert.equal((await reader.deserialize(topic, payload)).order_id, shop.order.order_id)
})

test('Avro: the schema of the message is registered or looked up', async () => {
  const topic = shop.newTopic('confluent')
  const lookup = new AvroSerializer(connect(), SerdeType.VALUE, { autoRegisterSchemas: false })
  await assert.rejects(lookup.serialize(topic, { a: 1 }))
  const writer = new AvroSerializer(connect(), SerdeType.VALUE, { autoRegisterSchemas: true })
  const payload = await writer.serialize(topic, { a: 1 })
  assert.deepEqual(await connect().getAllVersions(`${topic}-value`), [1])
  const again = new AvroSerializer(connect(), SerdeType.VALUE, { autoRegisterSchemas: false })
  assert.equal(shop.idIn(await again.serialize(topic, { a: 2 })), shop.idIn(payload))
})

test('Avro: references', async () => {
  const topic = shop.newTopic('confluent')
  const client = connect()
  await client.register(`${topic}-item`, avro(JSON.stringify(shop.itemRecord)))
  const references = [{ name: 'shop.Item', subject: `${topic}-item`, version: 1 }]
  await client.register(`${topic}-value`, avro(JSON.stringify(shop.basketRecord), references))
  const writer = new AvroSerializer(connect(), SerdeType.VALUE, { useLatestVersion: true })
  const payload = await writer.serialize(topic, { item: { sku: 'apple', qty: 3 } })
  const read = await new AvroDeserializer(connect(), SerdeType.VALUE, {}).deserialize(topic, payload)
  assert.deepEqual([read.item.sku, read.item.qty], ['apple', 3])
  const stored = await connect().getLatestSchemaMetadata(`${topic}-value`)
  assert.deepEqual(stored.references, references)
})

test('JSON Schema: references and validation', async () => {
  const topic = shop.newTopic('confluent')
  const client = connect()
  const item = { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] }
  await client.register(`${topic}-item`, { schemaType: 'JSON', schema: JSON.stringify(item) })
  const basket = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { item: { $ref: 'item.json' } },
  }
  const id = await client.register(`${topic}-value`, {
    schemaType: 'JSON',
    schema: JSON.stringify(basket),
    references: [{ name: 'item.json', subject: `${topic}-item`, version: 1 }],
  })
  const writer = new JsonSerializer(connect(), SerdeType.VALUE, { useLatestVersion: true, validate: true })
  const payload = await writer.serialize(topic, { item: { sku: 'apple' } })
  assert.equal(shop.idIn(payload), id)
  const reader = new JsonDeserializer(connect(), SerdeType.VALUE, { validate: true })
  assert.deepEqual(await reader.deserialize(topic, payload), { item: { sku: 'apple' } })
  await assert.rejects(writer.serialize(topic, { item: {} }), /sku/)
})

test('Protobuf: an imported file becomes a reference', async () => {
  const topic = shop.newTopic('confluent')
  const { Order, Customer, customerPath } = shop.protobufDescriptors(topic)
  const message = create(Order, {
    orderId: 'o-1',
    customer: create(Customer, { email: 'a@example.com' }),
  })
  const writer = new ProtobufSerializer(connect(), SerdeType.VALUE, { autoRegisterSchemas: true })
  writer.registry.add(Order)
  writer.registry.add(Customer)
  const payload = await writer.serialize(topic, message)

  const reader = new ProtobufDeserializer(connect(), SerdeType.VALUE, {})
  const read = await reader.deserialize(topic, payload)
  assert.equal(read.$typeName, 'shop.Order')
  assert.equal(read.orderId, 'o-1')
  assert.equal(read.customer.email, 'a@example.com')

  const stored = await connect().getLatestSchemaMetadata(`${topic}-value`)
  assert.equal(stored.id, shop.idIn(payload))
  assert.deepEqual(stored.references, [{ name: customerPath, subject: customerPath, version: 1 }])

  // Looking the same descriptor up, and taking the latest version, both end at the same id.
  for (const conf of [{ autoRegisterSchemas: false }, { useLatestVersion: true }]) {
    const other = new ProtobufSerializer(connect(), SerdeType.VALUE, conf)
    other.registry.add(Order)
    other.registry.add(Customer)
    assert.equal(shop.idIn(await other.serialize(topic, message)), stored.id)
  }
})

test('Avro: the latest version of its owner, and what another owner wrote', async () => {
  const topic = shop.newTopic('confluent')
  const owned = (owner, ...extra) => ({
    ...avro(shop.avroOrder(...extra)),
    metadata: { properties: { owner } },
  })
  const client = connect()
  const first = await client.register(`${topic}-value`, owned('team a'))
  const second = await client.register(`${topic}-value`, owned('team b', shop.coupon))
  const latestOf = (owner) => ({ useLatestWithMetadata: { owner } })
  const write = (owner) =>
    new AvroSerializer(connect(), SerdeType.VALUE, latestOf(owner)).serialize(topic, { ...shop.order, coupon: null })
  const [old, recent] = [await write('team a'), await write('team b')]
  assert.deepEqual([shop.idIn(old), shop.idIn(recent)], [first, second])
  const reader = new AvroDeserializer(connect(), SerdeType.VALUE, latestOf('team a'))
  assert.equal('coupon' in (await reader.deserialize(topic, recent)), false)
})

test('the schema is named by guid in a header', async () => {
  const topic = shop.newTopic('confluent')
  const { guid } = await connect().registerFullResponse(`${topic}-value`, avro(shop.avroOrder()))
  const headers = {}
  const writer = new AvroSerializer(connect(), SerdeType.VALUE, {
    useLatestVersion: true,
    schemaIdSerializer: HeaderSchemaIdSerializer,
  })
  const payload = await writer.serialize(topic, shop.order, headers)
  const expected = Buffer.concat([Buffer.from([1]), Buffer.from(guid.replaceAll('-', ''), 'hex')])
  assert.deepEqual(headers, { __value_schema_id: expected })
  const reader = new AvroDeserializer(connect(), SerdeType.VALUE, {
    schemaIdDeserializer: DualSchemaIdDeserializer,
  })
  assert.equal((await reader.deserialize(topic, payload, headers)).order_id, 'o-1')
})

test('a context has subjects and ids of its own', async () => {
  const topic = shop.newTopic('confluent')
  const inside = `:.${topic}:orders-value`
  const client = connect()
  assert.equal(await client.register(inside, avro(shop.avroOrder())), 1)
  assert.equal(await client.register(inside, avro(shop.avroOrder(shop.coupon))), 2)
  assert.ok((await connect().getAllSubjects()).includes(inside))
  const latest = await connect().getLatestSchemaMetadata(inside)
  assert.deepEqual([latest.subject, latest.id, latest.version], [inside, 2, 2])
  assert.equal((await connect().getBySubjectAndId(inside, 2)).schema, latest.schema)
  const conf = { subjectNameStrategy: () => inside }
  const writer = new AvroSerializer(connect(), SerdeType.VALUE, { useLatestVersion: true, ...conf })
  const payload = await writer.serialize(topic, shop.order)
  assert.equal(shop.idIn(payload), 2)
  const read = await new AvroDeserializer(connect(), SerdeType.VALUE, conf).deserialize(topic, payload)
  assert.equal(read.order_id, 'o-1')
  assert.deepEqual(await client.deleteSubject(inside), [1, 2])
  assert.deepEqual(await client.deleteSubject(inside, true), [1, 2])
  await assert.rejects(connect().getAllVersions(inside), refused(404, 40401))
})
