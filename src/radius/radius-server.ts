import type { Clock } from '../clock.ts'
import type { Language } from '../languages.ts'
import type { Log } from '../log.ts'
import { answerAccess } from './access-request.ts'
import { type AccountingRecord, answerAccounting, type NasRestart } from './accounting-request.ts'
import type { Answer, Handler } from './answer.ts'
import { CODE } from './attributes.ts'
import { DropLog } from './drop-log.ts'
import type { Sender } from './duplicates.ts'
import { Guesses } from './guesses.ts'
import type { Login, Verdict } from './login.ts'
import { openLoginTests, type TestAnswer, type TestLogin } from './login-test.ts'
import type { Nas } from './nas.ts'
import { openRadsecPort, type RadsecPort, type RadsecSettings } from './radsec-port.ts'
import { RateLimit } from './rate-limit.ts'
import { openReception } from './reception.ts'
import { SigningRouters } from './signing-routers.ts'
import { type Counts, Tally } from './tally.ts'
import { openUdpPort, type UdpPort } from './udp-port.ts'

export interface RadiusServerOptions {
  host: string
  /** 0: any free one. */
  authPort: number
  acctPort: number
  interimIntervalSeconds: number
  /** `mac-auth-password` of the routers' hotspot profiles. */
  macAuthPassword?: string | undefined
  /** RADIUS over TLS as well; left out: not. */
  radsec?: RadsecSettings | undefined
  /** The router whose certificate has these names. Asked for every packet, like `findNas`. */
  findRadsecNas?(names: readonly string[], address: string): Nas | undefined
  /** Of what rejects say. */
  language: Language
  clock: Clock
  log: Log
  /** The router at this address. Asked for every packet, so it must be quick. */
  findNas(address: string): Nas | undefined
  /** A promise only where the answer has to wait for the disk. */
  authorize(login: Login): Verdict | Promise<Verdict>
  /** Resolves once the record is on disk. */
  account(record: AccountingRecord): Promise<unknown>
  /** A router signs its requests: from now on, also after a restart, it must. */
  noteSigns(routerId: number): Promise<unknown>
  /** The router knows none of its sessions any more. */
  nasRestarted(restart: NasRestart): Promise<unknown>
}

export interface RadiusServer {
  /** Known after start. */
  readonly authPort: number
  readonly acctPort: number
  /** Undefined without RadSec. */
  readonly radsecPort: number | undefined
  readonly counters: Readonly<Counts>
  /** Of routers that have sent something. */
  routerCounters(): ReturnType<Tally['routers']>
  /** Throws a MlangoError whose message says what to do when a port cannot be had. */
  start(): Promise<void>
  /** What would be answered to this login now; nothing begins with it. */
  testLogin(login: TestLogin): Promise<TestAnswer>
  stop(): void
}

/** Authentication and accounting over UDP (RFC 2865, 2866, 5997). */
export function openRadiusServer(options: RadiusServerOptions): RadiusServer {
  const { host, findNas, authorize, account, nasRestarted, interimIntervalSeconds, language, clock, log } = options
  const tally = new Tally()
  const tests = openLoginTests({ host, authPort: () => auth?.port ?? 0 })
  const shared = {
    findNas: (sender: Sender) => sender.nas ?? tests.nasOf(sender) ?? findNas(sender.address),
    tally,
    clock,
    signing: new SigningRouters(options.noteSigns),
    rateLimit: new RateLimit(clock),
    dropLog: new DropLog({ clock, log }),
  }
  const access = answerAccess({
    authorize,
    macAuthPassword: options.macAuthPassword,
    interimIntervalSeconds,
    language,
    guesses: new Guesses(clock),
  })
  const accounting = answerAccounting({ account, nasRestarted, clock })
  const reception = (...handlers: [number, Handler][]) => openReception({ ...shared, handlers: new Map(handlers) })
  const doors = {
    auth: reception([CODE.accessRequest, access], [CODE.statusServer, alive(CODE.accessAccept)]),
    acct: reception([CODE.accountingRequest, accounting], [CODE.statusServer, alive(CODE.accountingResponse)]),
    radsec: reception(
      [CODE.accessRequest, access],
      [CODE.accountingRequest, accounting],
      [CODE.statusServer, alive(CODE.accessAccept)],
    ),
  }
  let auth: UdpPort | undefined
  let acct: UdpPort | undefined
  let radsec: RadsecPort | undefined

  function stop(): void {
    radsec?.close()
    radsec = undefined
    auth?.close()
    acct?.close()
    auth = undefined
    acct = undefined
  }

  return {
    counters: tally.all,
    routerCounters: () => tally.routers(),
    get authPort() {
      return auth?.port ?? options.authPort
    },
    get acctPort() {
      return acct?.port ?? options.acctPort
    },
    get radsecPort() {
      return radsec?.port
    },
    async start() {
      const udp = { host, clock, log }
      try {
        auth = await openUdpPort({ ...udp, port: options.authPort, setting: 'auth_port', receive: doors.auth })
        acct = await openUdpPort({ ...udp, port: options.acctPort, setting: 'acct_port', receive: doors.acct })
        const { findRadsecNas: findPeer } = options
        if (options.radsec && findPeer)
          radsec = await openRadsecPort({ ...options.radsec, host, receive: doors.radsec, findPeer, log })
      } catch (thrown) {
        stop()
        throw thrown
      }
    },
    testLogin: tests.run,
    stop,
  }
}

/** Status-Server asks whether we live, and touches no user (RFC 5997). */
function alive(code: number): Handler {
  const answer: Answer = { outcome: 'statusAnswered', code, attributes: [], signed: true }
  return () => answer
}
