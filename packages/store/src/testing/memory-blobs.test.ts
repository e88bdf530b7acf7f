import { blobContract } from './blob-contract.js'
import { MemoryStore } from './memory-store.js'

blobContract(async () => new MemoryStore().blobs)
