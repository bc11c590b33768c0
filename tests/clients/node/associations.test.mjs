// Subjects tied to topics: the vendor's client asks for them before it writes or reads a message.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import sr from '@confluentinc/schemaregistry'
import { connect } from './confluent.mjs'
import * as shop from './shop.mjs'

const { AvroDeserializer, AvroSerializer, LifecyclePolicy, SerdeType } = sr

const avro = { schemaType: 'AVRO', schema: shop.avroOrder() }

async function found(topic) {
  try {
    return await connect().getAssociationsByResourceName(topic, '-', 'topic', ['value'], null, 0, -1)
  } catch (error) {
    assert.equal(error.status, 404, String(error))
    return []
  }
}

test('a topic without one uses the subject of its name', async () => {
  const topic = shop.newTopic('associations')
  assert.deepEqual(await found(topic), [])
  await connect().register(`${topic}-value`, avro)
  const payload = await new AvroSerializer(connect(), SerdeType.VALUE, { useLatestVersion: true }).serialize(
    topic,
    shop.order,
  )
  const read = await new AvroDeserializer(connect(), SerdeType.VALUE, {}).deserialize(topic, payload)
  assert.equal(read.order_id, 'o-1')
})

test('a topic is written under its subject', async () => {
  const topic = shop.newTopic('associations')
  const elsewhere = `${topic}-shared`
  const id = await connect().register(elsewhere, avro)
  const created = await connect().createAssociation({
    resourceName: topic,
    resourceNamespace: 'lkc-1',
    resourceId: `${topic}-id`,
    resourceType: 'topic',
    associations: [{ subject: elsewhere, associationType: 'value', lifecycle: LifecyclePolicy.WEAK }],
  })
  assert.equal(created.associations[0].subject, elsewhere)
  assert.deepEqual(
    (await found(topic)).map(({ subject, lifecycle }) => [subject, lifecycle]),
    [[elsewhere, 'WEAK']],
  )
  const payload = await new AvroSerializer(connect(), SerdeType.VALUE, { useLatestVersion: true }).serialize(
    topic,
    shop.order,
  )
  assert.equal(shop.idIn(payload), id)
  const read = await new AvroDeserializer(connect(), SerdeType.VALUE, {}).deserialize(topic, payload)
  assert.equal(read.order_id, 'o-1')
  assert.ok(!(await connect().getAllSubjects()).includes(`${topic}-value`))
  await connect().deleteAssociations(`${topic}-id`, 'topic', ['value'], false)
  assert.deepEqual(await found(topic), [])
})
