export { type Fault, type MemoryOptions, MemoryStore, type MemoryImage } from './memory-store.js'
export type { OpenedStore, OpenStore } from './open-store.js'
export { blobContract } from './blob-contract.js'
export { storeContract } from './store-contract.js'
