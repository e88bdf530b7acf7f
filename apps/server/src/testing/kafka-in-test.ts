/**
 * As much of a Kafka broker as a producer speaks with: it tells its versions and its one partition per topic, and keeps
 * what is produced. No Kafka is to be had as a package here; the protocol is read with the client's own readers.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Reader, readRecordsBatch, Writer } from '@platformatic/kafka'

interface ProducedRecord {
  readonly topic: string
  readonly key: Buffer | null
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export interface KafkaInTest {
  readonly server: string
  readonly produced: readonly ProducedRecord[]
  stop(): Promise<void>
}

const [produce, metadata, versions] = [0, 3, 18]

export async function kafkaInTest(): Promise<KafkaInTest> {
  const produced: ProducedRecord[] = []
  const sockets = new Set<Socket>()
  let port = 0
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let rest = Buffer.alloc(0)
    socket.on('data', chunk => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0)
        socket.write(answerTo(rest.subarray(4, end)))
        rest = rest.subarray(end)
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port

  function answerTo(request: Buffer): Buffer {
    const reader = Reader.from(request)
    const api = reader.readInt16()
    reader.readInt16()
    const correlation = reader.readInt32()
    reader.readNullableString(false)
    reader.readTaggedFields()
    const body = Writer.create()
    if (api === versions) writeVersions(body)
    else if (api === metadata) writeMetadata(reader, body.appendTaggedFields(), port)
    else if (api === produce) writeProduced(body.appendTaggedFields(), readProduced(reader, produced))
    else throw new Error(`the stand-in does not know the request ${api}`)
    const answer = Writer.create().appendInt32(correlation).appendFrom(body).buffer
    const size = Buffer.alloc(4)
    size.writeInt32BE(answer.length)
    return Buffer.concat([size, answer])
  }

  return {
    server: `127.0.0.1:${port}`,
    produced,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function writeVersions(body: Writer): void {
  const known = [
    [produce, 9],
    [metadata, 12],
    [versions, 4],
  ] as const
  body
    .appendInt16(0)
    .appendArray([...known], (w, [key, version]) => w.appendInt16(key).appendInt16(version).appendInt16(version))
    .appendInt32(0)
    .appendTaggedFields()
}

function writeMetadata(reader: Reader, body: Writer, port: number): void {
  const topics =
    reader.readNullableArray(r => {
      r.readUUID()
      return r.readNullableString() ?? ''
    }) ?? []
  body
    .appendInt32(0)
    .appendArray([port], w => w.appendInt32(1).appendString('127.0.0.1').appendInt32(port).appendString(null))
    .appendString('test')
    .appendInt32(1)
    .appendArray(topics, (w, topic) => {
      w.appendInt16(0).appendString(topic).appendUUID(null).appendBoolean(false)
      w.appendArray([0], partition => {
        partition.appendInt16(0).appendInt32(0).appendInt32(1).appendInt32(0)
        for (const nodes of [[1], [1], []]) partition.appendArray(nodes, (one, node) => one.appendInt32(node), true, false)
      })
      w.appendInt32(0)
    })
    .appendTaggedFields()
}

function readProduced(reader: Reader, produced: ProducedRecord[]): readonly string[] {
  reader.readNullableString()
  reader.readInt16()
  reader.readInt32()
  return reader.readArray(r => {
    const topic = r.readString()
    r.readArray(partition => {
      partition.readInt32()
      partition.readUnsignedVarInt()
      for (const { key, value, headers } of readRecordsBatch(partition).records) {
        const named = headers.map(([name, text]): [string, string] => [String(name), String(text)])
        // Its types do not say that a record may have no key.
        produced.push({ topic, key: key as Buffer | null, value: String(value), headers: Object.fromEntries(named) })
      }
    })
    return topic
  })
}

function writeProduced(body: Writer, topics: readonly string[]): void {
  body
    .appendArray([...topics], (w, topic) => {
      w.appendString(topic).appendArray([0], partition => {
        partition
          .appendInt32(0)
          .appendInt16(0)
          .appendInt64(0n)
          .appendInt64(-1n)
          .appendInt64(0n)
          .appendArray([], () => {})
          .appendString(null)
      })
    })
    .appendInt32(0)
    .appendTaggedFields()
}
