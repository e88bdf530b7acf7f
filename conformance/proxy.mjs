// What stands before several servers: each request goes to the next of them, also those of one keep-alive connection, so
// that no two calls of a client meet the same server by habit. A server that takes no connections is passed over; what
// breaks in the middle breaks for the caller too, who cannot be told more than that.
import { Agent, createServer, request as send } from 'node:http'
import { connect } from 'node:net'

/** Of one connection, not of the message. */
const ofConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade'])

/** `urls`: where the servers are. Resolves with the proxy's own URL, how often each server was asked, and `stop`. */
export async function startProxy(urls, { port = 0 } = {}) {
  const targets = urls.map(url => ({ host: new URL(url).hostname, port: Number(new URL(url).port), requests: 0 }))
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 })
  let turn = 0
  const next = () => targets[turn++ % targets.length]

  const server = createServer((request, response) => forward(request, response, { next, agent, triesLeft: targets.length }))
  server.on('upgrade', (request, socket, head) => tunnel(request, socket, head, next()))
  Object.assign(server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    get requests() {
      return targets.map(target => target.requests)
    },
    stop: () => {
      agent.destroy()
      server.closeAllConnections()
      return new Promise(resolve => server.close(resolve))
    },
  }
}

function forward(request, response, { next, agent, triesLeft }) {
  if (triesLeft === 0) return refuse(request, response)
  const target = next()
  const upstream = send({ ...at(target), agent, method: request.method, path: request.url, headers: passedOn(request.rawHeaders), setHost: false })
  let isSent = false
  let isAnswered = false
  const deliver = () => {
    isSent = true
    target.requests += 1
    request.pipe(upstream)
  }
  // The body waits for the connection: only what was not sent at all may be sent to another server.
  upstream.once('socket', socket => (socket.connecting ? socket.once('connect', deliver) : deliver()))
  // A server may answer, and hang up, before it has read all of a body that it does not want.
  upstream.once('close', () => isAnswered && request.unpipe(upstream).resume())
  upstream.on('error', () => {
    if (isAnswered) return
    if (!isSent && !response.destroyed) forward(request, response, { next, agent, triesLeft: triesLeft - 1 })
    else response.destroy()
  })
  upstream.once('response', answer => {
    isAnswered = true
    response.sendDate = false
    response.writeHead(answer.statusCode, answer.statusMessage, passedOn(answer.rawHeaders))
    response.flushHeaders()
    answer.pipe(response)
    answer.once('close', () => answer.complete || response.destroy())
  })
  // Fires after a whole answer too, when there is nothing left to break off.
  response.once('close', () => (isAnswered && response.writableFinished) || upstream.destroy())
}

function refuse(request, response) {
  request.resume()
  response.writeHead(503, { 'retry-after': '1', 'content-type': 'text/plain' })
  response.end('none of the servers takes connections')
}

/** A connection that speaks something else from here on belongs to one server. */
function tunnel(request, socket, head, target) {
  const upstream = connect(at(target), () => {
    target.requests += 1
    const lines = [`${request.method} ${request.url} HTTP/1.1`]
    for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`)
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
    upstream.write(head)
    socket.pipe(upstream).pipe(socket)
  })
  for (const [one, other] of [
    [socket, upstream],
    [upstream, socket],
  ]) {
    one.once('error', () => other.destroy())
    one.once('close', () => other.destroy())
  }
}

function at({ host, port }) {
  return { host, port }
}

function passedOn(rawHeaders) {
  const kept = []
  for (let i = 0; i < rawHeaders.length; i += 2) if (!ofConnection.has(rawHeaders[i].toLowerCase())) kept.push(rawHeaders[i], rawHeaders[i + 1])
  return kept
}
