import { describe, expect, it } from 'vitest'
import { claimOf, commit, idOf, newView, openWaiting, waitingExecution } from './fixtures.js'
import { type Fault, MemoryStore } from './memory-store.js'
import { storeContract } from './store-contract.js'

storeContract('the memory store', async () => {
  const store = new MemoryStore()
  return {
    store,
    reopen: async () => {
      await store.close()
      return store.successor()
    },
  }
})

/** A store whose next flush meets this fault, once. */
function faulty(fault: Fault): MemoryStore {
  let next: Fault | undefined = fault
  return new MemoryStore({
    beforeFlush: () => {
      const now = next
      next = undefined
      return now
    },
  })
}

/** True when the promise is settled by the time everything queued has had its turn. */
async function isAnswered(promise: Promise<unknown>): Promise<boolean> {
  let answered = false
  const note = () => void (answered = true)
  void promise.then(note, note)
  for (let turns = 0; turns < 3; turns++) await new Promise(resolve => setImmediate(resolve))
  return answered
}

describe('a fault of the memory store', () => {
  it('crash before: nothing is there afterwards and nobody was answered', async () => {
    const store = faulty('crash before')
    expect(await isAnswered(store.commit(newView(1).takeChanges()))).toBe(false)
    expect(store.isCrashed).toBe(true)
    expect(await isAnswered(store.load(idOf(1)))).toBe(false)
    expect(await store.successor({}).load(idOf(1))).toBeNull()
  })

  it('crash after: all is there afterwards and nobody was answered', async () => {
    const store = faulty('crash after')
    expect(await isAnswered(store.commit(newView(1).takeChanges()))).toBe(false)
    expect(await store.successor({}).load(idOf(1))).not.toBeNull()
  })

  it('fail before: the caller hears it, nothing is written, the store goes on', async () => {
    const store = faulty('fail before')
    await expect(store.commit(newView(1).takeChanges())).rejects.toMatchObject({ code: 'unavailable' })
    await commit(store, newView(1))
    expect(await store.load(idOf(1))).toMatchObject({ version: 1 })
  })

  it('fail after: the caller hears it although it is written', async () => {
    const store = faulty('fail after')
    await expect(store.commit(newView(1).takeChanges())).rejects.toMatchObject({ code: 'unavailable' })
    expect(await store.load(idOf(1))).not.toBeNull()
  })

  it('a crash takes the calls along that are queued', async () => {
    const store = new MemoryStore()
    const queued = store.commit(newView(1).takeChanges())
    store.crash()
    expect(await isAnswered(queued)).toBe(false)
    expect(await store.successor().load(idOf(1))).toBeNull()
  })
})

describe('an image of the memory store', () => {
  it('brings back the state of its moment', async () => {
    const store = new MemoryStore()
    await waitingExecution(store, 1, {})
    const image = store.image()
    await claimOf(store, ['q'])
    await store.remove(idOf(1))
    store.restore(image)
    expect(await claimOf(store, ['q'])).toHaveLength(1)
    const view = newView(2)
    openWaiting(view)
    await commit(store, view)
    expect(await new MemoryStore({}, image).load(idOf(2))).toBeNull()
  })
})
