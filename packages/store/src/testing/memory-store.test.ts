import { describe, expect, it } from 'vitest'
import type { Heard } from '../sharing.js'
import { at, claimOf, commit, idOf, newView, openWaiting, waitingExecution } from './fixtures.js'
import { type Fault, MemoryStore } from './memory-store.js'
import { storeContract } from './store-contract.js'

for (const shared of [false, true]) {
  storeContract(shared ? 'the memory store of several servers' : 'the memory store', () => {
    const store = new MemoryStore({ shared })
    return Promise.resolve({
      store,
      reopen: async () => {
        await store.close()
        return store.successor()
      },
      order: 'of calls',
      companion: shared ? () => Promise.resolve(store.companion()) : null,
    })
  })
}

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

describe('companions of a memory store', () => {
  const pair = (lose = () => false) => {
    const store = new MemoryStore({ shared: true, now: () => at(5), lose })
    return [store, store.companion()] as const
  }

  it('go on when one of them crashes, and hear nothing of it any more', async () => {
    const [one, other] = pair()
    const heard: Heard[] = []
    other.sharing?.hear(news => heard.push(news))
    const queued = one.commit(newView(1).takeChanges())
    one.crash()
    one.sharing?.tell({ workers: true })
    await waitingExecution(other, 2, {})
    expect(await isAnswered(queued)).toBe(false)
    expect(await claimOf(other, ['q'])).toHaveLength(1)
    expect([await other.load(idOf(1)), heard]).toEqual([null, []])
  })

  it('find what one of them wrote before it crashed', async () => {
    const [one, other] = pair()
    await commit(one, newView(1))
    one.crash()
    expect(await other.load(idOf(1))).not.toBeNull()
    expect(await one.companion().load(idOf(1))).not.toBeNull()
  })

  it('each have their own faults', async () => {
    const store = new MemoryStore({ shared: true })
    const broken = store.companion({ beforeFlush: () => 'fail before' })
    await expect(broken.commit(newView(1).takeChanges())).rejects.toMatchObject({ code: 'unavailable' })
    await commit(store, newView(1))
    expect(await broken.load(idOf(1))).not.toBeNull()
  })

  it('go back to an image together', async () => {
    const [one, other] = pair()
    const image = one.image()
    await commit(other, newView(1))
    one.restore(image)
    expect(await other.load(idOf(1))).toBeNull()
  })

  it('go by the clock they were given', async () => {
    const [one, other] = pair()
    expect([await one.sharing?.clock(), await other.sharing?.clock()]).toEqual([at(5), at(5)])
    const sender = newView(1)
    sender.send(idOf(2), { kind: 'command', command: {} })
    await commit(one, sender)
    expect((await other.sharing?.survey(at(9), 5))?.messages).toEqual([])
    expect((await other.sharing?.survey(at(10), 5))?.messages).toHaveLength(1)
  })

  it('lose the hints that are to be lost, and are told when the connection was broken', async () => {
    const [one, other] = pair(() => true)
    const heard: Heard[] = []
    other.sharing?.hear(news => heard.push(news))
    one.sharing?.tell({ workers: true })
    other.sharing?.breakConnection()
    await new Promise(resolve => setImmediate(resolve))
    expect(heard).toEqual([{ kind: 'lost' }])
  })

  it('hear on the schedule of the options, in the order of telling', () => {
    const due: (() => void)[] = []
    const store = new MemoryStore({ shared: true, schedule: callback => void due.push(callback) })
    const heard: Heard[] = []
    store.companion().sharing?.hear(news => heard.push(news))
    store.sharing?.tell({ workers: true })
    store.sharing?.tell({ surveyed: true })
    expect(heard).toEqual([])
    for (const callback of due) callback()
    expect(heard).toEqual([
      { kind: 'news', news: { workers: true } },
      { kind: 'news', news: { surveyed: true } },
    ])
  })
})
