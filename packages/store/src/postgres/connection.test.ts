import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { parseAddress } from './address.js'
import { answerOf, connect } from './connection.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const text = (value: string) => Buffer.from(`${value}\0`)
const int16 = (value: number) => Buffer.from([value >> 8, value & 255])
const int32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255])

function message(kind: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body])
}

const ready = message('Z', Buffer.from('I'))
const fatal = message('E', Buffer.from('S'), text('FATAL'), Buffer.from('C'), text('57P01'), Buffer.from('M'), text('told to go'), Buffer.from([0]))

/** The answer to the question about the server's settings, as texts. */
function row(columns: Readonly<Record<string, string>>): Buffer {
  const described = Object.keys(columns).map(name => Buffer.concat([text(name), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]))
  const values = Object.values(columns).map(value => Buffer.concat([int32(value.length), Buffer.from(value)]))
  return Buffer.concat([message('T', int16(described.length), ...described), message('D', int16(values.length), ...values), message('C', text('SELECT 1'))])
}

const healthy = row({ version: '150000', standby: '', readonly: 'off', synchronous: 'on', fsync: 'on' })

/** A server that behaves until the connection is set up: `then` gets its socket with the first thing asked after that, or is its last answer. */
async function standIn(last: Buffer, then: (socket: Socket) => void = () => {}): Promise<string> {
  const server = createServer(socket => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]))
      socket.once('data', () => {
        socket.write(last)
        socket.once('data', () => then(socket))
      })
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `postgres://u:p@127.0.0.1:${address.port}/d`
}

it('a connection whose end comes with its last answer is none', async () => {
  // In one piece: the answer to the first question, and that this was it.
  const url = await standIn(Buffer.concat([healthy, ready, fatal]))
  await expect(connect({ address: parseAddress(url), onEnd: () => {} })).rejects.toThrow('told to go')
})

it('a connection that says nothing while an answer is waited for is cut; one that says something is not', async () => {
  const url = await standIn(Buffer.concat([healthy, ready]), socket => {
    socket.write(message('N', Buffer.from('M'), text('still at it'), Buffer.from([0])))
  })
  const client = await connect({ address: parseAddress(url), onEnd: () => {} })
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    let isCut = false
    client.once('end', () => (isCut = true))
    const said = once(client, 'notice')
    const answer = answerOf(client, client.query('SELECT 1'), 15_000)
    answer.catch(() => {})
    await said
    vi.advanceTimersByTime(15_000)
    await new Promise(resolve => setImmediate(resolve))
    expect(isCut).toBe(false)
    vi.advanceTimersByTime(15_000)
    await expect(answer).rejects.toThrow('no answer within 15 s')
  } finally {
    vi.useRealTimers()
  }
})
