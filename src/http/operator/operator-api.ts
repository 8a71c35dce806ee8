import { type Context, Hono } from 'hono'
import { recordAudit } from '../../staff/staff.ts'
import type { House } from '../house.ts'
import { accessApi } from './access.ts'
import { customersApi } from './customers.ts'
import { dashboardApi } from './dashboard.ts'
import { eventsApi } from './events.ts'
import { type Actor, atLeast, type Guards } from './guard.ts'
import { jobsApi } from './jobs.ts'
import { packagesApi } from './packages.ts'
import { paymentDeskApi } from './payments.ts'
import { queueApi } from './queue.ts'
import { radiusApi } from './radius.ts'
import { routersApi } from './routers.ts'
import { sessionApi } from './session.ts'
import { settingsApi } from './settings.ts'
import { staffApi } from './staff.ts'
import { subscriptionsApi } from './subscriptions.ts'
import { voucherBatchesApi } from './vouchers.ts'

export function operatorApi(house: House, identity: (context: Context) => Actor | undefined): Hono {
  const guards: Guards = {
    viewer: atLeast(identity, 'viewer'),
    cashier: atLeast(identity, 'cashier'),
    admin: atLeast(identity, 'admin'),
    audited: (context, action, subject) =>
      house.store.run(recordAudit, { actor: context.get('actor').name, action, subject }),
  }
  const app = new Hono()
  const parts = [
    routersApi,
    packagesApi,
    voucherBatchesApi,
    paymentDeskApi,
    accessApi,
    radiusApi,
    customersApi,
    subscriptionsApi,
    dashboardApi,
    queueApi,
    jobsApi,
    settingsApi,
    staffApi,
    eventsApi,
  ]
  for (const part of parts) app.route('/', part(house, guards))
  app.route('/', sessionApi(house))
  return app
}
