import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisionRouter } from '../../../jobs/router-provisioning/provision-router.ts'
import { revokeGrant } from '../../../src/access/grants.ts'
import { FINISH_RUN, type FinishRun } from '../../../src/flow/engine.ts'
import type { JobOutcome } from '../../../src/flow/job-outcome.ts'
import { cancelJob } from '../../../src/flow/queue-commands.ts'
import type { RunEnd } from '../../../src/flow/run-ends.ts'
import { hotspotLoginPage } from '../../../src/routers/hotspot-login-page.ts'
import { beginProvisioning, provisioningOf } from '../../../src/routers/provision/provisionings.ts'
import type { WantedServices } from '../../../src/routers/provision/wanted.ts'
import { wishesOf } from '../../../src/routers/provision/wishes.ts'
import { changeRouter } from '../../../src/routers/registry.ts'
import { routerById } from '../../../src/routers/router-table.ts'
import type { RouterSimulator, RouterSimulatorOptions } from '../../../src/simulators/router/router-simulator.ts'
import type { NamedCommand } from '../../../src/store/client.ts'
import { openStay } from '../../access/stay.ts'
import { MAC } from '../../billing/purchase.ts'
import { logIn, rows } from '../../simulators/router/raw-api-client.ts'
import { API_PASSWORD, APPLIANCE, type JobHouse, openJobHouse } from '../job-house.ts'

const OTHER_MAC = '02:00:00:00:00:99'
const HTTPS = { ...APPLIANCE, portalUrl: 'https://portal.site.example' }
const HOTSPOT: WantedServices = { hotspot: { ports: ['ether2'], network: '10.9.0.0/24' } }

async function openRouter(
  house: JobHouse,
  options: RouterSimulatorOptions = {},
  accessMode: 'radius' | 'local' = 'radius',
) {
  const opened = await house.openRouter({ accessMode }, options)
  const { routerId, simulator } = opened
  simulator.setDownload(async () => {
    const { portalUrl } = (await house.services.applianceFor(simulator.host)) ?? APPLIANCE
    return Buffer.from(hotspotLoginPage({ portalUrl, routerId }))
  })
  const operator = await logIn(simulator.apiPort, 'mlango', API_PASSWORD, simulator.host)
  const print = async (menu: string) => rows(await operator.ask(`${menu}/print`))
  /** The box stands in a network of the router's own, on the inside. */
  const standInside = () => operator.ask('/ip/address/add', '=address=192.168.88.1/24', '=interface=bridge')
  return {
    standInside,
    ...opened,
    operator,
    print,
    changes: () => simulator.commands.filter(([path = '']) => !path.endsWith('/print')),
  }
}

interface TestOrder {
  why?: 'asked' | 'daily' | 'reconnected'
  dryRun?: boolean
  wanted?: WantedServices
  secrets?: boolean
}

const order = (house: JobHouse, routerId: number, { why = 'asked', ...more }: TestOrder = {}) =>
  house.run(beginProvisioning, { routerId, why, ...more })

/** Runs the jobs that wait for it, in their order and as the queue would, effects included. Returns what the last came to. */
async function runOrders(house: JobHouse): Promise<JobOutcome | undefined> {
  let outcome: JobOutcome | undefined
  for (const { id, payload } of house.rows<{ id: number; payload: string }>(
    "SELECT id, payload FROM jobs WHERE name = 'provision-router' ORDER BY id",
  )) {
    outcome = await house.runJob(provisionRouter, JSON.parse(payload))
    if (outcome.kind !== 'done') continue
    for (const { command, input } of outcome.effects) {
      await house.store.run({ name: command } as Parameters<typeof house.store.run>[0], input as never)
    }
    house.db.prepare('DELETE FROM jobs WHERE id = ?').run(id)
  }
  return outcome
}

/** Orders the job and runs it. */
async function provision(house: JobHouse, routerId: number, asked: TestOrder = {}): Promise<JobOutcome | undefined> {
  order(house, routerId, asked)
  return runOrders(house)
}

for (const version of ['6.49.17', '7.12.1', '7.18.2', '7.20.8', '7.24']) {
  test(`a hotspot is built from the bridge up, once, on ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, print, changes } = await openRouter(house, { version })
    await provision(house, routerId, { wanted: HOTSPOT })
    const last = provisioningOf(house.db, routerId)
    assert.deepEqual([last?.state, last?.percent], ['completed', 100], last?.message)
    assert.equal(routerById(house.db, routerId)?.status, 'adopted')
    const [server] = (await print('/ip/hotspot')).filter(({ name }) => name === 'mlango')
    assert.deepEqual([server?.interface, server?.profile, server?.disabled], ['mlango', 'mlango', 'false'])
    const [profile] = (await print('/ip/hotspot/profile')).filter(({ name }) => name === 'mlango')
    assert.deepEqual([profile?.['hotspot-address'], profile?.['use-radius']], ['10.9.0.1', 'true'])
    const [client] = (await print('/radius')).filter(({ comment }) => comment === 'mlango:radius')
    assert.deepEqual([client?.address, client?.timeout, client?.service], ['192.168.88.2', '3s', 'hotspot,ppp'])
    assert.equal((await print('/radius/incoming'))[0]?.accept, 'true')
    assert.deepEqual((await print('/ip/pool'))[0]?.ranges, '10.9.0.2-10.9.0.254')
    const count = changes().length
    await provision(house, routerId)
    assert.equal(changes().length, count)
    assert.equal(provisioningOf(house.db, routerId)?.message, 'everything was as wanted')
  })
}

for (const [version, named] of [
  ['6.49.17', 'server-dns-names'],
  ['7.20.8', 'servers'],
] as const) {
  test(`a router without the time of day is told whom to ask, on ${version}; one that asks somebody keeps to it`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, print } = await openRouter(house, { version })
    const client = async () => (await print('/system/ntp/client'))[0] ?? {}
    await provision(house, routerId, { wanted: HOTSPOT })
    assert.deepEqual([(await client()).enabled, (await client())[named]], ['true', '0.pool.ntp.org,1.pool.ntp.org'])

    const { routerId: otherId, operator, print: printOther } = await openRouter(house, { version })
    await operator.ask('/system/ntp/client/set', `=${named}=192.0.2.7`)
    await provision(house, otherId, { wanted: HOTSPOT })
    const other = (await printOther('/system/ntp/client'))[0]
    assert.deepEqual([other?.enabled, other?.[named]], ['true', '192.0.2.7'])
  })
}

test('every step is told while it is done, in order, up to the end', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  const told = house.facts('router.provisioning_progress').map(({ data }) => data as { stage: string; percent: number })
  const stages = [...new Set(told.map(({ stage }) => stage))]
  assert.deepEqual(stages, [
    'bridge',
    'address',
    'dhcp',
    'nat',
    'radius',
    'hotspot-profile',
    'hotspot-server',
    'walled-garden',
    'firewall',
    'ntp',
    'login-page',
    'completed',
  ])
  const percents = told.map(({ percent }) => percent)
  assert.deepEqual(
    percents,
    [...percents].sort((a, b) => a - b),
  )
})

test('a dry run shows what would be done, and does nothing', async (t) => {
  const house = openJobHouse(t)
  const { routerId, changes } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT, dryRun: true })
  const plan = provisioningOf(house.db, routerId)
  assert.deepEqual(changes(), [])
  assert.ok(plan?.steps.includes('add to /ip/pool: name=mlango-hotspot ranges=10.9.0.2-10.9.0.254'))
  assert.deepEqual([wishesOf(house.db, routerId).wanted, wishesOf(house.db, routerId).due], [{}, null])
  assert.equal(routerById(house.db, routerId)?.status, 'pending')
  assert.deepEqual(house.facts('router.provisioning_progress'), [])
  const secret = routerById(house.db, routerId)?.radiusSecret ?? ''
  assert.equal(JSON.stringify(plan).includes(secret), false)
})

test('a hotspot that is there is used as it is: only its profile learns to ask us', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, changes, simulator } = await openRouter(house)
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  const [profile] = (await print('/ip/hotspot/profile')).filter(({ name }) => name === 'hsprof1')
  assert.equal(profile?.['use-radius'], 'true')
  const touched = new Set(changes().map(([path]) => path))
  assert.deepEqual([...touched].sort(), [
    '/ip/firewall/filter/add',
    '/ip/hotspot/profile/set',
    '/ip/hotspot/walled-garden/add',
    '/ip/hotspot/walled-garden/ip/add',
    '/radius/add',
    '/radius/incoming/set',
    '/system/ntp/client/set',
    '/tool/fetch',
  ])
  assert.equal(simulator.rows('/file')[0]?.name, 'hotspot/login.html')
})

test('the resolver answers nobody but phones: each way out is closed before it opens, and stays closed', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, simulator, changes } = await openRouter(house)
  const closed = async () =>
    (await print('/ip/firewall/filter'))
      .filter(({ action, 'dst-port': port }) => action === 'drop' && port === '53')
      .map((row) => `${row['in-interface']} ${row.protocol}`)
      .sort()
  const isOpen = async () => (await print('/ip/dns'))[0]?.['allow-remote-requests'] === 'true'

  // Its cable to the Internet is not in yet: where that will be nobody knows.
  simulator.clear('/ip/route')
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.deepEqual([await isOpen(), await closed()], [false, []])

  const way = (name: string, active: string) =>
    simulator.show('/ip/route', { 'dst-address': '0.0.0.0/0', 'immediate-gw': `192.168.1.1%${name}`, active })
  const first = way('ether1', 'true')
  const second = simulator.show('/ip/route', { 'dst-address': '0.0.0.0/0', gateway: '10.7.0.1', active: 'false' })
  // The second is known by its gateway alone while it is not in use.
  await operator.ask('/ip/address/add', '=address=10.7.0.9/24', '=interface=bridge')
  await provision(house, routerId, { why: 'reconnected' })
  assert.equal(await isOpen(), true)
  assert.deepEqual(await closed(), ['bridge tcp', 'bridge udp', 'ether1 tcp', 'ether1 udp'])
  const opened = changes().findIndex(([path]) => path === '/ip/dns/set')
  const rules = changes().filter(
    ([path, ...words]) => path === '/ip/firewall/filter/add' && words.includes('=dst-port=53'),
  )
  assert.ok(rules.every((rule) => changes().indexOf(rule) < opened))

  // The first fails for good; its rules stay, and are kept.
  first.hide()
  second.change({ active: 'true' })
  const [rule] = (await print('/ip/firewall/filter')).filter((row) => row['in-interface'] === 'ether1')
  await operator.ask('/ip/firewall/filter/set', `=.id=${rule?.['.id']}`, '=disabled=yes')
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await closed(), ['bridge tcp', 'bridge udp', 'ether1 tcp', 'ether1 udp'])
  assert.ok((await print('/ip/firewall/filter')).every(({ disabled }) => disabled === 'false'))
})

test('beside a hotspot of ours the one of others is not touched, nor are its pages', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, simulator } = await openRouter(house)
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=login-by=https,mac,trial')
  const theirs = async () => (await print('/ip/hotspot/profile')).find(({ name }) => name === 'hsprof1')
  const before = await theirs()
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.deepEqual(await theirs(), before)
  const pages = simulator.rows('/file').map(({ name }) => name)
  assert.deepEqual(
    pages.filter((name) => name?.endsWith('/login.html')),
    ['mlango/login.html'],
  )
  assert.ok(pages.includes('mlango/status.html'))
  const ours = (await print('/ip/hotspot/profile')).find(({ name }) => name === 'mlango')
  assert.equal(ours?.['html-directory'], 'mlango')
})

test('a PPPoE server alone takes over no hotspot, and lets go of none', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator: theirs, print, simulator } = await openRouter(house)
  await theirs.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=login-by=cookie,http-chap')
  const wanted: WantedServices = { pppoe: { interface: 'ether2', network: '10.8.0.0/24' } }
  const asksUs = async () => (await print('/ip/hotspot/profile')).find(({ name }) => name === 'hsprof1')?.['use-radius']
  const before = await asksUs()
  await provision(house, routerId, { wanted })
  assert.deepEqual([await asksUs(), simulator.rows('/file')], [before, []])

  const { routerId: usedId, print: printUsed, operator } = await openRouter(house)
  await provision(house, usedId)
  await provision(house, usedId, { wanted })
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=use-radius=no')
  await provision(house, usedId, { why: 'daily' })
  assert.equal((await printUsed('/ip/hotspot/profile')).find(({ name }) => name === 'hsprof1')?.['use-radius'], 'true')
})

test('what is not ours stays as it is, and our rule stands in front of it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  await operator.ask('/ip/firewall/filter/add', '=chain=input', '=action=drop', '=comment=defconf: drop all')
  await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', '=action=masquerade', '=out-interface=ether1')
  await operator.ask('/ip/pool/add', '=name=office', '=ranges=10.1.0.2-10.1.0.9')
  await provision(house, routerId, { wanted: HOTSPOT })
  const rules = await print('/ip/firewall/filter')
  assert.equal(rules.at(-1)?.comment, 'defconf: drop all')
  assert.ok(rules.length > 1)
  assert.deepEqual((await print('/ip/pool'))[0]?.name, 'office')
  assert.equal((await print('/ip/firewall/nat'))[0]?.['out-interface'], 'ether1')
})

test('where a port belongs to another bridge no hotspot is built, and what does not need it is done', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, changes, print } = await openRouter(house)
  await operator.ask('/interface/bridge/port/add', '=interface=ether2', '=bridge=bridge')
  const before = changes().length
  await provision(house, routerId, { wanted: HOTSPOT })
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual(
    [last?.state, last?.stage, last?.message],
    ['failed', 'bridge', 'ether2 belongs to the bridge bridge'],
  )
  const touched = changes()
    .slice(before)
    .map(([path = '']) => path)
  assert.deepEqual(
    touched.filter((path) =>
      /^\/(interface|ip\/(address|pool|dhcp-server|dns|firewall\/nat))|^\/ip\/hotspot\/add/.test(path),
    ),
    [],
  )
  assert.equal((await print('/radius')).length, 1)
  assert.deepEqual(
    house.facts('router.provisioning_failed').map(({ data }) => data),
    [{ routerId, stage: 'bridge', message: 'ether2 belongs to the bridge bridge' }],
  )
})

test('a port that somebody takes away from our bridge does not keep the rest from being repaired', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  const port = (await print('/interface/bridge/port')).find((row) => row.interface === 'ether2')
  await operator.ask('/interface/bridge/port/set', `=.id=${port?.['.id']}`, '=bridge=bridge')
  await operator.ask('/radius/remove', `=.id=${(await print('/radius'))[0]?.['.id']}`)
  await operator.ask('/ip/hotspot/set', '=numbers=mlango', '=disabled=yes')
  await provision(house, routerId, { why: 'daily' })
  assert.equal((await print('/radius')).length, 1)
  assert.equal((await print('/ip/hotspot')).find(({ name }) => name === 'mlango')?.disabled, 'false')
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual([last?.state, last?.message], ['failed', 'ether2 belongs to the bridge bridge'])
})

test('a router whose account may neither see its files nor fetch is set up but for the page', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print, changes } = await openRouter(house)
  const no = 'not enough permissions (9)'
  simulator.faults.refuse = { '/file/print': no, '/tool/fetch': no }
  await provision(house, routerId, { wanted: HOTSPOT })
  const last = provisioningOf(house.db, routerId)
  assert.equal(last?.state, 'completed')
  assert.match(
    last?.message ?? '',
    /\/file cannot be read: not enough permissions \(9\).*fetch .*login\.html: not enough/,
  )
  assert.equal((await print('/radius')).length, 1)
  assert.notEqual(wishesOf(house.db, routerId).provisionedAtMs, null)
  const count = changes().length
  await provision(house, routerId, { why: 'daily' })
  assert.equal(changes().length, count)
})

test('where files cannot be seen the page is fetched when somebody asks, once, and not every night', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, changes } = await openRouter(house)
  simulator.faults.refuse = { '/file/print': 'not enough permissions (9)' }
  const fetches = () => changes().filter(([path]) => path === '/tool/fetch').length
  await provision(house, routerId)
  assert.equal(fetches(), 1)
  await provision(house, routerId, { why: 'daily' })
  assert.equal(fetches(), 1)
})

test('a menu that may not be read is named, and the others are set right', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house)
  simulator.faults.refuse = { '/ip/firewall/filter/print': 'not enough permissions (9)' }
  await provision(house, routerId)
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual(
    [last?.state, last?.stage, last?.message],
    ['failed', 'reading', '/ip/firewall/filter cannot be read: not enough permissions (9)'],
  )
  assert.equal((await print('/radius')).length, 1)
})

test('what is refused on the router keeps nobody out who has paid', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house, {}, 'local')
  const { grant } = openStay(house, { routerId })
  simulator.faults.refuse = { '/ip/hotspot/walled-garden/add': 'failure: no' }
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.stage, 'walled-garden')
  assert.ok((await print('/ip/hotspot/user')).some(({ name }) => name === grant().username))
})

test('a router without a hotspot asks on which interface one is wanted', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator } = await openRouter(house)
  await operator.ask('/ip/hotspot/set', '=numbers=hotspot1', '=disabled=yes')
  await provision(house, routerId)
  assert.match(provisioningOf(house.db, routerId)?.message ?? '', /no hotspot; say on which interface/)
})

test('a step that is refused half-way is taken back, what was done before it stays, and what does not need it is done', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, simulator } = await openRouter(house)
  // The pool is made, then the server for it refused.
  simulator.faults.refuse = { '/ip/dhcp-server/add': 'failure: can not run on slave interface' }
  await provision(house, routerId, { wanted: HOTSPOT })
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual([last?.state, last?.stage], ['failed', 'dhcp'])
  assert.match(last?.message ?? '', /can not run on slave interface/)
  assert.deepEqual(await print('/ip/pool'), [])
  assert.equal((await print('/ip/address')).length, 1)
  assert.equal(
    last?.steps.some((step) => step.includes('/ip/pool')),
    false,
  )
  // What a hotspot is built on is missing, so no more of it is built; the rest is done.
  assert.deepEqual([(await print('/ip/firewall/nat')).length, (await print('/radius')).length], [0, 1])
  simulator.faults.refuse = {}
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
})

test('an answer that is lost is looked up: nothing is made twice', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, simulator } = await openRouter(house)
  simulator.faults.loseAnswersOf = '/ip/pool/add'
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.equal((await print('/ip/pool')).length, 1)
})

test('drift is found and repaired, and told; nothing is told when there is none', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(house.facts('router.drift_repaired'), [])
  await operator.ask('/ip/hotspot/set', '=numbers=mlango', '=disabled=yes')
  const [client] = await print('/radius')
  await operator.ask('/radius/remove', `=.id=${client?.['.id']}`)
  await provision(house, routerId, { why: 'reconnected' })
  const [repaired] = house.facts('router.drift_repaired')
  assert.ok(repaired?.type === 'router.drift_repaired')
  assert.equal(repaired.data.why, 'reconnected')
  assert.equal(repaired.data.changes.length, 2)
  assert.equal((await print('/ip/hotspot')).find(({ name }) => name === 'mlango')?.disabled, 'false')
  assert.equal((await print('/radius')).length, 1)
})

test('a router that nobody has asked us to set up is left alone when it comes back', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  assert.equal(house.run(beginProvisioning, { routerId, why: 'reconnected' }), undefined)
  assert.deepEqual(house.jobs('provision-router'), [])
})

test('a router that is away costs no try', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await openRouter(house)
  simulator.faults.apiDown = true
  assert.equal((await provision(house, routerId))?.kind, 'offline')
})

test('a box that has no address yet writes nothing to a router until it has one', async (t) => {
  const house = openJobHouse(t)
  const { routerId, changes, print } = await openRouter(house)
  house.services.applianceFor = async () => undefined
  assert.equal((await provision(house, routerId, { wanted: HOTSPOT }))?.kind, 'snooze')
  assert.deepEqual(changes(), [])
  house.services.applianceFor = async () => APPLIANCE
  await provision(house, routerId)
  assert.equal((await print('/radius'))[0]?.address, APPLIANCE.address)
})

test('a box whose address has changed tells its routers, and their login page too', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house)
  await provision(house, routerId, { wanted: HOTSPOT })
  // As many letters as before.
  house.services.applianceFor = async () => ({
    ...APPLIANCE,
    ...{ address: '192.168.88.3', portalUrl: 'http://192.168.88.3:8080' },
  })
  await provision(house, routerId, { why: 'reconnected' })
  assert.equal((await print('/radius'))[0]?.address, '192.168.88.3')
  const fetched = simulator.commands.filter(([path]) => path === '/tool/fetch')
  assert.ok(fetched.at(-1)?.some((word) => word.startsWith('=url=http://192.168.88.3:8080/hotspot/login.html')))
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
})

for (const version of ['6.49.17', '7.20.8']) {
  test(`phones come to the box with their own addresses, before anybody masquerades them, on ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes, standInside } = await openRouter(house, { version })
    await standInside()
    // A hotspot that "/ip hotspot setup" has made.
    await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
    await operator.ask('/ip/firewall/nat/add', '=chain=srcnat', '=action=masquerade', '=src-address=10.5.50.0/24')
    const nat = async () => (await print('/ip/firewall/nat')).map((row) => [row.action, row['src-address']])
    await provision(house, routerId)
    assert.deepEqual(await nat(), [
      ['accept', '10.5.50.0/24'],
      ['masquerade', '10.5.50.0/24'],
    ])
    await provision(house, routerId, { wanted: HOTSPOT })
    const wanted = [
      ['accept', '10.9.0.0/24'],
      ['masquerade', '10.5.50.0/24'],
      ['masquerade', '10.9.0.0/24'],
    ]
    assert.deepEqual(await nat(), wanted)
    assert.equal((await print('/ip/firewall/nat'))[0]?.['dst-address'], '192.168.88.2')
    const count = changes().length
    await provision(house, routerId, { why: 'daily' })
    assert.equal(changes().length, count)

    // Somebody moves his in front.
    await operator.ask(
      '/ip/firewall/nat/move',
      '=numbers=*1',
      `=destination=${(await print('/ip/firewall/nat'))[0]?.['.id']}`,
    )
    await provision(house, routerId, { why: 'daily' })
    assert.deepEqual(await nat(), wanted)
  })
}

test('a box whose answers would not find back to the phones is left behind the masquerade', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, simulator, standInside } = await openRouter(house)
  const actions = async () => (await print('/ip/firewall/nat')).map(({ action }) => action)
  const says = (appliance: Partial<typeof APPLIANCE>) => {
    house.services.applianceFor = async () => ({ ...HTTPS, ...appliance })
  }
  // On the side of the uplink: its own gateway knows nothing of the phones.
  await operator.ask('/ip/address/add', '=address=192.168.1.5/24', '=interface=ether1')
  says({ address: '192.168.1.2' })
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.deepEqual(await actions(), ['masquerade'])
  // There all phones have one address, so none can be told whether it is captive.
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])

  await standInside()
  says({})
  await provision(house, routerId)
  assert.deepEqual(await actions(), ['accept', 'masquerade'])
  assert.equal((await print('/ip/dhcp-server/option')).length, 1)

  // While the router's way out is gone, nothing shows on which side the box is.
  simulator.clear('/ip/route')
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await actions(), ['accept', 'masquerade'])

  // It has an uplink of its own now.
  says({ gatewayAddress: '192.168.88.254' })
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await actions(), ['masquerade'])
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])
})

test('a router that keeps its sessions to itself sends no phone to ask us whether it is captive', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print, standInside } = await openRouter(house, {}, 'local')
  await standInside()
  house.services.applianceFor = async () => HTTPS
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])
})

for (const version of ['6.49.17', '7.12.1', '7.20.8']) {
  test(`phones are told by DHCP where to ask whether they are captive, while the portal has https, on ${version}`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes, standInside } = await openRouter(house, { version })
    await standInside()
    const options = async () => (await print('/ip/dhcp-server/option')).map(({ '.id': _id, ...row }) => row)
    const named = async () => (await print('/ip/dhcp-server/network'))[0]?.['dhcp-option']
    await provision(house, routerId, { wanted: HOTSPOT })
    assert.deepEqual([await options(), await named()], [[], undefined])

    house.services.applianceFor = async () => HTTPS
    await provision(house, routerId, { dryRun: true })
    const plan = provisioningOf(house.db, routerId)?.steps ?? []
    assert.ok(plan.some((step) => step.startsWith('add to /ip/dhcp-server/option: name=mlango-capport code=114 ')))
    assert.ok(plan.includes('set /ip/dhcp-server/network mlango:hotspot: dhcp-option=mlango-capport'))
    assert.deepEqual(await options(), [])

    await provision(house, routerId)
    const ours = { name: 'mlango-capport', code: '114', value: "'https://portal.site.example/capport'" }
    const forced = version.startsWith('7') ? { force: 'true' } : {}
    const said = version === '7.20.8' ? { comment: 'mlango:capport' } : {}
    assert.deepEqual([await options(), await named()], [[{ ...ours, ...forced, ...said }], 'mlango-capport'])
    const count = changes().length
    await provision(house, routerId)
    assert.equal(changes().length, count)

    await operator.ask('/ip/dhcp-server/option/set', '=.id=mlango-capport', "=value='https://elsewhere.example/'")
    await operator.ask('/ip/dhcp-server/network/set', '=.id=*1', '=dhcp-option=')
    await provision(house, routerId, { why: 'daily' })
    const [repaired] = house.facts('router.drift_repaired')
    assert.equal(repaired?.type === 'router.drift_repaired' && repaired.data.changes.length, 2)
    assert.deepEqual([(await options())[0]?.value, await named()], [ours.value, 'mlango-capport'])

    house.services.applianceFor = async () => APPLIANCE
    await provision(house, routerId, { why: 'daily' })
    assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
    assert.deepEqual([await options(), await named()], [[], undefined])
  })
}

test('an option that others gave to the network stays in front of ours, and after it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, standInside } = await openRouter(house)
  await standInside()
  // A hotspot that others have made, and the office beside it.
  await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
  await operator.ask('/ip/address/add', '=address=10.1.0.1/24', '=interface=ether2')
  await operator.ask('/ip/dhcp-server/option/add', '=name=phones', '=code=66', "=value='10.1.0.9'")
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.5.50.0/24', '=dhcp-option=phones')
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.5.0.0/16')
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.1.0.0/24', '=dhcp-option=phones')
  const named = async () => (await print('/ip/dhcp-server/network')).map((row) => row['dhcp-option'])
  house.services.applianceFor = async () => HTTPS
  await provision(house, routerId)
  assert.deepEqual(await named(), ['phones,mlango-capport', undefined, 'phones'])
  house.services.applianceFor = async () => APPLIANCE
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(await named(), ['phones', undefined, 'phones'])
  assert.deepEqual(
    (await print('/ip/dhcp-server/option')).map(({ name, code, value }) => [name, code, value]),
    [['phones', '66', "'10.1.0.9'"]],
  )
})

test('a network that already tells another captive portal keeps to it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, changes, standInside } = await openRouter(house)
  await standInside()
  await operator.ask('/ip/address/add', '=address=10.5.50.1/24', '=interface=bridge')
  await operator.ask('/ip/dhcp-server/option/add', '=name=own', '=code=114', "=value='https://own.example/api'")
  await operator.ask('/ip/dhcp-server/network/add', '=address=10.5.50.0/24', '=dhcp-option=own')
  house.services.applianceFor = async () => HTTPS
  const before = changes().length
  await provision(house, routerId)
  assert.equal((await print('/ip/dhcp-server/network'))[0]?.['dhcp-option'], 'own')
  assert.deepEqual(
    changes()
      .slice(before)
      .filter(([path]) => path?.startsWith('/ip/dhcp-server')),
    [],
  )
})

test('so does the network of the hotspot that we built', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print, standInside } = await openRouter(house)
  await standInside()
  await provision(house, routerId, { wanted: HOTSPOT })
  await operator.ask('/ip/dhcp-server/option/add', '=name=own', '=code=114', "=value='https://own.example/api'")
  await operator.ask('/ip/dhcp-server/network/set', '=.id=*1', '=dhcp-option=own')
  house.services.applianceFor = async () => HTTPS
  await provision(house, routerId, { why: 'daily' })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'completed')
  assert.equal((await print('/ip/dhcp-server/network'))[0]?.['dhcp-option'], 'own')
  assert.deepEqual(
    (await print('/ip/dhcp-server/option')).map(({ name }) => name),
    ['own'],
  )
})

test('an option that the network then refuses is taken away again', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print, standInside } = await openRouter(house)
  await standInside()
  await provision(house, routerId, { wanted: HOTSPOT })
  house.services.applianceFor = async () => HTTPS
  simulator.faults.refuse = { '/ip/dhcp-server/network/set': 'failure: no' }
  await provision(house, routerId)
  assert.equal(provisioningOf(house.db, routerId)?.stage, 'dhcp')
  assert.deepEqual(await print('/ip/dhcp-server/option'), [])
})

test('a PPPoE server is built beside the hotspot', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print } = await openRouter(house)
  await provision(house, routerId, { wanted: { pppoe: { interface: 'ether2', network: '10.8.0.0/24' } } })
  assert.equal(
    provisioningOf(house.db, routerId)?.message,
    `${provisioningOf(house.db, routerId)?.steps.length} changes made`,
  )
  const [server] = await print('/interface/pppoe-server/server')
  assert.deepEqual(
    [server?.interface, server?.['default-profile'], server?.disabled],
    ['ether2', 'mlango-pppoe', 'false'],
  )
  assert.equal((await print('/ppp/aaa'))[0]?.['use-radius'], 'true')
})

test('a local router that was away for a day has the users that it should have, and who is online stays so', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print, operator } = await openRouter(house, {}, 'local')
  simulator.join(MAC)
  const staying = openStay(house, { routerId })
  const over = openStay(house, { routerId, macAddress: null })
  await operator.ask('/ip/hotspot/user/add', '=name=owner', '=password=x')
  await provision(house, routerId, { why: 'reconnected' })
  await simulator.logInByForm(MAC, { username: staying.grant().username, password: staying.grant().password })
  assert.equal(simulator.isOnline(MAC), true)
  // While it is away, one ends and one is sold.
  house.run(revokeGrant, { grantId: over.grantId })
  const sold = openStay(house, { routerId, macAddress: null })
  const kicksBefore = simulator.kicks.length
  await provision(house, routerId, { why: 'reconnected' })
  const names = (await print('/ip/hotspot/user')).map(({ name }) => name)
  assert.deepEqual(names.sort(), ['default-trial', 'owner', sold.grant().username, staying.grant().username].sort())
  assert.equal(simulator.kicks.length, kicksBefore)
  assert.equal(simulator.isOnline(MAC), true)
  assert.equal(house.facts('router.drift_repaired').length, 2)
  assert.equal(routerById(house.db, routerId)?.status, 'pending')
})

for (const [what, ...change] of [
  ['a time that is too short', '=limit-uptime=10m'],
  ['no end of its time', '=limit-uptime=0s'],
  ['a data limit that nobody has sold', '=limit-bytes-total=1000'],
  ['the speed of another package', '=profile=default'],
  ['been switched off', '=disabled=yes'],
] as const) {
  test(`a user on a local router that has ${what} is set right, and then left alone`, async (t) => {
    const house = openJobHouse(t)
    const { routerId, operator, print, changes } = await openRouter(house, {}, 'local')
    const { grant } = openStay(house, { routerId, downKbps: 2_000, upKbps: 1_000 })
    await provision(house, routerId, { why: 'reconnected' })
    const users = async () => (await print('/ip/hotspot/user')).filter(({ name }) => name === grant().username)
    const [right] = await users()
    await operator.ask('/ip/hotspot/user/set', `=.id=${right?.['.id']}`, ...change)
    await provision(house, routerId, { why: 'daily' })
    const shown = ({ 'limit-bytes-total': bytes, ...row }: Record<string, string> = {}) => ({
      ...row,
      bytes: bytes ?? '0',
    })
    assert.deepEqual(shown((await users())[0]), shown(right))
    assert.equal(house.facts('router.drift_repaired').length, 2)
    const count = changes().length
    await provision(house, routerId, { why: 'daily' })
    assert.equal(changes().length, count)
  })
}

test('a router that goes over from own users to RADIUS keeps those online who have paid, and nobody else', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house, {}, 'local')
  const [paying, over] = [openStay(house, { routerId }), openStay(house, { routerId, macAddress: OTHER_MAC })]
  await provision(house, routerId)
  for (const [macAddress, { grant }] of [
    [MAC, paying],
    [OTHER_MAC, over],
  ] as const) {
    simulator.join(macAddress)
    await simulator.logInByForm(macAddress, { username: grant().username, password: grant().password })
    assert.equal(simulator.isOnline(macAddress), true)
  }
  house.run(changeRouter, { routerId, change: { accessMode: 'radius' } })
  house.run(revokeGrant, { grantId: over.grantId })
  await provision(house, routerId)
  assert.deepEqual(
    (await print('/ip/hotspot/user')).map(({ name }) => name),
    ['default-trial'],
  )
  assert.deepEqual([simulator.isOnline(MAC), simulator.isOnline(OTHER_MAC)], [true, false])
  assert.equal(
    (await print('/ip/hotspot/cookie')).some((row) => row['mac-address'] === MAC),
    true,
  )
})

test('users that would hide ours from RADIUS: ours are removed, others are named', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house)
  const { grant } = openStay(house, { routerId })
  await operator.ask('/ip/hotspot/user/add', '=name=OLD', '=comment=mlango:gone')
  await operator.ask('/ip/hotspot/user/add', `=name=${grant().username}`, '=comment=by hand')
  await provision(house, routerId)
  assert.match(
    provisioningOf(house.db, routerId)?.message ?? '',
    new RegExp(`hide ours from RADIUS: ${grant().username}$`),
  )
  const names = (await print('/ip/hotspot/user')).map(({ name }) => name)
  assert.deepEqual(names, ['default-trial', grant().username])
})

test('without a router it makes a job for each that is kept', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  await house.openRouter()
  await provision(house, routerId)
  await house.runJob(provisionRouter, { why: 'daily', dryRun: false })
  const orders = house.jobs('provision-router').map(({ payload }) => JSON.parse(payload).routerId)
  assert.deepEqual([...new Set(orders)], [routerId])
})

/** It cannot be read back. */
const secretsGiven = ({ commands }: RouterSimulator) =>
  commands.flatMap((words) => words.flatMap((word) => /^=secret=(.*)/.exec(word)?.[1] ?? []))

test('a secret that is changed while an order waits for its router reaches it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await openRouter(house)
  await provision(house, routerId)
  order(house, routerId, { why: 'daily' })
  house.run(changeRouter, { routerId, change: { radiusSecret: 'the-new-secret' } })
  await runOrders(house)
  assert.deepEqual(secretsGiven(simulator), ['a-radius-secret', 'the-new-secret'])
  assert.equal(wishesOf(house.db, routerId).secretsDue, false)
})

test('a secret that could not be written is written by the next run, whoever ordered that', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await openRouter(house)
  await provision(house, routerId)
  house.run(changeRouter, { routerId, change: { radiusSecret: 'the-new-secret' } })
  simulator.faults.refuse = { '/radius/set': 'failure: no' }
  await provision(house, routerId, { secrets: true })
  assert.equal(wishesOf(house.db, routerId).secretsDue, true)
  simulator.faults.refuse = {}
  await provision(house, routerId, { why: 'daily' })
  assert.deepEqual(secretsGiven(simulator), ['a-radius-secret', 'the-new-secret', 'the-new-secret'])
  assert.equal(wishesOf(house.db, routerId).secretsDue, false)
})

test('what is asked for while a run reads the router is done after it', async (t) => {
  const house = openJobHouse(t)
  const { routerId, print } = await openRouter(house)
  order(house, routerId)
  const running = runOrders(house)
  order(house, routerId, { wanted: HOTSPOT })
  await running
  assert.equal(wishesOf(house.db, routerId).due, 'asked')
  await runOrders(house)
  assert.equal((await print('/ip/hotspot')).at(-1)?.name, 'mlango')
  assert.equal(wishesOf(house.db, routerId).due, null)
})

test('two dry runs of different wishes are two plans', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await openRouter(house)
  order(house, routerId, { wanted: HOTSPOT, dryRun: true })
  order(house, routerId, { wanted: { pppoe: { interface: 'ether2', network: '10.8.0.0/24' } }, dryRun: true })
  await runOrders(house)
  assert.ok(provisioningOf(house.db, routerId)?.steps.some((step) => step.includes('/interface/pppoe-server')))
})

test('a router with users of its own is set up when it has called home, and kept', async (t) => {
  const house = openJobHouse(t)
  const { routerId, operator, print } = await openRouter(house, {}, 'local')
  await operator.ask('/ip/hotspot/profile/set', '=.id=hsprof1', '=use-radius=yes')
  // As the first look at it does: it is seen, and it wants to be ours.
  order(house, routerId, { why: 'reconnected' })
  house.run(beginProvisioning, { routerId, why: 'adopted' })
  await runOrders(house)
  const [profile] = (await print('/ip/hotspot/profile')).filter(({ name }) => name === 'hsprof1')
  assert.equal(profile?.['use-radius'], 'false')
  assert.notEqual(wishesOf(house.db, routerId).provisionedAtMs, null)
  assert.equal(routerById(house.db, routerId)?.status, 'adopted')
})

test('an order that failed is done when the router comes back', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator, print } = await openRouter(house)
  simulator.faults.refuse = { '/ip/pool/add': 'failure: no' }
  await provision(house, routerId, { wanted: HOTSPOT })
  assert.equal(wishesOf(house.db, routerId).provisionedAtMs, null)
  simulator.faults.refuse = {}
  await provision(house, routerId, { why: 'reconnected' })
  assert.equal((await print('/ip/hotspot')).at(-1)?.name, 'mlango')
  assert.notEqual(wishesOf(house.db, routerId).provisionedAtMs, null)
})

/** A run that is at the router, claimed as the queue would, and has done its first step. */
async function openRun(house: JobHouse) {
  const { routerId } = await openRouter(house)
  order(house, routerId)
  const jobId = house.value("SELECT id FROM jobs WHERE name = 'provision-router'") as number
  house.db
    .prepare("UPDATE jobs SET state = 'running', owner = ?, epoch = 1, attempt = 1 WHERE id = ?")
    .run(house.value('SELECT max(rowid) FROM boots') as number, jobId)
  house.services.jobId = jobId
  const [payload] = house.jobs('provision-router').map((job) => JSON.parse(job.payload))
  await house.runJob(provisionRouter, payload)
  assert.equal(provisioningOf(house.db, routerId)?.state, 'running')
  return { routerId, jobId }
}

const endRun = (house: JobHouse, jobId: number, end: RunEnd) =>
  house.run({ name: FINISH_RUN } as NamedCommand<FinishRun, void>, { fence: { jobId, epoch: 1 }, end, ranMs: 1 })

test('a run that takes too long has failed, and is not told as running for ever', async (t) => {
  const house = openJobHouse(t)
  const { routerId, jobId } = await openRun(house)
  endRun(house, jobId, { kind: 'timed-out', message: 'provision-router took longer than 120000 ms' })
  const last = provisioningOf(house.db, routerId)
  assert.deepEqual([last?.state, last?.message], ['failed', 'provision-router took longer than 120000 ms'])
  assert.equal(house.facts('router.provisioning_failed').length, 1)
  assert.equal(wishesOf(house.db, routerId).due, 'asked')
})

test('a run that was cancelled is not told as running for ever', async (t) => {
  const house = openJobHouse(t)
  const { routerId, jobId } = await openRun(house)
  house.run(cancelJob, { jobId })
  endRun(house, jobId, { kind: 'cancelled' })
  assert.equal(provisioningOf(house.db, routerId)?.state, 'cancelled')
})
