/** The parts that tasks, steps, actions and triggers share. */
import { type JsonObject, parseDuration } from '@busbar/kernel'
import type { Reader } from './reader.js'
import type { Connection, ConnectionType, Hook, Hooks, InputField, RetryPolicy } from './types.js'

export function readDuration(reader: Reader): number | null {
  if (reader.isAbsent) return null
  const text = typeof reader.value === 'number' ? String(reader.value) : reader.value
  const seconds = typeof text === 'string' ? parseDuration(text) : null
  return seconds ?? reader.fail('seconds, or a duration such as 90s or 1h30m')
}

export function readRetry(reader: Reader): RetryPolicy | null {
  if (reader.isAbsent) return null
  return {
    attemptsMax: reader.field('max_attempts').count(3),
    delaySecs: readDuration(reader.field('delay')) ?? 30,
    backoff: reader.field('backoff').oneOf(['fixed', 'exponential'], 'fixed'),
    jitter: reader.field('jitter').boolean(false),
  }
}

export function readTexts(reader: Reader): readonly string[] {
  return reader.list(item => item.text())
}

export function readInputField(reader: Reader): InputField {
  const type = reader.field('type').text()
  return {
    type: type === 'bool' ? 'boolean' : type,
    name: reader.field('name').optionalText(),
    description: reader.field('description').optionalText(),
    required: reader.field('required').boolean(false),
    secret: reader.field('secret').boolean(false),
    default: reader.field('default').json(),
    options: reader.field('options').isAbsent ? null : readTexts(reader.field('options')),
    allowCustom: reader.field('allow_custom').boolean(false),
    multiple: reader.field('multiple').boolean(false),
    order: reader.field('order').isAbsent ? null : reader.field('order').integer(),
  }
}

export function readHooks(reader: Reader): Hooks {
  return {
    onSuccess: reader.field('on_success').list(readHook),
    onError: reader.field('on_error').list(readHook),
    onSuspended: reader.field('on_suspended').list(readHook),
    onCancel: reader.field('on_cancel').list(readHook),
  }
}

function readHook(reader: Reader): Hook {
  return { action: reader.field('action').text(), input: reader.field('input').jsonObject() }
}

export function readConnectionType(reader: Reader): ConnectionType {
  return reader.dictionary(property => ({
    type: property.field('type').text(),
    required: property.field('required').boolean(false),
    default: property.field('default').json(),
    secret: property.field('secret').boolean(false),
  }))
}

export function readConnection(reader: Reader): Connection {
  const { type: _, ...values }: JsonObject = reader.jsonObject()
  return { type: reader.field('type').optionalText(), values }
}
