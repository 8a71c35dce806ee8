import type { GrantRow } from '../src/access/grant-table.ts'
import type { ProvisionalAllowance } from '../src/access/provisional.ts'
import type { SessionRow } from '../src/access/session-table.ts'
import type { ToldTerms } from '../src/access/told-terms.ts'
import type { Clock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import type { JobDefinition } from '../src/flow/job-definition.ts'
import type { RunServices } from '../src/flow/job-run.ts'
import type { PoolName } from '../src/flow/queues.ts'
import type { Language } from '../src/languages.ts'
import type { RotatedLog } from '../src/log-rotation.ts'
import type { Gauges } from '../src/metrics/gauges.ts'
import type { MachineSample } from '../src/metrics/machine.ts'
import type { MpesaClient } from '../src/mpesa/mpesa-client.ts'
import type { QueryPace } from '../src/mpesa/query-pace.ts'
import type { Appliance } from '../src/routers/provision/wanted.ts'
import type { RouterRow } from '../src/routers/router-table.ts'
import type { RouterGate } from '../src/routers/routeros-gate.ts'
import type { LiveData } from '../src/routers/watch/live-data.ts'
import type { PatientReads } from '../src/routers/watch/patient-reads.ts'
import type { SmsProvider } from '../src/sms/sms-provider.ts'
import type { BackupOutcome } from '../src/store/backups.ts'
import type { Db } from '../src/store/database.ts'

/** The hands that the work thread holds; a job takes the ones it names. */
export interface Hands {
  /** Read-only. */
  db: Db
  clock: Clock
  /** Undefined when M-PESA is not configured. */
  mpesa:
    | {
        client: MpesaClient
        pace: QueryPace
        callbackUrl(token: string): string
        c2bUrls: { confirmation: string; validation: string }
        /** Whether M-PESA's books may be asked for. */
        pull: boolean
        /** What M-PESA wants once before it answers; `isDone` since this start. Undefined: the operator has seen to it. */
        pullRegistration: { nominatedNumber: string; callbackUrl: string; isDone: boolean } | undefined
      }
    | undefined
  /** What may go out on trust; undefined when nothing may. */
  provisional: ProvisionalAllowance | undefined
  gate: RouterGate
  /** RADIUS Disconnect-Request. */
  disconnect(
    router: RouterRow,
    session: SessionRow,
    signal: AbortSignal,
  ): Promise<{ outcome: 'disconnected' | 'already-gone' | 'refused' | 'no-answer' }>
  /** RADIUS CoA-Request: what is true of the grant now, for a session that is open. */
  changeSession(
    router: RouterRow,
    session: SessionRow,
    access: { grant: GrantRow; terms: ToldTerms | undefined },
    signal: AbortSignal,
  ): Promise<{ outcome: 'changed' | 'already-gone' | 'refused' | 'no-answer' }>
  /** A session of which nothing was heard for so long may be over. */
  staleAfterMs: number
  sms: SmsProvider | undefined
  /** What time it is by the machine's own clock and by a server, and whether the network has set the former. */
  timeOf: {
    machine(): number
    isNetworkTime(): boolean
    server(signal: AbortSignal): Promise<number | undefined>
  }
  /** As the router at that address reaches us now; undefined while it cannot. */
  applianceFor(routerHost: string): Promise<Appliance | undefined>
  /** Of what routers are doing. */
  liveReads: PatientReads<LiveData>
  /** How often routers tell of who is online. */
  interimIntervalSeconds: number
  /** `language`: for who has not chosen one. */
  site: { name: string; timeZone: string; currency: string; language: Language }
  /** Whether, from when on and how much time an outage gives back. */
  outagePolicy: Config['outages']
  workers: Readonly<Record<PoolName, number>>
  /** Each look measures the time since the one before. */
  machine(): MachineSample
  /** What the threads measure of themselves. */
  gauges(): Gauges
  /** Whether the journal has somewhere to go. */
  hasCloud: boolean
  /** That this daemon logs to. */
  logFiles(): string[]
  rotateLog(file: string, signal: AbortSignal): Promise<RotatedLog>
  /** Copies the database; blocks nobody. */
  backUp(signal: AbortSignal): Promise<BackupOutcome>
}

export type JobServices = Hands & RunServices

/** One kind of job: everything a person wants to know before reading `run`. The queue is the folder's name. */
export function defineJob<Payload extends object>(
  definition: JobDefinition<Payload, JobServices>,
): JobDefinition<Payload, JobServices> {
  return definition
}
