// The peer's worker: a service whose handlers run durable steps that do nothing. Arguments: where its SDK is, its port.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// The peer's SDK is made for Node 22; what it misses on Node 20 is this.
Promise.withResolvers ??= () => {
  const parts = {}
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
  return parts
}

const [folder, port] = process.argv.slice(2)
const restate = await import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve('@restatedev/restate-sdk')).href)

const bench = restate.service({
  name: 'bench',
  handlers: {
    one: async context => {
      await context.run(() => 'done')
      return {}
    },
    ten: async context => {
      for (let step = 0; step < 10; step++) await context.run(() => step)
      return {}
    },
  },
})

await restate.endpoint().bind(bench).listen(Number(port))
console.log('ready')
