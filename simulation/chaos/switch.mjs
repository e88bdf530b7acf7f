// One address for whoever is the primary. The driver takes one host in its URL; in life a proxy, a moving address or a
// name does this, and here a few lines of TCP.
import { connect, createServer } from 'node:net'

export async function startSwitch(port) {
  const target = { port }
  const open = new Set()
  const server = createServer(socket => {
    const upstream = connect({ host: '127.0.0.1', port: target.port })
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      open.add(one)
      one.setNoDelay(true)
      // What broke on one side breaks on the other: a half-open connection would hide a dead primary.
      one.once('error', () => other.resetAndDestroy())
      one.once('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    pointTo: next => {
      target.port = next
      for (const socket of open) socket.resetAndDestroy()
    },
    stop: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}
