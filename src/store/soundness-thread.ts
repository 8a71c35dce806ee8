import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { damageIn, markDamaged } from './soundness.ts'

/** A thread for one look at all of a large database, which takes as long as reading it does. */
const store = parentPort as MessagePort
const databaseFile: string = workerData
const damage = damageIn(databaseFile, { whole: true })
if (damage !== undefined) {
  markDamaged(databaseFile)
  store.postMessage(damage)
}
