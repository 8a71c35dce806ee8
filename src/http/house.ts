import type { Brand } from '../../portal/customer/brand.ts'
import type { Clock } from '../clock.ts'
import type { Config, ConfigSource } from '../config.ts'
import type { Facts } from '../flow/facts.ts'
import type { PoolName } from '../flow/queues.ts'
import type { Log } from '../log.ts'
import type { MpesaReach } from '../mpesa/reach.ts'
import type { StoreAlarm } from '../store/alarm.ts'
import type { Store } from '../store/client.ts'
import type { Db } from '../store/database.ts'
import type { Site } from '../store/site.ts'
import type { KeptAnswers } from './kept-answers.ts'

/** What the HTTP doors open on. */
export interface House {
  store: Store
  /** Read-only. */
  db: Db
  config: Config
  /** How the next start would read the configuration. */
  source: ConfigSource
  site: Site
  /** How the operator's pages look, where it is not how ours do. */
  brand?: Brand | undefined
  /** Pages that may be given again; left out, every page is made anew. */
  kept?: KeptAnswers | undefined
  /** Left out where M-PESA is not taken. */
  mpesaReach?: MpesaReach | undefined
  facts: Facts
  clock: Clock
  log: Log
  workers: Readonly<Record<PoolName, number>>
  /** Why the daemon cannot do its work, or undefined when it can. */
  notReady(): string | undefined
  /** What a person must look at although the daemon works. */
  alarms(): readonly StoreAlarm[]
  /** Where phones and routers reach us, without a slash at the end; known once the door listens. */
  readonly portalUrl: string
  readonly radiusPorts: { auth: number; acct: number }
  /** What RADIUS would answer to this login now; nothing begins with it. */
  testLogin(login: { username: string; password: string; macAddress?: string; method: 'pap' | 'chap' }): Promise<{
    outcome: 'accepted' | 'unused-voucher' | 'rejected' | 'no-answer'
    milliseconds: number
    attributes: { name: string; value: string | number }[]
  }>
  /** What the other doors count, for `/metrics`. */
  counters(): DoorCounters
}

export interface DoorCounters {
  radius: Readonly<Record<string, number>>
  radiusByRouter: readonly { routerId: number; name: string; counts: Readonly<Record<string, number>> }[]
  /** Undefined when there is no cloud. */
  cloudConnected: boolean | undefined
  cloudBacklog: number | undefined
  /** M-PESA's messages by way of the cloud, by what came of them; undefined when none are taken. */
  relayed?: Readonly<Record<string, number>> | undefined
}
