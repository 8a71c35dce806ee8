import { type Context, Hono } from 'hono'
import { recordAudit } from '../../staff/staff.ts'
import type { House } from '../house.ts'
import { customersApi } from './customers.ts'
import { dashboardApi } from './dashboard.ts'
import { eventsApi } from './events.ts'
import { grantsApi } from './grants.ts'
import { type Actor, atLeast, type Guards } from './guard.ts'
import { jobsApi } from './jobs.ts'
import { mpesaBooksApi } from './mpesa-books.ts'
import { sessionsApi } from './online-sessions.ts'
import { packagesApi } from './packages.ts'
import { paymentDeskApi } from './payments.ts'
import { queueApi } from './queue.ts'
import { radiusApi } from './radius.ts'
import { receiptsApi } from './receipts.ts'
import { refundsApi } from './refunds.ts'
import { routerProvisioningApi } from './router-provisioning.ts'
import { routerWatchApi } from './router-watch.ts'
import { routersApi } from './routers.ts'
import { type SignInDoor, sessionApi } from './session.ts'
import { settingsApi } from './settings.ts'
import { settlementsApi } from './settlements.ts'
import { staffApi } from './staff.ts'
import { subscriptionsApi } from './subscriptions.ts'
import { voucherBatchesApi } from './vouchers.ts'

interface OperatorDoors {
  identity: (context: Context) => Actor | undefined
  signIn: SignInDoor
}

export function operatorApi(house: House, { identity, signIn }: OperatorDoors): Hono {
  const guards: Guards = {
    viewer: atLeast(identity, 'viewer'),
    cashier: atLeast(identity, 'cashier'),
    admin: atLeast(identity, 'admin'),
    staysIn: (context) => identity(context) !== undefined,
    act: (by, command, input, note) => house.store.run(command, input, { ...note, actor: by.var.actor.name }),
    noted: (by, action, subject) => house.store.run(recordAudit, { actor: by.var.actor.name, action, subject }),
  }
  const app = new Hono()
  const parts = [
    routersApi,
    routerWatchApi,
    routerProvisioningApi,
    packagesApi,
    voucherBatchesApi,
    paymentDeskApi,
    receiptsApi,
    mpesaBooksApi,
    refundsApi,
    settlementsApi,
    grantsApi,
    sessionsApi,
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
  app.route('/', sessionApi(house, signIn))
  return app
}
