export { type Fault, type MemoryOptions, MemoryStore, type MemoryImage } from './memory-store.js'
