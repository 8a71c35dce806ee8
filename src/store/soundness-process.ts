import { goBehindOthers } from './behind-others.ts'
import { damageIn, markDamaged } from './soundness.ts'

/**
 * Looks at all of the database that its argument names, and says what is wrong with it. A process of its own, behind everybody
 * else: it takes as long as reading gigabytes does, and a stop of the daemon can end it at any moment.
 */
goBehindOthers()
const databaseFile = process.argv[2] ?? ''
const damage = damageIn(databaseFile, { whole: true })
if (damage !== undefined) {
  markDamaged(databaseFile)
  process.stdout.write(damage)
}
