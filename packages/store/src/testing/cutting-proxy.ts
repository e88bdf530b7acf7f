/** A wire between a store and its database that a test can cut at the worst of moments. */
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * `answer`: what holds the text reaches the server, and the wire is cut before the answer comes through.
 * `late`: the wire is cut first, and what holds the text reaches the server when the test lets it (`deliver`).
 */
export type Cut = 'answer' | 'late'

interface Wire {
  readonly near: Socket
  readonly far: Socket
  cut: Cut | null
}

export class CuttingProxy {
  readonly #server: Server
  readonly #port: number
  readonly #wires = new Set<Wire>()
  #plan: { readonly text: string; readonly cut: Cut; readonly done: () => void } | null = null
  #isRefusing = false
  #late: (() => void) | null = null

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
  }

  static async before(port: number): Promise<CuttingProxy> {
    const server = createServer()
    const proxy = new CuttingProxy(server, port)
    server.on('connection', near => proxy.#open(near))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** The same address, through the wire. */
  through(url: string): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return url.replace(`:${this.#port}/`, `:${address.port}/`)
  }

  /** Cuts the wire on which this text is seen next; resolves when it was. From then on nobody gets through if so told. */
  cutAt(text: string, cut: Cut): Promise<void> {
    return new Promise(done => (this.#plan = { text, cut, done }))
  }

  /** New connections are refused until told otherwise; those that are there stay. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing
  }

  /** Hands over what was held back. */
  deliver(): void {
    this.#late?.()
    this.#late = null
  }

  cutAll(): void {
    for (const { near } of this.#wires) near.destroy()
  }

  async stop(): Promise<void> {
    for (const { near, far } of this.#wires) {
      near.destroy()
      far.destroy()
    }
    await new Promise(resolve => this.#server.close(resolve))
  }

  #open(near: Socket): void {
    near.on('error', () => {})
    if (this.#isRefusing) {
      near.destroy()
      return
    }
    const far = connect(this.#port, '127.0.0.1')
    const wire: Wire = { near, far, cut: null }
    this.#wires.add(wire)
    far.on('error', () => near.destroy())
    near.on('data', chunk => this.#send(wire, chunk))
    far.on('data', chunk => this.#answer(wire, chunk))
    near.on('close', () => {
      if (wire.cut === null) far.end()
    })
    far.on('close', () => {
      near.destroy()
      this.#wires.delete(wire)
    })
  }

  #send(wire: Wire, chunk: Buffer): void {
    const plan = this.#plan
    if (plan === null || !chunk.includes(plan.text)) {
      wire.far.write(chunk)
      return
    }
    this.#plan = null
    wire.cut = plan.cut
    if (plan.cut === 'answer') {
      wire.far.once('data', plan.done)
      wire.far.write(chunk)
      return
    }
    this.#late = () => wire.far.end(chunk)
    wire.near.destroy()
    plan.done()
  }

  #answer(wire: Wire, chunk: Buffer): void {
    if (wire.cut === null) wire.near.write(chunk)
    else if (wire.cut === 'answer') {
      wire.near.destroy()
      wire.far.end()
    }
  }
}
