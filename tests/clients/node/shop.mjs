// Schemas of a small shop in each format, and what every test needs to talk to the server that
// DOVETAIL_URL names.

import assert from 'node:assert/strict'
import { create, createFileRegistry } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'

export const url = process.env.DOVETAIL_URL
assert.ok(url, 'DOVETAIL_URL names the server under test')

let topics = 0
/** A topic that no other test uses. */
export const newTopic = (prefix) => `${prefix}-${(topics += 1)}`

export const order = {
  order_id: 'o-1',
  user_id: 7,
  items: [{ sku: 'apple', qty: 3 }],
  total: 12.5,
}

export const coupon = { name: 'coupon', type: ['null', 'string'], default: null }
export const priorityWithoutDefault = { name: 'priority', type: 'int' }

export const itemRecord = {
  type: 'record',
  name: 'Item',
  namespace: 'shop',
  fields: [
    { name: 'sku', type: 'string' },
    { name: 'qty', type: 'int' },
  ],
}

/** Names the item's record, which is registered by itself. */
export const basketRecord = {
  type: 'record',
  name: 'Basket',
  namespace: 'shop',
  fields: [{ name: 'item', type: 'shop.Item' }],
}

export function avroOrder(...extra) {
  return JSON.stringify({
    type: 'record',
    name: 'OrderPlaced',
    namespace: 'shop',
    fields: [
      { name: 'order_id', type: 'string' },
      { name: 'user_id', type: 'long' },
      { name: 'items', type: { type: 'array', items: itemRecord } },
      { name: 'total', type: 'double' },
      ...extra,
    ],
  })
}

/** As the registry serves it: a nested type in the namespace around it does not repeat the namespace. */
export function canonicalAvroOrder() {
  const { namespace, ...item } = itemRecord
  assert.equal(namespace, 'shop')
  return avroOrder().replace(JSON.stringify(itemRecord), JSON.stringify(item))
}

export function jsonOrder(extra = {}) {
  return JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'OrderPlaced',
    type: 'object',
    properties: {
      order_id: { type: 'string' },
      user_id: { type: 'integer' },
      items: { type: 'array', items: { type: 'object' } },
      total: { type: 'number' },
      ...extra,
    },
    required: ['order_id', 'total'],
  })
}

export function protobufOrder(...extra) {
  const fields = ['string order_id = 1;', 'string user = 2;', ...extra]
  return `syntax = "proto3";\npackage shop;\n\nmessage Order {\n${fields.map((f) => `  ${f}\n`).join('')}}\n`
}

/**
 * Descriptors made at run time, so that no protoc is needed: two files, the second importing the
 * first. The paths carry the topic because the client registers an imported file under its path.
 */
export function protobufDescriptors(topic) {
  const { STRING, MESSAGE } = FieldDescriptorProto_Type
  const label = FieldDescriptorProto_Label.OPTIONAL
  const customerPath = `${topic}/customer.proto`
  const customer = create(FileDescriptorProtoSchema, {
    name: customerPath,
    package: 'shop',
    syntax: 'proto3',
    messageType: [
      { name: 'Customer', field: [{ name: 'email', jsonName: 'email', number: 1, type: STRING, label }] },
    ],
  })
  const orderFile = create(FileDescriptorProtoSchema, {
    name: `${topic}/order.proto`,
    package: 'shop',
    syntax: 'proto3',
    dependency: [customerPath],
    messageType: [
      {
        name: 'Order',
        field: [
          { name: 'order_id', jsonName: 'orderId', number: 1, type: STRING, label },
          { name: 'customer', jsonName: 'customer', number: 2, type: MESSAGE, typeName: '.shop.Customer', label },
        ],
      },
    ],
  })
  const files = createFileRegistry(create(FileDescriptorSetSchema, { file: [customer, orderFile] }))
  return {
    customerPath,
    Order: files.getMessage('shop.Order'),
    Customer: files.getMessage('shop.Customer'),
  }
}

/** The schema id in the frame: a zero byte, then four bytes, highest first. */
export function idIn(payload) {
  assert.equal(payload[0], 0)
  return payload.readInt32BE(1)
}
