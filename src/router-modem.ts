import { routerAddress } from './routers/router-address.ts'
import { routerByName } from './routers/router-table.ts'
import type { RouterGate } from './routers/routeros-gate.ts'
import type { RouterModem } from './sms/router-modem.ts'
import type { Db } from './store/database.ts'

/** The modem of a router that is registered here. */
export const routerModem = (db: Db, gate: Pick<RouterGate, 'sendSms'>): RouterModem => ({
  async send(name, { signal, ...sms }) {
    const router = routerByName(db, name)
    const address = router && routerAddress(router)
    if (!router) return { outcome: 'not-sent', detail: `there is no router named ${name}` }
    if (!address) return { outcome: 'not-sent', detail: `${name} has not called home yet` }
    return gate.sendSms(address, sms, signal)
  },
})
