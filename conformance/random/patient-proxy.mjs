// Stands between the players and servers that are killed. A player knows nothing of dead servers: its calls wait here until
// one is back and are sent again, as any client with retries would. What must not be done twice is made so that it is not:
//
//   * a start carries an idempotency key, so the second one finds the workflow of the first;
//   * a poll whose answer was lost is answered with the task that it was given, which the server says is at work;
//   * everything else (reads, registrations, results of tasks) may be sent twice by itself.
//
// It also knows how far each case is: the starts, polls and results of a case are its steps, in order, and a step can be
// held back until somebody lets it go.
import { Agent, createServer, request as send } from 'node:http'

const caseOf = name => /^(e_random_\d+)_/.exec(name ?? '')?.[1] ?? null

export class PatientProxy {
  /** Case → number of its steps so far. */
  steps = new Map()
  #server = createServer((request, response) => void this.#serve(request, response))
  #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  #targets = []
  #turn = 0
  #isUp = Promise.resolve()
  #roots = new Map()
  /** Task → its case, for those that a player got. */
  #handed = new Map()
  #onStep
  #isKeyed

  /** `onStep(case, number)` may return a promise: the step waits for it. `isKeyed`: servers will be killed. */
  constructor({ onStep = () => null, isKeyed = false } = {}) {
    this.#onStep = onStep
    this.#isKeyed = isKeyed
  }

  async listen() {
    Object.assign(this.#server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 })
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${this.#server.address().port}`
  }

  /** Requests go to these from now on; while the promise waits, they wait. */
  servedBy(urls) {
    this.#isUp = Promise.resolve(urls).then(found => {
      this.#targets = found
    })
    return this.#isUp
  }

  stop() {
    this.#agent.destroy()
    this.#server.closeAllConnections()
    return new Promise(resolve => this.#server.close(resolve))
  }

  async #serve(incoming, response) {
    try {
      const chunks = []
      for await (const chunk of incoming) chunks.push(chunk)
      const call = this.#read(incoming, Buffer.concat(chunks).toString())
      if (call.case !== null) await this.#step(call.case)
      const answer = await this.#insist(call)
      this.#note(call, answer)
      response.writeHead(answer.status, { 'content-type': answer.type ?? 'text/plain' })
      response.end(answer.body)
    } catch (error) {
      response.writeHead(502).end(String(error?.stack ?? error))
    }
  }

  #read({ method, url, headers }, text) {
    const call = { method, url, type: headers['content-type'], text, kind: 'other', case: null, poll: null }
    const path = new URL(url, 'http://x').pathname
    const polled = /^\/api\/tasks\/poll\/([^/]+)$/.exec(path)?.[1]
    if (method === 'GET' && polled) return { ...call, kind: 'poll', case: caseOf(polled), poll: polled }
    if (method === 'POST' && path === '/api/tasks') return { ...call, kind: 'result', case: this.#handed.get(JSON.parse(text).taskId) ?? null }
    if (method !== 'POST' || path !== '/api/workflow') return call
    const start = JSON.parse(text)
    const key = this.#isKeyed ? { idempotencyKey: start.name, idempotencyStrategy: 'RETURN_EXISTING' } : {}
    return { ...call, kind: 'start', case: caseOf(start.name), text: JSON.stringify({ ...start, ...key }) }
  }

  async #step(name) {
    const number = this.steps.get(name) ?? 0
    this.steps.set(name, number + 1)
    await Promise.resolve(this.#onStep(name, number))
  }

  async #insist(call) {
    for (let isAgain = false; ; isAgain = true) {
      await this.#isUp
      try {
        const lost = isAgain && call.kind === 'poll' ? await this.#lostTask(call) : null
        if (lost) return { status: 200, type: 'application/json', body: JSON.stringify(lost) }
        const answer = await this.#send(call)
        if (answer.status !== 503) return answer
      } catch {
        // It died, or is not there yet.
      }
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  /** The task that a poll was given before it died, found among those at work. */
  async #lostTask({ case: name, poll }) {
    const open = [this.#roots.get(name)]
    while (open.length > 0) {
      const id = open.pop()
      if (!id) continue
      const { status, body } = await this.#send({ method: 'GET', url: `/api/workflow/${id}`, text: '' })
      if (status !== 200) continue
      for (const task of JSON.parse(body).tasks) {
        if (task.taskType === poll && task.status === 'IN_PROGRESS' && !this.#handed.has(task.taskId)) return task
        if (task.subWorkflowId) open.push(task.subWorkflowId)
      }
    }
    return null
  }

  #note({ kind, case: name }, { status, body }) {
    if (status !== 200 || name === null) return
    if (kind === 'start') this.#roots.set(name, body.replaceAll('"', ''))
    const task = kind === 'poll' && body !== '' ? JSON.parse(body)?.taskId : null
    if (task) this.#handed.set(task, name)
  }

  #send({ method, url, type, text }) {
    const { hostname, port } = new URL(this.#targets[this.#turn++ % this.#targets.length])
    const headers = { ...(type && { 'content-type': type }), 'content-length': Buffer.byteLength(text) }
    return new Promise((resolve, reject) => {
      const outgoing = send({ hostname, port, method, path: url, headers, agent: this.#agent }, answer => {
        const chunks = []
        answer.on('data', chunk => chunks.push(chunk))
        answer.once('error', reject)
        answer.once('close', () => reject(new Error('cut off')))
        answer.once('end', () => resolve({ status: answer.statusCode, type: answer.headers['content-type'], body: Buffer.concat(chunks).toString() }))
      })
      outgoing.once('error', reject)
      outgoing.end(text)
    })
  }
}
