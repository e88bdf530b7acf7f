import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { parseAddress } from './address.js'
import { connect } from './connection.js'

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

it('a connection whose end comes with its last answer is none', async () => {
  const server = createServer(socket => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]))
      // In one piece: the answer to the first question, and that this was it.
      socket.once('data', () => socket.end(Buffer.concat([healthy, ready, fatal])))
    })
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') return expect.unreachable('no port')
  const opened = connect({ address: parseAddress(`postgres://u:p@127.0.0.1:${address.port}/d`), onEnd: () => {} })
  await expect(opened).rejects.toThrow('told to go')
})
