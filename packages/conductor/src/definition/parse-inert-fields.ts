/** Fields that are stored and given back but have no effect: only their shape matters. */
import { isJsonObject, type Json, type JsonObject } from '@busbar/kernel'
import { FieldReader, listAt } from './field-reader.js'

export function readCacheConfig(fields: FieldReader, name: string): JsonObject | null {
  const cache = fields.inside(name)
  return cache && { ...given('key', cache.text('key')), ttlInSecond: cache.integer('ttlInSecond', 0) }
}

export function readRateLimitConfig(fields: FieldReader, name: string): JsonObject | null {
  const limit = fields.inside(name)
  return (
    limit && {
      ...given('rateLimitKey', limit.text('rateLimitKey')),
      concurrentExecLimit: limit.integer('concurrentExecLimit', 0),
      policy: limit.oneOf('policy', ['QUEUE', 'REJECT']) ?? 'QUEUE',
    }
  )
}

export function readSchema(fields: FieldReader, name: string): JsonObject | null {
  const schema = fields.inside(name)
  return (
    schema && {
      ...given('ownerApp', schema.text('ownerApp')),
      createTime: schema.long('createTime', 0),
      updateTime: schema.long('updateTime', 0),
      ...given('createdBy', schema.text('createdBy')),
      ...given('updatedBy', schema.text('updatedBy')),
      ...given('name', schema.text('name')),
      version: schema.integer('version', 1),
      ...given('type', schema.oneOf('type', ['JSON', 'AVRO', 'PROTOBUF'])),
      ...given('data', schema.object('data')),
      ...given('externalRef', schema.text('externalRef')),
    }
  )
}

/** Lists of `{type, payload?}` by event name. */
export function readStateChanges(fields: FieldReader, name: string): JsonObject {
  return Object.fromEntries(
    Object.entries(fields.map(name)).map(([event, value]) => {
      const path = `${fields.pathOf(name)}.${event}`
      return [event, listAt(value, path, fields.findings).map((each, index) => readStateChange(each, `${path}[${index}]`, fields))]
    }),
  )
}

function readStateChange(value: Json, path: string, fields: FieldReader): JsonObject {
  if (!isJsonObject(value)) {
    fields.findings.mismatch(path, 'an object', value)
    return {}
  }
  const change = new FieldReader(value, path, fields.findings)
  return { ...given('type', change.text('type')), ...given('payload', change.object('payload')) }
}

function given(name: string, value: Json): JsonObject {
  return value === null ? {} : { [name]: value }
}
