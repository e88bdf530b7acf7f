// `npm run chaos`: real programs, hit at random under load. The clients' own records say what was acknowledged, and all
// of that must be there at the end: nothing lost, nothing twice, nothing stuck.
import { readOptions } from './options.mjs'

const { store } = readOptions(process.argv.slice(2))
await import(store === 'sqlite' ? './one-server.mjs' : './several-servers.mjs')
