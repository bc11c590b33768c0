// Data contracts with the vendor's client: rules that the registry keeps with a schema and the client runs,
// migration between majors, fields encrypted with keys whose registry is the server's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import sr from '@confluentinc/schemaregistry'
import avsc from 'avsc'
import { connect, refused } from './confluent.mjs'
import * as shop from './shop.mjs'

const {
  AvroDeserializer,
  AvroSerializer,
  CelExecutor,
  CelFieldExecutor,
  Clock,
  DekRegistryClient,
  FieldEncryptionExecutor,
  JsonataExecutor,
  LocalKmsDriver,
  RuleMode,
  RuleRegistry,
  SerdeType,
} = sr

LocalKmsDriver.register()

const keys = () => new DekRegistryClient({ baseURLs: [shop.url], maxRetries: 0 })

/** A record of string fields; a field given as [name, tag] carries that tag. */
function record(fields, more = {}) {
  const declared = fields.map((field) => {
    const [name, ...tags] = [field].flat()
    return { name, type: 'string', ...(tags.length ? { 'confluent:tags': tags } : {}) }
  })
  const schema = JSON.stringify({ type: 'record', name: 'Customer', namespace: 'shop', fields: declared })
  return { schemaType: 'AVRO', schema, ...more }
}
const condition = (name, expr) => ({ name, kind: 'CONDITION', mode: RuleMode.WRITE, type: 'CEL', expr })
const domain = (...domainRules) => ({ ruleSet: { domainRules } })

function executors(clock = new Clock()) {
  const registry = new RuleRegistry()
  for (const executor of [
    new CelExecutor(),
    new CelFieldExecutor(),
    new JsonataExecutor(),
    new FieldEncryptionExecutor(clock),
  ]) {
    registry.registerExecutor(executor)
  }
  return registry
}

const ruleConfig = { secret: 'only writer and reader know it' }
const noSecret = { ruleConfig: {} }
const writer = (conf, clock) =>
  new AvroSerializer(connect(), SerdeType.VALUE, { ruleConfig, ...conf }, executors(clock))
const latestWriter = (clock, conf = {}) => writer({ useLatestVersion: true, ...conf }, clock)
const reader = (conf = {}) =>
  new AvroDeserializer(connect(), SerdeType.VALUE, { ruleConfig, ...conf }, executors())
const plain = (message) => JSON.parse(JSON.stringify(message))

test('rules come back as they were registered, and make a version of their own', async () => {
  const subject = `${shop.newTopic('contracts')}-value`
  const hidden = {
    name: 'hidden',
    kind: 'TRANSFORM',
    mode: RuleMode.WRITE,
    type: 'CEL_FIELD',
    tags: ['PII'],
    params: { reason: 'law' },
    expr: "typeName == 'STRING' ; value + '-hidden'",
  }
  const metadata = { properties: { owner: 'team a' } }
  const schema = record(['name', ['email', 'PII']], { metadata, ...domain(condition('named', "message.name != ''"), hidden) })
  const id = await connect().register(subject, schema)
  const latest = await connect().getLatestSchemaMetadata(subject)
  const byId = await connect().getBySubjectAndId(subject, id)
  for (const stored of [latest, byId]) {
    assert.deepEqual(stored.metadata, metadata)
    assert.deepEqual(stored.ruleSet.domainRules[1], { ...hidden, disabled: false })
  }
  assert.equal(await connect().getId(subject, schema), id)
  const fewer = { ...schema, ...domain(hidden) }
  assert.notEqual(await connect().register(subject, fewer), id)
  const twice = { ...schema, ...domain(hidden, hidden) }
  await assert.rejects(connect().register(subject, twice), refused(422, 42210, "duplicate name 'hidden'"))
})

test('a message that breaks a condition is not written', async () => {
  const topic = shop.newTopic('contracts')
  const named = condition('named', "message.name != ''")
  await connect().register(`${topic}-value`, record(['name'], domain(named)))
  const write = latestWriter()
  const payload = await write.serialize(topic, { name: 'Ada' })
  assert.deepEqual(plain(await reader().deserialize(topic, payload)), { name: 'Ada' })
  await assert.rejects(write.serialize(topic, { name: '' }))
})

test('fields with a tag are rewritten', async () => {
  const topic = shop.newTopic('contracts')
  const hidden = {
    name: 'hidden',
    kind: 'TRANSFORM',
    mode: RuleMode.WRITE,
    type: 'CEL_FIELD',
    tags: ['PII'],
    expr: "typeName == 'STRING' ; value + '-hidden'",
  }
  await connect().register(`${topic}-value`, record(['name', ['email', 'PII']], domain(hidden)))
  const payload = await latestWriter().serialize(topic, { name: 'Ada', email: 'a' })
  assert.deepEqual(plain(await reader().deserialize(topic, payload)), { name: 'Ada', email: 'a-hidden' })
})

test('rules and metadata come from the configuration', async () => {
  const topic = shop.newTopic('contracts')
  const subject = `${topic}-value`
  const named = domain(condition('named', "message.name != ''")).ruleSet
  const overrideMetadata = { properties: { owner: 'team a' } }
  await connect().updateConfig(subject, { defaultRuleSet: named, overrideMetadata })
  const kept = await connect().getConfig(subject)
  assert.equal(kept.defaultRuleSet.domainRules[0].name, 'named')
  assert.deepEqual(kept.overrideMetadata, overrideMetadata)
  await connect().register(subject, record(['name']))
  const stored = await connect().getLatestWithMetadata(subject, { owner: 'team a' })
  assert.equal(stored.ruleSet.domainRules[0].name, 'named')
  await assert.rejects(latestWriter().serialize(topic, { name: '' }))
})

test('messages migrate between majors', async () => {
  const topic = shop.newTopic('contracts')
  const subject = `${topic}-value`
  const client = connect()
  const rename = (name, mode, from, to) => ({
    name,
    kind: 'TRANSFORM',
    mode,
    type: 'JSONATA',
    expr: `$merge([$sift($, function($v, $k) {$k != '${from}'}), {'${to}': $.'${from}'}])`,
  })
  const major = (number) => ({ metadata: { properties: { major: number } } })
  const first = await client.register(subject, record(['name'], major('1')))
  const migrationRules = [
    rename('up', RuleMode.UPGRADE, 'name', 'full_name'),
    rename('down', RuleMode.DOWNGRADE, 'full_name', 'name'),
  ]
  const other = record(['full_name'], { ...major('2'), ruleSet: { migrationRules } })
  await assert.rejects(client.register(subject, other), refused(409, 40901))
  await client.updateConfig(subject, { compatibilityGroup: 'major' })
  assert.equal(await client.testSubjectCompatibility(subject, other), true)
  const second = await client.register(subject, other)
  // Within a group the level holds as before.
  await assert.rejects(client.register(subject, record(['full_name', 'email'], major('2'))), refused(409, 40901))

  const latestOf = (number) => ({ useLatestWithMetadata: { major: number } })
  const old = await writer(latestOf('1')).serialize(topic, { name: 'Ada' })
  const recent = await writer(latestOf('2')).serialize(topic, { full_name: 'Ada' })
  assert.deepEqual([shop.idIn(old), shop.idIn(recent)], [first, second])
  assert.deepEqual(plain(await reader(latestOf('2')).deserialize(topic, old)), { full_name: 'Ada' })
  assert.deepEqual(plain(await reader(latestOf('1')).deserialize(topic, recent)), { name: 'Ada' })
})

const customer = { name: 'Ada', email: 'ada@example.com' }
const encrypted = (kek, params = {}) =>
  record(
    ['name', ['email', 'PII']],
    domain({
      name: 'encrypted',
      kind: 'TRANSFORM',
      mode: RuleMode.WRITEREAD,
      type: 'ENCRYPT',
      tags: ['PII'],
      params: {
        'encrypt.kek.name': kek,
        'encrypt.kms.type': 'local-kms',
        'encrypt.kms.key.id': 'key-1',
        ...params,
      },
      onFailure: 'ERROR,ERROR',
    }),
  )

for (const algorithm of ['AES128_GCM', 'AES256_GCM', 'AES256_SIV']) {
  test(`a field travels encrypted with ${algorithm}`, async () => {
    const topic = shop.newTopic('encryption')
    const [subject, kek] = [`${topic}-value`, `kek-${topic}`]
    await connect().register(subject, encrypted(kek, { 'encrypt.dek.algorithm': algorithm }))
    const payload = await latestWriter().serialize(topic, { ...customer })
    // What a reader without the rules would see.
    const seen = avsc.Type.forSchema(JSON.parse(record(['name', 'email']).schema)).fromBuffer(payload.subarray(5))
    assert.equal(seen.name, 'Ada')
    assert.ok(!seen.email.includes('example'), seen.email)
    assert.deepEqual(plain(await reader().deserialize(topic, payload)), customer)

    const stored = await keys().getKek(kek)
    assert.deepEqual([stored.kmsType, stored.kmsKeyId, stored.shared ?? false], ['local-kms', 'key-1', false])
    const dek = await keys().getDek(kek, subject, algorithm)
    assert.deepEqual([dek.kekName, dek.subject, dek.version, dek.algorithm], [kek, subject, 1, algorithm])
    // The registry keeps the inner key, but only sealed by the outer one, which it has never seen.
    assert.ok(dek.encryptedKeyMaterial)
    assert.equal(dek.keyMaterial, undefined)
    // A second writer uses the key that is there.
    await latestWriter().serialize(topic, { ...customer })
    const same = await keys().getDek(kek, subject, algorithm)
    assert.equal(same.encryptedKeyMaterial, dek.encryptedKeyMaterial)
  })
}

test('the registry makes the key', async () => {
  const topic = shop.newTopic('encryption')
  const [subject, kek] = [`${topic}-value`, `kek-${topic}`]
  await keys().registerKek(kek, 'local-kms', 'key-1', true)
  await connect().register(subject, encrypted(kek))
  // No secret: that of the outer key is the server's.
  const payload = await latestWriter(undefined, noSecret).serialize(topic, { ...customer })
  assert.ok(!payload.includes('example'))
  const dek = await keys().getDek(kek, subject, 'AES256_GCM')
  assert.ok(dek.keyMaterial && dek.encryptedKeyMaterial)
  assert.deepEqual(plain(await reader(noSecret).deserialize(topic, payload)), customer)
})

test('an old key is replaced and still reads', async () => {
  const topic = shop.newTopic('encryption')
  const [subject, kek] = [`${topic}-value`, `kek-${topic}`]
  await connect().register(subject, encrypted(kek, { 'encrypt.dek.expiry.days': '1' }))
  const old = await latestWriter().serialize(topic, { ...customer })
  const inThreeDays = new Clock()
  inThreeDays.now = () => Date.now() + 3 * 24 * 60 * 60 * 1000
  const recent = await latestWriter(inThreeDays).serialize(topic, { ...customer })
  assert.equal((await keys().getDek(kek, subject, 'AES256_GCM', -1)).version, 2)
  assert.deepEqual(plain(await reader().deserialize(topic, old)), customer)
  assert.deepEqual(plain(await reader().deserialize(topic, recent)), customer)
})

test('keys are kept once', async () => {
  const topic = shop.newTopic('encryption')
  const kek = `kek-${topic}`
  await assert.rejects(keys().getKek(kek), refused(404, 40470))
  await keys().registerKek(kek, 'local-kms', 'key-1', false, { region: 'here' }, 'the outer key')
  const kept = await keys().getKek(kek)
  assert.deepEqual([kept.name, kept.kmsProps, kept.doc], [kek, { region: 'here' }, 'the outer key'])
  await assert.rejects(keys().registerKek(kek, 'local-kms', 'key-2', false), refused(409, 40971))
  await assert.rejects(keys().getDek(kek, topic, 'AES256_GCM'), refused(404, 40470))
  const dek = await keys().registerDek(kek, topic, 'AES256_GCM', 1, 'c2VhbGVk')
  assert.deepEqual([dek.version, dek.encryptedKeyMaterial], [1, 'c2VhbGVk'])
  await assert.rejects(keys().registerDek(kek, topic, 'AES256_GCM', 1, 'b3RoZXI='), refused(409, 40971))
})
