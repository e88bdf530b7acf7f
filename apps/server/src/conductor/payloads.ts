/**
 * Payloads that clients upload and download themselves. The server names the place: an address of its own, signed for one
 * payload, one direction and a while. What stands in front of the name of a payload is the client's and means nothing here.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { blobIdIn, type EngineApi, newPayloadPath } from '@busbar/engine'
import { isJsonObject, Problem } from '@busbar/kernel'
import type { BlobId, Blobs } from '@busbar/store'
import { type Answer, empty, json, rawJson } from '../http/answer.js'
import type { Call } from '../http/call.js'
import { limits } from '../http/limits.js'
import type { Route } from '../http/route.js'
import { inBothFamilies } from './families.js'

export interface PayloadOptions {
  /** Where clients reach this server; empty: by the name they called it. */
  readonly publicUrl: string
}

const operations = ['READ', 'WRITE'] as const
const payloadTypes = ['WORKFLOW_INPUT', 'WORKFLOW_OUTPUT', 'TASK_INPUT', 'TASK_OUTPUT'] as const
type Operation = (typeof operations)[number]

export function payloadRoutes(engine: EngineApi, options: PayloadOptions): Route[] {
  const signer = new Signer(engine)
  const location = (path: string): Route => ({
    method: 'GET',
    paths: inBothFamilies(path),
    owner: 'conductor',
    scope: 'work',
    summary: 'Where a payload is to be uploaded to (PUT), or downloaded from',
    query: { path: 'begins the name of the payload; of one to read: all of it', operation: operations.join(', '), payloadType: payloadTypes.join(', ') },
    handle: call => locate(engine, signer, options, call),
  })
  const paths: Route['paths'] = ['/api/external/payload/{name}']
  return [
    location('/api/workflow/externalstoragelocation'),
    location('/api/workflow/external-storage-location'),
    location('/api/tasks/externalstoragelocation'),
    location('/api/tasks/external-storage-location'),
    {
      method: 'PUT',
      paths,
      owner: 'conductor',
      // The signature says who may.
      scope: 'public',
      bodyBytesMax: limits.payloadBytesMax,
      summary: 'Uploads a payload to the address that the server gave',
      query: { expires: '', signature: '' },
      handle: call => upload(engine, signer, call),
    },
    {
      method: 'GET',
      paths,
      owner: 'conductor',
      scope: 'public',
      summary: 'Downloads a payload from the address that the server gave',
      query: { expires: '', signature: '' },
      handle: call => download(engine, signer, call),
    },
  ]
}

async function locate(engine: EngineApi, signer: Signer, options: PayloadOptions, call: Call): Promise<Answer> {
  const given = mustQuery(call, 'path')
  const [operation, payloadType] = [mustQuery(call, 'operation'), mustQuery(call, 'payloadType')]
  const known = operations.find(one => one === operation.toUpperCase())
  if (known === undefined || !payloadTypes.some(one => one === payloadType.toUpperCase()))
    throw new Problem('invalid', `Invalid input - Operation: ${operation.slice(0, 100)}, PayloadType: ${payloadType.slice(0, 100)}`)
  if (given.length > limits.paramLengthMax) throw new Problem('invalid', `path: expected at most ${limits.paramLengthMax} characters, found ${given.length}`)
  const wanted = known === 'READ' ? blobIdIn(given) : null
  const isThere = wanted !== null && (await mustBlobs(engine).get(wanted)) !== null
  const path = isThere ? given : newPayloadPath(given)
  const id = blobIdIn(path)
  if (id === null || (known === 'READ' && !isThere)) return json(200, { path })
  return json(200, { uri: `${baseOf(options, call)}/api/external/payload/${id}.json?${await signer.sign(known, id, engine.now())}`, path })
}

function mustQuery(call: Call, name: string): string {
  const value = call.query(name)
  if (value === undefined) throw new Problem('invalid', `Required request parameter '${name}' for method parameter type String is not present`)
  return value
}

function baseOf({ publicUrl }: PayloadOptions, call: Call): string {
  return publicUrl === '' ? `http://${call.header('host') ?? 'localhost'}` : publicUrl.replace(/\/+$/, '')
}

async function upload(engine: EngineApi, signer: Signer, call: Call): Promise<Answer> {
  const id = await signer.mustBeSigned('WRITE', call, engine.now())
  if (!isJsonObject(call.json())) throw new Problem('invalid', 'a payload: expected a JSON object, found something else')
  const blobs = mustBlobs(engine)
  const content = new TextEncoder().encode(call.text)
  const before = await blobs.get(id)
  if (before !== null && Buffer.compare(before, content) !== 0)
    throw new Problem('conflict', 'this payload was uploaded before with another content; ask for a new location')
  await blobs.put(id, content)
  return empty(200)
}

async function download(engine: EngineApi, signer: Signer, call: Call): Promise<Answer> {
  const id = await signer.mustBeSigned('READ', call, engine.now())
  const content = await mustBlobs(engine).get(id)
  if (content === null) throw new Problem('missing', 'this payload is gone, or was never uploaded')
  return rawJson(200, new TextDecoder().decode(content))
}

function mustBlobs({ blobs }: EngineApi): Blobs {
  if (blobs === null) throw new Problem('unavailable', 'this server has no place for payloads')
  return blobs
}

const validMs = 15 * 60_000

/** All servers of a store sign with the same key, which is made once. */
class Signer {
  readonly #engine: EngineApi
  #key: Promise<Buffer> | null = null

  constructor(engine: EngineApi) {
    this.#engine = engine
  }

  async sign(operation: Operation, id: BlobId, now: number): Promise<string> {
    const expires = now + validMs
    return `expires=${expires}&signature=${(await this.#mac(operation, id, expires)).toString('base64url')}`
  }

  async mustBeSigned(operation: Operation, call: Call, now: number): Promise<BlobId> {
    const id = blobIdIn(call.param('name'))
    const expires = Number(call.query('expires'))
    const given = Buffer.from(call.query('signature') ?? '', 'base64url')
    const expected = id !== null && Number.isSafeInteger(expires) ? await this.#mac(operation, id, expires) : null
    if (id === null || expected === null || given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new Problem('forbidden', 'the address of this payload is not one that this server gave; ask for a location')
    if (expires <= now) throw new Problem('forbidden', 'the address of this payload is no longer valid; ask for a new location')
    return id
  }

  async #mac(operation: Operation, id: BlobId, expires: number): Promise<Buffer> {
    return createHmac('sha256', await this.#keyOf())
      .update(`${operation} ${id} ${expires}`)
      .digest()
  }

  #keyOf(): Promise<Buffer> {
    this.#key ??= this.#agree()
    return this.#key
  }

  async #agree(): Promise<Buffer> {
    try {
      const text = await this.#engine.store.facts.agree('payload-key', randomBytes(32).toString('base64url'))
      return Buffer.from(text, 'base64url')
    } catch (error) {
      this.#key = null
      throw error
    }
  }
}
