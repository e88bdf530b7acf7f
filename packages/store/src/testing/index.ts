export { type Fault, type MemoryOptions, MemoryStore, type MemoryImage } from './memory-store.js'
export { type OpenedStore, type OpenStore, storeContract } from './store-contract.js'
