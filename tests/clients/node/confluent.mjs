// What every test of the vendor's client needs.

import assert from 'node:assert/strict'
import sr from '@confluentinc/schemaregistry'
import * as shop from './shop.mjs'

/** A second client has empty caches, so what it returns came from the server. */
export const connect = () => new sr.SchemaRegistryClient({ baseURLs: [shop.url], maxRetries: 0 })

/** For `assert.rejects`: the refusal with this status and code, and this in its message. */
export const refused = (status, errorCode, text = '') => (error) => {
  assert.deepEqual([error.status, error.errorCode], [status, errorCode], String(error))
  assert.ok(error.message.includes(text), error.message)
  return true
}
