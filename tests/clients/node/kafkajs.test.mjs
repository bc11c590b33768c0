// @kafkajs/confluent-schema-registry, the client that most KafkaJS programs use.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from '@kafkajs/confluent-schema-registry'
import * as shop from './shop.mjs'

const { SchemaRegistry, SchemaType } = kafkajs

// A second client has empty caches, so what it returns came from the server.
const connect = () => new SchemaRegistry({ host: shop.url, retry: { retries: 0 } })
const avro = (schema, references) => ({ type: SchemaType.AVRO, schema, references })
const readJson = async (path) => (await fetch(`${shop.url}${path}`)).json()

test('Avro: register, encode, decode, latest', async () => {
  const subject = `${shop.newTopic('kafkajs')}-value`
  const registry = connect()
  const { id } = await registry.register(avro(shop.avroOrder()), { subject })
  const payload = await registry.encode(id, shop.order)
  assert.equal(shop.idIn(payload), id)
  assert.equal((await connect().decode(payload)).order_id, 'o-1')
  assert.equal(await connect().getLatestSchemaId(subject), id)
  assert.equal(await connect().getRegistryId(subject, 1), id)
  assert.equal(await connect().getRegistryIdBySchema(subject, avro(shop.avroOrder())), id)
})

test('the first registration leaves the subject with a level of its own', async () => {
  const subject = `${shop.newTopic('kafkajs')}-value`
  await connect().register(avro(shop.avroOrder()), { subject })
  assert.deepEqual(await readJson(`/config/${subject}`), { compatibilityLevel: 'BACKWARD' })
})

test('a reader of the second version reads the first', async () => {
  const subject = `${shop.newTopic('kafkajs')}-value`
  const registry = connect()
  const { id } = await registry.register(avro(shop.avroOrder()), { subject })
  const old = await registry.encode(id, shop.order)
  const newer = JSON.parse(shop.avroOrder(shop.coupon))
  const second = await registry.register(avro(JSON.stringify(newer)), { subject })
  assert.notEqual(second.id, id)
  const read = await connect().decode(old, { [SchemaType.AVRO]: { readerSchema: newer } })
  assert.equal(read.coupon, null)
})

test('an incompatible change is refused', async () => {
  const subject = `${shop.newTopic('kafkajs')}-value`
  const registry = connect()
  await registry.register(avro(shop.avroOrder()), { subject })
  const breaking = avro(shop.avroOrder(shop.priorityWithoutDefault))
  await assert.rejects(registry.register(breaking, { subject }), /incompatible with an earlier schema/)
})

test('unknown subjects and ids are errors', async () => {
  const subject = `${shop.newTopic('kafkajs')}-value`
  await assert.rejects(connect().getLatestSchemaId(subject), /not found/)
  const payload = Buffer.concat([Buffer.from([0, 0x77, 0, 0, 0]), Buffer.from([2])])
  await assert.rejects(connect().decode(payload), /not found/)
})

test('Avro: references', async () => {
  const topic = shop.newTopic('kafkajs')
  const registry = connect()
  await registry.register(avro(JSON.stringify(shop.itemRecord)), { subject: `${topic}-item` })
  const references = [{ name: 'shop.Item', subject: `${topic}-item`, version: 1 }]
  const subject = `${topic}-value`
  const { id } = await registry.register(avro(JSON.stringify(shop.basketRecord), references), { subject })
  const payload = await registry.encode(id, { item: { sku: 'apple', qty: 3 } })
  const read = await connect().decode(payload)
  assert.deepEqual([read.item.sku, read.item.qty], ['apple', 3])
})

test('JSON Schema: register, encode, decode, references', async () => {
  const topic = shop.newTopic('kafkajs')
  const registry = connect()
  const item = {
    $id: 'https://shop.example/item.json',
    type: 'object',
    properties: { sku: { type: 'string' } },
    required: ['sku'],
  }
  await registry.register(
    { type: SchemaType.JSON, schema: JSON.stringify(item) },
    { subject: `${topic}-item` },
  )
  const basket = {
    $id: 'https://shop.example/basket.json',
    type: 'object',
    properties: { item: { $ref: 'https://shop.example/item.json' } },
  }
  const { id } = await registry.register(
    {
      type: SchemaType.JSON,
      schema: JSON.stringify(basket),
      references: [{ name: 'https://shop.example/item.json', subject: `${topic}-item`, version: 1 }],
    },
    { subject: `${topic}-value` },
  )
  const payload = await registry.encode(id, { item: { sku: 'apple' } })
  assert.deepEqual(await connect().decode(payload), { item: { sku: 'apple' } })
  await assert.rejects(registry.encode(id, { item: {} }))
})

test('Protobuf: register, encode, decode, references', async () => {
  const topic = shop.newTopic('kafkajs')
  const registry = connect()
  const customer = 'syntax = "proto3";\npackage shop;\n\nmessage Customer {\n  string email = 1;\n}\n'
  await registry.register({ type: SchemaType.PROTOBUF, schema: customer }, { subject: `${topic}-customer` })
  const order = [
    'syntax = "proto3";',
    'package shop;',
    `import "${topic}/customer.proto";`,
    '',
    'message Order {',
    '  string order_id = 1;',
    '  Customer customer = 2;',
    '}',
    '',
  ].join('\n')
  const references = [{ name: `${topic}/customer.proto`, subject: `${topic}-customer`, version: 1 }]
  const { id } = await registry.register(
    { type: SchemaType.PROTOBUF, schema: order, references },
    { subject: `${topic}-value` },
  )
  const message = { orderId: 'o-1', customer: { email: 'a@example.com' } }
  const payload = await registry.encode(id, message)
  const read = await connect().decode(payload)
  assert.deepEqual([read.orderId, read.customer.email], ['o-1', 'a@example.com'])
})

test('JSON Schema evolves as compatibility allows, and as it likes at level NONE', async () => {
  const subject = `${shop.newTopic('kafkajs')}-value`
  const registry = connect()
  const json = (schema) => ({ type: SchemaType.JSON, schema })
  await registry.register(json(shop.jsonOrder()), { subject })
  const newer = json(shop.jsonOrder({ coupon: { type: 'string' } }))
  await assert.rejects(registry.register(newer, { subject }), /incompatible with an earlier schema/)
  const put = await fetch(`${shop.url}/config/${subject}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: '{"compatibility":"NONE"}',
  })
  assert.equal(put.status, 200)
  await registry.register(newer, { subject, compatibility: 'NONE' })
  assert.deepEqual(await readJson(`/subjects/${subject}/versions`), [1, 2])
})
