/** What every adapter of the port must do. Each theme is a file; the illegal cases come first. */
import { describe } from 'vitest'
import { claimContract } from './claim-contract.js'
import { commitContract } from './commit-contract.js'
import { definitionContract } from './definition-contract.js'
import { factContract } from './fact-contract.js'
import { flushContract } from './flush-contract.js'
import { headContract } from './head-contract.js'
import { lifeContract } from './life-contract.js'
import { listContract } from './list-contract.js'
import { logContract } from './log-contract.js'
import { messageContract } from './message-contract.js'
import type { OpenStore } from './open-store.js'
import { payloadContract } from './payload-contract.js'
import { queueContract } from './queue-contract.js'
import { removalContract } from './removal-contract.js'
import { retentionContract } from './retention-contract.js'
import { searchContract } from './search-contract.js'
import { sharingContract } from './sharing-contract.js'
import { timerContract } from './timer-contract.js'
import { transferContract } from './transfer-contract.js'
import { workerContract } from './worker-contract.js'

/** Whoever opens stores also clears them away after each test. */
export function storeContract(name: string, open: OpenStore): void {
  describe(name, () => {
    commitContract(open)
    headContract(open)
    claimContract(open)
    queueContract(open)
    timerContract(open)
    messageContract(open)
    definitionContract(open)
    listContract(open)
    searchContract(open)
    logContract(open)
    workerContract(open)
    factContract(open)
    removalContract(open)
    retentionContract(open)
    payloadContract(open)
    flushContract(open)
    transferContract(open)
    sharingContract(open)
    lifeContract(open)
  })
}
