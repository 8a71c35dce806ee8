import { isIPv4 } from 'node:net'
import { systemClock } from '../../clock.ts'
import { asError, MlangoError } from '../../errors.ts'
import { ApiServer } from './api/server.ts'
import { createFaults } from './faults.ts'
import { requireMac } from './hotspot/hosts.ts'
import { Hotspot } from './hotspot/hotspot.ts'
import { logInByForm } from './hotspot/login-form.ts'
import type { Session } from './hotspot/session.ts'
import { HotspotWeb } from './hotspot-web.ts'
import { liveHotspotMenus } from './menus/hotspot-live.ts'
import { hotspotSettingsMenus } from './menus/hotspot-settings.ts'
import { ipSetupMenus } from './menus/ip-setup.ts'
import { networkMenus } from './menus/network.ts'
import { pppActiveMenu } from './menus/ppp-active.ts'
import { radiusMenus } from './menus/radius.ts'
import { servicesMenu } from './menus/services.ts'
import { type SentSms, smsMenu } from './menus/sms.ts'
import { systemMenus } from './menus/system.ts'
import { MenuTree } from './menus/tree.ts'
import { CoaListener } from './nas/coa-listener.ts'
import { RadiusExchange } from './nas/exchange.ts'
import { RadiusNas } from './nas/nas.ts'
import { PppServer } from './ppp/ppp-server.ts'
import { hasMenu } from './releases.ts'
import { parseVersion } from './ros-version.ts'
import { RouterSettings, userDefaults } from './router-settings.ts'
import { activeSession, type RouterSimulator, type RouterSimulatorOptions } from './simulated-router.ts'

const DEFAULT_POLICIES = ['api', 'read', 'write', 'test']
const WAIT_MS = 45_000
const INTERIMS_AT_ONCE = 64

/** A pretend MikroTik on real sockets: its API, its hotspot, and its RADIUS client. Resolves when it can be used. */
export async function startRouterSimulator(options: RouterSimulatorOptions = {}): Promise<RouterSimulator> {
  const { host = '127.0.0.1', username = 'mlango', password = 'mlango', identity = 'MikroTik' } = options
  const { policies = DEFAULT_POLICIES, oldLogin = false, clock = systemClock, reboots = 10 } = options
  const version = parseVersion(options.version ?? (oldLogin ? '6.42.5' : '7.20.8'))
  const settings = new RouterSettings(version, policies, identity, options)
  settings.startedAtMs = clock.nowMs()
  settings.reboots = reboots
  settings.useRadius(options.radius)

  const faults = createFaults({ cutApi: () => api.cut(), holdApi: (held) => api.hold(held) })
  const exchange = new RadiusExchange(host, () => faults.radiusDown)
  const nasIpAddress = isIPv4(host) && host !== '0.0.0.0' ? host : '127.0.0.1'
  const nas = new RadiusNas({ exchange, settings, clock, nasIpAddress })
  const hotspot = new Hotspot({ settings, nas, clock, faults })
  const ppp = new PppServer({ nas, settings, clock })
  const coa = new CoaListener({ hotspot, ppp, settings, faults })
  const web = new HotspotWeb({ hotspot, settings })

  const sms: SentSms[] = []
  const everyMenu = {
    ...systemMenus(settings, settings, clock),
    ...ipSetupMenus(settings, settings),
    ...servicesMenu(settings, () => api.connections),
    ...networkMenus(settings, hotspot, settings, clock),
    ...hotspotSettingsMenus(settings, settings),
    ...liveHotspotMenus(hotspot, settings, clock),
    ...smsMenu(settings, settings, sms),
    ...pppActiveMenu(ppp, settings, clock),
    ...radiusMenus({ settings, viewer: settings, exchange, listenForCoa: (port) => coa.listen(host, port) }),
  }
  const menus = Object.fromEntries(
    Object.entries(everyMenu).filter(([path]) => hasMenu(version, settings.packages, path)),
  )
  const commands: string[][] = []
  const api = new ApiServer({
    account: { username, password, oldLogin, mayUseApi: settings.policies.has('api') },
    menus: new MenuTree(menus, settings.policies, version),
    saysEmpty: version.atLeast(7, 18),
    faults,
    commands,
  })

  const stop = async () => {
    nas.stop()
    exchange.close()
    coa.close()
    hotspot.stop()
    ppp.forget()
    await Promise.all([api.close(), web.close()])
  }

  let apiPort: number
  let httpPort: number
  try {
    await coa.listen(host, options.coaPort ?? 0)
    apiPort = await api.listen(host, options.apiPort ?? 0)
    httpPort = await web.listen(host, options.httpPort ?? 0)
  } catch (thrown) {
    await stop()
    const why = asError(thrown).message
    throw new MlangoError('simulator-not-started', `the simulated router cannot open its ports: ${why}`, {
      cause: thrown,
    })
  }

  const sessionOf = (macAddress: string): Session => {
    const session = hotspot.sessions.ofPhone(requireMac(macAddress))
    if (!session) throw new MlangoError('simulated-phone-offline', `${macAddress} is not online`)
    return session
  }

  return {
    host,
    apiPort,
    get coaPort() {
      return Number(settings.incoming.port)
    },
    httpPort,
    loginUrl: (macAddress) => web.loginUrl(requireMac(macAddress)),
    logins: hotspot.logins,
    commands,
    kicks: hotspot.kicks,
    faults,
    join(macAddress, ipAddress) {
      const joined = hotspot.join(macAddress, ipAddress)
      return { macAddress: joined.macAddress, ipAddress: joined.ipAddress }
    },
    leave: (macAddress) => hotspot.leave(macAddress),
    sendPacket: (macAddress) => void hotspot.hear(macAddress),
    async logInByForm(macAddress, form) {
      const phone = hotspot.hear(macAddress)
      if (!phone) throw new MlangoError('simulated-phone-unknown', `${macAddress} has not joined the WiFi`)
      return logInByForm({ hotspot, settings }, phone, form)
    },
    connections: () => api.connections,
    userCount: () => settings.users.rows().length - 1,
    async fill(phones) {
      for (let number = 1; number <= phones; number += 1) {
        const hex = number.toString(16).padStart(4, '0').toUpperCase()
        const username = `guest${number}`
        settings.users.add({ ...userDefaults(), name: username, password: username })
        const host = hotspot.join(`06:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`)
        await hotspot.logIn(host, { username, password: username, method: 'chap', by: 'form' })
      }
    },
    dial: (box) => ppp.dial({ ...box, macAddress: requireMac(box.macAddress) }),
    lines: () => ppp.all().map(({ username }) => username),
    line(username) {
      const session = ppp.all().find((line) => line.username === username)
      if (!session) return undefined
      const lists = settings.seen('/ip/firewall/address-list').rows()
      const { ipAddress, grant } = session
      return {
        ...{ ipAddress, profile: grant.profile, rateLimit: grant.rateLimit },
        lists: lists.flatMap(({ address, list = '' }) => (address === ipAddress ? [list] : [])),
      }
    },
    lineKicks: ppp.kicks,
    sms,
    isOnline: (macAddress) => hotspot.sessions.ofPhone(requireMac(macAddress)) !== undefined,
    active: () => hotspot.sessions.all().map(activeSession),
    whenOnline: (macAddress, timeoutMs = WAIT_MS) => hotspot.presence.when(requireMac(macAddress), true, timeoutMs),
    whenOffline: (macAddress, timeoutMs = WAIT_MS) => hotspot.presence.when(requireMac(macAddress), false, timeoutMs),
    traffic: (macAddress, bytes) => hotspot.traffic(sessionOf(macAddress), bytes),
    async sendInterim(macAddress) {
      const reported = hotspot.sessions.all().filter(({ source }) => source === 'radius')
      const queue = (macAddress === undefined ? reported : [sessionOf(macAddress)]).values()
      const work = async () => {
        for (const session of queue) {
          if (await hotspot.reportInterim(session)) continue
          throw new MlangoError('simulated-interim-lost', `no answer to the interim update of ${session.macAddress}`)
        }
      }
      await Promise.all(Array.from({ length: INTERIMS_AT_ONCE }, work))
    },
    rows: (menu) => settings.seen(menu).rows(),
    show(menu, row) {
      const table = settings.seen(menu)
      const id = table.add(row)
      return { change: (values) => table.update(id, values), hide: () => table.remove(id) }
    },
    clear(menu) {
      const table = settings.seen(menu)
      for (const { '.id': id = '' } of table.rows()) table.remove(id)
    },
    setDownload(download) {
      settings.download = download
    },
    allowEverything: () => settings.allowEverything(),
    answeringPing: settings.answeringPing,
    ownClock: settings.ownClock,
    reboot() {
      api.cut()
      hotspot.forgetSessions()
      ppp.forget()
      settings.startedAtMs = clock.nowMs()
      settings.reboots += 1
    },
    setRadius: (target) => settings.useRadius(target),
    async fetchLoginPage(url) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) })
      if (!answer.ok)
        throw new MlangoError('simulated-fetch-failed', `failure: Fetch failed with status ${answer.status}`)
      web.loginPage = await answer.text()
    },
    setLoginPage(page) {
      web.loginPage = page
    },
    stop,
  }
}
