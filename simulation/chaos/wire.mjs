// One connection pool to the server under attack. Whatever was not answered is `lost`: it may have happened or not.
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'

/** The connection ended before the answer was whole. */
export class Lost extends Error {
  name = 'Lost'
}

/** The server said that it cannot do it now. It may have happened all the same, where the database did not say. */
export class Away extends Lost {
  name = 'Away'
}

/** The server answered with a refusal. Nothing that the clients send here deserves one. */
export class Refused extends Error {
  name = 'Refused'
  constructor(call, status, text) {
    super(`${call} answered ${status}: ${text.slice(0, 300)}`)
    this.status = status
  }
}

const retryMs = 40

export class Wire {
  #token
  #pool
  #onAway
  url
  /** `onAway` hears of answers 503 and 429, which are refusals like others without it. */
  constructor(url, workerToken, { onAway = null } = {}) {
    this.url = url
    this.#token = workerToken
    this.#onAway = onAway
    this.#pool = new Pool(url, { connections: 64, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000, connectTimeout: 5_000 })
  }

  /** The answer's JSON (or text) when it is good; throws `Lost` or `Refused` otherwise. */
  async call(method, path, body, { asWorker = false, signal } = {}) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    if (asWorker) headers.authorization = `Bearer ${this.#token}`
    let status
    let text
    let retryAfter
    try {
      const answer = await this.#pool.request({ method, path, headers, body: body === undefined ? null : JSON.stringify(body), signal })
      status = answer.statusCode
      retryAfter = answer.headers['retry-after']
      text = await answer.body.text()
    } catch (cause) {
      throw new Lost(`${method} ${path} was not answered: ${cause.message}`, { cause })
    }
    if (this.#onAway && (status === 503 || status === 429)) {
      this.#onAway({ call: `${method} ${path}`, status, retryAfter, text })
      throw new Away(`${method} ${path} answered ${status}`)
    }
    if (status > 299) throw new Refused(`${method} ${path}`, status, text)
    return parsed(text)
  }

  /** Asks again until there is an answer, as long as `isOn()`. */
  async insist(method, path, body, { isOn = () => true, ...options } = {}) {
    for (;;) {
      try {
        return await this.call(method, path, body, options)
      } catch (error) {
        if (!(error instanceof Lost) || !isOn()) throw error
        await sleep(retryMs)
      }
    }
  }

  close() {
    return this.#pool.destroy()
  }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
