// avro-schema-registry, a small client for Avro messages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import connectTo from 'avro-schema-registry'
import * as shop from './shop.mjs'

// A second client has empty caches, so what it returns came from the server.
const connect = () => connectTo(shop.url)
const schema = JSON.parse(shop.avroOrder())
const wider = JSON.parse(shop.avroOrder(shop.coupon))
const read = async (path) => (await fetch(`${shop.url}${path}`)).json()

test('messages are written with a schema, by subject and by id', async () => {
  const topic = shop.newTopic('small')
  const registry = connect()
  const payload = await registry.encodeMessage(topic, schema, shop.order)
  const id = shop.idIn(payload)
  assert.deepEqual(await read(`/subjects/${topic}-value/versions`), [1])
  assert.equal((await connect().decode(payload)).order_id, 'o-1')
  assert.equal((await connect().decodeMessage(payload)).total, 12.5)
  assert.deepEqual(await connect().encodeById(id, shop.order), payload)
  assert.deepEqual(await connect().encodeMessageByTopicName(`${topic}-value`, shop.order), payload)
  const key = await registry.encodeKey(topic, 'string', 'o-1')
  assert.equal(await connect().decode(key), 'o-1')
  assert.deepEqual(await read(`/subjects/${topic}-key/versions`), [1])
})

test('the newest version is found, and a reader of the older one reads it', async () => {
  const topic = shop.newTopic('small')
  await connect().encodeMessage(topic, schema, shop.order)
  const payload = await connect().encodeMessage(topic, wider, { ...shop.order, coupon: null })
  const latest = await read(`/subjects/${topic}-value/versions/latest`)
  assert.deepEqual([latest.version, latest.id], [2, shop.idIn(payload)])
  assert.deepEqual(await connect().encodeMessageByTopicName(`${topic}-value`, { ...shop.order, coupon: null }), payload)
  assert.equal((await connect().decode(payload)).coupon, null)
})

test('refusals carry their codes', async () => {
  const topic = shop.newTopic('small')
  await connect().encodeMessage(topic, schema, shop.order)
  const breaking = JSON.parse(shop.avroOrder(shop.priorityWithoutDefault))
  await assert.rejects(connect().encodeMessage(topic, breaking, { ...shop.order, priority: 1 }), /error: 40901 - /)
  await assert.rejects(connect().encodeById(2_000_000_000, shop.order), /error: 40403 - Schema 2000000000 not found/)
  await assert.rejects(connect().encodeMessageByTopicName(`${topic}-x`, shop.order), /error: 40401 - /)
})
